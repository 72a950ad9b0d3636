"""A copy of the clip beside the report, playable in a browser: ``media/clip.mp4`` or ``media/clip.webm``.

Only on request: a report is handed on, and with it everybody who is in the clip. A file that browsers play as it
is is copied byte for byte, so its hash is the original's; any other is converted, and the report says so.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from vidcheck import encode
from vidcheck.errors import DependencyError, OutputError
from vidcheck.store import output_error
from vidcheck.types import Source
from vidcheck.video import DEMUXERS

_MP4 = frozenset({"h264", "av1", "vp9"})
_WEBM = frozenset({"vp8", "vp9", "av1"})
_NAMES = ("clip.mp4", "clip.webm")


def playable_ending(source: Source) -> str | None:
    """Return the file ending under which browsers play the clip as it is, or None where it has to be converted."""
    formats = set(source.container.split(","))
    if {"mov", "mp4"} & formats and source.codec in _MP4:
        return "mp4"
    # The demuxer for Matroska and WebM is one; browsers take what WebM allows.
    return "webm" if "webm" in formats and source.codec in _WEBM else None


def save_clip(clip: Path, source: Source, folder: Path) -> Path | None:
    """Write a playable copy of a clip below ``folder/media`` and return its path; None for a photo.

    Raises
    ------
    OutputError
        Where it cannot be written or converted.
    DependencyError
        Where there is no ffmpeg and the clip has to be converted.
    """
    if source.kind == "image":
        return None
    ending = playable_ending(source)
    target = folder / "media" / f"clip.{ending or 'mp4'}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if ending:
            shutil.copyfile(clip, target)
        else:
            encode.convert_for_browsers(clip, target, demuxers=DEMUXERS)
        target.chmod(0o644)
    except DependencyError:
        raise
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.errno is None:
            raise OutputError(f"{clip.name} could not be converted ({error}).", "Leave out --with-clip.") from error
        raise output_error(target, error) from error
    return target


def find_clip(folder: Path) -> Path | None:
    """Return the copy of the clip that lies in a case folder, or None."""
    return next((path for name in _NAMES if (path := folder / "media" / name).is_file()), None)
