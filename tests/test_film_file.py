"""Films written and read back: by number, streamed, turned, with a variable frame rate; and files that are none."""

import struct

import av
import numpy as np
import pytest

from visret_lab.film_file import FilmError, FilmReader, write_film


def level(t):
    """A brightness that tells frame t from its neighbours after lossy coding."""
    return 20 + (t * 37) % 200


def frames(n, size=(48, 64)):
    for t in range(n):
        image = np.full((*size, 3), level(t), np.uint8)
        image[: size[0] // 2, : size[1] // 2] = (240, 20, 20)  # the red corner, top left
        yield image


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    assert write_film(path, frames(120)) == 120
    return path


def number(image):
    """Which frame of a cycle of 200 an image is, by its brightness bottom right."""
    return image[-8:, -8:].mean()


def test_every_frame_by_its_number(film):
    reader = FilmReader(film)
    assert (len(reader), reader.size, reader.codec) == (120, (64, 48), "h264")
    assert reader.fps == pytest.approx(24)
    np.testing.assert_allclose(reader.times, np.arange(120) / 24, atol=1e-6)
    for t in (0, 1, 47, 48, 49, 95, 96, 119, 60, 3, -1):
        assert abs(number(reader.frame(t)) - level(t % 120)) < 6, t


def test_streamed_and_strided_frames_are_those_by_number(film):
    reader = FilmReader(film)
    streamed = dict(reader.frames())
    assert list(streamed) == list(range(120))
    for t, image in reader.frames([0, 5, 50, 51, 110]):
        assert np.array_equal(image, streamed[t]) and np.array_equal(image, reader.frame(t))


def test_a_jump_does_not_decode_what_lies_before(film, monkeypatch):
    decoded = []
    true = av.VideoFrame.to_ndarray  # called once for each frame that is handed out
    reader = FilmReader(film)
    import visret_lab.film_file as module
    monkeypatch.setattr(module, "_upright", lambda frame, _: decoded.append(frame.pts) or true(frame, format="rgb24"))
    seen = []
    seek = module._Decoder.read

    def counted(self, pts, keys):
        before = self._at
        image = seek(self, pts, keys)
        seen.append((before, int(keys[np.searchsorted(keys, pts, side="right") - 1])))
        return image

    monkeypatch.setattr(module._Decoder, "read", counted)
    reader.frame(100)
    assert len(decoded) == 1 and seen[0][0] is None and seen[0][1] > 0  # it began at a key frame behind the first


def test_variable_frame_rate(tmp_path):
    times = np.cumsum([0, *np.tile([1 / 30, 1 / 10, 1 / 24], 10)])[:20]
    write_film(tmp_path / "v.mp4", frames(20), times=times)
    reader = FilmReader(tmp_path / "v.mp4")
    np.testing.assert_allclose(reader.times, times, atol=2e-5)
    assert reader.fps == pytest.approx(19 / times[-1], rel=1e-3)
    assert abs(number(reader.frame(13)) - level(13)) < 6


def test_one_frame(tmp_path):
    write_film(tmp_path / "one.mp4", frames(1))
    reader = FilmReader(tmp_path / "one.mp4")
    assert len(reader) == 1 and reader.frame(0).shape == (48, 64, 3) and reader.times.tolist() == [0]


def test_turned_by_its_metadata(tmp_path):
    """A phone held upright: the stored picture lies on its side, and the header says how to turn it."""
    write_film(tmp_path / "phone.mp4", frames(3))
    content = bytearray((tmp_path / "phone.mp4").read_bytes())
    matrix = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    at = content.index(matrix, content.index(b"tkhd"))
    # QuickTime: x' = a x + c y, y' = b x + d y with y downwards; right becomes down, so it is a quarter turn clockwise.
    content[at:at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    (tmp_path / "phone.mp4").write_bytes(content)
    reader = FilmReader(tmp_path / "phone.mp4")
    assert reader.size == (48, 64)
    image = reader.frame(0)
    assert image[4, -4, 0] > 180 and image[4, 4, 0] < 60  # top left has gone to the top right


@pytest.mark.parametrize(("codec", "ending"), [("mpeg4", "avi"), ("ffv1", "mkv"), ("libvpx-vp9", "webm")])
def test_other_codecs_and_containers(tmp_path, codec, ending):
    path = tmp_path / f"film.{ending}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in frames(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    reader = FilmReader(path)
    assert len(reader) == 30
    for t in (0, 29, 13):
        assert abs(number(reader.frame(t)) - level(t)) < 12


def test_bad_files(film, tmp_path):
    with pytest.raises(FileNotFoundError, match="no film"):
        FilmReader(tmp_path / "nowhere.mp4")
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(FilmError, match=r"text\.mp4 cannot be opened as a film"):
        FilmReader(tmp_path / "text.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(FilmError, match="cannot be opened"):
        FilmReader(tmp_path / "empty.mp4")
    content = film.read_bytes()
    (tmp_path / "half.mp4").write_bytes(content[: len(content) // 2])  # the list of frames stands at the end of this kind of file
    with pytest.raises(FilmError, match="Is it complete"):
        FilmReader(tmp_path / "half.mp4")


def test_a_file_that_ends_too_early(tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in frames(120):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FilmError, match="cut off"):
        FilmReader(path)


def test_a_header_that_names_more_frames_than_there_are(tmp_path):
    """With the list of frames at the beginning a cut file opens; it has fewer frames than the list names."""
    path = tmp_path / "front.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in frames(120):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + (len(content) - content.index(b"mdat")) // 2])
    with pytest.raises(FilmError, match="header names 120 frames"):
        FilmReader(path)


def test_damage_inside_is_named(film, tmp_path):
    content = bytearray(film.read_bytes())
    start = content.index(b"mdat")
    size = int.from_bytes(content[start - 4:start], "big")
    content[start + size // 2:start + size // 2 + size // 4] = bytes(size // 4)
    (tmp_path / "hole.mp4").write_bytes(content)
    with pytest.raises(FilmError, match="hole.mp4 is damaged"):
        list(FilmReader(tmp_path / "hole.mp4").frames())


def test_a_file_with_sound_only(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(FilmError, match="has no video stream; it has: audio"):
        FilmReader(path)


def test_an_unknown_codec(film, tmp_path):
    content = film.read_bytes()
    (tmp_path / "odd.mp4").write_bytes(content.replace(b"avc1", b"zzzz"))
    with pytest.raises(FilmError, match="does not know"):
        FilmReader(tmp_path / "odd.mp4")


def test_numbers_are_checked(film):
    reader = FilmReader(film)
    with pytest.raises(IndexError):
        reader.frame(120)
    with pytest.raises(IndexError, match="has 120 frames; there is no number 200"):
        list(reader.frames([3, 200]))
    with pytest.raises(ValueError, match="must increase; 3 follows 5"):
        list(reader.frames([5, 3]))


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    path = tmp_path / "film.mp4"
    with pytest.raises(FilmError, match="at least one frame"):
        write_film(path, [])
    with pytest.raises(ValueError, match="sides must be even, not 33 x 20"):
        write_film(path, [np.zeros((20, 33, 3), np.uint8)])
    with pytest.raises(ValueError, match="number 1 has 32 x 30"):
        write_film(path, [np.zeros((20, 32, 3), np.uint8), np.zeros((30, 32, 3), np.uint8)])
    with pytest.raises(ValueError, match="Times must increase"):
        write_film(path, frames(3), times=[0, 0.5, 0.5])
    with pytest.raises(ValueError, match="greyscale"):
        write_film(path, [np.zeros((20, 32), np.uint8)])
    assert list(tmp_path.iterdir()) == []
