"""Some frames of a film, and its photographs, as a data set: what is computed of them is kept in the cache, as for images."""

import hashlib
from functools import cached_property
from threading import Lock

import numpy as np

from visret_lab.protocols import Query, Relevance


class FilmSet:
    """Frames of a film as images, photographs of the screen as queries. Speaks `protocols.Dataset`.

    Args:
        film: `datasets.film.Film`. numbers: int N, of the frames, ascending. queries: list of FilmQuery; None for all of the film.

    Attributes:
        ids: list of str, the numbers. queries: list of Query; their groups are the numbers of the shots.
        version: digits of the SHA-256 of the video file and of the photographs, so that another film of the same name is another set.
    """

    tier, protocols, default_protocol = "film", ("shots",), "shots"

    def __init__(self, film, numbers, queries=None):
        self.film, self.name, self.licence = film, film.name, film.licence
        self.numbers = np.asarray(numbers, np.int64)
        self.ids = [str(n) for n in self.numbers]
        self._row = {name: i for i, name in enumerate(self.ids)}
        asked = film.queries if queries is None else queries
        self._photos = {f"photograph {i}": q for i, q in enumerate(asked)}
        self.queries = [Query(name, str(q.frame), None, str(q.shot)) for name, q in self._photos.items()]
        self._decoded, self._one_at_a_time = None, Lock()

    @cached_property
    def version(self):
        """See above."""
        digest = hashlib.sha256(self.film.path.read_bytes())
        for query in self._photos.values():
            digest.update(query.file.read_bytes())
        return digest.hexdigest()[:16]

    @property
    def images(self):
        """The frames, decoded in one pass when they are first asked for: list of uint8 H x W x 3."""
        with self._one_at_a_time:  # what computes features asks from several threads
            if self._decoded is None:
                self._decoded = [image for _, image in self.film.reader().frames(self.numbers)]
        return self._decoded

    def image(self, image_id):
        """A frame: uint8 H x W x 3. KeyError: it is none of these frames."""
        return self.images[self._row[image_id]]

    def query_image(self, query):
        """A photograph of the screen: uint8 H x W x 3."""
        return self.film.photo(self._photos[query.id])

    def relevant(self, query, protocol):
        """The frames of the shot that the photograph shows. Returns: Relevance."""
        first, last = self.film.shots[int(query.group)]
        return Relevance(np.flatnonzero((self.numbers >= first) & (self.numbers < last)), np.zeros(0, np.int64))
