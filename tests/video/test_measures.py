import numpy as np

from visret_lab.arrays import rank
from visret_lab.video.measures import shot_scores


def test_shots_of_the_same_place_do_not_count():
    similar = np.array([[0.9, 0.8, 0.1], [0.2, 0.7, 0.6], [0.5, 0.4, 0.3]])
    ap, hit = shot_scores(similar, [1, 1, 2], [7, 7, 8])  # shots 0 and 1 are one place
    assert hit.tolist() == [1, 1, 0] and ap[0] == ap[1] == 1 > ap[2]


def test_a_hit_is_what_the_ranking_says():
    rng = np.random.default_rng(0)
    similar = rng.integers(0, 4, (200, 6)).astype(float)  # with many equal scores
    shot_of, setups = rng.integers(0, 6, 200), np.array([0, 1, 0, 2, 3, 1])
    _, hit = shot_scores(similar, shot_of, setups)
    want = []
    for row, own in zip(rank(similar), shot_of, strict=True):
        kept = [i for i in row if i == own or setups[i] != setups[own]]
        want.append(float(kept[0] == own))
    assert hit.tolist() == want and 0 < np.mean(want) < 1
