"""Hard cuts against PySceneDetect, on the same film file."""

import numpy as np
import pytest

from tests.video.films import shot
from visret_lab.film_file import FilmReader, write_film
from visret_lab.video.shots import detect

scenedetect = pytest.importorskip("scenedetect")
pytestmark = pytest.mark.reference
TRUE = [30, 55, 90]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frames = [image for seed, length in enumerate((30, 25, 35, 30)) for image in shot(seed, length)]
    write_film(path, [np.minimum(f.astype(int) + 90, 255).astype(np.uint8) if t in (70, 71) else f for t, f in enumerate(frames)])
    return FilmReader(path)


def test_both_find_the_cuts_and_only_ours_knows_the_flash(reader):
    measures = {"histogram": detect.by_histogram(), "edges": detect.by_edges(), "tracks": detect.by_tracks()}
    found = detect.signals(reader.frames(), measures)
    # PySceneDetect's scenes are at least .6 seconds long by default, which already drops one end of the flash.
    theirs = [first.frame_num for first, _ in scenedetect.detect(str(reader.path), scenedetect.ContentDetector())[1:]]
    assert set(TRUE) <= {t for t in theirs} and len(theirs) > 3
    assert detect.hard_cuts(found["histogram"], measures["histogram"], "fixed").tolist() == TRUE
    assert detect.hard_cuts(detect.together(found, measures), detect.TOGETHER).tolist() == TRUE
