"""Any folder of pictures with a `groups.json` is a data set: the learner's own photographs, too.

`groups.json` maps each picture file to what it shows:

    {"church_1.jpg": {"group": "church", "licence": "mine"},
     "church_2.jpg": {"group": "church"},
     "street.jpg":   {"group": null}}

Pictures of one group are answers to each other; a group of null marks a distractor. A plain string may stand in
place of the inner object. Every picture of a group with at least two is a query (the rule of INRIA Holidays: the query
itself is not counted).
"""

import hashlib
import json
from collections import Counter
from pathlib import Path, PurePosixPath

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError, some
from visret_lab.protocols import Query

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def load_plain_folder(root, name="folder", tier="campus"):
    """Read all pictures of a folder and of the folders below it, without questions or answers.

    Returns:
        Collection without queries; ids are paths relative to `root`. Its version is made from names and sizes of the files.

    Raises:
        DataError: no such folder, or no picture in it.
    """
    root = Path(root).expanduser()
    paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    if not paths:
        raise DataError(f"{root} holds no pictures ({', '.join(PICTURES)}). Give a folder of photographs.")
    files = {str(PurePosixPath(path.relative_to(root))): path for path in paths}
    digest = hashlib.sha256(repr([(i, p.stat().st_size) for i, p in files.items()]).encode()).hexdigest()
    return Collection(name=name, tier=tier, version=digest[:12], licence="not stated: ask the owner", ids=list(files),
                      files=files, queries=[], truth={}, default_protocol="")


def load_folder(root, name="folder", tier="campus"):
    """Read a folder of pictures with its `groups.json`.

    Args:
        root: the folder.
        name, tier: what the data set is called.

    Returns:
        Collection with the protocol "groups": positives are the other pictures of the group, the query's own
        picture is junk. Its version is made from `groups.json`, so that cached features follow a change.

    Raises:
        DataError: no such folder, no or broken `groups.json`, a named picture that is missing, or nothing to ask.
    """
    root = Path(root).expanduser()
    groups, licences, digest = _read_groups(root)
    ids = sorted(groups)
    counts = Counter(group for group in groups.values() if group is not None)
    queries = [Query(image_id, image_id, None, groups[image_id]) for image_id in ids if counts[groups[image_id]] > 1]
    if not queries:
        raise DataError(
            f"{root / 'groups.json'} has no group with two pictures or more, so there is nothing to ask. "
            "Give at least two pictures the same \"group\"."
        )
    members = {}
    for position, image_id in enumerate(ids):
        members.setdefault(groups[image_id], []).append(position)
    positions = {image_id: position for position, image_id in enumerate(ids)}
    truth = {}
    for query in queries:
        own = positions[query.image_id]
        positive = [position for position in members[query.group] if position != own]
        truth[query.id] = relevance(positive, [own], len(ids), query.id)
    stated = sorted(set(licences.values()))
    return Collection(
        name=name, tier=tier, version=digest[:12], licence="; ".join(stated) if stated else "not stated: ask the owner",
        ids=ids, files={image_id: root / image_id for image_id in ids}, queries=queries, truth={"groups": truth},
        default_protocol="groups", groups=groups, licences=licences,
    )


def _read_groups(root):
    if not root.is_dir():
        raise DataError(f"{root} is not a folder. Give the folder that holds the pictures and their groups.json.")
    listing = root / "groups.json"
    if not listing.is_file():
        raise DataError(
            f"{root} has no groups.json. Write one that maps each picture to its group, for example "
            '{"church_1.jpg": {"group": "church"}, "street.jpg": {"group": null}}.'
        )
    content = listing.read_bytes()
    try:
        entries = json.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{listing} is not valid JSON ({error}). Mend that place and load again.") from error
    if not isinstance(entries, dict) or not entries:
        raise DataError(f"{listing} must be a JSON object with one entry a picture, and not be empty.")
    groups, licences = {}, {}
    for file, entry in entries.items():
        groups[file], licence = _read_entry(listing, file, entry)
        if licence:
            licences[file] = licence
    missing = [file for file in groups if not (root / file).is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(groups)} pictures named in {listing} are not there: {some(missing)}. "
            "Copy them into the folder or take them out of groups.json."
        )
    return groups, licences, hashlib.sha256(content).hexdigest()


def _read_entry(listing, file, entry):
    parts = PurePosixPath(file)
    if parts.is_absolute() or ".." in parts.parts:
        raise DataError(f"{listing} names {file!r}, which leads out of its folder. Use paths below the folder.")
    entry = {"group": entry} if isinstance(entry, str) or entry is None else entry
    if not isinstance(entry, dict) or "group" not in entry:
        raise DataError(f'{listing}: the entry of {file!r} must be like {{"group": "church"}} or {{"group": null}}.')
    group = entry["group"]
    if group is not None and not (isinstance(group, str) and group):
        raise DataError(f"{listing}: the group of {file!r} must be a name or null, not {group!r}.")
    return group, entry.get("licence") or entry.get("license") or ""
