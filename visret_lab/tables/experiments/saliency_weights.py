"""What the two tables of deck 003 on saliency share: the weightings, the questions, and rows that say GS or LS.

GS, global search: the query is the whole picture in which it stands. LS, local search: only its box. The query is never weighted.
"""

import functools
from dataclasses import replace

import numpy as np

from visret_lab.datasets import load
from visret_lab.deep.blcf import box_on_grid
from visret_lab.deep.saliency.bms import bms
from visret_lab.deep.saliency.center import center
from visret_lab.deep.saliency.itti_koch import itti_koch
from visret_lab.deep.saliency.l2_norm import l2_norm
from visret_lab.deep.saliency.learned import learned, saliency_net
from visret_lab.deep.saliency.over_set import saliency_maps
from visret_lab.deep.saliency.spectral_residual import spectral_residual
from visret_lab.deep.shipped import digest
from visret_lab.deep.weighted import grid_weights
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.deep_features import networks

PLAIN, GAUSSIAN, NORM = "no weights", "Gaussian", "L2 norm"  # deck 003 calls the first one "None"
LEARNED = "SaliencyNet (painted scenes)"  # not SalNet: another network, trained on another question
SMALL = {"opening": 3, "dilation": 3, "blur": 4.0}  # of BMS, for pictures of 160 pixels


def functions():
    """The maps that are computed from a picture: dict name -> function uint8 H x W x 3 -> float32 H x W."""
    return {GAUSSIAN: center, "Itti-Koch": itti_koch, "BMS": functools.partial(bms, **SMALL), "spectral residual": spectral_residual,
            LEARNED: functools.partial(learned, network=saliency_net())}


def of_pictures(dataset):
    """Those maps for every database image, cached: dict name -> float32 N x 60 x 80."""
    return saliency_maps(dataset, functions(), f"maps-{digest(saliency_net())}")


def grids(dataset, found):
    """Every weighting on the grid of a network's maps.

    Args:
        found: list of float32 C x h x w, the maps of the database images.

    Returns:
        dict name -> list of float32 h x w, or None for no weighting.
    """
    made = {PLAIN: None, NORM: [grid_weights(l2_norm(m), *m.shape[1:]) for m in found]}
    for name, planes in of_pictures(dataset).items():
        made[name] = [grid_weights(p, *m.shape[1:]) for p, m in zip(planes, found, strict=True)]
    first = [PLAIN, GAUSSIAN, NORM]
    return {name: made[name] for name in [*first, *(n for n in made if n not in first)]}


def boxes_on_grid(dataset, shapes):
    """The box of each query in positions (x0, y0, x1, y1), on grids (h, w); None where the set has no boxes."""
    if not all(q.box is not None for q in dataset.queries):
        return None
    return [box_on_grid(q.box, dataset.image(q.image_id).shape[:2], shape) for q, shape in zip(dataset.queries, shapes, strict=True)]


def rows_of(result, similarities, dataset, kind, table, seed=0):
    """Rows of a table whose metrics end with GS or LS."""
    made = aggregated.rows_from(result, np.asarray(similarities), dataset, seed, table)
    return [{**row, "metric": f"{row['metric']}, {kind}"} for row in made]


def rows_of_all(results, table, tier, seed=0):
    """Rows of one of the two tables: every weighting, on every set, with every network of the tier. SalNet, SalGAN and SAM are not
    run: their maps are not at hand.

    Args:
        results: function (network, dataset, elsewhere, seed) -> results and similarities, both by (weighting, "GS" or "LS").
    """
    elsewhere, rows, own = load("elsewhere", tier=tier), [], networks(tier)
    for dataset in aggregated.sets(tier):
        for network in own:
            found, similarities = results(network, dataset, elsewhere, seed)
            for (name, kind), result in found.items():
                named = replace(result, name=row_name(name, network, own[0]))
                rows += rows_of(named, similarities[name, kind], dataset, kind, table, seed)
    return rows


def row_name(name, network, first):
    """The published name for the first network of a tier; the others say who they are."""
    return name if network is first else f"{name}, {network.label}"
