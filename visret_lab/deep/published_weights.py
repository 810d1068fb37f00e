"""Weights that others have published, from a file: found by its name, read without running any code in it."""

import pickle
from pathlib import Path

import torch

from visret_lab.datasets.download import fetch
from visret_lab.datasets.registry import entry


def find_published(name, file=None):
    """Path of a published file: from VISRET_MIRROR, from the cache, or fetched; its checksum is looked at.

    Args:
        name: of the entry in the registry, e.g. "tfeat". file: the end of the file's name, where the entry has several.

    Raises:
        DataError: it cannot be had. ValueError: the entry has no such file.
    """
    files = entry(name).files
    chosen = [f for f in files if file is None or f.path.endswith(file)]
    if not chosen:
        raise ValueError(f"{name} has no file {file!r}. It has: {', '.join(Path(f.path).name for f in files)}.")
    return fetch(chosen[0])


def read_published(path, what, home):
    """Weights of a file of torch: dict name -> float32 tensor.

    Args:
        path: of the file. what: the network, for errors. home: where the file is published, for errors.

    Raises:
        FileNotFoundError: no such file. ValueError: it is no file of weights.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There are no weights of {what} at {path}. They are published at {home}: give the path of the file, or "
                                "put it into the folder that VISRET_MIRROR names.")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        found = found.get("state_dict", found)
        return {name: value.float() if value.is_floating_point() else value for name, value in found.items()}
    except (RuntimeError, EOFError, OSError, AttributeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} holds no weights that torch can read ({type(error).__name__}). Is it the file of {what} from {home}, "
                         "whole?") from error


def load_published(network, path, what, home, weights=None):
    """Put published weights into a network of the same plan. Arguments and errors as `read_published`, and ValueError for the weights
    of another network.

    Returns:
        the network, in evaluation mode, without gradients.
    """
    weights = read_published(path, what, home) if weights is None else weights
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{path} holds another network than {what}: {str(error).splitlines()[1].strip()}") from error
    return network.eval().requires_grad_(False)
