"""axe-core finds nothing in the content of a page, beyond the roles that the bibliography extension writes.

Only what stands in <main> is looked at: the bars around it are the theme's, with findings of its own (the arrows of the
contents have no name, the site logo stands outside a landmark).
"""

import importlib.util
from pathlib import Path

import pytest

from tests.site.conftest import HTML, pages

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
        page.wait_for_timeout(300)  # colours fade in when a page opens; half-way they have another contrast
        page.evaluate(axe)
        found = page.evaluate("axe.run('main')")["violations"]
    finally:
        context.close()
    allowed = BIBLIOGRAPHY if name == "bibliography.html" else set()
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["id"] not in allowed] == []
