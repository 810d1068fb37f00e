"""How people, animals and things of the yard look: each is drawn as a picture with an outline, in units of its own height.

A `Pen` draws lines and filled forms into a small picture and its outline at once. Lengths are shares of the picture's side, y downwards.
"""

import cv2
import numpy as np

from visret_lab.worlds.town.textures import noise

SIDE = 160  # pixels of a drawing
COLORS = {"red": (0.80, 0.13, 0.12), "orange": (0.93, 0.52, 0.12), "yellow": (0.95, 0.84, 0.20), "green": (0.16, 0.55, 0.22),
          "blue": (0.15, 0.30, 0.78), "purple": (0.48, 0.20, 0.62), "pink": (0.94, 0.55, 0.68), "brown": (0.45, 0.28, 0.15),
          "black": (0.09, 0.09, 0.10), "gray": (0.52, 0.52, 0.54), "white": (0.93, 0.93, 0.91)}
FUR = {"brown": (0.46, 0.29, 0.16), "black": (0.11, 0.10, 0.10), "white": (0.92, 0.90, 0.86), "tan": (0.80, 0.63, 0.42),
       "gray": (0.50, 0.50, 0.51)}


class Pen:
    """A picture under construction: color float32 S x S x 3 and alpha float32 S x S."""

    def __init__(self, side=SIDE):
        self.side = side
        self.color, self.alpha = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)

    def line(self, color, width, *points):
        """A thick line through points."""
        at = np.array([[round(self.side * x), round(self.side * y)] for x, y in points], np.int32)
        for image, value in ((self.color, color), (self.alpha, 1.0)):
            cv2.polylines(image, [at], False, value, max(1, round(self.side * width)), cv2.LINE_8)
            for x, y in at:
                cv2.circle(image, (int(x), int(y)), max(1, round(self.side * width / 2)), value, -1)

    def oval(self, color, x, y, rx, ry, turn=0.0):
        """A filled ellipse."""
        for image, value in ((self.color, color), (self.alpha, 1.0)):
            cv2.ellipse(image, (round(self.side * x), round(self.side * y)), (max(1, round(self.side * rx)), max(1, round(self.side * ry))),
                        turn, 0, 360, value, -1)

    def form(self, color, *points):
        """A filled polygon."""
        at = np.array([[round(self.side * x), round(self.side * y)] for x, y in points], np.int32)
        for image, value in ((self.color, color), (self.alpha, 1.0)):
            cv2.fillPoly(image, [at], value)

    def ring(self, color, x, y, r, width):
        """A circle that is not filled."""
        for image, value in ((self.color, color), (self.alpha, 1.0)):
            cv2.circle(image, (round(self.side * x), round(self.side * y)), round(self.side * r), value, max(1, round(self.side * width)))

    def done(self, rng):
        """The picture, a little uneven as paint is: RGBA float32 S x S x 4."""
        color = self.color * (0.88 + 0.24 * noise(rng, self.side, self.side, 4)[..., None])
        return np.dstack([color, self.alpha])


def tuple_of(color, shade=1.0):
    """A colour as OpenCV wants it."""
    return tuple(float(min(1.0, c * shade)) for c in color)


def person(rng, who, top, bottom, pose, hat=None, skin=None):
    """A person from the side.

    Args:
        rng: numpy Generator. who: "man", "woman", "boy" or "girl". top, bottom: colour names. pose: "stand", "walk", "run", "jump",
            "sit", "ride", "raise" (an arm up), "throw". hat: colour name or None. skin: 3 numbers or None.

    Returns:
        RGBA float32 S x S x 4; looks to the right.
    """
    pen, child = Pen(), who in ("boy", "girl")
    skin = tuple_of(np.array([1.0, 0.78, 0.64]) * (rng.uniform(0.4, 0.92) if skin is None else skin))
    hair = tuple_of(rng.uniform(0.05, 0.5) * np.array([1.0, 0.8, 0.6]))
    cloth, legs = COLORS[top], COLORS[bottom]
    head, radius = (0.24, 0.105) if child else (0.17, 0.078)
    neck, hip = head + radius, 0.62 if child else 0.56
    lean = {"run": 0.05, "ride": 0.06, "throw": -0.03}.get(pose, 0.0)
    seat = pose in ("sit", "ride")
    if seat:
        hip += 0.08
    feet = {"stand": ((0.46, 0.98), (0.54, 0.98)), "walk": ((0.40, 0.98), (0.61, 0.97)), "run": ((0.24, 0.86), (0.70, 0.92)),
            "jump": ((0.34, 0.86), (0.62, 0.84)), "sit": ((0.70, 0.97), (0.76, 0.97)), "ride": ((0.58, 0.96), (0.52, 0.90)),
            "raise": ((0.45, 0.98), (0.55, 0.98)), "throw": ((0.38, 0.98), (0.62, 0.98))}[pose]
    for x, y in feet:
        knee = (0.68, hip + 0.04) if seat else ((0.5 + x) / 2 + (0.05 if pose in ("run", "jump") else 0.0), (hip + y) / 2)
        pen.line(legs, 0.075, (0.5, hip), knee, (x, y - 0.02))
        pen.oval((0.12, 0.1, 0.1), x + 0.02, y - 0.01, 0.045, 0.02)
    shoulder = (0.5 + lean, neck + 0.05)
    pen.line(cloth, 0.15, shoulder, (0.5, hip - 0.05))
    arms = {"stand": ((0.44, hip), (0.56, hip)), "walk": ((0.40, hip), (0.62, hip - 0.03)), "run": ((0.34, hip - 0.1), (0.70, hip - 0.12)),
            "jump": ((0.32, neck - 0.06), (0.70, neck - 0.08)), "sit": ((0.62, hip - 0.06), (0.64, hip - 0.05)),
            "ride": ((0.70, hip - 0.08), (0.71, hip - 0.07)), "raise": ((0.44, hip), (0.66, neck - 0.06)),
            "throw": ((0.40, hip - 0.06), (0.72, neck - 0.08))}[pose]
    for x, y in arms:
        elbow = ((shoulder[0] + x) / 2 + 0.01, (shoulder[1] + y) / 2 + 0.03)
        pen.line(tuple_of(cloth, 0.85), 0.05, shoulder, elbow)
        pen.line(skin, 0.04, elbow, (x, y))
    pen.line(skin, 0.05, (0.5 + lean, neck - 0.01), shoulder)
    if who in ("woman", "girl"):
        pen.oval(hair, 0.46 + lean, head + 0.045, radius * 0.75, radius * 1.6)
    pen.oval(skin, 0.5 + lean, head, radius * 0.9, radius)
    pen.oval(hair, 0.49 + lean, head - radius * 0.5, radius * 0.95, radius * 0.62)
    pen.oval((0.06, 0.06, 0.07), 0.5 + lean + radius * 0.5, head - 0.002, 0.008, 0.01)
    if hat:
        pen.oval(COLORS[hat], 0.5 + lean, head - radius * 0.72, radius * 1.6, radius * 0.28)
        pen.oval(COLORS[hat], 0.5 + lean, head - radius * 0.95, radius * 0.85, radius * 0.5)
    return pen.done(rng)


def dog(rng, fur, pose):
    """A dog from the side. pose: "stand", "run", "sit" or "jump"."""
    pen, coat = Pen(), FUR[fur]
    dark = tuple_of(coat, 0.8)
    if pose == "sit":
        pen.oval(coat, 0.42, 0.70, 0.16, 0.24, 20)
        pen.line(dark, 0.07, (0.54, 0.60), (0.56, 0.95))
        pen.line(dark, 0.08, (0.34, 0.86), (0.48, 0.95))
        head = 0.58, 0.40
    else:
        tilt = {"jump": -24, "run": -4}.get(pose, 0)
        lift = 0.08 if pose == "jump" else 0.0
        pen.oval(coat, 0.46, 0.62 - lift, 0.27, 0.13, tilt)
        spread = {"run": (0.06, 0.34, 0.66, 0.92), "jump": (0.12, 0.26, 0.74, 0.84)}.get(pose, (0.26, 0.34, 0.62, 0.68))
        ground = {"run": (0.86, 0.92, 0.93, 0.84), "jump": (0.95, 0.97, 0.62, 0.70)}.get(pose, (0.96,) * 4)
        for i, (x, y) in enumerate(zip(spread, ground, strict=True)):
            pen.line(dark if i % 2 else coat, 0.06, (0.28 if i < 2 else 0.64, 0.66 - (lift if i >= 2 else -0.02)), (x, y))
        head = (0.78, 0.42 - 1.6 * lift)
        pen.line(coat, 0.12, (0.64, 0.56 - lift), head)
    pen.line(coat, 0.05, (0.24, 0.58), (0.10, 0.42))
    pen.oval(coat, head[0], head[1], 0.11, 0.095)
    pen.oval(coat, head[0] + 0.11, head[1] + 0.03, 0.08, 0.05)
    pen.oval((0.05, 0.05, 0.05), head[0] + 0.18, head[1] + 0.015, 0.02, 0.018)
    pen.oval((0.05, 0.05, 0.05), head[0] + 0.04, head[1] - 0.03, 0.014, 0.014)
    pen.oval(dark, head[0] - 0.06, head[1] + 0.02, 0.04, 0.09, 15)
    return pen.done(rng)


def cat(rng, fur, pose):
    """A cat from the side. pose: "sit" or "run"."""
    pen, coat = Pen(), FUR[fur]
    dark = tuple_of(coat, 0.78)
    if pose == "run":
        pen.oval(coat, 0.46, 0.72, 0.25, 0.1)
        for x, y in ((0.14, 0.9), (0.32, 0.94), (0.62, 0.94), (0.86, 0.88)):
            pen.line(dark, 0.045, (0.3 if x < 0.5 else 0.64, 0.76), (x, y))
        pen.line(coat, 0.04, (0.24, 0.70), (0.1, 0.58), (0.06, 0.44))
        head = 0.76, 0.60
    else:
        pen.oval(coat, 0.45, 0.76, 0.15, 0.2)
        pen.line(coat, 0.04, (0.34, 0.92), (0.18, 0.88), (0.14, 0.74))
        pen.line(dark, 0.05, (0.53, 0.76), (0.54, 0.95))
        head = 0.52, 0.50
    pen.oval(coat, *head, 0.1, 0.09)
    for side in (-1, 1):
        x = head[0] + side * 0.06
        pen.form(coat, (x - 0.04, head[1] - 0.05), (x + 0.04, head[1] - 0.05), (x + side * 0.02, head[1] - 0.15))
        pen.oval((0.65, 0.72, 0.2), head[0] + side * 0.035, head[1] - 0.01, 0.014, 0.012)
    return pen.done(rng)


def horse(rng, fur, pose):
    """A horse from the side. pose: "stand" or "run"."""
    pen, coat = Pen(), FUR[fur]
    dark, mane = tuple_of(coat, 0.78), tuple_of(coat, 0.4)
    pen.oval(coat, 0.44, 0.52, 0.26, 0.14)
    feet = ((0.10, 0.84), (0.34, 0.96), (0.56, 0.97),
            (0.80, 0.82)) if pose == "run" else ((0.24, 0.98), (0.32, 0.98), (0.58, 0.98), (0.66, 0.98))
    for i, (x, y) in enumerate(feet):
        hip = (0.26 if i < 2 else 0.62, 0.58)
        pen.line(dark if i % 2 else coat, 0.055, hip, ((hip[0] + x) / 2 + 0.02, (hip[1] + y) / 2), (x, y))
    pen.line(coat, 0.13, (0.64, 0.46), (0.76, 0.26))
    pen.line(mane, 0.05, (0.58, 0.40), (0.70, 0.17))
    pen.line(coat, 0.10, (0.76, 0.24), (0.90, 0.34))
    pen.form(coat, (0.72, 0.20), (0.78, 0.20), (0.76, 0.10))
    pen.oval((0.05, 0.05, 0.05), 0.79, 0.24, 0.013, 0.013)
    pen.line(mane, 0.06, (0.20, 0.46), (0.10, 0.62), (0.10, 0.78))
    return pen.done(rng)


def bird(rng, color):
    """A bird in the air."""
    pen = Pen(64)
    pen.oval(COLORS[color], 0.5, 0.55, 0.25, 0.1)
    pen.line(COLORS[color], 0.09, (0.5, 0.52), (0.36, 0.3), (0.16, 0.34))
    pen.line(COLORS[color], 0.09, (0.5, 0.52), (0.64, 0.3), (0.84, 0.34))
    pen.oval(COLORS[color], 0.74, 0.5, 0.09, 0.09)
    pen.form((0.9, 0.6, 0.1), (0.8, 0.47), (0.93, 0.51), (0.8, 0.55))
    return pen.done(rng)


def thing(rng, kind, color):
    """A thing. kind: one of THINGS; color: a name of COLORS."""
    pen, paint = Pen(), COLORS[color]
    THINGS[kind](pen, paint, tuple_of(paint, 0.65))
    return pen.done(rng)


def _ball(pen, paint, dark):
    pen.oval(paint, 0.5, 0.5, 0.48, 0.48)
    pen.line(dark, 0.05, (0.06, 0.5), (0.5, 0.36), (0.94, 0.5))
    pen.oval(tuple_of(paint, 1.5), 0.36, 0.32, 0.09, 0.07)


def _frisbee(pen, paint, dark):
    pen.oval(paint, 0.5, 0.5, 0.48, 0.16)
    pen.oval(dark, 0.5, 0.47, 0.34, 0.09)


def _umbrella(pen, paint, dark):
    pen.line((0.3, 0.3, 0.32), 0.03, (0.5, 0.1), (0.5, 0.98))
    for image, value in ((pen.color, paint), (pen.alpha, 1.0)):
        cv2.ellipse(image, (round(pen.side * 0.5), round(pen.side * 0.46)), (round(pen.side * 0.48), round(pen.side * 0.4)), 0, 180, 360,
                    value, -1)
    for x in (0.26, 0.5, 0.74):
        pen.line(dark, 0.02, (0.5, 0.07), (x, 0.45))


def _balloon(pen, paint, dark):
    pen.oval(paint, 0.5, 0.26, 0.22, 0.25)
    pen.oval(tuple_of(paint, 1.5), 0.42, 0.17, 0.05, 0.07)
    pen.line((0.6, 0.6, 0.6), 0.012, (0.5, 0.51), (0.47, 0.75), (0.5, 0.98))


def _kite(pen, paint, dark):
    pen.form(paint, (0.5, 0.02), (0.82, 0.36), (0.5, 0.78), (0.18, 0.36))
    pen.line(dark, 0.03, (0.5, 0.02), (0.5, 0.78))
    pen.line(dark, 0.03, (0.18, 0.36), (0.82, 0.36))
    pen.line(dark, 0.025, (0.5, 0.78), (0.42, 0.88), (0.54, 0.97))


def _bicycle(pen, paint, dark):
    for x in (0.22, 0.78):
        pen.ring((0.08, 0.08, 0.09), x, 0.76, 0.19, 0.035)
    pen.line(paint, 0.035, (0.22, 0.76), (0.40, 0.46), (0.70, 0.46), (0.48, 0.76), (0.22, 0.76))
    pen.line(paint, 0.035, (0.48, 0.76), (0.38, 0.38))
    pen.line(paint, 0.035, (0.78, 0.76), (0.68, 0.36), (0.78, 0.32))
    pen.line((0.1, 0.1, 0.1), 0.05, (0.32, 0.37), (0.45, 0.37))


def _skateboard(pen, paint, dark):
    pen.line(paint, 0.07, (0.06, 0.84), (0.14, 0.9), (0.86, 0.9), (0.94, 0.84))
    for x in (0.24, 0.76):
        pen.oval((0.08, 0.08, 0.08), x, 0.95, 0.05, 0.045)


def _bench(pen, paint, dark):
    for y in (0.42, 0.52, 0.66):
        pen.line(paint, 0.05, (0.04, y), (0.96, y))
    for x in (0.14, 0.86):
        pen.line(dark, 0.045, (x, 0.4), (x, 0.97))


def _car(pen, paint, dark):
    pen.form(paint, (0.02, 0.80), (0.04, 0.60), (0.22, 0.54), (0.34, 0.36), (0.68, 0.36), (0.80, 0.54), (0.97, 0.60), (0.98, 0.80))
    for glass in (((0.29, 0.54), (0.37, 0.40), (0.49, 0.40), (0.49, 0.54)), ((0.53, 0.54), (0.53, 0.40), (0.66, 0.40), (0.74, 0.54))):
        pen.form((0.17, 0.22, 0.27), *glass)
    pen.line(dark, 0.012, (0.04, 0.68), (0.97, 0.68))
    for x in (0.22, 0.78):
        pen.oval((0.05, 0.05, 0.05), x, 0.80, 0.085, 0.085)
        pen.oval((0.6, 0.6, 0.62), x, 0.80, 0.04, 0.04)


def _boat(pen, paint, dark):
    pen.form(paint, (0.05, 0.74), (0.95, 0.74), (0.82, 0.92), (0.18, 0.92))
    pen.line((0.4, 0.3, 0.2), 0.03, (0.5, 0.08), (0.5, 0.74))
    pen.form((0.95, 0.95, 0.92), (0.53, 0.10), (0.53, 0.66), (0.86, 0.66))


def _tree(pen, paint, dark):
    pen.line((0.33, 0.22, 0.12), 0.09, (0.5, 0.98), (0.5, 0.5))
    rng = np.random.default_rng(int(1e6 * paint[0]))
    for _ in range(60):
        r, a = 0.34 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        pen.oval(tuple_of(paint, rng.uniform(0.6, 1.2)), 0.5 + r * np.cos(a), 0.36 + r * np.sin(a), 0.07, 0.06)


THINGS = {"ball": _ball, "frisbee": _frisbee, "umbrella": _umbrella, "balloon": _balloon, "kite": _kite, "bicycle": _bicycle,
          "skateboard": _skateboard, "bench": _bench, "car": _car, "boat": _boat, "tree": _tree}
