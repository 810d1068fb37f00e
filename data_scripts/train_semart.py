"""Train the margin networks of chapter 25 on the training paintings of the museum, and ship them.

    python data_scripts/train_semart.py [--out FOLDER] [--steps 2000] [--seeds 3]

The paintings are described by MiniVGG (a quarter of a minute), then some sixty networks learn (some six seconds each on one core, the
recurrent one minutes). Every choice (margin, share of an attribute) is made by the mean score over the seeds on the 200 validation
paintings; the test paintings are never opened. All goes on where it was stopped; the same seeds give the same files on the same machine.
Nothing is downloaded.

Written: semart_bow, semart_bow_pooled, semart_bow_scores, semart_bow_rmac, semart_mlp, semart_rnn, semart_type, semart_timeframe,
semart_school, semart_author (16 bits a weight; .safetensors, card and log). Shipped is seed 0; the card has the scores of all seeds.
"""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from visret_lab.crossmodal.margin import Rows
from visret_lab.crossmodal.margin_training import SCHEDULE, compared, learn, score
from visret_lab.crossmodal.margin_weights import ATTRIBUTES, WEIGHTS, text_items
from visret_lab.crossmodal.painting_views import TextViews, labels_of, picture_views
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.museum import load_museum
from visret_lab.training.checkpoints import read_log
from visret_lab.training.shipping import ship
from visret_lab.worlds.museum.generate import VERSION

MARGINS = (0.1, 0.2, 0.3, 0.4)
SHARES = (0.01, 0.05, 0.2)
LIMITS = "It knows paintings of one museum that was painted by one program, and the vectors of one network."


class Trainer:
    """All trainings of the script, each once. Args: steps: of each. seeds: how many of each."""

    def __init__(self, steps, seeds):
        self.paintings = load_museum()
        self.views, self.texts = picture_views(self.paintings), TextViews(self.paintings)
        self.schedule, self.seeds = replace(SCHEDULE, steps=steps, check=max(1, steps // 10)), range(seeds)
        self.work = cache_dir("training", f"semart-{VERSION}-{steps}")

    def __call__(self, name, encoder, view="strips", seed=0, field=None, **how):
        """(network, score on the validation paintings, log)."""
        folder = self.work / "-".join([name, view, str(seed), *(f"{k}={v}" for k, v in how.items())])
        labels = None if field is None else labels_of(self.paintings, field)[0]
        network, value = learn(encoder, self.views[view], self.texts, folder, replace(self.schedule, seed=seed), labels=labels, **how)
        return network, value, read_log(folder)

    def tried(self, name, encoder, choices, **fixed):
        """Scores of each choice over all seeds: (best choice, list of dicts for the card). choices: list of dicts of arguments."""
        found = []
        for choice in choices:
            values = [self(name, encoder, seed=seed, **{**fixed, **choice})[1] for seed in self.seeds]
            found.append({**choice, "scores": [round(v, 4) for v in values], "mean": round(float(np.mean(values)), 4)})
            print(name, found[-1], flush=True)
        best = max(range(len(found)), key=lambda i: found[i]["mean"])
        return choices[best], found

    def ship(self, name, encoder, out, tried, view="strips", **how):
        """Train (or read) seed 0 and write it; the card says what 16 bits cost."""
        network, value, log = self(name, encoder, view, 0, **how)
        network = network.half().float().eval()
        val = self.paintings.splits["val"]
        kept = score(compared(network, Rows(self.views[view][val]), text_items(encoder, self.texts, val)))
        told = {"what": f"margin network {name}", "made by": "data_scripts/train_semart.py", "encoder": encoder, "view": view, **how,
                "trained on": f"{len(self.paintings.splits['train'])} paintings of the museum", "score": "mean of 1 / place, both ways",
                "score on val": round(kept, 4), "score with 32 bits": round(value, 4), "tried on val": tried,
                "schedule": {k: v for k, v in asdict(self.schedule).items() if k in ("steps", "batch", "rate", "decay", "check", "seed")},
                "licence": "CC0", "limits": LIMITS}
        ship(f"semart_{name}", network.state_dict(), told, log, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=SCHEDULE.steps)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    trainer = Trainer(options.steps, options.seeds)
    margin, tried = trainer.tried("bow", "BOW", [{"margin": m} for m in MARGINS])
    trainer.ship("bow", "BOW", options.out, tried, **margin)
    for view, name in (("pooled", "bow_pooled"), ("scores", "bow_scores"), ("R-MAC", "bow_rmac")):
        _, tried = trainer.tried(name, "BOW", [margin], view=view)
        trainer.ship(name, "BOW", options.out, tried, view, **margin)
    _, tried = trainer.tried("mlp", "MLP", [margin])
    trainer.ship("mlp", "MLP", options.out, tried, **margin)
    for field in ATTRIBUTES:
        share, tried = trainer.tried(field, "BOW", [{"share": a} for a in SHARES], field=field, **margin)
        trainer.ship(field, "BOW", options.out, tried, field=field, **margin, **share)
    trainer.seeds = range(1)  # it takes minutes, where the others take seconds
    _, tried = trainer.tried("rnn", "RNN", [margin | {"kind": "gru"}])
    trainer.ship("rnn", "RNN", options.out, tried, **margin, kind="gru")


if __name__ == "__main__":
    main()
