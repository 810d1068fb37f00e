"""`load(name)`: one call for every data set, in every tier.

Four names stand for a role and give another set in each tier, so that a chapter runs unchanged:

    role       mini            campus                                   full
    places     town            a folder of pictures with groups.json    roxford5k
    pairs      photo-copies    a folder with graf or hpatches pairs     hpatches
    products   (none)          grocery-store                            grocery-store
    elsewhere  town-elsewhere  any folder of pictures, or grocery-store paris6k

"elsewhere" is where something is learnt before the search (visual words, principal axes): pictures of the same kind as
"places", with none of its objects in them.
"""

import os
from pathlib import Path

from visret_lab.datasets import registry
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.folder import load_folder, load_plain_folder
from visret_lab.datasets.grocery import load_grocery
from visret_lab.datasets.holidays import load_holidays
from visret_lab.datasets.oxford import load_oxford
from visret_lab.datasets.named import load_named
from visret_lab.datasets.pairs import load_pairs
from visret_lab.datasets.photo_copies import load_copies, load_photo_copies
from visret_lab.datasets.roxford import load_roxford
from visret_lab.datasets.town import load_town, load_town_elsewhere
from visret_lab.datasets.town_train import load_town_train, load_town_train_large
from visret_lab.datasets.town_views import load_town_views
from visret_lab.worlds.categories import VERSION as CATEGORIES
from visret_lab.worlds.film.generate import VERSION as FILM
from visret_lab.worlds.museum.generate import VERSION as MUSEUM
from visret_lab.worlds.photo_copies import VERSION as COPIES
from visret_lab.worlds.town.generate import VERSION as TOWN
from visret_lab.worlds.town.more_views import VERSION as VIEWS
from visret_lab.worlds.town.train import VERSION as TRAIN
from visret_lab.worlds.yard.generate import VERSION as YARD

LOADABLE = ("town", "town-elsewhere", "town-train", "town-train-large", "town-views", "photo-copies", "copies", "named",
            "folder", "places", "elsewhere", "pairs", "products", "grocery-store", "graf", "hpatches", "oxford5k",
            "paris6k", "roxford5k", "rparis6k", "holidays")
# Generated sets: the world (folder in the cache) behind each, and its version.
WORLDS = {"town": ("town", TOWN), "town-elsewhere": ("town-elsewhere", TOWN), "photo-copies": ("photo-copies", COPIES),
          "copies": ("photo-copies", COPIES), "named": ("named", CATEGORIES), "town-train": ("town-train", TRAIN),
          "town-train-large": ("town-train-large", TRAIN), "town-views": ("town-views", VIEWS),
          "film": ("film", FILM), "yard": ("yard", YARD), "museum": ("museum", MUSEUM)}
# Sets that are no Collection have loaders of their own.
ELSEWHERE = {"film": ("Films", 'visret_lab.datasets.film.load_film("feature")'),
             **{name: ("Pictures with sentences", f'visret_lab.datasets.captions.load_captions("{name}")')
                for name in ("captions", "yard", "flickr8k", "flickr30k", "coco-captions")},
             "museum": ("Paintings", "visret_lab.datasets.museum.load_museum()"),
             "semart": ("Paintings", "visret_lab.datasets.semart.load_semart(folder)")}


def current_tier(tier=None):
    """The tier that holds: the argument, else VISRET_TIER, else "mini". DataError for an unknown one."""
    chosen = tier or os.environ.get("VISRET_TIER") or "mini"
    if chosen not in registry.TIERS:
        where = "" if tier else " (from VISRET_TIER)"
        raise DataError(f"There is no tier {chosen!r}{where}. There are: {', '.join(registry.TIERS)}.")
    return chosen


def load(name, tier=None, root=None):
    """Load a data set.

    Args:
        name: a role ("places", "elsewhere", "pairs", "products"), the name of a set (see LOADABLE), or "folder" with a `root`.
        tier: "mini", "campus" or "full"; None takes VISRET_TIER, else "mini". It decides what a role means.
        root: a folder that you already have. Without it VISRET_ROOT_<NAME> is looked at, then the cache, then
            VISRET_MIRROR. A role with a root is read from that folder, also in the mini tier.

    Returns:
        Collection (speaks protocols.Dataset), or PairSet for pairs of pictures.

    Raises:
        DataError: unknown name or tier, a set that does not exist in the tier, no folder found, or a broken folder.
    """
    held = current_tier(tier)
    wanted = name.replace("_", "-").lower() if isinstance(name, str) else name
    if wanted in ELSEWHERE:
        what, how = ELSEWHERE[wanted]
        raise DataError(f"{what} are loaded with {how}: they are no collection of pictures.")
    if wanted not in LOADABLE:
        raise DataError(f"There is no data set {name!r} to load. There are: {', '.join(LOADABLE)}.")
    match wanted:
        case "places":
            return _places(held, root)
        case "elsewhere":
            return _elsewhere(held, root)
        case "pairs":
            return _pairs(held, root)
        case "products":
            if held == "mini" and root is None:
                raise DataError(
                    "The mini tier has no photographs of products. Set VISRET_TIER=campus and fetch them with "
                    "`visret data get grocery-store`, or load(\"products\", root=...) with a folder that you have."
                )
            return load_grocery(root or find_root("grocery-store", "VISRET_ROOT_PRODUCTS"))
        case "folder":
            if root is None:
                raise DataError('load("folder", root=...) needs the folder with the pictures and their groups.json.')
            return load_folder(root)
    _require_tier(wanted, tier)
    return _load_set(wanted, root)


def _load_set(name, root):
    match name:
        case "town":
            return load_town()
        case "town-elsewhere":
            return load_town_elsewhere()
        case "town-train":
            return load_town_train()
        case "town-train-large":
            return load_town_train_large()
        case "town-views":
            return load_town_views()
        case "photo-copies":
            return load_photo_copies()
        case "copies":
            return load_copies()
        case "named":
            return load_named()
        case "grocery-store":
            return load_grocery(root or find_root(name, "VISRET_ROOT_PRODUCTS"))
        case "graf" | "hpatches":
            entry = registry.entry(name)
            return load_pairs(root or find_root(name), name, entry.tier, entry.licence)
        case "oxford5k" | "paris6k":
            return load_oxford(root or find_root(name), name)
        case "roxford5k" | "rparis6k":
            folder = Path(root or find_root(name, f"VISRET_ROOT_{_pictures_of(name).upper()}", also=_pictures_of(name)))
            return load_roxford(folder, name, _ground_truth(folder, name))
        case "holidays":
            return load_holidays(root or find_root(name))


def _places(held, root):
    if root is not None and held != "full":
        return load_folder(root, "places")
    match held:
        case "mini":
            return load_town()
        case "campus":
            return load_folder(find_root("places"), "places")
        case "full":
            return _load_set("roxford5k", root)


def _elsewhere(held, root):
    if held == "mini" and root is None:
        return load_town_elsewhere()
    if held == "full" and root is None:
        return _load_set("paris6k", None)
    if root is None and os.environ.get("VISRET_ROOT_ELSEWHERE"):
        root = find_root("elsewhere")
    if root is not None:
        return load_plain_folder(root, "elsewhere")
    return _load_set("grocery-store", None)


def _pairs(held, root):
    if held == "mini" and root is None:
        return load_photo_copies()
    if root is None:
        first, second = ("hpatches", "graf") if held == "full" else ("graf", "hpatches")
        root = find_root(first, "VISRET_ROOT_PAIRS", f"VISRET_ROOT_{second.upper()}", also=second)
    return load_pairs(root, "pairs", "campus" if held == "mini" else held)


def find_root(name, *variables, also=None):
    """Find the folder of a set: environment variables, the cache, the mirror.

    Args:
        name: the set.
        variables: environment variables that are looked at beside VISRET_ROOT_<NAME>.
        also: another set whose folder will do.

    Returns:
        pathlib.Path of an existing folder.

    Raises:
        DataError: nothing is there; it says which variable to set and whether `visret data get` can help.
    """
    entry = registry.entry(name)
    variables = (*variables, entry.variable)
    for variable in variables:
        if os.environ.get(variable):
            folder = Path(os.environ[variable]).expanduser()
            if not folder.is_dir():
                raise DataError(f"{variable} is {folder}, which is not a folder.")
            return folder
    for base in _bases():
        for candidate in (name, also):
            if candidate and (base / candidate).is_dir():
                return base / candidate
    raise DataError(_how_to_get(entry, variables))


def _bases():
    """Folders in which fetched sets may lie: the cache, and a mirror that is a folder."""
    mirror = os.environ.get("VISRET_MIRROR", "").strip()
    local = [Path(mirror).expanduser()] if mirror and "://" not in mirror else []
    return [cache_dir("files", create=False), *local]


def _how_to_get(entry, variables):
    lines = [f"{entry.name} is not here. Set {' or '.join(dict.fromkeys(variables))} to a folder that holds it"]
    if entry.files:
        lines.append(f", or run `visret data get {entry.name}` ({entry.licence}; {entry.status})")
    lines.append(". " + entry.note if entry.note else ".")
    if entry.name in ("places", "roxford5k"):
        lines.append(" Any folder of pictures with a groups.json works: load(\"places\", tier=\"campus\", root=...).")
    return "".join(lines)


def _pictures_of(name):
    return {"roxford5k": "oxford5k", "rparis6k": "paris6k"}[name]


def _ground_truth(folder, name):
    """The pickle in the folder itself (None: the loader finds it there), else the one of cache or mirror."""
    file = f"gnd_{name}.pkl"
    if any(Path(folder).rglob(file)):
        return None
    return next((base / "gnd" / file for base in _bases() if (base / "gnd" / file).is_file()), None)


def _require_tier(name, tier):
    """A set lives in one tier; asking for it in another one is a mistake worth an answer."""
    own = registry.entry(name).tier
    if tier is not None and tier != own:
        here = ", ".join(e.name for e in registry.listing(tier))
        raise DataError(f"{name} belongs to the tier {own}, not to {tier}. In {tier} there are: {here}.")
