"""MiniVGG learns to name what stands in painted pictures: what its first training and its re-training share."""

import json
from dataclasses import asdict

import numpy as np
import torch

from visret_lab.deep.minivgg import DEVIATION, MEAN
from visret_lab.training.classification import Pictures, accuracy

SIDES = (96, 128, 160)  # of the crops to learn from, in pixels: buildings of several sizes


def prepare(x):
    """uint8 B x side x side x 3 -> float32 B x 3 x side x side, as `Backbone.prepare` does it for one image."""
    rows = torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2).float()
    return (rows - torch.tensor(MEAN).reshape(3, 1, 1)) / torch.tensor(DEVIATION).reshape(3, 1, 1)


def pictures(folder, records, names):
    """Pictures with their names as numbers. Args: records: of `labels.json`. names: int, the name of each record."""
    return Pictures([(folder / f"images/{r['id']}.jpg").read_bytes() for r in records], np.asarray(names, np.int64))


def rounded(network):
    """The network as it will be read back: its weights with 16 bits. It is changed, and returned."""
    return network.half().float()


def card(network, labels, schedule, held_out, learnt_from, classes, seconds, **more):
    """The model card: what it was trained on, how well it does, how long it took.

    Args:
        labels: of the painted world. held_out: Pictures. learnt_from: number of pictures. classes: number of names.
        more: further entries: name, limits ...
    """
    return {
        "parameters": sum(p.numel() for p in network.parameters()), "input": "RGB, 0 to 255", "mean": MEAN, "deviation": DEVIATION,
        "data": {"world": labels["name"], "version": labels["version"], **labels["config"], "pictures": learnt_from},
        "schedule": asdict(schedule), "seconds": round(seconds), "accuracy": accuracy(network, held_out, schedule, prepare),
        "tested_on": len(held_out.files), "chance": 1 / classes, "torch": torch.__version__.split("+")[0], **more,
    }


def log_of(work):
    """Lines of the log of a training: list of dicts."""
    return [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]


def seconds_of(work):
    """Seconds of a training, from its log."""
    return sum(line["seconds"] for line in log_of(work))
