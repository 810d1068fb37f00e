import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.encoding import bow
from visret_lab.encoding.vocabulary import Vocabulary
from visret_lab.search.inverted import InvertedFile
from visret_lab.teaching import whiteboard
from visret_lab.teaching.exercises import ch05_bag_of_words as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_references_are_the_package():
    words = Vocabulary(2)
    words.centers_ = whiteboard.six_points()[1][[0, 2]].astype(np.float32)  # without the word c2
    encoder = bow.BagOfWords(words, weighting="tf", norm=None, dense=True)
    points = [whiteboard.six_points()[0]]
    assert exercise.by_hand.reference().tolist() == encoder.fit(points).transform(points)[0].tolist()
    for x, centers in exercise.assign.cases():
        words.centers_ = np.asarray(centers, np.float32)
        assert (exercise.assign.reference(x, centers) == words.assign(x)).all()
    for (counts,) in exercise.idf.cases():
        assert np.allclose(exercise.idf.reference(counts), bow.idf((counts > 0).sum(0), len(counts)))
    for d, sigma in exercise.soft_weights.cases():
        assert np.allclose(exercise.soft_weights.reference(d, sigma), bow.soft_weights(d**2, sigma))


def test_the_scores_are_the_inverted_files():
    for postings, query, images in exercise.inverted_scores.cases():
        bags = np.zeros((images, len(query)))
        for i, (ids, weights) in enumerate(postings):
            bags[ids, i] = weights
        want = InvertedFile().add(bags).scores(query[None])[0]
        assert np.allclose(exercise.inverted_scores.reference(postings, query, images), want, atol=1e-6)
