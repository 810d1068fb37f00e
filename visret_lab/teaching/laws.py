"""What two calculators in pages share: measured laws of four indexes, numbers in words, and the frame of style, script and data."""

import hashlib
import html
import json
from pathlib import Path

NAMES = {"exact": "exact", "ivf": "IVF", "ivfpq": "IVF-PQ", "hnsw": "HNSW"}
SCRIPT = Path(__file__).parent / "laws.js"
LAWS = "// LAWS"


def short(x):
    """About three digits; `laws.js` rounds in the same way."""
    if x >= 100:
        return f"{x:,.0f}"
    return f"{x:.{1 if x >= 10 else 2 if x >= 1 else 3}f}"


def size(count):
    """Bytes in words: "512 GB"."""
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5:
            return f"{short(count)} {unit}"
    return f"{short(count / 1000)} PB"


def machines(told):
    """Machines in words: parts of the database times copies of all of it."""
    return f"{told['machines']:,} ({told['shards']:,} × {told['replicas']:,})"


def milliseconds(told):
    """Time of a question with the range that the uncertainty of the exponent leaves."""
    return f"{short(told['ms'])} ({short(told['ms_low'])} to {short(told['ms_high'])})"


def slider(key, label, low, high, step, start):
    """One slider as HTML; the script fills the output."""
    return (f'<label><span>{label}: <output data-of="{key}"></output></span><input type="range" data-key="{key}" min="{low}" '
            f'max="{high}" step="{step}" value="{start:g}"></label>')


def table(columns, rows):
    """The table of the engines as HTML. columns: heads. rows: dict of an engine's key to its cells."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join(f'<tr data-engine="{kind}"><th scope="row">{NAMES[kind]}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
                   for kind, cells in rows.items())
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"


def framed(body, found, folder, css_class, label):
    """The whole element: style, body and script of a folder, with the laws in its script and the model in an attribute.

    Args:
        body: HTML. found: what `bench.plan.model` gave. folder: Path with <its name>.css and <its name>.js, in which the line "// LAWS"
            stands for the common functions. css_class, label: of the outer element.

    Returns:
        str of HTML that needs nothing beside itself.
    """
    name = f"{css_class}-" + hashlib.sha1((body + json.dumps(found)).encode()).hexdigest()[:10]
    style = (folder / f"{folder.name}.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (folder / f"{folder.name}.js").read_text(encoding="utf-8")
    script = script.replace(LAWS, SCRIPT.read_text(encoding="utf-8")).replace("ROOT_ID", name)
    data = html.escape(json.dumps(found), quote=True)
    return (f'<div id="{name}" class="{css_class}" role="group" aria-label="{label}" data-model="{data}"><style>{style}</style>'
            f"{body}<script>{script}</script></div>")
