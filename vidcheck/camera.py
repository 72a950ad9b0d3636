"""How the camera moved: where each frame lies in the scene that it shows.

Key points (ORB: Rublee et al., ICCV 2011) of the luma at 320 px width are matched between a frame and the nearest key
frame of its scene, and a similarity (shift, turn, zoom) is fitted by RANSAC. People are left out where the rest of the
picture gives enough points. After a pan away and back, or a cut away and back, a place has the same coordinates as
before. Where points are too few, the shift since the frame before counts.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.media import U8, Clip
from vidcheck.spilling import SpilledRecords
from vidcheck.types import Box, Detection, FrameRef, Shot, StepResult

VERSION = "2"
METHOD = "ORB points against key frames, similarity by RANSAC"
F64 = npt.NDArray[np.float64]

WIDTH_PX = 320
"""Width of the luma that is matched, pixels."""
_POINTS_IN_MEMORY = 64_000_000  # bytes: four minutes and more
_MOST_REMEMBERED = 1_200_000_000  # bytes kept from the pass for people, most in a file: an hour and a half and more
_POINTS = 600
_POINT_BYTES = 8 + 32  # place and signature
_NEW_KEY_OVERLAP = 0.65  # a key frame that shows less of the frame gets a neighbour
_LEAST_SCALE, _MOST_SCALE = 0.25, 4.0
_SAME_DIFFERENCE = 1.5  # mean luma difference, 8 bit, under which the camera stood still
_LEAST_RESPONSE = 0.2  # peak of the phase correlation, 0..1


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """When two frames are taken to show the same scene."""

    least_points: int = 18
    """Matched points that must agree on one movement, between frames of one shot."""
    least_points_across: int = 30
    """The same across a cut, where nothing else speaks for one scene."""
    least_share: float = 0.4
    """Share of the matched points that must agree."""
    most_keys: int = 60
    """Key frames of earlier shots that a new shot is compared with."""


@dataclass(frozen=True, slots=True)
class View:
    """Where one frame lies in its scene."""

    frame: int
    """Index of the frame."""
    scene: int
    """Ordinal of the scene from 0; frames of one scene share coordinates."""
    scale: float
    """Scene units per pixel of the displayed picture; 1 in the frame in which the scene was first seen."""
    turn_deg: float
    """Turn of the camera against that frame, degrees."""
    x: float
    """Scene coordinate of the picture's top left corner."""
    y: float
    """Scene coordinate of the picture's top left corner."""

    def matrix(self) -> F64:
        """Shape (2, 3): pixel coordinates to scene coordinates."""
        a, b = self.rotation()
        return np.array([[a, -b, self.x], [b, a, self.y]])

    def rotation(self) -> tuple[float, float]:
        """Cosine and sine of the turn, times the scale."""
        turn = math.radians(self.turn_deg)
        return self.scale * math.cos(turn), self.scale * math.sin(turn)

    def place(self, box: Box) -> Box:
        """Return a box of this frame in scene coordinates; it stays upright and keeps its shape."""
        x1, y1, x2, y2 = box
        a, b = self.rotation()
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
        cx, cy = a * middle_x - b * middle_y + self.x, b * middle_x + a * middle_y + self.y
        width, height = (x2 - x1) * self.scale / 2, (y2 - y1) * self.scale / 2
        return (cx - width, cy - height, cx + width, cy + height)


class ViewTable:
    """Views as arrays, ordered by frame, for questions about many frames at once."""

    def __init__(self, views: Sequence[View]) -> None:
        ordered = sorted(views, key=lambda view: view.frame)
        self.frames = np.array([view.frame for view in ordered], dtype=np.int64)
        """Shape (n,): indices of the frames, ascending."""
        self.scenes = np.array([view.scene for view in ordered], dtype=np.int64)
        """Shape (n,): ordinals of their scenes."""
        self._turns = np.array([view.rotation() for view in ordered]).reshape(-1, 2)
        self._places = np.array([(view.x, view.y) for view in ordered]).reshape(-1, 2)

    def shares(self, place: Box, size_px: tuple[int, int], rows: slice) -> F64:
        """Share of a box in scene coordinates that lies in each of some frames, 0..1.

        Parameters
        ----------
        place:
            The box, in coordinates of the scene that the frames are taken to show.
        size_px:
            Width and height of the picture.
        rows:
            Which frames, as positions in :attr:`frames`; the result has one share for each.
        """
        (a, b), (left, top) = self._turns[rows].T, self._places[rows].T
        norm = a * a + b * b
        corners = []
        for x, y in ((place[0] - left, place[1] - top), (place[2] - left, place[3] - top)):
            corners.append(((a * x + b * y) / norm, (a * y - b * x) / norm))
        share = np.ones(len(a))
        for one, other, most in zip(*corners, size_px, strict=True):
            low, high = np.minimum(one, other), np.maximum(one, other)
            inside = np.maximum(0.0, np.minimum(high, most) - np.maximum(low, 0.0))
            share *= np.where(high > low, inside / np.maximum(high - low, 1e-12), 0.0)
        return share


@dataclass(slots=True)
class _Key:
    scene: int
    pose: F64
    points: F64
    signs: U8
    size: tuple[int, int]


@dataclass(slots=True)
class _Follower:
    settings: CameraSettings
    keys: list[_Key] = field(default_factory=list)
    scenes: int = 0

    def start(self, points: F64, signs: U8, size: tuple[int, int]) -> tuple[int, F64]:
        """Place the first frame of a shot: in a scene seen before, or in a new one."""
        best: tuple[int, _Key, F64] | None = None
        for key in self.keys[-self.settings.most_keys :]:
            found = _fit(key, points, signs, self.settings.least_points_across, self.settings.least_share)
            if found is not None and (best is None or found[0] > best[0]):
                best = (found[0], key, found[1])
        if best is not None:
            return best[1].scene, _chain(best[1].pose, best[2])
        scene = self.scenes
        self.scenes += 1
        pose = np.eye(2, 3)
        self.keys.append(_Key(scene, pose, points, signs, size))
        return scene, pose

    def go_on(self, scene: int, last: F64, points: F64, signs: U8, size: tuple[int, int]) -> F64 | None:
        """Place the next frame of a shot beside the last one; None where nothing fits."""
        near = [(_overlap(key.pose, last, size), key) for key in self.keys if key.scene == scene]
        near.sort(key=lambda item: -item[0])
        for _, key in near[:3]:
            found = _fit(key, points, signs, self.settings.least_points, self.settings.least_share)
            if found is None:
                continue
            pose = _chain(key.pose, found[1])
            if _overlap(key.pose, pose, size) < _NEW_KEY_OVERLAP and all(
                _overlap(other.pose, pose, size) < _NEW_KEY_OVERLAP for _, other in near
            ):
                self.keys.append(_Key(scene, pose, points, signs, size))
            return pose
        return None


class Describer:
    """Takes the key points of frames while they are looked at for people, so that they are not decoded again for it.

    They take up to 24 kB a frame, those of more than the last minutes in a temporary file.
    """

    def __init__(self, width_px: int, in_memory: int = _POINTS_IN_MEMORY, most: int = _MOST_REMEMBERED) -> None:
        self._scale = WIDTH_PX / width_px
        self._room = most
        self._records: SpilledRecords | None = SpilledRecords(in_memory)
        self._places: dict[int, int] = {}
        self._lock = threading.Lock()
        self._own = threading.local()

    def add(self, index: int, luma: U8, boxes: Sequence[Box]) -> None:
        """Describe the frame with this index; threads may call this side by side.

        Parameters
        ----------
        index:
            Which frame.
        luma:
            Its luma at :data:`WIDTH_PX`, uint8 of shape (h, w).
        boxes:
            People, pixels of the full picture.
        """
        if self._records is None:
            return
        if not hasattr(self._own, "finder"):
            self._own.finder = _finder()
        points, signs = _describe(self._own.finder, luma, boxes, self._scale)
        # OpenCV gives single precision: nothing is lost.
        record = points.astype(np.float32).tobytes() + signs.tobytes()
        with self._lock:
            self._room -= len(record)
            if self._records is None or self._room < 0:
                self.forget()
                return
            self._places[index] = self._records.append(record)

    def points_of(self, frames: Sequence[FrameRef]) -> Iterator[tuple[F64, U8]] | None:
        """Yield places and signatures of the points of all these frames, or return None where one is missing."""
        if self._records is None or any(ref.index not in self._places for ref in frames):
            return None
        return (_unpacked(self._records[self._places[ref.index]]) for ref in frames)

    def forget(self) -> None:
        """Give memory and file back."""
        if self._records is not None:
            self._records.close()
        self._records, self._places = None, {}


def _unpacked(record: bytes) -> tuple[F64, U8]:
    count = len(record) // _POINT_BYTES
    points = np.frombuffer(record, np.float32, 2 * count).reshape(count, 2)
    return points.astype(np.float64), np.frombuffer(record, np.uint8, offset=8 * count).reshape(count, 32)


class _NeedsPixels(Exception):
    """Points do not place a frame; the picture has to."""


@dataclass(frozen=True, slots=True)
class _Described:
    ref: FrameRef
    points: F64
    signs: U8
    luma: U8 | None


def follow_camera(
    clip: Clip,
    frames: Sequence[FrameRef],
    shots: Sequence[Shot],
    detections: Sequence[Detection],
    settings: CameraSettings,
    described: Describer | None = None,
) -> StepResult[tuple[View, ...]]:
    """Place every frame in its scene.

    Parameters
    ----------
    clip:
        The open clip.
    frames:
        The frames to place, in order.
    shots:
        The shots; a cut may lead into a scene seen before.
    detections:
        People, whose movement is not the camera's.
    settings:
        Thresholds.
    described:
        The frames' points where they were taken already; the result is the same without.
    """
    if described is not None:
        try:
            known = described.points_of(frames)
            if known is not None:
                size = (WIDTH_PX, max(1, round(clip.source.height_px * WIDTH_PX / clip.source.width_px)))
                given = (_Described(ref, *points, None) for ref, points in zip(frames, known, strict=True))
                return _follow(given, size, clip, frames, shots, settings)
        except _NeedsPixels:
            pass
        finally:
            described.forget()
    people: dict[int, list[Box]] = {}
    for detection in detections:
        people.setdefault(detection.frame.index, []).append(detection.box_xyxy_px)
    return _follow(_read(clip, frames, people), None, clip, frames, shots, settings)


def _read(clip: Clip, frames: Sequence[FrameRef], people: Mapping[int, Sequence[Box]]) -> Iterator[_Described]:
    finder = _finder()
    scale = WIDTH_PX / clip.source.width_px
    for frame in clip.read(frames):
        luma = frame.small_gray(WIDTH_PX)
        points, signs = _describe(finder, luma, people.get(frame.ref.index, ()), scale)
        yield _Described(frame.ref, points, signs, luma)


def _finder() -> cv2.ORB:
    finder: cv2.ORB = cv2.ORB_create(nfeatures=_POINTS, fastThreshold=10)  # type: ignore[attr-defined]
    return finder


def _follow(
    described: Iterable[_Described],
    size_px: tuple[int, int] | None,
    clip: Clip,
    frames: Sequence[FrameRef],
    shots: Sequence[Shot],
    settings: CameraSettings,
) -> StepResult[tuple[View, ...]]:
    """Place frames; ``size_px`` is the size of the luma where it is not at hand."""
    cuts = {shot.start.index for shot in shots}
    shot_of = _shot_of(frames, shots)
    follower = _Follower(settings)
    views: list[View] = []
    before: U8 | None = None
    scene, pose, shot, lost = -1, np.eye(2, 3), None, 0
    scale = WIDTH_PX / clip.source.width_px
    for item in described:
        luma, points, signs = item.luma, item.points, item.signs
        size = size_px or (luma.shape[1], luma.shape[0])  # type: ignore[union-attr]
        now = shot_of.get(item.ref.index)
        placed = None
        if now == shot and item.ref.index not in cuts and scene >= 0:
            placed = follower.go_on(scene, pose, points, signs, size)
            if placed is None and luma is None:
                raise _NeedsPixels
            if placed is None and before is not None and luma is not None:
                placed, lost = _shifted(before, luma, pose), lost + 1
        if placed is None:
            scene, placed = follower.start(points, signs, size)
        pose, shot, before = placed, now, luma
        views.append(_view(item.ref.index, scene, pose, scale))
    stats = {"frames": len(views), "scenes": follower.scenes, "key_frames": len(follower.keys), "lost": lost}
    return StepResult(tuple(views), METHOD, {**stats})


def _shot_of(frames: Iterable[FrameRef], shots: Sequence[Shot]) -> Mapping[int, int]:
    ordered = sorted(shots, key=lambda shot: shot.start.index)
    starts = [shot.start.index for shot in ordered]
    found = {}
    for ref in frames:
        at = bisect_right(starts, ref.index) - 1
        if at >= 0 and ref.index < ordered[at].end.index:
            found[ref.index] = ordered[at].index
    return found


def _describe(finder: cv2.ORB, luma: U8, boxes: Sequence[Box], scale: float) -> tuple[F64, U8]:
    mask = np.full(luma.shape, 255, np.uint8)
    for x1, y1, x2, y2 in boxes:
        mask[int(y1 * scale) : int(y2 * scale) + 1, int(x1 * scale) : int(x2 * scale) + 1] = 0
    found, signs = finder.detectAndCompute(luma, mask)
    if len(found) < 80:  # people fill the picture: their clothes must do
        found, signs = finder.detectAndCompute(luma, None)
    if signs is None:
        return np.zeros((0, 2)), np.zeros((0, 32), np.uint8)
    return np.array([point.pt for point in found], dtype=np.float64), np.asarray(signs, np.uint8)


def _fit(key: _Key, points: F64, signs: U8, least: int, share: float) -> tuple[int, F64] | None:
    """Number of agreeing points and the (2, 3) map from the frame to the key frame."""
    if len(points) < least or len(key.points) < least:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(signs, key.signs)
    pairs = [pair for pair in pairs if pair.distance <= 64]
    if len(pairs) < least:
        return None
    here = points[[pair.queryIdx for pair in pairs]]
    there = key.points[[pair.trainIdx for pair in pairs]]
    matrix, agree = cv2.estimateAffinePartial2D(
        here, there, method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=500, confidence=0.995
    )
    if matrix is None:
        return None
    count = int(agree.sum())
    size = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if count < least or count < share * len(pairs) or not _LEAST_SCALE <= size <= _MOST_SCALE:
        return None
    return count, np.asarray(matrix, dtype=np.float64)


def _shifted(before: U8, luma: U8, pose: F64) -> F64 | None:
    """Where points are too few, as in the dark: the shift since the frame before, by phase correlation."""
    if float(cv2.absdiff(before, luma).mean()) <= _SAME_DIFFERENCE:
        return pose
    window = cv2.createHanningWindow((luma.shape[1], luma.shape[0]), cv2.CV_32F)
    (dx, dy), response = cv2.phaseCorrelate(before.astype(np.float32), luma.astype(np.float32), window)
    if not response >= _LEAST_RESPONSE or abs(dx) > luma.shape[1] / 4 or abs(dy) > luma.shape[0] / 4:
        return None
    return _chain(pose, np.array([[1.0, 0.0, -dx], [0.0, 1.0, -dy]]))


def _chain(outer: F64, inner: F64) -> F64:
    """The map that applies ``inner``, then ``outer``."""
    return np.concatenate((outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2:] + outer[:, 2:]), axis=1)


def _overlap(a: F64, b: F64, size: tuple[int, int]) -> float:
    """How much two frames of equal size show in common: intersection over union of their upright bounds."""
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], dtype=np.float64)
    bounds = []
    for pose in (a, b):
        placed = corners @ pose[:, :2].T + pose[:, 2]
        bounds.append((placed.min(axis=0), placed.max(axis=0)))
    (low_a, high_a), (low_b, high_b) = bounds
    shared = float(np.prod(np.maximum(np.minimum(high_a, high_b) - np.maximum(low_a, low_b), 0)))
    return shared / (float(np.prod(high_a - low_a) + np.prod(high_b - low_b)) - shared)


def _view(frame: int, scene: int, pose: F64, scale: float) -> View:
    """From small luma to full pixels on both sides: the scale stays, the shift grows."""
    size = float(np.hypot(pose[0, 0], pose[1, 0]))
    turn = float(np.rad2deg(np.arctan2(pose[1, 0], pose[0, 0])))
    x, y = (pose[:, 2] / scale).tolist()
    return View(frame, scene, round(size, 5), round(turn, 4), round(x, 2), round(y, 2))
