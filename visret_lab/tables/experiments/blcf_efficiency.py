"""What a search with 25,000 words costs: memory, words an image, seconds a query. The table "blcf-efficiency" of deck 003."""

from visret_lab.datasets import load
from visret_lab.search.inverted import InvertedFile
from visret_lab.tables.experiments import bags
from visret_lab.tables.experiments.blcf_stages import with_centre
from visret_lab.tables.experiments.deep_features import networks

TABLE = "blcf-efficiency"
WORDS = 25_000
POSTING = 4  # bytes: 171 words x 5,063 images x 4 bytes are the 3.47 MB of the deck


def costs(found):
    """What the bags of a set cost.

    Args:
        found: `bags.Bags`.

    Returns:
        dict row name -> value. "memory, MB" counts 4 bytes a posting, as the deck does; our inverted file keeps the weight as well.
    """
    index, count = InvertedFile().add(found.base), len(found.dataset.ids)
    _, ms = bags.searched(found.local, found.base)
    return {"memory, MB": found.base.nnz * POSTING / 1e6, "words an image": found.base.nnz / count, "seconds a query": ms / 1000,
            "memory of our inverted file, MB": index.nbytes / 1e6}


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier on its places, and as many words as the paper has."""
    network, dataset = networks(tier)[0], load("places", tier=tier)
    model = bags.learn(network, load("elsewhere", tier=tier), WORDS, seed, per_word=12, n_iter=3, exact=False)
    found = with_centre(bags.describe(model, network, dataset))
    shared = {"table": TABLE, "metric": dataset.name, "queries": len(dataset.queries), "images": len(dataset.ids),
              "version": dataset.version}
    return [{**shared, "row": name, "value": value} for name, value in costs(found).items()]
