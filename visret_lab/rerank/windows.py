"""Spatial re-ranking of assignment maps: where in the image are the words of the query together, in about its layout?

Mohedano et al., "Bags of local convolutional features for scalable instance search", ICMR 2016, section 4.2. The authors have not
published their code for this step; what the paper leaves open is said at `WindowReranker`.
"""

from functools import lru_cache

import numpy as np

from visret_lab.deep.blcf import NO_WORD
from visret_lab.rerank.lists import require_lists

STEPS = 8  # all borders of windows and of their quarters lie on eighths of a side
LENGTHS = {8: range(0, 1), 4: range(0, 5, 2), 2: range(0, 7), 1: range(0, 8)}  # length in eighths -> where such a stretch begins
STRETCHES = [(a, a + n) for n, starts in LENGTHS.items() for a in starts]  # the whole, halves, quarters, and eighths for the parts
WINDOWS = [(x, y) for y in STRETCHES[:11] for x in STRETCHES[:11]]  # 121: the eighths are only parts of windows
PARTS = 5  # the window and its quarters
PART_WEIGHTS = np.array([0.5, 1, 1, 1, 1])  # 1 / 2^(L - l), L = 2


class WindowReranker:
    """Compares the words of a query with all windows of an image, and takes the best one.

    Windows have sides {H, H/2, H/4} x {W, W/2, W/4} and stand half a window apart: 11 stretches of each side, 121 windows.

        s(window) = sum over parts r of 1 / 2^(L - l) cos(q_r, d_r) / 4.5,        score of the image = max over windows of s

    The parts are the window (l = 1) and its four quarters (l = L = 2); those of the query are cut likewise. q_r and d_r are counts
    of words; the cosine with an empty part is 0. The paper gives the weight of a part, and no more: here the weighted cosines are
    added up and divided by the sum of the weights, 4.5, so that 1 is the same words in the same quarters.

    Windows whose aspect is far from the query's are left out: min(a, a_q) / max(a, a_q) < 0.4. Should none be left, all take part.

    How it is fast: let v_r(p) = q_r(word at p) be a picture of the query's counts. The inner product of q_r with the counts of *any*
    rectangle is the sum of v_r over it, hence four look-ups in its integral image: only the query's words matter. The lengths |d_r|
    belong to the image alone and are computed once, here.

    Args:
        assignments: list of uint16 h x w, the images that may be re-ranked; 65535 is "no word".
        least: of the ratio of aspects.
        pyramid: False compares whole windows only.
    """

    def __init__(self, assignments, least=0.4, pyramid=True):
        self.assignments, self.least, self.pyramid = list(assignments), least, pyramid
        self._lengths = {}

    def prepare(self):
        """Compute the lengths of all images now, as an engine does when it indexes them, and not at their first query. Returns self."""
        for image in range(len(self.assignments)):
            self._lengths_of(image)
        return self

    def scores(self, query, images):
        """Scores of all windows of some images.

        Args:
            query: uint16 h x w, the assignment map inside the query's box. images: int, ids.

        Returns:
            float64 M x 121, in the order of `window_boxes`; -inf for windows that are left out.
        """
        images, parts = np.asarray(images, np.int64), split(query)
        counts = [np.unique(p[p != NO_WORD], return_counts=True) for p in parts]
        size = np.array([np.sqrt(float((c**2).sum())) for _, c in counts])
        out = np.full((len(images), len(WINDOWS)), -np.inf)
        shapes = {}
        for place, i in enumerate(images):
            shapes.setdefault(self.assignments[i].shape, []).append(place)
        for shape, places in shapes.items():
            maps = np.stack([self.assignments[i] for i in images[places]])
            lengths = np.stack([self._lengths_of(i) for i in images[places]])
            out[places] = self._compare(maps, lengths, counts, size, shape)
            out[np.ix_(places, ~self._allowed(shape, query.shape))] = -np.inf
        return out

    def best(self, query, images):
        """The best window of some images: (scores float64 M, boxes int64 M x 4: x0, y0, x1, y1 in positions of the map)."""
        scores = self.scores(query, images)
        best = scores.argmax(axis=1) if len(images) else np.zeros(0, np.int64)
        boxes = [window_boxes(self.assignments[i].shape)[b] for i, b in zip(images, best, strict=True)]
        return scores[np.arange(len(images)), best], np.array(boxes, np.int64).reshape(-1, 4)

    def _compare(self, maps, lengths, counts, size, shape):
        """float64 M x 121 from maps uint16 M x h x w and lengths float64 M x 19 x 19."""
        score, used = 0.0, range(PARTS) if self.pyramid else range(1)
        table = np.zeros(NO_WORD + 1, np.float64)
        regions = part_regions()
        for r in used:
            words, many = counts[r]
            table[words] = many
            inner = over_stretches(table[maps], shape)
            table[words] = 0
            product = size[r] * lengths
            cosine = np.divide(inner, product, out=np.zeros_like(inner), where=product > 0)
            score = score + PART_WEIGHTS[r] * cosine[:, regions[r, :, 0], regions[r, :, 1]]
        return score / PART_WEIGHTS[list(used)].sum()

    def _allowed(self, shape, asked):
        """bool 121: windows whose aspect is near enough to the query's."""
        boxes = window_boxes(shape)
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        ratio = (width / np.maximum(height, 1)) / (asked[1] / asked[0])
        near = np.minimum(ratio, 1 / np.maximum(ratio, 1e-9))
        allowed = (near >= self.least) & (width > 0) & (height > 0)
        return allowed if allowed.any() else (width > 0) & (height > 0)

    def _lengths_of(self, image):
        """float64 19 x 19: length of the vector of counts in each rectangle of an image, by stretches of y and x; kept."""
        if image not in self._lengths:
            self._lengths[image] = region_lengths(self.assignments[image])
        return self._lengths[image]


def rerank(ranking, queries, windows, top=100):
    """Order the first images of each list by their best window.

    Args:
        ranking: int64 Q x N, database ids, best first.
        queries: list of uint16 h x w, the assignment maps inside the boxes.
        windows: `WindowReranker` of the database.
        top: T, how many images of each list. The others keep their places behind them.

    Returns:
        (ranking int64 Q x N, scores float64 Q x min(T, N), boxes int64 Q x min(T, N) x 4 in positions of the maps), both in the order
        of the *new* list. Equal scores keep the order of the old list.

    Raises:
        ValueError: T below 1, or another number of lists than of queries.
    """
    ranking, top = require_lists(ranking, len(queries), top)
    scores, boxes = np.zeros((len(queries), top)), np.zeros((len(queries), top, 4), np.int64)
    for q, query in enumerate(queries):
        found, where = windows.best(query, ranking[q, :top])
        order = np.argsort(-found, kind="stable")
        ranking[q, :top], scores[q], boxes[q] = ranking[q, :top][order], found[order], where[order]
    return ranking, scores, boxes


def edges(length):
    """int64 9: where the eighths of a side of `length` positions begin and end, to the nearest position."""
    return np.floor(np.arange(STEPS + 1) * length / STEPS + 0.5).astype(np.int64)


def split(window):
    """A map and its four quarters, the rows of the upper two first: list of 5 arrays. An odd side's middle goes to the first half."""
    y, x = (-(-n // 2) for n in window.shape)
    return [window, window[:y, :x], window[:y, x:], window[y:, :x], window[y:, x:]]


@lru_cache(maxsize=256)
def window_boxes(shape):
    """int64 121 x 4: the windows of a map of shape (h, w) as x0, y0, x1, y1, x1 and y1 excluded."""
    y, x = (edges(n) for n in shape)
    return np.array([[x[a], y[c], x[b], y[d]] for (a, b), (c, d) in WINDOWS])


@lru_cache(maxsize=1)
def part_regions():
    """int64 5 x 121 x 2: for each part and window, the number of its stretch of y and of x."""
    number = {s: i for i, s in enumerate(STRETCHES)}

    def halves(stretch):
        middle = (stretch[0] + stretch[1]) // 2
        return (stretch[0], middle), (middle, stretch[1])

    rows = []
    for x, y in WINDOWS:
        (up, down), (left, right) = halves(y), halves(x)
        rows.append([[number[b], number[a]] for a, b in ((x, y), (left, up), (right, up), (left, down), (right, down))])
    return np.array(rows).transpose(1, 0, 2)


def over_stretches(values, shape):
    """Sums over all rectangles of stretches, by integral images: M x h x w -> float64 M x 19 x 19 (y, x)."""
    total = np.zeros((len(values), shape[0] + 1, shape[1] + 1))
    np.cumsum(np.cumsum(values, axis=1), axis=2, out=total[:, 1:, 1:])
    y, x = edges(shape[0]), edges(shape[1])
    begin, end = np.array(STRETCHES).T
    rows = total[:, y[end]] - total[:, y[begin]]
    return rows[:, :, x[end]] - rows[:, :, x[begin]]


def region_lengths(assignment):
    """Length of the vector of counts in every rectangle of stretches: uint16 h x w -> float64 19 x 19 (y, x).

    The counts of an eighth by an eighth are enough, since all rectangles are made of them.
    """
    words, number = np.unique(assignment, return_inverse=True)
    cell = [np.searchsorted(edges(n), np.arange(n), side="right") - 1 for n in assignment.shape]
    place = (cell[0][:, None] * STEPS + cell[1]).ravel() * len(words) + number.ravel()
    counts = np.bincount(place, minlength=STEPS * STEPS * len(words)).reshape(STEPS, STEPS * len(words)).astype(np.float32)
    member = np.array([[a <= s < b for s in range(STEPS)] for a, b in STRETCHES], np.float32)
    rows = (member @ counts).reshape(len(STRETCHES), STEPS, len(words))
    both = member @ rows  # 19 x 19 x words; counts are far below 2^24, so they are exact
    both[:, :, words == NO_WORD] = 0
    return np.sqrt(np.einsum("yxk,yxk->yx", both, both, dtype=np.float64))


def direct_scores(query, assignment, least=0.4, pyramid=True):
    """The same scores by counting the words of every part of every window: the plain form, for comparison. float64 121."""
    asked = [_counts(p) for p in split(query)]
    regions, out = part_regions(), np.full(len(WINDOWS), -np.inf)
    y, x = (edges(n) for n in assignment.shape)
    allowed = WindowReranker([assignment], least, pyramid)._allowed(assignment.shape, query.shape)
    used = PARTS if pyramid else 1
    for w in np.flatnonzero(allowed):
        total = 0.0
        for r in range(used):
            (a, b), (c, d) = STRETCHES[regions[r, w, 0]], STRETCHES[regions[r, w, 1]]
            total += PART_WEIGHTS[r] * _cosine(asked[r], _counts(assignment[y[a] : y[b], x[c] : x[d]]))
        out[w] = total / PART_WEIGHTS[:used].sum()
    return out


def _counts(words):
    kept, count = np.unique(words[words != NO_WORD], return_counts=True)
    return dict(zip(kept.tolist(), count.tolist(), strict=True))


def _cosine(a, b):
    length = np.sqrt(float(sum(c * c for c in a.values()))) * np.sqrt(float(sum(c * c for c in b.values())))
    return sum(c * b.get(word, 0) for word, c in a.items()) / length if length else 0.0
