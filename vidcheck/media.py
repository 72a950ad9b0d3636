"""Open, hash and read clips and photos, whatever they are.

:func:`open_clip` finds out what a file is and gives a :class:`Clip`. Video is decoded in :mod:`vidcheck.video`
(the only module that touches PyAV), photos and animated pictures in :mod:`vidcheck.photo` (Pillow), both in a process
of their own where the system allows (:mod:`vidcheck.isolation`); :mod:`vidcheck.encode` writes video (ffmpeg). No file
is ever opened for writing here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.boxes import whole_pixels
from vidcheck.encode import ffmpeg_binary as ffmpeg_binary
from vidcheck.encode import write_video as write_video
from vidcheck.errors import InputError, NotFound, NotMedia, Unreadable
from vidcheck.hashing import sha256_of as sha256_of
from vidcheck.limits import Limits as Limits
from vidcheck.limits import in_force as in_force
from vidcheck.timeline import Timeline
from vidcheck.types import Box, FrameRef, Source

U8 = npt.NDArray[np.uint8]


class Frame:
    """One decoded frame in display orientation, converted only when asked."""

    __slots__ = ("_bgr", "_gray", "_load_bgr", "_load_cuts", "_load_gray", "_load_scaled", "_small", "is_key", "ref")

    def __init__(
        self,
        ref: FrameRef,
        load_bgr: Any,
        load_gray: Any,
        load_scaled: Any = None,
        load_cuts: Any = None,
        *,
        is_key: bool = False,
    ) -> None:
        self.ref = ref
        """Which frame, and when it is shown."""
        self.is_key = is_key
        """Whether it is decoded without any other frame."""
        self._load_bgr = load_bgr
        self._load_gray = load_gray
        self._load_scaled = load_scaled
        self._load_cuts = load_cuts
        self._bgr: U8 | None = None
        self._gray: U8 | None = None
        self._small: U8 | None = None

    @property
    def bgr(self) -> U8:
        """Picture as uint8 of shape (height, width, 3), blue first."""
        if self._bgr is None:
            self._bgr = self._load_bgr()
        return self._bgr

    def scaled_bgr(self, width_px: int, height_px: int) -> U8:
        """Picture scaled by linear interpolation, uint8 of shape (height_px, width_px, 3), blue first.

        The very pixels that ``cv2.resize`` makes of :attr:`bgr`, without its full size changing processes.
        """
        if self._bgr is None and self._load_scaled is not None:
            scaled: U8 = self._load_scaled(width_px, height_px)
            return scaled
        import cv2

        return np.asarray(cv2.resize(self.bgr, (width_px, height_px), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def cuts(self, boxes: Sequence[Box], margin: float = 0.0) -> list[U8]:
        """The pixels under each box, uint8 of shape (h, w, 3), blue first, in memory of their own.

        With ``margin`` of the box's size on each side; whole pixels inside the picture
        (:func:`vidcheck.boxes.whole_pixels`). The picture itself stays where it was decoded.
        """
        if self._bgr is None and self._load_cuts is not None:
            cuts: list[U8] = self._load_cuts(boxes, margin)
            return cuts
        height, width = self.bgr.shape[:2]
        edges = [whole_pixels(box, width, height, margin) for box in boxes]
        return [self.bgr[top:bottom, left:right].copy() for left, top, right, bottom in edges]

    @property
    def gray(self) -> U8:
        """Luma as uint8 of shape (height, width)."""
        if self._gray is None:
            self._gray = self._load_gray(None)
        return self._gray

    def small_gray(self, width_px: int) -> U8:
        """Luma scaled to ``width_px`` wide, aspect kept: uint8 of shape (h, width_px). Cheap: never full size."""
        if self._small is None or self._small.shape[1] != width_px:
            self._small = self._load_gray(width_px)
        return self._small


class Clip:
    """An open clip or photo. Use as a context manager, or call :meth:`close`."""

    def __init__(self, path: Path, source: Source) -> None:
        self.path = path
        """The file."""
        self.source = replace(source, tags=writable_tags(source.tags))
        """What is known of it; frame count, duration and decode errors are complete after :meth:`frames` ended."""
        self.known_timeline: Timeline | None = None
        """When each frame is shown, where somebody has read the clip to its end and noted it."""

    def frames(self) -> Iterator[Frame]:
        """Decode every frame in presentation order and complete :attr:`source`.

        Damaged parts are skipped and listed in ``source.decode_errors``.
        """
        raise NotImplementedError

    def read(self, refs: Iterable[FrameRef]) -> Iterator[Frame]:
        """Decode just these frames and yield them in order of time; a frame asked for twice comes once."""
        raise NotImplementedError

    def timeline(self) -> Timeline:
        """Return when each frame is shown; decodes the clip once where that is not known yet."""
        if self.known_timeline is None:
            known = Timeline()
            for frame in self.frames():
                known.add(frame.ref, is_key=frame.is_key)
            self.known_timeline = known
        return self.known_timeline

    def close(self) -> None:
        """Release the file."""

    def __enter__(self) -> Clip:
        """Return the clip itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def check_file(path: Path) -> None:
    """Raise :class:`NotFound`, :class:`Unreadable` or :class:`NotMedia` where ``path`` is no readable file."""
    try:
        if path.is_dir():
            raise NotFound(f"{path} is a folder, not a clip.", "Name the clip itself, or use: vidcheck batch")
        if not path.exists():
            raise NotFound(f"{path}: no such file.")
        if not path.is_file():
            raise NotFound(f"{path} is not a regular file.", "Copy the clip to a file first.")
        with path.open("rb") as file:
            first = file.read(1)
    except InputError:
        raise
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}.") from None
    if not first:
        raise NotMedia(f"{path} is empty (0 bytes).", "Ask for the file again; the transfer may have failed.")


def shown_name(name: str) -> str:
    r"""Return a file name as text that can be written down: bytes that are no UTF-8 become ``\xff``.

    >>> shown_name("kafe \udcff.mp4")
    'kafe \\xff.mp4'
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def writable_tags(tags: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    r"""Return tags as they can be written down: half of a surrogate pair, which is no character, becomes ``\ud800``.

    >>> writable_tags({"exif": {"Make": "a\ud800"}})
    {'exif': {'Make': 'a\\ud800'}}
    """

    def writable(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    return {group: {writable(k): writable(v) for k, v in found.items()} for group, found in tags.items()}


def reader(descriptor: int) -> io.BufferedReader:
    """Return an open file for reading with a position of its own, whoever else reads from the descriptor."""
    return io.BufferedReader(_Reading(descriptor), 1 << 16)


class _Reading(io.RawIOBase):
    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        if start + offset < 0:
            raise ValueError("a position before the file")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at


def open_clip(path: str | os.PathLike[str], limits: Limits | None = None, *, sparing: bool = False) -> Clip:
    """Open a clip or photo for reading.

    Parameters
    ----------
    path:
        Any file; its name does not decide what it is.
    limits:
        What to refuse; None takes :func:`vidcheck.limits.in_force`.
    sparing:
        Whether others need every processor meanwhile: on one or two, video is then decoded in one thread, which takes
        hardly longer and leaves them a fifth more.

    Raises
    ------
    NotFound, Unreadable, NotMedia, NoPicture, TooLarge, TookTooLong, DecoderFailed
        Each with a remedy.
    """
    file = Path(path)
    check_file(file)
    limits = limits or in_force()
    from vidcheck import isolation  # it builds on this module

    if isolation.is_possible():
        return isolation.IsolatedClip(file, limits, sparing=sparing)
    return open_here(file, limits, sha256_of(file), sparing=sparing)


def open_here(path: Path, limits: Limits, sha256: str, descriptor: int | None = None, *, sparing: bool = False) -> Clip:
    """Open a file in this process; see :func:`open_clip`.

    Parameters
    ----------
    path:
        The file; with a descriptor only its name counts.
    limits:
        What to refuse.
    sha256:
        Its hash.
    descriptor:
        The file, already open for reading; None opens ``path``.
    sparing:
        As for :func:`open_clip`.
    """
    from vidcheck import photo, video  # heavy to import, and they build on this module

    opened = photo.open_picture(path, limits, sha256, descriptor)
    return opened if opened is not None else video.VideoClip(path, limits, sha256, descriptor, sparing=sparing)
