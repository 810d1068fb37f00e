"""The same picture once more, as the web has it: cut, made smaller and larger again, framed, with a caption, saved again."""

import cv2
import numpy as np

EDITS = ("crop", "rescale", "frame", "caption", "recompress")


def copy_picture(image, seen, rng):
    """A near-duplicate.

    Args:
        image: uint8 H x W x 3. seen: bool H x W, the pixels of the landmark. rng: numpy Generator.

    Returns:
        image uint8 H x W x 3, seen bool H x W, name of the edit, JPEG quality.
    """
    edit = EDITS[rng.integers(len(EDITS))]
    (h, w), quality = seen.shape, int(rng.integers(40, 85))
    image, seen = image.copy(), seen.copy()
    if edit == "crop":
        keep = rng.uniform(0.75, 0.95)
        window = _window(rng, h, keep), _window(rng, w, keep)
        image = cv2.resize(image[window], (w, h), interpolation=cv2.INTER_LINEAR)
        seen = cv2.resize(seen[window].astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST).astype(bool)
    elif edit == "rescale":
        small = rng.uniform(0.45, 0.75)
        image = cv2.resize(cv2.resize(image, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), (w, h))
    elif edit == "frame":
        image, seen = _framed(image, seen, int(rng.uniform(0.04, 0.10) * h), rng.integers(0, 256, 3))
    elif edit == "caption":
        top = int(h * rng.uniform(0.85, 0.93))
        image[top:], seen[top:] = rng.choice([10, 245]), False
        ink = (245, 245, 245) if image[-1, 0, 0] < 128 else (10, 10, 10)
        cv2.putText(image, f"photo no. {int(rng.integers(1000, 9999))}", (6, h - 5), cv2.FONT_HERSHEY_SIMPLEX, (h - top) / 45, ink, 1,
                    cv2.LINE_AA)
    else:
        quality = int(rng.integers(12, 26))
    return image, seen, edit, quality


def _window(rng, length, keep):
    start = int(rng.uniform(0, 1 - keep) * length)
    return slice(start, start + int(keep * length))


def _framed(image, seen, border, color):
    h, w = seen.shape
    inner = max(w - 2 * border, 1), max(h - 2 * border, 1)
    framed, mask = np.empty_like(image), np.zeros_like(seen)
    framed[:] = color
    middle = slice(border, border + inner[1]), slice(border, border + inner[0])
    framed[middle] = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    mask[middle] = cv2.resize(seen.astype(np.uint8), inner, interpolation=cv2.INTER_NEAREST)
    return framed, mask
