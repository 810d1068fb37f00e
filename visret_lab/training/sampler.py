"""Batches of some labels with some pictures each, so that every picture in a batch has others to find and others to avoid."""

import numpy as np


class ClassSampler:
    """Call it with a numpy Generator, and it draws a batch: int64, positions, label by label.

    Args:
        labels: int N. classes: labels a batch, at most all. each: pictures of a label, or all that it has.
        always: bool N, pictures of which one stands in every batch of its label, such as a catalogue's; or None.

    Raises:
        ValueError: fewer than 2 classes or pictures of each, or fewer than two labels with two pictures.
    """

    def __init__(self, labels, classes, each, always=None):
        if classes < 2 or each < 2:
            raise ValueError(f"classes and each must be at least 2, not {classes} and {each}: else a picture has nothing to find, or "
                             "nothing to avoid.")
        labels = np.asarray(labels)
        found, counts = np.unique(labels, return_counts=True)
        self.members = [np.flatnonzero(labels == label) for label in found[counts > 1]]
        if len(self.members) < 2:
            raise ValueError("A batch needs at least two labels with two pictures each.")
        self.classes, self.each = min(classes, len(self.members)), each
        self.always = np.zeros(len(labels), bool) if always is None else np.asarray(always, bool)

    def __call__(self, rng):
        """See the class."""
        return np.concatenate([self._some(self.members[k], rng) for k in rng.choice(len(self.members), self.classes, replace=False)])

    def _some(self, members, rng):
        """Pictures of one label, the one that is always there first."""
        fixed = members[self.always[members]]
        fixed = rng.choice(fixed, 1) if len(fixed) else fixed
        rest = np.setdiff1d(members, fixed)
        return np.concatenate([fixed, rng.choice(rest, min(self.each - len(fixed), len(rest)), replace=False)])
