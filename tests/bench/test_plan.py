"""From laws to machines: bytes against real indexes, machines by hand."""

import numpy as np
import pytest

from tests.bench.records import made_up
from visret_lab.bench.plan import Machine, index_bytes, model, plan
from visret_lab.bench.scale import ENGINES, parameters
from visret_lab.search.engines import Engine


@pytest.mark.filterwarnings("ignore:.*training rows")
@pytest.mark.parametrize("kind", ENGINES)
def test_bytes_are_those_of_a_real_index(kind):
    n = 4096
    x = np.random.default_rng(0).normal(size=(n, 32)).astype(np.float32)
    chosen = parameters(kind, n) | ({"M": 8} if kind == "ivfpq" else {})
    engine = Engine(kind, 32, **chosen).fit(x).add(x)
    links = engine.nbytes / n - 128 if kind == "hnsw" else 8 * (kind != "exact")
    assert index_bytes(kind, n, 32, 8, links) == pytest.approx(engine.nbytes, rel=1e-3)


def test_the_tables_of_cells_and_words_are_dropped_above_two_gigabytes():
    below, above = (index_bytes("ivfpq", n, 128, 32, 8) for n in (2.6e8, 2.8e8))
    assert above < below


def test_machines_by_hand():
    found = model(made_up())
    # 1e9 x 512 bytes in machines of 64 GB: 8 parts of 1.25e8; a query takes 1e-4 x 1.25e8 = 12,500 ms on a core.
    got = plan(found, "exact", 1e9, Machine(memory=64e9, cores=10, rate=2))
    assert (got["shards"], got["replicas"], got["machines"]) == (8, 3, 24)
    assert got["ms"] == pytest.approx(12_500) and got["build_s"] == pytest.approx(1250)


def test_longer_vectors_and_longer_codes_take_more():
    found, machine = model(made_up()), Machine()
    for kind in ("exact", "ivf", "hnsw"):
        assert plan(found, kind, 1e6, machine, dim=256)["ms"] == pytest.approx(2 * plan(found, kind, 1e6, machine)["ms"])
    one, two = (plan(found, "ivfpq", 1e6, machine, pieces=m) for m in (32, 64))
    assert two["ms"] == pytest.approx(2 * one["ms"]) and two["bytes"] > one["bytes"]
    assert plan(found, "hnsw", 1e6, machine)["bytes"] == pytest.approx(784e6)


def test_an_exact_law_leaves_no_doubt_and_a_scattered_one_does():
    record = made_up()
    sure = plan(model(record), "exact", 1e9, Machine())
    assert sure["ms_low"] == pytest.approx(sure["ms"]) == pytest.approx(sure["ms_high"])
    record["runs"][4]["curve"][0]["ms"] *= 1.3
    unsure = plan(model(record), "exact", 1e9, Machine())
    assert unsure["ms_low"] < unsure["ms"] < unsure["ms_high"]


@pytest.mark.parametrize(("n", "machine"), [(0, Machine()), (1e6, Machine(memory=0)), (1e6, Machine(cores=0)), (1e6, Machine(rate=0))])
def test_bad_input(n, machine):
    with pytest.raises(ValueError, match="at least one vector"):
        plan(model(made_up()), "exact", n, machine)
