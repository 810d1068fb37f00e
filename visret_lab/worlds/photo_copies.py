"""Photographs under strong, known edits, as in Copydays: each copy keeps the homography that made it.

The originals are those that scikit-image, scikit-learn and matplotlib carry in their packages; nothing is fetched.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest

VERSION = "1.0"
ORIGINALS = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field",
             "immunohistochemistry", "page", "retina", "rocket", "text", "stereo_motorcycle", "china", "flower",
             "grace_hopper")


@dataclass(frozen=True)
class CopyConfig:
    """Which photographs are copied, how large (longest side in pixels), with which seed."""

    originals: tuple[str, ...] = ORIGINALS
    longest: int = 360
    seed: int = 2009

    def __post_init__(self):
        unknown = sorted(set(self.originals) - set(ORIGINALS))
        if unknown:
            raise ValueError(f"There are no bundled photographs {', '.join(unknown)}. There are: {', '.join(ORIGINALS)}.")


def generate(folder, config=None, *, progress=True):
    """Write the originals and their copies, `truth.json` and last of all `manifest.json`.

    `truth.json`: {images: [{id, original, edit, homography}]}; the homography (3 x 3 nested lists) takes a pixel (x, y)
    of the original to the copy; it is the identity for the original and for edits that leave the geometry alone.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    folder, config = Path(folder), config or CopyConfig()
    records = []
    for name in tqdm(config.originals, desc="photo-copies", disable=not progress):
        picture = load_original(name, config.longest)
        rng = np.random.default_rng([config.seed, ORIGINALS.index(name)])
        records.append(_write(folder, f"{name}_original", picture, np.eye(3), 95, name, "original"))
        for edit, (function, quality) in EDITS.items():
            copy, homography = function(picture, rng)
            records.append(_write(folder, f"{name}_{edit}", copy, homography, quality, name, edit))
    truth = {"name": "photo-copies", "version": VERSION, "images": records}
    write_bytes(folder / "truth.json", json.dumps(truth, indent=1).encode(), durable=False)
    write_manifest(folder, "photo-copies", VERSION, config.seed, [f"images/{r['id']}.jpg" for r in records] + ["truth.json"])
    return folder


def load_original(name, longest):
    """A bundled photograph as uint8 H x W x 3 RGB, scaled to the longest side."""
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        picture = load_sample_image(f"{name}.jpg")
    elif name == "grace_hopper":
        import matplotlib.cbook
        from PIL import Image

        with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
            picture = np.asarray(Image.open(file).convert("RGB"))
    else:
        import skimage.data

        picture = getattr(skimage.data, name)()
        picture = picture[0] if name == "stereo_motorcycle" else picture
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    scale = longest / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    return np.ascontiguousarray(cv2.resize(picture[..., :3], size, interpolation=cv2.INTER_AREA))


def _write(folder, image_id, picture, homography, quality, original, edit):
    ok, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise OSError(f"OpenCV could not encode {image_id} as JPEG.")
    write_bytes(Path(folder) / f"images/{image_id}.jpg", jpeg.tobytes(), durable=False)
    return {"id": image_id, "original": original, "edit": edit, "homography": np.asarray(homography).tolist()}


def _warp(picture, homography, size=None):
    h, w = picture.shape[:2]
    size = size or (w, h)
    return cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_LINEAR, borderValue=(127, 127, 127))


def _crop(share):
    def edit(picture, rng):
        h, w = picture.shape[:2]
        ch, cw = round(h * share**0.5), round(w * share**0.5)
        y, x = int(rng.integers(0, h - ch + 1)), int(rng.integers(0, w - cw + 1))
        move = np.array([[1.0, 0, -x], [0, 1, -y], [0, 0, 1]])
        return picture[y:y + ch, x:x + cw].copy(), move

    return edit


def _scale(factor):
    def edit(picture, rng):
        h, w = picture.shape[:2]
        size = round(w * factor), round(h * factor)
        sx, sy = size[0] / w, size[1] / h
        # Pixel centres: (x + 1/2) s = x' + 1/2.
        grow = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR), grow

    return edit


def _rotate(degrees):
    def edit(picture, rng):
        h, w = picture.shape[:2]
        turn = np.vstack([cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1.0), [0, 0, 1]])
        return _warp(picture, turn), turn

    return edit


def _perspective(strength):
    def edit(picture, rng):
        h, w = picture.shape[:2]
        corners = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
        inwards = np.float32([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * rng.uniform(0, strength, (4, 2)) * (w, h)
        tilt = cv2.getPerspectiveTransform(corners, (corners + inwards).astype(np.float32))
        return _warp(picture, tilt), tilt

    return edit


def _same(function):
    def edit(picture, rng):
        values = function(picture.astype(np.float32) / 255, rng)
        return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8), np.eye(3)

    return edit


def _print_and_scan(picture, rng):
    """Dots of a printer, a sheet laid askew, a grey veil, soft focus."""
    tilted, tilt = _perspective(0.04)(picture, rng)
    h, w = tilted.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    dots = 0.06 * (np.sin(1.9 * x + 0.7 * y) * np.sin(1.9 * y - 0.7 * x))[..., None]
    paper = cv2.GaussianBlur(tilted, (0, 0), 1.0).astype(np.float32) / 255 * 0.72 + 0.16 + dots
    paper += rng.normal(0, 0.02, paper.shape)
    return (np.clip(paper, 0, 1) * 255 + 0.5).astype(np.uint8), tilt


EDITS = {
    "jpeg": (_same(lambda p, rng: p), 5),
    "crop50": (_crop(0.5), 85),
    "crop20": (_crop(0.2), 85),
    "scale50": (_scale(0.5), 85),
    "scale30": (_scale(0.3), 85),
    "rotate15": (_rotate(15), 85),
    "rotate90": (_rotate(90), 85),
    "perspective": (_perspective(0.12), 85),
    "strong_perspective": (_perspective(0.25), 85),
    "dark": (_same(lambda p, rng: p**2.2 * 0.6), 85),
    "blur": (_same(lambda p, rng: cv2.GaussianBlur(p, (0, 0), 3)), 85),
    "noise": (_same(lambda p, rng: p + rng.normal(0, 0.12, p.shape)), 60),
    "print_scan": (_print_and_scan, 60),
}
