"""Fisher vectors of sentences: in which direction would the mixture of word vectors have to change to fit this sentence better?

Klein, Lev, Sadeh, Wolf, CVPR 2015, for the hybrid mixture; Perronnin and Dance, CVPR 2007, for the idea. With 30 components and word
vectors of 300 numbers a sentence has 18,000.
"""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from visret_lab.arrays import l2_normalize
from visret_lab.crossmodal.hglmm import HGLMM
from visret_lab.encoding.blocks import blocks, in_threads
from visret_lab.encoding.ragged import Ragged, sample, stack
from visret_lab.encoding.vlad import signed_power

BLOCK = 1 << 12  # words that a thread works on at a time
NOTHING = 1e-10  # a smaller share of a component in a word is taken as 0: most are, and are then not worked out
ICA_ROWS = 20_000  # rows that the independent components are learnt from


class HGLMMFisherVector(BaseEstimator):
    """Gradient of the log likelihood of a hybrid Gaussian-Laplacian mixture, each number divided by its expected size.

    For the N words x_i of a sentence, with posteriors gamma_ik and u = (x_id - m_kd) / s_kd:

                    centre G_m                                   scale G_s
        Gaussian    1 / (N sqrt(w_k))  sum_i gamma_ik u          1 / (N sqrt(2 w_k))  sum_i gamma_ik (u^2 - 1)
        Laplacian   1 / (N sqrt(w_k))  sum_i gamma_ik sign(u)    1 / (N sqrt(w_k))    sum_i gamma_ik (|u| - 1)

    The roots are those of the Fisher information where each word belongs to one component: w / s^2 for both centres and for the scale of a
    Laplacian, 2 w / s^2 for the scale of a Gaussian. Signed power and L2 follow (Perronnin, Sanchez, Mensink, ECCV 2010); a PCA is
    `visret_lab.compact.pca.PCA` on what comes out.

    Args:
        mixture: an `HGLMM`. One that is fitted is taken as it is; another is fitted by `fit`. None: `HGLMM(seed=seed)`.
        ica: how many independent components (scikit-learn's FastICA) to turn the word vectors to before the mixture; None: none.
        power: each entry z becomes sign(z) |z|^power; 1 leaves it. l2: bring the whole vector to unit length, after the power.
        seed: of the mixture, and of the ICA and its sample.

    Attributes:
        mixture_: the fitted HGLMM. ica_: the fitted FastICA, or None.
    """

    def __init__(self, mixture=None, ica=None, power=0.5, l2=True, seed=0):
        self.mixture, self.ica, self.power, self.l2, self.seed = mixture, ica, power, l2, seed

    def fit(self, descriptors, y=None):
        """Learn the ICA and the mixture from the words of training sentences, unless a fitted mixture was given.

        Args:
            descriptors: list of float N_i x D, one a sentence; sets may be empty.

        Raises:
            ValueError: what `HGLMM.fit` says, more independent components than D or than rows, a fitted mixture of another D.
        """
        data = stack(descriptors)
        self.ica_ = self._fit_ica(data)
        rows = self._turned(data.rows)
        if hasattr(self.mixture, "centers_"):
            if self.mixture.centers_.shape[1] != rows.shape[1]:
                raise ValueError(f"The mixture has {self.mixture.centers_.shape[1]} dimensions, but the words have {rows.shape[1]}"
                                 + (" after the ICA." if self.ica else ". Was it learnt after an ICA?"))
            self.mixture_ = self.mixture
        else:
            self.mixture_ = (HGLMM(seed=self.seed) if self.mixture is None else clone(self.mixture)).fit([rows])
        return self

    def transform(self, descriptors):
        """One vector a sentence.

        Args:
            descriptors: list of float N_i x D, one a sentence; sets may be empty.

        Returns:
            float32 M x 2 K D: the centres of component 0, of component 1, ..., then the scales; rows of unit length unless l2=False. A
            sentence without words is a zero row. 10,000 sentences of 18,000 numbers take 720 MB: call it for some at a time, and let a
            PCA make them short.

        Raises:
            NotFittedError: before `fit`, without a fitted mixture. ValueError: another D, NaN, or a power outside (0, 1].
        """
        if not 0 < self.power <= 1:
            raise ValueError(f"power must be above 0 and at most 1, not {self.power}; 0.5 is the signed square root.")
        mixture, ica = self._fitted()
        data = stack(descriptors, mixture.centers_.shape[1] if ica is None else ica.n_features_in_, "sentences")
        k, dim = mixture.centers_.shape
        out = np.zeros((len(data.counts), 2, k, dim), np.float32)

        def encode(images):
            counts, begin = data.counts[images], data.starts[images][0]
            words = Ragged(self._turned(data.rows[begin : begin + counts.sum()]), counts)
            found = gradients(mixture, words, out[images])
            found[:] = signed_power(found, self.power)

        in_threads(encode, blocks(data.counts, BLOCK))
        out = out.reshape(len(out), -1)
        if self.l2:
            for start in range(0, len(out), BLOCK):  # not all at once: the square of 720 MB is 720 MB
                out[start : start + BLOCK] = l2_normalize(out[start : start + BLOCK])
        return out

    def _fit_ica(self, data):
        if self.ica is None:
            return None
        rows = sample(data, ICA_ROWS, np.random.default_rng(self.seed))
        if not 1 <= self.ica <= min(rows.shape):
            raise ValueError(f"ica must be between 1 and {min(rows.shape)} (words {rows.shape[0]}, dimensions {rows.shape[1]}), "
                             f"not {self.ica}.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `ica_.n_iter_` says it; any turn is allowed, if not equally good
            return FastICA(self.ica, whiten="unit-variance", random_state=self.seed, max_iter=200, tol=1e-3).fit(rows.astype(np.float64))

    def _turned(self, rows):
        return rows if self.ica_ is None else self.ica_.transform(rows.astype(np.float64)).astype(np.float32)

    def _fitted(self):
        if hasattr(self, "mixture_"):
            return self.mixture_, self.ica_
        if hasattr(self.mixture, "centers_") and self.ica is None:
            self.ica_ = None
            return self.mixture, None
        raise NotFittedError("This HGLMMFisherVector has no mixture yet: call fit with the words of training sentences, or hand in a "
                             "fitted HGLMM.")


def gradients(mixture, words, out):
    """The numbers of the docstring, before power and L2.

    Args:
        mixture: fitted HGLMM. words: Ragged of float32 T x D. out: float32 M x 2 x K x D of zeros, written in place.

    Returns:
        out.
    """
    if not len(words.rows):
        return out
    gamma, owner, counts = mixture.posteriors(words.rows), words.owner, np.maximum(words.counts, 1)
    for k, (center, scale, gaussian, weight) in enumerate(zip(mixture.centers_, mixture.scales_, mixture.gaussian_, mixture.weights_)):
        some = np.flatnonzero(gamma[:, k] > NOTHING)
        if not some.size:
            continue
        u = ((words.rows[some] - center) / scale).astype(np.float32)
        size = np.abs(u)
        share = (gamma[some, k] / counts[owner[some]] / np.sqrt(weight)).astype(np.float32)
        sums = sparse.csr_array((share, (owner[some], np.arange(some.size))), shape=(len(counts), some.size))
        out[:, 0, k] = sums @ np.where(gaussian, u, np.sign(u))
        out[:, 1, k] = sums @ np.where(gaussian, (size * size - 1) * np.float32(np.sqrt(0.5)), size - 1)
    return out
