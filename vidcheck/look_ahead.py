"""Decode what a report will show besides kept views while the last step is at work, in a pass that it needs anyway."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict

from vidcheck.kept_views import KeptPixels
from vidcheck.shared_reading import SharedClip, SharedReading, Stopped
from vidcheck.types import Analysis, Box, FrameRef

log = logging.getLogger(__name__)
LAST = "enhanced"
"""The step that others do not wait for, and whose own pictures are kept elsewhere."""


class LookAhead:
    """Keeps pixels for the report; what it does not keep, the report decodes itself.

    Parameters
    ----------
    clip, reading:
        The clip, as the steps read it, and the passes that they share.
    pixels:
        Where pixels are kept, and who says which are missing.
    """

    def __init__(self, clip: SharedClip, reading: SharedReading, pixels: KeptPixels) -> None:
        self._clip, self._reading, self._pixels = clip, reading, pixels
        self._thread: threading.Thread | None = None

    def begin(self, analysis: Analysis) -> None:
        """Begin, where a report will be made from views kept in this run.

        Parameters
        ----------
        analysis:
            What was found by all steps but the last.
        """
        if self._thread is not None or self._pixels.also is None or self._pixels.is_empty:
            return
        refs: dict[int, FrameRef] = {}
        boxes: dict[int, list[Box | None]] = defaultdict(list)
        for ref, box in self._pixels.also(analysis, self._pixels):
            refs[ref.index] = ref
            boxes[ref.index].append(box)

        def keep() -> None:
            try:
                for frame in self._clip.read(refs.values()):
                    self._pixels.put_more(frame, boxes[frame.ref.index])
            except Stopped:
                return
            except Exception:  # whatever it is, the report meets it again
                log.warning("pictures for the report could not be kept", exc_info=True)
            finally:
                self._reading.leave(threading.current_thread())

        self._thread = threading.Thread(target=keep, name="look-ahead")
        self._reading.enter(self._thread)
        self._thread.start()

    def end(self) -> None:
        """Wait until it is done."""
        if self._thread is not None:
            self._thread.join()
