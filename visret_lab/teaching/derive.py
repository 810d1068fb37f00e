"""Exercises are derived from solutions: only what stands between the markers differs."""

from pathlib import Path


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


def derive(root, check=False):
    """Write every exercise notebook, or with `check` only compare.

    Args:
        root: the course's folder, with `notebooks/`.

    Returns:
        names of the exercises that differed from what their solutions give.
    """
    notebooks = Path(root) / "notebooks"
    changed = []
    for solution in sorted((notebooks / "solutions").glob("*.ipynb")):
        target = notebooks / "exercises" / solution.name
        text = student_version(solution)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            changed.append(f"exercises/{solution.name}")
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    orphans = {p.name for p in (notebooks / "exercises").glob("*.ipynb")} - {p.name for p in (notebooks / "solutions").glob("*.ipynb")}
    return changed + [f"exercises/{name} (no solution)" for name in sorted(orphans)]
