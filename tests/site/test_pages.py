"""Every page of the built book, opened once: no request leaves it, no script fails, it fits a phone, and axe-core finds nothing in it.

Only what stands in <main> is looked at by axe: the bars around it are the theme's, with findings of its own (the arrows of the contents
have no name, the site logo stands outside a landmark). Pages are large, so each is opened once and everything is asked there, in the
light theme and, for its colours, in the dark one.
"""

import importlib.util
from pathlib import Path

import pytest

from tests.site.conftest import HTML, pages

# sphinxcontrib-bibtex and docutils write these roles.
BIBLIOGRAPHY = {"aria-roles", "aria-required-children", "aria-allowed-role", "aria-deprecated-role"}
# index.html at the top only leads on to the first page.
NAMES = [n for n in (p.relative_to(HTML).as_posix() for p in pages()) if n != "index.html"] or ["intro.html"]
CONTRAST = {"runOnly": ["color-contrast"]}  # what a theme can change
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def axe():
    package = Path(importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0])
    return (package / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.site
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_clean_fits_a_phone_and_can_be_read_aloud(html, browser, axe, name):
    context = browser.new_context(color_scheme="light", viewport=DESK)
    try:
        page = context.new_page()
        outside, errors = [], []
        page.on("request", lambda r: outside.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto((html / name).as_uri())
        page.wait_for_load_state("load")
        page.evaluate(axe)
        found = {"light": _findings(page, name, {})}
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'", timeout=20_000)
        found["dark"] = _findings(page, name, CONTRAST)
        page.set_viewport_size(PHONE)
        wide = page.evaluate("document.documentElement.scrollWidth")
    finally:
        context.close()
    assert (outside, errors) == ([], [])
    assert found == {"light": [], "dark": []}
    assert wide <= PHONE["width"]


def _findings(page, name, rules):
    page.wait_for_timeout(300)  # colours fade in; half-way they have another contrast
    allowed = BIBLIOGRAPHY if name == "bibliography.html" else set()
    violations = page.evaluate("rules => axe.run('main', rules)", rules)["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["id"] not in allowed]
