"""One decoding pass for several steps that run side by side.

Decoding costs more than most of what is done with the frames. A step reads its clip as if it were alone; when every
reader waits for frames, one pass is decoded for all of them, and each gets the frames that it asked for. A reader that
is busy with a frame holds nobody up until two more wait for it, so that few are kept.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vidcheck.media import U8, Clip, Frame
from vidcheck.types import FrameRef, Source

_WAITING = 2  # frames that may wait for a reader beside the one it has


class Stopped(Exception):
    """The analysis was ended while a step waited for frames."""


@dataclass(eq=False)
class _Request:
    """What one reader wants of a pass, and how far it is."""

    refs: dict[int, FrameRef] | None
    """By index; None asks for every frame."""
    last: float
    """Index of the last frame wanted."""
    asks: bool = False
    """Whether it is done with the frames that it was given."""
    frames: deque[Frame] = field(default_factory=deque)
    """What waits for it."""
    finished: bool = False
    error: Exception | None = None

    def wants(self, index: int) -> bool:
        return self.refs is None or index in self.refs


class SharedReading:
    """Brings the readers of one clip together. :meth:`enter` every thread before it starts, :meth:`leave` it after."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._turn = threading.Condition()
        self._readers: set[threading.Thread] = set()
        self._requests: dict[threading.Thread, _Request] = {}
        self._members: list[_Request] = []
        self._frames: Iterator[Frame] | None = None
        self._driving = False
        self._stopped = False
        self._waited_s: dict[threading.Thread, float] = {}
        self.passes = 0
        """Decoding passes begun."""
        self.decoded = 0
        """Frames that were handed out, each counted once however many read it."""

    def enter(self, thread: threading.Thread) -> None:
        """Count a thread among the readers: passes wait for it."""
        with self._turn:
            self._readers.add(thread)

    def leave(self, thread: threading.Thread) -> None:
        """Count it no longer; a request that an error left open is dropped."""
        with self._turn:
            self._readers.discard(thread)
            self._drop(thread)
            self._turn.notify_all()

    def waited_s(self, thread: threading.Thread) -> float:
        """Return how long a thread waited for other readers, seconds."""
        with self._turn:
            return self._waited_s.get(thread, 0.0)

    def stop(self) -> None:
        """Let every reader that waits, or asks again, end with :class:`Stopped`."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def read(self, refs: Iterable[FrameRef] | None) -> Iterator[Frame]:
        """Yield these frames, or all, in order of time."""
        wanted = None if refs is None else {ref.index: ref for ref in refs}
        if wanted is not None and not wanted:
            return
        me = threading.current_thread()
        request = _Request(wanted, float("inf") if wanted is None else max(wanted))
        with self._turn:
            if me in self._requests:
                raise RuntimeError("a step reads its clip while it is reading it")
            guest = me not in self._readers
            if guest:
                self._readers.add(me)
            self._requests[me] = request
        try:
            while (frame := self._next(request, me)) is not None:
                yield frame
                del frame
        finally:
            with self._turn:
                self._drop(me)
                if guest:
                    self._readers.discard(me)
                self._turn.notify_all()

    def _drop(self, thread: threading.Thread) -> None:
        request = self._requests.pop(thread, None)
        if request in self._members:
            self._members.remove(request)

    def _next(self, request: _Request, me: threading.Thread) -> Frame | None:
        with self._turn:
            while True:
                if self._stopped:
                    raise Stopped
                if request.frames:
                    self._turn.notify_all()  # there is room for one more
                    return request.frames.popleft()
                if request.error is not None:
                    raise request.error
                request.asks = not request.finished
                if request.finished:
                    return None
                if self._may_go_on():
                    self._driving = True
                    self._turn.release()
                    try:
                        self._go_on()
                    finally:
                        self._turn.acquire()
                        self._driving = False
                        self._turn.notify_all()
                    continue
                began = time.perf_counter()
                self._turn.wait()
                self._waited_s[me] = self._waited_s.get(me, 0.0) + time.perf_counter() - began

    def _may_go_on(self) -> bool:
        if self._driving:
            return False
        if self._frames is not None:
            return all(len(member.frames) < _WAITING for member in self._members)
        return all(thread in self._requests and self._requests[thread].asks for thread in self._readers)

    def _go_on(self) -> None:
        """Begin a pass where none is under way, and hand out its next frame that somebody wants."""
        try:
            with self._turn:
                if self._frames is None:
                    self._members = [request for request in self._requests.values() if request.asks]
                    self._frames = self._begin()
                    self.passes += 1
                frames = self._frames
            while True:
                frame = next(frames, None)
                with self._turn:
                    if frame is None:
                        self._end()
                        return
                    if self._hand_out(frame):
                        return
        except Exception as error:  # every reader of the pass is told, each in its own thread
            with self._turn:
                for member in self._members:
                    member.error, member.asks = error, False
                self._end()

    def _begin(self) -> Iterator[Frame]:
        wanted: dict[int, FrameRef] = {}
        for member in self._members:
            if member.refs is None:
                return self._clip.frames()
            wanted |= member.refs
        return self._clip.read(wanted.values())

    def _hand_out(self, frame: Frame) -> bool:
        """Give the frame to those who want it; True where the pass has to wait for somebody, or is over."""
        index = frame.ref.index
        takers = [member for member in self._members if member.wants(index)]
        if takers:
            self.decoded += 1
            shared = _shared(frame)
            for member in takers:
                member.frames.append(shared)
                member.asks = False  # here, not where it wakes: a pass may end before it has run
        for member in [member for member in self._members if index >= member.last]:
            member.finished, member.asks = True, False
            self._members.remove(member)
        if not self._members:
            self._end()
            return True
        return bool(takers)

    def _end(self) -> None:
        for member in self._members:
            member.finished, member.asks = True, False
        self._members = []
        if self._frames is not None and hasattr(self._frames, "close"):
            self._frames.close()
        self._frames = None


class SharedClip(Clip):
    """A clip whose readers share decoding passes."""

    def __init__(self, clip: Clip, source: Source, reading: SharedReading) -> None:
        super().__init__(clip.path, source)
        self.original = clip
        """The clip itself, for what is no frame."""
        self._reading = reading
        self.known_timeline = clip.known_timeline

    def frames(self) -> Iterator[Frame]:
        """Yield every frame; see :meth:`Clip.frames`. The source is complete already."""
        return self._reading.read(None)

    def read(self, refs: Iterable[FrameRef]) -> Iterator[Frame]:
        """Yield just these frames; see :meth:`Clip.read`."""
        return self._reading.read(refs)


def _shared(frame: Frame) -> Frame:
    """The same frame for several threads: one converts, the others take what it made."""
    lock = threading.Lock()

    def bgr() -> U8:
        with lock:
            return frame.bgr

    def gray(width_px: int | None) -> U8:
        with lock:
            return frame.gray if width_px is None else frame.small_gray(width_px)

    return Frame(frame.ref, bgr, gray)
