import numpy as np
import pytest

from visret_lab.video.pooled import pooled

X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
SHOTS = np.array([[0, 3], [3, 4], [4, 9]])


@pytest.mark.parametrize(("how", "over"), [("max", np.max), ("mean", np.mean), ("sum", np.sum)])
def test_pooled_over_each_shot(how, over):
    want = np.stack([over(X[a:b], axis=0) for a, b in SHOTS])
    found = pooled(X, SHOTS, how)
    assert found.dtype == np.float32 and np.allclose(found, want / np.linalg.norm(want, axis=1, keepdims=True), atol=1e-6)


def test_overlap_zero_rows_and_no_shot():
    assert np.allclose(pooled(X, [[0, 9], [0, 3]])[1], pooled(X, SHOTS)[0])
    assert not pooled(np.zeros((3, 4)), [[0, 3]]).any()
    assert pooled(X, np.zeros((0, 2), int)).shape == (0, 4)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: pooled(X, SHOTS, "median"), "how"), (lambda: pooled(X, [[2, 2]]), "at least one frame"),
    (lambda: pooled(X, [[5, 10]]), "5 to 10"),
    (lambda: pooled(X, [[-1, 3]]), "-1 to 3"), (lambda: pooled(X * np.nan, SHOTS), "not finite")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
