"""What the loaders of captions share: text of a file in its encoding, pictures of a folder, and what stands twice."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from visret_lab.datasets.errors import DataError, some
from visret_lab.datasets.image_io import read_image


def require_folder(root):
    """The folder as a pathlib.Path. DataError where it is none."""
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder.")
    return folder


def find_one(root, name, what):
    """The file called `name` in a folder, at any depth (the shallowest): pathlib.Path. DataError: none; `what` says what it holds."""
    found = sorted(root.rglob(name), key=lambda path: (len(path.parts), path))
    if not found:
        raise DataError(f"{root} holds no {name}; it holds {what}.")
    return found[0]


def read_text(path, *encodings):
    """The text of a file in the first of some encodings (none: UTF-8) that fits, a byte order mark left out.

    DataError: the file is missing, or no encoding fits; the place is named.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error
    for encoding in encodings or ("utf-8",):
        try:
            return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError as error:
            last, line = error, content[: error.start].count(b"\n") + 1
    raise DataError(f"{path}, line {line}: the bytes {content[last.start : last.end]!r} are not {encoding}. Was the file saved in another "
                    "encoding?") from last


def reader(folders, ids, suffixes=("",)):
    """A function (id) -> uint8 H x W x 3 that looks for a picture in some folders when it is asked.

    Args:
        folders: list of pathlib.Path. ids: the pictures that there are. suffixes: what may stand behind the id in a file's name.
    """
    known = frozenset(ids)

    def read(image_id):
        if image_id not in known:
            raise DataError(f"There is no picture {image_id!r} in this set.")
        for folder in folders:
            for suffix in suffixes:
                if (folder / f"{image_id}{suffix}").is_file():
                    return read_image(folder / f"{image_id}{suffix}")
        raise DataError(f"The picture {image_id} is not in {' or '.join(map(str, folders))}. The captions can be used without it; to see "
                        "it, put the pictures of the set there.")

    return read


def positions(ids, lists):
    """Splits as rows. Args: ids: all pictures. lists: dict split -> list of ids. Returns: dict split -> int64 positions, in their order.

    DataError: a picture that is not there, twice in a split, or in two splits.
    """
    place = {image_id: i for i, image_id in enumerate(ids)}
    owner = {}
    for split, names in lists.items():
        missing = [name for name in names if name not in place]
        if missing:
            raise DataError(f"The split {split} names {len(missing)} pictures without captions: {some(missing, 4)}.")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise DataError(f"The split {split} names {len(twice)} pictures more than once: {some(twice, 4)}.")
        for name in names:
            if owner.setdefault(name, split) != split:
                raise DataError(f"The picture {name} stands in the splits {owner[name]} and {split}: what is learnt from must not be "
                                "tested on.")
    return {split: np.array([place[name] for name in names], np.int64) for split, names in lists.items()}


class Duplicates(NamedTuple):
    """Captions that stand at more than one picture. texts: dict caption -> int64 positions of its pictures; captions: how many captions
    that are in all; across: how many of `texts` stand in two splits."""

    texts: dict
    captions: int
    across: int


def readable(caption):
    """A caption as one writes it. Published sets part words and marks by blanks: "A dog runs ." becomes "A dog runs."."""
    return re.sub(r"\s+([.,;:!?])", r"\1", caption)


def duplicates(data):
    """Captions of a CaptionedSet that describe several pictures, letter for letter without regard to case, blanks and the final stop.

    Such a caption has more than one right answer: a search that finds the other picture is not wrong, though most evaluations count it so.

    Returns:
        Duplicates.
    """
    found, count = {}, Counter()
    for i, captions in enumerate(data.captions):
        for caption in captions:
            key = " ".join(caption.lower().rstrip(" .").split())
            found.setdefault(key, set()).add(i)
            count[key] += 1
    split = {int(i): name for name, rows in data.splits.items() for i in rows}
    texts = {key: np.array(sorted(rows), np.int64) for key, rows in found.items() if len(rows) > 1}
    across = sum(len({split.get(int(i)) for i in rows} - {None}) > 1 for rows in texts.values())
    return Duplicates(texts, sum(count[key] for key in texts), across)
