"""Photographs and shots in one space: each side has a projection of its own, and they meet under the cosine.

    shot:  x_1 ... x_T  ->  summary z  ->  tanh(W_s z + b_s)  ->  unit length        photograph:  q  ->  tanh(W_q q + b_q)  ->  unit length

Garcia and Vogiatzis, "Asymmetric spatio-temporal embeddings for large-scale image-to-video retrieval", BMVC 2018. The summary is the last
state of an LSTM or a GRU, or a weighted mean. The vectors x_t and q come from the same frozen network.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.arrays import as_rows
from visret_lab.video.encoders.attention import AttentionPooling, MeanPooling
from visret_lab.video.encoders.batches import LIMIT, padded
from visret_lab.deep.recurrent import LastState

BLOCK = 256  # shots that are encoded together


class ShotEncoder(nn.Module):
    """The two sides of the search.

    Args:
        summary: module (float32 B x T x D, lengths int64 B) -> B x summary.width, with `dim` for D.
        code: K, numbers of the vector of a shot and of a photograph. limit: frames that a shot may have.
    """

    def __init__(self, summary, code=512, limit=LIMIT):
        super().__init__()
        self.summary, self.dim, self.limit = summary, summary.dim, limit
        self.shot, self.photo = nn.Linear(summary.width, code), nn.Linear(summary.dim, code)

    def forward(self, x, lengths):
        """Shots: float32 B x T x D, padded, int64 B -> B x K of unit length. ValueError: lengths that are not 1 to T."""
        return normalize(torch.tanh(self.shot(self.summary(x, lengths))), dim=1)

    def photos(self, q):
        """Photographs: float32 B x D -> B x K of unit length."""
        return normalize(torch.tanh(self.photo(q)), dim=1)

    @torch.inference_mode()
    def encode(self, shots):
        """One vector a shot.

        Args:
            shots: list of float T_i x D.

        Returns:
            float32 S x K of unit length.

        Raises:
            ValueError: no shot; a shot without frames, of more than `limit` frames, of another D, or with a value that is not finite.
        """
        if not len(shots):
            raise ValueError("There is no shot to encode.")
        order = np.argsort([len(shot) for shot in shots], kind="stable")  # shots of similar lengths together: little padding
        found = np.empty((len(shots), self.shot.out_features), np.float32)
        for part in np.split(order, range(BLOCK, len(order), BLOCK)):
            try:
                found[part] = self(*padded([shots[i] for i in part], self.dim, self.limit)).numpy()
            except ValueError:
                padded(shots, self.dim, self.limit)  # says the number that the caller gave it
                raise
        return found

    @torch.inference_mode()
    def encode_photos(self, vectors):
        """float Q x D -> float32 Q x K of unit length. ValueError: another D, or a value that is not finite."""
        return self.photos(torch.from_numpy(as_rows(vectors, "vectors", self.dim))).numpy()


def shot_encoder(kind, dim, hidden=512, code=512, limit=LIMIT):
    """An untrained encoder. Args: kind: "lstm", "gru", "attention" or "mean". dim: D. others: as `LastState` and `ShotEncoder`.

    Raises:
        ValueError: another kind.
    """
    if kind not in ("lstm", "gru", "attention", "mean"):
        raise ValueError(f"kind must be lstm, gru, attention or mean; got {kind!r}.")
    if kind == "mean":
        return ShotEncoder(MeanPooling(dim), code, limit)
    return ShotEncoder(AttentionPooling(dim, hidden) if kind == "attention" else LastState(dim, hidden, kind), code, limit)
