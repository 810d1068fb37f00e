"""Classical multidimensional scaling: from a table of distances to a map.

Source: W. S. Torgerson, Multidimensional scaling: I. Theory and method, Psychometrika 1952.
"""

import numpy as np
from scipy.linalg import eigh

from visret_lab.arrays import require_finite


def classical_mds(distances, dimensions=2):
    """Place N points so that their Euclidean distances come near the given ones.

    With D the distances, squared entry by entry, and J = I - 11^T / N (subtracts the mean), B = -1/2 J D J would be
    the matrix of dot products of centred points. Its largest eigenvalues l and eigenvectors v give the coordinates
    sqrt(l) v. When the distances are Euclidean in so many dimensions, the map is exact; else negative eigenvalues
    appear, and the map keeps what it can.

    Args:
        distances: N x N, symmetric, zeros on the diagonal, not negative.
        dimensions: coordinates a point, less than N.

    Returns:
        float32 N x dimensions, centred, the direction of largest spread first. The sign of each column is chosen so
        that its entry of largest magnitude is positive.

    Raises:
        ValueError: not square, not symmetric, negative, not finite, or too many dimensions.
    """
    d = _checked(distances)
    if not 1 <= dimensions < len(d):
        raise ValueError(f"{len(d)} points can be placed in 1 to {len(d) - 1} dimensions; got {dimensions}.")
    squared = d**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    values, vectors = eigh(-centred / 2, subset_by_index=(len(d) - dimensions, len(d) - 1))
    values, vectors = values[::-1], vectors[:, ::-1]
    points = vectors * np.sqrt(np.maximum(values, 0))
    peak = np.abs(points).argmax(axis=0)
    return (points * np.where(points[peak, range(dimensions)] < 0, -1, 1)).astype(np.float32)


def _checked(distances):
    d = np.asarray(distances, dtype=np.float64)
    if d.ndim != 2 or d.shape[0] != d.shape[1]:
        raise ValueError(f"A table of distances is square (N x N); got shape {d.shape}.")
    require_finite(d, "distances")
    scale = max(d.max(initial=0), 1e-12)
    if d.min(initial=0) < 0 or np.abs(np.diag(d)).max(initial=0) > 1e-3 * scale:
        raise ValueError("Distances are not negative and zero on the diagonal. Is this a table of similarities?")
    if np.abs(d - d.T).max(initial=0) > 1e-3 * scale:
        raise ValueError("The table of distances is not symmetric: d(i, j) and d(j, i) differ.")
    return (d + d.T) / 2
