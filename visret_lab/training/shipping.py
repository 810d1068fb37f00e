"""Write what a training made: weights with 16 bits, a card that says what they are, and the log."""

import json
from pathlib import Path

from safetensors.torch import save

from visret_lab.deep.shipped import WEIGHTS
from visret_lab.files import write_bytes


def ship(name, weights, card, log, out=WEIGHTS):
    """Write <name>.safetensors, <name>.json and <name>_log.jsonl.

    Args:
        weights: dict name -> tensor, or None where only card and log are wanted. card: dict. log: path of the log of the training, or
            list of dicts.

    Returns:
        Path of the weights, whether they were written or not.
    """
    out = Path(out)
    if weights is not None:
        write_bytes(out / f"{name}.safetensors", save({k: v.detach().half().contiguous() for k, v in weights.items()}))
    write_bytes(out / f"{name}.json", (json.dumps(card, indent=1) + "\n").encode())
    lines = [json.loads(line) for line in Path(log).read_text().splitlines()] if isinstance(log, str | Path) else log
    write_bytes(out / f"{name}_log.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
    return out / f"{name}.safetensors"
