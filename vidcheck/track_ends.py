"""Where and when tracks begin and end in their scenes, as arrays: a long clip of a crowd has thousands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from vidcheck.boxes import area
from vidcheck.camera import View, ViewTable
from vidcheck.types import Box, Detection, Track

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
NO_SCENE = -1
_AROUND_S = 0.5
_IN_VIEW = 0.8  # share of a place, from which a frame shows it
_FIRST_FRAMES = 64  # of the frames between two ends: enough where the camera stays


@dataclass(frozen=True, slots=True)
class Meetings:
    """For some pairs of tracks, the two ends that are nearest in time: one lost, the other found after it."""

    lost: I64
    """Shape (n,): which ends, as row * 2 of :class:`TrackEnds`, plus 1 for the track's last."""
    found: I64
    """Shape (n,): the later end."""
    gap_s: F64
    """Shape (n,): seconds from one to the other."""
    one_scene: npt.NDArray[np.bool_]
    """Shape (n,): whether both lie in one scene that is known."""


class TrackEnds:
    """First and last boxes of tracks.

    Parameters
    ----------
    tracks, detections:
        As found.
    views:
        Where the frames lie in their scenes; without, boxes stay in pixels of the picture and in no scene.
    """

    def __init__(self, tracks: Sequence[Track], detections: Sequence[Detection], views: Sequence[View]) -> None:
        by_frame = {view.frame: view for view in views}
        placed = [
            _placed(track, detections[position], detections, by_frame)
            for track in tracks
            for position in (track.detections[0], track.detections[-1])
        ]
        refs = [detections[p].frame for t in tracks for p in (t.detections[0], t.detections[-1])]
        self.scenes = np.array([scene for scene, _ in placed], dtype=np.int64)
        """Shape (2 n,): scene of each end, first and last in turn; :data:`NO_SCENE` where that is not known."""
        self.boxes = np.array([box for _, box in placed], dtype=np.float64).reshape(-1, 4)
        """Shape (2 n, 4): box of each end in its scene."""
        self.frames = np.array([ref.index for ref in refs], dtype=np.int64)
        """Shape (2 n,): index of each end's frame."""
        self.times_s = np.array([ref.time_s for ref in refs], dtype=np.float64)
        """Shape (2 n,): time of each end."""
        self._table = ViewTable(views)

    def meetings(self, one: int, others: I64) -> Meetings:
        """The ends of track ``one`` and of each of the others, rows of the tracks, that are nearest in time."""
        mine = np.array([2 * one, 2 * one, 2 * one + 1, 2 * one + 1])
        theirs = 2 * others[:, None] + np.array([0, 1, 0, 1])
        nearest = np.abs(self.frames[theirs] - self.frames[mine]).argmin(axis=1)
        a, b = mine[nearest], theirs[np.arange(len(others)), nearest]
        turned = self.frames[b] < self.frames[a]
        lost, found = np.where(turned, b, a), np.where(turned, a, b)
        one_scene = (self.scenes[lost] == self.scenes[found]) & (self.scenes[lost] != NO_SCENE)
        return Meetings(lost, found, self.times_s[found] - self.times_s[lost], one_scene)

    def seen_empty(self, lost: I64, found: I64, size_px: tuple[int, int], most_s: float) -> npt.NDArray[np.bool_]:
        """Whether the places of lost ends were in view for longer than ``most_s`` before the found ends.

        Parameters
        ----------
        lost, found:
            Shape (n,): pairs of ends, as in :class:`Meetings`.
        size_px:
            Width and height of the picture.
        most_s:
            Seconds; each view stands for its share of the time between.
        """
        frames = self._table.frames
        low = np.searchsorted(frames, self.frames[lost], side="right")
        high = np.searchsorted(frames, self.frames[found], side="left")
        gap = self.times_s[found] - self.times_s[lost]
        between = (high > low) & (gap > 0)
        most = np.full(len(lost), np.inf)
        most[between] = most_s * (high - low + 1)[between] / gap[between]
        empty = np.zeros(len(lost), dtype=bool)
        order = np.flatnonzero(between)
        order = order[np.argsort(lost[order], kind="stable")]
        for end, group in groupby(order.tolist(), key=lambda pair: int(lost[pair])):
            self._see(end, np.array(list(group)), low, high, most, size_px, empty)
        return empty

    def _see(
        self, end: int, pairs: I64, low: I64, high: I64, most: F64, size_px: tuple[int, int],
        empty: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Set ``empty`` for the pairs of one lost end, with as few frames as decide it."""
        box: Box = tuple(self.boxes[end].tolist())
        start, count = int(low[pairs[0]]), 0
        for part in _growing(start, int(high[pairs].max())):
            shown = self._table.shares(box, size_px, part) >= _IN_VIEW
            shown &= self._table.scenes[part] == self.scenes[end]
            sums = np.concatenate(([count], count + np.cumsum(shown)))
            seen = sums[np.clip(high[pairs] - part.start, 0, len(shown))]
            empty[pairs] |= seen > most[pairs]
            count = int(sums[-1])
            pairs = pairs[~empty[pairs] & (high[pairs] > part.stop)]
            if not len(pairs):
                return


def _growing(start: int, stop: int) -> Iterator[slice]:
    length = _FIRST_FRAMES
    while start < stop:
        yield slice(start, min(stop, start + length))
        start += length
        length *= 8


def _placed(
    track: Track, end: Detection, detections: Sequence[Detection], views: Mapping[int, View]
) -> tuple[int, Box]:
    view = views.get(end.frame.index)
    # The largest box within half a second: at the picture's edge boxes are cut.
    near = [d for p in track.detections if abs((d := detections[p]).frame.time_s - end.frame.time_s) <= _AROUND_S]
    boxes = [
        d.box_xyxy_px if (v := views.get(d.frame.index)) is None else v.place(d.box_xyxy_px)
        for d in near
        if view is None or ((v := views.get(d.frame.index)) is not None and v.scene == view.scene)
    ]
    return NO_SCENE if view is None else view.scene, max(boxes, key=area)
