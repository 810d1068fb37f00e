"""What a notebook's outputs depend on: its own cells, the modules of visret_lab that it reaches, the pinned packages.

Jupyter Book's own cache sees only the notebook. Here a change in `features/gist.py` runs anew just those chapters
that import it, directly or through another module, and those that compute with a number which it changed. The data of the mini
tier are functions of the code in `worlds/`, which `datasets.load` imports, so they are covered too.
"""

import ast
import hashlib
import json
import os
from functools import cache
from pathlib import Path

from visret_lab.tables import cumulative

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "visret_lab"


def fingerprint(notebook):
    """SHA-256 over everything that the outputs of `notebook` (a path) depend on."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    digest = hashlib.sha256(notebook.read_bytes())
    digest.update((ROOT / "requirements.lock").read_bytes())
    digest.update(os.environ.get("VISRET_TIER", "mini").encode())
    if "cumulative.load_rows" in code:  # it computes with what the earlier chapters measured
        digest.update(cumulative.measured_before(notebook.stem).encode())
    for path in sorted(reached(code)):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reached(code):
    """The files of visret_lab that a piece of Python code imports, directly or not, with the data files beside them."""
    waiting, found = list(_imports(code)), set()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += _imports_of(path, path.stat().st_mtime_ns)
    beside = {p for path in found for p in path.parent.glob("*") if p.suffix in (".js", ".css")}
    if any(path.parent == PACKAGE / "tables" for path in found):  # the pages show what was published and recorded
        beside |= set((PACKAGE / "tables").rglob("*.json"))
    return found | beside


@cache
def _imports_of(path, changed):
    """What a file imports. `changed`, its time of change, is only there to read it again when it is another."""
    return _imports(path.read_text(encoding="utf-8"))


def _imports(code):
    """Files of the visret_lab modules named in import statements anywhere in the code, also inside functions."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell with a notebook magic: be careful and depend on everything
        return set(PACKAGE.rglob("*.py"))
    files = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            files |= _files_of(name)
    return files


def _files_of(name):
    parts = name.split(".")
    if parts[0] != "visret_lab":
        return set()
    files = set()
    for i in range(1, len(parts) + 1):  # importing a.b.c also runs a/__init__.py and a/b/__init__.py
        base = ROOT.joinpath(*parts[:i])
        files |= {p for p in (base / "__init__.py", base.with_suffix(".py")) if p.is_file()}
    return files
