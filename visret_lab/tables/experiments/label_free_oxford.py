"""Table "label-free-oxford" of deck 003: triplets without labels from the set that is searched, tested there and on others."""

from visret_lab.tables.experiments import label_free

TABLE = "label-free-oxford"


def run(tier, seed=0):
    """Rows of the table."""
    return label_free.table(TABLE, tier, "own", seed)
