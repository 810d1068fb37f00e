"""Exercises of chapter 06, with the classic mistakes of VLAD."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake
from visret_lab.teaching.whiteboard import six_points


def _sums(points, centers):
    """Residual sums K x D of `points`, and the word of each point."""
    word = ((points[:, None] - centers) ** 2).sum(2).argmin(1)
    out = np.zeros(np.shape(centers))
    np.add.at(out, word, points - centers[word])
    return out, word


def _positions(x, centers):
    v, word = _sums(x, centers)
    return v + np.bincount(word, minlength=len(centers))[:, None] * centers


def _of_the_board(function):
    """The same number of arguments as the learner's value: none."""
    return lambda: function(*(np.asarray(a, float) for a in six_points()))


def _by_hand():
    points, centers = six_points()
    word = ((points[:, None] - centers) ** 2).sum(2).argmin(1)
    return np.array([(points[word == k] - centers[k]).sum(0) for k in range(len(centers))])


def _board(points, centers):
    return _sums(points, centers)[0]


def _board_wrong_centre(points, centers):
    return (points[:, None] - centers).sum(0)


def _board_means(points, centers):
    out, word = _sums(points, centers)
    return out / np.maximum(np.bincount(word, minlength=len(centers)), 1)[:, None]


def _board_lengths(points, centers):
    word = _sums(points, centers)[1]
    out = np.zeros(np.shape(centers))
    np.add.at(out, word, np.abs(points - centers[word]))
    return out


by_hand = Exercise(
    name="VLAD by hand",
    reference=_by_hand,
    cases=lambda: [()],
    mistakes=(
        Mistake("c - x", _of_the_board(lambda p, c: -_board(p, c)), "All your signs are turned: you took c - x. The arrow goes "
                "from the centre to the point: x - c."),
        Mistake("counts", _of_the_board(lambda p, c: np.bincount(_sums(p, c)[1], minlength=len(c))), "These are the counts: the "
                "bag of words. VLAD has two numbers for each centre, the sum of its arrows."),
        Mistake("wrong centre", _of_the_board(_board_wrong_centre), "You subtracted every centre from every point. A point has "
                "one arrow only: from the centre that is nearest to it."),
        Mistake("means", _of_the_board(_board_means), "These are the means of the arrows. VLAD adds them: three arrows in one "
                "direction say more than one."),
        Mistake("positions", _of_the_board(_positions), "You added the points themselves. Subtract the centre from each point "
                "first: a residual begins at its centre."),
        Mistake("rows first", _of_the_board(lambda p, c: _board(p, c)[:, ::-1]), "The numbers of each arrow are swapped: write "
                "the steps to the right first, then the steps up."),
        Mistake("down", _of_the_board(lambda p, c: _board(p, c) * [1, -1]), "Your second numbers have the wrong sign: on this "
                "paper up is positive. Rows of an image count downwards, this drawing does not."),
        Mistake("lengths", _of_the_board(_board_lengths), "You added sizes without their signs. A step to the left takes away "
                "from a step to the right."),
    ),
    hints=("First decide for each point which centre is nearest. That is the bag of words.",
           "For each point write the arrow x - c as two numbers, right and up. Left and down are negative.",
           "Add the arrows of each centre. Where they point in opposite directions they cancel."),
    atol=0.01,  # by hand, two digits are enough
)


def _vlad(x, centers):
    word = ((x[:, None] - centers) ** 2).sum(2).argmin(1)
    v = np.zeros(centers.shape)
    for k in range(len(centers)):
        v[k] = (x[word == k] - centers[k]).sum(0)
    v = np.sign(v) * np.sqrt(np.abs(v))
    return v.ravel() / np.linalg.norm(v)


def _finish(v, order="C", root=True, norm=True):
    v = np.sign(v) * np.sqrt(np.abs(v)) if root else v
    v = v.ravel(order)
    return v / np.linalg.norm(v) if norm else v


def _means(x, centers):
    v, word = _sums(x, centers)
    return _finish(v / np.maximum(np.bincount(word, minlength=len(centers)), 1)[:, None])


def _farthest(x, centers):
    word = ((x[:, None] - centers) ** 2).sum(2).argmax(1)
    v = np.zeros(centers.shape)
    np.add.at(v, word, x - centers[word])
    return _finish(v)


def _cases_vlad():
    rng = np.random.default_rng(0)
    return [(rng.normal(0, 2, (n, d)), rng.normal(0, 2, (k, d))) for n, d, k in ((12, 2, 3), (30, 4, 5), (9, 3, 4))]


vlad = Exercise(
    name="VLAD",
    reference=_vlad,
    cases=_cases_vlad,
    mistakes=(
        Mistake("c - x", lambda x, c: -_vlad(x, c), "You sum c - x. The residual goes from the centre to the descriptor: x - c. "
                "Among your own vectors nothing would change, but compared with anyone else's every score would turn its sign."),
        Mistake("wrong centre", _farthest, "The residuals are taken to the wrong centre, the *farthest*. These are distances: "
                "the nearest has the smallest, so use argmin."),
        Mistake("all centres", lambda x, c: _finish((x[:, None] - c).sum(0)), "Every descriptor is compared with every centre. "
                "Only the residual to its *nearest* centre is added."),
        Mistake("means", _means, "You take the mean of the residuals of each word. VLAD takes their sum: a word that occurs often "
                "has a longer block, and the final normalisation does not undo this."),
        Mistake("no normalisation", lambda x, c: _finish(_sums(x, c)[0], norm=False), "The last step is missing: divide by the "
                "Euclidean length, or images with many descriptors win."),
        Mistake("root last", lambda x, c: _root(_finish(_sums(x, c)[0], root=False)), "The root comes after the length here, and "
                "it changes the length again: the vector you return has not length 1. Root first, length last."),
        Mistake("positions", lambda x, c: _finish(_positions(x, c)), "You sum the descriptors of each word. Subtract the centre "
                "of the word from each of them first."),
        Mistake("no root", lambda x, c: _finish(_sums(x, c)[0], root=False), "The signed square root is missing; it comes after "
                "the sums and before the length."),
        Mistake("sums only", lambda x, c: _finish(_sums(x, c)[0], root=False, norm=False), "The sums are right. Two steps are "
                "missing: the signed square root, and then the length 1."),
        Mistake("order", lambda x, c: _finish(_sums(x, c)[0], order="F"), "The numbers are right, their order is not: keep the "
                "block of word 0 together, then word 1, and so on. `v.ravel()` of a K x D array does this."),
    ),
    hints=("Four steps: nearest centre, sum of residuals for each centre, signed square root, length 1.",
           "`((x[:, None] - centers) ** 2).sum(2)` holds all squared distances, one row a descriptor; take argmin along axis 1.",
           "For word k: `(x[word == k] - centers[k]).sum(0)`. A word without descriptors gives zeros."),
)


def _root(v):
    return np.sign(v) * np.sqrt(np.abs(v))


signed_root = Exercise(
    name="signed square root",
    reference=_root,
    cases=lambda: [(np.array([[4.0, -9.0], [0.0, 0.25]]),), (np.random.default_rng(1).normal(0, 3, (3, 4)),)],
    mistakes=(
        Mistake("nan", lambda v: np.sqrt(v), "The root of a negative number is nan, and one nan spoils every score of this image. "
                "Take the root of the size, and give the sign back."),
        Mistake("sign lost", lambda v: np.sqrt(np.abs(v)), "The sign is lost: a patch to the left of its word would look like one "
                "to the right. Multiply by np.sign(v)."),
        Mistake("square", lambda v: np.sign(v) * v**2, "This is the signed *square*: it makes large entries still larger. The "
                "root makes them smaller."),
        Mistake("zero", lambda v: v / np.sqrt(np.abs(v)), "Right, except where an entry is 0: there 0 / 0 is nan. Most VLAD "
                "vectors have such entries, one block for each word that does not occur."),
        Mistake("clipped", lambda v: np.sqrt(np.maximum(v, 0)), "You set the negative entries to zero, and with them every "
                "patch on that side of its word. Keep their sign."),
    ),
    hints=("Treat size and sign apart.", "`np.abs(v)` is the size, `np.sign(v)` is -1, 0 or 1.",
           "`np.sign(v) * np.sqrt(np.abs(v))`"),
)


def _intra(v):
    length = np.linalg.norm(v, axis=1, keepdims=True)
    v = np.divide(v, length, out=np.zeros_like(v), where=length > 0)
    return v / np.linalg.norm(v)


def _along(v, axis):
    length = np.linalg.norm(v, axis=axis, keepdims=True)
    v = np.divide(v, length, out=np.zeros_like(v), where=length > 0)
    return v / np.linalg.norm(v)


def _cases_intra():
    v = np.random.default_rng(2).normal(0, 3, (4, 3))
    empty = v.copy()
    empty[1] = 0
    return [(v,), (empty,), (np.array([[30.0, 40.0], [0.3, 0.4]]),)]


def _with_nan(v):
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    return v / np.linalg.norm(v)


def _squared_length(v):
    length = (v**2).sum(axis=1, keepdims=True)
    v = np.divide(v, length, out=np.zeros_like(v), where=length > 0)
    return v / np.linalg.norm(v)


intra = Exercise(
    name="intra-normalisation",
    reference=_intra,
    cases=_cases_intra,
    mistakes=(
        Mistake("whole vector", lambda v: v / np.linalg.norm(v), "You normalised the whole vector only. Bring each row, the block "
                "of one word, to length 1 first."),
        Mistake("wrong axis", lambda v: _along(v, 0), "You normalised the columns. The block of a word is a *row*: axis=1."),
        Mistake("no second", lambda v: _along(v, 1) * np.sqrt((np.linalg.norm(v, axis=1) > 0).sum()), "The blocks have length 1 "
                "now, but the whole vector has not: an image that uses more words would be longer. Normalise once more."),
        Mistake("squared", _squared_length, "You divided each block by its *squared* length. Take the root: "
                "np.linalg.norm does it for you."),
        Mistake("empty word", _with_nan, "A word without descriptors has length 0, and 0 / 0 is nan. Divide only where the "
                "length is above 0."),
    ),
    hints=("There are two normalisations: first each block, then the whole.", "`np.linalg.norm(v, axis=1, keepdims=True)` has "
           "one length a block.", "Set the length of an empty block to 1 before you divide: zeros stay zeros."),
)


def _most_words(budget, dim, bytes_each):
    return budget // (dim * bytes_each)


most_words = Exercise(
    name="what fits into the memory",
    reference=_most_words,
    cases=lambda: [(32768, 128, 4), (100_000, 64, 4), (5000, 80, 2)],
    mistakes=(
        Mistake("bits", lambda m, d, b: m // (8 * d * b), "You counted in bits. The budget and the numbers are given in bytes."),
        Mistake("words only", lambda m, d, b: m // b, "You counted one number a word, as for a bag of words. VLAD keeps a whole "
                "residual, `dim` numbers, for each."),
        Mistake("numbers", lambda m, d, b: m // d, "You counted one byte a number; each takes several."),
        Mistake("rounded up", lambda m, d, b: -(-m // (d * b)), "You rounded up. The last word no longer fits: round down."),
        Mistake("not whole", lambda m, d, b: m / (d * b), "There is no part of a word: round down to a whole number."),
    ),
    hints=("How many numbers belong to one word?", "A word takes `dim * bytes_each` bytes. How often does this fit into the budget?",
           "`//` divides and rounds down."),
)
