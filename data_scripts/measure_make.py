"""How long `make test` takes, stage by stage, in a fresh clone with a fresh environment: the budgets of the status page.

    python data_scripts/measure_make.py [--features warm] [--save]

The clone is made of the last commit, in a temporary folder. The generated worlds are taken from the user's cache (their making is told
apart, since it happens once on a machine); with `--features cold`, the default, what the chapters compute from the pictures is not. The
record stands in visret_lab/tables/records/make.json (only with --save, and only if everything passed).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from visret_lab.datasets.cache import cache_dir
from visret_lab.files import write_bytes

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "visret_lab" / "tables" / "records" / "make.json"
STAGES = {"== Setting up": "environment", "== Mini data": "data", "== Notebooks": "notebooks", "== Unit": "unit",
          "== Chapters": "chapters", "== The built site": "site"}


def watched(command, folder, environment):
    """Run a command, print its lines with the time, and note when each stage begins: (exit code, dict stage -> seconds)."""
    start, began = time.perf_counter(), {}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        print(time.strftime("%H:%M:%S"), line, end="", flush=True)
        for words, stage in STAGES.items():
            if line.startswith(words):
                began[stage] = time.perf_counter() - start
    code, ends = process.wait(), [*list(began.values())[1:], time.perf_counter() - start]
    return code, {stage: round(end - began[stage], 1) for stage, end in zip(began, ends, strict=True)}


def main():
    """Measure, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--features", choices=("cold", "warm"), default="cold")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="visret-make-") as place:
        clone, cache = Path(place) / "clone", Path(place) / "cache"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = dict(os.environ)
        if options.features == "cold":
            cache.mkdir()
            (cache / "worlds").symlink_to(cache_dir("worlds"))
            environment["VISRET_CACHE"] = str(cache)
        commit = subprocess.check_output(["git", "rev-parse", "--short=7", "HEAD"], cwd=clone, text=True).strip()
        code, seconds = watched(["make", "test"], clone, environment)
    if code:
        sys.exit(f"make test failed (exit code {code}); nothing was written.")
    book, test = seconds["chapters"], sum(seconds[s] for s in ("notebooks", "unit", "chapters", "site"))
    print(f"book {book:.0f} s, test {test:.0f} s: {seconds}")
    if options.save:
        kept = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
        kept[options.features] = {"cores": os.cpu_count(), "commit": commit, "stages": seconds, "book": round(book, 1),
                                  "test": round(test, 1)}
        write_bytes(RECORD, (json.dumps(kept, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
