"""Pages that are made from records, and the pictures of the front page. Nothing here runs a method: "not run" is an answer."""

import json
from pathlib import Path

HERE = Path(__file__).parent
TITLES = {  # of the tables, in the order of the page
    "handmade": "Colour, edges, GIST and matching (chapters 02 to 04)",
    "aggregated": "Bags of words, VLAD, Fisher vectors (chapters 05 to 07)",
    "compact": "Shorter vectors: PCA, product quantisation, binary codes (chapters 09 to 11)",
    "deep": "Networks off the shelf: codes, pooled maps, words, regions (chapters 12 to 15)",
    "cleaning": "Cleaning a training set (chapter 16)",
    "end-to-end": "Networks trained to retrieve (chapter 17)",
    "deep-local": "Local descriptors that were learnt (chapter 18)",
    "fusion": "Late fusion of two systems (chapter 19)",
    "expansion-diffusion": "Query expansion and diffusion (chapter 20)",
    "bow-verification": "Bags of words with spatial verification and query expansion",
    "blcf-stages": "Bags of local convolutional features, stage by stage",
    "blcf-sum-pooling": "Bags of local convolutional features against sum pooling",
    "blcf-efficiency": "Bags of local convolutional features: memory and time",
    "blcf-comparison": "Bags of local convolutional features against others, local search",
    "blcf-comparison-expansion": "The same with query expansion",
    "blcf-fine-tuned": "Bags of local convolutional features from fine-tuned networks",
    "late-fusion": "SIFT words and CNN words together",
    "label-free-oxford": "Fine-tuning without labels, Oxford",
    "label-free-instre": "Fine-tuning without labels, INSTRE",
    "saliency-sum-pooling": "Saliency as a weight of sum pooling",
    "saliency-blcf": "Saliency as a weight of bags of local convolutional features",
    "state-of-the-art": "Compact image representations: state of the art when the lectures were given",
    "similarity-networks": "Similarity networks",
    "similarity-last-convolution": "Similarity networks: with the last convolution learnt (chapter 21)",
    "video-cuts": "Where shots end (chapter 22)",
    "video-local": "Image to video: local features in a film",
    "video-temporal": "Image to video: aggregation over time",
    "video-encoders": "Image to video: one vector a video",
    "video-shots": "Image to video: with and without shots",
    "wikipedia-articles": "Articles: pictures and texts by category",
    "semart": "Paintings and their comments",
    "semart-encoders": "Paintings and their comments: vectors of the picture (chapter 25)",
    "semart-human": "Paintings and their comments: the machine against people",
    "two-branch": "Images and sentences (chapter 24)",
    "phrase-localisation": "Phrases and the boxes that they name (chapter 24)",
    "semantic-retrieval": "Pictures that share captions (chapter 26)",
    "full-system": "The whole system, part by part (chapter 27)",
    "causes": "Why numbers differ, one cause at a time (chapter 29)",
}
RECORDS = HERE.parent / "visret_lab" / "tables" / "records"


def write():
    """Write book/generated/*.md and the two pictures of the front page."""
    folder = HERE / "generated"
    folder.mkdir(exist_ok=True)
    import front  # this and scale_page import matplotlib, and front the town
    import item_page
    import scale_page

    scale = _record("scale.json")
    for name, text in {"status": status(), "method_against_reference": races(), "published_beside_ours": published(),
                       "data": data(), "scale": scale_page.page(scale, table), "item_search": item_page.page()}.items():
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


def published():
    """Published values and ours: a section a table, a row a method, a column a measure."""
    from visret_lab.tables.reproduce import rows

    text = ("# Published beside ours\n\nWhat papers and lectures print, and what this course measured. A cell reads *published / "
            "ours on the same set*. \"not run\" means that nobody has run it here: the row waits for its chapter, or for data that "
            "cannot be shipped. Our runs on the sets that everybody has, the town (mini) and photographs of places (campus), stand "
            "in tables of their own: no paper has searched these. A source that was remembered and not read says so. "
            "`visret reproduce run TABLE --tier TIER` runs a table again.\n\n")
    tables = {}
    for row in rows():
        tables.setdefault(row["table"], []).append(row)
    for name in sorted(tables, key=lambda t: list(TITLES).index(t)):
        text += f"## {TITLES[name]}\n\n`{name}`\n\n" + _published(tables[name]) + _ours(tables[name])
    return text


def _published(found):
    """The published part of a table, with the source."""
    found = [r for r in found if r["published"] is not None]
    if not found:
        return "Nothing was published for these; the values are this course's own.\n\n"
    nobody = all(isinstance(v, str) for r in found for v in r["ours"].values())

    def cell(row):
        ours = [f"{v:.3f}" for v in row["ours"].values() if not isinstance(v, str)]
        return f"{row['published']}" if nobody else f"{row['published']} / {ours[-1] if ours else 'not run'}"

    sources = "; ".join(sorted({r["source"] for r in found}))
    return (f"Published in: {sources}. Ours on {'these sets' if nobody else 'some of these sets'}: not run.\n\n" + pivot(found, cell) +
            "\n")


def _ours(found):
    """The rows that only this course has: for each tier, measures that the same methods have stand in one table."""
    text = ""
    for tier in ("mini", "campus", "full"):
        run = [r for r in found if r["published"] is None and not isinstance(r["ours"][tier], str)]
        methods = {}
        for row in run:
            methods.setdefault(row["metric"], []).append(row["row"])
        for names in dict.fromkeys(map(tuple, methods.values())):
            some = [r for r in run if tuple(methods[r["metric"]]) == names]
            text += f"Ours, {tier}:\n\n" + pivot(some, lambda r, tier=tier: f"{r['ours'][tier]:.3f}") + "\n"
    return text


def pivot(rows, cell):
    """A Markdown table with a row for each method and a column for each measure; "-" where there is no such value."""
    names, metrics = (list(dict.fromkeys(r[key] for r in rows)) for key in ("row", "metric"))
    cells = {(r["row"], r["metric"]): cell(r) for r in rows}
    return table(["method", *metrics], [[n, *(cells.get((n, m), "-") for m in metrics)] for n in names])


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
