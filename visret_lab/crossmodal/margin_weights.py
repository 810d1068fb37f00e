"""The margin networks that come with the package: how they are built, made small, and read again."""

import json
from pathlib import Path

import numpy as np
import torch

from visret_lab.crossmodal.margin import MarginNetwork, Rows
from visret_lab.crossmodal.text_encoders import MLP, WordReader, WordRows
from visret_lab.deep.shipped import load_into, read_weights

WEIGHTS = Path(__file__).parent / "weights"
SCRIPT = "train_semart.py"
ATTRIBUTES = ("type", "timeframe", "school", "author")
OUTPUTS = 128  # of the common space, as in SemArt
DROPOUT = 0.3


def build(encoder, images, texts, classes=0, kind="gru"):
    """A margin network that has learnt nothing yet.

    Args:
        encoder: "BOW", "MLP" or "RNN". images: numbers of a picture. texts: painting_views.TextViews. classes: of an attribute, or 0.
        kind: of the recurrent network.

    Raises:
        ValueError: another encoder.
    """
    if encoder == "BOW":
        return MarginNetwork(images, sum(texts.sizes), None, OUTPUTS, classes)
    if encoder == "MLP":
        reader = MLP(texts.sizes, [256, 64], DROPOUT)
    elif encoder == "RNN":
        reader = WordReader(texts.comment.vocabulary_, texts.sizes[1], kind=kind, dropout=DROPOUT)
    else:
        raise ValueError(f"The encoder of a text is BOW, MLP or RNN; got {encoder!r}.")
    return MarginNetwork(images, reader.outputs, reader, OUTPUTS, classes)


def text_items(encoder, texts, rows):
    """What a network with this text encoder reads: Rows or WordRows of some paintings. Args: texts: TextViews. rows: int positions."""
    if encoder != "RNN":
        return Rows(texts()[rows])
    comments = texts.paintings.values("comment")
    return WordRows(texts.comment.vocabulary_, [comments[i] for i in rows], texts(("title",))[rows])


@torch.no_grad()
def fold(network, mean, deviation):
    """Let the network take pictures as they are, where it learnt from (v - mean) / deviation: the first layer takes both in.

        W (v - mean) / deviation + b  =  (W / deviation) v + (b - W (mean / deviation))

    Args:
        network: MarginNetwork; it is changed, and returned. mean, deviation: float D, deviation above 0.
    """
    mean, deviation = (torch.from_numpy(np.asarray(x, np.float32)) for x in (mean, deviation))
    network.image.bias -= network.image.weight @ (mean / deviation)
    network.image.weight /= deviation
    return network


def load_margin(name, images, texts, path=None):
    """A network that has learnt, in evaluation mode.

    Args:
        name: such as "semart_bow", "semart_author" (see the folder). images, texts: as `build`. path: of other weights.

    Raises:
        FileNotFoundError: no such file. ValueError: it is damaged, or made for other vectors or words. Both say how to make it again.
    """
    path = WEIGHTS / f"{name}.safetensors" if path is None else Path(path)
    weights, told = read_weights(path, f"margin network {name}", SCRIPT), card(name, path.parent)
    classes = len(weights["names.0.bias"]) if "names.0.bias" in weights else 0
    network = build(told["encoder"], images, texts, classes, told.get("kind", "gru"))
    return load_into(network, path, f"margin network {name}", SCRIPT, weights)


def card(name, folder=WEIGHTS):
    """The card of a network: dict."""
    return json.loads((Path(folder) / f"{name}.json").read_text())
