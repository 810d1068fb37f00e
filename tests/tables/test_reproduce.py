import copy
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from visret_lab.cli import app
from visret_lab.tables import reproduce
from visret_lab.tables.reproduce import deviations

KEPT = {"tier": "mini", "seed": 0, "tolerance": 0.005, "tolerance_reason": "because", "processor": "this one",
        "rows": [{"row": "a", "metric": "mAP", "value": 0.5, "low": 0.4, "high": 0.6},
                 {"row": "b", "metric": "mAP", "value": 0.2, "low": 0.1, "high": 0.3}]}


def changed(value):
    new = copy.deepcopy(KEPT)
    new["rows"][0]["value"] = value
    return new


def test_within_the_tolerance_nothing_is_said():
    assert deviations(changed(0.5049), KEPT) == []


@pytest.mark.parametrize("value", [0.506, 0.494, float("nan")])
def test_beyond_the_tolerance_the_row_is_named(value):
    (said,) = deviations(changed(value), KEPT)
    assert said.startswith("a, mAP: ") and "0.5000" in said


@pytest.mark.parametrize(("value", "ok"), [(0.396, True), (0.394, False), (0.604, True), (0.606, False), (float("nan"), False)])
@pytest.mark.parametrize("processor", ["another one", None])
def test_on_another_processor_a_value_lies_in_the_interval(value, ok, processor):
    said = deviations({**changed(value), "processor": processor}, KEPT)
    assert said == [] if ok else "on another processor 0.3950 to 0.6050" in said[0]
    assert bool(deviations(changed(value), {**KEPT, "processor": None})) != ok, "where nobody knows, it is another one"


def test_bounds():
    row = {"value": 1.0, "low": 1.0, "high": 1.0, "queries": 20}
    assert reproduce.bounds(row, 0.005, True) == (0.995, 1.005)
    assert reproduce.bounds(row, 0.005, False) == (0.95, 1.05), "one of twenty answers"
    assert reproduce.bounds({"value": 400.0}, 0.005, False) == (398, 402)
    assert reproduce.bounds({"value": 0.4, "low": None, "high": None}, 0.005, False) == (0.395, 0.405)


def test_the_processor_is_told():
    assert reproduce.processor() == reproduce.processor() and "torch " in reproduce.processor()


def test_seconds_are_not_compared_but_must_be_there():
    kept, new = ({**KEPT, "rows": [*KEPT["rows"], {"row": "seconds a query", "metric": "town", "value": v}]} for v in (0.1, 0.9))
    assert deviations(new, kept) == [] and deviations(KEPT, kept) == ["seconds a query, town: only in the record"]


def test_a_row_on_one_side_only():
    less = {**KEPT, "rows": KEPT["rows"][:1]}
    assert deviations(less, KEPT) == ["b, mAP: only in the record"] and deviations(KEPT, less) == ["b, mAP: only in the new run"]


@pytest.mark.parametrize(("value", "code"), [(0.501, 0), (0.51, 1)])
def test_check_trusts_its_exit_code(monkeypatch, value, code):
    monkeypatch.setattr(reproduce, "record", lambda table, tier: KEPT)
    monkeypatch.setattr(reproduce, "measure", lambda table, tier, seed: changed(value))
    assert CliRunner().invoke(app, ["reproduce", "check", "handmade"]).exit_code == code


def test_a_run_is_written_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(reproduce, "RECORDS", tmp_path)
    monkeypatch.setattr(reproduce, "measure", lambda table, tier, seed: KEPT)
    path, content = reproduce.reproduce("handmade", "mini")
    assert path == tmp_path / "mini" / "handmade.json" and json.loads(path.read_text()) == KEPT == content


def test_published_rows_are_whole_and_unique():
    rows = reproduce.published()
    assert len({(r["table"], r["row"], r["metric"]) for r in rows}) == len(rows)
    for r in rows:
        assert set(r) == {"table", "row", "metric", "value", "source", "remembered"} and r["source"]
        assert not r["remembered"] or "memory" in r["source"], "what was remembered says so"


def test_every_record_belongs_to_a_table_with_runs_and_reading_them_imports_no_run():
    assert reproduce.recorded() and set(reproduce.recorded()) <= set(reproduce.experiments())
    program = "import sys; from visret_lab.tables import reproduce; reproduce.rows(); print([m for m in sys.modules if 'ch15' in m])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_table_is_measured_with_one_thread_and_what_was_set_before_comes_back(monkeypatch):
    import torch
    from threadpoolctl import threadpool_info

    seen = []

    class Run:
        @staticmethod
        def run(tier, seed):
            seen.append((torch.get_num_threads(), {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}))
            return [{"row": "a", "metric": "m", "value": 1.0}]

    monkeypatch.setattr(reproduce, "experiments", lambda: {"t": (Run,)})
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        record = reproduce.measure("t", "mini")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [(1, {1})] and record["threads"] == 1 and record["rows"][0]["value"] == 1.0
