import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn.functional import normalize

from visret_lab.training.losses.average_precision import AveragePrecision, soft_average_precision
from visret_lab.training.losses.batch_triplet import BatchTriplet, batch_triplet
from visret_lab.training.losses.contrastive import Contrastive, contrastive
from visret_lab.training.losses.cosine_margin import CosineMargin, cosine_margin
from visret_lab.training.losses.triplet import Triplet, triplet

G = torch.Generator().manual_seed(0)


def unit(*shape):
    return normalize(torch.randn(*shape, generator=G, dtype=torch.float64), dim=-1)


Q, P, N = unit(6, 8), unit(6, 8), unit(6, 4, 8)


def test_triplet_is_the_equation():
    want = sum(0.5 * max(0.0, 0.1 - float(q @ p) + float(q @ n)) for q, p, ns in zip(Q, P, N, strict=True) for n in ns)
    assert float(triplet(Q, P, N)) == pytest.approx(want, rel=1e-12)
    want = sum(0.5 * max(0.0, 0.1 + float(((q - p)**2).sum()) - float(((q - n)**2).sum())) for q, p, ns in zip(Q, P, N, strict=True)
               for n in ns)
    assert float(Triplet(0.1, "squared")(Q, P, N)) == pytest.approx(want, rel=1e-12)


def test_on_unit_vectors_the_two_forms_are_one():
    assert float(triplet(Q, P, N, 0.2, "squared")) == pytest.approx(2 * float(triplet(Q, P, N, 0.1)), rel=1e-12)


def test_triplets_in_order_pay_nothing_and_one_negative_may_stand_alone():
    a = torch.eye(3)
    assert float(triplet(a, a, a.roll(1, 0))) == 0
    assert float(triplet(a, a.roll(1, 0), a)) == pytest.approx(3 * 0.55)


def test_contrastive_is_the_equation():
    want = 0.0
    for q, p, ns in zip(Q, P, N, strict=True):
        want += 0.5 * float(((q - p)**2).sum())
        want += sum(0.5 * max(0.0, 1.3 - float((q - n).norm()))**2 for n in ns)
    assert float(Contrastive(1.3)(Q, P, N)) == pytest.approx(want, rel=1e-5)


def test_contrastive_has_a_gradient_where_two_vectors_are_the_same():
    q = Q.clone().requires_grad_()
    contrastive(q, Q, Q[:, None]).backward()
    assert torch.isfinite(q.grad).all()


def test_cosine_margin_is_the_equation():
    same = torch.tensor([1, 0, 0, 1, 0, 1])
    want = np.mean([1 - float(a @ b) if s else max(0, float(a @ b) - 0.1) for a, b, s in zip(Q, P, same, strict=True)])
    assert float(CosineMargin()(3 * Q, P, same)) == pytest.approx(want, rel=1e-9)


def test_soft_average_precision_is_average_precision_where_each_bin_has_one_image():
    rng = np.random.default_rng(1)
    for _ in range(20):
        similarity = rng.permutation(np.linspace(-1, 1, 21))[:12]
        relevant = rng.random(12) < 0.4
        relevant[0] = True
        found = soft_average_precision(torch.from_numpy(similarity)[None], torch.from_numpy(relevant)[None], 21)
        assert float(found[0]) == pytest.approx(average_precision_score(relevant, similarity), abs=1e-9)


def test_a_better_order_costs_less_and_values_beyond_the_bins_are_kept():
    relevant = torch.tensor([[True, True, False, False]])
    good, bad = torch.tensor([[1.4, 0.9, 0.1, -1.2]]), torch.tensor([[-1.2, 0.1, 0.9, 1.4]])
    assert float(soft_average_precision(good, relevant, 21)[0]) == pytest.approx(1, abs=1e-6)
    assert float(soft_average_precision(bad, relevant, 21)[0]) == pytest.approx((1 / 3 + 2 / 4) / 2, abs=1e-6)


def test_nobody_finds_himself():
    # Each vector is its own nearest; with itself in the list the average precision would be higher.
    vectors, labels = unit(8, 5), torch.tensor([0, 0, 1, 1, 2, 2, 3, 4])
    similarity = (vectors @ vectors.T).numpy()
    rows = []
    for i in range(6):  # the last two are alone
        others = np.arange(8) != i
        rows.append(soft_average_precision(torch.from_numpy(similarity[i][others])[None], (labels == labels[i])[others][None]))
    assert float(AveragePrecision()(vectors, labels)) == pytest.approx(1 - float(torch.cat(rows).mean()), rel=1e-9)


def test_all_triplets_of_a_batch_by_hand():
    labels, gaps = torch.tensor([0, 0, 1, 1, 2, 1]), []
    for q in range(6):
        for p in range(6):
            for n in range(6):
                if q != p and labels[q] == labels[p] and labels[q] != labels[n]:
                    gaps.append(0.3 - float(Q[q] @ Q[p]) + float(Q[q] @ Q[n]))
    want = sum(g for g in gaps if g > 0) / sum(g > 0 for g in gaps)
    assert float(BatchTriplet(0.3)(Q, labels)) == pytest.approx(want, rel=1e-12)
    a = torch.eye(3).repeat(2, 1)
    assert float(batch_triplet(a, torch.arange(3).repeat(2))) == 0  # all in order


@pytest.mark.parametrize("loss", [lambda q: triplet(q, P, N), lambda q: triplet(q, P, N, 0.1, "squared"), lambda q: contrastive(q, P, N),
                                  lambda q: cosine_margin(q, P, torch.tensor([1, 0, 1, 0, 1, 0])),
                                  lambda q: batch_triplet(q, torch.tensor([0, 0, 1, 1, 2, 2])),
                                  lambda q: AveragePrecision(7)(q, torch.tensor([0, 0, 1, 1, 2, 2]))])
def test_gradients(loss):
    assert torch.autograd.gradcheck(loss, Q.clone().requires_grad_())


@pytest.mark.parametrize(("call", "says"), [
    (lambda: triplet(Q, P[:3], N), "B x D"), (lambda: triplet(Q, P, N[:, :0]), "negatives"), (lambda: triplet(Q, P, N, 0), "margin"),
    (lambda: triplet(Q, P, N, form="cosine"), "squared"), (lambda: contrastive(Q[:0], P[:0], N[:0]), "no query"),
    (lambda: contrastive(Q, P, N, -1), "margin"), (lambda: cosine_margin(Q, P, torch.ones(5)), "Pairs"),
    (lambda: cosine_margin(Q, P, torch.ones(6), 2), "cosine"), (lambda: soft_average_precision(torch.ones(2, 3), torch.zeros(2, 3)), "Query 0"),
    (lambda: soft_average_precision(torch.ones(2, 3), torch.ones(3, 2)), "Q x N"),
    (lambda: soft_average_precision(torch.ones(2, 3), torch.ones(2, 3), 1), "bins"),
    (lambda: AveragePrecision()(Q, torch.arange(6)), "two images"),
    (lambda: batch_triplet(Q, torch.arange(6)), "no triplet"), (lambda: batch_triplet(Q, torch.zeros(6)), "no triplet"),
    (lambda: batch_triplet(Q, torch.ones(5)), "label each"), (lambda: batch_triplet(Q, torch.ones(6), 0), "margin")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
