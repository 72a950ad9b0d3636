"""When every frame of a clip is shown, and which are key frames, remembered from the pass over all frames.

16 bytes a frame. A key frame is decoded alone, any other with all that lie between it and the key frame before: who
wants to look at a clip now and then does best to look there.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from vidcheck.types import FrameRef

SOON_S = 0.3
"""A frame so soon after a key frame costs little to decode, seconds."""


class Timeline:
    """The frames of a clip in order, without pixels; the frame at position ``n`` has the index ``n``."""

    def __init__(self, refs: Iterable[FrameRef] = ()) -> None:
        self._pts, self._time_s = array("q"), array("d")
        self._keys = array("q")
        for ref in refs:
            self.add(ref)

    def add(self, ref: FrameRef, *, is_key: bool = False) -> None:
        """Append the next frame.

        Raises
        ------
        ValueError
            Where it is not the next one.
        """
        if ref.index != len(self._pts):
            raise ValueError(f"frame {ref.index} does not follow frame {len(self._pts) - 1}")
        if is_key:
            self._keys.append(ref.index)
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

    def key_near(self, time_s: float, within_s: float) -> FrameRef | None:
        """Return the key frame nearest to a time, seconds, or None where none is within ``within_s`` of it."""
        at = self.from_time(time_s)
        number = bisect_left(self._keys, len(self) if at is None else at.index)
        near = [self[self._keys[n]] for n in (number - 1, number) if 0 <= n < len(self._keys)]
        found = min(near, key=lambda ref: abs(ref.time_s - time_s), default=None)
        return found if found is not None and abs(found.time_s - time_s) <= within_s else None

    def since_key_s(self, ref: FrameRef) -> float:
        """Return the time since the key frame before a frame, seconds: 0 for a key frame, infinite if none is known."""
        number = bisect_right(self._keys, ref.index) - 1
        return ref.time_s - self._time_s[self._keys[number]] if number >= 0 else float("inf")

    def between(self, from_s: float, to_s: float) -> list[FrameRef]:
        """Return the frames shown from ``from_s`` to ``to_s``, seconds, both included."""
        return [self[n] for n, time_s in enumerate(self._time_s) if from_s <= time_s <= to_s]
