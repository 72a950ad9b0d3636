"""Frames to person boxes to tracks. The only module that touches ultralytics.

Detection runs at its own rate (ten frames a second by default, five while people hardly move), skips frames in which
nothing changed, and looks at large photos in overlapping tiles. The networks are those of ultralytics, its official
weights or our own trained with it, and run in OpenVINO: torch is loaded only to convert weights, once. Tracking is
ByteTrack (Zhang et al., ECCV 2022), reset at every cut; a track keeps the boxes that were measured, never the filter's
predictions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from vidcheck import person_detectors, threads
from vidcheck.asides import AsideSettings, set_doubles_aside
from vidcheck.boxes import ious
from vidcheck.byte_track import ByteTracker, ByteTrackSettings
from vidcheck.camera import WIDTH_PX, Describer, View
from vidcheck.kept_views import KeptPixels, KeptViews
from vidcheck.media import U8, Frame
from vidcheck.types import Aside, Box, Detection, FrameRef, JsonObject, Shot, StepResult, Track

DETECT_VERSION = "4"
TRACK_VERSION = "3"
F32 = npt.NDArray[np.float32]

_THUMB_PX = (64, 36)
_MOST_WORKERS = 4
_MOST_KEPT = 4  # frames whose views and points are still being taken


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """How people are looked for."""

    model: str = "auto"
    """Name in the registry, a path, or ``auto``: official YOLO11n weights where they are, else our own detector."""
    rate_hz: float = 10.0
    """Frames looked at per second, at most."""
    calm_rate_hz: float = 5.0
    """Frames looked at per second while people hardly move in the picture; the tracker bridges what lies between."""
    calm_overlap: float = 0.6
    """Overlap (IoU) with a box of the look before from which somebody has hardly moved at the full rate, ..."""
    calm_overlap_slow: float = 0.5
    """... and at the slower one, where more time lies between the looks."""
    calm_share: float = 0.8
    """Share of the boxes of which that must hold."""
    confidence: float | None = None
    """Score from which a box counts; None takes the threshold stored with the model."""
    input_px: int | None = None
    """Long side of the network's input in pixels; None takes the model's own."""
    tiles: bool = True
    """Whether photos much larger than the network's input are also looked at in tiles."""
    still_difference: float = 0.25
    """Mean luma difference (8 bit) to the last frame looked at, under which a frame is taken to show the same."""
    still_recheck_s: float = 2.0
    """Even a still picture is looked at again after this many seconds."""


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How boxes are joined into tracks within a shot."""

    confidence: float = 0.3
    """Score from which a box can start a track; set by the pipeline to the detector's threshold."""
    low_confidence: float = 0.1
    """Boxes between this and ``confidence`` only continue a track."""
    match_threshold: float = 0.8
    """ByteTrack's largest association cost."""
    patience_s: float = 1.0
    """How long a track waits for a person who is hidden, seconds."""
    transition_s: float = 0.9
    """A swipe or fade that leads to a still is over after this time, seconds; what it mixes is not followed."""
    min_boxes: int = 2
    """A track with fewer boxes is dropped, unless its shot was looked at only once or twice."""
    weak_confidence: float = 0.3
    """A track with a lower mean score makes no person, only a wider maximum."""
    short_boxes: int = 3
    """A track with fewer boxes does so under ``short_confidence``, where its shot was looked at thrice as often."""
    short_confidence: float = 0.5
    """See ``short_boxes``."""
    faint_boxes: int = 3
    """Boxes that never reach ``confidence`` make a faint track from this number on: somebody may be there."""
    faint_confidence: float = 0.15
    """Least mean score of a faint track."""
    aside: AsideSettings = field(default_factory=AsideSettings)
    """Which tracks are a second box on somebody."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the detector saw, and where it looked."""

    detections: tuple[Detection, ...]
    """Boxes in order of frame, low scores included: the tracker needs them."""
    frames: tuple[FrameRef, ...]
    """Every frame that was looked at, also those without a box."""
    confidence: float
    """The score from which a box counts."""


class PersonDetector:
    """Takes every frame in order, looks at some, then gives the boxes.

    Usage: :meth:`process_frame` for each frame, :meth:`finish` once, while the clip is open;
    :meth:`prepare` before the first frame spares its look the loading. Where one rate holds,
    looks run in threads, side by side; a ``describer`` gets each frame with its boxes. ``size_px`` is the width and
    height of the frames: with it those of a clip come scaled from the decoder, and views can be kept in ``pixels``.

    Raises
    ------
    ModelError
        Where the model is missing or altered.
    """

    def __init__(
        self,
        settings: DetectSettings | None = None,
        *,
        is_photo: bool = False,
        size_px: tuple[int, int] | None = None,
        describer: Describer | None = None,
        pixels: KeptPixels | None = None,
    ) -> None:
        self.settings = settings or DetectSettings()
        self._describer = describer
        self._size = None if is_photo else size_px
        self.model = person_detectors.choose(self.settings.model)
        entry = self.model.entry
        self.input_px = int(self.settings.input_px or entry.get("input_px", 640))
        self.confidence = float(self.settings.confidence or entry.get("confidence_threshold", 0.25))
        self.low_confidence = min(self.confidence, float(entry.get("confidence_low", 0.1)))
        self.nms_iou = float(entry.get("nms_iou", 0.6))
        self.views = None if pixels is None or size_px is None else KeptViews(self.confidence, size_px, pixels)
        """The best views of those seen, where their pixels are to be kept."""
        self._is_photo = is_photo
        self._adapts = self.settings.calm_rate_hz < self.settings.rate_hz
        self._workers = threads.count(_MOST_WORKERS)
        self._pool: ThreadPoolExecutor | None = None
        self._keeping: ThreadPoolExecutor | None = None
        self._kept: deque[Future[None]] = deque()
        self._pending: deque[tuple[Frame, Future[list[tuple[Box, float]]]]] = deque()
        self._detections: list[Detection] = []
        # Numbers of boxes, each kept once: of the millions in an hour of a crowd few are different.
        self._numbers = {0.0: 0.0}
        self._frames: list[FrameRef] = []
        self._is_calm = False
        self._boxes_before: npt.NDArray[np.float64] | None = None
        self._last: U8 | None = None
        self._last_s = float("-inf")
        self._seen = self._skipped_still = self._tiles = 0

    def prepare(self) -> None:
        """Load the network for frames of the clip's size, which otherwise the first look does.

        Raises
        ------
        ModelError, DependencyError
            Where it cannot be loaded.
        """
        network = person_detectors.load(self.model.path)
        if self._size is not None:
            network.prepare(*self._size, self.input_px)

    def process_frame(self, frame: Frame) -> None:
        """Look at the frame if it is due."""
        self._seen += 1
        since = frame.ref.time_s - self._last_s
        # Half a frame of grace, so that 25 fps and 10 Hz give every second or third frame, not every third.
        if self._frames and since < 1.0 / self.settings.rate_hz - 0.02:
            return
        if self._adapts and self._is_calm and since < 1.0 / self.settings.calm_rate_hz - 0.02:
            return
        if self._is_same(frame, since):
            self._skipped_still += 1
            return
        self._last_s = frame.ref.time_s
        self._frames.append(frame.ref)
        if self._adapts:  # what this look shows decides when the next is due, on every machine alike
            self._take(frame, self._look(frame))
            return
        if self._pool is None:
            person_detectors.load(self.model.path)  # here, so that the threads find it loaded
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="people")
        self._pending.append((frame, self._pool.submit(self._look, frame)))
        self._collect(self._workers)

    def _collect(self, most_pending: int) -> None:
        """Take over what is finished, in order, and wait while more than ``most_pending`` pictures wait."""
        while self._pending and (len(self._pending) > most_pending or self._pending[0][1].done()):
            frame, seen = self._pending.popleft()
            self._take(frame, seen.result())

    def _take(self, frame: Frame, seen: Sequence[tuple[Box, float]]) -> None:
        """Take over what was seen in the next frame; its views and points are taken in a thread."""
        same = self._numbers.setdefault
        found = [
            Detection(frame.ref, (same(a, a), same(b, b), same(c, c), same(d, d)), "person", same(score, score))
            for (a, b, c, d), score in seen
        ]
        self._is_calm = self._has_hardly_moved(found)
        if self.views is not None or self._describer is not None:
            if self._keeping is None:
                self._keeping = ThreadPoolExecutor(1, thread_name_prefix="views")
            self._kept.append(self._keeping.submit(self._remember, frame, found, len(self._detections)))
            while len(self._kept) > _MOST_KEPT:
                self._kept.popleft().result()
        self._detections += found

    def _has_hardly_moved(self, found: Sequence[Detection]) -> bool:
        """Whether nearly everybody is where somebody was in the look before."""
        boxes = np.array([detection.box_xyxy_px for detection in found], dtype=np.float64).reshape(-1, 4)
        before, self._boxes_before = self._boxes_before, boxes
        sure = boxes[[detection.confidence >= self.confidence for detection in found]]
        if before is None or not len(sure):
            return before is not None
        if not len(before):
            return False
        slow = self._is_calm
        least = self.settings.calm_overlap_slow if slow else self.settings.calm_overlap
        return float(np.mean(ious(sure, before).max(axis=1) >= least)) >= self.settings.calm_share

    def close(self) -> None:
        """End the threads; what is pending is dropped."""
        for pool in (self._pool, self._keeping):
            if pool is not None:
                pool.shutdown(cancel_futures=True)
        self._pool = self._keeping = None
        self._pending.clear()
        self._kept.clear()

    def finish(self) -> StepResult[Sightings]:
        """Return what was seen."""
        self._collect(0)
        while self._kept:
            self._kept.popleft().result()
        self.close()
        stats: JsonObject = {
            "frames_total": self._seen,
            "frames_looked_at": len(self._frames),
            "frames_unchanged": self._skipped_still,
            "tiles": self._tiles,
            "boxes": len(self._detections),
            "model": self.model.name,
            "input_px": self.input_px,
            "confidence": self.confidence,
        }
        rates = f"{self.settings.calm_rate_hz:g} to {self.settings.rate_hz:g}"
        method = f"{self.model.name} at {self.input_px} px, {rates} frames a second"
        value = Sightings(tuple(self._detections), tuple(self._frames), self.confidence)
        return StepResult(value, method, stats, self.model.sha256)

    def look_at(self, picture: U8) -> list[tuple[Box, float]]:
        """Return boxes and scores in one BGR picture, low scores included, without keeping them."""
        return self._boxes(picture)

    def _is_same(self, frame: Frame, since_s: float) -> bool:
        import cv2

        thumb = np.asarray(cv2.resize(frame.small_gray(320), _THUMB_PX, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self._last is not None and since_s < self.settings.still_recheck_s:
            change = np.abs(thumb.astype(np.int16) - self._last)
            # A person far off moves few cells: the largest change decides beside the mean.
            if float(change.mean()) <= self.settings.still_difference and int(change.max()) <= 6:
                return True
        self._last = thumb
        return False

    def _remember(self, frame: Frame, found: Sequence[Detection], first: int) -> None:
        """Keep what later steps need of a frame that was looked at."""
        if self.views is not None:
            self.views.add(found, first, frame)
        if self._describer is not None:
            luma = frame.small_gray(WIDTH_PX)
            self._describer.add(frame.ref.index, luma, [detection.box_xyxy_px for detection in found])

    def _look(self, frame: Frame) -> list[tuple[Box, float]]:
        network = person_detectors.load(self.model.path)
        scaled = None if self._size is None else network.scaled_px(*self._size, self.input_px)
        return self._boxes(frame.bgr) if scaled is None else self._boxes(frame.scaled_bgr(*scaled), self._size)

    def _boxes(
        self, picture: U8, size_px: tuple[int, int] | None = None
    ) -> list[tuple[tuple[float, float, float, float], float]]:
        boxes, scores = self._predict(picture, size_px)
        height, width = picture.shape[:2]
        if self.settings.tiles and self._is_photo and max(width, height) >= 2 * self.input_px:
            boxes, scores = self._with_tiles(picture, boxes, scores)
        boxes, scores = without_doubles(boxes, scores)
        order = np.argsort(-scores, kind="stable")
        return [
            ((*(round(float(v), 1) for v in boxes[i]),), round(float(scores[i]), 4))  # type: ignore[misc]
            for i in order
        ]

    def _with_tiles(self, picture: U8, boxes: F32, scores: F32) -> tuple[F32, F32]:
        """Add what the tiles show to what the whole picture shows; doubles are left to the caller."""
        all_boxes, all_scores = [boxes], [scores]
        height, width = picture.shape[:2]
        for x1, y1, x2, y2 in tiles(width, height, side=round(self.input_px * 1.25)):
            self._tiles += 1
            found, found_scores = self._predict(np.ascontiguousarray(picture[y1:y2, x1:x2]))
            found = found + np.array([x1, y1, x1, y1], dtype=np.float32)
            # A box cut by the tile's inner border is a part of a person that a neighbour or the whole shows entire.
            cut = (
                ((found[:, 0] <= x1 + 2) & (x1 > 0))
                | ((found[:, 1] <= y1 + 2) & (y1 > 0))
                | ((found[:, 2] >= x2 - 2) & (x2 < width))
                | ((found[:, 3] >= y2 - 2) & (y2 < height))
            )
            all_boxes.append(found[~cut])
            all_scores.append(found_scores[~cut])
        return np.concatenate(all_boxes), np.concatenate(all_scores)

    def _predict(self, picture: U8, size_px: tuple[int, int] | None = None) -> tuple[F32, F32]:
        look = person_detectors.load(self.model.path).look_at
        return look(picture, input_px=self.input_px, confidence=self.low_confidence, iou=self.nms_iou, size_px=size_px)


def tiles(width: int, height: int, *, side: int, overlap: float = 0.25) -> Iterator[tuple[int, int, int, int]]:
    """Yield overlapping squares (x1, y1, x2, y2) of ``side`` pixels that cover the picture."""

    def starts(length: int) -> list[int]:
        if length <= side:
            return [0]
        count = int(np.ceil((length - side) / (side * (1 - overlap)))) + 1
        return [round(i * (length - side) / (count - 1)) for i in range(count)]

    for y in starts(height):
        for x in starts(width):
            yield x, y, min(x + side, width), min(y + side, height)


def without_doubles(boxes: F32, scores: F32, *, iou: float = 0.6, contained: float = 0.85) -> tuple[F32, F32]:
    """Greedy non-maximum suppression that also drops a box mostly contained in a better one.

    Parameters
    ----------
    boxes:
        Shape (n, 4), xyxy pixels.
    scores:
        Shape (n,).
    iou:
        Intersection over union from which two boxes are one.
    contained:
        Share of the smaller box inside the larger from which they are one; only for boxes of like height, since a
        child in front of an adult is contained too.
    """
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    heights = boxes[:, 3] - boxes[:, 1]
    alive = np.ones(len(boxes), dtype=bool)
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        rest = slice(i + 1, None)
        low = np.maximum(boxes[i, :2], boxes[rest, :2])
        high = np.minimum(boxes[i, 2:], boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        smaller = np.maximum(np.minimum(areas[i], areas[rest]), 1e-6)
        alike = np.minimum(heights[i], heights[rest]) >= 0.6 * np.maximum(heights[i], heights[rest])
        same = shared >= iou * (areas[i] + areas[rest] - shared)
        alive[rest] &= ~((shared > 0) & (same | (alike & (shared >= contained * smaller))))
    return boxes[alive], scores[alive]


def track_people(
    sightings: Sightings, shots: Sequence[Shot], settings: TrackSettings, views: Sequence[View] = ()
) -> StepResult[tuple[Track, ...]]:
    """Join boxes into tracks, shot by shot.

    Boxes that no track took and that stay under the threshold are followed too, as faint tracks that make no person.

    Parameters
    ----------
    sightings:
        The detector's boxes and the frames it looked at.
    shots:
        The shots; the tracker's state ends with each.
    settings:
        Thresholds.
    views:
        Where each frame lies in its scene. The tracker then works in scene coordinates, in which a person who stands
        still does not move with the camera.
    """
    by_frame: dict[int, list[int]] = {}
    for position, detection in enumerate(sightings.detections):
        by_frame.setdefault(detection.frame.index, []).append(position)
    placed = {view.frame: view for view in views}
    tracks: list[Track] = []
    dropped = 0
    for shot in shots:
        looked = [ref for ref in sightings.frames if shot.start.index <= ref.index < shot.end.index]
        if shot.kind == "still":
            looked = _settled(looked, shot.start.time_s + settings.transition_s)
        if not looked:
            continue
        places = _places(looked, by_frame, sightings.detections, placed)
        sure, short = _follow(looked, by_frame, sightings.detections, places, settings)
        taken = {position for positions in sure for position in positions}
        rest = {ref.index: [p for p in by_frame.get(ref.index, []) if p not in taken] for ref in looked}
        faint = _follow_faint(looked, rest, sightings.detections, places, settings)
        dropped += short
        for number, positions in enumerate((*sure, *faint), start=1):
            scores = [sightings.detections[p].confidence for p in positions]
            aside = _aside(scores, len(looked), settings) if number <= len(sure) else "faint"
            tracks.append(Track(f"s{shot.index}-t{number}", shot.index, tuple(positions), aside))
    value = set_doubles_aside(tracks, sightings.detections, settings.aside)
    stats: JsonObject = {
        "tracks": len(value),
        "dropped_short": dropped,
        "doubles": sum(t.aside == "double" for t in value),
        "faint": sum(t.aside == "faint" for t in value),
    }
    return StepResult(value, "ByteTrack in scene coordinates, reset at every cut", stats)


def _aside(scores: Sequence[float], looked: int, settings: TrackSettings) -> Aside | None:
    mean = float(np.mean(scores))
    short = len(scores) < settings.short_boxes and looked >= 3 * settings.short_boxes
    return "weak" if mean < settings.weak_confidence or (short and mean < settings.short_confidence) else None


def _settled(looked: Sequence[FrameRef], end_s: float) -> list[FrameRef]:
    """Of the frames of a still those after the swipe or fade that leads to it: the last of these, and what follows."""
    before = [ref for ref in looked if ref.time_s <= end_s]
    return [*before[-1:], *looked[len(before) :]]


def _places(
    looked: Sequence[FrameRef],
    by_frame: Mapping[int, list[int]],
    detections: Sequence[Detection],
    views: Mapping[int, View],
) -> dict[int, Box]:
    """Boxes of one shot, by position, in coordinates that do not move with the camera."""
    places: dict[int, Box] = {}
    scene: int | None = None
    onto = last = np.eye(3)
    for ref in looked:
        view = views.get(ref.index)
        if view is not None:
            matrix = np.vstack((view.matrix(), (0.0, 0.0, 1.0)))
            if scene is not None and view.scene != scene:
                onto = last @ np.linalg.inv(matrix)  # the camera was lost: as if it had not moved in that moment
            scene, last = view.scene, onto @ matrix
        scale = float(np.hypot(last[0, 0], last[1, 0]))
        for position in by_frame.get(ref.index, []):
            x1, y1, x2, y2 = detections[position].box_xyxy_px
            cx, cy, _ = last @ ((x1 + x2) / 2, (y1 + y2) / 2, 1.0)
            width, height = (x2 - x1) * scale / 2, (y2 - y1) * scale / 2
            places[position] = (float(cx - width), float(cy - height), float(cx + width), float(cy + height))
    return places


def _follow(
    looked: Sequence[FrameRef],
    by_frame: Mapping[int, list[int]],
    detections: Sequence[Detection],
    places: Mapping[int, Box],
    settings: TrackSettings,
    *,
    fuse_score: bool = True,
) -> tuple[list[list[int]], int]:
    """Tracks of one shot as positions of boxes, and how many were too short to keep."""
    seconds = max(looked[-1].time_s - looked[0].time_s, 1e-6)
    rate = (len(looked) - 1) / seconds if len(looked) > 1 else 1.0
    tracker = ByteTracker(
        ByteTrackSettings(
            high=settings.confidence,
            low=settings.low_confidence,
            match_cost=settings.match_threshold,
            patience=max(1, round(settings.patience_s * rate)),
            weigh_score=fuse_score,
        )
    )
    members: dict[int, list[int]] = {}
    for ref in looked:
        positions = by_frame.get(ref.index, [])
        boxes = np.array([places[p] for p in positions], dtype=np.float32).reshape(-1, 4)
        scores = np.array([detections[p].confidence for p in positions], dtype=np.float32)
        for track, box in tracker.update(boxes, scores):
            members.setdefault(track, []).append(positions[box])
    need = settings.min_boxes if len(looked) > 2 else 1
    kept = [positions for _, positions in sorted(members.items()) if len(positions) >= need]
    return kept, len(members) - len(kept)


def _follow_faint(
    looked: Sequence[FrameRef],
    by_frame: Mapping[int, list[int]],
    detections: Sequence[Detection],
    places: Mapping[int, Box],
    settings: TrackSettings,
) -> list[list[int]]:
    faint = replace(
        settings,
        confidence=settings.low_confidence,
        min_boxes=min(settings.faint_boxes, len(looked)),
    )
    found, _ = _follow(looked, by_frame, detections, places, faint, fuse_score=False)
    scores = [float(np.mean([detections[p].confidence for p in positions])) for positions in found]
    return [positions for positions, s in zip(found, scores, strict=True) if s >= settings.faint_confidence]
