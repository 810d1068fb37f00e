"""Other pictures of the town's landmarks, for learning what the target domain looks like. No picture of the town is among them."""

from visret_lab.datasets.generated import ensure
from visret_lab.datasets.town_train import LICENCE, read_pictures
from visret_lab.worlds.town.more_views import VERSION, generate


def load_town_views(progress=True):
    """The pictures, painted into the cache at the first call: 20 of each of the town's 11 landmarks.

    Returns:
        Collection without queries. `groups`: image id -> "landmark 3", as in the town. `details`: image id -> `label` ("good", "ok",
        "junk", "absent": how much of the landmark is seen), `visible`, `size`, `light`, `weather`, `azimuth`, `distance`, `blur`.

    Raises:
        DataError: read-only cache or full disk.
    """
    return read_town_views(ensure("town-views", VERSION, lambda place, bar: generate(place, progress=bar), progress))


def read_town_views(folder):
    """Read the pictures from their folder. DataError when its `truth.json` is missing or broken."""
    return read_pictures(folder, "town-views", LICENCE, "landmark")
