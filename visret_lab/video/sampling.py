"""Which frames of a film are looked at: so many a second, by the clock and not by their numbers."""

import numpy as np

CLOCK = 1e-4  # seconds: times are read from fractions, and 1/3 s is not exactly the eighth frame of 24 a second


def at_rate(times, rate=3.0):
    """The frame that stands on the screen at 0, 1 / rate, 2 / rate ... seconds.

    A film of a variable frame rate has no "every eighth frame": where frames come slowly each is taken, where they come fast some are.
    A picture that stands still for several ticks is one frame, and is taken once.

    Args:
        times: float T, seconds at which each frame is shown (`FilmReader.times`). rate: frames a second; Garcia and Vogiatzis take 3.

    Returns:
        int64, increasing frame numbers, at most T and at least 1.

    Raises:
        ValueError: no frame, times that do not increase or are not finite, or a rate not above 0.
    """
    times = np.asarray(times, np.float64).reshape(-1)
    if not len(times):
        raise ValueError("There are no frames, so none can be sampled. Does the film hold a picture?")
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError("The times of frames must be finite and increase; sort the frames by the time at which they are shown.")
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate is in frames a second and above 0; got {rate}.")
    ticks = times[0] + np.arange(int((times[-1] - times[0] + CLOCK) * rate) + 1) / rate
    return np.unique(np.searchsorted(times, ticks + CLOCK, side="right") - 1)


def evenly(count, most=50):
    """Positions of at most `most` of `count` frames, evenly spread, the first and the last among them: int64, increasing.

    Raises:
        ValueError: no frame, or fewer than 2 asked for of several.
    """
    if count < 1:
        raise ValueError("There is no frame to take.")
    if count <= most:
        return np.arange(count)
    if most < 2:
        raise ValueError(f"most must be at least 2, so that the first and the last frame are taken; got {most}.")
    return np.rint(np.linspace(0, count - 1, most)).astype(np.int64)
