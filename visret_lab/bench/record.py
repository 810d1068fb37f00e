"""Where the races of the book are kept, and what they were run with."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RECORD = Path(__file__).parents[1] / "tables" / "records" / "bench.json"
REFERENCES = ("numpy", "scipy", "torch", "opencv-python-headless", "scikit-learn", "scikit-image", "faiss-cpu", "POT", "nanopq")


def versions():
    """What was raced against what, on what: a dict for the record. Libraries that are not installed are left out."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    for name in REFERENCES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
