import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact import spherical as package
from visret_lab.compact.bits import as_bytes, pack
from visret_lab.compact.lsh import LSH
from visret_lab.search.binary import BinaryIndex
from visret_lab.search.multi_index import masks
from visret_lab.teaching.exercises import ch11_hashing as exercise

RNG = np.random.default_rng(0)


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_hamming_is_the_packages():
    bits = RNG.random((9, 320)) < 0.5
    codes = pack(bits)
    scores, ids = BinaryIndex(320).add(codes).search(codes, 9)
    found = exercise.hamming.reference(as_bytes(codes), as_bytes(codes))
    assert (np.take_along_axis(found, ids, 1) == -scores).all()


def test_spherical_is_the_packages():
    a, b = RNG.random((5, 64)) < 0.1, RNG.random((40, 64)) < 0.1  # some pairs have nothing in common, and B is 64
    found = exercise.spherical.reference(a, b)
    assert np.allclose(found, package.spherical_hamming(pack(a), pack(b))) and (found > 64).any()


def test_radii_are_the_packages():
    x = RNG.normal(size=(400, 6)).astype(np.float32)
    made = package.SphericalHashing(8).fit(x)
    assert exercise.radii.reference(x, made.centers_) == pytest.approx(made.radii_, rel=1e-4)


def test_the_angle_comes_out():
    x = RNG.normal(size=(2, 30)).astype(np.float32)
    bits = LSH(50_000, center=False).fit(x).bits_of(x)
    want = np.arccos(x[0] @ x[1] / np.linalg.norm(x[0]) / np.linalg.norm(x[1]))
    assert exercise.angle.reference(bits[:1], bits[1:])[0, 0] == pytest.approx(want, abs=0.03)


def test_the_radius_is_enough_and_not_too_large():
    for bits, pieces, distance in ((32, 4, 5), (32, 4, 3), (24, 3, 8)):
        radius, keys = exercise.lookups.reference(bits, pieces, distance)
        flips = np.argsort(RNG.random((20_000, bits)), axis=1)[:, :distance] // (bits // pieces)
        least = np.stack([(flips == m).sum(1) for m in range(pieces)]).min(0)
        assert least.max() == radius
        assert keys == pieces * sum(1 for n in range(2 ** (bits // pieces)) if n.bit_count() <= radius)
    assert exercise.lookups.reference(64, 4, 11) == (2, 4 * sum(len(masks(r)) for r in range(3)))
