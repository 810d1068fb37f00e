"""Train what MiniVGG's maps need to be looked at: a head for class activation maps, and the regional attention.

    python data_scripts/train_attention.py [--out FOLDER] [--steps 1500]

Both are trained to tell the 48 categories of `pretrain_minivgg.py` apart, on the same pictures, with MiniVGG frozen: first one linear
layer behind the mean of conv5_2, then the attention over the windows of R-MAC. The pictures are painted first where they are absent.
The trainings take some minutes on one core, go on where they were stopped, and give the same files for the same seed.

Written: cam_head and attention, each as .safetensors (16 bits a weight), .json (the card) and _log.jsonl.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from tqdm import tqdm

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.attention import LEVELS, ContextAttention, region_mean
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.class_activation import HeadOfMiniVGG, mark
from visret_lab.deep.rmac import region_mac
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import WEIGHTS, ship
from visret_lab.worlds import categories

LAYER = "conv5_2"
EVERY = 10  # of the buildings of a category, one is held out, as for MiniVGG
VIEWS = 2  # of each building, for the attention: its windows take much memory


@torch.inference_mode()
def look(backbone, folder, records, windows):
    """What the trainings see of the pictures: the mean of the maps; with `windows` also the maximum (unit length) and the mean of each
    window. float32 N x C, float16 N x R x C, float16 N x R x C."""
    means, largest, inner = [], [], []
    for record in tqdm(records, desc="maps", unit="image", disable=None):
        image = cv2.imread(str(folder / f"images/{record['id']}.jpg"))[..., ::-1]
        maps = backbone.maps(image, LAYER)
        means.append(maps.mean(dim=(2, 3))[0])
        if windows:
            largest.append(normalize(region_mac(maps, LEVELS), dim=2)[0].half())
            inner.append(region_mean(maps)[0].half())
    return torch.stack(means), *((torch.stack(largest), torch.stack(inner)) if windows else ())


class WithClasses(nn.Module):
    """The attention, and the layer behind it that is thrown away after the training."""

    def __init__(self, channels, classes):
        super().__init__()
        self.attention, self.classes = ContextAttention(channels), nn.Linear(channels, classes)

    def forward(self, largest, inner, whole):
        weights = self.attention(inner, whole)
        return self.classes((weights[..., None] * largest).mean(dim=1))


def card(name, backbone, schedule, labels, learn, test, figures, limits):
    return {"name": name, "backbone": {"name": backbone.name, "fingerprint": backbone.fingerprint(), "layer": LAYER},
            "data": {"world": "categories", "version": labels["version"], **labels["config"], "learnt_from": len(learn),
                     "tested_on": len(test)},
            "schedule": asdict(schedule), **figures, "chance": 1 / len(labels["categories"]), "limits": limits}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    backbone = minivgg()
    folder = categories.generate(cache_dir("worlds") / f"categories-{categories.VERSION}")
    labels = json.loads((folder / "labels.json").read_text())
    records = [r for r in labels["images"] if int(r["id"].split("_")[2]) < VIEWS]
    means, largest, inner = look(backbone, folder, records, windows=True)
    category = torch.tensor([r["category"] for r in records])
    held = np.array([int(r["building"].split("_")[1]) % EVERY == 0 for r in records])
    learn, test = np.flatnonzero(~held), np.flatnonzero(held)
    work = cache_dir("training")
    own = f"{backbone.fingerprint()}-{options.steps}"

    schedule = Schedule(steps=options.steps, batch=256, rate=2e-2, decay=1e-3, check=250)
    torch.manual_seed(schedule.seed)
    head = HeadOfMiniVGG()
    head.made_for.copy_(mark(backbone))

    def right(network, *inputs):
        with torch.inference_mode():
            return {"accuracy": float((network.eval()(*(x[test].float() for x in inputs)).argmax(1) == category[test]).float().mean())}

    def loss_of_head(rng):
        chosen = rng.choice(learn, schedule.batch)
        return cross_entropy(head(means[chosen]), category[chosen])

    minimise(head, loss_of_head, schedule, work / f"cam_head-{own}", lambda: right(head, means))
    log = work / f"cam_head-{own}" / "log.jsonl"
    path = ship("cam_head", head.state_dict(), card(
        "head of MiniVGG", backbone, schedule, labels, learn, test, right(head, means),
        "One linear layer on the mean of the maps: it says less well than MiniVGG's three layers what is in a picture, but where it sees "
        "it can be drawn."), log, options.out)
    print(f"{path}: {path.stat().st_size / 1000:.0f} KB, accuracy {right(head, means)['accuracy']:.3f} on {len(test)} pictures of other "
          "buildings.")

    schedule = Schedule(steps=options.steps, batch=64, rate=5e-3, decay=1e-3, check=250)
    torch.manual_seed(schedule.seed)
    both = WithClasses(means.shape[1], len(labels["categories"]))
    both.attention.made_for.copy_(mark(backbone))

    def loss_of_both(rng):
        chosen = rng.choice(learn, schedule.batch)
        return cross_entropy(both(largest[chosen].float(), inner[chosen].float(), means[chosen]), category[chosen])

    minimise(both, loss_of_both, schedule, work / f"attention-{own}", lambda: right(both, largest, inner, means))
    log = work / f"attention-{own}" / "log.jsonl"
    path = ship("attention", both.attention.state_dict(), card(
        "regional attention of MiniVGG", backbone, schedule, labels, learn, test, {**right(both, largest, inner, means), "levels": LEVELS},
        "It learnt which windows help to tell wall, top and sign of painted buildings apart. Of single buildings, and of photographs, it "
        "knows nothing."), log, options.out)
    print(f"{path}: {path.stat().st_size / 1000:.0f} KB, accuracy {right(both, largest, inner, means)['accuracy']:.3f}.")


if __name__ == "__main__":
    main()
