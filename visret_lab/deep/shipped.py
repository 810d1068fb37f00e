"""Small networks that come with the package: read their weights, or say in plain words what is missing."""

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

WEIGHTS = Path(__file__).parent / "weights"


def read_weights(path, what, script):
    """The weights of a file, with 32 bits.

    Args:
        path: of a safetensors file. what: of the network, for errors. script: that makes the file.

    Returns:
        dict name -> float32 tensor.

    Raises:
        FileNotFoundError: no such file. ValueError: it is damaged. Both say how to make it again.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"The {what} has no weights at {path}. Make it again: python data_scripts/{script}")
    try:
        return {name: value.float() for name, value in load_file(path).items()}
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged ({error}). Make it again: python data_scripts/{script}") from error


def load_into(network, path, what, script, weights=None):
    """Put the weights of a file into a network of the same form. Arguments and errors as `read_weights`, and ValueError for the
    weights of another network. weights: of the file, where they were read before.

    Returns:
        the network, in evaluation mode, without gradients.
    """
    weights = read_weights(path, what, script) if weights is None else weights
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{path} holds another network than the {what} ({error}). Make it again: python data_scripts/{script}") from error
    return network.eval().requires_grad_(False)


def digest(network):
    """16 hexadecimal digits that change when a weight does, for caches."""
    found = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        found.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]
