"""visret_lab: the package behind the course on visual retrieval.

One folder a station, in the order in which the data flow: worlds, datasets, features, encoding, search,
rerank, evaluation, tables. A module imports only from stations to its left, and from `arrays` and `protocols`.
"""

__version__ = "0.1.0"
