"""Train the narrow HardNet that the package ships, on patches of painted houses.

    python data_scripts/train_hardnet.py [--out FOLDER] [--steps 500] [--loss hardest|random] [--houses 384]

The patches are painted and cut first where they are absent (some minutes), then the training takes five to twenty minutes on one core,
as it is free or not. Both go on where they were stopped, and give the same files for the same seed on the same machine.

Where the paper takes SGD with a rate of 10 for millions of pairs, this takes Adam for 256,000, drawn again and again from some 43,000;
the loss, the first weights and the plan of the network are the paper's, its width is half.

Written: hardnet.safetensors (16 bits a weight), hardnet.json (the card), hardnet_log.jsonl. With --loss random a network is trained that
never met a hard negative, and only its log is kept: hardnet_random_log.jsonl.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import torch

from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.hardnet import NARROW, HardNet
from visret_lab.deep.shipped import digest
from visret_lab.files import write_bytes
from visret_lab.training import patch_pairs
from visret_lab.training.classification import Schedule
from visret_lab.training.losses.hardest_in_batch import MARGIN
from visret_lab.training.loop import minimise
from visret_lab.training.patch_descriptor import LOSSES, loss_of, rounded, test_of
from visret_lab.training.shipping import WEIGHTS, ship

EVERY = 8  # of the houses, one is held out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--loss", choices=LOSSES, default="hardest")
    parser.add_argument("--houses", type=int, default=384)
    options = parser.parse_args()
    config = patch_pairs.PairConfig(buildings=options.houses)
    pairs = patch_pairs.read(patch_pairs.paint(cache_dir("worlds") / f"patches-{config.seed}-{options.houses}", config))
    held = pairs.building % EVERY == 0
    learn, test = pairs.some(~held), pairs.some(held)
    schedule = Schedule(steps=options.steps, batch=512, side=32, rate=4e-3, decay=1e-4, check=50)
    torch.manual_seed(schedule.seed)
    network = HardNet(NARROW)
    work = cache_dir("training") / f"hardnet-{options.loss}-{options.houses}-{options.steps}"
    minimise(network, loss_of(network, learn, schedule.batch, options.loss), schedule, work, test_of(network, test))
    if options.loss != "hardest":
        write_bytes(options.out / f"hardnet_{options.loss}_log.jsonl", (work / "log.jsonl").read_bytes())
        return
    network = rounded(network)
    card = {
        "name": f"HardNet, widths {NARROW}", "parameters": sum(p.numel() for p in network.parameters()), "weights": digest(network),
        "input": "grey patches of 32 x 32 pixels, 6 sizes of SIFT's point wide",
        "data": {"world": "patches", **asdict(config), "learnt_from": len(learn.a), "tested_on": len(test.a),
                 "of_two_views": float((~pairs.warped).mean())},
        "margin": MARGIN, "schedule": asdict(schedule), **test_of(network, test)(),
        "torch": torch.__version__.split("+")[0],
        "limits": "It has seen walls, windows and roofs that a computer painted, and no photograph.",
    }
    path = ship("hardnet", network.state_dict(), card, work / "log.jsonl", options.out)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB; " + ", ".join(f"{k} {v:.3f}" for k, v in test_of(network, test)().items()))


if __name__ == "__main__":
    main()
