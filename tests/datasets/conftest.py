import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Every test has its own empty cache, and sees no root, mirror or tier of the person who runs it."""
    import os

    for variable in list(os.environ):
        if variable.startswith("VISRET_"):
            monkeypatch.delenv(variable)
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("VISRET_CACHE", str(folder))
    return folder


@pytest.fixture
def picture():
    """A function that writes a small picture and returns its path."""

    def write(path, size=(12, 8), colour=(200, 30, 60)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(path)
        return path

    return write


@pytest.fixture
def rng():
    return np.random.default_rng(5)
