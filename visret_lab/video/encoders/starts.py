"""Weights to begin with: an encoder that stands where pooling stands, before it has learnt anything.

With W_g = s I, U_g = 0, b_f large and b_o large, an LSTM forgets little and shows all:

    c_T = sum over t of f^(T - t) i tanh(s x_t),    about a sum of the frames, the last ones a little heavier

and a GRU with W_n = s I, U_n = 0 keeps a running mean. With both projections the identity, photographs and shots then meet as they do with
sum pooling. Orthogonal and identity starts of recurrent networks: Le, Jaitly, Hinton, 2015; large b_f: Jozefowicz et al., ICML 2015.
"""

import torch
from torch import nn

from visret_lab.video.encoders.attention import AttentionPooling
from visret_lab.deep.recurrent import LastState

INNER, OUTER, KEEP = 0.5, 2.0, 4.0  # s and the factor of the projections, small, so that tanh bends little; of the gates' biases


@torch.no_grad()
def start_as_pooling(encoder, inner=INNER, outer=OUTER, keep=KEEP):
    """Give an encoder such weights; it is changed, and returned.

    Args:
        encoder: ShotEncoder whose D, width of the summary and code are one number.

    Raises:
        ValueError: they are not.
    """
    size = encoder.dim
    if encoder.summary.width != size or encoder.shot.out_features != size:
        raise ValueError(f"The identity is square: hidden and code must be D = {size}; got {encoder.summary.width} and "
                         f"{encoder.shot.out_features}.")
    for layer in (encoder.photo, encoder.shot):
        layer.weight.copy_(outer * torch.eye(size))
        layer.bias.zero_()
    if isinstance(encoder.summary, AttentionPooling):
        encoder.summary.weigh.weight.zero_()  # all frames alike
    if isinstance(encoder.summary, LastState):
        _keep_all(encoder.summary.cell, size, inner, keep)
    return encoder


def _keep_all(cell, size, inner, keep):
    block = slice(2 * size, 3 * size)  # the third block: g of the LSTM, n of the GRU
    cell.weight_ih_l0[block], cell.weight_hh_l0[block] = inner * torch.eye(size), 0.0
    for bias in (cell.bias_ih_l0, cell.bias_hh_l0):
        bias.zero_()
    cell.bias_ih_l0[size : 2 * size] = keep  # f of the LSTM, z of the GRU
    if isinstance(cell, nn.LSTM):
        cell.bias_ih_l0[3 * size :] = keep  # o
