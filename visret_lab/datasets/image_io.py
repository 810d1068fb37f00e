"""Reading a picture file into one form, whatever its mode, and cutting a box out of it."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from visret_lab.datasets.errors import ImageError


def read_image(path, upright=True):
    """Read a picture file.

    Greyscale becomes three equal channels. Transparency is laid on white. 16-bit values are divided by 257, so that
    65535 becomes 255. CMYK is converted by Pillow. Of an animation the first frame is read.

    Args:
        path: a file that Pillow can read.
        upright: turn the picture as its EXIF orientation says. The old data sets were annotated on the pixels as
            they lie in the file; their loaders pass False.

    Returns:
        uint8 H x W x 3, RGB, C-order.

    Raises:
        ImageError: the file is missing, truncated, or not a picture; the error names it.
    """
    path = Path(path)
    try:
        with Image.open(path) as picture:
            picture.load()
            picture = ImageOps.exif_transpose(picture) if upright else picture
            return np.array(_to_rgb(picture, path), dtype=np.uint8, order="C")
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist. Check the path, or run `visret data verify` for its set.") from error
    except IsADirectoryError as error:
        raise ImageError(f"{path} is a folder, not a picture.") from error
    except PermissionError as error:
        raise ImageError(f"{path} may not be read: check its permissions.") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is not a picture that can be read. Is it a web page saved as .jpg?") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path} is too large to be read safely: {error}. Make it smaller first.") from error
    except Exception as error:  # the decoders raise anything from SyntaxError to struct.error on a damaged file
        raise ImageError(
            f"{path} is damaged or truncated ({error}). Fetch or copy it again, or remove it from its set."
        ) from error


def _to_rgb(picture, path):
    if picture.mode.startswith("I"):
        return _eight_bits(picture, path)
    if picture.mode == "F":
        raise ImageError(f"{path} holds floating-point pixels, whose range is unknown. Save it with 8 or 16 bits.")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture, path):
    values = np.asarray(picture).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(f"{path} has pixel values outside 0..65535. Save it with 8 or 16 bits.")
    grey = np.round(values / 257).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def crop(image, box):
    """Cut a box out of an image.

    The corners are rounded to whole pixels (as Pillow's crop does), then a part outside the image is cut away.

    Args:
        image: uint8 H x W x 3 (any array H x W x ... works).
        box: (x0, y0, x1, y1) in pixels, x1 and y1 excluded; None returns the whole image.

    Returns:
        a copy of the part inside the box, at least 1 x 1 pixel.

    Raises:
        ImageError: the box is not four finite numbers, is empty, or lies wholly outside the image.
    """
    if box is None:
        return image.copy()
    corners = np.asarray(box, dtype=float)
    if corners.shape != (4,) or not np.isfinite(corners).all():
        raise ImageError(f"A box is four finite numbers (x0, y0, x1, y1) in pixels; got {box!r}.")
    if corners[2] <= corners[0] or corners[3] <= corners[1]:
        raise ImageError(
            f"The box {_plain(corners)} is empty: x1 must be larger than x0, and y1 larger than y0. "
            "(A box given as x, y, width, height has to be converted first.)"
        )
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (int(value) for value in np.round(corners))
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x1 <= x0 or y1 <= y0:
        raise ImageError(
            f"The box {_plain(corners)} covers no pixel of the image ({width} x {height}). "
            "Was the image resized or turned after the box was drawn?"
        )
    return image[y0:y1, x0:x1].copy()


def _plain(corners):
    return "(" + ", ".join(f"{value:g}" for value in corners) + ")"
