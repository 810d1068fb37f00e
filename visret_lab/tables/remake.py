"""All tables of a tier at once: measured again by several processes, and compared with the records that come with the course."""

import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from visret_lab.files import write_bytes
from visret_lab.memory import keep_freed
from visret_lab.tables import reproduce

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
TIMES = ("low", "high", "value", "ms_per_query")


def remake(tier, folder=None, jobs=2, tables=None):
    """Measure every table again, the longest first, each in a process with one thread.

    Args:
        tier: mini, campus or full. folder: Path where the records are written as <table>.json; None writes nothing.
        jobs: processes. tables: names; None for all that have a record in this tier.

    Yields:
        (table, record, list of sentences where it differs from the kept one, as `reproduce.deviations`), as they come.

    Raises:
        ValueError: a table without a record in this tier.
    """
    kept = {table: reproduce.record(table, tier) for table in (tables or reproduce.recorded())}
    missing = [table for table, record in kept.items() if record is None]
    if tables and missing:
        raise ValueError(f"There is no record of {', '.join(missing)} in {tier}. `visret reproduce run TABLE --tier {tier}` makes one.")
    kept = {table: record for table, record in kept.items() if record is not None}
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # also for libraries that `reproduce.one_thread` does not reach
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=keep_freed) as pool:
            order = sorted(kept, key=lambda table: -kept[table]["seconds"])
            waiting = {pool.submit(reproduce.measure, table, tier, kept[table]["seed"]): table for table in order}
            for done in as_completed(waiting):
                table, record = waiting[done], done.result()
                if folder is not None:
                    write_bytes(folder / f"{table}.json", (json.dumps(record, indent=1) + "\n").encode())
                yield table, record, reproduce.deviations(record, kept[table])
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def without_times(record):
    """A record without what a clock said: two runs at one seed and thread count must agree in all the rest."""
    rows = [without(row, TIMES if row["row"].startswith("seconds") else TIMES[-1:]) for row in record["rows"]]
    return {**without(record, ("seconds",)), "rows": rows}


def without(content, names):
    """A dict without some of its entries."""
    return {name: value for name, value in content.items() if name not in names}
