import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.deep.hybrid import Hybrid, NamingLoss
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

LABELS = np.repeat(np.arange(6), 8)


def things():
    rng = np.random.default_rng(1)
    own = np.repeat(rng.normal(size=(6, 5)), 8, axis=0) + 0.5 * rng.normal(size=(48, 5))
    return l2_normalize(np.concatenate([own, 1.5 * rng.normal(size=(48, 15))], axis=1).astype(np.float32))


def ranks_right(x):
    scores, same = x @ x.T, LABELS[:, None] == LABELS
    return np.mean([(scores[i][same[i] & (np.arange(48) != i)][:, None] > scores[i][~same[i]]).mean() for i in range(48)])


def test_what_it_gives_is_its_last_layer_but_one():
    network = Hybrid(20, 6, (16, 8)).eval()
    x = things()
    h = torch.from_numpy(x) * 20**0.5
    for layer in (network.layers[0], network.layers[3]):
        h = torch.relu(layer(h))
    assert np.abs(network.transform(x) - torch.nn.functional.normalize(h, dim=1).detach().numpy()).max() < 1e-5
    assert torch.allclose(network(torch.from_numpy(x)), network.names(h), atol=1e-5)


def test_naming_makes_vectors_that_find_and_transform_has_no_dropout(tmp_path):
    torch.manual_seed(0)
    x, network = things(), Hybrid(20, 6, (32, 16))
    minimise(network, NamingLoss(network, x, LABELS), Schedule(steps=150, batch=1, rate=5e-3, decay=1e-3, check=150), tmp_path, progress=False)
    assert ranks_right(network.transform(x)) > ranks_right(x) + 0.1
    network.train()
    assert np.array_equal(network.transform(x), network.transform(x)) and network.training


@pytest.mark.parametrize(("call", "says"), [
    (lambda: Hybrid(20, 1), "two classes"), (lambda: Hybrid(20, 3, ()), "layers"),
    (lambda: NamingLoss(Hybrid(20, 3, (4,)), things(), LABELS), "0 to 2"),
    (lambda: NamingLoss(Hybrid(20, 3, (4,)), things(), np.zeros(48, int)), "same label"),
    (lambda: Hybrid(20, 3, (4,)).transform(things()[:, :5]), "vectors")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
