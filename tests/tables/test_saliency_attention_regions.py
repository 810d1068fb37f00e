"""The parts of chapter 15's runs that can be checked without a network."""

from types import SimpleNamespace

import numpy as np
import torch

from visret_lab.compact.pca import PCA
from visret_lab.deep.blcf import histograms
from visret_lab.deep.class_activation import Head, aggregate, class_vectors
from visret_lab.tables.experiments import ch15_saliency_attention_regions as ch15
from visret_lab.tables.experiments import saliency_blcf, saliency_sum_pooling, saliency_weights

RNG = np.random.default_rng(0)
HEAD = Head("last", RNG.normal(size=(7, 5)).astype(np.float32), RNG.normal(size=7).astype(np.float32), tuple("abcdefg"))
BASE = [np.maximum(RNG.normal(size=(5, 3, 4)), 0).astype(np.float32) for _ in range(9)]
PCA_ = PCA(4, power=0.5, l2_before=True, l2_after=True).fit(RNG.random((60, 5)).astype(np.float32))


def test_online_is_each_query_with_its_own_classes():
    asked, classes = BASE[:3], np.array([[0, 2], [6, 1], [2, 0]])
    found = ch15.online(BASE, asked, classes, HEAD, PCA_, batch=4)
    for i, own in enumerate(classes):
        vectors = [aggregate(class_vectors(torch.from_numpy(m)[None], HEAD, own).numpy(), PCA_)[0] for m in BASE]
        assert np.allclose(found[i], np.stack(vectors) @ vectors[i], atol=5e-3)  # classes are kept with 16 bits


def test_frequent_classes_by_counting():
    means = [m.mean(axis=(1, 2)) @ HEAD.weight.T + HEAD.bias for m in BASE]
    assert ch15.first_classes(BASE, HEAD, 3).tolist() == [np.argsort(-s)[:3].tolist() for s in means]
    assert sorted(ch15.frequent(BASE, HEAD, 7)) == list(range(7))


def test_weighted_sums_are_of_unit_length_and_ones_are_no_weights():
    ones = [np.ones(m.shape[1:], np.float32) for m in BASE]
    found = saliency_sum_pooling.pooled(BASE)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(saliency_sum_pooling.pooled(BASE, ones), found, atol=1e-6)
    masked = [np.eye(3, 4, dtype=np.float32) for _ in BASE]
    assert not np.allclose(saliency_sum_pooling.pooled(BASE, masked), found, atol=1e-2)


def test_names_of_rows():
    class One:
        label = "MiniVGG"
    class Two:
        label = "MobileNetV2"
    first, second = One(), Two()
    assert saliency_weights.row_name("BMS", first, first) == "BMS"
    assert saliency_weights.row_name("BMS", second, first) == "BMS, MobileNetV2"


def test_queries_are_whitened_as_the_images_and_never_weighted(monkeypatch):
    module, other = saliency_sum_pooling, [np.maximum(RNG.normal(size=(5, 3, 4)), 0).astype(np.float32) for _ in range(20)]
    halves = [np.repeat([[1.0], [1.0], [0.0]], 4, axis=1).astype(np.float32) for _ in BASE]
    monkeypatch.setattr(module.bags, "picture_maps", lambda network, dataset: (BASE[:3], BASE))
    monkeypatch.setattr(module, "maps", lambda *which, **options: other)
    monkeypatch.setattr(module, "grids", lambda dataset, found: {"None": None, "halves": halves})
    monkeypatch.setattr(module, "boxes_on_grid", lambda dataset, shapes: [(0, 0, 4, 2)] * 3)
    monkeypatch.setattr(module, "measure", lambda name, base, asked, *rest: (None, asked @ base.T))
    _, similar = module.results(SimpleNamespace(local="last"), SimpleNamespace(name="d"), None, protocol="p")
    own = np.arange(3)
    # Whole pictures are their own images, and boxes of the upper two rows are images of which only these count.
    assert np.allclose(similar["None", "GS"][own, own], 1, atol=1e-5)
    assert np.allclose(similar["halves", "LS"][own, own], 1, atol=1e-5)
    assert (similar["halves", "GS"][own, own] < 0.999).all() and (similar["None", "LS"][own, own] < 0.999).all()


def test_words_of_images_count_by_their_weight_and_those_of_queries_once(monkeypatch):
    words = np.array([[0, 1], [2, 3]], np.uint16)
    assignments, upper = [words, words.T.copy(), words[::-1].copy()], np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)
    plain = histograms(assignments, 4)
    bags_ = saliency_blcf.bags.Bags(SimpleNamespace(queries=[SimpleNamespace(box=(0, 0, 1, 1))]), None, assignments,
                                    assignments, assignments, plain, plain, plain)
    monkeypatch.setattr(saliency_blcf.bags, "learn", lambda *given: SimpleNamespace(upsample=1))
    monkeypatch.setattr(saliency_blcf.bags, "picture_maps", lambda *given: ([], []))
    monkeypatch.setattr(saliency_blcf.bags, "require_unseen_maps", lambda *given: None)
    monkeypatch.setattr(saliency_blcf.bags, "of_maps", lambda *given: bags_)
    monkeypatch.setattr(saliency_blcf.bags, "result", lambda name, *rest: name)
    monkeypatch.setattr(saliency_blcf, "grids", lambda dataset, found: {"None": None, "upper": [upper] * 3})
    _, similar = saliency_blcf.results(None, SimpleNamespace(name="set", queries=bags_.dataset.queries), None, protocol="p")
    for kind in ("GS", "LS"):
        assert np.allclose(similar["None", kind], (plain @ plain.T).toarray(), atol=1e-6)
        # Of each image only the words in its upper row are left, two of the query's four: cosine 2 / (2 sqrt 2).
        assert np.allclose(similar["upper", kind], 2**-0.5, atol=1e-6)
