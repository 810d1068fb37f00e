"""Films as files: written frame by frame, read by frame number without decoding what lies before. The decoder is FFmpeg's, by PyAV.

A film is stored as a few whole pictures ("key frames") and, between them, what changes. To show frame i, a reader seeks the key frame
before it and decodes from there. Which frames there are, and when each is shown, stands in the container: it is read once, and nothing
is decoded for it. Frames are numbered in the order in which they are shown.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from visret_lab.files import replacing
from visret_lab.rgb import require_rgb

GROUP = 48  # frames between key frames at most, two seconds: what a jump to a frame may cost
# x264's "macroblock tree" gives other bytes from run to run, even on one thread: without it the same film is the same file.
ENCODER = {"preset": "veryfast", "x264-params": "mbtree=0"}
CLOCK = 90_000  # ticks a second of a film of a variable frame rate
MISSING = 0.75  # seconds by which the last frame may end before the length that the container names


class FilmError(ValueError):
    """A file that cannot be read as a film. The message says what is wrong with it."""


class FilmReader:
    """A film, read by frame number.

    Args:
        path: any container and codec that FFmpeg knows.

    Attributes:
        path: pathlib.Path. size: (width, height) as shown, turned as the metadata of the file says. fps: frames a second, the mean.
        times: float64 T, when each frame is shown, in seconds behind the first. codec: its name.

    Raises:
        FileNotFoundError: no such file.
        FilmError: no film, no video stream, no frame, a codec that this FFmpeg does not know, or a file that ends too early.
    """

    def __init__(self, path):
        self.path = Path(path)
        with _Decoder(self.path) as decoder:
            self.codec = decoder.stream.codec_context.name
            self._pts, self._keys = decoder.index()
            self.times = (self._pts - self._pts[0]) * float(decoder.stream.time_base)
            rate = decoder.stream.average_rate
        first = self.frame(0)
        self.size = first.shape[1], first.shape[0]
        self.fps = (len(self) - 1) / self.times[-1] if len(self) > 1 and self.times[-1] > 0 else float(rate or 0)

    def __len__(self):
        return len(self._pts)

    def frame(self, i):
        """Frame i: uint8 H x W x 3, RGB. Negative numbers count from the end. IndexError: there is no such frame; FilmError: damaged."""
        n = range(len(self))[i]
        return next(image for _, image in self.frames([n]))

    def frames(self, numbers=None):
        """Frames in their order, each decoded once; memory holds one.

        Args:
            numbers: increasing frame numbers; None for all.

        Yields:
            (number, uint8 H x W x 3, RGB).

        Raises:
            IndexError: there is no such frame. ValueError: numbers that do not increase. FilmError: the file is damaged there.
        """
        wanted = range(len(self)) if numbers is None else [int(n) for n in numbers]
        for before, n in zip([-1, *wanted], wanted, strict=False):
            if not 0 <= n < len(self):
                raise IndexError(f"{self.path.name} has {len(self)} frames; there is no number {n}.")
            if n <= before:
                raise ValueError(f"Frame numbers must increase; {n} follows {before}.")
        with _Decoder(self.path) as decoder:
            for n in wanted:
                yield n, decoder.read(int(self._pts[n]), self._keys)


def write_film(path, frames, fps=24, quality=23, times=None):
    """Write a film as H.264 in MP4. The file appears when it is complete; an interrupted call leaves nothing.

    Args:
        path: .mp4. frames: iterable of uint8 H x W x 3, RGB, even sides, all of one size. fps: frames a second, int or Fraction.
        quality: H.264's "constant rate factor", 0 (best) to 51. times: increasing seconds at which the frames are shown, for a film
            of a variable frame rate; None: evenly.

    Returns:
        int, number of frames.

    Raises:
        FilmError: no frame. ValueError: frames of odd or different sizes, or times that do not increase.
    """
    count, before = 0, -1
    tick = 1 / Fraction(fps) if times is None else Fraction(1, CLOCK)
    with replacing(path) as part, av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={**ENCODER, "crf": str(quality)})
        stream.pix_fmt, stream.gop_size, stream.thread_count = "yuv420p", GROUP, 1
        stream.time_base = stream.codec_context.time_base = tick
        for count, image in enumerate(frames, 1):
            _fits(stream, require_rgb(image), count)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = count - 1 if times is None else round(times[count - 1] * CLOCK), tick
            if frame.pts <= before:
                raise ValueError(f"Times must increase by at least 1/{CLOCK} s; number {count - 1} does not follow the one before.")
            before = frame.pts
            container.mux(stream.encode(frame))
        if not count:
            raise FilmError("A film needs at least one frame; there was none.")
        container.mux(stream.encode(None))
    return count


def _fits(stream, image, count):
    height, width = image.shape[:2]
    if count == 1:
        if width % 2 or height % 2:
            raise ValueError(f"H.264 stores colours for squares of 2 x 2 pixels: sides must be even, not {width} x {height}.")
        stream.width, stream.height = width, height
    elif (width, height) != (stream.width, stream.height):
        raise ValueError(f"All frames of a film have one size; the first has {stream.width} x {stream.height} pixels, number {count - 1} "
                         f"has {width} x {height}.")


class _Decoder:
    """An open file, and where in it the decoder stands."""

    def __init__(self, path):
        if not path.is_file():
            raise FileNotFoundError(f"There is no film {path}.")
        self.path = path
        try:
            self.container = av.open(str(path))
        except av.FFmpegError as error:
            raise FilmError(f"{path.name} cannot be opened as a film ({_words(error)}). Is it complete, and a film?") from error
        if not self.container.streams.video:
            others = ", ".join(s.type for s in self.container.streams) or "nothing"
            self.container.close()
            raise FilmError(f"{path.name} has no video stream; it has: {others}.")
        self.stream = self.container.streams.video[0]
        if self.stream.codec_context is None:
            self.container.close()
            raise FilmError(f"{path.name} is coded in a way that this FFmpeg does not know. Convert it to H.264 first.")
        self.stream.thread_type = "AUTO"
        self._coming, self._at = None, None
        self._converter = VideoReformatter()  # kept: FFmpeg's tables for colours cost more than a frame

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.container.close()

    def index(self):
        """When each frame is shown, and which are key frames: two int64 arrays in ticks of the stream, sorted."""
        try:
            packets = [(p.pts if p.pts is not None else p.dts, p.is_keyframe) for p in self.container.demux(self.stream)
                       if p.size and not p.is_discard]
        except av.FFmpegError as error:
            raise FilmError(f"{self.path.name} is damaged ({_words(error)}).") from error
        packets = [(pts, key) for pts, key in packets if pts is not None]
        if not packets:
            raise FilmError(f"{self.path.name} has a video stream without a frame.")
        pts = np.unique([p for p, _ in packets])
        self._require_whole(pts)
        return pts, np.unique([p for p, key in packets if key] or pts[:1])

    def _require_whole(self, pts):
        named, length = self.stream.frames, self.container.duration
        if named and len(pts) < named:
            raise FilmError(f"{self.path.name} is cut off: its header names {named} frames, {len(pts)} are there. Copy it again.")
        start = self.container.start_time or 0
        end = float(pts[-1] * self.stream.time_base) - start / av.time_base
        if not named and length and length / av.time_base - end > MISSING + 2 * end / max(len(pts) - 1, 1):
            raise FilmError(f"{self.path.name} is cut off: its header names {length / av.time_base:.1f} s, its last frame is shown at "
                            f"{end:.1f} s. Copy it again.")

    def read(self, pts, keys):
        """The frame that is shown at `pts`: on from where the decoder stands, or from the key frame before."""
        key = int(keys[max(np.searchsorted(keys, pts, side="right") - 1, 0)])
        try:
            if self._at is None or not key <= self._at < pts:
                self.container.seek(key, stream=self.stream, backward=True)
                self._coming = self.container.decode(self.stream)
            for frame in self._coming:
                self._at = frame.pts if frame.pts is not None else frame.dts
                if self._at == pts and not frame.is_corrupt:
                    return _upright(frame, self._converter)
                if self._at >= pts:
                    break
        except av.FFmpegError as error:
            raise self._damaged(pts, _words(error)) from error
        raise self._damaged(pts, "a part of it is missing")

    def _damaged(self, pts, why):
        return FilmError(f"{self.path.name} is damaged or cut off: the frame at {float(pts * self.stream.time_base):.2f} s cannot be "
                         f"decoded ({why}). Copy it again.")


def _upright(frame, converter):
    """Pixels as shown: FFmpeg names the angle, counter-clockwise, by which a player turns the picture."""
    image = converter.reformat(frame, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90))) if frame.rotation else image


def _words(error):
    return getattr(error, "strerror", None) or str(error)
