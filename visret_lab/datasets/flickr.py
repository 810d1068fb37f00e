"""Flickr8k (Hodosh, Young, Hockenmaier, JAIR 2013) and Flickr30k (Young et al., TACL 2014) with Flickr30k Entities (Plummer et al., ICCV
2015): photographs with five captions each, and in Entities the phrases of the captions with their boxes.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from visret_lab.datasets.captioned import CaptionedSet, Phrase
from visret_lab.datasets.captions_common import find_one, positions, read_text, reader, require_folder
from visret_lab.datasets.errors import DataError, some

LICENCE = "captions for research; photographs of Flickr users, for research only"
LISTS_8K = {"train": "Flickr_8k.trainImages.txt", "val": "Flickr_8k.devImages.txt", "test": "Flickr_8k.testImages.txt"}
LISTS_30K = {"train": "train.txt", "val": "val.txt", "test": "test.txt"}
PICTURES = ("Flicker8k_Dataset", "Flickr8k_Dataset", "flickr30k-images", "flickr30k_images", "images", "Images", "train", "val", "test", "")
TOKEN = re.compile(r"(?P<image>.+)#(?P<number>\d+)\t(?P<caption>.*)")
PHRASE = re.compile(r"\[/EN#(?P<chain>\d+)(?P<kinds>(?:/\w+)+) (?P<text>[^\]]*)\]")
IN_8K, IN_30K = "Flickr8k.token.txt", "results_20130124.token"


def load_flickr8k(root):
    """Read Flickr8k from its public text files, or from a folder with `flickr8k_clean.json`.

    Args:
        root: the folder. The public files are Flickr8k.token.txt and Flickr_8k.{train,dev,test}Images.txt, at any depth. The JSON has
            "captions" (picture -> list) and "splits" (name -> list); a .npz beside it with `names` and other arrays gives features.
            Pictures are looked for in the folder and in its Flicker8k_Dataset, train, val or test when they are asked for.

    Returns:
        CaptionedSet with the splits train, val and test.

    Raises:
        DataError: no captions found; a malformed line or a wrong encoding, with file and line; a picture of a list without captions; an
            empty caption; a picture in two splits. Pictures that have captions but stand in no list are kept, in no split: the release has
            some.
    """
    root = require_folder(root)
    clean = sorted(root.rglob("flickr8k_clean.json"))
    if clean:
        return _from_json(clean[0])
    path = find_one(root, IN_8K, "the captions of Flickr8k (or flickr8k_clean.json does)")
    captions = read_tokens(path)
    lists = {split: _names(find_one(root, name, f"the pictures of the split {split}")) for split, name in LISTS_8K.items()}
    return _made("flickr8k", root, captions, lists)


def load_flickr30k(root, entities=None):
    """Read Flickr30k, with the phrases of Flickr30k Entities where they are there.

    Args:
        root: the folder with results_20130124.token, and with train.txt, val.txt and test.txt (picture names, without ".jpg"), as Entities
            gives them. entities: the folder with Sentences/*.txt and Annotations/*.xml; None: root, if they are there.

    Returns:
        CaptionedSet; `phrases` holds every phrase of a caption, also those without a box (K = 0).

    Raises:
        DataError: as `load_flickr8k`; and a sentence or annotation of Entities of another form, with file and line.
    """
    root = require_folder(root)
    captions = read_tokens(find_one(root, IN_30K, "the captions of Flickr30k"))
    home = require_folder(entities) if entities else root
    lists = {split: [f"{name}.jpg" if not name.endswith(".jpg") else name for name in _names(find_one(home, file, f"the split {split}"))]
             for split, file in LISTS_30K.items()}
    data = _made("flickr30k", root, captions, lists)
    data.phrases.extend(_all_phrases(data, home))
    return data


def read_tokens(path):
    """Captions of a .token file, whose lines read "picture#number<tab>caption": dict picture -> list of captions, by number.

    A picture's number that stands twice, a line of another form, an empty caption, and a wrong encoding are DataErrors with file and line.
    """
    found = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        parts = TOKEN.fullmatch(line)
        if parts is None:
            raise DataError(f"{path}, line {number}: expected 'picture#number', a tab and a caption; got {line[:60]!r}.")
        caption, place = parts["caption"].strip(), int(parts["number"])
        if not caption:
            raise DataError(f"{path}, line {number}: the caption {place} of {parts['image']} is empty.")
        own = found.setdefault(parts["image"], {})
        if place in own:
            raise DataError(f"{path}, line {number}: the caption {place} of {parts['image']} stands there twice.")
        own[place] = caption
    if not found:
        raise DataError(f"{path} has no captions.")
    return {image: [own[k] for k in sorted(own)] for image, own in found.items()}


def _names(path):
    names = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if not names:
        raise DataError(f"{path} names no picture.")
    return names


def _made(name, root, captions, lists, features=None):
    ids = list(captions)
    missing = [(split, image) for split, names in lists.items() for image in names if image not in captions]
    if missing:
        raise DataError(f"{len(missing)} pictures of the lists have no caption: {some([f'{i} ({s})' for s, i in missing], 4)}.")
    return CaptionedSet(name=name, licence=LICENCE, ids=ids, captions=list(captions.values()), splits=positions(ids, lists),
                        read=reader([root / folder for folder in PICTURES], ids), features=features or {})


def _from_json(path):
    try:
        content = json.loads(read_text(path))
        captions, lists = content["captions"], content["splits"]
        good = all(isinstance(own, list) and all(isinstance(c, str) for c in own) for own in captions.values())
        lists = {"val" if split in ("dev", "valid") else split: list(names) for split, names in lists.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is no set of captions ({type(error).__name__}: {error}). It needs captions and splits.") from error
    if not good or not captions:
        raise DataError(f"{path}: captions must map every picture to a list of sentences.")
    empty = [image for image, own in captions.items() if not own or not all(c.strip() for c in own)]
    if empty:
        raise DataError(f"{path}: {len(empty)} pictures have no caption or an empty one: {some(empty, 4)}.")
    return _made("flickr8k", path.parent, captions, lists, _features(path.parent, list(captions)))


def _features(folder, ids):
    """Every array of every .npz in the folder that has `names`: dict name -> float32 N x D, rows as `ids`."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except Exception as error:  # a damaged archive raises nearly anything
            raise DataError(f"{path} is damaged ({type(error).__name__}: {error}).") from error
        if "names" not in arrays:
            continue
        row = {str(name): i for i, name in enumerate(arrays.pop("names"))}
        missing = [image for image in ids if image not in row]
        if missing:
            raise DataError(f"{path} has no features of {len(missing)} pictures: {some(missing, 4)}.")
        order = [row[image] for image in ids]
        for name, array in arrays.items():
            if array.ndim != 2 or len(array) != len(row):
                raise DataError(f"{path}: {name} must have one row a name; got shape {array.shape} for {len(row)} names.")
            found[name] = array[order].astype(np.float32)
    return found


def read_sentence(line, where):
    """A sentence of Entities, "[/EN#123/people A man] sits .": (plain text, list of (chain, start, end, text, kind)).

    start and end count the words of the plain text, split at blanks, end exclusive. Args: where: what an error calls the line.

    DataError: a bracket that does not close, or one of another form.
    """
    plain, phrases, done = [], [], 0
    for match in PHRASE.finditer(line):
        plain += line[done : match.start()].split()
        words = match["text"].split()
        if not words:
            raise DataError(f"{where}: the phrase {match[0]!r} has no words.")
        phrases.append((match["chain"], len(plain), len(plain) + len(words), " ".join(words), match["kinds"].strip("/").split("/")[0]))
        plain += words
        done = match.end()
    plain += line[done:].split()
    if any("[/EN#" in word for word in plain):
        raise DataError(f"{where}: expected phrases as '[/EN#123/people A man]'; got {line[:80]!r}.")
    return " ".join(plain), phrases


def read_boxes(path):
    """Boxes of an annotation of Entities: dict chain -> int64 K x 4 (x0, y0, x1, y1), as the file has them.

    DataError: no XML, or a box that is not four whole numbers or is empty; the file and the object are named.
    """
    try:
        top = ElementTree.fromstring(read_text(path))
    except ElementTree.ParseError as error:
        raise DataError(f"{path} is no XML ({error}).") from error
    found = {}
    for number, thing in enumerate(top.iter("object"), 1):
        box = thing.find("bndbox")
        if box is None:
            continue  # "nobndbox" or "scene": the phrase is not in one place
        try:
            corners = [int(box.findtext(side)) for side in ("xmin", "ymin", "xmax", "ymax")]
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}, object {number}: a box needs xmin, ymin, xmax and ymax as whole numbers.") from error
        if corners[2] <= corners[0] or corners[3] <= corners[1]:
            raise DataError(f"{path}, object {number}: the box {corners} is empty.")
        for name in thing.iter("name"):
            found.setdefault((name.text or "").strip(), []).append(corners)
    return {chain: np.array(boxes, np.int64).reshape(-1, 4) for chain, boxes in found.items()}


def _all_phrases(data, home):
    """Phrases of all pictures that have a file in Sentences; their captions are replaced by the plain sentences, whose words they count."""
    sentences, annotations = home / "Sentences", home / "Annotations"
    if not sentences.is_dir():
        return []
    found, none = [], np.zeros((0, 4), np.int64)
    for i, image in enumerate(data.ids):
        path = sentences / f"{Path(image).stem}.txt"
        if not path.is_file():
            continue
        lines = [line for line in read_text(path).splitlines() if line.strip()]
        if len(lines) != len(data.captions[i]):
            raise DataError(f"{path} has {len(lines)} sentences, but {image} has {len(data.captions[i])} captions.")
        boxes_file = annotations / f"{Path(image).stem}.xml"
        boxes = read_boxes(boxes_file) if boxes_file.is_file() else {}
        for k, line in enumerate(lines):
            data.captions[i][k], phrases = read_sentence(line, f"{path}, line {k + 1}")
            found += [Phrase(i, k, start, end, text, boxes.get(chain, none), kind) for chain, start, end, text, kind in phrases]
    return found
