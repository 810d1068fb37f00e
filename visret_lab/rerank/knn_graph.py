"""The neighbours of a database as a graph: who is near whom, kept where both agree.

The constants are those of Iscen, Tolias, Avrithis, Furon, Chum, "Efficient diffusion on region manifolds: recovering small objects
with compact CNN representations", CVPR 2017.
"""

import numpy as np
from scipy import sparse

from visret_lab.arrays import require_finite
from visret_lab.rerank.first_results import require_enough, unit_rows
from visret_lab.search.exact import top


def nearest(database, k, block=512):
    """The k nearest images of each image, by inner product; an image is no neighbour of itself, wherever its copies stand.

    Args:
        database: float32 N x D, unit length. k: neighbours. block: images that are compared with all others at a time.

    Returns:
        ids int64 N x k, best first, ties by id; similarities float32 N x k.

    Raises:
        ValueError: k below 1, or not below N.
    """
    require_enough(k, len(database) - 1, "k")
    ids = np.empty((len(database), k), np.int64)
    similarities = np.empty((len(database), k), np.float32)
    for start in range(0, len(database), block):
        rows = database[start : start + block] @ database.T
        rows[np.arange(len(rows)), np.arange(start, start + len(rows))] = -np.inf  # by its id: a copy may stand before it
        part = slice(start, start + len(rows))
        ids[part] = top(rows, k)
        similarities[part] = np.take_along_axis(rows, ids[part], axis=1)
    return ids, similarities


def affinity(ids, similarities, gamma=3.0, mutual=True):
    """The graph of a list of neighbours.

        a_ij = max(s_ij, 0)^gamma  where j is a neighbour of i *and* i one of j;  0 elsewhere, and on the diagonal

    Args:
        ids, similarities: N x k, as `nearest` gives them. gamma: makes near neighbours count for more.
        mutual: True as above. False: where *one* of the two names the other.

    Returns:
        scipy.sparse CSR float32 N x N, symmetric. An image that no neighbour names back has an empty row: it is isolated.

    Raises:
        ValueError: gamma not above 0, or arrays of different shapes.
    """
    if gamma <= 0:
        raise ValueError(f"gamma must be above 0, not {gamma:g}.")
    if np.ndim(ids) != 2 or np.shape(ids) != np.shape(similarities):
        raise ValueError(f"ids and similarities must both be N x k; got shapes {np.shape(ids)} and {np.shape(similarities)}.")
    n, k = ids.shape
    weights = np.maximum(similarities, 0).astype(np.float32) ** np.float32(gamma)
    directed = sparse.csr_matrix((weights.ravel(), ids.ravel(), np.arange(0, n * k + 1, k)), (n, n))
    graph = directed.minimum(directed.T) if mutual else directed.maximum(directed.T)
    graph.setdiag(0)
    graph.eliminate_zeros()
    return graph.tocsr()


def knn_graph(database, k=50, gamma=3.0, mutual=True):
    """`affinity` of the `nearest` of a database (float N x D; rows are brought to unit length): CSR float32 N x N."""
    return affinity(*nearest(unit_rows(database, "database"), k), gamma, mutual)


def require_graph(graph):
    """Raise a ValueError unless a matrix is square, finite, symmetric and without negative weights or self-loops.

    A self-loop is a walker who stays where he is. It adds to his own degree and so weakens all his links; the published graphs
    have none.
    """
    if not sparse.issparse(graph) or graph.shape[0] != graph.shape[1]:
        raise ValueError(f"The graph must be a square scipy.sparse matrix; got {type(graph).__name__} of shape {np.shape(graph)}.")
    require_finite(graph.tocsr().data, "the graph")
    if graph.diagonal().any():
        raise ValueError(f"Image {np.flatnonzero(graph.diagonal())[0]} is a neighbour of itself. Set the diagonal to 0: "
                         "graph.setdiag(0).")
    if graph.nnz and graph.min() < 0:
        raise ValueError("The graph has negative weights; a walk cannot take a step with a probability below 0. Set them to 0.")
    gap = abs(graph - graph.T)
    if gap.nnz and gap.max() > 1e-6 * graph.max():
        raise ValueError("The graph is not symmetric: i is tied to j otherwise than j to i. `affinity` makes it so.")


def normalized(graph):
    """The symmetric transition matrix of a walk.

        S = D^(-1/2) A D^(-1/2),    D the diagonal of the degrees d_i = sum_j a_ij

    Its eigenvalues lie from -1 to 1. An isolated image, of degree 0, keeps a row of zeros: nothing comes to it, and nothing leaves.

    Args:
        graph: CSR N x N. Raises: as `require_graph`.

    Returns:
        CSR N x N, of the dtype of the graph.
    """
    require_graph(graph)
    degree = np.asarray(graph.sum(axis=1, dtype=np.float64)).ravel()
    scale = np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
    return sparse.csr_matrix(graph.multiply(scale[:, None]).multiply(scale[None]), dtype=graph.dtype)
