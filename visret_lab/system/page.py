"""The results of a search as one HTML page that needs nothing beside itself: no network, no script, no other file."""

import html
from pathlib import Path

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.image_io import crop, read_image
from visret_lab.thumbnails import data_uri

THUMBNAIL = 240  # pixels of the longer side


def result_page(question, image, box, answer, folder, accept=1):
    """The page.

    Args:
        question: name of what was asked, shown as it is. image: uint8 H x W x 3. box: of the question, or None.
        answer: `search.Answer`. folder: of the pictures; one that is gone meanwhile is said to be. accept: inliers that count as verified.

    Returns:
        str, a whole HTML document in UTF-8.
    """
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    name = html.escape(question)
    times = "".join(f"<dt>{html.escape(stage)}</dt><dd>{ms:.1f} ms</dd>" for stage, ms in answer.ms.items())
    hits = "".join(_hit(place, hit, Path(folder), accept) for place, hit in enumerate(answer.hits, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pictures like {name}</title>
<style>
{style}</style>
</head>
<body>
<h1>Pictures like {name}</h1>
<div class="question">
<img src="{data_uri(crop(image, box), THUMBNAIL)}" alt="the question: {name}">
<dl>{times}<dt>together</dt><dd>{sum(answer.ms.values()):.1f} ms</dd></dl>
</div>
<ol>{hits}</ol>
</body>
</html>
"""


def _hit(place, hit, folder, accept):
    name = html.escape(hit.id)
    try:
        shown = f'<img src="{data_uri(read_image(folder / hit.id), THUMBNAIL)}" alt="result {place}: {name}">'
    except DataError:
        shown = "<p>This picture is gone, or cannot be read any more.</p>"
    verified = f'<span class="sure">{hit.inliers} inliers</span>' if hit.inliers >= accept else f"{hit.inliers} inliers"
    return f'<li>{shown}<p class="name">{place}. {name}</p><p>similarity {hit.similarity:.3f} · {verified}</p></li>\n'
