"""Index a film of an hour as a stream, and record what it took: seconds, features, bytes, and the largest memory of the process.

    python data_scripts/index_an_hour.py [--minutes 60] [--painted 6] [--folder FOLDER]

The film is made first: `painted` films of two minutes each, of seeds of their own, then joined again and again until the hour is full. From
the second round on every frame is changed (mirrored, then darker, then cut to its middle, ...), so that no shot occurs twice in the same
form. Painting takes about 12 ms a frame, so the six films take three minutes; encoding the hour, another ten.
Then the film is indexed in a new process, whose peak of memory is its own. The record stands in visret_lab/tables/records/film_hour.json.
"""

import argparse
import json
import tempfile
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.bench.record import versions
from visret_lab.bench.scale import alone, peak_bytes
from visret_lab.film_file import FilmReader, write_film
from visret_lab.files import write_bytes
from visret_lab.video.moments import FilmIndex
from visret_lab.worlds.film.script import FilmConfig, write_script
from visret_lab.worlds.film.shoot import shoot

RECORD = Path(__file__).parents[1] / "visret_lab" / "tables" / "records" / "film_hour.json"
SEED, SECONDS, FPS = 22_000, 120, 24


def changed(image, round_):
    """A frame as it is shown in a round: round 0 as painted, odd rounds mirrored; every second pair of rounds cut to its middle, brighter
    or darker."""
    if round_ % 2:
        image = image[:, ::-1]
    zoom, gain = 1 + 0.12 * (round_ // 2 % 4), (1.0, 0.85, 1.12, 0.93)[round_ // 2 % 4]
    if zoom > 1:
        h, w = image.shape[:2]
        top, left = int(h * (1 - 1 / zoom) / 2), int(w * (1 - 1 / zoom) / 2)
        image = cv2.resize(np.ascontiguousarray(image[top : h - top, left : w - left]), (w, h), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(image * gain), 0, 255).astype(np.uint8)


def pictures(paths, total):
    """Frames of the painted films, round after round."""
    round_, given = 0, 0
    while given < total:
        for path in paths:
            for _, image in FilmReader(path).frames():
                if given == total:
                    return
                yield changed(image, round_)
                given += 1
        round_ += 1


def make(folder, minutes, painted):
    """Paint, join and write the film, unless it is there already: its path."""
    paths = []
    for i in range(painted):
        paths.append(folder / f"part-{SEED + i}.mp4")
        if not paths[-1].exists():
            frames = (image for _, image in shoot(write_script(SEED + i, FilmConfig(seconds=SECONDS, fps=FPS))))
            write_film(paths[-1], tqdm(frames, desc=f"painting {i + 1} of {painted}", total=SECONDS * FPS), fps=FPS)
    path, total = folder / f"film-{minutes}-{painted}.mp4", round(60 * minutes * FPS)
    if not path.exists():
        write_film(path, tqdm(islice(pictures(paths, total), total), desc="joining", total=total), fps=FPS)
    return path


def measure(path):
    """Index a film, and count: dict. Runs in a process of its own."""
    cv2.setNumThreads(1)
    before, start = peak_bytes(), time.perf_counter()
    reader = FilmReader(path)
    described = 0

    def counted():
        nonlocal described
        for _, image in tqdm(reader.frames(), desc="indexing", total=len(reader)):
            points, bits = index.brief.detect(image)
            described += len(bits)
            yield points, bits, image.shape[1]

    index = FilmIndex()
    index.add_described(counted(), Path(path).name)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "film.npz")
        stored = (Path(folder) / "film.npz").stat().st_size
    return {"frames": len(reader), "film_seconds": float(reader.times[-1]), "size": list(reader.size), "seconds": seconds,
            "frames_a_second": len(reader) / seconds, "peak_bytes": peak_bytes(), "before_bytes": before, "shots": len(index.shots),
            "features_of_all_frames": described, "bytes_of_all_frames": 32 * described, "key_features": len(index.codes),
            "index_bytes": index.nbytes, "file_bytes": stored}


def main():
    """Make, index, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--painted", type=int, default=6, help="films of two minutes each that are painted and joined")
    parser.add_argument("--folder", type=Path, default=None, help="where the films go; a temporary folder by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = alone(measure, make(folder, arguments.minutes, arguments.painted))
    film = f"{arguments.painted} painted films of {SECONDS} s, joined; from the second round on mirrored, cut and of another brightness"
    record = {"versions": versions(), "film": film, "painted": arguments.painted, **found}
    write_bytes(RECORD, (json.dumps(record, indent=1) + "\n").encode())
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
