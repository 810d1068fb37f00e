import numpy as np
import pytest
from scipy.io import savemat

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.wikipedia import load_wikipedia

ARRAYS = {"I_tr": np.arange(12.0).reshape(3, 4), "I_te": np.ones((2, 4)), "T_tr": np.eye(3), "T_te": np.eye(3)[:2] / 2}


@pytest.fixture
def root(tmp_path):
    savemat(tmp_path / "raw_features.mat", ARRAYS)
    (tmp_path / "categories.list").write_text("art\nbiology\n")
    (tmp_path / "trainset_txt_img_cat.list").write_text("t1\ti1\t2\nt2\ti2\t1\nt3\ti3\t2\n")
    (tmp_path / "testset_txt_img_cat.list").write_text("t4-2\ti4\t1\nt5\ti5\t2\n")
    return tmp_path


def test_pairs_splits_and_categories(root):
    data = load_wikipedia(root)
    assert data.ids == [("t1", "i1"), ("t2", "i2"), ("t3", "i3"), ("t4-2", "i4"), ("t5", "i5")]
    assert data.categories.tolist() == [1, 0, 1, 0, 1] and data.names == ["art", "biology"]
    images, texts, categories = data.part("test")
    assert images.tolist() == np.ones((2, 4)).tolist() and texts.tolist() == (np.eye(3)[:2] / 2).tolist()
    assert categories.tolist() == [0, 1] and images.dtype == np.float32
    assert data.part("train")[0].tolist() == ARRAYS["I_tr"].tolist()
    assert "5 pairs (3 train, 2 test), 2 categories" in repr(data)
    with pytest.raises(ValueError, match="no split 'val'; there are: train, test"):
        data.part("val")


@pytest.mark.parametrize("line", ["t2\ti2", "t2\ti2\t3", "t2\ti2\t0", "t2\ti2\tart"])
def test_a_malformed_line_is_named(root, line):
    (root / "trainset_txt_img_cat.list").write_text(f"t1\ti1\t2\n{line}\nt3\ti3\t2\n")
    with pytest.raises(DataError, match=r"trainset_txt_img_cat.list, line 2: expected 'text id, image id, category 1 to 2'"):
        load_wikipedia(root)


def test_lists_and_features_of_other_lengths(root):
    (root / "testset_txt_img_cat.list").write_text("t4\ti4\t1\n")
    with pytest.raises(DataError, match="names 1 pairs, but raw_features.mat has 2 rows of pictures and 2 of texts"):
        load_wikipedia(root)


@pytest.mark.parametrize("name", ["raw_features.mat", "categories.list", "trainset_txt_img_cat.list"])
def test_a_missing_file_is_named(root, name):
    (root / name).unlink()
    with pytest.raises(DataError, match=f"{name} is missing"):
        load_wikipedia(root)
    with pytest.raises(DataError, match="is not a folder"):
        load_wikipedia(root / "nowhere")


def test_features_of_another_form(root):
    (root / "raw_features.mat").write_bytes(b"no matlab")
    with pytest.raises(DataError, match="raw_features.mat is damaged, or lacks"):
        load_wikipedia(root)
    savemat(root / "raw_features.mat", {**ARRAYS, "T_te": np.ones((2, 5))})
    with pytest.raises(DataError, match="T_tr and T_te have other numbers of columns"):
        load_wikipedia(root)
    savemat(root / "raw_features.mat", {**ARRAYS, "I_tr": np.full((3, 4), np.nan)})
    with pytest.raises(DataError, match="I_tr must be a finite matrix"):
        load_wikipedia(root)


def test_a_list_in_another_encoding(root):
    (root / "categories.list").write_bytes("m\u00fasica\nart\n".encode("cp1252"))
    with pytest.raises(DataError, match="not text in UTF-8"):
        load_wikipedia(root)
