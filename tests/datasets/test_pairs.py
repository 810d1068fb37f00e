import numpy as np
import pytest

from visret_lab.datasets import load
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.pairs import load_pairs, read_homography

H = "  8.0e-001 1.0e-001 -2.0e+001\n -1.8e-001 9.0e-001 7.0e+001\n 4.0e-004 -3.0e-005 1.0e+000\n"


def test_oxford_affine_layout(tmp_path, picture):
    for number in (1, 2, 3):
        picture(tmp_path / "graf" / f"img{number}.png")
    (tmp_path / "graf" / "H1to2p").write_text(H)
    (tmp_path / "graf" / "H1to4p.txt").write_text(H)  # its picture is absent: no pair
    pairs = load_pairs(tmp_path / "graf", "graf")
    assert [pair.id for pair in pairs.pairs] == ["graf/1-2"]
    pair = pairs.pair("graf/1-2")
    assert pair.homography.dtype == np.float64 and pair.homography[0, 2] == -20
    assert pairs.image(pair.a).shape == pairs.image(pair.b).shape == (8, 12, 3)


def test_hpatches_layout_below(tmp_path, picture):
    for sequence in ("i_one", "v_two"):
        for number in (1, 2, 3):
            picture(tmp_path / sequence / f"{number}.ppm")
        for number in (2, 3):
            (tmp_path / sequence / f"H_1_{number}").write_text("2 0 1 0 2 1 0 0 2")
    pairs = load("pairs", tier="campus", root=tmp_path)
    assert len(pairs) == 4 and len(pairs.ids) == 6
    assert pairs.pairs[-1].id == "v_two/1-3" and pairs.pairs[-1].homography[2, 2] == 1


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="holds no pair"):
        load_pairs(tmp_path)
    with pytest.raises(DataError, match="not a folder"):
        load_pairs(tmp_path / "no")


@pytest.mark.parametrize("text", ["1 0 0 0 1 0 0 0", "1 0 0 0 x 0 0 0 1", "0 0 0 0 0 0 0 0 1", "1 0 0 0 1 0 0 0 nan"])
def test_broken_homography(tmp_path, text):
    (tmp_path / "H").write_text(text)
    with pytest.raises(DataError, match="H .*holds a matrix|H must hold nine numbers"):
        read_homography(tmp_path / "H")


def test_unknown_names(tmp_path, picture):
    picture(tmp_path / "1.png"), picture(tmp_path / "2.png")
    (tmp_path / "H_1_2").write_text(H)
    pairs = load_pairs(tmp_path)
    with pytest.raises(DataError, match="no pair 'x'"):
        pairs.pair("x")
    with pytest.raises(DataError, match="no image 'x'"):
        pairs.image("x")
