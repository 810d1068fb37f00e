import numpy as np
import pytest

from visret_lab.crossmodal.text import Vocabulary
from visret_lab.crossmodal.word_vectors import WordVectors, learn_word_vectors, load_word_vectors, met, ppmi
from visret_lab.datasets.errors import DataError


def corpus(n=600, seed=0):
    """Animals run and eat, vehicles drive and park; two colours go with everything."""
    rng = np.random.default_rng(seed)
    kinds = [(["dog", "cat", "horse"], ["runs", "eats", "sleeps"]), (["car", "bus", "truck"], ["drives", "parks", "turns"])]
    texts = []
    for _ in range(n):
        things, does = kinds[rng.integers(2)]
        texts.append(f"the {rng.choice(['red', 'black'])} {rng.choice(things)} {rng.choice(does)}")
    return texts


def test_words_that_keep_the_same_company_are_near():
    vectors = learn_word_vectors(corpus(), dim=4)
    assert {word for word, _ in vectors.nearest("dog", 2)} == {"cat", "horse"}
    assert {word for word, _ in vectors.nearest("parks", 2)} == {"drives", "turns"}
    assert vectors.vectors.shape == (15, 4) and vectors.vectors.dtype == np.float32
    assert np.array_equal(learn_word_vectors(corpus(), dim=4).vectors, vectors.vectors)


def test_counts_and_mutual_information_by_hand():
    vocabulary = Vocabulary(["a", "b", "c"])
    counts = met(["a b a", "b x c", "c"], vocabulary, window=1)  # x is unknown, and keeps b and c apart
    assert counts.toarray().tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]
    counts = met(["a b a", "b x c", "c"], vocabulary, window=2).toarray()
    assert counts.tolist() == [[2, 2, 0], [2, 0, 1], [0, 1, 0]]
    found = ppmi(met(["a b a", "b x c", "c"], vocabulary, 2), smoothing=1.0).toarray()
    total, each = counts.sum(), counts.sum(axis=1)
    with np.errstate(divide="ignore"):
        wanted = np.maximum(np.log(counts * total / np.outer(each, each)), 0)
    assert np.allclose(found, wanted) and wanted[1, 2] == pytest.approx(np.log(8 / 3))
    shifted = ppmi(met(["a b a", "b x c", "c"], vocabulary, 2), shift=2.0, smoothing=1.0).toarray()
    assert np.allclose(shifted, np.maximum(wanted - np.log(2), 0))


def test_smoothing_takes_weight_off_rare_contexts():
    counts = met(["a b"] * 50 + ["a c"], Vocabulary(["a", "b", "c"]), 1)
    plain, smooth = ppmi(counts, smoothing=1.0).toarray(), ppmi(counts, smoothing=0.75).toarray()
    assert smooth[0, 2] - smooth[0, 1] < plain[0, 2] - plain[0, 1]


def test_the_vectors_are_the_best_of_their_length():
    """U sqrt(S) of the dense decomposition: their products are those of U S U^T, whatever the signs."""
    texts = corpus()
    matrix = ppmi(met(texts, Vocabulary.fit(texts, 2), 5)).toarray()
    u, s, _ = np.linalg.svd(matrix)
    found = learn_word_vectors(texts, dim=4).vectors.astype(np.float64)
    assert np.allclose(found @ found.T, u[:, :4] * s[:4] @ u[:, :4].T, atol=1e-4)


def test_unknown_words_are_left_out():
    vectors = WordVectors(["red", "dog"], [[2, 0], [0, 4]])
    assert vectors.of("A red dog, red!").tolist() == [[2, 0], [0, 4], [2, 0]] and vectors.of("nothing").shape == (0, 2)
    assert vectors.mean(["red dog", "red", "nothing", "", "\U0001f436"], l2=False).tolist() == [[1, 2], [2, 0], [0, 0], [0, 0], [0, 0]]
    assert vectors.mean(["red dog"]).tolist()[0] == pytest.approx([0.2**0.5, 0.8**0.5])
    assert vectors.mean(["red dog"], weights={"dog": 3.0}, l2=False).tolist() == [[0, 4]]
    assert vectors.mean([]).shape == (0, 2)
    assert vectors.known(["a red dog", "red"]) == 0.75 and np.isnan(vectors.known([""]))
    assert "red" in vectors and "blue" not in vectors
    with pytest.raises(KeyError, match="'blue' has no vector; 2 words"):
        vectors["blue"]
    assert vectors.nearest([1.0, 0.1], 1)[0][0] == "red" and vectors.nearest("red") == [("dog", 0.0)]


@pytest.mark.parametrize("made, words", [
    (lambda: WordVectors(["a", "a"], np.eye(2)), "'a' stands in the vocabulary more than once"),
    (lambda: WordVectors(["a"], np.eye(2)), "1 words need as many vectors; got 2"),
    (lambda: WordVectors(["a", "b"], np.eye(2) * np.nan), "not finite"),
    (lambda: learn_word_vectors(corpus(), dim=15), "need more than 15 words; the texts have 15"),
    (lambda: learn_word_vectors(["a", "b", "c", "a", "b", "c"], dim=1), "No two known words"),
    (lambda: learn_word_vectors(corpus(), dim=2, window=0), "window must be at least 1"),
    (lambda: learn_word_vectors(corpus(), dim=2, shift=0), "shift above 0"),
    (lambda: learn_word_vectors([], dim=2), "No word is left"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made()


def test_published_vectors_are_read_from_text_and_npz(tmp_path):
    for head in ("3 2\n", ""):
        (tmp_path / "v.txt").write_text(head + "the 0.5 -1\nh\u00e9llo 1e-3 2 \nthe 7 7\n", encoding="utf-8")
        vectors = load_word_vectors(tmp_path / "v.txt")
        assert vectors.words == ["the", "h\u00e9llo"] and np.allclose(vectors.vectors, [[0.5, -1], [1e-3, 2]])
    assert load_word_vectors(tmp_path / "v.txt", limit=1).words == ["the"]
    np.savez(tmp_path / "v.npz", words=np.array(["in", "for"]), vectors=np.eye(2, 3, dtype=np.float16))
    assert load_word_vectors(tmp_path / "v.npz")["for"].tolist() == [0, 1, 0]
    vectors.save(tmp_path / "w.npz")
    assert load_word_vectors(tmp_path / "w.npz").words == vectors.words


@pytest.mark.parametrize("content, words", [
    (b"the 1 2\ndog 1\n", r"v.txt, line 2: expected a word and 2 finite numbers; got 1"),
    (b"the 1 2\ndog 1 x\n", r"line 2: expected a word and numbers; got '1 x'"),
    (b"the 1 2\ndog 1 nan\n", r"line 2: expected a word and 2 finite"),
    ("the 1 2\nd\u00f6g 1 2\n".encode("cp1252"), "not text in UTF-8"),
    (b"", "has no words"),
])
def test_broken_files_are_named(tmp_path, content, words):
    (tmp_path / "v.txt").write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_word_vectors(tmp_path / "v.txt")


def test_broken_archives_and_missing_files(tmp_path):
    with pytest.raises(DataError, match="is not a file"):
        load_word_vectors(tmp_path / "no.txt")
    np.savez(tmp_path / "v.npz", words=np.array(["a"]))
    with pytest.raises(DataError, match="lacks one of the arrays"):
        load_word_vectors(tmp_path / "v.npz")
    np.savez(tmp_path / "v.npz", words=np.array(["a"]), vectors=np.eye(2))
    with pytest.raises(DataError, match="1 words, but vectors of shape"):
        load_word_vectors(tmp_path / "v.npz")
