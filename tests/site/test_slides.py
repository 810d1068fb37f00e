"""Every deck, made from what the chapters showed: each slide fits, nothing is asked of a network, no script fails."""

from pathlib import Path

import nbformat
import pytest

from visret_lab.teaching.slides.deck import deck

BOOK = Path(__file__).parents[2] / "book"
EXECUTED = sorted((BOOK / "_build" / "executed").glob("[0-9][0-9]_*.ipynb"))
FITS = """() => [...document.querySelectorAll(".slides section")]
  .filter(s => !(Number(s.dataset.scale) >= 0.55 || s.dataset.scale === "scrolls"))
  .map(s => `cell ${s.dataset.cell}: ${s.dataset.scale}`)"""
STICKS_OUT = """() => { const s = document.querySelector(".slides section.present"), box = s.querySelector(".body").getBoundingClientRect();
  return [box.bottom, box.right].map(Math.round); }"""


@pytest.mark.site
@pytest.mark.parametrize("path", EXECUTED or [None], ids=lambda p: p.stem if p else "none")
def test_every_slide_of_a_deck_fits(path, browser, tmp_path):
    if path is None:
        pytest.skip("the chapters have not been run: run `make book` first")
    target = tmp_path / f"{path.stem}.html"
    target.write_text(deck(nbformat.read(path, 4), (BOOK / "references.bib").read_text("utf-8")), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    try:
        outside, errors = [], []
        page.on("request", lambda r: outside.append(r.url) if not r.url.startswith(("file:", "data:", "blob:", "about:")) else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(target.as_uri())
        page.wait_for_function("document.documentElement.dataset.ready === 'yes'", timeout=60_000)
        assert (outside, errors, page.evaluate(FITS)) == ([], [], [])
        assert page.evaluate("document.querySelectorAll('.slides mjx-merror').length") == 0
        for number in range(page.evaluate("Reveal.getTotalSlides()")):
            page.evaluate("n => Reveal.slide(n)", number)
            bottom, right = page.evaluate(STICKS_OUT)
            assert bottom <= 720 and right <= 1280, f"slide {number}"
    finally:
        page.close()
