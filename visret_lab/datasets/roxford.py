"""ROxford5k and RParis6k (Radenovic et al., CVPR 2018): the pictures of Oxford5k and Paris6k under new ground truth.

The 70 query pictures are taken out of the database. What counts, per protocol:

    protocol   positive       junk (never counts)
    easy       easy           junk, hard
    medium     easy, hard     junk
    hard       hard           junk, easy
"""

from pathlib import Path
from typing import NamedTuple

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError, some
from visret_lab.datasets.oxford import pictures
from visret_lab.datasets.restricted_pickle import load_pickle
from visret_lab.protocols import Query


class GroundTruth(NamedTuple):
    """Names of the database and of the query pictures, and for each query a dict with bbx, easy, hard and junk."""

    imlist: list[str]
    qimlist: list[str]
    gnd: list[dict]


def read_ground_truth(path):
    """Read `gnd_roxford5k.pkl` or `gnd_rparis6k.pkl` with the restricted reader.

    Raises:
        DataError: not that kind of file, or a part of it has another form than released.
    """
    content = load_pickle(path)
    if not isinstance(content, dict) or not {"imlist", "qimlist", "gnd"} <= content.keys():
        raise DataError(f"{path} is no ground truth of ROxford or RParis: imlist, qimlist and gnd are expected in it.")
    imlist, qimlist, gnd = [str(x) for x in content["imlist"]], [str(x) for x in content["qimlist"]], content["gnd"]
    if len(gnd) != len(qimlist):
        raise DataError(f"{path} has {len(qimlist)} queries but {len(gnd)} answers.")
    for name, answer in zip(qimlist, gnd):
        if not isinstance(answer, dict) or not {"bbx", "easy", "hard", "junk"} <= answer.keys():
            raise DataError(f"{path}: the answer to {name} lacks one of bbx, easy, hard, junk.")
    return GroundTruth(imlist, qimlist, list(gnd))


def judge(answer, size, where):
    """Turn one answer (dict with easy, hard, junk) into protocol -> Relevance."""
    easy, hard, junk = (list(answer[kind]) for kind in ("easy", "hard", "junk"))
    return {
        "easy": relevance(easy, junk + hard, size, where),
        "medium": relevance(easy + hard, junk, size, where),
        "hard": relevance(hard, junk + easy, size, where),
    }


def load_roxford(root, name="roxford5k", ground_truth=None):
    """Read ROxford5k or RParis6k.

    Args:
        root: the folder that holds the pictures at any depth, and `gnd_<name>.pkl` unless that is given.
        name: "roxford5k" or "rparis6k".
        ground_truth: path of the pickle.

    Returns:
        Collection with the protocols "easy", "medium" (default) and "hard".

    Raises:
        DataError: no ground truth, or pictures that are missing; they are listed.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    path = Path(ground_truth) if ground_truth else _find(root, f"gnd_{name}.pkl")
    imlist, qimlist, gnd = read_ground_truth(path)
    files = pictures(root)
    missing = sorted({*imlist, *qimlist} - files.keys())
    if missing:
        raise DataError(
            f"{root} lacks {len(missing)} of the {len(imlist) + len(qimlist)} pictures of {name}: {some(missing)}. "
            f"They are those of {'Oxford5k' if name == 'roxford5k' else 'Paris6k'}: unpack its archives there."
        )
    queries, truth = [], {"easy": {}, "medium": {}, "hard": {}}
    for image_id, answer in zip(qimlist, gnd):
        box = tuple(float(value) for value in answer["bbx"])
        queries.append(Query(image_id, image_id, box, image_id.rsplit("_", 1)[0]))
        for protocol, judged in judge(answer, len(imlist), image_id).items():
            truth[protocol][image_id] = judged
    return Collection(
        name=name, tier="full", version="revisited-2018", licence="photographs of Flickr users; for research only",
        ids=imlist, files={image_id: files[image_id] for image_id in {*imlist, *qimlist}}, queries=queries,
        truth=truth, default_protocol="medium", upright=False,
    )


def _find(root, name):
    found = sorted(root.rglob(name))
    if not found:
        raise DataError(f"{root} holds no {name}. `visret data get {name.split('_')[1].split('.')[0]}-gnd` fetches it.")
    return found[0]
