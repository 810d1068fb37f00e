"""Real clips, each a single shot, joined into one film whose cuts are known because we made them.

Each clip is divided into pieces of a second, and the pieces are dealt out in turns: a piece of the first clip, one of the second, and so
on. So every cut is between different clips, and pieces of one clip look alike, as shots of one scene do.
"""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.film_file import FilmError, FilmReader, write_film
from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest
from visret_lab.worlds.recapture import recapture

VERSION = "1.0"
ENDINGS = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v")
SIZE = (448, 336)
PIECE = 1.0  # seconds; a rest of less than half of it is added to the piece before
PHOTOS = 2  # a piece


def join(folder, read, size=SIZE, piece=PIECE):
    """Join the clips of a folder; the film is made once and kept in the cache.

    Args:
        folder: with video files, each a single shot. read: function (path of the truth, licence) -> Film. size: (width, height), to which
            every frame is scaled and cut. piece: seconds.

    Returns:
        what `read` returns.

    Raises:
        DataError: no folder, fewer than two clips in it, or a clip that cannot be read; it is named.
    """
    folder = Path(folder).expanduser()
    clips = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS) if folder.is_dir() else []
    if len(clips) < 2:
        raise DataError(f"{folder} has {len(clips)} video files ({', '.join(ENDINGS)}); at least two are needed to have a cut.")
    marks = [(p.name, p.stat().st_size) for p in clips]
    name = "joined-" + hashlib.sha256(json.dumps([marks, size, piece]).encode()).hexdigest()[:12]
    made = ensure(name, VERSION, lambda place, _: _make(place, clips, size, piece))
    return read(made / "joined.json", "that of the clips, from " + folder.name)


def pieces(lengths, rates, seconds=PIECE):
    """How clips are dealt out.

    Args:
        lengths: frames of each clip. rates: frames a second of each. seconds: of a piece.

    Returns:
        list of (clip, first, last), last exclusive, in the order of the film.
    """
    found = []
    for clip, (length, rate) in enumerate(zip(lengths, rates, strict=True)):
        step = max(2, round(seconds * rate))
        count = max(1, round(length / step))
        borders = [i * step for i in range(count)] + [length]
        found += [(turn, clip, borders[turn], borders[turn + 1]) for turn in range(count)]
    return [piece[1:] for piece in sorted(found)]  # turn by turn: neighbours are of one clip only where no other is left


def _make(folder, clips, size, piece):
    try:
        readers = [FilmReader(clip) for clip in clips]
        order = pieces([len(r) for r in readers], [r.fps for r in readers], piece)
        fps = round(float(np.median([r.fps for r in readers])))
        frames = (_cover(image, size) for clip, first, last in order for _, image in readers[clip].frames(range(first, last)))
        count = write_film(folder / "joined.mp4", frames, fps=fps)
    except FilmError as error:
        raise DataError(str(error)) from error
    borders = np.cumsum([0, *(last - first for _, first, last in order)])
    # A scene is a round in which every clip has had its turn.
    shots = [{"first": int(borders[i]), "last": int(borders[i + 1]), "scene": i // len(clips), "setup": clip, "move": "hand", "flash": None,
              "source": [clips[clip].name, first, last]} for i, (clip, first, last) in enumerate(order)]
    queries = _photographs(folder, FilmReader(folder / "joined.mp4"), shots)
    truth = {"name": "joined", "version": VERSION, "frames": count, "shots": shots, "dissolves": [], "items": [], "queries": queries}
    write_bytes(folder / "joined.json", json.dumps(truth).encode())
    write_manifest(folder, "joined", VERSION, 0, ["joined.mp4", "joined.json", *(q["photo"] for q in queries)])


def _photographs(folder, reader, shots):
    found = []
    for number, shot in enumerate(shots):
        rng = np.random.default_rng([47, number])
        for t in sorted(rng.choice(range(shot["first"], shot["last"]), min(PHOTOS, shot["last"] - shot["first"]), replace=False).tolist()):
            photo, homography = recapture(reader.frame(t), np.random.default_rng([48, t]), (320, 240))
            name = f"q{len(found):03d}.jpg"
            write_bytes(folder / name, cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
            found.append({"photo": name, "frame": t, "shot": number, "homography": homography.tolist()})
    return found


def _cover(image, size):
    """Scale so that a frame covers `size`, and cut off what is too much on both sides."""
    (w, h), (width, height) = image.shape[1::-1], size
    scale = max(width / w, height / h)
    large = cv2.resize(image, (max(width, round(w * scale)), max(height, round(h * scale))), interpolation=cv2.INTER_AREA)
    x, y = (large.shape[1] - width) // 2, (large.shape[0] - height) // 2
    return np.ascontiguousarray(large[y:y + height, x:x + width])
