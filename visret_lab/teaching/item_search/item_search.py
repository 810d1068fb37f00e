"""Write the item search as one HTML element: what each photograph found is in it, so it works without a kernel and without a network."""

import hashlib
import html
import json
from pathlib import Path

import numpy as np
from IPython.display import HTML, display

from visret_lab.thumbnails import data_uri

HERE = Path(__file__).parent
AGAIN = 6  # other moments of a garment that are shown


def item_search(search, photos, **options):
    """Show the element. Arguments as for item_search_html."""
    display(HTML(item_search_html(search, photos, **options)))


def item_search_html(search, photos, longest=320, found=None):
    """The element as a string of HTML that needs nothing beside itself.

    Args:
        search: video.items.ItemSearch. photos: list of uint8 H x W x 3, photographs of a screen. longest: side of a picture, pixels.
        found: list of video.items.Found, what `search.search` gave for each photograph; None: they are searched for now.

    Raises:
        ValueError: no photograph, or another number of answers.
    """
    if not len(photos):
        raise ValueError("The item search needs at least one photograph.")
    if found is not None and len(found) != len(photos):
        raise ValueError(f"There are {len(found)} answers for {len(photos)} photographs; each needs its own.")
    thumbs, found = {}, found or [search.search(photo) for photo in photos]
    data = {"film": search.name, "thumbs": thumbs,
            "photos": [_photo(search, photo, one, thumbs, longest) for photo, one in zip(photos, found, strict=True)]}
    text = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    name = "is" + hashlib.sha1(text.encode()).hexdigest()[:10]
    style = (HERE / "item_search.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (HERE / "item_search.js").read_text(encoding="utf-8").replace("ROOT_ID", name)
    return (f'<div id="{name}" class="item-search" role="group" aria-label="Item search"><style>{style}</style>'
            f'<div class="is-app"></div>{_fallback(data)}'
            f'<script type="application/json" class="is-data">{text}</script><script>{script}</script></div>')


def _photo(search, photo, found, thumbs, longest):
    """What one photograph found, ready for the page."""
    shown = {"photo": data_uri(photo, longest, 75), "size": [photo.shape[1], photo.shape[0]], "words": found.words,
             "inliers": found.inliers,
             "items": [_worn(search, worn, thumbs) for worn in found.worn]}
    if found.frame is None:
        return shown
    votes = [shot.votes for shot in found.shots]
    return shown | {"frame": _thumb(search, found.frame, thumbs), "shot": search.film.shot_of(found.frame) + 1,
                    "time": clock(search.reader.times[found.frame]), "votes": votes}


def _worn(search, worn, thumbs):
    corners = None if worn.corners is None else np.round(worn.corners, 1).tolist()
    again = [{"frame": _thumb(search, m.frame, thumbs), "shot": m.shot + 1, "time": clock(search.reader.times[m.frame]), "box": list(m.box)}
             for m in worn.again[:AGAIN]]
    return {"name": worn.item.name, "corners": corners, "again": again, "shots": len(worn.again)}


def _thumb(search, frame, thumbs):
    """Keep a frame of the film as a small picture, once; the key under which it is kept."""
    if str(frame) not in thumbs:
        image = search.reader.frame(frame)
        thumbs[str(frame)] = {"image": data_uri(image, 176), "size": [image.shape[1], image.shape[0]]}
    return str(frame)


def clock(seconds):
    """Minutes and seconds of a film: 83.4 -> "1:23"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _fallback(data):
    """For paper, and for a browser without scripts: each photograph with what was found."""
    rows = []
    for i, photo in enumerate(data["photos"]):
        items = "".join(f"<li>{html.escape(item['name'])}: {_seen(item)}</li>" for item in photo["items"])
        where = f"shot {photo['shot']}, {photo['time']}" if "shot" in photo else photo["words"]
        rows.append(f'<div><img alt="photograph {i + 1} of a screen" src="{photo["photo"]}"><p>Photograph {i + 1}: {html.escape(where)}.'
                    "</p>"
                    f"<ul>{items or '<li>Nothing that is worn is noted here.</li>'}</ul></div>")
    return f'<div class="is-print">{"".join(rows)}</div>'


def _seen(item):
    if not item["again"]:
        return "seen in this shot only"
    return "seen again at " + ", ".join(m["time"] for m in item["again"])
