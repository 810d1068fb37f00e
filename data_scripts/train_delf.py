"""Train the attention of the DELF-like features: which positions of MiniVGG's maps help to name a picture.

    python data_scripts/train_delf.py [--out FOLDER] [--steps 800]

It learns to tell the 48 categories of `pretrain_minivgg.py` apart from the weighted sum of the descriptors, with MiniVGG frozen. The
pictures are painted first where they are absent. It takes a few minutes on one core, goes on where it was stopped, and gives the same
file for the same seed.

Written: delf_attention.safetensors (16 bits a weight), .json (the card), _log.jsonl.
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
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.class_activation import mark
from visret_lab.deep.delf import PositionAttention, layer_of
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import WEIGHTS, ship
from visret_lab.worlds import categories

EVERY = 10  # of the buildings of a category, one is held out, as for MiniVGG


class Named(nn.Module):
    """The attention, and the layer behind it that is thrown away after the training: maps -> scores of the categories."""

    def __init__(self, channels, classes):
        super().__init__()
        self.attention, self.classes = PositionAttention(channels), nn.Linear(channels, classes)

    def forward(self, x):
        return self.classes((self.attention(x)[:, None] * normalize(x, dim=1)).mean(dim=(2, 3)))


@torch.inference_mode()
def maps_of(backbone, folder, records):
    """float16 N x C x h x w, the maps of the layer."""
    found = []
    for record in tqdm(records, desc="maps", unit="image", disable=None):
        image = cv2.imread(str(folder / f"images/{record['id']}.jpg"))[..., ::-1]
        found.append(backbone.maps(image, layer_of(backbone).name)[0].half())
    return torch.stack(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=800)
    options = parser.parse_args()
    backbone = minivgg()
    folder = categories.generate(cache_dir("worlds") / f"categories-{categories.VERSION}")
    labels = json.loads((folder / "labels.json").read_text())
    records = [r for r in labels["images"] if r["id"].endswith("_0")]  # one view of each building
    maps = maps_of(backbone, folder, records)
    category = torch.tensor([r["category"] for r in records])
    held = np.array([int(r["building"].split("_")[1]) % EVERY == 0 for r in records])
    learn, test = np.flatnonzero(~held), np.flatnonzero(held)
    schedule = Schedule(steps=options.steps, batch=64, rate=5e-3, decay=1e-3, check=100)
    torch.manual_seed(schedule.seed)
    network = Named(maps.shape[1], len(labels["categories"]))
    network.attention.made_for.copy_(mark(backbone))

    def loss_of(rng):
        chosen = rng.choice(learn, schedule.batch)
        return cross_entropy(network(maps[chosen].float()), category[chosen])

    def right():
        with torch.inference_mode():
            found = torch.cat([network.eval()(part.float()).argmax(1) for part in maps[test].split(64)])
            return {"accuracy": float((found == category[test]).float().mean())}

    work = cache_dir("training") / f"delf-{backbone.fingerprint()}-{options.steps}"
    minimise(network, loss_of, schedule, work, right)
    card = {"name": "attention of the DELF-like features",
            "backbone": {"name": backbone.name, "fingerprint": backbone.fingerprint(), "layer": layer_of(backbone).name},
            "data": {"world": "categories", "version": labels["version"], **labels["config"], "learnt_from": len(learn),
                     "tested_on": len(test)},
            "schedule": asdict(schedule), **right(), "chance": 1 / len(labels["categories"]),
            "limits": "It learnt which positions help to tell wall, top and sign of painted buildings apart, at one size of the picture. "
                      "Of single buildings, and of photographs, it knows nothing."}
    path = ship("delf_attention", network.attention.state_dict(), card, work / "log.jsonl", options.out)
    print(f"{path}: {path.stat().st_size / 1000:.0f} KB, accuracy {right()['accuracy']:.3f} on {len(test)} pictures of other buildings.")


if __name__ == "__main__":
    main()
