"""Write frames to files: the sharpest of each shot and every slide, one every so often, or at given times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vidcheck import media, pictures
from vidcheck.errors import UsageError
from vidcheck.types import Analysis, FrameRef


@dataclass(frozen=True, slots=True)
class ExtractedFrame:
    """A frame written to a file."""

    path: Path
    """The PNG file."""
    ref: FrameRef
    """Which frame."""
    shot: int | None
    """The shot it stands for, or None where it was asked for by time."""


def parse_time(text: str) -> float:
    """Return seconds for ``7``, ``7.5``, ``0:07.5`` or ``1:02:03``.

    >>> parse_time("0:07.5"), parse_time("1:02:03")
    (7.5, 3723.0)

    Raises
    ------
    UsageError
        Where it is none of these.
    """
    parts = text.strip().replace(",", ".").split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or any(n < 0 for n in numbers) or any(n >= 60 for n in numbers[1:]):
        raise UsageError(f"{text!r} is no time.", "Write seconds (7.5), m:ss (0:07.5) or h:mm:ss.")
    seconds = 0.0
    for number in numbers:
        seconds = seconds * 60 + number
    return seconds


def file_name(ref: FrameRef) -> str:
    """Return a name that sorts by time and names the frame: ``00-00-07.440_f000186.png``."""
    milliseconds = round(ref.time_s * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}-{minutes:02d}-{seconds:02d}.{milliseconds:03d}_f{ref.index:06d}.png"


def extract_frames(
    clip_path: Path,
    analysis: Analysis,
    out: Path | None,
    *,
    every_s: float | None = None,
    at_s: tuple[float, ...] = (),
) -> list[ExtractedFrame]:
    """Write the wanted frames below ``out``; nothing is written where it is None.

    Parameters
    ----------
    clip_path:
        The clip.
    analysis:
        Its analysis, at least the shots.
    out:
        Folder for the files.
    every_s:
        A frame every so many seconds instead of the best of each shot.
    at_s:
        The frames shown at these times instead.

    Raises
    ------
    UsageError
        Where a time lies behind the end of the clip, or times are asked for without a folder.
    OutputError
        Where a file cannot be written.
    """
    if (every_s is not None or at_s) and out is None:
        raise UsageError("There is nowhere to write the frames.", "Name a folder with -o DIR.")
    if out is None:
        return []
    with media.open_clip(clip_path) as clip:
        if every_s is not None or at_s:
            wanted: list[tuple[FrameRef, int | None]] = [
                (ref, None) for ref in _by_time(clip, analysis.source.duration_s, every_s, at_s)
            ]
        else:
            wanted = [
                (shot.best, shot.index) for shot in analysis.shots if shot.repeats is None and shot.kind != "black"
            ]
        names = [(ref, file_name(ref)) for ref, _ in wanted]
        pictures.save_frames(clip, names, out)
    return [ExtractedFrame(out / file_name(ref), ref, shot) for ref, shot in wanted]


def _by_time(clip: media.Clip, duration_s: float, every_s: float | None, at_s: tuple[float, ...]) -> list[FrameRef]:
    """The frames on screen at the wanted times: the last one that starts at or before each."""
    times = list(at_s)
    if late := [t for t in times if t > max(duration_s, 0.0)]:
        raise UsageError(f"The clip ends at {duration_s:.2f} s, before {late[0]:g} s.", "Name an earlier time.")
    refs = [frame.ref for frame in clip.frames()]
    if every_s is not None:
        count = int(duration_s / every_s) + 1
        times += [i * every_s for i in range(count)]
    starts = [ref.time_s for ref in refs]
    from bisect import bisect_right

    chosen = {max(0, bisect_right(starts, t + 1e-6) - 1) for t in times}
    return [refs[i] for i in sorted(chosen)]
