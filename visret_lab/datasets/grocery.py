"""The Grocery Store data set (Klasson et al., WACV 2019, MIT licence): photographs of products on the shelf, and one
clean ("iconic") picture of each product.

One database serves two questions. It holds the training photographs and the iconic pictures; the queries are the test
photographs. Under "natural" the right answers are training photographs of the same product, and the iconic pictures
are junk; under "iconic" the right answer is the product's iconic picture, and the training photographs are junk.
So features are computed once, and "iconic" at rank 1 is the figure "natural to iconic R@1".
"""

import csv
from pathlib import Path
from typing import NamedTuple

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError, some
from visret_lab.protocols import Query


class Product(NamedTuple):
    """One row of classes.csv: fine class, coarse class, iconic picture (path below `dataset`)."""

    name: str
    coarse: str
    iconic: str


def load_grocery(root, tier="campus"):
    """Read the folder of the release, or its `dataset` folder.

    Returns:
        Collection with the protocols "natural" (default) and "iconic"; `groups` gives the product of every picture.

    Raises:
        DataError: a list is missing or broken, or pictures are missing; they are listed.
    """
    root = Path(root).expanduser()
    base = next((p for p in (root, root / "dataset", *sorted(root.glob("*/dataset"))) if (p / "classes.csv").is_file()),
                None)
    if base is None:
        raise DataError(f"{root} holds no dataset/classes.csv; give the folder of the Grocery Store release.")
    products = _read_products(base / "classes.csv")
    train, test = _read_list(base / "train.txt", products), _read_list(base / "test.txt", products)
    iconic = {product.iconic: label for label, product in products.items()}
    files = {image_id: base / image_id for image_id in [*train, *iconic, *test]}
    missing = [image_id for image_id, path in files.items() if not path.is_file()]
    if missing:
        raise DataError(f"{base} lacks {len(missing)} of {len(files)} pictures: {some(missing, 4)}.")
    labels = {**train, **iconic, **test}
    return Collection(
        name="grocery-store", tier=tier, version="fc80ba90", licence="MIT", ids=[*train, *iconic], files=files,
        queries=[Query(image_id, image_id, None, products[label].name) for image_id, label in test.items()],
        truth=_answers(train, iconic, test), default_protocol="natural",
        groups={image_id: products[label].name for image_id, label in labels.items()},
    )


def _answers(train, iconic, test):
    ids = [*train, *iconic]
    training, clean = list(range(len(train))), list(range(len(train), len(ids)))
    same, icon = {}, {label: len(train) + k for k, label in enumerate(iconic.values())}
    for position, label in enumerate(train.values()):
        same.setdefault(label, []).append(position)
    truth = {"natural": {}, "iconic": {}}
    for image_id, label in test.items():
        truth["natural"][image_id] = relevance(same.get(label, []), clean, len(ids), image_id)
        truth["iconic"][image_id] = relevance([icon[label]], training, len(ids), image_id)
    return truth


def _read_products(path):
    products = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        for row in list(csv.reader(file))[1:]:
            try:
                name, label, coarse, _, iconic, *_ = row
                products[int(label)] = Product(name, coarse, iconic.lstrip("/"))
            except ValueError as error:
                raise DataError(f"{path} has a broken row: {row}.") from error
    if not products:
        raise DataError(f"{path} lists no product.")
    return products


def _read_list(path, products):
    if not path.is_file():
        raise DataError(f"{path} is missing; it lists the pictures of this part.")
    labels = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip():
            continue
        words = [word.strip() for word in line.split(",")]
        if len(words) != 3 or not words[1].isdigit() or int(words[1]) not in products:
            raise DataError(f"{path}, line {number}: expected 'picture, fine class, coarse class'; got {line!r}.")
        labels[words[0]] = int(words[1])
    return labels
