import numpy as np
import pytest

from visret_lab.crossmodal.phrases import best_boxes, box_means, common_sizes, located, overlap, proposals
from visret_lab.datasets.captioned import CaptionedSet, Phrase


def test_the_mean_of_a_box_is_the_mean_of_its_cells():
    layer = np.random.default_rng(0).random((3, 6, 8))
    found = box_means([layer], [[10, 20, 40, 50]], 60, 80)[0]
    want = layer[:, 2:5, 1:4].mean(axis=(1, 2))
    assert np.allclose(found[:3], want / np.linalg.norm(want), atol=1e-6) and np.allclose(found[3:], [1 / 8, 1 / 3, 1 / 2, 5 / 6])
    tiny = box_means([layer], [[79.5, 59.5, 80, 60]], 60, 80)  # smaller than a cell: the cell that it lies in
    assert np.isfinite(tiny).all()


def test_proposals_lie_inside_and_cover():
    boxes = proposals(60, 80, np.array([[20.0, 30], [200, 10]]))
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2] <= 80 + 1e-9).all() and (boxes[:, 3] <= 60 + 1e-9).all()
    for point in ((1, 1), (79, 59), (40, 30)):
        assert ((boxes[:, :2] <= point) & (boxes[:, 2:] >= point)).all(axis=1).any()
    assert overlap(boxes, [30, 10, 50, 40]).max() >= 0.5


def test_answers_are_different_boxes_best_first():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9.5], [20, 20, 30, 30.0]])
    assert best_boxes(np.array([0.9, 0.95, 0.1]), boxes).tolist() == [1, 2]
    assert overlap(boxes, boxes[0]).tolist() == [1.0, 0.95, 0.0]


def test_sizes_and_what_they_need():
    boxes = np.array([[0, 0, 10, 20], [5, 5, 15, 25], [0, 0, 40, 10.0]])
    assert np.allclose(sorted(common_sizes(boxes, 2).tolist()), [[10, 20], [40, 10]])
    with pytest.raises(ValueError, match="none of them empty; got 3"):
        common_sizes(boxes, 4)


def test_phrases_without_a_box_are_left_out():
    own = [Phrase(2, 0, 0, 2, "A dog", np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), ""), Phrase(2, 0, 2, 4, "the sky", np.zeros((0, 4)), ""),
           Phrase(1, 0, 0, 1, "x", np.array([[0, 0, 1, 1]]), "")]
    data = CaptionedSet("toy", "CC0", list("abc"), [["x"]] * 3, {}, None, phrases=own)
    found = located(data, [0, 2])
    assert found.texts == ["a dog"] and found.boxes.tolist() == [[1, 2, 3, 4]] and found.owner.tolist() == [1]
