"""A small painter of textured quads with a depth buffer, and an id buffer that says what is seen in each pixel.

World axes: x right, y up, z away from the observer who stands before the landmark; metres. A quad has four corners
in the order of its texture: top left, top right, bottom right, bottom left.
"""

from dataclasses import dataclass

import cv2
import numpy as np

NEAR = 0.4  # metres; nothing nearer is painted


@dataclass(eq=False)
class Texture:
    """A picture for a quad: albedo float32 H x W x 3, alpha and glow float32 H x W; halved copies for far views."""

    albedo: np.ndarray
    alpha: np.ndarray | None = None
    glow: np.ndarray | None = None

    def __post_init__(self):
        h, w = self.albedo.shape[:2]
        alpha = np.ones((h, w), np.float32) if self.alpha is None else self.alpha
        # Premultiplied by alpha, so that averaging at an outline brings in no foreign colour.
        rgba = np.dstack([self.albedo * alpha[..., None], alpha]).astype(np.float32)
        glow = None if self.glow is None else (self.glow * alpha).astype(np.float32)
        self.levels = [(rgba, glow)]
        while min(rgba.shape[:2]) >= 16:
            half = rgba.shape[1] // 2, rgba.shape[0] // 2
            rgba = cv2.resize(rgba, half, interpolation=cv2.INTER_AREA)
            glow = None if glow is None else cv2.resize(glow, half, interpolation=cv2.INTER_AREA)
            self.levels.append((rgba, glow))


@dataclass(eq=False)
class Quad:
    """A textured quad: corners float64 4 x 3, texture, object id (0 is nothing in particular), whether it is lit from
    one side only (a wall has an outside), and the part of its texture that is really there, for counting its area."""

    corners: np.ndarray
    texture: Texture
    owner: int = 0
    flat: bool = False
    outline: tuple = ((0, 0), (1, 0), (1, 1), (0, 1))

    def __post_init__(self):
        # The unit normal points to the side from which the texture is read left to right (axes are left-handed).
        n = np.cross(self.corners[1] - self.corners[0], self.corners[3] - self.corners[0])
        self.normal = n / (np.linalg.norm(n) + 1e-12)

    def polygon(self):
        """Corners of the part that is really there, K x 3."""
        uv = np.asarray(self.outline, float)
        a, b, c, d = self.corners
        u, v = uv[:, :1], uv[:, 1:]
        return (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: position, rotation (rows: right, down, forward), focal length in pixels, image size."""

    position: np.ndarray
    rotation: np.ndarray
    focal: float
    width: int
    height: int

    def to_view(self, points):
        """World points N x 3 to camera axes (right, down, forward)."""
        return (np.asarray(points, float) - self.position) @ self.rotation.T

    def project(self, points):
        """World points N x 3 to pixels N x 2 and depth N. Only meaningful where the depth is positive."""
        view = self.to_view(points)
        pixels = self.focal * view[:, :2] / view[:, 2:] + (self.width / 2, self.height / 2)
        return pixels, view[:, 2]


def look_at(position, target, focal, width, height, roll=0.0):
    """A camera at `position` that looks at `target`, turned by `roll` radians about its axis."""
    forward = np.asarray(target, float) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 1.0, 0.0))
    right /= -np.linalg.norm(right)  # x grows to the right when z grows away from the observer
    down = np.cross(forward, right)
    if down[1] > 0:
        down = -down
    c, s = np.cos(roll), np.sin(roll)
    return Camera(np.asarray(position, float), np.stack([c * right + s * down, c * down - s * right, forward]),
                  float(focal), width, height)


class Canvas:
    """Colour, depth, glow and id buffers of one picture under construction."""

    def __init__(self, camera):
        h, w = camera.height, camera.width
        self.camera = camera
        self.color = np.zeros((h, w, 3), np.float32)
        self.glow = np.zeros((h, w), np.float32)
        self.inverse_depth = np.zeros((h, w), np.float32)
        self.ids = np.zeros((h, w), np.int32)

    def paint(self, quad, shade):
        """Paint a quad, times `shade` (3 numbers), where nothing nearer stands. A quad partly behind is left out."""
        pixels, depth = self.camera.project(quad.corners)
        if depth.min() < NEAR:
            return
        x0, y0 = np.maximum(np.floor(pixels.min(0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(pixels.max(0)) + 1, (self.camera.width, self.camera.height)).astype(int)
        if x1 <= x0 or y1 <= y0 or (x1 - x0) * (y1 - y0) < 2:
            return
        rgba, glow = _level(quad.texture, pixels)
        h, w = rgba.shape[:2]
        source = np.float32([[0, 0], [w, 0], [w, h], [0, h]]) - 0.5
        warp = cv2.getPerspectiveTransform(source, (pixels - (x0, y0)).astype(np.float32))
        rgba, glow = (None if layer is None else cv2.warpPerspective(layer, warp, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
                      for layer in (rgba, glow))
        plane = np.linalg.lstsq(np.c_[pixels, np.ones(4)], 1 / depth, rcond=None)[0]
        inverse = (plane[0] * np.arange(x0, x1) + plane[2])[None, :] + (plane[1] * np.arange(y0, y1))[:, None]
        self._blend(rgba, glow, inverse, (slice(y0, y1), slice(x0, x1)), quad.owner, shade)

    def _blend(self, rgba, glow, inverse, window, owner, shade):
        alpha = rgba[..., 3]
        inverse_depth = self.inverse_depth[window]
        seen = (inverse > inverse_depth * 1.0005) & (alpha > 0.02)
        alpha = np.where(seen, alpha, 0)[..., None]
        keep = 1 - alpha
        self.color[window] = self.color[window] * keep + rgba[..., :3] * np.asarray(shade, np.float32) * seen[..., None]
        self.glow[window] *= keep[..., 0]
        if glow is not None:
            self.glow[window] += glow * seen
        solid = seen & (alpha[..., 0] > 0.5)
        inverse_depth[solid] = inverse[solid]
        self.ids[window][solid] = owner


def _level(texture, pixels):
    """The halved copy whose size fits the quad on the screen, so that far walls do not flicker."""
    sides = np.linalg.norm(np.roll(pixels, -1, 0) - pixels, axis=1)
    across, down = max(sides[0], sides[2], 1), max(sides[1], sides[3], 1)
    h, w = texture.levels[0][0].shape[:2]
    halvings = int(np.clip(np.floor(np.log2(max(min(w / across, h / down), 1)) + 0.3), 0, len(texture.levels) - 1))
    return texture.levels[halvings]


def clip_near(points, near=NEAR):
    """Cut a polygon in camera axes (K x 3) at the near plane. Returns the part in front, possibly 0 x 3."""
    kept = []
    for a, b in zip(points, np.roll(points, -1, 0), strict=True):
        if a[2] >= near:
            kept.append(a)
        if (a[2] >= near) != (b[2] >= near):
            t = (near - a[2]) / (b[2] - a[2])
            kept.append(a + t * (b - a))
    return np.array(kept).reshape(-1, 3)


def fill(camera, mask, polygon):
    """Set the pixels of a world polygon (K x 3) to 1 in a uint8 mask of the camera's size."""
    view = clip_near(camera.to_view(polygon))
    if len(view) >= 3:
        pixels = camera.focal * view[:, :2] / view[:, 2:] + (camera.width / 2, camera.height / 2)
        cv2.fillPoly(mask, [np.clip(np.round(pixels), -20000, 20000).astype(np.int32)], 1)
