"""Minimise any loss, so that a stop in between changes nothing: the loop behind the small networks of chapter 15.

What a step does depends on the seed and its number alone. The schedule is that of `classification`.
"""

import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from visret_lab.training.checkpoints import load_checkpoint, save_checkpoint


def minimise(network, loss_of, schedule, folder, test=None, progress=True):
    """Train a network, or go on from the checkpoint in `folder`.

    Args:
        network: nn.Module; its parameters that ask for a gradient are learnt, by Adam with the decay of the schedule.
        loss_of: function of a numpy Generator -> loss, a tensor of one value. All chance of a step must come from it.
        schedule: classification.Schedule; side, momentum and smoothing are not used.
        folder: of checkpoint.pt and log.jsonl. test: function without arguments -> dict of numbers for the log, or None.

    Returns:
        the network, in evaluation mode.

    Raises:
        ValueError: the checkpoint belongs to another schedule.
    """
    folder = Path(folder)
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], schedule.rate, weight_decay=schedule.decay)
    step = load_checkpoint(folder / "checkpoint.pt", network, optimizer, schedule)
    losses, start = [], time.perf_counter()
    with tqdm(total=schedule.steps, initial=step, desc="training", unit="step", disable=not progress) as bar:
        for step in range(step, schedule.steps):
            losses.append(_step(network, loss_of, optimizer, schedule, step))
            bar.update()
            if (step + 1) % schedule.check == 0 or step + 1 == schedule.steps:
                line = {"step": step + 1, "rate": schedule.rate_at(step), "loss": float(np.mean(losses)),
                        "seconds": time.perf_counter() - start, **(test() if test else {})}
                save_checkpoint(folder, network, optimizer, schedule, step + 1, line)
                losses, start = [], time.perf_counter()
    return network.eval()


def _step(network, loss_of, optimizer, schedule, step):
    rng = np.random.default_rng([schedule.seed, step])
    torch.manual_seed(int(rng.integers(2**62)))  # of whatever torch draws within the loss
    for group in optimizer.param_groups:
        group["lr"] = schedule.rate_at(step)
    network.train()
    loss = loss_of(rng)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
