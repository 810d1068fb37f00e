import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from visret_lab.crossmodal.captions import caption_similarity, draw_triplets, multimodal_query, semantic_loss

RNG = np.random.default_rng(2)


def unit(*shape):
    x = RNG.normal(size=shape)
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def test_similarity_is_the_cosine_of_the_summed_captions():
    vectors, owner = RNG.random((6, 4)), np.array([0, 0, 1, 2, 2, 2])
    summed = np.stack([vectors[owner == i].sum(axis=0) for i in range(4)])
    norms = np.linalg.norm(summed, axis=1)
    by_hand = np.divide(summed @ summed.T, np.outer(norms, norms), out=np.zeros((4, 4)), where=np.outer(norms, norms) > 0)
    for form in (vectors, csr_array(vectors)):
        assert np.allclose(caption_similarity(form, owner, 4), by_hand, atol=1e-6)
    with pytest.raises(ValueError, match="from 0 to 1"):
        caption_similarity(vectors, owner, 2)


def test_triplets_follow_the_teacher():
    s = np.abs(unit(30, 3) @ unit(30, 3).T)
    s = (s + s.T) / 2
    found = draw_triplets(np.random.default_rng(0), s, 200, gap=0.2)
    assert (s[found[:, 0], found[:, 1]] - s[found[:, 0], found[:, 2]] >= 0.2).all() and len(found) == 200
    assert all(len(set(t)) == 3 for t in found.tolist())
    with pytest.raises(ValueError, match="No two pictures differ"):
        draw_triplets(np.random.default_rng(0), np.ones((5, 5)), 10)
    with pytest.raises(ValueError, match="there are 2"):
        draw_triplets(np.random.default_rng(0), np.ones((2, 2)), 10)


def test_the_three_equations():
    phi, theta, triplets = unit(6, 4), unit(6, 4), np.array([[0, 1, 2], [3, 4, 5], [5, 0, 3]])

    def hinge(a, b, c):
        return 0.5 * max(0.0, 0.3 - a @ b + a @ c)

    seen = sum(hinge(phi[q], phi[p], phi[n]) for q, p, n in triplets) / 3
    said = sum(hinge(phi[q], theta[p], theta[n]) + hinge(theta[q], phi[p], phi[n]) for q, p, n in triplets) / 3
    a, b = torch.from_numpy(phi), torch.from_numpy(theta)
    assert semantic_loss(a, None, triplets, 0.3).item() == pytest.approx(seen, rel=1e-5)
    assert semantic_loss(a, b, triplets, 0.3, 0.5).item() == pytest.approx(seen + 0.5 * said, rel=1e-5)


def test_words_move_a_query():
    image, umbrella, man = np.eye(3, dtype=np.float32)
    query = multimodal_query(image, plus=umbrella, minus=man, weight=0.5)
    assert np.allclose(query * np.sqrt(1.5), [1, 0.5, -0.5], atol=1e-6)
    assert np.allclose(multimodal_query(np.stack([image, man])), [image, man]) and np.array_equal(multimodal_query(image), image)
