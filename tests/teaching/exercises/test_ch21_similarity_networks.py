import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch21_similarity_networks as exercise
from visret_lab.training.oasis import OASIS
from visret_lab.training.similarity import SimilarityNet, hard_pairs, margin_loss, random_vectors


def network(dim, w1, c1, w=None, c=0.0):
    net = SimilarityNet(dim, (len(c1),))
    with torch.no_grad():
        net.first.weight.copy_(torch.from_numpy(w1))
        net.first.bias.copy_(torch.from_numpy(c1))
        if w is not None:
            net.rest[1].weight.copy_(torch.from_numpy(w)[None])
            net.rest[1].bias.fill_(c)
    return net


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_scores_are_the_packages():
    for a, b, *net in exercise.both.cases():
        model = network(len(a), *net)
        x, y = (torch.from_numpy(v[None].astype(np.float32)) for v in (a, b))
        assert abs(exercise.both.reference(a, b, *net) - float((model(x, y) + model(y, x)).detach()[0]) / 2) < 1e-5
    for query, images, w1, c1 in exercise.prepared.cases():
        model = network(len(query), w1, c1)
        model.rest = torch.nn.Flatten(0)  # what goes into the layers behind the first
        kept = model.prepared(images.astype(np.float32))
        row = torch.from_numpy(query.astype(np.float32))[None] @ model.first.weight[:, : len(query)].T
        assert np.allclose(exercise.prepared.reference(query, images, w1, c1), (kept + row).detach().numpy(), atol=1e-5)


def test_the_loss_is_the_packages():
    for score, cosine, same, delta in exercise.loss.cases():
        want = float(margin_loss(*map(torch.from_numpy, (score, cosine, same)), delta))
        assert abs(exercise.loss.reference(score, cosine, same, delta) - want) < 1e-9


def test_the_vector_is_that_of_the_warm_up():
    for a, g, c in exercise.wanted.cases():
        found = exercise.wanted.reference(a, g, c)
        assert abs(found @ a - c) < 1e-12 and abs(np.linalg.norm(found) - 1) < 1e-12
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    _, b, cosine = random_vectors(1, 6, rng)
    a, g = again.normal(size=(2, 1, 6))
    assert np.allclose(exercise.wanted.reference(a[0] / np.linalg.norm(a[0]), g[0], float(again.uniform(-1, 1, (1, 1))[0, 0])), b[0], atol=1e-6)


def test_hard_pairs_are_the_packages():
    class Fixed:
        def __init__(self, score):
            self.score, self.next = score, iter(range(len(score)))

        def prepared(self, vectors):
            return vectors

        def scores(self, row, prepared):
            return self.score[next(self.next)]

    x = exercise._rows(4, 6, 3).astype(np.float32)
    labels, score = np.arange(6) % 2, (x @ x.T + 0.3 * np.random.default_rng(1).normal(size=(6, 6))).astype(np.float32)
    pairs, _ = hard_pairs(Fixed(score), x, labels)
    assert sorted(map(tuple, pairs.tolist())) == sorted(map(tuple, np.argwhere(exercise.hard.reference(score, x @ x.T, labels)).tolist()))


def test_oasis_is_the_packages(monkeypatch):
    x, labels = exercise._rows(5, 8, 3), np.repeat([0, 1], 4)
    drawn = []
    real = np.random.default_rng

    class Spy:
        def __init__(self, seed):
            self.rng = real(seed)

        def choice(self, values, *size):
            found = self.rng.choice(values, *size)
            if not size:
                drawn.append(int(found))
            return found

    monkeypatch.setattr(np.random, "default_rng", Spy)
    model = OASIS(0.2, n_triplets=10).fit(x, labels)
    monkeypatch.undo()
    queries = real(0).choice(np.arange(8), 10)
    triplets, rest = [], iter(drawn)
    for q in queries:
        p = next(rest)
        while p == q:
            p = next(rest)
        triplets.append((int(q), p, next(rest)))
    w, paid = exercise.oasis.reference(x.astype(np.float32).astype(float), triplets, 0.2)
    assert np.allclose(w, model.matrix_, atol=1e-6) and paid == model.paid_


def test_the_cases_hold_what_they_are_for():
    assert any(np.any(exercise.hard.reference(*case) & (case[2][:, None] == case[2])) for case in exercise.hard.cases())
    for x, triplets, _ in exercise.oasis.cases():
        assert any(1 - x[q] @ (x[p] - x[n]) > 0 for q, p, n in triplets)
