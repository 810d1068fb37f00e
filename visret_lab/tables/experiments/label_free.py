"""What the runs of chapter 19 share: networks A and B of deck 003, lists of two systems, and what is learnt from them without labels.

The deck draws its two networks as pictures only. What is taken from it here: A is a pooled network; B has a projection to more numbers
behind it, with random weights ("random weight projected to a higher space"); both are trained with triplets by the deck's rule. What is
ours: the convolutions below `FROZEN` stay as they are, and both networks pool by the plain sum, as the bags of the deck are compared with.
"""

import json
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.deep.end_to_end import EndToEnd
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.pooling import SPoC
from visret_lab.encoding.bow import BagOfWords
from visret_lab.evaluation import Result, average_precision, ground_truth
from visret_lab.features.matching import Matcher
from visret_lab.protocols import Relevance
from visret_lab.rerank.fusion import fuse
from visret_lab.rerank.geometry import verify
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.ch05_bag_of_words import words
from visret_lab.tables.experiments.ch20_expansion_diffusion import questions
from visret_lab.tables.experiments.deep_features import maps, networks
from visret_lab.training.above import FromClasses, FromTriplets, layers_above, moved, random_projection
from visret_lab.training.classification import Schedule
from visret_lab.training.label_free import fused_score, label_free_triplets
from visret_lab.training.loop import minimise
from visret_lab.training.losses.triplet import triplet

FROZEN = {"MiniVGG": "pool4", "SqueezeNet": "fire8", "VGG16": "pool4"}  # below it, nothing is learnt
SIDE = 224  # longer side of the pictures, in pixels; smaller ones are taken as they are
WIDE = 4  # network B has so many times as many channels
SIFT_WORDS = 1000
LISTS, HEAD = 250, 80  # lists that are made, and images of each that are matched: by cost
SURE = 30  # matches with which a pair is verified: fewer cannot give a score above 15
DRAWN = 2000  # triplets
RATES, LENGTHS = (1e-4, 3e-4, 1e-3), (50, 100)  # among which `chosen_elsewhere` chooses; longer is not asked for, by cost
# Rate and steps: best of RATES x LENGTHS by the mean gain in AP of network A on the painted town elsewhere, over questions of buildings
# that it was not taught. The town that is searched has no part in it. `python -m visret_lab.tables.experiments.label_free` repeats it.
RATE, STEPS = 3e-4, 50
SCHEDULE = Schedule(steps=STEPS, batch=8, rate=RATE, decay=0.0, check=25)  # the batch: by cost
MARGIN = 0.1  # of inner products: that of Gordo et al., IJCV 2017


class Asked(NamedTuple):
    """A set that is searched with the maps below the layers that are learnt.

    Attributes:
        dataset: the set. maps: list of float32 C x h x w of its images. questions: the same of what is asked.
        truth: dict name of a metric -> list of Relevance, one a question; the first is that of the first figures.
    """

    dataset: object
    maps: list
    questions: list
    truth: dict

    @property
    def first(self):
        """Relevance of the first metric."""
        return next(iter(self.truth.values()))


def asked(network, dataset, name=None):
    """A set with its maps. On the painted town elsewhere every picture of a labelled object asks; elsewhere the set's own queries do."""
    found = frozen_maps(network, dataset)
    if dataset.name == "town-elsewhere":
        ids, truth = questions(dataset)
        metric = f"mAP, {dataset.name}, {dataset.default_protocol}, every picture asks"
        return Asked(dataset, found, [found[i] for i in ids], {metric: truth})
    place = {image: i for i, image in enumerate(dataset.ids)}
    if all(q.box is None and q.image_id in place for q in dataset.queries):
        put = [found[place[q.image_id]] for q in dataset.queries]
    else:
        put = frozen_maps(network, dataset, queries=True)
    first = aggregated.protocol_of(dataset)
    protocols = [first, *(p for p in dataset.protocols if p != first and p not in ("iconic", "category"))]
    return Asked(dataset, found, put, {f"mAP, {dataset.name}, {p}": ground_truth(dataset, p) for p in protocols})


def frozen_maps(network, dataset, queries=False):
    """Maps of the last layer that is not learnt."""
    longest = max(dataset.image(dataset.ids[0]).shape[:2])
    return maps(network, dataset, queries, SIDE if longest > SIDE else None, FROZEN[network.label])


def one_a_building(named):
    """The named buildings with one query each, so that the queries differ: their first view."""
    return replace(named, queries=[q for q in named.queries if named.details[q.image_id]["view"] == 0])


def thinned(dataset, most=500):
    """A part of a large set: as many images at equal steps, and the queries that still have a positive, as many at most."""
    step = max(1, -(-len(dataset.ids) // most))
    kept = np.arange(0, len(dataset.ids), step)
    place = np.full(len(dataset.ids), -1)
    place[kept] = np.arange(len(kept))

    def part(found):
        positive, junk = (place[np.asarray(x, int)] for x in found)
        return Relevance(positive[positive >= 0], junk[junk >= 0])

    truth = {p: {q: part(found) for q, found in of.items()} for p, of in dataset.truth.items()}
    first = truth[aggregated.protocol_of(dataset)]
    asking = [q for q in dataset.queries if len(first[q.id].positive)]
    return replace(dataset, ids=[dataset.ids[i] for i in kept], truth=truth, queries=asking[:: max(1, -(-len(asking) // most))])


def roles(network, tier):
    """The sets that stand for Oxford, Paris and INSTRE of the deck: dict role -> Asked. In campus there is no set for Paris."""
    places = asked(network, load("places", tier=tier))
    if tier == "mini":
        return {"own": places, "other": asked(network, load("town-elsewhere")), "diverse": asked(network, one_a_building(load("named")))}
    if tier == "campus":
        return {"own": places, "diverse": asked(network, thinned(load("products", tier=tier)))}
    return {"own": places, "other": asked(network, load("rparis6k", tier=tier))}


def network_a(network):
    """Network A: the layers that are learnt, the plain sum, unit length."""
    return EndToEnd(layers_above(network.backbone, FROZEN[network.label], network.last), SPoC(prior=False))


def network_b(network, maps, seed=0):
    """Network B: as A, with a projection to more channels by random weights between them."""
    trunk = layers_above(network.backbone, FROZEN[network.label], network.last)
    with torch.no_grad():
        channels = trunk(torch.from_numpy(maps[0])[None]).shape[1]
    return EndToEnd(nn.Sequential(trunk, random_projection(channels, WIDE * channels, seed).requires_grad_(True)), SPoC(prior=False))


def vectors(model, maps):
    """float32 N x D of unit length."""
    return pool_maps(model, maps)


def score(model, one):
    """AP of each question by the first metric: float64 Q."""
    base, put = searched(model, one)
    return average_precision(rank(put @ base.T), one.first)


def searched(model, one):
    """Vectors of the images and of the questions: (float32 N x D, float32 Q x D). A question that is one of the images is not computed
    again."""
    base, place = vectors(model, one.maps), {id(x): i for i, x in enumerate(one.maps)}
    numbers = [place.get(id(x)) for x in one.questions]
    return base, vectors(model, one.questions) if None in numbers else base[numbers]


def results(name, model, one, seed=0):
    """Result for each metric of a set: dict metric -> Result."""
    base, put = searched(model, one)
    ranking = rank(put @ base.T)
    return {metric: Result(name, average_precision(ranking, truth), one.dataset.name, seed=seed, bytes_per_image=base.nbytes / len(base))
            for metric, truth in one.truth.items()}


def rows_from(table, found, one):
    """Rows of a table from what `results` gives."""
    shared = {"table": table, "queries": len(one.questions), "images": len(one.maps), "version": one.dataset.version, "ms_per_query": None}
    return [{**shared, "row": r.name, "metric": metric, "value": r.mean, "low": r.interval[0], "high": r.interval[1],
             "bytes_per_image": r.bytes_per_image} for metric, r in found.items()]


class Lists(NamedTuple):
    """Lists of the merged systems, the heads of which were matched.

    Attributes:
        asking: int64 L, images whose lists they are. scores: float64 N x N by the rule, -1 for pairs that were not looked at.
        matches: int64 L x HEAD, and images: int64 L x HEAD, whose they are, in the order of the merged list.
    """

    asking: np.ndarray
    scores: np.ndarray
    matches: np.ndarray
    images: np.ndarray


def lists(one, model, vocabulary, count=LISTS, head=HEAD, seed=0):
    """Merge SIFT words and vectors, and match the head of some images' lists, drawn at random.

    Args:
        one: Asked. model: the network as it is before the training. vocabulary: fitted, of words of SIFT.

    Returns:
        Lists. A pair has as many matches as agree on a homography, where it has at least SURE of them; else its bare matches: it cannot be
        a positive any more.
    """
    points, descriptors = aggregated.local(one.dataset)
    bags, found = BagOfWords(vocabulary).fit_transform(descriptors), vectors(model, one.maps)
    asking = np.sort(np.random.default_rng(seed).choice(len(found), min(count, len(found)), replace=False))
    cosine = found[asking] @ found.T
    merged = fuse([(bags[asking] @ bags.T).toarray(), cosine])
    merged[np.arange(len(asking)), asking] = -1
    images = rank(merged)[:, :head]
    matches = np.stack([counted(points, descriptors, a, near, seed) for a, near in zip(asking, images, strict=True)])
    scores = np.full((len(found), len(found)), -1.0)
    scores[asking[:, None], images] = fused_score(matches, np.take_along_axis(cosine, images, axis=1))
    return Lists(asking, scores, matches, images)


def counted(points, descriptors, image, others, seed=0, sure=SURE):
    """Matches of an image with others: int64. See `lists`."""
    pairs = Matcher([descriptors[i] for i in others]).match(descriptors[image])
    found = np.array([len(p) for p in pairs])
    for k in np.flatnonzero(found >= sure):
        rng = np.random.default_rng([seed, int(image), int(others[k])])
        found[k] = verify(points[image], points[others[k]], pairs[k], rng, max_trials=200).count
    return found


def sift_words(tier, seed=0):
    """Words of SIFT, learnt elsewhere."""
    return words(aggregated.local(load("elsewhere", tier=tier))[1], SIFT_WORDS, seed)


def triplets(found, seed=0, held=0.2):
    """Triplets by the rule, from lists: (to learn from, to watch), of other lists each; None to watch where `held` is 0."""
    rng = np.random.default_rng(seed)
    apart = rng.permutation(found.asking)[: round(held * len(found.asking))]
    watched = np.isin(np.arange(len(found.scores)), apart)
    learnt, kept = (np.where(part[:, None], found.scores, -1.0) for part in (~watched, watched))
    return label_free_triplets(learnt, DRAWN, rng), label_free_triplets(kept, DRAWN // 10, rng) if held else None


def train(model, maps, learnt, test=None, schedule=SCHEDULE, margin=MARGIN, patience=None):
    """Train a copy of a network with triplets: (network, log list of dicts). Nothing is kept on the disk."""
    def of(m):
        return m, FromTriplets(m, maps, learnt, partial(triplet, margin=margin), schedule.batch)

    return _trained(model, of, test, schedule, patience)


def train_classes(model, maps, labels, test=None, schedule=SCHEDULE):
    """Train a copy of a network to tell classes apart, from true labels: (network, log). As `train`."""
    width = vectors(model, maps[:1]).shape[1]

    def of(m):
        task = FromClasses(m, maps, labels, width, 3 * schedule.batch)
        return task, task.loss

    return _trained(model, of, test, schedule, None)


def _trained(model, of, test, schedule, patience):
    model = deepcopy(model)
    whole, loss_of = of(model)
    torch.set_flush_denormal(True)  # triplets in order have gradients of almost nothing, with which a CPU is slow
    try:
        with TemporaryDirectory() as folder:
            minimise(whole, loss_of, schedule, folder, test=None if test is None else partial(test, model), progress=False,
                     patience=patience)
            log = [json.loads(line) for line in (Path(folder) / "log.jsonl").read_text().splitlines()]
    finally:
        torch.set_flush_denormal(False)
    return model.eval(), log


def without(found, hidden):
    """Lists in which some images do not occur, neither as those that ask nor as found ones: Lists.

    Args:
        hidden: bool N.
    """
    return found._replace(scores=np.where(hidden[:, None] | hidden[None], -1.0, found.scores))


def chosen_elsewhere(rates=RATES, lengths=LENGTHS, seed=0):
    """Rate and steps of the training, chosen without the town that is searched.

    Network A is taught on the painted town elsewhere, twice: each time without half of its labelled buildings, whose pictures then ask.
    So every question is about a building that the network was not taught. Labels only say what is left out.

    Returns:
        (rate, steps, dict (rate, steps) -> gain in AP of each question, float64 Q). Of equal ones the smaller rate, then fewer steps.
    """
    network = networks("mini")[0]
    one, before = asked(network, load("town-elsewhere")), network_a(network)
    found, start = lists(one, before, sift_words("mini", seed), len(one.maps), seed=seed), score(before, one)
    building = np.array([one.dataset.groups[i] or "" for i in one.dataset.ids])
    asking = questions(one.dataset)[0]
    gains = {(rate, steps): np.full(len(asking), np.nan) for rate in rates for steps in lengths}
    for half in np.array_split(np.unique(building[asking]), 2):
        learnt, _ = triplets(without(found, np.isin(building, half)), seed, held=0)
        mine = np.isin(building[asking], half)
        for (rate, steps), gain in gains.items():
            plan = replace(SCHEDULE, rate=rate, steps=steps, check=steps, seed=seed)
            gain[mine] = (score(train(before, one.maps, learnt, schedule=plan)[0], one) - start)[mine]
    rate, steps = max(gains, key=lambda k: (np.nanmean(gains[k]), -k[0], -k[1]))
    return rate, steps, gains


def by_rate(network, sets, learnt, rates, start, steps=STEPS):
    """What the rate of learning does to network A, taught on `sets["own"]`, whose triplets `learnt` are: for a figure behind the fact;
    nothing is chosen by it.

    Args:
        start: dict role -> AP of each question before the training.

    Returns:
        dict rate -> (how far the weights went, dict role -> gain in AP of each question).
    """
    before, found = network_a(network), {}
    for rate in rates:
        model, _ = train(before, sets["own"].maps, learnt, schedule=replace(SCHEDULE, rate=rate, steps=steps, check=steps))
        found[rate] = moved(model, before), {role: score(model, one) - start[role] for role, one in sets.items()}
    return found


def labels_of(dataset):
    """A number for the true name of each picture: int64 N."""
    names = [dataset.groups[i] for i in dataset.ids]
    return np.unique(names, return_inverse=True)[1]


def baselines(network, one):
    """Networks A and B before any training: dict name -> network."""
    return {"Baseline A": network_a(network), "Baseline B": network_b(network, one.maps)}


def table(name, tier, role, seed=0, classes=False):
    """Rows of one of the deck's tables: baselines, both networks trained on a set without labels, and, with `classes`, B with labels."""
    network = networks(tier)[0]
    sets, vocabulary = roles(network, tier), sift_words(tier, seed)
    one, models = sets[role], baselines(network, sets[role])
    learnt, _ = triplets(lists(one, models["Baseline A"], vocabulary, seed=seed), seed)
    for letter in "AB":
        models[f"(F)Network {letter}"] = train(models[f"Baseline {letter}"], one.maps, learnt)[0]
    if classes:
        models["(F+cl)Network B"] = train_classes(models["Baseline B"], one.maps, labels_of(one.dataset))[0]
    return [row for label, model in models.items() for other in sets.values()
            for row in rows_from(name, results(label, model, other, seed), other)]


if __name__ == "__main__":
    best, length, measured = chosen_elsewhere()
    for (rate, steps), gain in measured.items():
        print(f"rate {rate:g}, {steps} steps: gain in mAP {np.nanmean(gain):+.4f}")
    print(f"chosen: rate {best:g}, {length} steps; used: rate {RATE:g}, {STEPS} steps")
