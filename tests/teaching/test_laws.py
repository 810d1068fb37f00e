"""Numbers in words, as two calculators write them. That their scripts write the same is tested in a browser (tests/site)."""

from pathlib import Path

import pytest

from visret_lab.teaching import capacity, system_plan
from visret_lab.teaching.laws import LAWS, milliseconds, short, size


@pytest.mark.parametrize(("count", "words"), [
    (512e9, "512 GB"), (40.13e9, "40.1 GB"), (999.6e9, "1.000 TB"), (1.5e15, "1.50 PB"), (1.5e6, "1.50 MB"), (2000, "2.00 kB"), (20e12, "20.0 TB")])
def test_sizes_in_words(count, words):
    assert size(count) == words


@pytest.mark.parametrize(("x", "words"), [(1234.4, "1,234"), (99.94, "99.9"), (3.456, "3.46"), (0.0126, "0.013")])
def test_about_three_digits(x, words):
    assert short(x) == words


def test_a_time_has_its_range():
    assert milliseconds({"ms": 12.34, "ms_low": 5, "ms_high": 1000}) == "12.3 (5.00 to 1,000)"


@pytest.mark.parametrize("package", [capacity, system_plan])
def test_the_laws_reach_both_scripts(package):
    folder = Path(package.__file__).parent
    assert (folder / f"{folder.name}.js").read_text(encoding="utf-8").count(LAWS) == 1
