import json

import cv2
import numpy as np
import pytest

from visret_lab.worlds import manifest
from visret_lab.worlds.photo_copies import EDITS, CopyConfig, generate

CONFIG = CopyConfig(originals=("chelsea", "china"), longest=200)


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("copies"), CONFIG, progress=False)


def test_the_same_bytes_twice(copies, tmp_path):
    again = generate(tmp_path, CONFIG, progress=False)
    assert (again / "manifest.json").read_bytes() == (copies / "manifest.json").read_bytes()
    assert manifest.verify(copies) == []


@pytest.mark.parametrize("edit", list(EDITS))
def test_the_homography_takes_the_original_to_the_copy(copies, edit):
    """Warp the original by the homography that is kept: inside, it must look like the copy."""
    records = {r["id"]: r for r in json.loads((copies / "truth.json").read_text())["images"]}
    original, copy = (cv2.imread(str(copies / f"images/china_{name}.jpg"), 0).astype(np.float32) for name in ("original", edit))
    homography = np.array(records[f"china_{edit}"]["homography"])
    size = copy.shape[1], copy.shape[0]
    warped = cv2.warpPerspective(original, homography, size, flags=cv2.INTER_AREA)
    inside = cv2.erode(cv2.warpPerspective(np.ones_like(original), homography, size), np.ones((5, 5))) > 0.9
    a, b = cv2.GaussianBlur(warped, (0, 0), 1.5)[inside], cv2.GaussianBlur(copy, (0, 0), 1.5)[inside]
    assert np.corrcoef(a, b)[0, 1] > 0.9
    moved = cv2.GaussianBlur(np.roll(warped, 12, axis=1), (0, 0), 1.5)[inside]
    assert np.corrcoef(moved, b)[0, 1] < np.corrcoef(a, b)[0, 1] - 0.1  # a wrong geometry would be seen


def test_unknown_photograph():
    with pytest.raises(ValueError, match="lena"):
        CopyConfig(originals=("lena",))
