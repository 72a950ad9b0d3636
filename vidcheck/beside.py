"""Frames to a thread that looks at them while the caller decodes on."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from vidcheck.media import Frame

_WAITING = 8  # frames


class Beside:
    """Hands frames, in order, to a thread that looks at them.

    Parameters
    ----------
    look:
        Called with each frame.
    first:
        Called before the first frame is there. What either raises ends the work and is kept in :attr:`error`.
    """

    def __init__(self, look: Callable[[Frame], None], first: Callable[[], None]) -> None:
        self._look, self._first = look, first
        self._frames: queue.Queue[Frame | None] = queue.Queue(_WAITING)
        self._spent = 0.0
        self.error: Exception | None = None
        """What ended its work early."""
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._thread.start()

    def put(self, frame: Frame) -> None:
        """Give the next frame; waits where too many wait already."""
        if self.error is None:
            self._frames.put(frame)

    def stop(self) -> None:
        """End without looking at the frames that wait."""
        self.error = self.error or RuntimeError("the pass over the clip was broken off")
        self.finish()

    def finish(self) -> float:
        """Wait for the last frame; return the seconds that the looks took."""
        self._frames.put(None)
        self._thread.join()
        return self._spent

    def _run(self) -> None:
        self._do(self._first)
        while (frame := self._frames.get()) is not None:
            if self.error is None:  # else it goes on taking frames, so that the caller is not left waiting
                self._do(self._look, frame)
            del frame

    def _do(self, work: Callable[..., None], *about: Frame) -> None:
        began = time.perf_counter()
        try:
            work(*about)
        except Exception as error:  # raised where the pass has ended
            self.error = error
        self._spent += time.perf_counter() - began
