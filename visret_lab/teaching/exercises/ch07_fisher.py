"""Exercises of chapter 07, with the classic mistakes of Fisher vectors and spatial pyramids."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _mixture(seed, n=7, k=3, d=4):
    """(x, weights, means, variances) of a random mixture; the variances are never 1."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1.5, (n, d)), rng.dirichlet(np.full(k, 2.0)), rng.normal(0, 1.5, (k, d)), rng.uniform(0.2, 3, (k, d))


def _log_density(x, means, variances, determinant=True):
    z = ((x[:, None] - means) ** 2 / variances).sum(2)
    return -0.5 * (z + (np.log(variances).sum(1) if determinant else 0))


def _gamma(x, weights, means, variances):
    z = ((x[:, None] - means) ** 2 / variances).sum(2)
    log_p = np.log(weights) - 0.5 * (z + np.log(variances).sum(1))
    p = np.exp(log_p - log_p.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def _shares(log_p):
    p = np.exp(log_p - log_p.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def _unnormalised(x, w, m, v):
    return np.exp(np.log(w) + _log_density(x, m, v) - 0.5 * x.shape[1] * np.log(2 * np.pi))


posteriors = Exercise(
    name="posteriors",
    reference=_gamma,
    cases=lambda: [_mixture(s) for s in (0, 1, 2)],
    mistakes=(
        Mistake("no weights", lambda x, w, m, v: _shares(_log_density(x, m, v)), "The weights are missing: a Gaussian that holds "
                "half of all descriptors has more claim on a new one than a rare Gaussian. Multiply the density by w_k."),
        Mistake("no determinant", lambda x, w, m, v: _shares(np.log(w) + _log_density(x, m, v, False)), "The factor in front of "
                "the exponential is missing, 1 / product of the sigmas: a wide Gaussian must be low. It cancels only when all "
                "Gaussians are equally wide."),
        Mistake("sigma", lambda x, w, m, v: _gamma(x, w, m, v**2), "You treated the numbers as sigmas and squared them. They are "
                "*variances*, sigma squared already, as scikit-learn's covariances_ are."),
        Mistake("root", lambda x, w, m, v: _gamma(x, w, m, np.sqrt(v)), "You took the root of the variances and then divided the "
                "squares by it. (x - mu) squared goes with sigma squared."),
        Mistake("not normalised", _unnormalised, "These are the densities w_k N(x; ...). Divide each row by its sum: the shares "
                "of one descriptor add up to 1."),
        Mistake("wrong axis", lambda x, w, m, v: _unnormalised(x, w, m, v) / _unnormalised(x, w, m, v).sum(0), "You divided by the "
                "sums of the columns. One *descriptor*, a row, is shared among the Gaussians: sum along axis 1."),
    ),
    hints=("For each descriptor and each Gaussian, compute w_k N(x; mu_k, sigma_k^2); then divide each row by its sum.",
           "`(x[:, None] - means) ** 2 / variances` has shape N x K x D; sum it over the last axis.",
           "Work with logarithms, and subtract the largest in each row before `np.exp`: then nothing overflows or vanishes."),
)


def _cases_gradient():
    cases = []
    for seed in (3, 4):
        x, w, m, v = _mixture(seed)
        cases.append((x, _gamma(x, w, m, v), w, m, v))
    return cases


def _means(x, gamma, weights, means, variances):
    z = (x[:, None] - means) / np.sqrt(variances)
    return (gamma[:, :, None] * z).sum(0) / (len(x) * np.sqrt(weights)[:, None])


def _of_means(divide, weight=True, number=True, sign=1):
    def function(x, gamma, w, m, v):
        g = (gamma[:, :, None] * sign * (x[:, None] - m) / divide(v)).sum(0)
        return g / (np.sqrt(w)[:, None] if weight else 1) / (len(x) if number else 1)
    return function


means = Exercise(
    name="gradient of the means",
    reference=_means,
    cases=_cases_gradient,
    mistakes=(
        Mistake("variance", _of_means(lambda v: v), "You divided by the variance. Here it is sigma, its root: one more sigma has "
                "been multiplied in by the normalisation of Fisher."),
        Mistake("no sigma", _of_means(lambda v: 1), "The division by sigma is missing: dimensions with a large spread would rule."),
        Mistake("no weight", _of_means(np.sqrt, weight=False), "The factor 1 / sqrt(w_k) is missing. Without it frequent Gaussians "
                "speak louder than rare ones."),
        Mistake("no number", _of_means(np.sqrt, number=False), "The division by N is missing: the gradient is a mean over the "
                "descriptors of the image."),
        Mistake("sign", _of_means(np.sqrt, sign=-1), "The sign is turned: it is x - mu. The mean should move *towards* the "
                "descriptors."),
    ),
    hints=("z = (x - mu) / sigma, for each descriptor and each Gaussian.", "Weight z by gamma, sum over the descriptors.",
           "Divide by N and by the root of w_k. With N x K x D arrays: `(gamma[:, :, None] * z).sum(0)`."),
)


def _variances(x, gamma, weights, means, variances):
    z2 = (x[:, None] - means) ** 2 / variances
    return (gamma[:, :, None] * (z2 - 1)).sum(0) / (len(x) * np.sqrt(2 * weights)[:, None])


def _of_variances(divide=lambda v: v, minus=1, two=2, sign=1):
    def function(x, gamma, w, m, v):
        z2 = (x[:, None] - m) ** 2 / divide(v)
        return sign * (gamma[:, :, None] * (z2 - minus)).sum(0) / (len(x) * np.sqrt(two * w)[:, None])
    return function


variances = Exercise(
    name="gradient of the variances",
    reference=_variances,
    cases=_cases_gradient,
    mistakes=(
        Mistake("no minus one", _of_variances(minus=0), "The -1 is missing. A descriptor at distance sigma, exactly as far as "
                "expected, should say nothing: its square is 1, and 1 - 1 = 0."),
        Mistake("no two", _of_variances(two=1), "The 2 is missing: the factor is 1 / sqrt(2 w_k). A square varies more than the "
                "number itself, and the 2 makes both blocks equally loud."),
        Mistake("sigma", _of_variances(divide=np.sqrt), "You divided the square by sigma. Divide (x - mu)^2 by the variance, "
                "sigma squared."),
        Mistake("squared variance", _of_variances(divide=lambda v: v**2), "You squared the variances once more. They are sigma "
                "squared already."),
        Mistake("sign", _of_variances(sign=-1), "All signs are turned, as in scikit-image. Here an image that is spread wider than "
                "the Gaussian gives positive numbers."),
    ),
    hints=("z2 = (x - mu)^2 / sigma^2.", "What does z2 amount to on average, if the image fits the mixture? Subtract that.",
           "Weight by gamma, sum over descriptors, divide by N and by the root of 2 w_k."),
)


def _improve(g):
    root = np.sign(g) * np.sqrt(np.abs(g))
    length = np.linalg.norm(root, axis=1, keepdims=True)
    return root / np.where(length > 0, length, 1)


def _root(g):
    return np.sign(g) * np.sqrt(np.abs(g))


def _rows(g, axis=1, order=2):
    length = np.linalg.norm(g, order, axis=axis, keepdims=True)
    return g / np.where(length > 0, length, 1)


def _cases_improve():
    g = np.random.default_rng(5).normal(0, 0.1, (4, 6))
    g[2] = 0  # an image without descriptors
    return [(np.array([[3.0, -4.0, 0.0], [0.5, 0.1, -0.2]]),), (g,)]


improve = Exercise(
    name="power and L2",
    reference=_improve,
    cases=_cases_improve,
    mistakes=(
        Mistake("power last", lambda g: _root(_rows(g)), "The power comes after the length, so "
                "the rows are no longer unit vectors: their lengths depend on the image again. Power first, then length."),
        Mistake("no power", lambda g: _rows(g), "The signed root is missing."),
        Mistake("no length", lambda g: _root(g), "The division by the length is missing. It comes last."),
        Mistake("l1", lambda g: _rows(_root(g), order=1), "You divided by the "
                "sum of the sizes (L1). The inner product of two vectors is a cosine only after the Euclidean norm (L2)."),
        Mistake("sign lost", lambda g: _rows(np.sqrt(np.abs(g))), "The signs are lost."),
        Mistake("columns", lambda g: _rows(_root(g), axis=0), "You brought the columns to length 1. An image is a row: axis=1."),
        Mistake("whole table", lambda g: _root(g) / np.linalg.norm(_root(g)), "You divided by the length of the whole table. Each row, "
                "one image, has its own length: axis=1, keepdims=True."),
        Mistake("nan", lambda g: _root(g) / np.linalg.norm(_root(g), axis=1, keepdims=True), "A row of zeros has length 0, and 0 / 0 is "
                "nan. Leave such a row at zero."),
    ),
    hints=("Two steps, and their order matters.", "Signed root first: `np.sign(g) * np.sqrt(np.abs(g))`.",
           "Then divide each row of what came out by *its* Euclidean norm, and by 1 where this is 0."),
)


def _cell(x, y, width, height, level):
    n = 2**level
    column = np.minimum((x * n / width).astype(int), n - 1)
    row = np.minimum((y * n / height).astype(int), n - 1)
    return row * n + column


def _cases_cell():
    rng = np.random.default_rng(6)
    x, y = rng.uniform(0, 320, 9), rng.uniform(0, 240, 9)
    x[0], y[0], x[1], y[2] = 320, 240, 320, 240
    return [(x, y, 320, 240, 1), (x, y, 320, 240, 2), (np.array([0.0, 50, 100]), np.array([60.0, 0, 30]), 100, 60, 1)]


def _border(x, y, width, height, level):
    n = 2**level
    return (y * n / height).astype(int) * n + (x * n / width).astype(int)


def _cut(x, y, width, height, level):
    n = 2**level
    return np.minimum(_border(x, y, width, height, level), n * n - 1)


cell = Exercise(
    name="cell of a pyramid",
    reference=_cell,
    cases=_cases_cell,
    mistakes=(
        Mistake("transposed", lambda x, y, w, h, level: _cell(y, x, h, w, level), "x and y are swapped: cells are counted row by row, "
                "so the index is row * n + column, and the row comes from y."),
        Mistake("border", _border, "A point on the right or lower border gets a cell that does not exist: column n, where the last "
                "is n - 1. Cut rows and columns at n - 1."),
        Mistake("cut too late", _cut, "You cut the finished index. A point on the right border has slipped into the next row by "
                "then. Cut row and column one by one, before you combine them."),
        Mistake("one too many", lambda x, y, w, h, level: _cell(x, y, w, h, level) + 1, "Your cells begin at 1. Count from 0."),
        Mistake("level", lambda x, y, w, h, level: _cell(x, y, w, h, 0) if level == 0 else _cell_n(x, y, w, h, level), "Level l has "
                "2^l columns and 2^l rows; you used l of each."),
        Mistake("width for height", lambda x, y, w, h, level: _cell(x, y, w, w, level), "You divided y by the width. Rows are cut "
                "from the height."),
    ),
    hints=("At level l there are n = 2^l columns and n rows.", "x * n / width, rounded down, is the column.",
           "The last column also takes the border: `np.minimum(column, n - 1)`."),
)


def _cell_n(x, y, width, height, n):
    column = np.minimum((x * n / width).astype(int), n - 1)
    return np.minimum((y * n / height).astype(int), n - 1) * n + column
