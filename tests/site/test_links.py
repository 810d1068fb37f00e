"""Without a browser: every link and fragment leads somewhere, nothing is loaded from a network, images have alt texts."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.conftest import pages

LARGEST = 3_000_000  # bytes
EMBEDDED = re.compile(r'"data:[^"]{200,}"')


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.loads, self.images = set(), [], [], []

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.ids |= {a[k] for k in ("id", "name") if a.get(k)}
        if tag == "a" and a.get("href"):
            self.links.append(a["href"])
        if tag in ("script", "img", "iframe", "source") and a.get("src"):
            self.loads.append(a["src"])
        if tag == "link" and a.get("rel") in ("stylesheet", "icon", "preload") and a.get("href"):
            self.loads.append(a["href"])
        if tag == "img":
            self.images.append((a.get("src", "")[:60], a.get("alt")))


@pytest.fixture(scope="module")
def parsed(html):
    found = {}
    for path in html.rglob("*.html"):
        page = Page()
        page.feed(EMBEDDED.sub('"data:"', path.read_text(encoding="utf-8")))  # pictures inside a page cost the parser minutes
        found[path.resolve()] = page
    return found


def test_every_link_leads_somewhere_nothing_is_loaded_from_a_network_and_every_image_says_what_it_shows(parsed, html):
    """One test, since each of several processes would parse all pages again."""
    assert (from_a_network(parsed), dead_links(parsed), without_words(parsed, html)) == ([], [], [])


def from_a_network(parsed):
    """What a page loads from elsewhere: (page, address)."""
    return [(str(p), s) for p, page in parsed.items() for s in page.loads if urlsplit(s).scheme in ("http", "https") or s.startswith("//")]


def dead_links(parsed):
    """Links to a file or a fragment that is not there: (page, link)."""
    dead = []
    for path, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                dead.append((path.name, link))
            elif parts.fragment and target in parsed and unquote(parts.fragment) not in parsed[target].ids:
                dead.append((path.name, link))
    return dead


def without_words(parsed, html):
    """Images without an alternative text, or with a file's name for one: (page, image, text)."""
    wanted = {p.resolve() for p in pages(html)}
    return [(p.name, src, alt) for p, page in parsed.items() if p in wanted for src, alt in page.images
            if alt is None or alt.endswith(".png") or alt.startswith("../")]


def test_no_page_is_too_large(html):
    sizes = {p.name: p.stat().st_size for p in pages(html)}
    assert max(sizes.values()) < LARGEST, sizes
