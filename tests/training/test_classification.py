"""A network learns, a stop changes nothing, and crops are parts of their picture."""

import json

import cv2
import numpy as np
import pytest
import torch

from visret_lab.training import classification
from visret_lab.training.classification import Pictures, Schedule, accuracy, crop, middle, train

SHORT = Schedule(steps=12, batch=8, side=16, rate=0.05, check=4, seed=3)


def pictures(count, seed):
    """Pictures of two kinds: brighter at the top, or at the bottom."""
    rng = np.random.default_rng(seed)
    files, labels = [], rng.integers(2, size=count)
    for label in labels:
        ramp = np.linspace(60, 180, 24)[:: 1 if label else -1, None, None]
        image = np.clip(ramp + rng.normal(0, 20, (24, 32, 3)), 0, 255).astype(np.uint8)
        files.append(cv2.imencode(".png", image)[1].tobytes())
    return Pictures(files, labels.astype(np.int64))


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, stride=2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Dropout(0.2),
                               torch.nn.Linear(8 * 49, 2))


def prepare(x):
    return (torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2).float() - 128) / 64


def test_it_learns(tmp_path):
    made = train(network(), pictures(200, 0), Schedule(steps=60, batch=16, side=16, rate=0.05, check=30), tmp_path, prepare,
                 pictures(100, 1), progress=False)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [30, 60] and log[1]["loss"] < log[0]["loss"]
    assert log[1]["accuracy"] > 0.95 and not made.training


def test_a_run_that_was_stopped_gives_the_same_weights(tmp_path, monkeypatch):
    data = pictures(40, 0)
    whole = train(network(), data, SHORT, tmp_path / "whole", prepare, progress=False)
    step = classification._step

    def stop(*arguments):
        if arguments[4] == 6:  # after the checkpoint of step 4
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(classification, "_step", stop)
    with pytest.raises(KeyboardInterrupt):
        train(network(), data, SHORT, tmp_path / "broken", prepare, progress=False)
    monkeypatch.setattr(classification, "_step", step)
    torch.manual_seed(99)  # nothing outside may matter
    again = train(network(), data, SHORT, tmp_path / "broken", prepare, progress=False)
    for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    logs = [[json.loads(line)["loss"] for line in (tmp_path / f / "log.jsonl").read_text().splitlines()] for f in ("whole", "broken")]
    assert logs[0] == logs[1]


def test_a_checkpoint_of_another_schedule_is_refused(tmp_path):
    data = pictures(20, 0)
    train(network(), data, SHORT, tmp_path, prepare, progress=False)
    with pytest.raises(ValueError, match="another rate, seed"):
        train(network(), data, Schedule(steps=12, batch=8, side=16, rate=0.1, check=4, seed=4), tmp_path, prepare, progress=False)


def test_the_rate_climbs_and_falls():
    rates = [Schedule(steps=100, rate=0.2).rate_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.04) and max(rates) == pytest.approx(0.2) and np.argmax(rates) in (4, 5)
    assert np.all(np.diff(rates[5:]) < 0) and rates[-1] < 1e-3


def test_crops_are_parts_of_their_picture():
    image = np.zeros((60, 80, 3), np.uint8)
    image[..., 0] = np.arange(80)  # red tells the column
    rng = np.random.default_rng(0)
    parts = [crop(image, 20, rng).astype(float) for _ in range(40)]
    assert all(part.shape == (20, 20, 3) and part[..., 1:].max() == 0 for part in parts)
    turned = [np.diff(part[..., 0].mean(axis=0)).mean() < 0 for part in parts]
    assert 8 < sum(turned) < 32
    assert middle(image, 30)[0, :, 0].min() >= 10 and middle(image, 30)[0, :, 0].max() <= 70


def test_bad_numbers():
    with pytest.raises(ValueError, match="at least 1"):
        Schedule(steps=0)
    with pytest.raises(ValueError, match="one label for each"):
        Pictures([b"x"], np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="at least one"):
        Pictures([], np.zeros(0, np.int64))
    assert accuracy(network().eval(), pictures(10, 0), SHORT, prepare) >= 0


def test_crops_of_several_sides_are_learnt_from_and_one_side_is_tested(tmp_path):
    seen = {"learnt": set(), "tested": set()}

    def sized(x):
        seen["learnt" if torch.is_grad_enabled() else "tested"].add(x.shape[1])
        return prepare(x)

    any_size = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    schedule = Schedule(steps=12, batch=4, side=20, sides=(16, 24), rate=0.01, check=12)
    train(any_size, pictures(20, 0), schedule, tmp_path, sized, pictures(6, 1), progress=False)
    assert seen == {"learnt": {16, 24}, "tested": {20}}
    with pytest.raises(ValueError, match="at least 1"):
        Schedule(sides=(16, 0))
