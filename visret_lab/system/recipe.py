"""A recipe: everything that decides what a search engine keeps of a picture, and how it answers."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace

ENGINES = ("exact", "ivfpq", "hnsw")
LOCAL = ("none", "rootsift", "hardnet")
NETWORKS = ("gem", "rmac", "squeezenet", "mobilenet")
STORED = ("networks", "sides", "whiten", "local", "points", "local_side")  # a change of these makes every kept description useless


@dataclass(frozen=True)
class Recipe:
    """The parts of a full system. Each can be switched off alone; `Recipe()` is the base, one network at one size and an exact search.

    What is kept of a picture:
        networks: names of `describe.network`, more than one make an ensemble. sides: longer sides in pixels at which the picture goes in;
        more than one is multi-resolution. whiten: PCA-whitening for each network, learnt on other pictures. local: local features,
        "none", "rootsift" or "hardnet". points: of them, at most. local_side: longer side for them, pixels.

    How a question is answered:
        engine: "exact", "ivfpq" or "hnsw". shortlist: candidates that an approximate engine gives; they are then compared exactly.
        rerank: first results that are verified by their local features, 0 for none. accept: inliers from which a result counts as
        verified. expand: results that are added to the question (alpha-QE), 0 for none. alpha: their power. diffuse: neighbours in the
        graph of the walk, 0 for none. starts: results where it begins. walk: chance to go on. reach: images that a kept walk reaches.

    Raises:
        ValueError: a value that names nothing, or lies out of range.
    """

    networks: tuple = ("gem",)
    sides: tuple = (320,)
    whiten: bool = False
    local: str = "none"
    points: int = 250
    local_side: int = 320
    engine: str = "exact"
    shortlist: int = 200
    rerank: int = 0
    accept: int = 12
    expand: int = 0
    alpha: float = 3.0
    diffuse: int = 0
    starts: int = 5
    walk: float = 0.9
    reach: int = 200

    def __post_init__(self):
        object.__setattr__(self, "networks", tuple(self.networks))
        object.__setattr__(self, "sides", tuple(self.sides))
        _require_one_of("engine", self.engine, ENGINES)
        _require_one_of("local", self.local, LOCAL)
        for name in self.networks:
            _require_one_of("network", name, NETWORKS)
        if not self.networks or len(set(self.networks)) < len(self.networks):
            raise ValueError(f"A recipe needs at least one network, and each only once; got {self.networks}.")
        if not self.sides or any(not 32 <= side <= 2000 for side in (*self.sides, self.local_side)):
            raise ValueError(f"Sides are pixels from 32 to 2000, at least one of them; got {self.sides} and {self.local_side}.")
        for name in ("points", "shortlist", "accept", "starts", "reach"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("rerank", "expand", "alpha", "diffuse"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)}.")
        if not 0 <= self.walk < 1:
            raise ValueError(f"walk must lie in [0, 1), not {self.walk}: with 1 the walk forgets the question.")
        if self.rerank and self.local == "none":
            raise ValueError('rerank verifies with local features, but local is "none". Give local="rootsift", or rerank=0.')

    def fingerprint(self, made_by=""):
        """16 hexadecimal digits that change when another description would be kept. made_by: weights, as `Describer.weights` has them."""
        kept = {name: getattr(self, name) for name in STORED}
        return hashlib.sha256(json.dumps([kept, made_by], sort_keys=True).encode()).hexdigest()[:16]

    def without(self, part):
        """The same recipe with one part taken out.

        Args:
            part: "ensemble", "sizes", "whitening", "local", "expansion" or "diffusion". ValueError for another one.
        """
        _require_one_of("part", part, PARTS)
        return replace(self, **PARTS[part](self))

    def as_dict(self):
        """Plain values for a JSON file."""
        return asdict(self)


# what "without" changes: the first network is the one that stays, and the size in the middle
PARTS = {
    "ensemble": lambda r: {"networks": r.networks[:1]},
    "sizes": lambda r: {"sides": (sorted(r.sides)[len(r.sides) // 2],)},
    "whitening": lambda r: {"whiten": False},
    "local": lambda r: {"local": "none", "rerank": 0},
    "expansion": lambda r: {"expand": 0},
    "diffusion": lambda r: {"diffuse": 0},
}


def from_dict(kept):
    """The recipe of a JSON file. ValueError: an entry that a recipe does not have."""
    unknown = sorted(set(kept) - {f.name for f in fields(Recipe)})
    if unknown:
        raise ValueError(f"A recipe has no entry {', '.join(unknown)}. Was it written by a newer version? Index the folder again.")
    return Recipe(**kept)


def named(name):
    """A recipe by its name: "small", "full", or "photographs". ValueError for another one."""
    _require_one_of("recipe", name, RECIPES)
    return RECIPES[name]


def _require_one_of(what, name, known):
    if name not in known:
        raise ValueError(f"There is no {what} {name!r}. There are: {', '.join(known)}.")


# The constants of "full" were chosen on the painted town elsewhere (data_scripts/choose_recipe.py; chosen.json has all that was tried).
# Whitening was tried there too, and did harm. "photographs" takes the networks that know photographs.
FULL = Recipe(networks=("gem", "rmac"), sides=(160, 226, 320), local="rootsift", rerank=50, accept=12, expand=10, diffuse=20, starts=5,
              walk=0.5)
RECIPES = {"small": Recipe(), "full": FULL, "photographs": replace(FULL, networks=("squeezenet", "mobilenet"))}
