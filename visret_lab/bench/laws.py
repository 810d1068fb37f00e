"""Laws of growth: y = a n^b through measured points, with the uncertainty of the exponent."""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class PowerLaw:
    """y = a n^b.

    Attributes:
        a: y at n = 1, as the line has it.
        b: the exponent: 1 is proportional to n, 0.5 to its square root, 0 is constant.
        low, high: 95 % interval of the exponent, from the scatter of the points around the line.
        spread: largest factor by which a point lies above or below the line, at least 1.
        center: geometric mean of the sizes, around which the line turns when its exponent changes.
    """

    a: float
    b: float
    low: float
    high: float
    spread: float
    center: float

    def __call__(self, n):
        """y at n, float or array."""
        return self.a * np.asarray(n, float) ** self.b

    def between(self, n):
        """y at n if the exponent were at either end of its interval: (lower, upper), for n above or below the center."""
        ends = [self(self.center) * (np.asarray(n, float) / self.center) ** b for b in (self.low, self.high)]
        return np.minimum(*ends), np.maximum(*ends)


def fit_power_law(n, y):
    """Fit a power law by least squares on the logarithms.

        log y = log a + b log n

    The interval of b is that of the slope of a straight line: b -+ t s_b, with the t distribution of len(n) - 2 degrees of
    freedom (Draper and Smith, Applied Regression Analysis, 1998, section 1.4). It knows the scatter of the points, and not
    whether the law still holds beyond them.

    Args:
        n: float, sizes, above 0. y: float, as many measured values, above 0.

    Raises:
        ValueError: fewer than three points, another number of values, a value that is not above 0, or all sizes equal.
    """
    n, y = np.asarray(n, float), np.asarray(y, float)
    if n.ndim != 1 or n.shape != y.shape or len(n) < 3:
        raise ValueError(f"A law needs at least three sizes with one value each; got shapes {n.shape} and {y.shape}.")
    if not ((n > 0).all() and (y > 0).all() and np.isfinite(n).all() and np.isfinite(y).all()):
        raise ValueError("Sizes and values must be above 0 and finite: they are compared by their logarithms.")
    x, z = np.log(n), np.log(y)
    away = x - x.mean()
    if not away.any():
        raise ValueError("All sizes are equal: a law needs different sizes.")
    b = float(away @ (z - z.mean()) / (away @ away))
    left = z - z.mean() - b * away
    error = np.sqrt(left @ left / (len(n) - 2) / (away @ away))
    reach = float(stats.t.ppf(0.975, len(n) - 2) * error)
    return PowerLaw(float(np.exp(z.mean() - b * x.mean())), b, b - reach, b + reach, float(np.exp(np.abs(left).max())),
                    float(np.exp(x.mean())))
