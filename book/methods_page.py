"""The page "Index of methods": each algorithm of the package with its first sentence, its file, and the chapters that use it."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "visret_lab"
STATIONS = {
    "features": "From an image to numbers", "encoding": "From descriptors to one vector", "deep": "Networks", "compact": "Shorter vectors",
    "search": "Search", "rerank": "Second looks", "evaluation": "Measures", "training": "Learning", "video": "Film",
    "crossmodal": "Pictures and words", "system": "The whole system", "scale": "Many machines",
}
TEXT = """# Index of methods

One algorithm stands in one file, and its name is the field's. A row gives the first sentence of the file, and the chapters that
use it; where there is none, scripts that train or measure do.
The tests of `visret_lab/encoding/vlad.py` are `tests/encoding/test_vlad.py`, and so on for all. Terms that are no methods stand in the
[glossary](../glossary.md).

"""


def page(package=PACKAGE, notebooks=ROOT / "notebooks"):
    """The text of the page."""
    used, text = chapters_of(package, notebooks), TEXT
    for station, title in STATIONS.items():
        rows = [(name, first_sentence(path), used.get(name, {})) for name, path in modules(package, station)]
        lines = [f"| `{name.removeprefix(f'visret_lab.{station}.')}` | {said}{where(chapters)} |" for name, said, chapters in rows]
        if lines:
            text += f"## {title}\n\nIn `visret_lab/{station}`.\n\n| file | what, and in which chapters |\n|---|---|\n" + "\n".join(lines) + "\n\n"
    return text


def modules(package, station):
    """(dotted name, path) of the files of a station, in alphabetical order; what makes a page or a command is left out."""
    for path in sorted((package / station).rglob("*.py")):
        if path.name not in ("__init__.py", "commands.py"):
            yield ".".join((package.name, *path.relative_to(package).with_suffix("").parts)), path


def first_sentence(path):
    """Of a module's docstring, with bars and stars escaped for a table."""
    first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n\n")[0].replace("\n", " ")
    return re.sub(r"([|*])", r"\\\1", first)


def chapters_of(package, notebooks):
    """Dotted name of a module -> dict number of a chapter -> its file name, for what notebooks and their runs import.

    A file that no chapter imports by itself stands with the chapters of those files that do.
    """
    found = {}
    for notebook in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        number = notebook.name[:2]
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        sources += runs_of(package, number, sources)
        for name in {n for source in sources for n in imported(source, package)}:
            found.setdefault(name, {})[number] = notebook.stem
    by_itself, users = dict(found), {}
    for station in STATIONS:
        for user, path in modules(package, station):
            for name in imported(path.read_text(encoding="utf-8"), package):
                users.setdefault(name, set()).add(user)
    for name in users.keys() - by_itself.keys():
        chapters = {number: stem for user in users[name] for number, stem in by_itself.get(user, {}).items()}
        if chapters:
            found[name] = chapters
    return found


def runs_of(package, number, sources):
    """Sources of a chapter's runs, and of those that they or its cells import and that belong to no other chapter."""
    folder = package / "tables" / "experiments"

    def named(source):
        parts = (name.split(".") for name in imported(source, package))
        return [folder / f"{p[3]}.py" for p in parts if p[1:3] == ["tables", "experiments"] and not re.match(r"ch\d\d_", p[3])]

    waiting, seen = [*folder.glob(f"ch{number}_*.py"), *(path for source in sources for path in named(source))], {}
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path] = path.read_text(encoding="utf-8")
            waiting += named(seen[path])
    return list(seen.values())


def imported(source, package):
    """Modules of the package that a piece of code names in its imports; a name that a package hands on counts for its own file."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a notebook magic imports nothing of ours
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package.name:
            for alias in node.names:
                yield from defined(f"{node.module}.{alias.name}", package)


def defined(dotted, package):
    """The modules that a dotted name means: itself, the one that it stands in, those that a package took it from, or all of a package."""
    parts = dotted.split(".")[1:]
    whole, parent = package.joinpath(*parts).with_suffix(".py"), package.joinpath(*parts[:-1])
    if whole.is_file():
        yield dotted
    elif parent.with_suffix(".py").is_file():
        yield dotted.rpartition(".")[0]
    elif (package.joinpath(*parts) / "__init__.py").is_file():
        yield from (module for module, _ in handed_on(package.joinpath(*parts)))
    elif (parent / "__init__.py").is_file():
        yield from (module for module, names in handed_on(parent) if parts[-1] in names)


def handed_on(folder):
    """What a package takes from its files: (dotted name of the file, names)."""
    for node in ast.walk(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module, [alias.asname or alias.name for alias in node.names]


def where(chapters):
    """The end of a row: a third column would leave the words no room on a telephone. chapters: dict number -> file name."""
    return f" In {', '.join(map(link, sorted(chapters.items())))}." if chapters else ""


def link(chapter):
    """A link to (number, file name)."""
    number, name = chapter
    return f"[{number}](../notebooks/{name}.ipynb)"
