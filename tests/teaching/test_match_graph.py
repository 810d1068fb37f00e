import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.sparse import csr_array

from visret_lab.teaching.match_graph import draw_graph, layout


def graph():
    w = np.zeros((8, 8), int)
    for i, j in ((0, 1), (1, 2), (0, 2), (2, 3), (4, 5)):
        w[i, j] = w[j, i] = 10
    return csr_array(w)


def test_components_stand_apart_and_single_pictures_below():
    at = layout(graph())
    assert at[:4, 0].max() < at[4:6, 0].min() and at[6:, 1].max() < at[:6, 1].min()
    assert len(np.unique(at.round(6), axis=0)) == 8 and np.array_equal(at, layout(graph()))


def test_every_picture_is_drawn():
    figure, axis = plt.subplots()
    draw_graph(axis, graph(), [np.zeros((30, 40, 3), np.uint8)] * 8, np.arange(8) < 4)
    assert len(axis.artists) == 8 and len(axis.lines) == 5
    with pytest.raises(ValueError, match="8 nodes, 2 images"):
        draw_graph(axis, graph(), [np.zeros((30, 40, 3), np.uint8)] * 2, [True] * 2)
    plt.close(figure)


def test_a_graph_without_an_edge():
    assert layout(csr_array((3, 3))).shape == (3, 2)
