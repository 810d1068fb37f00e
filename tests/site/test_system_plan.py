"""The plan of a system, in a browser, from disk: it computes as Python does, by keyboard alone, on a telephone, in the dark."""

import json

import numpy as np
import pytest

from tests.bench.records import made_up
from tests.site.conftest import assert_fits_a_telephone
from visret_lab.bench.plan import model
from visret_lab.bench.scale import RECORD
from visret_lab.scale.assumptions import Assumptions, system_plan
from visret_lab.teaching.system_plan import system_plan_html
from visret_lab.teaching.system_plan.system_plan import SLIDERS, answer_cells, at, shown, stage_cells

SET = """([element, places]) => { for (const [key, place] of Object.entries(places)) {
  const input = element.querySelector(`input[data-key="${key}"]`); input.value = String(place);
  input.dispatchEvent(new Event("input")); } }"""


def found():
    return model(json.loads(RECORD.read_text()) if RECORD.is_file() else made_up())


@pytest.fixture
def element_html():
    return system_plan_html(found())


def cells(element):
    stage = element.locator(".sp-stage td").all_inner_texts()
    rows = element.locator("tr[data-engine]").all()
    return stage, {row.get_attribute("data-engine"): row.locator("td").all_inner_texts() for row in rows}


def expected(a):
    first, engines = system_plan(found(), a)
    return list(stage_cells(first)), {kind: list(answer_cells(told)) for kind, told in engines.items()}


@pytest.mark.site
def test_the_page_computes_as_python_does(opened_from_disk, element_html):
    page = opened_from_disk(element_html)
    element, rng = page.locator(".system-plan"), np.random.default_rng(0)
    for _ in range(15):
        places = {key: round(low + step * int(rng.integers(round((high - low) / step) + 1)), 6)
                  for key, (_, _, low, high, step) in SLIDERS.items()}
        page.evaluate(SET, [element.element_handle(), places])
        a = Assumptions(**{key: at(key, place) for key, place in places.items()})
        assert cells(element) == expected(a)
        assert {o.get_attribute("data-of"): o.inner_text() for o in element.locator("output").all()} == {
            key: shown(key, getattr(a, key)) for key in SLIDERS}
        assert f"{SLIDERS['disk'][0]} {shown('disk', a.disk)}." in element.locator(".sp-start").text_content()


@pytest.mark.site
def test_by_keyboard_alone_and_without_scripts(opened_from_disk, element_html):
    seen = []
    for enabled in (True, False):
        opened = opened_from_disk(element_html, java_script_enabled=enabled)
        element = opened.locator(".system-plan")
        seen.append(cells(element))
        assert element.locator(".sp-inputs").is_visible() == enabled and element.locator(".sp-start").is_visible() != enabled
        if enabled:
            opened.keyboard.press("Tab")
            assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            opened.keyboard.press("Home")
            assert element.locator('output[data-of="n"]').inner_text() == "1,000,000"
            assert element.locator('input[data-key="n"]').get_attribute("aria-valuetext") == "1,000,000"
            assert cells(element)[1]["exact"][0] == "512 MB"  # a million vectors of 128 numbers
            opened.keyboard.press("Tab")
            opened.keyboard.press("ArrowRight")
            assert element.locator('output[data-of="day"]').inner_text() == "1,300,000"
    assert seen[0] == seen[1]


@pytest.mark.site
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_needs_no_scrolling_sideways(opened_from_disk, element_html, scheme):
    assert_fits_a_telephone(opened_from_disk, element_html, ".system-plan", scheme)


@pytest.mark.site
def test_the_chapter_has_it(html, page):
    chapter = html / "notebooks/28_beyond_one_machine.html"
    if not chapter.is_file():
        pytest.skip("the book was built without this chapter")
    page.goto(chapter.as_uri())
    element = page.locator(".system-plan").first
    before = cells(element)
    element.locator('input[data-key="copies"]').press("End")
    after = cells(element)
    assert before[0] != after[0] and all(before[1][kind][0] == after[1][kind][0] for kind in before[1])
