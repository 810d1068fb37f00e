"""Small pictures inside a page: JPEG in a data address, so that a page needs no file beside itself."""

import base64

import cv2
import numpy as np


def data_uri(image, longest=None, quality=68):
    """A picture as an address.

    Args:
        image: uint8 H x W x 3, RGB. longest: larger pictures are scaled down to this longer side, pixels; None: as it is.
        quality: of the JPEG, 0 to 100.

    Returns:
        str, "data:image/jpeg;base64,...".

    Raises:
        OSError: OpenCV could not encode it.
    """
    scale = min(1.0, longest / max(image.shape[:2])) if longest else 1.0
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    ok, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise OSError("OpenCV could not encode a thumbnail as JPEG.")
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
