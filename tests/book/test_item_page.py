"""The page of the item search shows what the chapter showed, or says that nothing was run."""

import json

from book.item_page import page


def test_the_element_of_the_chapter_is_the_page(tmp_path):
    outputs = [{"data": {"text/html": ["<p>other</p>"]}}, {"data": {"text/html": ['<div class="item-search">', "x</div>"]}}]
    (tmp_path / "c.ipynb").write_text(json.dumps({"cells": [{"outputs": []}, {"outputs": outputs}]}))
    assert '```{raw} html\n<div class="item-search">x</div>\n```' in page(tmp_path / "c.ipynb")


def test_without_a_run_the_page_says_so(tmp_path):
    (tmp_path / "c.ipynb").write_text(json.dumps({"cells": [{"outputs": [{"data": {}}]}]}))
    assert "Not run yet" in page(tmp_path / "c.ipynb") and "Not run yet" in page(tmp_path / "none.ipynb")
