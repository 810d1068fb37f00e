"""The last state of a recurrent network that reads a sequence, the frames of a shot or the words of a sentence, one after the other.

LSTM (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers, Schmidhuber, Cummins, 2000):

    i_t = s(W_i x_t + U_i h_{t-1} + b_i)      what comes in          g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
    f_t = s(W_f x_t + U_f h_{t-1} + b_f)      what is kept           c_t = f_t * c_{t-1} + i_t * g_t
    o_t = s(W_o x_t + U_o h_{t-1} + b_o)      what is shown          h_t = o_t * tanh(c_t)

GRU (Cho et al., EMNLP 2014, as torch writes it):

    r_t = s(W_r x_t + U_r h_{t-1} + b_r)      z_t = s(W_z x_t + U_z h_{t-1} + b_z)
    n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + b'_n))            h_t = (1 - z_t) * n_t + z_t * h_{t-1}

s is the logistic function, * takes numbers one by one, and h_0 = c_0 = 0. The sequence is h_T.
"""

from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class LastState(nn.Module):
    """h_T of each sequence of a batch. They are packed: a padded row is never read, so it can change nothing and costs no time.

    Args:
        dim: D, of the vector of a frame or a word. hidden: H, of the state; 512 in the paper. cell: "lstm" or "gru".
    """

    def __init__(self, dim, hidden=512, cell="lstm"):
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")
        self.dim, self.width = dim, hidden
        self.cell = CELLS[cell](dim, hidden, batch_first=True)

    def forward(self, x, lengths):
        """float32 B x T x D, int64 B -> float32 B x H. ValueError: lengths that are not 1 to T."""
        require_lengths(x, lengths)
        last = self.cell(pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False))[1]
        return (last[0] if isinstance(last, tuple) else last)[-1]

    def states(self, x, lengths):
        """h_t of every step: B x T x H, zeros behind the end of a sequence. To look at; arguments and errors as `forward`."""
        require_lengths(x, lengths)
        packed = self.cell(pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False))[0]
        return pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])[0]


def require_lengths(x, lengths):
    """ValueError unless x is B x T x D and lengths int B, from 1 to T."""
    if x.dim() != 3 or lengths.shape != x.shape[:1]:
        raise ValueError(f"A batch of sequences is B x T x D with one length each; got {tuple(x.shape)} and {tuple(lengths.shape)}.")
    if len(lengths) and (int(lengths.min()) < 1 or int(lengths.max()) > x.shape[1]):
        raise ValueError(f"Lengths must lie between 1 and {x.shape[1]}; got {int(lengths.min())} to {int(lengths.max())}. A sequence "
                         "without elements has no vector: drop it.")
