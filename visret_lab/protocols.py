"""The faces that the stations show to each other. They are `typing.Protocol`s: nobody inherits, everybody speaks them."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True)
class Query:
    """One question put to a data set.

    Attributes:
        id: name of the query, unique in its data set.
        image_id: the image in which the query stands.
        box: (x0, y0, x1, y1) in pixels, x1 and y1 excluded; None for the whole image.
        group: what is looked for, e.g. the landmark.
    """

    id: str
    image_id: str
    box: tuple[float, float, float, float] | None = None
    group: str = ""


class Relevance(NamedTuple):
    """What counts for one query: int64 database ids of the positives, and of the junk that never counts."""

    positive: np.ndarray
    junk: np.ndarray


@runtime_checkable
class Dataset(Protocol):
    """A set of images with questions and answers. A database id is the position of an image in `ids`."""

    name: str
    tier: str
    version: str
    licence: str
    ids: list[str]
    queries: list[Query]
    protocols: tuple[str, ...]

    def image(self, image_id: str) -> np.ndarray:
        """uint8 H x W x 3, RGB. Any image of `ids`, or the image of a query."""

    def relevant(self, query: Query, protocol: str) -> Relevance:
        """Positives and junk of a query under one of `protocols`; everything else is negative."""


class LocalFeatures(Protocol):
    """A detector and descriptor of local features."""

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 H x W x 3 -> points float32 N x 4 (x, y, scale, angle), descriptors N x D."""


class Index(Protocol):
    """A searchable database, with FAISS's face."""

    nbytes: int

    def add(self, x: np.ndarray) -> None:
        """Append rows, float32 N x D; the ids go on counting."""

    def search(self, q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Queries float32 Q x D -> scores Q x k (larger is better) and ids int64 Q x k."""
