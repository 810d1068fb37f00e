"""The shape of a chapter, checked: skeleton, no stored outputs, short cells, alt texts, imports in use, exercises in step."""

import ast
import json
import re
from pathlib import Path

SKELETON = ("What you will learn", "What you need to know", "The problem", "Where it fails", "The table so far",
            "Published beside ours", "Summary", "Quiz", "Exercises", "References")
FIGURE = re.compile(r"\b(plt\.(plot|subplots|figure|imshow|show)|show_images|show_ranking|distance_map|figures\.show)\(")
BANNED = ("nowadays", "recently", "state-of-the-art results", "cutting-edge", "game-changing", "blazing", "simply put",
          "it is worth noting", "delve", "unleash", "revolutionary")
MOST_LINES, MOST_COLUMNS = 25, 79


def problem(file, cell, rule, message):
    """One finding, as a dict."""
    return {"file": file, "cell": cell, "rule": rule, "message": message}


def lint(root, in_step=True):
    """All findings of a course folder.

    Args:
        root: the folder with `notebooks/`.
        in_step: also compare the exercises with what their solutions give (slower).

    Returns:
        list of dicts {file, cell, rule, message}; empty when all is well.
    """
    folder = Path(root) / "notebooks"
    chapters = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not chapters:
        raise FileNotFoundError(f"{folder} has no chapters (NN_name.ipynb). Call this in the course's folder, or give --root.")
    found = []
    for path in [*chapters, *sorted(folder.glob("solutions/*.ipynb")), *sorted(folder.glob("exercises/*.ipynb"))]:
        name = path.relative_to(folder).as_posix()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found += _cells(name, cells)
        if path.parent == folder:
            found += _chapter(name, cells, folder) + _imports(name, cells)
    if in_step:
        from visret_lab.teaching.derive import derive

        found += [problem(name, None, "derived", "differs from what its solution gives: run `visret notebooks derive`")
                  for name in derive(root, check=True)]
    return found


def _cells(name, cells):
    """What holds for every notebook."""
    found = []
    for i, cell in enumerate(cells):
        lines = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "code":
            if cell.get("outputs") or cell.get("execution_count"):
                found.append(problem(name, i, "outputs", "stores an output or a count: clear it"))
            if sum(bool(line.strip()) for line in lines) > MOST_LINES:
                found.append(problem(name, i, "long", f"has more than {MOST_LINES} lines: one idea a cell"))
            wide = [line for line in lines if len(line) > MOST_COLUMNS]
            if wide:
                found.append(problem(name, i, "wide", f"has a line of more than {MOST_COLUMNS} columns: {wide[0][:40]}..."))
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            if FIGURE.search("\n".join(lines)) and len(alt) < 20:
                found.append(problem(name, i, "alt", "makes a figure and has no alt text that states the finding"))
        else:
            text = " ".join(lines).lower()
            found += [problem(name, i, "words", f'says "{word}"') for word in BANNED if word in text]
            if re.search(r"\bmap\b[^.]{0,30}\b0?\.\d{2,}", text):
                found.append(problem(name, i, "typed", "has a score typed by hand: a number in prose comes from the run"))
    return found


def _imports(name, cells):
    """Names that are imported and never used: what a reader looks for in vain."""
    where, used = {}, set()
    for i, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).splitlines()
            for node in ast.walk(ast.parse("\n".join("pass" if line.startswith(("%", "!")) else line for line in lines))):
                if isinstance(node, ast.Name):
                    used.add(node.id)
                elif isinstance(node, (ast.Import, ast.ImportFrom)):
                    where |= {alias.asname or alias.name.split(".")[0]: i for alias in node.names}
    return [problem(name, i, "imports", f"imports {word} and never uses it") for word, i in where.items() if word not in used]


def _chapter(name, cells, folder):
    """What holds for a chapter."""
    found = []
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    heads = re.findall(r"^## (.+)$", prose, re.M)
    missing = [head for head in SKELETON if head not in heads]
    found += [problem(name, None, "skeleton", f'has no section "{head}"') for head in missing]
    order = [heads.index(head) for head in SKELETON if head in heads]
    if order != sorted(order):
        found.append(problem(name, None, "skeleton", "has its sections in another order than " + ", ".join(SKELETON)))
    if not re.match(r"# .+\n\n\S", prose):
        found.append(problem(name, 0, "promise", "must begin with a title and, below it, a sentence with its promise"))
    if not re.search(r"Minutes: \d+ to read, \d+ to run", prose):
        found.append(problem(name, None, "minutes", 'must say "Minutes: N to read, M to run"'))
    if "Predict, then run" not in prose:
        found.append(problem(name, None, "predict", "has no box \"Predict, then run\""))
    if len(re.findall(r"\bquiz\(", code)) != 3:
        found.append(problem(name, None, "quiz", "must ask three questions with quiz(...)"))
    for part in ("solutions", "exercises"):
        if not (folder / part / name).is_file():
            found.append(problem(name, None, part, f"has no {part}/{name}"))
    return found
