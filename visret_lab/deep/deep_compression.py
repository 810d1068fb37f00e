"""Read a network that was made small by deep compression.

Han, Mao, Dally, "Deep compression: compressing deep neural networks with pruning, trained quantization and Huffman coding",
ICLR 2016. Three ideas follow each other. *Pruning*: most weights become 0, and only the others are kept, each with the number of
zeros before it. *Trained quantisation*: a layer has 256 different weights, and each weight is the number of one of them: one
byte, as a word of a product quantiser. *Huffman coding* of both streams; the published SqueezeNet goes without it.

The file, little-endian, layer after layer:

    once      uint32, a layer: n, the weights that are kept
    a layer   float32 x 256        the different weights; the first is 0
              float32 x channels   biases
              uint8 x n            which of the 256 each kept weight is
              uint8 x ceil(n / 2)  zeros before it, 0 to 15, two in a byte, the lower half first

Where more than 15 zeros stand in a row, a weight with the value 0 is kept among them.
"""

import numpy as np

WORDS = 256


def decode(raw, shapes):
    """The layers of a compressed network.

    Args:
        raw: bytes of the file.
        shapes: list of the shapes of the weights, outputs first, in the order of the file.

    Returns:
        list of (weight float32 of that shape, bias float32 of its first side).

    Raises:
        ValueError: the file is shorter or longer than these layers need, or names a place outside a layer.
    """
    counts, at = _take(raw, 0, "<u4", len(shapes), "the numbers of weights")
    layers = []
    for i, (shape, count) in enumerate(zip(shapes, counts.tolist(), strict=True)):
        what = f"layer {i} of {len(shapes)}"
        words, at = _take(raw, at, "<f4", WORDS, what)
        bias, at = _take(raw, at, "<f4", shape[0], what)
        codes, at = _take(raw, at, "u1", count, what)
        pairs, at = _take(raw, at, "u1", -(-count // 2), what)
        layers.append((_spread(words[codes], gaps(pairs, count), shape, what), bias.astype(np.float32)))
    if at != len(raw):
        raise ValueError(f"The file has {len(raw) - at:,} bytes behind its last layer: it belongs to another network.")
    return layers


def gaps(pairs, count):
    """Zeros before each kept weight: uint8 ceil(n / 2), two in a byte -> int64 n."""
    both = np.stack([pairs & 15, pairs >> 4], axis=1)
    return both.ravel()[:count].astype(np.int64)


def _spread(values, zeros, shape, what):
    """Kept weights at their places among zeros."""
    places = np.cumsum(zeros + 1) - 1
    weight = np.zeros(int(np.prod(shape)), np.float32)
    if len(places) and places[-1] >= len(weight):
        raise ValueError(f"{what}: a weight would stand at place {places[-1]:,} of {len(weight):,}. The file is damaged, or belongs to "
                         "another network.")
    weight[places] = values
    return weight.reshape(shape)


def _take(raw, at, dtype, count, what):
    """`count` numbers from byte `at` on, and where the next begin."""
    size = np.dtype(dtype).itemsize * count
    if at + size > len(raw):
        raise ValueError(f"The file ends within {what}: {len(raw):,} bytes, at least {at + size:,} are needed. Was it loaded whole?")
    return np.frombuffer(raw, dtype, count, at), at + size
