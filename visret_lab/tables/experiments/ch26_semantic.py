"""The run of chapter 26: pictures that share a meaning, judged by sentences that no method has read.

mini: the 500 test scenes of the yard, MiniVGG's strips, shipped projections. campus: the 1,000 test photographs of Flickr8k with the
features that come with it; the projections are learnt here (a minute or two, once), with the constants of the yard's cards. Nothing
published is at hand to stand beside it. All else is chosen on the validation split.
"""

from typing import NamedTuple

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.crossmodal.captions import multimodal_query
from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.describers import (
    PICTURES, TO_IMAGE, TO_TEXT, agreement, any_triplets, correlation, gained, judged, score, similarities, summed,
)
from visret_lab.crossmodal.image_text import fingerprint, whitening
from visret_lab.crossmodal.ranks import both_ways, recall
from visret_lab.crossmodal.semantic_embedding import LOSSES, OUTPUTS, SCHEDULE, card, learn, load_semantic
from visret_lab.crossmodal.two_branch import TwoBranch
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.captions import load_captions
from visret_lab.evaluation import Result, bootstrap_interval
from visret_lab.files import replacing
from visret_lab.tables.experiments.ch24_two_branch import ground

TABLE = "semantic-retrieval"
RANDOM, FIXED, WHITENED, BY_CCA, DESCRIBER = "Random", "fixed vectors", "fixed vectors, whitened", "CCA", "another describer"
BY_LOSS = {"visual": "projections, L_v", "text": "projections, L_t1 + L_t2", "joint": "projections, all three"}
WAYS, AT = (PICTURES, TO_IMAGE, TO_TEXT), (1, 5, 10)
REGULARIZATION = {"yard": (0.003, 0.01, 0.03, 0.1), "flickr8k": (0.03, 0.1, 0.3)}
POWERS = (0.0, 1.0, 2.0, 4.0)
COMPONENTS = {"yard": 64}
TRIPLETS = 20000  # of which the agreement is counted
# Things to ask for: words of the captions.
THINGS = {"yard": ("umbrella", "dog", "horse", "bicycle", "kite", "balloon", "boat", "bench"),
          "flickr8k": ("dog", "ball", "beach", "snow", "bike", "girl", "mountain", "pool")}
RARE = 0.4  # a word that stands in the captions of more of the pictures is no fact about one of them


class Space(NamedTuple):
    """Two functions into one space. images: float32 N x D -> N x K, unit length. texts: the same for tf-idf, or None: pictures alone."""

    images: object
    texts: object = None


def chosen_cca(one, together=False):
    """A CCA of pictures and captions, learnt on the training split: (the best on the validation split, list of dicts of what was tried).

    It is chosen by the mean NDCG of the three searches, as the projections are. together: learn from the sum of each picture's sentences,
    and not, as in chapter 24, from each sentence beside its picture.
    """
    x, sentences, owner = one.split("train")
    pictures, texts = (x, summed(sentences, owner, len(x))) if together else (x[owner], sentences)
    held, tried, kept = judged(one, "val"), [], {}
    for share in REGULARIZATION.get(one.data.name, REGULARIZATION["yard"]):
        count = min(COMPONENTS.get(one.data.name, 128), texts.shape[1], x.shape[1], len(x) - 1)
        kept[share] = CCA(count, share).fit(pictures, texts)
        for power in POWERS:
            phi, theta = kept[share].set_params(power=power).transform(held.images, held.query)
            tried.append({"regularization": share, "power": power, "score": score(phi, theta, held.gains)})
    best = max(tried, key=lambda t: t["score"])
    return kept[best["regularization"]].set_params(power=best["power"]), tried


def networks(one, folder=None, schedule=SCHEDULE):
    """The three projections: dict loss -> TwoBranch. Of the yard they are shipped; of another set they are learnt, once, with the constants
    of the yard. folder: where they are kept; None: in the cache."""
    if one.data.name == "yard":
        return {loss: load_semantic(loss) for loss in LOSSES}
    found = {}
    for loss in LOSSES:
        told = constants(loss)
        name = "-".join([one.data.name, str(schedule.steps), loss, *map(str, told.values()), fingerprint(one)])
        found[loss] = _kept(one, cache_dir("training", "semantic", name) if folder is None else folder / loss, schedule, loss, told)
    return found


def _kept(one, folder, schedule, loss, told):
    """A network that was learnt before, or learn it now: the whitening of many sentences alone takes longer than to read it."""
    path = folder / "network.pt"
    if not path.is_file():
        network, _ = learn(one, folder, schedule, loss, **told)
        with replacing(path) as new:
            torch.save(network.state_dict(), new)
    network = TwoBranch(one.images.shape[1], len(one.text.vocabulary_), None, OUTPUTS)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def constants(loss):
    """What the projections were learnt with: dict of margin, gap and said, as the card says."""
    return {k: card(loss)[k] for k in ("margin", "gap", "said")}


def spaces(one, nets=None, cca=None):
    """All that is compared: dict row -> Space. nets: of `networks`; cca: of `chosen_cca`; None makes them."""
    nets = networks(one) if nets is None else nets
    cca = chosen_cca(one)[0] if cca is None else cca
    mean, matrix = whitening(one.split("train")[0])
    found = {FIXED: Space(l2_normalize), WHITENED: Space(lambda x: l2_normalize(((x - mean) @ matrix.T).astype(np.float32))),
             BY_CCA: Space(lambda x: cca.transform(x=x), lambda t: cca.transform(y=t))}
    return found | {BY_LOSS[loss]: Space(net.embed_images, net.embed_sentences if LOSSES[loss][1] else None) for loss, net in nets.items()}


def searches(one, found, split="test", seed=0):
    """Similarities of all rows: dict row -> dict way -> float32 I x I; with those of chance, and of the other describer.

    Text to image, the other describer has written one sentence about each picture, and the sentences are searched.
    """
    held, rng = judged(one, split), np.random.default_rng(seed)
    many = len(held.images)
    rows = {RANDOM: {way: rng.random((many, many), np.float32) for way in WAYS}}
    for row, space in found.items():
        rows[row] = similarities(space.images(held.images), None if space.texts is None else space.texts(held.query))
    by_words = held.query @ held.other.T
    return rows | {DESCRIBER: {PICTURES: held.described @ held.described.T, TO_IMAGE: by_words, TO_TEXT: by_words.T}}


def results(rows, gains, seed=0):
    """What came out, query by query: dict row -> dict (measure, way) -> float64. Measures: "NDCG", "Pearson" and, over triplets,
    "agreement" of pictures with pictures."""
    triplets = any_triplets(np.random.default_rng(seed), len(gains), TRIPLETS)
    found = {}
    for row, ways in rows.items():
        found[row] = {("NDCG", way): gained(s, gains, alone=way == PICTURES) for way, s in ways.items()}
        found[row]["Pearson", PICTURES] = correlation(ways[PICTURES], gains)
        found[row]["agreement", PICTURES] = agreement(gains, ways[PICTURES], triplets)[0]
    return found


def places(one, found, split="test"):
    """Places of the own picture and the own sentences, as in chapter 24, with all sentences: dict row -> dict way -> int64."""
    x, sentences, owner = one.split(split)
    return {row: both_ways(space.texts(sentences) @ space.images(x).T, owner) for row, space in found.items() if space.texts is not None}


def as_results(ranked, name):
    """The rows of the course's own table: list of Result. With one right answer the average precision of a question is 1 / place."""
    return [Result(row, 1.0 / ways[TO_IMAGE], name, TO_IMAGE) for row, ways in ranked.items()]


def facts(one, split="test"):
    """What is known of each picture: (list of names, bool I x F).

    Of painted scenes the truth: place and things, worn ones left out. Of photographs what at least two of their sentences say, words of
    more than a share RARE of the pictures left out.
    """
    rows = one.data.splits[split]
    if one.data.details:
        told = [one.data.details[one.data.ids[i]] for i in rows]
        told = [{d["place"], *(t["noun"] for t in d["things"] if t["kind"] != "clothing")} for d in told]
        names = sorted(set().union(*told))
        return names, np.array([[name in one_ for name in names] for one_ in told])
    _, sentences, owner = one.split(split)
    twice = np.zeros((len(rows), sentences.shape[1]), np.int64)
    np.add.at(twice, owner, sentences > 0)
    has = twice >= 2
    kept = has.any(axis=0) & (has.mean(axis=0) <= RARE)
    return [str(name) for name in one.text.get_feature_names_out()[kept]], has[:, kept]


def asked(phi, theta, has, column, weight, minus=False, k=5):
    """Ask for pictures as each that has no such thing, "+ thing"; or, `minus`, as each that has it, "- thing".

    Args:
        phi: float32 I x K, all pictures. theta: float32 K, the word for the thing. has: bool I x F, of `facts`; column: of the thing.
        weight: of the word.

    Returns:
        (float64 Q: the share of the first k that have the thing; float64 Q: the share of the picture's other facts that they keep, nan
        where it has none). The picture itself is not among them.
    """
    queries = np.flatnonzero(has[:, column] == minus)
    s = multimodal_query(phi[queries], weight=weight, **{"minus" if minus else "plus": theta}) @ phi.T
    s[np.arange(len(queries)), queries] = -np.inf
    first = np.argpartition(-s, k - 1, axis=1)[:, :k]
    others = np.delete(has, column, axis=1)
    own = others[queries]
    kept = (others[first] & own[:, None]).sum(axis=2) / np.maximum(own.sum(axis=1), 1)[:, None]
    return has[first, column].mean(axis=1), np.where(own.any(axis=1), kept.mean(axis=1), np.nan)


def curve(one, space, known, words, weights, minus=False, split="test"):
    """`asked` over several things: float64 W x 2, by weight, means over all pictures and things (what was asked, what was kept).

    Args:
        space: Space with texts. known: of `facts`. words: of its names. weights: W numbers.
    """
    names, has = known
    phi, theta = space.images(one.split(split)[0]), space.texts(one.text.transform(list(words)))
    got = [[asked(phi, t, has, names.index(word), weight, minus) for word, t in zip(words, theta, strict=True)] for weight in weights]
    return np.array([[np.nanmean(np.concatenate(part)) for part in zip(*row, strict=True)] for row in got])


def rows_of(found, ranked, name, images, seed=0):
    """Rows of the table from `results` and `places`, each with its interval."""
    rows = []
    for row, measured in found.items():
        values = {f"{measure}{'@10' if measure == 'NDCG' else ''}, {way}, {name}": v for (measure, way), v in measured.items()
                  if measure != "agreement"}  # its triplets are no queries
        for way, one_way in ranked.get(row, {}).items():
            values |= {f"R@{k}, {way}, {name}": recall(one_way, k) for k in AT}
        for metric, v in values.items():
            low, high = bootstrap_interval(v, seed=seed)
            rows.append({"table": TABLE, "row": row, "metric": metric, "value": float(np.mean(v)), "low": low, "high": high,
                         "queries": len(v), "images": images, "version": "1.0", "bytes_per_image": None, "ms_per_query": None})
    return rows


def run(tier, seed=0):
    """Rows of the table "semantic-retrieval". DataError: no folder with Flickr8k in the campus tier."""
    if tier == "full":
        return []
    one = ground(load_captions(tier=tier))
    found = spaces(one)
    measured = results(searches(one, found, seed=seed), judged(one).gains, seed)
    return rows_of(measured, places(one, found), one.data.name, len(one.data.splits["test"]), seed)
