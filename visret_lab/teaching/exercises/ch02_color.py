"""Exercises of chapter 02: the histogram, four ways to compare two of them, and the map."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake

# ---------------------------------------------------------------- the joint histogram


def _histogram(image, bins):
    """The joint RGB histogram with `bins` intervals a channel, sum 1."""
    cell = image.astype(int) * bins // 256
    index = (cell[..., 0] * bins + cell[..., 1]) * bins + cell[..., 2]
    counts = np.bincount(index.ravel(), minlength=bins**3)
    return counts / counts.sum()


def _images():
    rng = np.random.default_rng(21)
    images = [rng.integers(0, 256, (8, 9, 3), dtype=np.uint8), rng.integers(30, 140, (5, 7, 3), dtype=np.uint8)]
    return [(image, bins) for image in images for bins in (2, 4, 8)]


def _three_marginals(image, bins):
    cell = image.astype(int) * bins // 256
    counts = np.concatenate([np.bincount(cell[..., c].ravel(), minlength=bins) for c in range(3)])
    return counts / counts.sum()


def _overflow(image, bins):
    cell = image * np.uint8(bins) // np.uint8(255)
    index = (cell[..., 0].astype(int) * bins + cell[..., 1]) * bins + cell[..., 2]
    counts = np.bincount(index.ravel(), minlength=bins**3)
    return counts / counts.sum()


def _wrapped(image, bins):
    cell = image // np.uint8(256 // bins)
    index = (cell[..., 0] * np.uint8(bins) + cell[..., 1]) * np.uint8(bins) + cell[..., 2]
    return np.bincount(index.ravel(), minlength=bins**3) / index.size


histogram = Exercise(
    name="joint colour histogram",
    reference=_histogram,
    cases=_images,
    mistakes=(
        Mistake("counts", lambda image, bins: _histogram(image, bins) * image.shape[0] * image.shape[1],
                "These are counts. An image twice as large would get twice the histogram: divide by the number of "
                "pixels, so that the values sum to 1."),
        Mistake("euclidean length",
                lambda image, bins: _histogram(image, bins) / np.linalg.norm(_histogram(image, bins)),
                "You divided by the Euclidean length. A histogram states shares of the pixels, so its *sum* is 1 "
                "(L1)."),
        Mistake("largest is one", lambda image, bins: _histogram(image, bins) / _histogram(image, bins).max(),
                "You divided by the fullest bin. Then one large area of a colour changes all other values; divide by "
                "the number of pixels."),
        Mistake("divided by values", lambda image, bins: _histogram(image, bins) / 3,
                "Your values sum to 1/3: you divided by `image.size`, which counts every channel. A pixel is counted "
                "once: divide by H x W."),
        Mistake("three marginals", _three_marginals,
                "These are three histograms, one a channel, joined. They cannot tell red-and-green from yellow-and-"
                "black. The joint histogram has bins x bins x bins cells."),
        Mistake("blue first", lambda image, bins: _histogram(image[..., ::-1], bins),
                "Your channels run blue, green, red, as OpenCV reads files. Here images are RGB: red runs slowest."),
        Mistake("cell numbers in eight bits", _wrapped,
                "Your cell numbers stay in 8 bits and wrap around at 256, while there are 8 x 8 x 8 = 512 boxes with 8 intervals. "
                "Convert the image with `.astype(int)` first."),
        Mistake("eight bits overflow", _overflow,
                "Your product stays in 8 bits and wraps around at 256. Convert the image with `.astype(int)` first."),
    ),
    hints=(
        "Each channel value v in 0..255 falls into interval v * bins // 256. Convert to int first.",
        "Three interval numbers r, g, b make one cell number: (r * bins + g) * bins + b.",
        "`np.bincount(cells.ravel(), minlength=bins ** 3)` counts. Then divide by the number of pixels.",
    ),
)

# ---------------------------------------------------------------- ranking by intersection


def _rank_by_intersection(query, database):
    """Database ids, most alike first; ties keep the lower id first."""
    shared = np.minimum(query, database).sum(axis=1)
    return np.argsort(-shared, kind="stable")


def _search_cases():
    rng = np.random.default_rng(22)
    cases = []
    for bins in (6, 10):
        database = rng.dirichlet(np.full(bins, 0.5), size=9)
        database[7] = database[2]  # a tie
        cases.append((rng.dirichlet(np.full(bins, 0.5)), database))
    return cases


rank_by_intersection = Exercise(
    name="ranking by intersection",
    reference=_rank_by_intersection,
    cases=_search_cases,
    mistakes=(
        Mistake("similarity sorted as distance",
                lambda q, x: np.argsort(np.minimum(q, x).sum(axis=1), kind="stable"),
                "Your list begins with the least alike. Intersection is a similarity: the largest comes first. Sort "
                "its "
                "negative."),
        Mistake("reversed ties", lambda q, x: np.argsort(np.minimum(q, x).sum(axis=1), kind="stable")[::-1],
                "Nearly: images with equal scores stand in reverse order. `argsort(...)[::-1]` turns ties around; sort "
                "the negative with kind='stable'."),
        Mistake("dot product", lambda q, x: np.argsort(-(x @ q), kind="stable"),
                "That is the dot product. It favours images with one full bin. Take the minimum bin by bin, then sum."),
        Mistake("scores", lambda q, x: np.sort(np.minimum(q, x).sum(axis=1))[::-1],
                "You returned the sorted scores. A ranking is a list of image numbers: use argsort."),
    ),
    hints=(
        "`np.minimum(query, database)` compares the query with every row at once.",
        "Sum over the bins (axis 1). This gives one similarity for each image.",
        "`np.argsort(-similarity, kind='stable')`.",
    ),
)

# ---------------------------------------------------------------- Hellinger


def _hellinger(a, b):
    """Hellinger distance of two histograms."""
    return np.sqrt(max(0.0, 1 - np.sqrt(a * b).sum()))


def _pairs():
    rng = np.random.default_rng(23)
    a, b = rng.dirichlet(np.ones(8), size=2)
    c = np.array([0.5, 0.3000004, 0.2000004])  # stored with float32's rounding: its sum is a little above 1
    return [(a, b), (b, a), (c, c), (np.array([1.0, 0, 0]), np.array([0, 0.5, 0.5]))]


hellinger = Exercise(
    name="Hellinger distance",
    reference=_hellinger,
    cases=_pairs,
    mistakes=(
        Mistake("no root of the product", lambda a, b: np.sqrt(max(0.0, 1 - (a * b).sum())),
                "You summed a * b. The root has to be taken bin by bin before the sum: sqrt(a * b). Without it an "
                "image "
                "is not at distance 0 from itself."),
        Mistake("no outer root", lambda a, b: max(0.0, 1 - np.sqrt(a * b).sum()),
                "This is the square of the Hellinger distance. The ranking is the same, but the values are not: take "
                "the root of the whole."),
        Mistake("nan", lambda a, b: np.sqrt(1 - np.sqrt(a * b).sum()),
                "Your function gives NaN for two equal histograms: rounding makes the sum a little larger than 1, and "
                "a "
                "negative number has no root. Clip at 0 before the root."),
        Mistake("length of the difference", lambda a, b: np.linalg.norm(np.sqrt(a) - np.sqrt(b)),
                "The Euclidean distance of the roots is sqrt(2) times the Hellinger distance. Divide by sqrt(2), so "
                "that "
                "histograms without a common colour are at distance 1."),
    ),
    hints=(
        "What two histograms share is measured by sum(sqrt(a * b)): 1 for equal ones, 0 for disjoint ones.",
        "Turn it into a distance: sqrt(1 - share).",
        "Rounding can make 1 - share slightly negative: `max(0.0, ...)`.",
    ),
    atol=1e-6,
)

# ---------------------------------------------------------------- chi-squared


def _chi_squared(a, b):
    """Half-symmetric chi-squared distance of two histograms; bins empty in both count 0."""
    used = a + b > 0
    return 0.5 * np.sum((a[used] - b[used]) ** 2 / (a[used] + b[used]))


def _sparse_pairs():
    a, b = np.array([0.5, 0.3, 0.2, 0, 0]), np.array([0.25, 0.25, 0, 0.5, 0])
    return [(a, b), (b, a), (a, a), (np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 0.25]))]


chi_squared = Exercise(
    name="chi-squared distance",
    reference=_chi_squared,
    cases=_sparse_pairs,
    mistakes=(
        Mistake("nan", lambda a, b: 0.5 * np.sum((a - b) ** 2 / (a + b)),
                "A bin that is empty in both histograms gives 0 / 0, and one NaN spoils the sum. Leave such bins out."),
        Mistake("twice", lambda a, b: 2 * _chi_squared(a, b),
                "Your value is twice ours: the factor 1/2 is missing. It makes the largest distance 1. (Minus this is "
                "what "
                "scikit-learn's additive_chi2_kernel gives.)"),
        Mistake("four times", lambda a, b: 4 * _chi_squared(a, b),
                "Your value is four times ours. That is OpenCV's HISTCMP_CHISQR_ALT, 2 sum (a - b)^2 / (a + b). State "
                "which chi-squared you mean; here it has the factor 1/2."),
        Mistake("divided by one side",
                lambda a, b: np.sum(np.divide((a - b) ** 2, a, out=np.zeros_like(a, dtype=float), where=a > 0)),
                "You divided by a alone: then the distance from a to b is not the distance from b to a. (This is "
                "OpenCV's HISTCMP_CHISQR.) Divide by a + b."),
        Mistake("not squared",
                lambda a, b: 0.5 * np.sum(np.abs(a - b)[a + b > 0] / (a + b)[a + b > 0]),
                "You divided |a - b| by a + b: the difference has to be squared. As it is, every tiny bin counts as "
                "much "
                "as the fullest one."),
    ),
    hints=(
        "Follow the formula bin by bin: (a - b)^2 / (a + b), then sum, then halve.",
        "What happens in a bin where a and b are both 0? Choose the others with `used = a + b > 0`.",
    ),
)

# ---------------------------------------------------------------- earth mover on a line


def _emd_1d(a, b):
    """EMD of two histograms of mass 1 whose bins lie on a line, one step apart."""
    return np.abs(np.cumsum(a - b)).sum()


def _lines():
    rng = np.random.default_rng(24)
    a, b = rng.dirichlet(np.ones(6), size=2)
    return [(a, b), (np.eye(5)[0], np.eye(5)[4]), (np.array([0.5, 0, 0.5]), np.array([0, 1.0, 0]))]


emd_1d = Exercise(
    name="earth mover's distance on a line",
    reference=_emd_1d,
    cases=_lines,
    mistakes=(
        Mistake("no cumulative sum", lambda a, b: np.abs(a - b).sum(),
                "This is L1: it sees how much differs, but not how far it has to travel. Sum up from the left first "
                "(np.cumsum): what has piled up must cross the next border."),
        Mistake("absolute too early", lambda a, b: np.cumsum(np.abs(a - b)).sum(),
                "You took the absolute value before the cumulative sum, so a surplus and a lack no longer cancel. "
                "First cumsum, then abs."),
        Mistake("absolute too late", lambda a, b: abs(np.cumsum(a - b).sum()),
                "You took the absolute value after the last sum, so moves to the left cancel moves to the right. What "
                "is "
                "left is only the distance between the means."),
        Mistake("squared", lambda a, b: (np.cumsum(a - b) ** 2).sum(),
                "You squared the cumulative differences. (That is the Cramer-von Mises distance.) Work is amount times "
                "distance: use the absolute value."),
    ),
    hints=(
        "Walk from left to right with a wheelbarrow. At each border, how much do you carry?",
        "The load after bin d is sum(a[:d+1] - b[:d+1]). A negative load is a debt: it travels the other way.",
        "Add up the absolute loads.",
    ),
)

# ---------------------------------------------------------------- from distances to dot products


def _double_centre(distances):
    """-1/2 J D^2 J: the dot products of the centred points whose distances are given."""
    squared = distances**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    return -0.5 * centred


def _tables():
    rng = np.random.default_rng(25)
    points = [rng.normal(size=(n, 3)) for n in (4, 6)]
    return [(np.linalg.norm(p[:, None] - p[None], axis=2),) for p in points]


double_centre = Exercise(
    name="from distances to dot products",
    reference=_double_centre,
    cases=_tables,
    mistakes=(
        Mistake("not squared", lambda d: -0.5 * (d - d.mean(0) - d.mean(1, keepdims=True) + d.mean()),
                "You centred the distances themselves. Torgerson's step needs their squares: |x - y|^2 = |x|^2 + |y|^2 "
                "- 2 x.y holds for squared distances only."),
        Mistake("no factor", lambda d: -2 * _double_centre(d),
                "The factor -1/2 is missing. It comes from the -2 before x.y; without the minus even the sign is "
                "wrong."),
        Mistake("rows only", lambda d: -0.5 * (d**2 - (d**2).mean(axis=1, keepdims=True)),
                "You subtracted the row means only. Subtract row means *and* column means, and add the mean of all "
                "back."),
        Mistake("overall mean left out",
                lambda d: -0.5 * (d**2 - (d**2).mean(0) - (d**2).mean(1, keepdims=True)),
                "Row and column means both contain the mean of all, so it was taken away twice: add it back once."),
    ),
    hints=(
        "Square the table first, entry by entry.",
        "Subtract the mean of each row and the mean of each column; add the mean of the whole table.",
        "Multiply by -1/2.",
    ),
)
