"""Train, ship and read two-branch networks for pictures with sentences: the six rows of the ablation of Wang, Li, Lazebnik (CVPR 2016).

What goes into a branch is whitened first, as far as the training rows allow:

    x -> diag(1 / sqrt(v_j + s mean(v))) E^T (x - mean),    E, v: eigenvectors and eigenvalues of the covariance of the training rows

The paper lets a PCA shorten its Fisher vectors. Behind the training the whitening is taken into the first layer, so that the network that
is shipped takes rows as they are.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from visret_lab.crossmodal.ranks import both_ways
from visret_lab.crossmodal.text import TfIdf
from visret_lab.crossmodal.two_branch import PairBatches, TwoBranch
from visret_lab.deep.shipped import load_into, read_weights
from visret_lab.training.checkpoints import read_log
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.losses.structure_preserving import ONE_DIRECTION, STRUCTURE, TWO_DIRECTIONS, StructurePreserving

WEIGHTS = Path(__file__).parent / "weights"
SCRIPT = "train_two_branch.py"
SCHEDULE = Schedule(steps=500, batch=200, rate=1e-3, decay=1e-2, check=250)
LOSSES = {"one direction": ONE_DIRECTION, "both directions": TWO_DIRECTIONS, "both directions, structure": STRUCTURE}
SHAPES = ("linear", "non-linear")
HIDDEN, OUTPUTS, DROPOUT = 384, 128, 0.5
WHITEN = 1.0  # s above
MARGIN, HARDEST = 0.1, 50


class Views(NamedTuple):
    """Pictures and sentences as rows. data: CaptionedSet. images: float32 N x D, rows as data.ids. text: fitted TfIdf, dense."""

    data: object
    images: np.ndarray
    text: TfIdf

    def split(self, name):
        """(float32 I x D, float32 S x D', int64 S: the row among the I of each sentence)."""
        positions = self.data.splits[name]
        texts, owner = self.data.pairs(name)
        row = np.full(len(self.data), -1)
        row[positions] = np.arange(len(positions))
        return self.images[positions], self.text.transform(texts), row[owner]


def views(data, images, **options):
    """Views of a set: tf-idf is learnt on the training sentences. Args: images: float32 N x D. options: of TfIdf."""
    return Views(data, np.asarray(images, np.float32), TfIdf(dense=True, **options).fit(data.pairs("train")[0]))


def fingerprint(ground, *other):
    """What a training on the training split depends on, as 12 letters: a checkpoint of other rows must not be gone on with, nor one made
    with another number of threads, whose sums are in another order.

    Args:
        ground: Views. other: arrays, or what has a repr that says all.
    """
    found = hashlib.sha256()
    for value in (*ground.split("train"), torch.get_num_threads(), *other):
        found.update(np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return found.hexdigest()[:12]


def whitening(rows, share=WHITEN):
    """(mean float64 D, matrix float64 D x D) of the formula above. ValueError: fewer than 2 rows, or a share that is not above 0."""
    if len(rows) < 2 or not share > 0:
        raise ValueError(f"Whitening needs at least 2 rows and a share above 0; got {len(rows)} and {share}.")
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(rows) - 1))
    values = np.maximum(values, 0)
    return mean, (vectors / np.sqrt(values + share * values.mean())).T


@torch.no_grad()
def fold(layer, mean, matrix):
    """Take a whitening into a linear layer that learnt behind it: W M (x - mean) + b = (W M) x + (b - W M mean). Returns: nn.Linear."""
    weight = layer.weight.double() @ torch.from_numpy(matrix)
    new = torch.nn.Linear(len(mean), layer.out_features)
    new.weight.copy_(weight)
    new.bias.copy_(layer.bias.double() - weight @ torch.from_numpy(mean))
    return new


def build(images, sentences, shape="non-linear"):
    """A network that has learnt nothing. Args: images, sentences: numbers of a row. shape: of SHAPES. ValueError: another shape."""
    if shape not in SHAPES:
        raise ValueError(f"The branches are {' or '.join(SHAPES)}; got {shape!r}.")
    return TwoBranch(images, sentences, HIDDEN if shape == "non-linear" else None, OUTPUTS, DROPOUT)


def learn(ground, folder, schedule=SCHEDULE, shape="non-linear", loss="both directions, structure", margin=MARGIN, hardest=HARDEST,
          progress=False, loss_of=None):
    """Train one network on the training split; every check looks at the validation split.

    Args:
        ground: Views. folder: of the checkpoint. schedule: its batch counts pictures, each with two sentences. shape, loss: the row of
            the ablation. margin, hardest: of the loss. loss_of: function (x, y, owner) -> tensor, in place of the loss.

    Returns:
        (TwoBranch in evaluation mode that takes rows as they are, score on the validation split).

    Raises:
        ValueError: another shape or loss; as `PairBatches`.
    """
    if loss not in LOSSES:
        raise ValueError(f"The loss is one of {', '.join(LOSSES)}; got {loss!r}.")
    x, y, owner = ground.split("train")
    sides = whitening(x), whitening(y)
    torch.manual_seed(schedule.seed)
    network = build(x.shape[1], y.shape[1], shape)
    inside = [whitened(rows, *side) for rows, side in zip((x, y), sides, strict=True)]
    held = ground.split("val")
    asked = [whitened(rows, *side) for rows, side in zip(held[:2], sides, strict=True)]
    batches = PairBatches(network, loss_of or StructurePreserving(LOSSES[loss], margin, hardest), *inside, owner, schedule.batch, 2)
    minimise(network, batches, schedule, folder, lambda: {"score": score(network, *asked, held[2])}, progress)
    for side, name in zip(sides, ("image", "sentence"), strict=True):
        branch = getattr(network, name)
        if shape == "linear":
            setattr(network, name, fold(branch, *side))
        else:
            branch[0] = fold(branch[0], *side)
    return network.eval(), score(network, *held)


def whitened(rows, mean, matrix):
    """The formula above: float32 N x D. Args: rows: float N x D. mean, matrix: what `whitening` gave."""
    return ((rows - mean) @ matrix.T).astype(np.float32)


def places(network, images, sentences, owner):
    """Places in both directions: dict "text to image" -> int64 S, "image to text" -> int64 I. Args: owner: int64 S."""
    return both_ways(network.embed_sentences(sentences) @ network.embed_images(images).T, owner)


def score(network, images, sentences, owner):
    """The mean of 1 / place over both directions, larger is better: what constants are chosen by."""
    return mean_score(places(network, images, sentences, owner))


def mean_score(found):
    """The same from places. Args: found: dict way -> int."""
    return float(np.mean([(1 / own).mean() for own in found.values()]))


def row_name(shape, loss):
    """The name of the files of a row of the ablation."""
    return "two_branch_" + "_".join([shape.replace("-", ""), *loss.replace(",", "").split(" ")])


def load_row(shape="non-linear", loss="both directions, structure", folder=WEIGHTS):
    """A shipped network of the yard, in evaluation mode; it takes what `scene_views.picture_vectors` and `views` make.

    Raises:
        FileNotFoundError: no such file. ValueError: it is damaged. Both say how to make it again.
    """
    name = row_name(shape, loss)
    path = Path(folder) / f"{name}.safetensors"
    weights, told = read_weights(path, f"two-branch network {name}", SCRIPT), card(shape, loss, folder)
    return load_into(build(*told["sizes"], shape), path, f"two-branch network {name}", SCRIPT, weights)


def card(shape="non-linear", loss="both directions, structure", folder=WEIGHTS):
    """The card of a row: dict."""
    return json.loads((Path(folder) / f"{row_name(shape, loss)}.json").read_text())


def refine(ground, cca, folder, schedule, margin=MARGIN, hardest=HARDEST, loss="both directions, structure", progress=False):
    """Two linear branches that begin as a CCA, and go on by the ranking loss.

        first    branch(x) = rho^p U^T L_x^-1 (x - mean), the CCA's own projection: nothing is lost at the start

    Args:
        ground: Views. cca: fitted CCA with its power. folder, schedule, margin, hardest, loss: as `learn`.

    Returns:
        (TwoBranch that takes rows as they are, list of scores on the validation split: before, and at every check). The weights are those
        of the best check, or the CCA's own where no check is better than the start.
    """
    size = cca.correlations_**cca.power
    size = size / np.linalg.norm(size)
    sides = (cca.x_mean_, (cca.x_weights_ * size).T), (cca.y_mean_, (cca.y_weights_ * size).T)
    x, y, owner = ground.split("train")
    held = ground.split("val")
    asked = [whitened(rows, *side) for rows, side in zip(held[:2], sides, strict=True)]
    network = TwoBranch(len(size), len(size), None, len(size))
    _as_identity(network)
    inside = [whitened(rows, *side) for rows, side in zip((x, y), sides, strict=True)]
    batches = PairBatches(network, StructurePreserving(LOSSES[loss], margin, hardest), *inside, owner, schedule.batch, 2)
    before = score(network, *asked, held[2])
    minimise(network, batches, schedule, folder, lambda: {"score": score(network, *asked, held[2])}, progress, patience=schedule.steps)
    seen = [before, *(line["score"] for line in read_log(Path(folder)))]  # of the log: behind a stop, this call has not seen all checks
    if max(seen[1:]) <= before:
        _as_identity(network)
    network.image, network.sentence = fold(network.image, *sides[0]), fold(network.sentence, *sides[1])
    return network.eval(), seen


@torch.no_grad()
def _as_identity(network):
    for branch in (network.image, network.sentence):
        branch.weight.copy_(torch.eye(len(branch.weight)))
        branch.bias.zero_()
