"""Exercises of chapter 05, with the classic mistakes of bags of words."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake
from visret_lab.teaching.whiteboard import six_points


def _squared(x, centers):
    """Squared distances N x K."""
    return ((x[:, None] - centers) ** 2).sum(2)


def _of_the_board(function):
    """A value has no arguments: `function` of the word of each of the six points, instead."""
    return lambda: function(_squared(*six_points()).argmin(1))


def _by_hand():
    points, centers = six_points()
    squared = ((points[:, None] - centers[[0, 2]]) ** 2).sum(axis=2)  # c2 is taken away
    return np.bincount(squared.argmin(axis=1), minlength=2)


def _board(word):
    return np.bincount(word, minlength=3)


by_hand = Exercise(
    name="bag of words by hand",
    reference=_by_hand,
    cases=lambda: [()],
    mistakes=(
        Mistake("three words", _of_the_board(_board), "This is the bag of all three words. Without c2 its two points need another word: "
                "which of c1 and c3 is nearer to each of them?"),
        Mistake("points lost", _of_the_board(lambda w: _board(w)[[0, 2]]), "The two points of c2 do not go away with their word. Each "
                "takes the nearest of the words that are left."),
        Mistake("all to c1", _of_the_board(lambda w: [5, 1]), "You gave both points of c2 to c1. Measure x5 once more, to c1 and to c3."),
        Mistake("all to c3", _of_the_board(lambda w: [3, 3]), "You gave both points of c2 to c3. Measure x4 once more, to c1 and to c3."),
        Mistake("order", lambda: _by_hand()[::-1], "The two counts are right, their order is not: c1 first, then c3."),
        Mistake("a place for c2", lambda: [4, 0, 2], "The counts are right. But a word that is taken away has no place in the bag: write "
                "two numbers."),
        Mistake("shares", lambda: _by_hand() / 6, "These are shares of the six points. Write the counts; they are brought to length 1 "
                "later, after the idf."),
    ),
    hints=("Only the points that had c2 need a new word. Which are they?", "On squared paper, the squared distance is "
           "steps to the side, squared, plus steps up, squared.", "x4 lies at (6, 1), x5 at (8, 2); c1 at (2, 2), c3 at (4, 6). "
           "Two counts, c1 first. They sum to 6."),
)


def _assign(x, centers):
    return ((x[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)


def _cases_assign():
    rng = np.random.default_rng(0)
    made = [(rng.normal(0, 2, (n, d)), rng.normal(0, 2, (k, d)) * rng.uniform(0.3, 2, (k, 1)))
            for n, k, d in ((20, 5, 3), (30, 8, 4), (6, 6, 2))]
    return [six_points(), *made]


assign = Exercise(
    name="nearest words",
    reference=_assign,
    cases=_cases_assign,
    mistakes=(
        Mistake("farthest", lambda x, c: _squared(x, c).argmax(1), "You take the *largest* distance. argmax is for similarities; "
                "the nearest word has the smallest distance."),
        Mistake("wrong axis", lambda x, c: _squared(x, c).argmin(0), "You looked for the nearest descriptor of each word: one "
                "answer a word. Every descriptor needs its nearest word: take the minimum along the other axis."),
        Mistake("inner product", lambda x, c: (x @ c.T).argmax(1), "You take the largest inner product. It prefers long "
                "centres: k-means centres do not have equal length, so use the distance."),
        Mistake("differences cancel", lambda x, c: ((x[:, None] - c).sum(2) ** 2).argmin(1), "You sum the differences before "
                "you square them. Then a plus in one dimension and a minus in another cancel. Square first."),
        Mistake("city block", lambda x, c: np.abs(x[:, None] - c).sum(2).argmin(1), "You use the L1 distance. The centres of "
                "k-means are means, and these belong to the Euclidean distance."),
    ),
    hints=("First make a table of all distances: one row a descriptor, one column a word.",
           "`x[:, None] - centers` has the shape N x K x D. Square it, and sum over the last axis.",
           "The number of the smallest entry of each row is `.argmin(axis=1)`."),
)


def _idf(counts):
    images = len(counts)
    present = (counts > 0).sum(axis=0)
    return np.where(present > 0, np.log(images / np.maximum(present, 1)), 0)


def _cases_idf():
    rng = np.random.default_rng(1)
    rare = rng.poisson(0.6, (9, 6))
    rare[:, 2] = 0  # a word that nobody has
    rare[:, 3] += 1  # one that everybody has
    return [(np.array([[3, 2, 0, 1], [2, 0, 0, 1], [0, 0, 0, 5], [1, 1, 0, 2]]),), (rare,)]


def _present(counts):
    return (counts > 0).sum(0)


idf = Exercise(
    name="idf",
    reference=_idf,
    cases=_cases_idf,
    mistakes=(
        Mistake("upside down", lambda c: np.where(_present(c) > 0, np.log(np.maximum(_present(c), 1) / len(c)), 0), "Your "
                "fraction is upside down: it is log(N / N_i). All your weights are 0 or negative."),
        Mistake("zero division", lambda c: np.log(len(c) / _present(c)), "A word that no image has gives N / 0, and infinity. It "
                "can find nothing, so give it the weight 0."),
        Mistake("occurrences", lambda c: np.where(c.sum(0) > 0, np.log(len(c) / np.maximum(c.sum(0), 1)), 0), "You divide by how "
                "*often* the word occurs. N_i is the number of *images* that have it, once or many times: `counts > 0`."),
        Mistake("all occurrences", lambda c: np.where(c.sum(0) > 0, np.log(c.sum() / np.maximum(c.sum(0), 1)), 0), "You count "
                "words instead of images, above and below. Both N and N_i are numbers of images."),
        Mistake("words for N", lambda c: np.where(_present(c) > 0, np.log(c.shape[1] / np.maximum(_present(c), 1)), 0), "Your N "
                "is the number of words. It is the number of images: the rows of `counts`."),
        Mistake("plus one below", lambda c: np.log(len(c) / (1 + _present(c))), "You added 1 to N_i. It avoids the division by "
                "zero, but a word of all images gets a negative weight. Treat the word that nobody has by itself."),
        Mistake("plus one", lambda c: np.where(_present(c) > 0, np.log(len(c) / np.maximum(_present(c), 1)) + 1, 0), "You added 1, "
                "as scikit-learn does. In the definition here a word that every image has weighs 0: it tells nothing apart."),
        Mistake("no log", lambda c: np.where(_present(c) > 0, len(c) / np.maximum(_present(c), 1), 0), "The logarithm is missing."),
        Mistake("another base", lambda c: np.where(_present(c) > 0, np.log2(len(c) / np.maximum(_present(c), 1)), 0), "You took "
                "another base. Rankings would be the same, as all weights change by one factor; here it is the natural "
                "logarithm, `np.log`."),
    ),
    hints=("N is the number of images. For each word, in how many images does it occur at least once?",
           "`(counts > 0).sum(axis=0)` is N_i.", "Compute log(N / N_i) with `np.maximum(N_i, 1)`, then set the words with "
           "N_i = 0 to 0."),
)


def _tf_idf(queries, idf):
    v = queries * idf
    length = np.linalg.norm(v, axis=1, keepdims=True)
    return v / np.where(length > 0, length, 1)


def _unit(v, axis=1):
    length = np.linalg.norm(v, axis=axis, keepdims=True)
    return v / np.where(length > 0, length, 1)


def _cases_tf_idf():
    rng = np.random.default_rng(2)
    queries = rng.poisson(1.0, (5, 6)).astype(float)
    queries[3] = 0  # nothing was detected
    return [(queries, _idf(rng.poisson(0.7, (12, 6)))), (np.array([[2.0, 1, 0], [0, 0, 0], [1, 5, 2]]), np.array([0.2, 1.5, 0.0]))]


def _without_guard(queries, idf):
    v = queries * idf
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _by_sum(queries, idf):
    total = (queries * idf).sum(1, keepdims=True)
    return queries * idf / np.where(total > 0, total, 1)


tf_idf = Exercise(
    name="tf-idf",
    reference=_tf_idf,
    cases=_cases_tf_idf,
    mistakes=(
        Mistake("idf from the queries", lambda q, i: _unit(q * _idf(q)), "You computed the idf from the queries. Then the "
                "weights change with what is asked together, and they are not those of the database. Use the `idf` that is "
                "given."),
        Mistake("counts not normalised", lambda q, i: q * i, "The length is missing. An image with twice as many patches would "
                "get twice the score."),
        Mistake("nan", _without_guard, "An image without descriptors has length 0, and 0 / 0 is nan. Leave its row at zero."),
        Mistake("length before idf", lambda q, i: _unit(q) * i, "You normalise before you weigh. After the idf the length is "
                "no longer 1: weigh first."),
        Mistake("no idf", lambda q, i: _unit(q), "The idf is missing: these are normalised counts."),
        Mistake("L1", _by_sum, "Your rows sum to 1. For the inner product they need the *Euclidean* length 1."),
        Mistake("columns", lambda q, i: _unit(q * i, 0), "You normalised the columns. An image is a row: axis=1."),
        Mistake("idf twice", lambda q, i: _unit(q * i**2), "You weigh by idf squared. It comes out squared in the score by "
                "itself, as both the query and the image have it once."),
    ),
    hints=("Two steps: weigh each column, then bring each row to length 1.", "`queries * idf` weighs the columns.",
           "Divide by `np.linalg.norm(..., axis=1, keepdims=True)`, but by 1 where this is 0."),
)


def _scores(postings, query, images):
    out = np.zeros(images)
    for (ids, weights), q in zip(postings, query, strict=True):
        if q > 0:
            out[ids] += q * weights
    return out


def _as_lists(bags):
    return [(np.flatnonzero(column), column[column > 0]) for column in bags.T]


def _cases_scores():
    rng = np.random.default_rng(3)
    made = []
    for images, words in ((5, 6), (12, 8)):
        bags = _unit(rng.poisson(0.6, (images, words)).astype(float))
        made.append((_as_lists(bags), np.round(_unit(rng.poisson(0.9, (1, words)))[0], 3), images))
    return made


def _loop(update):
    def run(postings, query, images):
        out = np.zeros(images)
        for (ids, weights), q in zip(postings, query, strict=True):
            update(out, ids, weights, q)
        return out
    return run


def _overwrite(out, ids, weights, q):
    if q > 0:
        out[ids] = q * weights


def _no_query_weight(out, ids, weights, q):
    if q > 0:
        out[ids] += weights


def _no_image_weight(out, ids, weights, q):
    out[ids] += q


def _votes(out, ids, weights, q):
    if q > 0:
        out[ids] += 1


def _every_list(out, ids, weights, q):
    out[ids] += weights


inverted_scores = Exercise(
    name="scores from an inverted file",
    reference=_scores,
    cases=_cases_scores,
    mistakes=(
        Mistake("overwritten", _loop(_overwrite), "Each word overwrites what the earlier words gave: you write `=` where `+=` "
                "is meant."),
        Mistake("no query weight", _loop(_no_query_weight), "The weight of the word in the *query* is missing: add "
                "`query[i] * weights`."),
        Mistake("no image weight", _loop(_no_image_weight), "The weight in the *image* is missing. The posting holds it, beside "
                "the id: add `query[i] * weights`."),
        Mistake("votes", _loop(_votes), "You count the words that both have. The score is the inner product: each shared word "
                "adds the product of its two weights."),
        Mistake("every list", _loop(_every_list), "You read every list, whether the query has the word or not. Only the words of "
                "the query count, and each is multiplied with its weight there."),
    ),
    hints=("Begin with zeros, one an image. Only the words with a weight above 0 in the query do anything.",
           "`ids, weights = postings[i]` are the images that have word i, and how strongly.",
           "`scores[ids] += query[i] * weights` for each word of the query."),
)


def _soft(d, sigma):
    w = np.exp(-(d**2) / (2 * sigma**2))
    return w / w.sum(axis=1, keepdims=True)


def _rows(w):
    return w / w.sum(axis=1, keepdims=True)


soft_weights = Exercise(
    name="soft assignment",
    reference=_soft,
    cases=lambda: [(np.array([[0.2, 0.4, 0.5], [0.3, 0.3, 0.9]]), 0.25), (np.random.default_rng(4).uniform(0.5, 2, (5, 3)), 0.7)],
    mistakes=(
        Mistake("sigma for sigma squared", lambda d, s: _rows(np.exp(-(d**2) / (2 * s))), "You divide by 2 sigma. It is 2 sigma "
                "*squared*: sigma is a distance, as d is, and the exponent must have no unit."),
        Mistake("two", lambda d, s: _rows(np.exp(-(d**2) / s**2)), "The 2 in 2 sigma squared is missing."),
        Mistake("distance", lambda d, s: _rows(np.exp(-d / (2 * s**2))), "The distance is to be squared: exp(-d^2 / (2 sigma^2))."),
        Mistake("no sum", lambda d, s: np.exp(-(d**2) / (2 * s**2)), "The weights of a descriptor must sum to 1: every patch has "
                "one vote, which it shares out."),
        Mistake("whole table", lambda d, s: np.exp(-(d**2) / (2 * s**2)) / np.exp(-(d**2) / (2 * s**2)).sum(), "You divide by the sum "
                "of the whole table. Each row, one descriptor, must sum to 1."),
        Mistake("sign", lambda d, s: _rows(np.exp(d**2 / (2 * s**2))), "The minus is missing: your farthest word weighs most."),
        Mistake("by distance", lambda d, s: _rows(d), "These are shares of the distance: the farthest word gets most. Use the "
                "Gaussian of the distance."),
    ),
    hints=("A Gaussian of the distance, then shares.", "The exponent is -d^2 / (2 sigma^2).",
           "Divide by `.sum(axis=1, keepdims=True)`: each row sums to 1."),
)
