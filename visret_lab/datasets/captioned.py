"""Pictures with sentences: the one face of painted scenes, Flickr8k, Flickr30k and COCO."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

SPLITS = ("train", "val", "test")


class Phrase(NamedTuple):
    """A phrase of a caption that is tied to the picture. image, caption: positions; start, end: words of the caption, end exclusive (split
    at blanks); text; boxes: int64 K x 4 (x0, y0, x1, y1) in pixels; kind: "people", "clothing", ... or ""."""

    image: int
    caption: int
    start: int
    end: int
    text: str
    boxes: np.ndarray
    kind: str


@dataclass(frozen=True, eq=False)
class CaptionedSet:
    """Pictures, each with sentences.

    Attributes:
        name; licence.
        ids: list of str, one a picture.
        captions: list (one a picture) of lists of str; a picture may have none or many.
        splits: dict "train", "val", "test" -> int64 positions in `ids`.
        read: function (id) -> uint8 H x W x 3, RGB; DataError where the picture is not there.
        features: dict name -> float32 N x D, descriptors that came with the set, rows as `ids`.
        phrases: list of Phrase.
        details: dict id -> dict, what else is known.
    """

    name: str
    licence: str
    ids: list
    captions: list
    splits: dict
    read: Callable
    features: dict = field(default_factory=dict)
    phrases: list = field(default_factory=list)
    details: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.ids)

    def image(self, image_id):
        """The picture: uint8 H x W x 3, RGB. DataError where it is not there."""
        return self.read(image_id)

    def pairs(self, split):
        """Sentences of a split with their pictures: list of str S, int64 S (positions in `ids`)."""
        rows = [(text, i) for i in self.splits[split].tolist() for text in self.captions[i]]
        return [text for text, _ in rows], np.array([i for _, i in rows], np.int64)

    def __repr__(self):
        counts = ", ".join(f"{len(rows)} {name}" for name, rows in self.splits.items())
        return f"<CaptionedSet {self.name}: {len(self)} pictures ({counts}), {sum(map(len, self.captions))} captions>"
