"""A deck as one HTML file: reveal.js, MathJax, pictures and notes all inside, so that it works from a stick in a room without a network."""

import base64
import html
import re
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from visret_lab.teaching.slides.outline import outline

ROLE = re.compile(r"\{cite:([pt])\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]*\.ipynb[^)]*\)")
ADMONITION = re.compile(r"^:::\{admonition\} (.*?)\n(?::class:.*\n)?(.*?)\n:::$", re.DOTALL | re.MULTILINE)
WHERE = {"sphinx-revealjs": "sphinx_revealjs/_static/revealjs", "sphinx-mathjax-offline": "sphinx-mathjax-offline/static/mathjax"}


def deck(notebook, references="", minutes=None):
    """A chapter as a deck.

    Args:
        notebook: nbformat notebook, executed. references: text of the BibTeX file that its citations are found in. minutes: as `outline`.

    Returns:
        str, an HTML page that asks for no other file.

    Raises:
        ValueError: as `outline`; or a citation that the references do not have. FileNotFoundError: the extra `book` is not installed.
    """
    slides, names, title, sections = outline(notebook, minutes), _authors(references), "", []
    for slide in slides:
        title = slide.title or title
        sections.append(_section(slide, title, names))
    page = files("visret_lab.teaching.slides")
    reveal, mathjax = (_folder(name) for name in WHERE)
    parts = {"TITLE": html.escape(_plain(slides[0].title)),
             "STYLE": "\n".join([(reveal / "dist" / "reveal.css").read_text("utf-8"), _pygments(), (page / "deck.css").read_text("utf-8")]),
             "SLIDES": "\n".join(sections),
             "MATHJAX": _script(mathjax / "tex-svg-full.js"), "REVEAL": _script(reveal / "dist" / "reveal.js"),
             "NOTES": _script(reveal / "plugin" / "notes" / "notes.js"), "DECK": (page / "deck.js").read_text("utf-8"),
             "MINUTES": f"{slides[-1].begins + slides[-1].minutes:.0f}"}
    return re.sub(r"%([A-Z]+)%", lambda m: parts[m.group(1)], (page / "deck.html").read_text("utf-8"))


def _section(slide, title, names):
    heading = f"<h{min(slide.level, 3)}>{_inline(title, names)}</h{min(slide.level, 3)}>"
    kind = "title" if slide.level == 1 else "text" if slide.title else "continued"
    body = "\n".join(_part(part, names) for part in slide.parts)
    told = _markdown("\n\n".join(slide.notes), names)
    return (f'<section class="{kind}" data-cell="{slide.cell}" data-timing="{60 * slide.minutes:.0f}" data-begins="{slide.begins:.0f}">'
            f'{heading}<div class="body">{body}</div><aside class="notes">{told}</aside></section>')


def _part(part, names):
    if part.kind == "text":
        return _markdown(part.content, names)
    if part.kind == "code":
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        return highlight(part.content, PythonLexer(), HtmlFormatter())
    return _output(part.content, names)


def _output(output, names):
    """A notebook's output as HTML: a picture, a table or page element, markdown, or text."""
    if output.output_type == "stream":
        return f"<pre>{html.escape(output.text)}</pre>" if output.name == "stdout" else ""
    data, alt = output.data, output.metadata.get("alt", "")
    if "image/png" in data:
        return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
    if "image/svg+xml" in data:
        return f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{base64.b64encode(data["image/svg+xml"].encode()).decode()}">'
    if "text/html" in data:
        return f'<div class="element">{data["text/html"]}</div>'
    if "text/markdown" in data:
        return _markdown(data["text/markdown"], names)
    return f'<pre>{html.escape(data.get("text/plain", ""))}</pre>'


def _markdown(text, names):
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    text = ADMONITION.sub(lambda m: f"**{m.group(1)}.** {m.group(2)}", text)
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(dollarmath_plugin, renderer=_math)
    return parser.render(_cited(text, names))


def _inline(text, names):
    return re.sub(r"^<p>|</p>\s*$", "", _markdown(text, names).strip())


def _math(content, options):
    """MathJax's own marks, so that a dollar sign of the prose is never taken for one."""
    left, right = ("\\[", "\\]") if options["display_mode"] else ("\\(", "\\)")
    return left + html.escape(content) + right


def _cited(text, names):
    """Citations as author and year; links to other chapters as their words."""
    def said(match):
        found = []
        for key in match.group(2).split(","):
            if key.strip() not in names:
                raise ValueError(f"The references have no entry {key.strip()!r}. Add it to book/references.bib.")
            found.append("{} {}".format(*names[key.strip()]) if match.group(1) == "p" else "{} ({})".format(*names[key.strip()]))
        return f"({'; '.join(found)})" if match.group(1) == "p" else ", ".join(found)

    return LINK.sub(r"\1", ROLE.sub(said, text))


def _authors(references):
    """BibTeX -> dict key -> (authors in short, year)."""
    if not references:
        return {}
    from pybtex.database import parse_string

    found = {}
    for key, entry in parse_string(references, "bibtex").entries.items():
        people = [re.sub(r"[{}]", "", " ".join(p.prelast_names + p.last_names)) for p in entry.persons.get("author", [])]
        short = people[0] if len(people) == 1 else " and ".join(people) if len(people) == 2 else f"{people[0]} et al." if people else key
        found[key] = (short, entry.fields.get("year", "n.d."))
    return found


def _plain(text):
    return re.sub(r"[*_`$]", "", text)


def _script(path):
    """A script that stands inside a page: a closing tag in one of its strings would end it."""
    return path.read_text("utf-8").replace("</script", "<\\/script")


def _pygments():
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="friendly").get_style_defs(".highlight")


def _folder(package):
    """Where a package of the extra `book` keeps its files."""
    try:
        folder = Path(str(distribution(package).locate_file(WHERE[package])))
    except PackageNotFoundError:
        folder = None
    if folder is None or not folder.is_dir():
        raise FileNotFoundError(f'Slides need {package}, of the extra "book". Install it: pip install "visret-lab[book]"')
    return folder
