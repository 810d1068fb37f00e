"""Train the small saliency network on painted scenes whose building is known to the pixel.

    python data_scripts/train_saliency.py [--out FOLDER] [--steps 1500]

The scenes are painted first (some five minutes on one core), then the network learns (some five more). Both go on where they were
stopped; the same seed gives the same file on the same machine. Nothing is downloaded, and no building of the town is seen.

Written: saliency.safetensors (16 bits a weight), saliency.json (the card) and saliency_log.jsonl.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.saliency.learned import LONGEST, STRIDE, SaliencyNet, prepare
from visret_lab.training import scenes
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import WEIGHTS, ship

EVERY = 8  # of the buildings, one is held out


def small(found):
    """(uint8 N x H x W x 3 with the longer side of the network, float32 N x H/8 x W/8: share of the building)."""
    height, width = found.images.shape[1:3]
    size = round(width * LONGEST / max(width, height)), round(height * LONGEST / max(width, height))
    grid = size[0] // STRIDE, size[1] // STRIDE
    images = np.stack([cv2.resize(i, size, interpolation=cv2.INTER_AREA) for i in found.images])
    return images, np.stack([cv2.resize(s.astype(np.float32), grid, interpolation=cv2.INTER_AREA) for s in found.seen])


def disturbed(image, target, rng):
    """A random part of a picture, at its size, perhaps turned over, in another light; the target alike."""
    height, width = image.shape[:2]
    share = rng.uniform(0.6, 1)
    h, w = (int(n * share) // STRIDE * STRIDE for n in (height, width))
    y, x = (int(rng.integers((n - m) // STRIDE + 1)) * STRIDE for n, m in ((height, h), (width, w)))
    part = cv2.resize(image[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_LINEAR)
    y, x, h, w = (n // STRIDE for n in (y, x, h, w))
    mask = cv2.resize(target[y : y + h, x : x + w], target.shape[::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        part, mask = part[:, ::-1], mask[:, ::-1]
    light = rng.uniform(0.7, 1.4) * rng.uniform(0.9, 1.1, 3)
    return np.clip(part * light, 0, 255).astype(np.uint8), mask


def precision(network, images, target):
    """Area under the ROC of single positions, inside against outside the building, mean over the pictures: dict for the log."""
    network.eval()
    with torch.inference_mode():
        scores = torch.cat([network(prepare(images[i : i + 32])) for i in range(0, len(images), 32)]).numpy()
    found = []
    for s, t in zip(scores.reshape(len(scores), -1), target.reshape(len(target), -1) > 0.5, strict=True):
        if 0 < t.sum() < len(t):
            order = s.argsort().argsort()
            found.append((order[t].sum() - t.sum() * (t.sum() - 1) / 2) / (t.sum() * (~t).sum()))
    return {"auc": float(np.mean(found))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    config = scenes.SceneConfig()
    found = scenes.read(scenes.paint(cache_dir("worlds") / f"scenes-{config.seed}", config))
    held = found.building % EVERY == EVERY - 1
    images, target = small(found)
    learn, test = np.flatnonzero(~held), np.flatnonzero(held)
    schedule = Schedule(steps=options.steps, batch=16, rate=2e-3, decay=1e-4, check=100)
    torch.manual_seed(schedule.seed)
    network = SaliencyNet()

    def loss(rng):
        both = [disturbed(images[i], target[i], rng) for i in rng.choice(learn, schedule.batch)]
        x, t = (np.stack(part) for part in zip(*both, strict=True))
        return cross_entropy(network(prepare(x)), torch.from_numpy(np.ascontiguousarray(t)))

    work = cache_dir("training") / f"saliency-{config.seed}-{options.steps}"
    minimise(network, loss, schedule, work, lambda: precision(network, images[test], target[test]))
    rounded = SaliencyNet().eval()
    rounded.load_state_dict({k: v.half().float() for k, v in network.state_dict().items()})
    card = {"name": "SaliencyNet", "parameters": sum(p.numel() for p in network.parameters()), "longest": LONGEST,
            "data": {"world": "scenes", **asdict(config), "learnt_from": len(learn), "tested_on": len(test)},
            "schedule": asdict(schedule), **precision(rounded, images[test], target[test]), "torch": torch.__version__.split("+")[0],
            "limits": "It knows the buildings of one painter, and where they stand in his pictures. On photographs it was not trained, and "
                      "where people look it was never told."}
    path = ship("saliency", network.state_dict(), card, work / "log.jsonl", options.out)
    print(f"{path}: {path.stat().st_size / 1000:.0f} KB, area under the ROC {card['auc']:.3f} on {len(test)} scenes of other buildings.")


if __name__ == "__main__":
    main()
