"""Train the semantic embeddings of chapter 26 on the training scenes of the yard, and ship them: by L_v, by L_t1 + L_t2, and by all three.

    python data_scripts/train_semantic.py [--out FOLDER] [--steps 600] [--seeds 3]

The scenes are described by MiniVGG (a minute), then some fifty networks learn, a quarter of a minute each on one quiet core. Margin, gap of
the teacher and how much of the captions is read at a time are judged for each row on the 250 validation scenes, by the mean NDCG@10 of the
searches that the row learns; the test scenes are never opened. Training goes on where it was stopped; the same seeds give the same files
on the same machine. Nothing is downloaded. Shipped is seed 0 of each row with 16 bits; the cards have the scores of all seeds.
"""

import argparse
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from visret_lab.crossmodal.describers import judged
from visret_lab.crossmodal.image_text import views
from visret_lab.crossmodal.scene_views import picture_vectors
from visret_lab.crossmodal.semantic_embedding import LOSSES, OUTPUTS, SAID, SCHEDULE, WEIGHTS, file_name, learn, network_score
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.yard import load_yard
from visret_lab.training.checkpoints import read_log
from visret_lab.training.shipping import ship
from visret_lab.worlds.yard.generate import VERSION

MARGINS, GAPS = (0.1, 0.2, 0.3, 0.5), (0.1, 0.2, 0.3)
LIMITS = "It knows scenes and sentences that one program painted and wrote, and the vectors of one network."


def choices(loss):
    """What is tried for a row. Without captions in the loss it does not matter how they are read."""
    tried = [{"margin": margin, "gap": gap, "said": "one"} for margin, gap in product(MARGINS, GAPS)]
    return tried + ([{"margin": 0.2, "gap": 0.2, "said": SAID[1]}] if LOSSES[loss][1] else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=SCHEDULE.steps)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    data = load_yard()
    ground = views(data, picture_vectors(data), min_count=3)
    schedule = replace(SCHEDULE, steps=options.steps, check=max(1, options.steps // 12))
    held, work = judged(ground, "val"), cache_dir("training", f"semantic-{VERSION}-{options.steps}")

    def trained(loss, seed, **how):
        folder = work / "-".join([loss, str(seed), *(f"{k}={v}" for k, v in how.items())])
        return *learn(ground, folder, replace(schedule, seed=seed), loss, **how), read_log(folder)

    for loss in LOSSES:
        tried = [{**how, "score": round(trained(loss, 0, **how)[1], 4)} for how in choices(loss)]
        best = {k: v for k, v in max(tried, key=lambda t: t["score"]).items() if k != "score"}
        print(loss, *tried, sep="\n", flush=True)
        runs = [trained(loss, seed, **best) for seed in range(options.seeds)]
        scores, network = [round(value, 4) for _, value, _ in runs], runs[0][0].half().float().eval()
        print(loss, best, scores, flush=True)
        told = {"what": f"semantic embedding, learnt by {loss} losses", "made by": "data_scripts/train_semantic.py",
                "sizes": [ground.images.shape[1], len(ground.text.vocabulary_)], "outputs": OUTPUTS, **best,
                "trained on": f"{len(data.splits['train'])} scenes of the yard",
                "score": f"mean NDCG@10 of {'three searches' if LOSSES[loss][1] else 'pictures by pictures'}", "tried on val": tried,
                "scores on val, by seed": scores, "score on val with 16 bits": round(network_score(network, held, loss), 4),
                "schedule": {k: v for k, v in asdict(schedule).items() if k in ("steps", "batch", "rate", "decay", "check")},
                "licence": "CC0", "limits": LIMITS}
        ship(file_name(loss), network.state_dict(), told, runs[0][2], options.out)


if __name__ == "__main__":
    main()
