"""Pairs of pictures with the true homography between them: photo-copies, Oxford affine (graf, ...) and HPatches.

A homography H is a 3 x 3 matrix that takes a point (x, y, 1) of the first picture to the second, up to scale.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from visret_lab.datasets.errors import DataError, some
from visret_lab.datasets.image_io import read_image

ENDINGS = (".png", ".ppm", ".pgm", ".jpg", ".jpeg")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures of one flat or distant thing.

    Attributes:
        id: unique name in its set.
        a, b: image ids.
        homography: float64 3 x 3, from pixels of `a` to pixels of `b`.
        sequence: the scene.
        change: what was done or how far it went, e.g. "viewpoint 3" or "jpeg".
    """

    id: str
    a: str
    b: str
    homography: np.ndarray
    sequence: str
    change: str = ""


@dataclass(eq=False)
class PairSet:
    """Pictures (`ids`, `image(id)`) and the true geometry between some of them (`pairs`)."""

    name: str
    tier: str
    version: str
    licence: str
    files: dict[str, Path]
    pairs: list[Pair] = field(default_factory=list)

    @property
    def ids(self):
        """Image ids, in order."""
        return list(self.files)

    def __len__(self):
        return len(self.pairs)

    def __repr__(self):
        return (
            f"<{self.name} ({self.tier}, version {self.version}): {len(self.pairs)} pairs of {len(self.files)} images; "
            f"licence: {self.licence}>"
        )

    def image(self, image_id):
        """Read one image: uint8 H x W x 3, RGB. As it lies in the file: the homographies are given for that."""
        if image_id not in self.files:
            raise DataError(f"{self.name} has no image {image_id!r}. Its ids look like {some(self.files, 3)}.")
        return read_image(self.files[image_id], upright=False)

    def pair(self, pair_id):
        """The Pair with this id."""
        for pair in self.pairs:
            if pair.id == pair_id:
                return pair
        raise DataError(f"{self.name} has no pair {pair_id!r}. It has {some([p.id for p in self.pairs], 4)}.")


def load_pairs(root, name="pairs", tier="campus", licence="research use; see the release"):
    """Read every sequence in `root` or below: folders in the form of Oxford affine or of HPatches.

    Oxford affine: img1.png (or .ppm) ... and H1to2p. HPatches: 1.ppm ... and H_1_2. Only pairs whose two pictures and
    homography are there are taken.

    Raises:
        DataError: no such folder, no sequence in it, or a broken homography.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    files, pairs = {}, []
    for folder in (root, *sorted(path for path in root.rglob("*") if path.is_dir())):
        found = _numbered(folder)
        sequence = folder.relative_to(root).as_posix() if folder != root else root.resolve().name
        for number in sorted(found.keys() - {1}):
            path = _homography_file(folder, number)
            if 1 not in found or path is None:
                continue
            a, b = f"{sequence}/{found[1].name}", f"{sequence}/{found[number].name}"
            files.update({a: found[1], b: found[number]})
            pairs.append(Pair(f"{sequence}/1-{number}", a, b, read_homography(path), sequence, f"step {number}"))
    if not pairs:
        raise DataError(
            f"{root} holds no pair: expected are folders with img1.png, img2.png and H1to2p (Oxford affine), or with "
            "1.ppm, 2.ppm and H_1_2 (HPatches)."
        )
    return PairSet(name, tier, "as found", licence, files, pairs)


def _numbered(folder):
    found = {}
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(r"(?:img)?(\d)", path.stem)
        if match and path.suffix.lower() in ENDINGS:
            found[int(match[1])] = path
    return found


def _homography_file(folder, number):
    names = (f"H1to{number}p", f"H1to{number}p.txt", f"H_1_{number}", f"H_1_{number}.txt")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def read_homography(path):
    """Read nine numbers from a text file: float64 3 x 3 with its last entry scaled to 1. DataError when broken."""
    try:
        # Old Windows tools wrote exponents with three digits (8.8e-001); float() reads them.
        values = np.array([float(word) for word in Path(path).read_text().split()])
        matrix = values.reshape(3, 3)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} must hold nine numbers, a 3 x 3 homography.") from error
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12 or matrix[2, 2] == 0:
        raise DataError(f"{path} holds a matrix that cannot be inverted or is not finite.")
    return matrix / matrix[2, 2]
