"""PCA-whitening as a layer of a network: a shift and a fully connected layer.

    z = P (x - m) = P x + b,    b = -P m,    P = diag((v + epsilon)^-power) U

m, v, U: mean, variances and directions of a PCA. In this form the whitening can be trained with the rest of the network
(Gordo, Almazan, Revaud, Larlus, "Deep image retrieval", ECCV 2016).
"""

import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn


class Whitening(nn.Linear):
    """A fitted `compact.pca.PCA` as a layer: float32 R x C -> R x D. It brings no vector to unit length, before or after.

    Args:
        pca: fitted.

    Raises:
        sklearn.exceptions.NotFittedError: it is not.
    """

    def __init__(self, pca):
        check_is_fitted(pca, "components_")
        directions = torch.from_numpy(pca.scale_[:, None] * pca.components_)
        super().__init__(directions.shape[1], directions.shape[0])
        with torch.no_grad():
            self.weight.copy_(directions)
            self.bias.copy_(-directions @ torch.from_numpy(pca.mean_))
        self.requires_grad_(False)
