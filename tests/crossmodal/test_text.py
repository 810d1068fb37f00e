import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from visret_lab.crossmodal.text import TfIdf, Vocabulary, tokens

SENTENCES = ["A red ball beside a tree.", "Two children, and a ball!", "The tree is red; red as a ball", "", "A dog"]


@pytest.mark.parametrize("text, words", [
    ("A man in a T-shirt doesn't run.", ["a", "man", "in", "a", "t", "shirt", "doesn't", "run"]),
    ("The girl\u2019s 2 dogs ... run_fast", ["the", "girl's", "2", "dogs", "run", "fast"]),
    ("'quoted'", ["quoted"]),
    ("", []),
    (" .,;-_!\n\t", []),
    ("Gro\u00dfe \u00c4pfel, \u03ba\u03cc\u03ba\u03ba\u03b9\u03bd\u03b7 \u041c\u044f\u0447", ["gro\u00dfe", "\u00e4pfel", "\u03ba\u03cc\u03ba\u03ba\u03b9\u03bd\u03b7", "\u043c\u044f\u0447"]),
    ("\u0939\u093f\u0928\u094d\u0926\u0940 \u0643\u064f\u0631\u064e\u0629", ["\u0939\u093f\u0928\u094d\u0926\u0940", "\u0643\u064f\u0631\u064e\u0629"]),
    ("\u72d7\u5728\u8dd1", ["\u72d7\u5728\u8dd1"]),
    ("dog \U0001f436\U0001f436, \u2600\ufe0f \U0001f1f5\U0001f1f1 \U0001f44d\U0001f3fd", ["dog", "\U0001f436", "\U0001f436", "\u2600", "\U0001f1f5\U0001f1f1", "\U0001f44d"]),
])
def test_words_of_many_scripts(text, words):
    assert tokens(text) == words


def test_an_accent_of_one_or_two_characters_is_the_same_word():
    assert tokens("cafe\u0301") == tokens("caf\u00e9") == ["caf\u00e9"]


@pytest.mark.parametrize("text", [None, b"a dog", float("nan"), ["a dog"]])
def test_a_text_is_a_str(text):
    with pytest.raises(ValueError, match="must be a str; got"):
        tokens(text)


def test_vocabulary_has_the_most_frequent_first_and_ties_by_alphabet():
    words = Vocabulary.fit(SENTENCES)
    assert words.words[:4] == ["a", "ball", "red", "tree"] and words.counts[:4].tolist() == [5, 3, 3, 2]
    assert words.words[4:] == sorted(words.words[4:]) and len(words) == 12
    assert Vocabulary.fit(SENTENCES, min_count=3).words == ["a", "ball", "red"]
    assert Vocabulary.fit(SENTENCES, max_words=2).words == ["a", "ball"]
    assert "red" in words and "blue" not in words


def test_encoding_names_the_unknown_word():
    words = Vocabulary.fit(SENTENCES, max_words=3)
    assert words.encode("Red BALL or cube").tolist() == [2, 1, 3, 3] and words.unknown == 3
    assert words.decode(words.encode("Red ball or cube")) == ["red", "ball", "<unknown>", "<unknown>"]
    assert words.encode("").tolist() == [] and words.encode("").dtype == np.int64
    assert words.known("red cube") == 0.5 and words.known("") == 0.0 and words.known("\U0001f436") == 0.0
    with pytest.raises(ValueError, match="from 0 to 3; got -1 to 1"):
        words.decode([-1, 1])


@pytest.mark.parametrize("made, words", [
    (lambda: Vocabulary.fit([]), "have 0 different words"),
    (lambda: Vocabulary.fit(["", " . "]), "have 0 different words"),
    (lambda: Vocabulary.fit(["a b"], min_count=2), "have 2 different words, none of them 2 times"),
    (lambda: Vocabulary.fit(["a"], min_count=0), "at least 1; got 0"),
    (lambda: Vocabulary.fit(["a"], max_words=0), "at least 1; got 1 and 0"),
    (lambda: Vocabulary.fit("a dog"), r"\[text\] for a single one"),
    (lambda: Vocabulary.fit(["a", None]), "must be a str; got NoneType"),
    (lambda: Vocabulary(["a", "b", "a"]), "'a' stands in the vocabulary more than once"),
    (lambda: Vocabulary(["a", "b"], [1]), "need as many counts"),
    (lambda: TfIdf().fit("a dog"), r"\[text\] for a single one"),
    (lambda: TfIdf(vocabulary=Vocabulary(["a"])).fit([]), "no sentence to learn"),
    (lambda: TfIdf().fit(SENTENCES).transform("a dog"), r"\[text\] for a single one"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made()


@pytest.mark.parametrize("sublinear", [False, True])
@pytest.mark.parametrize("l2", [False, True])
def test_tfidf_is_that_of_scikit_learn_number_for_number(sublinear, l2):
    ours = TfIdf(sublinear=sublinear, l2=l2).fit(SENTENCES)
    theirs = TfidfVectorizer(tokenizer=tokens, token_pattern=None, lowercase=False, sublinear_tf=sublinear, norm="l2" if l2 else None,
                             vocabulary=ours.vocabulary_.words).fit(SENTENCES)
    new = [*SENTENCES, "red red red dog", "nothing known", "a cat and a dog"]
    found = ours.transform(new)
    assert found.dtype == np.float32 and np.abs(found - theirs.transform(new)).max() < 1e-6
    assert np.allclose(ours.idf_, theirs.idf_, atol=1e-12)
    assert np.array_equal(clone(ours).fit_transform(SENTENCES).toarray(), ours.transform(SENTENCES).toarray())


def test_no_known_word_is_a_zero_row():
    found = TfIdf(dense=True).fit(SENTENCES).transform(["", "cube \U0001f436", "\u72d7\u5728\u8dd1", "red"])
    assert np.abs(found[:3]).max() == 0 and np.linalg.norm(found[3]) == pytest.approx(1)
    assert TfIdf().fit(SENTENCES).transform([]).shape == (0, 12)


def test_weights_come_from_the_sentences_of_fit_and_from_no_others():
    model = TfIdf(dense=True).fit(SENTENCES[:2])
    before = model.idf_.copy()
    model.transform(["ball ball ball"] * 50)
    assert np.array_equal(model.idf_, before) and "dog" not in model.vocabulary_


def test_a_given_vocabulary_is_taken_and_the_estimator_clones():
    words = Vocabulary(["dog", "never"])
    model = clone(TfIdf(vocabulary=words, l2=False, dense=True)).fit(SENTENCES)
    assert model.transform(["dog dog"]).tolist() == [[pytest.approx(2 * (np.log(6 / 2) + 1)), 0]]
    assert list(model.get_feature_names_out()) == ["dog", "never"]
    assert clone(TfIdf(min_count=2)).get_params()["min_count"] == 2


def test_not_fitted():
    with pytest.raises(NotFittedError):
        TfIdf().transform(["a"])
