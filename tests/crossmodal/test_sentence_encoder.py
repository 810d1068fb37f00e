import numpy as np
import pytest
import torch

from visret_lab.crossmodal.sentence_encoder import SentenceEncoder, encode_texts, padded
from visret_lab.crossmodal.text import Vocabulary
from visret_lab.crossmodal.word_vectors import WordVectors

WORDS = Vocabulary(["a", "dog", "bites", "man", "red"])


def encoder(kind="gru", **more):
    torch.manual_seed(0)
    return SentenceEncoder(WORDS, dim=6, word_dim=4, hidden=5, kind=kind, **more)


@pytest.mark.parametrize("kind", ["gru", "lstm", "mean"])
def test_padding_changes_nothing(kind):
    model = encoder(kind)
    short, long = WORDS.encode("a dog"), WORDS.encode("a red dog bites a man")
    alone, together = (model(*padded(batch, WORDS.unknown)) for batch in ([short], [short, long]))
    assert torch.allclose(alone[0], together[0], atol=1e-6)
    ids, lengths = padded([short, long], WORDS.unknown)
    ids[0, 2:] = 3  # whatever stands behind the end
    assert torch.allclose(model(ids, lengths), together, atol=1e-6)


@pytest.mark.parametrize("kind", ["gru", "lstm", "mean"])
def test_unit_length_and_shape(kind):
    found = encode_texts(encoder(kind), WORDS, ["a dog", "", "\U0001f436 unknown words", "a red dog bites a man"])
    assert found.shape == (4, 6) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_order_matters_to_the_recurrent_ones_only():
    for kind, matters in (("gru", True), ("lstm", True), ("mean", False)):
        a, b = encode_texts(encoder(kind), WORDS, ["dog bites man", "man bites dog"])
        assert (np.abs(a - b).max() > 1e-3) == matters


def test_the_mean_is_that_of_the_words():
    model = encoder("mean")
    with torch.no_grad():
        wanted = model.project(model.words.weight[[1, 2]].mean(dim=0))
    assert np.allclose(encode_texts(model, WORDS, ["dog bites"])[0], wanted / wanted.norm(), atol=1e-6)


def test_an_empty_caption_is_an_unknown_word():
    a, b, c = encode_texts(encoder(), WORDS, ["", "cube", "cube cube"])
    assert np.allclose(a, b, atol=1e-6) and np.abs(a - c).max() > 1e-4


def test_batches_of_like_length_come_back_in_order():
    model, texts = encoder(), ["a red dog bites a man", "a", "dog bites", "", "man bites a dog", "red"]
    one = np.concatenate([encode_texts(model, WORDS, [text]) for text in texts])
    assert np.allclose(encode_texts(model, WORDS, texts, batch=2), one, atol=1e-6) and model.training
    assert encode_texts(model, WORDS, []).shape == (0, 6)


def test_it_begins_with_published_vectors():
    vectors = WordVectors(["dog", "man", "cat"], np.arange(9.0).reshape(3, 3))
    model = encoder(vectors=vectors, frozen=True)
    weight = model.words.weight
    assert weight.shape == (6, 3) and weight[1].tolist() == [0, 1, 2] and weight[3].tolist() == [3, 4, 5]
    assert not weight.requires_grad and encoder().words.weight.requires_grad
    with pytest.raises(ValueError, match="None of the vocabulary's words has a vector"):
        encoder(vectors=WordVectors(["Dog"], [[1.0]]))


def test_it_learns_to_tell_who_bites_whom():
    texts, target = ["dog bites man", "man bites dog"], torch.tensor([1.0, -1.0])
    model = encoder()
    optimiser = torch.optim.Adam(model.parameters(), 0.05)
    batch = padded([WORDS.encode(t) for t in texts], WORDS.unknown)
    for _ in range(30):
        loss = ((model(*batch)[:, 0] - target) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.1


@pytest.mark.parametrize("made, words", [
    (lambda: encoder("rnn"), "kind must be one of gru, lstm, mean"),
    (lambda: padded([], 5), "at least one sentence"),
    (lambda: padded([np.array([0, 6])], 5), "from 0 to 5; got 0 to 6"),
    (lambda: encode_texts(encoder(), Vocabulary(["a"]), ["a"]), "made for 5 words; this vocabulary has 1"),
    (lambda: encoder()(torch.zeros(1, 2, dtype=torch.int64), torch.tensor([0])), "Lengths must lie between 1 and 2"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made()
