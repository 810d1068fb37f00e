import re
from html.parser import HTMLParser

import numpy as np

from tests.system.common import picture
from visret_lab.system.page import result_page
from visret_lab.system.search import Answer, Hit


def page(tmp_path, names, question="q.jpg"):
    for i, name in enumerate(names[:-1]):
        picture(tmp_path / name, i, (300, 200))
    answer = Answer([Hit(name, 0.5, 0.5, 20 * i) for i, name in enumerate(names)], {"describe": 12.34, "local": 5.0})
    return result_page(question, np.zeros((60, 80, 3), np.uint8), (0, 0, 40, 30), answer, tmp_path, accept=12)


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_has_all_and_needs_nothing_beside_itself(tmp_path):
    text = page(tmp_path, ["a.png", "写真/猫.png", "gone.png"])
    seen = Seen(text)
    images = [a for tag, a in seen.tags if tag == "img"]
    assert len(images) == 3 and all(a["src"].startswith("data:image/jpeg;base64,") and a["alt"] for a in images)
    assert not re.search(r"https?://|<script|<link|url\(", text)
    words = " ".join(seen.text)
    for expected in ("a.png", "写真/猫.png", "similarity 0.500", "20 inliers", "12.3 ms", "17.3 ms", "is gone"):
        assert expected in words
    assert 'class="sure">20 inliers' in text and 'class="sure">0 inliers' not in text
    assert "prefers-color-scheme: dark" in text and 'name="viewport"' in text and text.startswith("<!DOCTYPE html>")


def test_names_are_escaped(tmp_path):
    nasty = "<script>alert(1)<"
    text = page(tmp_path, ["a.png", f'{nasty}"&.png'], f'"><img onerror=x {nasty}')
    assert "<script" not in text and "<img onerror" not in text
    assert '<script>alert(1)<"&.png' in " ".join(Seen(text).text)
