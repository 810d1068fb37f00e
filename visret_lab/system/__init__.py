"""The stations joined to one search engine: pictures of a folder in, an index on disk, ranked answers out.

    recipe -> describe -> build (pictures, pool) -> store -> search -> page

This wing uses the stations and is used by none of them.
"""
