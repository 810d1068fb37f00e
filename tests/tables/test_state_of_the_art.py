"""The rows that stand beside the table of the lectures: their names are published ones, and their parts do what they say."""

from types import SimpleNamespace

import numpy as np

from visret_lab.tables.experiments import state_of_the_art as module
from visret_lab.tables.reproduce import published


def test_every_row_is_one_of_the_table():
    names = {row["row"] for row in published() if row["table"] == module.TABLE}
    assert set(module.ROWS) <= names


def test_positions_that_are_silent_are_no_descriptors():
    maps = np.zeros((3, 2, 2), np.float32)
    maps[:, 0, 1] = 3, 4, 0
    (rows,) = module.positions([maps])
    np.testing.assert_allclose(rows, [[0.6, 0.8, 0]], rtol=1e-6)


def test_windows_of_images_of_several_sizes_are_compared_one_by_one(monkeypatch):
    """A padded list of windows gives the distances of the unpadded one."""
    rng = np.random.default_rng(0)
    sets = {"train": [rng.random((6, 8, 10), np.float32) for _ in range(4)],
            "base": [rng.random((6, *size), np.float32) for size in ((8, 8), (8, 20), (9, 9))],
            "asked": [rng.random((6, *size), np.float32) for size in ((7, 7), (5, 12))]}
    order = iter(("train", "base", "asked"))
    monkeypatch.setattr(module.deep_features, "maps", lambda *which: sets[next(order)])
    monkeypatch.setattr(module.aggregated, "protocol_of", lambda dataset: "p")
    monkeypatch.setattr(module, "evaluate", lambda *args, **options: None)
    _, found = module.windows_of_maps(None, SimpleNamespace(name="d"), None)
    pca = module.PCA(power=0.5, l2_before=True, l2_after=True).fit(module.ch13_conv_pooling.region_vectors(sets["train"]))
    windows = [[pca.transform(x) for x in module.pool_maps(module.region_mac, sets[name])] for name in ("asked", "base")]
    for i, query in enumerate(windows[0]):
        for j, image in enumerate(windows[1]):
            near = np.linalg.norm(query[:, None] - image[None], axis=2).min(axis=1).mean()
            np.testing.assert_allclose(-found[i, j], near, rtol=1e-4)
