"""Two projections into one space in which pictures with similar captions are near: train, ship and read them.

    phi(v) = unit(W_v v + b_v)    of a picture's vector,    theta(t) = unit(W_t t + b_t)    of the tf-idf of words

They learn from triplets that the captions choose (`captions.draw_triplets`), by L_v, L_t1 and L_t2 of `captions`: Gordo and Larlus, CVPR
2017. There the picture's whole network learns; here its vectors stay as they are. Before the bias theta is linear, so words add up: the
theta of a text is a sum with one vector a word. What goes into a projection is whitened first, and the whitening is taken into the
projection behind the training, as in `image_text`.
"""

import json
from pathlib import Path

import numpy as np
import torch

from visret_lab.crossmodal.captions import caption_similarity, draw_triplets, semantic_loss
from visret_lab.crossmodal.describers import judged, score, spans, summed
from visret_lab.crossmodal.image_text import fold, whitened, whitening
from visret_lab.crossmodal.two_branch import TwoBranch
from visret_lab.deep.shipped import load_into, read_weights
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

WEIGHTS = Path(__file__).parent / "weights"
SCRIPT = "train_semantic.py"
SCHEDULE = Schedule(steps=600, batch=400, rate=1e-3, decay=1e-2, check=50)
# Which of the losses a row learns from: L_v, and L_t1 + L_t2.
LOSSES = {"visual": (True, False), "text": (False, True), "joint": (True, True)}
SAID = ("one", "all")  # sentences of a picture that are read at a time
OUTPUTS, MARGIN, GAP = 128, 0.2, 0.2


class TeacherTriplets:
    """Batches for `training.loop.minimise`: triplets that the teacher draws, and what they cost.

    Args:
        network: TwoBranch. images: float32 N x D. texts: float32 S x D'. owner: int64 S, the row in `images` of each text, in rising
            order; theta of a picture is that of one of its texts, drawn anew for every batch. teacher: float N x N, how alike the
            captions of any two are. size: triplets of a batch. gap: see `draw_triplets`. margin: m. loss: of LOSSES.

    Raises:
        ValueError: other numbers of pictures and rows of the teacher, a picture without a text, or another loss.
    """

    def __init__(self, network, images, texts, owner, teacher, size=SCHEDULE.batch, gap=GAP, margin=MARGIN, loss="joint"):
        if loss not in LOSSES:
            raise ValueError(f"The loss is one of {', '.join(LOSSES)}; got {loss!r}.")
        self.first, self.count = spans(owner, len(images))
        if len(teacher) != len(images) or len(texts) != len(owner) or not self.count.all():
            raise ValueError(f"Each picture needs texts and a row of the teacher, each text an owner; got {len(images)} pictures, "
                             f"{np.count_nonzero(self.count)} of them with texts, {len(texts)} texts, {len(owner)} owners and "
                             f"{len(teacher)} rows.")
        self.network, self.teacher, self.size, self.gap, self.margin, self.loss = network, teacher, size, gap, margin, loss
        self.images, self.texts = (torch.from_numpy(np.ascontiguousarray(rows, np.float32)) for rows in (images, texts))

    def __call__(self, rng):
        """The loss of a batch that is drawn by a numpy Generator."""
        triplets = draw_triplets(rng, self.teacher, self.size, self.gap)
        rows, places = np.unique(triplets, return_inverse=True)
        said = self.first[rows] + rng.integers(self.count[rows])
        phi, theta = self.network(self.images[torch.from_numpy(rows)], self.texts[torch.from_numpy(said)])
        return self.cost(phi, theta, places.reshape(triplets.shape))

    def cost(self, phi, theta, triplets):
        """The losses that are learnt from, averaged over triplets: tensor of one value."""
        visual, text = LOSSES[self.loss]
        found = semantic_loss(phi, theta if text else None, triplets, self.margin)
        return found if visual else found - semantic_loss(phi, None, triplets, self.margin)


def network_score(network, held, loss):
    """`score` of a network on Judged pictures, by the searches that its loss has learnt."""
    return score(network.embed_images(held.images), network.embed_sentences(held.query) if LOSSES[loss][1] else None, held.gains)


def learn(ground, folder, schedule=SCHEDULE, loss="joint", margin=MARGIN, gap=GAP, said="one", outputs=OUTPUTS, progress=False):
    """Train one network on the training split; every check looks at the validation split, and the weights of the best check are kept.

    Args:
        ground: image_text.Views. folder: of the checkpoint: a training that was stopped goes on. schedule: its batch counts triplets.
            loss: of LOSSES. margin, gap: see `TeacherTriplets`. said: "one" sentence of a picture at a time, or "all" as one text.
            outputs: numbers of an embedding.

    Returns:
        (TwoBranch in evaluation mode that takes rows as they are, score on the validation split).

    Raises:
        ValueError: another loss or way to read; a teacher for whom no pictures differ by the gap.
    """
    if said not in SAID:
        raise ValueError(f'Of the sentences of a picture "one" or "all" are read at a time; got {said!r}.')
    x, sentences, owner = ground.split("train")
    teacher = caption_similarity(sentences, owner, len(x))
    texts, own = (sentences, owner) if said == SAID[0] else (summed(sentences, owner, len(x)), np.arange(len(x)))
    sides = whitening(x), whitening(texts)
    torch.manual_seed(schedule.seed)
    network = TwoBranch(x.shape[1], texts.shape[1], None, outputs)
    inside = [whitened(rows, *side) for rows, side in zip((x, texts), sides, strict=True)]
    held = judged(ground, "val")
    asked = held._replace(images=whitened(held.images, *sides[0]), query=whitened(held.query, *sides[1]))
    batches = TeacherTriplets(network, *inside, own, teacher, schedule.batch, gap, margin, loss)
    minimise(network, batches, schedule, folder, lambda: {"score": network_score(network, asked, loss)}, progress,
             patience=schedule.steps)
    network.image, network.sentence = fold(network.image, *sides[0]), fold(network.sentence, *sides[1])
    return network.eval(), network_score(network, held, loss)


def file_name(loss):
    """The name of the files of a shipped network. ValueError: another loss."""
    if loss not in LOSSES:
        raise ValueError(f"The loss is one of {', '.join(LOSSES)}; got {loss!r}.")
    return f"semantic_{loss}"


def load_semantic(loss="joint", folder=WEIGHTS):
    """A shipped network of the yard, in evaluation mode; it takes what `scene_views.picture_vectors` and `image_text.views` make.

    Raises:
        FileNotFoundError: no such file. ValueError: another loss, or the file is damaged. The last two say how to make it again.
    """
    path = Path(folder) / f"{file_name(loss)}.safetensors"
    what = f"semantic embedding ({loss})"
    weights = read_weights(path, what, SCRIPT)
    told = card(loss, folder)
    return load_into(TwoBranch(*told["sizes"], None, told["outputs"]), path, what, SCRIPT, weights)


def card(loss="joint", folder=WEIGHTS):
    """The card of a shipped network: dict."""
    return json.loads((Path(folder) / f"{file_name(loss)}.json").read_text())
