"""The check of a picture, in one place so that a wrong one gets the same words everywhere."""

import numpy as np


def require_rgb(image, least=1):
    """Return `image` when it is uint8 H x W x 3 with at least `least` pixels on each side.

    Raises:
        ValueError: greyscale, with an alpha channel, floating-point, 16-bit, empty or too small. The error says how
            to convert it.
    """
    image = np.asarray(image)
    if image.size == 0:
        raise ValueError(f"The image is empty (shape {image.shape}). Was a box cut outside the picture?")
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1):
        raise ValueError(
            f"The image is greyscale (shape {image.shape}), H x W x 3 in RGB is needed. "
            "Repeat it: np.repeat(np.atleast_3d(image), 3, axis=2). datasets.image_io.read_image does so for files."
        )
    if image.ndim == 3 and image.shape[2] == 4:
        raise ValueError("The image has four channels (RGBA); drop the last one with image[..., :3].")
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"An image is H x W x 3 in RGB; got shape {image.shape}. Give one image at a time.")
    if image.dtype.kind == "f":
        _explain_float(image)
    if image.dtype != np.uint8:
        raise ValueError(
            f"The image is {image.dtype}; uint8 with values 0..255 is needed. "
            "For 16 bits, divide by 257, round, and convert with .astype(np.uint8)."
        )
    if min(image.shape[:2]) < least:
        raise ValueError(
            f"The image has {image.shape[1]} x {image.shape[0]} pixels; this feature needs at least {least} on each "
            "side. Is the box of the query right?"
        )
    return image


def _explain_float(image):
    if not np.isfinite(image).all():
        raise ValueError("The image is floating-point and has NaN or infinity. Find where it was divided by zero.")
    raise ValueError(
        f"The image is {image.dtype} with values {image.min():.4g}..{image.max():.4g}; uint8 with 0..255 is needed. "
        "If it runs from 0 to 1: (image * 255).round().astype(np.uint8)."
    )
