"""Pairs of a picture and a shot to learn from: one in five belongs together, four in five do not.

Garcia and Vogiatzis, BMVC 2018: 20 % matching and 80 % other pairs, under the cosine margin loss.
"""

import numpy as np
import torch

from visret_lab.arrays import as_rows
from visret_lab.training.losses.cosine_margin import cosine_margin
from visret_lab.video.encoders.batches import padded

MATCHING = 0.2


def draw_pairs(shot_of, shots, count, rng, matching=MATCHING, groups=None):
    """Pairs, in random order.

    Args:
        shot_of: int P, the shot that each picture shows. shots: how many shots there are. count: pairs. rng: numpy Generator.
        matching: share of pairs that belong together.
        groups: int `shots`, the films; half of the other pairs are then drawn within the film of the picture, where there is another
            shot in it. None: all other shots are equally likely, as in the paper.

    Returns:
        pictures int64 count, chosen shots int64 count, same bool count.

    Raises:
        ValueError: no picture, fewer than two shots, a shot that does not exist, or a share outside 0 to 1.
    """
    shot_of = np.asarray(shot_of)
    if not len(shot_of) or shots < 2 or shot_of.min() < 0 or shot_of.max() >= shots:
        raise ValueError(f"Pairs need at least one picture and two shots, and each picture one of them; got {len(shot_of)} pictures and "
                         f"{shots} shots.")
    if not 0 <= matching <= 1:
        raise ValueError(f"matching is a share, 0 to 1; got {matching}.")
    pictures = rng.integers(len(shot_of), size=count)
    own = shot_of[pictures]
    other = (own + rng.integers(1, shots, count)) % shots
    if groups is not None:
        inside = _within(np.asarray(groups), own, rng)
        other = np.where((inside != own) & (rng.random(count) < 0.5), inside, other)
    same = rng.permutation(count) < round(matching * count)
    return pictures, np.where(same, own, other), same


def _within(groups, own, rng):
    """Another shot of the same film for each: int64; the shot itself where it is alone."""
    order = np.argsort(groups, kind="stable")
    place = np.empty(len(groups), np.int64)
    place[order] = np.arange(len(groups))
    _, at, counts = np.unique(groups[order], return_index=True, return_counts=True)
    first, size = (np.repeat(n, counts)[place[own]] for n in (at, counts))
    step = 1 + (rng.random(len(own)) * np.maximum(size - 1, 0)).astype(np.int64)
    return order[first + (place[own] - first + step) % size]


class PairLoss:
    """The loss of one step, for `training.loop.minimise`.

    Args:
        encoder: ShotEncoder. pictures: float32 P x D. shot_of: int P. shots: list of float T_i x D. batch: pairs; the paper's 512.
        margin, matching, groups: of `cosine_margin` and `draw_pairs`.
    """

    def __init__(self, encoder, pictures, shot_of, shots, batch=512, margin=0.1, matching=MATCHING, groups=None):
        self.encoder, self.pictures = encoder, torch.from_numpy(as_rows(pictures, "pictures", encoder.dim))
        self.x, self.lengths = padded(shots, encoder.dim, encoder.limit)
        self.shot_of, self.batch, self.margin, self.matching, self.groups = np.asarray(shot_of), batch, margin, matching, groups

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator: tensor of one value."""
        pictures, shots, same = draw_pairs(self.shot_of, len(self.x), self.batch, rng, self.matching, self.groups)
        chosen, back = np.unique(shots, return_inverse=True)  # each shot of the batch is read once
        lengths = self.lengths[chosen]
        codes = self.encoder(self.x[chosen, : int(lengths.max())], lengths)[back]
        return cosine_margin(self.encoder.photos(self.pictures[pictures]), codes, torch.from_numpy(same), self.margin)
