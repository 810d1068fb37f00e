import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from visret_lab.teaching.moving import Frame, moving_html

EDGES, AXES = np.linspace(0, 2, 5), {"title": "T <&>", "xlabel": "x & y", "ylabel": "share", "xlim": (0, 2), "ylim": (0, 1)}


def frames(n=5):
    return [Frame(f"{i} <dims>", {"bars & more": (EDGES, np.full(4, i / n)), "line": ([0, 2], [0, 1])}, f"Bars of {i}, x<y.")
            for i in range(n)]


def drawings(page):
    return [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.S)]


def test_it_needs_nothing_from_outside():
    page = moving_html(frames(), **AXES)
    assert not re.search(r"(src|href)=|@import|url\(|fetch\(|https?:", page)
    assert page == moving_html(frames(), **AXES)
    assert re.search(r'id="(\w+)"', page)[1] != re.search(r'id="(\w+)"', moving_html(frames(4), **AXES))[1]


def test_each_frame_is_a_drawing_with_its_own_words():
    page = moving_html(frames(), **AXES)
    assert [d.get("aria-label") for d in drawings(page)] == [f"{i} <dims>. Bars of {i}, x<y." for i in range(5)]
    assert all(d.get("role") == "img" for d in drawings(page))
    assert "<dims>" not in page and "x<y" not in page and "T &lt;&amp;&gt;" in page


def test_the_first_middle_and_last_frame_stay_on_paper():
    shown = re.findall(r'class="mf-frame( mf-paper)?"', moving_html(frames(7), **AXES))
    assert [i for i, kept in enumerate(shown) if kept] == [0, 3, 6]


def heights(drawing, series):
    path = next(p for p in drawing.iter("path") if p.get("class") == f"mf-line mf-{series}")
    return [float(b) for b in re.findall(r" ([\d.]+)", path.get("d"))]


def test_curves_are_drawn_to_scale_and_cut_at_the_limits():
    for i, drawing in enumerate(drawings(moving_html(frames(), **AXES))):
        bars = heights(drawing, 0)
        assert len(bars) == 10 and bars[0] == bars[-1] == 306  # down to the axis on both sides
        assert bars[1:-1] == pytest.approx([306 - 260 * i / 5] * 8)
        assert heights(drawing, 1) == [306, 46]
    tall = [Frame("a", {"s": ([0, 1], [5, -5])}, "x")] * 2
    assert heights(drawings(moving_html(tall, **AXES))[0], 0) == [46, 306]


def test_each_series_has_its_own_dashes():
    drawing = drawings(moving_html(frames(), **AXES))[0]
    dashes = {p.get("class"): p.get("stroke-dasharray") for p in drawing.iter("path") if p.get("stroke-dasharray")}
    assert len(set(dashes.values())) == len(dashes) == 2


@pytest.mark.parametrize("label", ["AP", "score, in powers of ten", "correlation of both sides of the pairs"])
@pytest.mark.parametrize("names", [("here", "there", "last"), ("training pairs", "validation pairs", "dealt out at random"),
                                   ("a name of more than forty letters that is long", "and another one of more than forty letters", "c")])
def test_no_entry_of_the_key_runs_into_another_or_into_the_label(label, names):
    three = [Frame("one", {name: ([0, 1], [0, 1]) for name in names}, "All.")] * 2
    drawing = drawings(moving_html(three, title="t", xlabel="x", ylabel=label, xlim=(0, 1), ylim=(0, 1)))[0]
    _, top, width, _ = map(float, drawing.get("viewBox").split())
    texts = {t.text: (float(t.get("x")), float(t.get("y"))) for t in drawing.iter("text")}
    spans = sorted((y, x - (0 if words == label else 40), x + 7 * len(words)) for words, (x, y) in texts.items() if words in (label, *names))
    assert len(spans) == 4 and all(y - 13 >= top and end <= width for y, _, end in spans)
    assert all(y != next_y or end < start for (y, _, end), (next_y, start, _) in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize(("made", "options", "words"), [
    (frames(1), {}, "at least two frames"),
    (frames(), {"xlim": (1, 1)}, "low below high"),
    ([Frame("a", {}, "")] * 2, {}, "one to 3 series"),
    ([*frames(2), Frame("other", {"line": ([0], [0])}, "")], {}, "'other' has the series"),
    ([Frame("a", {"s": ([0, 1, 2], [1])}, "")] * 2, {}, "equally long"),
    ([Frame("a", {"s": ([0, 1], [np.nan, 1])}, "")] * 2, {}, "not finite"),
])
def test_bad_input(made, options, words):
    with pytest.raises(ValueError, match=words):
        moving_html(made, **{**AXES, **options})
