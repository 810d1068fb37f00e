"""The run of chapter 24: pictures and sentences in one space, both directions, under the names of the published rows.

mini: the 500 test scenes of the yard, MiniVGG's strips, shipped networks. campus: the 1,000 test photographs of Flickr8k with the features
that come with it; the branches begin as the CCA and are learnt here (a quarter of a minute). The published figures are of Flickr30k.
All constants are chosen on the validation split.
"""

import textwrap
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from visret_lab.compact.pca import PCA
from visret_lab.crossmodal.cca import fit_several
from visret_lab.crossmodal.hglmm import HGLMM
from visret_lab.crossmodal.hglmm_fisher import HGLMMFisherVector
from visret_lab.crossmodal.image_text import LOSSES, SCHEDULE, SHAPES, card, fingerprint, load_row, mean_score, places, refine, views
from visret_lab.crossmodal.ranks import both_ways, recall
from visret_lab.crossmodal.scene_views import picture_vectors
from visret_lab.crossmodal.word_vectors import WordVectors, learn_word_vectors
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.captions import load_captions
from visret_lab.datasets.captions_common import readable
from visret_lab.evaluation import Result, bootstrap_interval
from visret_lab.protocols import Query, Relevance

TABLE = "two-branch"
BY_CCA, BY_FISHER = "tf-idf, CCA", "FV-HGLMM, CCA"
BY_BRANCHES, BEGUN = "structure-preserving embedding", "structure-preserving embedding, begun as CCA"
WORDS, MIXTURE, SHORT = 50, 10, 256  # numbers of a word, components of the mixture, numbers of a sentence behind the PCA
WAYS, AT = ("image to text", "text to image"), (1, 5, 10)
POWERS = (0.0, 1.0, 2.0, 4.0)


class Grid(NamedTuple):
    """What is tried on the validation split. regularization: shares. components: of the CCA."""

    regularization: tuple
    components: int


GRIDS = {"yard": Grid((0.01, 0.03, 0.1), 64), "flickr8k": Grid((0.1, 0.3, 1.0), 256)}
TEXT = {"yard": {"min_count": 3}, "flickr8k": {"max_words": 1500}}
STEPS = 200  # of the branches that begin as a CCA


def ground(data=None):
    """Views of a set; None: the captions of the tier, with the features that came with them or those of MiniVGG."""
    data = load_captions() if data is None else data
    images = next(iter(data.features.values())) if data.features else picture_vectors(data)
    return views(data, images, **TEXT.get(data.name, {"max_words": 1500}))


def by_cca(one, cca, split):
    """Places of a split: dict way -> int64."""
    x, y, owner = one.split(split)
    a, b = cca.transform(x, y)
    return both_ways(b @ a.T, owner)


def chosen_cca(one):
    """A CCA learnt on the training split: (the best on the validation split, list of dicts of what was tried)."""
    x, y, owner = one.split("train")
    grid, tried = GRIDS.get(one.data.name, GRIDS["flickr8k"]), []
    kept = dict(zip(grid.regularization, fit_several(x[owner], y, grid.regularization, grid.components), strict=True))
    for share, cca in kept.items():
        for power in POWERS:
            found = by_cca(one, cca.set_params(power=power), "val")
            tried.append({"regularization": share, "power": power, "score": mean_score(found)})
    best = max(tried, key=lambda t: t["score"])
    return kept[best["regularization"]].set_params(power=best["power"]), tried


class FisherText(NamedTuple):
    """Sentences as Fisher vectors, in place of tf-idf in a `Views`. words: WordVectors. fisher: fitted. shorter: fitted PCA."""

    words: WordVectors
    fisher: HGLMMFisherVector
    shorter: PCA

    def transform(self, texts):
        """list of str -> float32 S x SHORT."""
        return self.shorter.transform(self.fisher.transform([self.words.of(text) for text in texts]))


def by_fisher_vectors(one):
    """The same pictures, with sentences as Fisher vectors of a hybrid mixture over word vectors: Views. All of it is learnt on the training
    sentences; the paper has words of 300 numbers from another corpus, 30 components, and 6,000 numbers behind the PCA."""
    texts = one.data.pairs("train")[0]
    words = learn_word_vectors(texts, dim=WORDS)
    sets = [words.of(text) for text in texts]
    fisher = HGLMMFisherVector(HGLMM(MIXTURE)).fit(sets)
    return one._replace(text=FisherText(words, fisher, PCA(SHORT).fit(fisher.transform(sets))))


def begun_as_cca(one, cca, folder=None, steps=STEPS):
    """Branches that begin as the CCA: (TwoBranch, scores on the validation split). folder: of the checkpoint; None: in the cache."""
    if folder is None:
        began = fingerprint(one, cca.x_weights_, cca.y_weights_, cca.correlations_, cca.power)
        folder = cache_dir("training", f"begun-as-cca-{one.data.name}-{steps}-{began}")
    return refine(one, cca, folder, replace(SCHEDULE, steps=steps, batch=200, check=max(1, steps // 5)))


def results(one, cca=None, begun=None, split="test"):
    """Places of the rows of the main table: dict row -> dict way -> int64. cca, begun: where they are learnt already."""
    cca = chosen_cca(one)[0] if cca is None else cca
    held = one.split(split)
    rng = np.random.default_rng(0)
    found = {"Random": both_ways(rng.random((len(held[1]), len(held[0]))), held[2]), BY_CCA: by_cca(one, cca, split)}
    if one.data.name == "yard":
        found[BY_BRANCHES] = places(load_row(), *held)
    begun = begun_as_cca(one, cca)[0] if begun is None else begun
    return found | {BEGUN: places(begun, *held)}


def ablation(one, split="test"):
    """Places of the six shipped networks of the yard: dict (shape, loss) -> dict way -> int64."""
    held = one.split(split)
    return {(shape, loss): places(load_row(shape, loss), *held) for shape in SHAPES for loss in LOSSES}


def seeds():
    """Scores on the validation scenes of every seed: dict (shape, loss) -> list of float. They are those of the cards."""
    return {(shape, loss): card(shape, loss)["scores on val, by seed"] for shape in SHAPES for loss in LOSSES}


def as_results(found, name, owner):
    """The rows of the course's own table: list of Result. The average precision of a question with one right answer is 1 / place; the
    mean over the sentences of each picture counts as one question. Args: as `rows_of`."""
    return [Result(row, by_picture(1.0 / ways["text to image"], owner), name, "text to image") for row, ways in found.items()]


def rows_of(found, name, images, owner, table=TABLE, seed=0):
    """Rows of a table from places: R@1, 5, 10 both ways, each with its interval.

    Args:
        found: dict row -> dict way -> int64 places. name: of the set. images: how many. owner: int64 S, the picture of each sentence: the
            sentences of one picture succeed and fail together, so pictures are drawn for the interval, with the mean of their sentences.
    """
    rows = []
    for row, ways in found.items():
        for way in WAYS:
            for k in AT:
                hits = recall(ways[way], k)
                low, high = bootstrap_interval(by_picture(hits, owner) if way == "text to image" else hits, seed=seed)
                rows.append({"table": table, "row": row, "metric": f"R@{k}, {way}, {name}", "value": float(hits.mean()), "low": low,
                             "high": high, "queries": len(hits), "images": images, "version": "1.0", "bytes_per_image": None,
                             "ms_per_query": None})
    return rows


def by_picture(values, owner):
    """The mean over the sentences of each picture: float64 I. Args: values: float S. owner: int64 S."""
    return np.bincount(owner, values) / np.bincount(owner)


def run(tier, seed=0):
    """Rows of the table "two-branch", and in mini those of its ablation. DataError: no folder with Flickr8k in the campus tier."""
    if tier == "full":
        return []
    one = ground(load_captions(tier=tier))
    count, owner = len(one.data.splits["test"]), one.split("test")[2]
    fisher = by_fisher_vectors(one)
    found = results(one) | {BY_FISHER: by_cca(fisher, chosen_cca(fisher)[0], "test")}
    rows = rows_of(found, one.data.name, count, owner, seed=seed)
    if one.data.name == "yard":
        rows += rows_of({f"{shape}, {loss}": p for (shape, loss), p in ablation(one).items()}, "yard", count, owner, seed=seed)
    return rows


class SentenceSet:
    """The pictures of a split as a data set for the rank explorer: a query is a sentence, written on a card.

    Args:
        one: Views. split: its name. every: take every so-and-so-many-th sentence.
    """

    tier, version, licence, protocols, default_protocol = "", "1.0", "", ("text to image",), "text to image"

    def __init__(self, one, split="test", every=1):
        self.data, self.name = one.data, one.data.name
        self.ids = [one.data.ids[i] for i in one.data.splits[split]]
        texts, owner = one.data.pairs(split)
        row = {int(p): n for n, p in enumerate(one.data.splits[split])}
        self.rows = np.arange(0, len(texts), every)
        self.texts, self.own = [texts[i] for i in self.rows], [row[int(owner[i])] for i in self.rows]
        self.queries = [Query(f"sentence {n}", self.ids[i], None, self.ids[i]) for n, i in enumerate(self.own)]

    def image(self, image_id):
        """A picture."""
        return self.data.read(image_id)

    def query_image(self, query):
        """The sentence, written on a card: uint8 180 x 240 x 3."""
        card_ = np.full((180, 240, 3), 255, np.uint8)
        for i, line in enumerate(textwrap.wrap(self.query_text(query), 26)[:8]):
            cv2.putText(card_, line, (8, 24 + 20 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (20, 20, 20), 1, cv2.LINE_AA)
        return card_

    def query_text(self, query):
        """The sentence."""
        return readable(self.texts[int(query.id.split()[1])])

    def relevant(self, query, protocol):
        """The picture that the sentence was written for."""
        return Relevance(np.array([self.own[int(query.id.split()[1])]]), np.zeros(0, np.int64))
