import numpy as np
import pytest
import torch

from visret_lab.crossmodal import margin_training, margin_weights, painting_views
from visret_lab.crossmodal.margin import Rows
from visret_lab.crossmodal.margin_weights import WEIGHTS, build, card, fold, load_margin, text_items
from visret_lab.crossmodal.painting_views import PictureEncoders, TextViews, labels_of, picture_views
from visret_lab.datasets.paintings import Painting, PaintingSet
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.rmac import rmac
from visret_lab.training.classification import Schedule

RNG = np.random.default_rng(0)
THINGS = ("ship", "tower", "apple", "letter")
LIKE, WHERE = ("small", "large", "dark", "golden", "broken"), ("above", "below", "nearby")


def a_set(count=60):
    """Paintings whose colour says what they show. No two of fifteen in a row have the same comment: among equal ones the order is luck."""
    shows = RNG.integers(len(THINGS), size=count)
    said = [f"A {LIKE[i % 5]} {THINGS[s]} is seen {WHERE[i % 3]}{' by a mermaid' * (i >= count // 2)}, number {i}."
            for i, s in enumerate(shows)]
    paintings = [Painting(f"p{i}", said[i], f"The {THINGS[s]}", "A. Nobody", "", "", THINGS[s], "Dutch", "") for i, s in enumerate(shows)]
    parts = np.arange(count)
    splits = {"train": parts[: count // 2], "val": parts[count // 2 : 3 * count // 4], "test": parts[3 * count // 4 :]}
    colors = RNG.integers(0, 256, (len(THINGS), 3))
    return PaintingSet("toy", "", paintings, splits, lambda name: np.full((64, 64, 3), colors[shows[int(name[1:])]], np.uint8)), shows


PAINTINGS, SHOWS = a_set()
TEXTS = TextViews(PAINTINGS, min_count=2)
IMAGES = (np.eye(4)[SHOWS] * [3, 30, 1, 1] + 5 + 0.05 * RNG.normal(size=(60, 4))).astype(np.float32)


def test_all_encoders_of_one_pass_are_those_of_their_layers(monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    backbone = minivgg()
    found = picture_views(PAINTINGS, backbone)
    assert {k: v.shape for k, v in found.items()} == {"pooled": (60, 160), "scores": (60, 48), "R-MAC": (60, 160), "strips": (60, 384)}
    image = PAINTINGS.image(7)
    with torch.inference_mode():
        last, early = (backbone.maps(image, layer) for layer in ("conv5_2", "conv4_2"))
    assert np.allclose(found["pooled"][7], last.mean(dim=(2, 3))[0], atol=1e-4) and np.allclose(found["R-MAC"][7], rmac(last)[0], atol=1e-4)
    assert np.allclose(found["scores"][7], backbone.classify(image), atol=1e-3)
    thirds = np.stack([part.mean(axis=(1, 2)) for part in np.array_split(early[0].numpy(), [3, 5], axis=1)], axis=1)
    assert early.shape[2] == 8 and np.corrcoef(found["strips"][7], thirds.ravel())[0, 1] > 0.98


def test_words_come_from_the_training_paintings_alone():
    seen = [PAINTINGS.values("comment")[i] for i in PAINTINGS.splits["train"]]
    assert all(any(word in text.lower() for text in seen) for word in TEXTS.comment.vocabulary_.words)
    assert "mermaid" not in TEXTS.comment.vocabulary_ and not any(word.isdigit() for word in TEXTS.comment.vocabulary_.words)
    both = TEXTS()
    assert both.shape == (60, sum(TEXTS.sizes)) and np.allclose(both[:, TEXTS.sizes[0] :], TEXTS(("title",)))
    with pytest.raises(ValueError, match="comment and title"):
        TEXTS(("author",))


def test_a_value_that_nobody_could_learn():
    paintings = [p._replace(type="icon") if i == 59 else p for i, p in enumerate(PAINTINGS.paintings)]
    labels, names = labels_of(PaintingSet("toy", "", paintings, PAINTINGS.splits, None), "type")
    assert labels[59] == -1 and names == sorted(names) and all(names[n] == p.type for n, p in zip(labels[:59], paintings, strict=False))


@pytest.mark.parametrize("encoder", ["BOW", "MLP", "RNN"])
def test_every_encoder_learns_and_is_folded(encoder, tmp_path):
    labels = labels_of(PAINTINGS, "type")[0] if encoder == "BOW" else None
    schedule = Schedule(steps=40, batch=24, rate=1e-2, check=20)
    network, value = margin_training.learn(encoder, IMAGES, TEXTS, tmp_path, schedule, labels=labels)
    val = PAINTINGS.splits["val"]
    similar = margin_training.compared(network, Rows(IMAGES[val]), text_items(encoder, TEXTS, val))
    same = SHOWS[val][:, None] == SHOWS[val][None]
    assert similar[same].mean() > similar[~same].mean() + (0.05 if encoder == "RNN" else 0.3)
    assert margin_training.score(similar) == pytest.approx(value, abs=1e-3)


def test_folding_changes_no_answer():
    network, v = build("BOW", 4, TEXTS), torch.from_numpy(IMAGES)
    mean, deviation = IMAGES.mean(axis=0), IMAGES.std(axis=0)
    before = network.embed_image((v - torch.from_numpy(mean)) / torch.from_numpy(deviation))
    assert torch.allclose(before, fold(network, mean, deviation).embed_image(v), atol=1e-5)


def test_shipped_cards_name_what_they_need():
    for path in sorted(WEIGHTS.glob("semart_*.safetensors")):
        told = card(path.stem)
        assert told["score on val"] == pytest.approx(told["score with 32 bits"], abs=5e-3) and path.stat().st_size < 1.5e6
        assert told["encoder"] in ("BOW", "MLP", "RNN") and told["view"] in ("pooled", "scores", "R-MAC", "strips")


def test_weights_of_other_words_are_refused():
    with pytest.raises(ValueError, match="another network"):
        load_margin("semart_bow", 384, TEXTS)
    with pytest.raises(FileNotFoundError, match="train_semart"):
        load_margin("semart_nothing", 384, TEXTS)
    with pytest.raises(ValueError, match="BOW, MLP or RNN"):
        build("LSA", 4, TEXTS)
    assert margin_weights.SCRIPT and painting_views.MIN_COUNT > 1


def test_an_early_layer_that_is_not_there():
    with pytest.raises(ValueError, match="conv9_1"):
        PictureEncoders(minivgg(), early="conv9_1")
