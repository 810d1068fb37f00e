import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import rel_entr
from scipy.stats import pearsonr
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score

from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.semantic import MEASURES, SemanticMatching, correlation_matching


def articles(n=300, seed=0):
    """Two views of items of 4 categories: the categories show in both, and so does something that has nothing to do with them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, n)
    theme, other = rng.normal(size=(4, 5))[labels], 2 * rng.normal(size=(n, 3))
    return [np.hstack([theme + rng.normal(size=(n, 5)), other + 0.1 * rng.normal(size=(n, 3))]) @ rng.normal(size=(8, d)) for d in (9, 7)], labels


def same_category(a, b, labels):
    return np.mean([average_precision_score(labels == own, row) for own, row in zip(labels, MEASURES["NC"](a, b))])


def test_posteriors_find_the_category_where_the_correlation_finds_the_article():
    (x, y), labels = articles()
    train, test = slice(200), slice(200, 300)
    pairs = correlation_matching(3).fit(x[train], y[train]).transform(x[test], y[test])
    meant = SemanticMatching().fit(x[train], y[train], labels[train]).transform(x[test], y[test])
    article = [(MEASURES["NC"](*both).argmax(axis=1) == np.arange(100)).mean() for both in (pairs, meant)]
    kind = [same_category(*both, labels[test]) for both in (pairs, meant)]
    assert article[0] > article[1] and kind[1] > kind[0]


def test_scm_reads_the_projections_of_the_cca():
    (x, y), labels = articles()
    both = SemanticMatching(correlation_matching(3)).fit(x, y, labels)
    projected = CCA(3, power=0, l2=False).fit(x, y).transform(x, y)
    by_hand = SemanticMatching().fit(*projected, labels).transform(*projected)
    assert np.allclose(both.transform(x, y)[0], by_hand[0], atol=1e-4) and np.allclose(both.transform(y=y), by_hand[1], atol=1e-4)


def test_posteriors_are_those_of_the_equation():
    (x, y), labels = articles(120)
    cost = 0.5
    model = SemanticMatching(cost=cost).fit(x, y, labels)
    x = x.astype(np.float32).astype(np.float64)
    wide, scores = np.hstack([x, np.ones((len(x), 1))]), []
    for category in range(4):
        sign = np.where(labels == category, 1, -1)
        loss = lambda w, sign=sign: w @ w / 2 + cost * np.logaddexp(0, -sign * (wide @ w)).sum()
        scores.append(1 / (1 + np.exp(-wide @ minimize(loss, np.zeros(10), tol=1e-9).x)))
    wanted = np.array(scores).T / np.sum(scores, axis=0)[:, None]
    assert np.abs(model.transform(x) - wanted).max() < 2e-3  # LIBLINEAR stops early
    assert np.allclose(model.transform(y=y).sum(axis=1), 1, atol=1e-5) and model.classes_.tolist() == [0, 1, 2, 3]


def test_measures_by_their_definitions():
    rng = np.random.default_rng(0)
    a, b = (v / v.sum(axis=1, keepdims=True) for v in (rng.random((4, 6)), rng.random((5, 6))))
    wanted = {"NC": lambda p, q: p @ q / np.linalg.norm(p) / np.linalg.norm(q), "centred NC": lambda p, q: pearsonr(p, q)[0],
              "L1": lambda p, q: -np.abs(p - q).sum(), "L2": lambda p, q: -((p - q) ** 2).sum(), "KL": lambda p, q: -rel_entr(p, q).sum()}
    assert MEASURES.keys() == wanted.keys()
    for name, similarity in MEASURES.items():
        assert np.allclose(similarity(a, b), [[wanted[name](p, q) for q in b] for p in a], atol=1e-5), name


def test_a_row_that_knows_nothing_is_near_to_none_only_when_the_mean_goes():
    flat, sure = np.full((1, 10), 0.1), np.eye(10)[:1] * 0.6 + 0.04
    assert MEASURES["NC"](flat, sure)[0, 0] > 0.4 and abs(MEASURES["centred NC"](flat, sure)[0, 0]) < 1e-6


def test_zero_probabilities_and_empty_sides():
    assert MEASURES["KL"](np.eye(3), np.eye(3))[0].tolist() == pytest.approx([0, np.log(1e-12), np.log(1e-12)], rel=1e-4)
    for similarity in MEASURES.values():
        assert similarity(np.zeros((0, 3)), np.eye(3)).shape == (0, 3)


@pytest.mark.parametrize("made, words", [
    (lambda x, y, labels: SemanticMatching().fit(x, y[:-1], labels), "x has 300 rows, y has 299, and there are 300 labels"),
    (lambda x, y, labels: SemanticMatching().fit(x, y, labels[:-1]), "there are 299 labels"),
    (lambda x, y, labels: SemanticMatching().fit(x, y, labels % 2), "At least 3 categories are needed.*got 2"),
    (lambda x, y, labels: SemanticMatching(cost=0).fit(x, y, labels), "cost must be above 0; got 0"),
    (lambda x, y, labels: SemanticMatching().fit(x * np.nan, y, labels), "x has a value that is not finite"),
    (lambda x, y, labels: SemanticMatching().fit(x, y, labels).transform(), "needs x, or y, or both"),
    (lambda x, y, labels: SemanticMatching(correlation_matching()).fit(x, y, labels).transform(y=x), "9 columns, but 7 are expected"),
    (lambda x, y, labels: MEASURES["KL"](-np.eye(2), np.eye(2)), "no entry may be below 0"),
    (lambda x, y, labels: MEASURES["NC"](np.eye(2), np.eye(3)), "b has 3 columns, but 2 are expected"),
])
def test_bad_input_gets_words(made, words):
    (x, y), labels = articles()
    with pytest.raises(ValueError, match=words):
        made(x, y, labels)


def test_estimator_habits():
    model = SemanticMatching(correlation_matching(2), cost=3)
    assert clone(model).get_params()["cca__n_components"] == 2
    with pytest.raises(NotFittedError):
        model.transform(np.ones((2, 3)))
