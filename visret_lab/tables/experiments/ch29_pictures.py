"""Causes that lie before the vector: size, crop, interpolation, JPEG, blurred faces, channels, arithmetic. For chapter 29.

Each function takes a `Ground` and gives a list of `Case`; where a set has nothing to change (no boxes to crop), the case is left out.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.features.altered import Altered, WholeQueries, alone, recoded, shrunk, squashed, with_blurred_boxes
from visret_lab.deep.backbones import IMAGENET, Backbone
from visret_lab.deep.crop_maps import crop_maps
from visret_lab.deep.extract import pool_maps, resized
from visret_lab.deep.pooling import GeM
from visret_lab.features.resizing import OPENCV, PILLOW
from visret_lab.tables.experiments.ch29_ground import SIDE, SMALL, Case, has_boxes, measured, vectors

ASKED = 30  # queries that are computed anew, one at a time
SIDES = {"mini": (160, 226), "campus": (160, 226, 453), "full": (512, 724)}


def size(one):
    """Another longer side, of pictures and queries together."""
    def at(side):
        return measured(f"longer side {side}", one, vectors(one.network, one.dataset, longest=side),
                        vectors(one.network, one.dataset, True, side))

    return [Case("size", f"longer side {side} in place of {SIDE}", one.result, at(side)) for side in SIDES[one.dataset.tier]]


def crop(one):
    """What becomes of the query's box. Base: the box is cut out of the picture, and keeps the scale of its picture."""
    if not has_boxes(one.dataset):
        return []
    asked = {"not cropped": whole_queries(one), "cropped on the maps": map_queries(one)}
    for label, change in (("cropped, then enlarged to the longer side", partial(alone, longest=SIDE)),
                          ("cropped, then squashed to 4 : 3", partial(squashed, size=(SIDE, SIDE * 3 // 4)))):
        asked[label] = vectors(one.network, Altered(one.dataset, change, crop_first=True), True, None)
    return [Case("crop", label, one.result, measured(label, one, one.base, q)) for label, q in asked.items()]


def whole_queries(one, side=SIDE):
    """Vectors of the queries' whole pictures: float32 Q x C."""
    return vectors(one.network, WholeQueries(one.dataset), True, side)


def map_queries(one):
    """Vectors of the queries, cut to their boxes behind the last convolution: float32 Q x C."""
    found = []
    for query in one.dataset.queries:
        image = one.dataset.image(query.image_id)
        maps = one.network.backbone.maps(resized(image, SIDE), one.network.last)[0].numpy()
        found.append(crop_maps(maps, query.box, image.shape[1::-1]))
    return l2_normalize(pool_maps(GeM(), found))


def interpolation(one):
    """Ways to shrink to SMALL pixels. Base: OpenCV's INTER_AREA for all; the last case has another way for the queries only."""
    made = {}
    for how in (*OPENCV, *PILLOW):
        changed = Altered(one.dataset, partial(shrunk, longest=SMALL, how=how), crop_first=True)
        made[how] = tuple(vectors(one.network, changed, q, None) for q in (False, True))
    base = measured(f"area, {SMALL} pixels", one, *made["area, OpenCV"])
    cases = [Case("interpolation", f"{how}, for area", base, measured(how, one, *pair))
             for how, pair in made.items() if how != "area, OpenCV"]
    mixed = measured("mixed", one, made["bicubic, Pillow"][0], made["bilinear, OpenCV"][1])
    return [*cases, Case("interpolation", "images by Pillow, queries by OpenCV", base, mixed)]


def pixels(one):
    """Other pixels of the same picture: JPEG once more, blurred boxes as large as faces."""
    def both(label, change):
        changed = Altered(one.dataset, change)
        return Case("pixels", label, one.result, measured(label, one, *(vectors(one.network, changed, q) for q in (False, True))))

    def queries_only(label, change):
        asked = vectors(one.network, Altered(one.dataset, change), True)
        return Case("pixels", label, one.result, measured(label, one, one.base, asked))

    return [queries_only("queries saved once more, quality 90", partial(recoded, quality=90)),
            queries_only("queries saved once more, quality 30", partial(recoded, quality=30)),
            both("all saved once more, quality 50", partial(recoded, quality=50)),
            both("boxes as large as faces blurred", partial(with_blurred_boxes))]


def preparation(one):
    """What happens to the three channels between the picture and the network."""
    def prepared(mean, deviation, bgr):
        b = one.network.backbone
        return one.network._replace(backbone=Backbone(b.name, b.network, b.layers, mean, deviation, bgr))

    b = one.network.backbone
    mean, deviation = b.mean.flatten().tolist(), b.deviation.flatten().tolist()
    turned = prepared(mean, deviation, not b.bgr)
    other = prepared(*IMAGENET, b.bgr)
    made = {"channels in the wrong order": tuple(vectors(turned, one.dataset, q) for q in (False, True)),
            "channels in the wrong order, queries only": (one.base, vectors(turned, one.dataset, True)),
            "mean and deviation of another network": tuple(vectors(other, one.dataset, q) for q in (False, True))}
    return [Case("preparation", label, one.result, measured(label, one, *pair)) for label, pair in made.items()]


def machine(one):
    """Arithmetic: fewer bits, another number of threads, other batches. Queries are computed anew for at most ASKED of them."""
    small = one.base.astype(np.float16).astype(np.float32), one.asked.astype(np.float16).astype(np.float32)
    cases = [Case("machine", "vectors in 16 bits", one.result, measured("vectors in 16 bits", one, *small))]
    some = np.arange(0, len(one.asked), -(-len(one.asked) // ASKED))
    for label, dtype in (("queries one at a time, on one thread", torch.float32), ("queries through bfloat16", torch.bfloat16)):
        asked, left = one.asked.copy(), np.setdiff1d(np.arange(len(one.asked)), some)
        asked[some] = by_one_thread(one, some, dtype)
        both = [replace(r, per_query=_without(r.per_query, left)) for r in (one.result, measured(label, one, one.base, asked))]
        cases.append(Case("machine", label, *both))
    return cases


def _without(values, rows):
    values = values.copy()
    values[rows] = np.nan  # as a query without positives: it is left out of every mean
    return values


@torch.inference_mode()
def by_one_thread(one, some, dtype=torch.float32):
    """Vectors of some queries, each through the network alone, on one thread: float32 len(some) x C.

    Args:
        some: numbers of the queries. dtype: of the convolutions; with torch.bfloat16 they compute with 8 significant bits.
    """
    threads, found = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        for query in (one.dataset.queries[i] for i in some):
            whole = max(one.dataset.image(query.image_id).shape[:2])
            image = one.dataset.query_image(query)
            image = image if whole == SIDE else shrunk(image, query.image_id, whole, SIDE)
            with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
                maps = one.network.backbone.maps(image, one.network.last)
            found.append(GeM()(maps.float())[0].numpy())
    finally:
        torch.set_num_threads(threads)
    return l2_normalize(np.stack(found))
