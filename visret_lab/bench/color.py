"""Races of chapter 02: colour histograms, their distances, the earth mover's distance and the map."""

import numpy as np

from visret_lab.bench.race import Race
from visret_lab.features import color, color_spaces, distances, emd
from visret_lab.features.mds import classical_mds

CHAPTER = "02_color"


def races(small=False):
    """The races of this chapter; `small` makes the input tiny, for tests of equality.

    Returns:
        list of Race. Every race compares on the same input; the figure of a colour signature includes its clustering
        on neither side.
    """
    rng = np.random.default_rng(2)
    return [*_chi_squared(rng, small), *_other_distances(rng, small), *_emd(rng, small), *_spaces(rng, small),
            _mds(rng, small)]


def histograms(rng, rows, bins):
    """Random histograms of mass 1, a quarter of the bins empty: float32 rows x bins."""
    values = rng.random((rows, bins)) * (rng.random((rows, bins)) > 0.25)
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


def signatures(rng, count, colors=8):
    """Random colour signatures: float32 count x colors x 4, weights of sum 1 in column 0."""
    weights = rng.dirichlet(np.ones(colors), size=count)
    centres = rng.uniform([0, -60, -60], [100, 60, 60], size=(count, colors, 3))
    return np.concatenate([weights[..., None], centres], axis=2).astype(np.float32)


def _chi_squared(rng, small):
    rows, bins = (7, 16) if small else (1000, 512)
    a, b = histograms(rng, rows, bins), histograms(rng, rows, bins)

    def opencv():
        import cv2
        return np.array([[cv2.compareHist(x, y, cv2.HISTCMP_CHISQR_ALT) for y in b] for x in a]) / 4

    def sklearn():
        from sklearn.metrics.pairwise import additive_chi2_kernel
        return additive_chi2_kernel(a, b) / -2

    def plain():
        return plain_chi_squared(a, b)

    def ours():
        return distances.chi_squared(a, b)

    size = f"all pairs {rows} x {rows} x {bins}"
    return [
        Race(f"chi-squared against OpenCV, {size}", CHAPTER, "cv2.compareHist in a loop (CHISQR_ALT / 4)", ours,
             opencv, plain if small else None, target=10, tolerance=2e-6),
        Race(f"chi-squared against scikit-learn, {size}", CHAPTER, "sklearn additive_chi2_kernel (/ -2)", ours,
             sklearn, plain if small else None, target=3, tolerance=2e-6),
    ]


def plain_chi_squared(a, b):
    """The definition, one pair at a time."""
    out = np.zeros((len(a), len(b)))
    for i, x in enumerate(a.astype(float)):
        for j, y in enumerate(b.astype(float)):
            used = x + y > 0
            out[i, j] = np.sum((x - y)[used] ** 2 / (x + y)[used]) / 2
    return out


def _other_distances(rng, small):
    rows, bins = (7, 16) if small else (300, 512)
    a, b = histograms(rng, rows, bins), histograms(rng, rows, bins)

    def opencv(method):
        import cv2
        return np.array([[cv2.compareHist(x, y, getattr(cv2, method)) for y in b] for x in a])

    def cityblock():
        from scipy.spatial.distance import cdist
        return cdist(a, b, "cityblock")

    def pairs(function):
        return np.array([[function(x, y) for y in b.astype(float)] for x in a.astype(float)])

    size = f"all pairs {rows} x {rows} x {bins}"
    return [
        Race(f"L1, {size}", CHAPTER, "scipy cdist cityblock", lambda: distances.l1(a, b), cityblock,
             lambda: pairs(lambda x, y: np.abs(x - y).sum()), target=0.5, tolerance=1e-5),
        Race(f"intersection, {size}", CHAPTER, "cv2.compareHist in a loop (INTERSECT)",
             lambda: distances.intersection(a, b), lambda: opencv("HISTCMP_INTERSECT"),
             lambda: pairs(lambda x, y: np.minimum(x, y).sum()), target=3, tolerance=1e-5),
        Race(f"Hellinger, {size}", CHAPTER, "cv2.compareHist in a loop (BHATTACHARYYA)",
             lambda: distances.hellinger(a, b), lambda: opencv("HISTCMP_BHATTACHARYYA"),
             lambda: pairs(lambda x, y: np.sqrt(max(0, 1 - np.sqrt(x * y).sum()))), target=10, tolerance=1e-4),
    ]


def _emd(rng, small):
    rows, bins = (4, 8) if small else (40, 64)
    a, b = histograms(rng, rows, bins).astype(float), histograms(rng, rows, bins).astype(float)
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    p, q = signatures(rng, rows // 2), signatures(rng, rows)
    line = np.abs(np.subtract.outer(np.arange(bins), np.arange(bins))).astype(float)

    def pot_line():
        import ot
        return np.array([[ot.emd2(x, y, line) for y in b] for x in a])

    def pot_signatures():
        import ot
        pq = [x.astype(float) for x in (p, q)]
        return np.array([[_pot(ot, s, t) for t in pq[1]] for s in pq[0]])

    return [
        Race(f"EMD in one dimension, all pairs {rows} x {rows} x {bins}", CHAPTER, "POT emd2 in a loop",
             lambda: emd.emd_1d(a, b), pot_line, lambda: plain_emd_1d(a, b), target=100, tolerance=1e-6),
        Race(f"EMD of signatures, all pairs {rows // 2} x {rows} of 8 colours", CHAPTER, "POT emd2 in a loop",
             lambda: emd.emd_all_pairs(p, q), pot_signatures,
             lambda: np.array([[emd.emd(s, t) for t in q] for s in p]), target=1, tolerance=1e-3,
             note="Ours is OpenCV's solver behind our face; plain is the linear programme of the definition. "
                  "Tolerance in units of L*a*b*, where 2 is just visible."),
    ]


def _pot(ot, s, t):
    cost = np.linalg.norm(s[:, None, 1:] - t[None, :, 1:], axis=2)
    return ot.emd2(s[:, 0] / s[:, 0].sum(), t[:, 0] / t[:, 0].sum(), cost)


def plain_emd_1d(a, b):
    """Carry the surplus from bin to bin, one pair at a time."""
    out = np.zeros((len(a), len(b)))
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            carried = 0.0
            for surplus in x - y:
                carried += surplus
                out[i, j] += abs(carried)
    return out


def _spaces(rng, small):
    image = rng.integers(0, 256, (12, 16, 3) if small else (240, 320, 3), dtype=np.uint8)

    def skimage(name):
        import skimage.color
        return getattr(skimage.color, name)(image)

    def histogramdd():
        counts, _ = np.histogramdd(image.reshape(-1, 3), bins=(8, 8, 8), range=[(0, 256)] * 3)
        return (counts / counts.sum()).ravel()

    def plain():
        counts = np.zeros((8, 8, 8))
        for r, g, b in image.reshape(-1, 3) // 32:
            counts[r, g, b] += 1
        return (counts / counts.sum()).ravel()

    size = f"{image.shape[1]} x {image.shape[0]} pixels"
    return [
        Race(f"RGB to HSV, {size}", CHAPTER, "skimage rgb2hsv", lambda: color_spaces.rgb_to_hsv(image),
             lambda: skimage("rgb2hsv"), lambda: plain_hsv(image), target=1, tolerance=1e-5),
        Race(f"RGB to L*a*b*, {size}", CHAPTER, "skimage rgb2lab", lambda: color_spaces.rgb_to_lab(image),
             lambda: skimage("rgb2lab"), lambda: plain_lab(image), target=1, tolerance=1e-3),
        Race(f"joint histogram 8 x 8 x 8, {size}", CHAPTER, "numpy histogramdd",
             lambda: color.histogram(image, "rgb"), histogramdd, plain, target=3, tolerance=1e-6),
    ]


def plain_hsv(image):
    """Pixel by pixel, with the function of Python's own library."""
    import colorsys
    return np.array([[colorsys.rgb_to_hsv(*pixel) for pixel in row] for row in (image / 255).tolist()])


def plain_lab(image):
    """The five steps of the definition, pixel by pixel."""
    def f(t):
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116

    out = np.zeros(image.shape)
    for place in np.ndindex(image.shape[:2]):
        linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in (image[place] / 255).tolist()]
        x, y, z = (f(t) for t in color_spaces.RGB_TO_XYZ @ linear / color_spaces.WHITE_D65)
        out[place] = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    return out


def _mds(rng, small):
    points = rng.normal(size=(12 if small else 200, 5))
    table = np.linalg.norm(points[:, None] - points[None], axis=2)

    def within(coordinates):
        # The axes of a map may be mirrored, so the distances on the map are compared.
        return np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)

    def sklearn():
        from sklearn.manifold import ClassicalMDS
        return within(ClassicalMDS(n_components=2, metric="precomputed").fit_transform(table))

    def plain():
        n = len(table)
        centring = np.eye(n) - np.ones((n, n)) / n
        values, vectors = np.linalg.eigh(-centring @ table**2 @ centring / 2)
        return within(vectors[:, -2:] * np.sqrt(values[-2:]))

    return Race(f"classical MDS of {len(points)} points", CHAPTER, "sklearn ClassicalMDS",
                lambda: within(classical_mds(table)), sklearn, plain, target=0.5, tolerance=1e-4)
