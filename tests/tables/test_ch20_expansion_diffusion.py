"""The run of chapter 20: whose picture is whose, how constants are chosen, and what is measured."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.datasets.collection import Collection
from visret_lab.protocols import Query, Relevance
from visret_lab.rerank.diffusion import Diffusion
from visret_lab.rerank.regional_diffusion import RegionalDiffusion
from visret_lab.tables.experiments import ch20_expansion_diffusion as ch20


def town(buildings=4, views=30, outside=False):
    """A set of vectors around some centres, whose first views ask."""
    rng, n = np.random.default_rng(0), buildings * views
    base = l2_normalize(np.repeat(rng.normal(size=(buildings, 12)), views, axis=0) + 0.8 * rng.normal(size=(n, 12))).astype(np.float32)
    ids = [f"i{i}" for i in range(n)]
    queries = [Query(f"q{b}", f"outside{b}" if outside else ids[b * views], None, f"building {b}") for b in range(buildings)]
    truth = {"medium": {q.id: Relevance(np.arange(b * views + 1, (b + 1) * views - 2), np.array([b * views, (b + 1) * views - 1]))
                        for b, q in enumerate(queries)}}
    dataset = Collection("t", "mini", "1", "CC0", ids, {}, queries, truth, "medium")
    regions = [np.stack([x, l2_normalize(x + rng.normal(0, 0.1, 12))]).astype(np.float32) for x in base]
    asked = [b * views for b in range(buildings)]
    return dataset, ch20.Searched(base, base[asked], ch20.own_pictures(dataset), (regions, [regions[i] for i in asked]))


def test_own_pictures():
    assert town()[1].own.tolist() == [0, 30, 60, 90]
    assert town(outside=True)[1].own.tolist() == [-1] * 4


def test_every_labelled_picture_asks_for_the_others_and_never_for_itself():
    dataset, _ = town()
    ids, truth = ch20.questions(dataset)
    assert len(ids) == len(truth) == 4 * 28  # 27 positives and the query's own picture
    for i, t in zip(ids, truth, strict=True):
        assert i in t.junk and i not in t.positive and not set(t.junk) & set(t.positive)
        assert (t.positive // 30 == i // 30).all() and len(t.positive) == 27
    assert 29 in truth[0].junk and 28 not in np.concatenate(truth[0])  # what was junk stays junk; what was negative stays negative


def test_the_chosen_constants_are_the_best_of_the_grid(monkeypatch):
    monkeypatch.setattr(ch20, "WALKS", ((5, 3, 0.5), (60, 60, 0.99), (10, 5, 0.9)))
    monkeypatch.setattr(ch20, "REGIONAL_WALKS", ((5, 3, 0.5), (20, 5, 0.9)))
    dataset, one = town()
    ids, truth = ch20.questions(dataset)
    chosen = ch20.choose(one.base, ids, truth, one.regions[0])
    by_walk = {w: ch20.score(ch20.by_walk(one.base, one.base[ids], ids, *w), truth).mean() for w in ch20.WALKS}
    assert chosen.walk == max(by_walk, key=by_walk.get) and min(by_walk.values()) < max(by_walk.values()) - 0.02
    some = slice(None, None, ch20.EVERY)
    by_regions = {w: ch20.score(RegionalDiffusion(w[0], w[1], alpha=w[2]).fit(one.regions[0]).ranking(
        [one.regions[0][i] for i in ids[some]], ids[some]), truth[some]).mean() for w in ch20.REGIONAL_WALKS}
    assert chosen.regional == max(by_regions, key=by_regions.get)
    assert chosen.average in ch20.AVERAGES and chosen.augmentation in ch20.AVERAGES
    assert ch20.choose(one.base, ids, truth).regional is None


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(ch20, "CUT", 40)
    monkeypatch.setattr(ch20, "discriminative_expansion", lambda q, b, p, n, own: ch20.average_expansion(q, b, 1, own))
    return town(views=60)


def test_all_searches_are_measured_and_those_of_a_graph_cost_more_bytes(small):
    dataset, one = small
    found, scores = ch20.results(one, "vectors", dataset, ch20.Chosen(5, 5, (10, 5, 0.9), (10, 5, 0.9)))
    assert set(found) == set(scores) and len(found) == 15
    assert found["first search"].name == "first search, vectors"
    assert found["first search"].bytes_per_image == 48 == found["DBA, k = 20"].bytes_per_image
    assert found["diffusion"].bytes_per_image == 48 + 8 * Diffusion().fit(one.base).graph_.nnz / 240
    assert found["offline diffusion, 40 kept"].bytes_per_image <= 48 + 8 * 40
    assert all(r.ms_per_query > 0 for r in found.values())
    assert (scores["diffusion, chosen elsewhere"] == ch20.by_walk(one.base, one.asked, one.own, 10, 5, 0.9)).all()
    assert not (scores["diffusion, lists cut to 40"] == scores["diffusion"]).all()
    assert len(ch20.results(one._replace(regions=None), "vectors", dataset)[0]) == 9
    assert list(ch20.diffusions(one, names=("diffusion",))) == ["diffusion"]


def test_a_slow_search_runs_once(monkeypatch):
    clock, calls = iter([0, 2, 10, 12]), []
    monkeypatch.setattr(ch20, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    dataset, one = town()
    result, _ = ch20.measure("x", (lambda: calls.append(1) or one.asked @ one.base.T, 4.0), dataset)
    assert len(calls) == 1 and result.ms_per_query == 500.0
