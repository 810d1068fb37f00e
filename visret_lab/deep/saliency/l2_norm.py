"""The network's own interest: how long its descriptor is at each position.

    s(y, x) = ||f(y, x)|| / max over all positions of ||f||

f(y, x) is the vector of all channels, before any normalisation (Mohedano et al., CBMI 2018).
"""

import numpy as np


def l2_norm(maps):
    """Norms of the descriptors of one image.

    Args:
        maps: float C x h x w.

    Returns:
        float32 h x w, 0 to 1: the largest norm is 1. All zero where the network is silent everywhere.

    Raises:
        ValueError: another shape, or no position.
    """
    maps = np.asarray(maps, np.float32)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"Maps of one image are C x h x w with at least one position; got shape {maps.shape}.")
    norms = np.sqrt(np.einsum("chw,chw->hw", maps, maps))
    return scaled(norms)


def scaled(saliency):
    """A map over its largest value: float32 h x w, 0 to 1. A map that is zero everywhere stays as it is."""
    most = saliency.max()
    return np.asarray(saliency / most if most > 0 else saliency, np.float32)
