"""The run of chapter 29: one system on one set, and one thing changed at a time: what each cause alone does to the mAP."""

from visret_lab.tables.experiments import ch29_pictures, ch29_scoring
from visret_lab.tables.experiments.ch29_ground import ground, rows_of

TABLE = "causes"
FAMILIES = {"size": ch29_pictures.size, "crop": ch29_pictures.crop, "interpolation": ch29_pictures.interpolation,
            "pixels": ch29_pictures.pixels, "preparation": ch29_pictures.preparation, "whitening": ch29_scoring.whitening,
            "rules": ch29_scoring.rules, "formula": ch29_scoring.formula, "ties": ch29_scoring.ties, "machine": ch29_pictures.machine}


def all_cases(one):
    """Every cause of every family: list of `Case`. Args: one: `Ground`."""
    return [case for function in FAMILIES.values() for case in function(one)]


def run(tier, seed=0):
    """Rows of the table: the change of mAP with its paired interval, and the mAP that was reached, for every cause."""
    one = ground(tier, seed)
    return [row for case in all_cases(one) for row in rows_of(case, one)]
