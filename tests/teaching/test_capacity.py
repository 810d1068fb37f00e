"""The calculator: what stands in the page without a script, and that the script computes the same."""

import re

import pytest

from tests.bench.records import made_up
from visret_lab.bench.plan import model
from visret_lab.teaching.capacity import capacity_html
from visret_lab.teaching.capacity.capacity import size


@pytest.mark.parametrize(("count", "words"), [(512e9, "512 GB"), (40.13e9, "40.1 GB"), (999.6e9, "1.000 TB"), (1.5e6, "1.50 MB"), (2000, "2.00 kB")])
def test_sizes_in_words(count, words):
    assert size(count) == words


def test_the_page_says_its_start_without_a_script():
    text = capacity_html(model(made_up()))
    assert "1,000,000,000 vectors of 128 numbers" in text and "64 GB" in text
    assert len(re.findall(r"<tr data-engine", text)) == 4
    assert "12,500 (12,500 to 12,500)" in text  # 1e-4 ms a vector, 1.25e8 vectors in each of 8 parts


def test_nothing_of_the_record_can_break_out_of_the_attribute():
    found = model(made_up()) | {"note": '"><script>x</script>'}
    assert "<script>x" not in capacity_html(found)
