"""The item search with a photograph of your own: a field for a file, in a notebook whose kernel runs."""

import io

import ipywidgets
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from visret_lab.teaching.item_search.item_search import item_search_html

LONGEST = 640  # phones give more, and points are looked for at one scale


def upload(search):
    """A field into which a photograph of the screen can be put; what it found stands below.

    Args:
        search: video.items.ItemSearch.

    Returns:
        ipywidgets.VBox; show it by naming it in the last line of a cell.
    """
    field = ipywidgets.FileUpload(accept="image/*", multiple=False, description="Your photo")
    words, result = ipywidgets.Label("Photograph the screen while the film plays, then choose the photo."), ipywidgets.HTML()

    def searched(change):
        if not change["new"]:
            return
        try:
            result.value = item_search_html(search, [as_photo(bytes(change["new"][0]["content"]))])
            words.value = "Found. Press the name of a garment."
        except ValueError as error:
            result.value, words.value = "", str(error)

    field.observe(searched, names="value")
    return ipywidgets.VBox([field, words, result])


def as_photo(content, longest=LONGEST):
    """The bytes of an image file -> uint8 H x W x 3, upright, its longer side at most `longest`. ValueError: no picture."""
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("This file is no picture that can be read. Choose a JPEG or PNG file.") from error
    picture.thumbnail((longest, longest))
    return np.asarray(picture)
