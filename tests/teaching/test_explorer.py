import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.evaluation import average_precision
from visret_lab.protocols import Query, Relevance
from visret_lab.teaching.explorer import explorer_html

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (8, 30, 40, 3)).astype(np.uint8)
TRUTH = [Relevance(np.array([1, 2]), np.array([0])), Relevance(np.array([0, 3]), np.array([], int))]
RANKINGS = np.stack([RNG.permutation(8) for _ in range(2)])


def tiny():
    queries = [Query("<q>&", "0"), Query("b", "1")]
    return SimpleNamespace(name="tiny", ids=[str(i) for i in range(8)], queries=queries, default_protocol="p",
                           image=lambda i: IMAGES[int(i)], query_image=lambda q: IMAGES[int(q.image_id)],
                           relevant=lambda q, protocol: TRUTH[queries.index(q)])


def data(html):
    return json.loads(re.search(r'class="rx-data">(.*?)</script>', html, re.S)[1].replace("<\\/", "</"))


def test_the_element_needs_nothing_from_outside():
    html = explorer_html(tiny(), {"m": RANKINGS})
    assert not re.search(r'(src|href)="(?!data:)', html) and "@import" not in html and "fetch(" not in html


def test_scores_and_verdicts_are_the_packages():
    found = data(explorer_html(tiny(), {"m": RANKINGS}))
    for query, ap, ranking, truth in zip(found["queries"], average_precision(RANKINGS, TRUTH), RANKINGS, TRUTH, strict=True):
        assert query["lists"]["m"]["ap"] == pytest.approx(ap, abs=1e-6)
        kinds = [1 if i in truth.positive else 2 if i in truth.junk else 0 for i in ranking]
        assert [v for _, v in query["lists"]["m"]["top"]] == kinds


def test_one_right_answer_can_be_scored_by_its_place():
    truth = [Relevance(np.array([5]), np.zeros(0, int)), Relevance(np.array([2]), np.zeros(0, int))]
    one = tiny()
    one.relevant = lambda query, protocol: truth[one.queries.index(query)]
    found = data(explorer_html(one, {"m": RANKINGS}, kind="finite_sum"))
    assert found["kind"] == "finite_sum" and data(explorer_html(one, {"m": RANKINGS}))["kind"] == "trapezoid"
    for query, ranking, t in zip(found["queries"], RANKINGS, truth, strict=True):
        place = 1 + ranking.tolist().index(t.positive[0])
        assert query["lists"]["m"]["ap"] == pytest.approx(1 / place, abs=1e-6)
    with pytest.raises(ValueError, match="finite_sum"):
        explorer_html(tiny(), {"m": RANKINGS}, kind="sum")


def test_a_question_that_is_a_sentence_can_be_read():
    one = tiny()
    assert "text" not in data(explorer_html(one, {"m": RANKINGS}))["queries"][0]
    one.query_text = lambda query: f"a <dog> & {query.id}"
    html = explorer_html(one, {"m": RANKINGS})
    assert data(html)["queries"][1]["text"] == "a <dog> & b" and "a &lt;dog&gt; &amp; &lt;q&gt;&amp;" in html.split('class="rx-print">')[1]


def test_the_same_input_gives_the_same_element_and_names_are_escaped():
    html = explorer_html(tiny(), {"m </script>": RANKINGS})
    assert html == explorer_html(tiny(), {"m </script>": RANKINGS})
    assert html.count("</script>") == 2 and "&lt;q&gt;&amp;" in html


def test_two_explorers_have_two_names():
    ids = [re.search(r'<div id="(\w+)"', explorer_html(tiny(), {m: RANKINGS}))[1] for m in ("a", "b")]
    assert ids[0] != ids[1]


def test_bad_input():
    with pytest.raises(ValueError, match="at least one method"):
        explorer_html(tiny(), {})
    with pytest.raises(ValueError, match="Q = 2"):
        explorer_html(tiny(), {"m": RANKINGS[:1]})


def test_the_two_methods_that_are_shown_first_can_be_named_and_stand_on_paper():
    from visret_lab.teaching.explorer import element

    ranked = {"ap": 0.5, "top": [["t", 1]], "hits": [0]}
    data = {"set": "s", "protocol": "p", "methods": ["one", "two", "three"], "k": 1, "start": ["three", "one"], "thumbs": {"t": "data:,"},
            "queries": [{"id": "q", "group": "g", "image": "t", "positives": 1, "lists": dict.fromkeys(("one", "two", "three"), ranked)}]}
    paper = element(data).split('class="rx-print">')[1].split("<script")[0]
    assert paper.index("three, AP 0.500") < paper.index("one, AP 0.500") and "two, AP" not in paper
    assert "two, AP 0.500" in element({k: v for k, v in data.items() if k != "start"})
