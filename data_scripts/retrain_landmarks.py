"""Paint 240 landmarks, and train MiniVGG, which knows categories, to tell them apart.

    python data_scripts/retrain_landmarks.py [--out FOLDER] [--steps 900]

5,760 pictures are painted first (some four minutes on two cores), then the network is trained, from the weights that
pretrain_minivgg.py has made. Both can be stopped and go on where they were. No landmark stands in the town, or in the pictures that
the network saw before: every world is painted from a seed of its own, and the seeds differ. Nothing is downloaded.

Written: minivgg_landmarks.safetensors (16 bits a weight), minivgg_landmarks.json (the model card) and minivgg_landmarks_log.jsonl.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import nn

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.backbones import WEIGHTS, minivgg
from visret_lab.deep.minivgg import HIDDEN
from visret_lab.training.classification import Schedule, train
from visret_lab.training.naming import SIDES, card, pictures, prepare, rounded, seconds_of
from visret_lab.training.shipping import ship
from visret_lab.worlds import categories

LANDMARKS = categories.CategoryConfig(buildings=5, views=24, seed=2014)
HELD = 4  # views of each landmark that are held out: the last
NAME = "minivgg_landmarks"
LIMITS = ("It has seen painted buildings, and nothing else: no photograph, no animal, no face. It was trained to name 240 landmarks, and "
          "every name was right; names from the web are not.")


def split(folder, labels):
    """(Pictures to learn from, Pictures of the same landmarks to test on, names of the landmarks)."""
    names = sorted({r["building"] for r in labels["images"]})
    number, first = {name: i for i, name in enumerate(names)}, LANDMARKS.views - HELD
    parts = []
    for held in (False, True):
        records = [r for r in labels["images"] if (int(r["id"].rsplit("_", 1)[1]) >= first) is held]
        parts.append(pictures(folder, records, [number[r["building"]] for r in records]))
    return *parts, names


def with_new_names(network, classes):
    """MiniVGG with another last layer, which knows nothing yet. All others stay as they are, to be trained on."""
    last = nn.Linear(HIDDEN, classes)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    network.classifier[-1] = last
    return network.requires_grad_(True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--start", type=Path, default=WEIGHTS / "minivgg.safetensors", help="the weights to begin with")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rate", type=float, default=0.01, help="largest learning rate: below that of the first training")
    options = parser.parse_args()
    backbone = minivgg(options.start)
    folder = categories.generate(cache_dir("worlds") / f"landmarks-{categories.VERSION}", LANDMARKS)
    labels = json.loads((folder / "labels.json").read_text())
    learn, held_out, names = split(folder, labels)
    schedule = Schedule(steps=options.steps, side=112, sides=SIDES, rate=options.rate, check=100, seed=LANDMARKS.seed)
    torch.manual_seed(schedule.seed)
    network = with_new_names(backbone.network, len(names))
    work = cache_dir("training") / f"{NAME}-{categories.VERSION}-{options.steps}-{options.rate:g}-{backbone.fingerprint()}"
    plain = rounded(train(network, learn, schedule, work, prepare, held_out))
    found = card(plain, labels, schedule, held_out, len(learn.files), len(names), seconds_of(work), name="MiniVGG, landmarks",
                 started_from=options.start.name, landmarks=len(names), limits=LIMITS)
    path = ship(NAME, plain.state_dict(), found, work / "log.jsonl", options.out)
    print(f"{path}: accuracy {found['accuracy']:.3f} on {found['tested_on']:,} other views of {len(names)} landmarks.")


if __name__ == "__main__":
    main()
