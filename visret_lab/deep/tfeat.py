"""TFeat: a shallow descriptor of patches, learnt from triplets.

Balntas, Riba, Ponsa and Mikolajczyk, "Learning local feature descriptors with triplets and shallow convolutional neural networks",
BMVC 2016. Two convolutions with tanh and one fully connected layer; the patch is normalised by its own mean and deviation. Its triplets
are drawn at random, with the anchor swap: of the two distances to the negative, from the anchor and from the positive, the smaller counts.
"""

from torch import nn

from visret_lab.deep.patches import SIDE
from visret_lab.deep.published_weights import find_published, load_published

HOME = "github.com/vbalnt/tfeat"


class TFeat(nn.Module):
    """float32 B x 1 x 32 x 32 -> B x 128, entries in (-1, 1), of any length: compared by Euclidean distance."""

    dimension = 128

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.InstanceNorm2d(1, affine=False), nn.Conv2d(1, 32, 7), nn.Tanh(), nn.MaxPool2d(2),
                                      nn.Conv2d(32, 64, 6), nn.Tanh())
        self.descr = nn.Sequential(nn.Linear(64 * 8 * 8, self.dimension), nn.Tanh())

    def forward(self, x):
        if x.shape[1:] != (1, SIDE, SIDE):
            raise ValueError(f"TFeat takes patches of B x 1 x {SIDE} x {SIDE}; got {tuple(x.shape)}.")
        return self.descr(self.features(x.float()).flatten(1))


def tfeat(path=None):
    """TFeat with the published weights, learnt on the patches "Liberty".

    Args:
        path: of tfeat-liberty.params. None: from VISRET_MIRROR or the cache, else fetched.

    Raises:
        FileNotFoundError, DataError: no file. ValueError: another file.
    """
    return load_published(TFeat(), find_published("tfeat") if path is None else path, "TFeat", HOME)
