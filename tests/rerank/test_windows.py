"""Window re-ranking: the windows, the fast scores against the direct count, the order of the list."""

import numpy as np
import pytest

from visret_lab.deep.blcf import NO_WORD
from visret_lab.rerank.windows import (STRETCHES, WindowReranker, direct_scores, edges, over_stretches, region_lengths, rerank, split,
                                       window_boxes)


def some_maps(count=12, words=30, seed=0, shapes=((15, 20), (16, 8), (7, 9))):
    rng = np.random.default_rng(seed)
    maps = [rng.integers(0, words, shapes[i % len(shapes)]).astype(np.uint16) for i in range(count)]
    maps[1][:5] = NO_WORD
    return maps


def test_there_are_121_windows_of_nine_sizes_half_a_window_apart():
    boxes = window_boxes((16, 32))
    assert len(boxes) == len(np.unique(boxes, axis=0)) == 121
    sizes = {(w, h) for w, h in zip(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1], strict=True)}
    assert sizes == {(w, h) for w in (32, 16, 8) for h in (16, 8, 4)}
    quarter = sorted(set(boxes[(boxes[:, 2] - boxes[:, 0]) == 8][:, 0]))
    assert quarter == [0, 4, 8, 12, 16, 20, 24]
    assert sorted(set(boxes[(boxes[:, 3] - boxes[:, 1]) == 8][:, 1])) == [0, 4, 8]


@pytest.mark.parametrize("pyramid", [True, False])
@pytest.mark.parametrize("query_shape", [(5, 6), (9, 3), (1, 1), (2, 15)])
def test_the_scores_are_those_of_the_direct_count(pyramid, query_shape):
    maps = some_maps()
    query = np.random.default_rng(1).integers(0, 30, query_shape).astype(np.uint16)
    got = WindowReranker(maps, pyramid=pyramid).scores(query, range(len(maps)))
    want = np.stack([direct_scores(query, m, pyramid=pyramid) for m in maps])
    assert (np.isinf(got) == np.isinf(want)).all()
    finite = np.isfinite(got)
    assert np.abs(got[finite] - want[finite]).max() < 1e-12


def test_a_window_with_the_querys_words_scores_one():
    image = np.random.default_rng(0).integers(100, 200, (16, 16)).astype(np.uint16)
    image[4:8, 8:12] = np.arange(16).reshape(4, 4)
    scores, boxes = WindowReranker([image]).best(image[4:8, 8:12], [0])
    assert scores[0] == pytest.approx(1) and boxes[0].tolist() == [8, 4, 12, 8]


def test_the_pyramid_knows_the_layout():
    image = np.arange(256, dtype=np.uint16).reshape(16, 16)
    turned = image[::-1, ::-1]
    whole = [WindowReranker([m], pyramid=False).scores(image, [0])[0, 0] for m in (image, turned)]
    parts = [WindowReranker([m]).scores(image, [0])[0, 0] for m in (image, turned)]  # the window that is the whole image
    assert whole == pytest.approx([1, 1])
    assert parts[0] == pytest.approx(1) and parts[1] == pytest.approx(0.5 / 4.5)


def test_the_filter_of_aspects():
    maps = [np.zeros((16, 16), np.uint16)]
    scores = WindowReranker(maps).scores(np.zeros((4, 8), np.uint16), [0])[0]
    boxes = window_boxes((16, 16))
    aspect = (boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1])
    assert (np.isfinite(scores) == (np.minimum(aspect / 2, 2 / aspect) >= 0.4)).all()
    assert np.isfinite(WindowReranker(maps).scores(np.zeros((1, 16), np.uint16), [0])).all()  # none is near: all take part


def test_nothing_in_common_keeps_the_order():
    maps = some_maps(5)
    query = np.full((3, 3), NO_WORD, np.uint16)
    ranking = np.array([[3, 0, 4, 1, 2]])
    new, scores, _ = rerank(ranking, [query], WindowReranker(maps), top=4)
    assert (new == ranking).all() and (scores == 0).all()


def test_only_the_first_images_change_places():
    maps = some_maps(6, shapes=((8, 8),))
    new, scores, boxes = rerank(np.array([[5, 4, 3, 2, 1, 0]]), [maps[3]], WindowReranker(maps), top=3)
    assert new[0, 0] == 3 and sorted(new[0, :3]) == [3, 4, 5] and new[0, 3:].tolist() == [2, 1, 0]
    assert (np.diff(scores[0]) <= 0).all() and boxes.shape == (1, 3, 4) and boxes[0, 0].tolist() == [0, 0, 8, 8]


def test_more_than_the_list_has():
    maps = some_maps(3)
    assert rerank(np.array([[2, 1, 0]]), [maps[0]], WindowReranker(maps), top=100)[1].shape == (1, 3)


def test_bad_calls():
    windows = WindowReranker(some_maps(3))
    with pytest.raises(ValueError, match="top"):
        rerank(np.array([[0, 1, 2]]), [np.zeros((2, 2), np.uint16)], windows, top=0)
    with pytest.raises(ValueError, match="one row a query"):
        rerank(np.array([0, 1, 2]), [np.zeros((2, 2), np.uint16)], windows)


def test_sums_and_lengths_by_slices():
    image = some_maps(2, words=5)[1]
    y, x = edges(image.shape[0]), edges(image.shape[1])
    sums, lengths = over_stretches(image[None].astype(float), image.shape)[0], region_lengths(image)
    for i, (a, b) in enumerate(STRETCHES):
        for j, (c, d) in enumerate(STRETCHES):
            part = image[y[a] : y[b], x[c] : x[d]]
            assert sums[i, j] == part.sum()
            assert lengths[i, j] == pytest.approx(np.sqrt((np.unique(part[part != NO_WORD], return_counts=True)[1] ** 2).sum()))


def test_the_quarters_are_all_of_the_query():
    query = np.arange(15).reshape(3, 5)
    whole, *quarters = split(query)
    assert whole is query and sorted(np.concatenate([q.ravel() for q in quarters])) == list(range(15))
    assert quarters[0].shape == (2, 3)
