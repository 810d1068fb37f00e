"""Write the calculator: sliders, a table, and a small script that carries measured laws on. It needs no kernel.

Without the script, and on paper, the table shows the values at which the sliders start.
"""

import hashlib
import html
import json
from math import log2, log10
from pathlib import Path

from visret_lab.bench.plan import Machine, plans
from visret_lab.bench.scale import PIECES

HERE = Path(__file__).parent
NAMES = {"exact": "exact", "ivf": "IVF", "ivfpq": "IVF-PQ", "hnsw": "HNSW"}
COLUMNS = ("index", "memory", "machines", "one query, ms", "adding, hours")


def capacity_html(found, n=1e9, machine=None, dim=128, pieces=PIECES):
    """The calculator as a string of HTML that needs nothing beside itself.

    Args:
        found: what `bench.plan.model` gave.
        n, machine, dim, pieces: where the sliders start; see `bench.plan.plan`.
    """
    machine = machine or Machine()
    sliders = (("n", "vectors", log10(n), 4, 10, 0.1), ("dim", "numbers a vector (D)", log2(dim), 5, 12, 1),
               ("pieces", "bytes of a code (M)", log2(pieces), 3, 7, 1), ("memory", "memory of a machine, GB", log2(machine.memory / 1e9), 3, 10, 1),
               ("cores", "cores of a machine", log2(machine.cores), 0, 7, 1), ("rate", "queries a second", log10(machine.rate), 0, 5, 0.5))
    inputs = "".join(_slider(*slider) for slider in sliders)
    rows = "".join(_row(kind, values) for kind, values in plans(found, n, machine, dim, pieces).items())
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    start = (f"{n:,.0f} vectors of {dim} numbers, codes of {pieces} bytes; machines of {machine.memory / 1e9:g} GB with "
             f"{machine.cores} cores; {machine.rate:g} queries a second.")
    body = (f'<p class="cap-title">What would it take?</p><div class="cap-inputs">{inputs}</div><p class="cap-start">{start}</p>'
            f'<div class="cap-scroll" tabindex="0" role="region" aria-label="what each index takes"><table><thead><tr>{head}</tr>'
            f'</thead><tbody>{rows}</tbody></table></div>')
    name = "cap" + hashlib.sha1(body.encode()).hexdigest()[:10]
    style = (HERE / "capacity.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (HERE / "capacity.js").read_text(encoding="utf-8").replace("ROOT_ID", name)
    data = html.escape(json.dumps(found), quote=True)
    return (f'<div id="{name}" class="capacity" role="group" aria-label="calculator" data-model="{data}"><style>{style}</style>'
            f'{body}<script>{script}</script></div>')


def _slider(key, label, value, low, high, step):
    return (f'<label><span>{label}: <output data-of="{key}"></output></span><input type="range" data-key="{key}" min="{low}" '
            f'max="{high}" step="{step}" value="{value:g}"></label>')


def _row(kind, values):
    cells = (size(values["bytes"]), machines(values), milliseconds(values), two_digits(values["build_hours"]))
    return f'<tr data-engine="{kind}"><th scope="row">{NAMES[kind]}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def size(count):
    """Bytes in words: "512 GB"."""
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.5:
            return f"{_short(count)} {unit}"
    return f"{_short(count / 1000)} TB"


def machines(values):
    """Machines in words: parts of the database times copies of all of it."""
    return f"{values['machines']:,} ({values['shards']:,} × {values['replicas']:,})"


def milliseconds(values):
    """Time of a query with the range that the uncertainty of the exponent leaves."""
    return f"{_short(values['ms'])} ({_short(values['ms_low'])} to {_short(values['ms_high'])})"


def _short(x):
    """About three digits; the calculator's script rounds in the same way."""
    if x >= 100:
        return f"{x:,.0f}"
    return f"{x:.{1 if x >= 10 else 2 if x >= 1 else 3}f}"


def two_digits(x):
    """A number rounded to two digits, in plain notation where that is short."""
    return f"{float(f'{x:.2g}'):g}"
