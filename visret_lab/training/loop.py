"""Minimise any loss, so that a stop in between changes nothing: the loop behind the networks that learn from pairs, triplets and scenes.

What a step does depends on the weights, the seed and its number alone. The schedule is that of `classification`.
"""

import math
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from visret_lab.memory import keep_freed
from visret_lab.training.checkpoints import Best, load_checkpoint, save_checkpoint
from visret_lab.training.seeding import seed_torch


def minimise(network, loss_of, schedule, folder, test=None, progress=True, parameters=None, refresh=None, patience=None):
    """Train a network, or go on from the checkpoint in `folder`.

    Args:
        network: nn.Module; its parameters that ask for a gradient are learnt, by Adam with the decay of the schedule.
        loss_of: function of a numpy Generator -> loss, a tensor of one value; or -> an iterator of losses, one a tuple: each is
            propagated back and forgotten before the next is asked for, and their gradients are added up. So images of any size can be
            learnt from, and memory holds one tuple. All chance of a step must come from the Generator.
        schedule: classification.Schedule; side, momentum and smoothing are not used.
        folder: of checkpoint.pt and log.jsonl. test: function without arguments -> dict of numbers for the log, or None.
        parameters: groups for the optimiser, as torch takes them, with "scale" for a multiple of the rate; None: all alike.
        refresh: function without arguments, called with the network in evaluation mode at the first step and behind every checkpoint:
            what is extracted anew every so often. Behind a stop it sees the weights that it saw without one.
        patience: checks without a better "score" in what `test` returns (larger is better) behind which to stop. The weights of the
            best check are returned then, and at the end. None: all steps are taken, and the last weights are returned.

    Returns:
        the network, in evaluation mode.

    Raises:
        ValueError: the checkpoint belongs to another schedule or network; patience without a score.
        FloatingPointError: a loss that is not finite; the step is named, and the last checkpoint stays as it is.
    """
    keep_freed()
    folder, best = Path(folder), Best(Path(folder), patience)
    groups = parameters or [{"params": [p for p in network.parameters() if p.requires_grad]}]
    optimizer = torch.optim.AdamW(groups, schedule.rate, weight_decay=schedule.decay)
    first = load_checkpoint(folder / "checkpoint.pt", network, optimizer, schedule)
    losses, start = [], time.perf_counter()
    with tqdm(total=schedule.steps, initial=first, desc="training", unit="step", disable=not progress) as bar:
        for step in range(first, schedule.steps):
            if best.is_over():
                break
            if refresh is not None and (step % schedule.check == 0):
                network.eval()
                refresh()
            losses.append(_step(network, loss_of, optimizer, schedule, step))
            bar.update()
            if (step + 1) % schedule.check == 0 or step + 1 == schedule.steps:
                line = {"step": step + 1, "rate": schedule.rate_at(step), "loss": float(np.mean(losses)),
                        "seconds": time.perf_counter() - start, **(_tested(network, test) if test else {})}
                best.see(network, line)
                save_checkpoint(folder, network, optimizer, schedule, step + 1, line)
                losses, start = [], time.perf_counter()
    return best.into(network).eval()


def _tested(network, test):
    network.eval()
    return test()


def _step(network, loss_of, optimizer, schedule, step):
    """One step; returns the loss, that of its tuples added up."""
    rng = np.random.default_rng([schedule.seed, step])
    seed_torch(int(rng.integers(2**62)))  # of whatever torch draws within the loss
    for group in optimizer.param_groups:
        group["lr"] = schedule.rate_at(step) * group.get("scale", 1.0)
    network.train()
    optimizer.zero_grad()
    losses, total = loss_of(rng), 0.0
    for loss in [losses] if torch.is_tensor(losses) else losses:
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"The loss of step {step} is {loss.item()} (its batch is drawn by default_rng([{schedule.seed}, "
                                     f"{step}])). The last checkpoint is kept. Try a smaller rate than {schedule.rate:g}.")
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
