import numpy as np
import pytest
import torch

from visret_lab.video.encoders.batches import padded
from visret_lab.deep.recurrent import LastState
from visret_lab.video.encoders.shot_encoder import shot_encoder
from visret_lab.video.encoders.starts import start_as_pooling
from visret_lab.video.sampling import evenly

KINDS = ("lstm", "gru", "attention", "mean")
DIM = 6


def encoder(kind, seed=0, **more):
    torch.manual_seed(seed)
    return shot_encoder(kind, DIM, hidden=8, code=5, **more).eval()


def shots(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, DIM)).astype(np.float32) for n in lengths]


@pytest.mark.parametrize("kind", KINDS)
def test_one_unit_vector_a_shot_in_the_order_given(kind):
    net, many = encoder(kind), shots(3, 1, 50, 7, 2)
    found = net.encode(many)
    assert found.shape == (5, 5) and found.dtype == np.float32 and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    for row, shot in zip(found, many, strict=True):
        assert np.abs(net.encode([shot])[0] - row).max() < 1e-5  # the neighbours in a batch, and their padding, change nothing


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_the_padding_is_never_read(kind):
    net = encoder(kind)
    x, lengths = padded(shots(3, 7, 1), DIM)
    want = net(x, lengths)
    for i, n in enumerate(lengths):
        x[i, n:] = float("nan") if kind in ("lstm", "gru") else 1e6
    found = net(x, lengths)
    assert torch.isfinite(found).all() and (found - want).abs().max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_no_gradient_comes_from_the_padding(kind):
    x, lengths = padded(shots(3, 7, 1), DIM)
    x.requires_grad_(True)
    encoder(kind)(x, lengths).sum().backward()
    for i, n in enumerate(lengths):
        assert not x.grad[i, int(n) :].any()
        assert x.grad[i, : int(n)].any()


@pytest.mark.parametrize(("kind", "minds"), [("lstm", True), ("gru", True), ("attention", False), ("mean", False)])
def test_whether_the_order_of_frames_counts(kind, minds):
    net, (shot,) = encoder(kind), shots(6)
    assert (np.abs(net.encode([shot]) - net.encode([shot[::-1].copy()])).max() > 1e-3) == minds


def test_attention_weights_are_a_share_and_equal_ones_are_the_mean():
    pool = encoder("attention").summary
    x, lengths = padded(shots(4, 2), DIM)
    weights = pool.weights(x, lengths).detach()
    assert torch.allclose(weights.sum(dim=1), torch.ones(2)) and not weights[1, 2:].any() and weights[0].std() > 0
    with torch.no_grad():
        pool.weigh.weight.zero_()
    assert np.abs(pool(x, lengths)[1].detach().numpy() - x[1, :2].mean(dim=0).numpy()).max() < 1e-6


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_last_of_all_states_is_the_summary(cell):
    torch.manual_seed(0)
    net, (x, lengths) = LastState(DIM, 8, cell), padded(shots(4, 2), DIM)
    states, last = net.states(x, lengths), net(x, lengths)
    assert states.shape == (2, 4, 8) and torch.equal(states[0, 3], last[0]) and torch.equal(states[1, 1], last[1])
    assert not states[1, 2:].any()


def test_the_projection_is_tanh_and_unit_length():
    net, q = encoder("gru"), shots(3)[0]
    want = np.tanh(q @ net.photo.weight.detach().numpy().T + net.photo.bias.detach().numpy())
    assert np.abs(net.encode_photos(q) - want / np.linalg.norm(want, axis=1, keepdims=True)).max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_bad_shots_are_named(kind):
    net = encoder(kind)
    good = shots(3)[0]
    for bad, words in ((np.zeros((0, DIM)), "Shot 1 has no frames"), (np.full((2, DIM), np.nan), "shot 1 has a value that is not finite"),
                       (np.zeros((2, DIM + 1)), f"shot 1 has {DIM + 1} columns"),
                       (np.zeros((51, DIM)), "Shot 1 has 51 frames.*at most 50")):
        with pytest.raises(ValueError, match=words):
            net.encode([good, bad])
    with pytest.raises(ValueError, match="no shot"):
        net.encode([])


def test_a_shot_in_a_later_block_is_named_by_its_place():
    many = [*shots(*[1] * 299), np.zeros((60, DIM), np.float32)]
    with pytest.raises(ValueError, match="Shot 299 has 60 frames"):
        encoder("gru").encode(many)


def test_the_error_of_a_long_shot_says_what_helps():
    net, (long,) = encoder("lstm"), shots(120)
    with pytest.raises(ValueError, match=r"evenly\(120, 50\)"):
        net.encode([long])
    assert net.encode([long[evenly(120, 50)]]).shape == (1, 5)
    assert encoder("lstm", limit=200).encode([long]).shape == (1, 5)


def test_other_bad_input():
    with pytest.raises(ValueError, match="lstm, gru, attention or mean"):
        shot_encoder("rnn", DIM)
    with pytest.raises(ValueError, match="lstm, gru"):
        LastState(DIM, 8, "rnn")
    x, lengths = padded(shots(3), DIM)
    for bad in (torch.tensor([0]), torch.tensor([4]), torch.tensor([1, 1])):
        for kind in KINDS:
            with pytest.raises(ValueError, match="between 1 and|one length each"):
                encoder(kind)(x, bad)
    with pytest.raises(ValueError, match="vectors has 7 columns"):
        encoder("gru").encode_photos(np.zeros((1, 7)))


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_may_start_where_pooling_stands(kind):
    """With frames of one direction the code points there; with several, near their mean, and the last frames weigh more."""
    torch.manual_seed(0)
    net = start_as_pooling(shot_encoder(kind, 16, 16, 16)).eval()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 9, 16)).astype(np.float32)
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    mean = x.mean(axis=1)
    found, asked = net.encode(list(x)), net.encode_photos(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    same = found @ asked.T
    assert np.diag(same).min() > (0.8 if kind in ("lstm", "gru") else 0.99) and (same.argmax(axis=1) == np.arange(5)).all()
    before = shot_encoder(kind, 16, 16, 16).eval()
    assert np.diag(before.encode(list(x)) @ before.encode_photos(mean).T).max() < 0.8


def test_such_a_start_needs_equal_sizes():
    with pytest.raises(ValueError, match="must be D = 6; got 8 and 5"):
        start_as_pooling(encoder("lstm"))
