"""Races of chapter 19: scores on one scale, against scikit-learn and SciPy."""

from functools import cache

import numpy as np
from scipy.stats import rankdata, zscore
from sklearn.preprocessing import minmax_scale

from visret_lab.bench.race import Race
from visret_lab.rerank.fusion import normalized


def races(small=False):
    """The races of this chapter; `small` for tests."""
    queries, images = (5, 200) if small else (200, 20_000)

    @cache
    def scores():
        return np.random.default_rng(0).normal(size=(queries, images))

    rules = (("minmax", "sklearn.preprocessing.minmax_scale", lambda: minmax_scale(scores(), axis=1)),
             ("z", "scipy.stats.zscore", lambda: zscore(scores(), axis=1)),
             ("ranks", "scipy.stats.rankdata", lambda: 1 / (60 + rankdata(-scores(), axis=1))))
    return [Race(f"{rule} of {queries} queries, {images:,} images", "19_fusion_label_free", reference,
                 ours=lambda rule=rule: normalized(scores(), rule), theirs=theirs, target=0.2 if small else 0.5, tolerance=1e-9)
            for rule, reference, theirs in rules]
