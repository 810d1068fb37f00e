"""One view of a place: where the camera stands, what light and weather there are, who passes; drawn from a Generator."""

from dataclasses import dataclass

import numpy as np

from visret_lab.worlds.town.painter import look_at

LIGHTS = ("day", "dusk", "night")
WEATHERS = ("clear", "cloudy", "fog", "rain", "snow")


@dataclass(frozen=True)
class View:
    """The conditions of one picture. Angles in degrees; `azimuth` 0 is straight before the front."""

    azimuth: float
    distance: float
    eye: float
    aim: tuple[float, float]
    zoom: float
    roll: float
    light: str
    weather: str
    sun: tuple[float, float]
    blur: float
    noise: float
    exposure: float
    cast: tuple[float, float, float]
    people: int
    cars: int
    near_tree: bool
    quality: int


def draw_view(rng, easy=False):
    """Draw a view; an `easy` one is what a tourist keeps: near the front, by day, sharp, little in the way."""
    spread = 26 if easy else 52
    azimuth = float(np.clip(rng.normal(0, spread), -78, 78))
    light = str(rng.choice(LIGHTS, p=(0.85, 0.15, 0.0) if easy else (0.60, 0.18, 0.22)))
    weather = str(rng.choice(WEATHERS, p=(0.6, 0.4, 0, 0, 0) if easy else (0.40, 0.24, 0.14, 0.12, 0.10)))
    shaky = (not easy) and rng.random() < 0.22
    return View(
        azimuth=azimuth,
        distance=float(rng.uniform(1.35, 2.1) if easy else rng.uniform(0.8, 3.0)),
        eye=float(rng.choice([1.7, rng.uniform(3, 9)], p=(0.75, 0.25))),
        aim=(float(rng.normal(0, 0.08 if easy else 0.28)), float(rng.uniform(0.35, 0.55))),
        zoom=float(rng.uniform(0.95, 1.15) if easy else rng.uniform(0.75, 1.7)),
        roll=float(rng.normal(0, 1.5 if easy else 4)),
        light=light, weather=weather,
        sun=(float(rng.uniform(-70, 70)), float(rng.uniform(20, 60) if light == "day" else rng.uniform(5, 12))),
        blur=float(rng.uniform(0.8, 2.2)) if shaky else 0.0,
        noise=float(rng.uniform(0.004, 0.012) if light != "night" else rng.uniform(0.012, 0.03)),
        exposure=float(rng.normal(0, 0.12 if easy else 0.28)),
        cast=tuple((1 + rng.normal(0, 0.03 if easy else 0.08, 3)).tolist()),
        people=int(rng.integers(0, 4) if easy else rng.integers(0, 10)),
        cars=int(rng.integers(0, 2) if easy else rng.integers(0, 4)),
        near_tree=bool((not easy) and rng.random() < 0.22),
        quality=int(rng.integers(80, 95) if easy else rng.integers(40, 92)),
    )


def camera_of(view, place, width, height):
    """The camera of a view, for pictures of width x height pixels."""
    a = np.radians(view.azimuth)
    reach = view.distance * place.size
    position = np.array([reach * np.sin(a), view.eye, -reach * np.cos(a)])
    target = np.array([view.aim[0] * place.size, view.aim[1] * place.height, 2.0])
    return look_at(position, target, 1.05 * width * view.zoom, width, height, np.radians(view.roll))
