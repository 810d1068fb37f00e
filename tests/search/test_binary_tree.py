import numpy as np
import pytest

from visret_lab.compact.bits import pack
from visret_lab.search.binary import BinaryIndex
from visret_lab.search.binary_tree import BinaryTree

RNG = np.random.default_rng(0)
BITS = RNG.random((2000, 256)) < 0.5
CODES = pack(BITS)


def near(share, count=200, seed=1):
    """Codes of the database with some bits turned over."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(BITS), size=count)
    return chosen, pack(BITS[chosen] ^ (rng.random((count, 256)) < share))


def test_with_all_sides_it_is_the_exact_search():
    tree = BinaryTree(leaf=20, backtracks=10**6).add(CODES)
    _, q = near(0.2, 40)
    scores, ids = tree.search(q, 5)
    want_scores, want = BinaryIndex(256).add(CODES).search(q, 5)
    assert np.array_equal(ids, want) and np.array_equal(scores, want_scores)


def test_every_code_stands_in_one_leaf_of_the_right_size():
    tree = BinaryTree(leaf=50).add(CODES)
    leaves = [(first, last) for bit, first, last in tree._nodes if bit < 0]
    assert sorted(tree._order.tolist()) == list(range(2000)) and sum(b - a for a, b in leaves) == 2000
    assert max(b - a for a, b in leaves) <= 50
    for k in (3, 700):  # a code goes down to the leaf in which it stands
        assert k in BinaryTree(leaf=50, backtracks=0).add(CODES).candidates(BITS[k])


def test_the_first_question_divides_most_evenly():
    bits = RNG.random((400, 8)) < [0.1, 0.9, 0.5, 0.3, 0.2, 0.7, 0.8, 0.05]
    assert BinaryTree(8, leaf=10).add(pack(bits))._nodes[0, 0] == 2


def test_more_sides_find_more():
    chosen, q = near(0.05)
    found = [(BinaryTree(leaf=20, backtracks=b).add(CODES).search(q)[1][:, 0] == chosen).mean() for b in (0, 10, 50)]
    assert found[0] < found[1] < found[2] and found[2] > 0.9


def test_the_sides_are_taken_in_the_order_in_which_they_were_left():
    bits = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], bool)
    tree = BinaryTree(2, leaf=1, backtracks=1).add(pack(bits))
    root = tree._nodes[0, 0]
    seen = tree.candidates(np.array([True, True]))
    assert seen[0] == 0 and not bits[seen[1], root]  # the root's other side comes first, though the last one left is nearer by


def test_equal_codes_make_one_leaf():
    tree = BinaryTree(64, leaf=3).add(np.zeros((10, 1), np.uint64))
    scores, ids = tree.search(np.zeros((1, 1), np.uint64), 12)
    assert ids[0].tolist() == [*range(10), -1, -1] and scores[0, 0] == 0 and scores[0, -1] == -np.inf


def test_codes_are_added_and_counted():
    tree = BinaryTree(leaf=30).add(CODES[:900]).add(CODES[900:])
    assert len(tree) == 2000 and tree.search(CODES[1500:1501])[1][0, 0] == 1500 and tree.nbytes >= CODES.nbytes


@pytest.mark.parametrize(("call", "says"), [
    (lambda: BinaryTree(0), "bits"), (lambda: BinaryTree(leaf=0), "leaf"), (lambda: BinaryTree().search(CODES[:1]), "empty|nothing"),
    (lambda: BinaryTree().add(CODES[:, :2]), "256 bits"), (lambda: BinaryTree().add(CODES).search(CODES[:1], 0), "k")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
