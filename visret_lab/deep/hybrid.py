"""Fisher vectors in place of the convolutions, fully connected layers behind them: a hybrid of the two schools.

Perronnin and Larlus, "Fisher vectors meet neural networks: a hybrid classification architecture", CVPR 2015. The lower part is designed and
learnt without labels (SIFT, mixture, Fisher vector, PCA); the upper part is trained to name things. What comes out of its last layer but
one is the image's vector for retrieval.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from visret_lab.arrays import as_rows, l2_normalize


class Hybrid(nn.Module):
    """Fully connected layers with ReLU over vectors of unit length.

    Args:
        dim: numbers of a vector (4,096 in the paper, behind a PCA). classes: names to learn. hidden: widths of the layers between.
        dropout: between them, in training.
    """

    def __init__(self, dim, classes, hidden=(4096, 4096), dropout=0.2):
        super().__init__()
        if dim < 1 or classes < 2 or not hidden or min(hidden) < 1:
            raise ValueError("A hybrid needs vectors, at least two classes, and layers of at least 1 number; got "
                             f"{dim}, {classes}, {hidden}.")
        widths = [dim, *hidden]
        self.layers = nn.Sequential(*[part for a, b in zip(widths, widths[1:], strict=False)
                                      for part in (nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout))])
        self.names = nn.Linear(hidden[-1], classes)
        self.scale = dim**0.5  # numbers of a unit vector are of the size 1 / sqrt(dim); layers start for numbers of size 1

    def forward(self, x):
        """float32 B x dim, unit length -> scores B x classes."""
        return self.names(self.layers(self.scale * x))

    @torch.inference_mode()
    def transform(self, vectors):
        """What the last layer but one gives: float32 N x dim -> N x hidden[-1], unit length; a row of zeros where nothing fires."""
        was = self.training
        self.eval()
        found = self.layers(self.scale * torch.from_numpy(as_rows(vectors, "vectors", self.layers[0].in_features))).numpy()
        self.train(was)
        return l2_normalize(found)


class NamingLoss:
    """The loss of a step for `training.loop.minimise`: cross-entropy of a batch of vectors.

    Args:
        network: Hybrid. vectors: float32 N x dim, unit length. labels: int N, 0 to classes - 1. batch: vectors a step.

    Raises:
        ValueError: another number of labels, labels out of range, or all the same.
    """

    def __init__(self, network, vectors, labels, batch=64):
        labels = np.asarray(labels)
        if len(labels) != len(vectors) or labels.min() < 0 or labels.max() >= network.names.out_features:
            raise ValueError(f"There must be a label from 0 to {network.names.out_features - 1} for each vector; got {len(labels)} labels "
                             f"up to {labels.max()} for {len(vectors)} vectors.")
        if len(np.unique(labels)) < 2:
            raise ValueError("All vectors have the same label: there is nothing to tell apart.")
        self.network, self.batch = network, batch
        self.vectors, self.labels = torch.from_numpy(as_rows(vectors, "vectors")), torch.from_numpy(labels.astype(np.int64))

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = torch.from_numpy(rng.integers(len(self.labels), size=self.batch))
        return cross_entropy(self.network(self.vectors[chosen]), self.labels[chosen], label_smoothing=0.1)
