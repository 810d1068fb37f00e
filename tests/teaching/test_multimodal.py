import json
import re

import numpy as np
import pytest

from visret_lab.crossmodal.captions import multimodal_query
from visret_lab.crossmodal.text import TfIdf
from visret_lab.teaching.multimodal import Example, WordMap, multimodal_html
from visret_lab.teaching.multimodal.multimodal import packed, unpacked

RNG = np.random.default_rng(0)
KEYS = [f"p{i}" for i in range(14)]
PICTURES = {key: RNG.integers(0, 256, (30, 40, 3)).astype(np.uint8) for key in KEYS}
PHI = RNG.normal(size=(14, 5))
PHI = (PHI / np.linalg.norm(PHI, axis=1, keepdims=True)).astype(np.float32)
CAPTIONS = [f"Picture {i} <b>&</b></script>." for i in range(14)]
WORDS = WordMap(["dog", "red", "don't", "café"], np.array([2.0, 1.5, 3.0, 2.5]), RNG.normal(size=(5, 4)), RNG.normal(size=5) / 4)


def element(**options):
    return multimodal_html(PICTURES.get, KEYS, PHI, CAPTIONS, WORDS, **options)


def data(html, part="mm-data"):
    return json.loads(re.search(rf'class="{part}">(.*?)</script>', html, re.S)[1].replace("<\\/", "</"))


def test_theta_is_the_linear_map_of_tf_idf():
    model = TfIdf(dense=True).fit(["red dog", "red red cat", "blue"])
    weight, bias = RNG.normal(size=(3, len(model.vocabulary_))), RNG.normal(size=3)
    words = WordMap(model.vocabulary_.words, model.idf_, weight, bias)
    for text in ("Red dog", "dog dog CAT", "a blue thing"):
        whole = weight @ model.transform([text])[0] + bias
        assert np.allclose(words.theta(text), whole / np.linalg.norm(whole), atol=1e-6)
    assert words.theta("") is None and words.theta("🐕 собака") is None


def test_numbers_survive_the_packing():
    rows = RNG.normal(size=(7, 3)) * 40
    assert np.abs(unpacked(packed(rows)) - rows).max() <= np.abs(rows).max() / 32767 / 2 * 1.001
    assert (unpacked(packed(np.zeros((2, 2)))) == 0).all() and packed(rows)["rows"] == 7


def test_the_element_carries_pictures_and_words_and_needs_nothing_else():
    html = element(starts=["p3", "p0"], examples=[Example("p3", "dog", "red", 1.5)])
    told = data(html)
    assert told["starts"] == [3, 0] and told["captions"] == CAPTIONS and told["words"] == WORDS.words
    assert np.allclose(unpacked(told["phi"]), PHI, atol=1e-4) and np.allclose(unpacked(told["columns"]), WORDS.weight.T, atol=1e-3)
    assert np.allclose(unpacked(told["bias"])[0], WORDS.bias, atol=1e-4) and told["idf"] == WORDS.idf.tolist()
    assert told["examples"] == [{"start": 3, "plus": "dog", "minus": "red", "weight": 1.5}]
    assert len(data(html, "mm-pictures")) == 14 and not re.search(r'(src|href)="(?!data:)', html) and "fetch(" not in html
    assert html == element(starts=["p3", "p0"], examples=[Example("p3", "dog", "red", 1.5)])
    assert html.count("</script>") == 3 and "&lt;b&gt;&amp;&lt;/b&gt;" in html


def test_paper_shows_the_answers_of_the_query():
    html = element(examples=[Example("p2", "dog don't", "red", 0.7), Example(None, "café")])
    query = multimodal_query(PHI[2], WORDS.theta("dog don't"), WORDS.theta("red"), 0.7)
    first = [i for i in np.argsort(-(PHI @ query), kind="stable") if i != 2][:5]
    alone = np.argsort(-(PHI @ WORDS.theta("café")), kind="stable")[:5]
    pictures, shown = data(html, "mm-pictures"), re.findall(r'<img alt="[^"]*" src="(data:[^"]+)"', html)
    assert [pictures.index(uri) for uri in shown] == [2, *first, *alone]


def test_two_searches_on_a_page_do_not_share_their_names():
    names = {re.search(r'<div id="(\w+)"', element(starts=[key]))[1] for key in ("p0", "p1")}
    assert len(names) == 2


@pytest.mark.parametrize(("change", "says"), [
    ({"keys": KEYS[:-1]}, "got 13 keys"), ({"keys": ["p0", *KEYS[:-1]]}, r"14 keys \(13 different\)"),
    ({"captions": CAPTIONS[1:]}, "13 captions"), ({"words": WORDS._replace(bias=np.zeros(4))}, "a bias of 5"),
    ({"words": WORDS._replace(words=WORDS.words[1:])}, "map of 5 x 3"), ({"starts": ["q"]}, "'q', which is none of the 14"),
    ({"starts": ["p1"], "examples": [Example("p2", "dog")]}, "begins with 'p2'"),
    ({"examples": [Example("p2", "unicorn")]}, "No word of the example 'unicorn'"),
    ({"phi": PHI * np.nan}, "not finite")])
def test_bad_input_is_named(change, says):
    given = {"image": PICTURES.get, "keys": KEYS, "phi": PHI, "captions": CAPTIONS, "words": WORDS} | change
    with pytest.raises(ValueError, match=says):
        multimodal_html(**given)
