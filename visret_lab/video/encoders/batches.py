"""Shots of different lengths as one array: padded with zeros at the end, with their lengths beside it."""

import numpy as np
import torch

from visret_lab.arrays import as_rows

LIMIT = 50  # frames of a shot, as in the paper: 17 seconds at 3 frames a second


def padded(shots, dim, limit=LIMIT):
    """Stack shots.

    Args:
        shots: list of float T_i x D, one row a frame. dim: D. limit: frames that a shot may have.

    Returns:
        float32 tensor B x T x D, T the longest T_i, zeros behind the end of a shot; int64 tensor B, the lengths.

    Raises:
        ValueError: no shot, a shot without frames, too long, of another D, or with a value that is not finite; the shot is named.
    """
    if not len(shots):
        raise ValueError("There is no shot to encode.")
    rows = [as_rows(shot, f"shot {i}", dim) if np.size(shot) else _none(i) for i, shot in enumerate(shots)]
    for i, shot in enumerate(rows):
        if len(shot) > limit:
            raise ValueError(f"Shot {i} has {len(shot)} frames; the encoder takes at most {limit}. Take {limit} frames that are evenly "
                             f"spread, shot[evenly({len(shot)}, {limit})] with video.sampling.evenly, or cut the shot.")
    x = torch.zeros(len(rows), max(len(shot) for shot in rows), dim)
    for i, shot in enumerate(rows):
        x[i, : len(shot)] = torch.from_numpy(shot)
    return x, torch.tensor([len(shot) for shot in rows])


def _none(i):
    raise ValueError(f"Shot {i} has no frames, so it has no vector. Drop it, or look why nothing was sampled from it.")
