"""Write the plan of a whole system: sliders, two tables, and a small script that carries measured laws on. It needs no kernel.

Without the script, and on paper, the tables show the values at which the sliders start.
"""

from dataclasses import asdict, replace
from math import log2, log10
from pathlib import Path

from visret_lab.scale.assumptions import Assumptions, system_plan
from visret_lab.teaching.laws import framed, machines, milliseconds, short, size, slider, table

HERE = Path(__file__).parent
# key: (label, base of the slider's power or 0 for a plain one, lowest, highest, step of the slider)
SLIDERS = {
    "n": ("pictures", 10, 6, 10, 0.1), "day": ("new pictures a day", 10, 2, 8, 0.1), "rate": ("questions a second", 10, 0, 5, 0.1),
    "speed": ("pictures a second and core", 10, -1, 3, 0.05), "days": ("days for the first indexing", 2, 0, 7, 1),
    "memory": ("memory of a machine, GB", 2, 3, 11, 1), "cores": ("cores of a machine", 2, 0, 7, 1),
    "dim": ("numbers a vector (D)", 2, 5, 12, 1),
    "pieces": ("bytes of a code (M)", 2, 3, 7, 1), "kept": ("bytes kept on disk a picture", 10, 2, 6, 0.1),
    "copies": ("copies of everything, at least", 0, 1, 5, 1), "slow": ("late answers of a shard, %", 0, 0, 5, 0.1),
    "price": ("price of a machine for an hour", 10, -2, 2, 0.05), "disk": ("price of a terabyte for a month", 10, -1, 3, 0.05)}
WHOLE = ("days", "memory", "cores", "dim", "pieces", "copies")
COLUMNS = ("index", "memory", "machines", "one question, ms", "wait for a slow shard", "price a month", "a month, for a million pictures")
STAGE = ("core-hours of the first indexing", "machines for it", "its price, once", "machines for the new pictures", "on disk",
         "price a month of new pictures and disk")


def system_plan_html(found, start=None):
    """The plan as a string of HTML that needs nothing beside itself.

    Args:
        found: what `bench.plan.model` gave. start: Assumptions at which the sliders start; each is moved to the nearest step of its slider.

    Raises:
        ValueError: a start beyond the end of a slider.
    """
    start = nearest(start or Assumptions())
    first, engines = system_plan(found, start)
    inputs = "".join(slider(key, label, low, high, step, position(key, getattr(start, key)))
                     for key, (label, _, low, high, step) in SLIDERS.items())
    cells = {kind: answer_cells(told) for kind, told in engines.items()}
    stage = "".join(f'<tr><th scope="row">{name}</th><td>{cell}</td></tr>' for name, cell in zip(STAGE, stage_cells(first), strict=True))
    said = ", ".join(f"{SLIDERS[key][0]} {shown(key, getattr(start, key))}" for key in SLIDERS)
    body = (f'<p class="sp-title">What would it take?</p><div class="sp-inputs">{inputs}</div><p class="sp-start">Assumed: {said}.</p>'
            f'<p class="sp-part">Describe and keep</p><div class="sp-scroll"><table class="sp-stage"><tbody>{stage}</tbody></table></div>'
            '<p class="sp-part">Search</p><div class="sp-scroll" tabindex="0" role="region" aria-label="what each index takes">'
            f'<table class="sp-engines">{table(COLUMNS, cells)}</table></div>')
    return framed(body, found, HERE, "system-plan", "plan of a system")


def position(key, value):
    """Where the slider of an assumption stands for a value: float, on its steps."""
    _, base, low, high, step = SLIDERS[key]
    value = 100 * value if key == "slow" else value
    at = value if not base else log10(value) if base == 10 else log2(value)
    if not low - 1e-9 <= at <= high + 1e-9:
        raise ValueError(f"{key} = {value:g} lies beyond the ends of its slider.")
    return round(low + step * round((at - low) / step), 6)


def at(key, position_):
    """The value of an assumption for a position of its slider; the page's script rounds in the same way."""
    base = SLIDERS[key][1]
    value = base**position_ if base else position_
    value = round(value) if key in WHOLE else float(f"{value:.2g}")
    return value / 100 if key == "slow" else value


def nearest(a):
    """The Assumptions that the sliders can show."""
    return replace(a, **{key: at(key, position(key, value)) for key, value in asdict(a).items()})


def shown(key, value):
    """An assumption in words."""
    if key == "slow":
        return f"{100 * value:g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def stage_cells(told):
    """The second column of the first table, in words."""
    return (short(told["core_hours"]), f"{told['first']:,}", short(told["once"]), f"{told['daily']:,}", size(told["disk"]),
            short(told["month"]))


def answer_cells(told):
    """The cells of an engine, in words."""
    return (size(told["bytes"]), machines(told), milliseconds(told), f"{short(100 * told['late'])} %", short(told["month"]),
            short(told["million"]))
