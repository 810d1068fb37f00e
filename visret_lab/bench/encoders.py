"""Race of chapter 23: shots of different lengths through a packed LSTM, against torch.nn.LSTM over one shot after the other."""

from functools import cache

import numpy as np
import torch

from visret_lab.bench.race import Race
from visret_lab.video.encoders.shot_encoder import shot_encoder


@torch.inference_mode()
def one_by_one(network, shots):
    """Last states of torch.nn.LSTM, each shot alone: list of float32 T_i x D -> float32 S x H."""
    return np.concatenate([network(torch.from_numpy(shot)[None])[1][0][0].numpy() for shot in shots])


def by_hand(network, shot):
    """The equations of an LSTM, frame by frame: float T x D -> states float64 T x H. `network`: torch.nn.LSTM of one layer."""
    w, u, *b = (p.detach().double().numpy() for p in (network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0))
    h = c = np.zeros(u.shape[1])
    states = []
    for x in np.asarray(shot, np.float64):
        i, f, g, o = np.split(w @ x + u @ h + b[0] + b[1], 4)
        c = _logistic(f) * c + _logistic(i) * np.tanh(g)
        h = _logistic(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def races(small=False):
    """The races of this chapter; `small` for tests."""
    dim, hidden, count = (6, 8, 12) if small else (128, 256, 200)

    @cache
    def case():
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        encoder = shot_encoder("lstm", dim, hidden, hidden).eval()
        return encoder, [rng.normal(size=(n, dim)).astype(np.float32) for n in rng.integers(1, 51, count)]

    def ours():
        encoder, shots = case()
        return encoder.encode(shots)

    @torch.inference_mode()
    def theirs():
        encoder, shots = case()
        code = torch.tanh(encoder.shot(torch.from_numpy(one_by_one(encoder.summary.cell, shots))))
        return (code / code.norm(dim=1, keepdim=True)).numpy()

    return [Race(f"{count} shots of 1 to 50 frames, LSTM of {hidden} units", "23_video_encoders", "torch.nn.LSTM, one shot after the other",
                 ours, theirs, target=0.1 if small else 1.3, tolerance=1e-5,
                 note="packed: shots of similar lengths go through together, and no padding is read")]
