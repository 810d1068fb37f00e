"""On a small made-up ground: what each family changes, and that it changes nothing else."""

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.deep.backbones import minivgg
from visret_lab.evaluation import Result, average_precision
from visret_lab.protocols import Query, Relevance
from visret_lab.tables.experiments import ch29_causes, ch29_pictures, ch29_scoring
from visret_lab.tables.experiments.ch29_ground import SIDE, Case, Ground, has_boxes, measured, own_picture, rows_of, vectors
from visret_lab.tables.experiments.ch29_told import NOWHERE, told
from visret_lab.tables.experiments.deep_features import Network
from visret_lab.tables.stated import missing

RNG = np.random.default_rng(29)
IMAGES = 24


class Tiny:
    """24 pictures of 6 things; each of 4 queries is a part of a picture."""

    tier, version, licence, default_protocol = "mini", "1", "CC0", "medium"
    protocols = ("classic", "medium", "hard")

    def __init__(self, name="tiny", boxes=True, seed=0):
        self.name, self.ids = name, [f"i{n}" for n in range(IMAGES)]
        self.queries = [Query(f"q{n}", f"i{6 * n}", (40, 20, 280, 200) if boxes else None) for n in range(4)]
        rng = np.random.default_rng(seed)
        things = rng.integers(0, 256, (6, 24, 32, 3))
        self.pictures = {i: np.uint8(np.clip(np.kron(things[n % 6] + rng.normal(0, 60, (24, 32, 3)), np.ones((10, 10, 1))), 0, 255))
                         for n, i in enumerate(self.ids)}

    def image(self, image_id):
        return self.pictures[image_id]

    def query_image(self, query):
        if query.box is None:
            return self.image(query.image_id)
        x0, y0, x1, y1 = query.box
        return self.image(query.image_id)[y0:y1, x0:x1]

    def relevant(self, query, protocol=None):
        own = self.ids.index(query.image_id)
        good = np.arange(own % 6, IMAGES, 6)
        positive = {"classic": good, "medium": np.setdiff1d(good, [own]), "hard": np.setdiff1d(good, [own])[:1]}[protocol or "medium"]
        junk = np.array([(own + 1) % IMAGES, (own + 7) % IMAGES])
        return Relevance(positive, junk if protocol == "classic" else np.union1d(junk, [own]))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISRET_CACHE", str(tmp_path_factory.mktemp("cache")))
        data, network = Tiny(), Network("MiniVGG", minivgg(), "conv5_2", "conv5_1")
        base, asked = vectors(network, data), vectors(network, data, True)
        yield Ground(data, Tiny("elsewhere", seed=1), network, base, asked, measured("base", data, base, asked))


def by_label(cases):
    return {c.label: c for c in cases}


def test_a_case_is_paired():
    hard = RNG.random(40)
    case = Case("f", "l", Result("a", hard), Result("b", np.append(hard[:-1] + 0.02, np.nan)))
    assert case.change == pytest.approx(0.02) and len(case.differences) == 39 and case.sure and case.p < 0.01
    assert case.interval == pytest.approx((0.02, 0.02))
    assert not Case("f", "l", Result("a", hard), Result("b", hard[::-1])).sure


def test_the_base_is_what_the_sentence_says(one):
    assert one.base.shape == (IMAGES, 160) and np.allclose(np.linalg.norm(one.base, axis=1), 1, atol=1e-5)
    assert one.similarities.shape == (4, IMAGES) and has_boxes(one.dataset) and own_picture(one.dataset).tolist() == [0, 6, 12, 18]


def test_ways_to_crop(one):
    cases = by_label(ch29_pictures.crop(one))
    assert set(cases) == {"not cropped", "cropped on the maps", "cropped, then enlarged to the longer side",
                          "cropped, then squashed to 4 : 3"}
    assert all(c.against is one.result for c in cases.values())
    whole = ch29_pictures.whole_queries(one)
    assert np.allclose(whole, one.base[own_picture(one.dataset)], atol=1e-5)  # a whole query is its own picture
    assert not np.allclose(ch29_pictures.map_queries(one), whole, atol=1e-3)
    assert ch29_pictures.crop(one._replace(dataset=Tiny(boxes=False))) == []


def test_cutting_maps_by_the_whole_box_is_the_whole_picture(one):
    everything = Tiny()
    everything.queries = [Query(q.id, q.image_id, (0, 0, 320, 240)) for q in everything.queries]
    assert np.allclose(ch29_pictures.map_queries(one._replace(dataset=everything)), one.base[own_picture(everything)], atol=1e-5)


def test_interpolations_are_compared_with_area(one):
    cases = ch29_pictures.interpolation(one)
    assert len(cases) == 7 and len({id(c.against) for c in cases}) == 1 and not any("area, OpenCV" in c.label for c in cases)


def test_channels(one):
    cases = by_label(ch29_pictures.preparation(one))
    assert len(cases) == 3
    grey = Tiny()
    grey.pictures = {i: np.repeat(p[..., :1], 3, axis=2) for i, p in grey.pictures.items()}
    grey.name = "grey"
    same = vectors(one.network, grey)
    two = one._replace(dataset=grey, base=same, asked=vectors(one.network, grey, True))
    two = two._replace(result=measured("grey", grey, two.base, two.asked))
    assert by_label(ch29_pictures.preparation(two))["channels in the wrong order"].change == pytest.approx(0, abs=1e-6)


def test_the_machine_changes_hardly_anything(one, monkeypatch):
    single = ch29_pictures.by_one_thread(one, np.arange(4))
    assert np.allclose(single, one.asked, atol=1e-4)
    assert np.abs(ch29_pictures.by_one_thread(one, np.array([1]), ch29_pictures.torch.bfloat16) - one.asked[1]).max() < 0.05
    monkeypatch.setattr(ch29_pictures, "ASKED", 2)
    cases = by_label(ch29_pictures.machine(one))
    alone = cases["queries one at a time, on one thread"]
    assert len(alone.differences) == 2 and alone.change == pytest.approx(0, abs=1e-6) and len(cases) == 3


def test_the_number_of_threads_comes_back(one):
    torch = ch29_pictures.torch
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        ch29_pictures.by_one_thread(one, np.array([0]))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_whitening_is_learnt_where_it_says(one):
    cases = by_label(ch29_scoring.whitening(one))
    assert cases["left out"].result is one.result and cases["learnt on the searched set itself"].against is cases["left out"].against
    own = ch29_scoring._fit(one.base)
    expected = measured("", one, own.transform(one.base), own.transform(one.asked))
    assert np.allclose(cases["learnt on the searched set itself"].result.per_query, expected.per_query)


def test_corners_of_a_simplex():
    low, high = ch29_scoring.corners(l2_normalize(RNG.normal(size=(20, 50)).astype(np.float32) + 2))
    assert low == pytest.approx(-1 / 19, abs=1e-4) and high == pytest.approx(-1 / 19, abs=1e-4)


def test_rules_by_hand(one):
    cases = by_label(ch29_scoring.rules(one))
    ranking = np.argsort(-one.similarities, axis=1, kind="stable")
    own = own_picture(one.dataset)
    truth = [one.dataset.relevant(q) for q in one.dataset.queries]
    kept = [Relevance(t.positive, np.array([o])) for t, o in zip(truth, own, strict=True)]
    assert np.allclose(cases["junk as negative"].result.per_query, average_precision(ranking, kept))
    for a, b in (("protocol classic for medium", "own picture left in, a positive"),):
        assert np.allclose(cases[a].result.per_query, cases[b].result.per_query)
    half = cases["junk removed for every second query only"].result.per_query
    assert np.allclose(half[::2], one.result.per_query[::2])
    assert np.allclose(half[1::2], cases["junk as negative"].result.per_query[1::2])
    assert cases["own picture left in, a negative"].change < 0 < cases["own picture left in, a positive"].change + 1e-9


def test_formulas_and_ties(one, monkeypatch):
    assert ch29_scoring.formula(one)[-2].change == 0  # the lists are shorter than the cut
    monkeypatch.setattr(ch29_scoring, "CUT", 8)
    cases = by_label(ch29_scoring.formula(one))
    assert cases["finite sum"].change >= 0 and cases["trapezoids from hit to hit"].change >= cases["finite sum"].change
    assert cases["list cut at 8"].change <= 0 and cases["list cut at 8, divided by the found"].change >= cases["list cut at 8"].change
    ties = by_label(ch29_scoring.ties(one))
    assert ties["against us, binary codes"].change <= 0 <= ties["for us, binary codes"].change


def test_bits_agree_as_counted(one):
    bits = ch29_scoring.bits_of(one)
    pca = ch29_scoring.PCA(l2_before=True).fit(vectors(one.network, one.elsewhere))
    a, b = pca.transform(one.asked) > 0, pca.transform(one.base) > 0
    assert (bits == [[(x == y).sum() for y in b] for x in a]).all()


def test_every_cause_has_its_row_its_source_and_states_what_was_done(one):
    cases = ch29_causes.all_cases(one)
    assert {c.family for c in cases} == set(ch29_causes.FAMILIES) and len({(c.family, c.label) for c in cases}) == len(cases)
    rows = [r for c in cases for r in rows_of(c, one)]
    assert {r["metric"] for r in rows} == {"change of mAP, tiny, medium", "mAP, tiny, medium"} and {r["table"] for r in rows} == {"causes"}
    assert all(r["low"] <= r["value"] <= r["high"] or r["low"] == pytest.approx(r["high"], abs=1e-9) for r in rows)
    assert missing({"rows": rows, "seed": 0, "versions": {"numpy": "2"}}) == []
    assert all(told(c).who for c in cases) and told(next(c for c in cases if "faces" in c.label)).seen == NOWHERE


def test_an_unknown_cause_has_no_source(one):
    with pytest.raises(KeyError, match="weather"):
        told(Case("weather", "rain", one.result, one.result))


def test_the_side_of_the_base():
    assert SIDE == 320 and all(SIDE not in sides for sides in ch29_pictures.SIDES.values())
