import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.deep.crop_maps import crop_maps
from visret_lab.evaluation import average_precision, positive_ranks
from visret_lab.evaluation.other_definitions import between_hits
from visret_lab.evaluation.ties import rank_with_ties
from visret_lab.protocols import Relevance
from visret_lab.teaching.exercises import ch29_published_beside_ours as exercise

NONE = np.array([], np.int64)


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_formulas_are_the_packages():
    for ranks, n in exercise.formulas.cases():
        size = max(ranks) + 50
        missing = size + np.arange(n - len(ranks))  # positives that the list does not hold
        truth, lists = [Relevance(np.concatenate([ranks, missing]), NONE)], np.arange(size)[None]
        ours = [average_precision(lists, truth)[0], average_precision(lists, truth, "finite_sum")[0], between_hits(lists, truth)[0]]
        assert exercise.formulas.reference(ranks, n) == pytest.approx(ours, abs=1e-12)


def test_the_judge_is_the_packages():
    for ranking, positive, junk, own in exercise.judge.cases():
        truth = [Relevance(np.setdiff1d(positive, [own]), np.append(junk, own))]
        assert (exercise.judge.reference(ranking, positive, junk, own) == positive_ranks(ranking[None], truth)[0]).all()


def test_the_box_is_the_packages():
    box, size, stride = (11, 130, 390, 640), (600, 900), 30
    maps = np.arange(30 * 20).reshape(1, 30, 20)
    left, top, right, bottom = exercise.boxes.reference(box, size, 900, stride)
    assert (crop_maps(maps, box, size) == maps[:, top:bottom, left:right]).all()


def test_the_whitening_is_the_packages():
    for learn, base, asked in exercise.leak.cases():
        pca = PCA(2, power=0.5).fit(learn)
        assert np.allclose(exercise.leak.reference(learn, base, asked),
                           l2_normalize(pca.transform(asked)) @ l2_normalize(pca.transform(base)).T, atol=1e-4)


def test_the_ends_are_the_packages():
    for scores, positive in exercise.tie.cases():
        truth = [Relevance(positive, NONE)]
        ours = [average_precision(rank_with_ties(scores, rule, truth), truth, "finite_sum")[0] for rule in ("against us", "for us")]
        assert exercise.tie.reference(scores, positive) == pytest.approx(ours)


def test_every_verdict_occurs_in_the_cases():
    said = [exercise.detective.reference(*case) for case in exercise.detective.cases()]
    assert said == ["formula", "junk", "cut", "found", "list", "list"]
