"""Expansion of bags: the mean by hand, for every query, with words of windows only."""

import numpy as np
import pytest
from scipy import sparse

from visret_lab.arrays import l2_normalize
from visret_lab.deep.blcf import histograms
from visret_lab.rerank.word_expansion import expand, expand_locally

RNG = np.random.default_rng(0)
MAPS = [RNG.integers(0, 12, (6, 8)).astype(np.uint16) for _ in range(9)]
BASE = histograms(MAPS, 12)
ASKED = histograms(MAPS[:3], 12)
RANKING = np.stack([RNG.permutation(9) for _ in range(3)])


def test_the_mean_for_every_query():
    got = expand(ASKED, BASE, RANKING, top=4)
    want = [l2_normalize(ASKED.toarray()[q] + BASE.toarray()[RANKING[q, :4]].sum(axis=0)) for q in range(3)]
    assert sparse.issparse(got) and np.allclose(got.toarray(), want, atol=1e-6)


def test_only_the_words_in_the_windows():
    boxes = np.array([[[1, 0, 5, 3], [0, 2, 8, 6]]] * 3)
    got = expand_locally(ASKED, MAPS, RANKING, boxes, top=2).toarray()
    for q in range(3):
        parts = [MAPS[i][y0:y1, x0:x1] for i, (x0, y0, x1, y1) in zip(RANKING[q, :2], boxes[q], strict=True)]
        want = l2_normalize(ASKED.toarray()[q] + histograms(parts, 12).toarray().sum(axis=0))
        assert np.allclose(got[q], want, atol=1e-6)


def test_whole_windows_are_the_global_expansion():
    boxes = np.tile([0, 0, 8, 6], (3, 5, 1))
    assert np.allclose(expand_locally(ASKED, MAPS, RANKING, boxes, 5).toarray(), expand(ASKED, BASE, RANKING, 5).toarray(), atol=1e-6)


def test_bad_calls():
    with pytest.raises(ValueError, match="top"):
        expand(ASKED, BASE, RANKING, top=0)
    with pytest.raises(ValueError, match="at least 10 images"):
        expand(ASKED, BASE, RANKING, top=10)
    with pytest.raises(ValueError, match="3 queries"):
        expand(ASKED, BASE, RANKING[:2], top=2)
    with pytest.raises(ValueError, match="12 words, the database 5"):
        expand(ASKED, BASE[:, :5], RANKING, top=2)
    with pytest.raises(ValueError, match="boxes"):
        expand_locally(ASKED, MAPS, RANKING, np.zeros((3, 1, 4), int), top=2)
