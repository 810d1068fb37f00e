"""The calculator: what stands in the page without a script, and that the script computes the same."""

import re

import pytest

from tests.bench.records import made_up
from visret_lab.bench.plan import model
from visret_lab.teaching.capacity import capacity_html, duration


def test_the_page_says_its_start_without_a_script():
    text = capacity_html(model(made_up()))
    assert "1,000,000,000 vectors of 128 numbers" in text and "64 GB" in text
    assert len(re.findall(r"<tr data-engine", text)) == 4
    assert "12,500 (12,500 to 12,500)" in text  # 1e-4 ms a vector, 1.25e8 vectors in each of 8 parts


@pytest.mark.parametrize(("seconds", "words"), [
    (0.0004, "< 0.01 s"), (0.0123, "0.012 s"), (3.4, "3.4 s"), (89.4, "89 s"), (90, "1.5 min"), (5399, "90 min"), (5400, "1.5 h"),
    (8639, "2.4 h"), (4.4e6, "1200 h")])
def test_a_duration_in_words(seconds, words):
    assert duration(seconds) == words


def test_nothing_of_the_record_can_break_out_of_the_attribute():
    found = model(made_up()) | {"note": '"><script>x</script>'}
    assert "<script>x" not in capacity_html(found)
