import numpy as np
import pytest

from visret_lab.worlds.town.painter import Canvas, Quad, Texture, look_at

RED, BLUE = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)


def wall(z, color, owner, half=1.0, alpha=None):
    """A square upright wall of one colour, `z` metres away from the camera."""
    corners = np.array([[-half, half, z], [half, half, z], [half, -half, z], [-half, -half, z]], float)
    return Quad(corners, Texture(np.full((32, 32, 3), color, np.float32), alpha), owner)


def paint(*quads):
    canvas = Canvas(look_at((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 60, 80, 60))
    for quad in quads:
        canvas.paint(quad, np.ones(3, np.float32))
    return canvas


@pytest.mark.parametrize("far_last", [True, False])
def test_what_is_nearer_is_seen_whatever_was_painted_first(far_last):
    near, far = wall(4, RED, 1, half=0.7), wall(8, BLUE, 2, half=3)
    canvas = paint(near, far) if far_last else paint(far, near)
    assert canvas.ids[30, 40] == 1 and np.allclose(canvas.color[30, 40], RED, atol=1e-3)
    assert canvas.ids[30, 22] == 2 and np.allclose(canvas.color[30, 22], BLUE, atol=1e-3)  # beside the near wall


def test_the_size_on_the_screen_follows_the_pinhole():
    # 2 metres wide at 4 metres, focal length 60 pixels: 30 pixels, around the middle.
    seen = np.argwhere(paint(wall(4, RED, 1)).ids == 1)
    assert np.abs(seen.min(0) - (15, 25)).max() <= 1 and np.abs(seen.max(0) - (44, 54)).max() <= 1


def test_two_walls_that_cross_are_cut_at_their_line():
    left_near = np.array([[-1, 1, 3], [1, 1, 7], [1, -1, 7], [-1, -1, 3]], float)
    right_near = left_near * (-1, 1, 1)
    quads = [Quad(c, Texture(np.full((32, 32, 3), color, np.float32)), owner)
             for owner, (c, color) in enumerate([(left_near, RED), (right_near[[1, 0, 3, 2]], BLUE)], 1)]
    ids = paint(*quads).ids[30]
    assert ids[34] == 1 and ids[46] == 2


def test_a_hole_shows_what_stands_behind():
    alpha = np.ones((32, 32), np.float32)
    alpha[8:24, 8:24] = 0
    canvas = paint(wall(4, RED, 1, alpha=alpha), wall(8, BLUE, 2, half=3))
    assert canvas.ids[30, 40] == 2 and canvas.ids[30, 27] == 1


def test_behind_the_camera_nothing_is_painted():
    assert not paint(wall(-3, RED, 1)).ids.any() and not paint(wall(0.1, RED, 1)).ids.any()
