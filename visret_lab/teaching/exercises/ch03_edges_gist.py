"""Exercises of chapter 03: directions, votes, blocks, a filter in the Fourier domain, and a search with a box."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake

# ---------------------------------------------------------------- the interval of a direction


def _direction_bin(dx, dy, bins):
    """The interval of the unsigned direction of each gradient, int64."""
    direction = np.arctan2(dy, dx) % np.pi
    return (direction / np.pi * bins).astype(np.int64) % bins


def _gradients():
    rng = np.random.default_rng(31)
    return [(*rng.normal(size=(2, 6, 7)), bins) for bins in (4, 9)]


direction_bin = Exercise(
    name="interval of a direction",
    reference=_direction_bin,
    cases=_gradients,
    mistakes=(
        Mistake("signed",
                lambda dx, dy, bins: (np.arctan2(dy, dx) % (2 * np.pi) / (2 * np.pi) * bins).astype(np.int64) % bins,
                "You spread the bins over a full turn. The direction is unsigned here: dark-to-light and "
                "light-to-dark are "
                "the same edge, so take the angle modulo pi."),
        Mistake("folded by absolute value",
                lambda dx, dy, bins: (np.abs(np.arctan2(dy, dx)) / np.pi * bins).astype(np.int64) % bins,
                "You took the absolute angle. That mirrors: a falling and a rising diagonal become one. Use modulo pi, "
                "which turns by half a turn."),
        Mistake("swapped", lambda dx, dy, bins: _direction_bin(dy, dx, bins),
                "Your x and y are swapped: arctan2 takes dy first, then dx."),
        Mistake("degrees",
                lambda dx, dy, bins: (np.degrees(np.arctan2(dy, dx)) % np.pi / np.pi * bins).astype(np.int64) % bins,
                "You mixed degrees and radians. Half a turn is pi in radians and 180 in degrees; use one of them "
                "throughout."),
        Mistake("nearest",
                lambda dx, dy, bins: np.round(np.arctan2(dy, dx) % np.pi / np.pi * bins).astype(np.int64) % bins,
                "You rounded to the nearest border, so your intervals are shifted by half a bin. Cut off the fraction "
                "instead: .astype(int)."),
    ),
    hints=(
        "`np.arctan2(dy, dx)` gives the angle in -pi..pi.",
        "Modulo pi makes it unsigned: 0 <= angle < pi. Python's % does this for negative angles, too.",
        "angle / pi * bins, cut to an integer. A last `% bins` catches an angle that was rounded up to pi.",
    ),
)

# ---------------------------------------------------------------- votes


def _vote(dx, dy, bins):
    """Histogram of unsigned directions, each pixel with the weight of its gradient length, sum 1."""
    interval = (np.arctan2(dy, dx) % np.pi / np.pi * bins).astype(np.int64) % bins
    votes = np.bincount(interval.ravel(), weights=np.hypot(dx, dy).ravel(), minlength=bins)
    return votes / votes.sum()


def _weighted(weight):
    def vote(dx, dy, bins):
        interval = _direction_bin(dx, dy, bins)
        votes = np.bincount(interval.ravel(), weights=weight(dx, dy).ravel(), minlength=bins)
        return votes / votes.sum()
    return vote


def _signed_vote(dx, dy, bins):
    interval = (np.arctan2(dy, dx) % (2 * np.pi) / (2 * np.pi) * bins).astype(np.int64) % bins
    votes = np.bincount(interval.ravel(), weights=np.hypot(dx, dy).ravel(), minlength=bins)
    return votes / votes.sum()


vote = Exercise(
    name="orientation histogram",
    reference=_vote,
    cases=_gradients,
    mistakes=(
        Mistake("one vote a pixel", _weighted(lambda dx, dy: np.ones_like(dx)),
                "Every pixel has one vote. Most pixels lie in flat regions, where the direction is noise: weight each "
                "vote with the length of the gradient."),
        Mistake("squared length", _weighted(lambda dx, dy: dx**2 + dy**2),
                "You weighted with the squared length (the root is missing). A few strong edges then drown all "
                "others; use "
                "np.hypot(dx, dy)."),
        Mistake("not normalised", lambda dx, dy, bins: _vote(dx, dy, bins) * np.hypot(dx, dy).sum(),
                "The votes are not divided by their sum. A larger or more contrasted image would get a larger "
                "histogram."),
        Mistake("divided by pixels", lambda dx, dy, bins: _vote(dx, dy, bins) * np.hypot(dx, dy).sum() / dx.size,
                "You divided by the number of pixels. The votes are lengths, so divide by the sum of the votes: then "
                "contrast does not matter either."),
        Mistake("signed", _signed_vote,
                "Your directions are signed (a full turn). Here a dark-to-light edge and its opposite are the same: "
                "take the "
                "angle modulo pi."),
    ),
    hints=(
        "The interval is the one of the exercise before.",
        "`np.bincount(intervals, weights=lengths, minlength=bins)` sums the lengths in each interval.",
        "Divide by the sum.",
    ),
)

# ---------------------------------------------------------------- block means


def _block_means(energy, blocks):
    """Mean of each part of a blocks x blocks grid, row by row, as one vector."""
    height, width = energy.shape
    parts = energy.reshape(blocks, height // blocks, blocks, width // blocks)
    return parts.mean(axis=(1, 3)).ravel()


def _energies():
    rng = np.random.default_rng(32)
    return [(rng.random((8, 8)), 2), (rng.random((12, 8)), 4)]


block_means = Exercise(
    name="block means",
    reference=_block_means,
    cases=_energies,
    mistakes=(
        Mistake("transposed", lambda e, blocks: _block_means(e, blocks).reshape(blocks, blocks).T.ravel(),
                "The numbers are right and their order is not: you went column by column. All images must use one "
                "order, "
                "here row by row; otherwise sky is compared with the left border."),
        Mistake("sums", lambda e, blocks: _block_means(e, blocks) * (e.size // blocks**2),
                "You summed. A mean does not depend on the size of the image; a sum does."),
        Mistake("largest", lambda e, blocks: e.reshape(blocks, len(e) // blocks, blocks, -1).max(axis=(1, 3)).ravel(),
                "You took the largest value of each block. GIST averages: how much of this direction is here, not how "
                "strong "
                "its strongest spot is."),
        Mistake("height for width", lambda e, blocks: e.reshape(
                blocks, e.shape[1] // blocks, blocks, len(e) // blocks).mean(axis=(1, 3)).ravel(),
                "Height and width are exchanged: the rows are cut by the height, the columns by the width. On a square nobody "
                "sees it."),
        Mistake("comb",
                lambda e, blocks: e.reshape(len(e) // blocks, blocks, -1, blocks).mean(axis=(0, 2)).ravel(),
                "Your blocks are combs: every second (third, ...) pixel. Neighbouring pixels belong together: reshape "
                "to "
                "(blocks, height // blocks, blocks, width // blocks)."),
    ),
    hints=(
        "Reshape to four axes: block row, row inside, block column, column inside.",
        "Average over the two inside axes, (1, 3).",
        "`.ravel()` then reads row by row.",
    ),
)

# ---------------------------------------------------------------- one filter


def _magnitude(channel, transfer):
    """Filter a channel by a product in the Fourier domain; return the magnitude of the result."""
    return np.abs(np.fft.ifft2(np.fft.fft2(channel) * transfer))


def _filters():
    rng = np.random.default_rng(33)
    f = np.fft.fftfreq(16)
    radius, angle = np.hypot(f[None], f[:, None]), np.arctan2(f[:, None], f[None])
    cases = []
    for turn in (0.0, 1.0):
        wrapped = np.angle(np.exp(1j * (angle - turn)))
        cases.append((rng.normal(size=(16, 16)), np.exp(-3.5 * (radius / 0.3 - 1) ** 2 - 6 * wrapped**2)))
    return cases


magnitude = Exercise(
    name="one filter of GIST",
    reference=_magnitude,
    cases=_filters,
    mistakes=(
        Mistake("real part", lambda c, t: np.real(np.fft.ifft2(np.fft.fft2(c) * t)),
                "You kept the real part. It ripples between plus and minus along an edge, so its mean is nearly 0; the "
                "magnitude, np.abs, is the envelope."),
        Mistake("magnitude of the real part", lambda c, t: np.abs(np.real(np.fft.ifft2(np.fft.fft2(c) * t))),
                "You dropped the imaginary part before the magnitude. The filtered image is complex, because the "
                "filter "
                "passes one side of the spectrum only: take np.abs of the complex image."),
        Mistake("power", lambda c, t: _magnitude(c, t) ** 2,
                "This is the power, the squared magnitude. GIST averages the magnitude."),
        Mistake("shifted", lambda c, t: np.abs(np.fft.ifft2(np.fft.fftshift(np.fft.fft2(c)) * t)),
                "You used fftshift on one side only. Our transfer functions have frequency 0 in the corner, as "
                "np.fft.fft2 "
                "gives it: no shift is needed."),
        Mistake("product in pixels", lambda c, t: np.abs(c * t),
                "You multiplied pixels with frequencies. Go to the Fourier domain first (fft2), multiply, and come "
                "back "
                "(ifft2)."),
        Mistake("not back", lambda c, t: np.abs(np.fft.fft2(c) * t),
                "You stayed in the Fourier domain. Come back to pixels with ifft2, or the blocks would cut "
                "frequencies."),
    ),
    hints=(
        "A convolution is a product in the Fourier domain.",
        "`np.fft.fft2(channel) * transfer`, then `np.fft.ifft2`.",
        "The result is complex: `np.abs`.",
    ),
)

# ---------------------------------------------------------------- a search with a box


def _search(image, box, database, describe):
    """Describe the part of the image inside the box; rank the database vectors by Euclidean distance, nearest first."""
    x0, y0, x1, y1 = box
    query = describe(image[y0:y1, x0:x1])
    return np.argsort(np.linalg.norm(database - query, axis=1), kind="stable")


def _mean_colour(image):
    return image.reshape(-1, image.shape[-1]).mean(axis=0)


def _rank_with(cut, order=1):
    def wrong(image, box, database, describe):
        distances = np.linalg.norm(database - describe(cut(image, box)), axis=1)
        return np.argsort(order * distances, kind="stable")
    return wrong


def _right_cut(image, box):
    return image[box[1]:box[3], box[0]:box[2]]


def _boxed():
    rng = np.random.default_rng(34)
    cases = []
    for box in ((2, 5, 9, 11), (6, 1, 14, 8)):
        image = rng.integers(0, 256, (16, 20, 3)).astype(np.uint8)
        image[box[1]:box[3], box[0]:box[2]] //= 2  # the object is darker than its surroundings
        cases.append((image, box, rng.uniform(40, 140, size=(30, 3)), _mean_colour))
    return cases


search_box = Exercise(
    name="search with a box",
    reference=_search,
    cases=_boxed,
    mistakes=(
        Mistake("whole image", _rank_with(lambda image, box: image),
                "You described the whole image. The question is what stands in the box: crop first, describe then."),
        Mistake("largest distance first", _rank_with(_right_cut, order=-1),
                "Your list begins with the farthest image. A distance is smaller when better: sort it ascending, "
                "without "
                "the minus that similarities need."),
        Mistake("rows and columns swapped", _rank_with(lambda image, box: image[box[0]:box[2], box[1]:box[3]]),
                "Rows and columns are swapped: an array is indexed [y, x], and a box is (x0, y0, x1, y1)."),
        Mistake("width and height",
                _rank_with(lambda image, box: image[box[1]:box[1] + box[3], box[0]:box[0] + box[2]]),
                "You read the box as x, y, width, height. Here it is (x0, y0, x1, y1), the last two excluded."),
    ),
    hints=(
        "Crop: image[y0:y1, x0:x1].",
        "Describe the crop, then compute `np.linalg.norm(database - query, axis=1)`.",
        "Nearest first: `np.argsort(distances, kind='stable')`.",
    ),
)
