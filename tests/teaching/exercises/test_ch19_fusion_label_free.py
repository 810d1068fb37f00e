import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.rerank.fusion import fuse, normalized
from visret_lab.teaching.exercises import ch19_fusion_label_free as exercise
from visret_lab.training.label_free import candidates, fused_score


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_scales_are_the_packages():
    for (scores,) in exercise.scaled.cases():
        assert np.allclose(exercise.scaled.reference(scores), normalized(scores))
    for a, b, w in exercise.weighed.cases():
        assert np.allclose(exercise.weighed.reference(a, b, w), fuse([a, b], [w, 1 - w]))
    for (systems,) in exercise.by_ranks.cases():
        assert np.allclose(exercise.by_ranks.reference(systems) / len(systems), fuse(systems, rule="ranks"))


def test_the_rule_is_the_packages():
    for matches, cosine, own in exercise.ruled.cases():
        whole = np.full((len(matches), len(matches)), -1.0)
        whole[own] = fused_score(matches[None], cosine[None])[0]
        same, other = candidates(whole)
        found = exercise.ruled.reference(matches, cosine, own)
        assert np.flatnonzero(found == 1).tolist() == same[own].tolist() and np.flatnonzero(found == -1).tolist() == other[own].tolist()


def test_the_cases_hold_what_they_are_for():
    assert any((s.min(axis=1) == s.max(axis=1)).any() for (s,) in exercise.scaled.cases())
    for w, ap, other in exercise.honest.cases():
        assert w[np.nanmean(ap[:, other], axis=1).argmax()] != w[np.nanmean(ap[:, ~other], axis=1).argmax()]
    assert any(((m + c) / 2 == 15).any() for m, c, _ in exercise.ruled.cases())


def test_the_shares_of_right_pairs_are_counted_one_by_one():
    for found, anchors, names in exercise.judged.cases():
        pairs = [(found[a, j], names[i] == names[j]) for a, i in enumerate(anchors) if names[i] for j in range(len(names))]
        assert np.allclose(exercise.judged.reference(found, anchors, names),
                           [np.mean([same for what, same in pairs if what == which]) for which in (1, -1)])
