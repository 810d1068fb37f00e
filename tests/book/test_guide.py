"""The instructor's guide has all parts for every chapter, its sums are right, and no answer is on the page unless asked for."""

import importlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml

from book import guide
from visret_lab.teaching.answers import Exercise
from visret_lab.teaching.slides.outline import KEPT, outline

ROOT = Path(__file__).parents[2]
SOURCE = guide.SOURCE.read_text("utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
SMALL = """# Guide

A day has 90 minutes of lecture and 60 of lab.

| day | lecture | lab | graded |
|---|---|---|---|
| 1 | 00; 01 in 45 | 00: 1; 01; talks in 20 | the talks |

## 00 First

**Minutes.** Lecture 40, lab 20. **Before.** Nothing.

| wrong | exercise |
|---|---|
| this | 1 |
| that | 2 |
| more | 3 |

**For an exam.**

Question: Why?
Answer: Because of this,
and of that.

A second paragraph.

Question: How?
Answer: So.

## 01 Second

**Minutes.** Lecture 50 (with a break), lab 30, project 90. **Before.** 00.

| all | 1 |

**For an exam.**

Question: What?
Answer: It.
"""


@pytest.fixture(scope="module")
def chapters():
    """The guide's sections by number."""
    return {c.number: c for c in guide.read(SOURCE)[1]}


def test_every_chapter_has_a_section_and_every_section_a_chapter(chapters):
    assert sorted(chapters) == [p.stem[:2] for p in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_section_has_all_parts(chapters, path):
    chapter = chapters[path.stem[:2]]
    for part in ("**Minutes.**", "**Before.**", "**On the board.**", "**To discuss.**"):
        assert re.search(re.escape(part) + r" \S", chapter.text), f"{path.stem} lacks {part}"
    assert len(chapter.questions) >= 2
    text = re.sub(r"\*\*[^*]+\*\*|[*`|]", "", chapter.text)
    assert not re.search(r"\bAnswer:|\bQuestion:", text), "an exam question outside its part"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_table_of_mistakes_names_the_exercises_that_are_there(chapters, path):
    module = importlib.import_module(f"visret_lab.teaching.exercises.ch{path.stem}")
    count = sum(isinstance(v, Exercise) for v in vars(module).values())
    assert chapters[path.stem[:2]].exercises == set(range(1, count + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_lecture_is_as_long_as_its_deck_or_longer_and_short_decks_keep_what_matters(chapters, path):
    notebook = nbformat.read(path, 4)
    slides = outline(notebook)
    whole = sum(s.minutes for s in slides)
    number = path.stem[:2]
    assert chapters[number].lecture >= round(whole), "the guide gives less time than the deck takes"
    for minutes in {int(m) for m in re.findall(rf"\b{number} in (\d+)", guide.read(SOURCE)[0])}:
        kept = {s.cell for s in outline(notebook, minutes)}
        assert minutes < whole, f"--minutes {minutes} leaves nothing out"
        assert {s.cell for s in slides if s.section in KEPT and s.alone} <= kept


def test_the_three_syllabi_are_there_and_their_rows_are_neither_too_long_nor_half_empty():
    front, chapters = guide.read(SOURCE)
    parts = front.split("\n### ")[1:]
    assert [p.split("\n")[0] for p in parts] == ["One day", "One week", "One semester"]
    for part in parts:
        first, second = guide.room(part)
        table = guide.filled(part, chapters)
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n") if line.startswith("| ")]
        head, body, last = rows[0], rows[2:-1], rows[-1]
        assert {"at home, before", "graded"} <= set(head)
        minutes = [[int(row[k]) for k, name in enumerate(head) if name == "min"] for row in body]
        assert [int(re.sub(r"\D", "", last[k])) for k, name in enumerate(head) if name == "min"] == [sum(m) for m in zip(*minutes)]
        for told, done in minutes:
            assert told + done >= 0.6 * (first + (second or 0))
    assert len(body) == 14


def test_minutes_are_put_in_and_added_up():
    page = guide.page(SMALL)
    assert "| 1 | 00 First (40); 01 Second (deck of 45) | 85 | 00: 1 (10); 01, all (30); talks (20) | 60 | the talks |" in page
    assert "| **together** |  | **85** |  | **60** |  |" in page and "`visret slides 01 --minutes 45`" in page
    assert "| 00 | First | 40 | 20 | 3 |" in page and "|  | **together** | **90** | **50** | **4** |" in page


@pytest.mark.parametrize("old, new, said", [
    ("has 90 minutes", "has 80 minutes", "too long"),
    ("talks in 20", "talks in 25", "too long"),
    ("01 in 45", "01 in 50", "shorter than"),
    ("00: 1;", "00: 1, 4;", "has the exercises"),
    ("00; 01 in", "02; 01 in", "no chapter 02"),
    ("talks in 20", "talks", "no item"),
    ("has 90 minutes", "has some minutes", "Before a syllabus"),
    ("## 01 Second", "## 00 Second", "stands twice"),
    ("Lecture 40, lab 20", "40 and 20", "has no line"),
    ("**For an exam.**\n\nQuestion: What", "Question: What", "0 times"),
])
def test_a_slip_in_the_source_is_named(old, new, said):
    assert SMALL.count(old) == 1
    with pytest.raises(ValueError, match=said):
        guide.page(SMALL.replace(old, new))


def test_the_page_has_the_questions_and_only_with_the_flag_the_answers():
    without, with_them = guide.page(SMALL), guide.page(SMALL, answers=True)
    for question in ("1. Why?", "2. How?", "1. What?"):
        assert question in without and question in with_them
    for answer in ("Because", "and of that", "second paragraph", "So.", "It."):
        assert answer not in without and answer in with_them
    assert "1. Why?\n\n   *Answer.* Because of this, and of that.\n\n   A second paragraph.\n\n2. How?" in with_them
    assert ":::{warning}" in "".join(with_them.split("\n")[:4]) and "{warning}" not in without


def test_nothing_of_an_answer_is_on_the_real_page(chapters):
    page = guide.page(SOURCE)
    assert "Answer:" not in page and "*Answer.*" not in page
    for chapter in chapters.values():
        for question, answer in chapter.questions:
            assert question in page
            for start in range(0, max(1, len(answer) - 40), 40):
                assert len(answer) < 25 or answer[start:start + 40] not in page, f"chapter {chapter.number}: {answer}"


@pytest.mark.parametrize("old, new", [
    ("Answer: So.", ""),
    ("Answer: So.", "Answer:"),
    ("Answer: So.", "Anwser: So."),
    ("Answer: So.", "**Answer:** So."),
    ("Answer: So.", "So.\nAnswer: Really."),
    ("Question: What?\n", ""),
    ("Question: What?\nAnswer: It.", "*What?* It."),
    ("Answer: It.", "Answer: It.\nAnswer: Or that."),
    ("Question: What?", "Question:"),
])
def test_a_question_without_an_answer_or_another_form_is_an_error(old, new):
    assert SMALL.count(old) == 1
    with pytest.raises(ValueError, match="of the guide, exam"):
        guide.page(SMALL.replace(old, new))


def test_what_stands_behind_an_answer_is_hidden_with_it():
    assert "So." not in guide.page(SMALL.replace("Question: How?\nAnswer: So.", "*How?* So."))


@pytest.mark.parametrize("value, shown", [(None, False), ("", False), ("0", False), ("yes", False), ("1", True)])
def test_the_flag_is_read_from_the_environment_and_the_page_is_written_anew(monkeypatch, tmp_path, value, shown):
    (tmp_path / "source.md").write_text(SMALL)
    target = tmp_path / "generated" / "instructors_guide.md"
    monkeypatch.setenv("ANSWERS", "0" if shown else "1")
    guide.write(tmp_path / "source.md", target.parent)
    before = target.read_text()
    monkeypatch.delenv("ANSWERS") if value is None else monkeypatch.setenv("ANSWERS", value)
    guide.write(tmp_path / "source.md", target.parent)
    assert ("Because" in target.read_text()) is shown and ("Because" in before) is not shown


def test_the_book_has_the_written_page_and_not_its_source():
    toc = (ROOT / "book" / "_toc.yml").read_text()
    files = re.findall(r"file: (\S+)", toc)
    assert "generated/instructors_guide" in files and "instructors_guide" not in files
    for path in NOTEBOOKS:  # the page links to both
        assert {f"notebooks/{path.stem}", f"notebooks/solutions/{path.stem}"} <= set(files)
    assert yaml.safe_load((ROOT / "book" / "_config.yml").read_text())["only_build_toc_files"]


def test_make_hands_the_flag_to_the_build():
    told = subprocess.run(["make", "-n", "book", "ANSWERS=1", "VENV=/nowhere", "PYTHON=true"], cwd=ROOT, capture_output=True, text=True)
    assert re.search(r"^ANSWERS=1 \S+ book/build\.py$", told.stdout, re.MULTILINE), told.stderr


@pytest.fixture
def build(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import build

    return build


def test_a_book_with_answers_has_its_own_folder(build, monkeypatch):
    asked = []
    monkeypatch.setattr("jupyter_book.sphinx.build_sphinx", lambda source, place, **settings: asked.append((place, settings)) or 0)
    monkeypatch.delenv("ANSWERS", raising=False)
    published = build.typeset()
    monkeypatch.setenv("ANSWERS", "1")
    kept = build.typeset()
    assert published == ROOT / "book" and kept != published and kept.is_relative_to(published / "_build")
    assert not kept.is_relative_to(published / "_build" / "html")
    assert [place for place, _ in asked] == [published / "_build" / "html", kept / "_build" / "html"]
    assert all(settings["warningiserror"] and settings["confoverrides"]["nitpicky"] for _, settings in asked)


@pytest.mark.parametrize("problem", [1, ValueError("a page is broken")])
def test_a_book_with_a_warning_is_no_book(build, monkeypatch, problem):
    monkeypatch.setattr("jupyter_book.sphinx.build_sphinx", lambda *_, **__: problem)
    with pytest.raises(SystemExit) as stopped:
        build.typeset()
    assert stopped.value.code == 1 or "a page is broken" in stopped.value.code


def test_the_build_writes_the_pages_before_it_typesets(build, monkeypatch):
    story = []
    monkeypatch.setattr(build, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(build, "groups", lambda sources: [])
    monkeypatch.setattr(build.copy_mathjax, "main", lambda: None)
    for name in ("fill_table", "stage"):
        monkeypatch.setattr(build, name, lambda _: None)
    monkeypatch.setattr(build.pages, "write", lambda: story.append("pages"))
    monkeypatch.setattr(build.guide, "write", lambda: story.append("guide"))
    monkeypatch.setattr(build, "typeset", lambda: story.append("typeset") or ROOT)
    build.main()
    assert story == ["pages", "guide", "typeset"]
