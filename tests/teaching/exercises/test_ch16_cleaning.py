from types import SimpleNamespace

import numpy as np
from scipy.sparse import csr_array

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.features.matching import match
from visret_lab.tables.experiments import ch16_cleaning
from visret_lab.teaching.exercises import ch16_cleaning as exercise
from visret_lab.training import boxes, cleaning


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_matches_are_the_packages():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(20, 128))
    b = a + rng.normal(0, 0.6, a.shape)
    a, b = (np.abs(x) / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    features = [(None, a.astype(np.float32)), (None, b.astype(np.float32))]
    (_, _, pairs), = cleaning.mutual_matches(features, 0.9)
    assert len(pairs) > 3 and len(match(a, b, 0.9)) >= len(pairs)
    d = np.linalg.norm(a[:, None] - b[None], axis=2)
    assert exercise.mutual.reference(d, 0.9) == [tuple(p) for p in pairs.tolist()]


def test_the_component_is_the_packages():
    for weights, least in exercise.component.cases():
        assert exercise.component.reference(weights, least) == cleaning.largest_component(cleaning.prune(csr_array(weights), least)).tolist()


def test_the_median_and_the_moved_box_are_the_packages():
    for (points,) in exercise.median.cases():
        assert np.allclose(exercise.median.reference(points), boxes.geometric_median(points, 1e-6, 2000), atol=0.02)
    for box, matrix in exercise.move.cases():
        assert np.allclose(exercise.move.reference(box, matrix), boxes.move_boxes(matrix[None], box[None])[0])


def test_the_measures_are_the_experiments():
    for kept, labels in exercise.measures.cases():
        ids = [f"p{i}" for i in range(len(labels))]
        data = SimpleNamespace(details={i: {"label": str(y)} for i, y in zip(ids, labels, strict=True)})
        found = SimpleNamespace(name="x", ids=ids, kept=[i for i, k in zip(ids, kept, strict=True) if k], boxes={})
        score = ch16_cleaning.score(found, data)
        assert np.allclose(exercise.measures.reference(kept, labels), (score.precision, score.recall))
