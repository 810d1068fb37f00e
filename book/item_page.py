"""The page "Item search": the application of the video chapters by itself. What it shows was found when chapter 23 ran."""

import json
from pathlib import Path

CHAPTER = Path(__file__).parent / "_build" / "executed" / "23_video_encoders.ipynb"
TEXT = """# Item search

Somebody photographs a screen and asks: what is she wearing, and where is it seen again? Choose a photograph, then point at a garment, or
press its name. The photographs are of a painted film; each shows one of its frames, tilted, with the stripes of the screen and a lamp in
the glass.

How it works: the photograph's BRIEF features vote for a shot by tracked key features, the shot's frames are compared with it one by one,
and the homography between frame and photograph carries the garments' boxes, which were noted once for the film, into the photograph
({doc}`../notebooks/22_video_local`, {doc}`../notebooks/23_video_encoders`). No garment is recognised: the moment is. This page needs no
kernel and no network. In a notebook, `visret_lab.teaching.item_search.upload` takes a photograph of your own.

"""


def page(chapter=CHAPTER):
    """The text of the page, with the element that the chapter showed; without a run of the chapter it says so."""
    element = _element(Path(chapter))
    return TEXT + (f"```{{raw}} html\n{element}\n```\n" if element else "Not run yet: `make book` runs the chapter that makes it.\n")


def _element(chapter):
    """The item search in the outputs of an executed notebook: HTML, or None."""
    if not chapter.is_file():
        return None
    for cell in json.loads(chapter.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", []))
            if 'class="item-search"' in html:
                return html
    return None
