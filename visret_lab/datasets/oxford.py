"""Oxford5k (Philbin et al., CVPR 2007) and Paris6k (Philbin et al., CVPR 2008) with their released text files.

For each query there are four files, e.g. `all_souls_1_query.txt` (image name and box), `all_souls_1_good.txt`,
`..._ok.txt` and `..._junk.txt` (image names). Protocol "classic": good and ok are positive, junk never counts, and the
query's own image stays in the database as one of the good ones.
"""

import warnings
from pathlib import Path

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError, some
from visret_lab.protocols import Query

IMAGES = {"oxford5k": 5063, "paris6k": 6392}  # files in the release; for Paris without the corrupt ones
QUERIES = 55

# The release lists these as corrupt (corrupt.txt on its page); evaluations leave them out, of the ground truth too.
PARIS_CORRUPT = frozenset("""
    paris_louvre_000136 paris_louvre_000146 paris_moulinrouge_000422 paris_museedorsay_001059 paris_notredame_000188
    paris_pantheon_000284 paris_pantheon_000960 paris_pantheon_000974 paris_pompidou_000195 paris_pompidou_000196
    paris_pompidou_000201 paris_pompidou_000467 paris_pompidou_000640 paris_sacrecoeur_000299 paris_sacrecoeur_000330
    paris_sacrecoeur_000353 paris_triomphe_000662 paris_triomphe_000833 paris_triomphe_000863 paris_triomphe_000867
""".split())


def load_oxford(root, name="oxford5k"):
    """Read Oxford5k or Paris6k from a folder that holds the pictures and the ground truth, at any depth.

    Args:
        root: the folder.
        name: "oxford5k" or "paris6k".

    Returns:
        Collection with the protocol "classic".

    Raises:
        DataError: no ground truth, a broken line in it, or pictures that are missing; they are listed.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    corrupt = PARIS_CORRUPT if name == "paris6k" else frozenset()
    files = {stem: path for stem, path in pictures(root).items() if stem not in corrupt}
    queries, answers = read_ground_truth(root, corrupt)
    named = {query.image_id for query in queries}.union(*(part for parts in answers.values() for part in parts))
    missing = sorted(named - files.keys())
    if missing:
        raise DataError(f"{root} lacks {len(missing)} pictures that the ground truth of {name} names: {some(missing)}.")
    ids = sorted(files)
    positions = {image_id: position for position, image_id in enumerate(ids)}
    truth = {}
    for query in queries:
        good, ok, junk = ([positions[image_id] for image_id in part] for part in answers[query.id])
        truth[query.id] = relevance(good + ok, junk, len(ids), query.id)
    return Collection(
        name=name, tier="full", version="classic", licence="photographs of Flickr users; for research only",
        ids=ids, files=files, queries=queries, truth={"classic": truth}, default_protocol="classic", upright=False,
        note=_counted(root, name, len(ids), len(queries)),
    )


def _counted(root, name, images, queries):
    if (images, queries) == (IMAGES[name], QUERIES):
        return ""
    note = (
        f"{root} has {images} pictures and {queries} queries; the release of {name} has {IMAGES[name]} and {QUERIES}. "
        "Scores on it do not compare with published ones."
    )
    warnings.warn(note, stacklevel=3)
    return note


def pictures(root):
    """Map the name without ending of every .jpg below `root` to its path."""
    found = {path.stem: path for path in sorted(Path(root).rglob("*.jpg"))}
    if not found:
        raise DataError(f"{root} holds no .jpg file. Give the folder into which the archives were unpacked.")
    return found


def read_ground_truth(root, leave_out=frozenset()):
    """Read the `*_query.txt` files below `root` and their answers.

    Returns:
        list of Query; and query id -> (good, ok, junk), lists of image names.
    """
    questions = sorted(Path(root).rglob("*_query.txt"))
    if not questions:
        raise DataError(
            f"{root} holds no *_query.txt. Unpack the ground truth (gt_files_170407.tgz for Oxford5k) there."
        )
    queries, answers = [], {}
    for path in questions:
        query_id = path.name.removesuffix("_query.txt")
        queries.append(_read_query(path, query_id))
        parts = []
        for kind in ("good", "ok", "junk"):
            part = path.with_name(f"{query_id}_{kind}.txt")
            if not part.is_file():
                raise DataError(f"{part} is missing; every query needs its good, ok and junk file.")
            parts.append([line for line in part.read_text().split() if line not in leave_out])
        answers[query_id] = parts
    return queries, answers


def _read_query(path, query_id):
    words = path.read_text().split()
    try:
        name, box = words[0], tuple(float(word) for word in words[1:])
        if len(box) != 4:
            raise ValueError
    except (IndexError, ValueError) as error:
        raise DataError(f"{path} must hold one line: the image and four numbers x0 y0 x1 y1.") from error
    # Oxford's names carry a prefix that the picture files do not have.
    return Query(query_id, name.removeprefix("oxc1_"), box, query_id.rsplit("_", 1)[0])
