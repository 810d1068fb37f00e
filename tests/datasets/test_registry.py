import re

import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.load import LOADABLE
from visret_lab.datasets.registry import ENTRIES, TIERS, entry, listing

STATUS = ("generated", "alive", "mirrored", "by request", "gone", "your own folder")


def test_every_entry_is_filled_in():
    assert len({e.name for e in ENTRIES}) == len(ENTRIES)
    for e in ENTRIES:
        assert e.tier in TIERS and e.licence and e.source and e.status.startswith(STATUS), e.name
        for file in e.files:
            assert file.urls and not file.path.startswith("/") and ".." not in file.path, file.path
            assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256), file.path
            assert all(url.startswith(("https://", "http://", "ftp://")) for url in file.urls)
    paths = [file.path for e in ENTRIES for file in e.files]
    assert len(set(paths)) == len(paths)


def test_what_loads_is_listed():
    roles = {"places", "pairs", "products", "folder"}
    assert set(LOADABLE) - roles <= {e.name for e in ENTRIES}


def test_lookup():
    assert entry("photo_copies").name == "photo-copies" and entry("graf").variable == "VISRET_ROOT_GRAF"
    with pytest.raises(DataError, match="no data set 'oxfrd'.*oxford5k"):
        entry("oxfrd")


def test_tiers():
    assert {e.tier for e in listing("campus")} == {"campus"} and len(listing()) == len(ENTRIES)
    with pytest.raises(DataError, match="no tier 'tiny'. There are: mini, campus, full"):
        listing("tiny")
