"""Train the two-branch networks of chapter 24 on the training scenes of the yard, and ship them: the six rows of the ablation.

    python data_scripts/train_two_branch.py [--out FOLDER] [--steps 500] [--seeds 2]

The scenes are described by MiniVGG (half a minute; ten crops of each take some minutes), then some fifteen networks learn, half a minute
each on one quiet core. Margin, count of hardest violations and the crops are judged on the 250 validation scenes by the mean of 1 / place
in both directions; the test scenes are never opened. Training goes on where it was stopped; the same seeds give the same files on the same
machine. Nothing is downloaded. Shipped is seed 0 of each row with 16 bits; the cards have the scores of all seeds.
"""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.image_text import LOSSES, SCHEDULE, SHAPES, WEIGHTS, learn, mean_score, row_name, score, views
from visret_lab.crossmodal.ranks import both_ways
from visret_lab.crossmodal.scene_views import StripMaps, crop_vectors, mirrored, picture_vectors, ten_crops
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.yard import load_yard
from visret_lab.deep.backbones import minivgg
from visret_lab.files import write_bytes
from visret_lab.training.checkpoints import read_log
from visret_lab.training.shipping import ship
from visret_lab.worlds.yard.generate import VERSION

CHOICES = [{"margin": 0.1, "hardest": 10}, {"margin": 0.2, "hardest": 50}]
CROPPED = 600  # training scenes of the comparison of crops
REGULARIZATION, POWERS = (0.03, 0.1, 0.3), (0.0, 1.0, 4.0)
LIMITS = "It knows scenes and sentences that one program painted and wrote, and the vectors of one network."


def by_cca(ground):
    """The best score of a CCA on the validation split."""
    (x, y, owner), (held_x, held_y, held_owner) = ground.split("train"), ground.split("val")
    best = 0.0
    for share in REGULARIZATION:
        cca = CCA(64, share).fit(x[owner], y)
        for cca.power in POWERS:
            a, b = cca.transform(held_x, held_y)
            best = max(best, mean_score(both_ways(b @ a.T, held_owner)))
    return round(best, 4)


def crops(ground):
    """What two and ten pictures in place of one change on the validation split: dict."""
    data, encoder = ground.data, StripMaps(minivgg())
    splits = {**data.splits, "train": data.splits["train"][:CROPPED]}
    rows = np.r_[splits["train"], splits["val"]]
    ground = ground._replace(data=replace(data, splits=splits))
    found = {"one picture": by_cca(ground)}
    for name, how in (("and its mirror image", mirrored), ("ten crops", ten_crops)):
        images = np.zeros_like(ground.images)
        images[rows] = crop_vectors(encoder, (data.image(data.ids[i]) for i in rows), how)
        found[name] = by_cca(ground._replace(images=images))
        print(name, found[name], flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=SCHEDULE.steps)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    data = load_yard()
    ground = views(data, picture_vectors(data), min_count=3)
    schedule = replace(SCHEDULE, steps=options.steps, check=max(1, options.steps // 4))
    work = cache_dir("training", f"two-branch-{VERSION}-{options.steps}")

    def trained(shape, loss, seed, **how):
        folder = work / "-".join([row_name(shape, loss), str(seed), *(f"{k}={v}" for k, v in how.items())])
        return *learn(ground, folder, replace(schedule, seed=seed), shape, loss, **how), read_log(folder)

    tried = [{**how, "score": round(trained("non-linear", "both directions, structure", 0, **how)[1], 4)} for how in CHOICES]
    print(tried, flush=True)
    best = max(range(len(tried)), key=lambda i: tried[i]["score"])
    for shape in SHAPES:
        for loss in LOSSES:
            runs = [trained(shape, loss, seed, **CHOICES[best]) for seed in range(options.seeds)]
            scores, network = [round(value, 4) for _, value, _ in runs], runs[0][0].half().float().eval()
            print(shape, loss, scores, flush=True)
            told = {"what": f"two-branch network, {shape}, {loss}", "made by": "data_scripts/train_two_branch.py",
                    "sizes": [ground.images.shape[1], len(ground.text.vocabulary_)], **CHOICES[best],
                    "trained on": f"{len(data.splits['train'])} scenes of the yard", "score": "mean of 1 / place, both ways",
                    "scores on val, by seed": scores, "score on val with 16 bits": round(score(network, *ground.split("val")), 4),
                    "schedule": {k: v for k, v in asdict(schedule).items() if k in ("steps", "batch", "rate", "decay", "check")},
                    "licence": "CC0", "limits": LIMITS}
            if (shape, loss) == (SHAPES[-1], list(LOSSES)[-1]):
                told["tried on val"] = tried
            ship(row_name(shape, loss), network.state_dict(), told, runs[0][2], options.out)
    about = {"what": "what more crops of a picture change", "made by": "data_scripts/train_two_branch.py", "found": crops(ground),
             "score": f"mean of 1 / place of a CCA on the validation scenes, learnt from {CROPPED} scenes"}
    write_bytes(options.out / "two_branch_crops.json", (json.dumps(about, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
