"""k-means: the setting of FAISS is put back, and changes no centre."""

import faiss
import numpy as np
import pytest

from visret_lab.encoding.kmeans import by_products, group_means, kmeans

X = np.random.default_rng(0).normal(size=(3000, 4)).astype(np.float32)


def test_the_setting_of_faiss_is_put_back_also_after_an_error():
    before = faiss.cvar.distance_compute_blas_threshold
    with pytest.raises(RuntimeError, match="inside"), by_products():
        assert faiss.cvar.distance_compute_blas_threshold <= 20
        raise RuntimeError("inside")
    kmeans(X, 8, 2, 0)
    assert faiss.cvar.distance_compute_blas_threshold == before


def test_centres_are_those_of_plain_faiss():
    plain = faiss.Kmeans(4, 16, niter=10, seed=3, max_points_per_centroid=3000)
    plain.train(X)
    assert np.allclose(kmeans(X, 16, 10, 3), plain.centroids, atol=1e-5)


def test_every_centre_is_the_mean_of_its_rows():
    centers = kmeans(X, 8, 200, 0)
    labels = ((X[:, None] - centers) ** 2).sum(2).argmin(1)
    means, sizes = group_means(X, labels, 8)
    assert np.allclose(means, centers, atol=1e-4) and sizes.sum() == 3000
