import faiss
import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact.pq import PQIndex, ProductQuantizer
from visret_lab.search.engines import Engine
from visret_lab.teaching.exercises import ch10_product_quantization as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_sizes_are_the_packages():
    rng = np.random.default_rng(0)
    quantizer = ProductQuantizer(M=4, n_iter=2).fit(rng.normal(size=(10000, 32)))
    bytes_, binary_log, vocabulary = exercise.sizes.reference(32, 4, 8)
    assert PQIndex(quantizer).add(rng.normal(size=(10, 32))).nbytes == 10 * bytes_
    assert vocabulary == quantizer.codewords_.nbytes and 2.0**binary_log == 256.0**4


def test_codes_and_distances_are_the_packages():
    for x, words in exercise.encode.cases():
        ours = ProductQuantizer.from_codewords(words)
        assert (exercise.encode.reference(x, words) == ours.encode(x)).all()
    for q, codes, words in exercise.distances.cases():
        ours = ProductQuantizer.from_codewords(words)
        assert exercise.distances.reference(q, codes, words) == pytest.approx(ours.asymmetric(q, codes.astype(np.uint8))[0], rel=1e-4)


def faiss_ivf(kind, centres, words=None):
    """A FAISS index with given centres, and for IVF-PQ with given words."""
    coarse = faiss.IndexFlatL2(centres.shape[1])
    coarse.add(centres.astype(np.float32))
    if kind == "ivf":
        index = faiss.IndexIVFFlat(coarse, centres.shape[1], len(centres))
    else:
        index = faiss.IndexIVFPQ(coarse, centres.shape[1], len(centres), len(words), words.shape[1].bit_length() - 1)
        faiss.copy_array_to_vector(words.astype(np.float32).ravel(), index.pq.centroids)
        index.precompute_table()
    index.is_trained = True
    return index


def test_search_in_cells_is_faiss():
    for q, x, centres, nprobe, k in exercise.ivf.cases():
        index = faiss_ivf("ivf", centres)
        index.add(x.astype(np.float32))
        index.nprobe = nprobe
        assert exercise.ivf.reference(q, x, centres, nprobe, k).tolist() == index.search(q[None].astype(np.float32), k)[1][0].tolist()


def test_distances_to_residuals_are_faiss():
    for q, cells, codes, centres, words in exercise.residuals.cases():
        index = faiss_ivf("ivfpq", centres, words)
        residual = words[np.arange(len(words)), codes].reshape(len(codes), -1)
        index.add((centres[cells] + residual).astype(np.float32))
        index.nprobe = len(centres)
        found, ids = index.search(q[None].astype(np.float32), len(codes))
        # FAISS assigns anew; points that stay in their cell have exactly our code.
        stays = ((centres[cells] + residual)[:, None] - centres).__pow__(2).sum(2).argmin(1) == cells
        ours = exercise.residuals.reference(q, cells, codes, centres, words)
        theirs = np.full(len(codes), np.nan)
        theirs[ids[0]] = found[0]
        assert stays.sum() > 2 and ours[stays] == pytest.approx(theirs[stays], rel=1e-4, abs=1e-4)


def test_a_long_list_finds_what_is_connected():
    for q, x, links, start, _ in exercise.walk.cases():
        reached, found = {start}, [start]
        for here in found:
            found += [i for i in links[here] if i not in reached]
            reached |= set(links[here])
        exact = sorted(reached, key=lambda i: ((x[i] - q) ** 2).sum())
        assert exercise.walk.reference(q, x, links, start, len(x)).tolist() == exact


def test_a_walk_is_faiss():
    """On the lowest layer of FAISS's own graph the walk finds what FAISS finds."""
    rng = np.random.default_rng(0)
    x, q = rng.normal(size=(60, 8)).astype(np.float32), rng.normal(size=(20, 8)).astype(np.float32)
    engine = Engine("hnsw", 8, M=4).add(x)
    graph = engine.index.hnsw
    assert graph.max_level >= 1
    near, offsets = faiss.vector_to_array(graph.neighbors), faiss.vector_to_array(graph.offsets)
    links = [[j for j in near[offsets[i] : offsets[i] + graph.nb_neighbors(0)].tolist() if j >= 0] for i in range(len(x))]
    whole = engine.set(efSearch=60).search(q, 10)[1]
    for row, ids in zip(q, whole, strict=True):
        assert exercise.walk.reference(row, x, links, int(graph.entry_point), 60)[:10].tolist() == ids.tolist()


@pytest.mark.parametrize(("ef", "found"), [(1, [2]), (2, [2, 1]), (3, [3, 4, 2])])
def test_a_walk_by_hand(ef, found):
    """Points 0, 2, 3, 7, 8 on a line, query 6: only over the point 0, which is no step nearer, one comes to 7."""
    x, links = np.array([[0.0], [2], [3], [7], [8]]), [[1, 3], [0, 2], [1], [0, 4], [3]]
    assert exercise.walk.reference(np.array([6.0]), x, links, 1, ef).tolist() == found
