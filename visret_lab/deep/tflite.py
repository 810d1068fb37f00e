"""Read the weights of an 8-bit network from a TFLite file, and turn them back into numbers.

A file is a FlatBuffer: tables that point to each other by relative offsets (schema: TensorFlow Lite, schema.fbs, version 3). Weights
are 8-bit integers u with a scale s and a zero point z for each tensor (Jacob et al., "Quantization and training of neural networks
for efficient integer-arithmetic-only inference", CVPR 2018, equation 1):

    w = s (u - z)

Biases are 32-bit integers, with the product of the scales of input and weights.
"""

from struct import error as struct_error
from struct import unpack_from
from typing import NamedTuple

import numpy as np

CONVOLUTIONS = {3: "convolution", 4: "depthwise"}  # operator codes of the schema
DTYPES = {0: "<f4", 2: "<i4", 3: "u1"}  # tensor types of the schema that weights have


class Layer(NamedTuple):
    """A convolution: kind "convolution" or "depthwise"; weight float32, outputs x inputs x height x width (depthwise: x 1 x); bias
    float32, one an output."""

    kind: str
    weight: np.ndarray
    bias: np.ndarray


def read_layers(raw):
    """The convolutions of a network, in the order in which it computes them.

    Args:
        raw: bytes of the file.

    Returns:
        list of Layer.

    Raises:
        ValueError: no TFLite file, a damaged one, or weights of a type that this reader does not know.
    """
    if raw[4:8] != b"TFL3":
        raise ValueError("This is no TFLite file of version 3: the letters TFL3 are missing at its byte 4.")
    try:
        return _Reader(raw).layers()
    except (struct_error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"The TFLite file is damaged, or was not loaded whole ({len(raw):,} bytes): {error}") from error


class _Reader:
    """Tables of one FlatBuffer. A table is known by its byte; its fields by their numbers in the schema."""

    def __init__(self, raw):
        self.raw = raw
        model = self._follow(0)
        graph = self._tables(model, 2)[0]
        self.codes = [self._byte(table, 0) for table in self._tables(model, 1)]
        self.buffers, self.tensors = self._tables(model, 4), self._tables(graph, 0)
        self.operators = self._tables(graph, 3)

    def layers(self):
        found = []
        for operator in self.operators:
            kind = CONVOLUTIONS.get(self.codes[self._number(operator, 0)])
            if kind:
                _, weight, bias = self._numbers(operator, 1, "<i4")[:3]
                weight = self._tensor(weight)
                order = (0, 3, 1, 2) if kind == "convolution" else (3, 0, 1, 2)  # depthwise: 1 x height x width x outputs
                found.append(Layer(kind, np.ascontiguousarray(weight.transpose(order)), self._tensor(bias)))
        return found

    def _tensor(self, index):
        """A tensor as float32."""
        table = self.tensors[index]
        shape, kind = self._numbers(table, 0, "<i4"), self._byte(table, 1)
        if kind not in DTYPES:
            raise ValueError(f"Tensor {index} has the type {kind} of the schema; this reader knows {', '.join(map(str, DTYPES))}.")
        stored = self._numbers(self.buffers[self._number(table, 2)], 0, "u1").tobytes()
        numbers = np.frombuffer(stored, DTYPES[kind]).reshape(shape)
        if kind == 0:
            return numbers.astype(np.float32)
        quantization = self._follow(self._field(table, 4))
        scale, zero = self._numbers(quantization, 2, "<f4"), self._numbers(quantization, 3, "<i8")
        if len(scale) != 1:
            raise ValueError(f"Tensor {index} has {len(scale)} scales; this reader knows tensors with one.")
        return (scale[0] * (numbers.astype(np.int64) - (zero[0] if len(zero) else 0))).astype(np.float32)

    def _follow(self, at):
        """Where an offset at this byte points to."""
        return at + unpack_from("<I", self.raw, at)[0]

    def _field(self, table, number):
        """The byte of a field, or None where the table leaves it out."""
        layout = table - unpack_from("<i", self.raw, table)[0]
        if 4 + 2 * number >= unpack_from("<H", self.raw, layout)[0]:
            return None
        offset = unpack_from("<H", self.raw, layout + 4 + 2 * number)[0]
        return table + offset if offset else None

    def _byte(self, table, number):
        at = self._field(table, number)
        return 0 if at is None else self.raw[at]

    def _number(self, table, number):
        at = self._field(table, number)
        return 0 if at is None else unpack_from("<I", self.raw, at)[0]

    def _vector(self, table, number):
        """(first byte, length) of a vector."""
        at = self._field(table, number)
        if at is None:
            return 0, 0
        start = self._follow(at)
        return start + 4, unpack_from("<I", self.raw, start)[0]

    def _numbers(self, table, number, dtype):
        start, length = self._vector(table, number)
        if start + length * np.dtype(dtype).itemsize > len(self.raw):
            raise IndexError(f"a vector of {length:,} numbers begins at byte {start:,}")
        return np.frombuffer(self.raw, dtype, length, start) if length else np.zeros(0, dtype)

    def _tables(self, table, number):
        start, length = self._vector(table, number)
        return [self._follow(start + 4 * i) for i in range(length)]
