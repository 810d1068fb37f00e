"""The run of chapter 09: image vectors of 4,096 numbers made short by PCA, whitened, and where the PCA was learnt."""

from dataclasses import replace

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.compact.learned_whitening import LearnedWhitening
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.vlad import VLAD
from visret_lab.evaluation import evaluate, ground_truth
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.neighbours import windows

TABLE = "compact"
SIZES = (256, 128, 64, 32, 16)
SIDES = (0.5, 0.8)  # of a window, as shares of the field that the points cover
FEWEST = 10  # descriptors that a window must hold


def encoders(train, seed=0):
    """VLAD and Fisher vectors of 4,096 numbers, learnt from `train`, a list of descriptor sets: dict name -> fitted encoder."""
    return {"VLAD": VLAD(n_words=32, seed=seed).fit(train), "Fisher": FisherVector(32, pca=64, seed=seed).fit(train)}


def vectors(encoder, dataset):
    """Vectors of the images and of the queries of a set: (float32 N x D, float32 Q x D)."""
    return tuple(encoder.transform(aggregated.local(dataset, queries)[1]) for queries in (False, True))


def parts_of(points, descriptors, count, seed=0):
    """Windows of images: (list of descriptor sets; int64, the image of each). Arguments as `neighbours.windows`."""
    found = list(windows(points, descriptors, count, SIDES, FEWEST, seed))
    return [part for _, parts in found for part in parts], np.repeat([i for i, _ in found], [len(p) for _, p in found]).astype(np.int64)


def training(encoder, elsewhere, count=None, seed=0):
    """What a PCA may learn from: the images of a set, and windows of them.

    Args:
        count: windows an image; None for about 900 in all, but at least one an image.

    Returns:
        (float32 n x D, rows of images first, then windows, without zero rows; int64 n, the image of each row; images, how many
        rows are whole images).
    """
    points, descriptors = aggregated.local(elsewhere)
    has = np.array([i for i, d in enumerate(descriptors) if len(d)])
    parts, owners = parts_of(points, descriptors, count or max(1, 900 // len(descriptors)), seed)
    whole = encoder.transform([descriptors[i] for i in has])
    return np.concatenate([whole, encoder.transform(parts)]) if parts else whole, np.concatenate([has, owners]), len(has)


def reduced(reducer, name, database, queries, dataset, protocol=None, seed=0):
    """Search with reduced vectors: (Result, similarities). The time of a query is that of reducing and comparing it."""
    small = reducer.transform(database)
    asked, turning = aggregated.fastest(lambda: reducer.transform(queries))
    similarities, comparing = aggregated.compare_all(asked, small)
    return evaluate(name, similarities, dataset, protocol, bytes_per_image=small.nbytes / len(small),
                    ms_per_query=comparing + 1000 * turning / len(asked), seed=seed), similarities


def by_size(fitted, database, queries, dataset, sizes=SIZES, powers=(0.0, 0.25, 0.5), protocol=None, seed=0):
    """Results of the first components of a fitted PCA: dict (size, power) -> Result. Sizes that it does not have are left out."""
    return {(d, p): reduced(fitted.first(d, p), f"{d}, power {p:g}", database, queries, dataset, protocol, seed)[0]
            for d in sizes if d <= len(fitted.components_) for p in powers}


def unseen_energy(fitted, x, sizes):
    """Share of the energy of other rows, about the mean that was learnt, that the first components keep: list of float."""
    x = l2_normalize(x[x.any(axis=1)]) if fitted.l2_before else x
    away = x - fitted.mean_
    kept = ((away @ fitted.components_.T).astype(np.float64) ** 2).sum(axis=0)
    return [float(kept[:d].sum() / (away.astype(np.float64) ** 2).sum()) for d in sizes]


def without_own(database, queries, dataset, sizes, power=0.25, protocol=None, seed=0):
    """PCA learnt on the searched set, but for each query without every image that is a positive or junk of its group.

    What remains has been seen; what is asked for has not.

    Returns:
        dict size -> Result.
    """
    protocol = protocol or dataset.default_protocol
    groups, own = [q.group for q in dataset.queries], {}
    for group, (positive, junk) in zip(groups, ground_truth(dataset, protocol), strict=True):
        own.setdefault(group, set()).update([*positive.tolist(), *junk.tolist()])
    similarities = {d: np.zeros((len(queries), len(database)), np.float32) for d in sizes}
    for group, members in own.items():
        rest = np.setdiff1d(np.arange(len(database)), list(members))
        fitted = PCA(max(sizes), l2_before=True, l2_after=True).fit(database[rest])
        asking = [i for i, g in enumerate(groups) if g == group]
        for d in sizes:
            small = fitted.first(d, power)
            similarities[d][asking] = small.transform(queries[asking]) @ small.transform(database).T
    return {d: evaluate(f"{d}, without its own", s, dataset, protocol, seed=seed) for d, s in similarities.items()}


def matching_pairs(elsewhere, owners, images):
    """Pairs of rows of `training` that show one thing.

    Where the set names its objects (`groups`): all pairs of images of one. Otherwise, as a substitute: an image and a window of it.

    Args:
        owners, images: of `training`.

    Returns:
        (int64 P x 2, "views of one landmark" or "an image and a window of it").
    """
    groups = getattr(elsewhere, "groups", None) or {}
    members = {}
    for row in range(images):
        group = groups.get(elsewhere.ids[owners[row]])
        if group is not None:
            members.setdefault(group, []).append(row)
    pairs = [(a, b) for rows in members.values() for a in rows for b in rows if a < b]
    if pairs:
        return np.array(pairs, np.int64), "views of one landmark"
    return window_pairs(owners, images), "an image and a window of it"


def window_pairs(owners, images):
    """Pairs (image, window of it) of rows of `training`: int64 P x 2."""
    row_of = {owner: row for row, owner in enumerate(owners[:images])}
    return np.array([(row_of[owner], row) for row, owner in enumerate(owners) if row >= images], np.int64).reshape(-1, 2)


class Chain:
    """A PCA to a few hundred numbers, then a LearnedWhitening of these: one `transform`."""

    def __init__(self, pca, whitening):
        self.pca, self.whitening = pca, whitening

    def transform(self, x):
        """float N x D -> float32 N x d'."""
        return self.whitening.transform(self.pca.transform(x))


def learned(fitted, rows, pairs, inner, count, shrinkage=0.0):
    """Learned whitening behind the first `inner` components of a fitted PCA, with the pairs of `rows`: Chain."""
    pca = fitted.first(inner).set_params(l2_after=False)
    return Chain(pca, LearnedWhitening(count, shrinkage=shrinkage).fit(pca.transform(rows), pairs))


class OfDescriptors:
    """A PCA of the local descriptors, then an encoder of what it gives: an encoder with its `transform`."""

    def __init__(self, pca, encoder):
        self.pca, self.encoder = pca, encoder

    def transform(self, descriptors):
        """What the encoder makes of the reduced descriptors. Args: descriptors: list of float32 N_i x D; sets may be empty."""
        return self.encoder.transform([self.pca.transform(d) for d in descriptors])


def of_descriptors(train, sizes=(128, 64, 32, 16), power=0.0, words=32, seed=0):
    """VLAD behind a PCA of its descriptors, learnt from `train`, a list of descriptor sets: dict size -> OfDescriptors."""
    rows = np.concatenate(train)
    whole, made = PCA(max(sizes), power=power).fit(rows), {}
    for d in sizes:
        pca = whole.first(d, power)
        made[d] = OfDescriptors(pca, VLAD(n_words=words, seed=seed).fit([pca.transform(t) for t in train]))
    return made


def results(dataset, elsewhere, seed=0, protocol=None, powers=(0.0, 0.25, 0.5), sizes=SIZES):
    """VLAD and Fisher vectors whole, and by their first components; everything is learnt on `elsewhere`.

    Returns:
        (dict (method, size, power) -> Result, with size 4096 and power None for the whole vector; dict method -> (vectors of the
        images, vectors of the queries, vectors of the other set's images, fitted PCA)).
    """
    found, kept, train = {}, {}, aggregated.local(elsewhere)[1]
    for name, encoder in encoders(train, seed).items():
        database, queries = vectors(encoder, dataset)
        learn = encoder.transform(train)
        fitted = PCA(l2_before=True, l2_after=True).fit(learn)
        kept[name] = database, queries, learn, fitted
        size = database.shape[1]
        found[name, size, None] = whole(name, database, queries, dataset, protocol, seed)
        for (d, p), result in by_size(fitted, database, queries, dataset, sizes, powers, protocol, seed).items():
            found[name, d, p] = replace(result, name=row_name(name, size, d, p))
    return found, kept


def whole(name, database, queries, dataset, protocol=None, seed=0):
    """Result of the vectors as they are."""
    similarities, comparing = aggregated.compare_all(queries, database)
    return evaluate(row_name(name, database.shape[1]), similarities, dataset, protocol, ms_per_query=comparing,
                    bytes_per_image=database.nbytes / len(database), seed=seed)


def row_name(name, size, kept=None, power=None):
    """What a row of the table is called: "VLAD, 4096 numbers", "VLAD, PCA 128", "VLAD, PCA 128 whitened (0.25)"."""
    if kept is None:
        return f"{name}, {size} numbers"
    return f"{name}, PCA {kept}" + (f" whitened ({power:g})" if power else "")


def run(tier, seed=0):
    """Rows of the table: both vectors whole and by size, half whitened; at 128 numbers also the other powers, and L_w."""
    elsewhere, rows = load("elsewhere", tier=tier), []
    made = encoders(aggregated.local(elsewhere)[1], seed)
    for name, encoder in made.items():
        learn, owners, images = training(encoder, elsewhere, seed=seed)
        fitted = PCA(l2_before=True, l2_after=True).fit(learn[:images])
        pairs, _ = matching_pairs(elsewhere, owners, images)
        reducers = {row_name(name, 4096, d, p): fitted.first(d, p) for d, p in
                    [(d, 0.25) for d in SIZES] + [(128, 0.0), (128, 0.5)] if d <= len(fitted.components_)}
        if len(fitted.components_) >= 128:
            reducers[f"{name}, PCA 128, learned whitening"] = learned(fitted, learn, pairs, 128, 128, shrinkage=0.5)
        for dataset in aggregated.sets(tier):
            protocol = aggregated.protocol_of(dataset)
            database, queries = vectors(encoder, dataset)
            rows += aggregated.rows_from(whole(name, database, queries, dataset, protocol, seed), queries @ database.T, dataset,
                                         seed, TABLE)
            for row, reducer in reducers.items():
                rows += aggregated.rows_from(*reduced(reducer, row, database, queries, dataset, protocol, seed), dataset, seed, TABLE)
    return rows
