"""RANSAC with an affine map: six numbers, three matches. Fewer degrees of freedom than a homography, so fewer lucky agreements."""

from typing import NamedTuple

import numpy as np

from visret_lab.rerank.geometry import most_agreeing

MINIMAL = 3  # matches that fix an affine map


class Affinity(NamedTuple):
    """What RANSAC found: bool K, which matches agree, and the map float64 2 x 3, or None where there is none."""

    inliers: np.ndarray
    matrix: np.ndarray | None

    @property
    def count(self):
        """Number of inliers."""
        return int(self.inliers.sum())


def apply_affine(matrix, points):
    """Move points N x 2 by a map 2 x 3 (or B x 2 x 3, then the result is B x N x 2): x -> A x + t."""
    matrix, points = np.asarray(matrix, np.float64), np.asarray(points, np.float64)
    return points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def invert_affine(matrix):
    """The map back: x -> A^-1 x - A^-1 t, float64 2 x 3. numpy.linalg.LinAlgError where A cannot be inverted."""
    back = np.linalg.inv(matrix[:, :2])
    return np.c_[back, -back @ matrix[:, 2]]


def fit_affine(a, b):
    """The affine map that takes a to b with least squared error.

    Args:
        a, b: float K x 2 with K of 3 or more.

    Returns:
        float64 2 x 3. Points on one line have many such maps; the one of least norm is returned.

    Raises:
        ValueError: fewer than three matches, or shapes that differ.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 2 or a.shape[1] != 2 or len(a) < MINIMAL:
        raise ValueError(f"An affine map needs at least 3 pairs of points, K x 2 each; got {a.shape} and {b.shape}.")
    middle = a.mean(0)
    solution = np.linalg.lstsq(np.c_[a - middle, np.ones(len(a))], b, rcond=None)[0].T
    return np.c_[solution[:, :2], solution[:, 2] - solution[:, :2] @ middle]


def plausible(matrix, zoom=5.0, stretch=4.0):
    """Whether a camera could have made the map: no mirror, areas within zoom^2, one direction at most `stretch` times the other.

    Args:
        matrix: float ... x 2 x 3.

    Returns:
        bool of shape `...`.
    """
    a, b, c, d = (matrix[..., i, j] for i in (0, 1) for j in (0, 1))
    area, total = a * d - b * c, a * a + b * b + c * c + d * d
    # Singular values s >= t of A: s t = |det A| and s^2 + t^2 = ||A||^2, so s/t <= stretch reads as a bound on the sum.
    sound = (area > zoom**-2) & (area < zoom**2)
    return sound & (total <= (stretch + 1 / stretch) * np.where(sound, area, 1))


def verify_affine(points_a, points_b, matches, rng, threshold=5.0, confidence=0.99, max_trials=200, batch=100):
    """RANSAC with an affine map (Fischler and Bolles, 1981; Philbin et al., CVPR 2007).

    Samples of three matches are tried, `batch` at a time; maps that no camera makes are thrown away (`plausible`). The best one is
    fitted again to its inliers, twice.

    Args:
        points_a, points_b: float N x 2 or N x 4 (x, y, ...), pixels.
        matches: int K x 2, rows of the two.
        rng: numpy Generator.
        threshold: in pixels of the second image.

    Returns:
        Affinity. Fewer than three matches, or none that agree: no inliers and matrix None.
    """
    matches = np.asarray(matches, np.int64).reshape(-1, 2)
    nothing = Affinity(np.zeros(len(matches), bool), None)
    if len(matches) < MINIMAL:
        return nothing
    a = np.asarray(points_a, np.float64)[matches[:, 0], :2]
    b = np.asarray(points_b, np.float64)[matches[:, 1], :2]
    best = most_agreeing(len(a), MINIMAL, lambda sample: _agreeing(_through_three(a[sample], b[sample]), a, b, threshold), rng,
                         confidence, max_trials, batch)
    return _refit(a, b, best, threshold) if best.sum() >= MINIMAL else nothing


def _through_three(a, b):
    """The maps through B samples of three matches (B x 3 x 2), those that are plausible: float64 B' x 2 x 3."""
    p, q = a[:, 1:] - a[:, :1], b[:, 1:] - b[:, :1]
    area = p[:, 0, 0] * p[:, 1, 1] - p[:, 0, 1] * p[:, 1, 0]
    keep = np.abs(area) > 1  # three points on a line fix nothing
    p, q, area = p[keep], q[keep], area[keep]
    # A (p1 p2) = (q1 q2), columns; the inverse of a 2 x 2 matrix is written down.
    inverse = np.stack([np.stack([p[:, 1, 1], -p[:, 1, 0]], -1), np.stack([-p[:, 0, 1], p[:, 0, 0]], -1)], -2) / area[:, None, None]
    linear = np.swapaxes(q, 1, 2) @ inverse
    shift = b[keep][:, 0] - (linear @ a[keep][:, 0, :, None])[..., 0]
    maps = np.concatenate([linear, shift[..., None]], axis=-1)
    return maps[plausible(maps)]


def _agreeing(maps, a, b, threshold):
    """bool B x K: which matches each map takes to within `threshold` pixels of their partner."""
    gap = apply_affine(maps, a) - b
    return np.einsum("...i,...i->...", gap, gap) < threshold**2


def _refit(a, b, inliers, threshold, rounds=2):
    matrix = None
    for _ in range(rounds):
        candidate = fit_affine(a[inliers], b[inliers])
        found = _agreeing(candidate, a, b, threshold)
        if not plausible(candidate) or found.sum() < max(MINIMAL, inliers.sum()):
            break
        matrix, inliers = candidate, found
    if matrix is None:
        matrix = fit_affine(a[inliers], b[inliers])
    return Affinity(inliers, matrix) if plausible(matrix) else Affinity(np.zeros(len(a), bool), None)
