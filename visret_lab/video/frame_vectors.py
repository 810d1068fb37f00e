"""One R-MAC vector for each frame of a film: frames stream through a network, a few at a time, and memory holds only the vectors."""

from itertools import islice

import numpy as np
import torch
from torch import nn

from visret_lab.arrays import l2_normalize
from visret_lab.deep.extract import extract_vectors
from visret_lab.deep.rmac import region_mac, rmac
from visret_lab.deep.whitening import Whitening

BATCH = 4  # frames of equal size that go through the network together


class FrameVectors:
    """R-MAC of frames, with a PCA of the windows that was learnt on other films.

    Args:
        backbone: `deep.backbones.Backbone`. layer: its name. pca: fitted `compact.pca.PCA` or a module for the windows' vectors, or None.
    """

    def __init__(self, backbone, layer, pca=None):
        backbone.require_layer(layer)
        self.backbone, self.layer = backbone, layer
        self.whiten = pca if pca is None or isinstance(pca, nn.Module) else Whitening(pca)

    def __call__(self, images):
        """Vectors of frames, in their order.

        Args:
            images: iterable of uint8 H x W x 3, RGB; all of one size.

        Returns:
            float32 N x D of unit length; a zero row for a frame in which the network sees nothing.

        Raises:
            ValueError: no frame, or frames that the network cannot take.
        """
        return self._run(images, lambda maps: rmac(maps, self.whiten))

    def windows(self, images):
        """The windows' vectors before the PCA: iterable of images -> float32 N x R x C. To learn the PCA from; errors as the call."""
        return self._run(images, region_mac)

    @torch.inference_mode()
    def _run(self, images, pool):
        images, found = iter(images), []
        while some := [self.backbone.prepare(image) for image in islice(images, BATCH)]:
            if len({x.shape for x in some}) > 1:
                raise ValueError("The frames of a film must all be of one size; scale them before.")
            found.append(pool(self.backbone(torch.cat(some), self.layer)).numpy())
        if not found:
            raise ValueError("There are no frames to describe. Does the film hold a picture, and was at least one sampled?")
        return np.concatenate(found)


def summed(windows, pca=None):
    """R-MAC from windows that are at hand: as the call, when the PCA was learnt behind them.

    Args:
        windows: float N x R x C, of `FrameVectors.windows`. pca: fitted PCA or a module, or None.

    Returns:
        float32 N x D of unit length.
    """
    found = l2_normalize(np.asarray(windows, np.float32))
    if pca is not None:
        whiten = pca if isinstance(pca, nn.Module) else Whitening(pca)
        with torch.inference_mode():
            found = l2_normalize(whiten(torch.from_numpy(found)).numpy())
    return l2_normalize(found.sum(axis=1))


def kept_vectors(some, backbone, layer, pca=None):
    """R-MAC of the frames and of the photographs of a `FilmSet`. What the network gives is kept in the cache, so a second call is fast.

    Args:
        some: FilmSet. others: as `FrameVectors`.

    Returns:
        float32 N x D of the frames, float32 Q x D of the photographs, of unit length; the photographs have no rows where there are none.
    """
    parts = [extract_vectors(backbone, layer, region_mac, some, queries) for queries in ([False, True] if some.queries else [False])]
    frames, *asked = [summed(windows, pca) for windows in parts]
    return frames, asked[0] if asked else np.zeros((0, frames.shape[1]), np.float32)
