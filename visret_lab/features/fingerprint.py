"""A fingerprint of a function: it changes when the function could give another result.

Used as part of the name of a cached result, so that an edited feature is computed anew.
"""

import ast
import functools
import hashlib
import inspect
import types
from pathlib import Path

import numpy as np


def add_function(digest, thing):
    """Feed what decides the result of calling `thing` into a hashlib `digest`: code, and the values it carries.

    That is: its source; when it belongs to visret_lab, its module and the modules of the same folder that this one imports, and
    so on; its defaults, partial arguments and closure; and the global values and visret_lab modules that it names.
    """
    _add_code(digest, thing, set())


def fingerprint(thing):
    """The first 16 hexadecimal digits of the SHA-256 of what `add_function` feeds."""
    digest = hashlib.sha256()
    add_function(digest, thing)
    return digest.hexdigest()[:16]


def _add_code(digest, thing, seen):
    """Feed what decides the result of calling `thing` into `digest`: code, and the values it carries."""
    if isinstance(thing, functools.partial):
        for part in (thing.func, *thing.args, *[x for item in sorted(thing.keywords.items()) for x in item]):
            _add_value(digest, part, seen)
    elif isinstance(thing, types.MethodType):
        _add_value(digest, thing.__func__, seen)
        _add_value(digest, getattr(thing.__self__, "__dict__", repr(thing.__self__)), seen)
    elif isinstance(thing, types.FunctionType):
        _add_function(digest, thing, seen)
    else:
        digest.update(_source(type(thing)).encode())
        _add_value(digest, getattr(thing, "__dict__", repr(thing)), seen)


def _add_function(digest, function, seen):
    if id(function) in seen:
        return
    seen.add(id(function))
    digest.update(_source(function).encode())
    _add_bytecode(digest, function.__code__)  # two lambdas of one line have one source
    for path in _package_files(function):
        if path not in seen:
            seen.add(path)
            digest.update(path.read_bytes())
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    for value in (*(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items()), *closure):
        _add_value(digest, value, seen)
    for global_name in sorted(_names(function.__code__)):
        if global_name in function.__globals__:
            digest.update(global_name.encode())
            _add_value(digest, function.__globals__[global_name], seen)


def _add_bytecode(digest, code):
    digest.update(code.co_code + repr(code.co_names).encode())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _add_bytecode(digest, constant)
        else:
            digest.update(repr(constant).encode())


def _names(code):
    """Global names used by a code object and by the functions written inside it."""
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*inner)


def _add_value(digest, value, seen):
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, types.ModuleType):
        digest.update(value.__name__.encode())
        if value.__name__.startswith("visret_lab"):
            for path in _with_imports(Path(value.__file__)):
                if path not in seen:
                    seen.add(path)
                    digest.update(path.read_bytes())
    elif isinstance(value, types.FunctionType | types.MethodType | functools.partial):
        _add_code(digest, value, seen)
    elif isinstance(value, dict):
        for k, v in sorted(value.items(), key=lambda item: repr(item[0])):
            digest.update(repr(k).encode())
            _add_value(digest, v, seen)
    elif isinstance(value, list | tuple):
        for v in value:
            _add_value(digest, v, seen)
    elif isinstance(value, np.random.Generator):
        digest.update(repr(value.bit_generator.state).encode())
    elif isinstance(value, str | bytes | int | float | complex | bool | frozenset | set | range | type(None)):
        digest.update(repr(value).encode())
    else:
        # An object of unknown make: its type and, where its text has no address in it, its text.
        text = repr(value)
        digest.update(type(value).__qualname__.encode() + (b"" if " at 0x" in text else text.encode()))


def _source(thing):
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        return getattr(thing, "__qualname__", repr(thing))


def _package_files(function):
    """The module that defines `function`, and what it imports from its folder, when it belongs to visret_lab: helpers count as code."""
    if not (function.__module__ or "").startswith("visret_lab."):
        return []
    return _with_imports(Path(inspect.getsourcefile(function)))


def _with_imports(file):
    """A module and the modules of its own folder that it imports, directly or through others: sorted list of paths."""
    found, waiting = set(), [file]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path)
    return sorted(found)


def _imported(path):
    """The modules of the same folder that a module imports."""
    folder, found = path.parent, set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # the names may be modules themselves: from visret_lab.deep import pooling
            names = [node.module or "", *(f"{node.module or ''}.{alias.name}" for alias in node.names)]
        else:
            continue
        found.update(folder / f"{name.rsplit('.', 1)[-1]}.py" for name in names if name.split(".")[-2:-1] == [folder.name])
    return [module for module in found if module.is_file()]
