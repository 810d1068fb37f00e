"""Exercises are derived from solutions: only what stands between the markers differs.

What stands between them is also written to a file of the package, from which `solution` shows it: the code that the book has run.
"""

import json
import re
from pathlib import Path

SHOWN = Path("visret_lab") / "teaching" / "exercises" / "solutions.json"
MODULE = re.compile(r"visret_lab\.teaching\.exercises import \(?\s*(ch\w+)")
CHECK = re.compile(r"^check\(exercise\.(\w+), (\w+)\)$", re.MULTILINE)
MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def student_version(solution):
    """The text of the exercise notebook for a solution notebook (path): answers and outputs removed, ids kept."""
    from nbconvert import NotebookExporter  # slow to import, and needed only here
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.enforce_metadata = False
    config.ClearSolutions.code_stub = {"python": "# Write your code here.\nraise NotImplementedError"}
    config.ClearSolutions.text_stub = "*Write your answer here.*"
    config.NotebookExporter.preprocessors = ["nbgrader.preprocessors.ClearSolutions",
                                             "nbconvert.preprocessors.ClearOutputPreprocessor"]
    text, _ = NotebookExporter(config=config).from_filename(str(solution))
    return text.rstrip("\n") + "\n"


def answers(solution):
    """The answers of a solution notebook (path): (name of its module of exercises, dict name of the exercise -> source of the answer)."""
    cells = [c for c in json.loads(Path(solution).read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    sources = ["".join(c["source"]) for c in cells]
    module, found, defined = MODULE.search("\n".join(sources)), {}, {}
    for source in sources:
        if "### BEGIN SOLUTION" in source:
            answer = MARKER.sub("", source).strip()
            defined |= dict.fromkeys(re.findall(r"^def (\w+)", answer, re.MULTILINE), answer)
        found |= {exercise: defined[name] for exercise, name in CHECK.findall(source) if name in defined}
    return (module[1] if module else ""), found


def derive(root, check=False):
    """Write every exercise notebook and the file of answers, or with `check` only compare.

    Args:
        root: the course's folder, with `notebooks/`.

    Returns:
        names of the exercises that differed from what their solutions give.
    """
    notebooks = Path(root) / "notebooks"
    solutions = sorted((notebooks / "solutions").glob("*.ipynb"))
    wanted = {notebooks / "exercises" / solution.name: student_version(solution) for solution in solutions}
    found = dict(sorted(answers(solution) for solution in solutions))
    wanted[Path(root) / SHOWN] = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    changed = []
    for target, text in wanted.items():
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            changed.append(f"{target.parent.name}/{target.name}")
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    orphans = {p.name for p in (notebooks / "exercises").glob("*.ipynb")} - {p.name for p in (notebooks / "solutions").glob("*.ipynb")}
    return changed + [f"exercises/{name} (no solution)" for name in sorted(orphans)]
