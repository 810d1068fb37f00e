"""Races of chapter 03: gradients, orientation histograms and GIST."""

import numpy as np

from visret_lab.bench.race import Race
from visret_lab.features import edges, gist
from visret_lab.features.images import grey

CHAPTER = "03_edges_gist"


def races(small=False):
    """The races of this chapter; `small` makes the input tiny, for tests of equality. Returns a list of Race."""
    rng = np.random.default_rng(3)
    return [*_edges(rng, small), *_gist(rng, small)]


def picture(rng, height, width):
    """A random picture with structure at several sizes: uint8 height x width x 3."""
    from scipy import ndimage
    layers = [ndimage.gaussian_filter(rng.normal(size=(height, width, 3)), (s, s, 0)) * s for s in (1, 3, 8)]
    total = sum(layers)
    return ((total - total.min()) / np.ptp(total) * 255).round().astype(np.uint8)


def _edges(rng, small):
    image = picture(rng, *((16, 24) if small else (240, 320)))
    rows, columns = (2, 2) if small else (4, 4)

    def opencv():
        import cv2
        levels = grey(image)
        return np.stack([cv2.Sobel(levels, cv2.CV_32F, *axis, ksize=3, borderType=cv2.BORDER_REFLECT_101)
                         for axis in ((1, 0), (0, 1))])

    def hog():
        from skimage.feature import hog as skimage_hog
        cell = (image.shape[0] // rows, image.shape[1] // columns)
        return skimage_hog(grey(image), orientations=8, pixels_per_cell=cell, cells_per_block=(1, 1), block_norm="L1")

    def ours():
        cells = edges.orientation_histogram(image, 8, (rows, columns), operator="central").reshape(-1, 8)
        return (cells / cells.sum(axis=1, keepdims=True)).ravel()

    size = f"{image.shape[1]} x {image.shape[0]} pixels"
    return [
        Race(f"Sobel gradient, {size}", CHAPTER, "cv2.Sobel (after our grey)",
             lambda: np.stack(edges.gradient(image)), opencv, lambda: plain_sobel(image), target=0.1, tolerance=1e-3,
             note="OpenCV's hand-written vector code is faster than two general convolutions."),
        Race(f"orientation histogram in {rows} x {columns} cells, {size}", CHAPTER,
             "skimage hog (cells_per_block 1, L1)", ours, hog, lambda: plain_cells(image, rows, columns),
             target=0.25, tolerance=1e-5,
             note="Central differences, unsigned, each cell of sum 1: the settings in which the two are the same."),
    ]


def plain_sobel(image):
    """The definition: the two 3 x 3 masks, pixel by pixel; the border is mirrored."""
    levels = np.pad(grey(image).astype(float), 1, mode="reflect")
    mask = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=float)
    height, width = image.shape[:2]
    out = np.zeros((2, height, width))
    for y in range(height):
        for x in range(width):
            window = levels[y:y + 3, x:x + 3]
            out[:, y, x] = (window * mask).sum(), (window * mask.T).sum()
    return out


def plain_cells(image, rows, columns, bins=8):
    """The definition: each pixel votes with its gradient length in its cell; each cell is divided by its sum.

    Differences are of float32 greys, as ours: a real photograph has directions on the very border of two intervals, and a difference
    rounded otherwise would put them on the other side of it.
    """
    levels = grey(image)
    height, width = levels.shape
    votes = np.zeros((rows, columns, bins))
    for y in range(height):
        for x in range(width):
            dx = float(levels[y, x + 1] - levels[y, x - 1]) if 0 < x < width - 1 else 0.0
            dy = float(levels[y + 1, x] - levels[y - 1, x]) if 0 < y < height - 1 else 0.0
            k = int(np.arctan2(dy, dx) % np.pi / np.pi * bins) % bins
            votes[y * rows // height, x * columns // width, k] += np.hypot(dx, dy)
    return (votes / votes.sum(axis=2, keepdims=True)).ravel()


def _gist(rng, small):
    image = picture(rng, 48, 64) if small else picture(rng, 240, 320)
    side = 16 if small else 32

    def ours():
        return gist.gist(image, side=side)

    note = "No package of GIST is on the Python index; the references are written here, on another code path."
    return [
        Race(f"GIST in colour, 960-D, {side} x {side}", CHAPTER, "direct convolution, filter by filter (scipy.ndimage)",
             ours, lambda: spatial_gist(image, side), lambda: plain_gist(image, side), target=10, tolerance=1e-4,
             note=note),
        Race(f"GIST in colour, 960-D, {side} x {side}, Fourier", CHAPTER, "torch.fft, filter by filter", ours,
             lambda: torch_gist(image, side), lambda: plain_gist(image, side), target=0.5, tolerance=1e-4, note=note),
    ]


def spatial_gist(image, side):
    """GIST with every filter turned into a kernel of pixels and convolved directly, on a padded image that wraps."""
    from scipy import ndimage
    channels = gist.prefilter(gist.square(image, side=side))
    pad = side // 8
    kernels = np.fft.fftshift(np.fft.ifft2(gist.filter_bank(side + 2 * pad)), axes=(1, 2))
    out = []
    for channel in channels:
        padded = np.pad(channel, pad, mode="symmetric").astype(float)
        for kernel in kernels:
            magnitude = np.abs(ndimage.convolve(padded, kernel, mode="wrap"))[pad:-pad, pad:-pad]
            out += [block.mean() for strip in np.split(magnitude, 4) for block in np.split(strip, 4, axis=1)]
    return np.array(out)


def plain_gist(image, side):
    """The product in the Fourier domain, one channel, one filter and one block at a time."""
    pad, block, out = side // 8, side // 4, []
    for channel in gist.prefilter(gist.square(image, side=side)):
        spectrum = np.fft.fft2(np.pad(channel, pad, mode="symmetric"))
        for transfer in gist.filter_bank(side + 2 * pad):
            magnitude = np.abs(np.fft.ifft2(spectrum * transfer))
            for y in range(pad, pad + side, block):
                for x in range(pad, pad + side, block):
                    out.append(magnitude[y:y + block, x:x + block].mean())
    return np.array(out)


def torch_gist(image, side):
    """The four steps once more, with torch, in double precision; the filters are made from their formula again."""
    import torch
    x = torch.log1p(_torch_mirror(torch.from_numpy(gist.square(image, side=side)).double(), 5))
    cycles = torch.fft.fftfreq(x.shape[-1], 1 / x.shape[-1]).double()
    low = torch.exp(-np.log(2) * (cycles[:, None] ** 2 + cycles[None] ** 2) / 16)
    y = x - torch.fft.ifft2(torch.fft.fft2(x) * low).real
    contrast = torch.fft.ifft2(torch.fft.fft2((y * y).mean(0)) * low).real.clamp(min=0).sqrt()
    z = _torch_mirror((y / (0.2 + contrast))[:, 5:-5, 5:-5], side // 8)
    n, out = z.shape[-1], []
    f = torch.fft.fftfreq(n).double()
    radius, angle = torch.hypot(f[None], f[:, None]), torch.atan2(f[:, None].expand(n, n), f[None].expand(n, n))
    for channel in torch.fft.fft2(z):
        for scale, count in enumerate((8, 8, 4)):
            for j in range(count):
                turn = torch.remainder(angle - np.pi * j / count + np.pi, 2 * np.pi) - np.pi
                response = torch.exp(-3.5 * (radius / (0.3 / 1.85**scale) - 1) ** 2 - np.pi * count**2 / 32 * turn**2)
                magnitude = torch.fft.ifft2(channel * response).abs()[side // 8:n - side // 8, side // 8:n - side // 8]
                out.append(torch.nn.functional.avg_pool2d(magnitude[None], side // 4).flatten())
    return torch.cat(out).numpy()


def _torch_mirror(x, pad):
    import torch
    x = torch.cat([x[..., :pad, :].flip(-2), x, x[..., -pad:, :].flip(-2)], dim=-2)
    return torch.cat([x[..., :pad].flip(-1), x, x[..., -pad:].flip(-1)], dim=-1)
