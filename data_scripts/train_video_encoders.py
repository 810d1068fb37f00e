"""Train the encoders of shots on painted films, and ship what chapter 23 needs to train one on the page.

    python data_scripts/train_video_encoders.py [--out FOLDER] [--films 100] [--steps 300]

The films are painted at three frames a second and described by MiniVGG (some ten seconds a film on one core), then each encoder learns (a
minute). All goes on where it was stopped; the same seeds give the same files on the same machine. Nothing is downloaded, and no film
that is searched is seen: the seeds are 10,000 and up. Of the films, one in ten is held out; every choice was made there.

Written: shot_pca, shot_lstm, shot_gru, shot_attention, shot_mean (16 bits a weight; .safetensors, card and log), and shot_lessons (8 bits
a number: some films as vectors, to learn from on the page).
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from visret_lab.compact.pca import PCA
from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.whitening import Whitening
from visret_lab.files import write_bytes
from visret_lab.training.checkpoints import read_log
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import ship
from visret_lab.video.encoders.batches import LIMIT
from visret_lab.video.encoders.shipped import LAYER, WEIGHTS
from visret_lab.video.encoders.shot_encoder import shot_encoder
from visret_lab.video.encoders.starts import start_as_pooling
from visret_lab.video.frame_vectors import FrameVectors, summed
from visret_lab.video.measures import shot_scores
from visret_lab.video.pooled import pooled
from visret_lab.video.shot_pairs import PairLoss
from visret_lab.video.shots.by_vectors import as_shots, by_vectors
from visret_lab.video.shots.score import Score, score
from visret_lab.video.training_films import CONFIG, FIRST_SEED, lessons, training_film
from visret_lab.video.training_lessons import pack_lessons
from visret_lab.worlds.film.generate import VERSION

KINDS = ("lstm", "gru", "attention", "mean")
HELD = 10  # one film in so many
PAGE = 12, 4  # films of shot_lessons: to learn from, and to test on
PATIENCE = 6  # checks on held-out films without a better one
POWER = 0.5  # of the PCA's variances: whitening
LIMITS = "It knows films of one painter, photographed from one kind of screen, and the frames of one network."


def learnt_pca(films):
    """PCA of the windows of every third frame, as a layer."""
    windows = np.concatenate([film.windows[::3].reshape(-1, film.windows.shape[2]) for film in films]).astype(np.float32)
    return Whitening(PCA(None, power=POWER, l2_before=True).fit(windows))


def halved(network):
    """A network with its weights rounded to 16 bits, as they will be read back; it is changed, and returned."""
    return network.half().float().eval()


def detector(films, pca):
    """F1 of the detector of shots at several thresholds, over all films: dict."""
    found = {}
    vectors = [summed(film.windows, pca) for film in films]
    for above in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        parts = [score(by_vectors(x, above)[1:, 0], film.shots[1:, 0]) for x, film in zip(vectors, films, strict=True)]
        found[str(above)] = Score(*(sum(part) for part in zip(*parts, strict=True))).f1
    return found


def tested(encoder, test):
    """dict for the log: mAP and R@1 of held-out photographs among all held-out shots."""
    ap, hit = shot_scores(encoder.encode_photos(test.pictures) @ encoder.encode(test.shots).T, test.shot_of, test.setups)
    return {"mAP": float(ap.mean()), "R@1": float(hit.mean()), "score": float(ap.mean())}


def poolings(test):
    """The same for pooling: dict how -> dict."""
    x, ends = np.concatenate(test.shots), np.cumsum([len(shot) for shot in test.shots])
    found = {}
    for how in ("max", "mean"):
        ap, hit = shot_scores(test.pictures @ pooled(x, as_shots(ends[:-1], len(x)), how).T, test.shot_of, test.setups)
        found[how] = {"mAP": float(ap.mean()), "R@1": float(hit.mean())}
    return found


def learnt(kind, part, test, steps, work, pooling_start=True):
    """Train an encoder: (ShotEncoder with 16-bit weights, Schedule, lines of the log)."""
    schedule = Schedule(steps=steps, batch=256, rate=5e-4, decay=1e-4, check=max(1, steps // 12))
    dim = part.pictures.shape[1]
    torch.manual_seed(schedule.seed)
    encoder = shot_encoder(kind, dim, dim, dim)
    encoder = start_as_pooling(encoder) if pooling_start else encoder
    loss = PairLoss(encoder, part.pictures, part.shot_of, part.shots, schedule.batch)
    groups = [{"params": [*encoder.photo.parameters(), *encoder.shot.parameters()]}]
    if summary := list(encoder.summary.parameters()):  # the weights of an attention all start at 0, and have a long way to go
        groups.append({"params": summary, "scale": 20.0 if kind == "attention" else 1.0})
    minimise(encoder, loss, schedule, work, lambda: tested(encoder, test), parameters=groups, patience=PATIENCE)
    return halved(encoder), schedule, read_log(work)


def choices(train, test, pca, held, work, steps):
    """What was tried on held-out films, with the encoder that learns fastest: dict choice -> dict."""
    ways = {"photographs and frames": (train, True), "photographs only": (lessons(held[0], pca, frames=False), True),
            "frames only": (lessons(held[0], pca, photos=False), True), "random start": (train, False)}
    found = {name: learnt("attention", part, test, steps, work / name.replace(" ", "-"), start)
             for name, (part, start) in ways.items()}
    return {name: tested(encoder, test) for name, (encoder, _, _) in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    net = minivgg()
    vectors, store = FrameVectors(net, LAYER), cache_dir("training", f"shots-minivgg-{LAYER}-film-{VERSION}")
    films = [training_film(FIRST_SEED + i, store, vectors) for i in range(options.films)]
    count = len(films) - max(1, len(films) // HELD)
    pca = halved(learnt_pca(films[:count]))
    train, test = lessons(films[:count], pca), lessons(films[count:], pca, frames=False)
    work = cache_dir("training", f"shots-{options.films}-{options.steps}-film-{VERSION}")
    world = {"data": {"world": "film", **asdict(CONFIG), "seeds": [FIRST_SEED, FIRST_SEED + options.films - 1], "learnt_from": count,
                      "tested_on": options.films - count, "shots": len(train.shots), "pictures": len(train.pictures)},
             "network": net.fingerprint(), "layer": LAYER, "torch": torch.__version__.split("+")[0], "limits": LIMITS}
    card = {"name": "PCA of windows", "power": POWER, "pooling, held out": poolings(test),
            "F1 of the detector": detector(films[:count], pca),
            "choices, held out": choices(train, test, pca, (films[:count],), work, options.steps), **world}
    ship("shot_pca", pca.state_dict(), card, [], options.out)
    for kind in KINDS:
        encoder, schedule, log = learnt(kind, train, test, options.steps, work / kind)
        card = {"name": kind, "parameters": sum(p.numel() for p in encoder.parameters()), "dim": encoder.dim, "limit": LIMIT,
                "held out": tested(encoder, test), "schedule": asdict(schedule),
                "seconds": round(sum(line["seconds"] for line in log)), **world}
        path = ship(f"shot_{kind}", encoder.state_dict(), card, log, options.out)
        print(f"{path}: {path.stat().st_size / 1000:.0f} KB, held out {card['held out']}.")
    some = films[: PAGE[0]] + films[-PAGE[1] :]
    write_bytes(options.out / "shot_lessons.safetensors", save(pack_lessons(some, pca)))
    card = {"name": "films as vectors", "to learn from": PAGE[0], "to test on": PAGE[1], "bits": 8, **world}
    write_bytes(options.out / "shot_lessons.json", (json.dumps(card, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
