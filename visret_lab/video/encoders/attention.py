"""A weighted mean of a shot's frames, the weights learnt: additive attention (Bahdanau, Cho, Bengio, ICLR 2015) without a query.

    e_t = v . tanh(W x_t + b)      a_t = exp(e_t) / sum over s of exp(e_s)      z = sum over t of a_t x_t

All a_t equal is the mean of the frames. The order of the frames does not count.
"""

import torch
from torch import nn

from visret_lab.deep.recurrent import require_lengths


class MeanPooling(nn.Module):
    """The mean of each shot's frames: what is left when nothing is weighed. The control of an experiment. Args: dim: D."""

    def __init__(self, dim):
        super().__init__()
        self.dim = self.width = dim

    def forward(self, x, lengths):
        """float32 B x T x D, int64 B -> float32 B x D. ValueError: lengths that are not 1 to T."""
        require_lengths(x, lengths)
        inside = (torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]).to(x.dtype)
        return (inside[:, None] @ x)[:, 0] / inside.sum(dim=1, keepdim=True)


class AttentionPooling(nn.Module):
    """z of each shot of a batch.

    Args:
        dim: D, of a frame's vector; also of the result. hidden: of the layer that weighs.
    """

    def __init__(self, dim, hidden=512):
        super().__init__()
        self.dim, self.width = dim, dim
        self.see, self.weigh = nn.Linear(dim, hidden), nn.Linear(hidden, 1, bias=False)

    def weights(self, x, lengths):
        """a: float32 B x T x D, int64 B -> B x T; each row sums to 1, and is 0 behind the end of the shot. ValueError: as `LastState`."""
        require_lengths(x, lengths)
        scores = self.weigh(torch.tanh(self.see(x)))[..., 0]
        outside = torch.arange(x.shape[1], device=x.device) >= lengths.to(x.device)[:, None]
        return scores.masked_fill(outside, float("-inf")).softmax(dim=1)

    def forward(self, x, lengths):
        """float32 B x T x D, int64 B -> B x D. Errors as `weights`."""
        return (self.weights(x, lengths)[:, None] @ x)[:, 0]
