"""Decode video with FFmpeg through PyAV: the only module that touches PyAV.

Clips come from strangers: the demuxers are a fixed list (no playlist, no concatenation script) and the only
protocol is a local file, or, in the decoder's own process, the one file that is already open.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidcheck import threads
from vidcheck.errors import NoPicture, NotMedia, TooLarge
from vidcheck.limits import Limits, remedy
from vidcheck.media import U8, Clip, Frame, shown_name
from vidcheck.types import DecodeError, FrameRef, Source

if TYPE_CHECKING:
    import av
    from av.video.frame import VideoFrame

# Names as FFmpeg's format_whitelist wants them. Containers of phones, messengers, CCTV exports and editors; the
# sound formats are here so that a sound file is called what it is instead of "damaged". Playlists (hls, dash,
# concat, ffconcat, sdp) are left out on purpose: they make the demuxer open other files.
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,flv,mpeg,mpegts,mpegvideo,asf,ogg,h264,hevc,m4v,mjpeg,"
    "ivf,dv,mxf,rm,apng,webp_anim,wav,mp3,aac,flac,amr,caf"
)
_MOST_TAGS, _LONGEST_TAG = 200, 20_000
_MOST_ERRORS = 500
_LEAST_BYTES_A_SECOND = 500
_BEYOND_IN_A_ROW = 250
_INDEXED = ("mov", "matroska")  # containers that say where their key frames are
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
# Formats of one byte a sample whose first plane is the luma, in frames as large as the picture.
_LUMA_FIRST = (
    "gray", "gray8", "nv12", "nv21", "nv16", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p",
    "yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p", "yuva420p", "yuva422p", "yuva444p",
)  # fmt: skip
_STRETCHED = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
_SEEK_GAIN_S = 0.4  # a seek empties the decoder, which then works on fewer frames at a time
_SEEK_AHEAD_S = 3.0  # decoding three seconds costs about what a seek and its run-up from the key frame cost


class VideoClip(Clip):
    """A clip decoded by FFmpeg through PyAV."""

    def __init__(
        self, path: Path, limits: Limits, sha256: str, descriptor: int | None = None, *, sparing: bool = False
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self._descriptor, self._limits = descriptor, limits
        self._one_thread = sparing and threads.usable() <= 2
        self._container, self._stream = _open(path, descriptor, one_thread=self._one_thread)
        # One for all frames: setting it up takes as long as converting a small frame. It serves one thread at a time.
        self._converter, self._converting = VideoReformatter(), threading.Lock()
        stream = self._stream
        codec = stream.codec_context
        if codec is None or not codec.width or not codec.height:
            self._container.close()
            raise NotMedia(f"{path}: the picture has no size (0 x 0), or its coding is not supported.")
        size_bytes = path.stat().st_size if descriptor is None else os.fstat(descriptor).st_size
        declared = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        if declared is None and self._container.duration:
            declared = Fraction(self._container.duration, 1_000_000)
        try:
            _refuse(path, codec.width, codec.height, declared, size_bytes, limits)
        except TooLarge:
            self._container.close()
            raise
        self._dirty = False
        try:
            first = next(iter(_decode(self._container, stream, _Lost())), None)
        finally:
            self._dirty = True
        if first is None:
            self._container.close()
            raise NotMedia(f"{path}: not a single frame could be decoded.")
        self._turn = _display_turn(first)
        self._size = _display_size(first, self._turn, stream)
        self._seeks_exactly = self._container.format.name.startswith(_INDEXED)
        self._assumed_step: int | None = None
        self._key_pts: list[int] = []  # of the key frames that a pass over all frames has met
        self._frames_known = 0
        time_base = stream.time_base or Fraction(1, 1000)
        if first.pts is None:
            rate = stream.average_rate or stream.guessed_rate or Fraction(25)
            time_base, self._assumed_step = 1 / rate, 1
        self._time_base = time_base
        self._start_pts = 0 if first.pts is None else int(first.pts)
        tags = {"container": _tags(self._container.metadata)}
        tags |= {
            f"stream:{s.index}": _tags(s.metadata) for s in list(self._container.streams)[:_MOST_TAGS] if s.metadata
        }
        super().__init__(
            path,
            Source(
                path=shown_name(path.name),
                sha256=sha256,
                size_bytes=size_bytes,
                kind="video",
                container=self._container.format.name,
                codec=codec.name,
                width_px=self._size[0],
                height_px=self._size[1],
                rotation_deg=self._turn.rotation_deg,
                time_base=f"{time_base.numerator}/{time_base.denominator}",
                start_pts=self._start_pts,
                duration_s=0.0,
                duration_declared_s=None if declared is None else round(float(declared), 6),
                frames_decoded=0,
                pts_origin="container" if self._assumed_step is None else "assumed_rate",
                has_audio=bool(self._container.streams.audio),
                tags=tags,
            ),
        )

    def _rewind(self) -> None:
        if self._dirty:
            # Reopening is as cheap as seeking and, unlike a seek to 0, exact for every container.
            self._container.close()
            self._container, self._stream = _open(self.path, self._descriptor, one_thread=self._one_thread)
        self._dirty = True

    def _ref(self, index: int, pts: int | None) -> FrameRef:
        ticks = index if self._assumed_step is not None or pts is None else int(pts)
        return FrameRef(index, ticks, round(float((ticks - self._start_pts) * self._time_base), 6))

    def _wrap(self, raw: VideoFrame, ref: FrameRef) -> Frame:
        turn, (width, height) = self._turn, self._size

        def load(fmt: str, out_width: int | None) -> U8:
            w, h = (width, height) if out_width is None else (out_width, max(1, round(height * out_width / width)))
            if turn.swaps_sides:
                w, h = h, w
            if fmt == "gray" and (luma := _luma_plane(raw)) is not None:
                return turn.apply(_in_full_range(raw, shrink(luma, w, h)))
            with self._converting:
                converted = self._converter.reformat(raw, width=w, height=h, format=fmt, interpolation="AREA")
            return turn.apply(np.asarray(converted.to_ndarray(), dtype=np.uint8))

        return Frame(ref, lambda: load("bgr24", None), lambda w: load("gray", w), is_key=bool(raw.key_frame))

    def frames(self) -> Iterator[Frame]:
        """Decode every frame; see :meth:`Clip.frames`."""
        self._rewind()
        lost = _Lost()
        last_pts = self._start_pts
        step = 0.0
        count = 0
        previous: FrameRef | None = None
        size: tuple[int, int] | None = None
        for raw in self._within_limits(lost):
            ref = self._ref(count, raw.pts)
            if size is not None and (raw.width, raw.height) != size:
                lost.add(ref.time_s, f"picture size changes to {raw.width} x {raw.height}; scaled")
            size = (raw.width, raw.height)
            if previous is not None and ref.pts > previous.pts:
                step = ref.time_s - previous.time_s
            if raw.duration and raw.time_base and self._assumed_step is None:
                step = float(raw.duration * raw.time_base)
            previous, last_pts = ref, max(last_pts, ref.pts)
            if raw.key_frame and count >= self._frames_known:
                self._key_pts.append(ref.pts)
            count += 1
            self._frames_known = max(self._frames_known, count)
            yield self._wrap(raw, ref)
        if not step and self._stream.average_rate:
            step = float(1 / self._stream.average_rate)
        end_s = float((last_pts - self._start_pts) * self._time_base) + step
        declared = self.source.duration_declared_s
        if declared is not None and end_s < declared - max(0.5, 0.02 * declared):
            lost.add(round(end_s, 3), f"the header states {declared:.2f} s, the picture ends at {end_s:.2f} s")
        self.source = replace(
            self.source, frames_decoded=count, duration_s=round(end_s, 6), decode_errors=tuple(lost.errors)
        )

    def _within_limits(self, lost: _Lost) -> Iterator[VideoFrame]:
        """Decode from the start, without what lies beyond the limits; that is noted in ``lost``."""
        most_s, most = self._limits.max_duration_s, int(self._limits.max_frames)
        count = beyond = 0
        for raw in _decode(self._container, self._stream, lost):
            if count >= most:
                lost.add(None, f"decoding stopped after {count} frames, the limit (--limit frames={2 * count})")
                return
            # A damaged time stamp can name any hour, and the frames after it may be sound; a long clip ends there.
            if abs(self._ref(count, raw.pts).time_s) > most_s:
                lost.add(None, f"frames beyond {most_s / 3600:.4g} h, the limit, are left out (--limit duration=...)")
                beyond += 1
                if beyond > _BEYOND_IN_A_ROW:
                    return
                continue
            beyond = 0
            count += 1
            yield raw

    def read(self, refs: Iterable[FrameRef]) -> Iterator[Frame]:
        """Decode just these frames; see :meth:`Clip.read`."""
        wanted = sorted({ref.index: ref for ref in refs}.values(), key=lambda ref: ref.index)
        if not wanted:
            return
        missing = wanted
        if self._assumed_step is None:
            done: set[int] = set()
            for frame in self._read_seeking(wanted):
                done.add(frame.ref.index)
                yield frame
            missing = [ref for ref in wanted if ref.index not in done]
        if missing:
            # Timestamps that do not lead back to their frame: count frames from the start instead.
            self._rewind()
            by_index = {ref.index: ref for ref in missing}
            last = missing[-1].index
            for index, raw in enumerate(self._within_limits(_Lost())):
                if index in by_index:
                    yield self._wrap(raw, by_index[index])
                if index >= last:
                    break

    def _read_seeking(self, wanted: list[FrameRef]) -> Iterator[Frame]:
        self._rewind()
        due = {ref.pts for ref in wanted}
        decoded = iter(_decode(self._container, self._stream, _Lost(), due))
        ahead = int(_SEEK_AHEAD_S / float(self._time_base))
        position = self._start_pts
        for ref in wanted:
            if ref.pts - position > ahead or self._key_between(position, ref.pts):
                try:
                    self._container.seek(ref.pts, stream=self._stream, backward=True)
                    decoded = iter(_decode(self._container, self._stream, _Lost(), due))
                except Exception:  # a container that cannot seek: go on decoding forward
                    pass
            for raw in decoded:
                if raw.pts is None:
                    return
                position = int(raw.pts)
                if position == ref.pts:
                    yield self._wrap(raw, ref)
                if position >= ref.pts:
                    break

    def _key_between(self, position: int, pts: int) -> bool:
        """Whether a key frame lies ahead on the way to a frame, far enough for a seek to it to be cheaper."""
        if not self._seeks_exactly:
            return False
        number = bisect_right(self._key_pts, pts) - 1
        return number >= 0 and self._key_pts[number] - position > _SEEK_GAIN_S / float(self._time_base)

    def close(self) -> None:
        """Close the container."""
        self._container.close()


def _luma_plane(raw: VideoFrame) -> U8 | None:
    """Return the luma as it was decoded, uint8 of shape (h, w), or None where the format has no such plane.

    FFmpeg's scaler takes 3 to 5 ms for the small luma of a 1080p frame, most of a pass over a clip; see :func:`shrink`.
    """
    if raw.format.name not in _LUMA_FIRST:
        return None
    plane = raw.planes[0]
    if plane.line_size < raw.width:
        return None
    rows = np.frombuffer(plane, dtype=np.uint8, count=plane.line_size * raw.height)  # type: ignore[call-overload]
    found: U8 = rows.reshape(raw.height, plane.line_size)[:, : raw.width]
    return found


def _in_full_range(raw: VideoFrame, luma: U8) -> U8:
    """Stretch video luma (16 to 235) to 0 to 255, as pictures have it; what is in that range already stays."""
    if raw.format.name in ("gray", "gray8") or raw.format.name.startswith("yuvj") or raw.color_range == _FULL_RANGE:
        return luma
    import cv2

    return np.asarray(cv2.LUT(luma, _STRETCHED), dtype=np.uint8)


def shrink(luma: U8, width: int, height: int) -> U8:
    """Scale luma down by averaging areas, uint8 of shape (height, width).

    In halves as far as that goes, which OpenCV does six times as fast as any other step. What is left is a whole odd
    factor, whose areas are averaged, or less than two, where interpolation reaches every pixel.
    """
    import cv2

    while luma.shape[1] % 2 == 0 and luma.shape[0] % 2 == 0 and _may_halve(luma.shape[1], width):
        if luma.shape[0] < 2 * height:
            break
        half = (luma.shape[1] // 2, luma.shape[0] // 2)
        luma = np.asarray(cv2.resize(luma, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if luma.shape == (height, width):
        return luma
    factor = luma.shape[1] // width
    if factor % 2 == 1 and luma.shape == (height * factor, width * factor):
        middle = factor // 2
        return np.ascontiguousarray(cv2.blur(luma, (factor, factor))[middle::factor, middle::factor], dtype=np.uint8)
    much = luma.shape[1] >= 2 * width or luma.shape[0] >= 2 * height
    how = cv2.INTER_AREA if much else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(luma, (width, height), interpolation=how), dtype=np.uint8)


def _may_halve(now: int, width: int) -> bool:
    """Not where an odd whole number of columns makes one: areas that end on whole columns give the exact mean."""
    return now >= 2 * width and not (now % width == 0 and now // width % 2 == 1)


def _refuse(path: Path, width: int, height: int, declared: Fraction | None, size_bytes: int, limits: Limits) -> None:
    """Raise :class:`TooLarge` where what the header states is over a limit."""
    if max(width, height) > limits.max_side_px:
        raise TooLarge(f"{path}: {width} x {height} pixels are over the limit.", remedy("side", max(width, height)))
    if width * height > limits.max_pixels:
        raise TooLarge(f"{path}: {width} x {height} pixels are over the limit.", remedy("pixels", width * height))
    # A damaged header can state any duration; one that the file is large enough for is believed.
    if declared is not None and declared > limits.max_duration_s and size_bytes > _LEAST_BYTES_A_SECOND * declared:
        hours = float(declared) / 3600
        raise TooLarge(f"{path} lasts {hours:.3g} h, which is over the limit.", remedy("duration", f"{hours + 1:.0f}h"))


def _open(
    path: Path, descriptor: int | None, *, one_thread: bool = False
) -> tuple[av.container.InputContainer, av.VideoStream]:
    import av
    import av.error

    location, protocol = os.fspath(path), {"protocol_whitelist": "file"}
    if descriptor is not None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        location, protocol = "fd:", {"protocol_whitelist": "fd", "fd": str(descriptor)}

    # PyAV's log level stays at its default, None: any other installs a callback that takes the interpreter lock in the
    # decoder's threads, and closing a clip that was read in part then waits for them for ever.
    try:
        container = av.open(
            location,
            options={**protocol, "format_whitelist": DEMUXERS},
            metadata_errors="replace",
        )
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError, OSError) as error:
        cut = _lacks_index(path if descriptor is None else descriptor)
        why = " (its index, the moov atom, is missing: it was cut off)" if cut else ""
        raise NotMedia(f"{path} cannot be read as a clip or photo{why}.") from error
    # A cover picture is no clip: music files carry one as a one-frame "video".
    streams = [s for s in container.streams.video if "ATTACHED_PIC" not in str(s.disposition.name or "").upper()]
    if not streams:
        container.close()
        raise NoPicture(f"{path} has no picture, only sound or data.")
    stream = max(streams, key=lambda s: (s.codec_context.width * s.codec_context.height) if s.codec_context else 0)
    stream.thread_type = "NONE" if one_thread else "AUTO"
    return container, stream


def _lacks_index(place: Path | int) -> bool:
    with open(place, "rb", closefd=isinstance(place, Path)) as file:
        file.seek(0)
        head = file.read(12)
        if head[4:8] != b"ftyp":
            return False
        file.seek(0)
        while block := file.read(1 << 20):
            if b"moov" in block:
                return False
    return True


class _Lost:
    """What did not decode: the first of each message within a second, so that a bad stretch is one entry."""

    def __init__(self) -> None:
        self.errors: list[DecodeError] = []
        self._last: dict[str, float] = {}

    def add(self, time_s: float | None, message: str) -> None:
        """Note it; of more than the report can hold, the first are kept."""
        at = -1.0 if time_s is None else time_s
        if (message not in self._last or at - self._last[message] > 1.0) and len(self.errors) < _MOST_ERRORS:
            self.errors.append(DecodeError(time_s, message))
        if message in self._last or len(self._last) < _MOST_ERRORS:
            self._last[message] = at


def _decode(container: Any, stream: Any, lost: _Lost, due: Container[int] | None = None) -> Iterator[VideoFrame]:
    """Yield frames, noting in ``lost`` what did not decode.

    ``due`` holds the time stamps of the frames that are wanted: of the others in H.264, those that no other frame is
    built on are left out, which are half of what most platforms write. Not in HEVC and its like, where such a frame
    may still serve higher temporal layers.
    """
    import av.error

    may_skip = due is not None and stream.codec_context.name == "h264"
    wanted = False

    time_s: float | None = None
    packets = container.demux(stream)
    failures_in_a_row = 0
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except MemoryError:
            raise
        except (av.error.FFmpegError, OSError) as error:
            lost.add(time_s, f"reading stopped: {_reason(error)}")
            return
        try:
            if due is not None and may_skip:
                before, wanted = wanted, packet.pts is None or packet.pts in due
                # The packet after a wanted one may be the second field of its frame.
                stream.codec_context.skip_frame = "DEFAULT" if wanted or before else "NONREF"
            decoded = packet.decode()
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError) as error:
            failures_in_a_row += 1
            if packet.size:  # the empty packet that flushes the decoder carries nothing that could be lost
                lost.add(time_s, f"a packet could not be decoded: {_reason(error)}")
            if failures_in_a_row > 5000:
                lost.add(time_s, "decoding given up after 5000 bad packets in a row")
                return
            continue
        failures_in_a_row = 0
        for frame in decoded:
            if frame.pts is not None and frame.time_base:
                time_s = round(float(frame.pts * frame.time_base), 3)
            if getattr(frame, "is_corrupt", False):
                lost.add(time_s, "a damaged frame was decoded in part")
            yield frame


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:120]


def _tags(found: Any) -> dict[str, str]:
    """Return tags, as many and as long as a report can hold."""
    return {str(name)[:200]: str(value)[:_LONGEST_TAG] for name, value in list(found.items())[:_MOST_TAGS]}


@dataclass(frozen=True, slots=True)
class _Turn:
    """The display matrix reduced to what files really use: quarter turns and mirror images."""

    rotation_deg: int
    mirrored: bool

    @property
    def swaps_sides(self) -> bool:
        return self.rotation_deg in (90, 270)

    def apply(self, picture: U8) -> U8:
        """Mirror (left to right), then rotate clockwise."""
        if self.mirrored:
            picture = picture[:, ::-1]
        if self.rotation_deg:
            picture = np.rot90(picture, k=-self.rotation_deg // 90)
        return np.ascontiguousarray(picture)


def _display_turn(frame: VideoFrame) -> _Turn:
    """Read the display matrix (ISO/IEC 14496-12, 16.16 fixed point, row vectors) of a frame."""
    try:
        side_data: Any = frame.side_data
    except ValueError:
        # A kind of side data that FFmpeg knows and PyAV does not; the rotation alone can still be had.
        return _Turn(round(-frame.rotation / 90) * 90 % 360, False)
    for data in side_data:
        if "DISPLAYMATRIX" in str(data.type).upper().replace("_", ""):
            a, b, _, c, d, *_ = np.frombuffer(bytes(data), dtype="<i4").tolist()
            mirrored = a * d - b * c < 0
            if mirrored:
                a, b = -a, -b  # undo the mirror image, what is left is a rotation
            angle = int(np.rint(np.degrees(np.arctan2(b, a)) / 90.0)) * 90 % 360
            return _Turn(angle, mirrored)
    return _Turn(0, False)


def _display_size(frame: VideoFrame, turn: _Turn, stream: Any) -> tuple[int, int]:
    width, height = frame.width, frame.height
    aspect = stream.sample_aspect_ratio
    if aspect and 0.1 < aspect < 10 and abs(float(aspect) - 1) > 0.02:
        width = max(1, round(width * float(aspect)))
    return (height, width) if turn.swaps_sides else (width, height)
