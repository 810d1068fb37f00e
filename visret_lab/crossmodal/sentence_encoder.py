"""A sentence as one vector, by a network that reads its words one after the other.

The recurrent cells are those of `visret_lab.deep.recurrent`, where their equations stand: a sentence is a sequence of words as a
shot is a sequence of frames. Kiros, Salakhutdinov, Zemel, "Unifying Visual-Semantic Embeddings", 2014, read captions so.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from visret_lab.arrays import as_rows
from visret_lab.deep.recurrent import CELLS, LastState, require_lengths

KINDS = ("gru", "lstm", "mean")


class SentenceEncoder(nn.Module):
    """Word ids -> the vectors of the words -> the last state of a GRU or LSTM, or the mean -> a linear layer -> unit length.

        z = W h_T + b,    z / |z|

    Args:
        vocabulary: `Vocabulary`, whose unknown word has a vector too; it is learnt where training leaves rare words out.
        dim: D, of the result. word_dim: of a word's vector. hidden: of the state. kind: "gru", "lstm", or "mean": of the words' vectors, in
            which their order is lost.
        vectors: `WordVectors` to begin with, in which case word_dim is theirs; words that they lack begin at random. Or None.
        frozen: keep the word vectors as they are.
    """

    def __init__(self, vocabulary, dim=256, word_dim=300, hidden=256, kind="gru", vectors=None, frozen=False):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}.")
        word_dim = word_dim if vectors is None else vectors.dim
        self.unknown, self.kind = vocabulary.unknown, kind
        self.words = nn.Embedding(len(vocabulary) + 1, word_dim)
        nn.init.normal_(self.words.weight, std=word_dim**-0.5)
        if vectors is not None:
            self._begin(vocabulary, vectors)
        self.words.weight.requires_grad_(not frozen)
        self.reader = LastState(word_dim, hidden, kind) if kind in CELLS else None
        self.project = nn.Linear(hidden if self.reader else word_dim, dim)

    def forward(self, ids, lengths):
        """int64 B x T, int64 B -> float32 B x D, rows of unit length. Ids behind the end of a sentence are never read.

        Raises:
            ValueError: lengths that are not 1 to T; `padded` makes them.
        """
        vectors = self.words(ids)
        require_lengths(vectors, lengths)
        if self.reader:
            read = self.reader(vectors, lengths)
        else:
            inside = (torch.arange(ids.shape[1], device=ids.device) < lengths.to(ids.device)[:, None]).to(vectors.dtype)
            read = (vectors * inside[:, :, None]).sum(dim=1) / lengths.to(vectors)[:, None]
        return F.normalize(self.project(read), dim=1)

    def _begin(self, vocabulary, vectors):
        known = [i for i, word in enumerate(vocabulary.words) if word in vectors]
        if not known:
            raise ValueError("None of the vocabulary's words has a vector. Are both lower case?")
        rows = as_rows(np.stack([vectors[vocabulary.words[i]] for i in known]), "vectors")
        with torch.no_grad():
            self.words.weight[known] = torch.from_numpy(rows)


def padded(sentences, unknown):
    """Sentences of different lengths as one batch.

    Args:
        sentences: list of int64 T_i, word ids as `Vocabulary.encode` gives them. unknown: the id of the unknown word. A sentence without
            words is read as a single unknown word, so that every caption has a vector.

    Returns:
        (int64 B x T tensor, filled up with `unknown`; int64 B, lengths, at least 1).

    Raises:
        ValueError: no sentence, or an id outside 0 to `unknown`.
    """
    if not len(sentences):
        raise ValueError("A batch needs at least one sentence.")
    sentences = [np.asarray(s, np.int64) if len(s) else np.array([unknown]) for s in sentences]
    lengths = np.array([len(s) for s in sentences])
    ids = np.full((len(sentences), lengths.max()), unknown, np.int64)
    for row, sentence in zip(ids, sentences):
        row[: len(sentence)] = sentence
    if ids.min() < 0 or ids.max() > unknown:
        raise ValueError(f"Word ids run from 0 to {unknown}; got {ids.min()} to {ids.max()}. Is it the vocabulary of this encoder?")
    return torch.from_numpy(ids), torch.from_numpy(lengths)


@torch.inference_mode()
def encode_texts(encoder, vocabulary, texts, batch=256):
    """Texts (list of str) as float32 N x D of unit length, in batches of like length; the encoder is in `eval` while it reads.

    Raises:
        ValueError: a vocabulary of another size than the encoder's.
    """
    if vocabulary.unknown != encoder.unknown:
        raise ValueError(f"The encoder was made for {encoder.unknown} words; this vocabulary has {vocabulary.unknown}.")
    sentences = [vocabulary.encode(text) for text in texts]
    order = np.argsort([len(s) for s in sentences], kind="stable")
    training, out = encoder.training, np.zeros((len(sentences), encoder.project.out_features), np.float32)
    encoder.eval()
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        ids, lengths = padded([sentences[i] for i in some], vocabulary.unknown)
        out[some] = encoder(ids.to(encoder.project.weight.device), lengths).cpu().numpy()
    encoder.train(training)
    return out
