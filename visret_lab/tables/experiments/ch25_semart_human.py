"""Chapter 25, the human game: ten paintings, one comment. Easy: ten at random; difficult: ten of one type.

The models play a round for every test painting of each set; the page has some of these paintings for the reader, and the models play the
reader's rounds, too. As in the paper, comment and title are given, but no attribute.
"""

import numpy as np

from visret_lab.crossmodal.margin_weights import ATTRIBUTES, card
from visret_lab.evaluation import bootstrap_interval
from visret_lab.tables import reproduce
from visret_lab.tables.experiments import ch25_semart
from visret_lab.teaching.human_game import Round

TABLE = "semart-human"
SETS = {"easy": "ten paintings at random", "difficult": "ten paintings of one type"}
CHOICES = 10


def candidates(types, kind, rng, choices=CHOICES):
    """For every painting a round: which ones are shown.

    Args:
        types: list of str, the type of each painting. kind: "easy" or "difficult". rng: numpy Generator. choices: paintings of a round.

    Returns:
        int64 N x choices, the right one first; no painting stands in a round twice.

    Raises:
        ValueError: another kind, or fewer paintings (of a type) than a round needs.
    """
    if kind not in SETS:
        raise ValueError(f"The sets are {', '.join(SETS)}; got {kind!r}.")
    types, rows = np.asarray(types), []
    for i, own in enumerate(types):
        pool = np.flatnonzero(types == own) if kind == "difficult" else np.arange(len(types))
        if len(pool) < choices:
            of_type = f" of the type {own}" if kind == "difficult" else ""
            raise ValueError(f"A round needs {choices} paintings; there are {len(pool)}{of_type}.")
        rows.append([i, *rng.choice(pool[pool != i], choices - 1, replace=False)])
    return np.array(rows, np.int64)


def right(similarity, shown):
    """Whether the painting that belongs to the comment is the most similar of those shown: float64 N, 1 or 0; a tie is no hit.

    Args:
        similarity: float texts x pictures. shown: int N x choices, as `candidates` gives them: comment i belongs to shown[i, 0] = i.
    """
    own = np.take_along_axis(similarity[shown[:, 0]], shown, axis=1)
    return (own[:, :1] > own[:, 1:]).all(axis=1).astype(np.float64)


def accuracies(found, types, seed=0):
    """dict set -> dict row -> float64 N, hits of all rounds. Args: found: dict row -> similarities of the test split."""
    sets = {kind: candidates(types, kind, np.random.default_rng([seed, 25, i])) for i, kind in enumerate(SETS)}
    return {kind: {row: right(similarity, shown) for row, similarity in found.items()} for kind, shown in sets.items()}


def best_attribute(one):
    """The attribute whose network is best on the validation paintings: "AMD, type" for example."""
    return max((f"AMD, {field}" for field in ATTRIBUTES), key=lambda row: card(ch25_semart.MARGIN_ROWS[row])["score on val"])


def page_rounds(types, seed=0, choices=CHOICES):
    """Rounds for the page, from a few paintings that are used again: ten of each type; each is shown once in either set.

    Returns:
        dict set -> list of (candidates int64 choices, answer).

    Raises:
        ValueError: fewer than ten paintings of a type.
    """
    rng, types = np.random.default_rng([seed, 52]), np.asarray(types)
    groups = []
    for kind in sorted(set(types)):
        pool = np.flatnonzero(types == kind)
        if len(pool) < choices:
            raise ValueError(f"The page needs {choices} paintings of the type {kind}; there are {len(pool)}.")
        groups.append(rng.choice(pool, choices, replace=False))
    mixed = rng.permutation(np.concatenate(groups)).reshape(-1, choices)
    return {"easy": [(row, int(rng.integers(choices))) for row in mixed],
            "difficult": [(row, int(rng.integers(choices))) for row in rng.permutation(np.stack(groups))]}


def game(one, found, models, seed=0):
    """What `human_game` needs: dict set -> dict.

    Args:
        one: Ground. found: dict row -> similarities of the test split. models: dict name on the page -> row.
    """
    test = one.split("test")
    types, found = [one.paintings.paintings[i].type for i in test], {name: found[row] for name, row in models.items()}
    hits, rounds, sets = accuracies(found, types, seed), page_rounds(types, seed), {}
    for kind, words in SETS.items():
        asked = rounds[kind]
        picks = {name: [int(np.argmax(s[shown[answer], shown])) for shown, answer in asked] for name, s in found.items()}
        sets[kind] = {"words": words, "picks": picks, "published": published(kind),
                      "rounds": [Round(said(one, test[shown[answer]]), tuple(map(int, test[shown])), answer) for shown, answer in asked],
                      "all": {name: (h.mean(), *bootstrap_interval(h, seed=seed), len(h)) for name, h in hits[kind].items()}}
    return sets


def said(one, position):
    """Title and comment of a painting, as the models get them: str."""
    painting = one.paintings.paintings[position]
    return f"{painting.title}. {painting.comment}"


def published(kind):
    """The published accuracies of a set: dict row -> float."""
    return {row["row"]: row["value"] for row in reproduce.published() if row["table"] == TABLE and row["metric"].endswith(f", {kind}")}


def names(found, one):
    """The rows that play, under the names of the published table where it has them: dict name of the table -> row."""
    amd = best_attribute(one)
    return {name: row for name, row in {"Random": "Random", "CCA": "CCA", "CML": "CML, BOW", amd: amd}.items() if row in found}


def run(tier, seed=0):
    """Rows of the table "semart-human": a round for each of the 400 test paintings, in either set."""
    if tier != "mini":
        return []
    one = ch25_semart.ground()
    found = ch25_semart.similarities(one, seed=seed)
    rows = []
    for kind, hits in accuracies(found, [one.paintings.paintings[i].type for i in one.split("test")], seed).items():
        for name, row in names(found, one).items():
            low, high = bootstrap_interval(hits[row], seed=seed)
            rows.append({"table": TABLE, "row": name, "metric": f"accuracy, ten paintings, {kind}, museum",
                         "value": float(hits[row].mean()), "low": low, "high": high, "queries": len(hits[row]), "images": CHOICES,
                         "version": "1.0", "bytes_per_image": None, "ms_per_query": None})
    return rows
