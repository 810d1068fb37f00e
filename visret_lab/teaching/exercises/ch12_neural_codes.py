"""Exercises of chapter 12, with the classic mistakes of codes from networks."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _image(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _prepare(image, mean, deviation):
    return ((image.astype(float) - mean) / deviation).transpose(2, 0, 1)


prepare = Exercise(
    name="prepare a picture",
    reference=_prepare,
    cases=lambda: [(_image(4, 5, 0), np.array([120.0, 110.0, 100.0]), np.array([60.0, 55.0, 50.0])),
                   (_image(3, 3, 1), np.array([104.0, 117.0, 123.0]), np.array([2.0, 1.0, 3.0]))],
    mistakes=(
        Mistake("channels swapped", lambda x, m, s: _prepare(x[:, :, ::-1], m, s),
                "Red and blue are swapped: you turned the order of the channels round. This network was trained with RGB, and the "
                "picture is RGB."),
        Mistake("mean not subtracted", lambda x, m, s: (x / s).transpose(2, 0, 1),
                "The mean was not subtracted. The network has never seen numbers as large as these: its first layer expects them "
                "around 0."),
        Mistake("not divided", lambda x, m, s: (x - m).transpose(2, 0, 1),
                "You did not divide by the deviation. The numbers are so many times larger than in training."),
        Mistake("divided first", lambda x, m, s: (x / s - m).transpose(2, 0, 1),
                "You divided before you subtracted. The mean is one of the *pixels*: (x - mean) / deviation."),
        Mistake("0 to 1", lambda x, m, s: ((x / 255 - m) / s).transpose(2, 0, 1),
                "You brought the pixels to 0 ... 1 first, but mean and deviation are given for 0 ... 255. Look at the size of the mean."),
        Mistake("height and width swapped", lambda x, m, s: ((x - m) / s).transpose(2, 1, 0),
                "Height and width are swapped: the picture lies on its side. You want channels, height, width: `transpose(2, 0, 1)`."),
        Mistake("reshaped", lambda x, m, s: ((x - m) / s).reshape(3, *x.shape[:2]),
                "`reshape` only reads the same numbers in other rows: the channels are mixed now. Move the axis with `transpose`."),
        Mistake("channels last", lambda x, m, s: (x - m) / s,
                "The channels are still the last axis. The network wants 3 x H x W."),
    ),
    hints=("Three steps: subtract the mean of each channel, divide by its deviation, bring the channels to the front.",
           "`image - mean` subtracts one number a channel, since the channels are the last axis. Do it before you move the axis.",
           "`((image - mean) / deviation).transpose(2, 0, 1)`"),
)


def _fit_size(height, width, longest):
    scale = longest / max(height, width)
    return np.array([max(1, round(height * scale)), max(1, round(width * scale))])


fit_size = Exercise(
    name="a size with the same aspect",
    reference=_fit_size,
    cases=lambda: [(240, 321, 160), (500, 375, 224), (30, 2000, 320), (100, 67, 400), (2, 900, 160)],
    mistakes=(
        Mistake("vanished", lambda h, w, n: np.array([round(h * n / max(h, w)), round(w * n / max(h, w))]),
                "A very narrow picture gets a side of 0 pixels. Let neither side be below 1."),
        Mistake("squashed", lambda h, w, n: np.array([n, n]),
                "You pressed the picture into a square: towers become wide, and each picture is bent in its own way. Keep the aspect."),
        Mistake("shorter side", lambda h, w, n: np.array([round(h * n / min(h, w)), round(w * n / min(h, w))]),
                "You brought the *shorter* side to that length. A panorama would become huge. Here the longer one counts."),
        Mistake("width first", lambda h, w, n: _fit_size(h, w, n)[::-1],
                "Height and width are swapped. (OpenCV's `resize` wants the width first, arrays have the height first: a classic.)"),
        Mistake("only shrunk", lambda h, w, n: _fit_size(h, w, min(n, max(h, w))),
                "You do not enlarge a small picture. The longer side must have exactly that length."),
        Mistake("cut off", lambda h, w, n: np.array([max(1, int(h * n / max(h, w))), max(1, int(w * n / max(h, w)))]),
                "You cut the fraction off. Round to the nearest number of pixels."),
        Mistake("same area", lambda h, w, n: np.array([round(h * n / (h * w) ** 0.5), round(w * n / (h * w) ** 0.5)]),
                "You gave the picture as many pixels as a square of that side has. Here the *longer side* must be that long."),
    ),
    hints=("One factor for both sides.", "The factor is longest / max(height, width).",
           "Round both sides, and let neither be below 1 pixel."),
)


def _layers(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(b, a)) / np.sqrt(a), rng.normal(0, 0.3, b)) for a, b in zip(sizes, sizes[1:], strict=False)]


def _through(x, layers, relu=True):
    for w, b in layers:
        x = w @ x + b
        x = np.maximum(x, 0) if relu else x
    return x


def _unit(x):
    return x / np.linalg.norm(x)


def _softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def _scores(x, layers):
    w, b = layers[-1]
    return w @ _through(x, layers[:-1]) + b


def _last_but_one(x, layers):
    for w, b in layers[:-1]:
        x = np.maximum(w @ x + b, 0)
    return x / np.linalg.norm(x)


last_but_one = Exercise(
    name="the layer before the last",
    reference=_last_but_one,
    cases=lambda: [(np.random.default_rng(3).normal(size=6), _layers((6, 8, 7, 4), 4)),
                   (np.random.default_rng(5).normal(size=9), _layers((9, 12, 10, 8, 5), 6))],
    mistakes=(
        Mistake("softmax", lambda x, layers: _softmax(_scores(x, layers)),
                "These are the probabilities of the classes: all things of a kind get the same. Stop one layer earlier."),
        Mistake("class scores", lambda x, layers: _unit(_scores(x, layers)),
                "These are the scores of the classes, the output of the *last* layer. Take the layer before it."),
        Mistake("one layer too early", lambda x, layers: _unit(_through(x, layers[:-2])),
                "You stopped one layer too early. Only the last of `layers` is left out."),
        Mistake("no L2", lambda x, layers: _through(x, layers[:-1]),
                "The code is not of length 1. Without L2, bright and busy pictures have long vectors and come first for every query."),
        Mistake("no ReLU at the end", lambda x, layers: _unit(layers[-2][0] @ _through(x, layers[:-2]) + layers[-2][1]),
                "Your code has negative numbers: the ReLU behind its own layer is missing."),
        Mistake("no ReLU at all", lambda x, layers: _unit(_through(x, layers[:-1], relu=False)),
                "There is no ReLU anywhere. Then the whole network is a single matrix."),
        Mistake("no bias", lambda x, layers: _unit(_through(x, [(w, 0 * b) for w, b in layers[:-1]])),
                "The biases are missing: each layer is `w @ x + b`."),
    ),
    hints=("Go through the layers one by one, but leave out the last. Then L2.",
           "`for w, b in layers[:-1]:` and in it `x = np.maximum(w @ x + b, 0)`.",
           "At the end divide by `np.linalg.norm(x)`."),
)


def _rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _turned(train, x, d):
    mean = train.mean(axis=0)
    y = train - mean
    return (x - mean) @ np.linalg.eigh(y.T @ y)[1][:, ::-1][:, :d]


def _positive(code):
    return code * np.sign(code[:1])  # a direction may point either way


def _relu_cloud(n, dim, seed):
    rng = np.random.default_rng(seed)
    return np.maximum(rng.normal(size=(n, dim)) * np.geomspace(3, 0.5, dim) + 0.6, 0) * rng.uniform(0.5, 2, (n, 1)) + 0.01


def _shorten(train, x, d):
    train = train / np.linalg.norm(train, axis=1, keepdims=True)
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    mean = train.mean(axis=0)
    y = train - mean
    z = (x - mean) @ np.linalg.eigh(y.T @ y)[1][:, ::-1][:, :d]
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    return z * np.sign(z[:1])


shorten = Exercise(
    name="a short code",
    reference=_shorten,
    cases=lambda: [(_relu_cloud(50, 6, 7), _relu_cloud(8, 6, 8), 3), (_relu_cloud(80, 9, 9), _relu_cloud(9, 9, 10), 4)],
    mistakes=(
        Mistake("no L2 before", lambda t, x, d: _positive(_rows(_turned(t, x, d))),
                "L2 is missing before the PCA. Then the long vectors decide where the axes point."),
        Mistake("no L2 after", lambda t, x, d: _positive(_turned(_rows(t), _rows(x), d)),
                "The short codes are not of length 1. What was dropped, and the mean, took some of the length away: L2 again."),
        Mistake("only train normalised", lambda t, x, d: _positive(_rows(_turned(_rows(t), x, d))),
                "You brought `train` to length 1, but not `x`. Both go the same way."),
        Mistake("PCA of the test set", lambda t, x, d: _positive(_rows(_turned(_rows(x), _rows(x), d))),
                "You learnt the PCA on `x`, the codes that are searched. The score will look better than it will ever be on new "
                "pictures. Learn from `train`."),
        Mistake("mean not removed", lambda t, x, d: _positive(_rows(_rows(x) @ np.linalg.eigh(np.cov(_rows(t).T))[1][:, ::-1][:, :d])),
                "The mean was not removed from `x`. Codes behind a ReLU have a long mean, and all of them would look alike."),
        Mistake("first numbers", lambda t, x, d: _positive(_rows(_rows(x)[:, :d])),
                "You kept the first columns as they are. A PCA turns the axes first, so that the first ones carry most."),
        Mistake("weakest", lambda t, x, d: _positive(_rows((_rows(x) - _rows(t).mean(0)) @ np.linalg.eigh(np.cov(_rows(t).T))[1][:, :d])),
                "You kept the directions of the *smallest* variance. `np.linalg.eigh` gives the smallest first."),
    ),
    hints=("L2 for both, mean and axes from train, turn x, keep d columns, L2.",
           "`np.linalg.eigh(y.T @ y)[1][:, ::-1][:, :d]` has the first d directions of the centred `y` in its columns.",
           "End with `return z * np.sign(z[:1])`: it makes the signs comparable."),
)


def _gaps(asked, base):
    return np.linalg.norm(asked[:, None, :, None] - base[None, :, None], axis=4)  # Q x N x J x P


def _windows(n, each, dim, seed):
    return np.random.default_rng(seed).normal(size=(n, each, dim))


def _spatial(asked, base):
    gaps = np.linalg.norm(asked[:, None, :, None] - base[None, :, None], axis=-1)  # Q x N x J x P
    return gaps.min(axis=3).mean(axis=2)


spatial = Exercise(
    name="search with windows",
    reference=_spatial,
    cases=lambda: [(_windows(3, 2, 4, 11), _windows(4, 3, 4, 12)), (_windows(2, 5, 3, 13), _windows(5, 4, 3, 14))],
    mistakes=(
        Mistake("other direction", lambda a, b: _gaps(a, b).min(axis=2).mean(axis=2),
                "You let each window of the *image* look for its partner in the query. Then all that the image shows besides counts "
                "against it. The windows of the query look."),
        Mistake("mean of all pairs", lambda a, b: _gaps(a, b).mean(axis=(2, 3)),
                "You averaged all pairs of windows. Most windows of an image show something else: take the nearest one."),
        Mistake("best pair only", lambda a, b: _gaps(a, b).min(axis=(2, 3)),
                "You kept the best pair alone. Two patches of sky are enough for that. Each window of the query has a say: average."),
        Mistake("farthest", lambda a, b: _gaps(a, b).max(axis=3).mean(axis=2),
                "You took the *farthest* window. These are distances: the smallest is the best."),
        Mistake("sum", lambda a, b: _gaps(a, b).min(axis=3).sum(axis=2),
                "You summed over the windows of the query; return the mean. (The ranking is the same.)"),
        Mistake("squared", lambda a, b: (_gaps(a, b) ** 2).min(axis=3).mean(axis=2),
                "These are squared distances. Take the root before you average: a single odd window would weigh too much."),
    ),
    hints=("First all distances: queries x images x windows of the query x windows of the image.",
           "`np.linalg.norm(asked[:, None, :, None] - base[None, :, None], axis=-1)` has this shape.",
           "Now the minimum over one axis, and the mean over another. Which?"),
)


def _one_distances(asked, base, groups, how):
    count = groups.max() + 1
    return np.stack([how(_gaps(asked, base[groups == g])) for g in range(count)], axis=1)


def _one(asked, base, groups):
    return _one_distances(asked, base, groups, lambda d: d.min(axis=(1, 3)).sum(axis=1)).argmin(axis=1)


def _one_cases():
    cases = []
    for seed in (15, 16, 17):
        rng = np.random.default_rng(seed)
        groups = np.concatenate([np.repeat(np.arange(4), 2), rng.integers(0, 4, 6)])
        cases.append((rng.normal(size=(40, 3, 3)), rng.normal(size=(14, 2, 3)), groups))
    return cases


one = Exercise(
    name="name by windows",
    reference=_one,
    cases=_one_cases,
    mistakes=(
        Mistake("largest", lambda a, b, g: _one_distances(a, b, g, lambda d: d.min(axis=(1, 3)).sum(axis=1)).argmax(axis=1),
                "You took the class with the *largest* distance."),
        Mistake("nearest image", lambda a, b, g: g[_gaps(a, b).min(axis=3).sum(axis=2).argmin(axis=1)],
                "You looked for the nearest single *image*, and took its class. Here each window may find its partner in another image "
                "of the class."),
        Mistake("mean of the class", lambda a, b, g: _one_distances(a, b, g, lambda d: d.mean(axis=(1, 3)).sum(axis=1)).argmin(axis=1),
                "You averaged over the windows of the class. A class with many views would be far from each of them. Take the nearest "
                "window."),
        Mistake("first window", lambda a, b, g: _one_distances(a[:, :1], b[:, :1], g, lambda d: d.min(axis=(1, 3)).sum(axis=1)).argmin(
            axis=1), "You used the first window of each image alone, the whole picture. The others have a say, too."),
        Mistake("best window", lambda a, b, g: _one_distances(a, b, g, lambda d: d.min(axis=(1, 2, 3))).argmin(axis=1),
                "You kept the smallest distance of any window of the query. Sum over all its windows."),
        Mistake("number of the image", lambda a, b, g: _gaps(a, b).min(axis=3).sum(axis=2).argmin(axis=1),
                "These are numbers of images, not of classes: `groups` says which class an image has."),
    ),
    hints=("For each class: pick its images with `base[groups == g]`, and put all their windows into one heap.",
           "`base[groups == g].reshape(-1, D)` is the heap. The distance of a query is the sum over its windows of the smallest "
           "distance to the heap.",
           "Collect the distances of all classes, queries x classes, and take `argmin` along the classes."),
)
