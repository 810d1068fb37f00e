"""The course's own table. Each chapter adds its rows; what earlier chapters measured on this machine is shown above."""

import json

from IPython.display import HTML

from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.datasets.load import current_tier
from visret_lab.evaluation import Result, cumulative_table


def save(chapter, results, tier=None):
    """Keep the rows of a chapter (list of Result) in the user's cache, in place of its older ones."""
    rows = [r.row() if isinstance(r, Result) else r for r in results]
    path = cache_dir("cumulative", current_tier(tier)) / f"{chapter}.json"
    write_bytes(path, json.dumps(rows, indent=1).encode())


def load_rows(upto, tier=None):
    """Rows of all chapters up to and including `upto`, in the order of the chapters; those not run are absent."""
    return [{"chapter": file.stem[:2], **row} for file in _files(tier) if file.stem <= upto for row in json.loads(file.read_text())]


def measured_before(chapter, tier=None):
    """What the chapters before `chapter` measured, as a text that changes when a figure does; times are left out."""
    rows = [row for file in _files(tier) if file.stem < chapter for row in json.loads(file.read_text())]
    return json.dumps([[row["method"], row["dataset"], row["protocol"], round(row["mAP"], 4), row["bytes"]] for row in rows])


def _files(tier):
    folder = cache_dir("cumulative", current_tier(tier), create=False)
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def grow(chapter, results, tier=None):
    """Save the rows of this chapter, and return the table up to here, ready to be shown.

    What is seen at once: the best row of each earlier chapter, and all rows of this one. All others open below.

    Returns:
        IPython.display.HTML.
    """
    save(chapter, results, tier)
    return shown(chapter, tier)


def shown(chapter, tier=None):
    """The table up to a chapter that has been run, as `grow` shows it: IPython.display.HTML."""
    rows = load_rows(chapter, tier)
    own = [row for row in rows if row["chapter"] == chapter[:2]]
    earlier = [row for row in rows if row["chapter"] != chapter[:2]]
    seen = cumulative_table(best_of_each(earlier, own) + own).to_html()
    if not earlier:
        return HTML(seen)
    # JupyterLab hides the little arrow that says "open me".
    arrow = "display:list-item !important;list-style:disclosure-closed inside !important;cursor:pointer"
    return HTML(f'{seen}<details class="all-rows"><summary style="{arrow}">All {len(earlier)} rows of the earlier chapters</summary>'
                f"{cumulative_table(earlier).to_html()}</details>")


def best_of_each(earlier, own):
    """The row with the largest mAP of each earlier chapter, among those on the set and protocol of this chapter's first row; where it has no
    rows, on those of most earlier rows. A chapter that was measured on other sets only is left out here.
    """
    pairs = [(row["dataset"], row["protocol"]) for row in own[:1] or earlier]
    wanted, best = max(pairs, key=pairs.count, default=None), {}
    for row in earlier:
        if (row["dataset"], row["protocol"]) == wanted and row["mAP"] > best.get(row["chapter"], {"mAP": -1})["mAP"]:
            best[row["chapter"]] = row
    return [best[chapter] for chapter in sorted(best)]
