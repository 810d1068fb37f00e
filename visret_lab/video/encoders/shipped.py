"""The encoders that come with the package, and the PCA of the frames' vectors that they and the poolings share."""

from pathlib import Path

import torch
from torch import nn

from visret_lab.deep.shipped import load_into, read_weights
from visret_lab.video.encoders.batches import LIMIT
from visret_lab.video.encoders.shot_encoder import shot_encoder

WEIGHTS = Path(__file__).parents[1] / "weights"
SCRIPT = "train_video_encoders.py"
LAYER = "conv5_2"  # of MiniVGG


def load_whitening(path=None):
    """PCA of R-MAC's windows, MiniVGG, layer LAYER, learnt on painted films: nn.Linear C -> D.

    Raises:
        FileNotFoundError: no such file. ValueError: it is damaged, or another one. Both say how to make it again.
    """
    path = WEIGHTS / "shot_pca.safetensors" if path is None else Path(path)
    weights = read_weights(path, "PCA of frames", SCRIPT)
    rows, columns = weights["weight"].shape if "weight" in weights else (1, 1)
    return load_into(nn.Linear(columns, rows), path, "PCA of frames", SCRIPT, weights)


def load_encoder(kind, path=None, limit=LIMIT):
    """An encoder that has learnt, in evaluation mode. Args: kind: "lstm", "gru" or "attention". Errors as `load_whitening`."""
    path = WEIGHTS / f"shot_{kind}.safetensors" if path is None else Path(path)
    weights = read_weights(path, f"shot encoder {kind}", SCRIPT)
    code, dim = weights["photo.weight"].shape if "photo.weight" in weights else (1, 1)
    hidden = weights.get("shot.weight", torch.zeros(1, 1)).shape[1]
    if "summary.see.weight" in weights:  # an attention gives the frames' own size, whatever lies hidden in it
        hidden = len(weights["summary.see.weight"])
    return load_into(shot_encoder(kind, dim, hidden, code, limit), path, f"shot encoder {kind}", SCRIPT, weights)
