"""Shrinking a picture in the ways of two libraries. One name, "bilinear", stands for two different things.

To shrink by a factor s > 1, every new pixel stands for s x s old ones. Pillow widens its kernel by s and so averages over all of them;
OpenCV's INTER_LINEAR and INTER_CUBIC look at 2 x 2 and 4 x 4 old pixels whatever s is, and skip the others. What is skipped comes back
as false, coarse patterns: aliasing (Parmar, Zhang, Zhu, CVPR 2022). INTER_AREA averages, as Pillow does.
"""

import cv2
import numpy as np
from PIL import Image

from visret_lab.rgb import require_rgb

OPENCV = {"nearest, OpenCV": cv2.INTER_NEAREST, "bilinear, OpenCV": cv2.INTER_LINEAR, "bicubic, OpenCV": cv2.INTER_CUBIC,
          "area, OpenCV": cv2.INTER_AREA}
PILLOW = {"bilinear, Pillow": Image.Resampling.BILINEAR, "bicubic, Pillow": Image.Resampling.BICUBIC,
          "Lanczos, Pillow": Image.Resampling.LANCZOS}


def resize_by(image, size, how):
    """Bring a picture to another size.

    Args:
        image: uint8 H x W x 3. size: (width, height) in pixels. how: a name of OPENCV or PILLOW.

    Returns:
        uint8 height x width x 3.

    Raises:
        ValueError: another type or shape, a size below 1 pixel, or an unknown name.
    """
    image = require_rgb(image)
    if min(size) < 1:
        raise ValueError(f"A picture has at least 1 x 1 pixel; {size[0]} x {size[1]} was asked for.")
    if how in OPENCV:
        return cv2.resize(image, tuple(size), interpolation=OPENCV[how])
    if how in PILLOW:
        return np.array(Image.fromarray(image).resize(tuple(size), PILLOW[how]))  # a copy: torch warns of read-only pixels
    raise ValueError(f"There is no interpolation {how!r}. There are: {', '.join([*OPENCV, *PILLOW])}.")


def scaled_size(shape, longest, whole=None):
    """(width, height) of a picture whose longer side becomes `longest`, or of a part of it that shrinks by the same factor.

    Args:
        shape: H, W ... of the picture, or of the part. longest: pixels. whole: longer side of the picture that the part was cut from.
    """
    scale = longest / (whole or max(shape[:2]))
    return tuple(max(1, round(n * scale)) for n in shape[1::-1])
