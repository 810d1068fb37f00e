import numpy as np
import pytest
import torch

from visret_lab.deep import regions
from visret_lab.tables.experiments import ch15_detector
from visret_lab.training.scenes import SceneConfig, Scenes

BOX = np.array([2, 3, 12, 13], np.float32)


def some(count=8, side=20):
    seen = np.zeros((count, side, side), bool)
    seen[:, 3:13, 2:12] = True
    return Scenes(np.zeros((count, side, side, 3), np.uint8), seen, np.arange(count), np.arange(count))


class Says:
    """A detector that gives the same boxes for every picture, and is surer of each picture than of the one before."""

    def __init__(self, *boxes):
        self.boxes, self.calls = torch.tensor(np.array(boxes, np.float32).reshape(-1, 4)), 0

    def __call__(self, inputs):
        self.calls += 1
        assert [x.dtype for x in inputs] == [torch.float32] and inputs[0].shape[0] == 3
        return [{"boxes": self.boxes, "scores": torch.full((len(self.boxes),), self.calls / 100)}]


def test_who_is_always_right_and_who_never_is():
    right = Says(BOX)
    ap, (low, high), seconds = ch15_detector.measure(right, some())
    assert (ap, low, high) == (1, 1, 1) and 0 < seconds < 1 and right.calls == 9
    assert ch15_detector.measure(Says(BOX + 10), some())[0] == 0
    assert ch15_detector.measure(Says(), some())[0] == 0


def test_a_second_box_around_the_same_building_is_wrong():
    assert 0.5 < ch15_detector.measure(Says(BOX, BOX + 1), some())[0] < 1


def test_the_interval_holds_the_value_and_belongs_to_the_seed():
    class Half(Says):
        def __call__(self, inputs):
            found = super().__call__(inputs)
            found[0]["boxes"] = self.boxes + 20 * (self.calls % 2)
            return found

    ap, (low, high), _ = ch15_detector.measure(Half(BOX), some(40))
    assert low < ap < high and ch15_detector.measure(Half(BOX), some(40))[1] == (low, high)


def test_the_shipped_detector_finds_buildings_that_it_never_saw(monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    config = SceneConfig(buildings=1, views=1, seed=3)
    monkeypatch.setattr(ch15_detector.scenes, "CATEGORIES", ch15_detector.scenes.CATEGORIES[:6])
    found = ch15_detector.unseen(config)
    boxes, scores, _ = ch15_detector.detect(regions.detector(), found.images)
    assert len(boxes) == len(scores) == len(found.images) == 6
    assert all(b.shape == (len(s), 4) and (np.diff(s) <= 0).all() for b, s in zip(boxes, scores, strict=True))
    assert ch15_detector.measure(regions.detector(), found)[0] > 0.3


@pytest.mark.parametrize("tier", ["campus", "full"])
def test_it_knows_painted_buildings_only(tier):
    assert ch15_detector.run(tier) == []
