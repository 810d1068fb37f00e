"""A screen photographed with a phone: what a query is when somebody asks a film for a moment.

The steps are those of the light. The screen shows each pixel as three stripes, red, green and blue; the camera looks at it from somewhere
(a homography) and samples it *without* averaging over stripes, so stripes and sensor beat: that is moire, not a pattern painted on top. A
lamp is mirrored in the glass (glare), the camera's white balance is off (colour cast), the hand shakes (blur), the sensor is noisy.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from visret_lab.rgb import require_rgb

STRIPES = 3  # of a pixel of the screen; each is one pixel of the picture that the camera samples
SENSOR = 2  # pixels of the sensor on each side of a pixel of the photograph: phones have more than they show
ROOM = 24  # brightness around the screen


@dataclass(frozen=True)
class Recapture:
    """How bad a photograph of a screen may be; each is drawn anew for every photograph, up to the value here.

    Attributes:
        tilt: by how much a corner of the screen may lie off its place, as a share of the photo's side.
        margin: how much of each side may be room (positive) or cut off (negative).
        stripes: how dark a stripe is for the two colours that are not its own, 0 (no stripes) to 1.
        glare: brightness of the mirrored lamp, 0 to 1. cast: of a colour channel, up or down. gamma: of the tone curve, up or down.
        blur: deviation in pixels. noise: deviation, of 255.
    """

    tilt: float = 0.06
    margin: tuple[float, float] = (-0.05, 0.08)
    stripes: float = 0.6
    glare: float = 0.5
    cast: float = 0.15
    gamma: float = 0.2
    blur: float = 1.0
    noise: float = 4.0


NONE = Recapture(0, (0, 0), 0, 0, 0, 0, 0, 0)  # a photograph that is the frame itself


def recapture(frame, rng, size=None, how=None):
    """Photograph a frame on a screen.

    Args:
        frame: uint8 H x W x 3, RGB. rng: numpy Generator. size: (width, height) of the photograph; None: as the frame.
        how: Recapture; None for its defaults.

    Returns:
        photo uint8 height x width x 3, homography float64 3 x 3: pixels of the frame to pixels of the photograph.

    Raises:
        ValueError: no uint8 picture, or a size below 16 pixels.
    """
    frame, how = require_rgb(frame), how or Recapture()
    width, height = size or frame.shape[1::-1]
    if min(width, height) < 16:
        raise ValueError(f"A photograph must have at least 16 pixels on each side; got {width} x {height}.")
    view = _view(frame.shape[1::-1], (width, height), rng, how)
    screen = _striped(frame, rng.uniform(0.3, 1) * how.stripes)
    # A pixel of the sensor averages over a little of the screen, as any lens does, but not over whole stripes.
    onto_sensor = np.linalg.inv(_finer(SENSOR)) @ view @ _finer(STRIPES)
    photo = cv2.warpPerspective(screen, onto_sensor, (SENSOR * width, SENSOR * height), flags=cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_CONSTANT, borderValue=(ROOM, ROOM, ROOM))
    photo = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
    return _developed(photo + 255 * _lamp(width, height, rng, how)[..., None], rng, how), view


def _finer(times):
    """From the pixels of a picture that is finer by `times` to those of the picture; their centres stand at whole numbers."""
    matrix = np.diag([1 / times, 1 / times, 1.0])
    matrix[:2, 2] = (1 / times - 1) / 2
    return matrix


def _view(screen, photo, rng, how):
    """Where the camera stands: the homography that brings the corners of the screen to their places in the photograph."""
    (w, h), (width, height) = screen, photo
    margin = rng.uniform(*how.margin, 4) if how.margin[0] < how.margin[1] else np.full(4, how.margin[0])
    left, top, right, bottom = margin[0] * width, margin[1] * height, (1 - margin[2]) * width, (1 - margin[3]) * height
    corners = np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])
    corners += np.float32(rng.uniform(-how.tilt, how.tilt, (4, 2)) * (width, height))
    # The outer border of the pixels, half a pixel beyond their centres.
    return cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]) - 0.5, corners - np.float32(0.5))


def _striped(frame, depth):
    """The screen: each pixel as 3 x 3, of whose columns one is red, one green, one blue; as bright in the mean as the frame."""
    screen = np.repeat(np.repeat(frame.astype(np.float32), STRIPES, axis=0), STRIPES, axis=1)
    column = np.arange(screen.shape[1]) % STRIPES
    for channel in range(3):
        shown = np.where(column == channel, 1.0, 1 - depth).astype(np.float32)
        screen[:, :, channel] *= shown / shown[:STRIPES].mean()
    return screen


def _lamp(width, height, rng, how):
    """What the glass mirrors: a soft spot, float32 height x width."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / height)
    (at, wide), strong = rng.uniform([[0, 0], [0.05, 0.05]], [[1, 1], [0.25, 0.25]]), rng.uniform(0, 1) * how.glare
    return np.float32(strong) * np.exp(-(((x - at[0]) / wide[0]) ** 2 + ((y - at[1]) / wide[1]) ** 2) / 2).astype(np.float32)


def _developed(light, rng, how):
    """Blur, noise, white balance and tone: float32 H x W x 3 of light -> uint8."""
    if how.blur:
        light = cv2.GaussianBlur(light, (0, 0), max(0.05, rng.uniform(0.2, 1) * how.blur))
    if how.noise:
        light = light + rng.normal(0, how.noise, light.shape).astype(np.float32)
    gains = rng.uniform(1 - how.cast, 1 + how.cast, 3).astype(np.float32)
    tone = rng.uniform(1 - how.gamma, 1 + how.gamma)
    return np.clip(np.rint(255 * np.clip(light * gains / 255, 0, 1) ** tone), 0, 255).astype(np.uint8)
