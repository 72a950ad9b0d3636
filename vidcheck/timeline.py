"""When every frame of a clip is shown, remembered from the pass over all frames: 16 bytes a frame."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from vidcheck.types import FrameRef


class Timeline:
    """The frames of a clip in order, without pixels; the frame at position ``n`` has the index ``n``."""

    def __init__(self, refs: Iterable[FrameRef] = ()) -> None:
        self._pts, self._time_s = array("q"), array("d")
        for ref in refs:
            self.add(ref)

    def add(self, ref: FrameRef) -> None:
        """Append the next frame.

        Raises
        ------
        ValueError
            Where it is not the next one.
        """
        if ref.index != len(self._pts):
            raise ValueError(f"frame {ref.index} does not follow frame {len(self._pts) - 1}")
        self._pts.append(ref.pts)
        self._time_s.append(ref.time_s)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._pts)

    def __getitem__(self, index: int) -> FrameRef:
        """Return the frame with this index, from 0."""
        return FrameRef(index, self._pts[index], self._time_s[index])

    def __iter__(self) -> Iterator[FrameRef]:
        """Yield all frames."""
        return (self[index] for index in range(len(self)))

    def from_time(self, time_s: float) -> FrameRef | None:
        """Return the first frame shown at or after a time, seconds, or None after the end."""
        # Damaged time stamps can run backwards; the search finds a frame near the place then, as a player would.
        index = bisect_left(self._time_s, time_s)
        return self[index] if index < len(self) else None

    def between(self, from_s: float, to_s: float) -> list[FrameRef]:
        """Return the frames shown from ``from_s`` to ``to_s``, seconds, both included."""
        return [self[n] for n, time_s in enumerate(self._time_s) if from_s <= time_s <= to_s]
