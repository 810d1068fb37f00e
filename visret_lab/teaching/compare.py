"""The check cell of a method: the plain way, the package's way and the reference library, side by side."""

import time

import numpy as np
import pandas as pd

from visret_lab.arrays import difference


def compare(plain, ours, reference, args=(), tolerance=1e-5, names=("plain, on this page", "visret_lab", "reference")):
    """Run three functions on the same input; show the time of each and its largest difference from the package's.

    Args:
        plain, ours, reference: functions of `args` that return arrays; plain or reference may be None.
        tolerance: the largest difference that counts as agreement.

    Returns:
        pandas Styler.

    Raises:
        AssertionError: a difference above the tolerance.
    """
    rows, base = [], None
    for name, function in zip(names, (plain, ours, reference), strict=True):
        if function is None:
            continue
        start = time.perf_counter()
        output = np.asarray(function(*args))
        rows.append([name, time.perf_counter() - start, output])
        base = output if function is ours else base
    gaps = [difference(output, base) for _, _, output in rows]
    for (name, _, _), gap in zip(rows, gaps, strict=True):
        assert gap <= tolerance, f"{name} differs from visret_lab by {gap:.3g}, more than {tolerance:.3g}."
    frame = pd.DataFrame({"way": [r[0] for r in rows], "milliseconds": [f"{1e3 * r[1]:.2f}" for r in rows],
                          "largest difference from visret_lab": [f"{gap:.1e}" for gap in gaps]})
    return frame.style.hide(axis="index")
