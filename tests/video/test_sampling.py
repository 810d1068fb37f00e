import numpy as np
import pytest

from visret_lab.video.sampling import at_rate, evenly


def test_every_eighth_of_24_a_second():
    for start in (0.0, 7.3):
        assert at_rate(start + np.arange(100) / 24, 3).tolist() == list(range(0, 100, 8))


def test_a_rate_that_does_not_divide_the_frames():
    times = np.arange(90) / 29.97
    found = at_rate(times, 3)
    assert (np.abs(times[found] - np.arange(len(found)) / 3) < 1 / 29.97 + 1e-3).all() and len(found) == int(times[-1] * 3) + 1


def test_variable_frame_rate_goes_by_the_clock():
    fast, slow = np.arange(0, 2, 0.02), np.arange(2, 6, 0.5)  # 100 frames in two seconds, then 8 in four
    times = np.concatenate([fast, slow])
    found = at_rate(times, 3)
    assert (found < 100).sum() == 6  # by number, nearly all would lie in the fast part
    assert found[found >= 100].tolist() == list(range(100, 107))  # each stands for a tick or two, and is taken once


def test_what_is_on_the_screen_and_nothing_from_later():
    assert at_rate([0.0, 0.3, 0.9], 2).tolist() == [0, 1]
    assert at_rate([4.0], 3).tolist() == [0]


@pytest.mark.parametrize(("times", "rate", "words"), [([], 3, "no frames"), ([0, 0.1, 0.1], 3, "increase"), ([0, np.nan], 3, "finite"),
                                                      ([0, 1], 0, "above 0"), ([0, 1], np.inf, "above 0")])
def test_bad_times(times, rate, words):
    with pytest.raises(ValueError, match=words):
        at_rate(times, rate)


def test_evenly():
    assert evenly(7, 50).tolist() == list(range(7))
    found = evenly(1000, 50)
    assert len(found) == 50 and found[0] == 0 and found[-1] == 999 and set(np.diff(found)) <= {20, 21}
    for count, most in ((0, 50), (9, 1)):
        with pytest.raises(ValueError, match="no frame|at least 2"):
            evenly(count, most)
