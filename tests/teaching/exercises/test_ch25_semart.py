import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.crossmodal.margin import MarginNetwork, MarginPairs, Rows
from visret_lab.crossmodal.ranks import ranks
from visret_lab.crossmodal.text import TfIdf, Vocabulary
from visret_lab.tables.experiments.ch25_semart_human import right
from visret_lab.teaching.exercises import ch25_semart as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_weights_are_the_packages():
    for train, texts in exercise.weights.cases():
        words = sorted({w for text in train for w in text})
        ours = TfIdf(vocabulary=Vocabulary(words), dense=True).fit([" ".join(t) for t in train]).transform([" ".join(t) for t in texts])
        assert np.allclose(exercise.weights.reference(train, texts), ours, atol=1e-6)


def test_the_counts_are_the_packages():
    for ids, size in exercise.columns.cases():
        vocabulary = Vocabulary([f"w{i}" for i in range(size)])
        ours = vocabulary.counted([" ".join(f"w{i}" for i in ids)]).toarray()[0]
        assert (exercise.columns.reference(ids, size) == ours).all()


def test_the_pairs_have_their_share():
    for items, other, share in exercise.pairs.cases():
        i, j, same = exercise.pairs.reference(items, other, share)
        assert same.mean() == share and (i[same == 1] == j[same == 1]).all() and (i[same == 0] != j[same == 0]).all()
        assert 0 <= j.min() and j.max() < len(items)


def test_places_and_rounds_are_the_packages():
    for (s,) in exercise.places.cases():
        assert (exercise.places.reference(s) == ranks(s, np.arange(len(s)))).all()
    for s, shown in exercise.game.cases():
        assert exercise.game.reference(s, shown) == right(s, shown).mean()


def test_the_loss_is_the_packages():
    rng = np.random.default_rng(0)
    x, y, labels, a = rng.normal(size=(6, 4)), rng.normal(size=(6, 5)), rng.integers(3, size=6), 0.1
    net = MarginNetwork(4, 5, outputs=3, classes=3)
    loss = MarginPairs(net, Rows(x), Rows(y), size=10, margin=0.2, labels=labels, share=a)
    ours = loss(np.random.default_rng(7)).item()
    from visret_lab.crossmodal.margin import draw_pairs

    i, j, same = draw_pairs(np.random.default_rng(7), 6, 10)
    with torch.no_grad():
        f, g = net.embed_image(torch.tensor(x[i]).float()), net.embed_text(torch.tensor(y[j]).float())
        zf, zg = net.names[0](f).numpy(), net.names[1](g).numpy()
        cos = (f * g).sum(dim=1).numpy()
    assert abs(exercise.attribute.reference(cos, same, 0.2, zf, zg, labels, i, j, a) - ours) < 1e-5
