"""The run of chapter 12: what it alters, what it makes short, what it names."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.deep import neural_codes
from visret_lab.protocols import Query
from visret_lab.tables import reproduce
from visret_lab.tables.experiments import ch12_neural_codes as ch12
from visret_lab.tables.experiments import state_of_the_art

RNG = np.random.default_rng(0)


def test_a_squashed_picture_is_a_square_with_as_many_pixels():
    image = RNG.integers(0, 256, (90, 160, 3), dtype=np.uint8)
    found = ch12.squashed(image)
    assert found.shape == (120, 120, 3)


def test_an_altered_set_has_its_own_name_and_can_spare_the_queries():
    dataset = SimpleNamespace(name="set", tier="mini", version="1", ids=["a"], queries=[Query("q", "a")],
                              image=lambda i: np.ones((2, 2, 3), np.uint8), query_image=lambda q: np.ones((2, 2, 3), np.uint8))
    both = ch12.Altered(dataset, lambda x: 2 * x, "twice")
    images = ch12.Altered(dataset, lambda x: 2 * x, "twice", both=False)
    assert both.name == "set, twice" and both.image("a").max() == 2
    assert both.query_image(dataset.queries[0]).max() == 2 and images.query_image(dataset.queries[0]).max() == 1


def test_a_pca_has_no_more_components_than_the_codes_span():
    train = np.zeros((60, 20), np.float32)
    train[:, :7] = RNG.random((60, 7))  # the other numbers are silent
    found = ch12.short_pca(train, RNG.random((9, 20)), components=12)
    assert len(found.components_) <= 7
    assert ch12.short_pca(train, RNG.random((9, 20)), components=3).transform(train).shape == (60, 3)


def test_a_pca_of_the_searched_set_is_refused():
    train = RNG.random((60, 20)).astype(np.float32)
    with pytest.raises(ValueError, match="PCA"):
        ch12.short_pca(train, train)


def test_one_asks_those_that_are_not_known_with_their_windows():
    # Name 1 is the image whose second window is the thing; the whole images are all alike.
    ground, thing, other = np.eye(3)
    codes = np.stack([[ground, other], [ground, thing], [ground, thing], [ground, other]]).astype(np.float32)
    found = ch12.one(codes, np.array([False, False, True, True]), np.array([0, 1, 1, 0]))
    assert found["windows, nearest class (ONE)"].tolist() == [1, 1] and found["windows, nearest image"].tolist() == [1, 1]
    assert found["nearest image"].tolist() == [0, 1]  # a tie, which goes to the first


def test_the_rows_of_the_published_table_have_published_names():
    published = {r["row"] for r in reproduce.published() if r["table"] == state_of_the_art.TABLE}
    assert set(state_of_the_art.ROWS) <= published and set(state_of_the_art.MINI_ONLY) <= set(state_of_the_art.ROWS)


def test_the_spatial_search_of_a_table_ranks_by_distance(monkeypatch):
    monkeypatch.setattr(ch12, "evaluate", lambda name, s, *rest, **options: (name, options["bytes_per_image"]))
    base, asked = RNG.normal(size=(5, 3, 4)).astype(np.float32), RNG.normal(size=(2, 2, 4)).astype(np.float32)
    (name, size), similarities = ch12.spatial("n", base, asked, None)
    assert size == 3 * 4 * 4 and np.array_equal(-similarities, neural_codes.spatial_distances(asked, base))
