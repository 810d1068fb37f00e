"""Races of chapters 06 and 07: VLAD against a plain loop, Fisher vectors against scikit-image."""

import numpy as np
from sklearn.mixture import GaussianMixture

from visret_lab.bench.race import Race
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.gmm import DiagonalGMM
from visret_lab.encoding.vlad import VLAD
from visret_lab.encoding.vocabulary import Vocabulary


def images_of_clouds(images, points, dim, clouds, rng):
    """(list of float32 points x dim, one an image; centres float32 clouds x dim): descriptors scattered around the centres."""
    centers = rng.normal(0, 0.3, (clouds, dim)).astype(np.float32)  # near enough to overlap, so that posteriors are soft
    return [(centers[rng.integers(clouds, size=points)] + rng.normal(0, 0.6, (points, dim))).astype(np.float32)
            for _ in range(images)], centers


def fitted_vocabulary(centers):
    """A Vocabulary with these centres, float K x D."""
    words = Vocabulary(len(centers))
    words.centers_ = np.ascontiguousarray(centers, np.float32)
    return words


def loop_vlad(descriptors, centers):
    """VLAD by the equation, one descriptor after the other: float64 M x (K D)."""
    out = []
    for rows in descriptors:
        v = np.zeros(centers.shape)
        for x in rows:
            nearest = ((centers - x) ** 2).sum(1).argmin()
            v[nearest] += x - centers[nearest]
        v = np.sign(v) * np.sqrt(np.abs(v))
        out.append(v.ravel() / np.linalg.norm(v))
    return np.array(out)


def as_sklearn(gmm):
    """The GaussianMixture of scikit-learn with the parameters of a DiagonalGMM."""
    theirs = GaussianMixture(len(gmm.weights_), covariance_type="diag")
    theirs.weights_, theirs.means_, theirs.covariances_ = gmm.weights_, gmm.means_, gmm.variances_
    theirs.precisions_cholesky_ = 1 / np.sqrt(gmm.variances_)
    return theirs


def scikit_fisher(descriptors, mixture):
    """scikit-image's Fisher vectors in our convention: its variance block has the opposite sign.

    Args:
        descriptors: list of float64 N_i x D. mixture: GaussianMixture.

    Returns:
        float64 M x (K + 2 K D): weights, means, variances; neither power nor L2.
    """
    from skimage.feature import fisher_vector

    out = np.array([fisher_vector(rows, mixture) for rows in descriptors])
    out[:, len(mixture.weights_) + mixture.means_.size :] *= -1
    return out


def races(small=False):
    """The races of these chapters; `small` for tests."""
    return [_vlad(small), _fisher(small)]


def _vlad(small):
    images, points, words = (4, 30, 5) if small else (200, 1000, 64)
    sets, centers = images_of_clouds(images, points, 128, words, np.random.default_rng(0))
    encoder = VLAD(vocabulary=fitted_vocabulary(centers))
    return Race(f"VLAD, {images} images x {points} descriptors, {words} words", "06_vlad", "loop over the descriptors, NumPy",
                ours=lambda: encoder.transform(sets), theirs=lambda: loop_vlad(sets, centers),
                target=20.0, tolerance=1e-5, note="float32 against float64; VLFeat has VLAD in C, but none of the Python "
                "libraries of this course has it")


def _fisher(small):
    images, points, dim, clouds = (5, 40, 6, 4) if small else (1000, 500, 64, 64)
    rng = np.random.default_rng(0)
    sets, centers = images_of_clouds(images, points, dim, clouds, rng)
    gmm = DiagonalGMM.from_parameters(rng.dirichlet(np.full(clouds, 20.0)), centers, rng.uniform(0.2, 0.6, (clouds, dim)))
    encoder = FisherVector(gmm=gmm, blocks=("weights", "means", "variances"), power=1, l2=False)
    mixture, doubles = as_sklearn(gmm), [rows.astype(np.float64) for rows in sets]
    return Race(f"Fisher vectors, {images} images x {points} x {dim}-D, {clouds} Gaussians", "07_fisher",
                "skimage.feature.fisher_vector image by image",
                ours=lambda: encoder.transform(sets), theirs=lambda: scikit_fisher(doubles, mixture),
                target=2.0, tolerance=1e-6, note="the sign of its variance block is turned; theirs in float64, ours with "
                "float64 posteriors and float32 sums")
