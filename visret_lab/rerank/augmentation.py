"""Database-side augmentation (DBA): every image of the database becomes a mean of itself and of its neighbours, once, before any query.

The idea for bags of words: Turcot and Lowe, "Better matching with fewer features", ICCV workshops 2009; Arandjelovic and Zisserman,
"Three things everyone should know to improve object retrieval", CVPR 2012. The weights: Gordo, Almazan, Revaud, Larlus, "End-to-end
learning of deep visual representations for image retrieval", IJCV 2017.
"""

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.first_results import require_enough, unit_rows
from visret_lab.rerank.knn_graph import nearest


def augment(database, k=20, block=512):
    """The augmented database.

        x' = L2(x + sum over r = 0 ... k - 1 of (k - r) / k x_(r)),    x_(0) the nearest image other than x, x_(1) the next, ...

    The nearest neighbour has the same weight as the image itself, the last one 1 / k.

    Args:
        database: float N x D. Rows are brought to unit length; a zero row has no neighbours and stays zero.
        k: neighbours of an image. block: images at a time.

    Returns:
        float32 N x D, unit length. The bytes of an image do not change.

    Raises:
        ValueError: k below 1 or not below N; NaN.
    """
    database = unit_rows(database, "database")
    require_enough(k, len(database) - 1, "k")
    ids, _ = nearest(database, k, block)
    weights = ((k - np.arange(k)) / k).astype(np.float32)
    found = np.empty_like(database)
    for start in range(0, len(database), block):
        part = slice(start, start + block)
        found[part] = database[part] + np.einsum("k,nkd->nd", weights, database[ids[part]])
    found[~database.any(axis=1)] = 0
    return l2_normalize(found)
