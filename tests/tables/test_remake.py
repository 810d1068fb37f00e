"""All tables again, by several processes: the records that come out, what is said of differences, and that no clock is compared."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from visret_lab.cli import app
from visret_lab.tables import remake, reproduce


def record(table, value=0.5, seconds=1.0, ms=2.0):
    return {"table": table, "tier": "mini", "seed": 3, "tolerance": 0.005, "tolerance_reason": "because", "seconds": seconds,
            "processor": "one",
            "rows": [{"row": "a", "metric": "mAP", "value": value, "low": 0.4, "high": 0.6, "ms_per_query": ms},
                     {"row": "seconds a query", "metric": "town", "value": ms, "low": None, "high": None, "ms_per_query": ms}]}


KEPT = {"slow": record("slow", seconds=9.0), "quick": record("quick", seconds=2.0), "middle": record("middle", seconds=3.0)}


@pytest.fixture
def measured(monkeypatch):
    """Tables measured by threads in place of processes; the list of what was asked for, with the threads that it may use."""
    asked = []

    def measure(table, tier, seed):
        asked.append((table, tier, seed, os.environ["OMP_NUM_THREADS"]))
        return record(table, 0.5 if table != "middle" else 0.503, seconds=77.0, ms=2.001)

    monkeypatch.setattr(reproduce, "recorded", lambda: sorted(KEPT))
    monkeypatch.setattr(reproduce, "record", lambda table, tier: KEPT.get(table) if tier == "mini" else None)
    monkeypatch.setattr(reproduce, "measure", measure)
    monkeypatch.setattr(remake, "ProcessPoolExecutor", lambda jobs, mp_context, initializer: ThreadPoolExecutor(1))
    return asked


def test_longest_first_one_thread_each_with_the_seed_of_the_record(measured, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = {table: differs for table, _, differs in remake.remake("mini")}
    assert measured == [(table, "mini", 3, "1") for table in ("slow", "middle", "quick")]
    assert found == {"slow": [], "middle": [], "quick": []} and os.environ["OMP_NUM_THREADS"] == "7"


def test_records_are_written_where_asked_and_nowhere_else(measured, tmp_path):
    list(remake.remake("mini", tmp_path, tables=["quick"]))
    assert [p.name for p in tmp_path.iterdir()] == ["quick.json"]
    assert json.loads((tmp_path / "quick.json").read_text()) == record("quick", seconds=77.0, ms=2.001)


def test_a_table_without_a_record_is_named(measured):
    with pytest.raises(ValueError, match="no record of other in mini"):
        list(remake.remake("mini", tables=["quick", "other"]))


def test_only_times_are_left_out():
    one, other = record("a", seconds=1.0, ms=2.0), record("a", seconds=5.0, ms=9.0)
    assert one != other and remake.without_times(one) == remake.without_times(other)
    assert remake.without_times(record("a", 0.5)) != remake.without_times(record("a", 0.5000001))
    assert remake.without_times(one)["rows"][0] == {"row": "a", "metric": "mAP", "value": 0.5, "low": 0.4, "high": 0.6}


@pytest.mark.parametrize(("worst", "code"), [(0.503, 0), (0.51, 1)])
def test_the_command_says_what_differs_and_trusts_its_exit_code(measured, monkeypatch, worst, code):
    monkeypatch.setattr(reproduce, "measure", lambda table, tier, seed: record(table, worst if table == "middle" else 0.5))
    done = CliRunner().invoke(app, ["reproduce", "--tier", "mini", "--jobs", "1"])
    assert done.exit_code == code
    assert ("middle: a, mAP: 0.5100, but the record has 0.5000" in done.output) == bool(code)
    assert ("6 values of 3 tables made again" in done.output) == (not code)


@pytest.mark.parametrize(("arguments", "words"), [
    (["reproduce", "--tier", "huge"], "no tier"), (["reproduce", "--jobs", "2"], "Say which tier"),
    (["reproduce", "--tier", "mini", "list"], "after the command")])
def test_a_wrong_call_says_what_to_type(arguments, words):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2 and words in " ".join(done.output.split())
