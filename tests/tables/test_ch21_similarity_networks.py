"""The run of chapter 21: what is held out, what is learnt from, and that nothing searched is among it."""

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.datasets.collection import Collection
from visret_lab.protocols import Query, Relevance
from visret_lab.tables.experiments import ch21_similarity_networks as ch21
from visret_lab.training.similarity import SimilarityNet


def things(labels=6, views=5, seed=0, dim=8, prefix="a"):
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(size=(labels, dim)), views, axis=0) + 1.2 * rng.normal(size=(labels * views, dim))
    return ch21.Things(l2_normalize(x.astype(np.float32)), np.repeat([f"{prefix}{i}" for i in range(labels)], views))


@pytest.fixture
def case(monkeypatch):
    monkeypatch.setattr(ch21, "WARM", 10)
    monkeypatch.setattr(ch21, "STEPS", 5)
    monkeypatch.setattr(ch21, "TRIPLETS", 100)
    monkeypatch.setattr(ch21, "HIDDEN", (16, 16))
    base = things(4, 6, 1)
    ids = [f"i{i}" for i in range(24)]
    truth = {"medium": {f"q{b}": Relevance(np.arange(6 * b + 1, 6 * b + 6), np.array([6 * b])) for b in range(4)}}
    dataset = Collection("t", "mini", "1", "CC0", ids, {}, [Query(f"q{b}", ids[6 * b], None, f"b{b}") for b in range(4)], truth, "medium")
    return dataset, ch21.Ground("Landmarks", base.vectors, base.vectors[::6], things(), things(4, 8, 2, prefix="t"), things(3, 3, 3),
                                things(3, 3, 4))


def test_what_is_held_out():
    labels = np.array(list("aabbbabb"))
    assert ch21.every(labels, 3).tolist() == [True, False, True, False, False, False, True, False]
    assert ch21.first(labels, 2).tolist() == [True, True, True, True, False, False, False, False]
    assert ch21.joined(things(2, 2), things(1, 2, prefix="b")).labels.tolist() == ["a0", "a0", "a1", "a1", "b0", "b0"]


def test_every_published_row_has_ours(case):
    from visret_lab.tables.reproduce import published

    dataset, one = case
    found = ch21.similarities(one)
    assert {r["row"] for r in published() if r["table"] == ch21.TABLE} <= set(found)
    made = [row for name, similar in found.items() for row in ch21.rows(name, similar, one, dataset)]
    assert {r["metric"] for r in made} == {"mAP, t, medium", "mAP, held-out pictures of Landmarks", "mAP, held-out things of Landmarks"}
    assert all(r["table"] == ch21.TABLE and 0 < r["value"] <= 1 and r["low"] <= r["value"] <= r["high"] for r in made)
    values = {r["row"]: r["value"] for r in made if r["metric"] == "mAP, t, medium"}
    assert len(set(values.values())) > 3  # they are not one similarity under many names


def test_without_extra_pictures_there_are_the_rows_of_one_set(case):
    _, one = case
    assert list(ch21.similarities(one._replace(extra=None, name="products"))) == [
        "cosine", "OASIS, products", "linear, products", "SimNet, products", "SimNet*, 0.8, products"]


def test_a_picture_never_finds_itself_and_one_that_is_alone_does_not_count():
    some = ch21.Things(np.eye(4, dtype=np.float32), np.array(["a", "a", "b", "c"]))
    found = ch21.ap_of(lambda a, b: np.eye(4) + np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]), some)
    assert found[0] == 1 and found[1] < 1 and np.isnan(found[2:]).all()


def test_stages_leave_the_networks_before_them_as_they_are(case):
    _, one = case
    warm = ch21.warmed(8, (16, 16), 20)
    before = warm.first.weight.clone()
    net = ch21.simnet(warm, one.train)
    kept = net.first.weight.clone()
    last = ch21.star(net, one.train)
    assert (warm.first.weight == before).all() and (net.first.weight == kept).all() and not (last.first.weight == kept).all()
    assert np.abs(ch21.ByNetwork(net)(one.asked, one.base) - ch21.ByNetwork(last)(one.asked, one.base)).max() > 1e-4


def test_a_searched_picture_among_those_that_are_learnt_from_is_found(monkeypatch, case):
    dataset, one = case
    monkeypatch.setattr(ch21, "projection", lambda *a: None)
    monkeypatch.setattr(ch21, "described", lambda n, p, d, queries=False: one.asked if queries else one.base)
    for extra, fails in ((one.extra, False), (ch21.Things(one.base[3:4], np.array(["x"])), True)):
        monkeypatch.setattr(ch21, "painted", lambda n, p, extra=extra: ("Landmarks", one.train, extra, one.seen, one.unseen))
        if fails:
            with pytest.raises(ValueError, match="training set"):
                ch21.ground(None, dataset, None)
        else:
            assert ch21.ground(None, dataset, None).name == "Landmarks"


def test_scores_are_those_of_pairs_in_the_order_query_image():
    import torch

    torch.manual_seed(0)
    net, x = SimilarityNet(8, (16,)), things().vectors
    with torch.no_grad():
        want = net(torch.from_numpy(x[[2] * 5]), torch.from_numpy(x[7:12])).numpy()
    assert np.abs(ch21.ByNetwork(net)(x[2:3], x[7:12])[0] - want).max() < 1e-5
