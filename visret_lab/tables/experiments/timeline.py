"""The timeline: the same queries through one method after another, from colour histograms to the whole system; and where each fails."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import ground_truth, positive_ranks
from visret_lab.evaluation.failures import failure
from visret_lab.features.extract import extract_local
from visret_lab.tables.experiments import (aggregated, ch02_color, ch03_edges_gist, ch04_local_features, ch05_bag_of_words, ch06_vlad,
                                           ch07_fisher, ch09_pca_whitening, ch10_product_quantization, ch11_hashing, ch12_neural_codes,
                                           ch13_conv_pooling, ch17_end_to_end, ch18_deep_local, ch20_expansion_diffusion,
                                           ch21_similarity_networks, ch27_full_system, deep_features, saliency_blcf)

TABLE = "timeline"
QUERIES, FIRST = 20, 12  # queries of the explorer, and images of each list that it shows


class Step(NamedTuple):
    """A method on the line. year: of the paper; of the whole system, that of its newest part. name: on pages. source: key of the
    bibliography. chapter: that teaches it."""

    year: int
    name: str
    source: str
    chapter: str


STEPS = (
    Step(1991, "Colour histogram", "swain1991color", "02_color"),
    Step(2000, "Earth mover's distance", "rubner2000earth", "02_color"),
    Step(2001, "GIST", "oliva2001modeling", "03_edges_gist"),
    Step(2003, "Bag of words", "sivic2003video", "05_bag_of_words"),
    Step(2004, "SIFT matching", "lowe2004distinctive", "04_local_features"),
    Step(2007, "Words, then verification", "philbin2007object", "05_bag_of_words"),
    Step(2008, "Hamming embedding", "jegou2008hamming", "05_bag_of_words"),
    Step(2010, "VLAD", "jegou2010aggregating", "06_vlad"),
    Step(2010, "Fisher vector", "perronnin2010improving", "07_fisher"),
    Step(2011, "Product quantisation", "jegou2011product", "10_product_quantization"),
    Step(2011, "Binary codes (ITQ)", "gong2011iterative", "11_hashing"),
    Step(2012, "VLAD, PCA, whitening", "jegou2012negative", "09_pca_whitening"),
    Step(2014, "Neural codes", "babenko2014neural", "12_neural_codes"),
    Step(2014, "Codes of windows", "razavian2014cnn", "12_neural_codes"),
    Step(2015, "SPoC", "babenko2015aggregating", "13_conv_pooling"),
    Step(2016, "CroW", "kalantidis2016cross", "13_conv_pooling"),
    Step(2016, "R-MAC", "tolias2016particular", "13_conv_pooling"),
    Step(2016, "R-MAC, trained", "gordo2016deep", "17_end_to_end"),
    Step(2016, "NetVLAD, trained", "arandjelovic2016netvlad", "17_end_to_end"),
    Step(2017, "GeM, then DELF-like", "noh2017large", "18_deep_local"),
    Step(2017, "GeM, then HardNet", "mishchuk2017working", "18_deep_local"),
    Step(2017, "Diffusion", "iscen2017efficient", "20_expansion_diffusion"),
    Step(2018, "Words, weighted by saliency", "mohedano2018saliency", "15_saliency_attention_regions"),
    Step(2019, "Similarity network", "garcia2019learning", "21_similarity_networks"),
    Step(2019, "GeM, trained for AP", "revaud2019learning", "17_end_to_end"),
    Step(2019, "The whole system", "revaud2019learning", "27_full_system"),
)


def by_hand(dataset, elsewhere, protocol, seed):
    """Colour and layout: dict name -> (Result, similarities or ranking)."""
    chosen = {"Colour histogram": ch02_color.METHODS[1], "Earth mover's distance": ch02_color.METHODS[-1],
              "GIST": ch03_edges_gist.METHODS[-1]}
    found, rankings = ch02_color.results(dataset, seed, protocol, chosen.values())
    return {name: (found[m.name], rankings[m.name]) for name, m in chosen.items()}


def of_words(dataset, elsewhere, protocol, seed):
    """Bags of words, verified or with signatures, and matching of all pairs."""
    found, output, *_ = ch05_bag_of_words.results(dataset, elsewhere, seed, protocol)
    names = {"Bag of words": "BoW, 1,000 words", "Words, then verification": next(n for n in found if n.endswith("verified")),
             "Hamming embedding": "BoW, 1,000 words + 64 bits"}
    matched = ch04_local_features.results(dataset, seed, protocol, root=False)[:2]
    return {name: (found[n], output[n]) for name, n in names.items()} | {"SIFT matching": matched}


def aggregates(dataset, elsewhere, protocol, seed):
    """One vector from the descriptors of an image."""
    train = aggregated.local(elsewhere)[1]
    encoders = {"VLAD": ch06_vlad.by_words(train, seed, (64,))["VLAD, 64 words"],
                "Fisher vector": ch07_fisher.by_gaussians(train, seed, (64,))["FV, 64 Gaussians"]}
    return {name: aggregated.measure(name, encoder, dataset, protocol, seed) for name, encoder in encoders.items()}


def short(dataset, elsewhere, protocol, seed):
    """Few bytes an image."""
    encoder = ch10_product_quantization.encoders(elsewhere, seed)["VLAD"]
    images = ch10_product_quantization.image_vectors("VLAD", encoder, dataset, elsewhere, seed=seed)
    found, rankings = ch10_product_quantization.by_bytes(images, dataset, protocol, (16,), seed)
    vectors = ch11_hashing.image_vectors(dataset, elsewhere, seed)
    coder = ch11_hashing.coders(vectors, (128,), seed)["ITQ", 128]
    train = aggregated.local(elsewhere)[1]
    vlad = ch09_pca_whitening.encoders(train, seed)["VLAD"]
    pair = ch09_pca_whitening.vectors(vlad, dataset)
    pca = deep_features.whitening(vlad.transform(train), pair[0], 128, name=dataset.name)
    return {"Product quantisation": (found["VLAD, PQ, 16 bytes"], rankings["VLAD, PQ, 16 bytes"]),
            "Binary codes (ITQ)": ch11_hashing.measure("", coder, vectors, dataset, protocol=protocol, seed=seed),
            "VLAD, PCA, whitening": ch09_pca_whitening.reduced(pca, "", *pair, dataset, protocol, seed)}


def off_the_shelf(dataset, elsewhere, protocol, seed):
    """A network that was trained for something else."""
    network = deep_features.networks(dataset.tier)[0]
    codes, similarities, _ = ch12_neural_codes.results(network, dataset, elsewhere, protocol, seed)
    first = next(iter(codes))
    sets = [deep_features.maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True))]
    pooled = {name: ch13_conv_pooling.one_pooling(name, *sets, name=dataset.name)[0] for name in ("SPoC", "CroW", "R-MAC")}
    weighted, scores = saliency_blcf.results(network, dataset, elsewhere, seed, protocol)
    best = next(key for key in weighted if key[0].startswith("SaliencyNet") and key[1] == "LS")
    windows = ch12_neural_codes.searched(network, network.codes[0], dataset)
    return {"Neural codes": (codes[first], similarities[first]),
            "Codes of windows": ch12_neural_codes.spatial("", *windows, dataset, protocol, seed),
            "Words, weighted by saliency": (weighted[best], scores[best]),
            **{name: deep_features.measure(name, *pair, dataset, protocol, seed) for name, pair in pooled.items()}}


def trained(dataset, elsewhere, protocol, seed):
    """Networks that were trained to retrieve, and a similarity that was learnt."""
    ends = {"R-MAC, trained": ch17_end_to_end.CLEANED, "NetVLAD, trained": ch17_end_to_end.NETVLAD,
            "GeM, trained for AP": ch17_end_to_end.GEM}
    found = {name: deep_features.measure(name, *(ch17_end_to_end.after(one, dataset, q) for q in (False, True)), dataset, protocol, seed)
             for name, one in ends.items()}
    one = ch21_similarity_networks.ground(deep_features.networks(dataset.tier)[0], dataset, elsewhere)
    things, warm = ch21_similarity_networks.joined(one.train, one.extra), ch21_similarity_networks.warmed(one.base.shape[1], seed=seed)
    network = ch21_similarity_networks.star(ch21_similarity_networks.simnet(warm, things, 0.4, seed), things, 0.4, seed)
    similar = ch21_similarity_networks.ByNetwork(network)
    return found | {"Similarity network": ch21_similarity_networks.measure("", similar, one, dataset, protocol, seed)}


def asked_again(dataset, elsewhere, protocol, seed):
    """A first list that is put in order, or asked again, and the whole system."""
    network, found = deep_features.networks(dataset.tier)[0], {}
    _, ranking = ch18_deep_local.first_search(network, dataset, seed, protocol)
    for name, label in (("HardNet, narrow", "GeM, then HardNet"), ("DELF-like", "GeM, then DELF-like")):
        detector, verify = ch18_deep_local.verifiers(network, elsewhere)[name]
        both = extract_local(dataset, detector), extract_local(dataset, detector, queries=True)
        found[label] = ch18_deep_local.verified("", ranking, verify, *both, dataset, protocol, seed)
    vectors = ch20_expansion_diffusion.vectors(network, dataset, elsewhere)["GeM, 3 sizes"]
    walk = ch20_expansion_diffusion.chosen_for(network, elsewhere)["GeM, 3 sizes"]
    name = "diffusion, chosen elsewhere"
    search = ch20_expansion_diffusion.diffusions(vectors, walk, [name])[name]
    one, recipe = ch27_full_system.ground(dataset.tier), ch27_full_system.full(dataset.tier)
    return found | {"Diffusion": ch20_expansion_diffusion.measure("", search, dataset, protocol, seed),
                    "The whole system": ch27_full_system.measure(one, recipe, "", protocol, seed)[:2]}


FAMILIES = (by_hand, of_words, aggregates, short, off_the_shelf, trained, asked_again)


def results(dataset, elsewhere, seed=0, protocol=None):
    """Every method of the line on a set: dict name -> (Result, ranking int64 Q x N), in the order of STEPS."""
    protocol, found = protocol or dataset.default_protocol, {}
    for family in FAMILIES:
        found |= family(dataset, elsewhere, protocol, seed)
    return {step.name: (replace(found[step.name][0], name=step.name), as_ranking(found[step.name][1])) for step in STEPS}


def as_ranking(scores):
    """int64 Q x N from similarities, or the ranking itself."""
    return scores if np.issubdtype(scores.dtype, np.integer) else rank(scores)


def chosen_queries(dataset):
    """Positions of the queries that the explorer shows, evenly spread: int64."""
    return np.unique(np.linspace(0, len(dataset.queries) - 1, QUERIES).round().astype(int))


def lists(result, ranking, dataset, protocol):
    """What the explorer shows of a method: list of dicts {query, ap, top, hits}. Positions are joined by blanks: the record stays small."""
    truth, made = ground_truth(dataset, protocol), []
    ranks = positive_ranks(ranking, truth)
    for q in chosen_queries(dataset):
        made.append({"query": dataset.queries[q].id, "ap": round(float(result.per_query[q]), 6),
                     "top": " ".join(map(str, ranking[q, :FIRST])), "hits": " ".join(map(str, ranks[q]))})
    return made


def worst(name, found, dataset, protocol):
    """Two failures of a method: its worst query, and the one on which it falls farthest below the median of all methods.

    Returns:
        list of dicts {query, ap, median, kind, positives, found, missed, head, reason, instead}.
    """
    result, ranking = found[name]
    median = np.median([r.per_query for r, _ in found.values()], axis=0)
    first = int(np.nanargmin(result.per_query))
    gap = result.per_query - median
    gap[first] = np.inf
    made = []
    for kind, q in (("its worst query", first), ("farthest below the others", int(np.nanargmin(gap)))):
        one = failure(dataset, dataset.queries[q], ranking[q], protocol)
        told = {"query": dataset.queries[q].id, "kind": kind, "ap": round(float(result.per_query[q]), 6),
                "median": round(float(median[q]), 6)}
        made.append(told | one._asdict() | {"missed": " ".join(one.missed[:3]), "head": " ".join(one.head[:6]),
                                            **{k: v and v._asdict() for k, v in (("reason", one.reason), ("instead", one.instead))}})
    return made


def run(tier, seed=0):
    """Rows of the table, in mini only: the networks that were trained to retrieve know painted buildings."""
    if tier != "mini":
        return []
    dataset, made = load("places", tier=tier), []
    protocol = aggregated.protocol_of(dataset)
    found = results(dataset, load("elsewhere", tier=tier), seed, protocol)
    for step in STEPS:
        rows = aggregated.rows_from(found[step.name][0], found[step.name][1], dataset, seed, TABLE)
        for row in rows:
            row |= {"row": step.name, "year": step.year}
            if row["metric"].endswith(f", {protocol}"):
                row |= {"lists": lists(*found[step.name], dataset, protocol), "failures": worst(step.name, found, dataset, protocol)}
        made += rows
    return made
