"""A deck is one file, says what the notebook says, and lets nothing of it break the page."""

import re

import nbformat.v4 as v4
import pytest

from tests.teaching.slides.test_outline import FIGURE, code, md
from visret_lab.teaching.slides import deck as module
from visret_lab.teaching.slides.commands import executed
from visret_lab.teaching.slides.deck import deck

BIB = """@article{one, author = {Ada Lovelace}, year = {1843}, title = {Notes}}
@article{two, author = {van der Berg, A. and Doe, B.}, year = {2001}, title = {T}}
@article{many, author = {Doe, A. and Roe, B. and Poe, C.}, year = {2002}, title = {T}}"""


def chapter(*cells):
    return v4.new_notebook(cells=[md("# A & <b>\n\nMinutes: 10 to read, 1 to run.", "slide"), *cells])


def body(page):
    return page[page.index('<div class="slides">') : page.index('<p id="mark"')]


def test_it_asks_for_no_other_file():
    page = deck(chapter(code("x", "slide", [FIGURE])))
    elements = re.sub(r"<script>.*?</script>", "<script></script>", page, flags=re.DOTALL)
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?!data:)", elements) == [] and elements.count("<script>") == 5
    assert "%SLIDES%" not in page and "<title>A &amp; &lt;b&gt;</title>" in page


def test_citations_links_formulas_and_admonitions():
    found = body(deck(chapter(md("## A $x_1$\n\nAs {cite:t}`two` say {cite:p}`one,many`. See [there](03_x.ipynb#a) and $a<b$.\n\n"
                                 "$$\nc\n$$\n\n:::{admonition} Predict, then run\n:class: tip\nWill *it*?\n:::", "slide")), BIB))
    found = re.sub(r"</?(?:span|div)(?: class=\"math [a-z]+\")?>", "", found)
    assert "<h2>A \\(x_1\\)</h2>" in found
    assert "As van der Berg and Doe (2001) say (Lovelace 1843; Doe et al. 2002)." in found
    assert "See there and \\(a&lt;b\\)." in found and "\\[c\\]" in re.sub(r"\s", "", found)
    assert "<strong>Predict, then run.</strong> Will <em>it</em>?" in found


def test_a_citation_without_an_entry_is_told():
    with pytest.raises(ValueError, match="no entry 'nobody'"):
        deck(chapter(md("A {cite:p}`nobody`.", "slide")), BIB)


def test_outputs():
    outputs = [v4.new_output("stream", name="stdout", text="a < b"), v4.new_output("stream", name="stderr", text="bar 10%"),
               v4.new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "no"}),
               v4.new_output("display_data", {"text/markdown": "so **it** is", "text/plain": "no"}),
               v4.new_output("execute_result", {"text/plain": "<plain>"}, execution_count=1),
               v4.new_output("display_data", {"image/png": "iVBORw0K\nGgo="}, metadata={"alt": 'a "figure"'})]
    found = body(deck(chapter(code("print(1)", "slide", outputs))))
    for text in ("<pre>a &lt; b</pre>", "<table><tr><td>1</td>", "<strong>it</strong>", "<pre>&lt;plain&gt;</pre>",
                 '<img alt="a &quot;figure&quot;" src="data:image/png;base64,iVBORw0KGgo=">'):
        assert text in found
    assert "bar 10%" not in found and ">no<" not in found
    assert "print" not in found  # where something is drawn, no code


def test_the_notes_have_all_words_and_the_marks_their_minutes():
    found = body(deck(chapter(md("## B\n\n" + "First one. " + "Then many more words. " * 30, "slide"), md("Said only."))))
    shown, notes = re.search(r'data-cell="1".*?<div class="body">(.*?)</div><aside class="notes">(.*?)</aside>', found, re.DOTALL).groups()
    assert shown.strip() == "<p>First one.</p>" and notes.count("many more") == 30 and "Said only." in notes
    assert sum(map(int, re.findall(r'data-timing="(\d+)"', found))) == pytest.approx(600, abs=2)


def test_a_script_that_ends_inside_a_string_does_not_end_the_page(tmp_path):
    (tmp_path / "a.js").write_text('x = "</script>"')
    assert module._script(tmp_path / "a.js") == 'x = "<\\/script>"'


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(module.WHERE, "sphinx-revealjs", "nowhere")
    with pytest.raises(FileNotFoundError, match=r'pip install "visret-lab\[book\]"'):
        deck(chapter())


def test_the_books_copy_is_taken_only_where_its_cells_are_the_same(tmp_path):
    import nbformat

    (tmp_path / "book" / "_build" / "executed").mkdir(parents=True)
    path, kept = tmp_path / "01_a.ipynb", tmp_path / "book" / "_build" / "executed" / "01_a.ipynb"
    nbformat.write(chapter(code("print(1 + 1)")), path)
    done = nbformat.read(path, 4)
    done.cells[1].outputs = [v4.new_output("stream", name="stdout", text="kept")]
    done.cells[0].metadata = {}
    nbformat.write(done, kept)
    taken = executed(path, tmp_path)
    assert taken.cells[1].outputs[0].text == "kept" and taken.cells[0].metadata["slideshow"]["slide_type"] == "slide"
    done.cells[1].source = "print(3)"
    nbformat.write(done, kept)
    assert executed(path, tmp_path).cells[1].outputs[0].text == "2\n"
    nbformat.write(chapter(code("1 / 0")), path)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        executed(path, tmp_path)
