"""What chapters 05 to 07 share: the sets that are searched, and rows from similarities or from a ranking."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import evaluate
from visret_lab.tables.experiments import aggregated


@pytest.mark.parametrize(("tier", "elsewhere", "want"), [
    ("mini", "town-elsewhere", ["places"]), ("campus", "elsewhere", ["places", "products"]), ("campus", "grocery-store", ["places"])])
def test_products_are_not_searched_where_everything_was_learnt_on_them(monkeypatch, tier, elsewhere, want):
    monkeypatch.setattr(aggregated, "load", lambda name, tier: SimpleNamespace(name=elsewhere if name == "elsewhere" else name))
    assert [dataset.name for dataset in aggregated.sets(tier)] == want


def test_rows_from_a_ranking_are_those_of_its_similarities():
    dataset = load("town", tier="mini")
    similarities = np.random.default_rng(0).random((len(dataset.queries), len(dataset.ids)))
    first = evaluate("chance", similarities, dataset, bytes_per_image=1, ms_per_query=1.0)
    rows = aggregated.rows_from(first, similarities, dataset)
    assert rows == aggregated.rows_from(first, rank(similarities), dataset)
    assert [row["metric"] for row in rows] == [f"mAP, town, {protocol}" for protocol in dataset.protocols]
    medium = next(row for row in rows if row["metric"].endswith("medium"))
    assert medium["value"] == first.mean
