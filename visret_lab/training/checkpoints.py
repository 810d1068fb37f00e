"""Checkpoints of a training: weights, optimiser, schedule and step, each written whole, and a log beside them."""

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
    log = folder / "log.jsonl"
    old = [entry for entry in map(json.loads, log.read_text().splitlines()) if entry["step"] < step] if log.is_file() else []
    with replacing(log) as path:
        path.write_text("".join(json.dumps(entry) + os.linesep for entry in [*old, line]))


def load_checkpoint(path, network, optimizer, schedule):
    """Load a checkpoint, where there is one; returns the steps that it has taken, or 0.

    Raises:
        ValueError: it belongs to another schedule.
    """
    if not path.is_file():
        return 0
    kept = torch.load(path, weights_only=True)
    if kept["schedule"] != asdict(schedule):
        changed = [name for name, value in asdict(schedule).items() if kept["schedule"].get(name) != value]
        raise ValueError(f"{path} was trained with another {', '.join(changed)}. Take another folder, or remove the checkpoint.")
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    return kept["step"]
