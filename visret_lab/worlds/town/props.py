"""What stands in front: trees, people, cars, lamps. Each is a picture with an outline, on a board that faces the camera."""

import cv2
import numpy as np

from visret_lab.worlds.town.painter import Quad, Texture
from visret_lab.worlds.town.textures import noise


def tree(rng, season="summer"):
    """A tree: trunk, branches, and many clumps of leaves, lighter above. Returns a Texture of 160 x 120 pixels."""
    h, w = 160, 120
    albedo, alpha = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    bark = tuple(rng.uniform(0.16, 0.28) * np.array([1.0, 0.8, 0.6]))
    cv2.line(albedo, (w // 2, h), (w // 2 + int(rng.integers(-6, 7)), h // 2), bark, 9)
    cv2.line(alpha, (w // 2, h), (w // 2, h // 2), 1.0, 9)
    for _ in range(9):
        tip = int(rng.uniform(0.2, 0.8) * w), int(rng.uniform(0.1, 0.5) * h)
        for image, value in ((albedo, bark), (alpha, 1.0)):
            cv2.line(image, (w // 2, int(0.62 * h)), tip, value, 3)
    leaf = {"summer": (0.20, 0.38, 0.12), "autumn": (0.62, 0.34, 0.10), "winter": (0.5, 0.5, 0.5)}[season]
    for _ in range(16 if season == "winter" else 170):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
        x, y = int(w / 2 + 0.42 * w * reach * np.cos(angle)), int(0.36 * h + 0.32 * h * reach * np.sin(angle))
        shade = np.clip(np.asarray(leaf) * (1.35 - 0.9 * y / (0.7 * h)) * rng.uniform(0.7, 1.3), 0, 1)
        axes = int(rng.integers(3, 9)), int(rng.integers(2, 6))
        cv2.ellipse(albedo, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, shade.tolist(), -1)
        cv2.ellipse(alpha, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    return Texture(albedo * (0.8 + 0.4 * noise(rng, h, w)[..., None]), alpha)


def person(rng):
    """A standing person in two colours of clothes, 96 x 40 pixels."""
    h, w = 96, 40
    albedo, alpha = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    skin = tuple(rng.uniform(0.35, 0.85) * np.array([1.0, 0.78, 0.64]))
    coat, legs = tuple(rng.uniform(0.05, 0.9, 3).tolist()), tuple(rng.uniform(0.05, 0.5, 3).tolist())
    stride = int(rng.integers(2, 8))
    for image, (a, b, c) in ((albedo, (legs, coat, skin)), (alpha, (1.0, 1.0, 1.0))):
        cv2.line(image, (17, 52), (17 - stride, 94), a, 8)
        cv2.line(image, (23, 52), (23 + stride, 94), a, 8)
        cv2.ellipse(image, (20, 36), (10, 21), 0, 0, 360, b, -1)
        cv2.line(image, (12, 24), (8 - stride // 2, 50), b, 5)
        cv2.line(image, (28, 24), (32 + stride // 2, 50), b, 5)
        cv2.circle(image, (20, 9), 7, c, -1)
    cv2.ellipse(albedo, (20, 5), (7, 5), 0, 180, 360, tuple(rng.uniform(0.05, 0.5, 3).tolist()), -1)
    return Texture(albedo, alpha)


def car(rng):
    """A car from the side, 64 x 160 pixels."""
    h, w = 64, 160
    albedo, alpha = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    color = np.clip(rng.uniform(0.1, 0.9) + rng.uniform(-0.4, 0.4, 3), 0.03, 0.95)
    body = np.array([[4, 50], [6, 34], [36, 28], [54, 8], [108, 8], [128, 28], [154, 34], [157, 50]])
    cv2.fillPoly(albedo, [body], tuple(color.tolist()))
    cv2.fillPoly(alpha, [body], 1.0)
    for glass in ([[44, 28], [58, 12], [78, 12], [78, 28]], [[83, 28], [83, 12], [105, 12], [119, 28]]):
        cv2.fillPoly(albedo, [np.array(glass)], (0.16, 0.2, 0.24))
    cv2.line(albedo, (6, 42), (157, 42), tuple((color * 0.6).tolist()), 2)
    for x in (34, 126):
        for radius, value in ((12, (0.05, 0.05, 0.05)), (6, (0.55, 0.55, 0.57))):
            cv2.circle(albedo, (x, 50), radius, value, -1)
        cv2.circle(alpha, (x, 50), 12, 1.0, -1)
    return Texture(albedo, alpha)


def lamp(rng):
    """A street lamp that glows at night, 160 x 24 pixels."""
    h, w = 160, 24
    albedo, alpha, glow = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    for image, iron, glass in ((albedo, (0.12, 0.14, 0.13), (0.85, 0.82, 0.7)), (alpha, 1.0, 1.0)):
        cv2.line(image, (12, 24), (12, h), iron, 3)
        cv2.rectangle(image, (8, h - 16), (16, h), iron, -1)
        cv2.circle(image, (12, 13), 8, glass, -1)
        cv2.line(image, (4, 4), (20, 4), iron, 3)
    cv2.circle(glow, (12, 13), 8, 1.0, -1)
    return Texture(albedo, alpha, glow)


def board(texture, x, z, width, height, camera_position, y=0.0):
    """Stand a picture of `width` x `height` metres upright at (x, y, z), turned to the camera. Returns a Quad."""
    away = np.array([x - camera_position[0], z - camera_position[2]], float)
    away /= np.linalg.norm(away) + 1e-9
    dx, dz = away[1] * width / 2, -away[0] * width / 2
    corners = np.array([(x - dx, y + height, z - dz), (x + dx, y + height, z + dz), (x + dx, y, z + dz), (x - dx, y, z - dz)])
    return Quad(corners, texture, 0, flat=True)
