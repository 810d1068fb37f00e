"""The run of chapter 25: paintings and comments in one space, both directions, on the 400 test paintings of the museum.

Ours stand under the published names of the rows (Garcia and Vogiatzis, 2018). What differs: 400 paintings are searched, not 1,069; one
program painted and described them; the pictures' vectors come from MiniVGG. All constants are chosen on the 200 validation paintings.
"""

import textwrap
from typing import NamedTuple

import cv2
import numpy as np

from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.margin import Rows
from visret_lab.crossmodal.margin_training import compared, score
from visret_lab.crossmodal.margin_weights import ATTRIBUTES, card, load_margin, text_items
from visret_lab.crossmodal.painting_views import TextViews, picture_views
from visret_lab.crossmodal.ranks import both_ways, median_rank, recall
from visret_lab.datasets.museum import load_museum
from visret_lab.evaluation import Result, bootstrap_interval
from visret_lab.protocols import Query, Relevance

TABLE, ENCODERS = "semart", "semart-encoders"
VIEW, PARTS = "strips", ("comment", "title")  # of the main table; the view is chosen on the validation paintings, see `encoders`
VIEWS = ("pooled", "scores", "R-MAC", "strips")
TEXTS = {"title": ("title",), "comment": ("comment",), "comment and title": PARTS}
REGULARIZATION, COMPONENTS, POWER = (0.03, 0.1, 0.3, 1.0), (16, 32, 64), 1.0
MARGIN_ROWS = {"CML, BOW": "semart_bow", "CML, MLP": "semart_mlp", "CML, RNN": "semart_rnn",
               **{f"AMD, {field}": f"semart_{field}" for field in ATTRIBUTES}}
OF_VIEW = {"pooled": "semart_bow_pooled", "scores": "semart_bow_scores", "R-MAC": "semart_bow_rmac", "strips": "semart_bow"}
WAYS, AT = ("text to image", "image to text"), (1, 5, 10)


class Ground(NamedTuple):
    """paintings: PaintingSet. views: dict encoder -> float32 N x D, of the pictures. texts: TextViews."""

    paintings: object
    views: dict
    texts: TextViews

    def split(self, name):
        """int64 positions of a split."""
        return self.paintings.splits[name]


def ground(paintings=None):
    """Describe paintings; None: the museum. Returns: Ground."""
    paintings = paintings or load_museum()
    return Ground(paintings, picture_views(paintings), TextViews(paintings))


def by_cca(one, cca, view, parts, split):
    """Cosines of the texts (rows) and pictures (columns) of a split: float32 n x n. Equal texts have equal rows, to the last digit: a
    product of matrices rounds a row by its position, and among equal titles that would draw the order."""
    rows = one.split(split)
    written_ = one.texts(parts)[rows]
    images, texts = cca.transform(one.views[view][rows], written_)
    return (texts @ images.T)[first_equal(written_)]


def first_equal(rows):
    """Position of the first row that equals each row: n x D -> int64 n."""
    _, first_, group = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first_[group.ravel()]


def chosen_cca(one, view=VIEW, parts=PARTS):
    """CCA learnt on the training paintings, with what is best on the validation paintings: (CCA, score there, list of what was tried)."""
    train, texts, tried = one.split("train"), one.texts(parts), []
    x, y = one.views[view][train], texts[train]
    for share in REGULARIZATION:
        whole = CCA(min(max(COMPONENTS), x.shape[1], y.shape[1]), share, power=POWER).fit(x, y)
        for count in sorted({min(c, len(whole.correlations_)) for c in COMPONENTS}):
            cca = first(whole, count)
            tried.append((score(by_cca(one, cca, view, parts, "val")), cca))
    best = max(tried, key=lambda t: t[0])
    return best[1], best[0], [(cca.regularization, len(cca.correlations_), value) for value, cca in tried]


def first(cca, count):
    """The first components of a fitted CCA, as a CCA: components do not change when fewer are asked for."""
    kept = CCA(count, cca.regularization, cca.power, cca.l2)
    kept.x_mean_, kept.y_mean_, kept.n_samples_ = cca.x_mean_, cca.y_mean_, cca.n_samples_
    kept.x_weights_, kept.y_weights_ = cca.x_weights_[:, :count], cca.y_weights_[:, :count]
    kept.correlations_ = cca.correlations_[:count]
    return kept


def by_margin(one, name, split, network=None):
    """As `by_cca`, of a margin network. Args: name: of a shipped one. network: one that was trained on the page in its place."""
    told, rows = card(name), one.split(split)
    view = one.views[told["view"]]
    network = network or load_margin(name, view.shape[1], one.texts)
    return compared(network, Rows(view[rows]), text_items(told["encoder"], one.texts, rows))


def similarities(one, split="test", seed=0):
    """All rows of the main table: dict row -> float32 texts x pictures."""
    count = len(one.split(split))
    found = {"Random": np.random.default_rng(seed).random((count, count), np.float32),
             "CCA": by_cca(one, chosen_cca(one)[0], VIEW, PARTS, split)}
    return found | {row: by_margin(one, name, split) for row, name in MARGIN_ROWS.items()}


def encoders(one, split="test"):
    """Every encoder of the picture and of the text: dict (row, view, text) -> (score on the validation paintings, similarities).

    Rows: "CCA" with all texts, "CML" (BOW) with comment and title.
    """
    found = {}
    for view in VIEWS:
        for text, parts in TEXTS.items():
            cca, value, _ = chosen_cca(one, view, parts)
            found["CCA", view, text] = value, by_cca(one, cca, view, parts, split)
        found["CML", view, "comment and title"] = (score(by_margin(one, OF_VIEW[view], "val")), by_margin(one, OF_VIEW[view], split))
    return found


def results(found):
    """Places from similarities: dict row -> dict way -> int64 places. Args: found: dict row -> matrix."""
    return {row: both_ways(similarity) for row, similarity in found.items()}


def median_interval(places, level=0.95, repeats=2000, seed=0):
    """Bootstrap interval of the median place: (low, high)."""
    drawn = np.random.default_rng(seed).integers(0, len(places), (repeats, len(places)))
    tail = (1 - level) / 2
    return tuple(float(v) for v in np.quantile(np.median(np.asarray(places)[drawn], axis=1), [tail, 1 - tail]))


def as_results(places, name="museum"):
    """The rows of the course's own table: list of Result. With one right answer the average precision of a question is 1 / place."""
    return [Result(row, 1.0 / ways["text to image"], name, "text to image") for row, ways in places.items()]


class CommentSet:
    """The paintings of a split as a data set for the rank explorer: a query is a comment, written on a card.

    Args:
        one: Ground. split: its name.
    """

    tier, version, licence, protocols, default_protocol = "", "1.0", "", ("text to image",), "text to image"

    def __init__(self, one, split="test"):
        self.one, self.rows, self.name = one, one.split(split), one.paintings.name
        self.ids = [one.paintings.paintings[i].id for i in self.rows]
        self.queries = [Query(f"comment {n}", name, None, name) for n, name in enumerate(self.ids)]

    def image(self, image_id):
        """A painting."""
        return self.one.paintings.read(image_id)

    def query_image(self, query):
        """Title and comment, written on a card: uint8 260 x 260 x 3."""
        return written(self.query_text(query))

    def query_text(self, query):
        """Title and comment."""
        painting = self.one.paintings.paintings[self.rows[int(query.id.split()[1])]]
        return f"{painting.title}. {painting.comment}"

    def relevant(self, query, protocol):
        """The painting that the comment was written for."""
        return Relevance(np.array([int(query.id.split()[1])]), np.zeros(0, np.int64))


def written(text, side=260, wide=40):
    """A text on a white card: uint8 side x side x 3. Args: wide: letters of a line."""
    card_ = np.full((side, side, 3), 255, np.uint8)
    for i, line in enumerate(textwrap.wrap(text, wide)[: side // 15 - 1]):
        cv2.putText(card_, line, (6, 18 + 15 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA)
    return card_


def rows_of(places, name="museum", table=TABLE, seed=0):
    """Rows of a table from `results`: R@1, 5, 10 and the median place, both ways, each with its interval."""
    rows = []
    for row, ways in places.items():
        for way in WAYS:
            shared = {"table": table, "row": row, "queries": len(ways[way]), "images": len(ways[way]), "version": "1.0",
                      "bytes_per_image": None, "ms_per_query": None}
            for k in AT:
                hits = recall(ways[way], k)
                low, high = bootstrap_interval(hits, seed=seed)
                rows.append({**shared, "metric": f"R@{k}, {way}, {name}", "value": float(hits.mean()), "low": low, "high": high})
            low, high = median_interval(ways[way], seed=seed)
            rows.append({**shared, "metric": f"median rank, {way}, {name}", "value": median_rank(ways[way]), "low": low, "high": high})
    return rows


def run(tier, seed=0):
    """Rows of the table "semart": the museum, which is there in the mini tier. SemArt itself needs the pictures (see `load_semart`)."""
    return rows_of(results(similarities(ground(), seed=seed)), seed=seed) if tier == "mini" else []
