"""The second run of chapter 23: what the detector of shots is worth. No shots, random ones, and those that were detected."""

from visret_lab.datasets.film import load_films
from visret_lab.tables.experiments import ch23_video_encoders as ch23
from visret_lab.video.encoders.shipped import load_encoder

TABLE = "video-shots"
CUTS = {"no shots": "none", "random shots": "random", "detected shots": "detected"}


def results(one, seed=0, kinds=ch23.KINDS):
    """dict method -> dict row -> dict measure -> Result, for sum pooling and each encoder."""
    methods = {"sum pooling": "sum", **{name: load_encoder(kind) for name, kind in kinds.items()}}
    return {name: ch23.results(one, {row: (how, method) for row, how in CUTS.items()}, seed) for name, method in methods.items()}


def run(tier, seed=0):
    """Rows of the table."""
    one = ch23.ground(load_films("unseen", tier=tier))
    return [row for name, found in results(one, seed).items() for row in ch23.rows_of(found, one, TABLE, f", {name}")]
