"""Ask an index: the stages of a full system, one after the other.

    describe -> first search -> verify its head -> ask again with what was verified -> walk over the neighbours -> one order
"""

import hashlib
import time
from bisect import bisect_left
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np
from scipy import sparse

from visret_lab.arrays import l2_normalize
from visret_lab.datasets.errors import DataError
from visret_lab.features.matching import match
from visret_lab.files import replacing
from visret_lab.rerank.diffusion import start
from visret_lab.rerank.geometry import verify
from visret_lab.rerank.offline_diffusion import OfflineDiffusion
from visret_lab.search.engines import Engine
from visret_lab.search.exact import top
from visret_lab.system.describe import Describer, unpack
from visret_lab.system.store import Store, read_manifest

STAGES = ("describe", "first search", "local", "expansion", "diffusion")
TRAIN = 39 * 256  # vectors from which codes of 8 bits can be learnt; a smaller index is searched exactly
LEAST = 5  # matches from which a homography is looked for


class Hit(NamedTuple):
    """A result. score: what it was ordered by behind the verified ones: the walk's, where it arrived, else the similarity with the
    expanded question. similarity: cosine with the question itself. inliers: matches that agree on one movement, 0 if not looked at."""

    id: str
    score: float
    similarity: float
    inliers: int


class Answer(NamedTuple):
    """hits: list of Hit, best first. ms: dict stage -> milliseconds."""

    hits: list
    ms: dict


class Gallery(NamedTuple):
    """What is searched. ids: list of N str, ascending. vectors: float32 N x D, unit length. local: function row -> (points float M x 2,
    descriptors float32 M x 128), or None. sizes: int N x 2, width and height, or None."""

    ids: list
    vectors: np.ndarray
    local: object = None
    sizes: np.ndarray | None = None


def gallery_of(store):
    """The Gallery of an index that is open, its pictures in the order of their ids, however they lie in segments.

    Raises:
        DataError: an empty index, or a damaged one.
    """
    signed, where, sizes, vectors = store.recipe.local == "hardnet", [], [], []
    for segment in store.segments:
        rows, alive = store.rows(segment), store.alive(segment)
        where += [(rows.ids[i], segment, int(i)) for i in alive]
        vectors.append(rows.vectors[alive])
        sizes.append(np.stack([rows.facts["width"], rows.facts["height"]], axis=1)[alive])
    if not where:
        raise DataError(f"The index {store.place} is empty. Put pictures into {store.manifest['folder']} and index it again.")
    order = sorted(range(len(where)), key=lambda i: where[i][0])
    places = [where[i][1:] for i in order]
    return Gallery([where[i][0] for i in order], np.concatenate(vectors)[order],
                   lambda row: unpack(*store.local(*places[row]), signed), np.concatenate(sizes)[order])


class Searcher:
    """Asks a gallery by a recipe.

    Args:
        gallery: Gallery. recipe: Recipe. describer: function (image, box) -> Described; None for `Describer(recipe)`, made when it is
            needed. derived: folder where trained engines and kept walks lie, or None to make them anew.

    Attributes:
        engine: `search.engines.Engine`. walks: fitted OfflineDiffusion or None. exact: whether the first search compares everything.
    """

    def __init__(self, gallery, recipe, describer=None, derived=None):
        self.gallery, self.recipe, self._describer = gallery, recipe, describer
        self.exact = recipe.engine == "exact" or (recipe.engine == "ivfpq" and len(gallery.ids) < TRAIN)
        self.engine = build_engine(gallery.vectors, "exact" if self.exact else recipe.engine)
        self.walks = build_walks(gallery.vectors, recipe, derived) if recipe.diffuse else None

    @classmethod
    def open(cls, place, recipe=None, describer=None):
        """The Searcher of an index on disk.

        Args:
            place: folder of the index. recipe: another way to ask; what is kept of a picture must be the same. None: the index's own.

        Raises:
            DataError: no index, a damaged or an empty one, or a recipe that describes otherwise.
        """
        store = open_store(place)
        if recipe is not None and recipe.fingerprint() != store.recipe.fingerprint():
            raise DataError(f"The index {place} was made with another recipe; this one describes pictures otherwise. Index the folder "
                            "again, or change only how is asked.")
        describer = describer or Describer(recipe or store.recipe)
        if getattr(describer, "fingerprint", store.manifest["fingerprint"]) != store.manifest["fingerprint"]:
            raise DataError(f"The index {place} was made with other weights than this program has. Delete it and index the folder again.")
        return cls(gallery_of(store), recipe or store.recipe, describer, Path(place) / "derived")

    def search(self, image, k=20, box=None, own=None):
        """Find pictures.

        Args:
            image: uint8 H x W x 3, RGB. k: how many, all if there are fewer. box: as `Describer`. own: id of the picture that the question
                is cut from: it is no result, and nothing is learnt from it.

        Returns:
            Answer.

        Raises:
            ValueError: k below 1, an image or a box that is none.
        """
        begin = time.perf_counter()
        if self._describer is None:
            self._describer = Describer(self.recipe)
        asked = self._describer(image, box)
        took = 1000 * (time.perf_counter() - begin)
        points = unpack(asked.points, asked.descriptors, self.recipe.local == "hardnet")
        answer = self.answer(asked.vector, points, k, own)
        return Answer(answer.hits, {"describe": took, **answer.ms})

    def answer(self, vector, local=None, k=20, own=None):
        """The same for a question that is described: vector float32 D, local (points, descriptors) as `Gallery.local` gives them."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}.")
        recipe, clock = self.recipe, _Clock()
        skip = self._row(own)
        similarity, found = self.first_search(vector, max(k, recipe.rerank, recipe.expand, recipe.starts), skip)
        clock.stage("first search")
        inliers = self.verify(local, found[: recipe.rerank]) if recipe.rerank and local is not None else {}
        found = sorted(found, key=lambda i: (-verified(inliers, i, recipe), -similarity[i], i))
        clock.stage("local")
        score = self.ask_again(vector, similarity, found, inliers)
        score[[skip] if skip >= 0 else []] = -np.inf
        clock.stage("expansion")
        if self.walks is not None:
            score = self.walk(score, skip)
        clock.stage("diffusion")
        order = top(score[None], min(k + len(inliers), len(score)))[0].tolist()
        order = [i for i in dict.fromkeys([*order, *inliers]) if i != skip and np.isfinite(score[i])]
        order.sort(key=lambda i: (-verified(inliers, i, recipe), -score[i], i))
        return Answer([Hit(self.gallery.ids[i], float(score[i]), float(vector @ self.gallery.vectors[i]), inliers.get(i, 0))
                       for i in order[:k]], clock.ms)

    def _row(self, own):
        """The row of an id, -1 for an id that is not there or for None."""
        row = -1 if own is None else bisect_left(self.gallery.ids, own)
        return row if 0 <= row < len(self.gallery.ids) and self.gallery.ids[row] == own else -1

    def first_search(self, vector, k, skip):
        """(similarities float32 N, -inf where an approximate engine did not look; list of rows, best first, without `skip`)."""
        n = len(self.gallery.ids)
        similarity = np.full(n, -np.inf, np.float32)
        if self.exact:
            similarity = self.gallery.vectors @ vector
        else:
            near = self.engine.search(vector[None], min(n, max(k + 1, self.recipe.shortlist)))[1][0]
            near = near[near >= 0]
            similarity[near] = self.gallery.vectors[near] @ vector  # the codes chose them, the vectors order them
        order = top(similarity[None], min(k + 1, n))[0]
        return similarity, [int(i) for i in order if i != skip and np.isfinite(similarity[i])][:k]

    def verify(self, local, rows):
        """dict row -> inliers. Each pair has a Generator of its own, made from the id: the order of the rows changes nothing."""
        points, descriptors = local
        found = {}
        for i in rows:
            others, rows_of = self.gallery.local(i)
            pairs = match(descriptors, rows_of)
            rng = np.random.default_rng(np.frombuffer(hashlib.sha256(self.gallery.ids[i].encode()).digest(), np.uint32))
            found[i] = verify(points, others, pairs, rng, max_trials=200).count if len(pairs) >= LEAST else 0
        return found

    def ask_again(self, vector, similarity, found, inliers):
        """Similarities with the expanded question (alpha-QE, from the verified results where there are any): float32 N."""
        recipe = self.recipe
        if not recipe.expand:
            return np.array(similarity)
        sure = [i for i in found if verified(inliers, i, recipe)] or found
        rows = self.gallery.vectors[sure[: recipe.expand]]
        weights = np.maximum(rows @ vector, 0) ** recipe.alpha
        expanded = l2_normalize(vector + weights @ rows)
        if self.exact:
            return self.gallery.vectors @ expanded
        score = self.first_search(expanded, 1, -1)[0]
        score[found] = self.gallery.vectors[found] @ expanded
        return score

    def walk(self, score, skip):
        """Scores behind the walk: where it arrives 1 and more, elsewhere the similarity as it was: float32 N."""
        recipe = self.recipe
        seen = np.where(np.isfinite(score), score, -1)[None]
        begin = start(seen, min(recipe.starts, len(score) - 1), 3.0, np.array([skip]))
        arrived = np.maximum(self.walks.solutions_.T @ begin[:, 0], 0)
        score = np.where(arrived > 0, 1 + arrived, score).astype(np.float32)
        score[[skip] if skip >= 0 else []] = -np.inf
        return score


def verified(inliers, row, recipe):
    """The inliers of a result, or 0 where they are too few to count."""
    found = inliers.get(row, 0)
    return found if found >= recipe.accept else 0


def build_engine(vectors, kind):
    """An engine of `search.engines` over unit vectors, float32 N x D; None for "exact", which is one product of matrices."""
    if kind == "exact":
        return None
    n, dim = vectors.shape
    if kind == "hnsw":
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # with several threads the graph depends on which of them is first
        try:
            return Engine("hnsw", dim, "ip").set(efSearch=64).add(vectors)
        finally:
            faiss.omp_set_num_threads(threads)
    pieces = next(m for m in (32, 28, 20, 16, 10, 8, 5, 4, 2, 1) if dim % m == 0)
    cells = max(1, min(int(4 * n**0.5), n // 39))
    return Engine("ivfpq", dim, "ip", nlist=cells, M=pieces, nprobe=min(cells, max(8, cells // 8))).fit(vectors).add(vectors)


def build_walks(vectors, recipe, derived=None):
    """The walks from every picture, solved beforehand; read from the folder `derived` where they lie there: OfflineDiffusion or None."""
    k = min(recipe.diffuse, len(vectors) - 1)
    if k < 1:
        return None
    model = OfflineDiffusion(min(recipe.reach, len(vectors)), k, alpha=recipe.walk)
    if derived is None:
        return model.fit(vectors)
    key = hashlib.sha256(vectors.tobytes() + repr((model.top, k, recipe.walk)).encode()).hexdigest()[:16]
    path = Path(derived) / f"walks-{key}.npz"
    try:
        model.database_, model.solutions_ = vectors, sparse.load_npz(path)
        return model
    except Exception:  # absent, or damaged from outside: zipfile, zlib and NumPy each have errors of their own
        model.fit(vectors)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        sparse.save_npz(file, model.solutions_)
    for old in path.parent.glob("walks-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)
    return model


def open_store(place):
    """A Store whose segments are all open, so that a writer who joins segments meanwhile takes nothing away."""
    for last in (False, True):
        store = Store(place)
        try:
            for segment in store.segments:
                store.rows(segment)
            return store
        except DataError:
            if last or read_manifest(place) == store.manifest:
                raise
    raise AssertionError("not reached")


class _Clock:
    """Milliseconds between the stages."""

    def __init__(self):
        self.ms, self.last = {}, time.perf_counter()

    def stage(self, name):
        """The time since the last stage belongs to this one."""
        now = time.perf_counter()
        self.ms[name], self.last = 1000 * (now - self.last), now
