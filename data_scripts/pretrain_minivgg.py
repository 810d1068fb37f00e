"""Paint the pictures of 48 categories, and train MiniVGG to tell them apart.

    python data_scripts/pretrain_minivgg.py [--out FOLDER]

Training has two parts. The first, on small crops, is quick; but the last pooling cuts the last row and column of their maps off, so
that what a border gives there is anything. The second is on crops of several sizes, whose maps are used whole.

Some 14,400 pictures are painted first (ten minutes on two cores), then the network is trained, which takes longer. Both can be
stopped and go on where they were; the same seed gives the same file on the same machine. Nothing is downloaded, and no picture of
the town is seen.

Written: minivgg.safetensors (16 bits a weight, batch normalisation folded away), minivgg.json (the model card: data, accuracy, seconds,
limits) and minivgg_log.jsonl.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import torch

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.minivgg import MiniVGG, folded
from visret_lab.training.classification import Schedule, train
from visret_lab.training.naming import SIDES, card, log_of, pictures, prepare, rounded
from visret_lab.training.shipping import ship
from visret_lab.worlds import categories

FIRST = Schedule(steps=6000, side=112, rate=0.03)
SECOND = Schedule(steps=2000, side=128, sides=SIDES, rate=0.015, seed=1)
EVERY = 10  # of the buildings of a category, one is held out
LIMITS = ("It has seen painted buildings of one town planner, and nothing else: no photograph, no animal, no face. It stands for a "
          "network trained on ImageNet in the chapters, and not for one in use.")


def split(folder, labels):
    """(Pictures to learn from, Pictures of other buildings to test on)."""
    parts = []
    for held in (False, True):
        records = [r for r in labels["images"] if (int(r["building"].split("_")[1]) % EVERY == 0) is held]
        parts.append(pictures(folder, records, [r["category"] for r in records]))
    return parts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "visret_lab" / "deep" / "weights")
    options = parser.parse_args()
    folder = categories.generate(cache_dir("worlds") / f"categories-{categories.VERSION}")
    labels = json.loads((folder / "labels.json").read_text())
    learn, held_out = split(folder, labels)
    torch.manual_seed(FIRST.seed)
    network = MiniVGG(len(labels["categories"]), normalise=True)
    work = cache_dir("training") / f"minivgg-{categories.VERSION}"
    for part, schedule in (("first", FIRST), ("second", SECOND)):
        network = train(network, learn, schedule, work / part, prepare, held_out)
    plain = rounded(folded(network))
    log = [{"part": part, **line} for part in ("first", "second") for line in log_of(work / part)]
    names = labels["categories"]
    found = card(plain, labels, SECOND, held_out, len(learn.files), len(names), sum(line["seconds"] for line in log), name="MiniVGG",
                 first=asdict(FIRST), categories=names, limits=LIMITS)
    path = ship("minivgg", plain.state_dict(), found, log, options.out)
    print(f"{path}: accuracy {found['accuracy']:.3f} on {found['tested_on']:,} pictures of other buildings.")


if __name__ == "__main__":
    main()
