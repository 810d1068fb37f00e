import numpy as np

from visret_lab.bench.bow import clustered
from visret_lab.tables.experiments import ch05_bag_of_words as ch05


def image(seed):
    """Forty descriptors around the same parts as those of every other image."""
    return np.zeros((40, 4), np.float32), clustered(40, np.random.default_rng(seed))


FOUND = ch05.Features([image(s) for s in range(6)], [image(s) for s in range(3)], [image(s)[1] for s in range(10, 30)])


def test_few_descriptors_give_fewer_words():
    assert len(ch05.words(FOUND.training, 50).centers_) == 50
    assert len(ch05.words(FOUND.training, 1000).centers_) == 20 * 40 // 4


def test_an_image_finds_itself():
    words = ch05.words(FOUND.training, 50)
    scores, milliseconds = ch05.search(*ch05.bag(FOUND, words), FOUND.asked)
    assert scores.argmax(axis=1).tolist() == [0, 1, 2] and milliseconds > 0
    assert np.allclose(scores.max(axis=1), 1, atol=1e-6)


def test_with_all_bits_allowed_the_signatures_rank_as_the_bag():
    words = ch05.words(FOUND.training, 50)
    bag, _ = ch05.search(*ch05.bag(FOUND, words), FOUND.asked)
    signed, size, _ = ch05.embedded(FOUND, words, threshold=64)
    assert (np.argsort(-bag, axis=1) == np.argsort(-signed, axis=1)).all()
    assert size > 40 * 12  # 12 bytes a descriptor
    strict, _, _ = ch05.embedded(FOUND, words, threshold=0)
    assert (strict <= signed + 1e-6).all() and strict.sum() < signed.sum()
