"""Saliency maps that somebody else has computed, such as those of SalGAN or SAM: a folder with one grey image a picture."""

from pathlib import Path

import cv2
import numpy as np

from visret_lab.deep.saliency.l2_norm import scaled

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")
SLACK = 0.03  # of the aspect: maps are often made at a round size


def given(folder, name, size):
    """The map of one picture.

    Args:
        folder: of the maps. name: of the picture, with or without its ending. size: (height, width) of the picture.

    Returns:
        float32 height x width, 0 to 1: the largest value is 1.

    Raises:
        FileNotFoundError: no folder, or no map of this picture.
        ValueError: no image, in colour, of another aspect than the picture, or zero everywhere.
    """
    path = find(folder, name)
    plane = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if plane is None:
        raise ValueError(f"{path} is not an image, or is damaged. Copy it again.")
    if plane.ndim == 3:
        if not (plane[..., :1] == plane[..., :3]).all():
            raise ValueError(f"{path} is in colour. A saliency map is grey: save it without a colour scale.")
        plane = plane[..., 0]
    height, width = size
    wanted, found = width / height, plane.shape[1] / plane.shape[0]
    if abs(found / wanted - 1) > SLACK and abs(plane.shape[1] - plane.shape[0] * wanted) > 1:
        raise ValueError(f"{path} is {plane.shape[1]} x {plane.shape[0]}, another aspect than its picture, {width} x {height}: was it "
                         "made for another picture, or squashed to a square? Resize it to the picture's aspect first.")
    if not plane.any():
        raise ValueError(f"{path} is zero everywhere: it would delete its picture. Remove the file's picture from the list, or give "
                         "it a map of ones.")
    shrinks = plane.shape[0] > height
    plane = cv2.resize(plane.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return scaled(plane)


def find(folder, name):
    """The file of a picture's map. FileNotFoundError: none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} with saliency maps.")
    for stem in dict.fromkeys((name, Path(name).stem)):
        for suffix in SUFFIXES:
            if (folder / f"{stem}{suffix}").is_file():
                return folder / f"{stem}{suffix}"
    raise FileNotFoundError(f"{folder} has no map of {name}: looked for {Path(name).stem} with {', '.join(SUFFIXES)}. Every picture "
                            "needs one.")
