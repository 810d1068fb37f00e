"""Earth mover's distance: the least work that turns one heap of colour into another.

Sources: Y. Rubner, L. Guibas, C. Tomasi, The earth mover's distance, multi-dimensional scaling, and color-based image
retrieval, DARPA Image Understanding Workshop 1997; Y. Rubner, C. Tomasi, L. Guibas, The earth mover's distance as a
metric for image retrieval, IJCV 2000.
"""

import cv2
import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from visret_lab.arrays import as_rows, require_finite
from visret_lab.features.distances import require_mass


def emd_1d(a, b):
    """EMD between histograms on a line, all pairs; to move a unit of mass by one bin costs 1.

    On a line nothing is gained by crossing, so the work is known without a search: what has piled up to the left of
    each border must cross it, EMD = sum_d |A_d - B_d| with A and B the cumulative sums.

    Args:
        a: N x D, rows of mass 1, bins in their order on the line.
        b: M x D.

    Returns:
        float64 N x M, in bins (0 to D - 1).

    Raises:
        ValueError: different numbers of bins, a negative or non-finite value, or a mass other than 1.
    """
    a = as_rows(a, "a")
    b = as_rows(b, "b", dim=a.shape[1])
    require_mass(a, "a")
    require_mass(b, "b")
    cumulative = [np.cumsum(x / x.sum(axis=1, keepdims=True), axis=1) for x in (a.astype(float), b.astype(float))]
    return cdist(*cumulative, metric="cityblock")


def emd(a, b):
    """EMD between two signatures, from its definition as a linear programme.

    Find flows f_ij >= 0 from the clusters of `a` to those of `b` that minimise sum f_ij d_ij, with d_ij the Euclidean
    distance of the centres, so that no cluster gives or takes more than its weight and as much flows as can
    (Rubner et al. 2000, equations 1 to 5). The EMD is the work divided by the total flow.

    Args:
        a: K x (1 + P), the weight in column 0, then the centre (the layout of `signature`, and of cv2.EMD).
        b: L x (1 + P).

    Returns:
        float, in the units of the centres.

    Raises:
        ValueError: other shapes, weights that are negative or all zero, or values that are not finite.
    """
    moved, cost = flow(a, b)
    return float((moved * cost).sum() / moved.sum())


def flow(a, b):
    """The cheapest flow between two signatures and the distances of their centres; arguments and errors as `emd`.

    Returns:
        flow float64 K x L (amounts of mass), cost float64 K x L (distances).
    """
    a, b = _signature(a, "a"), _signature(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"The signatures live in {a.shape[1] - 1} and {b.shape[1] - 1} dimensions; make them equal.")
    k, m = len(a), len(b)
    cost = np.linalg.norm(a[:, None, 1:] - b[None, :, 1:], axis=2)
    gives = sparse.kron(sparse.eye(k), np.ones((1, m)))  # row i sums f_i1 ... f_im
    takes = sparse.kron(np.ones((1, k)), sparse.eye(m))  # row j sums f_1j ... f_kj
    total = min(a[:, 0].sum(), b[:, 0].sum())
    result = linprog(
        cost.ravel(), A_ub=sparse.vstack([gives, takes]).tocsr(), b_ub=np.concatenate([a[:, 0], b[:, 0]]),
        A_eq=np.ones((1, k * m)), b_eq=[total * (1 - 1e-12)],  # a hair less: rounding must not make it infeasible
        bounds=(0, None), method="highs",
    )
    if not result.success:
        raise ValueError(f"No flow was found: {result.message} Check the weights.")
    return result.x.reshape(k, m), cost


def emd_all_pairs(a, b):
    """EMD between all pairs of signatures, solved by OpenCV's transportation simplex (about 100 times faster).

    Args:
        a: N x K x (1 + P), weights of mass 1 in column 0 (see `signature`).
        b: M x L x (1 + P).

    Returns:
        float32 N x M.

    Raises:
        ValueError: as `emd`, or a signature whose weights do not sum to 1.
    """
    a, b = (np.asarray(x, dtype=np.float32) for x in (a, b))
    for name, x in (("a", a), ("b", b)):
        if x.ndim != 3 or x.shape[2] < 2:
            raise ValueError(f"{name} must be N x K x (1 + P), a stack of signatures; got shape {x.shape}.")
        require_finite(x, name)
        require_mass(x[:, :, 0], f"{name} (weights)")
    if a.shape[2] != b.shape[2]:
        raise ValueError(f"The signatures live in {a.shape[2] - 1} and {b.shape[2] - 1} dimensions; make them equal.")
    a, b = ([np.ascontiguousarray(s[s[:, 0] > 0]) for s in x] for x in (a, b))
    return np.array([[cv2.EMD(s, t, cv2.DIST_L2)[0] for t in b] for s in a], dtype=np.float32)


def centroid_bound(a, b):
    """The distance between the mean colours: never above the EMD when masses are equal, and far cheaper.

    All mass has to travel at least as far as its centre does (Rubner et al. 2000, section 4.3). Arguments as
    `emd_all_pairs`; float32 N x M.
    """
    means = [np.einsum("nk,nkp->np", x[..., 0], x[..., 1:]) for x in (np.asarray(a, float), np.asarray(b, float))]
    return np.linalg.norm(means[0][:, None] - means[1][None], axis=2).astype(np.float32)


def _signature(x, name):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] < 2:
        raise ValueError(f"{name} must be K x (1 + P): a weight, then the centre; got shape {x.shape}.")
    require_finite(x, name)
    if x[:, 0].min(initial=0) < 0 or x[:, 0].sum() <= 0:
        raise ValueError(f"{name} has weights that are negative or all zero. The weight stands in column 0.")
    return x[x[:, 0] > 0]
