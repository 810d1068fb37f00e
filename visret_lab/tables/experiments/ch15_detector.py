"""The small Faster R-CNN as a detector: seconds an image, and average precision on scenes of buildings that it never saw.

The table of the lecture compares three detectors on the photographs of VOC 2007; ours knows one class, painted buildings. The scenes are
painted for this test: their seed differs from that of the scenes that the detector has learnt from.
"""

import time

import numpy as np
import torch
from torchvision.ops import box_iou

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep import regions
from visret_lab.evaluation.detection import detection_ap
from visret_lab.training import scenes

TABLE = "faster-rcnn"
SCENES = scenes.SceneConfig(buildings=1, views=4, seed=15103)
REPEATS = 1000  # of the bootstrap


def unseen(config=SCENES):
    """Scenes to test with, painted on the first call: Scenes."""
    return scenes.read(scenes.paint(cache_dir("worlds") / f"scenes-{config.seed}", config))


@torch.inference_mode()
def detect(network, images):
    """Run a detector over pictures, one after another.

    Args:
        network: torchvision FasterRCNN in evaluation mode. images: uint8 N x H x W x 3.

    Returns:
        (list of boxes float32 P x 4, list of scores float32 P, seconds an image).
    """
    inputs = [torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255 for image in images]
    network([inputs[0]])  # the first pass prepares what the others find
    start = time.perf_counter()
    found = [network([x])[0] for x in inputs]
    seconds = (time.perf_counter() - start) / len(inputs)
    return [f["boxes"].numpy() for f in found], [f["scores"].numpy() for f in found], seconds


def measure(network, found, seed=0):
    """Average precision with its 95 % interval over the scenes, and the time: (AP, (low, high), seconds an image).

    Args:
        network: as `detect`. found: Scenes. seed: of the bootstrap (Efron, 1979): whole scenes are drawn again.
    """
    boxes, scores, seconds = detect(network, found.images)
    overlaps = [box_iou(torch.from_numpy(b).reshape(-1, 4), torch.from_numpy(t[None])).numpy()
                for b, t in zip(boxes, scenes.boxes(found.seen), strict=True)]
    drawn = np.random.default_rng(seed).integers(0, len(scores), (REPEATS, len(scores)))
    again = [detection_ap([scores[i] for i in draw], [overlaps[i] for i in draw]) for draw in drawn]
    return detection_ap(scores, overlaps), tuple(np.quantile(again, [0.025, 0.975]).tolist()), seconds


def run(tier, seed=0):
    """Rows of the table; the detector knows painted buildings only, so there are none but in mini."""
    if tier != "mini":
        return []
    found = unseen()
    ap, (low, high), seconds = measure(regions.detector(), found, seed)
    shared = {"table": TABLE, "metric": "Faster R-CNN, scenes", "queries": None, "images": len(found.images), "version": "1.0"}
    return [{**shared, "row": "seconds an image, with proposals", "value": seconds},
            {**shared, "row": "AP, buildings", "value": ap, "low": low, "high": high}]
