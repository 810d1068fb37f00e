import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.yard import read_yard
from visret_lab.worlds.manifest import verify
from visret_lab.worlds.yard import YardConfig, generate
from visret_lab.worlds.yard.drawing import COLORS, FUR, THINGS, Pen, thing
from visret_lab.worlds.yard.language import DOES, describe
from visret_lab.worlds.yard.scene import EVENTS, PLACES, SIZE, draw_scene


def drawn(seed):
    return draw_scene(np.random.default_rng([9, seed]))


@pytest.fixture(scope="module")
def scenes():
    return [drawn(i) for i in range(140)]


def test_one_seed_one_scene():
    (a, first), (b, again), (c, _) = drawn(1), drawn(1), drawn(2)
    assert np.array_equal(a, b) and first == again and not np.array_equal(a, c) and a.shape == (SIZE[1], SIZE[0], 3) and a.dtype == np.uint8


def test_every_place_and_event_comes_up(scenes):
    assert {s.place for _, s in scenes} == set(PLACES)
    assert {name for _, s in scenes for name, _ in s.events} == set(EVENTS) == set(DOES)


def test_boxes_hold_what_they_say(scenes):
    """In the box of a ball, a kite or an umbrella there is its colour."""
    right = []
    for image, scene in scenes:
        for item in scene.things:
            if item.noun in ("kite", "umbrella", "ball", "balloon") and item.box:
                x0, y0, x1, y1 = item.box
                part = image[y0:y1, x0:x1].reshape(-1, 3) / 255
                near = (np.abs(part - COLORS[item.color]).max(axis=1) < 0.25).mean()
                right.append(near > 0.15)
    assert len(right) > 30 and np.mean(right) > 0.95  # now and then something stands before it


def test_boxes_lie_in_the_picture_and_clothes_in_their_persons(scenes):
    for _, scene in scenes:
        for item in scene.things:
            if not item.box:
                continue
            x0, y0, x1, y1 = item.box
            assert 0 <= x0 < x1 <= SIZE[0] and 0 <= y0 < y1 <= SIZE[1]
            for number in item.wears:
                worn = scene.things[number].box
                assert not worn or (worn[0] >= x0 and worn[2] <= x1 and worn[1] >= y0 and worn[3] <= y1)


def test_nearly_all_people_and_what_they_wear_have_boxes(scenes):
    people = [(item, scene) for _, scene in scenes for item in scene.things if item.kind == "people"]
    assert np.mean([bool(item.box) for item, _ in people]) > 0.95
    assert np.mean([bool(scene.things[w].box) for item, scene in people for w in item.wears]) > 0.95


def test_sentences_say_only_what_is_there(scenes):
    """Every colour word of a phrase is that of its thing; every phrase speaks of something in the scene."""
    for i, (_, scene) in enumerate(scenes):
        told = describe(scene, np.random.default_rng(i))
        assert len(told) == 5
        for text, phrases in told:
            words = text.split(" ")
            assert words[-1] == "." and words[0][0].isupper() and "{" not in text and "  " not in text
            for start, end, number in phrases:
                item = scene.things[number]
                colors = {w for w in words[start:end] if w in COLORS or w in FUR}
                assert colors <= {item.color} and end > start
                first = words[start].lower()
                if first in ("a", "an"):
                    assert (first == "an") == (words[start + 1][0] in "aeiou"), text


def test_people_describe_a_scene_differently(scenes):
    told = [[text for text, _ in describe(scene, np.random.default_rng(i))] for i, (_, scene) in enumerate(scenes)]
    assert np.mean([len(set(t)) for t in told]) > 4.5
    lengths = [len(text.split()) for t in told for text in t]
    assert min(lengths) <= 6 and max(lengths) >= 20


def test_every_thing_can_be_drawn():
    for kind in THINGS:
        sprite = thing(np.random.default_rng(0), kind, "red")
        assert sprite.shape[2] == 4 and 0.01 < (sprite[..., 3] > 0).mean() < 0.95
    pen = Pen(20)
    pen.ring((1.0, 0, 0), 0.5, 0.5, 0.4, 0.05)
    assert pen.alpha[10, 10] == 0 and pen.alpha[10, 2] == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("yard"), YardConfig(train=6, val=2, test=3), workers=1, progress=False)


def test_the_set_has_splits_captions_and_phrases(folder):
    yard = read_yard(folder)
    assert verify(folder) == [] and [len(yard.splits[s]) for s in ("train", "val", "test")] == [6, 2, 3]
    assert all(len(c) == 5 for c in yard.captions) and yard.image(yard.ids[0]).shape == (SIZE[1], SIZE[0], 3)
    texts, owners = yard.pairs("test")
    assert len(texts) == 15 and owners.tolist() == sorted(list(yard.splits["test"]) * 5)
    for phrase in yard.phrases:
        assert yard.captions[phrase.image][phrase.caption].split(" ")[phrase.start:phrase.end] == phrase.text.split(" ")
        assert phrase.boxes.shape == (1, 4) and phrase.kind in ("people", "animals", "vehicles", "other", "clothing")
    assert "11 pictures (6 train, 2 val, 3 test), 55 captions" in repr(yard)


def test_what_is_there_is_not_made_again(folder):
    before = {p: p.stat().st_mtime_ns for p in folder.glob("images/*.jpg")}
    (folder / "records" / "val00000.json").unlink()
    generate(folder, YardConfig(train=6, val=2, test=3), workers=1, progress=False)
    changed = [p.name for p, t in before.items() if p.stat().st_mtime_ns != t]
    assert sorted(changed) == ["val00000.jpg", "val00001.jpg"] and verify(folder) == []


def test_bad_input_is_named(tmp_path):
    with pytest.raises(ValueError, match="needs scenes in each split"):
        YardConfig(val=0)
    with pytest.raises(DataError, match="missing or broken"):
        read_yard(tmp_path)
