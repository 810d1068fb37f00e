"""Captions of COCO (Chen et al., "Microsoft COCO Captions", 2015): captions_train2014.json, captions_val2017.json and their like."""

import json
import re
from pathlib import Path

from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.datasets.captions_common import positions, read_text, reader, require_folder
from visret_lab.datasets.errors import DataError, some

LICENCE = "captions CC BY 4.0; photographs under their own licences, named in the files"
NAME = re.compile(r"captions_(?P<part>train|val|test)(?P<year>\d*)\.json")


def load_coco_captions(root):
    """Read every captions_*.json of a folder (or one such file).

    Args:
        root: the folder, which may hold them in `annotations`, or the file. Pictures are looked for beside it, in folders called as the
            part (`val2017`), when they are asked for.

    Returns:
        CaptionedSet; `ids` are file names, `details` the COCO id, size and licence number of each picture. The splits are the parts whose
        files are there: train, val, test.

    Raises:
        DataError: no such file, JSON of another form, a caption without its picture, a picture without captions, an empty caption, or a
            picture in two parts; the first are named.
    """
    root = Path(root).expanduser()
    files = [root] if root.is_file() else sorted(p for p in require_folder(root).rglob("captions_*.json") if NAME.fullmatch(p.name))
    if not files:
        raise DataError(f"{root} holds no captions_train2017.json, captions_val2017.json or their like.")
    captions, details, lists, folders = {}, {}, {}, []
    for path in files:
        found, known = read_captions(path)
        both = [image for image in found if image in captions]
        if both:
            raise DataError(f"{path} has {len(both)} pictures that stand in another file as well: {some(both, 4)}.")
        captions, details = captions | found, details | known
        parts = NAME.fullmatch(path.name)
        lists.setdefault(parts["part"] if parts else "val", []).extend(found)
        for base in (path.parent, path.parent.parent):
            folders += [base / f"{parts['part']}{parts['year']}" if parts else base, base]
    ids = list(captions)
    return CaptionedSet("coco-captions", LICENCE, ids, list(captions.values()), positions(ids, lists), reader(folders, ids),
                        details=details)


def read_captions(path):
    """One file: (dict file name -> captions in the order of their ids; dict file name -> details). Errors as `load_coco_captions`."""
    try:
        content = json.loads(read_text(path))
        images = {image["id"]: image for image in content["images"]}
        rows = sorted((row["id"], row["image_id"], row["caption"]) for row in content["annotations"])
        captions = {image["file_name"]: [] for image in images.values()}
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is no file of COCO captions ({type(error).__name__}: {error}). It needs images and "
                        "annotations.") from error
    strange = [str(number) for number, image, _ in rows if image not in images]
    if strange:
        raise DataError(f"{path}: {len(strange)} captions belong to pictures that are not in the file: annotations {some(strange, 4)}.")
    empty = [str(number) for number, _, text in rows if not isinstance(text, str) or not text.strip()]
    if empty:
        raise DataError(f"{path}: {len(empty)} captions are empty: annotations {some(empty, 4)}.")
    for _, image, text in rows:
        captions[images[image]["file_name"]].append(" ".join(text.split()))
    without = [name for name, own in captions.items() if not own]
    if without:
        raise DataError(f"{path}: {len(without)} pictures have no caption: {some(without, 4)}.")
    details = {image["file_name"]: {"coco_id": number, **{key: image[key] for key in ("width", "height", "license") if key in image}}
               for number, image in images.items()}
    return captions, details
