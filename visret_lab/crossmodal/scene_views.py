"""What a scene with sentences looks like to the machine: one vector a picture, of a network that stays as it is.

    strips     maps of three layers, averaged over the four quarters of the picture from top to bottom, each layer of unit length
    ten crops  the mean of the vectors of ten pictures: four corners and the centre, and the same five mirrored (Wang, Li, Lazebnik 2016)

A sentence says what hangs in the sky and what lies on the grass; hardly one says what is on the left. So the strips keep the height and
forget the side. In the paper the vector is VGG19's fully connected layer, 4,096 numbers.
"""

from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, normalize

from visret_lab.deep.backbones import Backbone, minivgg
from visret_lab.deep.extract import extract_vectors, resized
from visret_lab.deep.taps import cut

LAYERS = ("conv3_2", "conv4_2", "conv5_2")
STRIPS = 4
LONGEST = None  # pixels of the longer side that goes into the network; None: as it is


class Pictures:
    """Pictures of a CaptionedSet as a data set for `deep.extract`.

    Args:
        data: CaptionedSet. rows: int positions, those that are wanted; None: all. version: of the pictures, for caches.
    """

    def __init__(self, data, rows=None, version="1.0"):
        self.name, self.tier, self.version, self.queries, self.image = data.name, "mini", version, [], data.image
        self.ids = list(data.ids) if rows is None else [data.ids[i] for i in rows]


class StripMaps(Backbone):
    """Strips of several layers in one pass of one network: as a `Backbone` it has the layer "strips".

    Args:
        backbone: Backbone. layers: those that are pooled. strips: how many.
    """

    def __init__(self, backbone, layers=LAYERS, strips=STRIPS):
        for layer in layers:
            backbone.require_layer(layer)
        super().__init__(f"{backbone.name}-strips", deepcopy(backbone.network), {"strips": ""}, backbone.mean.flatten().tolist(),
                         backbone.deviation.flatten().tolist(), backbone.bgr)
        self.nodes, self.strips = {layer: backbone.layers[layer] for layer in layers}, strips
        self._parts = cut(self.network, self.nodes)

    def several(self, x, layers=("strips",)):
        """float32 B x 3 x H x W -> {"strips": B x D}, D = strips times the channels of all layers. ValueError: another layer."""
        for layer in layers:
            self.require_layer(layer)
        maps = self._parts(x).values()
        return {"strips": torch.cat([normalize(adaptive_avg_pool2d(m, (self.strips, 1)).flatten(1), dim=1) for m in maps], dim=1)}

    def fingerprint(self):
        """As `Backbone.fingerprint`; it also changes with the layers."""
        return f"{super().fingerprint()} {self.nodes} {self.strips}"


def picture_vectors(data, rows=None, backbone=None, longest=LONGEST):
    """Vectors of pictures, kept in the cache.

    Args:
        data: CaptionedSet. rows: int positions; None: all. backbone: Backbone; None: MiniVGG. longest: pixels.

    Returns:
        float32 N x D.
    """
    encoder = StripMaps(backbone or minivgg())
    return extract_vectors(encoder, "strips", nn.Identity(), Pictures(data, rows), longest=longest, batch=8)


def ten_crops(image, share=0.875):
    """Four corners and the centre of a picture, and each mirrored: list of 10 uint8 h x w x 3.

    Args:
        image: uint8 H x W x 3. share: of each side that a crop keeps.

    Raises:
        ValueError: share not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, not {share}.")
    height, width = image.shape[:2]
    h, w = max(1, round(share * height)), max(1, round(share * width))
    down, right = height - h, width - w
    five = [image[y:y + h, x:x + w] for y, x in ((0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2))]
    return five + [np.ascontiguousarray(crop[:, ::-1]) for crop in five]


@torch.inference_mode()
def crop_vectors(encoder, images, crops=ten_crops, longest=LONGEST):
    """The mean of the vectors of each picture's crops: float32 N x D.

    Args:
        encoder: StripMaps. images: iterable of uint8 H x W x 3. crops: function picture -> list of pictures of one size; `mirrored` gives
            two. longest: of the whole picture; a crop is shrunk as its picture is, so that things keep their size.
    """
    rows = []
    for image in images:
        x = torch.cat([encoder.prepare(crop) for crop in crops(resized(image, longest))])
        rows.append(encoder.several(x)["strips"].mean(dim=0).numpy())
    return np.stack(rows)


def mirrored(image):
    """A picture and its mirror image, as a list of two."""
    return [image, np.ascontiguousarray(image[:, ::-1])]
