"""Exercises of chapter 09, with the classic mistakes of PCA and whitening."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _cloud(n, dim, seed, shift=3.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) * np.geomspace(3, 0.4, dim) @ np.linalg.qr(rng.normal(size=(dim, dim)))[0] + shift


def _axes(x, d, centre=True):
    y = x - x.mean(axis=0) if centre else x
    return np.linalg.eigh(y.T @ y)[1][:, ::-1][:, :d].T


def _rebuild(train, x, d):
    mean = train.mean(axis=0)
    y = train - mean
    u = np.linalg.eigh(y.T @ y)[1][:, ::-1][:, :d].T
    return mean + (x - mean) @ u.T @ u


def _through(train, x, u):
    mean = train.mean(axis=0)
    return mean + (x - mean) @ u.T @ u


rebuild = Exercise(
    name="rebuild from the first components",
    reference=_rebuild,
    cases=lambda: [(_cloud(40, 5, 0), _cloud(6, 5, 1), 2), (_cloud(60, 8, 2), _cloud(4, 8, 3), 3), (_cloud(30, 4, 4), _cloud(5, 4, 5), 1)],
    mistakes=(
        Mistake("the weakest", lambda t, x, d: _through(t, x, np.linalg.eigh(np.cov(t.T))[1][:, :d].T),
                "You kept the components of the *smallest* variance. `np.linalg.eigh` gives the smallest first: turn the "
                "order round."),
        Mistake("rows for columns", lambda t, x, d: _through(t, x, np.linalg.eigh(np.cov(t.T))[1][::-1][:d]),
                "You took rows of what `np.linalg.eigh` returns. The eigenvectors are its *columns*."),
        Mistake("mean not removed", lambda t, x, d: (lambda u: x @ u.T @ u)(_axes(t, d, centre=False)),
                "The mean was not removed. Then the first direction is spent on the mean itself. Take it off before the "
                "covariance, and before you turn x."),
        Mistake("mean not put back", lambda t, x, d: (x - t.mean(0)) @ _axes(t, d).T @ _axes(t, d),
                "The mean is missing from your answer: you took it off and did not put it back."),
        Mistake("mean of x", lambda t, x, d: x.mean(0) + (x - x.mean(0)) @ _axes(t, d).T @ _axes(t, d),
                "You took the mean of `x`. Mean and axes both come from `train`: x may be a single query."),
        Mistake("learnt on x", lambda t, x, d: _through(x, x, _axes(x, d)),
                "You learnt mean and axes from `x`, the vectors that are tested. Your error will look too small. Learn from"
                " `train` only."),
        Mistake("only the numbers", lambda t, x, d: (x - t.mean(0)) @ _axes(t, d).T,
                "These are the d numbers z. Return the vectors rebuilt from them, with as many columns as x: mean "
                "+ z U."),
    ),
    hints=("Mean of train, covariance of the centred train, its eigenvectors with the d largest eigenvalues. Then x: shift,"
           " turn, cut, and all the way back.",
           "`np.linalg.eigh(c)[1]` has the eigenvectors in its columns, the smallest eigenvalue first: `[:, ::-1][:, :d].T`"
           " is U.",
           "z = (x - mean) @ U.T, and back: mean + z @ U."),
)


def _enough(variances, share):
    kept = np.cumsum(variances) / np.sum(variances)
    return int(np.argmax(kept >= share - 1e-12)) + 1


enough = Exercise(
    name="how many components",
    reference=_enough,
    cases=lambda: [(np.array([4.0, 3.0, 2.0, 1.0]), 0.7), (np.array([8.0, 4.0, 2.0, 1.0, 1.0]), 0.9), (np.geomspace(9, 0.01, 30), 0.95),
                   (np.array([5.0, 1.0, 1.0, 1.0, 1.0, 1.0]), 0.5), (np.array([0.6, 0.3, 0.05, 0.05]), 0.9)],
    mistakes=(
        Mistake("counted from 0", lambda v, s: _enough(v, s) - 1,
                "One too few: the entry number 0 of the running sum belongs to *one* component."),
        Mistake("one too many", lambda v, s: int((np.cumsum(v) / v.sum() <= s + 1e-12).sum()) + 1,
                "One too many where the share is reached exactly. It is enough to *reach* it."),
        Mistake("rounding", lambda v, s: int(np.argmax(np.cumsum(v) / np.sum(v) >= s)) + 1,
                "One too many where a rounding decides: 0.6 + 0.3 is a little below 0.9 for a computer. Allow for 1e-12."),
        Mistake("standard deviations", lambda v, s: _enough(np.sqrt(v), s),
                "You summed standard deviations. Energy is the sum of *variances*: no root."),
        Mistake("squared", lambda v, s: _enough(v**2, s),
                "You squared the variances. They are squares already: the eigenvalues of the covariance are the variances."),
        Mistake("share of the largest", lambda v, s: int((v >= (1 - s) * v[0]).sum()),
                "You keep each component that is not much weaker than the first. Many weak ones may hold a lot together: "
                "take the running sum."),
        Mistake("share of the number", lambda v, s: int(np.ceil(s * len(v))),
                "You took a share of the *number* of components. Take a share of their variance."),
    ),
    hints=("The energy of the first d is the sum of the first d variances over the sum of all.",
           "`np.cumsum(variances)` has all these sums at once.",
           "`np.argmax(kept >= share)` is the first place where the share is reached. How many components is that?"),
)


def _unit(z):
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def _whiten(z, variances, power, epsilon):
    z = z / (variances + epsilon) ** power
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def _cases_whiten():
    rng = np.random.default_rng(6)
    cases = []
    for n, d, power, epsilon in ((4, 3, 0.5, 0.0), (5, 6, 0.25, 0.0), (6, 5, 0.5, 0.4), (3, 4, 0.25, 0.1)):
        v = np.sort(rng.uniform(0.05, 4, d))[::-1]
        cases.append((rng.normal(size=(n, d)) * np.sqrt(v), v, power, epsilon))
    return cases


whiten = Exercise(
    name="whiten with a power",
    reference=_whiten,
    cases=_cases_whiten,
    mistakes=(
        Mistake("no L2", lambda z, v, p, e: z / (v + e) ** p,
                "The rows are not of length 1. After the whitening comes L2, as otherwise an inner product is no cosine."),
        Mistake("L2 too early", lambda z, v, p, e: _unit(z) / (v + e) ** p,
                "You brought the rows to length 1 before you whitened them, and not after. Whitening changes the lengths: "
                "L2 is the last step."),
        Mistake("multiplied", lambda z, v, p, e: _unit(z * (v + e) ** p),
                "You multiply by the power of the variance: the strong components become stronger still. Divide."),
        Mistake("power of the deviation", lambda z, v, p, e: _unit(z / (np.sqrt(v) + e) ** p),
                "Your power is on the *standard deviation*. Here it is on the variance: 0.5 must give full whitening."),
        Mistake("always full", lambda z, v, p, e: _unit(z / np.sqrt(v + e)),
                "You whiten fully whatever the power. `power` says how strongly: 0.25 is half way."),
        Mistake("epsilon outside", lambda z, v, p, e: _unit(z / (v**p + e)),
                "You add epsilon after the power. It belongs to the variance: (variance + epsilon) ** power."),
        Mistake("epsilon forgotten", lambda z, v, p, e: _unit(z / v**p),
                "Epsilon is missing. Add it to each variance before the power."),
        Mistake("by columns", lambda z, v, p, e: (lambda w: w / np.linalg.norm(w, axis=0))(z / (v + e) ** p),
                "You brought the *columns* to length 1. A row is an image: use axis=1 and keepdims=True."),
    ),
    hints=("Two steps: divide each column by a power of its variance, then bring each row to length 1.",
           "The divisor of column j is `(variances[j] + epsilon) ** power`; NumPy does all columns at once.",
           "`np.linalg.norm(z, axis=1, keepdims=True)` are the lengths of the rows."),
)


def _translate(z, n, power):
    return z * (n - 1) ** power


translate = Exercise(
    name="from one library to the other",
    reference=_translate,
    cases=lambda: [(np.array([[0.02, -0.01], [0.03, 0.005]]), 2000, 0.5), (np.array([[1.5, -0.5, 0.25]]), 101, 0.25),
                   (np.array([[0.7], [-2.0]]), 10, 0.0), (np.array([[0.3, 0.9]]), 17, 0.5)],
    mistakes=(
        Mistake("divided", lambda z, n, p: z / (n - 1) ** p,
                "The wrong way: FAISS divides by the larger numbers, so its vectors are the *smaller* ones."),
        Mistake("always the root", lambda z, n, p: z * np.sqrt(n - 1),
                "The root is right for full whitening only. The factor between the variances is n - 1; what happens to it "
                "under this power?"),
        Mistake("no root", lambda z, n, p: z * (n - 1),
                "n - 1 is the factor between the *variances*. The vectors were divided by a power of them."),
        Mistake("n", lambda z, n, p: z * n**p,
                "Nearly. scikit-learn divides the scatter by n - 1, not by n."),
        Mistake("nothing", lambda z, n, p: z,
                "Nothing was changed. That is right for power 0 only, or after L2."),
        Mistake("twice the power", lambda z, n, p: z * (n - 1) ** (2 * p),
                "Your power is on the standard deviation. The factor n - 1 is between variances, and `power` is on the "
                "variance."),
    ),
    hints=("FAISS's eigenvalue is n - 1 times the variance that scikit-learn uses. Both divide by (eigenvalue) ** power.",
           "z_faiss = u.x / ((n - 1) v) ** power, z_sklearn = u.x / v ** power.",
           "Divide the second by the first: what is left?"),
)


def _learned(a, b, x, y):
    away = a - b
    s = away.T @ away / len(away)
    gap = x - y
    return (gap @ np.linalg.inv(s) * gap).sum(axis=1)


def _cases_learned():
    rng = np.random.default_rng(8)
    cases = []
    for pairs, d, m in ((30, 3, 4), (50, 5, 3), (20, 2, 6)):
        thing, mix = rng.normal(size=(pairs, d)), rng.normal(size=(d, d))
        a = thing + 0.5 * rng.normal(size=(pairs, d)) @ mix + 0.4
        cases.append((a, thing + 0.5 * rng.normal(size=(pairs, d)) @ mix, rng.normal(size=(m, d)), rng.normal(size=(m, d))))
    return cases


def _form(s, gap):
    return (gap @ s * gap).sum(axis=1)


learned = Exercise(
    name="the distance of learned whitening",
    reference=_learned,
    cases=_cases_learned,
    mistakes=(
        Mistake("not inverted", lambda a, b, x, y: _form((a - b).T @ (a - b) / len(a), x - y),
                "You multiply by S: what changes most between two views would count most. Take its inverse."),
        Mistake("all variance", lambda a, b, x, y: _form(np.linalg.inv(np.cov(np.concatenate([a, b]).T)), x - y),
                "You took the covariance of the vectors. That is plain whitening. S is made of the *differences* of the "
                "pairs."),
        Mistake("differences centred", lambda a, b, x, y: _form(np.linalg.inv(np.cov((a - b).T)), x - y),
                "`np.cov` takes the mean of the differences off, and divides by P - 1. The mean of S is taken about zero: "
                "which of a pair comes first is chance."),
        Mistake("not divided", lambda a, b, x, y: _form(np.linalg.inv((a - b).T @ (a - b)), x - y),
                "Divide by the number of pairs: S is a mean."),
        Mistake("sums", lambda a, b, x, y: _form(np.linalg.inv((a + b).T @ (a + b) / len(a)), x - y),
                "You added the two of a pair. What changes between them is the difference."),
        Mistake("a root", lambda a, b, x, y: np.sqrt(_learned(a, b, x, y)),
                "This is the distance. Return the *squared* distance."),
        Mistake("only the diagonal", lambda a, b, x, y: ((x - y) ** 2 / ((a - b) ** 2).mean(0)).sum(1),
                "You divide each column by its own change. The columns change *together*: use the whole matrix."),
        Mistake("plain distance", lambda a, b, x, y: ((x - y) ** 2).sum(1),
                "This is the distance before any whitening: the pairs were not used."),
    ),
    hints=("The map is x -> L^-1 x (and a rotation, which changes no distance), with S = L L^T. So |L^-1 (x - y)|^2 is "
           "asked for.",
           "|L^-1 g|^2 = g^T L^-T L^-1 g = g^T S^-1 g: no root is needed.",
           "`(g @ np.linalg.inv(S) * g).sum(axis=1)` does all rows."),
)
