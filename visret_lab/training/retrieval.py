"""Learn to retrieve: tuples of pictures, drawn by their labels, with negatives mined by the network as it is.

A step draws queries, for each another picture of its label, and negatives of other labels. One tuple goes through the network at a time,
and its gradient is added to those of the others (Gordo et al., ECCV 2016; Radenovic et al., ECCV 2016), so pictures may have any size.
Or a step draws a batch of some labels with some pictures each, and compares all with all (Hermans et al., 2017; Revaud et al., ICCV 2019).
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from visret_lab.arrays import rank
from visret_lab.deep.extract import resized
from visret_lab.evaluation import average_precision
from visret_lab.protocols import Relevance
from visret_lab.training.mining import hard_negatives, random_negatives
from visret_lab.training.sampler import ClassSampler

MINING = ("hard", "random")


@dataclass(frozen=True)
class Labelled:
    """Pictures to learn from.

    Attributes:
        files: list of bytes, encoded pictures. labels: int64 N, what each is said to show. names: list of str, for errors.
        boxes: int N x 4, (x0, y0, x1, y1) of what is shown, for queries that are cut; or None.
    """

    files: list
    labels: np.ndarray
    names: list = field(default_factory=list)
    boxes: np.ndarray | None = None

    def __post_init__(self):
        if len(self.files) != len(self.labels) or not len(self.files):
            raise ValueError(f"There must be one label for each picture, and at least one; got {len(self.files)} pictures and "
                             f"{len(self.labels)} labels.")
        if len(np.unique(self.labels)) < 2:
            raise ValueError("All pictures have the same label: there are no negatives to learn from.")
        if not len(self.asking()):
            raise ValueError("Every label has one picture only: no picture has a positive. Add pictures, or clean less.")

    def asking(self):
        """Pictures that can ask: those whose label has another one. int64."""
        found, counts = np.unique(self.labels, return_counts=True)
        return np.flatnonzero(np.isin(self.labels, found[counts > 1]))

    def image(self, i):
        """uint8 H x W x 3."""
        return cv2.imdecode(np.frombuffer(self.files[i], np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]

    def name(self, i):
        """Of picture i, for errors."""
        return self.names[i] if self.names else f"picture {i}"


class Tuples:
    """The loss of a step for `loop.minimise`: call it with a Generator, and it gives the loss of one tuple after the other.

    Args:
        network: nn.Module, float32 B x 3 x H x W -> B x D, unit length. pictures: Labelled.
        prepare: function uint8 B x H x W x 3 -> float32 B x 3 x H x W.
        loss: function (query 1 x D, positive 1 x D, negatives 1 x n x D) -> tensor of one value.
        tuples: a step. negatives: of each. mining: "hard": the most similar of other labels, at most one of each (needs `refresh`
            before the first call; `minimise` does it); "random".
        sides: longer sides in pixels; one is drawn for each tuple. pool_side: that of the pictures that negatives are mined with.
        cut: share of the queries that are cut to their boxes, where there are some.
    """

    def __init__(self, network, pictures, prepare, loss, tuples=4, negatives=5, mining="hard", sides=(192, 224, 256, 288), pool_side=224,
                 cut=0.5):
        if mining not in MINING:
            raise ValueError(f"There is no mining {mining!r}. There are: {', '.join(MINING)}.")
        self.network, self.pictures, self.prepare, self.loss = network, pictures, prepare, loss
        self.tuples, self.negatives, self.mining, self.sides, self.pool_side, self.cut = tuples, negatives, mining, sides, pool_side, cut
        self.asking, self.vectors = pictures.asking(), None

    def refresh(self):
        """Extract the vectors anew that hard negatives are mined with."""
        if self.mining == "hard":
            self.vectors = describe(self.network, self.pictures, self.prepare, self.pool_side)

    def __call__(self, rng):
        """See the class."""
        labels = self.pictures.labels
        queries = rng.choice(self.asking, self.tuples)
        positives = [int(rng.choice(np.setdiff1d(np.flatnonzero(labels == labels[q]), q))) for q in queries]
        for q, p, others in zip(queries, positives, self._negatives(queries, rng), strict=True):
            yield self._loss(int(q), p, others, rng)

    def _negatives(self, queries, rng):
        labels = self.pictures.labels
        if self.mining == "random":
            return random_negatives(labels, labels[queries], rng, self.negatives)
        if self.vectors is None:
            raise RuntimeError("Call refresh() before the first step: hard negatives are mined with vectors of the pictures.")
        return hard_negatives(self.vectors[queries] @ self.vectors.T, labels, labels[queries], self.negatives)

    def _loss(self, query, positive, negatives, rng):
        side, members = int(rng.choice(self.sides)), [query, positive, *negatives]
        cut = self.pictures.boxes is not None and rng.random() < self.cut
        images = [varied(self.pictures, i, side, rng, cut and i == query) for i in members]
        vectors = forward(self.network, images, self.prepare)
        return finite(self.loss(vectors[:1], vectors[1:2], vectors[None, 2:]), self.pictures, members)


class PictureBatches:
    """The loss of a step for `loop.minimise` on a whole batch: some labels with some pictures each, all compared with all.

    The batch itself is the pool of positives and negatives: nothing has to be extracted beforehand, but all of it must fit into memory.

    Args:
        network, pictures, prepare: as `Tuples`. loss: function (vectors B x D, labels int64 B) -> tensor of one value.
        classes, each: labels a step, and pictures of each, as `ClassSampler`.
        sides: longer sides in pixels; one is drawn for each picture. cut: share of the pictures that are cut to their boxes, if there are.

    Raises:
        ValueError: as `ClassSampler`. In a call FloatingPointError: the loss is not finite; the pictures are named.
    """

    def __init__(self, network, pictures, prepare, loss, classes=12, each=4, sides=(208, 240, 272, 304), cut=0.4):
        self.network, self.pictures, self.prepare, self.loss = network, pictures, prepare, loss
        self.sampler, self.sides, self.cut = ClassSampler(pictures.labels, classes, each), sides, cut
        self.labels = torch.from_numpy(np.asarray(pictures.labels, np.int64))

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = self.sampler(rng)
        boxes = self.pictures.boxes is not None
        images = [varied(self.pictures, i, int(rng.choice(self.sides)), rng, boxes and rng.random() < self.cut) for i in chosen]
        return finite(self.loss(forward(self.network, images, self.prepare), self.labels[torch.from_numpy(chosen)]), self.pictures, chosen)


def finite(loss, pictures, members):
    """The loss, if it is finite. FloatingPointError: it is not; the pictures are named."""
    if not torch.isfinite(loss):
        raise FloatingPointError(f"The loss of {', '.join(pictures.name(i) for i in members)} is {loss.item()}. The last checkpoint is "
                                 "kept. Try a smaller rate.")
    return loss


def varied(pictures, i, side, rng, cut=False):
    """A picture in another light, at a size; where it is cut to its box, at the size that the thing has in the whole picture.

    Args:
        pictures: Labelled. i: which. side: pixels of the longer side of the whole picture. rng: numpy Generator. cut: to its box.

    Returns:
        uint8 h x w x 3.
    """
    image = pictures.image(i)
    scale = side / max(image.shape[:2])
    if cut:
        x0, y0, x1, y1 = np.asarray(pictures.boxes[i]).round().astype(int)
        image = image[max(y0, 0) : y1, max(x0, 0) : x1]
    small = resized(image, max(48, round(scale * max(image.shape[:2]))))
    light = rng.uniform(0.7, 1.4) * rng.uniform(0.9, 1.1, 3)
    return np.clip(small * light, 0, 255).astype(np.uint8)


def forward(network, images, prepare):
    """Vectors of images of any sizes, those of equal size together: list of uint8 H x W x 3 -> float32 B x D, in order."""
    sizes, order, rows = {}, [], []
    for i, image in enumerate(images):
        sizes.setdefault(image.shape, []).append(i)
    for members in sizes.values():
        x = prepare(np.stack([images[i] for i in members])).contiguous(memory_format=torch.channels_last)
        rows.append(network(x))
        order += members
    return torch.cat(rows)[torch.tensor(order).argsort()]


@torch.no_grad()
def describe(network, pictures, prepare, side, batch=16):
    """Vectors of pictures at one size: float32 N x D. The network is in evaluation mode meanwhile."""
    was, found = network.training, []
    network.eval()
    for start in range(0, len(pictures.files), batch):
        images = [resized(pictures.image(i), side) for i in range(start, min(start + batch, len(pictures.files)))]
        found.append(forward(network, images, prepare).numpy())
    network.train(was)
    return np.concatenate(found)


def map_by_label(vectors, labels):
    """Mean average precision where each picture asks for the others of its label: what is watched during a training.

    Args:
        vectors: float32 N x D, unit length. labels: int N. Pictures alone in their label do not ask.

    Returns:
        float.
    """
    labels = np.asarray(labels)
    truth = [Relevance(np.setdiff1d(np.flatnonzero(labels == label), i), np.array([i])) for i, label in enumerate(labels)]
    return float(np.nanmean(average_precision(rank(vectors @ vectors.T), truth)))
