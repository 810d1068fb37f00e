import cv2
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.training import retrieval
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.losses.batch_triplet import BatchTriplet
from visret_lab.training.losses.triplet import Triplet
from visret_lab.training.retrieval import Labelled, PictureBatches, Tuples, describe, forward, map_by_label


class Tiny(nn.Module):
    """Mean colour of the quarters, through a layer."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(12, 6)

    def forward(self, x):
        return normalize(self.layer(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)), dim=1)


def prepare(x):
    return torch.from_numpy(np.ascontiguousarray(x)).permute(0, 3, 1, 2).float() / 255 - 0.5


def picture(label, i, size=(40, 56)):
    """Quarters of the label's colours, which differ little, in a light that differs much."""
    quarters = 128 + 12 * np.random.default_rng([7, label]).normal(size=(2, 2, 3))
    image = np.kron(quarters, np.ones((size[0] // 2, size[1] // 2, 1))) + 30 * np.random.default_rng([8, label, i]).normal(size=3)
    return cv2.imencode(".png", np.clip(image, 0, 255).astype(np.uint8))[1].tobytes()


def pictures(labels=6, each=4, boxes=False):
    sizes = [(40, 56), (56, 40)]
    numbers = np.repeat(np.arange(labels), each)
    files = [picture(label, i, sizes[i % 2]) for i, label in enumerate(numbers)]
    return Labelled(files, numbers, [f"p{i}" for i in range(len(files))], np.tile([4, 4, 30, 30], (len(files), 1)) if boxes else None)


def tuples(network, **options):
    return Tuples(network, pictures(boxes=True), prepare, Triplet(0.2), **{"tuples": 2, "negatives": 3, "sides": (48, 64), "pool_side": 48,
                                                                           **options})


def test_images_of_several_sizes_come_out_in_order():
    network, data = Tiny(), pictures()
    images = [data.image(i) for i in range(8)]
    together = forward(network, images, prepare)
    assert torch.allclose(together, torch.cat([forward(network, [image], prepare) for image in images]), atol=1e-6)
    assert {image.shape for image in images} == {(40, 56, 3), (56, 40, 3)}


def test_a_step_gives_a_loss_a_tuple_and_follows_its_generator():
    network = Tiny()
    step = tuples(network)
    step.refresh()
    one, two = ([loss.item() for loss in step(np.random.default_rng(3))] for _ in range(2))
    assert one == two and len(one) == 2


def test_only_the_query_is_cut_and_what_it_shows_keeps_its_size(monkeypatch):
    step = tuples(Tiny(), mining="random", cut=1.0, sides=(112,))
    seen = []
    monkeypatch.setattr(retrieval, "forward", lambda network, images, prepare: (seen.append([i.shape[:2] for i in images]),
                                                                                torch.eye(len(images), 6, requires_grad=True))[1])
    list(step(np.random.default_rng(0)))
    for shapes in seen:
        # the box has 26 x 26 of 40 x 56 pixels, and the picture is shown at twice its size
        assert shapes[0] == (52, 52) and all(max(shape) == 112 for shape in shapes[1:])


def test_hard_negatives_come_from_the_vectors_of_the_last_refresh():
    network = Tiny()
    step = tuples(network)
    step.refresh()
    vectors = describe(network, step.pictures, prepare, 48)
    assert np.allclose(step.vectors, vectors)
    found = step._negatives(np.array([0, 5]), None)
    labels = step.pictures.labels
    for query, chosen in zip((0, 5), found, strict=True):
        others = labels != labels[query]
        assert (vectors[chosen] @ vectors[query]).max() == pytest.approx((vectors[others] @ vectors[query]).max(), abs=1e-6)
        assert len(set(labels[chosen].tolist())) == 3 and labels[query] not in labels[chosen]


def test_it_learns_and_a_stop_changes_nothing(tmp_path):
    schedule = Schedule(steps=100, batch=1, rate=0.1, decay=0, check=10)

    def run(folder, stop=None):
        network = Tiny()
        step, calls = tuples(network), []

        def loss_of(rng):
            calls.append(1)
            if len(calls) == stop:
                raise KeyboardInterrupt
            return step(rng)

        return minimise(network, loss_of, schedule, folder, refresh=step.refresh, progress=False)

    def score(network):
        return map_by_label(describe(network, pictures(), prepare, 56), pictures().labels)

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", 17)
    assert torch.equal(run(tmp_path / "cut").layer.weight, whole.layer.weight)
    assert score(whole) > score(Tiny()) + 0.08


def test_a_loss_that_is_not_finite_names_its_pictures():
    network = Tiny()
    step = tuples(network, mining="random")
    step.loss = lambda *parts: parts[0].sum() * float("nan")
    with pytest.raises(FloatingPointError, match=r"p\d+, p\d+.*is nan"):
        list(step(np.random.default_rng(0)))


def batches(network, loss, **options):
    return PictureBatches(network, pictures(boxes=True), prepare, loss, **{"classes": 3, "each": 2, "sides": (48, 64), **options})


def test_a_batch_compares_the_pictures_that_were_drawn(monkeypatch):
    seen = []
    monkeypatch.setattr(retrieval, "forward", lambda network, images, prepare: (seen.extend(i.shape[:2] for i in images),
                                                                                torch.zeros(len(images), 2))[1])
    labels = []
    step = batches(None, lambda vectors, here: (labels.append(here), vectors.sum())[1], cut=1.0, sides=(112,))
    step(np.random.default_rng(0))
    assert sorted(labels[0].bincount().tolist())[-3:] == [2, 2, 2] and len(labels[0]) == 6
    assert set(seen) == {(52, 52)}  # each cut to its box of 26 x 26 in 40 x 56 pixels, at twice its size
    seen.clear()
    batches(None, lambda vectors, here: vectors.sum(), cut=0.0, sides=(112,))(np.random.default_rng(0))
    assert all(max(shape) == 112 for shape in seen)


def test_batches_learn(tmp_path):
    network = Tiny()
    minimise(network, batches(network, BatchTriplet(0.2), each=3), Schedule(steps=60, batch=1, rate=0.1, decay=0, check=60), tmp_path,
             progress=False)
    found = [map_by_label(describe(n, pictures(), prepare, 56), pictures().labels) for n in (network, Tiny())]
    assert found[0] > found[1] + 0.08


def test_a_batch_without_a_finite_loss_names_its_pictures():
    with pytest.raises(FloatingPointError, match=r"p\d+, p\d+.*is nan"):
        batches(Tiny(), lambda vectors, labels: vectors.sum() * float("nan"))(np.random.default_rng(0))


def test_map_by_label_by_hand():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32)
    # 0 asks for 2: second of three; Oxford's trapezoid gives 1/4. 2 asks for 0: third of three (1 and 3 tie before it): 1/6.
    assert map_by_label(vectors, [0, 1, 0, 2]) == pytest.approx((1 / 4 + 1 / 6) / 2)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: Labelled([], np.array([])), "at least one"), (lambda: Labelled([b""] * 3, np.zeros(3, int)), "same label"),
    (lambda: Labelled([b""] * 3, np.arange(3)), "no picture has a positive"),
    (lambda: tuples(Tiny(), mining="soft"), "random"),
    (lambda: next(tuples(Tiny(), mining="random", negatives=99)(np.random.default_rng(0))), "99 negatives")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_without_a_refresh_there_is_nothing_to_mine():
    with pytest.raises(RuntimeError, match="refresh"):
        next(tuples(Tiny())(np.random.default_rng(0)))
