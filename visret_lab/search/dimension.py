"""What many dimensions do to a set of vectors: distances, empty space, borders, hubs, and the dimension that is really used.

Everything here describes data; nothing searches. Distances are Euclidean. Rows are items; they are taken as float32, as
everywhere, and compared in float64: the estimates of the dimension live on small differences of small distances.
"""

import numpy as np
from scipy.stats import rankdata

from visret_lab.arrays import as_rows
from visret_lab.search.exact import top

BLOCK = 256  # rows that are compared at a time; bounds the memory to BLOCK x N distances


def distances(queries, x):
    """Euclidean distances. Args: queries: Q x D. x: N x D. Returns: float64 Q x N."""
    x = as_rows(x)
    queries = as_rows(queries, "queries", x.shape[1]).astype(np.float64)
    return np.sqrt(_squared(queries, x.astype(np.float64)))


def _squared(q, x):
    return np.maximum((q * q).sum(1)[:, None] + (x * x).sum(1) - 2 * q @ x.T, 0)


def pair_distances(x):
    """The distances of all pairs i < j. Args: x: N x D. Returns: float64 N (N - 1) / 2."""
    rows = _several(x, 2)
    first, second = np.triu_indices(len(rows), 1)
    return distances(rows, rows)[first, second]


def variation(distance):
    """Coefficient of variation of distances: standard deviation / mean. No unit; smaller when distances are more alike.

    Beyer et al., "When is nearest neighbor meaningful?", ICDT 1999: if it goes to 0 as D grows, so does the relative contrast.

    Args:
        distance: float, any shape.

    Returns:
        float.

    Raises:
        ValueError: no distance, or all are 0.
    """
    distance = np.asarray(distance, np.float64)
    if not distance.size or not distance.any():
        raise ValueError("The coefficient of variation divides by the mean distance: there is none, or all points are equal.")
    return float(distance.std() / distance.mean())


def relative_contrast(distance):
    """(farthest - nearest) / nearest of each query: how much farther the last is than the first.

    Aggarwal, Hinneburg, Keim, "On the surprising behavior of distance metrics in high dimensional space", ICDT 2001.

    Args:
        distance: float Q x N. Leave the query itself out, or the nearest is at 0.

    Returns:
        float64 Q.

    Raises:
        ValueError: a query has distance 0 to some item.
    """
    distance = np.atleast_2d(np.asarray(distance, np.float64))
    nearest = distance.min(axis=1)
    if (nearest <= 0).any():
        raise ValueError(f"Query {np.argmin(nearest)} is at distance 0 from an item: is it in the database itself? "
                         "The contrast divides by the nearest distance.")
    return distance.max(axis=1) / nearest - 1


def neighbours(x, k):
    """The k nearest other rows of every row, nearest first, ties by id. A row is never its own neighbour.

    Args:
        x: N x D. k: 1 to N - 1.

    Returns:
        (distances float64 N x k, ids int64 N x k). The distances are those of the differences: 0 exactly for equal rows.

    Raises:
        ValueError: k out of range, or NaN.
    """
    x = _several(x, 2).astype(np.float64)
    if not 1 <= k < len(x):
        raise ValueError(f"k must be from 1 to {len(x) - 1}, the number of other rows; got {k}.")
    ids, found = np.empty((len(x), k), np.int64), np.empty((len(x), k))
    for start in range(0, len(x), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(x)))
        squared = _squared(x[rows], x)
        squared[rows - start, rows] = np.inf
        ids[rows] = top(-squared, k)
        for column in range(k):  # again from the differences: the product above loses the digits of small distances
            found[rows, column] = np.linalg.norm(x[rows] - x[ids[rows, column]], axis=1)
    order = np.lexsort((ids, found), axis=1)
    return np.take_along_axis(found, order, 1), np.take_along_axis(ids, order, 1)


def k_occurrences(ids, items=None):
    """N_k: in how many lists each item stands.

    Args:
        ids: int Q x k, the ids in each list, as of `neighbours` or of a search.
        items: how many there are; None for as many as lists.

    Returns:
        int64 of length `items`; the sum is Q k, so the mean is k when every item asks once.
    """
    ids = np.asarray(ids)
    return np.bincount(ids.ravel(), minlength=len(ids) if items is None else items).astype(np.int64, copy=False)


def skewness(counts):
    """Third standardised moment, E[(N - mean)^3] / std^3: the hubness of k-occurrences; 0 where all counts are equal.

    Radovanovic, Nanopoulos, Ivanovic, "Hubs in space", JMLR 2010, section 2. Random lists give about 1 / sqrt(k).
    """
    gap = np.asarray(counts, np.float64) - np.mean(counts)
    spread = gap.std()
    return float((gap**3).mean() / spread**3) if spread > 0 else 0.0


def mle_local(distance):
    """Intrinsic dimension around each point by maximum likelihood.

        m(x) = [ 1 / (k - 1) * sum_{j < k} log(T_k / T_j) ]^-1,   T_j: distance from x to its j-th neighbour.

    Levina and Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS 2004, eq. 9.

    Args:
        distance: float N x k, k at least 2, of `neighbours`.

    Returns:
        float64 N; infinite where all k distances are equal.

    Raises:
        ValueError: k below 2, or a distance of 0.
    """
    with np.errstate(divide="ignore"):
        return 1 / _mean_log_ratio(distance)


def _mean_log_ratio(distance):
    distance = _positive(distance)
    return np.log(distance[:, -1:] / distance[:, :-1]).mean(axis=1)


def mle_dimension(distance):
    """One intrinsic dimension for all points: 1 / mean of 1 / m(x), where m is `mle_local`.

    Levina and Bickel take the mean of m(x), which is too large by (k - 1) / (k - 2) even for perfect data. The mean of the
    inverses is the maximum likelihood for all points together: MacKay and Ghahramani, "Comments on 'Maximum likelihood estimation
    of intrinsic dimension'", 2005.

    Args:
        distance: float N x k, k at least 2, of `neighbours`.
    """
    mean = _mean_log_ratio(distance).mean()
    return float(1 / mean) if mean > 0 else float("inf")


def twonn_dimension(distance, discard=0.1):
    """Intrinsic dimension from the two nearest neighbours.

    mu = T_2 / T_1 has the distribution F(mu) = 1 - mu^-d, so that -log(1 - F) = d log(mu): a line through 0 whose slope is d.

    Facco, d'Errico, Rodriguez, Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
    Scientific Reports 2017.

    Args:
        distance: float N x k, k at least 2, of `neighbours`; the first two columns are used.
        discard: the share of largest mu that the line is not fitted to.

    Returns:
        float.
    """
    if not 0 <= discard < 1:
        raise ValueError(f"discard is a share, from 0 to below 1; got {discard}.")
    near = _positive(distance)[:, :2]
    log_mu = np.sort(np.log(near[:, 1] / near[:, 0]))
    kept = min(int(len(log_mu) * (1 - discard)), len(log_mu) - 1)  # the last has F = 1, and no logarithm
    if kept < 1 or not log_mu[:kept].any():
        raise ValueError("Nothing to fit a line to: too few points, or both neighbours of each point are equally far.")
    u, v = log_mu[:kept], -np.log1p(-np.arange(1, kept + 1) / len(log_mu))
    return float(u @ v / (u @ u))


def _positive(distance):
    distance = np.asarray(distance, np.float64)
    if distance.ndim != 2 or distance.shape[1] < 2:
        raise ValueError(f"distance must be N x k with at least 2 neighbours; got shape {distance.shape}.")
    if (distance <= 0).any():
        row = int(np.argwhere(distance <= 0)[0, 0])
        raise ValueError(f"Point {row} has a neighbour at distance 0. Keep one of each set of equal rows first: "
                         "np.unique(x, axis=0).")
    return distance


def shuffled(x, rng):
    """Each column dealt out anew: the numbers of each column stay, what ties the columns together is gone.

    Args:
        x: N x D. rng: numpy.random.Generator.

    Returns:
        float32 N x D.
    """
    return rng.permuted(as_rows(x), axis=0)


def to_cube(x):
    """Each column replaced by its ranks, scaled into (0, 1): evenly spread in each column. Equal values share their mean rank.

    Returns:
        float64 N x D.
    """
    x = as_rows(x)
    return (rankdata(x, axis=0) - 0.5) / len(x)


def near_border(x, margin):
    """Share of the points of [0, 1]^D that are nearer than `margin` to a face of the cube.

    Args:
        x: N x D, all in [0, 1]. margin: above 0, at most 0.5.

    Raises:
        ValueError: a value outside of the cube, or a margin out of range.
    """
    _check_margin(margin)
    x = np.atleast_2d(np.asarray(x, np.float64))
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError("All values must be from 0 to 1: bring the data into the cube first, for instance by to_cube.")
    return float(((x < margin) | (x > 1 - margin)).any(axis=1).mean())


def border_share(dimension, margin):
    """Share of the volume of [0, 1]^D nearer than `margin` to a face: 1 - (1 - 2 margin)^D."""
    _check_margin(margin)
    return 1 - (1 - 2 * margin) ** np.asarray(dimension, np.float64)


def _check_margin(margin):
    if not 0 < margin <= 0.5:
        raise ValueError(f"margin must be above 0 and at most 0.5, half the side of the cube; got {margin}.")


def occupied_cells(x, split=None):
    """How many of the 2^D cells hold a point, when each dimension is cut once.

    Args:
        x: N x D. split: float D, where to cut; None for the median of each column. A value on the cut counts as below.

    Returns:
        int, at most N.
    """
    x = as_rows(x)
    bits = np.packbits(x > (np.median(x, axis=0) if split is None else split), axis=1)
    return len(np.unique(bits, axis=0))


def expected_cells(points, dimension):
    """Expected number of cells of 2^D that hold a point, for independent points and equal cells: 2^D (1 - (1 - 2^-D)^N)."""
    if np.any(np.asarray(dimension) < 0) or np.any(np.asarray(points) < 0):
        raise ValueError(f"points and dimension cannot be negative; got {points} and {dimension}.")
    share = 2.0 ** -np.minimum(dimension, 1000.0)  # beyond, each point has its own cell to the last digit
    with np.errstate(divide="ignore", invalid="ignore"):  # one cell alone: the logarithm of 0
        found = -np.expm1(points * np.log1p(-share)) / share  # the plain form rounds 1 - 2^-D to 1 when D is above 53
    return np.where(share == 1, np.minimum(points, 1), found)[()]


def _several(x, least):
    x = as_rows(x)
    if len(x) < least:
        raise ValueError(f"At least {least} rows are needed; got {len(x)}.")
    return x
