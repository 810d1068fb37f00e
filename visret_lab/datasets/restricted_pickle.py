"""Reading pickles that came from the web. A pickle is a program; this reader runs only the harmless part of it.

Accepted are None, booleans, numbers, strings, bytes, lists, tuples, dictionaries, sets and numpy arrays, scalars and
dtypes, also as Python 2 wrote them. Every other name that the pickle asks for is refused before anything is called.
"""

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np

from visret_lab.datasets.errors import DataError


class _Scalar:
    """numpy's scalar constructor. With an object dtype numpy would start a second, unrestricted unpickling."""

    __slots__ = ()  # no attributes, so that a pickle cannot hang anything on it

    def __call__(self, dtype, data=None):
        if not isinstance(dtype, np.dtype) or dtype.hasobject:
            raise DataError(f"The pickle builds a numpy scalar of type {dtype!r}, which is refused.")
        return np._core.multiarray.scalar(dtype) if data is None else np._core.multiarray.scalar(dtype, data)


class _Encode:
    """`_codecs.encode(text, "latin1")`: how Python 3 writes bytes for Python 2. Other codecs are refused."""

    __slots__ = ()

    def __call__(self, text, codec="latin1"):
        if not isinstance(text, str) or codec not in ("latin1", "latin-1"):
            raise DataError(f"The pickle asks for the codec {codec!r}, which is refused.")
        return text.encode("latin1")


class _Array:
    """numpy's array constructor, for plain arrays only."""

    __slots__ = ()

    def __call__(self, subtype, shape, dtype):
        if subtype is not np.ndarray:
            raise DataError(f"The pickle builds an array of class {subtype!r}, which is refused.")
        return np._core.multiarray._reconstruct(subtype, shape, dtype)


class _FromBuffer:
    """numpy's array constructor of pickle protocol 5."""

    __slots__ = ()

    def __call__(self, buffer, dtype, shape, order, *axes):
        if not isinstance(dtype, np.dtype) or dtype.hasobject or axes:
            raise DataError(f"The pickle builds an array of type {dtype!r}, which is refused.")
        return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


def _allowed(module, name):
    """What a global name in the pickle stands for, or None when it is refused."""
    python_2 = {"__builtin__": "builtins"}
    module = python_2.get(module, module).replace("numpy.core", "numpy._core")
    match f"{module}.{name}":
        case "numpy.ndarray":
            return np.ndarray
        case "numpy.dtype":
            return np.dtype
        case "numpy._core.multiarray._reconstruct":
            return _Array()
        case "numpy._core.multiarray.scalar":
            return _Scalar()
        case "numpy._core.numeric._frombuffer":
            return _FromBuffer()
        case "_codecs.encode":
            return _Encode()
        case "collections.OrderedDict":
            return OrderedDict
        case "builtins.set":
            return set
        case "builtins.frozenset":
            return frozenset
        case "builtins.bytes":
            return bytes
        case "builtins.bytearray":
            return bytearray
        case "builtins.complex":
            return complex
    return None


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        found = _allowed(module, name)
        if found is None:
            raise DataError(
                f"The pickle asks for {module}.{name}, which is refused: only plain containers, numbers, strings and "
                "numpy arrays are read. Do not open this file with pickle.load; get it again from its public home."
            )
        return found

    def persistent_load(self, key):
        raise DataError(f"The pickle refers to an object outside itself ({key!r}), which is refused.")


def load_pickle(path):
    """Read a pickle file of plain containers, numbers, strings and numpy arrays.

    Byte strings of Python 2 are read as latin-1 text.

    Args:
        path: the file.

    Returns:
        what the file holds.

    Raises:
        DataError: the file is missing, damaged, or holds anything else; a refused name is named.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = _Unpickler(file, encoding="latin1").load()
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist.") from error
    except Exception as error:  # a damaged pickle raises nearly anything: UnpicklingError, EOFError, IndexError, ...
        raise DataError(f"{path} is not a pickle or is damaged ({type(error).__name__}: {error}).") from error
    _require_plain(content, path)
    return content


PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, np.generic, np.dtype)


def _require_plain(content, path):
    """Refuse a class or function that is left in the result, e.g. `numpy.ndarray` itself."""
    waiting, seen = [content], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, PLAIN) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting += list(value)
        elif type(value) is np.ndarray:
            waiting += value.ravel().tolist() if value.dtype.hasobject else []
        else:
            raise DataError(f"{path} holds {value!r}, which is neither a plain container, number, string nor array.")
