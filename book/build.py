"""`make book`: run what changed, then let Jupyter Book typeset the executed copies.

Executed notebooks are kept in book/_build/executed with their fingerprint (fingerprint.py); the book is made from
book/notebooks, a staged copy. Nothing is executed by Sphinx itself. Two notebooks run at a time. Chapters that share features stand in
one group, which is run in order, so that nothing is computed twice. The table that a chapter shows begins with what all earlier ones
measured, and some of these may still be running in another group: so the tables are filled at the end.
"""

import os
import re
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

import copy_mathjax  # noqa: E402
import fingerprint  # noqa: E402
import guide  # noqa: E402
import pages  # noqa: E402

EXECUTED = HERE / "_build" / "executed"
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BAR = re.compile(r"\d+%\|.*\[\d+:\d\d<|\d+/\d+ \[")  # a line of a tqdm bar
MARKS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
OPEN = re.compile(r"## \d+\. Open: ")
TIMEOUT = 600  # seconds a cell
PROCESSES = 2
# First chapters of the groups: networks (the longest, so it starts first), local features, film, sentences, causes, systems.
GROUPS = (("12", "22"), ("00", "12"), ("22", "24"), ("24", "27"), ("29", "99"), ("27", "29"))


def main():
    """Build the book; exit code 1 when a notebook fails or Sphinx warns."""
    copy_mathjax.main()
    started = time.perf_counter()
    chapters = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    sources = chapters + sorted((ROOT / "notebooks/solutions").glob("*.ipynb"))
    with ProcessPoolExecutor(PROCESSES) as pool:
        running = [pool.submit(execute, group) for group in groups(sources)]
        written = pool.submit(pages.write)
        failed = sum((group.result() for group in running), [])
        written.result()
    if failed:
        sys.exit(f"\n{len(failed)} notebook(s) failed: {', '.join(failed)}. The book was not built.")
    for chapter in chapters:
        fill_table(chapter)
    stage(sources)
    guide.write()
    place = typeset()
    print(f"== {place / '_build' / 'html' / 'index.html'} ({time.perf_counter() - started:.0f} s)")


def typeset():
    """Let Jupyter Book make the pages; ends the program where it warns. Returns the folder in which _build/html is.

    A book with answers has a folder of its own: in the search index of a page that had them before, Sphinx leaves their words.
    """
    from jupyter_book.sphinx import build_sphinx  # the command `jupyter-book build` does the same, but with one process

    place = HERE / "_build" / "with_answers" if guide.with_answers() else HERE
    settings = {"nitpicky": True, "external_toc_path": (HERE / "_toc.yml").as_posix(), "latex_individualpages": False}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.distributed.reduce_op`")  # Sphinx looks at every object of this process
        problem = build_sphinx(HERE, place / "_build" / "html", noconfig=True, path_config=HERE / "_config.yml", confoverrides=settings,
                               warningiserror=True, keep_going=True, quiet=True, jobs=PROCESSES)
    if problem:
        sys.exit(problem if isinstance(problem, int) else f"The book was not built: {problem}")
    return place


def groups(sources):
    """Lists of notebooks, each to be run in order; a free process takes the next list. Solutions come last, one by one."""
    chapters = [s for s in sources if s.parent.name == "notebooks"]
    together = [[s for s in chapters if first <= s.name < end] for first, end in GROUPS]
    return [g for g in together if g] + [[s] for s in sources if s not in chapters]


def fill_table(chapter):
    """Put the table up to a chapter into its executed copy, now that all chapters before it have run."""
    import nbformat

    from visret_lab.tables import cumulative

    notebook = nbformat.read(target(chapter), 4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "cumulative.grow(" in cell.source:
            for output in cell.outputs:
                if "text/html" in output.get("data", {}):
                    output["data"]["text/html"] = cumulative.shown(chapter.stem).data
    write(notebook, target(chapter))


def target(source):
    """Where the executed copy of a notebook is kept."""
    return EXECUTED / source.relative_to(ROOT / "notebooks")


def is_fresh(source):
    """Whether the executed copy was made from this notebook, this code, these packages and these earlier measurements."""
    mark = target(source).with_suffix(".sha256")
    return target(source).is_file() and mark.is_file() and mark.read_text() == fingerprint.fingerprint(source)


def execute(sources):
    """Run those notebooks that are not fresh, in order; print a line for each. Returns the names of those that failed."""
    failed = []
    for number, source in enumerate(sources, 1):
        if is_fresh(source):  # asked now, as an earlier chapter may just have measured something else
            continue
        seconds, error = run(source)
        name = source.relative_to(ROOT / "notebooks").as_posix()
        print(f"[{number}/{len(sources)}] {name}: {'FAILED' if error else 'ok'}, {seconds:.1f} s", flush=True)
        if error:
            print(error, flush=True)
            failed.append(name)
    return failed


def run(source):
    """Execute one notebook into its place under _build/executed. Returns (seconds, error text or "")."""
    from visret_lab.teaching.execute import execute

    os.environ.update(THREADS)
    key, start = fingerprint.fingerprint(source), time.perf_counter()
    notebook, error = execute(source, TIMEOUT, warm=True)
    if error:
        return time.perf_counter() - start, error
    drop_progress_bars(notebook)
    if source.parent.name == "solutions":
        as_answers(notebook, source.name)
    write(notebook, target(source))
    target(source).with_suffix(".sha256").write_text(key)
    return time.perf_counter() - start, ""


def write(notebook, path):
    """Write an executed notebook: whole, or not at all."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)


def drop_progress_bars(notebook):
    """Take tqdm's bars out of the outputs. Any other word on the error stream stays, and Sphinx makes it an error."""
    for cell in notebook.cells:
        kept = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                lines = [line for line in re.split(r"[\r\n]+", output.text) if line.strip() and not BAR.search(line)]
                if not lines:
                    continue
                output.text = "\n".join(lines)
            kept.append(output)
        if "outputs" in cell:
            cell.outputs = kept


def as_answers(notebook, name):
    """Make the executed exercises of a notebook of solutions what a reader looks for: a title of its own, and answers without marks."""
    lead = notebook.cells[0]
    title = lead.source.splitlines()[0].replace("# Exercises:", "# Solutions:")
    lead.source = (f"{title}\n\nOur answers to [these exercises](../exercises/{name}). Each has been run; below it stands what its check "
                   "says.")
    if any(cell.cell_type == "markdown" and OPEN.match(cell.source) for cell in notebook.cells):
        lead.source += " An *open* exercise has no model answer: its measure stands in its text."
    for cell in notebook.cells:
        cell.source = MARKS.sub("", cell.source)


def with_drawings(exercise, solved):
    """The text of a notebook of exercises, with the pictures above the first answer: they belong to the question."""
    import nbformat

    notebook = nbformat.read(exercise, 4)
    for cell, done in zip(notebook.cells, nbformat.read(solved, 4).cells, strict=True):
        if cell.cell_type == "code":
            if cell.source != done.source:
                break
            cell.outputs = [output for output in done.outputs if "image/png" in output.get("data", {})]
    return nbformat.writes(notebook).encode()


def stage(sources):
    """Lay the executed notebooks, and the exercises, under book/notebooks. Unchanged files keep their time."""
    folder = HERE / "notebooks"
    wanted = {target(s).relative_to(EXECUTED): target(s).read_bytes() for s in sources}
    wanted |= {Path("exercises") / p.name: with_drawings(p, EXECUTED / "solutions" / p.name)
               for p in (ROOT / "notebooks/exercises").glob("*.ipynb")}
    for old in folder.rglob("*.ipynb"):
        if old.relative_to(folder) not in wanted:
            old.unlink()
    for name, content in wanted.items():
        place = folder / name
        if not place.is_file() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


if __name__ == "__main__":
    main()
