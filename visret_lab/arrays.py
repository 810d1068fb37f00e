"""The habits of the arrays: rows are items, float32, C-order; a larger similarity is better; ties go to the lower id.

Every station checks its input with these functions, so that a mistake gets the same words everywhere.
"""

import numpy as np


def as_rows(x, name="x", dim=None):
    """Return `x` as a float32 C-order matrix with one item a row.

    Args:
        x: array-like, N x D. A single vector of length D becomes one row.
        name: what the error calls the array.
        dim: the number of columns that is expected, or None for any.

    Returns:
        float32 N x D; no copy is made when `x` already has this form.

    Raises:
        ValueError: not one- or two-dimensional, another number of columns, or a value that is not finite.
    """
    rows = np.ascontiguousarray(x, dtype=np.float32)
    if rows.ndim == 1:
        rows = rows[None, :]
    if rows.ndim != 2:
        raise ValueError(f"{name} must be a matrix with one item a row (N x D); got shape {np.shape(x)}.")
    if dim is not None and rows.shape[1] != dim:
        raise ValueError(
            f"{name} has {rows.shape[1]} columns, but {dim} are expected. "
            "Were both sides computed with the same feature and the same settings?"
        )
    require_finite(rows, name)
    return rows


def require_finite(x, name="x"):
    """Raise a ValueError that names the first row with NaN or infinity in the array `x`."""
    finite = np.isfinite(x)
    if not finite.all():
        first = np.argwhere(~finite)[0]
        raise ValueError(
            f"{name} has a value that is not finite (NaN or infinity), first at {tuple(int(i) for i in first)}. "
            "Find the image or descriptor behind it; a division by a zero norm is the usual cause."
        )


def l2_normalize(x, axis=-1):
    """Divide by the Euclidean norm along `axis`. A zero vector stays zero. The dtype is kept (integers become float32)."""
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        x = x.astype(np.float32)
    norm = np.linalg.norm(x, axis=axis, keepdims=True)
    return np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)


def require_unit(x, name="x", tolerance=1e-3):
    """Raise a ValueError when a row of `x` (N x D) has a Euclidean norm other than 1 within `tolerance`."""
    norm = np.linalg.norm(x, axis=-1)
    off = np.flatnonzero(np.abs(norm - 1) > tolerance)
    if off.size:
        raise ValueError(
            f"{name} must have rows of unit length, but row {off[0]} has norm {norm[off[0]]:.4g} "
            f"({off.size} of {norm.size} rows are off). Use arrays.l2_normalize first; "
            "a zero row has no direction and has to be dropped."
        )


def require_searchable(count, k=1, name="index"):
    """Raise a ValueError when a database holds nothing (`count` is 0), or when fewer than one result is asked for."""
    if not count:
        raise ValueError(f"The {name} is empty: add the database first.")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")


def rank(similarity):
    """Rank the database for each query, best first; equal similarities keep the lower id first.

    Args:
        similarity: Q x N, larger is better.

    Returns:
        int64 Q x N, database ids.

    Raises:
        ValueError: NaN in the similarities (a NaN has no rank).
    """
    similarity = np.atleast_2d(similarity)
    if np.isnan(similarity).any():
        raise ValueError("similarity has NaN: a NaN has no rank. Check the features for zero vectors.")
    return np.argsort(-similarity, axis=1, kind="stable").astype(np.int64, copy=False)


def difference(a, b):
    """Largest absolute difference of two arrays, as a float. ValueError when their shapes differ."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"The outputs have shapes {a.shape} and {b.shape}.")
    return float(np.max(np.abs(a - b), initial=0.0))
