"""What moves in the built book, in a browser, opened from disk: mathematics, search, explorers, quizzes, calculators."""

import json
import re

import numpy as np
import pytest

from visret_lab.evaluation.average_precision import from_ranks
from visret_lab.teaching.explorer import element


@pytest.mark.site
def test_mathematics_is_typeset(html, page):
    page.goto((html / "notebooks/01_evaluation.html").as_uri())
    page.wait_for_selector("mjx-container", timeout=20_000)
    assert page.locator("mjx-container").count() > 10


@pytest.mark.site
def test_a_mark_stays_with_the_formula_before_it(html, browser):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto((html / "generated/instructors_guide.html").as_uri())
    page.wait_for_selector("mjx-container", timeout=20_000)
    page.wait_for_function("!document.querySelector('span.math:not(:has(mjx-container))')", timeout=20_000)
    page_formulas = page.locator("span.math").count()
    apart = []
    for width in (330, 350, 370, 390, 410):
        page.set_viewport_size({"width": width, "height": 800})
        apart.append(page.evaluate("""() => [...document.querySelectorAll("span.math")].filter(formula => {
            const text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), mark = document.createRange();
            text.currentNode = formula;
            while (text.nextNode() && formula.contains(text.currentNode));
            if (!/^[.,;:!?)]/.test(text.currentNode.data)) return false;
            mark.setStart(text.currentNode, 0);
            mark.setEnd(text.currentNode, 1);
            return mark.getBoundingClientRect().top > formula.getBoundingClientRect().bottom - 2;
        }).map(formula => formula.textContent)"""))
    context.close()
    assert page_formulas > 100
    assert apart == [[]] * 5


@pytest.mark.site
def test_shown_source_is_not_cut_on_a_phone_or_on_paper(html, page):
    """A name that is longer than the line is broken: paper does not scroll."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((html / "notebooks/24_image_text.html").as_uri())
    for media, shown in (("screen", ".cell_output .highlight pre"), ("print", "main .highlight pre")):  # on paper also what is typed
        page.emulate_media(media=media)
        assert page.locator(shown).count() > 3
        cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 40))"
        assert page.locator(shown).evaluate_all(cut) == []


@pytest.mark.site
def test_search_finds_a_word_from_disk(html, page):
    page.goto((html / "search.html").as_uri() + "?q=trapezoid")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert "valuation" in page.locator("#search-results").inner_text()


@pytest.mark.site
def test_the_rank_explorer_is_alive(html, page):
    page.goto((html / "notebooks/01_evaluation.html").as_uri())
    explorer = page.locator(".rank-explorer").first
    data = json.loads(explorer.locator(".rx-data").inner_text() or explorer.locator(".rx-data").text_content())
    second, method = data["queries"][1], data["methods"][0]
    buttons = explorer.locator(".rx-queries button")
    assert buttons.count() == len(data["queries"])
    buttons.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert buttons.nth(1).get_attribute("aria-pressed") == "true"
    assert explorer.locator(".rx-ap").first.inner_text() == f"{second['lists'][method]['ap']:.3f}"
    slider = explorer.locator("input[type=range]")
    slider.fill("5")
    assert explorer.locator(".rx-grid").first.locator("li").count() == 5
    # The AP that the steps add up to is the AP that the package computed.
    hits, n = second["lists"][method]["hits"], second["positives"]
    total = sum(((j / r if r else 1) + (j + 1) / (r + 1)) / 2 for j, r in enumerate(hits)) / n
    assert abs(total - second["lists"][method]["ap"]) < 1e-5


@pytest.mark.site
def test_the_calculator_says_the_same_with_and_without_its_script(html, browser):
    rows = []
    for enabled in (False, True):
        context = browser.new_context(java_script_enabled=enabled)
        opened = context.new_page()
        opened.goto((html / "generated/scale.html").as_uri())
        rows.append(opened.locator(".capacity tbody").inner_text())
        if enabled:
            slider = opened.locator('.capacity input[data-key="n"]')
            slider.focus()
            slider.press("Home")
            assert "10,000" in opened.locator('output[data-of="n"]').inner_text()
            assert "5.12 MB" in opened.locator(".capacity tbody").inner_text()  # 10,000 vectors of 512 bytes, compared exactly
            added = opened.locator(".capacity tbody tr").evaluate_all("rows => rows.map(row => row.lastElementChild.textContent)")
            assert len(added) == 4 and all(re.fullmatch(r"(< )?[\d.]+ (s|min|h)", words) for words in added), added
        context.close()
    assert rows[0] == rows[1]


@pytest.mark.site
@pytest.mark.parametrize("name", ["notebooks/23_video_encoders.html", "generated/item_search.html"])
def test_the_item_search_is_used_by_keyboard_and_pointer(html, page, name):
    page.goto((html / name).as_uri())
    element = page.locator(".item-search").first
    data = json.loads(element.locator(".is-data").text_content())
    photos = element.locator(".is-photos button")
    assert photos.count() == len(data["photos"]) >= 8
    chosen = next(i for i, p in enumerate(data["photos"]) if i and len([w for w in p["items"] if w["corners"]]) > 1)
    photos.nth(chosen - 1).focus()
    page.keyboard.press("ArrowRight")
    assert photos.nth(chosen).get_attribute("aria-pressed") == "true"
    names = [item["name"] for item in data["photos"][chosen]["items"]]
    assert element.locator(".is-items button").all_inner_texts() == names
    element.locator(".is-items button").nth(1).press("Enter")
    assert names[1] in element.locator(".is-again .is-head").inner_text()
    assert element.locator(".is-again li").count() == len(data["photos"][chosen]["items"][1]["again"])
    element.locator("polygon").first.click()
    assert element.locator(".is-items button").first.get_attribute("aria-pressed") == "true"
    assert names[0] in element.locator(".is-live-words").inner_text()


@pytest.mark.site
def test_the_human_game_is_played_by_keyboard(html, page):
    page.goto((html / "notebooks/25_semart.html").as_uri())
    game = page.locator(".human-game").first
    data = json.loads(game.locator(".hg-data").text_content())
    rounds = data["sets"][0]["rounds"]
    choices = game.locator(".hg-choices button")
    assert choices.count() == len(rounds[0]["candidates"]) == 10
    assert rounds[0]["comment"] in game.locator(".hg-comment").inner_text()
    wrong = (rounds[0]["answer"] + 1) % 10
    choices.nth(wrong).press("Enter")
    assert "hg-wrong" in choices.nth(wrong).get_attribute("class")
    assert "hg-right" in choices.nth(rounds[0]["answer"]).get_attribute("class")
    game.locator(".hg-next").press("Enter")
    assert rounds[1]["comment"] in game.locator(".hg-comment").inner_text()
    choices.nth(rounds[1]["answer"]).press("Enter")
    assert "hg-right" in choices.nth(rounds[1]["answer"]).get_attribute("class")


@pytest.mark.site
@pytest.mark.parametrize("kind", ["trapezoid", "finite_sum"])
def test_the_explorer_draws_the_average_precision_that_it_names(opened_from_disk, kind):
    hits, positives = [1, 2, 5], 4
    score = float(from_ranks([np.array(hits)], [positives], kind)[0])
    lists = {"one": {"ap": score, "top": [["t", int(i in hits)] for i in range(6)], "hits": hits}}
    query = {"id": "q", "text": "a <dog>", "group": "g", "image": "t", "positives": positives, "lists": lists}
    page = opened_from_disk(element({"set": "s", "protocol": "p", "kind": kind, "methods": ["one"], "k": 6, "queries": [query],
                                     "thumbs": {"t": "data:,"}}))
    curve, growth = (np.array(re.findall(r"[ML]([0-9.]+) ([0-9.]+)", page.locator(".rx-plots svg path").nth(i).get_attribute("d")), float)
                     for i in range(2))
    assert (160 - growth[-1, 1]) / 142 == pytest.approx(score, abs=1e-3)
    area = np.trapezoid((160 - curve[:, 1]) / 142, (curve[:, 0] - 34) / 212)
    assert area == pytest.approx(score, abs=2e-3)
    assert page.locator(".rx-said").inner_text() == "“a <dog>”"
    assert page.locator(".rx-queries button").first.get_attribute("aria-label") == "query q: a <dog>"
    assert ("finite sum" in page.locator(".rx-help").inner_text()) == (kind == "finite_sum")
