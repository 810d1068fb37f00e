"""Write a moving figure: every frame is a drawing (SVG) in the page, and a small script shows one at a time.

Without the script, and on paper, the first, the middle and the last frame stand below each other.
"""

import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from IPython.display import HTML, display
from matplotlib.ticker import MaxNLocator

HERE = Path(__file__).parent
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 620, 46, 306  # of the axes
DASHES = ("none", "9 5", "2 5")


@dataclass(frozen=True)
class Frame:
    """One picture of a moving figure.

    Attributes:
        label: a few words, e.g. "8 dimensions"; shown beside the slider, and read aloud.
        series: dict name -> (x, y). With one x more than y, x holds the edges of bars; else a line through the points.
        says: one sentence on what is to be seen in this frame: the text for those who cannot see it.
    """

    label: str
    series: dict
    says: str


def moving_figure(frames, **options):
    """Show the figure. Arguments as for moving_html."""
    display(HTML(moving_html(frames, **options)))


def moving_html(frames, *, title, xlabel, ylabel, xlim, ylim, seconds=1.0):
    """The figure as a string of HTML that needs nothing beside itself.

    Args:
        frames: list of Frame, at least two; each has the same series, at most three.
        title: what the figure shows; also its name for a screen reader.
        xlabel, ylabel: of the axes, which all frames share.
        xlim, ylim: (low, high). What lies outside is not drawn.
        seconds: that a frame stays when the figure plays.

    Raises:
        ValueError: fewer than two frames, other series than in the first frame, lengths that do not fit, values that are not
            finite, or empty limits.
    """
    frames = list(frames)
    _check(frames, xlim, ylim)
    body = "".join(_frame(frame, i, frames, (xlabel, ylabel, xlim, ylim)) for i, frame in enumerate(frames))
    name = "mf" + hashlib.sha1((title + body).encode()).hexdigest()[:10]
    style = (HERE / "moving.css").read_text(encoding="utf-8").replace("ROOT", f"#{name}")
    script = (HERE / "moving.js").read_text(encoding="utf-8").replace("ROOT_ID", name)
    title = html.escape(title)
    return (f'<div id="{name}" class="moving-figure" role="group" aria-label="{title}" data-seconds="{float(seconds)}">'
            f'<style>{style}</style><p class="mf-title">{title}</p>{body}<script>{script}</script></div>')


def _check(frames, xlim, ylim):
    if len(frames) < 2:
        raise ValueError("A moving figure needs at least two frames; for one, draw a plain figure.")
    if not (xlim[0] < xlim[1] and ylim[0] < ylim[1]):
        raise ValueError(f"Limits are (low, high) with low below high; got xlim {xlim} and ylim {ylim}.")
    names = list(frames[0].series)
    if not 1 <= len(names) <= len(DASHES):
        raise ValueError(f"A frame has one to {len(DASHES)} series, so that each has its own dashes; got {len(names)}.")
    for frame in frames:
        if list(frame.series) != names:
            raise ValueError(f"Frame {frame.label!r} has the series {list(frame.series)}, the first frame {names}.")
        for name, (x, y) in frame.series.items():
            if np.ndim(x) != 1 or np.ndim(y) != 1 or len(x) - len(y) not in (0, 1) or len(y) < 1:
                raise ValueError(f"Frame {frame.label!r}, {name}: x and y must be equally long, or x one longer (edges of bars); "
                                 f"got shapes {np.shape(x)} and {np.shape(y)}.")
            if not (np.isfinite(x).all() and np.isfinite(y).all()):
                raise ValueError(f"Frame {frame.label!r}, {name}: a value is not finite (NaN or infinity).")


def _frame(frame, i, frames, axes):
    kept = " mf-paper" if i in (0, len(frames) // 2, len(frames) - 1) else ""
    return (f'<figure class="mf-frame{kept}" data-label="{html.escape(frame.label)}">{_drawing(frame, axes)}'
            f'<figcaption><strong>{html.escape(frame.label)}.</strong> {html.escape(frame.says)}</figcaption></figure>')


def _drawing(frame, axes):
    xlabel, ylabel, xlim, ylim = axes
    scale = _scale(xlim, ylim)
    parts = [_axes(xlabel, ylabel, xlim, ylim, scale)]
    parts += [_curve(x, y, i, scale) for i, (x, y) in enumerate(frame.series.values())]
    places = _places(list(frame.series), LEFT + 8 * len(ylabel)) if len(frame.series) > 1 else []
    parts += [_key(name, i, *place) for i, (name, place) in enumerate(zip(frame.series, places, strict=False))]
    above = -min((y for _, y in places), default=0)  # lines of the key above the label
    return (f'<svg viewBox="0 {-above} {WIDTH} {HEIGHT + above}" role="img" aria-label="{html.escape(frame.label + ". " + frame.says)}">'
            f'{"".join(parts)}</svg>')


def _scale(xlim, ylim):
    def place(x, y):
        x, y = np.clip(np.asarray(x, float), *xlim), np.clip(np.asarray(y, float), *ylim)
        return (LEFT + (x - xlim[0]) / (xlim[1] - xlim[0]) * (RIGHT - LEFT),
                BOTTOM - (y - ylim[0]) / (ylim[1] - ylim[0]) * (BOTTOM - TOP))
    return place


def _axes(xlabel, ylabel, xlim, ylim, scale):
    out = []
    for tick in _ticks(xlim):
        x, y = scale(tick, ylim[0])
        out.append(f'<path class="mf-grid" d="M{x:.1f} {TOP}V{y:.1f}"/>'
                   f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{tick:g}</text>')
    for tick in _ticks(ylim):
        x, y = scale(xlim[0], tick)
        out.append(f'<path class="mf-grid" d="M{x:.1f} {y:.1f}H{RIGHT}"/>'
                   f'<text x="{x - 8:.1f}" y="{y + 5:.1f}" text-anchor="end">{tick:g}</text>')
    return "".join(out) + (f'<path class="mf-axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
                           f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(xlabel)}</text>'
                           f'<text x="{LEFT - 44}" y="18">{html.escape(ylabel)}</text>')


def _ticks(limits):
    ticks = MaxNLocator(5).tick_values(*limits)
    slack = 1e-9 * (limits[1] - limits[0])
    return [t for t in ticks if limits[0] - slack <= t <= limits[1] + slack]


def _curve(x, y, i, scale):
    """A line, or the outline of bars with a light fill."""
    if len(x) > len(y):
        x, y = np.repeat(np.asarray(x, float), 2), np.concatenate([[0], np.repeat(np.asarray(y, float), 2), [0]])
    px, py = scale(x, y)
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(px, py, strict=True))
    return f'<path class="mf-line mf-{i}" d="{path}" stroke-dasharray="{DASHES[i]}"/>'


def _places(names, start):
    """Where the entries of the key begin, (x, y): right of the axis's label, or, where they are too long for that, on lines above it."""
    widths = [58 + 7.6 * len(name) for name in names]  # a line, a gap, and letters of 15 units
    if start + sum(widths) <= WIDTH:
        return [(start + sum(widths[:i]), 0) for i in range(len(names))]
    lines = [[]]
    for i, width in enumerate(widths):
        if lines[-1] and sum(widths[j] for j in lines[-1]) + width > WIDTH - LEFT:
            lines.append([])
        lines[-1].append(i)
    return [(LEFT - 44 + sum(widths[j] for j in line if j < i), 22 * (n - len(lines))) for n, line in enumerate(lines) for i in line]


def _key(name, i, x, y):
    return (f'<path class="mf-line mf-{i}" d="M{x:.0f} {13 + y}h34" stroke-dasharray="{DASHES[i]}"/>'
            f'<text x="{x + 40:.0f}" y="{18 + y}">{html.escape(name)}</text>')
