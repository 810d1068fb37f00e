"""The page "To a billion": measured laws of four indexes, and what they say about more vectors. Made from the record."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from visret_lab.bench.plan import Machine, model, plans  # noqa: E402
from visret_lab.bench.scale import EFFORT, ENGINES, laws, working_point  # noqa: E402
from visret_lab.teaching.capacity import capacity_html, duration  # noqa: E402
from visret_lab.teaching.figures import STYLE  # noqa: E402
from visret_lab.teaching.laws import NAMES, machines, milliseconds, size  # noqa: E402

MARKS = {"exact": "o", "ivf": "s", "ivfpq": "^", "hnsw": "D"}
TITLE = "# To a billion\n\n"


def page(record, table):
    """The text of the page. `table(head, rows)` writes a Markdown table; record None: nobody has measured."""
    if record is None:
        return TITLE + "Not run yet: `visret scale --save` measures; it took seven minutes on two cores.\n"
    found = laws(record)
    return "".join([TITLE, _opening(record), _measured(record, table), _laws(record, found, table), _carried(record, table), _assumptions(record)])


def _opening(record):
    n = [run["n"] for run in record["runs"]]
    return (
        f"Chapters 10 and 11 made vectors short, and looked at few of them. How far does that carry? Here four indexes are "
        f"measured from {min(n):,} to {max(n):,} vectors. Each curve becomes a law with two numbers. The laws are then carried, on "
        "paper, to a billion, and you can move the assumptions.\n\n"
        f"The vectors are real: RootSIFT descriptors of the town, weak points included, in random order. A smaller database is "
        f"the beginning of a larger one. The {record['queries']:,} queries are descriptors of the query photographs, cut to their "
        "boxes. Cells and words are learnt in the other town. Every index is built in a process of its own, with all cores "
        f"({record['versions']['cores']}); a query is timed alone, on one core. `visret scale --save` measures all of it again.\n\n")


def _measured(record, table):
    share = record["share"]
    rows = []
    for kind in ENGINES:
        for run in (r for r in record["runs"] if r["engine"] == kind):
            point = working_point(run)
            effort = "" if kind == "exact" else f"{EFFORT[kind]} {point['effort']:.0f}"
            rows.append([NAMES[kind], f"{run['n']:,}", effort, f"{point['recall']:.2f}",
                         f"{point['ms']:.3f}",
                         f"{run['bytes'] / run['n']:.0f}", f"{run['train_s']:.1f}", f"{run['add_s']:.1f}",
                         f"{run['peak_bytes'] / 1e6:,.0f}"])
    codes = [run for run in record["runs"] if run["engine"] == "ivfpq"]
    ceilings = [run["ceiling"] for run in codes]
    return (
        "## What was measured\n\n"
        "```{figure} ../_assets/scale.svg\n:alt: Four panels with a line for each of exact search, IVF, IVF-PQ and HNSW. Time of a "
        "query, seconds to add the vectors and peak memory over the number of vectors, all axes logarithmic; and recall against time "
        "for the largest database.\n:name: fig-scale\n\n"
        f"Left to right: milliseconds a query at the working point, with the fitted lines; seconds to add the vectors; peak "
        f"memory of building, MB; recall@{record['k']} against milliseconds a query at the largest size. Bars: 95 % intervals over "
        "the queries; the time needed to add, and the memory, were measured once.\n```\n\n"
        f"More effort finds more, so a time means something only together with a recall. All times below are read at the same "
        f"*working point*: where an index finds {100 * share:.0f} % of the neighbours that it would find if it looked at everything. For "
        f"IVF and HNSW that is a recall@{record['k']} of {share:.2f}. IVF-PQ compares codes, and codes lose neighbours even when every "
        f"cell is opened: its ceiling is {min(ceilings):.2f} to {max(ceilings):.2f}, and its working point {100 * share:.0f} % of that. "
        f"They are lost from the first {record['k']}, not from sight: at every size {at_least(min(run['shortlist'] for run in codes))} "
        "the true neighbours stand among the first hundred, where a second look at the true vectors would find them.\n\n"
        "The peak of memory of IVF and IVF-PQ holds the descriptors that cells and words are learnt from. These weigh more than a "
        "small database, so the peak begins high and grows late.\n\n"
        + table(["index", "vectors", "effort", f"recall@{record['k']}", "ms a query", "bytes a vector", "learning, s", "adding, s",
                 "peak, MB"], rows) + "\n")


def at_least(share):
    """A share, rounded down to a tenth of a percent, in words."""
    return "all of" if share == 1 else f"at least {np.floor(1000 * share) / 10:g} % of"


def _laws(record, found, table):
    rows = [[NAMES[kind], *(f"{law[what].b:.2f} ({law[what].low:.2f} to {law[what].high:.2f})" for what in ("ms", "add_s", "peak_bytes")),
             f"{_last_step(record, kind):.2f}", f"{law['ms'].spread:.2f}"] for kind, law in found.items()]
    return (
        "## The laws\n\n"
        "A straight line in these panels is a power law, $y = a N^b$. The exponent $b$ says how a cost grows: 1 is proportional to "
        "the number of vectors $N$, 0.5 is its square root, 0 is no growth at all. In brackets stands the 95 % interval of the "
        "exponent, from the scatter of the points. *Last step* is the exponent of the time between the two largest sizes alone; where "
        "it differs from the first column, the line bends. *Off the line* is the largest factor by which a time lies off it.\n\n"
        + table(["index", "time of a query", "adding", "peak memory", "time, last step", "off the line"], rows) + "\n"
        + _lesson(record, found))


def _last_step(record, kind):
    """Exponent of the time of a query between the two largest sizes."""
    before, last = [run for run in record["runs"] if run["engine"] == kind][-2:]
    return np.log(working_point(last)["ms"] / working_point(before)["ms"]) / np.log(last["n"] / before["n"])


def _lesson(record, found):
    ms = {kind: law["ms"].b for kind, law in found.items()}
    efforts = {kind: [working_point(run)["effort"] for run in record["runs"] if run["engine"] == kind] for kind in EFFORT}
    slowest = min(ms, key=ms.get)
    text = f"The time of exact search grows as $N^{{{ms['exact']:.2f}}}$: every vector is compared. "
    if ms["exact"] > 1.05:
        text += ("That is more than in proportion. A small database stays in the processor's cache, and a large one has to be read "
                 f"from memory; between the two largest sizes the exponent is {_last_step(record, 'exact'):.2f}. ")
    return text + (
        f"IVF has $4\\sqrt N$ cells, so a cell holds about $\\sqrt N / 4$ vectors. If always the same number of cells had to be opened, "
        f"its time would grow as the root. At the working point {efforts['ivf'][0]:.0f} cells are opened at the smallest size and "
        f"{efforts['ivf'][-1]:.0f} at the largest, and the time grows as $N^{{{ms['ivf']:.2f}}}$. The slowest growth here is that of "
        f"{NAMES[slowest]}, $N^{{{ms[slowest]:.2f}}}$. A graph is often said to take a time that grows as the logarithm of $N$; between "
        "two sizes that are close together, a logarithm looks like a power with a small exponent.\n\n"
        "A warning about all of this: a larger part of one town holds more views of each patch, so the ten nearest come closer, and "
        f"are easier to find. The same {EFFORT['ivf']} of 1 finds {_least(record, 'ivf', 0):.2f} of them at the smallest size and "
        f"{_least(record, 'ivf', -1):.2f} at the largest. A million patches of a million towns would be a harder task.\n\n")


def _least(record, kind, which):
    """Recall with the least effort, at one of the sizes."""
    return [run for run in record["runs"] if run["engine"] == kind][which]["curve"][0]["recall"]


def _carried(record, table):
    found, machine = model(record), Machine()
    rows = []
    for n in (1e7, 1e8, 1e9):
        for kind, values in plans(found, n, machine).items():
            rows.append([f"10{{sup}}`{np.log10(n):.0f}`", NAMES[kind], size(values["bytes"]),
                         machines(values), milliseconds(values), duration(values["build_s"])])
    return (
        "## Carried on, on paper\n\n"
        f"Nothing below was measured. It is what the laws say, for machines with {machine.memory / 1e9:g} GB and {machine.cores} "
        f"cores, and {machine.rate:g} queries a second. *Machines* are parts of the database times copies of the whole. In brackets "
        "behind a time: what the ends of the exponent's interval would give.\n\n"
        + table(["vectors", "index", "memory", "machines", "one query, ms", "adding"], rows)
        + "\n## Move the assumptions\n\n```{raw} html\n" + capacity_html(found) + "\n```\n\n")


def _assumptions(record):
    return (
        "## What is assumed\n\n"
        f"- **The law goes on.** It was measured up to {max(run['n'] for run in record['runs']):,} vectors. The interval knows the "
        "scatter of the points, not what lies beyond them. Beyond the processor's caches, and beyond one memory bank, a line may bend "
        "upwards.\n"
        "- **Cells grow along.** IVF and IVF-PQ always have $4 \\sqrt N$ cells. The time to *learn* the cells is not in the table of "
        "machines; it grows as well, and needs as a rule 39 training vectors a cell.\n"
        "- **Time follows the numbers that are read.** With other vectors, time is taken to be proportional to $D$, and for codes "
        "to $M$. The recall of other vectors may be quite different: chapter 08 measured how much that depends on their structure.\n"
        "- **Each query goes to every part,** and one core of each part answers it. The slowest part decides, and the network costs "
        "nothing here. Real systems pay for both.\n"
        "- **The same working point.** More recall costs more, and a part that holds fewer vectors needs less effort for it.\n"
        "- **The index stays in memory,** and needs while it is built no more than it needs afterwards. For exact search, IVF and "
        "HNSW at large $D$ this is the first assumption to give up: that is why codes are used.\n"
        f"- **Adding** is timed on {record['versions']['cores']} cores, one part a machine, all parts at once.\n\n"
        "A billion vectors are a million photographs with a thousand descriptors each, or a billion photographs with one vector "
        "each.\n")


def figure(record, path):
    """Write the figure of the page as SVG, the same bytes for the same record."""
    found = laws(record)
    with plt.rc_context({**STYLE, "svg.hashsalt": "visret", "svg.fonttype": "path"}):
        picture, axes = plt.subplots(2, 2, figsize=(9.5, 7), layout="constrained")
        for color, kind in zip(plt.rcParams["axes.prop_cycle"].by_key()["color"], ENGINES, strict=False):
            runs = [run for run in record["runs"] if run["engine"] == kind]
            style = {"color": color, "marker": MARKS[kind], "ms": 5}
            _growth(axes, runs, found[kind], style, NAMES[kind])
            _recall(axes[1, 1], runs[-1], style)
        titles = ("one query, ms", "adding the vectors, s", "peak memory of building, MB",
                  f"recall@{record['k']}, {max(r['n'] for r in record['runs']):,} vectors")
        for axis, title in zip(axes.flat, titles, strict=True):
            axis.set(title=title, xscale="log", xlabel="vectors")
        for axis in axes.flat[:3]:
            axis.set_yscale("log")
        axes[1, 1].set(xlabel="ms a query", ylim=(0, 1.03))
        axes[0, 0].legend()
        picture.savefig(path, metadata={"Date": None})
        plt.close(picture)


def _growth(axes, runs, law, style, name):
    n = np.array([run["n"] for run in runs], float)
    values = [[working_point(run)["ms"] for run in runs], [run["add_s"] for run in runs], [run["peak_bytes"] / 1e6 for run in runs]]
    factors = (1, 1, 1e-6)
    points = [working_point(run) for run in runs]
    away = [[p["ms"] - p["ms_low"] for p in points], [p["ms_high"] - p["ms"] for p in points]]
    for axis, y, what, factor in zip(axes.flat, values, ("ms", "add_s", "peak_bytes"), factors, strict=False):
        axis.errorbar(n, y, yerr=away if what == "ms" else None, ls="none", capsize=2, **style)
        axis.plot(n, factor * law[what](n), color=style["color"], lw=1.2, label=f"{name}: $N^{{{law[what].b:.2f}}}$")


def _recall(axis, run, style):
    curve = run["curve"]
    recall, ms = [p["recall"] for p in curve], [p["ms"] for p in curve]
    away = [[p["recall"] - p["low"] for p in curve], [p["high"] - p["recall"] for p in curve]]
    aside = [[p["ms"] - p["ms_low"] for p in curve], [p["ms_high"] - p["ms"] for p in curve]]
    axis.errorbar(ms, recall, yerr=away, xerr=aside, lw=1.2, capsize=2, **style)
