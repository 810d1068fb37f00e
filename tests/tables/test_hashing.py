import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.compact.lsh import LSH
from visret_lab.datasets import load
from visret_lab.tables.experiments import ch11_hashing as run
from visret_lab.tables.experiments.neighbours import Task, recall_by_picture


def small_case(seed=0):
    rng = np.random.default_rng(seed)
    train, base, asked = (l2_normalize(rng.normal(size=(n, 16)).astype(np.float32)) for n in (600, 400, 9))
    true = np.argsort(-asked @ base.T, axis=1, kind="stable")[:, :10]
    return Task(train, base, asked, np.array([0, 0, 0, 0, 0, 0, 2, 2, 5]), true)


def test_a_search_by_many_planes_is_nearly_exact():
    case = small_case()
    few, many = (recall_by_picture(case, run.find(LSH(b).fit(case.learn), case, 10)).mean() for b in (8, 4096))
    assert many > 0.85 > few


@pytest.mark.filterwarnings("ignore:After 200 rounds")
def test_recall_by_bits_has_what_can_be_had():
    found = run.recall_by_bits(small_case(), bits=(8, 32), seeds=2, depth=20)
    assert set(found) == {*run.METHODS, "spherical, its distance"}
    assert set(found["ITQ"]) == {8} and set(found["LSH"]) == {8, 32}  # 16 numbers have 16 directions
    assert all(v.shape == (3,) and 0 <= v.min() and v.max() <= 1 for table in found.values() for v in table.values())


@pytest.mark.filterwarnings("ignore:After 200 rounds")
def test_results_of_image_vectors():
    data = load("places")
    rng = np.random.default_rng(0)
    base = l2_normalize(rng.normal(size=(len(data.ids), 24)).astype(np.float32))
    asked = l2_normalize(rng.normal(size=(len(data.queries), 24)).astype(np.float32))
    vectors = run.Vectors(rng.normal(size=(300, 24)).astype(np.float32), base, asked)
    found, rankings = run.results(data, vectors, bits=(16, 64))
    assert "FV, ITQ, 16 bits" in found and "FV, ITQ, 64 bits" not in found
    assert found["FV, LSH, 64 bits"].bytes_per_image == 8 and found["FV, no codes"].bytes_per_image == 96
    for ranking in rankings.values():
        assert (np.sort(ranking, axis=1) == np.arange(len(data.ids))).all()
    near = (rankings["FV, no codes"][:, :1] == rankings["FV, LSH, 64 bits"][:, :50]).any(1).mean()
    assert near > 0.5  # the nearest is among the first 50 of a thousand


def test_codes_learn_from_more_vectors_than_there_are_images():
    data, elsewhere = load("places"), load("elsewhere")
    vectors = run.image_vectors(data, elsewhere)
    assert len(vectors.train) > 3 * len(elsewhere.ids) and len(vectors.base) == len(data.ids)
    assert vectors.train.shape[1] == 2048 and np.allclose(np.linalg.norm(vectors.train, axis=1), 1, atol=1e-4)
