import importlib
import sys

import pytest

from visret_lab.features import fingerprint as module
from visret_lab.features.fingerprint import fingerprint


@pytest.fixture
def package(tmp_path, monkeypatch):
    """visret_lab.toy: a imports b, b imports c as a module; nobody imports d."""
    folder = tmp_path / "toy"
    folder.mkdir()
    for name, text in {"__init__": "", "a": "from visret_lab.toy.b import two\n\n\ndef f(x):\n    return two() * x\n",
                       "b": "from visret_lab.toy import c\n\n\ndef two():\n    return c.TWO\n", "c": "TWO = 2\n", "d": "x = 1\n"}.items():
        (folder / f"{name}.py").write_text(text)
    import visret_lab
    monkeypatch.setattr(visret_lab, "__path__", [*visret_lab.__path__, str(tmp_path)])
    yield folder, importlib.import_module("visret_lab.toy.a").f
    for name in [n for n in sys.modules if n.startswith("visret_lab.toy")]:
        del sys.modules[name]


@pytest.mark.parametrize(("edited", "changes"), [("a", True), ("b", True), ("c", True), ("d", False)])
def test_a_module_counts_when_it_is_imported_directly_or_through_others(package, edited, changes):
    folder, function = package
    before = fingerprint(function)
    with (folder / f"{edited}.py").open("a") as file:
        file.write("\n# edited\n")
    assert (fingerprint(function) != before) == changes


def test_a_new_module_beside_it_changes_nothing(package):
    folder, function = package
    before = fingerprint(function)
    (folder / "e.py").write_text("def g():\n    return 5\n")
    assert fingerprint(function) == before


def test_modules_of_the_package_are_found():
    from visret_lab.deep import rmac
    names = {path.name for path in module._with_imports(module.Path(rmac.__file__))}
    assert {"rmac.py", "pooling.py"} <= names and "regions.py" not in names
