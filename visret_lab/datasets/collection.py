"""The one class behind every image data set of the course: each loader reads its own files and fills one of these."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from visret_lab.datasets.errors import DataError, some
from visret_lab.datasets.image_io import crop, read_image
from visret_lab.protocols import Query, Relevance


@dataclass(eq=False)
class Collection:
    """Images with questions and answers; it speaks `visret_lab.protocols.Dataset`.

    Attributes:
        name, tier, version, licence: what it is, and what may be done with it.
        ids: database images, in order; the database id of an image is its position here.
        files: image id -> path, for the database and for query images outside it.
        queries: list of Query.
        truth: protocol -> query id -> Relevance.
        default_protocol: the protocol that a chapter uses when it names none.
        groups: image id -> what the image shows (landmark, product, ...), or None.
        licences: image id -> licence, where images differ.
        details: image id -> what else is known of a picture, e.g. {"light": "night", "azimuth": 31.0}; empty for photographs.
        upright: turn images by their EXIF orientation when they are read.
        note: what the user should know, e.g. how a copy differs from the original.
    """

    name: str
    tier: str
    version: str
    licence: str
    ids: list[str]
    files: dict[str, Path]
    queries: list[Query]
    truth: dict[str, dict[str, Relevance]]
    default_protocol: str
    groups: dict[str, str | None] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)
    details: dict[str, dict] = field(default_factory=dict)
    upright: bool = True
    note: str = ""

    def __len__(self):
        return len(self.ids)

    def __repr__(self):
        return (
            f"<{self.name} ({self.tier}, version {self.version}): {len(self.ids)} images, {len(self.queries)} queries, "
            f"protocols {', '.join(self.protocols)}; licence: {self.licence}>"
        )

    @property
    def protocols(self):
        """Names of the protocols, as a tuple."""
        return tuple(self.truth)

    @cached_property
    def _positions(self):
        return {image_id: position for position, image_id in enumerate(self.ids)}

    def position(self, image_id):
        """The database id (position in `ids`) of an image. DataError when it is not in the database."""
        if image_id not in self._positions:
            raise DataError(f"{self.name} has no database image {image_id!r}. Its ids look like {some(self.ids, 3)}.")
        return self._positions[image_id]

    def path(self, image_id):
        """The file of an image. DataError when the id is unknown."""
        if image_id not in self.files:
            raise DataError(f"{self.name} has no image {image_id!r}. Its ids look like {some(self.ids, 3)}.")
        return self.files[image_id]

    def image(self, image_id):
        """Read one image: uint8 H x W x 3, RGB. ImageError when its file is missing or damaged."""
        return read_image(self.path(image_id), upright=self.upright)

    def query_image(self, query):
        """The part of the query's image that lies in its box: uint8 h x w x 3, RGB."""
        return crop(self.image(query.image_id), query.box)

    def relevant(self, query, protocol=None):
        """Positives and junk of `query` (a Query of this set) under `protocol` (None: the default)."""
        protocol = protocol or self.default_protocol
        if protocol not in self.truth:
            raise DataError(f"{self.name} has no protocol {protocol!r}. It has: {', '.join(self.protocols)}.")
        if query.id not in self.truth[protocol]:
            raise DataError(f"{self.name} has no query {query.id!r}. Its queries look like "
                            f"{some([q.id for q in self.queries], 3)}.")
        return self.truth[protocol][query.id]


def relevance(positive, junk, size, where):
    """Check the answers to one query and bring them into their form.

    Args:
        positive, junk: database ids, any order, duplicates allowed.
        size: number of database images.
        where: what an error calls this query.

    Returns:
        Relevance with sorted int64 ids.

    Raises:
        DataError: an id outside the database, or one that is positive and junk at once.
    """
    positive = np.unique(np.asarray(positive, dtype=np.int64))
    junk = np.unique(np.asarray(junk, dtype=np.int64))
    both = np.intersect1d(positive, junk)
    if both.size:
        raise DataError(f"{where}: database ids {some(both)} are positive and junk at once. Decide which.")
    for ids in (positive, junk):
        if ids.size and (ids[0] < 0 or ids[-1] >= size):
            raise DataError(f"{where}: database id {ids[0] if ids[0] < 0 else ids[-1]} is outside 0..{size - 1}.")
    return Relevance(positive, junk)
