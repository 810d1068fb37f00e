"""Do the matches agree on one movement of the camera? Homographies by the normalised DLT, and RANSAC."""

from typing import NamedTuple

import numpy as np

MINIMAL = 4  # matches that fix a homography


class Verification(NamedTuple):
    """What RANSAC found: bool K, which matches agree, and the homography float64 3 x 3, or None where there is none."""

    inliers: np.ndarray
    homography: np.ndarray | None

    @property
    def count(self):
        """Number of inliers: the score of an image."""
        return int(self.inliers.sum())


def apply_homography(homography, points):
    """Move points N x 2 by a homography 3 x 3 (or B x 3 x 3, then the result is B x N x 2)."""
    points = np.asarray(points, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):  # a degenerate homography moves points to nan, on purpose
        moved = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ np.swapaxes(homography, -1, -2)
        return moved[..., :2] / moved[..., 2:]


def fit_homography(a, b):
    """Homography that takes a to b, by the normalised direct linear transform (Hartley and Zisserman, 2004, alg. 4.2).

    Each match gives two rows of a linear system A h = 0; h is the singular vector of the smallest singular value. Points are
    first moved to their mean and scaled to a mean distance of sqrt(2), without which the system is badly conditioned.

    Args:
        a, b: float K x 2 with K of 4 or more, or B x K x 2 for B systems at once.

    Returns:
        float64 3 x 3 or B x 3 x 3; not finite where the points are degenerate (three on a line, or the same).

    Raises:
        ValueError: fewer than four matches, or shapes that differ.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.shape[-1] != 2 or a.shape[-2] < MINIMAL:
        raise ValueError(f"A homography needs at least 4 pairs of points, K x 2 each; got {a.shape} and {b.shape}.")
    with np.errstate(all="ignore"):
        ta, a = _normalize(a)
        tb, b = _normalize(b)
        x, y = a[..., 0], a[..., 1]
        u, v = b[..., 0], b[..., 1]
        zero, one = np.zeros_like(x), np.ones_like(x)
        rows = np.stack([np.stack([-x, -y, -one, zero, zero, zero, u * x, u * y, u], -1),
                         np.stack([zero, zero, zero, -x, -y, -one, v * x, v * y, v], -1)], -2)
        system = rows.reshape(*rows.shape[:-3], -1, 9)
        sound = np.isfinite(system).all(axis=(-1, -2), keepdims=True)
        h = _null_vector(np.where(sound, system, 0)).reshape(*system.shape[:-2], 3, 3)
        h = np.where(sound, np.linalg.inv(tb) @ h @ ta, np.nan)
        return h / h[..., 2:, 2:]


def _null_vector(system):
    """Last right singular vector of each system (... x R x 9), from the 9 x 9 scatter matrix."""
    return np.linalg.eigh(np.swapaxes(system, -1, -2) @ system)[1][..., 0]


def _normalize(points):
    mean = points.mean(axis=-2, keepdims=True)
    spread = np.linalg.norm(points - mean, axis=-1).mean(axis=-1)
    scale = np.sqrt(2) / np.where(spread > 1e-12, spread, 1e-12)
    t = np.zeros((*scale.shape, 3, 3))
    t[..., 0, 0] = t[..., 1, 1] = scale
    t[..., :2, 2] = -scale[..., None] * mean[..., 0, :]
    t[..., 2, 2] = 1
    return t, (points - mean) * scale[..., None, None]


def trials(inlier_share, confidence=0.99, sample=MINIMAL):
    """How many samples until one is free of outliers with the given confidence (Fischler and Bolles, 1981).

        N = log(1 - confidence) / log(1 - w^s),   w: share of inliers, s: points in a sample
    """
    if not 0 <= inlier_share <= 1 or not 0 < confidence < 1:
        raise ValueError("inlier_share must be in [0, 1] and confidence in (0, 1).")
    good = inlier_share**sample
    if good >= 1:
        return 1
    if good < 1e-12:
        return int(1e9)
    return max(1, int(np.ceil(np.log(1 - confidence) / np.log1p(-good))))


def most_agreeing(count, minimal, agree, rng, confidence=0.99, max_trials=500, batch=50):
    """The loop of RANSAC, whatever is fitted: draw samples, `batch` at a time, until enough were tried for the largest share of inliers
    seen so far.

    Args:
        count: matches. minimal: of them in a sample. agree: function int B x minimal -> bool B' x count, the inliers of what each sample
            fixes; samples that fix nothing sound are left out, so B' may be smaller, or 0.
        rng: numpy Generator. confidence, max_trials: as `trials`, and at most.

    Returns:
        bool count, the inliers of the best sample; none where no sample has any.
    """
    best, tried, needed = np.zeros(count, bool), 0, max_trials
    while tried < min(needed, max_trials):
        inliers = agree(rng.random((batch, count)).argpartition(minimal - 1, axis=1)[:, :minimal])
        tried += batch
        top = inliers[inliers.sum(axis=1).argmax()] if len(inliers) else best
        if top.sum() > best.sum():
            best, needed = top, trials(top.mean(), confidence, minimal)
    return best


def verify(points_a, points_b, matches, rng, threshold=5.0, confidence=0.99, max_trials=500, batch=50):
    """RANSAC: find the homography with which most matches agree (Fischler and Bolles, 1981).

    Samples of four matches are tried, `batch` at a time, until enough were tried for the share of inliers seen so far, or
    `max_trials`. A sample whose quadrilateral is turned inside out is thrown away: no camera sees that. The best homography
    is fitted again to its inliers, twice.

    Args:
        points_a, points_b: float N x 2 or N x 4 (x, y, ...), pixels.
        matches: int K x 2, rows of the two.
        rng: numpy Generator.
        threshold: in pixels of the second image.

    Returns:
        Verification. Fewer than four matches, or none that agree: no inliers and homography None.
    """
    matches = np.asarray(matches, np.int64).reshape(-1, 2)
    nothing = Verification(np.zeros(len(matches), bool), None)
    if len(matches) < MINIMAL:
        return nothing
    a = np.asarray(points_a, np.float64)[matches[:, 0], :2]
    b = np.asarray(points_b, np.float64)[matches[:, 1], :2]

    def agree(sample):
        return agreeing(_through_four(a[sample], b[sample]), a, b, threshold)

    best = most_agreeing(len(matches), MINIMAL, agree, rng, confidence, max_trials, batch)
    return _refit(a, b, best, threshold) if best.sum() >= MINIMAL else nothing


def agreeing(homographies, a, b, threshold):
    """bool ... x K: which matches a homography moves to within `threshold` pixels of their partner."""
    h = np.asarray(homographies)
    with np.errstate(invalid="ignore", over="ignore"):  # degenerate points have a homography of nan, which agrees with nothing
        # The third coordinate is not divided by, but multiplied into the threshold: one division less for each of B x K points.
        x, y, w = (h[..., row, :2] @ a.T + h[..., row, 2:] for row in range(3))
        return (x - w * b[:, 0]) ** 2 + (y - w * b[:, 1]) ** 2 < (threshold * w) ** 2


def _through_four(a, b):
    """Homographies B' x 3 x 3, up to scale, through samples of four matches (a, b: B x 4 x 2), without those that no camera sees.

    With l_i the area of the triangle of the other two of the first three points and the fourth (with its sign), the columns
    l_1 p_1, l_2 p_2, l_3 p_3 are the projective basis that the four points fix (Hartley and Zisserman, 2004, section 2.2), so

        H ~ [m_1 q_1, m_2 q_2, m_3 q_3] [l_1 p_1, l_2 p_2, l_3 p_3]^-1 ~ sum_i  m_i / l_i  q_i (p_j x p_k)^T

    where q and m are those of b. Samples are left out in which a triangle turns the other way in b, or has no area.
    """
    both = np.ones((4, 3, 2, len(a)))  # points with a third coordinate of one; of a and of b, so that one call works on all
    both[:, :2, 0], both[:, :2, 1] = a.transpose(1, 2, 0), b.transpose(1, 2, 0)
    first, second = both[[1, 2, 0]], both[[2, 0, 1]]
    lines = np.empty_like(first)  # the cross products p_j x p_k: each the line through two of the first three points
    lines[:, 0], lines[:, 1] = first[:, 1] - second[:, 1], second[:, 0] - first[:, 0]
    lines[:, 2] = first[:, 0] * second[:, 1] - second[:, 0] * first[:, 1]
    area = np.empty((4, 2, len(a)))  # twice the areas, with sign: the fourth point with each line, and the first three points
    area[:3], area[3] = (lines * both[3]).sum(axis=1), (lines[0] * both[0]).sum(axis=0)
    sound = (area[:, 0] * area[:, 1] > 0).all(axis=0)
    share = area[:3, 1, sound] / area[:3, 0, sound]
    return np.einsum("ib,irb,icb->brc", share, both[:3, :, 1, sound], lines[:, :, 0, sound])


def _refit(a, b, inliers, threshold, rounds=2):
    homography = None
    for _ in range(rounds):
        candidate = fit_homography(a[inliers], b[inliers])
        found = agreeing(candidate, a, b, threshold)
        if found.sum() < max(MINIMAL, inliers.sum() if homography is not None else MINIMAL):
            break
        same = np.array_equal(found, inliers)
        homography, inliers = candidate, found
        if same:  # the next fit would be to the same matches, and be the same
            break
    if homography is None:
        return Verification(np.zeros(len(a), bool), None)
    return Verification(inliers, homography)
