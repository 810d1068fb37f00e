"""SemArt (Garcia and Vogiatzis, "How to Read Paintings", ECCV Workshops 2018): 21,384 paintings, each with a comment and seven fields.

The lists are tab-separated, in cp1252, with a heading; one that was saved again in UTF-8 is read as well.
"""

import csv
import io

import numpy as np

from visret_lab.datasets.captions_common import read_text, reader, require_folder
from visret_lab.datasets.errors import DataError, some
from visret_lab.datasets.paintings import Painting, PaintingSet

LICENCE = "for research only; comments and pictures of the Web Gallery of Art"
COLUMNS = {"IMAGE_FILE": "id", "DESCRIPTION": "comment", "AUTHOR": "author", "TITLE": "title", "TECHNIQUE": "technique", "DATE": "date",
           "TYPE": "type", "SCHOOL": "school", "TIMEFRAME": "timeframe"}
LISTS = {"train": "semart_train.csv", "val": "semart_val.csv", "test": "semart_test.csv"}


def load_semart(root):
    """Read SemArt.

    Args:
        root: the folder with semart_train.csv, semart_val.csv and semart_test.csv. Pictures are looked for in its `Images`, and in itself,
            when they are asked for.

    Returns:
        PaintingSet with the splits train, val and test; the id of a painting is the name of its picture.

    Raises:
        DataError: a missing list, bytes that are neither UTF-8 nor cp1252, a heading or a row with other columns, a painting without a
            comment or without a picture's name (file and line are named), or a painting that stands twice.
    """
    root = require_folder(root)
    paintings, splits, seen = [], {}, {}
    for split, name in LISTS.items():
        rows = read_list(root / name)
        for line, painting in rows:
            if painting.id in seen:
                raise DataError(f"{root / name}, line {line}: {painting.id} stands there twice; first in {seen[painting.id]}.")
            seen[painting.id] = f"{name}, line {line}"
        splits[split] = np.arange(len(paintings), len(paintings) + len(rows))
        paintings += [painting for _, painting in rows]
    return PaintingSet("semart", LICENCE, paintings, splits, reader([root / "Images", root], [p.id for p in paintings]))


def read_list(path):
    """One list: list of (line number where the row ends, Painting). DataError as `load_semart`."""
    if not path.is_file():
        raise DataError(f"{path} is missing; SemArt has {', '.join(LISTS.values())}.")
    rows = csv.reader(io.StringIO(read_text(path, "utf-8", "cp1252"), newline=""), delimiter="\t")
    found = []
    try:
        heading = [name.strip() for name in next(rows, [])]
        lacking = [name for name in COLUMNS if name not in heading]
        if lacking:
            raise DataError(f"{path}, line 1: the heading lacks {some(lacking)}. It must name {', '.join(COLUMNS)}, separated by tabs.")
        for row in rows:
            if row:
                found.append((rows.line_num, _painting(row, heading, path, rows.line_num)))
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: {error}.") from error
    if not found:
        raise DataError(f"{path} lists no painting.")
    return found


def _painting(row, heading, path, line):
    if len(row) != len(heading):
        raise DataError(f"{path}, line {line}: expected {len(heading)} columns separated by tabs; got {len(row)}: {row[0][:40]!r} ... "
                        "Is there a tab too many, or a quotation mark left open?")
    fields = {COLUMNS[name]: value.strip() for name, value in zip(heading, row, strict=True) if name in COLUMNS}
    for needed, word in (("id", "the name of its picture"), ("comment", "a comment")):
        if not fields[needed]:
            raise DataError(f"{path}, line {line}: the painting {fields['id'] or fields['title']!r} has not got {word}.")
    return Painting(**fields)
