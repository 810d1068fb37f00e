import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.losses.cosine_margin import cosine_margin
from visret_lab.video.encoders.shot_encoder import shot_encoder
from visret_lab.video.shot_pairs import PairLoss, draw_pairs

SHOT_OF = np.repeat(np.arange(10), 3)


def test_one_in_five_belongs_together():
    pictures, shots, same = draw_pairs(SHOT_OF, 10, 500, np.random.default_rng(0))
    assert same.sum() == 100 and np.array_equal(SHOT_OF[pictures] == shots, same)
    assert not np.array_equal(same, np.sort(same))  # in random order
    again = draw_pairs(SHOT_OF, 10, 500, np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip((pictures, shots, same), again, strict=True))


def test_every_other_shot_is_equally_likely():
    pictures, shots, same = draw_pairs(SHOT_OF, 10, 30_000, np.random.default_rng(0), matching=0.0)
    counts = np.bincount(shots[SHOT_OF[pictures] == 4], minlength=10)
    assert counts[4] == 0 and np.delete(counts, 4).min() > 0.75 * counts.max() and not same.any()


def test_half_of_the_others_come_from_the_same_film():
    films = np.array([0, 1, 0, 1, 0, 1, 0, 1, 2, 0])
    pictures, shots, same = draw_pairs(SHOT_OF, 10, 30_000, np.random.default_rng(0), groups=films)
    own = SHOT_OF[pictures]
    assert np.array_equal(own == shots, same)
    share = (films[shots] == films[own])[~same & (own == 1)].mean()
    assert abs(share - (0.5 + 0.5 * 3 / 9)) < 0.04
    alone = shots[~same & (own == 8)]  # alone in its film: all others are equally likely
    assert 8 not in alone and np.bincount(alone, minlength=10)[[0, 1, 9]].min() > 0
    inside = np.bincount(shots[~same & (own == 3)], minlength=10)
    assert inside[3] == 0 and inside[[1, 5, 7]].min() > 0.8 * inside.max()


def test_bad_pairs():
    for shot_of, shots, matching, words in (([], 3, 0.2, "at least one picture"), ([0], 1, 0.2, "two shots"), ([0, 3], 3, 0.2, "each"),
                                            ([0, 1], 2, 1.2, "share")):
        with pytest.raises(ValueError, match=words):
            draw_pairs(shot_of, shots, 4, np.random.default_rng(0), matching)


def world(seed=0):
    """Pictures of 10 shots of different lengths; ten numbers say which shot it is, four say nothing and are larger."""
    rng = np.random.default_rng(seed)
    own = np.eye(10)
    frames = [l2_normalize(np.concatenate([own[i] + 0.1 * rng.normal(size=(n, 10)), 1.5 * rng.normal(size=(n, 4))], axis=1))
              for i, n in enumerate(rng.integers(1, 9, 10))]
    pictures = l2_normalize(np.concatenate([own[SHOT_OF] + 0.1 * rng.normal(size=(30, 10)), 1.5 * rng.normal(size=(30, 4))], axis=1))
    return frames, pictures


def test_the_loss_is_that_of_the_pairs_one_by_one():
    frames, pictures = world()
    torch.manual_seed(0)
    net = shot_encoder("gru", 14, 16, 6)
    found = PairLoss(net, pictures, SHOT_OF, frames, batch=40)(np.random.default_rng(3))
    which, shots, same = draw_pairs(SHOT_OF, 10, 40, np.random.default_rng(3))
    a, b = torch.from_numpy(net.encode_photos(pictures[which])), torch.from_numpy(net.encode([frames[i] for i in shots]))
    assert float(found.detach()) == pytest.approx(float(cosine_margin(a, b, torch.from_numpy(same), 0.1)), abs=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "gru", "attention"])
def test_learning_finds_what_the_pictures_share(kind, tmp_path):
    frames, pictures = world()
    torch.manual_seed(0)
    net = shot_encoder(kind, 14, 24, 12)

    def right():
        return float((net.encode_photos(pictures) @ net.encode(frames).T).argmax(axis=1).__eq__(SHOT_OF).mean())

    before = right()
    schedule = Schedule(steps=200, batch=1, rate=1e-2, decay=0.0, check=200)
    minimise(net, PairLoss(net, pictures, SHOT_OF, frames, batch=64), schedule, tmp_path, progress=False)
    assert right() > max(0.8, before + 0.3)
