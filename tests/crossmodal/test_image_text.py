import numpy as np
import pytest
import torch

from visret_lab.crossmodal import image_text, two_branch
from visret_lab.crossmodal.image_text import build, fingerprint, fold, learn, load_row, mean_score, places, score, views, whitening
from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.training.classification import Schedule

WORDS = ["red", "blue", "dog", "cat", "tree", "car"]


@pytest.fixture
def ground():
    """90 pictures that are the words of their sentences, and a little noise; splits that are not in order."""
    rng = np.random.default_rng(0)
    has = rng.random((90, 6)) < 0.5
    has[~has.any(axis=1), 0] = True
    captions = [[" ".join(np.array(WORDS)[row]), " ".join(np.array(WORDS)[row][::-1])] for row in has]
    order = rng.permutation(90)
    splits = {"train": order[:60], "val": order[60:75], "test": order[75:]}
    data = CaptionedSet("toy", "CC0", [str(i) for i in range(90)], captions, splits, None)
    return views(data, np.hstack([has @ rng.normal(size=(6, 8)), rng.normal(0, 0.1, (90, 2))]))


def test_a_split_knows_whose_sentence_is_whose(ground):
    images, sentences, owner = ground.split("val")
    assert images.shape == (15, 10) and sentences.shape == (30, 6)
    for row, sentence in zip(owner, ground.data.pairs("val")[0], strict=True):
        assert sentence in ground.data.captions[ground.data.splits["val"][row]]


def test_a_fingerprint_changes_with_the_number_of_threads(ground):
    before = torch.get_num_threads()
    try:
        found = set()
        for threads in (1, 2, 1):
            torch.set_num_threads(threads)
            found.add(fingerprint(ground))
    finally:
        torch.set_num_threads(before)
    assert len(found) == 2


def test_a_fingerprint_changes_with_the_pictures_the_sentences_and_what_else_is_given(ground):
    own = fingerprint(ground, np.ones(2), 1.0)
    other = views(ground.data, ground.images + 1), views(ground.data, ground.images, max_words=3)
    assert own == fingerprint(ground, np.ones(2), 1.0)
    assert len({own, fingerprint(other[0], np.ones(2), 1.0), fingerprint(other[1], np.ones(2), 1.0), fingerprint(ground, np.zeros(2), 1.0),
                fingerprint(ground, np.ones(2), 2.0)}) == 5


def test_whitening_makes_the_covariance_the_identity_where_there_is_enough():
    rows = np.random.default_rng(1).normal(size=(500, 4)) @ np.diag([1.0, 2, 3, 4])
    mean, matrix = whitening(rows, 1e-9)
    assert np.allclose(np.cov(((rows - mean) @ matrix.T).T), np.eye(4), atol=1e-6)
    with pytest.raises(ValueError, match="at least 2 rows"):
        whitening(rows[:1])


def test_the_fold_changes_nothing():
    rows = np.random.default_rng(2).normal(3, 2, (50, 5))
    mean, matrix = whitening(rows)
    layer = torch.nn.Linear(5, 3)
    with torch.no_grad():
        before = layer(torch.from_numpy(((rows - mean) @ matrix.T).astype(np.float32)))
        assert torch.allclose(before, fold(layer, mean, matrix)(torch.from_numpy(rows.astype(np.float32))), atol=1e-5)


@pytest.mark.parametrize("shape", image_text.SHAPES)
def test_learning_brings_pairs_together_and_goes_on(ground, tmp_path, shape, monkeypatch):
    monkeypatch.setattr(image_text, "HIDDEN", 32)
    held = ground.split("val")
    torch.manual_seed(0)
    before = score(build(10, 6, shape), *held)
    schedule = Schedule(steps=60, batch=40, rate=1e-2, decay=0, check=20)
    network, after = learn(ground, tmp_path, schedule, shape)
    assert after > before + 0.2 and after == mean_score(places(network, *held))
    assert learn(ground, tmp_path, schedule, shape)[1] == after  # from the checkpoint


def test_wrong_names_say_what_there_is(ground, tmp_path):
    with pytest.raises(ValueError, match="linear or non-linear; got 'deep'"):
        build(3, 3, "deep")
    with pytest.raises(ValueError, match="one direction, both directions"):
        learn(ground, tmp_path, loss="both")
    with pytest.raises(FileNotFoundError, match="train_two_branch.py"):
        load_row(folder=tmp_path)


def test_the_shipped_networks_read_rows_as_they_are():
    for shape in image_text.SHAPES:
        for loss in image_text.LOSSES:
            network, told = load_row(shape, loss), image_text.card(shape, loss)
            assert isinstance(network, two_branch.TwoBranch) and not network.training
            rows = network.embed_images(np.random.default_rng(0).random((3, told["sizes"][0])))
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5) and len(told["scores on val, by seed"]) >= 2
            assert abs(told["score on val with 16 bits"] - told["scores on val, by seed"][0]) < 0.01
