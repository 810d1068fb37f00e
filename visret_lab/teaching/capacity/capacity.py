"""Write the calculator: sliders, a table, and a small script that carries measured laws on. It needs no kernel.

Without the script, and on paper, the table shows the values at which the sliders start.
"""

from math import log2, log10
from pathlib import Path

from visret_lab.bench.plan import Machine, plans
from visret_lab.bench.scale import PIECES
from visret_lab.teaching.laws import framed, machines, milliseconds, size, slider, table

HERE = Path(__file__).parent
COLUMNS = ("index", "memory", "machines", "one query, ms", "adding")


def capacity_html(found, n=1e9, machine=None, dim=128, pieces=PIECES):
    """The calculator as a string of HTML that needs nothing beside itself.

    Args:
        found: what `bench.plan.model` gave.
        n, machine, dim, pieces: where the sliders start; see `bench.plan.plan`.
    """
    machine = machine or Machine()
    sliders = (("n", "vectors", 4, 10, 0.1, log10(n)), ("dim", "numbers a vector (D)", 5, 12, 1, log2(dim)),
               ("pieces", "bytes of a code (M)", 3, 7, 1, log2(pieces)), ("memory", "memory of a machine, GB", 3, 10, 1, log2(machine.memory / 1e9)),
               ("cores", "cores of a machine", 0, 7, 1, log2(machine.cores)), ("rate", "queries a second", 0, 5, 0.5, log10(machine.rate)))
    inputs = "".join(slider(*one) for one in sliders)
    cells = {kind: _cells(told) for kind, told in plans(found, n, machine, dim, pieces).items()}
    start = (f"{n:,.0f} vectors of {dim} numbers, codes of {pieces} bytes; machines of {machine.memory / 1e9:g} GB with "
             f"{machine.cores} cores; {machine.rate:g} queries a second.")
    body = (f'<p class="cap-title">What would it take?</p><div class="cap-inputs">{inputs}</div><p class="cap-start">{start}</p>'
            f'<div class="cap-scroll" tabindex="0" role="region" aria-label="what each index takes"><table>{table(COLUMNS, cells)}'
            '</table></div>')
    return framed(body, found, HERE, "capacity", "calculator")


def _cells(told):
    return size(told["bytes"]), machines(told), milliseconds(told), duration(told["build_s"])


def duration(seconds):
    """Seconds in words, with two digits: "0.35 s", "12 min", "2.4 h"; `capacity.js` does the same."""
    if seconds < 0.01:
        return "< 0.01 s"
    unit, length = next((pair for pair in (("s", 1), ("min", 60)) if seconds < 90 * pair[1]), ("h", 3600))
    return f"{float(f'{seconds / length:.2g}'):g} {unit}"
