"""Race of chapter 21: the head of a list by a similarity network, prepared, against the pairs stacked one under the other."""

from functools import cache

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.bench.race import Race
from visret_lab.training.similarity import SIZES, SimilarityNet


def layers(network):
    """The same network as one torch.nn.Sequential over stacked pairs, B x 2 D -> B x 1."""
    return torch.nn.Sequential(network.first, *network.rest)


@torch.inference_mode()
def stacked(model, query, images):
    """Every pair written out: float32 D, M x D -> float32 M."""
    pairs = np.concatenate([np.broadcast_to(query, images.shape), images], axis=1)
    return model(torch.from_numpy(pairs))[:, 0].numpy()


def races(small=False):
    """The races of this chapter; `small` for tests."""
    dim, hidden, candidates, queries = (8, (16, 16), 10, 2) if small else (512, SIZES["A"], 100, 10)

    @cache
    def case():
        torch.manual_seed(0)
        network = SimilarityNet(dim, hidden)
        rows = l2_normalize(np.random.default_rng(0).normal(size=(queries + candidates, dim)).astype(np.float32))
        return network, layers(network), rows[:queries], rows[queries:], network.prepared(rows[queries:])

    def ours():
        network, _, asked, _, prepared = case()
        return np.stack([network.scores(q, prepared) for q in asked])

    def theirs():
        _, model, asked, images, _ = case()
        return np.stack([stacked(model, q, images) for q in asked])

    return [Race(f"{candidates} candidates of {queries} queries, similarity network of size A, {dim} numbers", "21_similarity_networks",
                 "torch.nn.Sequential over stacked pairs", ours, theirs, target=0.1 if small else 1.3, tolerance=1e-5,
                 note="the database's part of the first layer is at hand, as it is in a search")]
