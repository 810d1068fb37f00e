"""Conjugate gradients: solve A f = y with nothing but products of A with vectors, for many y together.

Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
"""

import numpy as np


def conjugate_gradient(multiply, y, iterations=20, tolerance=1e-6):
    """Solutions of A f = y for all columns of y at once.

        r = y - A f  (what is missing),   p = r  (where to go)
        repeat:   step = r.r / p.A p,   f += step p,   r' = r - step A p,   p = r' + (r'.r' / r.r) p

    A column takes no further step once |r| <= tolerance |y|. The columns do not influence each other; what is gained is that each
    pass over a sparse A serves all of them.

    Args:
        multiply: function N x Q -> N x Q, the product with a symmetric A whose eigenvalues are all above 0.
        y: float N x Q, or N for a single one. Integers become float64.
        iterations: at most. tolerance: of the residual, as a share of |y|.

    Returns:
        of the shape of y. Zero for a column of zeros.

    Raises:
        ValueError: iterations below 1, y not finite, or an A for which p.A p is not above 0.
    """
    y = np.asarray(y, np.result_type(y, np.float32))
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, not {iterations}.")
    if not np.isfinite(y).all():
        raise ValueError("y has a value that is not finite (NaN or infinity).")
    columns = y.reshape(len(y), -1)
    f, r, p, work = np.zeros_like(columns), columns.copy(), columns.copy(), np.empty_like(columns)
    rr = np.einsum("nq,nq->q", r, r)
    enough = tolerance**2 * rr
    for _ in range(iterations):
        active = rr > enough
        if not active.any():
            break
        ap = multiply(p)
        pap = np.einsum("nq,nq->q", p, ap)
        if not (pap[active] > 0).all():
            raise ValueError("The matrix is not positive definite: p.A p is not above 0. For A = I - alpha S, alpha must lie below 1, "
                             "and S must come from `normalized`.")
        step = np.divide(rr, pap, out=np.zeros_like(rr), where=active)
        f += np.multiply(p, step, out=work)  # large arrays are not made anew at each step: that would take half of the time
        r -= np.multiply(ap, step, out=work)
        before, rr = rr, np.einsum("nq,nq->q", r, r)
        p *= np.divide(rr, before, out=np.zeros_like(rr), where=active)
        p += r
    return f.reshape(y.shape)
