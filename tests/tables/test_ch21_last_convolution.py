"""The convolution below a similarity network: what is learnt, what stays, and how pairs are drawn."""

import numpy as np
import pytest
import torch
from torch import nn

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.rmac import RMAC
from visret_lab.deep.whitening import Whitening
from visret_lab.tables.experiments import ch21_last_convolution as last
from visret_lab.tables.experiments import ch21_similarity_networks as ch21
from visret_lab.tables.experiments import deep_features
from visret_lab.training.similarity import SimilarityNet

LABELS = np.repeat(list("abcd"), 3)


@pytest.fixture
def case():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    found = [rng.random((6, *(side, side + 1))).astype(np.float32) for side in (4, 5, 4) * 4]
    pca = PCA(4, l2_before=True).fit(l2_normalize(rng.random((40, 6)).astype(np.float32)))
    head = RMAC(Whitening(pca)).requires_grad_(False)
    return last.Together(nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), head), SimilarityNet(4, (8, 8))), found


def test_the_last_convolution_makes_the_vectors_of_the_chapter():
    network = deep_features.networks("mini")[0]
    images = torch.from_numpy(np.random.default_rng(0).random((2, 3, 96, 128)).astype(np.float32))
    with torch.no_grad():
        whole = network.backbone.network.features[:-1](images)
        before = network.backbone.network.features[:-3](images)
    rng = np.random.default_rng(1)
    pca = PCA(8, power=0.25, l2_before=True).fit(l2_normalize(rng.random((60, whole.shape[1])).astype(np.float32)))
    want = ch21.ch13_conv_pooling.summed_windows(pool_maps(ch21.ch13_conv_pooling.region_mac, list(whole.numpy())), pca)
    assert np.abs(pool_maps(last.last_convolution(network, pca), list(before.numpy())) - want).max() < 1e-4


def test_half_of_the_pairs_match_and_none_is_an_image_with_itself(case, monkeypatch):
    monkeypatch.setattr(last, "LABELS", 3)
    monkeypatch.setattr(last, "VIEWS", 2)
    loss = last.TogetherPairs(*case, LABELS, 0.2)
    for seed in range(5):
        chosen, pairs, same = loss.draw(np.random.default_rng(seed))
        names = LABELS[chosen]
        assert len(set(chosen)) == 6 and len(set(names)) == 3 and same.sum() == 6 and len(same) == 12
        assert np.array_equal(names[pairs[:, 0]] == names[pairs[:, 1]], same) and (pairs[:, 0] != pairs[:, 1]).all()


def test_groups_of_equal_size_keep_the_order(case):
    network, found = case
    with torch.no_grad():
        rows = last.described_in_groups(network.describe, found)
        for row, one in zip(rows, found, strict=True):
            assert (row - network.describe(torch.from_numpy(one[None]))[0]).abs().max() < 1e-5


@pytest.mark.parametrize("learnt", [True, False])
def test_the_convolution_is_learnt_only_when_asked_and_the_network_before_stays(case, learnt):
    network, found = case
    kept = {n: p.clone() for n, p in network.named_parameters()}
    after = dict(last.train(network, found, LABELS, learnt, steps=3, scale=1.0).named_parameters())
    assert all((p == kept[n]).all() for n, p in network.named_parameters())
    moved = {n for n in kept if not (after[n] == kept[n]).all()}
    assert {n for n in moved if n.startswith("describe")} == ({"describe.0.weight", "describe.0.bias"} if learnt else set())
    assert any(n.startswith("similarity") for n in moved)


def test_the_goal_is_the_cosine_before(case):
    network, found = case
    loss = last.TogetherPairs(network, found, LABELS, 0.0)
    network.describe[0].weight.data.mul_(-3)  # the vectors have moved, the goal has not
    chosen, pairs, _ = loss.draw(np.random.default_rng(3))
    now = torch.from_numpy(network.vectors([found[i] for i in chosen]))
    old = loss.before[torch.from_numpy(chosen)]
    i, j = torch.from_numpy(pairs).T
    with torch.no_grad():
        want = (network.similarity(now[i], now[j]) - (old[i] * old[j]).sum(dim=1)).abs().mean()
    assert float(loss(np.random.default_rng(3)).detach()) == pytest.approx(float(want), abs=1e-5)


def test_a_gain_is_paired():
    row = last.gain({"row": "x", "metric": "y"}, "m", np.array([0.5, 0.9, np.nan]), np.array([0.4, 0.8, np.nan]))
    assert row["value"] == pytest.approx(0.1) and row["low"] == pytest.approx(0.1) and row["metric"] == "gain over the fixed one, m"


def test_other_tiers_have_no_rows():
    assert last.run("campus") == []
