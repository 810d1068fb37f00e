"""What the runs of chapter 14 share: assignment maps of a set and of its queries, and the stages of a search with them."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from visret_lab.arrays import rank
from visret_lab.compact.pca import PCA
from visret_lab.deep.blcf import BLCF, as_descriptors, blcf_prior, histograms, upsampled, words_in_box
from visret_lab.encoding.unseen import require_unseen
from visret_lab.evaluation import evaluate
from visret_lab.rerank.windows import WindowReranker, rerank
from visret_lab.rerank.word_expansion import expand, expand_locally
from visret_lab.search.inverted import InvertedFile
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.deep_features import maps

WORDS = 1000
STAGES = ("GS", "LS", "GS + R", "LS + R", "GS + GQE", "LS + GQE", "GS + R + GQE", "LS + R + GQE", "GS + R + LQE", "LS + R + LQE")


class Bags(NamedTuple):
    """A set as words.

    Attributes:
        dataset: the set. model: fitted `BLCF`.
        assignments: list of uint16 h x w of its images.
        asked: the same of the pictures of the queries, whole. inside: their parts in the boxes, equal where there is no box.
        base, whole, local: CSR, bags of the images, and of the queries for global (GS) and for local search (LS).
    """

    dataset: object
    model: BLCF
    assignments: list
    asked: list
    inside: list
    base: sparse.csr_matrix
    whole: sparse.csr_matrix
    local: sparse.csr_matrix


def whitening(components=None, power=0.5):
    """A reducer for `BLCF`, not fitted: a PCA between two L2, the paper's by default. Args: as `compact.pca.PCA`."""
    return PCA(components, power=power, l2_before=True, l2_after=True)


def learn(network, elsewhere, n_words=WORDS, seed=0, layer=None, **options):
    """`BLCF` learnt on the maps of another set: words of the paper's layer, unless `layer` says otherwise."""
    return BLCF(n_words, seed=seed, **{"reducer": whitening(), "per_word": 50, "n_iter": 8, "exact": n_words <= 5000, **options}).fit(
        maps(network, elsewhere, layer=layer or network.local))


def picture_maps(network, dataset, layer=None):
    """Maps of the whole pictures of the queries, and of the images: (list, list).

    A picture of the database has its maps already. Others must have no box: what is left of them is then the whole picture.

    Raises:
        ValueError: a query with a box whose picture is no image of the set.
    """
    layer, place = layer or network.local, {image: i for i, image in enumerate(dataset.ids)}
    base = maps(network, dataset, layer=layer)
    if all(q.image_id in place for q in dataset.queries):
        return [base[place[q.image_id]] for q in dataset.queries], base
    if any(q.box is not None for q in dataset.queries):
        raise ValueError(f"{dataset.name} has queries with boxes whose pictures are not among its images.")
    return maps(network, dataset, queries=True, layer=layer), base


def describe(model, network, dataset, layer=None, weights=None):
    """A set as words: `Bags`.

    Args:
        model: fitted `BLCF`. weights: None, or a list of float H x W, one an image of the set. Queries are never weighted.

    Raises:
        ValueError: the words were learnt from this set.
    """
    asked, base = picture_maps(network, dataset, layer)
    require_unseen_maps(model, base, dataset.name)
    return of_maps(model, dataset, base, asked, weights)


def of_maps(model, dataset, base, asked, weights=None):
    """`describe` for maps that are at hand; nothing is checked: chapter 14 shows what words of the searched set do."""
    found = model.transform(list(base) + list(asked))
    assignments, questions = found[: len(base)], found[len(base) :]
    inside = [words_in_box(a, q.box, picture_size(dataset, q)) for a, q in zip(questions, dataset.queries, strict=True)]
    count = len(model.vocabulary_.centers_)
    return Bags(dataset, model, assignments, questions, inside, histograms(assignments, count, weights),
                histograms(questions, count), histograms(inside, count))


def picture_size(dataset, query):
    """(H, W) of the picture of a query; it is opened only where there is a box."""
    return None if query.box is None else dataset.image(query.image_id).shape[:2]


def require_unseen_maps(model, base, name):
    """ValueError where the words were learnt from these maps: some of their descriptors are compared."""
    some = [as_descriptors(upsampled(x, model.upsample)) for x in base[:: max(1, len(base) // 50)]]
    require_unseen(model.fingerprints_, some, "vocabulary", name=name)


def centre_weights(bags):
    """The centre prior of BLCF for every image of a set: list of float32 h x w."""
    return [blcf_prior(*a.shape) for a in bags.assignments]


def searched(queries, base):
    """Search by the inverted file: (similarities float32 Q x N, milliseconds a query)."""
    index = InvertedFile().add(base)
    similarities, seconds = aggregated.fastest(lambda: index.scores(queries))
    return similarities, 1000 * seconds / queries.shape[0]


class Stage(NamedTuple):
    """What a stage of the search gives: ranking int64 Q x N, its cost, and the windows where there are some."""

    ranking: np.ndarray
    ms: float
    boxes: np.ndarray | None = None


def stages(bags, top=100, first=10, names=STAGES):
    """The stages of the published table, over one set.

    GS asks with all words of the picture, LS with those in the box; R re-orders the first `top` by their windows, always with the
    words in the box; GQE adds the bags of the `first` images and searches again; LQE the words in their best windows, to the words
    in the box. Behind an expansion the list is not re-ranked again.

    Returns:
        dict name -> Stage.
    """
    windows = WindowReranker(bags.assignments).prepare()
    found = {}
    for kind, queries in (("GS", bags.whole), ("LS", bags.local)):
        similarities, ms = searched(queries, bags.base)
        found[kind] = Stage(rank(similarities), ms)
        again = expand(queries, bags.base, found[kind].ranking, first)
        similarities, more = searched(again, bags.base)
        found[f"{kind} + GQE"] = Stage(rank(similarities), ms + more)
        ((new, _, boxes), seconds) = aggregated.fastest(lambda r=found[kind].ranking: rerank(r, bags.inside, windows, top), 1)
        ms += 1000 * seconds / queries.shape[0]
        found[f"{kind} + R"] = Stage(new, ms, boxes)
        for name, asked in (("GQE", expand(queries, bags.base, new, first)),
                            ("LQE", expand_locally(bags.local, bags.assignments, new, boxes, first))):
            similarities, more = searched(asked, bags.base)
            found[f"{kind} + R + {name}"] = Stage(rank(similarities), ms + more)
    return {name: found[name] for name in names}


def bytes_per_image(bags):
    """Bytes an image of the inverted file."""
    return InvertedFile().add(bags.base).nbytes / len(bags.dataset.ids)


def result(name, ranking, bags, ms, protocol=None, seed=0):
    """Result of a ranking or of similarities under one protocol."""
    return evaluate(name, ranking, bags.dataset, protocol, bytes_per_image=bytes_per_image(bags), ms_per_query=ms, seed=seed)


def rows_of(name, ranking, bags, ms, table, seed=0):
    """Rows of a table for one search: every protocol of the set."""
    return aggregated.rows_from(result(name, ranking, bags, ms, aggregated.protocol_of(bags.dataset), seed), ranking, bags.dataset,
                                seed, table)
