"""Exercises of chapter 10, with the classic mistakes of codes, tables, cells and graphs."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _sizes(dimensions, pieces, bits):
    return np.array([pieces * bits / 8, pieces * bits, 4 * 2**bits * dimensions])


sizes = Exercise(
    name="what a code costs",
    reference=_sizes,
    cases=lambda: [(128, 8, 8), (128, 16, 8), (2048, 32, 8), (96, 12, 4), (60, 4, 6)],
    mistakes=(
        Mistake("bits taken for bytes", lambda d, m, b: np.array([m * b, m * b, 4 * 2**b * d]), "Your first number is in bits. A "
                "byte has eight."),
        Mistake("a byte a piece", lambda d, m, b: np.array([m, m * b, 4 * 2**b * d]), "You take one byte a piece whatever the bits. "
                "That is right for 8 bits. Packed tightly, a piece takes bits / 8 bytes."),
        Mistake("words added up", lambda d, m, b: np.array([m * b / 8, np.log2(m * 2**b), 4 * 2**b * d]), "Your second number "
                "counts the words that are stored: M times K. The *different vectors* that they can be put together to are K^M: "
                "each piece is chosen freely."),
        Mistake("the centres of one piece", lambda d, m, b: np.array([m * b / 8, b, 4 * 2**b * d]), "Your second number is that of "
                "one piece. The pieces are chosen freely, so the numbers of choices multiply, and their logarithms add up."),
        Mistake("long words", lambda d, m, b: np.array([m * b / 8, m * b, 4 * m * 2**b * d]), "Your words have D numbers each. A "
                "word of a piece has only D / M, so that the M vocabularies together hold K x D numbers."),
        Mistake("one vocabulary", lambda d, m, b: np.array([m * b / 8, m * b, 4 * 2**b * d / m]), "You store the vocabulary of one "
                "piece. There are M of them, one for each piece."),
        Mistake("numbers for bytes", lambda d, m, b: np.array([m * b / 8, m * b, 2**b * d]), "Your third number counts floats. A "
                "float32 takes four bytes."),
    ),
    hints=("A piece has K = 2^bits words. Its code is the number of one of them: how many bits is that?",
           "Different vectors: K choices for each of M pieces, so K^M. Take the logarithm to base 2.",
           "M vocabularies x K words x D / M numbers x 4 bytes."),
)


def _pieces(x, words):
    return x.reshape(len(x), words.shape[0], words.shape[2])


def _squared(x, words):
    """Squared distances of the pieces of x, N x D, to the words: N x M x K."""
    return ((_pieces(x, words)[:, :, None] - words) ** 2).sum(axis=3)


def _encode(x, words):
    return _squared(x, words).argmin(axis=2)


def _decoded(codes, words):
    return words[np.arange(len(words)), codes].reshape(len(codes), -1)


def _some(seed, n, m, k, depth):
    """Vectors float n x (m depth), and words float m x k x depth of very unequal length."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, m * depth)), rng.normal(size=(m, k, depth)) * rng.uniform(0.3, 2, size=(m, k, 1))


def _interleaved(x, words):
    m, _, depth = words.shape
    return _encode(x.reshape(len(x), depth, m).transpose(0, 2, 1).reshape(len(x), -1), words)


encode = Exercise(
    name="codes",
    reference=_encode,
    cases=lambda: [_some(0, 6, 2, 4, 3), _some(1, 9, 4, 8, 2), _some(2, 5, 3, 16, 4)],
    mistakes=(
        Mistake("every M-th number", _interleaved, "Your pieces are made of every M-th number. A piece is D / M numbers *in a row*: "
                "`x.reshape(N, M, D // M)`, in this order."),
        Mistake("largest product", lambda x, w: np.einsum("nmd,mkd->nmk", _pieces(x, w), w).argmax(2), "You take the word with the "
                "largest inner product. Long words then win too often. Take the smallest distance: |c|^2 is missing."),
        Mistake("farthest", lambda x, w: _squared(x, w).argmax(2), "These are the *farthest* words."),
        Mistake("the first vocabulary for all", lambda x, w: _encode(x, np.repeat(w[:1], len(w), 0)), "You compare all pieces with "
                "the vocabulary of the first. Each piece has its own: `words[m]`."),
        Mistake("numbered through", lambda x, w: _encode(x, w) + np.arange(len(w)) * w.shape[1], "Your numbers run on from one "
                "piece to the next. Each piece counts its words from 0, or they would not fit into a byte."),
        Mistake("pieces down the rows", lambda x, w: _encode(x, w).T, "Your table has a row for each piece. One row for each vector: "
                "transpose it."),
        Mistake("the words themselves", lambda x, w: _decoded(_encode(x, w), w), "You return the words. The code is their *numbers*."),
    ),
    hints=("`x.reshape(len(x), M, 1, D // M) - words` has the differences of all pieces to all words, N x M x K x D/M.",
           "Square, sum over the last axis, and take `argmin` over the words."),
)


def _asymmetric(q, codes, words):
    tables = _squared(q[None], words)[0]
    return tables[np.arange(len(words)), codes].sum(axis=1)


def _cases_distances():
    made = []
    for seed, (n, m, k, depth) in enumerate(((7, 2, 4, 3), (9, 4, 8, 2), (12, 3, 16, 4))):
        x, words = _some(seed + 10, n + 1, m, k, depth)
        made.append((x[0], _encode(x[1:], words), words))
    return made


def _looked_up(q, codes, words, function):
    tables = function(_squared(q[None], words)[0])
    return tables[np.arange(len(words)), codes]


distances = Exercise(
    name="distances to codes",
    reference=_asymmetric,
    cases=_cases_distances,
    mistakes=(
        Mistake("both sides quantised", lambda q, c, w: ((_decoded(_encode(q[None], w), w) - _decoded(c, w)) ** 2).sum(1), "You "
                "quantised the query, too: this is the *symmetric* distance. The query is at hand as it is; use it."),
        Mistake("root", lambda q, c, w: np.sqrt(_asymmetric(q, c, w)), "You took the root. Asked are *squared* distances, as "
                "FAISS gives them: the order is the same and the root costs time. Never compare the two kinds."),
        Mistake("sum of roots", lambda q, c, w: _looked_up(q, c, w, np.sqrt).sum(1), "You took the root in every piece and added "
                "up roots. Squared distances add up over the pieces; distances do not."),
        Mistake("mean", lambda q, c, w: _looked_up(q, c, w, np.asarray).mean(1), "You took the mean over the pieces. The squared "
                "distance is their sum."),
        Mistake("inner products", lambda q, c, w: _decoded(c, w) @ q, "These are inner products. Asked are squared distances."),
        Mistake("one table", lambda q, c, w: _squared(q[None], w)[0][0][c].sum(1), "You look everything up in the table of the first "
                "piece. Piece m has the table `tables[m]`."),
        Mistake("distance between numbers", lambda q, c, w: ((_encode(q[None], w) - c) ** 2).sum(1), "You subtract *codes*. The "
                "number of a word is a name: word 7 is not near word 8."),
    ),
    hints=("First the tables, M x K: the squared distance of each piece of q to each word of its vocabulary.",
           "A database vector then costs M look-ups: `tables[m, codes[i, m]]`.",
           "`tables[np.arange(M), codes]` looks up all of them at once, N x M."),
)


def _away(q, x):
    return ((x - q) ** 2).sum(axis=-1)


def _cells(x, centres):
    return ((x[:, None] - centres) ** 2).sum(2).argmin(1)


def _padded(ids, k, fill=-1):
    return np.concatenate([ids[:k], np.full(max(k - len(ids), 0), fill, np.int64)])


def _ivf(q, x, centres, nprobe, k):
    probed = np.argsort(_away(q, centres), kind="stable")[:nprobe]
    ids = np.flatnonzero(np.isin(_cells(x, centres), probed))
    return _padded(ids[np.argsort(_away(q, x[ids]), kind="stable")], k)


def _cell_by_cell(q, x, centres, nprobe, k):
    cell, found = _cells(x, centres), []
    for c in np.argsort(_away(q, centres), kind="stable")[:nprobe]:
        ids = np.flatnonzero(cell == c)
        found.append(ids[np.argsort(_away(q, x[ids]), kind="stable")])
    return _padded(np.concatenate(found), k)


def _farthest_cells(q, x, centres, nprobe, k):
    ids = np.flatnonzero(np.isin(_cells(x, centres), np.argsort(-_away(q, centres), kind="stable")[:nprobe]))
    return _padded(ids[np.argsort(_away(q, x[ids]), kind="stable")], k)


def _places(q, x, centres, nprobe, k):
    probed = np.argsort(_away(q, centres), kind="stable")[:nprobe]
    ids = np.flatnonzero(np.isin(_cells(x, centres), probed))
    return _padded(np.argsort(_away(q, x[ids]), kind="stable"), k)


def _first_ids(q, x, centres, nprobe, k):
    probed = np.argsort(_away(q, centres), kind="stable")[:nprobe]
    return _padded(np.flatnonzero(np.isin(_cells(x, centres), probed)), k)


def _filled_with_zero(q, x, centres, nprobe, k):
    found = _ivf(q, x, centres, nprobe, k)
    return np.where(found < 0, 0, found)


def _too_short(q, x, centres, nprobe, k):
    found = _ivf(q, x, centres, nprobe, k)
    return found[found >= 0]


def _cases_ivf():
    rng = np.random.default_rng(20)
    made = []
    for n, d, cells, nprobe, k in ((40, 2, 6, 3, 8), (60, 3, 8, 2, 6), (14, 2, 7, 2, 12)):
        made.append((rng.normal(size=d), rng.normal(size=(n, d)), rng.normal(size=(cells, d)), nprobe, k))
    return made


ivf = Exercise(
    name="search in cells",
    reference=_ivf,
    cases=_cases_ivf,
    mistakes=(
        Mistake("one cell", lambda q, x, c, n, k: _ivf(q, x, c, 1, k), "You look into one cell only, whatever `nprobe` says. So does "
                "FAISS if nobody sets it: neighbours beyond the border of the cell are lost."),
        Mistake("all cells", lambda q, x, c, n, k: _ivf(q, x, c, len(c), k), "You compare with the whole database: right, and as "
                "slow as without cells. Only the `nprobe` nearest cells are opened."),
        Mistake("cell after cell", _cell_by_cell, "You list one cell after the other. The second cell may hold points that are nearer "
                "than those of the first: sort all candidates together."),
        Mistake("farthest cells", _farthest_cells, "You open the cells with the *farthest* centres."),
        Mistake("places in the list", _places, "You return places in the list of candidates. Translate them to the numbers of the "
                "database: `ids[order]`."),
        Mistake("not sorted", _first_ids, "You return the first k candidates as they stand in the lists. Sort them by their distance."),
        Mistake("zero for nothing", _filled_with_zero, "Where the cells hold fewer than k points you answer 0. That is a point of "
                "the database. Answer -1."),
        Mistake("too short", _too_short, "Where the cells hold fewer than k points your answer is too short. Fill it up with -1, so "
                "that every query has k places."),
    ),
    hints=("The cell of a point is its nearest centre. The cells to open are the `nprobe` centres nearest to q.",
           "`ids = np.flatnonzero(np.isin(cell, probed))` are the candidates.",
           "Sort the candidates by their distance to q, keep k, and fill up with -1."),
)


def _residual(q, cells, codes, centres, words):
    return _away(q, centres[cells] + _decoded(codes, words))


def _cases_residual():
    made = []
    for seed, (n, m, k, depth) in enumerate(((7, 2, 4, 3), (9, 4, 8, 2), (12, 3, 16, 4))):
        x, words = _some(seed + 30, n + 1, m, k, depth)
        centres = 2 * np.random.default_rng(seed).normal(size=(5, m * depth))
        cells = _cells(x[1:], centres)
        made.append((x[0], cells, _encode(x[1:] - centres[cells], words), centres, words))
    return made


residuals = Exercise(
    name="distances to coded residuals",
    reference=_residual,
    cases=_cases_residual,
    mistakes=(
        Mistake("no centre", lambda q, i, c, z, w: _away(q, _decoded(c, w)), "You compare the query with the coded residual alone. "
                "It says where the point lies *from the centre of its cell*: add the centre."),
        Mistake("the query's own cell", lambda q, i, c, z, w: _away(q - z[_away(q, z).argmin()], _decoded(c, w)), "You subtract the "
                "centre of the *query's* cell for all points. Each point was coded from the centre of its own cell."),
        Mistake("wrong sign", lambda q, i, c, z, w: _away(q, z[i] - _decoded(c, w)), "Your sign is wrong. The residual is vector "
                "minus centre, so the vector is centre *plus* residual."),
        Mistake("centre added to both", lambda q, i, c, z, w: _away(q + z[i], _decoded(c, w)), "You add the centre to the query. To "
                "compare with a residual it must be taken *off* the query."),
        Mistake("only the centre", lambda q, i, c, z, w: _away(q, z[i]), "You compare with the centres. All points of a cell then "
                "have the same distance: the residual is there to tell them apart."),
        Mistake("root", lambda q, i, c, z, w: np.sqrt(_residual(q, i, c, z, w)), "You took the root. Asked are squared distances."),
        Mistake("distances added", lambda q, i, c, z, w: _away(q, z[i]) + (_decoded(c, w) ** 2).sum(1), "You add the squared "
                "distance to the centre and the squared length of the residual. That holds only if they are at a right angle."),
    ),
    hints=("What does a code stand for? The centre of its cell, plus the residual that the words spell out.",
           "`words[np.arange(M), codes].reshape(N, D)` are the residuals.",
           "`centres[cells]` are the centres, N x D."),
)


def _walk(q, x, links, start, ef):
    away = _away(q, x)
    visited, frontier, best = {start}, [start], [start]
    while frontier:
        here = min(frontier, key=lambda i: (away[i], i))
        frontier.remove(here)
        if len(best) == ef and away[here] > away[best[-1]]:
            break
        for i in links[here]:
            if i not in visited:
                visited.add(i)
                frontier.append(i)
                best = sorted([*best, i], key=lambda i: (away[i], i))[:ef]
    return np.array(best)


def _greedy(q, x, links, start, ef):
    """One walker without memory, and the path that it has gone."""
    away, path = _away(q, x), [start]
    while True:
        here = min(links[path[-1]], key=lambda i: (away[i], i))
        if away[here] >= away[path[-1]]:
            return path
        path.append(here)


def _path_back(q, x, links, start, ef):
    return np.array(_greedy(q, x, links, start, ef)[::-1][:ef])


def _whole(q, x, links, start, ef):
    return np.argsort(_away(q, x), kind="stable")[:ef]


def _links_of_last(q, x, links, start, ef):
    last = _greedy(q, x, links, start, ef)[-1]
    near = sorted({last, *links[last]}, key=lambda i: (_away(q, x[i]), i))
    return np.array(near[:ef])


def _unsorted(q, x, links, start, ef):
    return np.sort(_walk(q, x, links, start, ef))


def _farthest_first(q, x, links, start, ef):
    return _walk(q, x, links, start, ef)[::-1]


def _first_visited(q, x, links, start, ef):
    found = [start]
    for here in found:
        found += [i for i in links[here] if i not in found]
    return np.array(found[:ef])


def _cases_walk():
    # A row of points, and apart from it two that no link leads to, though they are nearest to the query.
    row = np.array([[float(i), (i % 3) / 10] for i in range(8)] + [[9.0, 1.0], [9.2, 1.1]])
    chain = [[i for i in (j - 1, j + 1) if 0 <= i < 8] for j in range(8)] + [[9], [8]]
    made = [(np.array([9.1, 1.0]), row, chain, 0, 3)]
    for seed, n, k, ef in ((1, 40, 3, 4), (2, 60, 3, 5), (8, 50, 3, 6)):
        rng = np.random.default_rng(seed)
        x = rng.uniform(size=(n, 2))
        near = np.argsort(((x[:, None] - x) ** 2).sum(2), axis=1)[:, 1 : k + 1]
        links = [set(row.tolist()) for row in near]
        for i, row in enumerate(near):
            for j in row:
                links[j].add(i)
        q = rng.uniform(size=2)
        made.append((q, x, [sorted(s) for s in links], int(_away(q, x).argmax()), ef))
    return made


walk = Exercise(
    name="walk on a graph",
    reference=_walk,
    cases=_cases_walk,
    mistakes=(
        Mistake("ef of one", lambda q, x, links, start, ef: _walk(q, x, links, start, 1), "You keep only the best point. The walk "
                "then ends at the first place that has no nearer neighbour. Keep the `ef` best, and go on from each of them."),
        Mistake("the path", _path_back, "You return the path that you came on. The answer is the `ef` nearest points that were "
                "*looked at*, and the walk goes on after the first dead end."),
        Mistake("last stop and its neighbours", _links_of_last, "You walk to a dead end and return it with its neighbours. A point that "
                "is no improvement may still lead on: it belongs into the list."),
        Mistake("whole database", _whole, "You compared q with all points. Right, if the graph leads everywhere, but it is a scan: "
                "look only at the links of points that you have reached."),
        Mistake("in order of the numbers", _unsorted, "These are the right points in the wrong order: nearest first."),
        Mistake("upside down", _farthest_first, "Your answer has the farthest first. Turn it round."),
        Mistake("in order of discovery", _first_visited, "You go through the links in the order in which you find them. Go on from the "
                "candidate that is *nearest to the query*."),
    ),
    hints=("Two lists: candidates whose links have not been followed yet, and the `ef` best points so far. And a set of visited points.",
           "Take the nearest candidate. If the best list is full and this candidate is farther than its last: stop.",
           "Else look at its links that are not visited: each becomes a candidate, and enters the best list, which is cut to `ef`."),
)
