"""axe-core finds nothing beyond what the theme and the bibliography extension bring themselves."""

import importlib.util
from pathlib import Path

import pytest

from tests.site.conftest import HTML, pages

# The theme's own: its site logo stands outside a landmark, and its search button's name differs from its label.
THEME = {"region", "label-content-name-mismatch"}
# sphinxcontrib-bibtex and docutils write these roles.
BIBLIOGRAPHY = {"aria-roles", "aria-required-children", "aria-allowed-role", "aria-deprecated-role"}
NAMES = [n for n in (p.relative_to(HTML).as_posix() for p in pages()) if n != "index.html"] or ["intro.html"]


@pytest.fixture(scope="module")
def axe():
    package = Path(importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0])
    return (package / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.site
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_no_finding_beyond_the_themes(html, browser, axe, name, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    try:
        page = context.new_page()
        page.goto((html / name).as_uri())
        page.wait_for_load_state("load")
        page.evaluate(axe)
        found = page.evaluate("axe.run()")["violations"]
    finally:
        context.close()
    allowed = THEME | (BIBLIOGRAPHY if name == "bibliography.html" else set())
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["id"] not in allowed] == []
