"""The runs of chapter 02: colour histograms in three spaces, five comparisons, and the earth mover's distance."""

import numpy as np

from visret_lab.features import color, emd
from visret_lab.features.signature import signature
from visret_lab.tables.experiments import global_features
from visret_lab.tables.experiments.global_features import Method


def distance(function):
    """Make a similarity of a distance: the nearer, the larger."""
    return lambda a, b: -function(a, b)


def rgb(image):
    """RGB histogram, 512 bins."""
    return color.histogram(image, "rgb")


def hsv(image):
    """HSV histogram, 512 bins."""
    return color.histogram(image, "hsv")


def lab(image):
    """L*a*b* histogram, 512 bins."""
    return color.histogram(image, "lab")


def colors(image):
    """Signature of 8 colours; the same seed for every image."""
    return signature(image, np.random.default_rng(0))


METHODS = (
    Method("RGB histogram, chi-squared", "rgb histogram", rgb, distance(color.chi_squared)),
    Method("HSV histogram, chi-squared", "hsv histogram", hsv, distance(color.chi_squared)),
    Method("Lab histogram, chi-squared", "lab histogram", lab, distance(color.chi_squared)),
    Method("Lab histogram, Euclidean", "lab histogram", lab, distance(color.l2)),
    Method("Lab histogram, L1", "lab histogram", lab, distance(color.l1)),
    Method("Lab histogram, intersection", "lab histogram", lab, color.intersection),
    Method("Lab histogram, Hellinger", "lab histogram", lab, distance(color.hellinger)),
    Method("Lab signature, EMD", "lab signature", colors, distance(emd.emd_all_pairs)),
)


def results(dataset, seed=0, protocol=None, methods=METHODS):
    """Results and rankings of the chapter's methods on a set: two dicts by name."""
    return global_features.results(dataset, methods, seed, protocol)


def run(tier, seed=0, sets=("places", "products")):
    """Rows of the table for a tier, see `global_features.rows`."""
    return global_features.rows(METHODS, tier, seed, sets)
