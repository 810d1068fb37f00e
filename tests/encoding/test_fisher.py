import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.bench.aggregate import fitted_vocabulary
from visret_lab.encoding import fisher
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.gmm import DiagonalGMM
from visret_lab.encoding.vlad import VLAD

RNG = np.random.default_rng(0)
GMM = DiagonalGMM.from_parameters([0.2, 0.5, 0.3], RNG.normal(size=(3, 4)), RNG.uniform(0.3, 2, (3, 4)))
SETS = [RNG.normal(size=(n, 4)).astype(np.float32) for n in (30, 1, 12)]
RAW = {"power": 1, "l2": False}


def log_likelihood(x, weights, means, sigmas):
    """Mean log likelihood, by the definition of the density."""
    z = (x[:, None] - means) / sigmas
    return np.log((weights * np.exp(-0.5 * z**2).prod(2) / (np.sqrt(2 * np.pi) * sigmas).prod(1)).sum(1)).mean()


def slope(f, at, k, d, step=1e-5):
    up, down = at.copy(), at.copy()
    up[k, d] += step
    down[k, d] -= step
    return (f(up) - f(down)) / (2 * step)


def test_the_blocks_are_the_gradient():
    # The gradient by finite differences, times the square root of the inverse Fisher information of the paper.
    x, w = SETS[0].astype(np.float64), GMM.weights_
    means, sigmas = GMM.means_, np.sqrt(GMM.variances_)
    out = FisherVector(gmm=GMM, **RAW).transform([SETS[0]])[0].reshape(2, 3, 4)
    for k in range(3):
        for d in range(4):
            mean = slope(lambda m: log_likelihood(x, w, m, sigmas), means, k, d) * sigmas[k, d] / np.sqrt(w[k])
            width = slope(lambda s: log_likelihood(x, w, means, s), sigmas, k, d) * sigmas[k, d] / np.sqrt(2 * w[k])
            assert np.allclose(out[:, k, d], [mean, width], atol=2e-6)


def test_one_gaussian_by_hand():
    gmm = DiagonalGMM.from_parameters([1.0], [[1.0]], [[4.0]])
    out = FisherVector(gmm=gmm, blocks=("weights", "means", "variances"), **RAW).transform([np.array([[3.0], [5.0]])])
    # (x - 1) / 2 is 1 and 2: mean 1.5; squares minus 1 are 0 and 3: mean 1.5, over sqrt 2.
    assert np.allclose(out, [[0, 1.5, 1.5 / np.sqrt(2)]])


def test_descriptors_of_the_mixture_itself_give_little():
    k = RNG.choice(3, 60_000, p=GMM.weights_)
    drawn = GMM.means_[k] + RNG.normal(size=(len(k), 4)) * np.sqrt(GMM.variances_[k])
    assert np.abs(FisherVector(gmm=GMM, **RAW).transform([drawn])).max() < 0.03


def test_power_comes_before_the_length():
    raw = FisherVector(gmm=GMM, **RAW).transform(SETS)
    root = np.sign(raw) * np.sqrt(np.abs(raw))
    out = FisherVector(gmm=GMM).transform(SETS)
    assert np.allclose(out, root / np.linalg.norm(root, axis=1, keepdims=True), atol=1e-6)
    assert out.dtype == np.float32 and np.allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)


def test_blocks_keep_their_order():
    every = FisherVector(gmm=GMM, blocks=("variances", "weights", "means"), **RAW).transform(SETS)
    parts = [FisherVector(gmm=GMM, blocks=(b,), **RAW).transform(SETS) for b in ("weights", "means", "variances")]
    assert [p.shape[1] for p in parts] == [3, 12, 12] and np.allclose(np.hstack(parts), every)


def test_an_image_without_descriptors_is_a_zero_row():
    out = FisherVector(gmm=GMM, blocks=("weights", "means", "variances")).transform([np.zeros((0, 4)), SETS[0], []])
    assert not out[[0, 2]].any() and out[1].any()


def test_cutting_into_blocks_changes_nothing(monkeypatch):
    whole = FisherVector(gmm=GMM).transform(SETS)
    monkeypatch.setattr(fisher, "BLOCK", 5)
    assert np.allclose(FisherVector(gmm=GMM).transform(SETS), whole, atol=1e-5)


def test_vlad_is_the_hard_limit():
    means = GMM.means_
    narrow = DiagonalGMM.from_parameters(np.full(3, 1 / 3), means, np.full((3, 4), 1e-4))
    soft = FisherVector(gmm=narrow, blocks=("means",), power=1).transform(SETS)
    assert np.allclose(soft, VLAD(vocabulary=fitted_vocabulary(means), power=1).transform(SETS), atol=1e-4)


def test_pca_comes_first():
    sets = [RNG.normal(size=(80, 6)) @ RNG.normal(size=(6, 6)) for _ in range(3)]
    encoder = FisherVector(2, pca=3, **RAW).fit(sets)
    assert encoder.gmm_.means_.shape == (2, 3)
    reduced = [encoder.pca_.transform(s.astype(np.float32)) for s in sets]
    assert np.allclose(encoder.transform(sets), FisherVector(gmm=encoder.gmm_, **RAW).transform(reduced), atol=1e-4)


def test_it_is_an_estimator():
    again = clone(FisherVector(8, blocks=("means",), pca=5))
    assert again.get_params()["blocks"] == ("means",) and again.get_params()["pca"] == 5


def test_unfitted():
    for encoder in (FisherVector(), FisherVector(gmm=GMM, pca=2)):
        with pytest.raises(NotFittedError, match="training set"):
            encoder.transform(SETS)


@pytest.mark.parametrize(("options", "words"), [
    ({"blocks": ()}, "some of"), ({"blocks": ("sigma",)}, "some of"), ({"blocks": "means"}, "some of"),
    ({"power": 0}, "signed square root"), ({"pca": 9}, "between 1 and 4"), ({"pca": 2}, "after the PCA")])
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        FisherVector(gmm=GMM, **options).fit(SETS)


def by_loop(x, gmm):
    """Means and variances by the equations, in float64."""
    x, gamma = x.astype(np.float64), gmm.posteriors(x)
    z = (x[:, None] - gmm.means_) / np.sqrt(gmm.variances_)
    w = gmm.weights_[:, None]
    means = (gamma[:, :, None] * z).sum(0) / (len(x) * np.sqrt(w))
    return np.concatenate([means, (gamma[:, :, None] * (z**2 - 1)).sum(0) / (len(x) * np.sqrt(2 * w))]).ravel()


@pytest.mark.parametrize("variance", [1, 1e-2, 1e-4, 1e-6])
def test_narrow_gaussians_do_not_lose_their_second_order(variance):
    gmm = DiagonalGMM.from_parameters(np.full(3, 1 / 3), GMM.means_, np.full((3, 4), variance))
    x = (GMM.means_[RNG.integers(3, size=50)] + np.sqrt(variance) * RNG.normal(size=(50, 4))).astype(np.float32)
    assert np.allclose(FisherVector(gmm=gmm, **RAW).transform([x])[0], by_loop(x, gmm), atol=1e-5)


def test_copies_of_one_descriptor():
    one = RNG.normal(size=(1, 4)).astype(np.float32)
    many = np.repeat(one, 70, 0)
    assert np.allclose(*FisherVector(gmm=GMM, **RAW).transform([one, many]), atol=1e-5)  # the gradient is a mean
    few = np.repeat(RNG.normal(size=(4, 4)), 50, 0).astype(np.float32)
    encoder = FisherVector(4, **RAW).fit([few])  # each Gaussian falls onto one point; the floor keeps it from width 0
    assert np.allclose(encoder.transform([few[:60]])[0], by_loop(few[:60], encoder.gmm_), atol=1e-4)


def test_fewer_descriptors_than_gaussians():
    with pytest.raises(ValueError, match="50 Gaussians cannot be learnt from 43"):
        FisherVector(50).fit(SETS)
    assert np.isfinite(FisherVector(gmm=GMM).transform([SETS[0][:1]])).all()  # in an image they may be fewer


@pytest.mark.parametrize("options", [{}, {"pca": 5}])
def test_a_constant_dimension(options):
    sets = [np.c_[s, np.full(len(s), 0.3, np.float32)] for s in SETS]
    with pytest.raises(ValueError, match="same value in all descriptors"):
        FisherVector(2, **options).fit(sets)
    assert np.isfinite(FisherVector(2, pca=4).fit(sets).transform(sets)).all()


def test_a_singular_mixture():
    few = np.repeat(RNG.normal(size=(4, 4)), 50, 0)
    with pytest.raises(ValueError, match="floor above 0"):
        FisherVector(gmm=DiagonalGMM(4, floor=0)).fit([few])


@pytest.mark.parametrize("options", [{}, {"pca": 2}, {"gmm": DiagonalGMM(2)}, {"gmm": DiagonalGMM(2).fit(SETS)}])
def test_learnt_on_the_test_set(options):
    encoder = FisherVector(2, **options).fit(SETS)
    with pytest.raises(ValueError, match="fitted on the test set"):
        encoder.require_unseen(SETS)
    encoder.require_unseen([RNG.normal(size=(20, 4))])


def test_a_fitted_mixture_without_fit_answers_for_itself():
    with pytest.raises(ValueError, match="fitted on the test set"):
        FisherVector(gmm=DiagonalGMM(2).fit(SETS)).require_unseen(SETS)
    with pytest.raises(ValueError, match="Nothing is known"):
        FisherVector(gmm=GMM).require_unseen(SETS)
    with pytest.raises(NotFittedError):
        FisherVector().require_unseen(SETS)


@pytest.mark.parametrize(("sets", "words"), [([np.zeros((3, 5))], "4 are expected"), ([np.full((3, 4), np.nan)], "not finite"),
                                             ([np.full((3, 4), 1e25)], "too large"), ([], "no images"),
                                             ([SETS[0], SETS[0][:, :2]], "4 are expected")])
def test_bad_descriptors(sets, words):
    with pytest.raises(ValueError, match=words):
        FisherVector(gmm=GMM).transform(sets)
