"""The page "Failure museum": where each method goes wrong, and what was counted about it. Made from the record of the timeline."""

import html

from timeline_page import shown
from visret_lab.datasets import load
from visret_lab.evaluation.failures import GAP, LEAST, Failure, Reason, sentences
from visret_lab.tables.experiments.timeline import STEPS
from visret_lab.thumbnails import data_uri

SIDE, QUALITY = 96, 60
BELOW = "farthest below the others"  # as the record calls it
STYLE = """<style>
.failures{--good:#1a7f4b;--bad:#c8442f;--asked:#b58900;--soft:#595959}
html[data-theme=dark] .failures{--good:#4fc98a;--bad:#ff8a75;--asked:#ffd21f;--soft:#bdbdbd}
.failures{display:flex;flex-wrap:wrap;gap:.4rem;margin:.4rem 0 1rem;align-items:flex-end}
.failures figure{margin:0;text-align:center;font-size:.75rem;line-height:1.3;max-width:min(100px,calc((100% - 2.45rem) / 7))}
.failures img{display:block;border:3px solid var(--bad);border-radius:4px;background:none;width:100%;height:auto}
.failures .right img{border-color:var(--good);border-style:double}
.failures .asked img{border-color:var(--asked)}
.failures .missed img{border-color:var(--good);border-style:dashed}
.failures .gap{flex-basis:100%;font-size:.85rem;color:var(--soft);margin:0}
@media(max-width:600px){.failures figure{max-width:calc(25% - .3rem)}}
@media print{.failures{break-inside:avoid}.failures figure{max-width:13%}}
</style>
"""
TEXT = """# Failure museum

A mean hides what a method cannot do. Here hang two failures of each method of the {{doc}}`timeline <timeline>`: the query that it does
worst, and the one on which it falls farthest below the other methods. The first is often hard for everybody; the second is the method's own.

The town was painted, so the course knows what no photograph tells: in which light a picture was taken, from which side, how much of the
building is in sight. What is said below each failure is a count, not a proof: of the answers with some condition the method finds few, of
those without it many.
A condition is named only where both kinds have at least {least} answers and the shares differ by at least {gap:.0f} points of a hundred.

{summary}

"""


def page(record):
    """The text of the page. record: of the table "timeline" in mini, or None."""
    if record is None:
        return "# Failure museum\n\nNot run yet: `visret reproduce run timeline --tier mini` makes the record.\n"
    rows, dataset = shown(record), load("town", tier="mini")
    text = TEXT.format(summary=summary(rows), least=LEAST, gap=100 * GAP) + "```{raw} html\n" + STYLE + "```\n\n"
    steps = {step.name: step for step in STEPS}
    for row in rows:
        chapter = steps[row["row"]].chapter
        text += f"## {row['row']} ({row['year']})\n\n[Chapter {chapter[:2]}](../notebooks/{chapter}.ipynb); mAP {row['value']:.3f}.\n\n"
        text += "".join(case(one, dataset) for one in row["failures"])
    return text


def read(one):
    """A failure of the record as `Failure`."""
    reasons = [one[key] and Reason(**one[key]) for key in ("reason", "instead")]
    return Failure(one["positives"], one["found"], one["missed"].split(), one["head"].split(), *reasons)


def summary(rows):
    """Which reasons recur: a Markdown list."""
    counted = {}
    for row in rows:
        for one in row["failures"]:
            words = one["reason"]["words"] if one["reason"] else "no single condition"
            counted.setdefault(words, set()).add(row["row"])
    lines = [f"- {words}: {len(names)} of {len(rows)} methods ({'; '.join(n for n in [r['row'] for r in rows] if n in names)})"
             for words, names in sorted(counted.items(), key=lambda item: -len(item[1]))]
    return "What divides the found answers from the missed ones, and for which methods:\n\n" + "\n".join(lines)


def case(one, dataset):
    """One failure: a heading, the reason, and the pictures."""
    failure, query = read(one), next(q for q in dataset.queries if q.id == one["query"])
    positive = {dataset.ids[i] for i in dataset.relevant(query, dataset.default_protocol).positive}
    pictures = [figure(dataset.query_image(query), "asked", "the question")]
    pictures += [figure(dataset.image(name), "right" if name in positive else "wrong", f"{n} {'✓' if name in positive else '✗'}",
                        f"rank {n}: {'right' if name in positive else 'wrong'}") for n, name in enumerate(failure.head, 1)]
    if failure.missed:
        pictures.append('<p class="gap">Answers that it puts last:</p>')
        pictures += [figure(dataset.image(name), "missed", "missed") for name in failure.missed]
    # The worst query is not asked again for the second failure; where no other lies below the median, this one has the smallest lead.
    kind = "elsewhere never below the median; its smallest lead" if one["kind"] == BELOW and one["ap"] >= one["median"] else one["kind"]
    return (f"**{kind.capitalize()}** ({one['query']}): AP {one['ap']:.2f}, median of all methods {one['median']:.2f}. "
            f"{' '.join(sentences(failure))}\n\n" + '```{raw} html\n<div class="failures">' + "".join(pictures) + "</div>\n```\n\n")


def figure(image, kind, caption, alt=None):
    """One picture with its frame and its word."""
    words = html.escape(alt or caption)
    return (f'<figure class="{kind}"><img alt="{words}" src="{data_uri(image, SIDE, QUALITY)}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>")
