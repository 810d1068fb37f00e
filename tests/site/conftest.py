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


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def opened_from_disk(tmp_path, browser):
    """A function: HTML of one element, and options of the browser's context -> the page that shows it, opened from a file."""
    contexts = []

    def opened(html, **options):
        path = tmp_path / "page.html"
        head = '<!doctype html><html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        path.write_text(f"{head}<body>{html}</body></html>", encoding="utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def assert_fits_a_telephone(opened, html, selector, scheme):
    """An element needs no scrolling sideways at 390 points, and is dark where the reader's system is. Returns the page."""
    page = opened(html, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    colour = page.evaluate("s => getComputedStyle(document.querySelector(s)).backgroundColor", selector)
    assert (colour == "rgb(27, 29, 33)") == (scheme == "dark")
    return page


def pages(folder=HTML):
    """The pages of the book, without the theme's own and without decks."""
    return sorted(p for p in folder.rglob("*.html")
                  if not {"_static", "slides"} & set(p.relative_to(folder).parts) and p.name not in ("genindex.html", "search.html"))
