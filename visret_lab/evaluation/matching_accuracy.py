"""How many matches are right: mean matching accuracy, against the true homography of a pair of pictures."""

import numpy as np

from visret_lab.rerank.geometry import apply_homography

THRESHOLDS = tuple(range(1, 11))  # pixels


def reprojection_errors(points_a, points_b, matches, homography):
    """How far each match lies from where the true homography says: pixels of the second picture.

        e_k = || H p_a(k) - p_b(k) ||

    Args:
        points_a, points_b: float N x 2 or N x 4 (x, y, ...). matches: int K x 2, rows of the two. homography: float 3 x 3, from the
            first picture to the second.

    Returns:
        float64 K; infinity where the homography sends a point behind the camera.

    Raises:
        ValueError: another shape, or a row that is not there.
    """
    matches, homography = np.asarray(matches), np.asarray(homography, np.float64)
    if homography.shape != (3, 3) or not np.isfinite(homography).all():
        raise ValueError(f"homography must be a finite 3 x 3 matrix; got shape {homography.shape}.")
    if matches.ndim != 2 or matches.shape[1] != 2:
        raise ValueError(f"matches must be K x 2, rows of both pictures; got shape {matches.shape}.")
    if len(matches) and (matches.min() < 0 or (matches.max(axis=0) >= (len(points_a), len(points_b))).any()):
        raise ValueError(f"A match names a point that is not there: there are {len(points_a)} and {len(points_b)}.")
    a, b = (np.asarray(p, np.float64)[m, :2] for p, m in zip((points_a, points_b), matches.T, strict=True))
    error = np.linalg.norm(apply_homography(homography, a) - b, axis=1)
    return np.where(np.isfinite(error), error, np.inf)


def accuracy_curve(errors, thresholds=THRESHOLDS):
    """The share of matches with an error of at most each threshold: float64 T. Without matches it is 0: nothing was found.

    Mikolajczyk and Schmid (TPAMI 2005) call it precision; averaged over pairs it is the mean matching accuracy of Dusmanu et al.
    (CVPR 2019).
    """
    errors = np.asarray(errors, np.float64)
    if not len(errors):
        return np.zeros(len(thresholds))
    return (errors[:, None] <= np.asarray(thresholds)[None]).mean(axis=0)
