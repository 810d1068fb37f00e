"""The plan of a system: what stands in the page without a script. That the script computes the same is tested in a browser (tests/site)."""

import re
from dataclasses import asdict

import pytest

from tests.bench.records import made_up
from visret_lab.bench.plan import model
from visret_lab.scale.assumptions import Assumptions
from visret_lab.teaching.system_plan import system_plan_html
from visret_lab.teaching.system_plan.system_plan import SLIDERS, at, nearest, position, shown

FOUND = model(made_up())


def test_every_assumption_has_a_slider_and_keeps_its_value():
    assert set(SLIDERS) == set(asdict(Assumptions()))
    for key, (_, _, low, high, step) in SLIDERS.items():
        for n in range(round((high - low) / step) + 1):
            place = round(low + n * step, 6)
            assert position(key, at(key, place)) == pytest.approx(place), (key, place)
    assert nearest(nearest(Assumptions())) == nearest(Assumptions())
    assert nearest(Assumptions(n=1.02e9, day=990_000)).n == 1e9


def test_the_page_says_its_start_without_a_script():
    text = system_plan_html(FOUND, Assumptions(n=1e9, rate=2, cores=16, copies=2, memory=64, price=0.5, slow=0.01))
    assert "pictures 1,000,000,000" in text and "memory of a machine, GB 64" in text and "late answers of a shard, % 1" in text
    assert len(re.findall(r"<tr data-engine", text)) == 4 and len(re.findall('type="range"', text)) == len(SLIDERS) == 14
    assert "16 (8 × 2)" in text and "12,500 (12,500 to 12,500)" in text and "7.73 %" in text  # 1 - 0.99^8


def test_it_needs_nothing_beside_itself():
    html = system_plan_html(FOUND | {"note": '"><script>x</script>'})
    assert "<script>x" not in html and not re.search(r"(src|href)=|fetch\(|http", html)
    assert html != system_plan_html(FOUND) and system_plan_html(FOUND) == system_plan_html(FOUND)


def test_a_start_beyond_a_slider():
    with pytest.raises(ValueError, match="n = 1000 lies beyond"):
        system_plan_html(FOUND, Assumptions(n=1000))


@pytest.mark.parametrize(("key", "value", "words"), [
    ("n", 1e9, "1,000,000,000"), ("slow", 0.013, "1.3"), ("price", 0.5, "0.5"), ("cores", 16, "16")])
def test_words_of_an_assumption(key, value, words):
    assert shown(key, value) == words
