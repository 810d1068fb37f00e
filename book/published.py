"""Published beside ours: one page for each deck of slides, and one for the tables that no deck prints. Made from records; nothing runs here."""

import re
from pathlib import Path
from typing import NamedTuple

from visret_lab.tables import reproduce

DECKS = {
    "000": "Deck 000: spatial and temporal representations for multi-modal visual retrieval",
    "001": "Deck 001: image search with deep learning",
    "002": "Deck 002: deep image-text embeddings",
    "003": "Deck 003: deep image representations for instance search",
    "004": "Deck 004: understanding visual data at large scale",
    "own": "Beyond the decks",
}


class Table(NamedTuple):
    """title: in words. deck: key of DECKS. chapters: numbers of the chapters that run it."""

    title: str
    deck: str
    chapters: tuple


TABLES = {  # in the order of the pages
    "similarity-networks": Table("Similarity networks", "000", ("21",)),
    "similarity-last-convolution": Table("Similarity networks: with the last convolution learnt", "000", ("21",)),
    "video-cuts": Table("Where shots end", "000", ("22",)),
    "video-local": Table("Image to video: local features in a film", "000", ("22",)),
    "video-temporal": Table("Image to video: aggregation over time", "000", ("22",)),
    "video-encoders": Table("Image to video: one vector a video", "000", ("23",)),
    "video-shots": Table("Image to video: with and without shots", "000", ("23",)),
    "semart": Table("Paintings and their comments", "000", ("25",)),
    "semart-encoders": Table("Paintings and their comments: vectors of the picture", "000", ("25",)),
    "semart-human": Table("Paintings and their comments: the machine against people", "000", ("25",)),
    "deep": Table("Networks off the shelf: codes, pooled maps, words, regions", "001", ("12", "13", "14", "15")),
    "faster-rcnn": Table("Detectors: time and average precision", "001", ("15",)),
    "two-branch": Table("Images and sentences", "002", ("24",)),
    "phrase-localisation": Table("Phrases and the boxes that they name", "002", ("24",)),
    "state-of-the-art": Table("Compact image representations: state of the art when the lectures were given", "003", ("13", "17")),
    "blcf-stages": Table("Bags of local convolutional features, stage by stage", "003", ("14",)),
    "blcf-sum-pooling": Table("Bags of local convolutional features against sum pooling", "003", ("14",)),
    "blcf-efficiency": Table("Bags of local convolutional features: memory and time", "003", ("14",)),
    "blcf-comparison": Table("Bags of local convolutional features against others, local search", "003", ("14",)),
    "blcf-comparison-expansion": Table("The same with query expansion", "003", ("14", "20")),
    "blcf-fine-tuned": Table("Bags of local convolutional features from fine-tuned networks", "003", ("19",)),
    "late-fusion": Table("SIFT words and CNN words together", "003", ("19",)),
    "label-free-oxford": Table("Fine-tuning without labels, Oxford", "003", ("19",)),
    "label-free-instre": Table("Fine-tuning without labels, INSTRE", "003", ("19",)),
    "saliency-sum-pooling": Table("Saliency as a weight of sum pooling", "003", ("15",)),
    "saliency-blcf": Table("Saliency as a weight of bags of local convolutional features", "003", ("15",)),
    "handmade": Table("Colour, edges, GIST and matching", "004", ("02", "03", "04")),
    "aggregated": Table("Bags of words, VLAD, Fisher vectors", "004", ("05", "06", "07")),
    "compact": Table("Shorter vectors: PCA, product quantisation, binary codes", "004", ("09", "10", "11")),
    "cleaning": Table("Cleaning a training set", "004", ("16",)),
    "end-to-end": Table("Networks trained to retrieve", "004", ("17",)),
    "deep-local": Table("Local descriptors that were learnt", "004", ("18",)),
    "bow-verification": Table("Bags of words with spatial verification and query expansion", "004", ("05", "20")),
    "expansion-diffusion": Table("Query expansion and diffusion", "004", ("20",)),
    "semantic-retrieval": Table("Pictures that share captions", "004", ("26",)),
    "full-system": Table("The whole system, part by part", "004", ("27",)),
    "fusion": Table("Late fusion of two systems", "own", ("19",)),
    "wikipedia-articles": Table("Articles: pictures and texts by category", "own", ("24",)),
    "timeline": Table("The timeline: one set of questions, every method", "own", ("29",)),
    "causes": Table("Why numbers differ, one cause at a time", "own", ("29",)),
}
TIERS = ("mini", "campus", "full")
WIDEST = 6  # columns of measures that a page shows without scrolling sideways, more or less
SMALL = 0.0095  # below it three decimals say too little
KEY = ("*Ours* stands by tier: *mini* is painted, *campus* are small sets of real photographs, *full* the sets of the papers. Square brackets "
       "hold the 95 % interval over the queries. A measure names its set behind the first comma, and then the question; *easy*, *medium*, "
       "*hard* and *classic* are the protocols of [Evaluation](../notebooks/01_evaluation.ipynb). Short names of methods are those of the "
       "chapters that stand above each table. A wide table scrolls sideways. More: [how to read these tables](published_beside_ours.md).\n\n")


def pages():
    """Name of a page (without ".md") -> its Markdown: the overview, and one for each deck."""
    records = {(t, tier): reproduce.record(t, tier) for t in reproduce.recorded() for tier in TIERS}
    tables = {name: [] for name in TABLES}
    for row in reproduce.rows():
        tables[row["table"]].append(row)
    found = {"published_beside_ours": overview(tables, records)}
    for deck, title in DECKS.items():
        found[f"published_{deck}"] = f"# {title}\n\n{KEY}" + "".join(
            section(name, tables[name], records) for name, t in TABLES.items() if t.deck == deck and tables[name])
    return found


def overview(tables, records):
    """The first page: how to read, and a line for each table."""
    text = ("# Published beside ours\n\nWhat papers and lectures print, and what this course measured: a page for each deck of slides.\n\n"
            "A table has what was *published*, with its source, and below it what is *ours*, a table for each tier, with a 95 % interval over "
            "the queries: mini is the worlds that this course paints, campus small sets of real photographs, full the sets of the papers. "
            "Beside a published figure stands in brackets whether ours, run on the set of the paper, lies within the tolerance that was "
            "declared before the run. **not run** means that nobody has run this method on this set, and nothing else. A source that was "
            "remembered and not read says so.\n\nEach table has its command; `visret reproduce check TABLE --tier TIER` runs it again and compares. "
            f"{made_on(records)}\n\nThe tolerances, and why: "
            + "; ".join(f"{tier} ±{size} ({reason})" for tier, (size, reason) in reproduce.TOLERANCE.items()) + ".\n\n")
    lines = ["| table | chapter | published figures | of these run on the same set | of these within tolerance | figures of ours alone |",
             "|---|---|---|---|---|---|"]
    for name, about in TABLES.items():
        rows = tables[name]
        if not rows:
            continue
        verdicts = [verdict(r, records) for r in rows if r["published"] is not None]
        run = [v for v in verdicts if v != "not run"]
        own, within = sum(r["published"] is None for r in rows), sum(v.startswith("within") for v in run)
        lines.append(f"| {{ref}}`{about.title} <{anchor(name)}>` | {', '.join(map(link, about.chapters))} | {len(verdicts)} | {len(run)} | "
                     f"{within if run else '–'} | {own} |")
    return text + "\n".join(lines) + "\n"


def made_on(records):
    """On which processors the runs of mini were made, and what that means for who runs them again: a sentence or two."""
    known = sorted({r["processor"] for (_, tier), r in records.items() if tier == "mini" and r and r.get("processor")})
    if not known:
        return ""
    return (f"The runs of mini were made on {' and '.join(known)}. The same processor gives the same values; another one adds in another "
            "order, and what is learnt makes much of the last digits: there a value has to lie in the interval of ours.")


def section(name, rows, records):
    """A table: its chapters, its command, its sources, what was published, and what is ours in each tier."""
    about = TABLES[name]
    sources = sorted({r["source"] for r in rows if r["published"] is not None})
    chapters = f"Chapter{'s' if len(about.chapters) > 1 else ''} {', '.join(map(link, about.chapters))}"
    tiers = [t for t in TIERS if records.get((name, t))]
    text = (f"({anchor(name)})=\n## {about.title}\n\n{chapters}. Run it again: "
            f"`visret reproduce check {name} --tier {tiers[0] if tiers else 'mini'}`.\n\n")
    text += f"Published in: {'; '.join(sources)}.\n\n" if sources else "Nothing was published for these; the values are this course's own.\n\n"
    said = []
    for tier in TIERS:
        record = records.get((name, tier))
        if record:
            declared = record["tolerance"], record["tolerance_reason"]  # those of a tier stand on the first page, once
            reason = "" if declared == reproduce.TOLERANCE[tier] else f" ({declared[1]})"
            said.append(f"{tier}: seed {record['seed']}, tolerance {declared[0]}{reason}")
    text += f"Runs: {'; '.join(said)}.\n\n" if said else "Runs: none yet.\n\n"
    told = [r for r in rows if r["published"] is not None]
    if told:
        text += table("Published; in brackets, whether ours on the same set lies within the tolerance", told,
                      lambda r: f"{printed(r['published'])} ({verdict(r, records)})".replace("not run", "not\u00a0run"))
    for tier in tiers:
        text += table(f"Ours, {tier}", [r for r in rows if not isinstance(r["ours"][tier], str)], lambda r, t=tier: ours(r, t, records))
    return text


def table(title, rows, shown):
    """A line of its own for each method, a column for each measure; the other way round where that is narrower.

    rows: of `reproduce.rows`. shown: a function, row -> text of its cell. Returns Markdown.
    """
    methods, measures = (list(dict.fromkeys(r[key] for r in rows)) for key in ("row", "metric"))
    cells = {(r["row"], r["metric"]): shown(r) for r in rows}
    if len(measures) > max(WIDEST, len(methods)):
        head, lines = ["measure", *methods], [[k, *(cells.get((m, k), "") for m in methods)] for k in measures]
    else:
        head, lines = ["method", *measures], [[m, *(cells.get((m, k), "") for k in measures)] for m in methods]
    return f"**{title}**\n\n:::{{container}} measured\n\n{markdown(head, lines)}\n:::\n\n"


def ours(row, tier, records):
    """A value of ours with its interval, all three with as many decimals; the interval is not broken into two lines.

    An end keeps its sign, even when nothing but zeros is left of it: it says on which side of 0 it lies.
    """
    kept, value = _kept(row, tier, records), row["ours"][tier]
    low, high = kept.get("low"), kept.get("high")
    if low is None or high is None:
        return figure(value)
    largest = max(abs(value), abs(low), abs(high))
    decimals = 0 if largest >= 1000 else 1 if largest > 1 else 3 if largest >= SMALL else 4
    return f"{value:z,.{decimals}f} [{low:,.{decimals}f},\u00a0{high:,.{decimals}f}]"


def printed(value):
    """A published figure with the digits that were published."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:g}"


def figure(value):
    """A measured figure without an interval, with the digits that say something: shares with three, ranks with one, counts whole."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) > 1:
        return f"{value:.1f}"
    return f"{value:z.3f}" if abs(value) >= SMALL or abs(value) < 1e-4 else f"{value:.2g}"


def verdict(row, records):
    """Of a published figure: "not run", or whether ours on the same set lies within the declared tolerance."""
    run = [t for t in TIERS if not isinstance(row["ours"][t], str)]
    if not run:
        return "not run"
    tier = run[-1]
    allowed, gap = records[row["table"], tier]["tolerance"], abs(row["ours"][tier] - row["published"])
    return f"within ±{allowed}" if gap <= allowed else f"outside ±{allowed}, by {gap - allowed:.3f}"


def _kept(row, tier, records):
    record = records.get((row["table"], tier)) or {"rows": []}
    return next((r for r in record["rows"] if (r["row"], r["metric"]) == (row["row"], row["metric"])), {})


def anchor(name):
    """Of a table on its page."""
    return f"table-{name}"


def link(chapter):
    """A link to a chapter by its number."""
    path = next((Path(__file__).parents[1] / "notebooks").glob(f"{chapter}_*.ipynb"))
    return f"[{chapter}](../notebooks/{path.stem}.ipynb)"


def markdown(head, rows):
    """A Markdown table; bars and stars of cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(re.sub(r"([|*])", r"\\\1", str(c)) for c in line) + " |" for line in lines) + "\n"
