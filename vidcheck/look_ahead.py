"""Decode what a report will show besides kept views while the last step is at work, in a pass that it needs anyway."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence

from vidcheck.kept_views import KeptPixels, KeptViews
from vidcheck.shared_reading import SharedClip, SharedReading, Stopped
from vidcheck.types import Analysis, Box, FrameRef

log = logging.getLogger(__name__)
_MOST_FRAMES = 24  # the last step waits for them; of more, the report's pictures are made afterwards
_MOST_BYTES = 64_000_000  # whole frames: ten of 1080p
LAST = "enhanced"
"""The step that others do not wait for, and whose own pictures are kept elsewhere."""


class LookAhead:
    """Keeps pixels for the report; what it does not keep, the report decodes itself.

    Parameters
    ----------
    clip, reading:
        The clip, as the steps read it, and the passes that they share.
    """

    def __init__(self, clip: SharedClip, reading: SharedReading) -> None:
        self._clip, self._reading = clip, reading
        self._thread: threading.Thread | None = None

    def begin(self, analysis: Analysis, views: KeptViews | None) -> None:
        """Begin, where a report will be made from views kept in this run.

        Parameters
        ----------
        analysis:
            What was found by all steps but the last.
        views:
            The views of people; None where none were chosen. Their pixels know what else is wanted, and keep it.
        """
        if self._thread is not None or views is None or views.pixels.also is None:
            return
        try:
            asked = list(views.pixels.also(analysis, views))
        except Exception:  # whatever it is, the report meets it again
            log.warning("pictures for the report could not be chosen", exc_info=True)
            return
        size = 3 * analysis.source.width_px * analysis.source.height_px
        # Those that show the counts are asked for last, and hashed besides: of many frames they are kept first.
        whole = set(list(dict.fromkeys(r.index for r, box in reversed(asked) if box is None))[: _MOST_BYTES // size])
        refs: dict[int, FrameRef] = {}
        boxes: dict[int, list[Box | None]] = defaultdict(list)
        for ref, box in asked:
            if box is not None or ref.index in whole:
                refs[ref.index] = ref
                boxes[ref.index].append(box)
        if not refs or len(refs) > _MOST_FRAMES:
            return
        thread = threading.Thread(target=self._keep, args=(refs, boxes, views.pixels), name="look-ahead")
        self._reading.enter(thread)
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            self._reading.leave(thread)
            return
        self._thread = thread

    def _keep(
        self, refs: Mapping[int, FrameRef], boxes: Mapping[int, Sequence[Box | None]], pixels: KeptPixels
    ) -> None:
        try:
            for frame in self._clip.read(refs.values()):
                pixels.put_more(frame, boxes[frame.ref.index])
        except Stopped:
            return
        except Exception:  # likewise
            log.warning("pictures for the report could not be kept", exc_info=True)
        finally:
            self._reading.leave(threading.current_thread())

    def end(self) -> None:
        """Wait until it is done."""
        if self._thread is not None:
            self._thread.join()
