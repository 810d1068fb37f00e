"""From a place and a view to a picture, and to the pixels in which the landmark is seen."""

import cv2
import numpy as np

from visret_lab.worlds.town import props, weather
from visret_lab.worlds.town.painter import Canvas, clip_near, fill
from visret_lab.worlds.town.place import GROUND_METRES
from visret_lab.worlds.town.view import camera_of

SUPERSAMPLING = 1.5  # painted larger by this factor, then averaged down


def render(place, view, rng, size=(320, 240)):
    """Paint one picture.

    Args:
        place: Place.
        view: View.
        rng: Generator for what is drawn in this picture only: passers-by, noise, flakes.
        size: (width, height) in pixels.

    Returns:
        image uint8 H x W x 3 (RGB), landmark bool H x W: the pixels in which the landmark is seen.
    """
    width, height = (int(s * SUPERSAMPLING) for s in size)
    camera = camera_of(view, place, width, height)
    light = weather.Light.of(view)
    canvas = Canvas(camera)
    ground_and_sky(canvas, place, view, light)
    for quad in far_first(standing(place, camera) + _passers(place, view, rng, camera), camera):
        canvas.paint(quad, light.shade(quad, view))
    picture = weather.atmosphere(canvas, view, light, rng)
    seen = cv2.resize((canvas.ids == 1).astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return weather.lens(picture, view, rng), seen


def whole_area(place, view, size=(320, 240), margin=2):
    """Pixels that the landmark would cover if nothing stood before it and the picture had no border.

    Counted at half resolution on a canvas that is `margin` pictures larger on every side.
    """
    width, height = size[0] // 2, size[1] // 2
    camera = camera_of(view, place, width, height)
    grown = type(camera)(camera.position, camera.rotation, camera.focal, width * (1 + 2 * margin), height * (1 + 2 * margin))
    mask = np.zeros((grown.height, grown.width), np.uint8)
    for quad in place.quads:
        if quad.owner == 1 and _faces(quad, camera):
            fill(grown, mask, quad.polygon())
    return 4 * int(mask.sum())


def _faces(quad, camera):
    return quad.flat or quad.normal @ (camera.position - quad.corners[0]) > 0


def standing(place, camera):
    """What stands still and turns a face to the camera: list of Quads."""
    quads = [q for q in place.quads if _faces(q, camera)]
    for x, z, tall, kind in place.trees:
        quads.append(props.board(place.boards["tree"][kind], x, z, tall * 0.75, tall, camera.position))
    for x, z in place.lamps:
        quads.append(props.board(place.boards["lamp"][0], x, z, 0.6, 4.2, camera.position))
    return quads


def far_first(quads, camera):
    """Quads in the order in which they are to be painted."""
    depth = [camera.to_view(q.corners.mean(0)[None])[0, 2] for q in quads]
    return [quads[i] for i in np.argsort(depth)[::-1]]


def _passers(place, view, rng, camera):
    quads = []
    towards = camera.position * (1, 0, 1)
    for _ in range(view.people):
        t = rng.uniform(0.05, 0.8)
        x, z = t * towards[0] + rng.normal(0, 4 + 6 * (1 - t)), min(t * towards[2], -1.2)
        picture = place.boards["person"][rng.integers(8)]
        quads.append(props.board(picture, x, z, 0.75, rng.uniform(1.5, 1.9), camera.position))
    for _ in range(view.cars):
        x, z = rng.uniform(-22, 22), rng.choice([-6.2, -8.2])
        quads.append(props.board(place.boards["car"][rng.integers(5)], x, z, 4.3, 1.72, camera.position))
    if view.near_tree:
        t, tall = rng.uniform(0.35, 0.75), rng.uniform(4, 7)
        x, z = t * towards[0] + rng.normal(0, 2.5), t * towards[2]
        quads.append(props.board(place.boards["tree"][rng.integers(3)], x, z, tall * 0.8, tall, camera.position))
    return quads


def ground_and_sky(canvas, place, view, light):
    """Look up, for every pixel, where its ray meets the ground or the sky."""
    camera = canvas.camera
    h, w = camera.height, camera.width
    u, v = np.meshgrid(np.arange(w) - w / 2 + 0.5, np.arange(h) - h / 2 + 0.5)
    rays = np.stack([u, v, np.full_like(u, camera.focal)], -1).astype(np.float32) @ camera.rotation.astype(np.float32)
    down = -rays[..., 1]
    below = down > 1e-4
    canvas.color[:] = weather.sky(rays, place.horizon, view, light)
    t = np.where(below, camera.position[1] / np.maximum(down, 1e-4), 0).astype(np.float32)
    scale = place.ground.shape[0] / GROUND_METRES
    x = ((camera.position[0] + t * rays[..., 0] + GROUND_METRES / 2) % GROUND_METRES * scale).astype(np.float32)
    z = camera.position[2] + t * rays[..., 2]
    # Beyond the modelled ground there is grass, not the road once more.
    z = np.where(np.abs(z) < GROUND_METRES / 2, z, z % 8 + 20)
    z = ((z + GROUND_METRES / 2) % GROUND_METRES * scale).astype(np.float32)
    ground = cv2.remap(place.ground, x, z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    depth = t * camera.focal  # the ray's forward component is the focal length
    far = np.clip((depth - 25) / 60, 0, 1)[..., None]
    mean = np.float32([0.36, 0.42, 0.27])
    ground = ground * (1 - far) + mean * far
    if view.weather == "snow":
        ground = 0.25 * ground + 0.66
    ground *= np.asarray(light.ground, np.float32) * _shadows(camera, place, light)[..., None]
    canvas.color[below] = ground[below]
    canvas.inverse_depth[below] = 1 / np.maximum(depth[below], 1e-3)
    canvas.ids[below] = -1


def _shadows(camera, place, light):
    """Factor for the ground: darker where a building keeps the sun away."""
    mask = np.zeros((camera.height, camera.width), np.uint8)
    if light.sun_strength < 0.05:
        return np.ones(mask.shape, np.float32)
    run = -light.sun[[0, 2]] / max(light.sun[1], 0.15)
    for x0, x1, z0, z1, height in place.footprints:
        base = np.array([(x0, z0), (x1, z0), (x1, z1), (x0, z1)])
        hull = cv2.convexHull(np.concatenate([base, base + run * height]).astype(np.float32))[:, 0]
        view = clip_near(camera.to_view(np.c_[hull[:, 0], np.zeros(len(hull)), hull[:, 1]]))
        if len(view) >= 3:
            pixels = camera.focal * view[:, :2] / view[:, 2:] + (camera.width / 2, camera.height / 2)
            cv2.fillPoly(mask, [np.clip(np.round(pixels), -20000, 20000).astype(np.int32)], 1)
    return 1 - 0.5 * light.sun_strength * cv2.blur(mask.astype(np.float32), (5, 5))
