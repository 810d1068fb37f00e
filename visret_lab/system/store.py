"""The index on disk: segments that never change, and one manifest that says which of them count.

    index/
      manifest.json          replaced as a whole; what it names exists and is whole
      lock                   held by the one who writes
      segments/000001/       some hundreds of pictures: NumPy files, memory-mapped when they are read
      derived/               what can be made again: trained engines, kept walks

A segment is written under another name, waited for until the disk has it, and moved. Then the manifest is replaced. Killed before that,
the index is what it was, and a segment that nobody names is swept away by the next writer.
"""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from visret_lab.datasets.errors import DataError
from visret_lab.files import plain_errors, write_bytes
from visret_lab.system.recipe import from_dict

try:
    import fcntl
except ImportError:  # Windows has no flock; there, two writers at once are the user's to avoid
    fcntl = None

FORMAT = 1
FILES = ("names", "name_ends", "facts", "vectors", "points", "descriptors", "local_ends")
FACTS = np.dtype([("size", "<i8"), ("mtime_ns", "<i8"), ("sha256", "u1", 32), ("width", "<i4"), ("height", "<i4")])
DEAD = 0.25  # share of removed pictures from which a segment is written anew
HEADER = 128  # bytes of an array without entries
SMALL = 8  # segments less than a quarter full, from which these are joined


class Rows(NamedTuple):
    """Some pictures, in the order of their ids. facts: N of FACTS. vectors: float32 N x D. points: uint16 M x 2, descriptors: uint8
    M x 128, of all pictures one after the other. local_ends: int64 N, where those of each picture end."""

    ids: list
    facts: np.ndarray
    vectors: np.ndarray
    points: np.ndarray
    descriptors: np.ndarray
    local_ends: np.ndarray

    def local(self, row):
        """Packed local features of a picture: (uint16 M_i x 2, uint8 M_i x 128)."""
        part = slice(int(self.local_ends[row - 1]) if row else 0, int(self.local_ends[row]))
        return self.points[part], self.descriptors[part]


def rows_of(items):
    """Rows from a list of (id, (size, mtime_ns, sha256 bytes), Described); they are put in the order of their ids."""
    items = sorted(items, key=lambda item: item[0])
    facts = np.zeros(len(items), FACTS)
    for fact, (_, (size, mtime, sha), one) in zip(facts, items, strict=True):
        fact["size"], fact["mtime_ns"], fact["sha256"] = size, mtime, np.frombuffer(sha, np.uint8)
        fact["width"], fact["height"] = one.size
    described = [one for *_, one in items]
    return Rows([i for i, *_ in items], facts, np.stack([o.vector for o in described]), np.concatenate([o.points for o in described]),
                np.concatenate([o.descriptors for o in described]), np.cumsum([len(o.points) for o in described]))


def take(parts):
    """One Rows of chosen rows of several: list of (Rows, list of int) -> Rows, in the order of the ids."""
    chosen = sorted((rows.ids[i], n, i) for n, (rows, some) in enumerate(parts) for i in some)
    local = [parts[n][0].local(i) for _, n, i in chosen]
    return Rows([i for i, *_ in chosen], *(np.stack([getattr(parts[n][0], key)[i] for _, n, i in chosen]) for key in ("facts", "vectors")),
                np.concatenate([p for p, _ in local]), np.concatenate([d for _, d in local]), np.cumsum([len(p) for p, _ in local]))


class Store:
    """An index that is open for reading. `writing(...)` opens one for writing.

    Args:
        place: folder of the index.

    Attributes:
        manifest: dict, as it was when the index was opened. recipe: Recipe.

    Raises:
        DataError: no index there, one of another format, or a manifest or a segment that is damaged.
    """

    def __init__(self, place):
        self.place = Path(place)
        self.manifest = read_manifest(self.place)
        self.recipe = from_dict(self.manifest["recipe"])
        self._open, self._whole = {}, set()

    def __len__(self):
        return sum(s["count"] for s in self.segments) - sum(map(len, self.removed.values()))

    @property
    def segments(self):
        """list of dict: name, count, files (name -> sha256, bytes)."""
        return self.manifest["segments"]

    @property
    def removed(self):
        """dict name of a segment -> list of its rows that count no more. By row and not by id: an id may come back in a later segment."""
        return self.manifest["removed"]

    @property
    def nbytes(self):
        """Bytes of all files of all segments."""
        return sum(told["bytes"] for s in self.segments for told in s["files"].values())

    def alive(self, segment):
        """int64 rows of a segment that count."""
        return np.setdiff1d(np.arange(segment["count"]), np.array(self.removed.get(segment["name"], []), np.int64))

    def rows(self, segment):
        """The Rows of a segment. All but its local features are checked against their SHA-256 at the first call."""
        name = segment["name"]
        if name not in self._open:
            for file in FILES:
                self._require(segment, file, also_content=file not in ("points", "descriptors"))
            read = {file: self._load(segment, file) for file in FILES}
            ends, text = read["name_ends"], read["names"].tobytes()
            ids = [text[a:b].decode() for a, b in zip([0, *ends[:-1]], ends, strict=True)]
            self._open[name] = Rows(ids, *(read[f] for f in FILES[2:]))
        return self._open[name]

    def local(self, segment, row):
        """Packed local features of one picture; the files of the segment are checked against their SHA-256 at the first call.

        What was opened stays readable, also where a writer has joined segments meanwhile and the files have lost their names.
        """
        rows = self.rows(segment)
        for file in ("points", "descriptors"):
            if self._path(segment["name"], file).exists():
                self._require(segment, file, also_content=True)
        return rows.local(row)

    def entries(self, segment):
        """Yield (id, size, mtime_ns, sha256 bytes, name of the segment, row) of the living pictures of a segment, in order; the files are
        mapped, so that no list of ids is held."""
        for file in ("names", "name_ends", "facts"):
            self._require(segment, file, also_content=True)
        names, ends, facts = (self._load(segment, file) for file in ("names", "name_ends", "facts"))
        for i in self.alive(segment):
            id_, fact = bytes(names[ends[i - 1] if i else 0 : ends[i]]).decode(), facts[i]
            yield id_, int(fact["size"]), int(fact["mtime_ns"]), fact["sha256"].tobytes(), segment["name"], int(i)

    def close(self, segment):
        """Forget what was read of a segment."""
        self._open.pop(segment["name"], None)

    def damaged(self):
        """Names of the segments that fail their checks; reads everything."""
        found = []
        for segment in self.segments:
            try:
                for file in FILES:
                    self._require(segment, file, also_content=True)
            except DataError:
                found.append(segment["name"])
        return found

    def _path(self, name, file):
        return self.place / "segments" / name / f"{file}.npy"

    def _load(self, segment, file):
        """An array of a segment; what is large stays on the disk and is mapped. An array without entries cannot be mapped."""
        mapped = segment["files"][file]["bytes"] > HEADER
        return np.load(self._path(segment["name"], file), mmap_mode="r" if mapped else None)

    def _require(self, segment, file, also_content):
        name, told = segment["name"], segment["files"][file]
        if (name, file) in self._whole:
            return
        path = self._path(name, file)
        if not path.is_file():
            wrong = "is missing"
        elif path.stat().st_size != told["bytes"]:
            wrong = f"has {path.stat().st_size} bytes instead of {told['bytes']}"
        elif also_content and sha256_of(path) != told["sha256"]:
            wrong = "has another SHA-256 than when it was written"
        else:
            if also_content:
                self._whole.add((name, file))
            return
        raise DataError(f"The index {self.place} is damaged: segments/{name}/{file}.npy {wrong}. Describe its {segment['count']} pictures "
                        f"again: visret index \"{self.manifest['folder']}\" --where \"{self.place}\" --mend")


class Writer(Store):
    """An index that is open for writing; made by `writing`. Every call leaves a whole index, whatever happens in it."""

    def add(self, rows, removed=()):
        """Append a segment, and take pictures out, at one stroke. Either may be empty.

        Args:
            rows: Rows or None. removed: (name of a segment, row) pairs.
        """
        gone = {name: list(some) for name, some in self.removed.items()}
        for name, row in removed:
            gone.setdefault(name, []).append(row)
        self._commit([*self.segments, self._write(rows)] if rows is not None and rows.ids else self.segments, gone)

    def compact(self, part):
        """Write the living pictures of segments with many removed ones, and of many small segments, into new ones of up to `part`.

        Returns:
            number of segments that were replaced.
        """
        small = [s["name"] for s in self.segments if len(self.alive(s)) < part / 4]
        small = small if len(small) >= SMALL else []
        old = [s for s in self.segments if s["name"] in small or len(self.removed.get(s["name"], [])) > DEAD * s["count"]]
        batch = []
        for segment in old:
            if batch and sum(len(self.alive(s)) for s in batch) + len(self.alive(segment)) > part:
                self._replace(batch)
                batch = []
            batch.append(segment)
        if batch:
            self._replace(batch)
        return len(old)

    def drop(self, names):
        """Forget some segments; their pictures are new again for the next update."""
        self._commit([s for s in self.segments if s["name"] not in names], self.removed)

    def _replace(self, batch):
        names = [s["name"] for s in batch]
        parts = [(self.rows(s), self.alive(s).tolist()) for s in batch]
        kept = [s for s in self.segments if s["name"] not in names]
        if any(some for _, some in parts):
            for s in batch:
                for file in FILES:
                    self._require(s, file, also_content=True)
            kept.append(self._write(take(parts)))
        self._commit(kept, self.removed)
        for segment in batch:
            self.close(segment)
            shutil.rmtree(self.place / "segments" / segment["name"], ignore_errors=True)

    def _write(self, rows):
        """Write a segment into its own folder, whole or not at all: its entry for the manifest."""
        texts = [i.encode() for i in rows.ids]
        arrays = {"names": np.frombuffer(b"".join(texts), np.uint8), "name_ends": np.cumsum([len(t) for t in texts]),
                  **{f: getattr(rows, f) for f in FILES[2:]}}
        self.manifest["written"] += 1
        name, folder = f"{self.manifest['written']:06d}", self.place / "segments"
        with plain_errors(folder / name):
            temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
            try:
                os.chmod(temporary, 0o755)
                files = {file: _save(temporary / f"{file}.npy", array) for file, array in arrays.items()}
                os.replace(temporary, folder / name)
                _sync_folder(folder)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
        return {"name": name, "count": len(rows.ids), "files": files}

    def _commit(self, segments, removed):
        names = {s["name"] for s in segments}
        manifest = {**self.manifest, "segments": list(segments),
                    "removed": {n: sorted(rows) for n, rows in removed.items() if n in names and rows}}
        write_manifest(self.place, manifest)
        self.manifest = manifest


@contextlib.contextmanager
def writing(place, recipe, fingerprint, folder):
    """Open an index for writing, or begin one: `with writing(...) as writer`.

    Args:
        place: folder of the index. recipe: Recipe. fingerprint: `Describer.fingerprint`. folder: of the pictures.

    Raises:
        DataError: another process writes; an index of another format, of other features, or of another folder.
        StorageError: it cannot be written.
    """
    place = Path(place)
    with plain_errors(place):
        (place / "segments").mkdir(parents=True, exist_ok=True)
    with _lock(place):
        if not (place / "manifest.json").exists():
            write_manifest(place, {"format": FORMAT, "recipe": recipe.as_dict(), "fingerprint": fingerprint, "folder": str(folder),
                                   "written": 0, "segments": [], "removed": {}})
        writer = Writer(place)
        told = writer.manifest
        if told["fingerprint"] != fingerprint:
            raise DataError(f"The index {place} was made with another recipe or other weights, so its descriptions cannot be compared with "
                            "new ones. Use the recipe that it was made with, or delete this folder and index the pictures again.")
        if told["folder"] != str(folder):
            raise DataError(f"{place} is the index of {told['folder']}, not of {folder}. Give another place with --where.")
        _sweep(place, {s["name"] for s in writer.segments})
        if told["recipe"] != recipe.as_dict():  # the part of the recipe that only asks may change
            writer.recipe, writer.manifest = recipe, {**told, "recipe": recipe.as_dict()}
            write_manifest(place, writer.manifest)
        yield writer


def read_manifest(place):
    """The manifest of an index: dict. DataError: there is none, it is damaged, or of another format."""
    path = Path(place) / "manifest.json"
    if not path.is_file():
        raise DataError(f"There is no index at {place}. Make one: visret index FOLDER")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        version = told["format"]
        if version == FORMAT:
            told["segments"], told["removed"], told["recipe"], told["fingerprint"], told["folder"], told["written"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged ({error}). Delete the folder {place} and index the pictures again.") from error
    if version != FORMAT:
        raise DataError(f"The index {place} has the format {version}, this program reads {FORMAT}. Use the version of the program that "
                        "made it, or delete the folder and index the pictures again.")
    return told


def write_manifest(place, manifest):
    """Replace the manifest as a whole."""
    write_bytes(Path(place) / "manifest.json", (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode())


def sha256_of(path):
    """Hexadecimal SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _lock(place):
    """Hold the lock of an index; it belongs to the open file, so it goes away with a process that was killed."""
    with plain_errors(place):
        handle = open(place / "lock", "a+")
    with handle:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                handle.seek(0)
                raise DataError(f"The index {place} is being written by {handle.read().strip() or 'another process'}. Wait until it has "
                                "finished, then call again.") from error
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
        handle.flush()
        yield


def _sweep(place, named):
    """Remove what a killed writer left: segments that the manifest does not name, and temporary files."""
    for path in (place / "segments").iterdir():
        if path.name not in named:
            shutil.rmtree(path, ignore_errors=True)
    for path in place.glob(".manifest.json.*.tmp"):
        path.unlink(missing_ok=True)


def _save(path, array):
    """Write an array, wait for the disk: {sha256, bytes}. The digest is that of what was to be written, so the disk is not read again."""
    with open(path, "wb") as file:
        kept = _Digested(file)
        np.lib.format.write_array(kept, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": kept.digest.hexdigest(), "bytes": kept.count}


class _Digested:
    """A file to be written that counts and digests what goes through."""

    def __init__(self, file):
        self.file, self.digest, self.count = file, hashlib.sha256(), 0

    def write(self, content):
        self.digest.update(content)
        self.count += len(memoryview(content).cast("B"))
        return self.file.write(content)


def _sync_folder(folder):
    """Wait until the disk knows the names in a folder; Windows cannot, and need not."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
