"""Colour as an image's fingerprint: the joint histogram of Swain and Ballard, and the moments of Stricker and Orengo.

Sources: M. Swain, D. Ballard, Color indexing, IJCV 1991; M. Stricker, M. Orengo, Similarity of color images, SPIE 1995.
The distances between histograms live in `visret_lab.features.distances` and can be used from here as well.
"""

import numpy as np

from visret_lab.features.color_spaces import RANGES, convert
from visret_lab.features.distances import chi_squared, hellinger, intersection, l1, l2

__all__ = ["chi_squared", "hellinger", "histogram", "intersection", "l1", "l2", "moments"]


def histogram(image, space="hsv", bins=(8, 8, 8), normalize=True):
    """The joint colour histogram: the share of the pixels that falls into each box of the colour space.

    Args:
        image: uint8 H x W x 3, RGB.
        space: "rgb", "hsv" or "lab".
        bins: number of intervals for each of the three channels.
        normalize: divide by the number of pixels, so that the values sum to 1 whatever the size of the image.

    Returns:
        float32 vector of bins[0] * bins[1] * bins[2] values; the last channel runs fastest.

    Raises:
        ValueError: an image of another form, an unknown space, or bins that are not three positive integers.
    """
    bins = _three_counts(bins)
    index = _index(convert(image, space), RANGES[space], bins)
    counts = np.bincount(index, minlength=int(np.prod(bins)))
    return (counts / index.size if normalize else counts).astype(np.float32)


def moments(image, space="hsv"):
    """Mean, standard deviation and skewness (cube root of the third central moment) of each channel.

    Args:
        image: uint8 H x W x 3, RGB.
        space: "rgb", "hsv" or "lab".

    Returns:
        float32 vector of 9 values, three a channel, in the units of the channel.
    """
    pixels = convert(image, space).reshape(-1, 3).astype(np.float64)
    mean = pixels.mean(axis=0)
    centred = pixels - mean
    deviation = np.sqrt((centred**2).mean(axis=0))
    skewness = np.cbrt((centred**3).mean(axis=0))
    return np.stack([mean, deviation, skewness], axis=1).ravel().astype(np.float32)


def _index(pixels, ranges, bins):
    index = np.zeros(pixels.shape[:2], dtype=np.int32)
    for channel, ((low, high), count) in enumerate(zip(ranges, bins, strict=True)):
        step = np.float32(count / (high - low))
        # The upper end of a range belongs to the last interval.
        cell = np.minimum(((pixels[..., channel] - low) * step).astype(np.int32), count - 1)
        index = index * count + np.maximum(cell, 0)
    return index.ravel()


def _three_counts(bins):
    counts = tuple(bins) if np.ndim(bins) == 1 else ()
    if len(counts) != 3 or any(int(count) != count or count < 1 for count in counts):
        raise ValueError(f"bins must be three positive integers, one a channel, such as (8, 8, 8); got {bins!r}.")
    return tuple(int(count) for count in counts)
