"""A scene of the yard: a place, one or two events in it, and what stands around. What happens is drawn first, the picture after it."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from visret_lab.worlds.town.textures import noise, tint
from visret_lab.worlds.yard import drawing

SIZE = 240, 180
WHO = ("man", "woman", "boy", "girl")
CHILD = 0.72  # height of a child
# From where to where a garment reaches, as shares of a drawing; grown-up people, children.
WORN_AT = ({"hat": (0.04, 0.16), "shirt": (0.24, 0.58), "pants": (0.52, 1.0)},
           {"hat": (0.08, 0.22), "shirt": (0.33, 0.64), "pants": (0.58, 1.0)})
WEAR = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "black", "white", "gray")
# What can happen where; the weights are shares.
PLACES = {"park": 0.24, "beach": 0.16, "street": 0.2, "snow": 0.12, "lake": 0.13, "field": 0.15}
EVENTS = {"run": 1, "jump": 0.8, "walk dog": 1.1, "throw": 1.2, "ride": 1.1, "skate": 0.7, "sit": 1, "umbrella": 1.1, "kite": 0.7,
          "balloon": 0.6,
          "fetch": 1, "chase": 0.8, "horse": 0.6, "rider": 0.7, "cat": 0.7, "pair": 0.9}
NOT_THERE = {"beach": {"skate", "sit", "cat"}, "snow": {"ride", "skate", "kite", "cat"}, "lake": {"skate", "cat"},
             "field": {"skate", "sit"},
             "street": {"kite", "horse", "rider"}}


@dataclass
class Thing:
    """Something in a scene. kind: "people", "animals", "vehicles", "other", "clothing"; noun: its plain name; color: a word or ""; box:
    (x0, y0, x1, y1) in pixels, of what is drawn; wears: positions of what a person wears, in the scene's list."""

    kind: str
    noun: str
    color: str
    box: tuple = ()
    wears: list = field(default_factory=list)


@dataclass
class Scene:
    """A scene: place, events (name, positions of the things that take part), extras (positions), and all things."""

    place: str
    events: list = field(default_factory=list)
    extras: list = field(default_factory=list)
    things: list = field(default_factory=list)


class Stage:
    """The picture of a scene while things are put into it.

    Args:
        rng: numpy Generator. place: one of PLACES. size: (width, height) in pixels.
    """

    def __init__(self, rng, place, size=SIZE):
        self.rng, self.scene, (self.width, self.height) = rng, Scene(place), size
        self.horizon = float(rng.uniform(0.36, 0.5))
        self.picture = background(rng, place, self.horizon, size)
        self.waiting = []  # (depth, order, sprite, x, base, tall, flip, thing)

    def depth(self, low=0.15, high=1.0):
        """A place on the ground: y of the feet as a share of the picture."""
        return self.horizon + (1 - self.horizon) * float(self.rng.uniform(low, high)) * 0.97

    def tall(self, base):
        """Height in pixels of a grown person whose feet stand at `base`."""
        return self.height * (0.2 + 0.5 * (base - self.horizon) / (1 - self.horizon))

    def add(self, thing):
        """Note a thing; its position in the scene's list."""
        self.scene.things.append(thing)
        return len(self.scene.things) - 1

    def put(self, sprite, x, base, tall, flip, thing, before=0.0):
        """Have a drawing stand at (x, base), both shares of the picture, `tall` pixels high. thing: position, or None for decoration."""
        x = float(np.clip(x, 0.07, 0.93))
        self.waiting.append((base + before, len(self.waiting), sprite, x, base, tall, flip, thing))

    def line(self, start, end, base):
        """A leash or string between two points, shares of the picture."""
        self.waiting.append((base + 0.002, len(self.waiting), None, start, end, 0, False, None))

    def paint(self):
        """The picture, uint8 H x W x 3; boxes are noted. Far things first."""
        for _, _, sprite, x, base, tall, flip, thing in sorted(self.waiting, key=lambda w: w[:2]):
            if sprite is None:
                at = [tuple(int(v) for v in (p[0] * self.width, p[1] * self.height)) for p in (x, base)]
                cv2.line(self.picture, *at, (0.16, 0.12, 0.1), 1, cv2.LINE_AA)
                continue
            box, top, side = self._paste(sprite, x, base, tall, flip)
            if thing is not None and box:
                self.scene.things[thing].box = box
                self._clothes(thing, box, top, side)
        grain = self.rng.normal(0, 0.012, self.picture.shape).astype(np.float32)
        light = 1 + float(self.rng.normal(0, 0.07))
        return np.clip((self.picture * light + grain) * 255 + 0.5, 0, 255).astype(np.uint8)

    def _paste(self, sprite, x, base, tall, flip):
        """Blend a drawing in. Returns the box of what is seen of it or None, and where the drawing's top was and its side, in pixels."""
        side = max(4, round(tall))
        small = cv2.resize(sprite[:, ::-1] if flip else sprite, (side, side), interpolation=cv2.INTER_AREA)
        left, top = round(x * self.width - side / 2), round(base * self.height - side)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, self.width), min(top + side, self.height)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None, top, side
        part = small[y0 - top:y1 - top, x0 - left:x1 - left]
        alpha = part[..., 3:]
        self.picture[y0:y1, x0:x1] = self.picture[y0:y1, x0:x1] * (1 - alpha) + part[..., :3] * alpha
        ys, xs = np.nonzero(alpha[..., 0] > 0.4)
        box = (int(x0 + xs.min()), int(y0 + ys.min()), int(x0 + xs.max() + 1), int(y0 + ys.max() + 1)) if len(xs) else None
        return box, top, side

    def _clothes(self, person, box, top, side):
        """Boxes of what a person wears: the person's, cut to the height at which it is worn."""
        child = self.scene.things[person].noun in ("boy", "girl")
        for number in self.scene.things[person].wears:
            low, high = WORN_AT[child][self.scene.things[number].noun]
            y0, y1 = max(box[1], round(top + low * side)), min(box[3], round(top + high * side))
            if y1 > y0:
                self.scene.things[number].box = (box[0], y0, box[2], y1)


def draw_scene(rng, size=SIZE):
    """Draw a scene.

    Args:
        rng: numpy Generator. size: (width, height) in pixels.

    Returns:
        (uint8 H x W x 3 RGB, Scene). Things that lie outside the picture have an empty box.
    """
    place = str(rng.choice(list(PLACES), p=list(PLACES.values())))
    stage = Stage(rng, place, size)
    names = [e for e in EVENTS if e not in NOT_THERE.get(place, ())]
    shares = np.array([EVENTS[e] for e in names])
    count = 1 if rng.random() < 0.45 else 2
    spots = [rng.uniform(0.3, 0.7)] if count == 1 else [rng.uniform(0.18, 0.36), rng.uniform(0.64, 0.82)]
    for name, x in zip(rng.choice(names, count, replace=False, p=shares / shares.sum()), rng.permutation(spots), strict=True):
        stage.scene.events.append((str(name), _event(stage, str(name), float(x))))
    for _ in range(int(rng.integers(0, 3))):
        _extra(stage)
    return stage.paint(), stage.scene


def _event(stage, name, x):
    """Put what takes part in an event on the stage. Returns the positions of the things, subject first."""
    rng, base = stage.rng, stage.depth(0.3)
    flip, tall = bool(rng.random() < 0.5), stage.tall(base)
    ahead = -1 if flip else 1
    step = ahead * tall / stage.width

    def someone(pose, x=x, base=base, lift=0.0, who=None):
        return _person(stage, pose, x, base, tall, flip, lift, who)

    match name:
        case "run" | "jump":
            return [someone(name, lift=0.05 * (name == "jump"))]
        case "walk dog":
            owner = someone("walk")
            dog = _animal(stage, "dog", "stand", x + 0.75 * step, base + 0.004, tall * 0.5, flip)
            stage.line((x + 0.12 * step, base - 0.45 * tall / stage.height), (x + 0.85 * step, base - 0.28 * tall / stage.height), base)
            return [owner, dog]
        case "throw":
            ball = _thing(stage, str(rng.choice(["ball", "frisbee"])), x + 0.75 * step, base - 0.95 * tall / stage.height, tall * 0.17)
            taking_part = [someone("throw"), ball]
            if rng.random() < 0.6:
                taking_part.append(_animal(stage, "dog", "jump", x + 1.15 * step, base, tall * 0.55, not flip))
            return taking_part
        case "ride":
            bicycle = _thing(stage, "bicycle", x, base, tall * 0.82, flip, before=-0.001)
            return [someone("ride", base=base - 0.12 * tall / stage.height), bicycle]
        case "skate":
            board = _thing(stage, "skateboard", x, base, tall * 0.4, flip, before=-0.001)
            return [someone(str(rng.choice(["stand", "jump"])), base=base - 0.03 * tall / stage.height), board]
        case "sit":
            bench = _thing(stage, "bench", x, base, tall * 0.62, False, before=-0.001)
            return [someone("sit", base=base), bench]
        case "umbrella":
            held = _thing(stage, "umbrella", x + 0.13 * step, base - 0.45 * tall / stage.height, tall * 0.75, flip)
            return [someone(str(rng.choice(["stand", "walk", "raise"]))), held]
        case "kite":
            at = (float(np.clip(x + rng.uniform(0.6, 1.2) * step, 0.08, 0.92)), float(rng.uniform(0.16, 0.3)))
            kite = _thing(stage, "kite", *at, stage.height * 0.2, flip)
            stage.line((x + 0.16 * step, base - 0.8 * tall / stage.height), (at[0], at[1] - 0.03), base)
            return [someone("raise"), kite]
        case "balloon":
            return [someone("raise"), _thing(stage, "balloon", x + 0.16 * step, base - 0.72 * tall / stage.height, tall * 0.6)]
        case "fetch":
            dog = _animal(stage, "dog", "run", x, base, tall * 0.6, flip)
            return [dog, _thing(stage, str(rng.choice(["ball", "frisbee"])), x + 0.27 * step, base - 0.32 * tall / stage.height,
                                tall * 0.13)]
        case "chase":
            dog = _animal(stage, "dog", "run", x - 0.35 * step, base, tall * 0.55, flip)
            return [dog, _animal(stage, "cat", "run", x + 0.35 * step, base, tall * 0.4, flip)]
        case "horse":
            return [_animal(stage, "horse", str(rng.choice(["stand", "run"])), x, base, tall * 1.15, flip)]
        case "rider":
            horse = _animal(stage, "horse", str(rng.choice(["stand", "run"])), x, base, tall * 1.15, flip, before=-0.001)
            return [someone("ride", base=base - 0.4 * tall / stage.height), horse]
        case "cat":
            return [_animal(stage, "cat", "sit", x, base, tall * 0.42, flip)]
        case "pair":
            pair = [_person(stage, str(rng.choice(["stand", "walk"])), x + s * 0.22 * tall / stage.width, base + 0.002 * s, tall, s > 0,
                            0.0, None)
                    for s in (-1, 1)]
            return pair


def _person(stage, pose, x, base, tall, flip, lift, who):
    rng = stage.rng
    who = who or str(rng.choice(WHO, p=(0.3, 0.3, 0.2, 0.2)))
    tall *= CHILD if who in ("boy", "girl") else 1.0
    top, bottom = (str(c) for c in rng.choice(WEAR, 2, replace=False))
    hat = str(rng.choice([c for c in WEAR if c != top])) if rng.random() < 0.3 else None
    sprite = drawing.person(rng, who, top, bottom, pose, hat)
    me = stage.add(Thing("people", who, ""))
    stage.put(sprite, x, base - lift, tall, flip, me)
    wears = [stage.add(Thing("clothing", "shirt", top)), stage.add(Thing("clothing", "pants", bottom))]
    if hat:
        wears.append(stage.add(Thing("clothing", "hat", hat)))
    stage.scene.things[me].wears = wears
    return me


def _animal(stage, noun, pose, x, base, tall, flip, before=0.0):
    fur = str(stage.rng.choice(list(drawing.FUR)))
    sprite = {"dog": drawing.dog, "cat": drawing.cat, "horse": drawing.horse}[noun](stage.rng, fur, pose)
    me = stage.add(Thing("animals", noun, fur))
    stage.put(sprite, x, base, tall, flip, me, before)
    return me


def _thing(stage, noun, x, base, tall, flip=False, before=0.001, color=None):
    color = color or str(stage.rng.choice([c for c in WEAR if c != "gray"]))
    me = stage.add(Thing("vehicles" if noun in ("car", "bicycle", "boat") else "other", noun, color))
    stage.put(drawing.thing(stage.rng, noun, color), x, base, tall, flip, me, before)
    return me


def _extra(stage):
    """Something that stands around: what, depends on the place."""
    rng, place = stage.rng, stage.scene.place
    noun = str(rng.choice({"park": ["tree", "bench", "bird"], "beach": ["boat", "umbrella", "bird"], "street": ["car", "tree", "bicycle"],
                           "snow": ["tree", "bird"], "lake": ["boat", "boat", "tree", "bird"], "field": ["tree", "bird"]}[place]))
    x, base = float(rng.uniform(0.06, 0.94)), stage.depth(0.08, 0.3)
    tall = stage.tall(base)
    if noun == "bird":
        me = stage.add(Thing("animals", "bird", str(rng.choice(["black", "white", "gray"]))))
        stage.put(drawing.bird(rng, stage.scene.things[me].color), x, float(rng.uniform(0.12, 0.3)), stage.height * 0.12,
                  bool(rng.random() < 0.5), me)
    elif noun == "boat":
        me = _thing(stage, "boat", x, stage.horizon + 0.03, stage.height * 0.2, before=-0.5)
    elif noun == "tree":
        me = _thing(stage, "tree", x, base, tall * 1.5, color="green")
        stage.scene.things[me].color = ""
    else:
        me = _thing(stage, noun, x, base, tall * {"bench": 0.7, "car": 1.3, "umbrella": 1.0, "bicycle": 0.7}[noun],
                    bool(rng.random() < 0.5))
    stage.scene.extras.append(me)


def background(rng, place, horizon, size=SIZE):
    """An empty place: float32 H x W x 3. horizon: its y as a share of the picture."""
    width, height = size
    line = round(horizon * height)
    y = np.linspace(0, 1, line, dtype=np.float32)[:, None, None]
    high, low = {"snow": ((0.62, 0.66, 0.72), (0.84, 0.86, 0.88))}.get(place, ((0.33, 0.56, 0.86), (0.78, 0.88, 0.95)))
    clouds = np.clip((noise(rng, line, width) - 0.55) * 3, 0, 1)[..., None]
    sky = (np.float32(high) * (1 - y) + np.float32(low) * y) * (1 - 0.7 * clouds) + 0.7 * clouds * 0.97
    kind = {"park": (0.32, 0.52, 0.20), "beach": (0.86, 0.76, 0.54), "street": (0.55, 0.54, 0.53), "snow": (0.92, 0.93, 0.95),
            "lake": (0.36, 0.52, 0.24), "field": (0.72, 0.64, 0.30)}[place]
    ground = tint(noise(rng, height - line, width, 6), np.array(kind) * rng.uniform(0.9, 1.08), 0.35)
    picture = np.concatenate([sky.astype(np.float32), ground])
    if place in ("beach", "lake"):
        deep = max(4, round((height - line) * rng.uniform(0.14, 0.26)))
        waves = tint(noise(rng, deep, width, 6, 8), (0.20, 0.44, 0.58), 0.5)
        picture[line:line + deep] = waves
    if place == "street":
        _houses(rng, picture, line)
        top = line + round((height - line) * 0.3)
        picture[top:] *= np.float32([0.62, 0.62, 0.64])
        for x in range(-20, width, 46):
            cv2.line(picture, (x, top + (height - top) // 2), (x + 24, top + (height - top) // 2), (0.85, 0.85, 0.8), 2)
    if place in ("park", "field", "snow"):
        _hills(rng, picture, line, place)
    return picture


def _hills(rng, picture, line, place):
    color = {"park": (0.25, 0.40, 0.20), "field": (0.42, 0.50, 0.28), "snow": (0.74, 0.77, 0.82)}[place]
    x = np.arange(picture.shape[1])
    rise = 6 + 14 * noise(rng, 2, picture.shape[1], 3)[0]
    for column, tall in zip(x, rise, strict=True):
        picture[int(line - tall):line, column] = color


def _houses(rng, picture, line):
    x = -int(rng.integers(0, 20))
    while x < picture.shape[1]:
        wide, tall = int(rng.integers(34, 62)), int(rng.integers(line // 2, line - 4))
        wall = rng.uniform(0.35, 0.85, 3)
        cv2.rectangle(picture, (x, line - tall), (x + wide, line), wall.tolist(), -1)
        cv2.rectangle(picture, (x, line - tall - 4), (x + wide, line - tall), (wall * 0.55).tolist(), -1)
        for wy in range(line - tall + 8, line - 12, 18):
            for wx in range(x + 7, x + wide - 10, 16):
                cv2.rectangle(picture, (wx, wy), (wx + 8, wy + 10), (0.22, 0.27, 0.33), -1)
        x += wide + int(rng.integers(0, 4))
