"""The run of chapter 24 on real articles: a picture asks for texts, a text asks for pictures (Rasiwasia et al., ACM Multimedia 2010).

What is relevant has the category of the query. The settings are those of the public Matlab scripts that go with these features; none was
chosen here: 5 components of the CCA for CM and 7 for SCM, one-against-rest logistic regression with C = 30, normalised correlation. The
articles come as features, and are no part of the mini tier.
"""

import numpy as np

from visret_lab.arrays import rank
from visret_lab.crossmodal.semantic import MEASURES, SemanticMatching, correlation_matching
from visret_lab.datasets.load import find_root
from visret_lab.datasets.wikipedia import load_wikipedia
from visret_lab.evaluation import Result, average_precision
from visret_lab.protocols import Relevance

TABLE = "wikipedia-articles"
COMPONENTS = {"CM": 5, "SCM": 7}
COST = 30.0
QUERIES = ("image query", "text query")


def spaces(articles):
    """Where pictures and texts of the test split lie in each method's space: dict name -> (float32 N x d, float32 N x d)."""
    x, y, categories = articles.part("train")
    images, texts, _ = articles.part("test")
    methods = {"CM": correlation_matching(COMPONENTS["CM"]).fit(x, y),
               "SM": SemanticMatching(cost=COST).fit(x, y, categories),
               "SCM": SemanticMatching(correlation_matching(COMPONENTS["SCM"]), COST).fit(x, y, categories)}
    return {name: method.transform(images, texts) for name, method in methods.items()}


def relevance(categories):
    """What answers each query: list of N Relevance. Args: categories: int N, of the test split. The article itself counts as well."""
    members = {c: np.flatnonzero(categories == c) for c in np.unique(categories)}
    return [Relevance(members[c], np.zeros(0, np.int64)) for c in categories]


def measured(name, images, texts, categories, measure="NC", seed=0):
    """Mean average precision (finite sum) in both directions: dict "image query", "text query" -> Result."""
    answers, similarity = relevance(categories), MEASURES[measure]
    sides = (images, texts), (texts, images)  # the query comes first
    return {query: Result(name, average_precision(rank(similarity(*pair)), answers, "finite_sum"), "wikipedia", query, seed=seed)
            for query, pair in zip(QUERIES, sides, strict=True)}


def results(articles, seed=0):
    """dict row -> dict "image query", "text query" -> Result, for chance, the three methods, and SM and SCM with the mean taken off."""
    categories = articles.part("test")[2]
    found = spaces(articles)
    rng = np.random.default_rng(seed)
    noise = [rng.normal(size=(len(categories), 10)).astype(np.float32) for _ in range(2)]
    rows = {"Random": measured("Random", *noise, categories, seed=seed)}
    rows |= {name: measured(name, *pair, categories, seed=seed) for name, pair in found.items()}
    for name in ("SM", "SCM"):
        rows[f"{name}, centred"] = measured(f"{name}, centred", *found[name], categories, "centred NC", seed)
    return rows


def rows_of(found):
    """Rows of the table from what `results` gave: each direction, and the average of both."""
    rows = []
    for name, both in found.items():
        shared = {"table": TABLE, "row": name}
        rows += [{**shared, "metric": f"mAP, {query}", "value": result.mean, "low": result.interval[0], "high": result.interval[1]}
                 for query, result in both.items()]
        rows.append({**shared, "metric": "mAP, average", "value": float(np.mean([result.mean for result in both.values()]))})
    return rows


def run(tier, seed=0):
    """Rows of the table; none in mini, where there are no such articles. DataError: no folder with them; it says which variable to set."""
    return [] if tier == "mini" else rows_of(results(load_wikipedia(find_root("wikipedia-crossmodal")), seed))
