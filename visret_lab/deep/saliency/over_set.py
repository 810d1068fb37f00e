"""Saliency maps of a whole data set, computed once and cached."""

import functools

import cv2
import numpy as np

from visret_lab.deep.extract import resized
from visret_lab.deep.saliency.given import given
from visret_lab.features.extract import extract

SHAPE = (60, 80)  # in which maps are kept: a few positions for each of the network's, whatever the picture's aspect
LONGEST = 160  # pixels of the picture that a map is computed from


def saliency_maps(dataset, function, name, shape=SHAPE, longest=LONGEST):
    """The map of every database image, in one shape: a pooling stretches it to the grid of the network in any case.

    Args:
        function: uint8 H x W x 3 -> float32 H x W. name: of it, for the cache and the bar.
        shape: (rows, columns) of the result. longest: side to which the pictures are brought first; None: as they are.

    Returns:
        float32 N x rows x columns.

    Raises:
        ValueError: the function failed on an image, which is named.
    """
    return extract(dataset, functools.partial(_one, function=function, shape=shape, longest=longest), f"saliency-{name}")


def given_maps(dataset, folder, shape=SHAPE):
    """The same from a folder of maps, `saliency.given`. Errors as there: the picture is named."""
    return np.stack([cv2.resize(given(folder, i, dataset.image(i).shape[:2]), shape[::-1], interpolation=cv2.INTER_AREA)
                     for i in dataset.ids])


def _one(image, function, shape, longest):
    return cv2.resize(function(resized(image, longest)), shape[::-1], interpolation=cv2.INTER_AREA)
