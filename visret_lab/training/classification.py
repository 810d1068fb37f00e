"""Train a network to tell categories apart, on a CPU, so that a stop in between changes nothing.

What a step does depends on the seed and its number alone: its batch, its crops, its dropout. A checkpoint holds the weights and the
optimiser; whoever loads it and takes the next step gets what an unbroken run would have got.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from visret_lab.training.checkpoints import load_checkpoint, save_checkpoint
from visret_lab.training.seeding import seed_torch


@dataclass(frozen=True)
class Schedule:
    """How to train.

    Attributes:
        steps: batches. batch: images of each.
        side: of the square crops, in pixels. sides: to learn from crops of several sides, one drawn for each batch; `side` is then
            that of the test. Empty: always `side`. Take multiples of what the network divides by (32 for VGG): of other sizes the
            last row and column of its maps are cut off, and what stands there in larger images was never trained.
        rate: largest learning rate of SGD with Nesterov momentum; it climbs for a twentieth of the steps, then falls along a cosine.
        momentum, decay: of SGD. smoothing: of the labels.
        check: steps between checkpoints.
        seed: of everything.
    """

    steps: int = 6000
    batch: int = 64
    side: int = 128
    sides: tuple[int, ...] = ()
    rate: float = 0.03
    momentum: float = 0.9
    decay: float = 5e-4
    smoothing: float = 0.1
    check: int = 250
    seed: int = 0

    def __post_init__(self):
        if min(self.steps, self.batch, self.side, self.check, *self.sides) < 1 or self.rate <= 0:
            raise ValueError(f"Steps, batch, side and check must be at least 1, and the rate above 0; got {self}.")

    def rate_at(self, step):
        """Learning rate of a step, counted from 0."""
        warm = max(1, self.steps // 20)
        if step < warm:
            return self.rate * (step + 1) / warm
        return float(self.rate * 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, self.steps - warm))))


@dataclass(frozen=True)
class Pictures:
    """Encoded pictures with labels: files, list of bytes; labels, int64 N."""

    files: list
    labels: np.ndarray

    def __post_init__(self):
        if len(self.files) != len(self.labels) or not len(self.files):
            raise ValueError(f"There must be one label for each picture, and at least one; got {len(self.files)} pictures and "
                             f"{len(self.labels)} labels.")


def train(network, pictures, schedule, folder, prepare, held_out=None, progress=True):
    """Train a network, or go on from the checkpoint in `folder`.

    Args:
        network: nn.Module, float32 B x 3 x side x side -> B x classes.
        pictures: Pictures to learn from. held_out: Pictures to test on at each checkpoint, or None.
        schedule: Schedule.
        folder: of `checkpoint.pt` and `log.jsonl`, a line a checkpoint: step, rate, loss, accuracy, seconds.
        prepare: function uint8 B x side x side x 3 -> float32 B x 3 x side x side.
        progress: show a bar.

    Returns:
        the network, in evaluation mode.

    Raises:
        ValueError: the checkpoint belongs to another schedule.
    """
    folder = Path(folder)
    optimizer = torch.optim.SGD(network.parameters(), schedule.rate, schedule.momentum, weight_decay=schedule.decay, nesterov=True)
    step = load_checkpoint(folder / "checkpoint.pt", network, optimizer, schedule)
    network.to(memory_format=torch.channels_last)
    losses, start = [], time.perf_counter()
    with tqdm(total=schedule.steps, initial=step, desc="training", unit="step", disable=not progress) as bar:
        for step in range(step, schedule.steps):
            losses.append(_step(network, optimizer, pictures, schedule, step, prepare))
            bar.update()
            if (step + 1) % schedule.check == 0 or step + 1 == schedule.steps:
                line = {"step": step + 1, "rate": schedule.rate_at(step), "loss": float(np.mean(losses)),
                        "seconds": time.perf_counter() - start}
                if held_out is not None:
                    line["accuracy"] = accuracy(network, held_out, schedule, prepare)
                save_checkpoint(folder, network, optimizer, schedule, step + 1, line)
                losses, start = [], time.perf_counter()
    return network.eval()


def _step(network, optimizer, pictures, schedule, step, prepare):
    """One step; returns the loss."""
    rng = np.random.default_rng([schedule.seed, step])
    seed_torch(int(rng.integers(2**62)))  # of dropout
    chosen = rng.integers(len(pictures.files), size=schedule.batch)
    side = int(rng.choice(schedule.sides)) if schedule.sides else schedule.side
    x = np.stack([crop(_decode(pictures.files[i]), side, rng) for i in chosen])
    for group in optimizer.param_groups:
        group["lr"] = schedule.rate_at(step)
    network.train()
    with torch.autocast("cpu", torch.bfloat16):
        scores = network(prepare(x).contiguous(memory_format=torch.channels_last))
    loss = cross_entropy(scores.float(), torch.from_numpy(pictures.labels[chosen]), label_smoothing=schedule.smoothing)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.inference_mode()
def accuracy(network, pictures, schedule, prepare):
    """Share of pictures whose category comes first, for the middle of each picture."""
    network.eval()
    right = 0
    for start in range(0, len(pictures.files), schedule.batch):
        part = slice(start, start + schedule.batch)
        x = np.stack([middle(_decode(file), schedule.side) for file in pictures.files[part]])
        right += int((network(prepare(x)).argmax(1).numpy() == pictures.labels[part]).sum())
    return right / len(pictures.files)


def crop(image, side, rng, area=(0.5, 1.0)):
    """A random part of an image, brought to a square, perhaps turned over, in another light.

    Args:
        image: uint8 H x W x 3. side: of the result. rng: numpy Generator. area: smallest and largest share of the image.

    Returns:
        uint8 side x side x 3.
    """
    height, width = image.shape[:2]
    size, aspect = rng.uniform(*area) * height * width, np.exp(rng.uniform(-0.29, 0.29))
    w, h = min(width, max(8, round((size * aspect) ** 0.5))), min(height, max(8, round((size / aspect) ** 0.5)))
    x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    part = cv2.resize(image[y : y + h, x : x + w], (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        part = part[:, ::-1]
    light = rng.uniform(0.7, 1.4) * rng.uniform(0.9, 1.1, 3)
    return np.clip(part * light, 0, 255).astype(np.uint8)


def middle(image, side):
    """The middle square of an image: uint8 H x W x 3 -> uint8 side x side x 3."""
    short = min(image.shape[:2])
    y, x = ((n - short) // 2 for n in image.shape[:2])
    return cv2.resize(image[y : y + short, x : x + short], (side, side), interpolation=cv2.INTER_AREA)


def _decode(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
