"""A small TFLite file, written here after the FlatBuffers layout, is read back; the published MobileNetV2 where it is at hand."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from visret_lab.deep.tflite import read_layers


class Buffer:
    """Writes tables: first the layout (vtable), then the table, then what it points to; every offset points forward."""

    def __init__(self):
        self.bytes = bytearray(b"\0\0\0\0TFL3")

    def table(self, fields):
        """fields: dict number -> ("B", byte), ("I", number), a dict (table), a list of dicts, or an array."""
        count = max(fields, default=-1) + 1
        layout = len(self.bytes)
        self.bytes += bytes(4 + 2 * count)
        start, places = len(self.bytes), {}
        self.bytes += struct.pack("<i", start - layout)
        for number, value in fields.items():
            places[number] = len(self.bytes)
            code, content = value if isinstance(value, tuple) else ("I", 0)
            self.bytes += struct.pack(f"<{code}", content)
        struct.pack_into("<HH", self.bytes, layout, 4 + 2 * count, len(self.bytes) - start)
        for number, place in places.items():
            struct.pack_into("<H", self.bytes, layout + 4 + 2 * number, place - start)
        for number, value in fields.items():
            if not isinstance(value, tuple):
                self.point(places[number], self.child(value))
        return start

    def child(self, value):
        if isinstance(value, dict):
            return self.table(value)
        start = len(self.bytes)
        self.bytes += struct.pack("<I", len(value))
        if isinstance(value, list):
            self.bytes += bytes(4 * len(value))
            for i, table in enumerate(value):
                self.point(start + 4 + 4 * i, self.table(table))
        else:
            self.bytes += value.tobytes()
        return start

    def point(self, place, target):
        struct.pack_into("<I", self.bytes, place, target - place)


def tensor(buffer, array, scale=None, zero=None):
    kind = {np.dtype("u1"): 3, np.dtype("<i4"): 2, np.dtype("<f4"): 0, np.dtype("<i2"): 7}[array.dtype]
    made = {0: np.array(array.shape, "<i4"), 1: ("B", kind), 2: ("I", buffer)}
    if scale is not None:
        made[4] = {2: np.atleast_1d(np.array(scale, "<f4")), **({} if zero is None else {3: np.array([zero], "<i8")})}
    return made


def written(weight=None, scale=0.5):
    """A file with a convolution 2 x 3 (1 x 1), an operator without weights, and a depthwise 3 x 3 of two channels."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (2, 1, 1, 3)).astype("u1") if weight is None else weight
    second, biases = rng.integers(0, 256, (1, 3, 3, 2)).astype("u1"), [np.array([4, -6], "<i4"), np.array([1.5, 2], "<f4")]
    arrays = [first, biases[0], second, biases[1]]
    tensors = [tensor(1, first, scale, 128), tensor(2, biases[0], 0.25), tensor(3, second, 2.0, 7), tensor(4, biases[1])]
    operators = [{0: ("I", 1), 1: np.array([9, 0, 1], "<i4")}, {0: ("I", 2), 1: np.array([9], "<i4")},
                 {1: np.array([9, 2, 3], "<i4")}]  # the third leaves its operator out: number 0
    buffers = [{}] + [{0: np.frombuffer(a.tobytes(), "u1")} for a in arrays]
    out = Buffer()
    model = out.table({1: [{0: ("B", 4)}, {0: ("B", 3)}, {0: ("B", 17)}], 2: [{0: tensors, 3: operators}], 4: buffers})
    out.point(0, model)
    return bytes(out.bytes), arrays


def test_weights_are_scaled_and_turned():
    raw, (first, _, second, _) = written()
    convolution, depthwise = read_layers(raw)
    assert (convolution.kind, depthwise.kind) == ("convolution", "depthwise")
    assert convolution.weight.shape == (2, 3, 1, 1) and depthwise.weight.shape == (2, 1, 3, 3)
    assert convolution.weight[1, 2, 0, 0] == 0.5 * (int(first[1, 0, 0, 2]) - 128)
    assert depthwise.weight[1, 0, 2, 0] == 2.0 * (int(second[0, 2, 0, 1]) - 7)
    assert convolution.bias.tolist() == [1.0, -1.5] and depthwise.bias.tolist() == [1.5, 2]
    assert all(array.dtype == np.float32 for layer in (convolution, depthwise) for array in layer[1:])


def test_what_is_no_whole_file_is_refused():
    raw, _ = written()
    with pytest.raises(ValueError, match="TFL3"):
        read_layers(b"PK\3\4" + raw[4:7])
    for cut in (12, len(raw) // 2, len(raw) - 3):
        with pytest.raises(ValueError, match="damaged, or was not loaded whole"):
            read_layers(raw[:cut])


def test_types_and_scales_that_are_not_known():
    with pytest.raises(ValueError, match="type 7"):
        read_layers(written(np.zeros((2, 1, 1, 3), "<i2"))[0])
    with pytest.raises(ValueError, match="2 scales"):
        read_layers(written(scale=[0.5, 0.25])[0])


def test_the_published_mobilenet_has_the_shapes_of_torchvisions():
    path = Path(os.environ.get("VISRET_MIRROR", "/nowhere")) / "weights/mobilenet_v2_1.0_224-quant/mobilenet_v2_1.0_224_quant.tflite"
    if not path.is_file():
        pytest.skip("VISRET_MIRROR holds no mobilenet_v2_1.0_224_quant.tflite")
    from torchvision.models import mobilenet_v2

    want = [tuple(p.shape) for p in mobilenet_v2(weights=None).parameters() if p.dim() == 4]
    layers = read_layers(path.read_bytes())
    assert [layer.weight.shape for layer in layers[:-1]] == want and layers[-1].weight.shape == (1001, 1280, 1, 1)
