"""The runs of chapters 02 and 03, on a set of eight pictures in memory."""

import numpy as np
import pytest

from visret_lab.protocols import Query, Relevance
from visret_lab.tables.experiments import ch02_color, ch03_edges_gist, global_features


class Pairs:
    """Four scenes of blurred noise, two pictures each; the second is a little darker."""

    name, tier, version, licence, protocols, default_protocol = "pairs", "campus", "1", "CC0", ("groups",), "groups"

    def __init__(self):
        self.ids = [f"{scene}{k}" for scene in "abcd" for k in (0, 1)]
        self.queries = [Query(i, i) for i in self.ids]

    def image(self, image_id):
        coarse = np.random.default_rng(ord(image_id[0])).integers(0, 256, (6, 8, 3))
        return (coarse.repeat(8, 0).repeat(8, 1) * (0.97 if image_id[1] == "1" else 1)).astype(np.uint8)

    def query_image(self, query):
        return self.image(query.image_id)

    def relevant(self, query, protocol):
        own = self.ids.index(query.image_id)
        return Relevance(np.array([own ^ 1]), np.array([own]))


class Products(Pairs):
    name, protocols, default_protocol = "products", ("natural", "iconic"), "natural"


@pytest.fixture(autouse=True)
def sets(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    monkeypatch.setattr(global_features, "load", lambda role, tier: Pairs() if role == "places" else Products())


@pytest.mark.parametrize("module", [ch02_color, ch03_edges_gist])
def test_rows_of_every_tier(module):
    mini, campus = module.run("mini"), module.run("campus")
    assert {row["metric"] for row in mini} == {"mAP, pairs, groups"}
    assert {row["metric"] for row in campus} == {
        "mAP, pairs, groups", "mAP, products, natural", "1-NN, natural, products", "R@1, natural to iconic, products"}
    assert len(campus) == 4 * len(module.METHODS)
    for row in campus:
        assert row["table"] == "handmade" and 0 <= row["low"] <= row["value"] <= row["high"] <= 1
    best = max(row["value"] for row in mini)
    assert best == pytest.approx(1)


@pytest.mark.parametrize("module", [ch02_color, ch03_edges_gist])
def test_results_and_rows_are_one_run(module):
    results, rankings = module.results(Pairs())
    values = {row["row"]: row["value"] for row in module.run("mini")}
    assert {name: result.mean for name, result in results.items()} == values
    assert all(ranking.shape == (8, 8) for ranking in rankings.values())


def test_a_distance_is_turned_round():
    similarity = ch02_color.distance(lambda a, b: np.array([[1.0, 2.0]]))
    assert similarity(None, None).argmax() == 0
