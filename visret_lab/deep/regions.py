"""A detector's proposals as regions to compare: Faster R-CNN for instance search.

Salvador, Giro-i-Nieto, Marques, Satoh, "Faster R-CNN features for instance search", CVPR workshops 2016. Ren, He, Girshick, Sun,
"Faster R-CNN", NeurIPS 2015. From one pass of the network come

    image-wise pooling (IPA): the maximum of each channel over the whole maps, for the first search;
    proposals: boxes in which the network expects some object;
    region-wise pooling (RPA): the maximum of each channel over each proposal, to rank the first 100 again.
"""

from typing import NamedTuple

import numpy as np
import torch
from torchvision.models import detection
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, FasterRCNN, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign, roi_pool

from visret_lab.arrays import l2_normalize
from visret_lab.deep.minivgg import DEVIATION, MEAN
from visret_lab.deep.shipped import WEIGHTS, load_into
from visret_lab.deep.trunk import Trunk
from visret_lab.features.images import require_rgb

PROPOSALS = 32  # of a picture: of painted towns; the paper takes 300
BOX_HIDDEN = 128


class Regions(NamedTuple):
    """What one picture gives. whole: float32 C (IPA). boxes: float32 P x 4, pixels (x0, y0, x1, y1), best first. scores: float32 P,
    how sure the proposals are. vectors: float32 P x C (RPA)."""

    whole: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    vectors: np.ndarray


def small_detector():
    """torchvision's Faster R-CNN over MiniVGG's convolutions, with a small box head; one class, "building". Random weights."""
    return FasterRCNN(
        Trunk(), rpn_anchor_generator=AnchorGenerator(((32, 64, 128, 224),), ((0.5, 1.0, 2.0),)),
        box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2), box_head=TwoMLPHead(Trunk.out_channels * 9, BOX_HIDDEN),
        box_predictor=FastRCNNPredictor(BOX_HIDDEN, 2), min_size=240, max_size=480, image_mean=[m / 255 for m in MEAN],
        image_std=[d / 255 for d in DEVIATION], rpn_pre_nms_top_n_test=300, rpn_post_nms_top_n_test=PROPOSALS, rpn_nms_thresh=0.6)


def detector(path=WEIGHTS / "detector.safetensors"):
    """The small detector, trained on painted scenes (`data_scripts/train_detector.py`).

    Raises:
        FileNotFoundError: no such file. ValueError: damaged, or another network. Both say how to make it again.
    """
    # channels last: the convolutions of a CPU take half the time
    return load_into(small_detector(), path, "detector", "train_detector.py").to(memory_format=torch.channels_last)


def from_torchvision():
    """torchvision's Faster R-CNN over ResNet-50 with its COCO weights, from its own hub, which checks their hash.

    Raises:
        OSError: no file, and no network.
    """
    weights = detection.FasterRCNN_ResNet50_FPN_Weights.DEFAULT
    return detection.fasterrcnn_resnet50_fpn(weights=weights, rpn_post_nms_top_n_test=300).eval().requires_grad_(False)


@torch.inference_mode()
def look(network, image, level="0", more=None):
    """Pass a picture through the network once.

    Args:
        network: a torchvision FasterRCNN in evaluation mode. image: uint8 H x W x 3.
        level: of a pyramid of maps that is pooled; "0" where there is one only.
        more: boxes float P' x 4 in pixels to be pooled instead of the proposals, such as that of the query, or None.

    Returns:
        Regions. With `more`, its boxes, with scores 1.

    Raises:
        ValueError: no RGB image; a box without area.
    """
    height, width = require_rgb(image).shape[:2]
    x = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
    images, _ = network.transform([x])
    maps = network.backbone(images.tensors.contiguous(memory_format=torch.channels_last))
    maps = {"0": maps} if torch.is_tensor(maps) else maps
    grown = torch.tensor([images.image_sizes[0][1] / width, images.image_sizes[0][0] / height] * 2)
    if more is None:
        objectness = network.rpn(images, maps)
        boxes, scores = objectness[0][0], torch.linspace(1, 0, len(objectness[0][0]))
    else:
        boxes = torch.as_tensor(np.asarray(more, np.float32)).reshape(-1, 4) * grown
        if not (boxes[:, 2:] > boxes[:, :2]).all():
            raise ValueError(f"A box has no area: {np.asarray(more).tolist()}. It is (x0, y0, x1, y1) with x1 > x0 and y1 > y0.")
        scores = torch.ones(len(boxes))
    chosen = maps[level]
    scale = chosen.shape[3] / images.tensors.shape[3]
    rows, columns = (max(1, round(s * scale)) for s in images.image_sizes[0])
    chosen = chosen[:, :, :rows, :columns].contiguous()  # without what torchvision adds to make the sides multiples of 32
    vectors = roi_pool(chosen, [boxes], 1, scale).flatten(1)
    whole = chosen[0].amax(dim=(1, 2))
    return Regions(whole.numpy(), (boxes / grown).numpy(), scores.numpy(), vectors.numpy())


def best_regions(query, regions):
    """The proposal of each picture that is most like the query.

    Args:
        query: float32 C, unit length. regions: float32 M x P x C, unit length (a row of zeros where there is no proposal).

    Returns:
        scores float32 M (cosine), chosen int64 M.
    """
    similarity = regions @ query
    chosen = similarity.argmax(axis=1)
    return similarity[np.arange(len(similarity)), chosen], chosen


def rerank(ranking, scores, depth=100):
    """Order the first `depth` of a ranking by other scores; the rest stays where it is.

    Args:
        ranking: int64 N, best first. scores: float depth, for the first `depth` of it, in its order.

    Returns:
        int64 N.
    """
    depth = min(depth, len(ranking))
    if len(scores) != depth:
        raise ValueError(f"{depth} images are ranked again, but there are {len(scores)} scores. Give one for each, in the order of the "
                         "ranking.")
    order = np.argsort(-np.asarray(scores), kind="stable")
    return np.concatenate([ranking[:depth][order], ranking[depth:]])


def expanded(query, first):
    """Query expansion: the mean of the query and of the vectors of the first results, brought to length 1 (the paper takes five).

    Args:
        query: float32 C. first: float32 n x C.
    """
    return l2_normalize(query + first.sum(axis=0))
