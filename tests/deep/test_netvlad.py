import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.deep.netvlad import NetVLAD, from_directions, from_distances, netvlad
from visret_lab.encoding.vlad import VLAD
from visret_lab.encoding.vocabulary import Vocabulary

RNG = np.random.default_rng(0)
ROWS = l2_normalize(np.abs(RNG.normal(size=(400, 6))).astype(np.float32))
WORDS = Vocabulary(5, seed=1).fit([ROWS])
MAPS = torch.from_numpy(RNG.random((3, 6, 4, 5)).astype(np.float32))


def by_hand(x, assign, centers):
    """v_k by loops over positions and clusters; assign: function C -> K shares."""
    found = np.zeros(centers.shape)
    for row in x.reshape(len(x), -1).T:
        row = row / np.linalg.norm(row)
        found += assign(row)[:, None] * (row - centers)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.ravel() / np.linalg.norm(found)


def test_the_sums_of_the_equation():
    layer = from_distances(ROWS, WORDS.centers_)
    weight, bias, centers = (p.detach().numpy().astype(float) for p in (layer.weight, layer.bias, layer.centers))

    def assign(row):
        e = np.exp(weight @ row + bias)
        return e / e.sum()

    for x, found in zip(MAPS.numpy(), layer(MAPS).detach().numpy(), strict=True):
        assert np.abs(found - by_hand(x, assign, centers)).max() < 1e-5


def test_started_from_distances_the_shares_are_those_of_a_softmax_of_squared_distances():
    layer = from_distances(ROWS, WORDS.centers_)
    squares = ((ROWS[:, None] - WORDS.centers_) ** 2).sum(axis=2)
    two = np.sort(squares, axis=1)[:, :2]
    alpha = np.log(100) / (two[:, 1] - two[:, 0]).mean()
    want = torch.softmax(torch.from_numpy(-alpha * squares), dim=1)
    got = torch.softmax(torch.from_numpy(ROWS) @ layer.weight.T + layer.bias, dim=1)
    assert torch.allclose(got, want.float(), atol=1e-4)


@pytest.mark.parametrize("start", [from_distances, from_directions])
def test_on_average_the_first_share_is_a_hundred_times_the_second(start):
    layer = start(ROWS, WORDS.centers_)
    scores = (torch.from_numpy(ROWS) @ layer.weight.T + (0 if layer.bias is None else layer.bias)).detach().numpy()
    two = np.sort(scores, axis=1)[:, -2:]
    assert (two[:, 1] - two[:, 0]).mean() == pytest.approx(np.log(100), rel=1e-4)


def test_with_a_hard_assignment_it_is_vlad():
    centers = torch.from_numpy(WORDS.centers_).double()
    alpha = 1e6
    found = netvlad(MAPS.double(), 2 * alpha * centers, -alpha * centers.square().sum(dim=1), centers)
    rows = [l2_normalize(x.reshape(6, -1).T) for x in MAPS.numpy()]
    want = VLAD(vocabulary=WORDS, power=1, intra=True).fit(rows).transform(rows)
    assert np.abs(found.numpy() - want).max() < 1e-5


def test_gradients():
    x = MAPS[:2, :, :2, :3].double().requires_grad_()
    layer = from_distances(ROWS, WORDS.centers_, ratio=3).double()
    assert torch.autograd.gradcheck(lambda *p: netvlad(*p), (x, layer.weight, layer.bias, layer.centers))


@pytest.mark.parametrize(("call", "says"), [
    (lambda: from_distances(ROWS, WORDS.centers_[:1]), "two centres"),
    (lambda: from_distances(ROWS, np.stack([WORDS.centers_[0]] * 2)), "differ"),
    (lambda: from_directions(ROWS, np.zeros((2, 6))), "direction"),
    (lambda: from_distances(ROWS[:, :4], WORDS.centers_), "descriptors"),
    (lambda: NetVLAD(WORDS.centers_, WORDS.centers_)(torch.zeros(1, 6, 0, 2)), "no position")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
