"""What a whole system of N pictures takes, on paper: seconds, bytes, machines and money, from measured laws and the reader's assumptions.

Prices are nobody's offer. They are numbers to be replaced, as all assumptions are.
"""

from dataclasses import asdict, dataclass
from math import ceil

from visret_lab.bench.plan import Machine, plan
from visret_lab.bench.scale import ENGINES, PIECES

HOURS = 730.0  # of a month
DAY = 86_400.0


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of the pictures, the machines and the users; every entry is a slider of the page.

    Attributes:
        n: pictures. day: new or changed pictures a day. rate: questions a second, at the busiest time.
        speed: pictures that one core describes in a second. days: in which the first indexing has to be done.
        memory: of a machine, GB. cores: of a machine.
        dim: D of the vectors. pieces: M, bytes of a code. kept: bytes of a picture that stay on disk (vectors, local features, thumbnail).
        copies: of every shard and of every file, at least. slow: share of the answers of one shard that are late.
        price: of a machine for an hour. disk: price of a terabyte for a month.
    """

    n: float = 1e9
    day: float = 1e6
    rate: float = 100.0
    speed: float = 10.0
    days: float = 7.0
    memory: float = 64.0
    cores: int = 16
    dim: int = 128
    pieces: int = PIECES
    kept: float = 20_000.0
    copies: int = 2
    slow: float = 0.01
    price: float = 0.5
    disk: float = 20.0

    def __post_init__(self):
        wrong = [name for name, value in asdict(self).items() if not value > 0 and name != "slow"]
        if wrong or not 0 <= self.slow <= 1 or self.n < 1 or self.copies < 1 or self.cores < 1:
            raise ValueError("A plan needs numbers above 0, at least one picture, one core and one copy, and a share of slow answers from "
                             f"0 to 1; look at {', '.join(wrong) or 'n, cores, copies and slow'}: {self}.")


def describing(a):
    """Describing the pictures: dict with core_hours (of the first indexing), first (machines that do it in time), daily (machines that
    keep up with the new ones), disk (bytes, with copies), once (price of the first indexing), month (of keeping up and of the disks).

        core-hours = N / (speed 3600)         machines = core-hours / (24 days cores), rounded up
    """
    core_hours = a.n / a.speed / 3600
    disk = a.n * a.kept * a.copies
    daily_hours = a.day / a.speed / 3600 / a.cores  # of a machine, a day: it can be let go when it is done
    return {"core_hours": core_hours, "first": ceil(core_hours / (24 * a.days * a.cores)),
            "daily": ceil(a.day / a.speed / DAY / a.cores), "disk": disk, "once": core_hours / a.cores * a.price,
            "month": daily_hours * HOURS / 24 * a.price + disk / 1e12 * a.disk}


def searching(found, kind, a):
    """Answering with one engine: `bench.plan.plan` with at least `copies` replicas; and late (share of the questions that wait for a slow
    shard), month (price of the machines), million (of search and describing together, a month, for a million pictures).

        late = 1 - (1 - slow)^shards

    Args:
        found: what `bench.plan.model` gave. kind: an engine. a: Assumptions.
    """
    told = plan(found, kind, a.n, Machine(1e9 * a.memory, a.cores, a.rate), a.dim, a.pieces)
    replicas = max(a.copies, told["replicas"])
    machines = told["shards"] * replicas
    month = machines * HOURS * a.price
    return {**told, "replicas": replicas, "machines": machines, "late": 1 - (1 - a.slow) ** told["shards"], "month": month,
            "million": (month + describing(a)["month"]) / (a.n / 1e6)}


def system_plan(found, a):
    """The whole plan: (dict of `describing`, dict engine -> dict of `searching`)."""
    return describing(a), {kind: searching(found, kind, a) for kind in ENGINES}
