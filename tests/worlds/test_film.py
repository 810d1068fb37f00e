from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.film_file import FilmReader, write_film
from visret_lab.worlds.film import FilmConfig, Studio, shoot, write_script
from visret_lab.worlds.film.generate import FilmPlan, generate
from visret_lab.worlds.film.shoot import Take
from visret_lab.worlds.manifest import verify

SMALL = FilmConfig(seconds=12, size=(96, 72), cast=3)


@pytest.fixture(scope="module")
def script():
    return write_script(3, replace(SMALL, seconds=40, dissolve=0.5, flash=0.5))


@pytest.fixture(scope="module")
def studio(script):
    return Studio(script)


def test_one_seed_one_script():
    assert write_script(5, SMALL) == write_script(5, SMALL) != write_script(6, SMALL)


def test_shots_cover_the_film_without_a_gap(script):
    borders = [(s.first, s.last) for s in script.shots]
    assert borders[0][0] == 0 and borders[-1][1] == script.frames == 40 * 24
    assert all(a[1] == b[0] for a, b in zip(borders, borders[1:], strict=False))
    assert all(b - a >= 24 for a, b in borders)


def test_dissolves_lie_around_their_border_and_shots_are_painted_through_them(script):
    assert len(script.dissolves) >= 2
    for first, last in script.dissolves:
        before, behind = next((a, b) for a, b in zip(script.shots, script.shots[1:], strict=False) if first <= a.last <= last)
        assert before.end == last + 1 and behind.begin == first and abs((first + last + 1) / 2 - before.last) <= 1


def test_neighbours_in_a_scene_stand_elsewhere_and_places_come_back(script):
    pairs = list(zip(script.shots, script.shots[1:], strict=False))
    assert all(a.setup != b.setup for a, b in pairs if a.scene == b.scene)
    assert all(a.stage != b.stage for a, b in pairs if a.scene != b.scene)
    setups = [s.setup for s in script.shots]
    assert len(set(setups)) < len(setups)


def test_any_frame_can_be_painted_alone(script, studio):
    numbers = [s.first + 3 for s in script.shots[:6]] + [script.dissolves[0][0] + 2]
    together = dict(shoot(script, sorted(numbers), studio))
    for t in numbers:
        assert np.array_equal(next(shoot(script, [t]))[1], together[t])


def test_a_turning_camera_sees_what_a_new_painting_shows(script, studio):
    """The homography of the wide picture, colour and depth, against the set painted for the turned camera."""
    number, shot = next((i, s) for i, s in enumerate(script.shots) if s.move in ("pan", "whip"))
    take = Take(studio, number)
    for t in (shot.begin, shot.end - 1):
        camera = take._turned(t)
        warped, anew = take._from_wide(camera), take._painted(camera)
        blurred = [cv2.GaussianBlur(np.clip(c.color, 0, 1), (0, 0), 1.5) for c in (warped, anew)]
        assert np.abs(blurred[0] - blurred[1]).mean() < 0.02 < np.abs(blurred[0] - np.roll(blurred[1], 6, axis=1)).mean()
        near = anew.inverse_depth > 0.02
        assert np.median(np.abs(warped.inverse_depth[near] / anew.inverse_depth[near] - 1)) < 0.01
    assert abs(take._angle(shot.end - 1) - take._angle(shot.begin)) == pytest.approx(abs(shot.turn), rel=0.01)


def test_what_is_worn_is_where_the_record_says(studio, script):
    """Another colour for one garment changes the picture inside its box, up to its border, and nowhere else."""
    t, before, worn = next((t, image, w) for t, image, w in shoot(script, range(0, script.frames, 11), studio, seen=True)
                           if any(row[5] > 120 for row in w) and len(w) >= 3)
    number, x0, y0, x1, y1, pixels = max(worn, key=lambda row: row[5])
    assert min(row[5] for row in worn) >= 12  # a few pixels are no garment that anybody sees
    other = Studio(script)
    for actor in other.actors:
        for _, item, textures in actor.layers:
            if item == number:
                for texture in textures:
                    texture.levels = [(np.concatenate([1 - rgba[..., :3], rgba[..., 3:]], axis=2) * rgba[..., 3:], glow)
                                      for rgba, glow in texture.levels]
    changed = np.abs(next(shoot(script, [t], other))[1].astype(int) - before).max(axis=2) > 8
    assert not changed[:, : max(x0 - 2, 0)].any() and not changed[:, x1 + 2:].any()
    assert not changed[: max(y0 - 2, 0)].any() and not changed[y1 + 2:].any()
    ys, xs = np.nonzero(changed)
    assert abs(xs.min() - x0) <= 3 and abs(xs.max() + 1 - x1) <= 3 and abs(ys.min() - y0) <= 3 and abs(ys.max() + 1 - y1) <= 3
    assert changed.sum() == pytest.approx(pixels, rel=0.35)


def test_a_dissolve_is_a_mixture(script, studio):
    first, last = script.dissolves[0]
    t = (first + last) // 2
    here = [i for i, s in enumerate(script.shots) if s.begin <= t < s.end]
    old, new = (Take(studio, i).frame(t)[0].astype(float) for i in here)
    share = (t - first + 1) / (last - first + 2)
    assert np.abs(next(shoot(script, [t], studio))[1] - ((1 - share) * old + share * new)).max() <= 1


def test_a_flash_is_bright(script, studio):
    shot = next(s for s in script.shots if s.flash)
    t = shot.flash[0]
    before, flashed = (image.mean() for _, image in shoot(script, [t - 1, t], studio))
    assert flashed > before + 30


def test_people_are_hidden_by_what_stands_before_them(script, studio):
    number = next(i for i, s in enumerate(script.shots) if s.people and s.move != "walk")
    take = Take(studio, number)
    t = take.shot.first
    worn = take.frame(t)[1]
    take.wide.inverse_depth[:] = 10.0  # a wall right before the lens
    assert worn and take.frame(t)[1] == []


@pytest.mark.parametrize(("change", "says"), [
    ({"seconds": 0}, "needs a length"), ({"size": (95, 72)}, "even sides"), ({"cast": 0}, "somebody"), ({"moves": (1, 1, 0, 0, 0, 0)}, "sum to 1")])
def test_a_wrong_configuration_is_named(change, says):
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **change)


@pytest.fixture(scope="module")
def plans():
    return [FilmPlan("one", 7, replace(SMALL, seconds=4), 5), FilmPlan("two", 8, replace(SMALL, seconds=3), 3)]


@pytest.fixture(scope="module")
def made(tmp_path_factory, plans):
    return generate(tmp_path_factory.mktemp("films"), plans, workers=1, progress=False)


def test_the_file_holds_what_was_painted(made, plans):
    assert verify(made) == []
    reader = FilmReader(made / "one.mp4")
    assert len(reader) == 96 and reader.size == (96, 72)
    script = write_script(7, plans[0].config)
    for t, painted in shoot(script, [0, 50, 95]):
        assert np.abs(reader.frame(t).astype(int) - painted).mean() < 6


def test_the_same_film_is_the_same_file(tmp_path):
    """Encoders that differ from run to run do so where they predict motion, so the film must have some."""
    taken = [image for _, image in shoot(write_script(8, replace(SMALL, seconds=3)))]
    made = set()
    for i in range(10):
        write_film(tmp_path / f"{i}.mp4", taken)
        made.add((tmp_path / f"{i}.mp4").read_bytes())
    assert len(made) == 1


def test_an_interrupted_call_goes_on(made, plans):
    times = {name: (made / name).stat().st_mtime_ns for name in ("one.mp4", "one/q000.jpg")}
    before = (made / "two.mp4").read_bytes(), (made / "two.json").read_bytes(), (made / "two.npy").read_bytes()
    (made / "two.json").unlink()
    (made / "manifest.json").unlink()
    generate(made, plans, workers=1, progress=False)
    assert times == {name: (made / name).stat().st_mtime_ns for name in times}
    assert before == ((made / "two.mp4").read_bytes(), (made / "two.json").read_bytes(), (made / "two.npy").read_bytes())
    assert verify(made) == []


def test_films_of_one_name_are_refused(tmp_path, plans):
    with pytest.raises(ValueError, match="names of their own"):
        generate(tmp_path, [plans[0], plans[0]])
