"""Pages that are made from records, and the picture of the front page. Nothing here runs a method: "not run" is an answer."""

import json
from pathlib import Path

import yaml

HERE = Path(__file__).parent
RECORDS = HERE.parent / "visret_lab" / "tables" / "records"
MAKE = {"book": 900, "test": 1200}  # seconds
RED = 1.5  # times a budget
STAGES = {"book": ("chapters",), "test": ("notebooks", "unit", "chapters", "site")}
MEANING = {"cold": "*Cold* means that all that the chapters compute from pictures is computed anew.",
           "warm": " *Warm* means that it is in the cache, as on every run but a machine's first."}


def write():
    """Write book/generated/*.md and the picture of the front page."""
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    import front  # it and scale_page import matplotlib, and front the town
    import item_page
    import methods_page
    import museum_page
    import published
    import scale_page
    import timeline_page

    scale, line = _record("scale.json"), _record("mini/timeline.json")
    for name, text in {"status": status(), "method_against_reference": races(), "data": data(), "online": online(home()),
                       "scale": scale_page.page(scale, table),
                       "item_search": item_page.page(), "index_of_methods": methods_page.page(), "timeline": timeline_page.page(line),
                       "failure_museum": museum_page.page(line), **published.pages()}.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    front.write(HERE / "_assets")
    if scale:
        scale_page.figure(scale, HERE / "_assets" / "scale.svg")
    if line:
        timeline_page.figure(line, HERE / "_assets" / "timeline_costs.svg")


def _record(name):
    path = RECORDS / name
    return json.loads(path.read_text()) if path.is_file() else None


def table(head, rows):
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |" for line in lines) + "\n"


def status():
    """Measured seconds and memory of every chapter."""
    from visret_lab.teaching.budgets import BYTES, SECONDS

    record = _record("status.json")
    chapters = sorted(p.stem for p in (HERE.parent / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    known = {row["chapter"]: row for row in record["chapters"]} if record else {}
    rows = []
    for name in chapters:
        row = known.get(name)
        rows.append([name] + (["not run", "not run", ""] if row is None else
                              [f"{row['seconds']:.1f}", f"{row['peak_bytes'] / 1e9:.2f}", state(row, SECONDS, BYTES)]))
    where = f"Measured on {record['cores']} cores, with the mini data already generated." if record else "Nobody has measured yet."
    return ("# Notebook status\n\nA chapter may take 60 seconds and 2 GB. " + where +
            " `visret notebooks run --save` measures again.\n\n" + table(["chapter", "seconds", "GB", "state"], rows)
            + "\n" + budgets(_record("make.json")))


def state(row, seconds, size):
    """What a measured chapter is: ok, over its budget (seconds, bytes), red beyond one and a half times of it, or failed."""
    return told(max(row["seconds"] / seconds, row["peak_bytes"] / size)) if row["ok"] else mark("failed")


def told(share):
    """A share of a budget in words."""
    if share <= 1:
        return "ok"
    return "over budget" if share <= RED else mark(f"red: {share:.1f} times its budget")


def mark(words):
    """Words that stand out in red, and say what they are without the colour."""
    return f'<strong class="red">{words}</strong>'


def budgets(record):
    """What `make book` and `make test` took. record: of data_scripts/measure_make.py, or None."""
    text = "## The whole of it\n\n`make book` may take a quarter of an hour, `make test` twenty minutes, on two cores. "
    if record is None:
        return text + "Nobody has measured yet: `python data_scripts/measure_make.py --save`.\n"
    rows = [[f"`make {name}`", features, ", ".join(f"{stage} {one['stages'][stage] / 60:.1f}" for stage in STAGES[name]),
             f"{one[name] / 60:.1f}", f"{budget / 60:.0f}", told(one[name] / budget), f"`{one['commit']}`" if one.get("commit") else "not noted"]
            for features, one in record.items() for name, budget in MAKE.items()]
    before = "; ".join(f"{one['stages']['environment'] / 60:.1f} minutes" for one in record.values())
    return (text + f"Red begins at {RED:g} times a budget. Measured in a fresh clone, the painted worlds at hand. {MEANING['cold']}"
            + (MEANING["warm"] if "warm" in record else "") + f" The environment was made before: {before}.\n\n"
            + table(["command", "features", "minutes of its stages", "minutes", "budget", "state", "commit"], rows))


def home():
    """The address of the public home from _config.yml, "" where there is none yet."""
    return yaml.safe_load((HERE / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"].rstrip("/")


def online(url):
    """How to run a chapter on somebody else's machine. url: of the public home."""
    text = "# Online\n\n"
    if not url:
        return text + ("This copy of the book was made without a public address, so there is nothing to click here. Whoever publishes it sets "
                       "`repository: url` in `book/_config.yml`, and nothing else: then every chapter gets a button for Binder and one for "
                       "Colab (the rocket at the top), and this page says what to type there.\n\nOn your own machine, `make lab` opens the "
                       "chapters, and `make book` makes these pages.\n")
    return text + (f"The course lives at <{url}>. The rocket at the top of a chapter opens it on a machine of somebody else, for nothing.\n\n"
                   "**Binder** prepares everything by itself. The first start takes several minutes, and a session is lost after some minutes "
                   "of silence: download what you want to keep.\n\n**Colab** knows nothing of the course's package. Run this in a cell of its "
                   f"own, before the first one of the chapter:\n\n```\n%pip install -q \"visret-lab[book,test] @ git+{url}\"\n```\n\n"
                   "The first chapter that needs the painted town paints it, once a session, in some minutes. Graphics cards are not "
                   "needed.\n")


def races():
    """Our code against the reference libraries."""
    record = _record("bench.json")
    text = ("# Method against reference\n\nEach row is one run of `visret bench`: our code and a reference on the same input. "
            "The ratio is the reference's time divided by ours: above 1, ours is faster; behind it, in brackets, stands the ratio that was "
            "set as the aim before. The number is the chapter's. The last column is the largest difference of the two outputs.\n\n")
    if record is None:
        return text + "Not run yet.\n"
    rows = [[r["chapter"][:2], plain(r["name"]) + f"<br>*against* {plain(r['reference'])}"
             + (f"<br><small>{plain(r['note'])}</small>" if r["note"] else ""), f"{1e3 * r['ours_s']:,.2f} / {1e3 * r['reference_s']:,.2f}", f"{r['ratio']:,.1f} ({r['target']:,g})",
             f"{r['max_difference']:.0e}" if r["max_difference"] else "0"] for r in record["races"]]
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    return text + table(["no.", "what", "ms, ours / reference", "ratio (aim)", "difference"], rows) + \
        f"\nRun with {versions}.\n"


def plain(text):
    """Words for a cell, in which no star or quote means anything."""
    return text.replace("*", "\\*").replace('"', "'")


def data():
    """The registry of data sets."""
    from visret_lab.datasets import registry

    rows = [[e.name, e.tier, e.licence, e.status] for e in registry.listing(None)]
    return ("# Data\n\nWhat `visret data list` prints: every set and model of the course, what you may do with it, and whether "
            "its public home is alive. Nothing of the campus and full tiers is needed to read or run the chapters.\n\n"
            "The status of a home is what its users and maintainers have reported, with the year of the report; the course "
            "does not visit the addresses. Where no checksum is stated, the original archive was not at hand, and the files are "
            "checked one by one after unpacking instead.\n\n" +
            table(["name", "tier", "licence", "status"], rows))
