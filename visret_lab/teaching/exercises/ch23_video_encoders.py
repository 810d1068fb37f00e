"""Exercises of chapter 23, with the classic mistakes of networks that read shots."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(v):
    norm = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / norm


def _rows(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _softmax(e):
    e = np.exp(e - e.max())
    return e / e.sum()


def _ticks(times, rate):
    return times[0] + np.arange(int((times[-1] - times[0]) * rate + 1e-4) + 1) / rate


def _at_rate(times, rate, side="right", back=1, unique=True):
    found = np.searchsorted(times, _ticks(times, rate) + (1e-4 if side == "right" else -1e-4), side=side) - back
    found = np.clip(found, 0, len(times) - 1)
    return np.unique(found) if unique else found


def _shown(times, rate):
    count = int((times[-1] - times[0]) * rate + 1e-4) + 1
    ticks = times[0] + np.arange(count) / rate
    return np.unique(np.searchsorted(times, ticks + 1e-4, side="right") - 1)


def _cases_times():
    rng = np.random.default_rng(0)
    mixed = np.concatenate([np.arange(0, 1, 0.05), np.arange(1, 4, 0.45)])
    shaken = np.cumsum(rng.uniform(0.02, 0.3, 40))
    rounded = np.round(np.arange(90) / 30, 5)  # frame 20 at 0.66667, a hair after the tick at 2 / 3
    return [(mixed, 3.0), (shaken, 2.0), (1 + np.arange(50) / 29.97, 3.0), (rounded, 3.0)]


def _by_number(times, rate):
    fps = (len(times) - 1) / (times[-1] - times[0])
    return np.arange(0, len(times), max(1, round(fps / rate)))


rate = Exercise(
    name="frames by the clock",
    reference=_shown,
    cases=_cases_times,
    mistakes=(
        Mistake("by number", _by_number,
                "You took every so-and-so-many-th frame. In a film of a variable frame rate that is thick where frames come fast, and "
                "thin where they come slowly. Ask at each tick of the clock which frame is on the screen."),
        Mistake("the next frame", lambda t, r: _at_rate(t, r, "left", 0),
                "You took the first frame *after* each tick. On the screen is the last one whose time has come."),
        Mistake("one too late", lambda t, r: _at_rate(t, r, back=0),
                "You are one frame late: searchsorted(..., side='right') says how many frames have been shown, so the one on the screen "
                "has this number minus 1."),
        Mistake("no tolerance", lambda t, r: np.unique(np.searchsorted(t, _ticks(t, r), side="right") - 1),
                "You missed a frame whose time was rounded to a hair after the tick. Allow for 1e-4 seconds: `ticks + 1e-4`."),
        Mistake("twice the same", lambda t, r: _at_rate(t, r, unique=False),
                "A frame that stands for several ticks comes several times. It is one picture: np.unique takes it once."),
        Mistake("clock from zero", lambda t, r: np.unique(np.clip(np.searchsorted(
            t, np.arange(int(t[-1] * r + 1e-4) + 1) / r + 1e-4, side="right") - 1, 0, None)),
                "Your clock starts at 0. A film may start later (a cut-out clip does): the first tick is the time of its first frame."),
        Mistake("seconds for frames", lambda t, r: np.unique(np.searchsorted(t, t[0] + np.arange(int(t[-1] - t[0]) + 1) * r + 1e-4,
                                                                               side="right") - 1),
                "You stepped by `rate` seconds. The rate is in frames a second: a step is 1 / rate."),
    ),
    hints=("Ticks: `times[0] + np.arange(n) / rate`, as many as fit before the last frame, that one included.",
           "`np.searchsorted(times, ticks + 1e-4, side='right')` counts the frames that have been shown at each tick.",
           "Minus 1 is the number of the frame on the screen; `np.unique` leaves out repetitions."),
)


def _lstm(x, h, c, w, u, b):
    i, f, g, o = np.split(w @ x + u @ h + b, 4)
    c = _logistic(f) * c + _logistic(i) * np.tanh(g)
    return np.stack([_logistic(o) * np.tanh(c), c])


def _step(x, h, c, w, u, b, order=(0, 1, 2, 3), inner=np.tanh, outer=np.tanh, keep=None, old=False, recur=True):
    gates = np.split(w @ x + b + (u @ h if recur else 0), 4)
    i, f, g, o = (gates[k] for k in order)
    i, f, g, o = _logistic(i), _logistic(f), inner(g), _logistic(o)
    new = (f if keep is None else keep(i)) * c + i * g
    return np.stack([o * outer(c if old else new), new])


def _cases_step():
    return [(_rows(s, d), np.tanh(_rows(s + 1, h)), _rows(s + 2, h), _rows(s + 3, 4 * h, d), _rows(s + 4, 4 * h, h), _rows(s + 5, 4 * h))
            for s, d, h in ((0, 4, 3), (10, 3, 5), (20, 5, 2))]


step = Exercise(
    name="one step of an LSTM",
    reference=_lstm,
    cases=_cases_step,
    mistakes=(
        Mistake("gates exchanged", lambda *a: _step(*a, order=(1, 0, 2, 3)),
                "Input and forget gate are exchanged. The forget gate multiplies the *old* memory, the input gate what is new."),
        Mistake("other order", lambda *a: _step(*a, order=(0, 1, 3, 2)),
                "The blocks of the matrices stand in the order input, forget, candidate, output (i, f, g, o); you read the last two the "
                "other way round."),
        Mistake("logistic candidate", lambda *a: _step(*a, inner=_logistic),
                "The candidate g goes through tanh, not through the logistic function: the memory must be able to go down, too."),
        Mistake("bare memory", lambda *a: _step(*a, outer=lambda v: v),
                "The state is o * tanh(c). Without the tanh it grows with the memory, without bound."),
        Mistake("old memory shown", lambda *a: _step(*a, old=True),
                "You showed the memory of before. h_t sees the new c_t: what the last frame brought must be in it."),
        Mistake("no recurrence", lambda *a: _step(*a, recur=False),
                "u @ h is missing: the gates see the frame, but not what has been read so far."),
        Mistake("tied gates", lambda *a: _step(*a, keep=lambda i: 1 - i),
                "You kept 1 - i of the memory. That is how a GRU ties its gates; an LSTM has a forget gate of its own."),
    ),
    hints=("`gates = w @ x + u @ h + b`, then `np.split(gates, 4)` gives i, f, g, o.",
           "i, f and o go through the logistic function 1 / (1 + exp(-z)), g through tanh.",
           "`c = f * c + i * g`, `h = o * np.tanh(c)`; return `np.stack([h, c])`."),
)


def _last(states, lengths):
    return states[np.arange(len(states)), lengths - 1]


def _cases_states():
    cases = []
    for s, t, lengths in ((0, 6, (3, 5, 1)), (1, 7, (2, 4)), (2, 5, (4, 1, 2, 3))):
        states = _rows(s, len(lengths), t, 3)
        cases.append((states, np.array(lengths)))
    return cases


last = Exercise(
    name="the last state of each shot",
    reference=_last,
    cases=_cases_states,
    mistakes=(
        Mistake("last column", lambda s, n: s[:, -1],
                "You took the last column of the batch. For a shot shorter than the batch, this is what the network made of *padding*."),
        Mistake("one too far", lambda s, n: s[np.arange(len(s)), n],
                "You are one step too far: a shot of n frames ends at number n - 1."),
        Mistake("first", lambda s, n: s[:, 0],
                "You took the first state. It has seen one frame only."),
        Mistake("mean", lambda s, n: np.stack([x[:k].mean(axis=0) for x, k in zip(s, n, strict=True)]),
                "You took the mean of the states. That is a good summary, too, but the published encoder takes the last one."),
        Mistake("mean with padding", lambda s, n: s.mean(axis=1),
                "You took the mean over all columns, padding included: the same shot gets another vector in another batch."),
        Mistake("common length", lambda s, n: s[:, n.min() - 1],
                "You cut every shot to the length of the shortest. What happens later was never read."),
    ),
    hints=("A shot of n frames has its last state at number n - 1.",
           "One row number and one column number for each shot: `np.arange(B)` and `lengths - 1`.",
           "`states[np.arange(len(states)), lengths - 1]`."),
)


def _attend(x, e, length):
    return _softmax(e[:length]) @ x[:length]


def _mask_behind(x, e, length):
    return (_softmax(e) * (np.arange(len(e)) < length)) @ x


attend = Exercise(
    name="attention with a mask",
    reference=_attend,
    cases=lambda: [(1 + _rows(s, t, 4), 2 * _rows(s + 7, t), n) for s, t, n in ((0, 6, 4), (1, 5, 3), (2, 8, 5))],
    mistakes=(
        Mistake("no mask", lambda x, e, n: _softmax(e) @ x,
                "The padding was weighed like frames. Its weights must be 0 before the weights are made to sum to 1."),
        Mistake("mask behind the softmax", _mask_behind,
                "You set the weights of the padding to 0 *behind* the softmax. What is left no longer sums to 1."),
        Mistake("zero score", lambda x, e, n: _softmax(np.where(np.arange(len(e)) < n, e, 0)) @ x,
                "You gave the padding the score 0. exp(0) is 1, a weight like any other; minus infinity is the score that weighs nothing."),
        Mistake("no exponential", lambda x, e, n: (e[:n] / e[:n].sum()) @ x[:n],
                "You divided the scores by their sum. Scores may be negative, so these are no shares; exp comes first."),
        Mistake("plain mean", lambda x, e, n: x[:n].mean(axis=0),
                "All frames weigh the same: that is mean pooling. The scores must come in."),
        Mistake("unnormalised", lambda x, e, n: np.exp(e[:n]) @ x[:n],
                "The weights do not sum to 1: divide by the sum of the exponentials."),
        Mistake("hard", lambda x, e, n: x[int(e[:n].argmax())],
                "You took the one frame with the largest score. A softmax takes a share of every frame, and it can be learnt."),
    ),
    hints=("Only the first `length` rows are frames.",
           "`a = np.exp(e[:length])`, divided by its sum.",
           "The weighted mean of the rows is `a @ x[:length]`."),
)


def _margin(a, b, same, m):
    cos = (_unit(a) * _unit(b)).sum(axis=1)
    return float(np.where(same, 1 - cos, np.maximum(0, cos - m)).mean())


def _margin_of(rule, unit=True):
    def loss(a, b, same, m):
        cos = ((_unit(a) * _unit(b)) if unit else a * b).sum(axis=1)
        return float(rule(cos, same, m))

    return loss


def _cases_margin():
    cases = []
    for s, n, m in ((0, 10, 0.1), (1, 12, 0.1), (2, 15, 0.3)):
        a = _rows(s, n, 3)
        cases.append((a, 0.5 * a + _rows(s + 5, n, 3), np.arange(n) % 5 == 0, m))
    return cases


margin = Exercise(
    name="the cosine margin loss",
    reference=_margin,
    cases=_cases_margin,
    mistakes=(
        Mistake("labels exchanged", _margin_of(lambda c, y, m: np.where(~y, 1 - c, np.maximum(0, c - m)).mean()),
                "The labels are exchanged: you pull pairs together that do not belong together."),
        Mistake("no floor", _margin_of(lambda c, y, m: np.where(y, 1 - c, c - m).mean()),
                "Pairs that differ enough must cost nothing. Without the floor at 0 the network is paid for driving them to cosine -1, and "
                "four in five pairs are of this kind."),
        Mistake("no margin", _margin_of(lambda c, y, m: np.where(y, 1 - c, np.maximum(0, c)).mean()),
                "The margin is missing: a cosine up to m is good enough for two that do not belong together."),
        Mistake("margin added", _margin_of(lambda c, y, m: np.where(y, 1 - c, np.maximum(0, c + m)).mean()),
                "You added the margin. As a cosine it is subtracted: max(0, cos - m)."),
        Mistake("sum", _margin_of(lambda c, y, m: np.where(y, 1 - c, np.maximum(0, c - m)).sum()),
                "You added up; the loss is the mean over the pairs."),
        Mistake("inner product", _margin_of(lambda c, y, m: np.where(y, 1 - c, np.maximum(0, c - m)).mean(), unit=False),
                "You took the inner product of vectors as they are. The cosine divides by both lengths."),
        Mistake("mean of two means", _margin_of(lambda c, y, m: (1 - c[y]).mean() + np.maximum(0, c - m)[~y].mean()),
                "You took a mean for each kind of pair and added them. Then a match weighs four times as much as here: the loss is one "
                "mean over all pairs, and 20 and 80 % do the weighing."),
    ),
    hints=("The cosine of each pair: rows of unit length, multiplied and summed.",
           "`np.where(same, 1 - cos, np.maximum(0, cos - m))`.",
           "The mean over all pairs, as a float."),
)


def _best(query, codes, scenes):
    return np.array([max(float(codes[i] @ query) for i in range(first, end)) for first, end in scenes])


def _each(rule):
    return lambda q, c, s: np.array([float(rule(c[a:b], q)) for a, b in s])


def _cases_best():
    cases = []
    for s, edges in ((0, (0, 2, 5, 7)), (1, (0, 2, 5)), (2, (0, 3, 5, 9))):
        cases.append((_unit(_rows(s, 4)), _unit(_rows(s + 9, edges[-1], 4)), np.stack([edges[:-1], edges[1:]], axis=1)))
    return cases


best = Exercise(
    name="a video is as good as its best shot",
    reference=_best,
    cases=_cases_best,
    mistakes=(
        Mistake("mean", _each(lambda c, q: (c @ q).mean()),
                "You took the mean over the shots. The photograph shows *one* moment: the other shots of the right video only pull it "
                "down."),
        Mistake("sum", _each(lambda c, q: (c @ q).sum()),
                "You added up: a video with many shots then wins because it is long."),
        Mistake("mean vector", _each(lambda c, q: _unit(c.mean(axis=0)) @ q),
                "You made one vector of the video first. That is the row *no shots* of the ablation."),
        Mistake("last not included", _each(lambda c, q: max((c @ q)[: max(1, len(c) - 1)])),
                "The last shot of each video is missing: `end` is the last shot + 1, as in Python's slices."),
        Mistake("worst", _each(lambda c, q: (c @ q).min()),
                "You took the smallest similarity. A similarity is larger when better: take the maximum."),
        Mistake("which one", _each(lambda c, q: (c @ q).argmax()),
                "You returned the *number* of the best shot, not its score."),
        Mistake("absolute", _each(lambda c, q: np.abs(c @ q).max()),
                "A cosine of -0.9 is a very bad match, not a very good one: no absolute value."),
    ),
    hints=("`similar = codes @ query` has one number a shot.",
           "The shots of a video are `similar[first:end]`.",
           "Its score is their maximum."),
)
