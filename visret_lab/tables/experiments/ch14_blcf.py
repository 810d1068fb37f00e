"""The run of chapter 14: bags of local convolutional features with and without centre prior, and what each of their steps adds."""

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.tables.experiments import aggregated, bags
from visret_lab.tables.experiments.blcf_stages import with_centre
from visret_lab.tables.experiments.deep_features import TABLE, networks

SEARCHES = ("GS", "LS")


def search(found, name="", seed=0, protocol=None):
    """Global and local search over one set: (dict GS, LS -> Result, dict GS, LS -> similarities)."""
    results, similarities = {}, {}
    for kind, queries in zip(SEARCHES, (found.whole, found.local), strict=True):
        similarities[kind], ms = bags.searched(queries, found.base)
        label = ", ".join(part for part in (name, kind) if part)
        results[kind] = bags.result(label, similarities[kind], found, ms, protocol, seed)
    return results, similarities


def variant(network, dataset, elsewhere, n_words=500, seed=0, layer=None, protocol=None, **options):
    """Global and local search where one choice is another: dict GS, LS -> Result. Arguments as `bags.learn`."""
    model = bags.learn(network, elsewhere, n_words, seed, layer, **options)
    return search(with_centre(bags.describe(model, network, dataset, layer)), seed=seed, protocol=protocol)[0]


def results(network, dataset, elsewhere, n_words=bags.WORDS, seed=0, protocol=None):
    """BLCF without and with the centre prior, by global and local search.

    Returns:
        (dict name -> Result, dict name -> ranking, Bags without the prior, Bags with it).
    """
    plain = bags.describe(bags.learn(network, elsewhere, n_words, seed), network, dataset)
    centred, found, rankings = with_centre(plain), {}, {}
    for label, one in (("BLCF", plain), ("BLCF, centre", centred)):
        made, similarities = search(one, label, seed, protocol)
        found |= {f"{label}, {kind}": made[kind] for kind in SEARCHES}
        rankings |= {f"{label}, {kind}": rank(similarities[kind]) for kind in SEARCHES}
    return found, rankings, plain, centred


def run(tier, seed=0):
    """Rows of the table "deep": with every network of the tier, on every set. Without boxes there is no local search of its own."""
    elsewhere, made = load("elsewhere", tier=tier), []
    for network in networks(tier):
        model = bags.learn(network, elsewhere, seed=seed)
        for dataset in aggregated.sets(tier):
            plain = bags.describe(model, network, dataset)
            for label, one in (("BLCF", plain), ("BLCF, centre", with_centre(plain))):
                kinds = SEARCHES if any(q.box is not None for q in dataset.queries) else SEARCHES[:1]
                for kind, queries in zip(SEARCHES, (one.whole, one.local), strict=True):
                    if kind in kinds:
                        similarities, ms = bags.searched(queries, one.base)
                        made += bags.rows_of(f"{label}, {kind}, {network.label}", similarities, one, ms, TABLE, seed)
    return made
