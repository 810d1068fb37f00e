"""The loss of HardNet by loops, and numbers that can be checked by hand."""

import numpy as np
import pytest
import torch

from visret_lab.training.losses.hardest_in_batch import distances, hardest, hardest_in_batch, random_in_batch


def unit(seed, n=7, d=5, dtype=torch.float32):
    x = torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    return x / x.norm(dim=1, keepdim=True)


def by_loops(a, p, margin=1.0, groups=None, same=0.008):
    n, total = len(a), 0.0
    groups = np.arange(n) if groups is None else groups
    d = [[float(np.sqrt(max(0, 2 - 2 * float(np.dot(a[i], p[j]))) + 1e-6)) for j in range(n)] for i in range(n)]
    for i in range(n):
        row = [d[i][j] for j in range(n) if groups[j] != groups[i] and d[i][j] >= same]
        column = [d[j][i] for j in range(n) if groups[j] != groups[i] and d[j][i] >= same]
        total += max(0.0, margin + d[i][i] - min(row + column))
    return total / n


@pytest.mark.parametrize("seed, margin, groups", [(0, 1.0, None), (1, 0.4, None), (2, 1.0, [0, 0, 1, 2, 3, 3, 3])])
def test_by_loops(seed, margin, groups):
    a, p = unit(seed), unit(seed + 50)
    wanted = by_loops(a.numpy(), p.numpy(), margin, groups)
    got = hardest_in_batch(a, p, None if groups is None else torch.tensor(groups), margin)
    assert got.item() == pytest.approx(wanted, abs=1e-5)


def on_circle(*degrees):
    angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
    return torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)


def test_by_hand_on_a_circle():
    # chords of 60 degrees are 1 long, of 180 degrees 2: pair 0 is apart by 60, pair 1 by 0
    a, p = on_circle(0, 120), on_circle(60, 120)
    found = hardest(a, p)
    # pair 0: d(a0, p1) is a chord of 120, d(a1, p0) one of 60: the swap takes the second
    assert torch.allclose(found.negative, torch.tensor([1.0, 1.0], dtype=torch.float64), atol=1e-5)
    assert (int(found.row[0]), int(found.column[0])) == (1, 0)
    assert (int(found.row[1]), int(found.column[1])) == (1, 0)
    assert hardest_in_batch(a, p).item() == pytest.approx((1 + 0) / 2, abs=1e-3)


def test_copies_are_no_negatives():
    a = torch.cat([unit(3, 4), unit(3, 4)[:1]])  # the last pair is the first once more
    p = a.clone()
    assert hardest(a, p).negative.min() > 0.1
    assert hardest_in_batch(a, p, same=0.0) > hardest_in_batch(a, p) + 0.2


def test_the_gradient_in_float64():
    a, p = (unit(s, 5, 4, torch.float64).requires_grad_() for s in (4, 5))

    def loss(x, y):
        return hardest_in_batch(x / x.norm(dim=1, keepdim=True), y / y.norm(dim=1, keepdim=True))

    assert torch.autograd.gradcheck(loss, (a, p))


def test_equal_descriptors_have_a_finite_gradient():
    a = unit(6, 4).requires_grad_()
    hardest_in_batch(a, a.detach().clone()).backward()
    assert torch.isfinite(a.grad).all()


def test_distances_are_euclidean():
    a, p = unit(7), unit(8)
    assert torch.allclose(distances(a, p), torch.cdist(a, p), atol=1e-3)


def test_a_random_negative_is_never_the_pair_itself():
    a = unit(9, 6)
    d, seen = distances(a, a), set()
    for seed in range(40):
        loss = random_in_batch(a[:2], a[:2], torch.Generator().manual_seed(seed))
        assert loss.item() == pytest.approx((1 + d[[0, 1], [0, 1]] - d[[0, 1], [1, 0]]).clamp_min(0).mean().item(), abs=1e-5)
        seen.add(round(random_in_batch(a, a, torch.Generator().manual_seed(seed), margin=2.0).item(), 4))
    assert len(seen) > 10
    assert hardest_in_batch(a, a) >= random_in_batch(a, a, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("a, p, options, word", [
    (unit(0), unit(1, 6), {}, "both be"), (unit(0, 1), unit(1, 1), {}, "2 or more"),
    (unit(0) * float("nan"), unit(1), {}, "not finite"), (unit(0), unit(1), {"margin": 0}, "margin"),
    (unit(0), unit(1), {"groups": torch.zeros(7, dtype=int)}, "no negative"), (unit(0), unit(1), {"groups": torch.zeros(3)}, "one number")])
def test_bad_batches_are_named(a, p, options, word):
    with pytest.raises(ValueError, match=word):
        hardest_in_batch(a, p, **options)
