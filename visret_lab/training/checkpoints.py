"""Checkpoints of a training: weights, optimiser, schedule and step, each written whole, a log beside them, and the best weights."""

import json
import os
from dataclasses import asdict

import torch

from visret_lab.files import replacing


def save_checkpoint(folder, network, optimizer, schedule, step, line):
    """Checkpoint and log, each written whole; the log is cut to what the checkpoint has seen."""
    with replacing(folder / "checkpoint.pt") as path:
        torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "schedule": asdict(schedule), "step": step},
                   path)
    with replacing(folder / "log.jsonl") as path:
        path.write_text("".join(json.dumps(entry) + os.linesep for entry in [*read_log(folder, step), line]))


def read_log(folder, before=None):
    """Lines of a log: list of dicts, or an empty one. before: a step; lines of this step and of later ones are left out."""
    log = folder / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    return [line for line in lines if before is None or line["step"] < before]


def load_checkpoint(path, network, optimizer, schedule):
    """Load a checkpoint, where there is one; returns the steps that it has taken, or 0.

    Raises:
        ValueError: it belongs to another schedule, or to another network.
    """
    if not path.is_file():
        return 0
    kept = torch.load(path, weights_only=True)
    if kept["schedule"] != asdict(schedule):
        changed = [name for name, value in asdict(schedule).items() if kept["schedule"].get(name) != value]
        raise ValueError(f"{path} was trained with another {', '.join(changed)}. Take another folder, or remove the checkpoint.")
    try:
        network.load_state_dict(kept["network"])
        optimizer.load_state_dict(kept["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{path} holds another network ({str(error).splitlines()[0]}). Take another folder, or remove the "
                         "checkpoint.") from error
    return kept["step"]


class Best:
    """The weights of the best check, kept in best.pt; with `patience` None it does nothing.

    Args:
        folder: of best.pt and log.jsonl. patience: checks without a better score behind which the training is over.
    """

    def __init__(self, folder, patience):
        if patience is not None and patience < 1:
            raise ValueError(f"patience must be at least 1, not {patience}. None takes all steps.")
        self.folder, self.patience = folder, patience

    def is_over(self):
        """Whether the last `patience` checks of the log brought no better score than one before them."""
        scores = [] if self.patience is None else [line["score"] for line in read_log(self.folder)]
        return len(scores) > (self.patience or 0) and max(scores[-self.patience :]) <= max(scores[: -self.patience])

    def see(self, network, line):
        """Keep the weights if the check that `line` tells of is the best. ValueError: it has no score."""
        if self.patience is None:
            return
        if "score" not in line:
            raise ValueError("patience needs a score: let `test` return {'score': ...}, larger when better.")
        if all(line["score"] > old["score"] for old in read_log(self.folder, line["step"])):
            with replacing(self.folder / "best.pt") as path:
                torch.save(network.state_dict(), path)

    def into(self, network):
        """Load the best weights, if there are some, into the network; returns it."""
        if self.patience is not None and (self.folder / "best.pt").is_file():
            network.load_state_dict(torch.load(self.folder / "best.pt", weights_only=True))
        return network
