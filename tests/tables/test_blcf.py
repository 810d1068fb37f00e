"""The runs of chapter 14 on a set of a few painted maps: which words are asked with, what each stage does, what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.arrays import rank
from visret_lab.deep.blcf import BLCF, blcf_prior, histograms, words_in_box
from visret_lab.protocols import Query
from visret_lab.rerank.word_expansion import expand
from visret_lab.tables.experiments import bags, blcf_efficiency, blcf_stages

RNG = np.random.default_rng(0)
MAPS = [np.maximum(RNG.normal(size=(6, 8, 8)), 0).astype(np.float32) for _ in range(20)]
OTHERS = [np.maximum(RNG.normal(size=(6, 8, 8)), 0).astype(np.float32) for _ in range(30)]
DATA = SimpleNamespace(name="few", ids=[f"i{i}" for i in range(20)], image=lambda i: np.zeros((80, 80, 3), np.uint8),
                       queries=[Query("q0", "i0", (0, 0, 40, 80)), Query("q1", "i5", (20, 20, 60, 60))])


@pytest.fixture(scope="module")
def found():
    return bags.of_maps(BLCF(12, bags.whitening(), per_word=50).fit(OTHERS), DATA, MAPS, [MAPS[0], MAPS[5]])


def test_local_search_asks_with_the_box(found):
    assert found.inside[0].shape == (16, 8) and found.inside[1].shape == (8, 8)
    assert (found.inside[0] == words_in_box(found.assignments[0], (0, 0, 40, 80), (80, 80))).all()
    assert abs(found.whole - found.base[[0, 5]]).max() == 0
    assert abs(found.local - histograms(found.inside, 12)).max() == 0


def test_the_centre_prior_weighs_images_and_not_queries(found):
    centred = blcf_stages.with_centre(found)
    assert abs(centred.whole - found.whole).max() == 0 and abs(centred.local - found.local).max() == 0
    want = np.bincount(found.assignments[3].ravel(), blcf_prior(16, 16).ravel(), 12)
    assert np.allclose(centred.base[3].toarray()[0], want / np.linalg.norm(want), atol=1e-5)


def test_the_stages_are_made_of_their_parts(found):
    stages = bags.stages(found, top=10, first=3)
    assert tuple(stages) == bags.STAGES
    gs = rank(np.asarray((found.whole @ found.base.T).todense()))
    assert (stages["GS"].ranking[:, 0] == [0, 5]).all() and (stages["GS"].ranking[:, :3] == gs[:, :3]).all()
    assert (np.sort(stages["GS + R"].ranking[:, :10]) == np.sort(stages["GS"].ranking[:, :10])).all()
    again = expand(found.whole, found.base, stages["GS + R"].ranking, 3) @ found.base.T
    assert (stages["GS + R + GQE"].ranking[:, 0] == again.toarray().argmax(axis=1)).all()


def test_the_memory_of_the_deck(found):
    cost = blcf_efficiency.costs(found)
    assert cost["memory, MB"] == pytest.approx(cost["words an image"] * 20 * 4 / 1e6)


@pytest.mark.parametrize("upsample", [1, 2])
def test_words_of_the_searched_set_are_refused(upsample):
    own = BLCF(5, bags.whitening(), upsample=upsample, per_word=100).fit(MAPS)
    with pytest.raises(ValueError, match="fitted on the few"):
        bags.require_unseen_maps(own, MAPS, "few")
    bags.require_unseen_maps(BLCF(5, bags.whitening(), upsample=upsample).fit(OTHERS), MAPS, "few")


def test_a_box_in_a_picture_that_is_not_in_the_set():
    stranger = SimpleNamespace(name="few", ids=["a"], queries=[Query("q", "b", (0, 0, 4, 4))])
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ValueError, match="not among its images"):
        patch.setattr(bags, "maps", lambda *a, **k: MAPS[:1])
        bags.picture_maps(SimpleNamespace(local="x"), stranger)
