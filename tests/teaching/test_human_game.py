import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from visret_lab.teaching.human_game import Round, human_game_html

RNG = np.random.default_rng(0)
PICTURES = {f"p{i}": RNG.integers(0, 256, (40, 60, 3)).astype(np.uint8) for i in range(6)}
EASY = [Round("A <b>ship</b></script> & the sea.", ("p0", "p1", "p2"), 2), Round("A tower.", ("p2", "p3", "p4"), 0)]


def a_set(rounds=EASY, picks=(2, 1), **more):
    return {"words": "three at random", "rounds": rounds, "picks": {"CCA": list(picks)}, "all": {"CCA": (0.75, 0.7, 0.8, 400)},
            "published": {"human": 0.889}, **more}


def data(html):
    return json.loads(re.search(r'class="hg-data">(.*?)</script>', html, re.S)[1].replace("<\\/", "</"))


def test_the_element_carries_the_rounds_and_needs_nothing_else():
    html = human_game_html(PICTURES.get, {"easy": a_set()})
    (one,) = data(html)["sets"]
    assert one["name"] == "easy" and [r["answer"] for r in one["rounds"]] == [2, 0]
    assert [r["picks"] for r in one["rounds"]] == [{"CCA": 2}, {"CCA": 1}]
    assert [r["candidates"] for r in one["rounds"]] == [[0, 1, 2], [2, 3, 4]]  # p2 is shown twice and carried once
    assert one["all"]["CCA"] == {"accuracy": 0.75, "low": 0.7, "high": 0.8, "rounds": 400} and one["published"] == {"human": 0.889}
    assert html.count("data:image/jpeg") == 5 and not re.search(r'(src|href)="(?!data:)', html) and "fetch(" not in html
    assert html == human_game_html(PICTURES.get, {"easy": a_set()})


def test_the_paintings_stand_in_the_order_of_their_numbers():
    html = human_game_html(PICTURES.get, {"easy": a_set()}, longest=30)
    uris = re.findall(r'data-painting="(\d+)"><img alt="painting \d+" src="data:image/jpeg;base64,([^"]+)"', html)
    assert [int(i) for i, _ in uris] == [0, 1, 2, 3, 4]
    third = np.asarray(Image.open(io.BytesIO(base64.b64decode(uris[2][1]))))
    assert third.shape == (20, 30, 3) and abs(third.mean() - PICTURES["p2"].mean()) < 8


def test_words_are_escaped_and_paper_has_its_own_version():
    html = human_game_html(PICTURES.get, {"easy": a_set(), "difficult": a_set()})
    assert "A &lt;b&gt;ship&lt;/b&gt;&lt;/script&gt; &amp; the sea. <b>Which of 1, 2, 3?</b>" in html and html.count("</script>") == 2
    assert "Answers, set difficult: 3, 3." in html and "CCA 75 % of 400 rounds" in html


def test_two_games_on_a_page_do_not_share_their_names():
    names = {re.search(r'<div id="(\w+)"', human_game_html(PICTURES.get, {"easy": a_set(picks=picks)}))[1] for picks in ((2, 1), (2, 0))}
    assert len(names) == 2


@pytest.mark.parametrize(("sets", "says"), [
    ({}, "at least one set"),
    ({"easy": a_set(rounds=[], picks=())}, "no round"),
    ({"easy": a_set(picks=(1,))}, "CCA plays 1 rounds"),
    ({"easy": a_set(picks=(1, 3))}, "Round 2 .* 3 is none"),
    ({"easy": a_set(rounds=[Round("", ("p0", "p1"), -1)], picks=(0,))}, "-1 is none")])
def test_bad_input_is_named(sets, says):
    with pytest.raises(ValueError, match=says):
        human_game_html(PICTURES.get, sets)
