"""Let Sphinx read the pages with several processes.

The extension for numbers across parts of the contents does not say whether that is safe, so Sphinx would warn and read with one. It only
counts chapters once all pages have been read, in the one process that is left then.
"""


def setup(app):
    """Called by Sphinx."""
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
    return {"parallel_read_safe": True, "parallel_write_safe": True}
