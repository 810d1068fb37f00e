import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from visret_lab.encoding.gmm import DiagonalGMM

RNG = np.random.default_rng(0)
TWO = [np.concatenate([RNG.normal((0, 0), (1, 3), (400, 2)), RNG.normal((12, 5), (2, 1), (1200, 2))])]


def test_it_finds_the_clouds_and_keeps_variances():
    gmm = DiagonalGMM(2).fit(TWO)
    order = np.argsort(gmm.means_[:, 0])
    assert np.allclose(gmm.weights_[order], [0.25, 0.75], atol=0.02)
    assert np.allclose(gmm.means_[order], [[0, 0], [12, 5]], atol=0.5)
    assert np.allclose(gmm.variances_[order], [[1, 9], [4, 1]], rtol=0.2)  # squares of the widths, not the widths
    assert gmm.converged_


def test_posteriors_by_hand():
    # Two Gaussians of variance 1 at -1 and 1, weights 3/4 and 1/4; at 0 both densities are equal, so the weights remain.
    gmm = DiagonalGMM.from_parameters([0.75, 0.25], [[-1.0], [1.0]], [[1.0], [1.0]])
    assert np.allclose(gmm.posteriors(np.array([[0.0]])), [[0.75, 0.25]])
    # Same means, variances 1 and 4, equal weights: at 0 the densities are 1 and 1/2.
    gmm = DiagonalGMM.from_parameters([0.5, 0.5], [[0.0], [0.0]], [[1.0], [4.0]])
    assert np.allclose(gmm.posteriors(np.array([[0.0]])), [[2 / 3, 1 / 3]])


def test_posteriors_in_blocks_and_far_away():
    gmm = DiagonalGMM(3).fit(TWO)
    x = np.concatenate([TWO[0], [[1e4, -1e4]]])
    whole = gmm.posteriors(x)
    assert np.allclose(whole.sum(1), 1) and np.isfinite(whole).all()
    assert np.allclose(gmm.posteriors(x, block=7), whole)
    assert gmm.posteriors(np.zeros((0, 2))).shape == (0, 3)


def test_the_floor_holds():
    # Half of the descriptors are one and the same: without a floor their Gaussian would have variance 0.
    x = np.concatenate([np.zeros((200, 2)), RNG.normal(5, 1, (200, 2))])
    gmm = DiagonalGMM(2, floor=0.01).fit([x])
    assert (gmm.variances_ >= 0.01 * x.var(0) * (1 - 1e-5)).all()


@pytest.mark.parametrize(("sets", "options", "words"), [
    ([np.ones((50, 2)) * [[1, 2]]], {}, "1 different"),
    ([RNG.normal(size=(3, 2))], {}, "4 Gaussians cannot be learnt from 3"),
    ([np.c_[RNG.normal(size=100), np.full(100, 7.0)]], {}, "Dimension 1 has the same value"),
    ([np.repeat(RNG.normal(size=(4, 2)), 50, 0)], {"floor": 0}, "singular"),
    ([np.full((50, 2), np.nan)], {}, "not finite"),
    (TWO, {"floor": 1.5}, "share of the variance"),
    ([np.c_[RNG.normal(size=(100, 2)), 1e-8 * RNG.normal(size=100)]], {}, "Dimension 2 has the same value"),
    (TWO, {"n_gaussians": 0}, "at least 1"), (TWO, {"n_gaussians": 2.5}, "whole number")])
def test_bad_input(sets, options, words):
    with pytest.raises(ValueError, match=words):
        DiagonalGMM(**{"n_gaussians": 4, **options}).fit(sets)


def test_unfitted_and_wrong_dimension():
    with pytest.raises(NotFittedError):
        DiagonalGMM().posteriors(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="2 are expected"):
        DiagonalGMM(2).fit(TWO).posteriors(np.zeros((1, 3)))


@pytest.mark.parametrize(("parameters", "words"), [
    (([1.0], [[0.0, 1]], [[1.0, 0]]), "positive"), (([0.5], [[0.0]], [[1.0]]), "sum to 1"),
    (([1.0], [[0.0, 0]], np.eye(2)[None]), "diagonal")])
def test_parameters_that_do_not_fit(parameters, words):
    with pytest.raises(ValueError, match=words):
        DiagonalGMM.from_parameters(*parameters)


def test_save_and_load(tmp_path):
    gmm = DiagonalGMM(2).fit(TWO)
    gmm.save(tmp_path / "gmm.npz")
    again = DiagonalGMM.load(tmp_path / "gmm.npz")
    assert np.array_equal(again.posteriors(TWO[0]), gmm.posteriors(TWO[0]))
    assert np.array_equal(again.fingerprints_, gmm.fingerprints_) and again.converged_ == gmm.converged_
    (tmp_path / "other.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a mixture"):
        DiagonalGMM.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        DiagonalGMM.load(tmp_path / "missing.npz")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "gmm.npz"
    DiagonalGMM(2).fit(TWO).save(path)
    before = path.read_bytes()

    def break_off(file, **arrays):
        file.write(b"half")
        raise OSError("broken off")

    monkeypatch.setattr(np, "savez", break_off)
    with pytest.raises(OSError, match="broken off"):
        DiagonalGMM(3).fit(TWO).save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_mixture_knows_what_it_was_learnt_from(tmp_path):
    gmm = DiagonalGMM(2).fit(TWO)
    gmm.require_unseen([RNG.normal(size=(100, 2))])
    gmm.save(tmp_path / "gmm.npz")
    for learnt in (gmm, DiagonalGMM.load(tmp_path / "gmm.npz")):
        with pytest.raises(ValueError, match="fitted on the test set: 100%"):
            learnt.require_unseen(TWO)
    DiagonalGMM(2).fit([TWO[0], RNG.normal(size=(1600, 2))]).require_unseen(TWO, most=0.6)
    made = DiagonalGMM.from_parameters([1.0], [[0.0, 0]], [[1.0, 1]])
    made.save(tmp_path / "made.npz")
    for unknown in (made, DiagonalGMM.load(tmp_path / "made.npz")):
        with pytest.raises(ValueError, match="Nothing is known"):
            unknown.require_unseen(TWO)
