import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.training.classification import Schedule
from visret_lab.training.linear_metric import LinearMetric
from visret_lab.training.loop import minimise
from visret_lab.training.oasis import OASIS
from visret_lab.training.similarity import SIZES, Pairs, SimilarityNet, WarmUp, hard_pairs, margin_loss, random_pairs, random_vectors

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(8), 5)


def things(noise=1.6):
    """Unit vectors of 8 things; half of the numbers say which thing it is, half say nothing and are larger."""
    rng = np.random.default_rng(3)
    own = np.repeat(rng.normal(size=(8, 4)), 5, axis=0) + 0.2 * rng.normal(size=(40, 4))
    return l2_normalize(np.concatenate([own, noise * rng.normal(size=(40, 4))], axis=1).astype(np.float32))


def net(dim=8, hidden=(32, 32)):
    torch.manual_seed(0)
    return SimilarityNet(dim, hidden)


@pytest.mark.parametrize(("size", "millions"), [("A", 2.1), ("B", 20.98), ("C", 75.5), ("D", 37.8)])
def test_the_papers_sizes(size, millions):
    with torch.device("meta"):
        assert sum(p.numel() for p in SimilarityNet(512, SIZES[size]).parameters()) / 1e6 == pytest.approx(millions, rel=0.01)


def test_the_equation():
    network = net(3, (4, 5))
    a, b = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(1))
    w1, c1, (_, second, _, last) = network.first.weight, network.first.bias, network.rest
    for x, y, found in zip(a, b, network(a, b), strict=True):
        h = torch.relu(w1 @ torch.cat([x, y]) + c1)
        want = last.weight[0] @ torch.relu(second.weight @ h + second.bias) + last.bias[0]
        assert float(found.detach()) == pytest.approx(float(want.detach()), abs=1e-5)


def test_the_order_of_two_images_matters_and_scores_are_those_of_pairs():
    network, x = net(), things()
    pairs = network(torch.from_numpy(x[[0] * 7]), torch.from_numpy(x[5:12])).detach().numpy()
    assert np.abs(network.scores(x[0], network.prepared(x[5:12])) - pairs).max() < 1e-5
    back = network(torch.from_numpy(x[5:12]), torch.from_numpy(x[[0] * 7])).detach().numpy()
    assert np.abs(pairs - back).max() > 1e-3


def test_the_loss_asks_for_more_than_the_cosine():
    score, cosine, same = torch.tensor([0.5, 0.5]), torch.tensor([0.4, 0.4]), torch.tensor([True, False])
    assert float(margin_loss(score, cosine, same, 0.2)) == pytest.approx((abs(0.5 - 0.6) + abs(0.5 - 0.2)) / 2)
    assert float(margin_loss(cosine, cosine, same, 0.0)) == 0


def test_random_vectors_have_the_cosine_that_they_say_and_every_cosine_comes():
    a, b, cosine = random_vectors(4000, 6, RNG)
    assert np.abs((a * b).sum(axis=1) - cosine).max() < 1e-5 and np.allclose(np.linalg.norm(b, axis=1), 1, atol=1e-5)
    assert np.abs(np.histogram(cosine, 4, (-1, 1))[0] / 1000 - 1).max() < 0.12


def test_random_pairs_are_half_and_half_and_never_an_image_with_itself():
    pairs, same = random_pairs(LABELS, 101, np.random.default_rng(1))
    assert same.sum() == 50 and np.array_equal(LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]], same) and (pairs[:, 0] != pairs[:, 1]).all()


def test_every_partner_is_equally_likely_and_labels_may_be_words():
    labels = np.array(["b", "a", "b", "c", "b", "a"])
    pairs, same = random_pairs(labels, 24_000, np.random.default_rng(2))
    for first in (0, 1, 3):
        for match in (True, False):
            wanted = [i for i in range(6) if i != first and (labels[i] == labels[first]) == match]
            found = np.bincount(pairs[(pairs[:, 0] == first) & (same == match), 1], minlength=6)
            assert set(np.flatnonzero(found)) == set(wanted)
            assert not wanted or found[wanted].min() > 0.85 * found[wanted].max()


def test_hard_pairs_are_all_where_it_is_worse_than_the_cosine():
    network, x = net(), things()
    pairs, same = hard_pairs(network, x, LABELS, block=7)
    found = set(map(tuple, pairs.tolist()))
    for i in range(40):
        score = network.scores(x[i], network.prepared(x))
        for j in range(40):
            match = LABELS[i] == LABELS[j]
            gain = score[j] - x[i] @ x[j]
            if i != j and abs(gain) > 1e-5:
                assert ((i, j) in found) == bool(gain < 0 if match else gain > 0)
    assert np.array_equal(LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]], same)


@pytest.mark.parametrize(("even", "matching"), [(True, 20 + 20), (False, 20 + 0.8)])
def test_half_of_a_batch_is_hard_and_half_of_that_matches(even, matching):
    few = np.array([[0, 1], [2, 3]])  # of the same thing
    many = np.array([[i, j] for i in range(5) for j in range(20, 40)])
    hard = np.concatenate([few, many]), np.arange(102) < 2
    drawn = [Pairs(net(), things(), LABELS, batch=81, hard=hard, even=even).draw(np.random.default_rng(i)) for i in range(20)]
    for pairs, same in drawn:
        assert pairs.shape == (81, 2) and np.array_equal(LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]], same)
        assert {tuple(p) for p in pairs[41:].tolist()} <= {tuple(p) for p in hard[0].tolist()}  # 41 random ones come first
    assert np.mean([same[:41].sum() for _, same in drawn]) == 20
    assert np.mean([same.sum() for _, same in drawn]) == pytest.approx(matching, abs=0 if even else 0.7)


def test_hard_pairs_of_one_kind_or_none():
    one = np.array([[0, 9]]), np.array([False])
    pairs, same = Pairs(net(), things(), LABELS, batch=10, hard=one).draw(RNG)
    assert (pairs[5:] == [0, 9]).all() and not same[5:].any()
    none = np.zeros((0, 2), int), np.zeros(0, bool)
    assert Pairs(net(), things(), LABELS, batch=10, hard=none).draw(RNG)[1].sum() == 5


def ranks_right(scores):
    """Share of triplets (image, same thing, other thing) in the right order."""
    same = LABELS[:, None] == LABELS
    right = [(scores[i][same[i] & (np.arange(40) != i)][:, None] > scores[i][~same[i]]).mean() for i in range(40)]
    return float(np.mean(right))


def test_the_warm_up_imitates_the_cosine_and_pairs_go_beyond_it(tmp_path):
    network, x = net(), things()
    minimise(network, WarmUp(network), Schedule(steps=400, batch=1, rate=3e-3, decay=0, check=400), tmp_path / "warm", progress=False)
    a, b, cosine = random_vectors(2000, 8, RNG)
    with torch.no_grad():
        assert np.corrcoef(network(torch.from_numpy(a), torch.from_numpy(b)).numpy(), cosine)[0, 1] > 0.9
    plain = ranks_right(x @ x.T)
    schedule = Schedule(steps=300, batch=1, rate=3e-3, decay=0, check=300)
    minimise(network, Pairs(network, x, LABELS, 0.4), schedule, tmp_path / "pairs", progress=False)
    first = ranks_right(np.stack([network.scores(row, network.prepared(x)) for row in x]))
    assert first > plain + 0.05
    hard = hard_pairs(network, x, LABELS)
    minimise(network, Pairs(network, x, LABELS, 0.4, hard=hard), schedule, tmp_path / "hard", progress=False)
    assert len(hard_pairs(network, x, LABELS)[0]) < len(hard[0])


@pytest.mark.parametrize("most", [0.3, 50.0])
def test_oasis_takes_the_step_of_the_equation(most):
    x = np.array([[1.0, 0.0], [0.8, 0.1], [0.9, -0.5]], np.float32)
    model = OASIS(most, n_triplets=1).fit(x, [0, 0, 1])
    options = []
    for q, p in ((0, 1), (1, 0)):
        q, way = x[q].astype(float), (x[p] - x[2]).astype(float)
        loss = 1 - q @ way
        options.append(np.eye(2) + min(most, loss / ((q @ q) * (way @ way))) * np.outer(q, way))
    assert any(np.allclose(model.matrix_, want, atol=1e-6) for want in options)


def test_baselines_learn_which_numbers_count(tmp_path):
    x = things()
    plain = ranks_right(x @ x.T)
    assert ranks_right(OASIS(n_triplets=4000).fit(x, LABELS).scores(x, x)) > plain + 0.05
    metric = LinearMetric(8)
    assert np.abs(metric.transform(x) - x).max() < 1e-6  # it starts as the cosine
    minimise(metric, Pairs(metric, x, LABELS, 0.4), Schedule(steps=300, batch=1, rate=1e-2, decay=0, check=300), tmp_path, progress=False)
    found = metric.transform(x)
    assert ranks_right(found @ found.T) > plain + 0.05


@pytest.mark.parametrize(("call", "says"), [
    (lambda: SimilarityNet(0), "at least 1"), (lambda: SimilarityNet(4, ()), "layers"),
    (lambda: net()(torch.zeros(2, 8), torch.zeros(3, 8)), "B x 8"),
    (lambda: margin_loss(torch.zeros(1), torch.zeros(1), torch.zeros(1), -0.1), "delta"), (lambda: random_vectors(3, 1, RNG), "2 numbers"),
    (lambda: random_pairs(np.zeros(5), 4, RNG), "two labels"), (lambda: random_pairs(np.arange(5), 4, RNG), "two images"),
    (lambda: OASIS().fit(things(), np.zeros(40)), "two labels"), (lambda: OASIS(0).fit(things(), LABELS), "aggressiveness"),
    (lambda: net().scores(np.zeros(5), None), "query")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
