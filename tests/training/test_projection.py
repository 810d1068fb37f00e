import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.losses.average_precision import AveragePrecision
from visret_lab.training.projection import CatalogueBatches, ClassBatches, Projection
from visret_lab.training.retrieval import map_by_label

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(12), 6)
VECTORS = np.concatenate([np.repeat(RNG.normal(size=(12, 6)), 6, axis=0) + 0.4 * RNG.normal(size=(72, 6)),
                          2 * RNG.normal(size=(72, 6))], axis=1).astype(np.float32)


def test_it_starts_as_the_pca():
    pca = PCA(5, power=0.5).fit(VECTORS)
    assert np.abs(Projection(pca).transform(VECTORS) - l2_normalize(pca.transform(VECTORS))).max() < 1e-5


def test_a_batch_has_its_classes_and_the_pictures_that_are_always_there():
    seen = []
    always = np.arange(72) % 6 == 5

    def loss(x, labels):
        seen.append((x, labels))
        return x.sum()

    batches = ClassBatches(torch.nn.Identity(), np.arange(72, dtype=np.float32)[:, None] + 1, LABELS, loss, classes=5, each=3, always=always)
    for k in range(6):
        batches(np.random.default_rng(k))
    for x, labels in seen:
        chosen = x[:, 0].long().numpy() - 1
        assert len(set(labels.tolist())) == 5 and len(set(chosen.tolist())) == 15 and np.array_equal(LABELS[chosen], labels.numpy())
        assert always[chosen].sum() == 5


def test_average_precision_rises_on_other_pictures_of_the_classes(tmp_path):
    learn = np.arange(72) % 6 < 4
    network = Projection(PCA(8, power=0.5).fit(VECTORS))
    before = map_by_label(network.transform(VECTORS[~learn]), LABELS[~learn])
    batches = ClassBatches(network, VECTORS[learn], LABELS[learn], AveragePrecision(10), classes=8, noise=0.1)
    minimise(network, batches, Schedule(steps=150, batch=1, rate=2e-2, decay=0, check=150), tmp_path, progress=False)
    assert map_by_label(network.transform(VECTORS[~learn]), LABELS[~learn]) > before + 0.1


CATALOGUE = np.arange(72) % 6 == 5


def test_photographs_are_named_by_the_pictures_of_the_catalogue():
    unit = torch.nn.functional.normalize(torch.from_numpy(VECTORS), dim=1)
    batches = CatalogueBatches(lambda x: torch.nn.functional.normalize(x, dim=1), VECTORS, LABELS, CATALOGUE, temperature=0.2, batch=9)
    chosen = np.random.default_rng(3).choice(np.flatnonzero(~CATALOGUE), 9)
    total = 0.0
    for i in chosen:
        logs = torch.log_softmax(torch.stack([unit[i] @ unit[np.flatnonzero(CATALOGUE & (LABELS == k))[0]] for k in range(12)]) / 0.2, 0)
        total -= 0.9 * float(logs[LABELS[i]]) + 0.1 * float(logs.mean())  # labels smoothed by a tenth
    assert float(batches(np.random.default_rng(3))) == pytest.approx(total / 9, rel=1e-5)


def test_the_catalogue_is_found_more_often(tmp_path):
    learn = np.arange(72) % 6 != 4
    network = Projection(PCA(8, power=0.5).fit(VECTORS))

    def right():
        x = network.transform(VECTORS)
        return (LABELS[CATALOGUE][(x[~learn] @ x[CATALOGUE].T).argmax(1)] == LABELS[~learn]).mean()

    before = right()
    batches = CatalogueBatches(network, VECTORS[learn], LABELS[learn], CATALOGUE[learn], noise=0.1)
    minimise(network, batches, Schedule(steps=150, batch=1, rate=2e-2, decay=0, check=150), tmp_path, progress=False)
    assert right() > before + 0.15


@pytest.mark.parametrize(("call", "says"), [
    (lambda: CatalogueBatches(None, VECTORS, LABELS, CATALOGUE[:5]), "mark for each"),
    (lambda: CatalogueBatches(None, VECTORS, LABELS, ~CATALOGUE), "one picture of each"),
    (lambda: CatalogueBatches(None, VECTORS, LABELS, CATALOGUE, 0), "temperature"),
    (lambda: CatalogueBatches(None, VECTORS[CATALOGUE], LABELS[CATALOGUE], CATALOGUE[CATALOGUE]), "No photograph"),
    (lambda: ClassBatches(None, VECTORS, LABELS[:5], None), "label for each"), (lambda: ClassBatches(None, VECTORS, np.arange(72), None), "two labels"),
    (lambda: ClassBatches(None, VECTORS, LABELS, None, each=1), "each")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
