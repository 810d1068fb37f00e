"""The built book, and a browser to open it with; both are optional, and a test that needs one says so in plain words."""

import shutil
from pathlib import Path

import pytest

HTML = Path(__file__).parents[2] / "book" / "_build" / "html"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def html():
    if not (HTML / "index.html").is_file():
        pytest.skip("the book is not built: run `make book` first")
    return HTML


@pytest.fixture(scope="session")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


def pages(folder=HTML):
    """The pages of the book, without the theme's own and without decks."""
    return sorted(p for p in folder.rglob("*.html")
                  if not {"_static", "slides"} & set(p.relative_to(folder).parts) and p.name not in ("genindex.html", "search.html"))
