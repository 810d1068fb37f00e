"""What the runs of chapter 17 add to the package: shares of activation, and what is learnt from a catalogue."""

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.deep.end_to_end import shipped
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.protocols import Query, Relevance
from visret_lab.tables.experiments import ch17_end_to_end as ch17
from visret_lab.training.classification import Schedule


def test_the_share_of_activation_in_a_box():
    maps = np.zeros((2, 3, 4), np.float32)
    maps[0, 1, 2], maps[1, 0, 0] = 3, 1
    assert ch17.inside(maps, (160, 80, 320, 160), (240, 320)) == 0.75  # columns 2 and 3, row 1
    assert ch17.inside(maps, (0, 0, 320, 240), (240, 320)) == 1
    assert ch17.inside(0 * maps, (0, 0, 320, 240), (240, 320)) == 0


class Shop:
    """Two products: five photographs and one clean picture of each."""

    ids = [f"{p}{k}" for p in "ab" for k in range(6)]
    groups = {i: i[0] for i in ids}
    queries = [Query("q0", "x", None), Query("q1", "y", None)]

    def relevant(self, query, protocol):
        assert protocol == "iconic"
        return Relevance(np.array([5 if query.id == "q0" else 11]), np.array([0]))


def test_the_catalogue_is_never_watched():
    icon, held = ch17.catalogue(Shop()), ch17.watched(Shop())
    assert np.flatnonzero(icon).tolist() == [5, 11] and np.flatnonzero(held).tolist() == [3, 9]


def test_photographs_come_nearer_to_their_picture():
    rng = np.random.default_rng(0)
    labels, icon = np.repeat(np.arange(8), 7), np.arange(56) % 7 == 6
    own = np.eye(8)[labels] + 0.5 * rng.normal(size=(56, 8))
    vectors = l2_normalize(np.concatenate([own + 2 * icon[:, None] * rng.normal(size=8), 0.5 * rng.normal(size=(56, 4))], 1).astype(np.float32))
    learnt = ch17.projected(vectors, labels, icon, Schedule(steps=200, batch=1, rate=1e-2, decay=0, check=200), noise=0.1).transform(vectors)

    def right(x):
        return (labels[icon][(x[~icon] @ x[icon].T).argmax(1)] == labels[~icon]).mean()

    assert right(learnt) > right(vectors) + 0.2


@pytest.mark.parametrize("trained", ch17.TRAINED, ids=lambda t: t.weights)
def test_every_network_of_the_chapter_ships_with_card_and_log(trained):
    network, card, log = shipped(trained.weights, trained.kind), ch17.card(trained.weights), ch17.log(trained.weights)
    assert not network.training and card["head"] == trained.kind and card["noisy"] == (trained is ch17.FOUND)
    assert log[-1]["step"] == card["steps"] and max(line["score"] for line in log) == pytest.approx(card["after"], abs=0.01)
    assert (WEIGHTS / f"{trained.weights}.safetensors").stat().st_size < 1.5e6


