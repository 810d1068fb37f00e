"""The Wikipedia articles of Rasiwasia et al. (ACM Multimedia 2010): sections of featured articles, each with one picture and one of ten
categories; as features, for the pictures themselves are not part of the release.

A picture is a histogram of 128 visual words (SIFT), a text is its share of 10 topics (latent Dirichlet allocation).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from visret_lab.datasets.errors import DataError

LICENCE = "for research only; SVCL, UC San Diego"
PARTS = {"train": ("I_tr", "T_tr", "trainset_txt_img_cat.list"), "test": ("I_te", "T_te", "testset_txt_img_cat.list")}


@dataclass(frozen=True, eq=False)
class ArticleSet:
    """Pairs of a picture and a text, as features.

    Attributes:
        name; licence.
        ids: list of (text id, image id), one a pair, as the release names its files.
        images: float32 N x 128, rows sum to 1. texts: float32 N x 10, rows sum to 1.
        categories: int64 N, 0 to 9. names: list of str, of the categories.
        splits: dict "train", "test" -> int64 rows.
    """

    name: str
    licence: str
    ids: list
    images: np.ndarray
    texts: np.ndarray
    categories: np.ndarray
    names: list
    splits: dict

    def __len__(self):
        return len(self.ids)

    def part(self, split):
        """One split: (images, texts, categories). ValueError: there is no such split."""
        if split not in self.splits:
            raise ValueError(f"There is no split {split!r}; there are: {', '.join(self.splits)}.")
        rows = self.splits[split]
        return self.images[rows], self.texts[rows], self.categories[rows]

    def __repr__(self):
        counts = ", ".join(f"{len(rows)} {name}" for name, rows in self.splits.items())
        return f"<ArticleSet {self.name}: {len(self)} pairs ({counts}), {len(self.names)} categories>"


def load_wikipedia(root):
    """Read the folder with raw_features.mat, trainset_txt_img_cat.list, testset_txt_img_cat.list and categories.list.

    Returns:
        ArticleSet; the training pairs come first.

    Raises:
        DataError: a file is missing or of another form; lists and features of other lengths; a line that does not read "text id, image
            id, category", with its number.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder.")
    names = _lines(root / "categories.list")
    arrays = _features(root / "raw_features.mat")
    ids, categories, splits, images, texts = [], [], {}, [], []
    for split, (image, text, file) in PARTS.items():
        found, labels = _pairs(root / file, len(names))
        if not len(found) == len(arrays[image]) == len(arrays[text]):
            raise DataError(f"{root}: {file} names {len(found)} pairs, but raw_features.mat has {len(arrays[image])} rows of pictures and "
                            f"{len(arrays[text])} of texts. Are the files of one release?")
        splits[split] = np.arange(len(ids), len(ids) + len(found))
        ids, categories = ids + found, categories + labels
        images.append(arrays[image])
        texts.append(arrays[text])
    return ArticleSet("wikipedia", LICENCE, ids, np.concatenate(images), np.concatenate(texts), np.array(categories, np.int64),
                      names, splits)


def _features(path):
    if not path.is_file():
        raise DataError(f"{path} is missing; it holds the features of pictures and texts.")
    try:
        content = loadmat(path)
        arrays = {name: np.asarray(content[name], np.float32) for image, text, _ in PARTS.values() for name in (image, text)}
    except Exception as error:  # a damaged MATLAB file raises nearly anything
        raise DataError(f"{path} is damaged, or lacks one of I_tr, I_te, T_tr, T_te ({type(error).__name__}: {error}).") from error
    for name, array in arrays.items():
        if array.ndim != 2 or not np.isfinite(array).all():
            raise DataError(f"{path}: {name} must be a finite matrix with one row a pair; got shape {array.shape}.")
    for kind in "IT":
        if arrays[f"{kind}_tr"].shape[1] != arrays[f"{kind}_te"].shape[1]:
            raise DataError(f"{path}: {kind}_tr and {kind}_te have other numbers of columns.")
    return arrays


def _lines(path):
    if not path.is_file():
        raise DataError(f"{path} is missing.")
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not text in UTF-8 ({error}).") from error


def _pairs(path, categories):
    """Names and zero-based categories of a list: (list of (text id, image id), list of int)."""
    ids, labels = [], []
    for number, line in enumerate(_lines(path), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[2].isdigit() or not 1 <= int(words[2]) <= categories:
            raise DataError(f"{path}, line {number}: expected 'text id, image id, category 1 to {categories}'; got {line!r}.")
        ids.append((words[0], words[1]))
        labels.append(int(words[2]) - 1)
    return ids, labels
