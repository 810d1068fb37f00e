"""What every feature takes from an image."""

import numpy as np

from visret_lab.rgb import require_rgb

# Rec. 601 luma: how bright red, green and blue look to us. They sum to 1.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def grey(image):
    """Brightness of an image: uint8 H x W x 3 -> float32 H x W in 0..255 (Rec. 601 luma)."""
    return require_rgb(image).astype(np.float32) @ LUMA
