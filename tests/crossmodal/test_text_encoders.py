import numpy as np
import pytest
import torch

from visret_lab.crossmodal.margin import MarginNetwork, MarginPairs, Rows, embed
from visret_lab.crossmodal.text import Vocabulary
from visret_lab.crossmodal.text_encoders import MLP, WordReader, WordRows
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

TEXTS = ["a ship at sea", "a tower", "two ships and a tower at night", "", "mermaid"]
VOCABULARY = Vocabulary.fit(TEXTS[:3])


def test_each_part_of_a_text_has_a_layer_of_its_own():
    net = MLP((3, 2), [4, 1]).eval()
    t = torch.randn(5, 5)
    by_hand = torch.cat([torch.tanh(t[:, :3] @ net.layers[0].weight.T + net.layers[0].bias),
                         torch.tanh(t[:, 3:] @ net.layers[1].weight.T + net.layers[1].bias)], dim=1)
    assert net.outputs == 5 and torch.allclose(net(t), by_hand, atol=1e-6)


@torch.inference_mode()
def test_a_comment_is_read_alike_in_every_batch():
    torch.manual_seed(0)
    net = WordReader(VOCABULARY, beside=2, dim=6, word_dim=5, hidden=7).eval()
    rows = WordRows(VOCABULARY, TEXTS, np.arange(10).reshape(5, 2))
    together = net(rows.take(np.arange(5)))
    alone = torch.cat([net(rows.take([i])) for i in range(5)])
    assert together.shape == (5, net.outputs) == (5, 9) and torch.allclose(together, alone, atol=1e-5)


@torch.inference_mode()
def test_the_order_of_the_words_counts_and_unknown_words_are_one():
    torch.manual_seed(0)
    net = WordReader(VOCABULARY, dim=6, word_dim=5, hidden=7).eval()
    rows = WordRows(VOCABULARY, ["ship a", "a ship", "mermaid", "", "dragon"])
    found = net(rows.take(range(5)))
    assert not torch.allclose(found[0], found[1], atol=1e-3)
    assert torch.allclose(found[2], found[3], atol=1e-6) and torch.allclose(found[2], found[4], atol=1e-6)
    assert torch.allclose(found.norm(dim=1), torch.full((5,), 6**0.5), atol=1e-5)


def test_a_reader_learns_what_no_word_says_alone(tmp_path):
    colors = ("red", "blue", "green", "black", "white")
    pairs = [(a, b) for a in range(5) for b in range(5) if a != b] * 4  # "red dog, blue cat" has the words of "blue dog, red cat"
    texts = [f"a {colors[a]} dog and a {colors[b]} cat" for a, b in pairs]
    images = np.array([np.eye(10)[a] + np.eye(10)[5 + b] for a, b in pairs], np.float32)
    vocabulary = Vocabulary.fit(texts)
    torch.manual_seed(0)
    net = MarginNetwork(10, 24, WordReader(vocabulary, dim=24, word_dim=16, hidden=24), outputs=12)
    rows = WordRows(vocabulary, texts)
    loss = MarginPairs(net, Rows(images), rows, size=64)
    minimise(net, loss, Schedule(steps=250, rate=1e-2, check=250, seed=0), tmp_path, progress=False)
    s = embed(net, rows, "text") @ embed(net, Rows(images), "image").T
    mirrored = [pairs.index((b, a)) for a, b in pairs]
    own = s[np.arange(len(pairs)), np.arange(len(pairs))]
    assert (own > s[np.arange(len(pairs)), mirrored]).mean() > 0.9


@pytest.mark.parametrize(("call", "says"), [
    (lambda: MLP([]), "needs a size"), (lambda: MLP((3, 0)), "at least 1"), (lambda: MLP((3, 2), [4]), r"hidden \[4\]"),
    (lambda: MLP((3, 2))(torch.zeros(1, 4)), r"3 \+ 2 numbers"),
    (lambda: WordRows(VOCABULARY, []), "at least one text"),
    (lambda: WordRows(VOCABULARY, ["a"], np.zeros((2, 3))), "1 texts and 2 rows")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
