"""Paintings with a comment and what a museum writes beside them: the one face of the painted museum and of SemArt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

FIELDS = ("title", "author", "technique", "date", "type", "school", "timeframe")


class Painting(NamedTuple):
    """A painting as a museum describes it; every field is a str, "" where nothing is known."""

    id: str
    comment: str
    title: str
    author: str
    technique: str
    date: str
    type: str
    school: str
    timeframe: str


@dataclass(frozen=True, eq=False)
class PaintingSet:
    """Paintings with comments.

    Attributes:
        name; licence.
        paintings: list of Painting.
        splits: dict "train", "val", "test" -> int64 positions in `paintings`.
        read: function (id) -> uint8 H x W x 3, RGB; DataError where the picture is not there.
    """

    name: str
    licence: str
    paintings: list
    splits: dict
    read: Callable

    def __len__(self):
        return len(self.paintings)

    def image(self, position):
        """The painting at a position: uint8 H x W x 3, RGB. DataError where it is not there."""
        return self.read(self.paintings[position].id)

    def values(self, field):
        """One field of all paintings, as a list of str. ValueError: there is no such field."""
        if field not in ("comment", *FIELDS):
            raise ValueError(f"A painting has no {field!r}; it has: comment, {', '.join(FIELDS)}.")
        return [getattr(painting, field) for painting in self.paintings]

    def __repr__(self):
        counts = ", ".join(f"{len(rows)} {name}" for name, rows in self.splits.items())
        return f"<PaintingSet {self.name}: {len(self)} paintings ({counts})>"
