"""The run of chapter 06: VLAD with several numbers of words, and with each of its normalisations."""

from visret_lab.datasets import load
from visret_lab.encoding.vlad import VLAD
from visret_lab.tables.experiments import aggregated

WORDS = (16, 64, 256)
NORMALISATIONS = {
    "no root": {"power": 1.0},
    "signed root": {},
    "intra": {"intra": True},
    "residual": {"residual": True},
    "intra and residual": {"intra": True, "residual": True},
}


def by_words(train, seed=0, words=WORDS):
    """VLAD with its defaults and vocabularies of several sizes, learnt from `train`, a list of descriptor sets.

    Returns:
        dict "VLAD, K words" -> fitted VLAD.
    """
    return {f"VLAD, {k} words": VLAD(n_words=k, seed=seed).fit(train) for k in words}


def by_normalisation(vocabulary):
    """VLAD with each normalisation over one fitted vocabulary: dict name -> VLAD."""
    return {name: VLAD(vocabulary=vocabulary, **options) for name, options in NORMALISATIONS.items()}


def results(dataset, elsewhere, seed=0, protocol=None):
    """Results of VLAD with several numbers of words. The words are learnt on `elsewhere`.

    Returns:
        (dict name -> Result, dict name -> similarities, dict name -> fitted VLAD).

    Raises:
        ValueError: `elsewhere` shares images with `dataset`.
    """
    encoders = by_words(aggregated.local(elsewhere)[1], seed)
    largest = list(encoders.values())[-1]  # the others were learnt from the same images
    largest.vocabulary_.require_unseen(aggregated.local(dataset)[1], name=dataset.name)
    return *aggregated.measure_all(encoders, dataset, protocol, seed), encoders


def run(tier, seed=0):
    """Rows of the table: VLAD by number of words, and with 64 words by normalisation."""
    train = aggregated.local(load("elsewhere", tier=tier))[1]
    encoders = by_words(train, seed)
    words = encoders["VLAD, 64 words"].vocabulary_
    named = {f"VLAD, 64 words, {name}": e for name, e in by_normalisation(words).items() if name != "signed root"}
    return aggregated.rows({**encoders, **named}, tier, seed)
