"""The losses against pytorch-metric-learning and torch, on the same triplets and pairs; the conventions that differ are named."""

import pytest
import torch
from pytorch_metric_learning import distances, losses, reducers
from torch.nn.functional import normalize

from visret_lab.training.losses.batch_triplet import batch_triplet
from visret_lab.training.losses.contrastive import EPS, contrastive
from visret_lab.training.losses.cosine_margin import cosine_margin
from visret_lab.training.losses.triplet import triplet

pytestmark = pytest.mark.reference
G = torch.Generator().manual_seed(0)


def unit(*shape):
    return normalize(torch.randn(*shape, generator=G, dtype=torch.float64), dim=-1)


Q, P, N = unit(7, 16), unit(7, 16), unit(7, 3, 16)
ROWS = torch.cat([Q, P, N.flatten(0, 1)])
INDEX = torch.arange(7)


def triplets():
    """Positions of anchors, positives and negatives in ROWS."""
    return INDEX.repeat_interleave(3), (7 + INDEX).repeat_interleave(3), 14 + torch.arange(21)


def test_triplet_of_squared_distances():
    # Theirs has no half, and takes the mean unless told to add up.
    theirs = losses.TripletMarginLoss(0.1, distance=distances.LpDistance(normalize_embeddings=False, power=2), reducer=reducers.SumReducer())
    want = theirs(ROWS, indices_tuple=triplets(), labels=torch.arange(len(ROWS)))
    assert float(triplet(Q, P, N, 0.1, "squared")) == pytest.approx(0.5 * float(want), rel=1e-9)


def test_triplet_of_inner_products():
    theirs = losses.TripletMarginLoss(0.1, distance=distances.DotProductSimilarity(normalize_embeddings=False), reducer=reducers.SumReducer())
    want = theirs(ROWS, indices_tuple=triplets(), labels=torch.arange(len(ROWS)))
    assert float(triplet(Q, P, N)) == pytest.approx(0.5 * float(want), rel=1e-9)


def test_all_triplets_of_a_batch():
    # Theirs forms all triplets of the labels, and takes the mean of those that pay: its default reducer.
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3])
    for margin in (0.05, 0.2, 1.0):
        theirs = losses.TripletMarginLoss(margin, distance=distances.DotProductSimilarity(normalize_embeddings=False))
        assert float(batch_triplet(ROWS[:10], labels, margin)) == pytest.approx(float(theirs(ROWS[:10], labels)), rel=1e-9)


def test_triplet_of_plain_distances_is_another_loss():
    # torch's TripletMarginLoss takes distances that are not squared.
    other = torch.nn.TripletMarginLoss(0.1, reduction="sum")(Q.repeat_interleave(3, 0), P.repeat_interleave(3, 0), N.flatten(0, 1))
    assert abs(float(triplet(Q, P, N, 0.1, "squared")) - 0.5 * float(other)) > 0.1


def test_contrastive_squares_what_theirs_leaves_linear():
    reducer = reducers.DoNothingReducer()
    theirs = losses.ContrastiveLoss(0, 0.7, distance=distances.LpDistance(normalize_embeddings=False), reducer=reducer)
    anchors, _, negatives = triplets()
    found = theirs(ROWS, indices_tuple=(INDEX, 7 + INDEX, anchors, negatives), labels=torch.arange(len(ROWS)))
    want = 0.5 * sum(float(found[name]["losses"].square().sum()) for name in ("pos_loss", "neg_loss"))
    assert float(contrastive(Q, P, N)) == pytest.approx(want, rel=100 * EPS)


def test_cosine_margin_is_torchs():
    same = torch.tensor([1, 0, 1, 0, 0, 1, 1])
    want = torch.nn.CosineEmbeddingLoss(0.1)(3 * Q, P, 2 * same - 1)
    assert float(cosine_margin(3 * Q, P, same)) == pytest.approx(float(want), rel=1e-7)
