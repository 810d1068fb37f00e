import numpy as np
import pytest

from tests.bench.records import made_up
from visret_lab.bench.plan import Machine, model, plan
from visret_lab.bench.scale import ENGINES
from visret_lab.scale.assumptions import Assumptions, describing, searching, system_plan

FOUND = model(made_up())


def test_describing_by_hand():
    # 7.2e6 pictures at 2 a second: 1,000 core-hours; 10 cores for 2 days have 480. 864,000 a day: 120 core-hours, 12 machine-hours.
    told = describing(Assumptions(n=7.2e6, day=864_000, speed=2, days=2, cores=10, kept=1000, copies=3, price=0.4, disk=10))
    assert (told["core_hours"], told["first"], told["daily"]) == (1000, 3, 1)
    assert told["disk"] == 2.16e10 and told["once"] == pytest.approx(40)
    assert told["month"] == pytest.approx(12 * 730 / 24 * 0.4 + 0.0216 * 10)


def test_searching_by_hand():
    # as in the tests of bench.plan: 8 parts, 12,500 ms a question on a core, so 3 replicas; of 8 shards one is late for 1 - 0.9^8
    a = Assumptions(n=1e9, memory=64, cores=10, rate=2, copies=2, slow=0.1, price=0.5)
    told = searching(FOUND, "exact", a)
    assert (told["shards"], told["replicas"], told["machines"]) == (8, 3, 24)
    assert told["late"] == pytest.approx(1 - 0.9**8) and told["month"] == pytest.approx(24 * 730 * 0.5)
    assert told["million"] == pytest.approx((24 * 365 + describing(a)["month"]) / 1000)
    assert searching(FOUND, "exact", Assumptions(n=1e9, memory=64, cores=10, rate=2, copies=5))["machines"] == 40


def test_it_stands_on_the_plan_of_chapter_10():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a = Assumptions(n=10 ** rng.uniform(6, 10), rate=10 ** rng.uniform(0, 4), memory=2 ** rng.integers(3, 11), copies=1,
                        cores=int(2 ** rng.integers(0, 7)), dim=int(2 ** rng.integers(5, 12)), pieces=int(2 ** rng.integers(3, 7)))
        for kind, told in system_plan(FOUND, a)[1].items():
            assert plan(FOUND, kind, a.n, Machine(1e9 * a.memory, a.cores, a.rate), a.dim, a.pieces).items() <= told.items()
    assert set(system_plan(FOUND, Assumptions())[1]) == set(ENGINES)


def test_more_pictures_cost_more():
    months = [searching(FOUND, "ivfpq", Assumptions(n=n))["month"] + describing(Assumptions(n=n))["month"] for n in (1e6, 1e8, 1e10)]
    assert months == sorted(months) and len(set(months)) == 3


@pytest.mark.parametrize("wrong", [{"n": 0}, {"speed": 0}, {"slow": 1.1}, {"copies": 0.5}, {"price": -1}, {"memory": float("nan")}])
def test_bad_input(wrong):
    with pytest.raises(ValueError, match=f"A plan needs.*{next(iter(wrong))}"):
        Assumptions(**wrong)
