"""Three readers of a museum's comment: tf-idf as it is, an MLP over tf-idf, and a recurrent network over the words in their order.

Garcia and Vogiatzis, "How to read paintings", ECCV workshops 2018. Comment and title are read apart and set side by side:

    BOW   t = [tf-idf(comment), tf-idf(title)]
    MLP   t = [tanh(W_c tf-idf(comment) + b_c), tanh(W_t tf-idf(title) + b_t)]
    RNN   t = [h_T of the comment's words, tanh(W_t tf-idf(title) + b_t)]

Each is the `encoder` of a `margin.MarginNetwork`; BOW needs none.
"""

import numpy as np
import torch
from torch import nn

from visret_lab.crossmodal.sentence_encoder import SentenceEncoder, padded


class MLP(nn.Module):
    """One hidden layer for each part of the text, side by side.

    Args:
        sizes: numbers of each part, such as (words of comments, words of titles); a part stands behind the other in the rows.
        hidden: numbers that each becomes, a list of the same length, or one int for all.
        dropout: share of the hidden numbers that a step of the training leaves out.

    Attributes:
        outputs: numbers that come out.

    Raises:
        ValueError: no part, a size below 1, lists of other lengths.
    """

    def __init__(self, sizes, hidden=128, dropout=0.0):
        super().__init__()
        sizes = list(sizes)
        hidden = [hidden] * len(sizes) if isinstance(hidden, int) else list(hidden)
        if not sizes or len(hidden) != len(sizes) or min(*sizes, *hidden) < 1:
            raise ValueError(f"Each part of a text needs a size and a hidden layer of at least 1; got sizes {sizes}, hidden {hidden}.")
        self.sizes, self.outputs = sizes, sum(hidden)
        self.layers = nn.ModuleList([nn.Linear(size, width) for size, width in zip(sizes, hidden, strict=True)])
        self.drop = nn.Dropout(dropout)

    def forward(self, t):
        """float B x sum(sizes) -> B x outputs, -1 to 1. ValueError: another number of columns."""
        if t.ndim != 2 or t.shape[1] != sum(self.sizes):
            raise ValueError(f"Rows of {' + '.join(map(str, self.sizes))} numbers are expected; got shape {tuple(t.shape)}.")
        parts = torch.split(t, self.sizes, dim=1)
        return self.drop(torch.cat([torch.tanh(layer(part)) for layer, part in zip(self.layers, parts, strict=True)], dim=1))


class WordReader(nn.Module):
    """A recurrent network over the words of a comment; what else is known of the text (the title) goes through an MLP of its own.

    Args:
        vocabulary: text.Vocabulary of the comments. beside: numbers that `WordRows` gives beside the words; 0: none.
        dim: numbers that the comment becomes. word_dim, hidden, kind, vectors: of `SentenceEncoder`.
        dropout: as `MLP`, of all that comes out.

    Attributes:
        outputs: numbers that come out.
    """

    def __init__(self, vocabulary, beside=0, dim=128, word_dim=64, hidden=128, kind="gru", vectors=None, dropout=0.0):
        super().__init__()
        self.words = SentenceEncoder(vocabulary, dim, word_dim, hidden, kind, vectors)
        self.beside = MLP([beside], dim // 2) if beside else None
        self.outputs = dim + (dim // 2 if beside else 0)
        self.drop = nn.Dropout(dropout)

    def forward(self, text):
        """(int64 B x T word ids, int64 B lengths, float B x beside), as `WordRows.take` gives them -> float B x outputs.

        The words are read packed: nothing behind the end of a comment changes its state. The comment's part has the length of a row of
        numbers about 1, as that of the title has.
        """
        ids, lengths, beside = text
        read = self.words(ids, lengths)
        read = read * read.shape[1] ** 0.5
        return self.drop(read if self.beside is None else torch.cat([read, self.beside(beside)], dim=1))


class WordRows:
    """Comments as word ids, with vectors beside them.

    Args:
        vocabulary: text.Vocabulary, of the training comments. texts: list of str. beside: float N x D, or None.

    Raises:
        ValueError: no text, other numbers of texts and of vectors.
    """

    def __init__(self, vocabulary, texts, beside=None):
        self.sentences, self.unknown = [vocabulary.encode(text) for text in texts], vocabulary.unknown
        beside = np.zeros((len(self.sentences), 0), np.float32) if beside is None else np.ascontiguousarray(beside, np.float32)
        if not self.sentences or len(beside) != len(self.sentences):
            raise ValueError(f"Each of at least one text needs a row beside it; got {len(self.sentences)} texts and {len(beside)} rows.")
        self.beside = torch.from_numpy(beside)

    def __len__(self):
        return len(self.sentences)

    def take(self, rows):
        """(int64 B x T padded, int64 B lengths, float32 B x D) of int rows B. A text without words is one unknown word."""
        rows = np.asarray(rows)
        ids, lengths = padded([self.sentences[i] for i in rows], self.unknown)
        return ids, lengths, self.beside[torch.from_numpy(rows)]
