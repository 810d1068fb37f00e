"""Train networks to retrieve, on the cleaned training town and on the same as it was found.

    python data_scripts/train_end_to_end.py [NAME ...] [--out FOLDER]

Names: rmac, rmac_noisy, gem, netvlad, softmax, rmac_triplet; without one, all of them. Each starts from MiniVGG as it ships. The pictures
are painted and cleaned first (some ten minutes on two cores), then each network learns (some ten more). All can be stopped and goes on
where it was; the same seed gives the same file on the same machine. Nothing is downloaded, and no building of the town is seen.

Written, for each: end_to_end_<name>.safetensors (16 bits a weight), .json (the card) and _log.jsonl.
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
from visret_lab.deep.pooling import GeM
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.tables.experiments.ch13_conv_pooling import whitened_rmac
from visret_lab.training.checkpoints import read_log
from visret_lab.training.classification import Schedule, crop
from visret_lab.training.cleaning import clean
from visret_lab.training.loop import minimise
from visret_lab.training.losses.contrastive import Contrastive
from visret_lab.training.losses.triplet import Triplet
from visret_lab.training.naming import prepare
from visret_lab.training.retrieval import Labelled, Tuples, describe, forward, map_by_label
from visret_lab.training.shipping import ship
from visret_lab.worlds.town.train import VERSION, TrainConfig, generate

CLASSES = TrainConfig(classes=144)  # of which cleaning leaves a third as pictures of the landmark: some 1,800
HELD = 12  # classes that are held out, to see when to stop
FROZEN = 2  # convolutions at the start that stay as they are: edges and colours serve every task
SIDE = 224  # pixels, of the pictures that are compared during the training
SIDES = (192, 224, 256, 288)  # of those that are learnt from
COMPONENTS, POWER = 64, 0.5  # of R-MAC's projection at the start, a PCA-whitening
LIMITS = ("It has seen painted buildings of one town planner, and nothing else. It stands for a network trained on landmarks in the "
          "chapters.")


@dataclass(frozen=True)
class Run:
    """One training. kind: of the head, as `end_to_end.HEADS`. head: function (maps to start from) -> module. loss: of tuples, or None to
    name the classes instead. noisy: learn from the pictures as they were found. schedule: Schedule."""

    kind: str
    head: Callable
    loss: nn.Module | None
    noisy: bool = False
    schedule: Schedule = Schedule(steps=1000, batch=4, rate=1e-4, decay=1e-4, check=50, seed=2016)


def runs():
    """Every training of this script, by name.

    With the hardest picture of each of 131 other classes as negatives, the triplet loss brings all vectors to one point, where each
    triplet pays m / 2 and no more ("rmac_triplet" shows it). The contrastive loss has no such resting place.
    """
    rmac = Run("R-MAC", lambda maps: whitened_rmac(maps, COMPONENTS, POWER), Contrastive(0.7))
    return {"rmac": rmac, "rmac_noisy": replace(rmac, noisy=True), "gem": replace(rmac, kind="GeM", head=lambda maps: GeM()),
            "netvlad": replace(rmac, kind="NetVLAD", head=netvlad_head),
            "softmax": replace(rmac, kind="GeM", head=lambda maps: GeM(), loss=None),
            "rmac_triplet": replace(rmac, loss=Triplet(0.1))}


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


class Names(nn.Module):
    """The loss of naming: a linear layer behind a network, and the cross-entropy of its scores; for `minimise`, as `Tuples`.

    Args:
        network: EndToEnd. pictures: Labelled. size: numbers of its vectors. batch: crops a step. side: of the crops.
    """

    def __init__(self, network, pictures, size, batch=32, side=160):
        super().__init__()
        self.network, self.pictures, self.batch, self.side = network, pictures, batch, side
        self.classes = np.unique(pictures.labels)
        self.layer = nn.Linear(size, len(self.classes))
        self.temperature = 16.0  # vectors of unit length would give scores that hardly differ

    def loss(self, rng):
        """The loss of one batch, drawn from a numpy Generator."""
        chosen = rng.integers(len(self.pictures.files), size=self.batch)
        images = [crop(self.pictures.image(i), self.side, rng) for i in chosen]
        scores = self.layer(self.temperature * forward(self.network, images, prepare))
        return cross_entropy(scores, torch.from_numpy(np.searchsorted(self.classes, self.pictures.labels[chosen])), label_smoothing=0.1)


def groups(module):
    """Groups for the optimiser: the p of GeM learns ten times as fast, and no decay pulls it (Radenovic et al.)."""
    p = [v for n, v in module.named_parameters() if n.endswith("head.p")]
    rest = [v for n, v in module.named_parameters() if not n.endswith("head.p") and v.requires_grad]
    return [{"params": rest}, *([{"params": p, "scale": 10.0, "weight_decay": 0.0}] if p else [])]


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

    if run.loss is None:
        module = Names(network, learn, len(describe(network, held, prepare, SIDE)[0]))
        minimise(module, module.loss, run.schedule, folder, test, parameters=groups(module), patience=8)
    else:
        tuples = Tuples(network, learn, prepare, run.loss, run.schedule.batch, sides=SIDES, pool_side=SIDE)
        minimise(network, tuples, run.schedule, folder, test, parameters=groups(network), refresh=tuples.refresh, patience=8)
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
                "loss": type(run.loss).__name__ if run.loss else "naming", "pictures": len(learn.files),
                "classes": len(np.unique(learn.labels)), "watched": len(held.files), "before": before, "after": after,
                "schedule": asdict(run.schedule), "steps": log[-1]["step"],
                "seconds": round(sum(line["seconds"] for line in log)), "torch": torch.__version__.split("+")[0], "limits": LIMITS}
        path = ship(f"end_to_end_{name}", network.state_dict(), card, log, options.out)
        print(f"{path}: mean average precision on {len(held.files)} pictures of other landmarks {before:.3f} before, {after:.3f} after.")


if __name__ == "__main__":
    main()
