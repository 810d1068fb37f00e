import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

SCHEDULE = Schedule(steps=12, batch=1, rate=0.05, decay=0.0, check=3, seed=5)
X = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
Y = X @ torch.tensor([1.0, -2.0, 0.5, 3.0])


def linear():
    torch.manual_seed(0)
    return nn.Linear(4, 1)


def batch(network, rng):
    chosen = torch.from_numpy(rng.integers(40, size=8))
    return (network(X[chosen])[:, 0] - Y[chosen]).square()


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


class Kill(Exception):
    pass


def test_a_killed_training_goes_on_to_the_same_result_also_where_something_is_extracted_anew(tmp_path):
    def run(folder, kill_at=None):
        network, seen, steps = linear(), {}, []

        def refresh():
            seen["bias"] = float(network.bias.detach())
            assert not network.training

        def loss_of(rng):
            steps.append(1)
            if len(steps) == kill_at:
                raise Kill
            return batch(network, rng).mean() + (network.bias - seen["bias"] - 1).square().sum()

        minimise(network, loss_of, SCHEDULE, folder, progress=False, refresh=refresh)
        return weights(network)

    whole = run(tmp_path / "whole")
    with pytest.raises(Kill):
        run(tmp_path / "cut", kill_at=8)
    assert torch.equal(run(tmp_path / "cut"), whole)


def test_gradients_of_tuples_are_added_up(tmp_path):
    network, other = linear(), linear()
    minimise(network, lambda rng: batch(network, rng).sum(), SCHEDULE, tmp_path / "a", progress=False)
    minimise(other, lambda rng: tuples(other, rng), SCHEDULE, tmp_path / "b", progress=False)
    assert torch.allclose(weights(network), weights(other), atol=1e-5)


def tuples(network, rng):
    """The same batch in four parts, each computed when it is asked for."""
    chosen = torch.from_numpy(rng.integers(40, size=8))
    for part in chosen.split(2):
        yield (network(X[part])[:, 0] - Y[part]).square().sum()


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_checkpoint(tmp_path):
    network, calls = linear(), []

    def loss_of(rng):
        calls.append(1)
        return batch(network, rng).mean() * (float("nan") if len(calls) == 8 else 1)

    with pytest.raises(FloatingPointError, match="step 7 is nan"):
        minimise(network, loss_of, SCHEDULE, tmp_path, progress=False)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 6
    assert torch.isfinite(weights(network)).all()


def test_it_stops_when_the_score_rises_no_more_and_gives_the_best_weights(tmp_path):
    scores, seen, network = iter([0.1, 0.5, 0.4, 0.3, 0.9]), [], linear()

    def test():
        seen.append(weights(network).clone())
        return {"score": next(scores)}

    schedule = replace(SCHEDULE, steps=15)
    minimise(network, lambda rng: batch(network, rng).mean(), schedule, tmp_path, test, progress=False, patience=2)
    assert len(seen) == 4 and torch.equal(weights(network), seen[1])
    again = minimise(linear(), None, schedule, tmp_path, test, progress=False, patience=2)  # it is over: no step is taken
    assert torch.equal(weights(again), seen[1]) and len(seen) == 4


def test_a_score_that_only_stays_is_no_better_one(tmp_path):
    network, seen = linear(), []
    minimise(network, lambda rng: batch(network, rng).mean(), replace(SCHEDULE, steps=30), tmp_path,
             lambda: seen.append(1) or {"score": 0.5}, progress=False, patience=2)
    assert len(seen) == 3


def test_groups_of_parameters_have_rates_of_their_own(tmp_path):
    network, start = linear(), linear()
    groups = [{"params": [network.weight]}, {"params": [network.bias], "scale": 0.0}]
    minimise(network, lambda rng: batch(network, rng).mean(), SCHEDULE, tmp_path, progress=False, parameters=groups)
    assert torch.equal(network.bias, start.bias) and not torch.equal(network.weight, start.weight)


def test_checkpoints_of_others_are_refused(tmp_path):
    network = linear()
    minimise(network, lambda rng: batch(network, rng).mean(), SCHEDULE, tmp_path, progress=False)
    with pytest.raises(ValueError, match="another rate"):
        minimise(network, None, replace(SCHEDULE, rate=0.1), tmp_path, progress=False)
    with pytest.raises(ValueError, match="another network"):
        minimise(nn.Linear(5, 1), None, SCHEDULE, tmp_path, progress=False)


def test_patience_without_a_score_is_told(tmp_path):
    network = linear()
    with pytest.raises(ValueError, match="score"):
        minimise(network, lambda rng: batch(network, rng).mean(), SCHEDULE, tmp_path, progress=False, patience=1)
    with pytest.raises(ValueError, match="at least 1"):
        minimise(network, None, SCHEDULE, tmp_path, progress=False, patience=0)


def test_the_log_has_a_line_a_check(tmp_path):
    network = linear()
    minimise(network, lambda rng: batch(network, rng).mean(), SCHEDULE, tmp_path, lambda: {"error": 1.0}, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [3, 6, 9, 12] and np.isfinite([line["loss"] for line in lines]).all()
    assert all(line["error"] == 1 for line in lines)
