"""What is to be seen in a painting: it is composed first, with a list of what there is, and drawn plainly; the brush comes later.

Each composer returns the drawing and a list of `Fact`s: what an attentive visitor could say.
"""

from typing import NamedTuple

import cv2
import numpy as np

from visret_lab.worlds.town.textures import noise, tint

SIDE = 224  # pixels
TIMES = {"morning": ((0.62, 0.74, 0.86), (0.97, 0.88, 0.74)), "noon": ((0.36, 0.56, 0.84), (0.80, 0.89, 0.95)),
         "evening": ((0.36, 0.32, 0.52), (0.97, 0.62, 0.34)), "night": ((0.05, 0.07, 0.16), (0.16, 0.20, 0.32)),
         "storm": ((0.24, 0.26, 0.30), (0.55, 0.56, 0.56))}
CLOTHES = {"red": (0.62, 0.12, 0.12), "blue": (0.14, 0.24, 0.54), "green": (0.15, 0.38, 0.22), "black": (0.10, 0.09, 0.10),
           "white": (0.90, 0.88, 0.83), "golden": (0.80, 0.62, 0.24), "brown": (0.40, 0.26, 0.15), "violet": (0.40, 0.20, 0.46)}


class Fact(NamedTuple):
    """Something to be seen. kind: of what sort ("time", "ship", ...); value: a word or a number."""

    kind: str
    value: object


def compose(rng, kind):
    """Compose a painting of a type.

    Args:
        rng: numpy Generator. kind: one of authors.TYPES.

    Returns:
        (float32 SIDE x SIDE x 3, list of Fact).

    Raises:
        ValueError: another type.
    """
    makers = {"landscape": _landscape, "seascape": _seascape, "still-life": _still_life, "portrait": _portrait, "interior": _interior,
              "cityscape": _cityscape}
    if kind not in makers:
        raise ValueError(f"There is no type {kind!r}; there are: {', '.join(makers)}.")
    picture, facts = makers[kind](rng)
    return np.clip(picture, 0, 1).astype(np.float32), facts


def _sky(rng, line, choices=tuple(TIMES)):
    """The upper part of a picture, and what time it is."""
    time = str(rng.choice(choices))
    high, low = (np.float32(c) for c in TIMES[time])
    y = np.linspace(0, 1, line, dtype=np.float32)[:, None, None]
    clouds = np.clip((noise(rng, line, SIDE) - (0.35 if time == "storm" else 0.55)) * 2.4, 0, 1)[..., None]
    sky = (high * (1 - y) + low * y) * (1 - 0.55 * clouds) + 0.55 * clouds * (np.float32([0.4, 0.4, 0.42]) if time in ("storm", "night")
                                                                              else 0.95)
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    picture[:line] = sky
    facts = [Fact("time", time)]
    if time == "night" or (time == "evening" and rng.random() < 0.4):
        x = int(rng.integers(30, SIDE - 30))
        cv2.circle(picture, (x, line // 3), 9, (0.96, 0.93, 0.78) if time == "night" else (0.99, 0.80, 0.45), -1)
        facts.append(Fact("light", "moon" if time == "night" else "sun"))
    return picture, facts, 0.35 if time == "night" else 0.7 if time in ("storm", "evening") else 1.0


def _landscape(rng):
    line = int(SIDE * rng.uniform(0.36, 0.56))
    picture, facts, light = _sky(rng, line)
    season = str(rng.choice(["summer", "autumn", "winter"]))
    land = {"summer": (0.34, 0.46, 0.18), "autumn": (0.56, 0.42, 0.18), "winter": (0.82, 0.84, 0.88)}[season]
    picture[line:] = tint(noise(rng, SIDE - line, SIDE, 6), np.array(land) * light, 0.5)
    facts.append(Fact("season", season))
    if rng.random() < 0.5:
        rise = (20 + 45 * noise(rng, 2, SIDE, 3)[0]).astype(int)
        for x in range(SIDE):
            picture[max(line - rise[x], 0):line, x] = np.array([0.42, 0.46, 0.56]) * light
        facts.append(Fact("hills", "mountains"))
    if rng.random() < 0.5:
        bend = SIDE / 2 + np.cumsum(rng.normal(0, 4, SIDE - line)) + rng.normal(0, 20)
        for i in range(SIDE - line):
            half = 2 + 0.22 * i
            x0, x1 = np.clip([bend[i] - half, bend[i] + half], 0, SIDE).astype(int)
            picture[line + i, x0:x1] = np.array([0.52, 0.62, 0.70]) * light
        facts.append(Fact("water", "river"))
    building = str(rng.choice(["none", "cottage", "tower", "ruin", "mill"]))
    if building != "none":
        _building(rng, picture, building, int(rng.uniform(0.2, 0.8) * SIDE), line + int(rng.integers(6, 26)), light)
        facts.append(Fact("building", building))
    trees = int(rng.integers(0, 5))
    for _ in range(trees):
        _tree(rng, picture, int(rng.uniform(0.05, 0.95) * SIDE), line + int(rng.integers(10, 90)), season, light)
    if trees:
        facts.append(Fact("trees", trees))
    for _ in range(figures := int(rng.choice([0, 0, 1, 2, 3]))):
        _figure(rng, picture, int(rng.uniform(0.15, 0.85) * SIDE), line + int(rng.integers(40, 90)), 26)
    if figures:
        facts.append(Fact("figures", figures))
    if rng.random() < 0.3:
        for _ in range(int(rng.integers(2, 5))):
            _cow(rng, picture, int(rng.uniform(0.1, 0.9) * SIDE), line + int(rng.integers(30, 85)))
        facts.append(Fact("animals", "cows"))
    return picture, facts


def _seascape(rng):
    line = int(SIDE * rng.uniform(0.4, 0.62))
    picture, facts, light = _sky(rng, line)
    stormy = facts[0].value == "storm"
    waves = np.sin(np.linspace(0, (26 if stormy else 60), SIDE - line))[:, None] * noise(rng, SIDE - line, SIDE, 5)
    sea = np.float32([0.14, 0.34, 0.42] if rng.random() < 0.5 else [0.20, 0.30, 0.48]) * light
    picture[line:] = sea * (1 + (0.9 if stormy else 0.35) * waves[..., None])
    if stormy:
        crests = waves > np.quantile(waves, 0.93)
        picture[line:][crests] = 0.85
    for i in range(ships := int(rng.integers(1, 5))):
        _ship(rng, picture, int((i + rng.uniform(0.2, 0.8)) * SIDE / ships), line + int(rng.integers(2, 60)), int(rng.integers(26, 62)),
              light)
    facts.append(Fact("ships", ships))
    if rng.random() < 0.35:
        cv2.fillPoly(picture, [np.array([[SIDE, line - 50], [SIDE, SIDE], [SIDE - 70, SIDE], [SIDE - 40, line + 10]])], (0.34, 0.28, 0.24))
        facts.append(Fact("shore", "cliff"))
    elif rng.random() < 0.4:
        picture[-30:] = tint(noise(rng, 30, SIDE), (0.78, 0.68, 0.48), 0.3) * light
        facts.append(Fact("shore", "beach"))
    if rng.random() < 0.3:
        for _ in range(6):
            x, y = int(rng.integers(10, SIDE - 10)), int(rng.integers(10, max(line - 20, 12)))
            cv2.polylines(picture, [np.array([[x - 5, y - 3], [x, y], [x + 5, y - 3]])], False, (0.95, 0.95, 0.95), 1)
        facts.append(Fact("animals", "gulls"))
    return picture, facts


def _still_life(rng):
    dark = rng.random() < 0.6
    wall = np.array((0.16, 0.12, 0.10) if dark else (0.66, 0.58, 0.46)) * rng.uniform(0.8, 1.2)
    picture = tint(noise(rng, SIDE, SIDE), wall, 0.4)
    line = int(SIDE * 0.66)
    cloth = str(rng.choice(["white", "red", "green", "brown"]))
    picture[line:] = tint(noise(rng, SIDE - line, SIDE, 6), CLOTHES[cloth], 0.4)
    facts = [Fact("ground", "dark" if dark else "light"), Fact("cloth", cloth)]
    things = [str(t)
              for t in rng.choice(["vase", "jug", "apples", "lemons", "grapes", "fish", "skull", "candle", "books", "bread", "glass"],
                                         int(rng.integers(2, 6)), replace=False)]
    things.sort(key=lambda t: t not in ("vase", "jug", "candle", "glass", "books"))  # tall things stand behind
    spots = np.linspace(0.18, 0.82, len(things)) + rng.normal(0, 0.03, len(things))
    for thing, x in zip(things, rng.permutation(spots), strict=True):
        low = thing in ("apples", "lemons", "grapes", "fish", "skull", "bread")
        facts.append(Fact("thing", thing))
        detail = _still(rng, picture, thing, int(x * SIDE), line + int(rng.integers(24, 44) if low else rng.integers(6, 20)))
        if detail:
            facts.append(detail)
    return picture, facts


def _portrait(rng):
    ground = str(rng.choice(["dark", "curtain", "window"]))
    picture = tint(noise(rng, SIDE, SIDE), np.array((0.17, 0.14, 0.12)) * rng.uniform(0.8, 1.5), 0.5)
    facts = []
    if ground == "curtain":
        folds = 0.75 + 0.25 * np.sin(np.arange(SIDE) / rng.uniform(6, 10))
        picture[:] = np.float32(CLOTHES[str(rng.choice(["red", "green", "violet"]))]) * folds[None, :, None]
        facts.append(Fact("ground", "curtain"))
    elif ground == "window":
        x0 = int(rng.choice([14, SIDE - 74]))
        sky, _, _ = _sky(rng, 90, ("morning", "noon", "evening"))
        picture[20:110, x0:x0 + 60] = sky[:90, :60]
        facts.append(Fact("ground", "window"))
    else:
        facts.append(Fact("ground", "dark"))
    who, age = str(rng.choice(["man", "woman"])), str(rng.choice(["young", "old", "grown"], p=(0.4, 0.25, 0.35)))
    color = str(rng.choice(list(CLOTHES)))
    cx, cy = SIDE // 2 + int(rng.integers(-16, 17)), int(SIDE * 0.36)
    facts += [Fact("sitter", who), Fact("age", age), Fact("clothes", color)]
    skin = np.array([0.93, 0.76, 0.62]) * rng.uniform(0.75, 1.0)
    hair = np.array([0.82, 0.80, 0.78]) if age == "old" else rng.uniform(0.06, 0.5) * np.array([1.0, 0.75, 0.5])
    if who == "woman":
        cv2.ellipse(picture, (cx, cy + 14), (38, 56), 0, 0, 360, hair.tolist(), -1)
    cv2.ellipse(picture, (cx, SIDE + 6), (86, 104), 0, 180, 360, CLOTHES[color], -1)
    cv2.rectangle(picture, (cx - 13, cy + 26), (cx + 13, cy + 56), (skin * 0.9).tolist(), -1)
    cv2.ellipse(picture, (cx, cy), (30, 39), 0, 0, 360, skin.tolist(), -1)
    cv2.ellipse(picture, (cx - 8, cy), (20, 38), 0, 90, 270, (skin * 0.86).tolist(), -1)
    cv2.ellipse(picture, (cx, cy - 22), (32, 21), 0, 180, 360, hair.tolist(), -1)
    for side in (-1, 1):
        cv2.ellipse(picture, (cx + side * 11, cy - 4), (5, 3), 0, 0, 360, (0.95, 0.94, 0.9), -1)
        cv2.circle(picture, (cx + side * 11, cy - 4), 2, (0.12, 0.1, 0.08), -1)
        cv2.line(picture, (cx + side * 16, cy - 11), (cx + side * 6, cy - 12), (hair * 0.7).tolist(), 2)
    cv2.line(picture, (cx, cy - 2), (cx + 3, cy + 9), (skin * 0.72).tolist(), 2)
    cv2.ellipse(picture, (cx, cy + 18), (9, 3), 0, 0, 180, (0.62, 0.26, 0.24), 2)
    if who == "man" and rng.random() < 0.45:
        cv2.ellipse(picture, (cx, cy + 30), (19, 16), 0, 0, 180, hair.tolist(), -1)
        facts.append(Fact("beard", "beard"))
    dress = str(rng.choice(["none", "ruff", "hat", "chain", "cap"]))
    if dress == "ruff":
        cv2.ellipse(picture, (cx, cy + 48), (44, 13), 0, 0, 360, (0.94, 0.93, 0.9), -1)
        for x in range(cx - 40, cx + 41, 8):
            cv2.line(picture, (x, cy + 40), (x, cy + 57), (0.72, 0.71, 0.70), 1)
    elif dress == "hat":
        cv2.ellipse(picture, (cx, cy - 30), (58, 11), 0, 0, 360, (0.10, 0.09, 0.1), -1)
        cv2.ellipse(picture, (cx, cy - 36), (31, 24), 0, 180, 360, (0.12, 0.11, 0.12), -1)
    elif dress == "chain":
        cv2.ellipse(picture, (cx, cy + 58), (34, 40), 0, 10, 170, (0.90, 0.74, 0.28), 3)
    elif dress == "cap":
        cv2.ellipse(picture, (cx, cy - 20), (35, 26), 0, 180, 360, (0.88, 0.86, 0.82), -1)
    if dress != "none":
        facts.append(Fact("dress", dress))
    held = str(rng.choice(["none", "letter", "flower", "book", "dog"]))
    if held != "none":
        _held(rng, picture, held, cx + int(rng.choice([-40, 40])), int(SIDE * 0.84), skin)
        facts.append(Fact("held", held))
    return picture, facts


def _interior(rng):
    wall = np.array([0.72, 0.66, 0.52]) * rng.uniform(0.6, 1.1)
    picture = tint(noise(rng, SIDE, SIDE), wall, 0.25)
    line = int(SIDE * 0.68)
    facts = []
    tiles = rng.random() < 0.5
    for y in range(line, SIDE):
        depth = (y - line + 6) / (SIDE - line)
        for x in range(0, SIDE, 2):
            checker = (int((x - SIDE / 2) / (26 * depth)) + int(5 / depth)) % 2
            picture[y, x:x + 2] = ((0.85, 0.83, 0.78) if checker else (0.22, 0.20, 0.20)) if tiles else (0.42, 0.30, 0.19)
    facts.append(Fact("floor", "tiles" if tiles else "wood"))
    left = rng.random() < 0.5
    x0 = 16 if left else SIDE - 76
    cv2.rectangle(picture, (x0, 34), (x0 + 60, 112), (0.86, 0.92, 0.96), -1)
    for k in range(5):
        cv2.line(picture, (x0 + 15 * k, 34), (x0 + 15 * k, 112), (0.35, 0.27, 0.2), 2)
    cv2.line(picture, (x0, 73), (x0 + 60, 73), (0.35, 0.27, 0.2), 2)
    picture *= np.linspace(1.15, 0.62, SIDE, dtype=np.float32)[None, :: 1 if left else -1, None]
    facts.append(Fact("window", "left" if left else "right"))
    far = SIDE - 70 if left else 20
    if rng.random() < 0.6:
        thing = str(rng.choice(["map", "painting", "mirror"]))
        color = {"map": (0.80, 0.72, 0.52), "painting": (0.32, 0.42, 0.30), "mirror": (0.62, 0.70, 0.74)}[thing]
        cv2.rectangle(picture, (far, 36), (far + 52, 84), (0.26, 0.17, 0.1), -1)
        cv2.rectangle(picture, (far + 4, 40), (far + 48, 80), color, -1)
        if thing == "map":
            for _ in range(4):
                points = np.cumsum(rng.integers(-9, 14, (6, 2)), axis=0) % [40, 36] + [far + 6, 42]
                cv2.polylines(picture, [points.astype(np.int32)], False, (0.4, 0.3, 0.2), 1)
        facts.append(Fact("wall", thing))
    who, color = str(rng.choice(["man", "woman", "child"])), str(rng.choice(list(CLOTHES)))
    doing = str(rng.choice(["reading", "sewing", "playing the lute", "pouring milk", "writing"]))
    facts += [Fact("sitter", who), Fact("clothes", color), Fact("doing", doing)]
    cx, base, tall = SIDE // 2 + int(rng.integers(-20, 21)), line + 34, 84 if who == "child" else 112
    cv2.ellipse(picture, (cx, base), (28, int(tall * 0.66)), 0, 180, 360, CLOTHES[color], -1)
    cv2.circle(picture, (cx, base - int(tall * 0.76)), 13, (0.88, 0.72, 0.58), -1)
    cv2.ellipse(picture, (cx, base - int(tall * 0.80)), (14, 10), 0, 180, 360, (0.26, 0.18, 0.1), -1)
    at = (cx + 26, base - int(tall * 0.36))
    if doing in ("reading", "writing"):
        cv2.rectangle(picture, (at[0] - 12, at[1] - 7), (at[0] + 14, at[1] + 7), (0.95, 0.93, 0.86), -1)
    elif doing == "sewing":
        cv2.ellipse(picture, at, (17, 9), 15, 0, 360, (0.90, 0.88, 0.90), -1)
    elif doing == "pouring milk":
        cv2.ellipse(picture, at, (10, 13), 20, 0, 360, (0.70, 0.42, 0.24), -1)
        cv2.line(picture, (at[0] + 8, at[1] + 6), (at[0] + 12, at[1] + 26), (0.97, 0.97, 0.95), 2)
    else:
        cv2.ellipse(picture, at, (13, 18), 40, 0, 360, (0.68, 0.44, 0.20), -1)
        cv2.line(picture, at, (at[0] + 28, at[1] - 26), (0.4, 0.25, 0.12), 4)
    return picture, facts


def _cityscape(rng):
    line = int(SIDE * rng.uniform(0.5, 0.62))
    picture, facts, light = _sky(rng, line, ("morning", "noon", "evening", "night"))
    front = str(rng.choice(["canal", "square", "street"]))
    color = {"canal": (0.28, 0.42, 0.48), "square": (0.66, 0.60, 0.50), "street": (0.48, 0.45, 0.42)}[front]
    x = -int(rng.integers(0, 20))
    while x < SIDE:
        wide, tall = int(rng.integers(22, 44)), int(rng.integers(46, 92))
        paint = np.array([rng.uniform(0.5, 0.85), rng.uniform(0.35, 0.6), rng.uniform(0.25, 0.5)]) * max(light, 0.45)
        cv2.rectangle(picture, (x, line - tall), (x + wide, line), paint.tolist(), -1)
        cv2.fillPoly(picture, [np.array([[x, line - tall], [x + wide // 2, line - tall - 16], [x + wide, line - tall]])],
                     (paint * 0.6).tolist())
        lit = (0.95, 0.80, 0.40) if facts[0].value == "night" else (0.20, 0.18, 0.18)
        for wy in range(line - tall + 8, line - 10, 16):
            for wx in range(x + 5, x + wide - 7, 11):
                cv2.rectangle(picture, (wx, wy), (wx + 5, wy + 8), lit, -1)
        x += wide
    picture[line:] = tint(noise(rng, SIDE - line, SIDE, 6), np.array(color) * light, 0.4)
    if front == "canal":
        mirror = picture[max(line - (SIDE - line), 0):line][::-1]
        picture[line:line + len(mirror)] = 0.55 * picture[line:line + len(mirror)] + 0.4 * cv2.blur(mirror, (1, 7))
    facts.append(Fact("front", front))
    church = str(rng.choice(["none", "church", "dome"]))
    if church != "none":
        cx = int(rng.uniform(0.25, 0.75) * SIDE)
        wall = (np.array([0.70, 0.64, 0.56]) * max(light, 0.4)).tolist()
        cv2.rectangle(picture, (cx - 20, line - 110), (cx + 20, line), wall, -1)
        if church == "church":
            cv2.fillPoly(picture, [np.array([[cx - 20, line - 110], [cx, line - 168], [cx + 20, line - 110]])], (0.30, 0.32, 0.34))
        else:
            cv2.ellipse(picture, (cx, line - 108), (30, 36), 0, 180, 360, (0.36, 0.48, 0.44), -1)
        facts.append(Fact("church", church))
    if front == "canal":
        for _ in range(boats := int(rng.integers(0, 4))):
            bx, by = int(rng.uniform(0.1, 0.9) * SIDE), line + int(rng.integers(16, 60))
            cv2.ellipse(picture, (bx, by), (18, 5), 0, 0, 180, (0.22, 0.14, 0.1), -1)
            _figure(rng, picture, bx, by + 2, 16)
        if boats:
            facts.append(Fact("boats", boats))
        if rng.random() < 0.45:
            cv2.ellipse(picture, (SIDE // 2, line + 34), (70, 34), 0, 180, 360, (0.56, 0.50, 0.44), 12)
            facts.append(Fact("bridge", "bridge"))
    else:
        for _ in range(figures := int(rng.integers(1, 9))):
            _figure(rng, picture, int(rng.uniform(0.06, 0.94) * SIDE), line + int(rng.integers(16, 70)), 22)
        facts.append(Fact("figures", figures))
    return picture, facts


def _tree(rng, picture, x, base, season, light):
    tall = int(34 + (base - SIDE * 0.4) * 0.55)
    cv2.line(picture, (x, base), (x + int(rng.integers(-4, 5)), base - tall // 2), (0.26, 0.18, 0.12), max(2, tall // 12))
    color = {"summer": (0.18, 0.34, 0.14), "autumn": (0.66, 0.36, 0.10), "winter": (0.34, 0.28, 0.24)}[season]
    for _ in range(10 if season == "winter" else 42):
        r, a = tall * 0.36 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        at = (int(x + r * np.cos(a)), int(base - tall * 0.72 + r * np.sin(a)))
        if season == "winter":
            cv2.line(picture, (x, base - tall // 3), at, color, 1)
        else:
            cv2.circle(picture, at, max(2, tall // 12), (np.array(color) * rng.uniform(0.6, 1.35) * light).tolist(), -1)


def _building(rng, picture, kind, x, base, light):
    wall = (np.array([0.72, 0.64, 0.52]) * light * rng.uniform(0.8, 1.1)).tolist()
    roof = (np.array([0.52, 0.26, 0.18]) * light).tolist()
    if kind == "cottage":
        cv2.rectangle(picture, (x - 24, base - 26), (x + 24, base), wall, -1)
        cv2.fillPoly(picture, [np.array([[x - 30, base - 24], [x, base - 50], [x + 30, base - 24]])], roof)
        cv2.rectangle(picture, (x - 5, base - 16), (x + 5, base), (0.2, 0.13, 0.1), -1)
    elif kind == "tower":
        cv2.rectangle(picture, (x - 13, base - 78), (x + 13, base), wall, -1)
        for k in range(-13, 14, 9):
            cv2.rectangle(picture, (x + k - 3, base - 86), (x + k + 2, base - 78), wall, -1)
    elif kind == "ruin":
        for k in (-26, -8, 12, 28):
            cv2.rectangle(picture, (x + k - 4, base - int(rng.integers(22, 58))), (x + k + 4, base), wall, -1)
        cv2.rectangle(picture, (x - 30, base - 8), (x + 32, base), wall, -1)
    else:
        cv2.fillPoly(picture, [np.array([[x - 15, base], [x - 9, base - 52], [x + 9, base - 52], [x + 15, base]])], wall)
        for a in rng.uniform(0, 1.5) + np.arange(4) * np.pi / 2:
            cv2.line(picture, (x, base - 52), (int(x + 34 * np.cos(a)), int(base - 52 + 34 * np.sin(a))), (0.28, 0.20, 0.14), 4)


def _figure(rng, picture, x, base, tall):
    coat = CLOTHES[str(rng.choice(list(CLOTHES)))]
    cv2.ellipse(picture, (x, base - tall // 3), (tall // 6, tall // 3), 0, 0, 360, coat, -1)
    cv2.circle(picture, (x, base - int(tall * 0.78)), max(2, tall // 8), (0.85, 0.68, 0.55), -1)


def _cow(rng, picture, x, base):
    color = [(0.42, 0.26, 0.15), (0.88, 0.85, 0.80), (0.15, 0.13, 0.12)][int(rng.integers(3))]
    cv2.ellipse(picture, (x, base - 9), (14, 7), 0, 0, 360, color, -1)
    cv2.circle(picture, (x + 14, base - 13), 4, color, -1)
    for k in (-9, -5, 5, 9):
        cv2.line(picture, (x + k, base - 6), (x + k, base + 3), color, 2)


def _ship(rng, picture, x, base, tall, light):
    cv2.fillPoly(picture,
                 [np.array([[x - tall // 2, base - tall // 8], [x + tall // 2, base - tall // 7], [x + tall // 3, base + tall // 10],
                                     [x - tall // 3, base + tall // 10]])], (0.26, 0.17, 0.11))
    for k in (-tall // 4, tall // 10):
        cv2.line(picture, (x + k, base - tall // 8), (x + k, base - tall), (0.2, 0.14, 0.1), 2)
        sail = (np.array([0.92, 0.88, 0.78]) * max(light, 0.5) * rng.uniform(0.85, 1.0)).tolist()
        for a, b in ((0.95, 0.58), (0.54, 0.22)):
            cv2.fillPoly(picture, [np.array([[x + k + 1, base - int(a * tall)], [x + k + tall // 4, base - int((a + b) / 2 * tall)],
                                             [x + k + 1, base - int(b * tall)]])], sail)


def _still(rng, picture, thing, x, base):
    """One thing of a still life. Returns a further Fact, or None."""
    def ball(cx, cy, r, color):
        cv2.circle(picture, (cx, cy), r, color, -1)
        cv2.circle(picture, (cx + r // 4, cy + r // 4), int(r * 0.8), (np.array(color) * 0.82).tolist(), -1)
        cv2.circle(picture, (cx - r // 3, cy - r // 3), max(1, r // 4), np.clip(np.array(color) * 1.5, 0, 1).tolist(), -1)

    match thing:
        case "vase":
            flowers = str(rng.choice(["roses", "tulips", "sunflowers", "lilies"]))
            paint = {"roses": (0.80, 0.26, 0.34), "tulips": (0.88, 0.34, 0.18), "sunflowers": (0.93, 0.74, 0.16),
                     "lilies": (0.93, 0.91, 0.86)}[flowers]
            cv2.ellipse(picture, (x, base - 24), (17, 26), 0, 0, 360, (0.28, 0.40, 0.58), -1)
            for _ in range(14):
                at = (int(x + rng.normal(0, 22)), int(base - 72 + rng.normal(0, 18)))
                cv2.line(picture, (x, base - 46), at, (0.18, 0.34, 0.14), 2)
                ball(*at, int(rng.integers(5, 10)), (np.array(paint) * rng.uniform(0.8, 1.1)).clip(0, 1).tolist())
            return Fact("flowers", flowers)
        case "jug":
            cv2.ellipse(picture, (x, base - 26), (21, 28), 0, 0, 360, (0.56, 0.50, 0.44), -1)
            cv2.rectangle(picture, (x - 9, base - 66), (x + 9, base - 44), (0.56, 0.50, 0.44), -1)
            cv2.ellipse(picture, (x + 22, base - 36), (11, 17), 0, 0, 360, (0.44, 0.38, 0.33), 4)
        case "apples" | "lemons":
            color = [(0.74, 0.18, 0.14), (0.56, 0.66, 0.22)][int(rng.integers(2))] if thing == "apples" else (0.93, 0.82, 0.24)
            for k in range(int(rng.integers(2, 5))):
                ball(x + 17 * k - 20, base - 9 - int(rng.integers(0, 5)), 11, color)
        case "grapes":
            color = (0.34, 0.16, 0.40) if rng.random() < 0.5 else (0.62, 0.72, 0.36)
            for row in range(5):
                for k in range(6 - row):
                    ball(x + 8 * k + 4 * row - 20, base - 8 - 0 * row + 6 * row - 20, 5, color)
        case "fish":
            cv2.ellipse(picture, (x, base - 6), (34, 9), -6, 0, 360, (0.62, 0.66, 0.70), -1)
            cv2.fillPoly(picture, [np.array([[x - 30, base - 4], [x - 46, base - 14], [x - 46, base + 6]])], (0.52, 0.56, 0.60))
            cv2.circle(picture, (x + 24, base - 9), 2, (0.05, 0.05, 0.05), -1)
        case "skull":
            cv2.circle(picture, (x, base - 20), 19, (0.86, 0.82, 0.70), -1)
            cv2.rectangle(picture, (x - 11, base - 8), (x + 11, base + 2), (0.82, 0.77, 0.64), -1)
            for k in (-7, 7):
                cv2.circle(picture, (x + k, base - 20), 5, (0.14, 0.11, 0.09), -1)
        case "candle":
            cv2.rectangle(picture, (x - 5, base - 56), (x + 5, base - 6), (0.93, 0.90, 0.80), -1)
            cv2.ellipse(picture, (x, base - 4), (17, 5), 0, 0, 360, (0.72, 0.58, 0.26), -1)
            lit = rng.random() < 0.6
            if lit:
                cv2.ellipse(picture, (x, base - 64), (4, 8), 0, 0, 360, (0.99, 0.85, 0.45), -1)
            return Fact("flame", "burning" if lit else "out")
        case "books":
            for k in range(int(rng.integers(2, 5))):
                color = CLOTHES[str(rng.choice(["red", "blue", "green", "brown"]))]
                cv2.rectangle(picture, (x - 27 + 2 * k, base - 10 * (k + 1)), (x + 25 - 3 * k, base - 10 * k - 1), color, -1)
        case "bread":
            cv2.ellipse(picture, (x, base - 10), (29, 13), 4, 0, 360, (0.74, 0.52, 0.28), -1)
            for k in (-12, 0, 12):
                cv2.line(picture, (x + k - 4, base - 17), (x + k + 4, base - 6), (0.86, 0.70, 0.46), 2)
        case "glass":
            cv2.ellipse(picture, (x, base - 44), (14, 20), 0, 0, 360, (0.62, 0.66, 0.64), -1)
            cv2.ellipse(picture, (x, base - 40), (12, 13), 0, 0, 180, (0.56, 0.14, 0.16), -1)
            cv2.line(picture, (x, base - 24), (x, base - 5), (0.70, 0.74, 0.72), 3)
            cv2.ellipse(picture, (x, base - 4), (12, 3), 0, 0, 360, (0.70, 0.74, 0.72), -1)
    return None


def _held(rng, picture, thing, x, y, skin):
    match thing:
        case "letter" | "book":
            cover = (0.94, 0.92, 0.84) if thing == "letter" else CLOTHES[str(rng.choice(["red", "brown", "blue"]))]
            cv2.rectangle(picture, (x - 17, y - 21), (x + 17, y + 17), cover, -1)
            for k in range(-14, 12, 6) if thing == "letter" else ():
                cv2.line(picture, (x - 12, y + k), (x + 12, y + k), (0.3, 0.28, 0.26), 1)
        case "flower":
            cv2.line(picture, (x, y - 22), (x, y + 16), (0.2, 0.42, 0.18), 3)
            cv2.circle(picture, (x, y - 26), 10, (0.85, 0.25, 0.35), -1)
        case "dog":
            cv2.ellipse(picture, (x, y + 8), (24, 18), 0, 0, 360, (0.86, 0.80, 0.70), -1)
            cv2.circle(picture, (x + 13, y - 15), 13, (0.88, 0.82, 0.72), -1)
            cv2.ellipse(picture, (x + 5, y - 14), (5, 10), 10, 0, 360, (0.50, 0.34, 0.2), -1)
            cv2.circle(picture, (x + 17, y - 17), 2, (0.05, 0.05, 0.05), -1)
    cv2.ellipse(picture, (x, y + 20), (15, 10), 0, 0, 360, np.asarray(skin).tolist(), -1)
