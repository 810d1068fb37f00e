import dataclasses
import json

import pytest

from visret_lab.system.recipe import RECIPES, STORED, Recipe, from_dict, named


@pytest.mark.parametrize(("wrong", "words"), [
    ({"engine": "magic"}, "no engine 'magic'"), ({"local": "orb"}, "no local 'orb'"), ({"networks": ("vgg",)}, "no network 'vgg'"),
    ({"networks": ()}, "at least one network"), ({"networks": ("gem", "gem")}, "only once"), ({"sides": ()}, "at least one"),
    ({"sides": (8,)}, "from 32"), ({"rerank": 5}, "local is \"none\""), ({"walk": 1.0}, "forgets"), ({"expand": -1}, "expand must be"),
    ({"starts": 0}, "starts must be"), ({"accept": 0}, "accept must be")])
def test_a_wrong_recipe_is_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        Recipe(**wrong)


def test_the_fingerprint_follows_what_is_kept_and_nothing_else():
    base, other = Recipe(local="rootsift"), {"networks": ("rmac",), "sides": (226,), "whiten": True, "local": "hardnet", "points": 9,
                                             "local_side": 200}
    assert set(other) == set(STORED)
    prints = {Recipe(**{"local": "rootsift", **{name: value}}).fingerprint() for name, value in other.items()}
    assert len(prints | {base.fingerprint(), base.fingerprint("other weights")}) == len(other) + 2
    asks = dataclasses.replace(base, engine="hnsw", rerank=9, accept=3, expand=4, alpha=1.0, diffuse=5, starts=2, walk=0.5, reach=7,
                               shortlist=3)
    assert asks.fingerprint() == base.fingerprint()


def test_each_part_can_be_taken_out_alone():
    whole = dataclasses.replace(named("full"), whiten=True)
    changed = {part: {f.name for f in dataclasses.fields(whole) if getattr(whole, f.name) != getattr(whole.without(part), f.name)}
               for part in ("ensemble", "sizes", "whitening", "local", "expansion", "diffusion")}
    assert changed == {"ensemble": {"networks"}, "sizes": {"sides"}, "whitening": {"whiten"}, "local": {"local", "rerank"},
                       "expansion": {"expand"}, "diffusion": {"diffuse"}}
    with pytest.raises(ValueError, match="no part"):
        whole.without("luck")


def test_a_recipe_goes_through_json_and_an_unknown_entry_is_named():
    for recipe in RECIPES.values():
        assert from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe
    with pytest.raises(ValueError, match="no entry colour"):
        from_dict({"colour": 1})
    with pytest.raises(ValueError, match="There are: small, full, photographs"):
        named("large")


def test_the_full_recipe_is_the_one_that_was_chosen():
    from importlib.resources import files

    kept = json.loads((files("visret_lab.system") / "chosen.json").read_text())
    assert from_dict(kept["recipe"]) == named("full")
    for choice in {t["choice"] for t in kept["tried"]}:
        best = max((t for t in kept["tried"] if t["choice"] == choice), key=lambda t: t["mAP"])
        assert {k: tuple(v) if isinstance(v, list) else v for k, v in best["entries"].items()}.items() <= named("full").__dict__.items()
