"""The hybrid's run: its second row is searched with what the layers say, and not with what goes into them."""

from types import SimpleNamespace

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.tables.experiments import ch17_hybrid

RNG = np.random.default_rng(0)


def test_the_second_row_is_that_of_the_layers(monkeypatch):
    named = SimpleNamespace(name="named", ids=[f"p{i}" for i in range(24)], groups={f"p{i}": f"b{i // 4}" for i in range(24)})
    learn, base, asked = (l2_normalize(RNG.normal(size=(n, 12)).astype(np.float32)) for n in (24, 9, 3))
    seen = {}
    monkeypatch.setattr(ch17_hybrid, "reduced", lambda dataset, elsewhere, queries=None: [learn] if queries is None else [base, asked])
    monkeypatch.setattr(ch17_hybrid.deep_features, "measure", lambda name, b, a, *rest: seen.update({name: (b, a)}))
    ch17_hybrid.results(SimpleNamespace(name="town"), None, named, protocol="medium")
    (plain, hybrid) = seen
    assert seen[plain][0] is base and seen[plain][1] is asked and "hybrid" in hybrid
    labels = np.repeat(np.arange(6), 4)
    want = ch17_hybrid.trained(learn, labels)
    assert np.array_equal(seen[hybrid][0], want.transform(base)) and np.array_equal(seen[hybrid][1], want.transform(asked))
    assert seen[hybrid][0].shape == (9, ch17_hybrid.HIDDEN[-1])
