import json

import numpy as np
import pytest

from visret_lab.video.encoders.shipped import SCRIPT, WEIGHTS, load_encoder, load_whitening
from visret_lab.video.measures import shot_scores
from visret_lab.video.pooled import pooled
from visret_lab.video.shots.by_vectors import as_shots
from visret_lab.video.training_films import FIRST_SEED
from visret_lab.video.training_lessons import load_lessons
from visret_lab.worlds.film.generate import PLANS

KINDS = ("lstm", "gru", "attention", "mean")


@pytest.mark.parametrize("kind", KINDS)
def test_it_finds_more_than_pooling_on_films_that_were_held_out(kind):
    held = load_lessons(slice(-4, None), frames=False)
    ends = np.cumsum([len(shot) for shot in held.shots])
    plain = pooled(np.concatenate(held.shots), as_shots(ends[:-1], ends[-1]), "mean")
    net = load_encoder(kind)
    ours, _ = shot_scores(net.encode_photos(held.pictures) @ net.encode(held.shots).T, held.shot_of, held.setups)
    theirs, _ = shot_scores(held.pictures @ plain.T, held.shot_of, held.setups)
    assert ours.mean() > theirs.mean() > 0.5


@pytest.mark.parametrize("name", [*(f"shot_{k}" for k in KINDS), "shot_pca", "shot_lessons"])
def test_the_files_are_small_and_say_what_they_are(name):
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size < 1.5e6
    card = json.loads((WEIGHTS / f"{name}.json").read_text())
    assert card["data"]["seeds"][0] == FIRST_SEED > max(plan.seed for plan in PLANS) and card["limits"]


def test_the_pca_is_a_layer_for_the_frames():
    pca = load_whitening()
    assert pca.in_features == 160 and pca.out_features == load_encoder("gru").dim


@pytest.mark.parametrize("load", [lambda path: load_encoder("lstm", path), load_whitening])
def test_missing_damaged_and_other_files(load, tmp_path):
    with pytest.raises(FileNotFoundError, match=SCRIPT):
        load(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="damaged"):
        load(tmp_path / "bad.safetensors")
    with pytest.raises(ValueError, match="another network"):
        load(WEIGHTS / "shot_attention.safetensors")
