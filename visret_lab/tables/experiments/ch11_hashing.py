"""The run of chapter 11: binary codes, on local descriptors by recall and on image vectors by mAP."""

from typing import NamedTuple

import numpy as np

from visret_lab.arrays import rank
from visret_lab.compact.itq import ITQ
from visret_lab.compact.lsh import LSH
from visret_lab.compact.pca import PCA
from visret_lab.compact.pca_hashing import PCAHashing
from visret_lab.compact.spherical import SphericalHashing
from visret_lab.datasets import load
from visret_lab.encoding.fisher import FisherVector
from visret_lab.evaluation import evaluate
from visret_lab.search.binary import BinaryIndex
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.neighbours import descriptor_task, recall_by_picture, windows

METHODS = {"LSH": LSH, "PCA hashing": PCAHashing, "ITQ": ITQ, "spherical hashing": SphericalHashing}
BITS = (64, 128, 256)
EACH = 9  # windows of an image of the other set, to learn from


def descriptors(dataset, elsewhere, base=40_000, learn=10_000, each=20, seed=0):
    """The `neighbours.Task` of this chapter."""
    return descriptor_task(dataset, elsewhere, base, learn, each, seed)


def find(coder, case, depth=100, metric="hamming"):
    """Ids int64 Q x depth of the nearest codes, for a fitted coder."""
    index = BinaryIndex(coder.bits, metric).add(coder.transform(case.base))
    return index.search(coder.transform(case.queries), depth)[1]


def recall_by_bits(case, bits=(16, 32, 64, 128), seeds=3, depth=100):
    """Recall of the true ten among the first `depth`, for every method: dict name -> dict bits -> float64 M.

    LSH is the mean of several draws of its planes. Spherical hashing appears twice: with the plain Hamming distance and with
    its own.
    """
    def recall(coder, metric="hamming"):
        return recall_by_picture(case, find(coder, case, depth, metric))

    found = {name: {} for name in (*METHODS, "spherical, its distance")}
    for b in bits:
        found["LSH"][b] = np.mean([recall(LSH(b, seed=s).fit(case.learn)) for s in range(seeds)], axis=0)
        for name in ("PCA hashing", "ITQ"):
            if b <= case.learn.shape[1]:
                found[name][b] = recall(METHODS[name](b).fit(case.learn))
        coder = SphericalHashing(b).fit(case.learn)
        for name, metric in (("spherical hashing", "hamming"), ("spherical, its distance", "spherical")):
            found[name][b] = recall(coder, metric)
    return found


class Vectors(NamedTuple):
    """One vector an image: train float32 T x D (images of the other set, and windows of them), base float32 N x D, asked
    float32 Q x D."""

    train: np.ndarray
    base: np.ndarray
    asked: np.ndarray


def image_vectors(dataset, elsewhere, seed=0):
    """Fisher vectors of 16 Gaussians, learnt on `elsewhere`: Vectors of 2,048 numbers."""
    encoder = FisherVector(16, pca=64, seed=seed).fit(aggregated.local(elsewhere)[1])
    base, asked = aggregated.local(dataset)[1], aggregated.local(dataset, queries=True)[1]
    encoder.require_unseen(base, name=dataset.name)
    points, others = aggregated.local(elsewhere)
    whole = [d for d in others if len(d)]
    parts = [part for _, found in windows(points, others, EACH, seed=seed) for part in found]
    return Vectors(encoder.transform(whole + parts), encoder.transform(base), encoder.transform(asked))


def coders(vectors, bits=BITS, seed=0):
    """Fitted coders of image vectors: dict (name, bits) -> coder. A method that cannot give so many bits is left out."""
    most = min(vectors.train.shape[1], len(vectors.train) - 1)
    shared = PCA(min(max(bits), most)).fit(vectors.train)
    made = {"LSH": lambda b: LSH(b, seed=seed), "PCA hashing": lambda b: PCAHashing(b, pca=shared),
            "ITQ": lambda b: ITQ(b, seed=seed, pca=shared), "spherical hashing": lambda b: SphericalHashing(b, seed=seed)}
    return {(name, b): make(b).fit(vectors.train)
            for name, make in made.items() for b in bits if b <= most or METHODS[name] not in (PCAHashing, ITQ)}


def measure(name, coder, vectors, dataset, metric="hamming", protocol=None, seed=0):
    """Search a set by the codes of its image vectors.

    Returns:
        (Result, ranking int64 Q x N). The time of a query is that of its code and of the comparison with all codes.
    """
    index = BinaryIndex(coder.bits, metric).add(coder.transform(vectors.base))
    (_, ranking), seconds = aggregated.fastest(lambda: index.search(coder.transform(vectors.asked), len(vectors.base)))
    return evaluate(name, ranking, dataset, protocol, bytes_per_image=index.nbytes / len(index),
                    ms_per_query=1000 * seconds / len(vectors.asked), seed=seed), ranking


def results(dataset, vectors, bits=BITS, seed=0, protocol=None):
    """Results of binary codes of image vectors, and of the vectors themselves.

    Returns:
        (dict name -> Result, dict name -> similarities or ranking).
    """
    similarities, ms = aggregated.compare_all(vectors.asked, vectors.base)
    exact = evaluate("FV, no codes", similarities, dataset, protocol, bytes_per_image=vectors.base.nbytes / len(vectors.base),
                     ms_per_query=ms, seed=seed)
    both = {"FV, no codes": (exact, rank(similarities))}
    for (method, b), coder in coders(vectors, bits, seed).items():
        name = f"FV, {method}, {b} bits"
        both[name] = measure(name, coder, vectors, dataset, "hamming", protocol, seed)
        if method == "spherical hashing":
            name = f"FV, spherical, its distance, {b} bits"
            both[name] = measure(name, coder, vectors, dataset, "spherical", protocol, seed)
    return {n: r for n, (r, _) in both.items()}, {n: s for n, (_, s) in both.items()}


def run(tier, seed=0):
    """Rows of the table "compact": binary codes of the image vectors of every set of the tier."""
    elsewhere, rows = load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        found, rankings = results(dataset, image_vectors(dataset, elsewhere, seed), seed=seed,
                                  protocol=aggregated.protocol_of(dataset))
        for name, result in found.items():
            if name != "FV, no codes":  # chapter 07 has it
                rows += aggregated.rows_from(result, rankings[name], dataset, seed, table="compact")
    return rows
