import pytest

from visret_lab.tables import cumulative


def row(mean, ms=1.0):
    return {"method": "a method", "dataset": "town", "protocol": "medium", "mAP": mean, "low": mean, "high": mean, "bytes": 4, "ms": ms}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    monkeypatch.delenv("VISRET_TIER", raising=False)


def test_the_table_grows_in_the_order_of_the_chapters():
    cumulative.save("05_b", [row(0.5)])
    cumulative.save("04_a", [row(0.4)])
    assert [r["mAP"] for r in cumulative.load_rows("05_b")] == [0.4, 0.5]
    assert [r["mAP"] for r in cumulative.load_rows("04_a")] == [0.4]
    assert "0.400" in cumulative.grow("06_c", [row(0.6)]).data
    cumulative.save("04_a", [row(0.3)])  # the newer run takes the place of the older
    assert [r["mAP"] for r in cumulative.load_rows("06_c")] == [0.3, 0.5, 0.6]


def test_a_tier_has_a_table_of_its_own():
    cumulative.save("04_a", [row(0.4)], tier="campus")
    assert cumulative.load_rows("04_a") == [] and len(cumulative.load_rows("04_a", tier="campus")) == 1


def test_what_was_measured_before_changes_with_a_figure_and_not_with_a_time():
    cumulative.save("04_a", [row(0.4)])
    before = cumulative.measured_before("05_b")
    cumulative.save("05_b", [row(0.5)])  # its own rows are no part of it
    cumulative.save("04_a", [row(0.4, ms=2.0)])
    assert cumulative.measured_before("05_b") == before
    cumulative.save("04_a", [row(0.41)])
    assert cumulative.measured_before("05_b") != before


def test_the_best_of_each_earlier_chapter_is_seen_and_all_others_can_be_opened():
    assert "<details" not in cumulative.grow("04_a", [row(0.3), row(0.4), row(0.35)]).data
    cumulative.save("05_b", [row(0.5), {**row(0.9), "protocol": "easy"}])
    cumulative.save("06_c", [{**row(0.8), "dataset": "elsewhere"}])
    seen, hidden = cumulative.grow("07_d", [row(0.2), row(0.1)]).data.split("<details")
    assert [value in seen for value in ("0.400", "0.500", "0.200", "0.100")] == [True] * 4
    assert [value in seen for value in ("0.300", "0.350", "0.900", "0.800")] == [False] * 4
    assert all(value in hidden for value in ("0.300", "0.350", "0.900", "0.800", "All 6 rows"))


def test_a_chapter_without_rows_shows_the_best_of_each_earlier_one_on_what_most_were_measured():
    cumulative.save("04_a", [row(0.4, ms=0.001), row(0.3), {**row(0.9), "protocol": "easy"}])
    cumulative.save("05_b", [{**row(0.7), "dataset": "elsewhere"}, row(0.5)])
    seen, hidden = cumulative.shown("08_c").data.split("<details")
    assert [value in seen for value in ("0.400", "0.500", "0.300", "0.900", "0.700")] == [True, True, False, False, False]
    assert "All 5 rows" in hidden and " open>" not in hidden and "&lt; 0.01" in seen.replace("< 0.01", "&lt; 0.01")
    assert "<details" not in cumulative.shown("03_z").data and "0.500" not in cumulative.shown("03_z").data  # nothing before it
