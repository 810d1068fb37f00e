"""Pages that are made from records, and the pictures of the front page. Nothing here runs a method: "not run" is an answer."""

import json
from pathlib import Path

HERE = Path(__file__).parent
RECORDS = HERE.parent / "visret_lab" / "tables" / "records"


def write():
    """Write book/generated/*.md and the two pictures of the front page."""
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    import front  # this and scale_page import matplotlib, and front the town
    import item_page
    import published
    import scale_page

    scale = _record("scale.json")
    for name, text in {"status": status(), "method_against_reference": races(), "data": data(), "scale": scale_page.page(scale, table),
                       "item_search": item_page.page(), **published.pages()}.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
    front.write(HERE / "_assets")
    if scale:
        scale_page.figure(scale, HERE / "_assets" / "scale.svg")


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
            " `visret notebooks run --save` measures again.\n\n" + table(["chapter", "seconds", "GB", "state"], rows))


def state(row, seconds, size):
    """What a measured chapter is: ok, over budget (seconds, bytes), or failed."""
    if not row["ok"]:
        return "failed"
    return "over budget" if row["seconds"] > seconds or row["peak_bytes"] > size else "ok"


def races():
    """Our code against the reference libraries."""
    record = _record("bench.json")
    text = ("# Method against reference\n\nEach row is one run of `visret bench`: our code and a reference on the same input. "
            "The ratio is the reference's time divided by ours: above 1, ours is faster. The last column but one is the largest "
            "difference of the two outputs.\n\n")
    if record is None:
        return text + "Not run yet.\n"
    rows = [[r["chapter"], r["name"], r["reference"], f"{1e3 * r['ours_s']:.2f}", f"{1e3 * r['reference_s']:.2f}",
             f"{r['ratio']:.1f}", f"{r['target']:g}", f"{r['max_difference']:.1e}", r["note"]] for r in record["races"]]
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    return text + table(["chapter", "what", "reference", "ours, ms", "reference, ms", "ratio", "asked", "difference", "note"], rows) + \
        f"\nRun with {versions}.\n"


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
