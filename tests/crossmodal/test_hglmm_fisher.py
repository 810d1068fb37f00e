import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from visret_lab.compact.pca import PCA
from visret_lab.crossmodal.hglmm import HGLMM
from visret_lab.crossmodal.hglmm_fisher import HGLMMFisherVector
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.gmm import DiagonalGMM


def mixture(k=3, dim=4, seed=0, gaussian=None):
    rng = np.random.default_rng(seed)
    weights = rng.random(k) + 0.2
    kinds = rng.random((k, dim)) < 0.5 if gaussian is None else np.full((k, dim), gaussian)
    return HGLMM.from_parameters(weights / weights.sum(), rng.normal(size=(k, dim)), rng.random((k, dim)) + 0.5, kinds)


def sentences(count=6, dim=4, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, dim)).astype(np.float32) for n in rng.integers(1, 9, count)]


def by_autograd(model, words):
    """Gradient of the mean log likelihood of a sentence with respect to centres and scales: two K x D."""
    weights, b = torch.tensor(model.weights_), torch.tensor(model.gaussian_)
    m, s = (torch.tensor(v, requires_grad=True) for v in (model.centers_, model.scales_))
    u = (torch.tensor(words.astype(np.float64))[:, None] - m) / s
    logs = torch.where(b, -u**2 / 2 - np.log(2 * np.pi) / 2, -u.abs() - np.log(2)) - s.log()
    torch.logsumexp(logs.sum(dim=2) + weights.log(), dim=1).mean().backward()
    return m.grad.numpy(), s.grad.numpy()


def test_gradients_are_those_of_autograd():
    model, data = mixture(), sentences()
    found = HGLMMFisherVector(model, power=1, l2=False).transform(data).reshape(len(data), 2, 3, 4)
    assert model.gaussian_.any() and not model.gaussian_.all()
    size = model.scales_ / np.sqrt(model.weights_)[:, None]  # 1 / root of the Fisher information of a centre
    for words, (centers, scales) in zip(data, found):
        wanted = by_autograd(model, words)
        assert np.abs(centers - wanted[0] * size).max() < 1e-5
        assert np.abs(scales - wanted[1] * size * np.where(model.gaussian_, np.sqrt(0.5), 1)).max() < 1e-5


def test_numbers_have_variance_one_over_n_where_the_words_are_drawn_from_the_mixture():
    """What the division by the information is for: all numbers of the vector become comparable."""
    rng, model = np.random.default_rng(2), mixture(2, 3)
    model = HGLMM.from_parameters([0.4, 0.6], [[0, 0, 0], [90, 90, 90]], model.scales_[:2], [[1, 0, 1], [0, 0, 1]])  # words belong to one
    n, owner = 40_000, (rng.random(40_000) < 0.6).astype(int)
    draws = np.where(model.gaussian_[owner], rng.normal(size=(n, 3)), rng.laplace(size=(n, 3))) * model.scales_[owner] + model.centers_[owner]
    found = HGLMMFisherVector(model, power=1, l2=False).transform(list(draws.reshape(-1, 1, 3)))
    assert np.allclose((found.astype(np.float64) ** 2).mean(axis=0), 1, atol=0.06)


def test_all_gaussian_is_the_fisher_vector_of_chapter_07():
    model, data = mixture(gaussian=True), sentences()
    gmm = DiagonalGMM.from_parameters(model.weights_, model.centers_, model.scales_**2)
    for power, l2 in ((1, False), (0.5, True)):
        ours, theirs = HGLMMFisherVector(model, power=power, l2=l2).transform(data), FisherVector(gmm=gmm, power=power, l2=l2).transform(data)
        assert np.abs(ours - theirs).max() < 1e-5


def test_length_power_and_unit_norm():
    model, data = mixture(), [*sentences(), np.zeros((0, 4), np.float32)]
    plain, full = HGLMMFisherVector(model, power=1, l2=False).transform(data), HGLMMFisherVector(model).transform(data)
    assert full.shape == (7, 2 * 3 * 4) and full.dtype == np.float32
    wanted = np.sign(plain) * np.sqrt(np.abs(plain))
    assert np.allclose(full[:6], wanted[:6] / np.linalg.norm(wanted[:6], axis=1, keepdims=True), atol=1e-5)
    assert np.abs(full[6]).max() == 0  # a sentence without words


def test_the_order_of_the_words_and_of_the_sentences_does_not_matter(monkeypatch):
    model, data = mixture(), sentences(20)
    whole = HGLMMFisherVector(model).transform(data)
    assert np.allclose(HGLMMFisherVector(model).transform([d[::-1] for d in data[::-1]])[::-1], whole, atol=1e-6)
    monkeypatch.setattr("visret_lab.crossmodal.hglmm_fisher.BLOCK", 7)
    assert np.allclose(HGLMMFisherVector(model).transform(data), whole, atol=1e-6)


def test_fit_learns_what_is_not_given_and_a_pca_follows():
    rng = np.random.default_rng(4)
    data = [rng.laplace(size=(n, 5)) @ rng.normal(size=(5, 5)) for n in rng.integers(3, 9, 80)]
    model = HGLMMFisherVector(HGLMM(4), ica=3).fit(data)
    found = model.transform(data)
    assert found.shape == (80, 2 * 4 * 3) and np.isfinite(found).all()
    assert model.mixture_.centers_.shape == (4, 3) and PCA(6).fit(found).transform(found).shape == (80, 6)
    assert np.array_equal(HGLMMFisherVector(HGLMM(4), ica=3).fit(data).transform(data), found)


def test_ica_finds_the_tails_that_a_turn_had_hidden():
    rng = np.random.default_rng(5)
    turned = [rng.laplace(size=(1500, 6)) @ np.linalg.qr(rng.normal(size=(6, 6)))[0]]
    plain, ica = (HGLMMFisherVector(HGLMM(1, per_component=1500), ica=n).fit(turned).mixture_.gaussian_.mean() for n in (None, 6))
    assert ica == 0 and plain > 0


@pytest.mark.parametrize("made, words", [
    (lambda m, d: HGLMMFisherVector(m, power=0).transform(d), "power must be above 0"),
    (lambda m, d: HGLMMFisherVector(m).transform(sentences(dim=3)), "3 columns, but 4 are expected"),
    (lambda m, d: HGLMMFisherVector(m).transform([d[0] * np.nan]), "not finite"),
    (lambda m, d: HGLMMFisherVector(m).fit(sentences(dim=3)), "mixture has 4 dimensions, but the words have 3"),
    (lambda m, d: HGLMMFisherVector(ica=9).fit(d), "ica must be between 1 and 4"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made(mixture(), sentences())


def test_not_fitted():
    for model in (HGLMMFisherVector(), HGLMMFisherVector(HGLMM(3)), HGLMMFisherVector(mixture(), ica=2)):
        with pytest.raises(NotFittedError):
            model.transform(sentences())
