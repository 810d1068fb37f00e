"""A linear metric: the cosine behind one matrix, learnt with the loss of the similarity networks.

    s(a, b) = cos(L a, L b)

It is symmetric, and an image is most similar to itself; images can be projected once and searched like any vectors.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cosine_similarity, normalize

from visret_lab.arrays import as_rows


class LinearMetric(nn.Module):
    """float32 B x D, B x D -> similarities B. It starts as the cosine.

    Args:
        dim: D. size: numbers behind L; None for D.
    """

    def __init__(self, dim, size=None):
        super().__init__()
        self.dim = dim
        self.layer = nn.Linear(dim, size or dim, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(size or dim, dim))

    def forward(self, a, b):
        """See the class."""
        return cosine_similarity(self.layer(a), self.layer(b), dim=1)

    @torch.inference_mode()
    def transform(self, vectors):
        """Projected vectors of unit length: float32 N x D -> N x size."""
        return np.ascontiguousarray(normalize(self.layer(torch.from_numpy(as_rows(vectors, "vectors", self.dim))), dim=1).numpy())
