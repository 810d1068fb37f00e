"""The search by a picture plus words, in a browser, from disk: it ranks as Python does, by keyboard alone, on a telephone, in the dark."""

import json
import re

import numpy as np
import pytest

from tests.site.conftest import assert_fits_a_telephone
from visret_lab.crossmodal.captions import multimodal_query
from visret_lab.crossmodal.text import tokens
from visret_lab.teaching.multimodal import Example, WordMap, multimodal_html

RNG = np.random.default_rng(1)
KEYS = list(range(40))
PHI = RNG.normal(size=(40, 16)).astype(np.float32)
PHI /= np.linalg.norm(PHI, axis=1, keepdims=True)
NAMES = ["dog", "red", "umbrella", "don't", "café", "собака", "🐕", "with", "1st"]
WORDS = WordMap(NAMES, RNG.uniform(1, 4, 9), RNG.normal(size=(16, 9)), RNG.normal(size=16) / 4)
CAPTIONS = [f"What number {i} shows." for i in KEYS]


@pytest.fixture
def element_html():
    return multimodal_html(lambda i: np.full((30, 40, 3), 5 * i, np.uint8), KEYS, PHI, CAPTIONS, WORDS,
                           examples=[Example(2, "umbrella", "dog", 1.4), Example(None, "red")])


def ranked(start, plus="", minus="", weight=1.0):
    """Ten nearest by Python, as (position, similarity)."""
    base = np.zeros(16, np.float32) if start is None else PHI[start]
    s = PHI @ multimodal_query(base, WORDS.theta(plus), WORDS.theta(minus), weight)
    return [(int(i), s[i]) for i in np.argsort(-s, kind="stable") if i != start][:10]


def shown(element):
    rows = element.locator(".mm-found li")
    return [(int(row.get_attribute("data-picture")), float(row.locator(".mm-place").inner_text().split()[1])) for row in rows.all()]


def assert_same(element, *question):
    got, wanted = shown(element), ranked(*question)
    assert [i for i, _ in got] == [i for i, _ in wanted]
    assert np.allclose([s for _, s in got], [s for _, s in wanted], atol=2e-3)


@pytest.mark.site
def test_the_page_ranks_as_python_does(opened_from_disk, element_html):
    page = opened_from_disk(element_html)
    element = page.locator(".multimodal")
    assert_same(element, 0)
    plus, minus = element.locator("input[type=text]").all()
    weight = element.locator("input[type=range]")
    rng = np.random.default_rng(2)
    for n in range(12):
        mixed = rng.permutation(NAMES)  # no word is both added and taken away
        words = [" ".join(mixed[:3][:rng.integers(1, 4)]), " ".join(mixed[3:6])]
        start = int(rng.integers(12)) if n % 3 else None
        element.locator(".mm-starts button").nth(12 if start is None else start).click()
        plus.fill(words[0].upper())
        minus.fill(words[1] if n % 2 else "")
        weight.fill(f"{0.3 * n + 0.1:.1f}" if n < 9 else "3")
        assert_same(element, start, words[0], words[1] if n % 2 else "", float(weight.input_value()))


@pytest.mark.site
def test_words_are_those_of_the_package(opened_from_disk, element_html):
    page = opened_from_disk(element_html)
    element = page.locator(".multimodal")
    plus, live = element.locator("input[type=text]").first, element.locator(".mm-live")
    for typed in ("Unicorn, well-known_thing", "DON’T cafe\u0301 🦄 🇫🇷 zwei", "собака犬 <img src=x onerror=alert(1)>", "1st 2nd",
                  "हिन्दी मौसम"):
        plus.fill(typed)
        unknown = list(dict.fromkeys(w for w in tokens(typed) if w not in NAMES))
        said = live.inner_text()
        assert re.findall("“([^”]*)”", said.split(".")[-2]) == unknown if unknown else "Not known" not in said
        known = [w for w in tokens(typed) if w in NAMES]
        assert_same(element, 0, " ".join(known)) if known else assert_same(element, 0)
    assert element.locator("img[src='x']").count() == 0


@pytest.mark.site
def test_an_empty_question_gets_a_plain_sentence(opened_from_disk, element_html):
    page = opened_from_disk(element_html)
    element = page.locator(".multimodal")
    plus, minus = element.locator("input[type=text]").all()
    live = element.locator(".mm-live")
    element.locator(".mm-starts button", has_text="no picture").click()
    assert "nothing to search with" in live.inner_text() and shown(element) == []
    plus.fill("unicorn 🦄")
    assert "nothing to search with" in live.inner_text() and "No word to add is known: “unicorn”, “🦄”" in live.inner_text()
    plus.fill("...")
    assert "There is no word in what is to be added" in live.inner_text()
    plus.fill("dog")
    assert_same(element, None, "dog")
    minus.fill("dog")
    assert "cancel out" in live.inner_text() and shown(element) == []


@pytest.mark.site
def test_by_keyboard_alone(opened_from_disk, element_html):
    page = opened_from_disk(element_html)
    element = page.locator(".multimodal")
    assert element.locator(".mm-live").get_attribute("aria-live") == "polite"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    assert_same(element, 2)
    for _ in range(11):
        page.keyboard.press("Tab")
    page.keyboard.type("umbrella")
    page.keyboard.press("Tab")
    page.keyboard.type("dog")
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert_same(element, 2, "umbrella", "dog", 1.4)
    asked = shown(element)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert_same(element, None, "red")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert shown(element) == asked


@pytest.mark.site
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_needs_no_scrolling_sideways(opened_from_disk, element_html, scheme):
    page = assert_fits_a_telephone(opened_from_disk, element_html, ".multimodal", scheme)
    page.locator(".multimodal input[type=text]").first.fill("w" * 200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.site
def test_without_scripts_the_examples_are_there(opened_from_disk, element_html):
    page = opened_from_disk(element_html, java_script_enabled=False)
    assert page.locator(".mm-print figure").count() == 6 + 5 and page.locator(".mm-print").is_visible()


@pytest.mark.site
def test_the_chapter_answers_its_ready_questions(html, page):
    chapter = html / "notebooks/26_semantic_retrieval.html"
    if not chapter.is_file():
        pytest.skip("the book was built without this chapter")
    page.goto(chapter.as_uri())
    element = page.locator(".multimodal").first
    told = json.loads(element.locator(".mm-data").text_content())
    for n, example in enumerate(told["examples"]):
        element.locator(".mm-examples button").nth(n).press("Enter")
        said = element.locator(".mm-live").inner_text()
        assert "ot known" not in said and len(shown(element)) == 10
        assert all(word in said for word in tokens(example["plus"]) + tokens(example["minus"]))
