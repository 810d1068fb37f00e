"""Small films for tests: rectangles before clouds that move together, in pictures of their own for every shot."""

import cv2
import numpy as np


def picture(seed, shift=0, size=(240, 180)):
    """uint8 height x width x 3. What is seen moves to the left by `shift` pixels."""
    rng, (w, h) = np.random.default_rng(seed), size
    wide = w + 80
    clouds = rng.integers(20, 236, (h // 12, wide // 12, 3)).astype(np.float32)
    image = np.clip(cv2.resize(clouds, (wide, h), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    for _ in range(60):
        x, y, a, b = (int(v) for v in rng.integers((0, 0, 6, 6), (wide, h, 30, 30)))
        cv2.rectangle(image, (x, y), (x + a, y + b), rng.integers(0, 256, 3).tolist(), -1)
    return np.ascontiguousarray(image[:, shift : shift + w])


def shot(seed, length, speed=1, size=(240, 180)):
    """Frames of one shot, moving by `speed` pixels a frame."""
    return [picture(seed, t * speed, size) for t in range(length)]


class Reader:
    """The face of a FilmReader over frames in memory."""

    def __init__(self, frames, path="small.mp4"):
        self.images, self.path = list(frames), path

    def __len__(self):
        return len(self.images)

    def frames(self, numbers=None):
        """(number, image) of some or all frames."""
        for i in range(len(self.images)) if numbers is None else numbers:
            yield i, self.images[i]
