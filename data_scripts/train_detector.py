"""Train the small detector: torchvision's Faster R-CNN over MiniVGG's convolutions, on painted scenes with the box of their building.

    python data_scripts/train_detector.py [--out FOLDER] [--steps 400]

The scenes are those of `train_saliency.py`. MiniVGG's convolutions up to conv4_2 stay as they are; conv5_1, conv5_2, the proposals and
the box head learn. Some minutes on one core; it goes on where it was stopped, and the same seed gives the same file.

Written: detector.safetensors (16 bits a weight), detector.json (the card) and detector_log.jsonl.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torchvision.ops import box_iou

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.regions import look, small_detector
from visret_lab.training import scenes
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import WEIGHTS, ship

EVERY = 8  # of the buildings, one is held out, as for the saliency network
LEARNT = 16  # the place of conv5_1 among MiniVGG's features; what comes before is frozen


def to_tensor(image):
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255


def example(image, box, rng):
    """A picture and its box, perhaps turned over, in another light."""
    if rng.random() < 0.5:
        width = image.shape[1]
        image, box = image[:, ::-1], np.array([width - box[2], box[1], width - box[0], box[3]])
    x = (to_tensor(image) * torch.tensor(rng.uniform(0.7, 1.4) * rng.uniform(0.9, 1.1, (3, 1, 1)), dtype=torch.float32)).clamp(0, 1)
    return x, {"boxes": torch.tensor(box, dtype=torch.float32)[None], "labels": torch.ones(1, dtype=torch.int64)}


def found_share(network, images, boxes, first=5):
    """How often the first proposal, and one of the first five, overlaps the building by more than half: dict for the log."""
    network.eval()
    overlaps = [box_iou(torch.from_numpy(look(network, i).boxes[:first]), torch.from_numpy(b[None])).numpy()[:, 0]
                for i, b in zip(images, boxes, strict=True)]
    return {"first_over_half": float(np.mean([o[0] > 0.5 for o in overlaps])),
            "one_of_five_over_half": float(np.mean([o.max() > 0.5 for o in overlaps]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    config, backbone = scenes.SceneConfig(), minivgg()
    found = scenes.read(scenes.paint(cache_dir("worlds") / f"scenes-{config.seed}", config))
    boxes = scenes.boxes(found.seen)
    held = found.building % EVERY == EVERY - 1
    learn, test = np.flatnonzero(~held), np.flatnonzero(held)
    schedule = Schedule(steps=options.steps, batch=4, rate=1e-3, decay=1e-4, check=100)
    torch.manual_seed(schedule.seed)
    network = small_detector()
    network.backbone.features.load_state_dict({k.removeprefix("features."): v for k, v in backbone.network.state_dict().items()
                                               if k.startswith("features.")})
    for name, parameter in network.backbone.named_parameters():
        parameter.requires_grad_(int(name.split(".")[1]) >= LEARNT)

    def loss(rng):
        x, targets = zip(*(example(found.images[i], boxes[i], rng) for i in rng.choice(learn, schedule.batch)), strict=True)
        return sum(network(list(x), list(targets)).values())

    work = cache_dir("training") / f"detector-{config.seed}-{backbone.fingerprint()}-{options.steps}"
    few = test[:: max(1, len(test) // 48)]
    minimise(network, loss, schedule, work, lambda: found_share(network, found.images[few], boxes[few]))
    rounded = small_detector().eval()
    rounded.load_state_dict({k: v.half().float() for k, v in network.state_dict().items()})
    share = found_share(rounded, found.images[test], boxes[test])
    card = {"name": "small Faster R-CNN", "parameters": sum(p.numel() for p in network.parameters()),
            "backbone": {"name": backbone.name, "fingerprint": backbone.fingerprint(), "frozen": "conv1_1 to conv4_2"},
            "data": {"world": "scenes", **asdict(config), "learnt_from": len(learn), "tested_on": len(test)},
            "schedule": asdict(schedule), **share, "torch": torch.__version__.split("+")[0],
            "limits": "One class, the building in the middle of a painted scene. It was never shown a picture without one, or a photograph."}
    path = ship("detector", network.state_dict(), card, work / "log.jsonl", options.out)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB; {share} on {len(test)} scenes of other buildings.")


if __name__ == "__main__":
    main()
