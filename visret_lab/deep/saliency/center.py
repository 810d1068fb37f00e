"""The centre of the picture: the plainest guess at where the object is.

The prior of BLCF (Mohedano et al., ICMR 2016), which its saliency weighting calls "Gaussian" (Mohedano et al., CBMI 2018): sigma =
min(H, W) / 3, brought to 0..1. It is not the prior of SPoC (`pooling.center_prior`), which has half this sigma.
"""

from visret_lab.deep.blcf import blcf_prior
from visret_lab.features.images import require_rgb


def center(image):
    """uint8 H x W x 3 -> float32 H x W, 0 to 1. Nothing but the size of the image is looked at. ValueError: no RGB image."""
    return blcf_prior(*require_rgb(image).shape[:2])
