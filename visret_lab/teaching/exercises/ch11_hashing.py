"""Exercises of chapter 11, with the classic mistakes of working with bits. The project is in `teaching.projects`."""

from math import ceil, comb

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _angle(a, b):
    different = (a[:, None] != b[None]).sum(axis=2)
    return np.pi * different / a.shape[1]


def _bits(*shapes):
    rng = np.random.default_rng(11)
    return [(rng.random((q, b)) < 0.4, rng.random((n, b)) < 0.6) for q, n, b in shapes]


def _different(a, b):
    return (a[:, None] != b[None]).sum(2)


angle = Exercise(
    name="angle from bits",
    reference=_angle,
    cases=lambda: _bits((3, 4, 8), (2, 5, 64), (1, 1, 10)),
    mistakes=(
        Mistake("degrees", lambda a, b: 180 * _different(a, b) / a.shape[1], "This is the angle in degrees. Asked is radians: a share "
                "of 1 is pi."),
        Mistake("equal bits", lambda a, b: np.pi * (1 - _different(a, b) / a.shape[1]), "You count the *equal* bits. The probability of "
                "different bits is angle / pi; equal bits have the rest."),
        Mistake("a full turn", lambda a, b: 2 * np.pi * _different(a, b) / a.shape[1], "You multiply by 2 pi. Two opposite vectors "
                "differ in all bits, and their angle is pi."),
        Mistake("only the share", lambda a, b: _different(a, b) / a.shape[1], "This is the share of different bits, without a unit. Times "
                "pi it is the angle."),
        Mistake("cosine", lambda a, b: np.cos(np.pi * _different(a, b) / a.shape[1]), "This is the cosine of the angle. Leave the "
                "cosine out."),
        Mistake("not divided", lambda a, b: np.pi * _different(a, b), "You do not divide by the number of bits, and your angle grows "
                "with the length of the code."),
        Mistake("among the ones", lambda a, b: np.pi * _different(a, b) / np.maximum((a[:, None] | b[None]).sum(2), 1), "You divide by "
                "the bits that are 1 in one of the codes. With planes a 0 says as much as a 1: divide by all bits."),
    ),
    hints=("Each plane separates two vectors with probability angle / pi. The share of different bits estimates this.",
           "`a[:, None] != b[None]` compares all pairs: Q x N x B.",
           "Sum over the last axis, divide by `a.shape[1]`, multiply by `np.pi`."),
)


def _hamming(a, b):
    different = a[:, None] ^ b[None]
    return np.bitwise_count(different).sum(axis=2, dtype=np.int64)


def _bytes():
    rng = np.random.default_rng(12)
    far = np.zeros((2, 40), np.uint8), np.full((3, 40), 255, np.uint8)
    return [(rng.integers(0, 256, (q, w), dtype=np.uint8), rng.integers(0, 256, (n, w), dtype=np.uint8))
            for q, n, w in ((3, 4, 2), (2, 6, 8), (1, 3, 1))] + [far]


hamming = Exercise(
    name="Hamming distance",
    reference=_hamming,
    cases=_bytes,
    mistakes=(
        Mistake("bytes", lambda a, b: (a[:, None] != b[None]).sum(2), "You count the *bytes* that differ. Two bytes can differ in up to 8 "
                "bits: take their xor and count its ones."),
        Mistake("the value of xor", lambda a, b: (a[:, None] ^ b[None]).sum(2, dtype=np.int64), "You add up the values of the xor. A "
                "difference in bit 7 then counts 128. Count the ones with `np.bitwise_count` first."),
        Mistake("and", lambda a, b: np.bitwise_count(a[:, None] & b[None]).sum(2, dtype=np.int64), "You count the ones that both codes "
                "have. Different bits come from xor, `^`."),
        Mistake("or", lambda a, b: np.bitwise_count(a[:, None] | b[None]).sum(2, dtype=np.int64), "You count the ones that either code "
                "has. Different bits come from xor, `^`."),
        Mistake("too small a type", lambda a, b: np.bitwise_count(a[:, None] ^ b[None]).sum(2, dtype=np.uint8), "Right for short codes. "
                "`np.bitwise_count` returns bytes, and you add them up in a byte: above 255 it starts again from 0. Give the sum a "
                "larger dtype."),
        Mistake("equal bits", lambda a, b: 8 * a.shape[1] - np.bitwise_count(a[:, None] ^ b[None]).sum(2, dtype=np.int64), "You count the "
                "equal bits. That is a similarity; the distance counts the different ones."),
        Mistake("a number, not its ones", lambda a, b: np.abs(a[:, None].astype(int) - b[None]).sum(2), "You subtract the bytes as if "
                "they were numbers. 127 and 128 are neighbours as numbers, and differ in all 8 bits."),
        Mistake("a share", lambda a, b: np.bitwise_count(a[:, None] ^ b[None]).sum(2) / (8 * a.shape[1]), "This is the share of "
                "different bits. Return their number."),
    ),
    hints=("Three steps: xor, count the ones of each byte, add up the bytes of a code.",
           "`a[:, None] ^ b[None]` is the xor of all pairs, Q x N x W.",
           "`np.bitwise_count(...)` counts, `.sum(axis=2, dtype=np.int64)` adds up."),
)


def _radii(x, centers):
    squared = ((x[:, None] - centers[None]) ** 2).sum(axis=2)
    return np.median(np.sqrt(squared), axis=0)


def _balls():
    rng = np.random.default_rng(13)
    return [(rng.normal(size=(n, d)) * np.linspace(2, 0.5, d) + 1, rng.normal(size=(k, d))) for n, d, k in ((21, 2, 3), (41, 5, 4))]


def _away(x, c):
    return np.sqrt(((x[:, None] - c[None]) ** 2).sum(2))


radii = Exercise(
    name="radii that balance",
    reference=_radii,
    cases=_balls,
    mistakes=(
        Mistake("mean", lambda x, c: _away(x, c).mean(0), "You took the mean distance. Far points pull it outwards, and more than half of "
                "the rows lie inside. Half inside, half outside: that is the median."),
        Mistake("squared", lambda x, c: np.median(_away(x, c) ** 2, axis=0), "These are squared radii. Take the root."),
        Mistake("half of the largest", lambda x, c: _away(x, c).max(0) / 2, "You took half of the largest distance. Half the *radius* is "
                "not half of the rows."),
        Mistake("all inside", lambda x, c: _away(x, c).max(0), "With the largest distance all rows lie inside, the bit is always 1 and "
                "says nothing."),
        Mistake("one for all", lambda x, c: np.full(len(c), np.median(_away(x, c))), "You took one median over all balls together. Each "
                "ball needs its own radius: take the median along the rows only (axis 0)."),
        Mistake("other axis", lambda x, c: np.median(_away(x, c), axis=1), "You took the median over the balls, one number for each row. "
                "One number for each ball is asked: the other axis."),
        Mistake("from the origin", lambda x, c: np.full(len(c), np.median(np.linalg.norm(x, axis=1))), "You measure from the origin. "
                "Distances are measured from the centre of each ball."),
    ),
    hints=("For one ball: the distances of all rows to its centre. Which radius has half of them inside?",
           "`((x[:, None] - centers[None]) ** 2).sum(axis=2)` holds the squared distances, N x K.",
           "`np.median(distances, axis=0)`."),
)


def _spherical(a, b):
    different = (a[:, None] ^ b[None]).sum(axis=2)
    common = (a[:, None] & b[None]).sum(axis=2)
    return np.where(common > 0, different / np.maximum(common, 1), different + a.shape[1])


def _spherical_cases():
    nothing = np.zeros((1, 6), bool)
    left, right = np.array([[1, 1, 0, 0, 0, 0]], bool), np.array([[0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]], bool)
    return [*_bits((3, 4, 8), (2, 5, 16)), (nothing, np.vstack([nothing, right])), (left, np.vstack([right, left]))]


def _parts(a, b):
    return (a[:, None] ^ b[None]).sum(2), (a[:, None] & b[None]).sum(2)


def _patched(value):
    def wrong(a, b):
        different, common = _parts(a, b)
        return np.where(common > 0, different / np.maximum(common, 1), value(different, a.shape[1]))
    return wrong


def _unguarded(a, b):
    with np.errstate(divide="ignore", invalid="ignore"):
        different, common = _parts(a, b)
        return different / common


spherical = Exercise(
    name="spherical Hamming distance",
    reference=_spherical,
    cases=_spherical_cases,
    mistakes=(
        Mistake("divided by zero", _unguarded, "You divide by zero where two codes have no ball in "
                "common: inf, and 0 / 0 = nan, which has no rank. Such pairs get |a xor b| + B."),
        Mistake("nothing in common is near", _patched(lambda d, n: np.zeros_like(d)), "Pairs without a common ball get 0 from you, the "
                "best of all distances. Two vectors outside all balls are the ones about which *least* is known: |a xor b| + B."),
        Mistake("all the same", _patched(lambda d, n: np.full_like(d, n)), "Pairs without a common ball all get B from you, so they "
                "cannot be told apart. Add |a xor b|."),
        Mistake("not divided there", _patched(lambda d, n: d), "Pairs without a common ball get |a xor b| from you, and so come before "
                "many that share balls. Add B, so that they come last."),
        Mistake("one added", lambda a, b: _parts(a, b)[0] / (_parts(a, b)[1] + 1), "You add 1 to every denominator to avoid the zero. It "
                "changes all other distances, too. Treat the zero by itself."),
        Mistake("or", lambda a, b: _parts(a, b)[0] / np.maximum((a[:, None] | b[None]).sum(2), 1), "You divide by |a or b|. That is the "
                "Jaccard distance, never above 1. Here it is |a and b|."),
        Mistake("upside down", lambda a, b: _parts(a, b)[1] / np.maximum(_parts(a, b)[0], 1), "Your fraction is upside down: a similarity. "
                "Different bits go above, common balls below."),
        Mistake("plain", lambda a, b: _parts(a, b)[0], "This is the plain Hamming distance. Divide by the number of balls that hold both."),
        Mistake("both zero", lambda a, b: (lambda d, c: np.where(c > 0, d / np.maximum(c, 1), d + a.shape[1]))(
            _parts(a, b)[0], (a[:, None] == b[None]).sum(2)), "You count a 0 in both codes as common. To be outside the same ball says "
                "little: the outside is everywhere. Only balls that *hold* both count."),
    ),
    hints=("Two counts for each pair: the bits that differ, and the bits that are 1 in both.",
           "`a[:, None] ^ b[None]` and `a[:, None] & b[None]`, each summed over the last axis.",
           "`np.where(common > 0, different / np.maximum(common, 1), different + B)`: the `maximum` keeps NumPy from dividing by 0 in "
           "the places that are not taken."),
)


def _lookups(bits, pieces, distance):
    radius = distance // pieces
    width = bits // pieces
    return radius, pieces * sum(comb(width, r) for r in range(radius + 1))


def _with_radius(function):
    return lambda b, m, h: (function(b, m, h), m * sum(comb(b // m, r) for r in range(function(b, m, h) + 1)))


lookups = Exercise(
    name="look-ups of multi-index hashing",
    reference=_lookups,
    cases=lambda: [(64, 4, 3), (64, 4, 4), (128, 8, 23), (64, 4, 10), (32, 2, 0)],
    mistakes=(
        Mistake("rounded up", _with_radius(lambda b, m, h: ceil(h / m)), "You round h / m up. If every piece differed in at least "
                "floor(h / m) + 1 bits there would be more than h differences: one piece has at most floor(h / m). Round down."),
        Mistake("one more", _with_radius(lambda b, m, h: h // m + 1), "Your radius is one too large. With h = m - 1 differences one piece "
                "has none at all, and radius 0 is enough."),
        Mistake("the whole distance", _with_radius(lambda b, m, h: h), "You search each table to the full distance h. The differences "
                "are spread over m pieces: one of them has at most h / m."),
        Mistake("one table", lambda b, m, h: (h // m, sum(comb(b // m, r) for r in range(h // m + 1))), "These are the keys of one table. "
                "It is not known *which* piece is the near one, so all m tables are searched."),
        Mistake("only the ring", lambda b, m, h: (h // m, m * comb(b // m, h // m)), "You count only the keys at exactly the radius. Those "
                "nearer than that are looked up, too: add up r = 0, 1, ..., radius."),
        Mistake("all bits", lambda b, m, h: (h // m, m * sum(comb(b, r) for r in range(h // m + 1))), "You flip bits of the whole code. A "
                "key has bits / pieces bits."),
        Mistake("zero forgotten", lambda b, m, h: (h // m, m * sum(comb(b // m, r) for r in range(1, h // m + 1))), "You begin with one "
                "flipped bit. The query's own key is looked up as well: r = 0."),
    ),
    hints=("The pigeonhole principle: if the m pieces together have h differences, how many can the best piece have at most?",
           "A key of s bits has C(s, r) keys at distance exactly r: `math.comb(s, r)`.",
           "radius = h // m, and m times the sum of comb(bits // m, r) for r = 0 ... radius."),
)
