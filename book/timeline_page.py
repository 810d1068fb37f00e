"""The page "Timeline": the same queries through every method of the course, and what a step in mAP cost. Made from a record."""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from visret_lab.datasets import load  # noqa: E402
from visret_lab.tables.experiments.timeline import STEPS, TABLE  # noqa: E402
from visret_lab.teaching.explorer import element  # noqa: E402
from visret_lab.teaching.figures import STYLE  # noqa: E402
from visret_lab.thumbnails import data_uri  # noqa: E402

SIDE, QUALITY = 84, 60  # of the small pictures: there are many
PART = 0.85  # of the best mAP: which method is the smallest that reaches it?
ERAS = (2004, 2012, 2016, 2019)  # the last year of each row of the figure
DECADE, HEIGHT = 40, 176  # printer's points of a factor of ten, and of 1 in mAP, in a panel: about
SIDES = ((4, 3), (4, -10), (-14, 3), (-14, -10), (-5, 8), (-5, -15))  # of a point, where its number may stand
TEXT = """# Timeline

One set of questions, {methods} methods, {first} to {last}. Each was run by this course on its generated town: {images:,} pictures, {queries}
queries, protocol {protocol}. What learns, learns elsewhere. So the years are those of the papers, and the figures are ours: a painted town
and a small network are not Oxford and VGG16, and a method can stand higher or lower here than in its paper
({{doc}}`../notebooks/29_published_beside_ours` says why).

## Look at the lists

Choose a query, and any two methods.

"""
READ = """
## What a step costs

```{{figure}} ../_assets/timeline_costs.svg
:alt: {alt}
:width: 100%

mAP against bytes an image (left) and milliseconds a question (right), in four steps of time. What is new in a period is blue, with its
number in the table below; what was there before is grey. The line joins the methods for which no other is both better and smaller, and goes
on to the right, where more is paid and nothing won. The time of a question begins when its features are there: colours counted, descriptors found, the network passed.
```

{told}

{table}
The whole system is the recipe of the landmark challenge of 2018, with networks that learnt by a loss of 2019. Run it again: `visret reproduce check {name} --tier mini`. What each method gets wrong, and why, hangs in the
{{doc}}`failure museum <failure_museum>`.
"""


def page(record):
    """The text of the page. record: of the table "timeline" in mini, or None."""
    if record is None:
        return "# Timeline\n\nNot run yet: `visret reproduce run timeline --tier mini` makes the record.\n"
    rows, dataset = shown(record), load("town", tier="mini")
    best = best_so_far(rows)
    head = TEXT.format(methods=len(rows), first=rows[0]["year"], last=rows[-1]["year"], images=len(dataset.ids),
                       queries=len(dataset.queries), protocol=dataset.default_protocol)
    first, last = best[0], best[-1]
    told = (f"The best mAP so far rises from {first['value']:.2f} ({first['row']}, {first['year']}) to {last['value']:.2f} "
            f"({last['row']}, {last['year']}) in {len(best) - 1} steps. " + cheap(rows))
    alt = (f"Eight panels. mAP of {len(rows)} methods against bytes and milliseconds, by period; the best rises from "
           f"{first['value']:.2f} to {last['value']:.2f}.")
    return (head + "```{raw} html\n" + element(explorer_data(rows, dataset)) + "\n```\n"
            + READ.format(told=told, table=table(rows), name=TABLE, alt=alt))


def shown(record):
    """The rows with lists, one a method, in the order of the line."""
    order = {step.name: i for i, step in enumerate(STEPS)}
    return sorted((row for row in record["rows"] if "lists" in row), key=lambda row: order[row["row"]])


def best_so_far(rows):
    """Those rows that are better than all before them."""
    best = []
    for row in rows:
        if not best or row["value"] > best[-1]["value"]:
            best.append(row)
    return best


def cheap(rows):
    """A sentence: the smallest method that reaches a large part of the best mAP."""
    most = max(row["value"] for row in rows)
    least = min((row for row in rows if row["value"] >= PART * most), key=lambda row: row["bytes_per_image"])
    return (f"{PART:.0%} of the best are reached with {least['bytes_per_image']:,.0f} bytes an image and {short(least['ms_per_query'])} ms "
            f"a question ({least['row']}, {least['year']}).")


def short(ms):
    """Milliseconds in three digits: "1,550", "9.54", "0.002"."""
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def table(rows):
    """Markdown: a line for each method."""
    chapters = {step.name: step for step in STEPS}
    lines = ["| no. | year | method | mAP | bytes an image | ms a question | chapter |", "|---|---|---|---|---|---|---|"]
    for number, row in enumerate(rows, 1):
        step = chapters[row["row"]]
        lines.append(f"| {number} | {row['year']} | {row['row']} {{cite}}`{step.source}` | {row['value']:.3f} [{row['low']:.3f},\u00a0{row['high']:.3f}] | "
                     f"{row['bytes_per_image']:,.0f} | {short(row['ms_per_query'])} | [{step.chapter[:2]}](../notebooks/{step.chapter}.ipynb) |")
    return "\n".join(lines) + "\n\n"


def explorer_data(rows, dataset):
    """What `explorer.element` takes, from the lists of the record."""
    names = {row["row"]: f"{row['year']} {row['row']}" for row in rows}
    asked = {query.id: query for query in dataset.queries}
    pictures, queries = {}, []
    for n, first in enumerate(rows[0]["lists"]):
        query = asked[first["query"]]
        positive, junk = dataset.relevant(query, dataset.default_protocol)
        pictures[f"query {query.id}"] = dataset.query_image(query)
        lists = {}
        for row in rows:
            one = row["lists"][n]
            top = [int(i) for i in one["top"].split()]
            pictures |= {dataset.ids[i]: None for i in top}
            kinds = np.where(np.isin(top, positive), 1, np.where(np.isin(top, junk), 2, 0))
            lists[names[row["row"]]] = {"ap": one["ap"], "top": [[dataset.ids[i], int(k)] for i, k in zip(top, kinds, strict=True)],
                                        "hits": [int(i) for i in one["hits"].split()]}
        queries.append({"id": query.id, "group": str(query.group), "image": f"query {query.id}", "positives": len(positive), "lists": lists})
    thumbs = {name: data_uri(dataset.image(name) if image is None else image, SIDE, QUALITY) for name, image in pictures.items()}
    best = max(rows, key=lambda row: row["value"])["row"]
    return {"set": dataset.name, "protocol": dataset.default_protocol, "methods": list(names.values()), "k": len(top), "queries": queries,
            "thumbs": thumbs, "start": [names[rows[0]["row"]], names[best]]}


def figure(record, path):
    """Write the figure of costs: a row of panels for each era, bytes on the left and milliseconds on the right."""
    rows = shown(record)
    with plt.rc_context({**STYLE, "svg.hashsalt": "visret", "svg.fonttype": "path"}):
        drawn, axes = plt.subplots(len(ERAS), 2, figsize=(6.4, 10), sharey=True, sharex="col", layout="constrained")
        for line, until, since in zip(axes, ERAS, (0, *ERAS), strict=False):
            for axis, key in zip(line, ("bytes_per_image", "ms_per_query"), strict=True):
                panel(axis, [r for r in rows if r["year"] <= until], since, key)
                axis.set(xscale="log", title=f"up to {until}")
            line[0].set_ylabel("mAP")
        axes[0, 0].set_ylim(bottom=0)  # of all panels, once all points are drawn
        for axis, label in zip(axes[-1], ("bytes an image", "ms a question"), strict=True):
            axis.set_xlabel(label)
        drawn.savefig(path, facecolor="white", metadata={"Date": None})
        plt.close(drawn)


def panel(axis, rows, since, key):
    """One panel: older methods grey, new ones blue with their numbers; the line joins those that nothing beats, and goes on to the right:
    what costs more is not better."""
    taken, fresh = [], [r for r in rows if r["year"] > since]
    for number, row in enumerate(rows, 1):
        new = row["year"] > since
        axis.plot(row[key], row["value"], "o", color="#2c5aa0" if new else "#b5b5b5", ms=6 if new else 4, zorder=2 + new)
        if new:
            axis.annotate(str(number), (row[key], row["value"]), xytext=free_side(taken, row, key, fresh), textcoords="offset points", fontsize=8)
    front = sorted((r for r in rows if unbeaten(r, rows, key)), key=lambda r: r[key])
    ends = [r[key] for r in front] + [max(r[key] for r in rows)]
    axis.step(ends, [r["value"] for r in front] + [front[-1]["value"]], where="post", color="#2c5aa0", lw=1, alpha=0.5, zorder=1)


def place(row, key):
    """Where a point lies, in printer's points from an arbitrary one."""
    return DECADE * np.log10(row[key]), HEIGHT * row["value"]


def free_side(taken, row, key, points=()):
    """Where the number of a point stands, in printer's points from it: the first side where no number in `taken`, which grows, and none of
    the other points lies."""
    at = place(row, key)
    dots = [(a - 4, b - 4) for a, b in (place(p, key) for p in points if p is not row)]  # where a number would begin that hides the dot
    for side in SIDES:
        x, y = at[0] + side[0], at[1] + side[1]
        if all(abs(x - a) > 11 or abs(y - b) > 9 for a, b in taken + dots):
            break
    else:
        side, (x, y) = SIDES[0], (at[0] + SIDES[0][0], at[1] + SIDES[0][1])
    taken.append((x, y))
    return side


def unbeaten(row, rows, key):
    """Whether no other row is at least as good and at least as small."""
    return not any(o is not row and o["value"] >= row["value"] and o[key] <= row[key] for o in rows)
