"""Semantic retrieval: captions say which pictures mean the same, and a network learns it from them.

Gordo and Larlus, "Beyond instance-level image retrieval: leveraging captions to learn a global visual representation for semantic
retrieval", CVPR 2017. s(i, j), how alike the captions of two pictures are, is the teacher. phi are embeddings of pictures, theta of
captions; for a query q, a picture + that is more alike, and a picture - that is less:

    L_v  = 1/2 max(0, m - phi_q . phi_+ + phi_q . phi_-)        pictures find pictures
    L_t1 = 1/2 max(0, m - phi_q . theta_+ + phi_q . theta_-)    pictures find captions
    L_t2 = 1/2 max(0, m - theta_q . phi_+ + theta_q . phi_-)    captions find pictures

With captions in the same space, a query can be a picture plus words, or minus words.
"""

import numpy as np
import torch
from scipy.sparse import csr_array

from visret_lab.arrays import l2_normalize
from visret_lab.training.losses.triplet import triplet


def caption_similarity(vectors, owner, count):
    """How alike the captions of any two pictures are: the teacher.

    Args:
        vectors: float S x D (NumPy or SciPy sparse), one a caption, such as tf-idf. owner: int64 S, the picture of each. count: pictures.

    Returns:
        float32 count x count, cosine of the summed captions; 0 for a picture without words. Symmetric, 1 on the diagonal elsewhere.

    Raises:
        ValueError: other numbers of captions and owners, or an owner that is no picture.
    """
    owner = np.asarray(owner, np.int64)
    if len(owner) != vectors.shape[0] or (len(owner) and (owner.min() < 0 or owner.max() >= count)):
        raise ValueError(f"owner names the picture of each of {vectors.shape[0]} captions, from 0 to {count - 1}; got {owner.shape}.")
    collect = csr_array((np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(count, len(owner)))
    summed = collect @ vectors
    rows = l2_normalize(np.asarray(summed.todense() if hasattr(summed, "todense") else summed, np.float32))
    return rows @ rows.T


def draw_triplets(rng, similarity, size, gap=0.1, tries=20):
    """Triplets by the teacher: s(q, +) is larger than s(q, -) by at least `gap`.

    Args:
        rng: numpy Generator. similarity: float N x N. size: triplets. gap: how clear the teacher must be. tries: draws for each.

    Returns:
        int64 T x 3 (query, positive, negative), T at most `size`: what the tries found.

    Raises:
        ValueError: fewer than three pictures, or a teacher for whom none of the tries differ.
    """
    n = len(similarity)
    if n < 3:
        raise ValueError(f"A triplet needs three pictures; there are {n}.")
    rows = rng.integers(n, size=(size * tries, 3))
    differ = (rows[:, 0] != rows[:, 1]) & (rows[:, 0] != rows[:, 2]) & (rows[:, 1] != rows[:, 2])
    rows = rows[differ]
    s, t = similarity[rows[:, 0], rows[:, 1]], similarity[rows[:, 0], rows[:, 2]]
    rows = np.where((s < t)[:, None], rows[:, [0, 2, 1]], rows)
    clear = rows[np.abs(s - t) >= gap][:size]
    if not len(clear):
        raise ValueError(f"No two pictures differ by {gap} for the teacher. Take a smaller gap, or captions that say more.")
    return clear


def semantic_loss(phi, theta, triplets, margin=0.1, text=1.0):
    """L_v + text (L_t1 + L_t2), averaged over triplets.

    Args:
        phi: float N x D, pictures. theta: float N x D, captions of the same pictures, or None: pictures alone. triplets: int64 T x 3,
            rows. margin: m. text: weight of the two losses with captions.

    Returns:
        tensor of one value.
    """
    q, p, n = torch.as_tensor(triplets).unbind(dim=1)
    loss = triplet(phi[q], phi[p], phi[n], margin)
    if theta is not None and text:
        loss = loss + text * (triplet(phi[q], theta[p], theta[n], margin) + triplet(theta[q], phi[p], phi[n], margin))
    return loss / len(triplets)


def multimodal_query(image, plus=None, minus=None, weight=1.0):
    """A picture plus words, minus words: unit length of phi + weight (theta_plus - theta_minus).

    Args:
        image: float32 D or Q x D, unit length. plus, minus: float32 D or Q x D, unit length, or None. weight: of the words.

    Returns:
        float32, as `image`.
    """
    query = np.asarray(image, np.float32).copy()
    for words, sign in ((plus, 1), (minus, -1)):
        if words is not None:
            query = query + sign * weight * np.asarray(words, np.float32)
    return l2_normalize(np.atleast_2d(query)).reshape(query.shape).astype(np.float32)
