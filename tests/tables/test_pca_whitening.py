"""The tools of chapter 09: windows are parts of one image, a cut PCA is a PCA, and what is left out is left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.tables.experiments import ch09_pca_whitening as ch09

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(300, 12)) * np.geomspace(3, 0.2, 12) + 1).astype(np.float32)


def test_energy_on_the_training_rows_is_that_of_the_fit():
    fitted = PCA(l2_before=True).fit(X)
    assert np.allclose(ch09.unseen_energy(fitted, X, [1, 4, 12]), np.cumsum(fitted.explained_variance_ratio_)[[0, 3, 11]], atol=1e-4)


def test_windows_are_parts_of_one_image():
    points = [RNG.uniform(0, 100, (n, 4)) for n in (200, 0, 5, 150)]
    descriptors = [np.c_[p[:, :2], np.full(len(p), i)] for i, p in enumerate(points)]
    parts, owners = ch09.parts_of(points, descriptors, count=6)
    assert set(owners) == {0, 3} and len(parts) == len(owners) == 12
    for part, owner in zip(parts, owners, strict=True):
        assert len(part) >= ch09.FEWEST and (part[:, 2] == owner).all()
        low, high = part[:, :2].min(0), part[:, :2].max(0)
        own = descriptors[owner]
        inside = ((own[:, :2] >= low) & (own[:, :2] <= high)).all(axis=1)
        assert inside.sum() == len(part) < len(own) and (high - low).max() <= 80


def test_pairs():
    owners = np.array([0, 2, 3, 5, 0, 0, 3])
    named = SimpleNamespace(ids=list("abcdef"), groups={"a": "x", "c": "x", "d": None, "f": "x"})
    pairs, kind = ch09.matching_pairs(named, owners, 4)
    assert pairs.tolist() == [[0, 1], [0, 3], [1, 3]] and kind == "views of one landmark"
    plain = SimpleNamespace(ids=list("abcdef"), groups={})
    pairs, kind = ch09.matching_pairs(plain, owners, 4)
    assert pairs.tolist() == [[0, 4], [0, 5], [2, 6]] and "window" in kind


def test_its_own_landmark_is_left_out(monkeypatch):
    seen, truth = [], [(np.array([1, 2]), np.array([0])), (np.array([4]), np.array([], np.int64)), (np.array([3]), np.array([0]))]
    queries = [SimpleNamespace(group=g) for g in ("x", "y", "x")]
    data = SimpleNamespace(queries=queries, default_protocol="any")
    monkeypatch.setattr(ch09, "ground_truth", lambda *_: truth)
    monkeypatch.setattr(ch09, "evaluate", lambda name, scores, *_, **__: scores)
    fit = PCA.fit
    monkeypatch.setattr(PCA, "fit", lambda self, x: (seen.append(x), fit(self, x))[1])
    database, asked = X[:30], X[30:33]
    found = ch09.without_own(database, asked, data, [3])[3]
    assert [len(x) for x in seen] == [26, 29] and (seen[0] == database[4:]).all()
    small = PCA(3, 0.25, l2_before=True, l2_after=True).fit(np.delete(database, 4, axis=0))
    assert np.allclose(found[1], small.transform(asked[1:2])[0] @ small.transform(database).T, atol=1e-5)


def test_learned_whitening_behind_a_pca():
    fitted = PCA(l2_before=True, l2_after=True).fit(X)
    pairs = np.stack([np.arange(150), 150 + np.arange(150)], axis=1)
    chain = ch09.learned(fitted, X, pairs, 8, 4)
    z = chain.transform(np.concatenate([X, np.zeros((1, 12), np.float32)]))
    assert z.shape == (301, 4) and np.allclose(np.linalg.norm(z[:300], axis=1), 1, atol=1e-5)
    inner = fitted.first(8).set_params(l2_after=False).transform(l2_normalize(X))
    assert np.allclose(chain.pca.transform(X), inner, atol=1e-5) and chain.whitening.components_.shape == (4, 8)
