"""Causes that lie behind the vector: where whitening was learnt, the rules of the set, the formula of AP, ties. For chapter 29."""

import numpy as np

from visret_lab.arrays import rank
from visret_lab.compact.pca import PCA
from visret_lab.evaluation import Result, average_precision, ground_truth
from visret_lab.evaluation.other_definitions import between_hits, divided_by_found, eleven_points
from visret_lab.evaluation.ties import rank_with_ties
from visret_lab.protocols import Relevance
from visret_lab.tables.experiments import aggregated, deep_features
from visret_lab.tables.experiments.ch29_ground import Case, measured, own_picture, vectors

CUT = 100  # images of a list that is cut
KEPT = (64, 32)  # numbers that a whitening keeps


def whitening(one):
    """Base: PCA-whitening learnt on another set, all components."""
    learn = vectors(one.network, one.elsewhere)
    pca = deep_features.whitening(learn, one.base, name=one.dataset.name)
    half = one.base[::2]
    ways = {"learnt on the searched set itself": _fit(one.base), "learnt on half of the searched set": _fit(half),
            "learnt on half as many images": _fit(learn[::2])}
    ways |= {f"{d} numbers kept in place of all": pca.first(d, 0.5).set_params(l2_after=True) for d in KEPT if d < len(pca.components_)}
    ways["not brought to length 1 afterwards"] = _fit(learn).set_params(l2_after=False)
    base = _searched(one, "whitened elsewhere", pca)
    cases = [Case("whitening", label, base, _searched(one, label, p)) for label, p in ways.items()]
    few = min(KEPT)
    if len(pca.components_) > few:
        short = [_searched(one, f"{few} numbers", p.first(few, 0.5).set_params(l2_after=True)) for p in (pca, _fit(one.base))]
        cases.append(Case("whitening", f"{few} numbers kept, learnt on the searched set", *short))
    return [*cases, Case("whitening", "left out", base, one.result)]


def by_components(one, sizes=(8, 16, 32, 64, 128, 256)):
    """GeM whitened with the first components, learnt elsewhere and learnt on the searched set itself.

    Returns:
        dict "elsewhere" | "searched set" -> dict components -> Result. Sizes that a PCA does not have are left out; all that it has is
        the last.
    """
    fitted = {"elsewhere": _fit(vectors(one.network, one.elsewhere)), "searched set": _fit(one.base)}
    return {name: {d: _searched(one, f"{d}, {name}", pca.first(d, 0.5).set_params(l2_after=True))
                   for d in (*(n for n in sizes if n < len(pca.components_)), len(pca.components_))} for name, pca in fitted.items()}


def corners(rows):
    """Smallest and largest similarity of two of the vectors that a full whitening was learnt from: (float, float).

    A PCA of n independent vectors has n - 1 directions. Whitened along all of them, the n vectors are the corners of a simplex: every
    two have the inner product -1 / (n - 1), however alike they were.
    """
    z = _fit(rows).transform(rows)
    pairs = (z @ z.T)[~np.eye(len(z), dtype=bool)]
    return float(pairs.min()), float(pairs.max())


def _fit(rows):
    return PCA(power=0.5, l2_before=True, l2_after=True).fit(rows)


def _searched(one, label, pca):
    return measured(label, one, pca.transform(one.base), pca.transform(one.asked))


def truth_of(one):
    """Relevance of every query under the protocol of the chapter: list."""
    return ground_truth(one.dataset, aggregated.protocol_of(one.dataset))


def formula(one):
    """One ranking, other formulas of average precision."""
    ranking, truth = rank(one.similarities), truth_of(one)
    values = {"finite sum": average_precision(ranking, truth, "finite_sum"), "eleven points": eleven_points(ranking, truth),
              "trapezoids from hit to hit": between_hits(ranking, truth),
              f"list cut at {CUT}": average_precision(ranking[:, :CUT], truth),
              f"list cut at {CUT}, divided by the found": divided_by_found(ranking[:, :CUT], truth)}
    return [Case("formula", label, one.result, Result(label, v)) for label, v in values.items()]


def rules(one):
    """One ranking, other rules: what is junk, what becomes of the query's own picture, which protocol."""
    ranking, truth = rank(one.similarities), truth_of(one)
    own, none = own_picture(one.dataset), np.array([], np.int64)
    shown = [np.array([i] if i >= 0 else [], np.int64) for i in own]
    ways = {"own picture left in, a positive": [Relevance(np.union1d(t.positive, s), np.setdiff1d(t.junk, s))
                                                for t, s in zip(truth, shown, strict=True)],
            "own picture left in, a negative": [Relevance(np.setdiff1d(t.positive, s), np.setdiff1d(t.junk, s))
                                                for t, s in zip(truth, shown, strict=True)]}
    if any(len(np.setdiff1d(t.junk, s)) for t, s in zip(truth, shown, strict=True)):
        kept = [np.intersect1d(t.junk, s) for t, s in zip(truth, shown, strict=True)]  # the own picture stays out in all of these
        ways["junk as negative"] = [Relevance(t.positive, k) for t, k in zip(truth, kept, strict=True)]
        ways["junk as positive"] = [Relevance(np.union1d(t.positive, np.setdiff1d(t.junk, k)), k)
                                    for t, k in zip(truth, kept, strict=True)]
        ways["junk removed for every second query only"] = [t if i % 2 == 0 else Relevance(t.positive, k)
                                                            for i, (t, k) in enumerate(zip(truth, kept, strict=True))]
        ways["junk and own picture as negatives"] = [Relevance(t.positive, none) for t in truth]
    cases = [Case("rules", label, one.result, Result(label, average_precision(ranking, t))) for label, t in ways.items()]
    used = aggregated.protocol_of(one.dataset)
    others = [p for p in one.dataset.protocols if p != used and len(one.dataset.protocols) > 2]
    return cases + [Case("rules", f"protocol {p} for {used}", one.result,
                         Result(p, average_precision(ranking, ground_truth(one.dataset, p)))) for p in others]


def bits_of(one):
    """Similarities of binary codes: bits that agree, one bit a direction of a PCA learnt elsewhere: int64 Q x N."""
    pca = PCA(l2_before=True).fit(vectors(one.network, one.elsewhere))
    a, b = (np.where(pca.transform(x) > 0, 1, -1) for x in (one.asked, one.base))
    return (a @ b.T + len(pca.components_)) // 2


def ties(one):
    """Binary codes, whose similarities are integers. Base: the lower id first."""
    bits, truth = bits_of(one), truth_of(one)
    made = {rule: Result(rule, average_precision(rank_with_ties(bits, rule, truth), truth))
            for rule in ("id", "reverse id", "against us", "for us")}
    return [Case("ties", f"{rule}, binary codes", made["id"], made[rule]) for rule in ("reverse id", "against us", "for us")]


