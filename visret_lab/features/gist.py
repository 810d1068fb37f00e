"""GIST: the layout of a scene as the energy of edges at 3 scales and 8, 8 and 4 directions, in a 4 x 4 grid.

Source: A. Oliva, A. Torralba, Modeling the shape of the scene: a holistic representation of the spatial envelope, IJCV
2001. The constants are those of the authors' program: filters centred at 0.3 / 1.85^s cycles a pixel, a prefilter at 4
cycles an image. In colour the three channels are treated apart and joined: 3 x 320 = 960 numbers.
"""

from functools import lru_cache

import cv2
import numpy as np
from scipy import fft

from visret_lab.features.images import grey, require_rgb

ORIENTATIONS = (8, 8, 4)  # directions at each scale, finest scale first


def gist(image, color=True, side=64, blocks=4, orientations=ORIENTATIONS):
    """The GIST descriptor of an image.

    1. resize to a square; 2. prefilter: logarithm, remove slow brightness changes, even out the contrast;
    3. filter with each Gabor-like filter of the bank; 4. average the magnitude in each block.

    Args:
        image: uint8 H x W x 3, RGB, at least 8 x 8.
        color: True: red, green and blue one after the other. False: brightness only.
        side: the image is resized to side x side; a multiple of `blocks`.
        blocks: the grid has blocks x blocks parts.
        orientations: number of directions at each scale, finest first.

    Returns:
        float32 vector of channels x filters x blocks x blocks values (960 in colour, 320 in grey): channel, filter
        (scale, then direction), block (row by row). Compare with the Euclidean distance.

    Raises:
        ValueError: an image of another form, or a side that is not a positive multiple of `blocks`.
    """
    channels = square(image, color, side, blocks)
    energy = filter_energy(prefilter(channels), tuple(orientations))
    return block_means(energy, blocks).ravel()


def square(image, color=True, side=64, blocks=4):
    """Resize by averaging areas: uint8 H x W x 3 -> float32 C x side x side in 0..255, C = 3 or 1. Errors as `gist`."""
    require_rgb(image, least=8)
    if side < 8 or blocks < 1 or side % blocks:
        raise ValueError(f"side must be at least 8 and a multiple of blocks ({blocks}); got {side}.")
    pixels = image.astype(np.float32) if color else grey(image)
    shrinks = min(pixels.shape[:2]) >= side
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.moveaxis(np.atleast_3d(small), 2, 0))


def prefilter(channels, cycles=4.0, pad=5):
    """Make images comparable under different light, before their edges are measured.

    With x = log(1 + image) and G the Gaussian low-pass that is 1/2 at `cycles` cycles an image: y = x - G x removes
    slow changes of light; z = y / (0.2 + sqrt(G y^2)) gives weak and strong contrast the same size, where y^2 is
    averaged over the channels. The border is mirrored by `pad` pixels, so that left and right do not touch.

    Args:
        channels: float32 C x S x S in 0..255.
        cycles: cut-off in cycles an image.
        pad: mirrored pixels on each side.

    Returns:
        float32 C x S x S.
    """
    x = np.log1p(_mirror(channels, pad))
    frequency = fft.fftfreq(x.shape[-1], 1 / x.shape[-1])
    half = fft.rfftfreq(x.shape[-1], 1 / x.shape[-1])
    low_pass = np.exp2(-(frequency[:, None] ** 2 + half**2) / cycles**2).astype(np.float32)

    def smooth(y):
        return fft.irfft2(fft.rfft2(y) * low_pass, s=y.shape[-2:])

    y = x - smooth(x)
    contrast = np.sqrt(np.maximum(smooth((y**2).mean(axis=0)), 0))
    return _trim(y / (0.2 + contrast), pad)


@lru_cache(maxsize=8)
def filter_bank(side, orientations=ORIENTATIONS):
    """The transfer functions of the filters: what each lets pass at each frequency.

    At scale s, with n directions, for a frequency of f cycles a pixel in direction t (0 is along the rows):
    T(f, t) = exp(-3.5 (f / f_s - 1)^2) exp(-pi n^2 t_j^2 / 32), f_s = 0.3 / 1.85^s, t_j = t - pi j / n (wrapped).
    It passes one side of the spectrum only, so the filtered image is complex and its magnitude is the envelope of the
    edge, without the ripple.

    Args:
        side: of the (padded) image.
        orientations: number of directions at each scale.

    Returns:
        float32 F x side x side, frequencies in the order of the Fourier transform (0 first); read-only.
    """
    fy, fx = np.meshgrid(fft.fftfreq(side), fft.fftfreq(side), indexing="ij")
    radius, angle = np.hypot(fx, fy), np.arctan2(fy, fx)
    bank = []
    for scale, count in enumerate(orientations):
        radial = np.exp(-3.5 * (radius * 1.85**scale / 0.3 - 1) ** 2)
        for j in range(count):
            turned = np.angle(np.exp(1j * (angle - np.pi * j / count)))  # wrapped to (-pi, pi]
            bank.append(radial * np.exp(-np.pi * count**2 * turned**2 / 32))
    bank = np.array(bank, dtype=np.float32)
    bank.flags.writeable = False
    return bank


def filter_energy(channels, orientations=ORIENTATIONS, pad=None):
    """Magnitude of the filtered image, for each channel and filter.

    A convolution is a product in the Fourier domain: one transform forward a channel, one back a filter.

    Args:
        channels: float32 C x S x S, prefiltered.
        orientations: as `filter_bank`.
        pad: mirrored pixels on each side; None: S / 8.

    Returns:
        float32 C x F x S x S.
    """
    pad = channels.shape[-1] // 8 if pad is None else pad
    padded = _mirror(channels.astype(np.float32, copy=False), pad)
    spectrum = fft.fft2(padded)
    bank = filter_bank(padded.shape[-1], tuple(orientations))
    return _trim(np.abs(fft.ifft2(spectrum[:, None] * bank[None], overwrite_x=True)), pad)


def block_means(energy, blocks=4):
    """Mean over each part of a blocks x blocks grid: ... x S x S -> float32 ... x blocks x blocks."""
    *lead, height, width = energy.shape
    parts = energy.reshape(*lead, blocks, height // blocks, blocks, width // blocks)
    return parts.mean(axis=(-3, -1), dtype=np.float32)


def _mirror(x, pad):
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(pad, pad)] * 2, mode="symmetric") if pad else x


def _trim(x, pad):
    return x[..., pad:-pad, pad:-pad] if pad else x
