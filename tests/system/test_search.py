from dataclasses import replace

import numpy as np
import pytest

from tests.system.common import RECIPE, bring, folder_of, picture, toy
from visret_lab.arrays import l2_normalize
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.image_io import read_image
from visret_lab.features.local import SIFT
from visret_lab.rerank.expansion import alpha_expansion
from visret_lab.rerank.offline_diffusion import OfflineDiffusion
from visret_lab.system import search
from visret_lab.system.recipe import Recipe
from visret_lab.system.search import Gallery, Searcher


def gallery(n=60, dim=16, seed=0):
    return Gallery([f"{i:05d}" for i in range(n)], l2_normalize(np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32) + 0.5))


def ids(answer):
    return [int(h.id) for h in answer.hits]


def test_the_plain_search_is_the_exact_one_and_ties_go_to_the_lower_id():
    g = gallery()
    g.vectors[7] = g.vectors[3]
    answer = Searcher(g, Recipe()).answer(g.vectors[3], k=10)
    assert ids(answer) == np.argsort(-(g.vectors @ g.vectors[3]), kind="stable")[:10].tolist() and ids(answer)[:2] == [3, 7]
    assert np.isclose(answer.hits[0].similarity, 1) and set(answer.ms) == set(search.STAGES) - {"describe"}


def test_the_own_picture_is_no_result_and_is_not_learnt_from():
    g = gallery()
    for recipe in (Recipe(), Recipe(expand=3), Recipe(diffuse=8, expand=3)):
        asked = Searcher(g, recipe)
        assert "00003" not in [h.id for h in asked.answer(g.vectors[3], k=60, own="00003").hits]
        assert len(asked.answer(g.vectors[3], k=60, own="00003").hits) == 59
    other = Gallery(g.ids, g.vectors.copy())
    other.vectors[3] = -g.vectors[3]
    first, second = (Searcher(one, Recipe(expand=5)).answer(g.vectors[3], k=20, own="00003") for one in (g, other))
    assert ids(first) == ids(second)


def test_expansion_and_diffusion_are_those_of_the_stations():
    g = gallery()
    q = g.vectors[:4] + 0.1
    q = l2_normalize(q)
    expanded = alpha_expansion(q, g.vectors, 5, 3.0)
    for vector, want in zip(q, expanded, strict=True):
        hits = Searcher(g, Recipe(expand=5)).answer(vector, k=60).hits
        assert [int(h.id) for h in hits] == np.argsort(-(g.vectors @ want), kind="stable").tolist()
        assert np.allclose([h.score for h in hits], np.sort(g.vectors @ want)[::-1], atol=1e-5)
    model = OfflineDiffusion(60, 8, 5, alpha=0.5).fit(g.vectors)
    for vector, row in zip(q, model.ranking(q), strict=True):
        assert ids(Searcher(g, Recipe(diffuse=8, walk=0.5)).answer(vector, k=60)) == row.tolist()


def scene(seed):
    """A picture with corners, and the same seen a little from the side."""
    import cv2

    image = np.kron(np.random.default_rng(seed).integers(0, 255, (14, 18), np.uint8), np.ones((14, 14), np.uint8))
    image = cv2.GaussianBlur(np.repeat(image[..., None], 3, axis=2), (0, 0), 1.5)
    moved = cv2.warpPerspective(image, np.float32([[0.95, 0.05, 3], [-0.02, 0.98, 2], [1e-4, 0, 1]]), image.shape[1::-1])
    return image, moved


def test_verified_results_come_first_and_a_count_below_accept_is_none():
    images = [scene(i)[0] for i in range(6)]
    local = [(p[:, :2], d) for p, d in map(SIFT(150).detect, images)]
    points, rows = SIFT(150).detect(scene(4)[1])
    vectors = l2_normalize(np.eye(6, dtype=np.float32) + np.linspace(0.5, 0, 6, dtype=np.float32)[:, None])
    one = Gallery([f"{i:05d}" for i in range(6)], vectors, local.__getitem__)
    recipe = Recipe(local="rootsift", rerank=6, accept=12)
    plain = Searcher(one, replace(recipe, rerank=0)).answer(vectors[0], (points, rows), 6)
    assert ids(plain)[0] == 0 and all(h.inliers == 0 for h in plain.hits)
    answer = Searcher(one, recipe).answer(vectors[0], (points, rows), 6)
    assert ids(answer)[0] == 4 and answer.hits[0].inliers > 30 and ids(answer)[1:] == [i for i in ids(plain) if i != 4]
    assert answer.hits[0].similarity < answer.hits[1].similarity
    assert ids(Searcher(one, replace(recipe, accept=10_000)).answer(vectors[0], (points, rows), 6)) == ids(plain)
    assert ids(Searcher(one, replace(recipe, rerank=1)).answer(vectors[0], (points, rows), 6)) == ids(plain)
    assert ids(Searcher(one, replace(recipe, expand=1)).answer(vectors[0], (points, rows), 6))[0] == 4


def test_an_answer_does_not_depend_on_how_much_of_it_is_asked_for_or_on_the_rows_around():
    images = [scene(i)[0] for i in range(5)]
    local = dict(enumerate((p[:, :2], d) for p, d in map(SIFT(100).detect, images)))
    points, rows = SIFT(100).detect(scene(2)[1])
    vectors = gallery(5).vectors
    recipe = Recipe(local="rootsift", rerank=5, expand=2)
    one = Searcher(Gallery([f"{i:05d}" for i in range(5)], vectors, local.__getitem__), recipe)
    whole = one.answer(vectors[0], (points, rows), 5).hits
    assert one.answer(vectors[0], (points, rows), 2).hits == whole[:2]
    less = Searcher(Gallery(one.gallery.ids[1:], vectors[1:], lambda row: local[row + 1]), replace(recipe, expand=0))
    counted = {h.id: h.inliers for h in less.answer(vectors[0], (points, rows), 4).hits}
    assert all(counted[h.id] == h.inliers for h in whole if h.id in counted)


@pytest.mark.filterwarnings("ignore:1500 training rows")
@pytest.mark.parametrize("engine", ["hnsw", "ivfpq"])
def test_approximate_engines_find_nearly_the_same_and_order_it_exactly(engine, monkeypatch):
    monkeypatch.setattr(search, "TRAIN", 300)
    g = gallery(1500, 32)
    searcher, exact = Searcher(g, Recipe(engine=engine)), Searcher(g, Recipe())
    assert not searcher.exact
    shares = []
    for q in g.vectors[:20]:
        got, want = searcher.answer(q, k=10), exact.answer(q, k=10)
        shares.append(len(set(ids(got)) & set(ids(want))) / 10)
        assert [h.similarity for h in got.hits] == sorted((h.similarity for h in got.hits), reverse=True)
    assert np.mean(shares) > 0.7
    again = Searcher(g, Recipe(engine=engine)).answer(g.vectors[0], k=10)
    assert again.hits == searcher.answer(g.vectors[0], k=10).hits
    assert len(Searcher(g, Recipe(engine=engine, expand=5, diffuse=5, reach=20)).answer(g.vectors[0], k=30).hits) == 30


def test_too_few_pictures_for_codes_are_searched_exactly():
    assert Searcher(gallery(), Recipe(engine="ivfpq")).exact


def test_one_picture_is_searched_too():
    g = gallery(1)
    for recipe in (Recipe(), Recipe(expand=5, diffuse=5)):
        assert ids(Searcher(g, recipe).answer(g.vectors[0], k=20)) == [0]
        assert Searcher(g, recipe).answer(g.vectors[0], k=20, own="00000").hits == []


def test_k_below_one_is_an_error():
    with pytest.raises(ValueError, match="k must be at least 1"):
        Searcher(gallery(), Recipe()).answer(gallery().vectors[0], k=0)


def opened(place, **options):
    return Searcher.open(place, describer=toy()(), **options)


def test_results_do_not_depend_on_segments_workers_or_the_order_of_arrival(tmp_path):
    folder = folder_of(tmp_path / "pictures", 10)
    for name, options in (("a", {}), ("b", {"part": 3}), ("c", {"part": 100, "workers": 2})):
        bring(folder, tmp_path / name, **options)
    late = folder_of(tmp_path / "late", 3)
    bring(late, tmp_path / "d")
    for path in reversed(sorted(folder.iterdir())):
        if not (late / path.name).exists():
            (late / path.name).write_bytes(path.read_bytes())
            bring(late, tmp_path / "d")
    asked = read_image(picture(tmp_path / "q.png", 99))
    recipe = replace(RECIPE, expand=3, diffuse=4)
    answers = [opened(tmp_path / name, recipe=recipe).search(asked, 10).hits for name in "abcd"]
    assert len(answers[0]) == 10 and all(one == answers[0] for one in answers)


def test_the_kept_walks_are_used_again_and_made_anew_when_damaged(tmp_path, monkeypatch):
    folder, place = folder_of(tmp_path / "pictures", 10), tmp_path / "index"
    bring(folder, place)
    recipe = replace(RECIPE, diffuse=4)
    asked = read_image(folder / "p001.png")
    first = opened(place, recipe=recipe).search(asked).hits
    (kept,) = (place / "derived").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(OfflineDiffusion, "fit", None)
        assert opened(place, recipe=recipe).search(asked).hits == first
    kept.write_bytes(b"damaged")
    assert opened(place, recipe=recipe).search(asked).hits == first
    bring(folder_of(folder, 12), place)
    assert len(opened(place, recipe=recipe).search(asked).hits) == 12
    assert len(list((place / "derived").iterdir())) == 1


def test_an_index_that_cannot_be_asked_is_an_error(tmp_path):
    folder, place = folder_of(tmp_path / "pictures", 3), tmp_path / "index"
    with pytest.raises(DataError, match="no index"):
        opened(place)
    bring(folder, place)
    with pytest.raises(DataError, match="describes pictures otherwise"):
        opened(place, recipe=Recipe(sides=(226,)))
    with pytest.raises(DataError, match="other weights"):
        Searcher.open(place)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.jpg").write_text("no picture")
    bring(broken, tmp_path / "empty")
    with pytest.raises(DataError, match="is empty"):
        opened(tmp_path / "empty")


def test_the_draws_of_a_pair_depend_on_its_id_and_not_on_its_row(monkeypatch):
    class Drawn:
        def __init__(self, *arguments, **options):
            self.count = int(arguments[3].integers(1 << 30))

    monkeypatch.setattr(search, "verify", Drawn)
    points, rows = SIFT(60).detect(scene(1)[0])
    g = gallery(5)
    whole = Searcher(Gallery(g.ids, g.vectors, lambda row: (points, rows)), Recipe()).verify((points, rows), [1, 4])
    later = Searcher(Gallery(g.ids[1:], g.vectors[1:], lambda row: (points, rows)), Recipe()).verify((points, rows), [3, 0])
    assert whole == {1: later[0], 4: later[3]} and whole[1] != whole[4]
