"""How often a photograph finds its shot, when shots of the same place of the camera do not count against it."""

import numpy as np

from visret_lab.arrays import rank
from visret_lab.evaluation import average_precision
from visret_lab.protocols import Relevance


def shot_scores(similar, shot_of, setups):
    """Average precision and a hit at rank one.

    Args:
        similar: float Q x S. shot_of: int Q, the shot that each photograph shows. setups: int S, places of the camera: other shots of the
            same place show the same, so they are junk, and neither right nor wrong.

    Returns:
        average precision float64 Q, hit float64 Q of 0 and 1.
    """
    shot_of, setups = np.asarray(shot_of), np.asarray(setups)
    truth = [Relevance(np.array([i]), np.setdiff1d(np.flatnonzero(setups == setups[i]), [i])) for i in shot_of]
    others = np.where(setups[shot_of][:, None] != setups, similar, -np.inf).max(axis=1)
    first = (setups[shot_of][:, None] != setups) & (similar == others[:, None])
    own = similar[np.arange(len(shot_of)), shot_of]
    before = np.where(first.any(axis=1), first.argmax(axis=1), len(setups))  # equal scores: the lower id is first
    return average_precision(rank(similar), truth), ((own > others) | ((own == others) & (shot_of < before))).astype(float)
