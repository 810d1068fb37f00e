import numpy as np
import pytest
import torch

from visret_lab.training.losses.structure_preserving import (EPSILON, ONE_DIRECTION, STRUCTURE, TWO_DIRECTIONS, StructurePreserving, Weights,
                                                             distances, structure_preserving)


def batch(images=4, each=2, dim=5, seed=0):
    g = torch.Generator().manual_seed(seed)
    owner = torch.arange(images).repeat_interleave(each)[torch.randperm(images * each, generator=g)]
    return torch.randn(images, dim, generator=g), torch.randn(images * each, dim, generator=g), owner


def by_hand(x, y, owner, weights, margin, hardest, alike=None):
    """The four sums written out with loops over NumPy numbers."""
    x, y, owner = x.numpy().astype(float), y.numpy().astype(float), owner.numpy()

    def d(a, b):
        return np.sqrt(((a - b) ** 2).sum() + EPSILON)

    def term(anchors, others, belongs, itself):
        means = []
        for i, a in enumerate(anchors):
            negatives = sorted(d(a, o) for k, o in enumerate(others) if not belongs(i, k) and not (itself and i == k))
            for j, p in enumerate(others):
                if belongs(i, j) and not (itself and i == j):
                    found = [max(0.0, margin + d(a, p) - n) for n in negatives[:hardest]]
                    means.append(sum(found) / min(hardest, len(others)))
        return np.mean(means) if means else 0.0

    total = term(x, y, lambda i, k: owner[k] == i, False)
    total += weights.sentence * term(y, x, lambda i, k: owner[i] == k, False)
    total += weights.images * (term(x, x, lambda i, k: bool(alike[i, k]), True) if alike is not None else 0)
    return total + weights.sentences * term(y, y, lambda i, k: owner[i] == owner[k], True)


@pytest.mark.parametrize("weights", [ONE_DIRECTION, TWO_DIRECTIONS, STRUCTURE, Weights(0.5, 0.3, 0.7)])
@pytest.mark.parametrize("hardest", [1, 3, 50])
def test_is_the_four_sums(weights, hardest):
    x, y, owner = batch()
    alike = torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=torch.bool)
    ours = structure_preserving(x, y, owner, weights, 0.4, hardest, alike)
    assert ours.item() == pytest.approx(by_hand(x, y, owner, weights, 0.4, hardest, alike), rel=1e-5)
    assert StructurePreserving(weights, 0.4, hardest)(x, y, owner, alike).item() == ours.item()


def test_sentences_of_one_image_are_no_negatives_of_it():
    """All sentences of all images on one point, images far apart: nothing but the margin would be paid for a false negative."""
    x = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    y = torch.tensor([[0.0, 0.1], [0.0, -0.1], [10.0, 0.1], [10.0, -0.1]])
    assert structure_preserving(x, y, torch.tensor([0, 0, 1, 1]), STRUCTURE).item() == 0
    assert structure_preserving(x, y, torch.tensor([0, 1, 1, 0]), STRUCTURE).item() > 1


def test_gradients_are_finite_where_points_coincide():
    x, y = torch.zeros(2, 3, requires_grad=True), torch.zeros(4, 3, requires_grad=True)
    structure_preserving(x, y, torch.tensor([0, 0, 1, 1])).backward()
    assert torch.isfinite(x.grad).all() and torch.isfinite(y.grad).all()


def test_gradient_against_differences():
    x, y, owner = (t.double() if t.is_floating_point() else t for t in batch(3, 2, 3, seed=1))
    assert torch.autograd.gradcheck(lambda a, b: structure_preserving(a, b, owner, Weights(1.0, 0.0, 0.5), 0.5, 2),
                                    (x.requires_grad_(), y.requires_grad_()))


def test_distances():
    a, b = torch.randn(3, 4), torch.randn(5, 4)
    assert torch.allclose(distances(a, b), torch.cdist(a, b), atol=1e-3)


@pytest.mark.parametrize(("change", "says"), [
    ({"owner": torch.tensor([0, 9, 1, 1])}, "image 9, and the batch has 2"), ({"x": torch.zeros(1, 3), "owner": torch.zeros(4, dtype=torch.long)}, "one image"),
    ({"y": torch.zeros(4, 2)}, "x I x D"), ({"margin": 0.0}, "above 0"), ({"hardest": 0}, "at least 1"), ({"alike": torch.ones(3, 3)}, "2 x 2")])
def test_bad_input_is_named(change, says):
    arguments = {"x": torch.zeros(2, 3), "y": torch.zeros(4, 3), "owner": torch.tensor([0, 0, 1, 1]), **change}
    with pytest.raises(ValueError, match=says):
        structure_preserving(**arguments)
