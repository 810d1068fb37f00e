"""What of a chapter is shown to a room, what is left to be said, and how long each slide takes.

A marked cell (the notebook's own "slide type") begins a slide; a figure that follows a short text goes with it. A short text is shown as
it is. Of a longer one a slide shows the heading, formulas, lists, tables, and the first sentence of each paragraph; all of it, and the
cells up to the next mark, are the speaker's notes.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

MARKS = ("slide", "subslide", "fragment")
MINUTES = re.compile(r"^Minutes: (\d+) to read", re.MULTILINE)
MINUTES_LINE = re.compile(r"^Minutes: .*$", re.MULTILINE)
STANDS = re.compile(r"^(:::|```|\$\$|!\[|\s*([-+*] |\d+\. |[>|#]))")  # formulas, lists, tables, pictures: never cut
FENCE = re.compile(r"^(:::|```|\$\$)")
# A sentence ends where a mark and a space stand before a capital, a quotation, a formula or emphasis; not behind "e.g." and its like.
END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!al\.)(?<!vs\.)(?<!Eq\.)(?<!Fig\.)\s+(?=[A-Z\"“($*\[])")
WORDS_A_MINUTE = 110.0  # spoken
FIGURE = 1.0  # minutes to look at one
SHORT = 60  # words that are shown as they are, and that leave room for a figure
KEPT = ("The problem", "Where it fails", "Summary")  # sections that a short lecture keeps


class Part(NamedTuple):
    """Something on a slide. kind: "text" (markdown), "code" (Python) or "output" (dict of a notebook's output). content: as named."""

    kind: str
    content: object


@dataclass
class Slide:
    """A slide.

    Attributes:
        title: markdown, without its hashes; "" goes on under the title before. level: 1 for the chapter, 2 for a section, 3 for a part of
        one or a slide without a heading. cell: number of its cell in the notebook. section: the section's title.
        alone: False for a fragment, which a lecturer may leave out. parts: list of Part. notes: list of markdown.
        minutes: to speak about it. begins: minutes before it.
    """

    title: str
    level: int
    cell: int
    section: str = ""
    alone: bool = True
    parts: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    minutes: float = 0.0
    begins: float = 0.0


def outline(notebook, minutes=None):
    """Slides of a chapter.

    Args:
        notebook: nbformat notebook, executed. minutes: the lecture's length; shorter than the chapter's own: slides are left out.
            None for the chapter's own ("Minutes: N to read").

    Returns:
        list of Slide, the chapter's title first.

    Raises:
        ValueError: no marked cell, no length, or fewer minutes than three slides take.
    """
    slides = _slides(notebook)
    if not slides:
        raise ValueError("The notebook has no marked cell. Mark cells as slides (in JupyterLab: Property Inspector, Slide Type).")
    own = MINUTES.search("\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"))
    if own is None and minutes is None:
        raise ValueError('The chapter does not say how long it is ("Minutes: N to read"). Give --minutes.')
    whole = float(own.group(1)) if own else float(minutes)
    weights = [_weight(slide) for slide in slides]
    for slide, weight in zip(slides, weights, strict=True):
        slide.minutes = whole * weight / sum(weights)
    if minutes is not None and minutes < whole:
        slides = fast_track(slides, minutes)
    begins = 0.0
    for slide in slides:
        slide.begins, begins = begins, begins + slide.minutes
    return slides


def fast_track(slides, minutes):
    """The slides that fit into fewer minutes, in their order.

    The title, the problem, where it fails and the summary stay; then sections, then their parts, then slides without a heading, then
    fragments, each kind from the front, until the time is used.

    Raises:
        ValueError: the title and two more slides do not fit.
    """
    def rank(n):
        slide = slides[n]
        always = n == 0 or slide.section in KEPT and slide.alone
        return (not always, not slide.alone, slide.title == "", slide.level, n)

    chosen, left = set(), float(minutes)
    for n in sorted(range(len(slides)), key=rank):
        if slides[n].minutes <= left + 1e-9:
            chosen.add(n)
            left -= slides[n].minutes
    if len(chosen) < min(3, len(slides)):
        raise ValueError(f"{minutes:g} minutes are too few: not three slides fit. The whole deck takes {sum(s.minutes for s in slides):.0f} "
                         "minutes.")
    return [slides[n] for n in sorted(chosen)]


def shown(text):
    """What a slide shows of a markdown cell: (title, markdown). Its heading, and of each paragraph of a long text the first sentence."""
    blocks = _blocks(MINUTES_LINE.sub("", text))
    title = ""
    if blocks and blocks[0].startswith("#"):
        title, _, rest = blocks[0].partition("\n")
        blocks[:1] = [rest] if rest.strip() else []
    kept, long = [], sum(len(block.split()) for block in blocks) > SHORT
    for block in blocks:
        kept.append(first_sentence(block) if long and not STANDS.match(block) else block)
    return title.lstrip("# ").strip(), "\n\n".join(kept)


def first_sentence(paragraph):
    """The first sentence of a paragraph; with the last one where that ends with a colon, since what follows would hang in the air."""
    sentences = END.split(" ".join(paragraph.split()))
    return " ".join(dict.fromkeys([sentences[0], *(sentences[-1:] if sentences[-1].endswith(":") else [])]))


def _blocks(text):
    """Markdown cut at empty lines; formulas and admonitions stay whole."""
    blocks, fence = [[]], ""
    for line in text.strip().split("\n"):
        mark = FENCE.match(line.strip())
        if mark and not fence and not (line.strip().startswith("$$") and line.strip().count("$$") == 2):
            fence = mark.group(1)
            if blocks[-1]:
                blocks.append([])
            blocks[-1].append(line)
        elif mark and fence == mark.group(1):
            blocks[-1].append(line)
            blocks.append([])
            fence = ""
        elif fence or line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(b) for b in blocks if b]


def _slides(notebook):
    slides, section = [], ""
    for number, cell in enumerate(notebook.cells):
        mark = cell.metadata.get("slideshow", {}).get("slide_type")
        level = len(cell.source) - len(cell.source.lstrip("#")) if cell.cell_type == "markdown" else 0
        if level in (1, 2):
            section = cell.source.split("\n")[0].lstrip("# ").strip()
        if mark not in MARKS:
            if slides and cell.cell_type == "markdown":
                slides[-1].notes.append(cell.source)
            continue
        if cell.cell_type == "markdown":
            title, text = shown(cell.source)
            parts = [Part("text", text)] if text.strip() else []
            slide = Slide(title, level or 3, number, section, mark != "fragment", parts, [cell.source])
        else:
            slide = Slide("", 3, number, section, mark != "fragment", _code_parts(cell))
            if not slide.parts:
                continue
            if slides and slides[-1].section == section and _takes_a_figure(slides[-1]):
                slides[-1].parts += slide.parts
                continue
        slides.append(slide)
    return slides


def _code_parts(cell):
    """Of a code cell: its pictures and tables; the code itself where nothing is drawn and it is not hidden."""
    outputs = [Part("output", o) for o in cell.get("outputs", []) if o.output_type in ("display_data", "execute_result", "stream")]
    drawn = any("image/png" in p.content.get("data", {}) or "text/html" in p.content.get("data", {}) for p in outputs)
    hidden = "hide-input" in cell.metadata.get("tags", [])
    return ([] if drawn or hidden else [Part("code", cell.source)]) + outputs


def _takes_a_figure(slide):
    """Whether a figure fits below what a slide has."""
    return not _pictures(slide) and sum(len(str(p.content).split()) for p in slide.parts) <= SHORT and not any(
        "$$" in str(p.content) or p.kind == "code" for p in slide.parts)


def _pictures(slide):
    return sum(p.kind == "output" for p in slide.parts)


def _weight(slide):
    """Minutes that a slide would take if nothing else were known."""
    words = sum(len(note.split()) for note in slide.notes)
    return 0.5 + words / WORDS_A_MINUTE + FIGURE * _pictures(slide)
