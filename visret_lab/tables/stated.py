"""What a result must state so that somebody else can get it again: a checklist, and what a record of ours answers of it."""

from typing import NamedTuple


class Item(NamedTuple):
    """One question of the checklist. family: the causes of chapter 29 that it is about. key: of the settings of a row."""

    question: str
    family: str
    key: str


CHECKLIST = (
    Item("How many pixels has the longer side, of images and of queries?", "size", "longer side"),
    Item("How is the query cut out, and when: before or after resizing?", "crop", "query"),
    Item("Which interpolation, of which library?", "interpolation", "interpolation"),
    Item("Which copy of the data: version or checksum, changed pictures?", "pixels", "version"),
    Item("Which decoder, which order of channels, which mean?", "preparation", "decoder"),
    Item("On which set was everything learnt that was learnt?", "whitening", "whitening set"),
    Item("How many numbers are kept?", "whitening", "dimensions"),
    Item("What is junk, and what becomes of it?", "rules", "junk"),
    Item("Is the query's own picture in the list?", "rules", "own picture"),
    Item("Which formula of average precision, and which list length?", "formula", "formula"),
    Item("Who comes first when scores are equal?", "ties", "ties"),
    Item("How many bits has a number?", "machine", "bits"),
    Item("Which versions of which libraries?", "machine", "versions"),
    Item("Which seed?", "machine", "seed"),
    Item("How many queries and images?", "uncertainty", "queries"),
    Item("How far may the mean be off?", "uncertainty", "low"),
)


def missing(record):
    """The items that a record does not answer.

    A question is answered when its key stands in the record, in every row, or in the "settings" of every row, with a value.

    Args:
        record: dict as `reproduce.record` gives it, with "rows".

    Returns:
        list of `Item`, in the order of CHECKLIST.

    Raises:
        ValueError: a record without rows.
    """
    rows = (record or {}).get("rows")
    if not rows:
        raise ValueError("This record has no rows, so there is nothing to check. Has its table been run in this tier?")
    return [item for item in CHECKLIST if not _has(record, item.key) and not all(
        _has(row, item.key) or _has(row.get("settings") or {}, item.key) for row in rows)]


def _has(where, key):
    return where.get(key) not in (None, "")
