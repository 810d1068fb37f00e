"""Lists of descriptor sets, one set an image, each of another length: how all encoders read them."""

from typing import NamedTuple

import numpy as np

from visret_lab.arrays import require_finite


class Ragged(NamedTuple):
    """All descriptors in one array.

    Attributes:
        rows: float32 T x D, image after image.
        counts: int64 M, descriptors of each image; their sum is T.
    """

    rows: np.ndarray
    counts: np.ndarray

    @property
    def owner(self):
        """int64 T: the image of each row."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @property
    def starts(self):
        """int64 M: where the rows of each image begin."""
        return np.cumsum(self.counts) - self.counts


def stack(descriptors, dim=None, name="descriptors"):
    """Put a list of descriptor sets into one array.

    Args:
        descriptors: list of float N_i x D, one an image; a set may be empty (0 x D, or an empty list).
        dim: the D that is expected, or None for any.
        name: what the error calls the sets.

    Returns:
        Ragged.

    Raises:
        TypeError: a single array instead of a list of arrays.
        ValueError: no image at all, no descriptor in any image and no `dim`, sets of different D, or NaN.
    """
    if isinstance(descriptors, np.ndarray) and descriptors.dtype != object and descriptors.ndim == 2:
        raise TypeError(f"{name} must be a list with one array an image, not a single array of shape {descriptors.shape}. "
                        "For one image, write [array].")
    sets = [np.asarray(d, np.float32) for d in descriptors]
    if not sets:
        raise ValueError(f"{name} is an empty list: there are no images.")
    for i, d in enumerate(sets):
        if d.size and d.ndim != 2:
            raise ValueError(f"{name}[{i}] must be N x D, one descriptor a row; got shape {d.shape}.")
    dim = dim or next((d.shape[1] for d in sets if d.size), None)
    if dim is None:
        raise ValueError(f"None of the {len(sets)} images has a descriptor. Is the detector's contrast threshold too high?")
    for i, d in enumerate(sets):
        if d.size and d.shape[1] != dim:
            raise ValueError(f"{name}[{i}] has {d.shape[1]} columns, but {dim} are expected. Were all images described with "
                             "the same feature, and was this encoder fitted on it?")
    rows = np.concatenate([d if d.size else np.zeros((0, dim), np.float32) for d in sets])
    require_finite(rows, name)
    return Ragged(rows, np.array([len(d) if d.size else 0 for d in sets], np.int64))


def sample(ragged, limit, rng):
    """At most `limit` rows of a Ragged, drawn without replacement and kept in order; float32 min(T, limit) x D."""
    if limit is None or len(ragged.rows) <= limit:
        return ragged.rows
    return ragged.rows[np.sort(rng.choice(len(ragged.rows), limit, replace=False))]
