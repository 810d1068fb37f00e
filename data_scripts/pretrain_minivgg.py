"""Paint the pictures of 48 categories, and train MiniVGG to tell them apart.

    python data_scripts/pretrain_minivgg.py [--out FOLDER] [--steps 4000]

Some 14,400 pictures are painted first (ten minutes on two cores), then the network is trained, which takes longer. Both can be stopped and go on
where they were; the same seed gives the same file on the same machine. Nothing is downloaded, and no picture of the town is seen.

Written: minivgg.safetensors (16 bits a weight, batch normalisation folded away), minivgg.json (the model card: data, accuracy, seconds,
limits) and minivgg_log.jsonl.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.minivgg import DEVIATION, MEAN, MiniVGG, folded
from visret_lab.files import write_bytes
from visret_lab.training.classification import Pictures, Schedule, accuracy, train
from visret_lab.worlds import categories

EVERY = 10  # of the buildings of a category, one is held out


def prepare(x):
    """uint8 B x side x side x 3 -> float32 B x 3 x side x side, as `Backbone.prepare` does it for one image."""
    rows = torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2).float()
    return (rows - torch.tensor(MEAN).reshape(3, 1, 1)) / torch.tensor(DEVIATION).reshape(3, 1, 1)


def split(folder, labels):
    """(Pictures to learn from, Pictures of other buildings to test on)."""
    held = [int(record["building"].split("_")[1]) % EVERY == 0 for record in labels["images"]]
    parts = []
    for wanted in (False, True):
        records = [r for r, h in zip(labels["images"], held, strict=True) if h is wanted]
        parts.append(Pictures([(folder / f"images/{r['id']}.jpg").read_bytes() for r in records],
                              np.array([r["category"] for r in records], np.int64)))
    return parts


def card(network, log, labels, schedule, held_out, learnt_from):
    """The model card: what it was trained on, how well it does, how long it took, and what it cannot do."""
    return {
        "name": "MiniVGG", "parameters": sum(p.numel() for p in network.parameters()), "input": "RGB, 0 to 255",
        "mean": MEAN, "deviation": DEVIATION, "categories": labels["categories"],
        "data": {"world": "categories", "version": labels["version"], **labels["config"], "pictures": learnt_from},
        "schedule": asdict(schedule), "seconds": round(sum(line["seconds"] for line in log)),
        "accuracy": accuracy(network, held_out, schedule, prepare), "tested_on": len(held_out.files), "chance": 1 / len(labels["categories"]),
        "torch": torch.__version__.split("+")[0],
        "limits": "It has seen painted buildings of one town planner, and nothing else: no photograph, no animal, no face. It stands for "
                  "a network trained on ImageNet in the chapters, and not for one in use.",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "visret_lab" / "deep" / "weights")
    parser.add_argument("--steps", type=int, default=Schedule().steps)
    options = parser.parse_args()
    folder = categories.generate(cache_dir("worlds") / f"categories-{categories.VERSION}")
    labels = json.loads((folder / "labels.json").read_text())
    learn, held_out = split(folder, labels)
    schedule = Schedule(steps=options.steps)
    torch.manual_seed(schedule.seed)
    network = MiniVGG(len(labels["categories"]), normalise=True)
    work = cache_dir("training") / f"minivgg-{categories.VERSION}-{options.steps}"
    plain = folded(train(network, learn, schedule, work, prepare, held_out)).half().float()  # as it will be read back
    log = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    found = card(plain, log, labels, schedule, held_out, len(learn.files))
    write_bytes(options.out / "minivgg.safetensors", save({k: v.half().contiguous() for k, v in plain.state_dict().items()}))
    write_bytes(options.out / "minivgg.json", (json.dumps(found, indent=1) + "\n").encode())
    write_bytes(options.out / "minivgg_log.jsonl", (work / "log.jsonl").read_bytes())
    print(f"{options.out / 'minivgg.safetensors'}: accuracy {found['accuracy']:.3f} on {found['tested_on']:,} pictures of other buildings.")


if __name__ == "__main__":
    main()
