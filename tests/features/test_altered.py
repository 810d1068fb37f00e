from functools import partial

import numpy as np

from visret_lab.features.altered import Altered, WholeQueries, alone, recoded, shrunk, squashed, with_blurred_boxes
from visret_lab.datasets.image_io import crop
from visret_lab.protocols import Dataset, Query, Relevance

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8)


class Two:
    """Two pictures, one query with a box."""

    name, tier, version, licence, ids, protocols, default_protocol = "two", "mini", "1", "CC0", ["a", "b"], ("plain", "other"), "plain"
    queries = [Query("q", "a", (8, 4, 40, 28))]

    def image(self, image_id):
        return PICTURE if image_id == "a" else 255 - PICTURE

    def query_image(self, query):
        return crop(self.image(query.image_id), query.box)

    def relevant(self, query, protocol):
        return Relevance(np.array([1 if protocol == "plain" else 0]), np.array([], np.int64))


def darker(image, image_id, whole):
    return image // 2


def test_pixels_change_and_the_rest_stays():
    made = Altered(Two(), darker)
    assert isinstance(made, Dataset) and made.ids == ["a", "b"] and made.queries == Two.queries
    assert (made.image("b") == (255 - PICTURE) // 2).all() and (made.query_image(made.queries[0]) == PICTURE[4:28, 8:40] // 2).all()
    assert made.relevant(made.queries[0]).positive == [1] and made.relevant(made.queries[0], "other").positive == [0]


def test_another_change_is_another_version_for_the_caches():
    versions = {Altered(Two(), change, first).version for change in (darker, partial(recoded, quality=50), partial(recoded, quality=30))
                for first in (False, True)}
    assert len(versions) == 6 and Altered(Two(), partial(recoded, quality=50)).version in versions


def test_a_query_is_shrunk_as_its_picture():
    made = Altered(Two(), partial(shrunk, longest=32), crop_first=True)
    assert made.image("a").shape == (24, 32, 3) and made.query_image(made.queries[0]).shape == (12, 16, 3)
    assert Altered(Two(), partial(alone, longest=32), True).query_image(Two.queries[0]).shape == (24, 32, 3)
    assert Altered(Two(), partial(squashed, size=(20, 20)), True).query_image(Two.queries[0]).shape == (20, 20, 3)


def test_enlarging_and_shrinking_alone():
    assert alone(PICTURE, "", 0, 128).shape == (96, 128, 3) and alone(PICTURE, "", 0, 16).shape == (12, 16, 3)
    assert (alone(PICTURE, "", 0, 64) == PICTURE).all()


def test_jpeg_loses_more_at_lower_quality():
    smooth = np.uint8(np.add.outer(np.arange(48) * 2, np.arange(64) * 2)[..., None] % 256 * np.ones(3, np.uint8))
    lost = [np.abs(recoded(smooth, "", 0, q).astype(int) - smooth).mean() for q in (20, 60, 95)]
    assert lost[0] > lost[1] > lost[2] and recoded(smooth, "", 0, 60).flags.writeable


def test_blur_stays_in_its_boxes_and_is_the_same_each_time():
    made = with_blurred_boxes(PICTURE, "a", 64, count=2, side=1 / 8)
    changed = (made != PICTURE).any(axis=2)
    assert 0 < changed.sum() <= 2 * 8 * 8 and not changed[:24].any()
    assert (made == with_blurred_boxes(PICTURE, "a", 64, count=2, side=1 / 8)).all()
    assert (made != with_blurred_boxes(PICTURE, "b", 64, count=2, side=1 / 8)).any()
    assert (made != with_blurred_boxes(PICTURE, "a", 64, count=2, side=1 / 8, seed=1)).any()


def test_the_dataset_s_picture_is_not_touched():
    before = PICTURE.copy()
    Altered(Two(), with_blurred_boxes).image("a")
    assert (before == PICTURE).all()


def test_whole_queries_ask_with_all_of_their_picture():
    made = WholeQueries(Two())
    assert isinstance(made, Dataset) and made.queries[0].box is None and made.queries[0].id == "q"
    assert (made.query_image(made.queries[0]) == PICTURE).all() and made.relevant(made.queries[0]).positive == [1]
