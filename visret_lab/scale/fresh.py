"""New pictures at once: a small exact index beside the large one, and a list of what was removed.

The large index is built in a batch and never changed. What comes is added to the small one, what goes is put on the list. A question asks
both; a batch by night makes one large index of what is alive.
"""

import numpy as np

from visret_lab.arrays import as_rows
from visret_lab.scale.shards import merge
from visret_lab.search.exact import ExactIndex


class Fresh:
    """An index that takes and gives up rows at any time.

    Args:
        large: index with `search(q, k) -> scores, rows` and a length. ids: int64 N, numbers of its rows, different.
        metric: "ip" or "l2", that of the large one.
    """

    def __init__(self, large, ids, metric="ip"):
        self.large, self.ids = large, np.asarray(ids, np.int64)
        if self.ids.shape != (len(large),) or len(np.unique(self.ids)) < len(self.ids):
            raise ValueError(f"Give {len(large)} different ids, one a row of the large index; got {self.ids.shape}.")
        self.metric, self.gone, self._new, self._small = metric, set(), {}, None
        self._large_ids = set(self.ids.tolist())

    def __len__(self):
        return len(self.ids) - len(self.gone) + len(self._new)

    def add(self, x, ids):
        """Add float N x D under int64 ids; where an id is there already, the new row takes its place, and the old one is found no more."""
        x, ids = as_rows(x, "x"), [int(i) for i in ids]
        if len(ids) != len(x) or len(set(ids)) < len(ids):
            raise ValueError(f"Give {len(x)} different ids, one a row; got {len(ids)} ({len(set(ids))} different).")
        self.gone |= self._large_ids & set(ids)
        self._new.update(zip(ids, x, strict=True))
        self._small = None
        return self

    def remove(self, ids):
        """Take rows out. ValueError names an id that is not there."""
        for i in map(int, ids):
            if i not in self._new and (i not in self._large_ids or i in self.gone):
                raise ValueError(f"There is no row with id {i}; perhaps it was removed before.")
            self._new.pop(i, None)
            self.gone |= {i} & self._large_ids
        self._small = None
        return self

    def search(self, q, k):
        """The k best living rows: scores float32 Q x k, ids int64 Q x k, ties by id; -inf and -1 where there are fewer."""
        q = as_rows(q, "q")
        lists = [self._from_large(q, k)]
        if self._new:
            lists.append(self._from_small(q, k))
        return merge(*zip(*lists, strict=True), k)

    def _from_small(self, q, k):
        """k rows of the new ones; their index is made at the first question behind a change."""
        if self._small is None:
            names = np.array(sorted(self._new), np.int64)
            self._small = names, ExactIndex(self.metric).add(np.stack([self._new[i] for i in names.tolist()]))
        names, index = self._small
        scores, rows = index.search(q, k)
        return scores, np.where(rows < 0, -1, names[rows])

    def _from_large(self, q, k):
        """k living rows of the large index. Of the first k + g rows at most g are gone, where g rows are."""
        scores, rows = self.large.search(q, min(k + len(self.gone), len(self.large)))
        ids = np.where(rows < 0, -1, self.ids[rows])
        dead = np.isin(ids, np.fromiter(self.gone, np.int64, len(self.gone)))
        return np.where(dead, -np.inf, scores), np.where(dead, -1, ids)
