import pytest

from visret_lab.tables.experiments.ch29_ground import SETTINGS
from visret_lab.tables.stated import CHECKLIST, missing

ROW = {"row": "x", "metric": "mAP", "value": 0.5, "low": 0.4, "queries": 55, "version": "1.0"}


def record(*rows, **more):
    return {"rows": list(rows), **more}


def keys(made):
    return [item.key for item in missing(made)]


def test_a_bare_row_answers_little():
    assert keys(record({})) == [item.key for item in CHECKLIST]
    assert "version" not in keys(record(ROW)) and {"seed", "versions", "longer side"} <= set(keys(record(ROW)))


def test_settings_and_the_record_itself_answer():
    assert keys(record(ROW | {"settings": SETTINGS}, seed=0, versions={"numpy": "2"})) == []


def test_every_row_must_answer():
    assert "low" in keys(record(ROW, {**ROW, "low": None})) and "low" in keys(record(ROW, {**ROW, "low": ""}))


def test_a_seed_of_zero_is_an_answer():
    assert "seed" not in keys(record(ROW, seed=0))


@pytest.mark.parametrize("made", [None, {}, {"rows": []}])
def test_no_rows(made):
    with pytest.raises(ValueError, match="no rows"):
        missing(made)
