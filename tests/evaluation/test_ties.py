import itertools

import numpy as np
import pytest

from visret_lab.arrays import rank
from visret_lab.evaluation import average_precision
from visret_lab.evaluation.ties import RULES, rank_with_ties, tied_share
from visret_lab.protocols import Relevance

SCORES = np.array([[2, 3, 2, 1, 3, 2]])
TRUTH = [Relevance(np.array([2, 4]), np.array([], np.int64))]


def test_each_rule():
    made = {rule: rank_with_ties(SCORES, rule, TRUTH)[0].tolist() for rule in RULES}
    assert made["id"] == [1, 4, 0, 2, 5, 3] == rank(SCORES)[0].tolist()
    assert made["reverse id"] == [4, 1, 5, 2, 0, 3] == np.argsort(SCORES[0], kind="stable")[::-1].tolist()
    assert made["against us"] == [1, 4, 0, 5, 2, 3] and made["for us"] == [4, 1, 2, 0, 5, 3]


def test_every_order_lies_between_the_ends():
    worst, best = (average_precision(rank_with_ties(SCORES, rule, TRUTH), TRUTH)[0] for rule in ("against us", "for us"))
    values = [average_precision(np.array([order]), TRUTH)[0] for order in itertools.permutations(range(6))
              if (np.diff(SCORES[0][list(order)]) <= 0).all()]
    assert worst == pytest.approx(min(values)) and best == pytest.approx(max(values)) and worst < best


def test_without_ties_all_rules_agree():
    scores = np.random.default_rng(0).permutation(20)[None]
    assert all((rank_with_ties(scores, rule, TRUTH) == rank(scores)).all() for rule in RULES)


def test_tied_share():
    assert tied_share(SCORES, TRUTH) == 1
    assert tied_share(SCORES, [Relevance(np.array([2, 3]), np.array([], np.int64))]) == 0.5
    assert tied_share(SCORES, [Relevance(np.array([2]), np.array([0, 5]))]) == 0  # it ties with junk only
    assert tied_share(SCORES, [Relevance(np.array([], np.int64), np.array([], np.int64))]) == 0


@pytest.mark.parametrize(("call", "says"), [
    (lambda: rank_with_ties(SCORES, "random"), "no rule 'random'"),
    (lambda: rank_with_ties(SCORES, "for us"), "one Relevance a row"),
    (lambda: rank_with_ties(np.array([[np.nan, 1.0]]), "reverse id"), "NaN has no rank"),
    (lambda: rank_with_ties(np.array([[np.nan, 1.0]])), "NaN has no rank")])
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()
