"""Average-precision loss: the measure of the course, made smooth, as what is minimised.

Revaud, Almazan, de Rezende, de Souza, "Learning with average precision: training image retrieval with a listwise loss", ICCV 2019.
Sorting has no gradient. So each similarity s is put into bins, softly: bin m has the middle b_m and gets the share

    delta(s, m) = max(0, 1 - |s - b_m| / D),    D the distance of two middles

of it. Down the bins, the largest similarities first, h_m counts the images and h+_m the relevant ones, and

    AP = sum over m of  (H+_m / H_m) (h+_m / n),    H_m = h_1 + ... + h_m,  n relevant images
"""

import torch
from torch import nn


def soft_average_precision(similarity, relevant, bins=20, low=-1.0, high=1.0):
    """Average precision of each query over bins of similarities.

    Where every similarity stands in the middle of a bin of its own it is the average precision itself (the plain sum, not
    Oxford's trapezoids).

    Args:
        similarity: float Q x N. Below `low` and above `high` all falls into the outermost bins.
        relevant: bool Q x N; at least one in each row.
        bins: M, at least 2. low, high: middles of the last and the first bin.

    Returns:
        float Q, 0 to 1.

    Raises:
        ValueError: other shapes, a query without a relevant image, fewer than 2 bins, or low not below high.
    """
    if similarity.ndim != 2 or similarity.shape != relevant.shape or not similarity.numel():
        raise ValueError(f"similarity and relevant must both be Q x N; got {tuple(similarity.shape)} and {tuple(relevant.shape)}.")
    if bins < 2 or not low < high:
        raise ValueError(f"There must be at least 2 bins, from low to high; got {bins} from {low} to {high}.")
    relevant = relevant.to(similarity.dtype)
    count = relevant.sum(dim=1)
    if not count.all():
        raise ValueError(f"Query {int((count == 0).nonzero()[0])} has no relevant image in the batch: its average precision says nothing. "
                         "Draw at least two images of each class.")
    middles = torch.linspace(high, low, bins, dtype=similarity.dtype, device=similarity.device)
    width = (high - low) / (bins - 1)
    share = torch.relu(1 - (similarity.clamp(low, high)[:, None] - middles[:, None]).abs() / width)  # Q x M x N
    found, right = share.sum(dim=2), (share * relevant[:, None]).sum(dim=2)
    precision = right.cumsum(dim=1) / found.cumsum(dim=1).clamp_min(torch.finfo(similarity.dtype).eps)
    return (precision * right).sum(dim=1) / count


class AveragePrecision(nn.Module):
    """1 - mean of `soft_average_precision` over a batch in which each image asks for those of its class.

    Args:
        bins, low, high: as there.
    """

    def __init__(self, bins=20, low=-1.0, high=1.0):
        super().__init__()
        self.bins, self.low, self.high = bins, low, high

    def forward(self, vectors, labels):
        """float B x D, unit length, and int B -> tensor of one value. An image alone in its class does not ask; itself never counts.

        Raises:
            ValueError: no class has two images in the batch.
        """
        same = labels[:, None] == labels
        others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        asks = (same & others).any(dim=1)
        if not asks.any():
            raise ValueError("No class has two images in this batch, so nobody has anything to find. Draw several images of each class.")
        size = (len(labels), len(labels) - 1)
        similarity, relevant = ((x[others].reshape(size))[asks] for x in (vectors @ vectors.T, same))
        return 1 - soft_average_precision(similarity, relevant, self.bins, self.low, self.high).mean()
