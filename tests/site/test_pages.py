"""Every page of the built book, opened once: no request leaves it, no script fails, it fits a phone, and axe-core finds nothing in it.

Only what stands in <main> is looked at by axe: the bars around it are the theme's, with findings of its own (the arrows of the contents
have no name, the site logo stands outside a landmark). Pages are large, so each is opened once and everything is asked there, in the
light theme and, for its colours, in the dark one.

A chapter has thousands of words of code in some twenty colours. Its contrast is measured once for each look: a text with the same
tags, classes and colours, from itself up to <main>, has the same contrast as the first one. Words of code that add no look are flattened
to plain text before axe builds its map of the page, which costs it most of its time; words of code have no role, name or state. For the
same reason, what adds no look in either theme is taken out before the contrast is measured.
"""

import importlib.util
from pathlib import Path

import pytest

from tests.site.conftest import HTML, pages

# sphinxcontrib-bibtex and docutils write these roles.
BIBLIOGRAPHY = {"aria-roles", "aria-required-children", "aria-allowed-role", "aria-deprecated-role"}
# index.html at the top only leads on to the first page.
NAMES = [n for n in (p.relative_to(HTML).as_posix() for p in pages()) if n != "index.html"] or ["intro.html"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
COLOURS = ["color-contrast", "link-in-text-block"]
# Colours that fade in have another contrast half-way.
AT_ONCE = "*, *::before, *::after { transition: none !important; animation: none !important; }"

# Marks the first text of each look; the key holds every colour that shines through on the way up, so rows striped by number differ.
MARK = """() => {
  const main = document.querySelector("main"), ways = new Map([[main, ""]]), seen = new Set();
  const way = e => {
    if (!ways.has(e)) {
      const s = getComputedStyle(e);
      const names = [...e.classList].filter(c => !/^(row|col)\\d+$/.test(c)).join(" ");  // pandas numbers rows and columns
      ways.set(e, [way(e.parentElement), e.tagName, names, s.color, s.backgroundColor, s.backgroundImage,
                   s.opacity, s.fontSize, s.fontWeight].join("|"));
    }
    return ways.get(e);
  };
  for (const e of main.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
    if (!e.checkVisibility({visibilityProperty: true}) || e.closest("mjx-assistive-mml")) continue;  // that is for ears only
    if (!seen.has(way(e))) { seen.add(way(e)); e.setAttribute("data-look", ""); }
  }
  return seen.size;
}"""
FLATTEN = """() => {
  for (const e of [...document.querySelectorAll("main pre span")].reverse())  // what lies inside comes first
    if (!e.childElementCount && !e.matches("[data-look], [id], [role], [tabindex]")) e.replaceWith(e.textContent);
}"""
# What holds a look, or stands in one, stays: a text has its contrast with all that lies around and under it. So do rules of style.
PRUNE = """() => {
  const main = document.querySelector("main"), kept = new Set();
  for (const e of main.querySelectorAll("[data-look]")) for (let up = e; up !== main; up = up.parentElement) kept.add(up);
  for (const e of main.querySelectorAll(":not(style, link)")) if (!kept.has(e) && !e.parentElement.closest("[data-look]")) e.remove();
}"""


@pytest.fixture(scope="module")
def axe():
    package = Path(importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0])
    return (package / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tab(browser):
    """One tab for all pages: the scripts that they share are compiled once."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.site
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_clean_fits_a_phone_and_can_be_read_aloud(html, tab, axe, name):
    outside, errors, looks, found = [], [], [], {}
    watched = {"request": lambda r: outside.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None,
               "pageerror": lambda e: errors.append(str(e))}
    for event, listener in watched.items():
        tab.on(event, listener)
    try:
        tab.set_viewport_size(DESK)
        tab.emulate_media(color_scheme="light")
        tab.goto((html / name).as_uri())
        tab.wait_for_load_state("load")
        tab.add_style_tag(content=AT_ONCE)
        tab.evaluate(axe)
        for scheme in ("light", "dark"):
            _theme(tab, scheme)
            looks.append(tab.evaluate(MARK))
        tab.evaluate(FLATTEN)
        found["reading"] = [f for f in _findings(tab, "main", {"rules": {rule: {"enabled": False} for rule in COLOURS}})
                            if not (name == "bibliography.html" and f[0] in BIBLIOGRAPHY)]
        tab.set_viewport_size(PHONE)
        wide = tab.evaluate("document.documentElement.scrollWidth")
        tab.set_viewport_size(DESK)
        tab.evaluate(PRUNE)
        for scheme in ("dark", "light"):
            _theme(tab, scheme)
            found[scheme] = _findings(tab, "main [data-look]", {"runOnly": COLOURS})
    finally:
        for event, listener in watched.items():
            tab.remove_listener(event, listener)
    assert (outside, errors) == ([], [])
    assert min(looks) > 0, "a page without a visible word"
    assert found == {"light": [], "dark": [], "reading": []}
    assert wide <= PHONE["width"]


def _theme(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("s => document.documentElement.dataset.theme === s", arg=scheme, timeout=20_000)


def _findings(page, where, options):
    # Without `preload`: the rules that are on by default read no style sheet, and there is no sound in the book.
    run = "([include, options]) => axe.run({include}, {resultTypes: ['violations'], preload: false, ...options}).then(r => r.violations)"
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in page.evaluate(run, [[where], options])]
