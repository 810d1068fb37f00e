"""Train networks to retrieve, on the cleaned training town and on the same as it was found.

    python data_scripts/train_end_to_end.py [NAME ...] [--out FOLDER]

Names: rmac, rmac_noisy, gem, netvlad, softmax, mac, rmac_hardest; without one, all of them. Each starts from MiniVGG as it ships. The
pictures are painted and cleaned first (some ten minutes on two cores), then each network learns (some eight more on one core). All can be
stopped and goes on where it was; the same seed gives the same file on the same machine. Nothing is downloaded, and no building of the
town is seen.

Written, for each: end_to_end_<name>.safetensors (16 bits a weight), .json (the card) and _log.jsonl; no weights for rmac_hardest, which
comes to nothing.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.generated import ensure
from visret_lab.datasets.town_train import read_town_train
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.end_to_end import netvlad_head, with_trunk
from visret_lab.deep.pooling import GeM, MAC
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.tables.experiments.ch13_conv_pooling import whitened_rmac
from visret_lab.training.checkpoints import read_log
from visret_lab.training.classification import Schedule
from visret_lab.training.cleaning import clean
from visret_lab.training.loop import minimise
from visret_lab.training.losses.average_precision import AveragePrecision
from visret_lab.training.losses.batch_triplet import BatchTriplet
from visret_lab.training.losses.triplet import Triplet
from visret_lab.training.naming import prepare
from visret_lab.training.retrieval import Labelled, PictureBatches, Tuples, describe, map_by_label
from visret_lab.training.shipping import ship
from visret_lab.worlds.town.train import VERSION, TrainConfig, generate

CLASSES = TrainConfig(classes=144)  # of which cleaning leaves a third as pictures of the landmark: some 1,800
HELD = 12  # classes that are held out, to see when to stop
PATIENCE = 6  # checks without a better score, behind which a training ends
FROZEN = 2  # convolutions at the start that stay as they are: edges and colours serve every task
SIDE = 320  # pixels, of the pictures that are compared during the training, as they are searched
SIDES = (208, 240, 272, 304)  # of those that are learnt from
CLASSES_A_BATCH, EACH = 12, 4
COMPONENTS, POWER = 64, 0.5  # of R-MAC's projection at the start, a PCA-whitening
LIMITS = ("It has seen painted buildings of one town planner, and nothing else. It stands for a network trained on landmarks in the "
          "chapters.")


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        kind: of the head, as `end_to_end.HEADS`. head: function (maps to start from) -> module.
        loss: function (size of the vectors, number of classes) -> loss of a batch, nn.Module of (vectors, labels).
        noisy: learn from the pictures as they were found. hardest: learn from tuples with the hardest negatives of a pool
            instead; that comes to nothing, so no weights are written.
        schedule: Schedule.
    """

    kind: str
    head: Callable
    loss: Callable
    noisy: bool = False
    hardest: bool = False
    schedule: Schedule = Schedule(steps=400, batch=CLASSES_A_BATCH * EACH, rate=2e-4, decay=1e-4, check=25, seed=2016)


def runs():
    """Every training of this script, by name: R-MAC with triplets (Gordo et al.), GeM with the average precision (Revaud et al.), MAC and
    NetVLAD with triplets, and GeM that names the landmarks, the baseline.

    "rmac_hardest" learns from tuples whose negatives are the hardest pictures of a pool, one of each other class. With so few classes that
    comes to nothing, and with the contrastive loss of Radenovic et al. it does not either: MAC fell from .47 to .43 on held-out landmarks.
    """
    rmac = Run("R-MAC", lambda maps: whitened_rmac(maps, COMPONENTS, POWER), lambda size, count: BatchTriplet(0.1))
    gem = replace(rmac, kind="GeM", head=lambda maps: GeM(), loss=lambda size, count: AveragePrecision(20, low=0.0))
    hard = replace(rmac, hardest=True, loss=lambda size, count: Triplet(0.1), schedule=replace(rmac.schedule, batch=4))
    mac = replace(rmac, kind="MAC", head=lambda maps: MAC())
    return {"rmac": rmac, "rmac_noisy": replace(rmac, noisy=True), "gem": gem,
            "netvlad": replace(rmac, kind="NetVLAD", head=netvlad_head), "softmax": replace(gem, loss=Naming), "mac": mac,
            "rmac_hardest": hard}


def data(noisy):
    """(Labelled to learn from, Labelled to watch): of other classes; what is watched is always clean."""
    folder = ensure(f"town-train-{CLASSES.classes}", VERSION, lambda place, bar: generate(place, CLASSES, progress=bar))
    dataset, parts = read_town_train(folder, f"town-train-{CLASSES.classes}"), []
    cleaned = list(clean(dataset).values())
    for held, chosen in ((False, cleaned[:-HELD]), (True, cleaned[-HELD:])):
        rows = [(i, number, found.boxes.get(i)) for number, found in enumerate(chosen)
                for i in (found.ids if noisy and not held else once(found))]
        parts.append(Labelled([dataset.path(i).read_bytes() for i, _, _ in rows], np.array([n for _, n, _ in rows]),
                              [i for i, _, _ in rows], None if noisy else np.array([box for _, _, box in rows])))
    return parts


def once(found):
    """What was kept of a class, each photograph once: a near-duplicate as the positive teaches nothing."""
    twice = {b for a, b in found.duplicates if a in found.kept}
    return [i for i in found.kept if i not in twice]


class Naming(nn.Module):
    """The loss of naming: a linear layer behind the vectors, and the cross-entropy of its scores.

    Args:
        size: numbers of a vector. count: classes; labels run from 0 to count - 1.
    """

    def __init__(self, size, count):
        super().__init__()
        self.layer = nn.Linear(size, count)
        self.temperature = 16.0  # vectors of unit length would give scores that hardly differ

    def forward(self, vectors, labels):
        """See the class."""
        return cross_entropy(self.layer(self.temperature * vectors), labels, label_smoothing=0.1)


def groups(network, loss):
    """Groups for the optimiser: what starts from nothing (the layer that names) or is one number (the p of GeM; Radenovic et al.) learns
    ten times as fast, and no decay pulls p."""
    p = [v for n, v in network.named_parameters() if n == "head.p"]
    rest = [v for n, v in network.named_parameters() if n != "head.p" and v.requires_grad]
    fast = [{"params": p, "scale": 10.0, "weight_decay": 0.0}, {"params": list(loss.parameters()), "scale": 10.0}]
    return [{"params": rest}, *(group for group in fast if group["params"])]


def start(run, learn):
    """The network before its training."""
    backbone = minivgg()
    maps = [backbone.maps(learn.image(i), "conv5_2")[0].numpy() for i in range(0, len(learn.files), max(1, len(learn.files) // 200))]
    network = with_trunk(backbone, run.head(maps)).to(memory_format=torch.channels_last)
    convolutions = [m for m in network.trunk.features if isinstance(m, nn.Conv2d)]
    for layer in convolutions[:FROZEN]:
        layer.requires_grad_(False)
    return network


def train(name, run, folder):
    """Train one network; returns it with both parts of the data."""
    learn, held = data(run.noisy)
    torch.manual_seed(run.schedule.seed)
    network = start(run, learn)

    def test():
        return {"score": map_by_label(describe(network, held, prepare, SIDE), held.labels)}

    loss = run.loss(len(network(prepare(learn.image(0)[None]))[0]), int(learn.labels.max()) + 1)
    if run.hardest:
        step = Tuples(network, learn, prepare, loss, run.schedule.batch, sides=SIDES, pool_side=max(SIDES))
    else:
        step = PictureBatches(network, learn, prepare, loss, CLASSES_A_BATCH, EACH, SIDES)
    minimise(nn.ModuleList([network, loss]), step, run.schedule, folder, test, parameters=groups(network, loss),
             refresh=step.refresh if run.hardest else None, patience=PATIENCE)
    return network.eval(), learn, held


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", choices=list(runs()), default=list(runs()), metavar="NAME")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    for name in options.names:
        run, folder = runs()[name], cache_dir("training") / f"end-to-end-{name}"
        network, learn, held = train(name, run, folder)
        before = map_by_label(describe(start(run, learn), held, prepare, SIDE), held.labels)
        after = map_by_label(describe(network, held, prepare, SIDE), held.labels)
        log = read_log(folder)
        card = {"name": f"end_to_end_{name}", "head": run.kind, "noisy": run.noisy,
                "loss": type(run.loss(1, 1)).__name__, "pictures": len(learn.files),
                "classes": len(np.unique(learn.labels)), "watched": len(held.files), "before": before, "after": after,
                "schedule": asdict(run.schedule), "steps": log[-1]["step"],
                "seconds": round(sum(line["seconds"] for line in log)), "torch": torch.__version__.split("+")[0], "limits": LIMITS}
        path = ship(f"end_to_end_{name}", None if run.hardest else network.state_dict(), card, log, options.out)
        print(f"{path}: mean average precision on {len(held.files)} pictures of other landmarks {before:.3f} before, {after:.3f} after.")


if __name__ == "__main__":
    main()
