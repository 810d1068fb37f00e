import numpy as np
import pytest
import torch
from torch import nn

from visret_lab.crossmodal.margin import MarginNetwork, MarginPairs, Rows, draw_pairs, embed
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

RNG = np.random.default_rng(1)


def views(count=200):
    cause = RNG.normal(size=(count, 6))
    return tuple((np.tanh(cause @ RNG.normal(size=(6, d))) + 0.05 * RNG.normal(size=(count, d))).astype(np.float32) for d in (20, 12)), cause


def test_pairs_have_their_share_and_negatives_are_never_the_same():
    i, j, same = draw_pairs(np.random.default_rng(0), 5, 1000, 0.2)
    assert same.sum() == 200 and (i[same] == j[same]).all() and (i[~same] != j[~same]).all()
    counts = np.bincount(i[~same] * 5 + j[~same], minlength=25).reshape(5, 5)
    assert (np.diag(counts) == 0).all() and counts[~np.eye(5, dtype=bool)].min() > 20


def test_what_is_learnt_carries_over_to_items_never_seen(tmp_path):
    (x, y), cause = views()
    torch.manual_seed(0)
    network = MarginNetwork(20, 12, outputs=16)
    minimise(network, MarginPairs(network, Rows(x[:150]), Rows(y[:150]), size=128), Schedule(steps=400, rate=1e-2, check=400, seed=0), tmp_path,
             progress=False)
    f, g = embed(network, Rows(x[150:]), "image"), embed(network, Rows(y[150:]), "text", rows=7)
    rank = (f @ g.T > (f * g).sum(axis=1)[:, None]).sum(axis=1)
    assert np.median(rank) <= 2 and f.dtype == np.float32 and np.allclose(np.linalg.norm(g, axis=1), 1, atol=1e-5)


def test_an_encoder_stands_before_the_projection():
    network = MarginNetwork(3, 5, encoder=nn.Linear(4, 5, bias=False), outputs=2)
    t = torch.randn(6, 4)
    by_hand = torch.tanh(t @ network.encoder.weight.T @ network.text.weight.T + network.text.bias)
    assert torch.allclose(network.embed_text(t), by_hand / by_hand.norm(dim=1, keepdim=True), atol=1e-6)


def test_the_attribute_is_part_of_the_loss():
    (x, y), cause = views(40)
    labels = (cause[:, 0] > 0).astype(int)
    network = MarginNetwork(20, 12, outputs=4, classes=2)
    values = [MarginPairs(network, Rows(x), Rows(y), 32, labels=labels, share=s)(np.random.default_rng(0)).item() for s in (0.0, 0.25)]
    i, j, same = draw_pairs(np.random.default_rng(0), 40, 32)
    f, g = network.embed_image(torch.from_numpy(x)[i]), network.embed_text(torch.from_numpy(y)[j])
    named = sum(nn.functional.cross_entropy(h(v), torch.from_numpy(labels[r])) for h, v, r in zip(network.names, (f, g), (i, j), strict=True))
    assert values[1] == pytest.approx(0.5 * values[0] + 0.25 * named.item(), rel=1e-5)


@pytest.mark.parametrize(("make", "says"), [
    (lambda n: MarginPairs(n, Rows(np.zeros((3, 2))), Rows(np.zeros((4, 2)))), "3 images and 4 texts"),
    (lambda n: MarginPairs(n, Rows(np.zeros((3, 2))), Rows(np.zeros((3, 2))), positive=1.0), "between 0 and 1"),
    (lambda n: MarginPairs(n, Rows(np.zeros((3, 2))), Rows(np.zeros((3, 2))), labels=np.zeros(3)), "needs labels"),
    (lambda n: MarginNetwork(0, 2), "at least 1")])
def test_bad_input_is_named(make, says):
    with pytest.raises(ValueError, match=says):
        make(MarginNetwork(2, 2))
