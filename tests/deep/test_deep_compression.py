"""A network written as the paper describes is read back; the published SqueezeNet where it is at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from visret_lab.deep.deep_compression import decode, gaps

SHAPES = [(4, 3, 3, 3), (5, 4, 1, 1), (2, 40)]


def compress(layers, rng):
    """The bytes of pruned layers: plain loops, after the paper."""
    counts, body = [], b""
    for weight, bias in layers:
        words = np.concatenate([[0], np.unique(weight[weight != 0])])
        words = np.concatenate([words, rng.random(256 - len(words))]).astype("<f4")
        codes, zeros, run = [], [], 0
        for value in weight.ravel():
            if value == 0 and run < 15:
                run += 1
                continue
            codes.append(int(np.flatnonzero(words == np.float32(value))[0]))  # the word 0 where a run of zeros is too long
            zeros.append(run)
            run = 0
        nibbles = zeros + [0] * (len(zeros) % 2)
        counts.append(len(codes))
        body += words.tobytes() + bias.astype("<f4").tobytes() + bytes(codes)
        body += bytes(a | b << 4 for a, b in zip(nibbles[::2], nibbles[1::2], strict=True))
    return np.array(counts, "<u4").tobytes() + body


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    layers = []
    for shape in SHAPES:
        weight = rng.choice(rng.normal(size=20), shape) * (rng.random(shape) < 0.15)
        layers.append((weight.astype(np.float32), rng.normal(size=shape[0]).astype(np.float32)))
    return layers, compress(layers, rng)


def test_what_was_compressed_is_read_back(network):
    layers, raw = network
    for (weight, bias), (want, expected) in zip(decode(raw, SHAPES), layers, strict=True):
        assert np.array_equal(weight, want) and np.array_equal(bias, expected)
        assert weight.dtype == bias.dtype == np.float32


def test_two_gaps_in_a_byte():
    assert gaps(np.array([0x2F, 0x07], np.uint8), 3).tolist() == [15, 2, 7]


def test_a_file_that_does_not_fit_is_refused(network):
    _, raw = network
    for cut in (2, 100, len(raw) - 1):
        with pytest.raises(ValueError, match="ends within"):
            decode(raw[:cut], SHAPES)
    with pytest.raises(ValueError, match="behind its last layer"):
        decode(raw + b"x", SHAPES)
    with pytest.raises(ValueError, match="place .* of"):
        decode(raw, [(4, 3, 3, 1), *SHAPES[1:]])


def test_the_published_squeezenet_fits_torchvisions():
    path = Path(os.environ.get("VISRET_MIRROR", "/nowhere")) / "weights/squeezenet1_0-deepcompression/compressed_SqueezeNet.net"
    if not path.is_file():
        pytest.skip("VISRET_MIRROR holds no compressed_SqueezeNet.net")
    from torchvision.models import squeezenet1_0

    shapes = [tuple(p.shape) for name, p in squeezenet1_0(weights=None).named_parameters() if name.endswith("weight")]
    layers = decode(path.read_bytes(), shapes)
    assert len(layers) == 26 and all(len(np.unique(weight)) <= 256 for weight, _ in layers)
    assert sum(np.count_nonzero(weight) for weight, _ in layers) < 0.35 * sum(weight.size for weight, _ in layers)
