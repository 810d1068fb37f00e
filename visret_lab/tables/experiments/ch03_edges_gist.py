"""The runs of chapter 03: orientation histograms without and with a grid, and GIST in grey and colour."""

from visret_lab.features import distances, edges, gist
from visret_lab.tables.experiments import global_features
from visret_lab.tables.experiments.ch02_color import distance
from visret_lab.tables.experiments.global_features import Method


def edges_whole(image):
    """One histogram of 8 directions for the whole image."""
    return edges.orientation_histogram(image, bins=8)


def edges_signed(image):
    """One histogram of 16 signed directions: the same width of a bin."""
    return edges.orientation_histogram(image, bins=16, signed=True)


def edges_grid(image):
    """8 directions in each of 4 x 4 cells."""
    return edges.orientation_histogram(image, bins=8, cells=(4, 4))


def gist_grey(image):
    """GIST of brightness, 320 numbers."""
    return gist.gist(image, color=False)


def gist_color(image):
    """GIST of red, green and blue, 960 numbers."""
    return gist.gist(image)


METHODS = (
    Method("Edge directions, whole image", "edges", edges_whole, distance(distances.chi_squared)),
    Method("Edge directions, signed", "edges signed", edges_signed, distance(distances.chi_squared)),
    Method("Edge directions, 4 x 4 cells", "edges in cells", edges_grid, distance(distances.chi_squared)),
    Method("GIST, grey", "gist grey", gist_grey, distance(distances.l2)),
    Method("GIST, colour", "gist colour", gist_color, distance(distances.l2)),
)


def results(dataset, seed=0, protocol=None, methods=METHODS):
    """Results and rankings of the chapter's methods on a set: two dicts by name."""
    return global_features.results(dataset, methods, seed, protocol)


def run(tier, seed=0, sets=("places", "products")):
    """Rows of the table for a tier, see `global_features.rows`."""
    return global_features.rows(METHODS, tier, seed, sets)
