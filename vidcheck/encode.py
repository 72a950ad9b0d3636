"""Write video: with the bundled ffmpeg, and through PyAV where every frame keeps its own time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.errors import DependencyError
from vidcheck.limits import in_force

U8 = npt.NDArray[np.uint8]


def ffmpeg_binary() -> str:
    """Return the path of the bundled ffmpeg.

    Raises
    ------
    DependencyError
        Where the wheel that carries it is missing.
    """
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise DependencyError(f"No ffmpeg binary: {error}.") from error


def write_video(
    path: Path,
    frames: Iterable[U8],
    *,
    fps: float,
    metadata: dict[str, str] | None = None,
    crf: int = 23,
    options: dict[str, str] | None = None,
) -> None:
    """Encode BGR frames of equal shape (height, width, 3) to H.264 (or by file ending), without sound.

    Parameters
    ----------
    path:
        Where to write; an existing file is replaced.
    frames:
        uint8 pictures, blue first, even sides.
    fps:
        Frames per second.
    metadata:
        Container tags.
    crf:
        H.264 constant rate factor, 0 (lossless) to 51.
    options:
        More ffmpeg output options.

    Raises
    ------
    OSError
        Where ffmpeg fails, with its last words.
    """
    import ffmpeg

    pictures = iter(frames)
    first = next(pictures)
    height, width = first.shape[:2]
    output: dict[str, Any] = {"pix_fmt": "yuv420p", **(options or {})}
    if path.suffix.lower() in {".mp4", ".mov", ".mkv", ".3gp"}:
        output = {"vcodec": "libx264", "crf": crf, "preset": "veryfast", **output}
    for number, (key, value) in enumerate((metadata or {}).items()):
        output[f"metadata:g:{number}"] = f"{key}={value}"
    process = (
        ffmpeg.input("pipe:", format="rawvideo", pix_fmt="bgr24", s=f"{width}x{height}", framerate=fps)
        .output(os.fspath(path), **output)
        .overwrite_output()
        .global_args("-loglevel", "error", "-nostdin", "-bitexact")
        .run_async(cmd=ffmpeg_binary(), pipe_stdin=True, pipe_stderr=True, quiet=False)
    )
    try:
        process.stdin.write(np.ascontiguousarray(first).tobytes())
        for picture in pictures:
            process.stdin.write(np.ascontiguousarray(picture).tobytes())
        process.stdin.close()
    except BrokenPipeError:
        pass  # ffmpeg has died; its last words follow
    message = process.stderr.read().decode("utf-8", "replace").strip()
    process.stderr.close()
    if process.wait() != 0:
        raise OSError(f"ffmpeg could not write {path}: {message.splitlines()[-1] if message else 'no reason given'}")


def convert_for_browsers(clip: Path, target: Path, *, demuxers: str) -> None:
    """Convert a video file to H.264 and AAC in MP4, every frame kept at its time.

    Parameters
    ----------
    clip:
        The file; it is only read, without a network and without following it to other files.
    target:
        The MP4 to write.
    demuxers:
        Names of the formats that ffmpeg may read, comma separated: none that leads to other files.

    Raises
    ------
    OSError
        Where ffmpeg fails, with its last words.
    """
    import ffmpeg

    source = ffmpeg.input(os.fspath(clip.resolve()), protocol_whitelist="file", format_whitelist=demuxers)
    even = "scale=trunc(iw/2)*2:trunc(ih/2)*2"  # H.264 with the usual colours needs even sides
    process = (
        ffmpeg.output(
            source["V:0"],
            source["a:0?"],
            os.fspath(target),
            vcodec="libx264",
            crf=20,
            preset="veryfast",
            pix_fmt="yuv420p",
            vf=even,
            acodec="aac",
            fps_mode="passthrough",
            movflags="+faststart",
            map_metadata=-1,
        )
        .overwrite_output()
        .global_args("-loglevel", "error", "-nostdin", "-bitexact")
        .run_async(cmd=ffmpeg_binary(), pipe_stderr=True)
    )
    try:
        _, said = process.communicate(timeout=in_force().max_wall_s)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
    except BaseException:  # interrupted: it must not go on alone
        process.kill()
        raise
    if process.returncode != 0:
        message = said.decode("utf-8", "replace").strip()
        raise OSError(f"ffmpeg: {message.splitlines()[-1] if message else 'no reason given'}")


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A picture and when it is shown."""

    bgr: U8
    """uint8 of shape (height, width, 3), blue first."""
    pts: int
    """Presentation timestamp in ticks of the time base."""


def write_timed_video(
    path: Path, frames: Iterable[TimedFrame], *, time_base: Fraction, sound_of: Path | None = None, crf: int = 20
) -> None:
    """Encode frames to H.264 in MP4 with the times they come with, so that a variable rate stays what it is.

    Nothing else is written: no tags of the source, no title, no position. An odd side is made even by repeating its
    last row or column.

    Parameters
    ----------
    path:
        Where to write; an existing file is replaced.
    frames:
        Pictures of equal shape in order of time.
    time_base:
        Seconds per tick.
    sound_of:
        A file whose first audio stream is taken over, encoded as AAC; None writes no sound.
    crf:
        H.264 constant rate factor, 0 (lossless) to 51.

    Raises
    ------
    OSError
        Where it cannot be written.
    """
    import av

    first: int | None = None
    with av.open(os.fspath(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = None
        sound = None if sound_of is None else _Sound(sound_of, container)
        last = -1
        for item in frames:
            height, width = item.bgr.shape[:2]
            if stream is None:
                stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": str(crf)})
                stream.width, stream.height = width + width % 2, height + height % 2
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = time_base
                first = item.pts
            picture = np.pad(item.bgr, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            # Two frames at one time cannot both be shown; a tick later nobody sees the difference.
            last = max(last + 1, item.pts - (first or 0))
            frame.pts, frame.time_base = last, time_base
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
        if sound is not None and first is not None:
            sound.copy(first * time_base)


class _Sound:
    """The first audio stream of a file, on its way into another."""

    def __init__(self, path: Path, container: Any) -> None:
        import av

        from vidcheck.video import DEMUXERS  # it builds on this module

        only_this = {"protocol_whitelist": "file", "format_whitelist": DEMUXERS}
        self._source = av.open(os.fspath(path), options=only_this, metadata_errors="replace")
        streams = self._source.streams.audio
        self._from = streams[0] if streams else None
        self._container = container
        self._to: Any = None
        if self._from is not None:
            self._to = container.add_stream("aac", rate=self._from.rate or 48000)

    def copy(self, video_start_s: Fraction) -> None:
        """Encode the sound so that it keeps its place beside the picture."""
        import av
        import av.error

        if self._from is not None:
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=self._to.rate)
            shift = int(video_start_s * self._to.rate)
            position: int | None = None
            try:
                for decoded in self._source.decode(self._from):
                    for frame in resampler.resample(decoded):
                        if position is None:
                            start = 0 if decoded.time is None else round(decoded.time * self._to.rate)
                            position = max(0, start - shift)
                        frame.pts, frame.time_base = position, Fraction(1, self._to.rate)
                        position += frame.samples
                        self._container.mux(self._to.encode(frame))
            except av.error.FFmpegError:  # sound that ends in damage ends there
                pass
            self._container.mux(self._to.encode(None))
        self._source.close()
