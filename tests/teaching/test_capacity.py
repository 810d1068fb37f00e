"""The calculator: what stands in the page without a script, and that the script computes the same."""

import re

from tests.bench.records import made_up
from visret_lab.bench.plan import model
from visret_lab.teaching.capacity import capacity_html


def test_the_page_says_its_start_without_a_script():
    text = capacity_html(model(made_up()))
    assert "1,000,000,000 vectors of 128 numbers" in text and "64 GB" in text
    assert len(re.findall(r"<tr data-engine", text)) == 4
    assert "12,500 (12,500 to 12,500)" in text  # 1e-4 ms a vector, 1.25e8 vectors in each of 8 parts


def test_nothing_of_the_record_can_break_out_of_the_attribute():
    found = model(made_up()) | {"note": '"><script>x</script>'}
    assert "<script>x" not in capacity_html(found)
