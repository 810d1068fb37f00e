"""What a slide shows, what is left to be said, and what a short lecture leaves out."""

import nbformat.v4 as v4
import pytest

from visret_lab.teaching.slides.outline import first_sentence, outline, shown

LONG = "Word" + " word" * 70


def md(text, mark=None):
    return v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": mark}} if mark else {})


def code(text, mark=None, outputs=(), tags=()):
    cell = v4.new_code_cell(text, metadata={"slideshow": {"slide_type": mark}} if mark else {}, outputs=list(outputs))
    cell.metadata["tags"] = list(tags)
    return cell


FIGURE = v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})


@pytest.fixture
def notebook():
    return v4.new_notebook(cells=[
        md("# Titles\n\nThe promise.\n\nMinutes: 60 to read, 1 to run.", "slide"), md("## What you need\n\nNothing."),
        md("## The problem\n\nA problem.", "slide"), code("draw()", "slide", [FIGURE]), md("More of it. " + LONG),
        md("## A section\n\nFirst of all. " + LONG + "\n\n$$\nx = 1.\n\ny\n$$\n\nThen this. And that.", "slide"),
        code("x = 1", "slide"), code("hidden()", "fragment", tags=["hide-input"]), code("draw()", "fragment", [FIGURE]),
        md("### A part\n\nShort.", "slide"), md("## Summary\n\n- one\n- two", "slide")])


def test_marked_cells_are_slides_and_the_rest_is_said(notebook):
    slides = outline(notebook)
    assert [s.title for s in slides] == ["Titles", "The problem", "A section", "", "", "A part", "Summary"]
    assert [s.level for s in slides] == [1, 2, 2, 3, 3, 3, 2]
    assert slides[0].parts[0].content == "The promise." and "## What you need\n\nNothing." in slides[0].notes
    assert [p.kind for p in slides[1].parts] == ["text", "output"]  # a figure goes with a short text
    assert slides[1].notes == ["## The problem\n\nA problem.", "More of it. " + LONG]
    assert [p.kind for p in slides[3].parts] == ["code"] and [p.kind for p in slides[4].parts] == ["output"]
    assert [s.alone for s in slides] == [True, True, True, True, False, True, True]


def test_of_a_long_text_the_first_sentences_and_the_formulas_whole(notebook):
    assert shown(notebook.cells[5].source) == ("A section", "First of all.\n\n$$\nx = 1.\n\ny\n$$\n\nThen this.")
    assert shown("## Short\n\nOne. Two.") == ("Short", "One. Two.")
    assert shown(f"{LONG}. Two.\n\n- a. B\n- c\n\n| h |\n|---|\n| 1. A |") == ("", f"{LONG}.\n\n- a. B\n- c\n\n| h |\n|---|\n| 1. A |")


@pytest.mark.parametrize(("text", "first"), [
    ("One thing. Another.", "One thing."), ("As e.g. Lowe says. Then.", "As e.g. Lowe says."), ("Is it so? Yes.", "Is it so?"),
    ("Jégou et al. Did it. Then", "Jégou et al. Did it."), ("It is 0.5 of all. $x$ is more.", "It is 0.5 of all."),
    ("One. Two. Here is the formula:", "One. Here is the formula:"), ("Only a formula:", "Only a formula:")])
def test_first_sentences(text, first):
    assert first_sentence(text) == first


def test_the_minutes_of_all_slides_are_those_of_the_chapter(notebook):
    slides = outline(notebook)
    assert sum(s.minutes for s in slides) == pytest.approx(60)
    assert slides[0].begins == 0 and slides[3].begins == pytest.approx(sum(s.minutes for s in slides[:3]))
    assert slides[2].minutes > slides[5].minutes  # more words, more time


def test_a_short_lecture_keeps_the_problem_and_the_summary_and_drops_fragments_first(notebook):
    whole = outline(notebook)
    short = outline(notebook, 60 - whole[4].minutes)
    assert [s.cell for s in short] == [s.cell for s in whole if s.alone]
    least = outline(notebook, whole[0].minutes + whole[1].minutes + whole[6].minutes + 0.01)
    assert [s.title for s in least] == ["Titles", "The problem", "Summary"]
    assert [s.begins for s in least] == pytest.approx([0, least[0].minutes, least[0].minutes + least[1].minutes])
    for minutes in (20, 30, 45):
        assert sum(s.minutes for s in outline(notebook, minutes)) <= minutes
    assert [s.cell for s in outline(notebook, 90)] == [s.cell for s in whole]


def test_too_few_minutes_no_mark_and_no_length_are_told(notebook):
    with pytest.raises(ValueError, match="0.5 minutes are too few"):
        outline(notebook, 0.5)
    with pytest.raises(ValueError, match="no marked cell"):
        outline(v4.new_notebook(cells=[md("# A")]))
    with pytest.raises(ValueError, match="does not say how long"):
        outline(v4.new_notebook(cells=[md("# A", "slide")]))
