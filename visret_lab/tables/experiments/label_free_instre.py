"""Table "label-free-instre" of deck 003: triplets without labels from a set of many different things, and class labels beside them."""

from visret_lab.tables.experiments import label_free

TABLE = "label-free-instre"


def run(tier, seed=0):
    """Rows of the table."""
    return label_free.table(TABLE, tier, "diverse", seed, classes=True)
