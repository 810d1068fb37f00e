import numpy as np
import pytest
import torch

from visret_lab.crossmodal.two_branch import PairBatches, TwoBranch
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.losses.structure_preserving import StructurePreserving

RNG = np.random.default_rng(0)


def views(items=120, each=2, hidden=6):
    """Two noisy views of the same hidden causes, through other mixtures."""
    cause = RNG.normal(size=(items, hidden))
    owner = np.repeat(np.arange(items), each)
    x = np.tanh(cause @ RNG.normal(size=(hidden, 20))) + 0.1 * RNG.normal(size=(items, 20))
    y = np.tanh(cause[owner] @ RNG.normal(size=(hidden, 15))) + 0.1 * RNG.normal(size=(items * each, 15))
    return x.astype(np.float32), y.astype(np.float32), owner


def recall(network, x, y, owner):
    found = (network.embed_sentences(y) @ network.embed_images(x).T).argmax(axis=1)
    return (found == owner).mean()


def test_learns_what_two_views_share_on_items_it_never_saw(tmp_path):
    x, y, owner = views(200)
    torch.manual_seed(0)
    network = TwoBranch(20, 15, hidden=64, outputs=16, dropout=0.0)
    train = owner < 150
    before = recall(network, x[150:], y[~train], owner[~train] - 150)
    batches = PairBatches(network, StructurePreserving(), x[:150], y[train], owner[train], count=60)
    minimise(network, batches, Schedule(steps=150, rate=3e-3, check=150, seed=0), tmp_path, progress=False)
    assert before < 0.15 and recall(network, x[150:], y[~train], owner[~train] - 150) > 0.5


def test_embeddings_have_unit_length_and_do_not_depend_on_the_batch():
    network = TwoBranch(20, 15, hidden=8, outputs=4)
    x, y, _ = views(10)
    a, b = network.embed_images(x), network.embed_sentences(y)
    assert a.shape == (10, 4) and a.dtype == np.float32 and np.allclose(np.linalg.norm(a, axis=1), 1, atol=1e-6) and b.shape == (20, 4)
    assert np.allclose(network.embed_images(x[:3]), a[:3], atol=1e-6) and network.training


def test_a_batch_holds_images_with_sentences_of_their_own():
    x, y, owner = views(30, each=3)
    seen = []
    batches = PairBatches(lambda a, b: (a, b), lambda a, b, own: seen.append((a, b, own)) or torch.tensor(0.0), x, y, owner, count=7, each=2)
    batches(np.random.default_rng(0))
    a, b, own = seen[0]
    assert a.shape == (7, 20) and b.shape == (14, 15) and own.tolist() == np.repeat(np.arange(7), 2).tolist()
    for row, mine in zip(b, own, strict=True):
        image = int((torch.from_numpy(x) == a[mine]).all(dim=1).nonzero())
        sentence = int((torch.from_numpy(y) == row).all(dim=1).nonzero())
        assert owner[sentence] == image


def test_a_linear_branch_is_a_matrix():
    network = TwoBranch(5, 4, hidden=None, outputs=3)
    x = RNG.normal(size=(6, 5)).astype(np.float32)
    weight, bias = (p.detach().numpy() for p in network.image.parameters())
    by_hand = x @ weight.T + bias
    assert np.allclose(network.embed_images(x), by_hand / np.linalg.norm(by_hand, axis=1, keepdims=True), atol=1e-6)


def test_bad_input_is_named():
    x, y, owner = views(10)
    with pytest.raises(ValueError, match="at least 1"):
        TwoBranch(0, 5)
    with pytest.raises(ValueError, match="rows of 20 numbers"):
        TwoBranch(20, 15, 8, 4).embed_images(y)
    with pytest.raises(ValueError, match="every image a sentence"):
        PairBatches(None, None, x, y[:-2], owner[:-2])
    with pytest.raises(ValueError, match="from 0 to 9"):
        PairBatches(None, None, x, y, owner + 1)
