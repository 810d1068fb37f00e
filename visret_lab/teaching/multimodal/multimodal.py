"""Write the search by a picture plus words as one HTML element that needs nothing beside itself: no kernel, no network.

The page holds the embeddings of the pictures, and one vector a word; the query is that of `crossmodal.captions.multimodal_query`.
"""

import base64
import hashlib
import html
import json
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np
from IPython.display import HTML, display

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.crossmodal.captions import multimodal_query
from visret_lab.crossmodal.text import tokens
from visret_lab.thumbnails import data_uri

HERE = Path(__file__).parent
NEAREST = 10
STEPS = 32767  # of a number in the page: 16 bits with a sign


class WordMap(NamedTuple):
    """theta(t) = unit(W t + b), t the tf-idf of the words. words: list of str V. idf: float V. weight: float D x V, W. bias: float D, b."""

    words: list
    idf: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    def theta(self, text):
        """A text: float64 D of unit length, or None where no word of it is known."""
        number = {word: i for i, word in enumerate(self.words)}
        known = [number[word] for word in tokens(text) if word in number]
        if not known:
            return None
        t = np.bincount(known, minlength=len(self.words)) * np.asarray(self.idf, np.float64)
        return l2_normalize(np.asarray(self.weight, np.float64) @ (t / np.linalg.norm(t)) + self.bias)


class Example(NamedTuple):
    """A ready question. start: a key of the pictures to begin with, or None. plus, minus: texts. weight: of the words."""

    start: object
    plus: str = ""
    minus: str = ""
    weight: float = 1.0


def multimodal(image, keys, phi, captions, words, **options):
    """Show the element. Arguments as for multimodal_html."""
    display(HTML(multimodal_html(image, keys, phi, captions, words, **options)))


def multimodal_html(image, keys, phi, captions, words, starts=None, examples=(), longest=112, quality=62):
    """The element as a string of HTML that needs nothing beside itself.

    Args:
        image: function of a key -> uint8 H x W x 3, RGB.
        keys: list of N different keys of pictures. phi: float N x D, unit length. captions: list of N str.
        words: WordMap with the D of phi.
        starts: keys of the pictures to begin with; None: the first twelve.
        examples: list of Example, at least one is good to have.
        longest: side of a picture, pixels. quality: of its JPEG.

    Raises:
        ValueError: numbers of pictures, embeddings or captions that differ, a key twice, a map of words of another length, a start that is
            no picture, or an example of a start or of words that are not known.
    """
    keys, phi = list(keys), as_rows(phi, "phi")
    _check(keys, phi, captions, words)
    starts = keys[:12] if starts is None else list(starts)
    number = {key: i for i, key in enumerate(keys)}
    for key in [*starts, *(e.start for e in examples if e.start is not None)]:
        if key not in number:
            raise ValueError(f"The search begins with {key!r}, which is none of the {len(keys)} pictures.")
    for key in (e.start for e in examples if e.start is not None):
        if key not in starts:
            raise ValueError(f"An example begins with {key!r}: let it be one of the pictures to begin with.")
    shown = []
    for e in examples:
        found = _nearest(phi, None if e.start is None else number[e.start], e, words)
        shown.append({"start": None if e.start is None else number[e.start], "plus": e.plus, "minus": e.minus, "weight": float(e.weight),
                      "found": found})
    data = {"words": [unicodedata.normalize("NFC", w) for w in words.words], "idf": [round(float(v), 6) for v in words.idf],
            "phi": packed(phi), "columns": packed(np.asarray(words.weight).T), "bias": packed(np.asarray(words.bias)[None]),
            "captions": list(captions), "starts": [number[key] for key in starts], "nearest": NEAREST,
            "examples": [{k: v for k, v in e.items() if k != "found"} for e in shown]}
    text = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    pictures = [data_uri(image(key), longest, quality) for key in keys]
    name = "mm" + hashlib.sha1((text + "".join(pictures)).encode()).hexdigest()[:10]
    style = (HERE / "multimodal.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (HERE / "multimodal.js").read_text(encoding="utf-8").replace("ROOT_ID", name)
    return (f'<div id="{name}" class="multimodal" role="group" aria-label="Search by a picture plus words">'
            f'<style>{style}</style><div class="mm-app"></div>{_fallback(shown, captions, pictures)}'
            f'<script type="application/json" class="mm-data">{text}</script>'
            f'<script type="application/json" class="mm-pictures">{json.dumps(pictures)}</script><script>{script}</script></div>')


def packed(rows):
    """A matrix for the page: dict "rows", "columns", "scale", "base64" of int16, little-endian; a number is its int16 times the scale."""
    rows = np.asarray(rows, np.float64)
    scale = (np.abs(rows).max() or 1.0) / STEPS
    whole = np.round(rows / scale).astype("<i2")
    return {"rows": rows.shape[0], "columns": rows.shape[1], "scale": float(scale), "base64": base64.b64encode(whole.tobytes()).decode()}


def unpacked(told):
    """The matrix of `packed`, as the page reads it: float64."""
    whole = np.frombuffer(base64.b64decode(told["base64"]), "<i2").reshape(told["rows"], told["columns"])
    return whole.astype(np.float64) * told["scale"]


def _check(keys, phi, captions, words):
    if not len(keys) == len(phi) == len(captions) or len(set(keys)) != len(keys) or len(keys) < 2:
        raise ValueError(f"At least two pictures, each with a key of its own, an embedding and a caption: got {len(keys)} keys "
                         f"({len(set(keys))} different), {len(phi)} embeddings and {len(captions)} captions.")
    width, shape = phi.shape[1], np.shape(words.weight)
    if shape != (width, len(words.words)) or np.shape(words.bias) != (width,) or np.shape(words.idf) != (len(words.words),):
        raise ValueError(f"{len(words.words)} words and embeddings of {width} numbers need a map of {width} x {len(words.words)}, a bias "
                         f"of {width} and {len(words.words)} weights; got {shape}, {np.shape(words.bias)} and {np.shape(words.idf)}.")


def _nearest(phi, start, example, words):
    """Positions of the nearest pictures to an example, for paper."""
    sides = {side: words.theta(text) for side, text in (("plus", example.plus), ("minus", example.minus)) if text}
    for side, theta in sides.items():
        if theta is None:
            raise ValueError(f"No word of the example {getattr(example, side)!r} is known.")
    base = np.zeros(phi.shape[1], np.float32) if start is None else phi[start]
    s = phi @ multimodal_query(base, weight=example.weight, **sides)
    found = np.argsort(-s, kind="stable")
    return [int(i) for i in found if i != start][:NEAREST]


def _fallback(examples, captions, pictures):
    """For paper, and for a browser without scripts: the examples and the first five of their answers."""
    parts = []
    for e in examples:
        asked = " ".join(p for p in (f"plus “{e['plus']}”" if e["plus"] else "", f"minus “{e['minus']}”" if e["minus"] else "") if p)
        rows = ([("asked", e["start"])] if e["start"] is not None else []) + [(str(n), i) for n, i in enumerate(e["found"][:5], start=1)]
        begin = "Words alone: " if e["start"] is None else "The picture that asks "
        parts.append(f"<p>{begin}{html.escape(asked)}, weight {e['weight']:g}:"
                     '</p><div class="mm-row">' + "".join(
            f'<figure><img alt="{html.escape(captions[i], quote=True)}" src="{pictures[i]}"><figcaption>{label}</figcaption></figure>'
            for label, i in rows) + "</div>")
    return f'<div class="mm-print">{"".join(parts)}</div>'
