"""From a script to frames, each with the garments that are seen in it. Any frame can be painted without those before it.

A camera that only turns or zooms sees the same surfaces all along: its set is painted once, wide and with depth, and each frame is a
homography of that picture (pixels of a turning camera are related by K R' R^T K^-1). Where the camera walks, each frame is painted
anew, because near things pass before far ones. People are painted into each frame, before and behind what stands there.
"""

from functools import cached_property, lru_cache

import cv2
import numpy as np

from visret_lab.worlds.film.cast import boards, make_actor
from visret_lab.worlds.film.script import Script
from visret_lab.worlds.town import weather
from visret_lab.worlds.town.painter import Camera, Canvas, look_at
from visret_lab.worlds.town.place import make_place
from visret_lab.worlds.town.render import far_first, ground_and_sky, standing
from visret_lab.worlds.town.room import make_room
from visret_lab.worlds.town.view import View, camera_of

FINER = 1.3  # sets are painted larger by this factor
EDGE = 0.06  # radians of the set painted beyond what the camera will see, for a shaking hand
BLURRED = 4.0  # pixels a frame: faster turns smear
SHAKE = np.array([0.4, 0.9, 1.7, 0.5, 1.1, 2.1])  # hertz, of a hand
CLOSE = 2.1  # metres from the camera to the person of a close shot


class Studio:
    """Sets and people of a script, built when they are needed and kept: sets are what takes time.

    Args:
        script: Script.
    """

    def __init__(self, script):
        self.script = script
        self.stage = lru_cache(maxsize=4)(self._stage)

    @cached_property
    def actors(self):
        """All people of the film; garments are numbered through."""
        made, number = [], 1
        for i in range(self.script.config.cast):
            made.append(make_actor(np.random.default_rng([self.script.seed, 42, i]), i, number))
            number += len(made[-1].items)
        return made

    @property
    def items(self):
        """Everything that is worn: list of Item, by number."""
        return [item for actor in self.actors for item in actor.items]

    def _stage(self, number):
        kind, key = self.script.stages[number]
        seed = [self.script.seed, 41, key]
        if kind == "room":
            return make_room(np.random.default_rng(seed))
        return make_place(np.random.SeedSequence([*seed, 0]), np.random.SeedSequence([*seed, 1]), kind)


def shoot(script, frames=None, studio=None, seen=False):
    """Paint frames.

    Args:
        script: Script of `write_script`. frames: increasing frame numbers; None for all. studio: to be used again. seen: say what is worn.

    Yields:
        (number, uint8 H x W x 3, RGB), and with `seen` a third: list of (item, x0, y0, x1, y1, pixels).
    """
    studio = studio or Studio(script)
    frames = range(script.frames) if frames is None else frames
    open_takes = {}
    for t in frames:
        here = [i for i, shot in enumerate(script.shots) if shot.begin <= t < shot.end]
        open_takes = {i: open_takes.get(i) or Take(studio, i) for i in here}
        taken = [open_takes[i].frame(t) for i in here]
        image, worn = taken[0] if len(taken) == 1 else _mixed(script, t, taken)
        yield (t, image, worn) if seen else (t, image)


def _mixed(script, t, taken):
    """A dissolve: the new shot grows over the old; of the garments, those of the shot that is stronger."""
    first, last = next(d for d in script.dissolves if d[0] <= t <= d[1])
    share = (t - first + 1) / (last - first + 2)
    image = cv2.addWeighted(taken[0][0], 1 - share, taken[1][0], share, 0)
    return image, taken[share >= 0.5][1]


class Take:
    """One shot being taken."""

    def __init__(self, studio, number):
        self.script, self.shot, self.studio, self.key = studio.script, studio.script.shots[number], studio, number
        self.size = self.script.config.size
        self.place = studio.stage(self.shot.stage)
        self.view = _view(self.script.looks[self.shot.scene])
        self.light = weather.Light.of(self.view)
        self.base = self._camera(0.0)
        self.shake = np.random.default_rng([self.script.seed, 43, number]).normal(0, 1, (4, 6))

    def frame(self, t):
        """Frame t of the film: uint8 H x W x 3, and list of (item, x0, y0, x1, y1, pixels)."""
        camera = self._turned(t)
        canvas = self._walked(t) if self.shot.move == "walk" else self._from_wide(camera)
        self._people(canvas, t)
        worn = _worn(canvas.ids, self.size, self.script.config)
        picture = canvas.color
        fast = abs(self._angle(t + 0.5) - self._angle(t - 0.5)) * camera.focal
        if fast > BLURRED:
            picture = cv2.blur(picture, (int(fast) | 1, 1))
        if picture.shape[1] != self.size[0]:
            picture = cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)
        return self._developed(picture, t), worn

    def _progress(self, t):
        """How far the shot is, 0 to 1; moves begin and end softly."""
        u = np.clip((t - self.shot.begin) / max(self.shot.end - 1 - self.shot.begin, 1), 0, 1)
        if self.shot.move == "whip":  # still, then a jerk of a quarter of a second, then still
            frames = self.shot.end - self.shot.begin
            u = np.clip(0.5 + (u - 0.5) * frames / (0.3 * self.script.config.fps), 0, 1)
        return u * u * (3 - 2 * u)

    def _angle(self, t):
        return self.shot.turn * (self._progress(t) - 0.5)

    def _camera(self, progress):
        """Where the camera stands, before it turns."""
        camera, (width, height) = self.shot.camera, self.size
        if camera.close is not None:
            x, z = camera.close
            a = np.radians(camera.azimuth / 2)
            at = np.array([x + CLOSE * np.sin(a), 1.5, z - CLOSE * np.cos(a)])
            return look_at(at, np.array([x, 1.32, z]), 1.05 * width * camera.zoom, width, height)
        made = camera_of(self.view.__class__(**{**vars(self.view), "azimuth": camera.azimuth, "eye": camera.eye, "aim": camera.aim,
                                                "distance": camera.distance * (1 - self.shot.way * progress), "zoom": camera.zoom}),
                         self.place, width, height)
        return made

    def _turned(self, t):
        """The camera at frame t: turned, zoomed, shaken."""
        progress = self._progress(t)
        base = self._camera(progress) if self.shot.move == "walk" else self.base
        turn, tilt = self._angle(t), self.shot.tilt * (progress - 0.5)
        if self.shot.move in ("hand", "walk"):
            seconds = (t - self.shot.begin) / self.script.config.fps
            waves = np.sin(2 * np.pi * seconds * SHAKE + self.shake[2] * 3)
            turn, tilt = turn + 0.004 * self.shake[0] @ waves / 2, tilt + 0.003 * self.shake[1] @ waves / 2
        focal = base.focal * self.shot.zoom**progress
        return Camera(base.position, _rotation(turn, tilt) @ base.rotation, focal, base.width, base.height)

    @cached_property
    def wide(self):
        """The set as the turning camera will see it: a canvas painted once."""
        w, h = self.size
        angle = [np.arctan(side / 2 / self.base.focal / min(1, self.shot.zoom)) for side in (w, h)]
        reach = [a + EDGE + abs(m) / 2 for a, m in zip(angle, (self.shot.turn, self.shot.tilt), strict=True)]
        focal = self.base.focal * FINER * max(1, self.shot.zoom) ** 0.5
        width, height = (2 * int(focal * np.tan(min(r, 1.2))) for r in reach)
        return self._painted(Camera(self.base.position, self.base.rotation, focal, width, height))

    def _painted(self, camera):
        canvas = Canvas(camera)
        ground_and_sky(canvas, self.place, self.view, self.light)
        for quad in far_first(standing(self.place, camera), camera):
            canvas.paint(quad, self.light.shade(quad, self.view))
        canvas.color = weather.atmosphere(canvas, self.view, self.light, None)
        return canvas

    def _from_wide(self, camera):
        """Colour and depth of the set for a camera at the same place that looks elsewhere."""
        wide = self.wide
        back = wide.camera.rotation @ camera.rotation.T @ np.linalg.inv(_intrinsic(camera))  # pixel -> ray in the wide camera
        warp = _intrinsic(wide.camera) @ back
        canvas = Canvas(camera)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        canvas.color = cv2.warpPerspective(wide.color, warp, self.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        near = cv2.warpPerspective(wide.inverse_depth, warp, self.size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        # 1 / depth along the other axis: X = d' R^T K'^-1 x, so 1 / d' = (R^T K'^-1 x)_3 / d.
        x, y = np.arange(camera.width, dtype=np.float32), np.arange(camera.height, dtype=np.float32)
        canvas.inverse_depth = near * (back[2, 0] * x[None] + back[2, 1] * y[:, None] + back[2, 2]).astype(np.float32)
        return canvas

    def _walked(self, t):
        """The set painted for this frame alone."""
        camera = self._turned(t)
        finer = Camera(camera.position, camera.rotation, camera.focal * FINER, int(camera.width * FINER), int(camera.height * FINER))
        canvas = self._painted(finer)
        canvas.ids[:] = 0
        return canvas

    def _people(self, canvas, t):
        quads, seconds = [], (t - self.shot.begin) / self.script.config.fps
        for i, walk in enumerate(self.shot.people):
            sway = 0.015 * np.sin(2 * np.pi * (0.3 * seconds + 0.37 * i)) if walk.speed == 0 else 0.0
            quads += boards(self.studio.actors[walk.actor], walk.x + walk.speed * seconds + sway, walk.z, abs(walk.speed) * seconds * 1.4,
                            canvas.camera.position)
        for quad in far_first(quads, canvas.camera):
            canvas.paint(quad, self.light.shade(quad, self.view))

    def _developed(self, picture, t):
        """Exposure, colour, vignette, flash, noise; 8 bits."""
        gain = (1.6 if self.view.light == "night" else 1.0) * 2.0**self.view.exposure
        picture = picture * (gain * _vignette(self.size))[..., None] * np.float32(self.view.cast)
        if self.shot.flash and self.shot.flash[0] <= t <= self.shot.flash[1]:
            picture = picture * 1.6 + 0.35
        picture = np.clip(picture / (1 + np.maximum(picture - 0.8, 0)), 0, 1) ** 0.85
        y, x = np.random.default_rng([self.script.seed, 44, t]).integers(0, 128, 2)
        grain = _grain(self.size)[y:y + self.size[1], x:x + self.size[0]]
        return np.clip(picture * 255 + (2.5 if self.view.light == "night" else 1.3) * grain + 0.5, 0, 255).astype(np.uint8)


def _view(look):
    """A View of the town with the light of a scene; where the camera stands is set later."""
    return View(0.0, 1.0, 1.7, (0.0, 0.4), 1.0, 0.0, look.light, look.weather, look.sun, 0.0, 0.0, look.exposure, look.cast, 0, 0, False,
                90)


def _rotation(turn, tilt):
    """From the axes of a camera (right, down, forward) to those of the camera turned to the right and upwards, radians."""
    c, s, d, e = np.cos(turn), np.sin(turn), np.cos(tilt), np.sin(tilt)
    return np.array([[1, 0, 0], [0, d, e], [0, -e, d]]) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _intrinsic(camera):
    return np.array([[camera.focal, 0, camera.width / 2], [0, camera.focal, camera.height / 2], [0, 0, 1]])


@lru_cache(maxsize=4)
def _vignette(size):
    y, x = np.ogrid[-1:1:size[1] * 1j, -1:1:size[0] * 1j]
    return (1 - 0.16 * (x * x + y * y)).astype(np.float32)


@lru_cache(maxsize=4)
def _grain(size):
    return np.random.default_rng(44).standard_normal((size[1] + 128, size[0] + 128, 3), dtype=np.float32)


def _worn(ids, size, config):
    """Boxes of the garments that are seen, in pixels of the frame, and how many pixels each has."""
    found, scale = [], size[0] / ids.shape[1]
    for number in np.unique(ids[ids > 0]):
        mask = (ids == number).astype(np.uint8)
        x, y, w, h = cv2.boundingRect(mask)
        pixels = int(mask.sum() * scale * scale)
        if pixels >= 12:
            found.append((int(number), *(round(v * scale) for v in (x, y, x + w, y + h)), pixels))
    return found
