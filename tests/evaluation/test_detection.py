import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from visret_lab.evaluation.detection import detection_ap


def test_worked_by_hand():
    # Two pictures, three objects. By score: right (.9), wrong (.8), right (.7), a second box around the same object (.6).
    scores = [np.array([0.9, 0.6]), np.array([0.7, 0.8])]
    overlaps = [np.array([[0.8, 0.1], [0.7, 0.2]]), np.array([[0.51], [0.5]])]
    # precision 1, 1/2, 2/3, 1/2 at recall 1/3, 1/3, 2/3, 2/3: levels 0 to .3 get 1, .4 to .6 get 2/3, .7 to 1 get none.
    assert detection_ap(scores, overlaps) == pytest.approx((4 * 1 + 3 * 2 / 3) / 11)


def test_all_found_is_one_and_none_is_zero():
    ten = [np.ones((1, 1))] * 10
    assert detection_ap([np.ones(1)] * 10, ten) == 1
    assert detection_ap([np.ones(1)] * 10, [0.4 * o for o in ten]) == 0
    assert detection_ap([np.zeros(0)] * 10, [np.zeros((0, 1))] * 10) == 0


def test_a_recall_of_exactly_a_level_reaches_it():
    found = [np.full((1, 1), float(n < 3)) for n in range(10)]
    assert detection_ap([np.array([1 - n / 10]) for n in range(10)], found) == pytest.approx(4 / 11)


def test_a_box_belongs_to_the_object_that_it_overlaps_most():
    # The second box overlaps object 0 by more than half, too, but object 1 more; the third's best object is taken.
    overlaps = np.array([[0.9, 0.0], [0.55, 0.6], [0.95, 0.1]])
    assert detection_ap([np.array([0.9, 0.8, 0.7])], [overlaps]) == 1
    assert detection_ap([np.array([0.9, 0.7, 0.8])], [overlaps]) == pytest.approx((6 * 1 + 5 * 2 / 3) / 11)


@pytest.mark.reference
def test_equals_the_curve_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores, hit = rng.random(400), rng.random(400) < 0.6
    precision, recall, _ = precision_recall_curve(hit, scores)  # one object and one detection a picture: those that miss are never found
    recall = recall * hit.sum() / 400
    wanted = np.mean([max((p for p, r in zip(precision[:-1], recall[:-1], strict=True) if r >= level - 1e-9), default=0)
                      for level in np.arange(11) / 10])
    assert detection_ap(list(scores[:, None]), [np.full((1, 1), 0.9 * h) for h in hit]) == pytest.approx(wanted, abs=1e-12)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="one score a detection"):
        detection_ap([np.ones(2)], [np.ones((1, 1))])
    with pytest.raises(ValueError, match="one score a detection"):
        detection_ap([np.ones(1)], [np.ones(1)])
    with pytest.raises(ValueError, match="no object in any picture"):
        detection_ap([np.ones(1)], [np.ones((1, 0))])
