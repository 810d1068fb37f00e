"""`load_captions(name)`: pictures with sentences, in every tier.

    role       mini   campus      full
    captions   yard   flickr8k    flickr30k
"""

from visret_lab.datasets.coco_captions import load_coco_captions
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.flickr import load_flickr8k, load_flickr30k
from visret_lab.datasets.load import current_tier, find_root
from visret_lab.datasets.yard import load_yard

ROLES = {"mini": "yard", "campus": "flickr8k", "full": "flickr30k"}
NAMES = ("captions", *ROLES.values(), "coco-captions")


def load_captions(name="captions", tier=None, root=None):
    """Load pictures with sentences.

    Args:
        name: "captions", the role; or "yard", "flickr8k", "flickr30k", "coco-captions" (an underscore counts as a hyphen).
        tier: "mini", "campus" or "full"; None takes VISRET_TIER, else "mini". It decides what the role means.
        root: a folder that you already have. Without it VISRET_ROOT_<NAME> is looked at (and VISRET_ROOT_CAPTIONS for the role), then
            the cache, then VISRET_MIRROR. The yard is painted and has none.

    Returns:
        CaptionedSet.

    Raises:
        DataError: an unknown name or tier, no folder found, a broken folder, or a root for the yard.
    """
    wanted = name.replace("_", "-").lower() if isinstance(name, str) else name
    if wanted not in NAMES:
        raise DataError(f"There are no captions {name!r}. There are: {', '.join(NAMES)}.")
    held = current_tier(tier)
    role = wanted == "captions"
    own = ROLES[held] if role else wanted
    if own == "yard":
        if root is not None:
            raise DataError('The yard is painted and takes no folder. load_captions("flickr8k", root=...) reads one.')
        return load_yard()
    folder = root or find_root(own, *(["VISRET_ROOT_CAPTIONS"] if role else []), also="flickr8k-224" if own == "flickr8k" else None)
    read = {"flickr8k": load_flickr8k, "flickr30k": load_flickr30k, "coco-captions": load_coco_captions}[own]
    return read(folder)
