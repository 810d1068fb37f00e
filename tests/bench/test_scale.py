"""The scale run: working points by hand, and the whole of it on a few thousand descriptors."""

import numpy as np
import pytest
from typer.testing import CliRunner

from visret_lab.bench import scale
from visret_lab.cli import app


def run_with(curve, ceiling=1.0):
    return {"ceiling": ceiling, "curve": [{"effort": e, "recall": r, "ms": ms, "ms_low": ms / 2, "ms_high": 3 * ms} for e, r, ms in curve]}


def test_working_point_is_between_the_two_efforts_around_it():
    found = scale.working_point(run_with([(1, 0.5, 1.0), (2, 0.9, 2.0), (4, 1.0, 8.0)]))
    assert found["recall"] == 0.95
    assert found["ms"] == pytest.approx(4.0)  # half way from 2 to 8, as logarithms
    assert found["effort"] == pytest.approx(8**0.5)
    assert (found["ms_low"], found["ms_high"]) == (pytest.approx(2.0), pytest.approx(12.0))


@pytest.mark.parametrize(("curve", "ceiling", "effort"), [
    ([(10, 0.97, 1.0), (20, 0.99, 2.0)], 1.0, 10), ([(1, 0.3, 1.0), (2, 0.6, 2.0)], 1.0, 2), ([(None, 1.0, 3.0)], 1.0, None),
    ([(1, 0.4, 1.0), (2, 0.76, 2.0)], 0.8, 2)])
def test_working_point_at_the_ends(curve, ceiling, effort):
    found = scale.working_point(run_with(curve, ceiling))
    assert found["effort"] == effort and found["ms"] == dict((e, ms) for e, _, ms in curve)[effort]


def test_blocks_read_the_first_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "BLOCK", 4)
    rows = np.arange(60, dtype=np.float32).reshape(20, 3)
    np.save(tmp_path / "x.npy", rows)
    assert [len(block) for block in scale._blocks(tmp_path / "x.npy", 10)] == [4, 4, 2]
    assert np.array_equal(np.concatenate(list(scale._blocks(tmp_path / "x.npy", 10))), rows[:10])


@pytest.mark.parametrize(("sizes", "words"), [("1000,2000", "three sizes"), ("10,2000,3000", "three sizes"), ("a,b", "separated by commas")])
def test_sizes_are_checked_before_anything_is_computed(sizes, words):
    result = CliRunner().invoke(app, ["scale", "--sizes", sizes])
    assert isinstance(result.exception, ValueError) and words in str(result.exception)


def test_every_index_is_measured_in_a_process_of_its_own(tmp_path):
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(40, 128))
    for name, count in (("database", 4000), ("queries", 30), ("train", 2600)):
        rows = centers[rng.integers(0, 40, count)] + 0.3 * rng.normal(size=(count, 128))
        np.save(tmp_path / f"{name}.npy", rows.astype(np.float32))
    runs = {kind: scale.alone(scale.measure, kind, 4000, str(tmp_path), 10) for kind in scale.ENGINES}
    assert runs["exact"]["curve"][0]["recall"] == 1.0 and runs["exact"]["bytes"] == 4000 * 512
    for kind in ("ivf", "ivfpq", "hnsw"):
        recalls = [point["recall"] for point in runs[kind]["curve"]]
        assert recalls == sorted(recalls) and recalls[-1] >= 0.95 * runs[kind]["ceiling"]
        assert all(point["low"] <= point["recall"] <= point["high"] and point["ms"] > 0 for point in runs[kind]["curve"])
    assert runs["ivf"]["parameters"]["nlist"] == 253 and runs["ivf"]["ceiling"] == 1.0 > runs["ivfpq"]["ceiling"]


def peak_after(size):
    """By how much the peak grows when `size` bytes are used."""
    before = scale.peak_bytes()
    used = np.ones(size, np.uint8)
    return scale.peak_bytes() - before + 0 * int(used[-1])


def test_the_peak_is_that_of_the_process_alone():
    mine = np.ones(60_000_000, np.uint8)  # the parent is large when the child starts
    small, large = (scale.alone(peak_after, size) for size in (1_000_000, 40_000_000))
    assert mine.sum() and 25_000_000 < large - small < 60_000_000
