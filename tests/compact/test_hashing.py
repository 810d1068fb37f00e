"""What the four hashing methods share, and what each promises."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.compact import bits as bits_module
from visret_lab.compact.bits import as_bytes, as_codes, pack, unpack
from visret_lab.compact.itq import ITQ
from visret_lab.compact.lsh import LSH
from visret_lab.compact.pca import PCA as PCAOfTheCourse
from visret_lab.compact.pca import principal
from visret_lab.compact.pca_hashing import PCAHashing
from visret_lab.compact.spherical import SphericalHashing, balance, forces, overlaps, spherical_hamming
from visret_lab.features.local import SIFT
from visret_lab.search.binary import BinaryIndex

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(24, 24)) * np.geomspace(3, 0.3, 24)
X = (RNG.normal(size=(4000, 24)) @ MIX + 7).astype(np.float32)
METHODS = [LSH(16), PCAHashing(16), ITQ(16), SphericalHashing(16)]
every = pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)


def test_pack_and_unpack():
    bits = RNG.random((50, 70)) < 0.5
    codes = pack(bits)
    assert codes.shape == (50, 2) and codes.dtype == np.uint64
    assert (unpack(codes, 70) == bits).all()
    assert pack([[1, 0, 0, 1]]).tolist() == [[9]] and pack(np.eye(1, 66, 65, dtype=bool)).tolist() == [[0, 2]]
    assert (as_bytes(codes)[:, 0] == np.packbits(bits[:, :8], axis=1, bitorder="little")[:, 0]).all()
    assert pack(np.zeros((0, 70), bool)).shape == (0, 2)


def test_codes_of_another_kind_are_refused():
    for wrong in (np.zeros((2, 1), np.int64), np.zeros((2, 1), np.uint64), np.zeros((2, 2), np.float32)):
        with pytest.raises(ValueError, match=r"uint64 N x 2 for 70 bits"):
            as_codes(wrong, 70)
    with pytest.raises(ValueError, match="bits behind bit 69"):
        as_codes(np.array([[0, 1 << 6]], np.uint64), 70)


@every
def test_the_face(method, monkeypatch):
    made = clone(method).fit(X)
    codes = made.transform(X)
    assert codes.shape == (4000, 1) and codes.dtype == np.uint64
    assert (unpack(codes, 16) == made.bits_of(X)).all()
    monkeypatch.setattr(bits_module, "ROWS", 700)
    assert (made.transform(np.asfortranarray(X)) == codes).all()
    assert (made.transform(X.astype(np.float64)) == codes).all()
    assert (clone(method).fit(X).transform(X) == codes).all()  # the seed decides everything
    assert made.transform(X[0]).tolist() == codes[:1].tolist() and made.transform(X[:0]).shape == (0, 1)
    assert "bits" in made.get_params()


@every
def test_bits_are_balanced(method):
    share = clone(method).fit(X[:2000]).bits_of(X[2000:]).mean(axis=0)  # learnt on some rows, counted on others
    assert np.abs(share - 0.5).max() < 0.1


@every
def test_near_vectors_have_near_codes(method):
    made = clone(method).set_params(bits=24).fit(X)
    a, near = made.bits_of(X), made.bits_of(X + 0.05 * RNG.normal(size=X.shape).astype(np.float32) @ MIX.astype(np.float32))
    assert (a != near).mean() < 0.5 * (a != np.roll(a, 1, axis=0)).mean()


@every
def test_bad_input(method):
    with pytest.raises(NotFittedError):
        clone(method).transform(X)
    with pytest.raises(ValueError, match="bits must be at least 1"):
        clone(method).set_params(bits=0).fit(X)
    with pytest.raises(ValueError, match="cannot learn from 0 rows"):
        clone(method).fit(X[:0])
    with pytest.raises(ValueError, match="not finite"):
        clone(method).fit(np.where(X == X[0, 0], np.nan, X))
    made = clone(method).fit(X)
    with pytest.raises(ValueError, match="9 columns, but 24"):
        made.transform(X[:, :9])
    with pytest.raises(ValueError, match="not finite"):
        made.transform(np.full((1, 24), np.nan))


@pytest.mark.parametrize("method", [PCAHashing, ITQ])
@pytest.mark.parametrize("rows", [400, 20])
def test_a_shared_pca_gives_the_same_code(method, rows):
    x = X[:rows]
    shared = PCAOfTheCourse(12).fit(x)
    alone, together = method(8).fit(x), method(8, pca=shared).fit(x)
    assert np.allclose(alone.directions_, together.directions_, atol=1e-5) and np.array_equal(alone.bits_of(x), together.bits_of(x))
    with pytest.raises(ValueError, match="12 components, and 13 are needed"):
        method(13, pca=shared).fit(x)
    for other in (PCAOfTheCourse(12).fit(x[1:]), PCAOfTheCourse(12).fit(x + 1), PCAOfTheCourse(12, l2_before=True).fit(x)):
        with pytest.raises(ValueError, match="other rows"):
            method(8, pca=other).fit(x)


@pytest.mark.parametrize("method", [PCAHashing, ITQ])
def test_more_bits_than_directions(method):
    with pytest.raises(ValueError, match="25 bits need 25 .* 4000 training rows of 24 dimensions have at most 24"):
        method(25).fit(X)
    with pytest.raises(ValueError, match="10 training rows of 24 dimensions have at most 9"):
        method(10).fit(X[:10])
    with pytest.raises(ValueError, match="cannot learn from 1 rows"):
        method(1).fit(X[:1])


def test_one_row_is_too_few_for_balls_and_enough_for_planes():
    with pytest.raises(ValueError, match="cannot learn from 1 rows"):
        SphericalHashing(4).fit(X[:1])
    assert LSH(100).fit(X[:1]).transform(X).shape == (4000, 2)


def test_zero_vectors_get_a_code():
    for method in METHODS:
        assert clone(method).fit(X).transform(np.zeros((2, 24))).shape == (2, 1)


# LSH

@pytest.mark.parametrize("orthogonal", [False, True])
def test_the_hamming_distance_estimates_the_angle(orthogonal):
    made = LSH(6000, center=False, orthogonal=orthogonal).fit(X)
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 40, 24))
    b = a + b * np.linspace(0.1, 5, 40)[:, None]
    angle = np.arccos((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))
    measured = np.pi * (made.bits_of(a) != made.bits_of(b)).mean(axis=1)
    assert np.abs(measured - angle).max() < 4 * np.pi / 2 / np.sqrt(6000)  # four standard errors of a fair coin


def test_without_the_mean_most_bits_say_nothing():
    share = LSH(64, center=False).fit(X).bits_of(X + 60).mean(axis=0)
    assert (np.abs(share - 0.5) > 0.3).mean() > 0.6 and (LSH(64).fit(X + 60).mean_ > 60).all()


def test_orthogonal_planes():
    planes = LSH(30, orthogonal=True).fit(X).planes_
    assert np.allclose(planes[:, :24].T @ planes[:, :24], np.eye(24), atol=1e-5)
    assert np.allclose(planes[:, 24:].T @ planes[:, 24:], np.eye(6), atol=1e-5) and not np.allclose(planes[:, 24:], planes[:, :6])


# PCA hashing and ITQ

def test_pca_hashing_is_the_sign_of_the_components():
    from sklearn.decomposition import PCA

    made, pca = PCAHashing(5).fit(X), PCA(5, svd_solver="full").fit(X)
    theirs = pca.transform(X)
    ours = (X - made.mean_) @ made.directions_
    sign = np.sign((ours * theirs).sum(0))
    assert np.allclose(ours, theirs * sign, atol=1e-2)
    clear = np.abs(theirs) > 0.05
    assert (made.bits_of(X)[clear] == (theirs * sign > 0)[clear]).all()


def test_the_sign_of_a_direction_does_not_depend_on_chance():
    directions = principal(X, 6)[1]
    assert (directions[np.abs(directions).argmax(0), np.arange(6)] > 0).all()


def test_itq_never_loses_and_ends_below_its_start():
    made = ITQ(16).fit(X)
    assert len(made.errors_) == 51 and (np.diff(made.errors_) <= 1e-9 * made.errors_[0]).all()
    assert made.errors_[-1] < made.errors_[0] - 0.01
    assert np.allclose(made.rotation_.T @ made.rotation_, np.eye(16), atol=1e-5)
    assert np.allclose(made.directions_, principal(X, 16)[1] @ made.rotation_, atol=1e-4)


def test_itq_finds_the_corners_of_a_turned_cube():
    rng = np.random.default_rng(5)
    corners = np.where(rng.random((3000, 4)) < 0.5, -1.0, 1.0)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    made = ITQ(4).fit(corners @ turn + 0.05 * rng.normal(size=(3000, 4)))
    assert made.errors_[-1] < 0.1 * made.errors_[0]
    # Each corner has a code of its own: 16 codes, one for each.
    pairs = {(tuple(c), int(code)) for c, code in zip(corners, made.transform(corners @ turn)[:, 0], strict=True)}
    assert len(pairs) == 16 and len({code for _, code in pairs}) == 16


# Spherical hashing

def test_the_balance_conditions_are_reached():
    made = SphericalHashing(32, samples=2000).fit(X)
    inside = made.bits_of(X)
    assert made.converged_ and made.balance_[0] <= 0.10 and made.balance_[1] <= 0.15
    # On all rows, of which half took part: each ball has half of them, each pair of balls a quarter.
    assert np.abs(inside.mean(0) - 0.5).max() < 0.05
    pairs = (inside.T.astype(float) @ inside / len(X))[np.triu_indices(32, 1)]
    assert np.abs(pairs - 0.25).mean() < 0.12 * 0.25 and pairs.std() < 0.2 * 0.25


def test_the_radius_is_the_median():
    made = SphericalHashing(8).fit(X)
    distances = np.linalg.norm(X[:, None] - made.centers_, axis=2)
    assert np.allclose(np.median(distances, axis=0), made.radii_, rtol=1e-4)
    clear = np.abs(distances - made.radii_) > 1e-3
    assert (made.bits_of(X)[clear] == (distances <= made.radii_)[clear]).all()


def test_the_forces_follow_the_equation():
    centers = RNG.normal(size=(5, 3))
    shared = overlaps(RNG.random((80, 5)) < 0.5)
    total = np.zeros((5, 3))
    for i in range(5):
        for j in range(5):
            if i != j:
                total[i] += 0.5 * (shared[i, j] - 20) / 20 * (centers[i] - centers[j])
    assert np.allclose(forces(centers, shared, 80), total)


def test_centres_that_share_too_much_move_apart():
    centers = np.array([[0.0], [1.0]])
    assert forces(centers, np.array([[40, 40], [40, 40]], np.float32), 80).tolist() == [[-0.5], [0.5]]
    assert forces(centers, np.array([[40, 0], [0, 40]], np.float32), 80).tolist() == [[0.5], [-0.5]]


def test_balance_of_known_overlaps():
    assert balance(np.array([[9, 30, 10], [30, 9, 20], [10, 20, 9]], np.float32), 80) == pytest.approx((1 / 3, np.sqrt(1 / 6)))
    assert balance(np.ones((1, 1)), 4) == (0.0, 0.0)


def test_what_does_not_converge_says_so():
    with pytest.warns(UserWarning, match="After 2 rounds the balls of spherical hashing are not independent"):
        made = SphericalHashing(16, max_iter=2, mean_error=0.001).fit(X)
    assert not made.converged_ and made.n_iter_ == 2
    with pytest.warns(UserWarning, match="more different rows"):
        SphericalHashing(4, max_iter=5).fit(np.ones((20, 3)))


def test_the_spherical_hamming_distance():
    bits = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], bool)
    found = spherical_hamming(pack(bits[:1]), pack(bits))[0]
    assert found.tolist() == [0, 0, 2, 64 + 4, 64 + 2]  # 0/2, 0/2, 2/1; nothing in common: above all others
    assert found.dtype == np.float32


def photographs(*names):
    """RootSIFT descriptors of photographs that come with scikit-image."""
    import skimage.data

    pictures = (getattr(skimage.data, name)() for name in names)
    return np.concatenate([SIFT(1000, contrast=0.01).detect(np.dstack([p] * 3) if p.ndim == 2 else p)[1] for p in pictures])


def test_spherical_hashing_beats_lsh_at_equal_bits_on_real_descriptors():
    train = photographs("coffee", "camera", "brick", "rocket", "coins")
    found = photographs("astronaut", "chelsea", "grass", "gravel")
    asked = np.arange(len(found)) % 20 == 0
    q, x = found[asked], found[~asked]
    true = np.argsort(-q @ x.T, axis=1)[:, :10]

    def recall(method, metric):
        """Share of the ten nearest that are among the first fifty, for each query."""
        ids = BinaryIndex(64, metric).add(method.fit(train).transform(x)).search(method.transform(q), 50)[1]
        return np.array([len(set(t) & set(i)) / 10 for t, i in zip(true, ids, strict=True)])

    planes, balls = (np.mean([recall(m(64, seed=s), "hamming") for s in range(2)], axis=0) for m in (LSH, SphericalHashing))
    spherical = np.mean([recall(SphericalHashing(64, seed=s), "spherical") for s in range(2)], axis=0)
    assert len(q) > 150
    for better, worse in ((balls, planes), (spherical, balls)):
        gain = better - worse  # paired: the same queries
        assert gain.mean() > 3 * gain.std() / np.sqrt(len(q)), (planes.mean(), balls.mean(), spherical.mean())
