import inspect

import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.datasets import load
from visret_lab.teaching.answers import CheckFailed, hint
from visret_lab.teaching.projects import ch11_search_engine as p
from visret_lab.teaching.projects.search_engine import cells_of_pq
from visret_lab.teaching.projects.project import Probe, Project, check_project

ALL = [(cells, codes) for cells in p.CELLS for codes in p.CODES]


@pytest.mark.parametrize(("cells", "codes"), ALL)
def test_all_four_engines_pass(cells, codes):
    check_project(p.project, lambda: p.SearchEngine(cells, codes, seed=3))


@pytest.mark.parametrize(("cells", "codes"), ALL)
def test_ours_are_well_above_what_is_asked(cells, codes):
    train, x, q = p.hidden(5, count=900)
    engine = p.opened(p.SearchEngine(cells, codes).fit(train).add(x))
    assert p.recall(engine, x, q) > 1.6 * p.ENOUGH


class OneList(p.SearchEngine):
    def search(self, q, k):
        keep, self.nprobe = self.nprobe, 1
        answer = super().search(q, k)
        self.nprobe = keep
        return answer


class LocalIds(p.SearchEngine):
    def add(self, x):
        super().add(x)
        self._lists = [(np.arange(len(ids)), codes) for ids, codes in self._lists]
        return self


class IdsBeginAgain(p.SearchEngine):
    def add(self, x):
        self._count = 0
        return super().add(x)


class Replaced(p.SearchEngine):
    def add(self, x):
        self._lists = [(ids[:0], codes[:0]) for ids, codes in self._lists]
        return super().add(x)


class Ascending(p.SearchEngine):
    def search(self, q, k):
        scores, ids = super().search(q, k)
        return -scores, ids


class WorstFirst(p.SearchEngine):
    def _candidates(self, q, cells):
        ids, distances = super()._candidates(q, cells)
        return ids, -distances


class QueryWithoutResidual(p.SearchEngine):
    def _candidates(self, q, cells):
        parts = [(ids, self.coder_.distances(q, codes)) for ids, codes in (self._lists[c] for c in cells)]
        return tuple(np.concatenate(c) for c in zip(*parts, strict=True))


class NearestCentreForAll(p.SearchEngine):
    def _candidates(self, q, cells):
        parts = [(ids, self.coder_.distances(q - self.centres_[cells[0]], codes)) for ids, codes in (self._lists[c] for c in cells)]
        return tuple(np.concatenate(c) for c in zip(*parts, strict=True))


class LearnsFromTheDatabase(p.SearchEngine):
    def add(self, x):
        if not self._count:
            super().fit(np.concatenate([x] * 30))
        return super().add(x)


class StoresTheTraining(p.SearchEngine):
    def fit(self, train):
        return super().fit(train).add(train)


class FarthestCell(p.SearchEngine):
    def search(self, q, k):
        keep = self._order
        self._order = lambda x: keep(x)[:, ::-1]
        try:
            return super().search(q, k)
        finally:
            del self._order


class LooksEverywhere(p.SearchEngine):
    def search(self, q, k):
        answer = super().search(q, k)
        self.looked_ = np.full(len(q), self._count)
        return answer


class CountsCells(p.SearchEngine):
    def search(self, q, k):
        answer = super().search(q, k)
        self.looked_ = np.full(len(q), self.nprobe)
        return answer


class ZerosForNothing(p.SearchEngine):
    def search(self, q, k):
        scores, ids = super().search(q, k)
        return scores, np.maximum(ids, 0) if k == 30 else ids  # elsewhere it would fail earlier: an id comes twice


class ScoreZero(p.SearchEngine):
    def search(self, q, k):
        scores, ids = super().search(q, k)
        return np.where(ids < 0, 0, scores), ids


class LargerIdFirst(p.SearchEngine):
    def search(self, q, k):
        scores, ids = super().search(q, k)
        order = np.lexsort((-ids, -scores), axis=1)
        return np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)


class InPlace(p.SearchEngine):
    def add(self, x):
        super().add(x)
        x -= 0.5
        return self


class Short(p.SearchEngine):
    def search(self, q, k):
        scores, ids = super().search(q, k)
        n = max((ids >= 0).sum(1))
        return scores[:, :n], ids[:, :n]


class Swapped(p.SearchEngine):
    def search(self, q, k):
        return super().search(q, k)[::-1]


class Noise(p.SearchEngine):
    def __init__(self):
        super().__init__(codes="spherical")

    def _candidates(self, q, cells):
        ids, distances = super()._candidates(q, cells)
        return ids, np.where(distances == 0, 0, 1 + ids * 7919 % 101)  # itself, and then anything


class SilentWhenEmpty(p.SearchEngine):
    def search(self, q, k):
        if not self._count:
            return np.zeros((len(q), k)), np.full((len(q), k), -1)
        return super().search(q, k)


class Forgets(p.SearchEngine):
    def search(self, q, k):
        answer = super().search(q, k)
        self._lists[self._order(q)[0, 0]] = (np.zeros(0, np.int64), self._lists[0][1][:0])
        return answer


class NoProbe:
    def __init__(self):
        self.inner = p.SearchEngine()

    def fit(self, x):
        self.inner.fit(x)

    def add(self, x):
        self.inner.add(x)

    def search(self, q, k):
        return self.inner.search(q, k)


WRONG = {OneList: "looks into one cell only", LocalIds: "places in the list of a cell", IdsBeginAgain: "go on counting from 400",
         Replaced: "replaced what was in the lists", Ascending: "they are distances", WorstFirst: "sorted the wrong way round",
         QueryWithoutResidual: "take the centre off the query, too", NearestCentreForAll: "minus *its* centre",
         LearnsFromTheDatabase: "learnt from the database", StoresTheTraining: "Does `fit` store the training vectors",
         FarthestCell: "both must take the *nearest* centre", LooksEverywhere: "the lists save nothing",
         CountsCells: "not the cells and not k", ZerosForNothing: "looks like an image, such as 0", ScoreZero: "must have the score -inf",
         LargerIdFirst: "Ties go to the lower id", InPlace: "writes into the caller's array", Short: "Where fewer are found",
         Swapped: "ids first", Noise: "say too little", SilentWhenEmpty: "somebody has forgotten", NoProbe: "no attribute `nprobe`",
         Forgets: "leave the index as it is"}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: w.__name__)
def test_every_mistake_gets_its_own_words(wrong):
    with pytest.raises(CheckFailed) as failure:
        check_project(p.project, wrong)
    assert WRONG[wrong] in str(failure.value)


@pytest.mark.parametrize("wrong", [OneList, LocalIds, WorstFirst, LearnsFromTheDatabase])
def test_and_so_with_other_parts(wrong):
    with pytest.raises(CheckFailed) as failure:
        check_project(p.project, lambda: wrong("PQ", "spherical"))
    assert WRONG[wrong] in str(failure.value)


def test_other_failures_are_said():
    with pytest.raises(CheckFailed, match="Hand over the class"):
        check_project(p.project, p.SearchEngine())
    with pytest.raises(CheckFailed, match="no method `fit`"):
        check_project(p.project, lambda: object())

    class Empty(p.SearchEngine):
        def add(self, x):
            raise NotImplementedError

    with pytest.raises(CheckFailed, match="still empty"):
        check_project(p.project, Empty)

    class Broken(p.SearchEngine):
        def search(self, q, k):
            raise IndexError("out of bounds")

    with pytest.raises(CheckFailed, match="it learns, adds and searches.*IndexError: out of bounds"):
        check_project(p.project, Broken)


def test_what_went_well_is_said_first():
    def fails(make):
        raise CheckFailed("no")

    two = Project("x", (Probe("one", lambda make: None), Probe("two", fails)), ("a", "b"))
    with pytest.raises(CheckFailed, match="Went well: one. Then: no"):
        check_project(two, object)


def test_hints_come_in_steps():
    assert len(p.project.hints) >= 4
    hint(p.project, 1)


def test_pq_cells_are_all_pairs_of_words():
    train, _, _ = p.hidden(0)
    centres = cells_of_pq(train, 16)
    assert centres.shape == (16, 32) and len(np.unique(centres[:, :16].round(5), axis=0)) == 4
    assert len(np.unique(centres.round(5), axis=0)) == 16
    with pytest.raises(ValueError, match="power of 4"):
        cells_of_pq(train, 48)


@pytest.mark.parametrize("codes", p.CODES)
def test_with_all_cells_open_the_order_is_that_of_the_codes(codes):
    train, x, q = p.hidden(11)
    engine = p.SearchEngine(codes=codes, nprobe=64).fit(train).add(x)
    scores, ids = engine.search(q, len(x))
    cell = ((x[:, None] - engine.centres_) ** 2).sum(2).argmin(1)
    if codes == "PQ":  # decode, and measure plainly
        kept = engine.centres_[cell] + engine.coder_.quantizer.decode(engine.coder_.quantizer.encode(x - engine.centres_[cell]))
        want = ((q[:, None] - kept) ** 2).sum(2)
    else:
        a, b = engine.coder_.hashing.bits_of(q)[:, None], engine.coder_.hashing.bits_of(x)
        want = (a ^ b).sum(2) / np.maximum((a & b).sum(2), 1) + 64 * ((a & b).sum(2) == 0)
        none = (a & b).sum(2) == 0
        want[none] = (a ^ b).sum(2)[none] + 64
    assert np.allclose(-scores, np.take_along_axis(want, ids, 1), atol=1e-4)
    assert engine.nbytes == 600 * 16 and (engine.looked_ == 600).all()


@pytest.mark.filterwarnings("ignore:After 200 rounds")
def test_beside_ours_on_the_town_is_a_table():
    data = load("places")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(len(data.ids), 16)).astype(np.float32)
    frame = p.beside_ours((rng.normal(size=(3000, 16)).astype(np.float32), x, x[: len(data.queries)]), data,
                          lambda: p.SearchEngine(nprobe=2))
    assert frame["engine"].tolist() == ["yours", *(f"{a} cells, {b} codes" for a in p.CELLS for b in p.CODES), "exact"]
    assert frame["share looked at"].iloc[0] < frame["share looked at"].iloc[1] < 0.5 and frame["share looked at"].iloc[-1] == 1
    assert (frame["bytes an image"].iloc[:-1] == 16).all() and frame["bytes an image"].iloc[-1] == 64


def test_no_probe_is_forgotten():
    written = {name for name, f in vars(p).items() if inspect.isfunction(f) and list(inspect.signature(f).parameters) == ["make"]}
    assert {probe.ask.__name__ for probe in p.project.probes} == written and len(written) == 9


def test_reranking_knows_its_mistakes():
    assert_exercise_module(p)
