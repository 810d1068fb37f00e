"""The bibliography: it can be read, nothing stands twice, and identifiers have the shape of identifiers."""

import re
from collections import Counter
from pathlib import Path

from pybtex.database import parse_file

BOOK = Path(__file__).parents[2] / "book"


def test_it_can_be_read_and_every_entry_says_who_what_and_when():
    entries = parse_file(str(BOOK / "references.bib")).entries  # pybtex refuses an entry or a field that stands twice
    for key, entry in entries.items():
        assert entry.persons.get("author") and entry.fields["title"] and re.fullmatch(r"(1[89]|20)\d\d", entry.fields["year"]), key


def test_identifiers_have_their_shape_and_belong_to_one_entry():
    entries = parse_file(str(BOOK / "references.bib")).entries
    found = [entry.fields["doi"] for entry in entries.values() if "doi" in entry.fields]
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in found) and len(found) > 100
    assert [doi for doi, n in Counter(d.lower() for d in found).items() if n > 1] == []
    assert all(re.match(r"https?://\S+$", e.fields["url"]) for e in entries.values() if "url" in e.fields)


def test_no_entry_is_cited_nowhere():
    text = "".join(p.read_text("utf-8") for p in [*BOOK.glob("*.md"), *BOOK.glob("*.py"), *(BOOK.parent / "notebooks").rglob("*.ipynb"),
                                                  *(BOOK.parent / "visret_lab" / "tables" / "experiments").glob("timeline.py")])
    assert [key for key in parse_file(str(BOOK / "references.bib")).entries if key not in text] == []
