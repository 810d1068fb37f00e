from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.evaluation import cumulative_table, evaluate
from visret_lab.protocols import Query, Relevance


def tiny_set():
    truth = {"a": Relevance(np.array([1]), np.array([0])), "b": Relevance(np.array([0, 2]), np.array([], int))}
    return SimpleNamespace(name="tiny", ids=["x", "y", "z"], queries=[Query("a", "x"), Query("b", "y")], default_protocol="p",
                           relevant=lambda query, protocol: truth[query.id])


SCORES = np.array([[0.9, 0.5, 0.1], [0.3, 0.2, 0.1]])


def test_similarities_and_rankings_agree():
    ranked = np.array([[0, 1, 2], [0, 1, 2]])
    by_score, by_rank = evaluate("m", SCORES, tiny_set()), evaluate("m", ranked, tiny_set())
    assert by_score.per_query.tolist() == by_rank.per_query.tolist()
    assert by_score.per_query[0] == 1  # the query's own image is junk, so the only positive comes first
    assert by_score.mean == pytest.approx(np.mean([1, (1 + (1 / 2 + 2 / 3) / 2) / 2]))


def test_the_table_shows_what_is_known():
    html = cumulative_table([evaluate("m", SCORES, tiny_set(), bytes_per_image=2048)])._repr_html_()
    assert "2,048" in html and ">-<" in html and "m" in html


@pytest.mark.parametrize(("scores", "words"), [
    (SCORES[:1], "one row a query"), (SCORES[:, :2], "whole database"), (np.array([[0, 1, 7], [0, 1, 2]]), "unknown"),
    (np.full((2, 3), np.nan), "no rank"),
])
def test_bad_scores(scores, words):
    with pytest.raises(ValueError, match=words):
        evaluate("m", scores, tiny_set())


def test_a_set_without_queries():
    empty = tiny_set()
    empty.queries = []
    with pytest.raises(ValueError, match="no queries"):
        evaluate("m", np.zeros((0, 3)), empty)
