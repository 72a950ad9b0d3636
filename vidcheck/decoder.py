"""The decoder's own process: it opens the file of a stranger, and whatever that does to it, the analysis goes on.

Started by :mod:`vidcheck.isolation`, which sends what is wanted over a pipe, one JSON object a message, and the clip as
an open descriptor. Pictures go back through shared memory. The process has given up every other file and the network
before it sees the clip (:mod:`vidcheck.confinement`). While nothing is asked, it decodes ahead.
"""

from __future__ import annotations

import importlib
import io
import json
import mmap
import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidcheck import confinement

if TYPE_CHECKING:
    from vidcheck.media import Clip, Frame

AHEAD = 8
"""Frames decoded ahead, at most."""
_TOGETHER = 4  # of a pass over all frames: waking the other process once for each costs more than the frame's delay
_AHEAD_BYTES = 64_000_000
LARGEST_IN_MESSAGE = 1 << 18
"""Bytes of a small picture that goes with the message; a larger one goes through shared memory when asked for."""


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return one message."""
    head = json.dumps(header).encode()
    return len(head).to_bytes(4, "big") + head + payload


def unpack(message: bytes) -> tuple[dict[str, Any], memoryview]:
    """Return header and payload of a message."""
    end = 4 + int.from_bytes(message[:4], "big")
    return json.loads(message[4:end]), memoryview(message)[end:]


class _Service:
    """Answers one request after the other."""

    def __init__(self, pipe: Connection, pictures: Connection, shared: int, status: io.FileIO | None) -> None:
        self._pipe, self._pictures, self._shared, self._status = pipe, pictures, shared, status
        self._asked: queue.Queue[tuple[dict[str, Any], int | None]] = queue.Queue()
        self._clip: Clip | None = None
        self._descriptor: int | None = None
        self._frames: Iterator[Frame] | None = None
        self._ahead: deque[Frame] = deque()
        self._most_ahead = self._ahead_now = self._together = 1
        self._memory: mmap.mmap | None = None
        self._held: dict[int, Frame] = {}
        self._next_id = 0
        self._gray_width: int | None = None
        self._failed: BaseException | None = None

    def serve(self) -> None:
        """Work until the other side is gone."""
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._draw, daemon=True).start()
        while True:
            try:
                header, descriptor = self._asked.get_nowait() if self._may_look_ahead() else self._asked.get()
            except queue.Empty:
                self._look_ahead()
                continue
            try:
                answer = getattr(self, f"_on_{header['op']}")(header, descriptor)
            except Exception as error:
                answer = pack(_told(error))
            self._pipe.send_bytes(answer)

    def _listen(self) -> None:
        from multiprocessing.reduction import recv_handle

        while True:
            try:
                header, _ = unpack(self._pipe.recv_bytes())
                descriptor = recv_handle(self._pipe) if header["op"] == "open" else None
            except (EOFError, OSError):
                os._exit(0)  # also where the main thread is stuck in a decoder
            self._asked.put((header, descriptor))

    def _draw(self) -> None:
        """Hand out pictures of frames that are held, while others are decoded."""
        while True:
            try:
                header, _ = unpack(self._pictures.recv_bytes())
                try:
                    answer = getattr(self, f"_on_{header['op']}")(header, None)
                except Exception as error:
                    answer = pack(_told(error))
                self._pictures.send_bytes(answer)
            except (EOFError, OSError):
                os._exit(0)

    def _on_open(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        from vidcheck import media

        self._on_close(header, None)
        limits = media.Limits(**header["limits"])
        confinement.limit_memory(int(limits.max_memory_bytes))
        self._descriptor = descriptor
        self._clip = media.open_here(Path(header["path"]), limits, "", descriptor, sparing=bool(header["sparing"]))
        source = self._clip.source
        size = source.width_px * source.height_px * 3 // 2
        self._most_ahead = max(1, min(AHEAD, _AHEAD_BYTES // max(1, size)))
        return pack({"source": asdict(source)})

    def _on_close(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        self._stop()
        self._held.clear()
        self._memory = None
        if self._clip is not None:
            self._clip.close()
            self._clip = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        return pack({"resident": _most_resident(self._status)})

    def _stop(self) -> None:
        self._frames, self._failed = None, None
        self._ahead.clear()

    def _on_frames(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Begin a pass over all frames."""
        assert self._clip is not None
        self._stop()
        self._frames, self._together = self._clip.frames(), _TOGETHER
        self._ahead_now = self._most_ahead
        return pack({})

    def _on_read(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Begin a pass over some frames."""
        from vidcheck.types import FrameRef

        assert self._clip is not None
        self._stop()
        self._frames, self._together = self._clip.read([FrameRef(*ref) for ref in header["refs"]]), 1
        self._ahead_now = 1 if header["one_by_one"] else self._most_ahead
        return pack({})

    def _may_look_ahead(self) -> bool:
        return self._frames is not None and self._failed is None and len(self._ahead) < self._ahead_now

    def _look_ahead(self) -> None:
        assert self._frames is not None
        try:
            frame = next(self._frames)
            if self._gray_width is not None:
                frame.small_gray(self._gray_width)
        except Exception as error:  # told when its turn comes; StopIteration is the end
            self._failed = error
            return
        self._ahead.append(frame)

    def _on_next(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Answer with the frames that are there, at least one, or with the end of the pass."""
        for number in header["free"]:
            self._held.pop(number, None)
        self._gray_width = header["gray_width"]
        while len(self._ahead) < self._together and self._may_look_ahead():
            self._look_ahead()
        if not self._ahead:
            if self._failed is not None and not isinstance(self._failed, StopIteration):
                raise self._failed
            assert self._clip is not None
            return pack({"frames": [], "source": asdict(self._clip.source)})
        described, grays = [], []
        while self._ahead:
            frame = self._ahead.popleft()
            self._next_id += 1
            self._held[self._next_id] = frame
            gray = None if self._gray_width is None else frame.small_gray(self._gray_width)
            fits = gray is not None and gray.nbytes <= LARGEST_IN_MESSAGE
            ref = frame.ref
            described.append([self._next_id, ref.index, ref.pts, ref.time_s, fits, frame.is_key])
            if fits and gray is not None:
                grays.append(gray.tobytes())
        return pack({"frames": described}, b"".join(grays))

    def _on_picture(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Write a picture into the shared memory."""
        import numpy as np

        frame, width = self._held[header["id"]], header["width"]
        if header["kind"] == "gray":
            picture = frame.gray if width is None else frame.small_gray(width)
        else:
            picture = frame.bgr if width is None else frame.scaled_bgr(width, header["height"])
        memory = self._in_memory(header["memory"])
        np.frombuffer(memory, dtype=np.uint8, count=picture.size)[:] = picture.reshape(-1)
        return pack({"shape": picture.shape})

    def _on_cuts(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Write parts of a picture into the shared memory, one after the other."""
        import numpy as np

        picture, at = self._held[header["id"]].bgr, 0
        memory = self._in_memory(header["memory"])
        for left, top, right, bottom in header["edges"]:
            part = picture[top:bottom, left:right]
            np.frombuffer(memory, np.uint8, part.size, at).reshape(part.shape)[:] = part
            at += part.size
        return pack({"shape": [at]})

    def _in_memory(self, size: int) -> mmap.mmap:
        """The memory shared with the analysis."""
        if self._memory is None or len(self._memory) != size:
            self._memory = mmap.mmap(self._shared, size)
        return self._memory

    def _on_credentials(self, header: dict[str, Any], descriptor: int | None) -> bytes:
        """Read the content credentials, which another library parses."""
        from vidcheck import credentials, media

        assert self._descriptor is not None
        return pack(asdict(credentials.parse(media.reader(self._descriptor))))


def _told(error: BaseException) -> dict[str, Any]:
    """Return an error as it goes over the pipe."""
    from vidcheck.errors import NotPossible, VidcheckError

    if isinstance(error, NotPossible):
        return {"error": "NotPossible", "words": asdict(error.words)}
    if isinstance(error, VidcheckError):
        return {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    return {"error": type(error).__name__, "message": " ".join(str(error).split())[:300], "remedy": ""}


def _most_resident(status: io.FileIO | None) -> int:
    """Return the largest memory of this process so far, bytes.

    The system's usual figure, ``ru_maxrss``, is handed down on Linux by the process that started this one: under a
    large analysis a fresh decoder would look as if it had grown.
    """
    if status is not None:
        status.seek(0)
        peak = next((line for line in status.read().splitlines() if line.startswith(b"VmHWM:")), None)
        if peak is not None:
            return int(peak.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(pipe: int, pictures: int, shared: int) -> None:
    """Run the process on the descriptors of its pipes and of the shared memory."""
    status = None
    with suppress(OSError):  # Linux alone has it; opened while this process may still open files
        status = io.FileIO("/proc/self/status")
    confinement.give_up_files_and_network()
    with suppress(ImportError):  # loaded while the other side still hashes the clip
        for name in ("vidcheck.photo", "vidcheck.video", "av", "PIL.Image", "pillow_heif"):
            importlib.import_module(name)
    import cv2

    # What is scaled here takes a tenth of a millisecond: sharing that out costs more than it gains.
    cv2.setNumThreads(1)
    _Service(Connection(pipe), Connection(pictures), shared, status).serve()
