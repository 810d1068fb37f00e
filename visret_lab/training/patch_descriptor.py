"""A descriptor of patches learns: batches of pairs, the loss, and how often two patches of a point find each other."""

from functools import partial

import numpy as np
import torch

from visret_lab.deep.patches import describe
from visret_lab.features import sift_descriptor
from visret_lab.features.local import root_sift
from visret_lab.training.losses.hardest_in_batch import hardest_in_batch, random_in_batch

LOSSES = ("hardest", "random")


def batch_of(pairs, size, rng):
    """Random pairs; a pair is mirrored, or turned by quarters, or its sides change places, by chance.

    Args:
        pairs: patch_pairs.Pairs. size: of the batch. rng: numpy Generator.

    Returns:
        (a, b): float32 size x 1 x 32 x 32, tensors.

    Raises:
        ValueError: fewer pairs than the batch takes.
    """
    if len(pairs.a) < size:
        raise ValueError(f"There are {len(pairs.a)} pairs; a batch takes {size}.")
    chosen = rng.choice(len(pairs.a), size, replace=False)
    a, b = (part[chosen].astype(np.float32) for part in (pairs.a, pairs.b))
    swap, mirror, turn = rng.random(size) < 0.5, rng.random(size) < 0.5, rng.integers(4, size=size)
    a, b = np.where(swap[:, None, None], b, a), np.where(swap[:, None, None], a, b)
    return tuple(torch.from_numpy(_turned(x, mirror, turn))[:, None] for x in (a, b))


def _turned(x, mirror, turn):
    """Patches mirrored and turned by quarters, each as its two entries say: both patches of a pair alike."""
    x = np.where(mirror[:, None, None], x[:, :, ::-1], x)
    for quarters in (1, 2, 3):
        x[turn == quarters] = np.rot90(x[turn == quarters], quarters, axes=(1, 2))
    return np.ascontiguousarray(x)


def loss_of(network, pairs, batch, loss="hardest"):
    """The loss of a step, for `loop.minimise`: function of a numpy Generator -> tensor.

    Args:
        network: of patches. pairs: patch_pairs.Pairs. batch: pairs in a batch. loss: "hardest" or "random".

    Raises:
        ValueError: another loss.
    """
    if loss not in LOSSES:
        raise ValueError(f"There is no loss {loss!r}. There are: {', '.join(LOSSES)}.")
    return partial(_step, network, pairs, batch, loss)


def _step(network, pairs, batch, loss, rng):
    a, b = batch_of(pairs, batch, rng)
    with torch.autocast("cpu", torch.bfloat16):
        rows = network(torch.cat([a, b]))
    a, b = rows[: len(a)].float(), rows[len(a) :].float()
    if loss == "random":
        return random_in_batch(a, b, torch.Generator().manual_seed(int(rng.integers(2**62))))
    return hardest_in_batch(a, b)


def test_of(network, pairs, most=1024):
    """The test of a training: function -> dict. first: the share of patches whose partner is the nearest of `most` patches. fpr95: the
    share of wrong pairs that are nearer than the distance within which 95 % of the right ones lie (Brown et al., TPAMI 2011), over
    all wrong pairs of these patches."""
    chosen = np.linspace(0, len(pairs.a) - 1, min(most, len(pairs.a))).astype(int)
    return partial(matching_of, network, pairs.some(chosen))


def matching_of(network, pairs):
    """See `test_of`. network: module, or function float32 N x 32 x 32 -> N x D."""
    rows = []
    for patches in (pairs.a, pairs.b):
        if isinstance(network, torch.nn.Module):
            network.eval()
            rows.append(describe(network, patches))
        else:
            rows.append(network(patches.astype(np.float32)))
    return figures(*rows)


def figures(a, b):
    """{"first", "fpr95"} of descriptors float N x D of which row i of both is one point."""
    squared = (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)[None]
    right = np.diag(squared)
    wrong = squared[~np.eye(len(squared), dtype=bool)]
    return {"first": float((squared.argmin(axis=1) == np.arange(len(a))).mean()),
            "fpr95": float((wrong <= np.quantile(right, 0.95)).mean())}


def rounded(network):
    """The network as it will be read back: its weights with 16 bits. It is changed, and returned in evaluation mode."""
    return network.half().float().eval()


def sift_of_patches(patches, block=256):
    """SIFT's descriptor of patches that were cut already: float N x S x S -> float32 N x 128, unit length, RootSIFT.

    The patches are laid out in one picture, each with a border of its own last pixels, and described there. SIFT itself looks at the
    picture that a patch was cut from, in which nothing is cut off or enlarged: it is a little better than this.
    """
    side = patches.shape[1]
    wide, step = 16, 2 * side
    found = []
    for start in range(0, len(patches), block):
        part = np.pad(patches[start : start + block], ((0, 0), (side // 2, side // 2), (side // 2, side // 2)), mode="edge")
        rows = -(-len(part) // wide)
        part = np.concatenate([part, np.zeros((rows * wide - len(part), step, step), part.dtype)])
        picture = part.reshape(rows, wide, step, step).swapaxes(1, 2).reshape(rows * step, wide * step)
        y, x = (g.ravel()[: len(patches) - start] for g in np.mgrid[:rows, :wide])
        points = np.stack([x * step + side - 0.5, y * step + side - 0.5, np.full(len(x), side / 6.0), np.zeros(len(x))], axis=1)
        image = np.repeat(np.clip(np.rint(picture), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        found.append(root_sift(sift_descriptor.describe(image, points)))
    return np.concatenate(found)
