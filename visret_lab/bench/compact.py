"""Races of chapters 10 and 11: product quantisation against FAISS and nanopq, Hamming search against FAISS."""

from functools import cache

import faiss
import numpy as np

from visret_lab.bench.race import Race
from visret_lab.compact.bits import as_bytes
from visret_lab.compact.pq import PQIndex, ProductQuantizer
from visret_lab.search.binary import BinaryIndex


def faiss_pq(codewords):
    """A faiss.ProductQuantizer with these words, float32 M x K x D/M."""
    pieces, words, depth = codewords.shape
    theirs = faiss.ProductQuantizer(pieces * depth, pieces, words.bit_length() - 1)
    faiss.copy_array_to_vector(np.ascontiguousarray(codewords, np.float32).ravel(), theirs.centroids)
    return theirs


def faiss_pq_index(codewords, codes, metric=faiss.METRIC_L2):
    """A faiss.IndexPQ with these words, float32 M x 256 x D/M, and these codes, uint8 N x M. ValueError: other than 256 words."""
    pieces, words, depth = codewords.shape
    if words != 256:  # FAISS packs shorter codes into fewer bytes, ours keep one a piece
        raise ValueError(f"FAISS reads our codes only with 256 words a piece, not with {words}.")
    index = faiss.IndexPQ(pieces * depth, pieces, words.bit_length() - 1, metric)
    faiss.copy_array_to_vector(np.ascontiguousarray(codewords, np.float32).ravel(), index.pq.centroids)
    faiss.copy_array_to_vector(codes.ravel(), index.codes)
    index.is_trained, index.ntotal = True, len(codes)
    return index


def nano_pq(codewords):
    """A nanopq.PQ with these words, float32 M x K x D/M."""
    import nanopq

    theirs = nanopq.PQ(len(codewords), codewords.shape[1], verbose=False)
    theirs.codewords, theirs.Ds = codewords, codewords.shape[2]
    return theirs


def nano_search(q, codewords, codes, k):
    """nanopq's asymmetric distances, query by query, and the k smallest: squared distances float Q x k, nearest first."""
    theirs = nano_pq(codewords)
    distances = (theirs.dtable(row).adist(codes) for row in q)
    return np.array([np.sort(np.partition(row, k - 1)[:k]) for row in distances])


def words_and_codes(count, pieces, dim, rng):
    """Random words float32 M x 256 x D/M, whose vectors have a length near 1, and random codes uint8 N x M."""
    words = rng.normal(0, dim**-0.5, (pieces, 256, dim // pieces)).astype(np.float32)
    return words, rng.integers(0, 256, (count, pieces), dtype=np.uint8)


def races(small=False):
    """The races of these chapters; `small` for tests."""
    return [_search_faiss(small), _search_nano(small), _encode(small), _hamming(small)]


def _pq_case(small, queries):
    """A function that makes (our index, queries, words, codes) at its first call: a race that is only listed costs nothing."""
    @cache
    def case():
        rng = np.random.default_rng(0)
        count, pieces, dim = (3000, 8, 32) if small else (1_000_000, 16, 128)
        words, codes = words_and_codes(count, pieces, dim, rng)
        index = PQIndex(ProductQuantizer.from_codewords(words)).add_codes(codes)
        return index, rng.normal(0, dim**-0.5, (queries, dim)).astype(np.float32), words, codes

    return case


def _search_faiss(small):
    case = _pq_case(small, 5 if small else 64)
    theirs = cache(lambda: faiss_pq_index(*case()[2:]))
    size = "3,000 x 32, M = 8" if small else "1 M x 128, M = 16"
    return Race(f"PQ search, {size}, k = 10", "10_product_quantization", "faiss.IndexPQ",
                ours=lambda: -case()[0].search(case()[1], 10)[0], theirs=lambda: theirs().search(case()[1], 10)[0],
                target=0.25, tolerance=1e-5, note="same words and codes; ours gives negative distances. 64 queries at once: "
                "FAISS reads the codes once a query, ours once for 32 queries")


def _search_nano(small):
    case = _pq_case(small, 8)
    size = "3,000 x 32, M = 8" if small else "1 M x 128, M = 16"
    return Race(f"PQ search, {size}, k = 10, 8 queries", "10_product_quantization",
                "nanopq, query by query", ours=lambda: -case()[0].search(case()[1], 10)[0],
                theirs=lambda: nano_search(*case()[1:], 10), target=5.0, tolerance=1e-5,
                note="the same words and codes; nanopq gives all distances, np.partition takes the ten smallest")


def _encode(small):
    @cache
    def case():
        rng = np.random.default_rng(0)
        count, pieces, dim = (500, 8, 32) if small else (50_000, 16, 128)
        words, _ = words_and_codes(0, pieces, dim, rng)
        return ProductQuantizer.from_codewords(words), rng.normal(0, dim**-0.5, (count, dim)).astype(np.float32)

    def lost(codes):
        quantizer, x = case()
        return ((x - quantizer.decode(codes)) ** 2).sum(axis=1)

    size = "500 x 32, M = 8" if small else "50,000 x 128, M = 16"
    return Race(f"PQ codes, {size}", "10_product_quantization", "nanopq.PQ.encode",
                ours=lambda: lost(case()[0].encode(case()[1])),
                theirs=lambda: lost(nano_pq(case()[0].codewords_).encode(case()[1])),
                target=1.0, tolerance=1e-5, note="compared are the squared errors: of two words that are equally near within "
                "rounding either may be taken")


def _hamming(small):
    @cache
    def case():
        rng = np.random.default_rng(0)
        codes, q = (rng.integers(0, 2**64, (n, 4), dtype=np.uint64) for n in ((3000, 5) if small else (1_000_000, 64)))
        theirs = faiss.IndexBinaryFlat(256)
        theirs.add(as_bytes(codes))
        return BinaryIndex(256).add(codes), theirs, q

    return Race(f"Hamming search, {'3,000' if small else '1 M'} x 256 bits, k = 10", "11_hashing", "faiss.IndexBinaryFlat",
                ours=lambda: -case()[0].search(case()[2], 10)[0], theirs=lambda: case()[1].search(as_bytes(case()[2]), 10)[0],
                target=1 / 15, tolerance=0, note="distances are compared, since FAISS orders ties as it likes; FAISS counts the "
                "bits in registers, NumPy writes every step to memory")
