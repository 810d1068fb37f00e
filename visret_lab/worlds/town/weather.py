"""Light and air: the sun on each wall, the sky, fog, rain, snow, and what the lens and the file add."""

from dataclasses import dataclass

import cv2
import numpy as np

from visret_lab.worlds.town.textures import noise

SKY = {  # zenith and horizon, RGB in [0, 1]
    ("day", True): ((0.25, 0.48, 0.82), (0.74, 0.85, 0.94)), ("day", False): ((0.60, 0.65, 0.71), (0.80, 0.82, 0.84)),
    ("dusk", True): ((0.24, 0.27, 0.50), (0.95, 0.60, 0.36)), ("dusk", False): ((0.34, 0.33, 0.42), (0.70, 0.54, 0.48)),
    ("night", True): ((0.015, 0.025, 0.07), (0.07, 0.09, 0.17)), ("night", False): ((0.04, 0.04, 0.06), (0.11, 0.10, 0.11)),
}


@dataclass(frozen=True)
class Light:
    """Sun direction (to the sun), its colour and strength, the light from everywhere, and that on the ground."""

    sun: np.ndarray
    sun_color: np.ndarray
    sun_strength: float
    ambient: np.ndarray
    ground: np.ndarray

    @classmethod
    def of(cls, view):
        """The light of a view."""
        azimuth, height = np.radians(view.sun)
        sun = np.array([np.sin(azimuth) * np.cos(height), np.sin(height), -np.cos(azimuth) * np.cos(height)])
        clear = view.weather == "clear"
        strength = {"day": 0.62, "dusk": 0.42, "night": 0.0}[view.light] * (1.0 if clear else 0.18)
        sun_color = np.array((1.0, 0.95, 0.85) if view.light == "day" else (1.0, 0.62, 0.35))
        ambient = {"day": np.array([0.52, 0.56, 0.62]), "dusk": np.array([0.40, 0.37, 0.45]),
                   "night": np.array([0.13, 0.14, 0.22])}[view.light] * (1.0 if clear else 1.18)
        return cls(sun, sun_color, strength, ambient, ambient + strength * sun_color * max(sun[1], 0.3))

    def shade(self, quad, view):
        """Factor (3 numbers) for a quad: ambient light, and the sun by Lambert's law. Boards have no side."""
        cosine = 0.55 if quad.flat else max(float(quad.normal @ self.sun), 0.0)
        lifted = self.ambient * (1.0 if quad.flat else 0.88 + 0.24 * max(quad.normal[1], 0))
        factor = lifted + self.sun_strength * self.sun_color * cosine
        if view.weather == "snow" and not quad.flat and quad.normal[1] > 0.3:
            factor = factor * 1.9  # snow lies on the roofs
        return factor


@dataclass(frozen=True, eq=False)
class Horizon:
    """What a place sees far away: clouds float32 128 x 512, and the heights of hills and roofs around, 1-D."""

    clouds: np.ndarray
    hills: np.ndarray
    roofs: np.ndarray

    @classmethod
    def draw(cls, rng):
        """Draw a horizon."""
        clouds = noise(rng, 128, 256, octaves=6)
        # Mirrored, so that the round of the sky closes without a seam.
        return cls(np.hstack([clouds, clouds[:, ::-1]]), 0.03 + 0.07 * noise(rng, 2, 256, 4)[0],
                   0.02 + 0.035 * np.repeat(rng.random(75), 4))


def sky(rays, horizon_line, view, light):
    """Colour of the sky for rays H x W x 3: gradient, clouds, far hills with roofs, the glow of the sun."""
    zenith, horizon = (np.float32(c) for c in SKY[view.light, view.weather == "clear"])
    norm = np.linalg.norm(rays, axis=-1)
    up = np.clip(rays[..., 1] / norm, 0, 1)
    around = np.arctan2(rays[..., 0], rays[..., 2])
    color = horizon + (zenith - horizon) * (up[..., None] ** 0.6)
    hour = np.random.default_rng(int(view.exposure * 1e6) % 2**31).random()  # clouds move from picture to picture
    x = ((around / np.pi + 1 + hour) % 1 * 511).astype(np.float32)
    y = np.clip(127 - 127 * up**0.7, 0, 127).astype(np.float32)
    cover = cv2.remap(horizon_line.clouds, x, y, cv2.INTER_LINEAR)
    density = np.clip((cover - (0.52 if view.weather == "clear" else 0.25)) * 3.2, 0, 1)[..., None]
    color += (light.ambient.astype(np.float32) * 1.15 + light.sun_strength * 0.45 - color) * density * 0.85
    glow = np.clip(rays @ light.sun.astype(np.float32) / norm, 0, 1)[..., None] ** 60
    color += glow * light.sun_color.astype(np.float32) * light.sun_strength
    far = ((horizon_line.hills, (0.52, 0.62, 0.70)), (horizon_line.roofs, (0.50, 0.48, 0.50)))
    for heights, shade in far:
        line = np.interp(around, np.linspace(-np.pi, np.pi, len(heights)), heights)
        color[up < line] = np.float32(shade) * light.ambient.astype(np.float32) * 1.25
    return color.astype(np.float32)


def atmosphere(canvas, view, light, rng):
    """Add lit windows, fog by depth, rain and snow. float32 H x W x 3."""
    picture = canvas.color
    lit = {"day": 0.0, "dusk": 0.55, "night": 1.0}[view.light]
    if lit:
        halo = cv2.GaussianBlur(canvas.glow, (0, 0), 5) * 0.35
        picture = picture + (lit * np.maximum(canvas.glow, halo))[..., None] * np.float32([1.0, 0.78, 0.42])
    density = {"clear": 0.0012, "cloudy": 0.0025, "rain": 0.010, "snow": 0.010, "fog": 0.030}[view.weather]
    depth = 1 / np.maximum(canvas.inverse_depth, 1 / 400)
    air = np.float32(SKY[view.light, False][1]) * 0.95
    veil = (1 - np.exp(-density * depth))[..., None]
    if view.weather in ("clear", "cloudy"):
        veil = veil * (canvas.ids != 0)[..., None]  # hills and sky already carry their haze
    picture = picture * (1 - veil) + air * veil
    if view.weather == "rain":
        return _rain(picture, rng)
    if view.weather == "snow":
        return _snow(picture, rng)
    return picture


def _rain(picture, rng):
    h, w = picture.shape[:2]
    streaks = np.zeros((h, w), np.float32)
    slant = int(rng.integers(-6, 7))
    drops = zip(rng.integers(0, w, 420), rng.integers(0, h, 420), rng.integers(8, 22, 420), strict=True)
    for x, y, length in drops:
        cv2.line(streaks, (int(x), int(y)), (int(x) + slant, int(y + length)), 0.3, 1)
    return picture * 0.92 + cv2.GaussianBlur(streaks, (0, 0), 0.7)[..., None]


def _snow(picture, rng):
    h, w = picture.shape[:2]
    flakes = np.zeros((h, w), np.float32)
    for x, y, radius in zip(rng.integers(0, w, 320), rng.integers(0, h, 320), rng.integers(1, 4, 320), strict=True):
        cv2.circle(flakes, (int(x), int(y)), int(radius), 0.85, -1)
    flakes = cv2.GaussianBlur(flakes, (0, 0), 0.8)[..., None]
    return picture * (1 - flakes) + 0.95 * flakes


def lens(picture, view, rng):
    """Exposure, colour cast, vignette, blur and noise; then 8 bits. uint8 H x W x 3."""
    h, w = picture.shape[:2]
    gain = (1.6 if view.light == "night" else 1.0) * 2.0**view.exposure
    y, x = np.ogrid[-1:1:h * 1j, -1:1:w * 1j]
    picture = picture * (gain * (1 - 0.16 * (x * x + y * y)))[..., None] * np.float32(view.cast)
    picture = picture / (1 + np.maximum(picture - 0.8, 0))  # highlights are rolled off, not cut
    if view.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), view.blur)
    picture = np.clip(picture, 0, 1) ** 0.85 + rng.normal(0, view.noise, picture.shape)
    return np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
