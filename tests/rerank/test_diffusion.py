"""Diffusion on graphs that fit on a page: what is linked, what walks reach, what is cut, and what is refused."""

import numpy as np
import pytest
from scipy import sparse

from visret_lab.arrays import l2_normalize, rank
from visret_lab.rerank.conjugate_gradient import conjugate_gradient
from visret_lab.rerank.diffusion import Diffusion, solve, start
from visret_lab.rerank.knn_graph import affinity, knn_graph, nearest, normalized, require_graph
from visret_lab.rerank.offline_diffusion import OfflineDiffusion
from visret_lab.rerank.regional_diffusion import RegionalDiffusion, pooling_weights

RNG = np.random.default_rng(0)
BASE = l2_normalize(RNG.normal(size=(60, 6))).astype(np.float32)
ASKED = l2_normalize(RNG.normal(size=(5, 6))).astype(np.float32)


def dense(base, k, gamma=3.0, mutual=True):
    """The graph by its definition, with loops."""
    n, similar = len(base), base @ base.T
    near = [set(sorted((j for j in range(n) if j != i), key=lambda j: (-similar[i, j], j))[:k]) for i in range(n)]
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            linked = (j in near[i], i in near[j])
            if all(linked) if mutual else any(linked):
                out[i, j] = max(similar[i, j], 0) ** gamma
    return out


@pytest.mark.parametrize("mutual", [True, False])
def test_the_graph_is_that_of_the_definition(mutual):
    got = knn_graph(BASE, 7, mutual=mutual)
    assert np.allclose(got.toarray(), dense(BASE, 7, mutual=mutual), atol=1e-6)
    assert (abs(got - got.T) > 0).nnz == 0 and not got.diagonal().any()
    assert got.dtype == np.float32 and got.data.min() > 0


def test_copies_are_neighbours_of_each_other_and_never_of_themselves():
    base = np.repeat(BASE[:3], 4, axis=0)
    ids, _ = nearest(base, 3, block=5)
    assert all(set(row) == set(range(4 * (i // 4), 4 * (i // 4) + 4)) - {i} for i, row in enumerate(ids))


def test_a_list_that_names_an_image_itself_makes_no_loop():
    got = affinity(np.array([[0, 1], [1, 0]]), np.float32([[1, 0.5], [1, 0.5]])).toarray()
    assert np.allclose(got, [[0, 0.125], [0.125, 0]])


def test_negative_similarities_and_zero_rows_are_no_links():
    base = np.float32([[1, 0], [-1, 0], [0, 0], [0.8, 0.6]])
    got = knn_graph(base, 3).toarray()
    assert got[0, 1] == 0 and not got[2].any() and np.isclose(got[0, 3], 0.8**3)


def test_degrees_are_divided_on_both_sides_and_isolated_images_stay():
    graph = sparse.csr_matrix(np.float32([[0, 2, 0, 0], [2, 0, 6, 0], [0, 6, 0, 0], [0, 0, 0, 0]]))
    want = np.zeros((4, 4))
    want[0, 1] = want[1, 0] = 2 / np.sqrt(2 * 8)
    want[1, 2] = want[2, 1] = 6 / np.sqrt(8 * 6)
    s = normalized(graph)
    assert np.allclose(s.toarray(), want)
    assert np.abs(np.linalg.eigvalsh(want)).max() <= 1 + 1e-12
    y = np.array([[0.0], [0], [0], [1]])
    assert np.allclose(solve(s, y), y)  # the walker on the island stays there


def test_the_solution_is_the_limit_of_the_walk():
    s, alpha = normalized(knn_graph(BASE, 8)), 0.8
    y = start(ASKED @ BASE.T, 3)
    f = np.zeros_like(y)
    for _ in range(200):
        f = alpha * (s @ f) + (1 - alpha) * y
    assert np.abs(f).max() > 0.1
    assert np.allclose(solve(s, y, alpha, 100), f / (1 - alpha), atol=1e-5)


def test_columns_are_solved_as_if_alone_also_when_one_is_zero_or_done_early():
    s = normalized(knn_graph(BASE, 8))
    y = np.concatenate([start(ASKED @ BASE.T, 3), np.zeros((60, 1), np.float32)], axis=1)
    together = solve(s, y)
    assert not together[:, -1].any()
    for q in range(5):
        assert np.allclose(together[:, q], solve(s, y[:, q : q + 1])[:, 0], atol=1e-6)
    assert np.allclose(conjugate_gradient(lambda p: 2 * p, np.array([4, 6])), [2, 3])


def test_only_the_component_of_the_start_is_reached_and_the_rest_keeps_its_order():
    base = np.zeros((10, 4), np.float32)
    base[:5, :2] = [[np.cos(t), np.sin(t)] for t in np.linspace(0, 1, 5)]
    base[5:, 2:] = [[np.cos(t), np.sin(t)] for t in np.linspace(0, 1, 5)]
    found = Diffusion(k=2, k_query=1).fit(base)
    query = np.float32([[1, 0, 0.1, 0.5]])
    scores = found.scores(query)
    assert (scores[0, :5] > 0).all() and not scores[0, 5:].any()
    order = found.ranking(query)[0]
    assert set(order[:5]) == set(range(5))
    assert order[5:].tolist() == [i for i in rank(found.similarities(query))[0] if i >= 5]


def test_the_own_picture_is_no_bridge():
    # a chain 0 - 1 - 2: without 1, nobody comes from 0 to 2
    s = normalized(sparse.csr_matrix(np.float32([[0, 1, 0], [1, 0, 1], [0, 1, 0]])))
    y = np.float32([[1, 1], [0, 5], [0, 0]])
    f = solve(s, y, absent=([1], [1]))
    assert f[2, 0] > 0.1 and f[2, 1] == 0 and f[1, 1] == 0
    a = np.eye(3) - 0.99 * s.toarray()
    assert np.allclose(f[:, 1], [1, 0, 0], atol=1e-6) and np.allclose(a @ f[:, 0], y[:, 0], atol=1e-5)


def test_with_the_own_picture_taken_out_all_others_score_as_if_it_were_unlinked():
    own = rank(ASKED @ BASE.T)[:, 0]  # where the walk would begin first of all
    model = Diffusion(k=8, k_query=3, iterations=60).fit(BASE)
    scores = model.scores(ASKED, own)
    for q, i in enumerate(own):
        s = model.transition_.toarray()
        s[i] = s[:, i] = 0
        y = start(np.delete(ASKED[q] @ BASE.T, i)[None], 3)[:, 0]
        want = np.linalg.solve(np.eye(60) - 0.99 * s, np.insert(y, i, 0))
        assert np.allclose(scores[q], np.maximum(want, 0), atol=1e-4)
    assert (model.ranking(ASKED, own)[:, 0] == own).all()


def test_cutting_to_all_images_cuts_nothing():
    model = Diffusion(k=8, k_query=3).fit(BASE)
    assert (model.truncated_ranking(ASKED, 60) == model.ranking(ASKED)).all()
    assert (model.truncated_ranking(ASKED, 10_000) == model.ranking(ASKED)).all()


def test_a_cut_list_is_the_diffusion_of_its_images_alone():
    model = Diffusion(k=8, k_query=3).fit(BASE)
    order = model.truncated_ranking(ASKED, 20)
    before = rank(model.similarities(ASKED))
    for q in range(5):
        kept = np.sort(before[q, :20])
        s = normalized(sparse.csr_matrix(dense(BASE, 8)[np.ix_(kept, kept)].astype(np.float32)))
        scores = solve(s, start(model.similarities(ASKED[q : q + 1])[:, kept], 3))[:, 0]
        reached = np.count_nonzero(scores > 1e-3)
        assert reached > 5
        by_walk = scores[np.searchsorted(kept, order[q, :reached])]
        assert (np.diff(by_walk) <= 1e-5).all()
        assert set(order[q, :20]) == set(kept) and (order[q, 20:] == before[q, 20:]).all()


def test_offline_with_all_images_is_online():
    online = Diffusion(k=8, k_query=3).fit(BASE).scores(ASKED)
    offline = OfflineDiffusion(top=60, k=8, k_query=3, iterations=60).fit(BASE)
    exact = Diffusion(k=8, k_query=3, iterations=60).fit(BASE).scores(ASKED)
    assert np.allclose(offline.scores(ASKED), exact, atol=1e-4)
    assert np.abs(online - exact).max() < 0.05 * exact.max()


def test_offline_keeps_so_many_and_costs_so_much():
    model = OfflineDiffusion(top=12, k=8, k_query=3).fit(BASE)
    assert (np.diff(model.solutions_.indptr) <= 12).all()
    assert model.nbytes == 60 * 6 * 4 + 8 * model.solutions_.nnz
    assert (model.solutions_.diagonal() >= 1).all()  # each keeps itself: f_i = e_i + alpha S f_i
    i = 7
    here = np.sort(np.append(nearest(BASE, 11)[0][i], i))
    want = solve(normalized(knn_graph(BASE, 8))[here][:, here], (here == i)[:, None].astype(np.float32))[:, 0]
    assert np.allclose(model.solutions_[i].toarray()[0, here], want, atol=1e-6)
    with pytest.raises(NotImplementedError, match="Diffusion"):
        model.truncated_ranking(ASKED)


def test_pooling_weights():
    v = l2_normalize(RNG.normal(size=(5, 8)))
    w = pooling_weights(v, 1.0)
    assert np.allclose((v @ v.T + np.eye(5)) @ w, 1, atol=1e-5)
    twice = pooling_weights(np.float32([[1, 0], [1, 0], [0, 1]]))
    assert np.isclose(twice[0], twice[1]) and np.isclose(twice[0], 1 / 3) and np.isclose(twice[2], 1 / 2)


def test_one_region_an_image_is_the_global_diffusion():
    regional = RegionalDiffusion(k=8, k_query=3).fit(list(BASE[:, None]))
    model, own = Diffusion(k=8, k_query=3).fit(BASE), [3, 9, -1, 0, 59]
    asked = list(ASKED[:, None])
    assert np.allclose(regional.scores(asked, own), model.scores(ASKED, own) / 2, atol=1e-5)  # the weight of one region is 1 / (1 + 1)
    assert (regional.ranking(asked, own)[:, :3] == model.ranking(ASKED, own)[:, :3]).all()


def test_regions_start_scores_and_own_picture():
    base = [BASE[3 * i : 3 * i + 3] for i in range(20)]
    model = RegionalDiffusion(k=8, k_query=4).fit(base)
    asked = [ASKED[:2], ASKED[2:]]
    similar = asked[0] @ BASE.T
    own = int(similar[0].argmax()) // 3  # the image with the region most like the first one asked
    gone = slice(3 * own, 3 * own + 3)
    y = model.start(asked[0], own)
    assert not y[gone].any() and np.count_nonzero(y) <= 8
    similar[:, gone] = -1
    want = sum(np.where(np.argsort(np.argsort(-row)) < 4, np.maximum(row, 0) ** 3, 0) for row in similar)
    assert np.allclose(y, want, atol=1e-6)
    scores = model.scores(asked, [own, -1])
    s = model.transition_.toarray()
    s[gone] = s[:, gone] = 0
    f = np.linalg.solve(np.eye(60) - 0.99 * s, y)
    pooled = [pooling_weights(one) @ f[3 * i : 3 * i + 3] for i, one in enumerate(base)]
    assert np.allclose(scores[0], np.maximum(pooled, 0), atol=0.02 * max(pooled))
    assert model.nbytes == BASE.nbytes + 8 * model.transition_.nnz


LOOP = sparse.csr_matrix(np.float32([[1, 1], [1, 0]]))


@pytest.mark.parametrize(("call", "words"), [
    (lambda: knn_graph(BASE, 60), "only 59 to take"),
    (lambda: knn_graph(BASE, 0), "k must be at least 1"),
    (lambda: knn_graph(BASE, 5, gamma=0), "gamma must be above 0"),
    (lambda: affinity(np.zeros((3, 2), int), np.zeros((3, 1))), "both be N x k"),
    (lambda: normalized(LOOP), "Image 0 is a neighbour of itself"),
    (lambda: normalized(sparse.csr_matrix(np.float32([[0, 1], [0, 0]]))), "not symmetric"),
    (lambda: normalized(sparse.csr_matrix(np.float32([[0, -1], [-1, 0]]))), "negative weights"),
    (lambda: require_graph(np.zeros((2, 2))), "square scipy.sparse"),
    (lambda: require_graph(sparse.csr_matrix((2, 3))), "square scipy.sparse"),
    (lambda: require_graph(sparse.csr_matrix(np.float32([[0, np.nan], [np.nan, 0]]))), "not finite"),
    (lambda: solve(normalized(knn_graph(BASE, 5)), np.ones((60, 1)), alpha=1.0), "never returns"),
    (lambda: solve(normalized(knn_graph(BASE, 5)), np.ones((59, 1))), "60 images"),
    (lambda: start(ASKED @ BASE.T, 61), "only 60 to take"),
    (lambda: conjugate_gradient(lambda p: -p, np.ones(3)), "not positive definite"),
    (lambda: conjugate_gradient(lambda p: p, np.ones(3), iterations=0), "iterations must be at least 1"),
    (lambda: conjugate_gradient(lambda p: p, np.array([np.inf])), "not finite"),
    (lambda: Diffusion(k=60).fit(BASE), "only 59 to take"),
    (lambda: Diffusion(k=5, k_query=10).fit(BASE).truncated_ranking(ASKED, 9), "at least k_query = 10"),
    (lambda: Diffusion(k=5).fit(BASE).scores(ASKED[:, :4]), "4 columns, but 6"),
    (lambda: OfflineDiffusion(top=0, k=5).fit(BASE), "top must be at least 1"),
    (lambda: pooling_weights(BASE[:2], 0), "penalty must be above 0"),
    (lambda: RegionalDiffusion(k=5, k_query=2).fit([BASE, BASE[:0]]), "at place 1 has no regions"),
    (lambda: RegionalDiffusion(k=5, k_query=2).fit([]), "There is no image"),
    (lambda: RegionalDiffusion(k=5, k_query=61).fit([BASE]).scores([ASKED]), "only 60 to take"),
])
def test_bad_calls_say_what_was_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_neighbours_that_are_at_hand_give_the_same_graph():
    base = [BASE[3 * i : 3 * i + 3] for i in range(20)]
    want, near = RegionalDiffusion(k=8).fit(base), nearest(BASE, 15)
    assert (abs(RegionalDiffusion(k=8).fit(base, near).transition_ - want.transition_) > 1e-6).nnz == 0
    with pytest.raises(ValueError, match="20 columns for 60 regions"):
        RegionalDiffusion(k=20).fit(base, near)
