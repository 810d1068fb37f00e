import io
import os
import pickle

import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.restricted_pickle import load_pickle

PLAIN = {
    "names": ["a", "b"], "text": "x", "bytes": b"\xff\x00", "none": None, "yes": True, "float": 1.5, "big": 10**30,
    "set": {1, 2}, "frozen": frozenset({3}), "tuple": (1, (2, 3)), "complex": 1 + 2j, "bytearray": bytearray(b"ab"),
}
ARRAYS = [
    np.arange(6).reshape(2, 3), np.zeros((2, 2), np.float32, order="F"), np.array(["ab", "c"]), np.array([]),
    np.array([[1, "two", None]], dtype=object), np.float64(2.5), np.int16(3), np.dtype("f4"), np.array([b"xy"]),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
]


@pytest.mark.parametrize("protocol", range(6))
def test_plain_content_and_arrays_come_back(tmp_path, protocol):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([PLAIN, ARRAYS], protocol=protocol))
    plain, arrays = load_pickle(path)
    assert plain == PLAIN
    for ours, theirs in zip(arrays, ARRAYS):
        np.testing.assert_array_equal(ours, theirs)
        assert getattr(ours, "dtype", ours) == getattr(theirs, "dtype", theirs)


def test_python_2_pickle(tmp_path):
    # What Python 2 wrote for {'imlist': ['caf\xe9'], 'n': array([1, 2])}, with the old name of numpy's module.
    path = tmp_path / "a.pkl"
    path.write_bytes(
        b"(dp0\nS'imlist'\np1\n(lp2\nS'caf\\xe9'\np3\nasS'n'\np4\ncnumpy.core.multiarray\n_reconstruct\np5\n"
        b"(cnumpy\nndarray\np6\n(I0\ntp7\nS'b'\np8\ntp9\nRp10\n(I1\n(I2\ntp11\ncnumpy\ndtype\np12\n"
        b"(S'i4'\np13\nI0\nI1\n"
        b"tp14\nRp15\n(I3\nS'<'\np16\nNNNI-1\nI-1\nI0\ntp17\nbI00\nS'\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00'\np18\n"
        b"tp19\nbs."
    )
    content = load_pickle(path)
    assert content["imlist"] == ["café"] and content["n"].tolist() == [1, 2]


class Call:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    "function, arguments, name",
    [
        (os.system, ("touch pwned",), "system"),
        (eval, ("open('pwned', 'w')",), "eval"),
        (exec, ("open('pwned', 'w')",), "exec"),
        (getattr, ("text", "format"), "getattr"),
        (np.load, ("x.npy",), "load"),
        (np.memmap, ("pwned", "uint8", "w+", 0, (4,)), "memmap"),
        (open, ("pwned", "w"), "open"),
        (pickle.loads, (b"",), "loads"),
        (io.FileIO, ("pwned", "w"), "FileIO"),
    ],
)
def test_malicious_pickles_are_refused_before_anything_runs(tmp_path, monkeypatch, function, arguments, name, protocol):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.pkl"
    path.write_bytes(pickle.dumps([1, Call(function, *arguments)], protocol=protocol))
    with pytest.raises(DataError, match=rf"bad.pkl: .*\.{name}, which is refused"):
        load_pickle(path)
    assert os.listdir(tmp_path) == ["bad.pkl"]


def test_the_back_door_through_numpy_scalars_is_shut(tmp_path, monkeypatch):
    # numpy unpickles the data of an object scalar with the unrestricted pickle.loads
    monkeypatch.chdir(tmp_path)
    inner = pickle.dumps(Call(os.system, "touch pwned"))
    path = tmp_path / "bad.pkl"
    path.write_bytes(pickle.dumps(Call(np._core.multiarray.scalar, np.dtype("O"), inner)))
    with pytest.raises(DataError, match="numpy scalar"):
        load_pickle(path)
    assert os.listdir(tmp_path) == ["bad.pkl"]


def test_subclasses_codecs_and_classes_are_refused(tmp_path):
    path = tmp_path / "bad.pkl"
    import codecs

    for content, words in [
        (Call(np._core.multiarray._reconstruct, np.dtype, (0,), b"b"), "array of class"),
        (Call(codecs.encode, "text", "rot13"), "codec"),
        (np.ndarray, "neither a plain container"),
        ([Call(codecs.encode, "x", "latin1"), len], "len"),
    ]:
        path.write_bytes(pickle.dumps(content, protocol=2))
        with pytest.raises(DataError, match=words):
            load_pickle(path)


def test_nothing_can_be_hung_on_the_constructors(tmp_path):
    path = tmp_path / "bad.pkl"
    path.write_bytes(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}X\x01\x00\x00\x00xK\x01sb.")
    with pytest.raises(DataError):
        load_pickle(path)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(list(range(1000)))[:-9], b"\x80\x02\x82\x01."])
def test_damaged(tmp_path, content):
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(DataError, match="a.pkl"):
        load_pickle(tmp_path / "a.pkl")


def test_missing(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        load_pickle(tmp_path / "a.pkl")
