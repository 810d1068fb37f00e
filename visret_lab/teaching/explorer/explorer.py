"""Write the rank explorer: data and thumbnails, a style and a script, all in one HTML element."""

import hashlib
import html
import json
from pathlib import Path

import numpy as np
from IPython.display import HTML, display

from visret_lab.evaluation import average_precision, ground_truth
from visret_lab.thumbnails import data_uri

HERE = Path(__file__).parent


def rank_explorer(dataset, methods, queries=None, protocol=None, k=24, kind="trapezoid"):
    """Show the explorer. Arguments as for explorer_html."""
    display(HTML(explorer_html(dataset, methods, queries, protocol, k, kind=kind)))


def explorer_html(dataset, methods, queries=None, protocol=None, k=24, longest=112, kind="trapezoid"):
    """The explorer as a string of HTML that needs nothing beside itself.

    Args:
        dataset: speaks protocols.Dataset. Where questions are sentences, it also has query_text(query): str, to be read above the lists.
        methods: dict name -> int64 Q x N rankings over all of `dataset.queries`; one or two are shown at a time.
        queries: positions in `dataset.queries` that can be picked; None takes about a dozen, evenly spread.
        protocol: None for the set's default.
        k: how many images of each list can be shown.
        longest: longer side of a thumbnail in pixels.
        kind: "trapezoid" or "finite_sum", as for average_precision; where a question has one right answer, the finite sum is 1 / place.

    Raises:
        ValueError: no method, rankings whose rows are not the data set's queries, or an unknown kind.
    """
    if not methods:
        raise ValueError("The explorer needs at least one method: a dict name -> rankings.")
    for name, rankings in methods.items():
        if np.ndim(rankings) != 2 or len(rankings) != len(dataset.queries):
            raise ValueError(f"{name}: rankings must be Q x N with Q = {len(dataset.queries)}; got {np.shape(rankings)}.")
    protocol = protocol or dataset.default_protocol
    if queries is None:
        queries = np.unique(np.linspace(0, len(dataset.queries) - 1, 12).round().astype(int))
    return element(_data(dataset, methods, [int(q) for q in queries], protocol, k, longest, kind))


def element(data):
    """The explorer for data that are at hand, as a string of HTML.

    Args:
        data: dict set, protocol, methods (list of names), k, queries, thumbs (name -> data address), and perhaps start: the names of the
            two methods that are shown first, and kind: "finite_sum" where ap is not the trapezoid. A query is a dict id, group, image (a
            name of thumbs), positives, perhaps text, lists: method -> dict ap, top (pairs of a name of thumbs and 1 positive, 0 negative, 2
            junk), hits (ranks of the positives, junk left out, from 0).
    """
    text = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    name = "rx" + hashlib.sha1(text.encode()).hexdigest()[:10]
    style = (HERE / "explorer.css").read_text().replace("ROOT", f"#{name}")
    script = (HERE / "explorer.js").read_text().replace("ROOT_ID", name)
    return (f'<div id="{name}" class="rank-explorer" role="group" aria-label="Rank explorer"><style>{style}</style>'
            f'<div class="rx-app"></div>{_fallback(data)}'
            f'<script type="application/json" class="rx-data">{text}</script><script>{script}</script></div>')


def _data(dataset, methods, queries, protocol, k, longest, kind):
    truth = ground_truth(dataset, protocol)
    scores = {name: average_precision(np.asarray(r), truth, kind) for name, r in methods.items()}
    thumbs, items = {}, []

    def thumb(image_id, image=None):
        if image_id not in thumbs:
            thumbs[image_id] = data_uri(dataset.image(image_id) if image is None else image, longest)
        return image_id

    for q in queries:
        query, (positive, junk) = dataset.queries[q], truth[q]
        lists = {}
        for name, rankings in methods.items():
            ranking = np.asarray(rankings[q])
            verdicts = np.where(np.isin(ranking, positive), 1, np.where(np.isin(ranking, junk), 2, 0))
            kept = verdicts[verdicts != 2]
            lists[name] = {"ap": round(float(scores[name][q]), 6),
                           "top": [[thumb(dataset.ids[i]), int(v)] for i, v in zip(ranking[:k], verdicts[:k], strict=True)],
                           "hits": np.flatnonzero(kept == 1).tolist()}
        said = {"text": dataset.query_text(query)} if hasattr(dataset, "query_text") else {}
        items.append({**said, "id": query.id, "group": str(query.group), "image": thumb(f"query {query.id}", dataset.query_image(query)),
                      "positives": len(positive), "lists": lists})
    return {"set": dataset.name, "protocol": protocol, "kind": kind, "methods": list(methods), "k": k, "queries": items, "thumbs": thumbs}


def _fallback(data):
    """For paper, and for a browser without scripts: the first query and the head of each list, or of the two that are shown first."""
    query = data["queries"][0]
    words = {1: "positive", 0: "negative", 2: "junk"}
    said = f': {html.escape(query["text"])}' if "text" in query else ""
    rows = [f'<p>Query {html.escape(query["id"])}{said} <img alt="query" src="{data["thumbs"][query["image"]]}"></p>']
    for name in data.get("start") or query["lists"]:
        ranked = query["lists"][name]
        images = "".join(f'<span class="rx-item rx-{words[v]}"><img alt="rank {i + 1}: {words[v]}" '
                         f'src="{data["thumbs"][image]}"></span>' for i, (image, v) in enumerate(ranked["top"][:6]))
        rows.append(f'<p>{html.escape(name)}, AP {ranked["ap"]:.3f}<br>{images}</p>')
    return f'<div class="rx-print">{"".join(rows)}</div>'
