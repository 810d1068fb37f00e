"""How the margin networks of the paintings learn: one recipe for the page, for the script that makes the shipped ones, and for tests."""

import numpy as np
import torch

from visret_lab.crossmodal.margin import MarginPairs, Rows, embed
from visret_lab.crossmodal.margin_weights import build, fold, text_items
from visret_lab.crossmodal.ranks import both_ways
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

SCHEDULE = Schedule(steps=2000, batch=256, rate=1e-3, decay=1e-2, check=200)
MARGIN = 0.3
TEXT_RATE = 5.0  # times the rate of the pictures' side: numbers of tf-idf are small


def learn(encoder, images, texts, folder, schedule=SCHEDULE, *, margin=MARGIN, labels=None, share=0.01, kind="gru", patience=3,
          progress=False):
    """Train a margin network on the training paintings; the checkpoint that is best on the validation paintings is kept.

    Args:
        encoder: "BOW", "MLP" or "RNN". images: float32 N x D of all paintings. texts: painting_views.TextViews.
        folder: of checkpoints; a stopped training goes on there. schedule, patience, progress: of `minimise`.
        margin: m. labels: int64 N, an attribute that both sides shall name, or None. share: a, of each of the two classifiers.
        kind: of the recurrent network.

    Returns:
        (MarginNetwork that takes pictures and texts as they are, score on the validation paintings as `score`).
    """
    train, val = texts.paintings.splits["train"], texts.paintings.splits["val"]
    mean, deviation = images[train].mean(axis=0), images[train].std(axis=0) + 1e-6
    scaled = (images - mean) / deviation
    torch.manual_seed(schedule.seed)
    network = build(encoder, images.shape[1], texts, 0 if labels is None else int(labels[train].max()) + 1, kind)
    pairs = MarginPairs(network, Rows(scaled[train]), text_items(encoder, texts, train), schedule.batch, margin=margin,
                        labels=None if labels is None else labels[train], share=share)
    held = Rows(scaled[val]), text_items(encoder, texts, val)
    text_side = [p for part in (network.encoder, network.text) for p in part.parameters()]
    image_side = [p for name, p in network.named_parameters() if not name.startswith(("encoder.", "text."))]
    groups = [{"params": image_side}, {"params": text_side, "scale": TEXT_RATE if encoder != "RNN" else 1.0}]
    minimise(network, pairs, schedule, folder, lambda: {"score": score(compared(network, *held))}, progress, groups, patience=patience)
    value = score(compared(network, *held))
    return fold(network, mean, deviation), value


def compared(network, images, texts):
    """Cosines of texts (rows) and pictures (columns): float32 T x I. Args: images, texts: Rows, or anything with `take`."""
    return embed(network, texts, "text") @ embed(network, images, "image").T


def score(similarity):
    """Mean of 1 / place in both directions, by which every choice is made: less coarse than R@1, and moved by every painting."""
    return float(np.mean([np.mean(1.0 / places) for places in both_ways(similarity).values()]))
