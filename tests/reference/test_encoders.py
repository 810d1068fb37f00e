"""Packed LSTM, GRU and attention against torch over one shot after the other, and against their equations written out."""

import numpy as np
import pytest
import torch

from visret_lab.bench.encoders import by_hand, one_by_one, races
from visret_lab.bench.race import run_race
from visret_lab.video.encoders.attention import AttentionPooling
from visret_lab.video.encoders.batches import padded
from visret_lab.deep.recurrent import LastState

pytestmark = pytest.mark.reference
SHOTS = [np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32) for n in (5, 1, 50, 12)]


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_race_agrees(race):
    assert np.std(race.ours(), axis=0).min() > 1e-3  # the vectors tell shots apart
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_the_equations_of_the_lstm_are_those_of_the_packed_network():
    torch.manual_seed(1)
    net = LastState(6, 9, "lstm")
    with torch.no_grad():
        found = net(*padded(SHOTS, 6)).numpy()
    want = np.stack([by_hand(net.cell, shot)[-1] for shot in SHOTS])
    assert np.abs(found - want).max() < 1e-5 and np.abs(one_by_one(net.cell, SHOTS) - want).max() < 1e-5


def test_the_equations_of_the_gru_are_those_of_the_packed_network():
    torch.manual_seed(1)
    net = LastState(6, 9, "gru")
    w, u, b, d = (p.detach().double().numpy() for p in net.cell.parameters())
    with torch.no_grad():
        found = net(*padded(SHOTS, 6)).numpy()
    for shot, got in zip(SHOTS, found, strict=True):
        h = np.zeros(9)
        for x in shot.astype(float):
            (wr, wz, wn), (ur, uz, un) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
            r, z = 1 / (1 + np.exp(-wr - ur)), 1 / (1 + np.exp(-wz - uz))
            h = (1 - z) * np.tanh(wn + r * un) + z * h
        assert np.abs(got - h).max() < 1e-5


def test_the_attention_is_that_of_its_equation():
    torch.manual_seed(1)
    pool = AttentionPooling(6, 9)
    with torch.no_grad():
        found = pool(*padded(SHOTS, 6)).numpy()
    w, b, v = (p.detach().double().numpy() for p in (pool.see.weight, pool.see.bias, pool.weigh.weight))
    for shot, got in zip(SHOTS, found, strict=True):
        e = np.exp([float((v @ np.tanh(w @ x + b))[0]) for x in shot.astype(float)])
        assert np.abs(got - e @ shot / e.sum()).max() < 1e-5
