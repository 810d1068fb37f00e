import matplotlib.pyplot as plt
import numpy as np
import pytest

from visret_lab.teaching import whiteboard


def test_six_points_are_a_fair_exercise():
    points, centers = whiteboard.six_points()
    assert points.shape == (6, 2) and centers.shape == (3, 2)
    assert (points == points.round()).all() and (centers == centers.round()).all()  # easy by hand
    squared = np.sort(((points[:, None] - centers[None]) ** 2).sum(-1), axis=1)
    assert (squared[:, 1] - squared[:, 0] >= 10).all()  # no doubt on a drawing
    assert np.bincount(whiteboard.nearest(points, centers)).tolist() == [3, 2, 1]


@pytest.mark.parametrize("residuals", [False, True])
def test_the_drawing_shows_every_point_and_gives_the_answer_only_when_asked(residuals):
    figure = whiteboard.draw(*whiteboard.six_points(), residuals=residuals)
    texts = {t.get_text() for t in figure.axes[0].texts}
    arrows = [t for t in figure.axes[0].texts if t.arrow_patch is not None]
    assert {"x1", "x6", "c1", "c3"} <= texts and len(arrows) == (6 if residuals else 0)
    plt.close(figure)


def test_rounds_end_where_lloyd_ends():
    points, centers = whiteboard.six_points()
    figure = whiteboard.draw_rounds(points, centers + 0.5, rounds=(0, 1, 2))
    assert [a.get_title() for a in figure.axes] == ["round 0", "round 1", "round 2"]
    plt.close(figure)


def test_bad_input_is_named():
    points, centers = whiteboard.six_points()
    with pytest.raises(ValueError, match="must be N x 2"):
        whiteboard.draw(np.zeros((6, 3)), centers)
    with pytest.raises(ValueError, match="not for 4"):
        whiteboard.draw(points, np.zeros((4, 2)))
