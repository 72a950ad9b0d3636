"""ByteTrack: boxes of successive frames to tracks (Zhang et al., ECCV 2022).

Sure boxes are joined to tracks first, then unsure boxes to the tracks that are left; a track that finds no box waits. A
Kalman filter of constant speed (centre, aspect, height) says where a track is expected. Rules, noise and thresholds
are those of ultralytics' ``BYTETracker``, and a test holds the result equal to it, box for box; that one cannot be
imported without torch, which costs three seconds and 600 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lap
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

_UNSURE_COST = 0.5  # largest cost of an unsure box
_SECOND_COST = 0.7  # largest cost of the second box of a track
_SAME_COST = 0.15  # a waiting track in the place of a followed one is the same
_PLACE, _SPEED = 1 / 20, 1 / 160  # standard deviations of the filter, as shares of the box's height
_MOVE = np.eye(8) + np.eye(8, k=4)


@dataclass(frozen=True, slots=True)
class ByteTrackSettings:
    """When boxes are joined."""

    high: float
    """Score from which a box is sure, and can start a track."""
    low: float
    """Boxes with a score above this only continue tracks."""
    match_cost: float
    """Largest cost (1 - IoU, or 1 - IoU times score) of a sure box."""
    patience: int
    """Frames that a track waits for a box."""
    weigh_score: bool
    """Whether the score of a box weighs in its cost."""


@dataclass(slots=True, eq=False)
class _Track:
    id: int
    mean: F64
    """Centre, aspect (width over height), height, and their change per frame."""
    spread: F64
    first: int
    last: int
    confirmed: bool
    waiting: bool = False
    overdue: bool = False
    """It once waited longer than the patience: found again it is followed, but does not wait a second time."""
    box: int = -1
    """Position of its newest box among those of its frame."""

    def predict(self) -> None:
        if self.waiting:
            self.mean[7] = 0.0
        noise = np.diag(np.square(_deviations(self.mean[3], 1e-2, 1e-5, _PLACE, _SPEED)))
        self.mean = _MOVE @ self.mean
        self.spread = _MOVE @ self.spread @ _MOVE.T + noise

    def take(self, box: F32, position: int, frame: int) -> None:
        """Correct the track by a box (centre, aspect, height)."""
        noise = np.diag(np.square(_deviations(self.mean[3], 1e-1, 0.0, _PLACE, 0.0)[:4]))
        seen = self.spread[:4, :4] + noise
        gain = np.linalg.solve(seen, self.spread[:, :4].T).T
        self.mean = self.mean + gain @ (box - self.mean[:4])
        self.spread = self.spread - gain @ seen @ gain.T
        self.last, self.box, self.confirmed, self.waiting = frame, position, True, False


class ByteTracker:
    """Follows boxes from frame to frame; ids count from 1."""

    def __init__(self, settings: ByteTrackSettings) -> None:
        self._settings = settings
        self._followed: list[_Track] = []
        self._waiting: list[_Track] = []
        self._frame = 0
        self._made = 0

    def update(self, boxes: F32, scores: F32) -> list[tuple[int, int]]:
        """Take the boxes of the next frame.

        Parameters
        ----------
        boxes:
            Shape (n, 4), xyxy.
        scores:
            Shape (n,).

        Returns
        -------
        list[tuple[int, int]]
            Track id and position of its box, for every track that is followed and confirmed.
        """
        self._frame += 1
        chosen = self._settings
        size = boxes[:, 2:] - boxes[:, :2]
        measured = _measured(boxes)
        valid = (size > 0).all(axis=1)
        sure = np.flatnonzero(valid & (scores >= chosen.high))
        unsure = np.flatnonzero(valid & (scores > chosen.low) & (scores < chosen.high))
        new = [track for track in self._followed if not track.confirmed]
        pool = [track for track in self._followed if track.confirmed] + self._waiting
        for track in pool:
            track.predict()

        continued: list[_Track] = []
        found_again: list[_Track] = []

        def join(
            tracks: Sequence[_Track], positions: npt.NDArray[np.intp], cost: F32, most: float
        ) -> tuple[list[int], list[int]]:
            """Join, and return what is left: places in ``tracks`` and in ``positions``."""
            pairs, left_tracks, left_boxes = _assigned(cost, most)
            for t, b in pairs:
                (found_again if tracks[t].waiting else continued).append(tracks[t])
                tracks[t].take(measured[positions[b]], int(positions[b]), self._frame)
            return left_tracks, left_boxes

        left, left_boxes = join(pool, sure, self._cost(pool, boxes[sure], scores[sure]), chosen.match_cost)
        still = [pool[t] for t in left if not pool[t].waiting]
        left, _ = join(still, unsure, 1 - _iou(still, boxes[unsure]), _UNSURE_COST)
        lost = [still[t] for t in left]
        rest = sure[left_boxes]
        left, left_boxes = join(new, rest, self._cost(new, boxes[rest], scores[rest]), _SECOND_COST)
        gone = {new[t].id for t in left}
        started = [self._start(measured[position], int(position)) for position in rest[left_boxes]]
        self._keep([*continued, *started], found_again, lost, gone)
        return [(track.id, track.box) for track in self._followed if track.confirmed]

    def _cost(self, tracks: Sequence[_Track], boxes: F32, scores: F32) -> F32:
        alike = _iou(tracks, boxes)
        return np.asarray(1 - (alike * scores[None] if self._settings.weigh_score else alike), dtype=np.float32)

    def _start(self, box: F32, position: int) -> _Track:
        self._made += 1
        mean = np.concatenate((box, np.zeros(4))).astype(np.float64)
        spread = np.diag(np.square(_deviations(float(box[3]), 1e-2, 1e-5, 2 * _PLACE, 10 * _SPEED)))
        return _Track(self._made, mean, spread, self._frame, self._frame, self._frame == 1, box=position)

    def _keep(self, fresh: list[_Track], found_again: list[_Track], lost: list[_Track], gone: set[int]) -> None:
        """Bring the lists up to date for the next frame."""
        for track in lost:
            track.waiting = True
        seen: dict[int, _Track] = {}
        for track in [*self._followed, *fresh, *found_again]:
            if not track.waiting and track.id not in gone:
                seen.setdefault(track.id, track)
        self._followed = list(seen.values())
        waiting = [track for track in self._waiting if track.id not in seen] + lost
        self._waiting = [track for track in waiting if not track.overdue]
        for track in self._waiting:
            track.overdue = self._frame - track.last > self._settings.patience
        self._drop_same()

    def _drop_same(self) -> None:
        """Of a followed and a waiting track in one place the longer one stays."""
        if not self._followed or not self._waiting:
            return
        drop: set[int] = set()
        alike = _iou(self._followed, np.stack([_corners(t.mean) for t in self._waiting]).astype(np.float32))
        for f, w in np.argwhere(1 - alike < _SAME_COST):
            followed, waiting = self._followed[f], self._waiting[w]
            drop.add(waiting.id if followed.last - followed.first > waiting.last - waiting.first else followed.id)
        self._followed = [t for t in self._followed if t.id not in drop]
        self._waiting = [t for t in self._waiting if t.id not in drop]


def _deviations(height: float, aspect: float, aspect_speed: float, place: float, speed: float) -> F64:
    p, s = place * height, speed * height
    return np.array([p, p, aspect, p, s, s, aspect_speed, s])


def _measured(boxes: F32) -> F32:
    """Centre, aspect and height of boxes (xyxy)."""
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size / 2
    aspect = size[:, 0] / np.where(size[:, 1] > 0, size[:, 1], 1)
    return np.stack((centre[:, 0], centre[:, 1], aspect, size[:, 1]), axis=1)


def _corners(mean: F64) -> F64:
    """The box (xyxy) of a track."""
    half = np.array([mean[2] * mean[3], mean[3]]) / 2
    return np.concatenate((mean[:2] - half, mean[:2] + half))


def _iou(tracks: Sequence[_Track], boxes: F32) -> F32:
    """Intersection over union of every track with every box, float32 of shape (tracks, boxes)."""
    if not tracks or not len(boxes):
        return np.zeros((len(tracks), len(boxes)), dtype=np.float32)
    mine = np.stack([_corners(track.mean) for track in tracks]).astype(np.float32)[:, None]
    other = boxes[None]
    overlap = np.minimum(mine[..., 2:], other[..., 2:]) - np.maximum(mine[..., :2], other[..., :2])
    shared = overlap.clip(0).prod(axis=2)
    areas = [(b[..., 2:] - b[..., :2]).prod(axis=2) for b in (mine, other)]
    return np.asarray(shared / (areas[0] + areas[1] - shared + 1e-7), dtype=np.float32)


def _assigned(cost: F32, most: float) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Cheapest pairs (row, column) with a cost of at most ``most``, and the rows and columns that are left."""
    rows, columns = cost.shape
    if not cost.size:
        return [], list(range(rows)), list(range(columns))
    _, of_row, of_column = lap.lapjv(cost, extend_cost=True, cost_limit=most)
    pairs = [(row, int(column)) for row, column in enumerate(of_row) if column >= 0]
    return pairs, np.flatnonzero(of_row < 0).tolist(), np.flatnonzero(of_column < 0).tolist()
