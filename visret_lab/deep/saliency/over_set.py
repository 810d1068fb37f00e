"""Saliency maps of a whole data set, computed once and cached."""

import functools

import cv2
import numpy as np

from visret_lab.deep.extract import resized
from visret_lab.deep.saliency.given import given
from visret_lab.features.extract import extract

SHAPE = (60, 80)  # in which maps are kept: a few positions for each of the network's, whatever the picture's aspect
LONGEST = 160  # pixels of the picture that a map is computed from


def saliency_maps(dataset, functions, name, shape=SHAPE, longest=LONGEST):
    """Maps of every database image, in one shape: a pooling stretches them to the grid of the network in any case.

    Each picture is read once for all functions.

    Args:
        functions: dict name -> function uint8 H x W x 3 -> float32 H x W. name: of them together, for the cache and the bar.
        shape: (rows, columns) of the result. longest: side to which the pictures are brought first; None: as they are.

    Returns:
        dict name -> float32 N x rows x columns.

    Raises:
        ValueError: a function failed on an image, which is named.
    """
    found = extract(dataset, functools.partial(_all, functions=functions, shape=shape, longest=longest), f"saliency-{name}")
    return {one: found[:, i] for i, one in enumerate(functions)}


def given_maps(dataset, folder, shape=SHAPE):
    """The same from a folder of maps, `saliency.given`. Errors as there: the picture is named."""
    return np.stack([cv2.resize(given(folder, i, dataset.image(i).shape[:2]), shape[::-1], interpolation=cv2.INTER_AREA)
                     for i in dataset.ids])


def _all(image, functions, shape, longest):
    small = resized(image, longest)
    return np.stack([cv2.resize(function(small), shape[::-1], interpolation=cv2.INTER_AREA) for function in functions.values()])
