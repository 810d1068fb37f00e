"""Average precision and NDCG against scikit-learn and torchmetrics, the trapezoid against a loop over queries."""

import numpy as np
import pytest

from visret_lab.bench.evaluation import example, per_query_loop, races
from visret_lab.bench.race import RaceError, run_race
from visret_lab.evaluation import average_precision, ndcg
from visret_lab.protocols import Relevance

pytestmark = pytest.mark.reference


@pytest.fixture
def lists():
    rankings, relevance = example(12, 300, np.random.default_rng(7))
    return rankings, [Relevance(r.positive, np.array([], int)) for r in relevance]


def test_finite_sum_is_scikit_learns(lists):
    from sklearn.metrics import average_precision_score

    rankings, relevance = lists
    reference = [average_precision_score(np.isin(r, t.positive), -np.arange(len(r))) for r, t in zip(rankings, relevance, strict=True)]
    assert np.allclose(average_precision(rankings, relevance, "finite_sum"), reference, atol=1e-12)


def test_finite_sum_is_torchmetrics(lists):
    import torch
    from torchmetrics.functional.retrieval import retrieval_average_precision

    rankings, relevance = lists
    # Scores above 0: torchmetrics counts only hits with a positive score (it masks with preds > 0).
    scores = torch.arange(rankings.shape[1], 0, -1, dtype=torch.float64)
    reference = [retrieval_average_precision(scores, torch.tensor(np.isin(r, t.positive))).item()
                 for r, t in zip(rankings, relevance, strict=True)]
    assert np.allclose(average_precision(rankings, relevance, "finite_sum"), reference, atol=1e-6)


def test_trapezoid_with_junk_is_the_loop():
    rankings, relevance = example(20, 400, np.random.default_rng(3))
    assert np.abs(average_precision(rankings, relevance) - per_query_loop(rankings, relevance)).max() < 1e-12


def test_ndcg_is_scikit_learns():
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(0)
    gains, scores = rng.integers(0, 4, (9, 50)).astype(float), rng.random((9, 50))
    ours = ndcg(np.argsort(-scores, axis=1), gains, k=10)
    assert np.allclose(ours, [ndcg_score(g[None], s[None], k=10) for g, s in zip(gains, scores, strict=True)], atol=1e-12)


def test_the_races_have_equal_output_and_a_broken_one_is_refused():
    for race in races(small=True):
        row = run_race(race, repeat=1)
        assert row["max_difference"] <= race.tolerance
    broken = type(race)(**{**vars(race), "ours": lambda: race.theirs() + 1e-6})
    with pytest.raises(RaceError, match="differ"):
        run_race(broken, repeat=1)
