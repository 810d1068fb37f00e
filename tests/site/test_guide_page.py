"""The published guide has no answer: not on its page, not in its source, not among the words of the search."""

import re

import pytest

from book import guide

PICTURE = re.compile(r"[A-Za-z0-9+/=\\]{120,}")


@pytest.mark.site
def test_the_built_book_has_no_answer(html):
    assert not (html / "instructors_guide.html").exists(), "an old page with answers lies in the built book: make clean, make book"
    page, source = (html / "generated" / "instructors_guide.html", html / "_sources" / "generated" / "instructors_guide.md")
    for path in (page, source):
        assert "Answer" not in re.sub("ANSWERS|with the answers", "", path.read_text("utf-8"))


@pytest.mark.site
def test_words_that_stand_only_in_answers_are_not_in_the_search(html):
    stem = pytest.importorskip("snowballstemmer").stemmer("english").stemWord  # the search keeps stems

    def words(text):
        # Pictures stand in the text of notebooks as hundreds of thousands of letters without a break: they are no words.
        return {stem(word) for word in set(re.findall(r"[a-z]{6,}", PICTURE.sub(" ", text).lower()))}

    text = guide.SOURCE.read_text("utf-8")
    hidden = words(text) - words(guide.page(text, answers=False))
    sources = [*(html / "_sources").rglob("*.*"), guide.HERE / "references.bib"]
    elsewhere = set().union(*(words(p.read_text("utf-8")) for p in sources))
    only = hidden - elsewhere
    index = (html / "searchindex.js").read_text("utf-8")
    assert only and f'"{stem("syllabi")}"' in index
    assert not [word for word in sorted(only) if f'"{word}"' in index]
