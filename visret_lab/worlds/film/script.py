"""What happens in a film: scenes, camera positions, shots, how they are joined, who walks where. Everything is drawn before a picture is.

A scene is some consecutive shots in one set. The camera has a few places in it and comes back to them, as in films of people who talk:
so two shots of one scene may look alike, and a search must be told which moment is meant.
"""

from dataclasses import dataclass, field

import numpy as np

MOVES = ("still", "hand", "pan", "zoom", "walk", "whip")
KINDS = ("landmark", "street", "look_alike", "room")
DISSOLVE = (10, 28)  # frames


@dataclass(frozen=True)
class FilmConfig:
    """How a film is made.

    Attributes:
        seconds, fps, size: length, frames a second, (width, height) in pixels.
        shot: shortest and mean length of a shot, seconds. scene: fewest and most shots of a scene.
        cast: people. close: share of shots that show a person from near.
        dissolve: share of joins that are dissolves; the others are hard cuts. flash: share of shots with a photographer's flash.
        moves: shares of MOVES.
    """

    seconds: float = 150.0
    fps: int = 24
    size: tuple[int, int] = (320, 240)
    shot: tuple[float, float] = (1.0, 3.2)
    scene: tuple[int, int] = (3, 7)
    cast: int = 8
    close: float = 0.3
    dissolve: float = 0.15
    flash: float = 0.12
    moves: tuple[float, ...] = (0.15, 0.3, 0.2, 0.12, 0.13, 0.1)

    def __post_init__(self):
        if self.seconds <= 0 or self.fps < 1 or not 0 < self.shot[0] <= self.shot[1]:
            raise ValueError(f"A film needs a length, a frame rate and shots of some length; got {self.seconds} s, {self.fps} fps, "
                             f"{self.shot}.")
        if min(self.size) < 48 or self.size[0] % 2 or self.size[1] % 2:
            raise ValueError(f"Frames must have even sides of at least 48 pixels, not {self.size}.")
        if self.cast < 1 or not 1 <= self.scene[0] <= self.scene[1]:
            raise ValueError(f"A film needs somebody in it, and scenes of at least one shot; got cast {self.cast}, scene {self.scene}.")
        if len(self.moves) != len(MOVES) or min(self.moves) < 0 or abs(sum(self.moves) - 1) > 1e-6:
            raise ValueError(f"moves are the shares of {', '.join(MOVES)} and sum to 1; got {self.moves}.")


@dataclass(frozen=True)
class Setup:
    """A place of the camera in a set. azimuth in degrees, distance in sizes of the set; `close`: position of the person it looks at."""

    azimuth: float
    distance: float
    eye: float
    aim: tuple[float, float]
    zoom: float
    close: tuple[float, float] | None


@dataclass(frozen=True)
class Walk:
    """A person's way through a shot: who, where at its beginning (x, z), metres a second."""

    actor: int
    x: float
    z: float
    speed: float


@dataclass(frozen=True)
class Shot:
    """A shot. `first` to `last` (exclusive) is what belongs to it; `begin` to `end` is what is painted: with the frames that are mixed.

    scene, stage, setup: numbers of its scene, of its set, of the camera's place (over the whole film). move: one of MOVES; turn, tilt:
    angles of a pan, radians; zoom: factor at the end; way: share of the distance that a walk comes nearer; flash: (first, last) or None.
    """

    first: int
    last: int
    begin: int
    end: int
    scene: int
    stage: int
    setup: int
    camera: Setup
    move: str
    turn: float
    tilt: float
    zoom: float
    way: float
    flash: tuple[int, int] | None
    people: tuple[Walk, ...]


@dataclass(frozen=True)
class Look:
    """Light and air of a scene."""

    light: str
    weather: str
    sun: tuple[float, float]
    exposure: float
    cast: tuple[float, float, float]


@dataclass(frozen=True)
class Script:
    """A whole film. stages: kind and seed of each set; looks: one a scene; dissolves: (first, last) frames that are mixed."""

    seed: int
    config: FilmConfig
    stages: tuple[tuple[str, int], ...]
    looks: tuple[Look, ...]
    shots: tuple[Shot, ...]
    dissolves: tuple[tuple[int, int], ...]
    frames: int = field(default=0)


def write_script(seed, config=None):
    """Write a film.

    Args:
        seed: int. config: FilmConfig, None for its defaults.

    Returns:
        Script; the same for the same seed and configuration.
    """
    config = config or FilmConfig()
    rng = np.random.default_rng([seed, 40])
    total = round(config.seconds * config.fps)
    borders = _borders(rng, config, total)
    scenes = _scenes(rng, config, len(borders) - 1)
    kinds = [str(rng.choice(KINDS, p=(0.35, 0.3, 0.15, 0.2))) for _ in range(max(2, round(len(scenes) * 0.8)))]
    joins = _joins(rng, config, borders)
    shots, looks, stage, setups = [], [], -1, 0
    for number, (a, b) in enumerate(scenes):
        stage = int(rng.choice([s for s in range(len(kinds)) if s != stage]))
        looks.append(_look(rng))
        places = _setups(rng, config, kinds[stage], max(2, (b - a) // 2 + 1))
        crowd = rng.choice(config.cast, min(config.cast, int(rng.integers(1, 4))), replace=False)
        order = _alternate(rng, len(places), b - a)
        for i in range(a, b):
            shots.append(_shot(rng, config, (borders[i], borders[i + 1], joins[i], joins[i + 1]), (number, stage, setups + order[i - a]),
                               places[order[i - a]], crowd))
        setups += len(places)
    dissolves = tuple((m[0], m[1]) for m in joins if m)
    return Script(seed, config, tuple((k, i) for i, k in enumerate(kinds)), tuple(looks), tuple(shots), dissolves, total)


def _borders(rng, config, total):
    """First frames of the shots, and the end. Lengths are the shortest and an exponential more: many short shots, a few long ones."""
    least, mean = (round(s * config.fps) for s in config.shot)
    borders = [0]
    while total - borders[-1] > 2 * least:
        length = least + round(rng.exponential(max(mean - least, 1)))
        if total - borders[-1] - length < least:
            break
        borders.append(borders[-1] + min(length, 5 * mean))
    return [*borders, total] if borders[-1] < total else borders


def _scenes(rng, config, shots):
    scenes = [0]
    while scenes[-1] < shots:
        scenes.append(min(shots, scenes[-1] + int(rng.integers(config.scene[0], config.scene[1] + 1))))
    return list(zip(scenes[:-1], scenes[1:], strict=True))


def _joins(rng, config, borders):
    """For each border None (a cut, or the film's ends) or (first, last) frame of a dissolve around it."""
    joins = [None] * len(borders)
    for i in range(1, len(borders) - 1):
        room = min(borders[i] - borders[i - 1], borders[i + 1] - borders[i]) // 2 - 1
        length = min(int(rng.integers(*DISSOLVE)), room)
        if rng.random() < config.dissolve and length >= 4:
            joins[i] = borders[i] - length // 2, borders[i] - length // 2 + length - 1
    return joins


def _look(rng):
    light = str(rng.choice(["day", "dusk", "night"], p=(0.7, 0.18, 0.12)))
    sun = float(rng.uniform(-70, 70)), float(rng.uniform(20, 60) if light == "day" else rng.uniform(5, 12))
    cast = tuple((1 + rng.normal(0, 0.05, 3)).tolist())
    return Look(light, str(rng.choice(["clear", "cloudy", "fog"], p=(0.55, 0.35, 0.1))), sun, float(rng.normal(0, 0.12)), cast)


def _setups(rng, config, kind, count):
    """Places of the camera: the wide ones look at the set, the close ones at somebody who stands in it."""
    found, spread = [], 20 if kind == "room" else 55
    for _ in range(count):
        near = rng.random() < config.close
        spot = float(rng.uniform(-3, 3)), float(rng.uniform(-6, -3.5) if kind != "room" else rng.uniform(-5, -2))
        found.append(Setup(float(np.clip(rng.normal(0, spread), -70, 70)), float(rng.uniform(0.9, 1.7)), float(rng.uniform(1.5, 2.2)),
                           (float(rng.normal(0, 0.15)), float(rng.uniform(0.3, 0.5))), float(rng.uniform(0.9, 1.35)),
                           spot if near else None))
    return found


def _alternate(rng, places, shots):
    """Which place of the camera each shot has: never the same twice in a row, and back to earlier ones."""
    order = [0]
    while len(order) < shots:
        order.append(int(rng.choice([p for p in range(places) if p != order[-1]])))
    return order


def _shot(rng, config, span, numbers, camera, crowd):
    first, last, before, behind = span
    begin, end = before[0] if before else first, behind[1] + 1 if behind else last
    seconds = (end - begin) / config.fps
    move = str(rng.choice(MOVES, p=config.moves))
    if camera.close is not None and move in ("walk", "whip"):
        move = "hand"
    turn, tilt, zoom, way = 0.0, 0.0, 1.0, 0.0
    if move == "pan":
        turn, tilt = float(rng.choice([-1, 1]) * rng.uniform(0.06, 0.14) * min(seconds, 3)), float(rng.uniform(-0.03, 0.03))
    elif move == "whip":
        turn = float(rng.choice([-1, 1]) * rng.uniform(0.35, 0.55))
    elif move == "zoom":
        zoom = float(rng.choice([1 / 1.5, 1.5]) ** rng.uniform(0.5, 1))
    elif move == "walk":
        way = float(rng.uniform(0.08, 0.1) * min(seconds, 4))
    flash = None
    if rng.random() < config.flash and last - first > 20:
        at = int(rng.integers(first + 6, last - 8))
        flash = at, at + int(rng.integers(1, 3))
    return Shot(first, last, begin, end, *numbers, camera, move, turn, tilt, zoom, way, flash, _people(rng, camera, crowd, seconds))


def _people(rng, camera, crowd, seconds):
    walks = []
    for i, actor in enumerate(crowd):
        if camera.close is not None and i == 0:
            walks.append(Walk(int(actor), *camera.close, 0.0))
            continue
        speed = float(rng.choice([0.0, rng.uniform(0.7, 1.4)]) * rng.choice([-1, 1]))
        x = float(rng.uniform(-4, 4) - speed * seconds / 2)
        walks.append(Walk(int(actor), x, float(rng.uniform(-7, -2.5)), speed))
    return tuple(walks)
