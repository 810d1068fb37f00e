"""Bags of local convolutional features: every position of a network's maps is a local descriptor, and gets a word.

Mohedano, McGuinness, O'Connor, Salvador, Marques, Giro-i-Nieto, "Bags of local convolutional features for scalable instance
search", ICMR 2016. The weights of `histograms` are those of Mohedano et al., "Saliency weighted convolutional features for instance
search", CBMI 2018.
"""

import numpy as np
import torch
from scipy import ndimage, sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional

from visret_lab.arrays import l2_normalize
from visret_lab.deep.weighted import grid_weights
from visret_lab.encoding.unseen import remember
from visret_lab.encoding.vocabulary import Vocabulary

NO_WORD = 65535  # in an assignment map: nothing fired at this position
BLOCK = 1 << 16  # descriptors that are assigned at a time


class BLCF(TransformerMixin, BaseEstimator):
    """From the maps of a layer to assignment maps: at each position, the number of its visual word.

        upsampling x 2 (bilinear)  -  L2  -  PCA-whitening  -  L2  -  nearest of K words

    Args:
        n_words: K, at most 65,535: a word takes 16 bits. The paper has 25,000.
        reducer: unfitted transformer of descriptors N x C; the paper's is `compact.pca.PCA(power=0.5, l2_before=True, l2_after=True)`.
            It is copied before it is fitted.
        upsample: how many times as many rows and columns of positions; 1 leaves the maps as they are.
        per_word: descriptors a word that take part in k-means. n_iter: its rounds.
        pca_rows: descriptors that the reducer is learnt from, at most.
        seed: of the samples and of k-means.
        exact: False learns and assigns words by `TwoLevelAssigner`: several times faster with thousands of words, and not always
            the nearest word.

    Attributes:
        pca_: the fitted reducer. vocabulary_: fitted `Vocabulary`, K words.
        fingerprints_: uint64, of at most 20,000 of the descriptors that it was learnt from, before the whitening.
    """

    def __init__(self, n_words=25_000, reducer=None, upsample=2, per_word=120, n_iter=10, pca_rows=100_000, seed=0,
                 exact=True):
        self.n_words, self.reducer, self.upsample = n_words, reducer, upsample
        self.per_word, self.n_iter, self.pca_rows, self.seed, self.exact = per_word, n_iter, pca_rows, seed, exact

    def fit(self, maps, y=None):
        """Learn whitening and words, from other images than those that will be searched.

        Args:
            maps: list of float32 C x h x w, one an image. Positions where nothing fires are not learnt from.

        Returns:
            self.

        Raises:
            TypeError, ValueError: as `upsampled`; fewer different descriptors than words, or more than 65,535 words.
        """
        if not 1 <= self.n_words <= NO_WORD:
            raise ValueError(f"n_words must be between 1 and {NO_WORD:,}, since a word is kept in 16 bits; got {self.n_words}.")
        if self.reducer is None:
            raise ValueError("BLCF needs a reducer; the paper's is compact.pca.PCA(power=0.5, l2_before=True, l2_after=True).")
        maps, rng = require_maps(maps), np.random.default_rng(self.seed)
        rows = sample_rows(maps, max(self.pca_rows, self.n_words * self.per_word), self.upsample, rng)
        some = rows if len(rows) <= self.pca_rows else rows[rng.choice(len(rows), self.pca_rows, replace=False)]
        self.pca_ = clone(self.reducer).fit(some)
        self._learn_words(rows)
        return self

    def with_words(self, maps, n_words):
        """A copy with another number of words, learnt over the same whitening. Arguments and errors as `fit`."""
        check_is_fitted(self, "pca_")
        made = clone(self).set_params(n_words=n_words)
        made.pca_ = self.pca_
        rows = sample_rows(require_maps(maps), n_words * self.per_word, self.upsample, np.random.default_rng(self.seed))
        made._learn_words(rows)
        return made

    def transform(self, maps):
        """Assignment maps: list of float32 C x h x w -> list of uint16 (upsample h) x (upsample w).

        A position where no channel fires is `NO_WORD`.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`. TypeError, ValueError: as `upsampled`, or another C.
        """
        check_is_fitted(self, "vocabulary_")
        found, waiting, held = [], [], 0
        for x in require_maps(maps, self.pca_.mean_.size):
            waiting.append(upsampled(x, self.upsample))
            held += waiting[-1][0].size
            if held > BLOCK:
                found += self._assign(waiting)
                waiting, held = [], 0
        return found + (self._assign(waiting) if waiting else [])

    def _learn_words(self, rows):
        self.fingerprints_ = remember(rows)
        words = Vocabulary(self.n_words, self.n_iter, self.per_word, self.seed, self.exact)
        self.vocabulary_ = words.fit([self.pca_.transform(rows)])

    def _assign(self, maps):
        rows = np.concatenate([as_descriptors(x) for x in maps])
        words = self.vocabulary_.assign(self.pca_.transform(rows), exact=self.exact).astype(np.uint16)
        words[~rows.any(axis=1)] = NO_WORD
        ends = np.cumsum([x[0].size for x in maps])[:-1]
        return [w.reshape(x.shape[1:]) for w, x in zip(np.split(words, ends), maps, strict=True)]


def require_maps(maps, channels=None):
    """Check a list of maps and return it as float32 arrays C x h x w.

    Raises:
        TypeError: one array instead of a list of them.
        ValueError: no image, a map without a position, another number of channels, or values that are not finite.
    """
    if isinstance(maps, np.ndarray) and maps.dtype != object and maps.ndim == 3:
        raise TypeError("maps must be a list with one C x h x w array an image. For one image, write [maps].")
    maps = [np.asarray(x, np.float32) for x in maps]
    if not maps:
        raise ValueError("There are no maps: the list is empty.")
    channels = channels or (len(maps[0]) if maps[0].ndim else 0)
    for i, x in enumerate(maps):
        if x.ndim != 3 or not x.size:
            raise ValueError(f"maps[{i}] must be C x h x w with at least one position; got shape {x.shape}. An image that is smaller "
                             "than what the network needs for one position has to be enlarged, or an earlier layer taken.")
        if len(x) != channels:
            raise ValueError(f"maps[{i}] has {len(x)} channels, but {channels} are expected. Is it the same layer of the same network?")
        if not np.isfinite(x).all():
            raise ValueError(f"maps[{i}] has a value that is not finite.")
    return maps


def upsampled(maps, factor=2):
    """More positions by bilinear interpolation: float32 C x h x w -> C x (factor h) x (factor w).

    Positions are the middles of equal cells, before and after; at the border the outermost value goes on.

    Raises:
        ValueError: a factor that is no integer above 0.
    """
    if factor != int(factor) or factor < 1:
        raise ValueError(f"upsample must be a whole number from 1 on, not {factor}.")
    if factor == 1:
        return maps
    larger = functional.interpolate(torch.from_numpy(np.ascontiguousarray(maps))[None], scale_factor=int(factor), mode="bilinear",
                                    align_corners=False)
    return larger[0].numpy()


def as_descriptors(maps):
    """One row a position, row by row of the picture: C x h x w -> (h w) x C."""
    return np.ascontiguousarray(maps.reshape(len(maps), -1).T)


def sample_rows(maps, limit, upsample, rng):
    """At most `limit` descriptors, about as many of each image, without those that are zero.

    Args:
        maps: list of float32 C x h x w. rng: numpy.random.Generator.

    Returns:
        float32 M x C.

    Raises:
        ValueError: nothing fires in any image.
    """
    each, rows = -(-limit // len(maps)), []
    for x in maps:
        here = as_descriptors(upsampled(x, upsample))
        here = here[here.any(axis=1)]
        rows.append(here if len(here) <= each else here[np.sort(rng.choice(len(here), each, replace=False))])
    rows = np.concatenate(rows)
    if not len(rows):
        raise ValueError("No channel fires at any position of any image: the maps are all zero, and there is nothing to learn.")
    return rows


def histograms(assignments, n_words, weights=None, norm="l2"):
    """How often each image has each word, every position counted with its weight.

        h_k = sum over positions p with word k of w(p),   then h / |h|

    Args:
        assignments: list of uint16 h x w, as `BLCF.transform` gives them; sizes may differ.
        n_words: K.
        weights: None, or a list of float H x W, not negative, one an image: a saliency map of the picture, a centre prior, the
            mask of a box. They come to the grid by `weights_on_grid`.
        norm: "l2" (compare by inner products), or None.

    Returns:
        scipy.sparse CSR float32 N x K; a zero row for an image without a word.

    Raises:
        ValueError: a word that is not below K, weights of another number, of another aspect, negative or not finite.
    """
    if norm not in ("l2", None):
        raise ValueError(f'norm must be "l2" or None, not {norm!r}.')
    if weights is not None and len(weights) != len(assignments):
        raise ValueError(f"There must be one weight map an image: {len(assignments)} images, {len(weights)} maps.")
    words = [np.asarray(a).ravel() for a in assignments]
    counted = [np.ones(w.size, np.float32) if weights is None else weights_on_grid(weights[i], np.shape(assignments[i])).ravel()
               for i, w in enumerate(words)]
    image = np.repeat(np.arange(len(words)), [w.size for w in words])
    words = np.concatenate(words) if len(words) else np.zeros(0, np.uint16)
    kept = words != NO_WORD
    if kept.any() and words[kept].max() >= n_words:
        raise ValueError(f"An assignment map has word {words[kept].max()}, but there are {n_words}. Were these maps made with this "
                         "vocabulary?")
    values = np.concatenate(counted)[kept] if len(counted) else np.zeros(0, np.float32)
    bags = sparse.csr_matrix((values, (image[kept], words[kept].astype(np.int32))), (len(assignments), n_words), dtype=np.float32)
    bags.eliminate_zeros()
    return unit_rows(bags) if norm else bags


def unit_rows(bags):
    """Rows of a CSR matrix brought to unit length; zero rows stay zero."""
    size = np.sqrt(np.asarray(bags.multiply(bags).sum(axis=1)).ravel())
    bags = bags.astype(np.float32)
    bags.data /= np.repeat(np.where(size > 0, size, 1), np.diff(bags.indptr)).astype(np.float32)
    return bags


def weights_on_grid(weights, shape):
    """A weight map on the grid of an assignment map: taken as it is where it has this grid, else by `weighted.grid_weights`.

    Args:
        weights: float H x W, not negative. All zeros count as ones: no opinion is no weighting.
        shape: (h, w) of the assignment map.

    Returns:
        float32 h x w.

    Raises:
        ValueError: another aspect than the grid's, by more than the border that a network may leave out (one position of its
            maps); negative or not finite values.
    """
    weights = np.asarray(weights, np.float32)
    if weights.ndim != 2 or not weights.size:
        raise ValueError(f"A weight map must be H x W; got shape {weights.shape}.")
    ratio = (weights.shape[0] / weights.shape[1]) / (shape[0] / shape[1])
    if abs(np.log(ratio)) > 2 / shape[0] + 2 / shape[1]:
        raise ValueError(f"A weight map of {weights.shape[0]} x {weights.shape[1]} does not fit an assignment map of {shape[0]} x "
                         f"{shape[1]}: its aspect is another. Is it the map of another image, or turned?")
    if weights.shape != tuple(shape):
        return grid_weights(weights, *shape)
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError("A weight map has a value that is negative or not finite.")
    return weights if weights.any() else np.ones_like(weights)


def box_on_grid(box, size, shape):
    """The positions whose cell lies in a box with at least half of its area: a rectangle of the assignment map.

    Args:
        box: (x0, y0, x1, y1) in pixels, or None: the whole picture. size: (H, W) of the picture. shape: (h, w) of the map.

    Returns:
        (x0, y0, x1, y1), ints, x1 and y1 excluded. A box in which no position has half of its cell gets the nearest one.

    Raises:
        ValueError: an empty box, or one that does not meet the picture.
    """
    if box is None:
        return 0, 0, shape[1], shape[0]
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0 or x1 <= 0 or y1 <= 0 or x0 >= size[1] or y0 >= size[0]:
        raise ValueError(f"The box {tuple(box)} does not lie in the picture of {size[1]} x {size[0]} pixels.")
    (a, b), (c, d) = (_half_covered(*ends) for ends in ((x0, x1, size[1], shape[1]), (y0, y1, size[0], shape[0])))
    return a, c, b, d


def _half_covered(start, end, size, count):
    """First and behind the last of `count` cells of 0..size that lie in start..end with half of their length."""
    edges = np.linspace(0, size, count + 1)
    covered = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) * count / size
    inside = np.flatnonzero(covered >= 0.5 - 1e-9)
    inside = inside if len(inside) else [covered.argmax()]
    return int(inside[0]), int(inside[-1]) + 1


def words_in_box(assignment, box, size):
    """The part of an assignment map in a box: local search asks with it. uint16 h x w -> uint16 h' x w'. As `box_on_grid`."""
    x0, y0, x1, y1 = box_on_grid(box, size, assignment.shape)
    return assignment[y0:y1, x0:x1]


def distance_weights(box, shape):
    """Context that fades: 1 in the box, and outside it 1 - distance to the box / the largest such distance.

    Args:
        box: (x0, y0, x1, y1) in positions, as `box_on_grid` gives it. shape: (h, w) of the map.

    Returns:
        float32 h x w. The published code has it for queries, as an option ("d_weighting").
    """
    x0, y0, x1, y1 = box
    outside = np.ones(shape, bool)
    outside[y0:y1, x0:x1] = False
    away = ndimage.distance_transform_edt(outside)
    return (1 - away / max(away.max(), 1)).astype(np.float32)


def blcf_prior(height, width):
    """The centre prior of BLCF: a Gaussian of sigma = min(H, W) / 3, brought to 0..1.

    Another one than SPoC's (`pooling.center_prior`): it is twice as wide, its coordinates run from -H/2 to H/2 with both ends, and
    the smallest weight is taken away, so that the corners count nothing.

    Returns:
        float32 H x W.
    """
    y, x = (np.linspace(-n / 2, n / 2, n) if n > 1 else np.zeros(1) for n in (height, width))
    prior = np.exp(-(y[:, None] ** 2 + x**2) / (2 * (min(height, width) / 3) ** 2))
    spread = prior.max() - prior.min()
    return ((prior - prior.min()) / spread if spread > 0 else np.ones_like(prior)).astype(np.float32)


def pooled_in_box(maps, box, size, factor=2):
    """Sum of the descriptors of a box, brought to unit length: what the paper compares its bags with ("sum pooling").

    Args:
        maps: float32 C x h x w. box, size: as `box_on_grid`. factor: of the upsampling.

    Returns:
        float32 C, of unit length.
    """
    x = upsampled(maps, factor)
    x0, y0, x1, y1 = box_on_grid(box, size, x.shape[1:])
    return l2_normalize(x[:, y0:y1, x0:x1].sum(axis=(1, 2)))
