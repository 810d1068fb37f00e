"""Phrase localisation of chapter 24: which box does a phrase of a sentence name? Yard only, where every phrase has its box."""

from typing import NamedTuple

import numpy as np

from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.phrases import RIGHT, best_boxes, box_means, common_sizes, layer_maps, located, overlap, proposals
from visret_lab.crossmodal.text import TfIdf
from visret_lab.datasets.yard import load_yard
from visret_lab.deep.backbones import minivgg
from visret_lab.evaluation import bootstrap_interval

TABLE, ROW = "phrase-localisation", "CCA of regions and phrases"
TRAIN, TEST = 400, 100  # pictures
REGULARIZATION, COMPONENTS, POWER = 0.1, 40, 1.0
AT = (1, 5, 10)


class Search(NamedTuple):
    """What localises. cca: fitted. text: TfIdf. sizes: of proposals. backbone: of the maps."""

    cca: CCA
    text: TfIdf
    sizes: np.ndarray
    backbone: object


def learn(data, count=TRAIN):
    """Regions and phrases in one space, learnt from true boxes of the first training pictures: Search."""
    rows, backbone = data.splits["train"][:count], minivgg()
    own = located(data, rows)
    regions = np.concatenate([_means(backbone, data, row, own.boxes[own.owner == i]) for i, row in enumerate(rows)])
    text = TfIdf(min_count=3, dense=True).fit(own.texts)
    order = np.argsort(own.owner, kind="stable")
    cca = CCA(COMPONENTS, REGULARIZATION, POWER).fit(regions, text.transform([own.texts[i] for i in order]))
    return Search(cca, text, common_sizes(own.boxes), backbone)


def _means(backbone, data, row, boxes):
    image = data.image(data.ids[row])
    return box_means(layer_maps(backbone, image), boxes, *image.shape[:2])


def scored(search, data, row, texts):
    """Cosines of phrases and proposals of one picture: (float64 R x 4 boxes, float32 P x R)."""
    image = data.image(data.ids[row])
    boxes = proposals(*image.shape[:2], search.sizes)
    x, y = search.cca.transform(_means(search.backbone, data, row, boxes), search.text.transform(texts))
    return boxes, y @ x.T


def results(search, data, split="test", count=TEST, seed=0):
    """For every phrase of the first pictures of a split, the place of the first right box among ten: dict row -> int64 P, 11 for none.

    Rows: ours; the same boxes in random order; "best possible": 1 where any proposal is right.
    """
    rng, rows = np.random.default_rng(seed), data.splits[split][:count]
    own, found = located(data, rows), {ROW: [], "Random boxes": [], "best possible": []}
    for i, row in enumerate(rows):
        mine = np.flatnonzero(own.owner == i)
        boxes, scores = scored(search, data, row, [own.texts[p] for p in mine])
        for phrase, line in zip(mine, scores, strict=True):
            right = overlap(boxes, own.boxes[phrase]) >= RIGHT
            for name, order in ((ROW, best_boxes(line, boxes)), ("Random boxes", best_boxes(rng.random(len(boxes)), boxes))):
                found[name].append(int(np.argmax(right[order])) + 1 if right[order].any() else max(AT) + 1)
            found["best possible"].append(1 if right.any() else max(AT) + 1)
    return {name: np.array(own) for name, own in found.items()}


def run(tier, seed=0):
    """Rows of the table; the mini tier only."""
    if tier != "mini":
        return []
    data, rows = load_yard(), []
    for name, own in results(learn(data), data, seed=seed).items():
        for k in AT:
            hits = (own <= k).astype(float)
            low, high = bootstrap_interval(hits, seed=seed)
            rows.append({"table": TABLE, "row": name, "metric": f"R@{k}, yard", "value": float(hits.mean()), "low": low, "high": high,
                         "queries": len(own), "images": TEST, "version": "1.0", "bytes_per_image": None, "ms_per_query": None})
    return rows
