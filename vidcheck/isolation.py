"""Clips decoded in another process: a crash or a hang in native code costs a frame or a step, never the run.

:class:`IsolatedClip` is what :func:`vidcheck.media.open_clip` gives where the system has what it takes (descriptors
that can be handed over: Linux, macOS). The process, :mod:`vidcheck.decoder`, is started once and serves one clip after
the other; one that died, hung or grew is replaced. Nothing that it says is trusted further than its type.
"""

from __future__ import annotations

import atexit
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vidcheck import errors
from vidcheck.boxes import whole_pixels
from vidcheck.decoder import pack, unpack
from vidcheck.limits import Limits, remedy
from vidcheck.media import U8, Clip, Frame, sha256_of, writable_tags
from vidcheck.types import Box, DecodeError, FrameRef, Source, Words

T = TypeVar("T")
ENV_VAR = "VIDCHECK_DECODER"
"""``here`` decodes in the process of the analysis: for debugging, and where no process may be started."""
_START = "import sys; from vidcheck.decoder import main; main(*map(int, sys.argv[1:4]))"
_LARGEST_MESSAGE = 1 << 26
_LARGEST_KEPT = 1 << 26
_ASIDE_BYTES = 600_000_000  # a process that has needed more is not kept for the next clip
_KEPT = 2
_RESTARTS = 3

_idle: list[_Process] = []
_lock = threading.Lock()
_deaths = 0


class DecoderDied(Exception):
    """The process crashed, hung or fell silent; the step that was asking has failed."""


def is_possible() -> bool:
    """Whether clips are decoded in another process here."""
    return (
        os.environ.get(ENV_VAR, "") != "here"
        and hasattr(socket, "send_fds")
        and hasattr(os, "pread")
        and bool(sys.executable)
    )


def deaths() -> int:
    """Return how often a decoder's process died, or was ended because it hung, under this process."""
    return _deaths


class _Process:
    """One decoder process and the memory shared with it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.is_new = True
        # Pairs of sockets and a file without a name: they end with the processes that have them open. Pictures have a
        # pair of their own: who wants one does not wait until the next frames are decoded.
        ours, theirs = socket.socketpair()
        our_pictures, their_pictures = socket.socketpair()
        self._shared = _memory_file()
        self._memory: mmap.mmap | None = None
        package = str(Path(__file__).resolve().parent.parent)
        path = [package, *(entry for entry in sys.path if entry and Path(entry).is_absolute())]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        said = None if os.environ.get("VIDCHECK_DEBUG") else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(theirs.fileno()), str(their_pictures.fileno()), str(self._shared)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,  # decoders write warnings past Python; they would run into the progress
            pass_fds=(theirs.fileno(), their_pictures.fileno(), self._shared),
            process_group=0,  # Ctrl-C is for the analysis, which then ends this
            env=env,
        )
        theirs.close()
        their_pictures.close()
        self._pipe, self._pictures = Connection(ours.detach()), Connection(our_pictures.detach())
        self._ending = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def ask(
        self, header: dict[str, Any], timeout_s: float, descriptor: int | None = None, *, picture: bool = False
    ) -> tuple[Any, memoryview]:
        """Send a request, for a ``picture`` over its own way, and return the answer.

        Raises
        ------
        DecoderDied
            Where none comes; the process has then ended.
        """
        pipe = self._pictures if picture else self._pipe
        try:
            pipe.send_bytes(pack(header))
            if descriptor is not None:
                send_handle(pipe, descriptor, self._process.pid)
            if not pipe.poll(timeout_s):
                raise TimeoutError
            return unpack(pipe.recv_bytes(_LARGEST_MESSAGE))
        except TimeoutError:
            self._died()
            raise DecoderDied(f"the decoder hung: no answer for {timeout_s:.0f} s") from None
        except (EOFError, OSError, ValueError) as error:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)
            code = self._process.poll()
            self._died()
            why = f"ended by signal {-code}" if code is not None and code < 0 else "ended without an answer"
            raise DecoderDied(f"the decoder crashed: its process {why}") from error
        except BaseException:
            self.end()  # interrupted: an answer that nobody waits for would be taken for that to the next question
            raise

    def _died(self) -> None:
        global _deaths
        _deaths += self._shared >= 0
        self.end()

    def reserve(self, size: int) -> None:
        """Make the shared memory large enough; after a very large picture it shrinks again."""
        if size > self.size or self.size > _LARGEST_KEPT >= size:
            self._memory = None
            os.ftruncate(self._shared, size)
            if size:
                self._memory = mmap.mmap(self._shared, size)

    @property
    def size(self) -> int:
        """Bytes of the shared memory."""
        return 0 if self._memory is None else len(self._memory)

    def picture(self, shape: tuple[int, ...]) -> U8:
        """Return a copy of what lies in the shared memory."""
        assert self._memory is not None
        return np.frombuffer(self._memory, dtype=np.uint8, count=int(np.prod(shape))).reshape(shape).copy()

    def end(self) -> None:
        """End the process."""
        with self._ending:
            self._process.kill()
            self._process.wait()
            # Closed after that, so that another thread that waits for an answer finds the other end gone.
            self._pipe.close()
            self._pictures.close()
            if self._shared >= 0:
                os.close(self._shared)
            self._shared = -1


def _memory_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("vidcheck")
    descriptor, name = tempfile.mkstemp()
    Path(name).unlink()
    return descriptor


def _take() -> tuple[_Process, bool]:
    """Return a process, and whether it has worked on no clip yet."""
    process = _idle_one() or _Process()
    is_new, process.is_new = process.is_new, False
    return process, is_new


def _idle_one() -> _Process | None:
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.owner == os.getpid() and process.is_alive:
                return process
            if process.owner == os.getpid():
                process.end()
    return None


def prepare() -> None:
    """Start a process for the next clip, which comes up while the caller loads other things."""
    with _lock:
        has_one = any(process.owner == os.getpid() and process.is_alive for process in _idle)
    if is_possible() and not has_one:
        with suppress(OSError):  # whoever opens a clip meets it again
            _give_back(_Process())


def _give_back(process: _Process) -> None:
    with _lock:
        if len(_idle) < _KEPT:
            _idle.append(process)
            return
    process.end()


@atexit.register
def _end_idle() -> None:
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.owner == os.getpid():
                process.end()


class _Pixels:
    """The way to the pixels of one frame, which the process keeps until this is gone."""

    __slots__ = ("_clip", "_number", "_process", "_ref", "gray")

    def __init__(self, clip: IsolatedClip, process: _Process, number: int, ref: FrameRef) -> None:
        self._clip, self._process, self._number, self._ref = clip, process, number, ref
        self.gray: U8 | None = None

    def load_bgr(self) -> U8:
        return self._clip.picture(self._process, self._number, self._ref, "bgr", None)

    def load_scaled(self, width: int, height: int) -> U8:
        return self._clip.picture(self._process, self._number, self._ref, "scaled", width, height)

    def load_cuts(self, boxes: Sequence[Box], margin: float) -> list[U8]:
        return self._clip.cuts(self._process, self._number, self._ref, boxes, margin)

    def load_gray(self, width: int | None) -> U8:
        if width is not None:
            self._clip.gray_width = width
            if self.gray is not None and self.gray.shape[1] == width:
                return self.gray
        return self._clip.picture(self._process, self._number, self._ref, "gray", width)

    def __del__(self) -> None:
        self._clip.free.append(self._number)


class IsolatedClip(Clip):
    """A clip or photo that another process decodes."""

    def __init__(self, path: Path, limits: Limits, *, sparing: bool = False) -> None:
        self._limits, self._sparing = limits, sparing
        self._until = time.monotonic() + limits.max_wall_s
        self._busy, self._drawing = threading.RLock(), threading.RLock()
        self._process: _Process | None = None
        self._restarts = 0
        self.free: deque[int] = deque()
        """Frames that nobody holds any more."""
        self.gray_width: int | None = None
        """The width that was last asked for: what the process prepares ahead."""
        self.path = path
        try:
            answer = self._open()
        except DecoderDied as error:
            if self._is_new:
                raise errors.DecoderFailed(f"{path}: {error}.") from error
            answer = self._open_anew()  # what another clip has left behind is not held against this one
        super().__init__(path, replace(_source(answer["source"]), sha256=self._sha256))

    def _open(self) -> Any:
        """Start, or take, a process and let it open the file; the hash is computed here meanwhile."""
        self._process, self._is_new = _take()
        descriptor = os.open(self.path, os.O_RDONLY)
        request: dict[str, Any] = {"op": "open", "path": os.fspath(self.path), "limits": asdict(self._limits)}
        request["sparing"] = self._sparing
        try:
            with ThreadPoolExecutor(1) as beside:
                hashing = beside.submit(sha256_of, self.path)
                answer, _ = self._ask(request, descriptor)
            self._sha256 = hashing.result()
        except BaseException:
            self.close()
            raise
        finally:
            os.close(descriptor)
        return answer

    def _open_anew(self) -> Any:
        _end_idle()
        try:
            return self._open()
        except DecoderDied as error:
            raise errors.DecoderFailed(f"{self.path}: {error}.") from error

    def _ask(self, header: dict[str, Any], descriptor: int | None = None) -> tuple[Any, memoryview]:
        """Send a request; raise what the process tells.

        Raises
        ------
        TookTooLong
            Where the clip has been in work for too long.
        DecoderDied
            Where no answer comes.
        """
        if self._process is None:
            self._restart()
        process = self._process
        assert process is not None
        with self._busy:
            return self._ask_of(process, header, descriptor)

    def _ask_of(
        self, process: _Process, header: dict[str, Any], descriptor: int | None = None, *, picture: bool = False
    ) -> tuple[Any, memoryview]:
        left = self._until - time.monotonic()
        if left <= 0:
            hours = self._limits.max_wall_s / 3600
            raise errors.TookTooLong(
                f"{self.path.name} has been in work for {hours:.4g} h, which is the limit.",
                remedy("time", f"{2 * hours:.4g}h"),
            )
        try:
            seconds = min(left + 1.0, self._limits.max_stall_s)
            answer, payload = process.ask(header, seconds, descriptor, picture=picture)
        except DecoderDied:
            if self._process is process:
                self._process = None
            raise
        if "error" in answer:
            raise _error(answer, self.path.name, self._limits)
        return answer, payload

    def _restart(self) -> None:
        """Open the file again after the process died."""
        if self._restarts >= _RESTARTS:
            raise DecoderDied(f"the decoder died {self._restarts + 1} times over this file")
        self._restarts += 1
        self._open()

    def frames(self) -> Iterator[Frame]:
        """Decode every frame; see :meth:`Clip.frames`."""
        last: FrameRef | None = None
        self.gray_width = None
        try:
            self._ask({"op": "frames"})
            answer: Any = None
            while True:
                answer, frames = self._next()
                if not frames:
                    break
                for frame in frames:
                    last = frame.ref
                    yield frame
        except DecoderDied as error:
            if last is None:
                raise errors.DecoderFailed(f"{self.path.name}: {error}.") from error
            said = DecodeError(last.time_s, f"{error}; what follows was not looked at")
            self.source = replace(
                self.source, frames_decoded=last.index + 1, duration_s=last.time_s, decode_errors=(said,)
            )
            return
        self.source = replace(_source(answer["source"]), sha256=self._sha256)

    def _next(self) -> tuple[Any, list[Frame]]:
        # Another thread that still holds a frame may ask for another width while the answer is on its way.
        process, gray_width = self._process, self.gray_width
        free = [self.free.popleft() for _ in range(len(self.free))]  # other threads append meanwhile
        answer, payload = self._ask({"op": "next", "free": free, "gray_width": gray_width})
        if process is not self._process:  # it died between two requests: the pass is gone with it
            raise DecoderDied("the decoder died")
        frames, at = [], 0
        for number, index, pts, time_s, has_gray, is_key in answer["frames"]:
            ref = FrameRef(int(index), int(pts), float(time_s))
            pixels = _Pixels(self, self._process, int(number), ref)  # type: ignore[arg-type]
            if has_gray:
                height, width = self._gray_shape(gray_width)
                pixels.gray = np.frombuffer(payload, np.uint8, height * width, at).reshape(height, width)
                at += height * width
            loads = (pixels.load_bgr, pixels.load_gray, pixels.load_scaled, pixels.load_cuts)
            frames.append(Frame(ref, *loads, is_key=bool(is_key)))
        return answer, frames

    def _gray_shape(self, width: int | None) -> tuple[int, int]:
        source = self.source
        if width is None:
            return source.height_px, source.width_px
        return max(1, round(source.height_px * width / source.width_px)), width

    def picture(
        self, process: _Process, number: int, ref: FrameRef, kind: str, width: int | None, height: int | None = None
    ) -> U8:
        """Return the pixels of a frame: ``bgr``, ``gray`` of a width, or ``scaled`` BGR of a width and height.

        Raises
        ------
        DecoderDied
            Where the process that held it is gone.
        """
        shape: tuple[int, ...] = (self.source.height_px, self.source.width_px, 3)
        if kind == "gray":
            shape = self._gray_shape(width)
        elif width is not None and height is not None:
            shape = (height, width, 3)
        request = {"op": "picture", "id": number, "kind": kind, "width": width, "height": height}
        return self._drawn(process, ref, request, shape)

    def cuts(self, process: _Process, number: int, ref: FrameRef, boxes: Sequence[Box], margin: float) -> list[U8]:
        """Return the pixels under each box of a frame; see :meth:`vidcheck.media.Frame.cuts`.

        Raises
        ------
        DecoderDied
            Where the process that held it is gone.
        """
        edges = [whole_pixels(box, self.source.width_px, self.source.height_px, margin) for box in boxes]
        shapes = [(max(0, bottom - top), max(0, right - left), 3) for left, top, right, bottom in edges]
        sizes = [height * width * 3 for height, width, _ in shapes]
        flat = np.zeros(0, dtype=np.uint8)
        if sum(sizes):
            flat = self._drawn(process, ref, {"op": "cuts", "id": number, "edges": edges}, (sum(sizes),))
        ends = np.cumsum(sizes)
        return [
            # each in memory of its own: they are kept and dropped one by one
            flat[end - size : end].reshape(shape).copy()
            for end, size, shape in zip(ends, sizes, shapes, strict=True)
        ]

    def _drawn(self, process: _Process, ref: FrameRef, request: dict[str, Any], shape: tuple[int, ...]) -> U8:
        """Let the process write pixels into the shared memory, and return a copy of them."""
        if process is not self._process:
            raise DecoderDied(f"the decoder died; the frame at {ref.time_s:.3f} s is gone with it")
        with self._drawing:
            process.reserve(int(np.prod(shape)))
            answer, _ = self._ask_of(process, {**request, "memory": process.size}, picture=True)
            if tuple(answer["shape"]) != shape:
                raise DecoderDied(f"the decoder gave a picture of another size at {ref.time_s:.3f} s")
            return process.picture(shape)

    def read(self, refs: Iterable[FrameRef]) -> Iterator[Frame]:
        """Decode just these frames; see :meth:`Clip.read`. One over which the process dies is left out."""
        wanted = sorted({ref.index: ref for ref in refs}.values(), key=lambda ref: ref.index)
        one_by_one = False
        self.gray_width = None
        while wanted:
            position = -1
            try:
                positions = {ref.index: n for n, ref in enumerate(wanted)}
                listed = [[ref.index, ref.pts, ref.time_s] for ref in wanted]
                self._ask({"op": "read", "refs": listed, "one_by_one": one_by_one})
                while True:
                    _, frames = self._next()
                    if not frames:
                        return
                    for frame in frames:
                        position = positions[frame.ref.index]
                        yield frame
            except DecoderDied:
                if self._restarts >= _RESTARTS:
                    raise
                # It had decoded ahead: only when it does not is it known over which frame it died.
                wanted = wanted[position + (2 if one_by_one else 1) :]
                one_by_one = True

    def apart(self, op: str, kind: Callable[[Any], T]) -> T:
        """Let the process do something else with the file, and return what ``kind`` makes of the answer."""
        answer, _ = self._ask({"op": op})
        return kind(answer)

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def close(self) -> None:
        """Let the process go on to another clip."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            with self._busy, self._drawing:
                answer, _ = process.ask({"op": "close"}, self._limits.max_stall_s)
        except DecoderDied:
            return
        if int(answer["resident"]) > _ASIDE_BYTES:
            process.end()
        else:
            process.reserve(0)
            _give_back(process)


def _source(found: dict[str, Any]) -> Source:
    from vidcheck.store import adapter

    made: Source = adapter(Source).validate_python(found)
    return replace(made, tags=writable_tags(made.tags))


def _error(answer: dict[str, Any], name: str, limits: Limits) -> Exception:
    """Return the exception that the process has told of."""
    kind = str(answer["error"])
    if kind == "NotPossible":
        return errors.NotPossible(Words(**answer["words"]))
    known = getattr(errors, kind, None)
    message, advice = str(answer["message"]), str(answer["remedy"])
    if isinstance(known, type) and issubclass(known, errors.VidcheckError):
        return known(message, advice)
    if kind == "MemoryError":
        most = int(limits.max_memory_bytes / 1e9)
        return errors.TooLarge(
            f"{name} needs more memory for decoding than the limit of {most} GB.", remedy("memory", f"{2 * most}GB")
        )
    return RuntimeError(f"{kind} in the decoder: {message}")
