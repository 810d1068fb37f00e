"""What the machine gets of a painting: vectors of its picture by several encoders in one pass, and of its comment and title.

Of the picture, with one network that stays as it is (SemArt: VGG16, ResNet's class scores, R-MAC):

    pooled   the last maps, averaged over all positions
    scores   of the classes that the network was trained to name, before softmax
    R-MAC    maxima of regions at three scales, added up (chapter 13)
    strips   an earlier layer, averaged over the upper, the middle and the lower third of the picture

Of the text: tf-idf of the comment and of the title, words and weights learnt on the training paintings.
"""

from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from visret_lab.arrays import as_rows
from visret_lab.crossmodal.text import TfIdf
from visret_lab.deep.backbones import Backbone, minivgg
from visret_lab.deep.extract import extract_vectors
from visret_lab.deep.rmac import rmac
from visret_lab.deep.taps import cut

MIN_COUNT = 5  # a rarer word of the comments stays unknown
STRIPS = 3


class Pictures:
    """The pictures of a PaintingSet as a data set for `deep.extract`.

    Args:
        paintings: PaintingSet. version: of the pictures, for caches.
    """

    def __init__(self, paintings, version="1.0"):
        self.name, self.tier, self.version, self.queries = paintings.name, "mini", version, []
        self.ids, self.image = [painting.id for painting in paintings.paintings], paintings.read


class PictureEncoders(Backbone):
    """All encoders of a picture in one pass of one network: as a `Backbone` it has the layer "all"; `split` takes rows apart.

    Args:
        backbone: Backbone with fully connected layers, such as MiniVGG. last: the layer that is pooled and goes into R-MAC.
        early: the layer of the strips.

    Attributes:
        sizes: dict encoder -> numbers.
    """

    def __init__(self, backbone, last="conv5_2", early="conv4_2"):
        for layer in (last, early):
            backbone.require_layer(layer)
        super().__init__(f"{backbone.name}-paintings", deepcopy(backbone.network), {"all": ""}, backbone.mean.flatten().tolist(),
                         backbone.deviation.flatten().tolist(), backbone.bgr)
        self.nodes = {"last": backbone.layers[last], "early": backbone.layers[early], "scores": "classifier"}
        self._parts = cut(self.network, self.nodes)
        with torch.inference_mode():
            self.sizes = {name: rows.shape[1] for name, rows in self._encoded(torch.zeros(1, 3, 64, 64)).items()}

    def _encoded(self, x):
        parts = self._parts(x)
        strips = adaptive_avg_pool2d(parts["early"], (STRIPS, 1)).flatten(1)
        return {"pooled": parts["last"].mean(dim=(2, 3)), "scores": parts["scores"], "R-MAC": rmac(parts["last"]), "strips": strips}

    def several(self, x, layers):
        """float32 B x 3 x H x W -> {"all": B x D}. ValueError: another layer."""
        for layer in layers:
            self.require_layer(layer)
        return {"all": torch.cat(list(self._encoded(x).values()), dim=1)}

    def split(self, rows):
        """float N x D -> dict encoder -> float32 N x its numbers."""
        edges = np.cumsum(list(self.sizes.values()))
        parts = np.split(as_rows(rows, "rows", int(edges[-1])), edges[:-1], axis=1)
        return {name: np.ascontiguousarray(part) for name, part in zip(self.sizes, parts, strict=True)}

    def fingerprint(self):
        """As `Backbone.fingerprint`; it also changes with the layers."""
        return f"{super().fingerprint()} {self.nodes} {STRIPS}"


def picture_views(paintings, backbone=None):
    """Vectors of all pictures by every encoder, kept in the cache.

    Args:
        paintings: PaintingSet. backbone: Backbone; None: MiniVGG.

    Returns:
        dict "pooled", "scores", "R-MAC", "strips" -> float32 N x D, rows in the order of the paintings. No unit length.
    """
    encoders = PictureEncoders(backbone or minivgg())
    return encoders.split(extract_vectors(encoders, "all", nn.Identity(), Pictures(paintings), batch=8))


class TextViews:
    """tf-idf of comments and of titles, words and weights learnt on the training paintings alone.

    Args:
        paintings: PaintingSet. min_count: rarer words of the comments are dropped; of titles all words are kept, as in SemArt.

    Attributes:
        comment, title: fitted TfIdf. sizes: (words of comments, words of titles).

    Raises:
        ValueError: as `TfIdf.fit`.
    """

    def __init__(self, paintings, min_count=MIN_COUNT):
        self.paintings, train = paintings, paintings.splits["train"]
        comments, titles = paintings.values("comment"), paintings.values("title")
        self.comment = TfIdf(min_count=min_count, dense=True).fit([comments[i] for i in train])
        self.title = TfIdf(dense=True).fit([titles[i] for i in train])
        self.sizes = len(self.comment.vocabulary_), len(self.title.vocabulary_)
        self._rows = {}

    def __call__(self, parts=("comment", "title")):
        """Rows of all paintings: float32 N x D. parts: "comment", "title" or both, side by side. ValueError: another part, or none."""
        if not parts or not set(parts) <= {"comment", "title"}:
            raise ValueError(f"Parts of a text are comment and title; got {parts}.")
        for part in set(parts) - self._rows.keys():  # counting words takes a quarter of a second: it is done once
            self._rows[part] = getattr(self, part).transform(self.paintings.values(part))
        return np.hstack([self._rows[part] for part in parts])


def labels_of(paintings, field):
    """The values of a field as numbers: (int64 N, list of the values of the training paintings in alphabetical order).

    Raises:
        ValueError: no such field. A value that no training painting has gets -1: nobody could have learnt it.
    """
    values = paintings.values(field)
    known = sorted({values[i] for i in paintings.splits["train"]})
    number = {value: i for i, value in enumerate(known)}
    return np.array([number.get(value, -1) for value in values], np.int64), known
