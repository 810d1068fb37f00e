"""The page "Instructor's guide", written from book/instructors_guide.md: minutes added up, and no answers unless ANSWERS=1.

The source is no page of the book (_toc.yml names the written one). An exam's part of a chapter is nothing but pairs:

    **For an exam.**

    Question: What does a grey frame mean?
    Answer: That the picture counts neither as right nor as wrong.

Everything from "Answer:" to the next "Question:" or the next chapter is the answer. What does not fit this form is an error and no page,
for a line that is taken for something else could publish an answer.

A table of a syllabus has the columns "lecture" and "lab". Their items stand apart by semicolons: `05` is a whole chapter, `05 in 40` a
short deck or a part of the lab, `05: 1, 4` exercises, `05 project in 90` or `talks in 60` something else with its minutes.
"""

import math
import os
import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SOURCE = HERE / "instructors_guide.md"
EXAM = "**For an exam.**"
CHAPTER = re.compile(r"^## (?=\d\d )", re.MULTILINE)
MINUTES = re.compile(r"^\*\*Minutes\.\*\* Lecture (\d+)\b.*?, lab (\d+)\b", re.MULTILINE)
ROW = re.compile(r"^\|.*\| *([^|]+?) *\|$", re.MULTILINE)  # its last cell
ROOM = re.compile(r"has (\d+) minutes(?: of lecture and (\d+) of lab|, lecture and lab together)\.")
ITEM = re.compile(r"(?:(?P<chapter>\d\d)(?!\d))?(?:: *(?P<exercises>\d+(?:, *\d+)*)|(?P<words>.*?) *\bin (?P<minutes>\d+))?")
WARNING = """:::{warning}
This page has the answers to the exam questions: the book was made with `ANSWERS=1`. Do not publish it. The book that `make book` makes
lies in another folder, and has none of them.
:::

"""


class Chapter(NamedTuple):
    """A chapter's section. text: up to the exam. exercises: numbers, as the table names them. questions: pairs (question, answer)."""

    number: str
    title: str
    text: str
    lecture: int
    lab: int
    exercises: frozenset
    questions: list


class Item(NamedTuple):
    """A cell's item: what it says, and its minutes. chapter: its number or "". deck: minutes of a short deck, or 0."""

    said: str
    minutes: int
    chapter: str = ""
    deck: int = 0


def with_answers():
    """Whether the book is made with the answers: only if the environment has ANSWERS=1."""
    return os.environ.get("ANSWERS") == "1"


def write(source=SOURCE, folder=HERE / "generated"):
    """Write the page, with the answers or without."""
    text, path = page(source.read_text("utf-8"), with_answers()), folder / "instructors_guide.md"
    folder.mkdir(exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
    if with_answers():
        print("== The instructor's guide has its answers: do not publish this book")


def page(source, answers=False):
    """The page's Markdown. ValueError where the source has another form than this module's first lines say."""
    front, chapters = read(source)
    title, rest = front.split("\n", 1)
    without = "`make book ANSWERS=1` makes a book that has the answers to the exam questions on this page; it is for you alone.\n"
    return (title + "\n\n" + (WARNING if answers else without) + filled(rest, chapters) + overview(chapters) +
            "".join(section(c, answers) for c in chapters))


def read(source):
    """The guide's source -> (text before the first chapter, list of Chapter)."""
    front, *blocks = CHAPTER.split(source)
    chapters = [_chapter(block) for block in blocks]
    numbers = [c.number for c in chapters]
    if numbers != sorted(set(numbers)):
        raise ValueError(f"The guide's chapters stand in another order, or one stands twice: {', '.join(numbers)}.")
    return front, chapters


def _chapter(block):
    heading, body = block.split("\n", 1)
    number, title = heading.split(" ", 1)
    text, *exam = body.split(EXAM)
    minutes = MINUTES.search(text)
    if minutes is None:
        raise ValueError(f'Chapter {number} of the guide has no line "**Minutes.** Lecture 60, lab 45."')
    if len(exam) != 1:
        raise ValueError(f'Chapter {number} of the guide has "{EXAM}" {len(exam)} times; once is right.')
    lecture, lab = map(int, minutes.groups())
    named = frozenset(int(n) for cell in ROW.findall(text) for n in re.findall(r"\b\d+\b", cell) if "project" not in cell)
    return Chapter(number, title.strip(), text, lecture, lab, named, _questions(exam[0], number))


def _questions(text, number):
    """Pairs (question, answer). A line that begins neither goes on with what stands before it."""
    pairs, blank = [], False
    for line in map(str.strip, text.split("\n")):
        if line.startswith("Question:"):
            pairs.append([line.removeprefix("Question:").strip(), ""])
        elif line.startswith("Answer:") and pairs and not pairs[-1][1]:
            pairs[-1][1] = line.removeprefix("Answer:").strip()
        elif line and (not pairs or line.startswith("Answer:")):
            raise ValueError(f'Chapter {number} of the guide, exam: "{line[:40]}..." has no "Question:" before it.')
        elif line and not pairs[-1][1]:  # a question is one line: an answer with a slip in its first word would be printed with it
            raise ValueError(f'Chapter {number} of the guide, exam: "{line[:40]}..." must begin with "Answer:".')
        elif line:
            pairs[-1][1] += ("\n\n" if blank else " ") + line
        blank = not line
    for question, answer in pairs:
        if not question or not answer:
            raise ValueError(f'Chapter {number} of the guide, exam: no answer to "{question[:60]}".')
    return [tuple(pair) for pair in pairs]


def section(chapter, answers):
    """A chapter's section as the page shows it."""
    lines = []
    for number, (question, answer) in enumerate(chapter.questions, 1):
        lines.append(f"{number}. {question}")
        if answers:
            lines += ["   *Answer.* " + answer.replace("\n\n", "\n\n   ")]
    return f"## {chapter.number} {chapter.title}\n{_links(chapter.number)}{chapter.text}{EXAM}\n\n" + "\n\n".join(lines) + "\n\n"


def _links(number):
    """A line to the chapter and its solutions; nothing for a chapter that is not there yet."""
    found = sorted((HERE.parent / "notebooks").glob(f"{number}_*.ipynb"))
    return "".join(f"\n{{doc}}`The chapter <../notebooks/{p.stem}>`, {{doc}}`its solutions <../notebooks/solutions/{p.stem}>`.\n"
                   for p in found[:1])


def overview(chapters):
    """A table of all chapters, with the sums of their minutes."""
    rows = [[c.number, c.title, c.lecture, c.lab, len(c.exercises)] for c in chapters]
    rows.append(["", "**together**", *(f"**{sum(r[k] for r in rows):,}**" for k in (2, 3, 4))])
    return "## All chapters\n\n" + _table(["number", "chapter", "lecture, min", "lab, min", "exercises"], rows) + "\n"


def filled(front, chapters):
    """The text before the chapters, with the minutes of each syllabus put in."""
    parts = re.split(r"(?<=\n)(\|.*\|\n(?:\|.*\|\n)+)", front)
    for k in range(1, len(parts), 2):
        head, rows = _cells(parts[k])
        if {"lecture", "lab"} <= set(head):
            parts[k] = _syllabus(head, rows, room(parts[k - 1]), {c.number: c for c in chapters})
    return "".join(parts)


def room(text):
    """The last sentence on how long a row of a syllabus may be: (lecture, lab), or (both together, None)."""
    found = ROOM.findall(text)
    if not found:
        raise ValueError('Before a syllabus stands "A day has 180 minutes of lecture and 180 of lab."')
    first, second = found[-1]
    return int(first), int(second) if second else None


def _cells(table):
    """(head, rows) of a Markdown table."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().split("\n")]
    return lines[0], lines[2:]


def _syllabus(head, rows, limit, chapters):
    """The table with minutes behind "lecture" and "lab", their sums in a last row, and the commands of the short decks."""
    lecture, lab = head.index("lecture"), head.index("lab")
    out, sums, decks = [], [0, 0], {}
    for row in rows:
        told = [item(text, chapters, False) for text in row[lecture].split(";")]
        done = [item(text, chapters, True) for text in row[lab].split(";")]
        minutes = [sum(i.minutes for i in told), sum(i.minutes for i in done)]
        if sum(minutes) > limit[0] if limit[1] is None else (minutes[0] > limit[0] or minutes[1] > limit[1]):
            raise ValueError(f"A row of a syllabus is too long: {row[0]} has {minutes[0]} + {minutes[1]} minutes.")
        sums = [s + m for s, m in zip(sums, minutes, strict=True)]
        decks |= {i.chapter: i.deck for i in told if i.deck}
        out.append([*row[:lecture], _said(told), minutes[0], _said(done), minutes[1], *row[lab + 1:]])
    rest = [""] * (len(head) - lab - 1)
    out.append([*["**together**"] * lecture, "", f"**{sums[0]:,}**", "", f"**{sums[1]:,}**", *rest])
    titles = [*head[:lecture], "lecture", "min", "lab", "min", *head[lab + 1:]]
    commands = "; ".join(f"`visret slides {n} --minutes {m}`" for n, m in sorted(decks.items()))
    return _table(titles, out) + (f"\nShort decks: {commands}.\n" if decks else "")


def item(text, chapters, lab):
    """An item of a cell -> Item. ValueError for a chapter or an exercise that is not there, or another form."""
    text = text.strip()
    found = ITEM.fullmatch(text)
    if not text or found is None or not (found["chapter"] or found["words"]):
        raise ValueError(f'"{text}" is no item of a syllabus. Examples: "05"; "05 in 40"; "05: 1, 4"; "talks in 60".')
    if not found["chapter"]:
        return Item(f"{found['words']} ({found['minutes']})", int(found["minutes"]))
    if found["chapter"] not in chapters:
        raise ValueError(f'"{text}": the guide has no chapter {found["chapter"]}.')
    chapter, words = chapters[found["chapter"]], (found["words"] or "").strip()
    if found["exercises"]:
        return _exercises(text, chapter, {int(n) for n in found["exercises"].split(",")})
    if found["minutes"] and words:
        return Item(f"{chapter.number} {words} ({found['minutes']})", int(found["minutes"]))
    if found["minutes"]:
        if lab or int(found["minutes"]) >= chapter.lecture:
            raise ValueError(f'"{text}": a short deck is for the lecture, and shorter than the chapter\'s {chapter.lecture} minutes.')
        minutes = int(found["minutes"])
        return Item(f"{chapter.number} {chapter.title} (deck of {minutes})", minutes, chapter.number, minutes)
    return Item(f"{chapter.number}, all ({chapter.lab})" if lab else f"{chapter.number} {chapter.title} ({chapter.lecture})",
                chapter.lab if lab else chapter.lecture)


def _exercises(text, chapter, chosen):
    """Some exercises take their share of the lab's minutes, rounded up to five."""
    if not chosen <= chapter.exercises:
        raise ValueError(f'"{text}": chapter {chapter.number} has the exercises {sorted(chapter.exercises)}.')
    minutes = 5 * math.ceil(chapter.lab * len(chosen) / len(chapter.exercises) / 5)
    return Item(f"{chapter.number}: {', '.join(map(str, sorted(chosen)))} ({minutes})", minutes)


def _said(items):
    return "; ".join(i.said for i in items)


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"
