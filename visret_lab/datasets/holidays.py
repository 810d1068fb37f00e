"""INRIA Holidays (Jegou et al., ECCV 2008): 1,491 holiday pictures, 500 queries. The file names are the ground truth.

The picture 123400.jpg is the query of the group 1234; 123401.jpg, 123402.jpg, ... are its answers. The query is taken
out of its own ranking. Some papers turn the pictures upright by hand first; that changes scores by points. Here they
are read as they lie in the files.
"""

import re
import warnings
from pathlib import Path

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError, some
from visret_lab.protocols import Query

IMAGES, QUERIES = 1491, 500


def load_holidays(root):
    """Read the folder with the pictures (at any depth).

    Returns:
        Collection with the protocol "holidays".

    Raises:
        DataError: no picture of that naming, a group without its query, or a query without an answer; they are listed.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    files = {path.stem: path for path in sorted(root.rglob("*.jpg")) if re.fullmatch(r"1\d{5}", path.stem)}
    if not files:
        raise DataError(f"{root} holds no picture named as in Holidays (100000.jpg, 100001.jpg, ...).")
    ids = sorted(files)
    members = {}
    for position, image_id in enumerate(ids):
        members.setdefault(image_id[:4], []).append(position)
    _require_groups(root, ids, members)
    queries, truth = [], {}
    for group, (own, *others) in members.items():
        query = Query(ids[own], ids[own], None, group)
        queries.append(query)
        truth[query.id] = relevance(others, [own], len(ids), query.id)
    return Collection(
        name="holidays", tier="full", version="jpg1+jpg2", licence="(c) H. Jegou, INRIA; for research only", ids=ids,
        files=files, queries=queries, truth={"holidays": truth}, default_protocol="holidays", upright=False,
        groups={image_id: image_id[:4] for image_id in ids}, note=_counted(root, len(ids), len(queries)),
    )


def _require_groups(root, ids, members):
    headless = [f"{group}00.jpg" for group, positions in members.items() if ids[positions[0]] != f"{group}00"]
    lonely = [f"{group}01.jpg" for group, positions in members.items() if len(positions) < 2]
    if headless or lonely:
        raise DataError(f"{root} is not complete; missing are: {some(headless + lonely)}. Unpack jpg1 and jpg2 there.")


def _counted(root, images, queries):
    if (images, queries) == (IMAGES, QUERIES):
        return ""
    note = (
        f"{root} has {images} pictures and {queries} queries; Holidays has {IMAGES} and {QUERIES}. "
        "Scores on it do not compare with published ones."
    )
    warnings.warn(note, stacklevel=3)
    return note
