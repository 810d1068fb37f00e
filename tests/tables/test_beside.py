"""A published table in a chapter: a row a method, published beside ours."""

import pytest

from visret_lab.tables import beside as module

ROWS = [{"table": "t", "row": "A", "metric": "mAP, Oxford", "published": 0.5, "ours": {"mini": "not run", "campus": "not run"}},
        {"table": "t", "row": "A", "metric": "mAP, town", "published": None, "ours": {"mini": 0.25, "campus": "not run"}},
        {"table": "t", "row": "B", "metric": "mAP, Oxford", "published": 0.75, "ours": {"mini": "not run", "campus": "not run"}},
        {"table": "t", "row": "D", "metric": "mAP, places", "published": None, "ours": {"mini": "not run", "campus": 0.5}},
        {"table": "places", "row": "E", "metric": "median rank, museum", "published": 539.0, "ours": {"mini": 210.5, "campus": "not run"}},
        {"table": "other", "row": "C", "metric": "mAP, town", "published": None, "ours": {"mini": 0.1, "campus": 0.1}}]


@pytest.fixture(autouse=True)
def rows(monkeypatch):
    monkeypatch.setattr(module.reproduce, "rows", lambda: ROWS)


def test_a_row_has_what_was_published_and_what_was_run_here():
    html = module.beside("t", {"Oxford": "mAP, Oxford", "Paris": "mAP, Paris"}, {"town": "mAP, town"}, tier="mini").to_html()
    cells = [line.split(">")[1].split("<")[0] for line in html.splitlines() if "<td" in line]
    assert cells == ["A", "0.500", "-", "0.250", "B", "0.750", "-", "not run"]
    assert "not run" in module.beside("t", {"Oxford": "mAP, Oxford"}, {"town": "mAP, town"}, ["A"], tier="campus").to_html()


def test_a_median_place_is_no_share():
    html = module.beside("places", {"median": "median rank, museum"}, {"ours": "median rank, museum"}, tier="mini").to_html()
    assert ">539.0<" in html and ">210.5<" in html


def test_a_row_of_another_tier_is_left_out():
    ours = {"places": "mAP, places"}
    assert list(module.beside("t", {"Oxford": "mAP, Oxford"}, ours, tier="campus").data["method"]) == ["A", "B", "D"]
    assert list(module.beside("t", {"Oxford": "mAP, Oxford"}, ours, tier="mini").data["method"]) == ["A", "B"]


def test_only_the_rows_that_are_asked_for():
    frame = module.beside("t", {"Oxford": "mAP, Oxford"}, {}, names=["B"]).data
    assert list(frame["method"]) == ["B"]
    with pytest.raises(ValueError, match="no rows that begin with"):
        module.beside("t", {}, {}, names=["Z"])


def test_what_was_recorded_of_a_tier_has_a_line_a_method():
    frame = module.recorded("t", ["B", "A"], "mini").data
    assert frame.to_dict("records") == [{"method": "B", "mAP, town": "not run"}, {"method": "A", "mAP, town": 0.25}]
    assert ">0.250<" in module.recorded("t", ["A"], "mini").to_html()
    with pytest.raises(ValueError, match="visret reproduce run t --tier campus"):
        module.recorded("t", ["A"], "campus")
