"""The table "blcf-comparison-expansion": the rows of "blcf-comparison" after query expansion."""

from visret_lab.tables.experiments import blcf_comparison

TABLE = "blcf-comparison-expansion"


def run(tier, seed=0):
    """Rows of the table."""
    return blcf_comparison.run(tier, seed, TABLE, blcf_comparison.expand)
