import base64
import io
import json
import re
from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from visret_lab.teaching.item_search import item_search_html, upload
from visret_lab.teaching.item_search.item_search import clock
from visret_lab.teaching.item_search.upload import as_photo
from visret_lab.thumbnails import data_uri
from visret_lab.video.items import Found, Moment, Worn
from visret_lab.video.moments import Shot

PHOTO = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
HAT, COAT = SimpleNamespace(name="red <b>hat"), SimpleNamespace(name="blue coat")


def fake(found):
    """A search that finds what it is told."""
    return SimpleNamespace(name="a.mp4", film=SimpleNamespace(shot_of=lambda frame: frame // 10), search=lambda photo: found,
                           reader=SimpleNamespace(times=np.arange(100) * 1.5, frame=lambda i: np.full((24, 32, 3), i, np.uint8)))


CORNERS = np.array([(1, 2), (11.26, 2), (11, 12), (1, 12)])
FOUND = Found([Shot(2, "a.mp4", 20, 30, 9)], 25, 31, np.eye(3), [
    Worn(HAT, CORNERS, [Moment(n, 10 * n, (1, 2, 5, 6), 50) for n in range(3, 9)] + [Moment(9, 95, (1, 2, 5, 6), 45)]),
    Worn(COAT, CORNERS + 2, [])], "")


def data(html):
    return json.loads(re.search(r'class="is-data">(.*?)</script>', html, re.S)[1].replace("<\\/", "</"))


def test_the_element_carries_what_was_found_and_needs_nothing_else():
    html = item_search_html(fake(FOUND), [PHOTO])
    photo = data(html)["photos"][0]
    assert (photo["shot"], photo["time"], photo["inliers"], photo["votes"], photo["size"]) == (3, "0:37", 31, [9], [80, 60])
    assert [i["name"] for i in photo["items"]] == ["red <b>hat", "blue coat"] and photo["items"][0]["corners"][1] == [11.3, 2.0]
    again = photo["items"][0]["again"]
    assert len(again) == 6 and photo["items"][0]["shots"] == 7 and again[0] == {"frame": "30", "shot": 4, "time": "0:45", "box": [1, 2, 5, 6]}
    assert set(data(html)["thumbs"]) == {"25", *(str(10 * n) for n in range(3, 9))}
    assert not re.search(r'(src|href)="(?!data:)', html) and "fetch(" not in html


def test_names_are_escaped_and_paper_has_its_own_version():
    html = item_search_html(fake(FOUND), [PHOTO])
    assert "red &lt;b&gt;hat: seen again at 0:45" in html and "blue coat: seen in this shot only" in html and html.count("</script>") == 2
    assert html == item_search_html(fake(FOUND), [PHOTO])


def test_nothing_found_is_said():
    found = data(item_search_html(fake(Found([], None, 0, None, [], "No corner.")), [PHOTO]))["photos"][0]
    assert found["words"] == "No corner." and found["items"] == [] and "frame" not in found
    with pytest.raises(ValueError, match="at least one photograph"):
        item_search_html(fake(FOUND), [])


def test_answers_that_are_at_hand_are_not_asked_for_again():
    search = fake(FOUND)
    html = item_search_html(search, [PHOTO])
    search.search = None
    assert item_search_html(search, [PHOTO], found=[FOUND]) == html
    with pytest.raises(ValueError, match="2 answers for 1 photographs"):
        item_search_html(search, [PHOTO], found=[FOUND, FOUND])


def test_clock():
    assert [clock(s) for s in (0, 59.9, 60, 3601)] == ["0:00", "0:59", "1:00", "60:01"]


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def test_a_photograph_of_ones_own():
    box = upload(fake(FOUND))
    field, words, result = box.children
    field.value = ({"name": "a.png", "type": "image/png", "size": 1, "content": png(PHOTO), "last_modified": datetime(2020, 1, 1)},)
    assert "item-search" in result.value and words.value.startswith("Found")
    field.value = ({"name": "a.txt", "type": "", "size": 1, "content": b"words", "last_modified": datetime(2020, 1, 1)},)
    assert result.value == "" and "no picture that can be read" in words.value


def test_large_photographs_are_made_smaller_and_upright():
    picture = Image.fromarray(np.zeros((1000, 2000, 3), np.uint8))
    exif = picture.getexif()
    exif[0x0112] = 6  # the camera was held upright
    file = io.BytesIO()
    picture.save(file, "jpeg", exif=exif)
    assert as_photo(file.getvalue()).shape == (640, 320, 3)


def test_a_thumbnail_is_scaled_only_down():
    uri = data_uri(PHOTO, 40)
    assert Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).size == (40, 30)
    assert Image.open(io.BytesIO(base64.b64decode(data_uri(PHOTO, 400).split(",")[1]))).size == (80, 60)
