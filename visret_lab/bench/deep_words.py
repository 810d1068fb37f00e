"""Races of chapter 14: assignment maps against FAISS, window re-ranking against the direct count, sparse queries against SciPy."""

from functools import cache

import faiss
import numpy as np

from visret_lab.bench.race import Race
from visret_lab.compact.pca import PCA
from visret_lab.deep.blcf import BLCF, histograms, upsampled
from visret_lab.rerank.windows import WindowReranker, direct_scores
from visret_lab.search.inverted import InvertedFile


def random_maps(count, channels, height, width, rng):
    """Maps as behind a ReLU: list of float32 channels x height x width."""
    return [np.maximum(rng.normal(size=(channels, height, width)), 0).astype(np.float32) for _ in range(count)]


def patchy_words(count, shape, words, rng):
    """Assignment maps in which words come in patches, as neighbours share them: list of uint16 h x w."""
    small = rng.zipf(1.3, (count, -(-shape[0] // 2), -(-shape[1] // 2))) % words
    large = small.repeat(2, axis=1).repeat(2, axis=2)[:, : shape[0], : shape[1]]
    return list(large.astype(np.uint16))


def with_faiss(model, maps):
    """The assignment maps of a fitted `BLCF`, by FAISS: its PCAMatrix-like transforms and IndexFlatL2. int64, all positions."""
    index = faiss.IndexFlatL2(model.vocabulary_.centers_.shape[1])
    index.add(model.vocabulary_.centers_)
    scale = (model.pca_.variance_**-model.pca_.power).astype(np.float32)[:, None]
    turn = faiss.LinearTransform(len(model.pca_.mean_), len(model.pca_.components_), True)
    matrix = model.pca_.components_ * scale
    faiss.copy_array_to_vector(matrix.ravel(), turn.A)
    faiss.copy_array_to_vector(-matrix @ model.pca_.mean_, turn.b)
    turn.is_trained = True
    rows = np.concatenate([upsampled(x).reshape(len(x), -1).T for x in maps])
    rows = np.ascontiguousarray(rows)
    faiss.normalize_L2(rows)
    rows = turn.apply(rows)
    faiss.normalize_L2(rows)
    return index.search(rows, 1)[1].ravel()


def races(small=False):
    """The races of this chapter; `small` for tests."""
    return [_assignment(small), _windows(small), _query(small)]


def _assignment(small):
    images, channels, words = (4, 12, 30) if small else (40, 160, 5000)

    @cache
    def case():
        rng = np.random.default_rng(0)
        maps = random_maps(images, channels, 15, 20, rng)
        return BLCF(words, PCA(power=0.5, l2_before=True, l2_after=True), per_word=3 if not small else 20, n_iter=2).fit(maps), maps

    def distance(words_of):
        """Squared distances of some descriptors to the words found: of two that are equally near either may be taken."""
        model, maps = case()
        rows = np.concatenate([upsampled(x).reshape(len(x), -1).T for x in maps])
        return ((model.pca_.transform(rows) - model.vocabulary_.centers_[words_of]) ** 2).sum(axis=1)

    def ours():
        model, maps = case()
        return distance(np.concatenate([a.ravel() for a in model.transform(maps)]))

    return Race(f"assignment maps of {images} images, {words:,} words", "14_blcf", "faiss.LinearTransform, IndexFlatL2, k = 1",
                ours=ours, theirs=lambda: distance(with_faiss(*case())), target=0.5, tolerance=1e-4,
                note="compared are the squared distances to the words found; both sides pay for computing them")


def _windows(small):
    count, shape, words = (5, (15, 20), 60) if small else (100, (30, 40), 5000)

    @cache
    def case():
        rng = np.random.default_rng(0)
        maps = patchy_words(count, shape, words, rng)
        return maps, maps[0][shape[0] // 4 : -shape[0] // 4, shape[1] // 4 : -shape[1] // 4]

    def direct():
        maps, query = case()
        return np.stack([direct_scores(query, m) for m in maps]).clip(-1)

    def ours():
        maps, query = case()
        return WindowReranker(maps).scores(query, range(len(maps))).clip(-1)

    return Race(f"window re-ranking of {count} images", "14_blcf", "counting the words of each part of each window",
                ours=ours, theirs=direct, target=1.0 if small else 20.0, tolerance=1e-12,
                note="121 windows of 5 parts an image. The lengths of the images' parts, which a search engine keeps, are computed in "
                "each run; windows that are left out count as -1 on both sides")


def _query(small):
    images, words = (200, 300) if small else (5063, 25_000)

    @cache
    def case():
        rng = np.random.default_rng(0)
        maps = patchy_words(images, (16, 21) if small else (32, 42), words, rng)
        bags = histograms(maps, words)
        return bags, bags[:5 if small else 55], InvertedFile().add(bags)

    def theirs():
        bags, asked, _ = case()
        return (asked @ bags.T).toarray()

    return Race(f"{5 if small else 55} queries in {images:,} bags of {words:,} words", "14_blcf", "scipy.sparse product",
                ours=lambda: case()[2].scores(case()[1]), theirs=theirs, target=1 / 3, tolerance=1e-5)
