import numpy as np
import pytest
import torch

from visret_lab.crossmodal import semantic_embedding
from visret_lab.crossmodal.captions import draw_triplets, semantic_loss
from visret_lab.crossmodal.describers import PICTURES, judged, score
from visret_lab.crossmodal.image_text import views
from visret_lab.crossmodal.semantic_embedding import LOSSES, TeacherTriplets, card, learn, load_semantic, network_score
from visret_lab.crossmodal.two_branch import TwoBranch
from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.training.classification import Schedule

WORDS = np.array(["red", "blue", "dog", "cat", "tree", "car"])


@pytest.fixture
def ground():
    """120 pictures that are the words of their sentences and much else; one sentence names what another leaves out."""
    rng = np.random.default_rng(0)
    has = rng.random((120, 6)) < 0.5
    has[~has.any(axis=1), 0] = True
    captions = [[" ".join(rng.permutation(WORDS[row])[:4]) for _ in range(4)] for row in has]
    order = rng.permutation(120)
    data = CaptionedSet("toy", "CC0", [str(i) for i in range(120)], captions,
                        {"train": order[:70], "val": order[70:95], "test": order[95:]}, None)
    return views(data, np.hstack([has @ rng.normal(size=(6, 8)), 3 * rng.normal(size=(120, 4))]))


def parts(**options):
    rng = np.random.default_rng(1)
    images, texts, owner = rng.normal(size=(5, 4)), rng.normal(size=(7, 3)), np.array([0, 0, 1, 2, 3, 3, 4])
    teacher = rng.random((5, 5))
    batches = TeacherTriplets(TwoBranch(4, 3, None, 2), images, texts, owner, teacher, size=6, gap=0.05, **options)
    return batches, images, texts, owner, teacher


@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_costs_what_the_equations_say(loss):
    batches, images, texts, owner, teacher = parts(loss=loss, margin=0.3)
    got = batches(np.random.default_rng(5)).item()
    rng = np.random.default_rng(5)
    triplets = draw_triplets(rng, teacher, 6, 0.05)
    rows = np.unique(triplets)
    first, count = np.searchsorted(owner, rows), np.bincount(owner)[rows]
    phi = torch.from_numpy(batches.network.embed_images(images))
    theta = torch.zeros(5, 2)
    theta[rows] = torch.from_numpy(batches.network.embed_sentences(texts[first + rng.integers(count)]))
    seen = semantic_loss(phi, None, triplets, 0.3).item()
    said = semantic_loss(phi, theta, triplets, 0.3).item() - seen
    assert got == pytest.approx(seen * LOSSES[loss][0] + said * LOSSES[loss][1], abs=1e-6) and said > 0 and seen > 0


def test_every_sentence_of_a_picture_is_read_sooner_or_later():
    batches, *_ = parts()
    asked = []
    batches.texts = torch.arange(7.0)[:, None] * torch.ones(1, 3)
    batches.network = lambda x, y: (asked.extend(y[:, 0].tolist()), TwoBranch(4, 3, None, 2)(x, y))[1]
    for seed in range(30):
        batches(np.random.default_rng(seed))
    assert set(asked) == set(range(7))


@pytest.mark.parametrize("loss", LOSSES)
def test_learning_brings_alike_pictures_together_and_goes_on(ground, tmp_path, loss):
    schedule = Schedule(steps=60, batch=60, rate=1e-2, decay=0, check=20)
    held = judged(ground, "val")
    torch.manual_seed(0)
    fresh = TwoBranch(12, 6, None, 8)
    network, after = learn(ground, tmp_path, schedule, loss, outputs=8)
    assert after > network_score(fresh, held, loss) + 0.05 and after == network_score(network, held, loss)
    assert learn(ground, tmp_path, schedule, loss, outputs=8)[1] == after  # from the checkpoint


def test_a_training_that_was_stopped_ends_as_one_that_was_not(ground, tmp_path, monkeypatch):
    schedule = Schedule(steps=30, batch=40, rate=1e-2, decay=0, check=10)
    whole, _ = learn(ground, tmp_path / "a", schedule, outputs=8)
    calls, real = [], semantic_embedding.draw_triplets

    def stops(*arguments):
        calls.append(1)
        if len(calls) == 25:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(semantic_embedding, "draw_triplets", stops)
    with pytest.raises(KeyboardInterrupt):
        learn(ground, tmp_path / "b", schedule, outputs=8)
    resumed, _ = learn(ground, tmp_path / "b", schedule, outputs=8)
    assert len(calls) == 25 + 10 and all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_the_weights_of_the_best_check_are_kept(ground, tmp_path, monkeypatch):
    found = []
    for name, told in (("falling", [3.0, 2.0, 1.0, 0.0]), ("rising", [1.0, 2.0, 3.0, 0.0])):
        scores = iter(told)
        monkeypatch.setattr(semantic_embedding, "network_score", lambda *_, scores=scores: next(scores))
        found.append(learn(ground, tmp_path / name, Schedule(steps=30, batch=40, rate=1e-2, decay=0, check=10), outputs=8)[0])
    assert not torch.allclose(found[0].image.weight, found[1].image.weight)


def test_all_sentences_as_one_text(ground, tmp_path):
    schedule = Schedule(steps=20, batch=40, rate=1e-2, decay=0, check=10)
    one, _ = learn(ground, tmp_path / "one", schedule, outputs=8)
    every, _ = learn(ground, tmp_path / "all", schedule, said="all", outputs=8)
    assert not torch.allclose(one.sentence.weight, every.sentence.weight)


def test_the_score_counts_the_searches_that_were_learnt(ground):
    held, network = judged(ground, "val"), TwoBranch(12, 6, None, 8)
    phi, theta = network.embed_images(held.images), network.embed_sentences(held.query)
    assert network_score(network, held, "visual") == score(phi, None, held.gains)
    assert network_score(network, held, "text") == network_score(network, held, "joint") == score(phi, theta, held.gains)
    assert PICTURES == "image to image"


@pytest.mark.parametrize(("call", "says"), [
    (lambda one, folder: learn(one, folder, loss="both"), "visual, text, joint; got 'both'"),
    (lambda one, folder: learn(one, folder, said="some"), '"one" or "all"'),
    (lambda one, folder: load_semantic("all", folder), "visual, text, joint; got 'all'"),
    (lambda one, folder: TeacherTriplets(None, np.zeros((3, 2)), np.zeros((2, 2)), [0, 1], np.zeros((3, 3))), "2 of them with texts"),
    (lambda one, folder: TeacherTriplets(None, np.zeros((2, 2)), np.zeros((2, 2)), [0, 1], np.zeros((3, 3))), "3 rows")])
def test_wrong_input_is_named(ground, tmp_path, call, says):
    with pytest.raises(ValueError, match=says):
        call(ground, tmp_path)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="train_semantic.py"):
        load_semantic(folder=tmp_path)


def test_the_shipped_networks_read_rows_as_they_are():
    for loss in LOSSES:
        network, told = load_semantic(loss), card(loss)
        rows = network.embed_images(np.random.default_rng(0).random((3, told["sizes"][0])))
        assert rows.shape == (3, told["outputs"]) and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5) and not network.training
        scores = told["scores on val, by seed"]
        assert len(scores) >= 3 and abs(told["score on val with 16 bits"] - scores[0]) < 0.005
        assert told["margin"] == max(told["tried on val"], key=lambda t: t["score"])["margin"]
