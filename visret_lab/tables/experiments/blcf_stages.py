"""The stages of BLCF: global and local search, spatial re-ranking, query expansion. The table "blcf-stages" of deck 003.

As in the paper for Oxford and Paris, the images of the database have the centre prior, and the queries have none.
"""

from visret_lab.datasets import load
from visret_lab.deep.blcf import histograms
from visret_lab.tables.experiments import bags
from visret_lab.tables.experiments.deep_features import networks

TABLE = "blcf-stages"


def with_centre(found):
    """The same set with the centre prior on its images: Bags -> Bags."""
    return found._replace(base=histograms(found.assignments, found.base.shape[1], bags.centre_weights(found)))


def results(found, seed=0, protocol=None):
    """Every stage on one set.

    Args:
        found: `bags.Bags`.

    Returns:
        (dict name -> Result, dict name -> `bags.Stage`).
    """
    stages = bags.stages(found)
    return {n: bags.result(n, s.ranking, found, s.ms, protocol, seed) for n, s in stages.items()}, stages


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier on its places."""
    network, dataset = networks(tier)[0], load("places", tier=tier)
    model = bags.learn(network, load("elsewhere", tier=tier), seed=seed)
    found = with_centre(bags.describe(model, network, dataset))
    return [row for name, stage in bags.stages(found).items()
            for row in bags.rows_of(name, stage.ranking, found, stage.ms, TABLE, seed)]
