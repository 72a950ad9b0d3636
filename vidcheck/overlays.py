"""Frames to texts: the only module that touches the OCR engine.

The clip is looked at cheaply, few frames are read in full, the texts are followed along time, and regions that
hold a clock are read again by recognition alone, once or twice a second. See :mod:`vidcheck.text_schedule` for
which frames, :mod:`vidcheck.text_tracking` for how readings are joined and voted on, and
:mod:`vidcheck.text_kinds` for overlay, scene and interface.

Engine: RapidOCR with the PP-OCR models that its wheel carries, through OpenVINO (2.4 times as fast as
onnxruntime here, with the same output). Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck import text_kinds, text_schedule, text_tracking
from vidcheck.errors import DependencyError
from vidcheck.media import Clip, Frame
from vidcheck.text_kinds import View
from vidcheck.text_schedule import Plan, Sample
from vidcheck.text_tracking import TextTrack
from vidcheck.timestamps import find_times
from vidcheck.types import Box, FrameRef, JsonObject, OverlayText, Shot, StepResult, TextReading

U8 = npt.NDArray[np.uint8]

VERSION = "1"
"""Version of this step's code, part of its cache key."""

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"

_LINE_HEIGHT = 48  # the recogniser's input height in pixels
_WIDTH_STEP = 96  # crops are padded to widths of this multiple: every new width costs the runtime a new plan


@dataclass(frozen=True, slots=True)
class OverlaySettings:
    """How much is read, and what is kept."""

    scan_hz: float = 4.0
    """Frames per second of the cheap pass over the luma."""
    scan_side_px: int = 800
    """Long side of the scanned luma, pixels."""
    max_full_reads: int = 40
    """Budget of full-frame reads; what it leaves out is counted."""
    every_s: float = 5.0
    """In moving shots, longest time without a full read, seconds."""
    min_gap_s: float = 0.8
    """Shortest time between two full reads of one shot, seconds."""
    detect_side_px: int = 1280
    """Long side at which text is located, pixels; it is recognised at full size."""
    clock_hz: float = 2.0
    """How often a region with a clock is read again, per second."""
    max_clock_reads: int = 120
    """Readings of one clock; over a longer clip they are spread evenly."""
    votes: int = 3
    """Readings that a standing text should have."""
    max_region_reads: int = 600
    """Budget of region reads."""
    min_confidence: float = 0.55
    """Engine score under which a line is dropped, 0..1."""
    max_texts: int = 400
    """Texts that are kept, the most often read first."""
    threads: int = 2
    """Threads of the engine."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that the engine read."""

    box: Box
    """Upright box around it, pixels of the picture that was given."""
    angle_deg: float
    """Slant of its lower edge, degrees."""
    text: str
    """What it says, as the engine returned it."""
    confidence: float
    """The engine's score, 0..1."""


class OcrEngine:
    """RapidOCR, silent, offline, and with recognition alone as a call of its own.

    Raises
    ------
    DependencyError
        Where the library or a model in its wheel is missing; it never downloads one.
    """

    def __init__(self, detect_side_px: int, threads: int) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        try:
            import rapidocr
            from rapidocr import EngineType, RapidOCR
            from rapidocr.ch_ppocr_rec import TextRecInput
        except ImportError as error:
            raise DependencyError(f"The text reader cannot be loaded: {error}.") from error
        self._input = TextRecInput
        models = Path(rapidocr.__file__).parent / "models"
        detector, recogniser = models / DETECTOR, models / RECOGNISER
        for model in (detector, recogniser):
            if not model.is_file():
                raise DependencyError(
                    f"The text reader's model {model.name} is missing from its package.",
                    "Install it again: pip install --force-reinstall 'rapidocr>=3.10,<4'",
                )
        self.sha256 = _digest(detector, recogniser)
        engine = EngineType.OPENVINO if _has_openvino() else EngineType.ONNXRUNTIME
        self.runtime: str = engine.value
        params: dict[str, Any] = {
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": 0.0,
            "Global.max_side_len": 4096,
            "Det.engine_type": engine,
            "Det.model_path": str(detector),
            "Det.limit_type": "max",
            "Det.limit_side_len": detect_side_px,
            "Rec.engine_type": engine,
            "Rec.model_path": str(recogniser),
            "EngineConfig.openvino.inference_num_threads": threads,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        }
        with _no_downloads():
            try:
                self._engine = RapidOCR(params=params)
                self._engine(np.full((64, 256, 3), 255, dtype=np.uint8))  # models load on the first call
                self._recogniser: Any = self._engine._load_rec_model()
            except DependencyError:
                raise
            except Exception as error:
                raise DependencyError(f"The text reader cannot be started: {error}.") from error

    def read(self, picture: U8) -> list[Line]:
        """Locate and read all lines of a picture of shape (h, w, 3), blue first."""
        result = self._engine(picture)
        if getattr(result, "txts", None) is None or getattr(result, "boxes", None) is None:
            return []
        lines = []
        for quad, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            corners = np.asarray(quad, dtype=np.float64)
            box = (
                float(corners[:, 0].min()),
                float(corners[:, 1].min()),
                float(corners[:, 0].max()),
                float(corners[:, 1].max()),
            )
            dx, dy = corners[1] - corners[0]
            lines.append(Line(box, float(np.degrees(np.arctan2(dy, dx))), str(text), float(score)))
        return lines

    def read_regions(self, crops: Sequence[U8]) -> list[tuple[str, float]]:
        """Read crops of one line each, shape (h, w, 3), blue first; returns text and score, 0..1."""
        if not crops:
            return []
        result = self._recogniser(self._input(img=[_line_picture(crop) for crop in crops]))
        return [(str(text), float(score)) for text, score in zip(result.txts, result.scores, strict=True)]


_engines: dict[tuple[int, int], OcrEngine] = {}
_engines_lock = threading.Lock()


def engine(settings: OverlaySettings | None = None) -> OcrEngine:
    """Return the engine for these settings, loaded once in a process."""
    chosen = settings or OverlaySettings()
    key = (chosen.detect_side_px, chosen.threads)
    with _engines_lock:
        if key not in _engines:
            _engines[key] = OcrEngine(*key)
        return _engines[key]


def read_overlays(
    clip: Clip, shots: tuple[Shot, ...], settings: OverlaySettings | None = None
) -> StepResult[tuple[OverlayText, ...]]:
    """Read the texts of a clip or photo.

    Parameters
    ----------
    clip:
        The open clip.
    shots:
        Its shots; without any the clip counts as one.
    settings:
        What to read.

    Raises
    ------
    DependencyError
        Where the OCR engine or its models are missing.
    """
    chosen = settings or OverlaySettings()
    reader = engine(chosen)
    samples, total = _scan(clip, chosen)
    plan = text_schedule.plan_reads(
        samples, shots, max_reads=chosen.max_full_reads, every_s=chosen.every_s, min_gap_s=chosen.min_gap_s
    )
    work = _Reader(clip, shots, chosen, reader)
    work.read_frames(plan)
    work.read_again(samples)
    value = work.finish()
    stats: JsonObject = {
        "frames_read": work.frames_read,
        "frames_total": total,
        "frames_scanned": len(samples),
        "frames_wanted": plan.wanted,
        "frames_left_out": plan.cut,
        "shots_not_read": list(plan.unread_shots),
        "regions_read": work.regions_read,
        "regions_left_out": work.regions_left_out,
        "texts_left_out": work.texts_left_out,
        "runtime": reader.runtime,
    }
    method = (
        f"RapidOCR (PP-OCR, {DETECTOR.split('.')[0]} and {RECOGNISER.split('.')[0]}, {reader.runtime}): "
        f"{work.frames_read} of {total} frames read in full, {work.regions_read} regions read again"
    )
    return StepResult(value, method, stats, reader.sha256)


def _scan(clip: Clip, settings: OverlaySettings) -> tuple[list[Sample], int]:
    samples: list[Sample] = []
    total = 0
    next_s = -1.0
    scanner = text_schedule.Scanner()
    for frame in clip.frames():
        total += 1
        if frame.ref.time_s + 1e-6 < next_s:
            continue
        next_s = frame.ref.time_s + 1 / settings.scan_hz
        samples.append(scanner.add(frame.ref, _small(frame, clip, settings.scan_side_px)))
    return samples, total


def _small(frame: Frame, clip: Clip, side_px: int) -> U8:
    width, height = clip.source.width_px, clip.source.height_px
    scale = min(1.0, side_px / max(width, height))
    return frame.small_gray(max(16, round(width * scale)))


class _Reader:
    """The state of one run: texts so far and what was spent."""

    def __init__(self, clip: Clip, shots: tuple[Shot, ...], settings: OverlaySettings, reader: OcrEngine) -> None:
        self._clip, self._shots, self._settings, self._engine = clip, shots, settings, reader
        self._tracks: list[TextTrack] = []
        self.frames_read = 0
        self.regions_read = 0
        self.regions_left_out = 0
        self.texts_left_out = 0

    def _shot_at(self, ref: FrameRef) -> int:
        for position, shot in enumerate(self._shots):
            if shot.start.index <= ref.index < shot.end.index:
                return position
        return 0

    def read_frames(self, plan: Plan) -> None:
        """Read the planned frames in full."""
        for frame in self._clip.read(plan.reads):
            self.frames_read += 1
            shot = self._shot_at(frame.ref)
            lines = [line for line in self._engine.read(frame.bgr) if self._keeps(line)]
            readings = [
                (
                    TextReading(frame.ref, line.box, text_tracking.faithful_text(line.text), line.confidence),
                    shot,
                )
                for line in lines
            ]
            for line, track in zip(lines, text_tracking.join(self._tracks, readings), strict=True):
                track.angle_deg.append(line.angle_deg)
                track.tone.append(text_kinds.tone_reach(_cut(frame.bgr, line.box, 0)))

    def _keeps(self, line: Line) -> bool:
        text = line.text.strip()
        if not text or line.confidence < self._settings.min_confidence:
            return False
        return len(text) > 1 or line.confidence >= 0.9

    def read_again(self, samples: Sequence[Sample]) -> None:
        """Read regions again: clocks along the clip, other texts until they have enough votes."""
        wanted = self._regions_wanted(samples)
        by_frame: dict[int, list[TextTrack]] = {}
        refs: dict[int, FrameRef] = {}
        for ref, track in wanted:
            by_frame.setdefault(ref.index, []).append(track)
            refs[ref.index] = ref
        for ref in self._motion_partners(samples, refs.values()):
            refs.setdefault(ref.index, ref)
        previous: tuple[FrameRef, int, View] | None = None
        for frame in self._clip.read(refs.values()):
            shot = self._shot_at(frame.ref)
            tracks = by_frame.get(frame.ref.index, [])
            if tracks:
                self._read_regions(frame, shot, tracks)
            view = View(_small(frame, self._clip, self._settings.scan_side_px), frame.gray)
            if previous is not None and previous[1] == shot and frame.ref.time_s - previous[0].time_s <= 1.3:
                self._weigh_motion(previous[2], view, previous[0], shot)
            previous = (frame.ref, shot, view)

    def _regions_wanted(self, samples: Sequence[Sample]) -> list[tuple[FrameRef, TextTrack]]:
        chosen = self._settings
        clocks: list[tuple[FrameRef, TextTrack]] = []
        others: list[tuple[FrameRef, TextTrack]] = []
        for track in self._tracks:
            inside = [s for s in samples if self._shot_at(s.ref) in track.shots]
            done = {r.frame.index for r in track.readings}
            if not inside or max(map(abs, track.angle_deg), default=0.0) > 12:
                continue
            if _clock_like(track):
                grid = _every(inside, 1 / chosen.clock_hz)
                step = max(1, -(-len(grid) // chosen.max_clock_reads))
                clocks.extend((s.ref, track) for s in grid[::step] if s.ref.index not in done)
            elif len(track.readings) < chosen.votes and track.stays:
                missing = chosen.votes - len(track.readings)
                near = sorted(inside, key=lambda s: abs(s.ref.time_s - track.readings[0].frame.time_s))
                fresh = [s for s in near if s.ref.index not in done][: 4 * missing : 2][:missing]
                others.extend((s.ref, track) for s in fresh)
        budget = chosen.max_region_reads
        if len(clocks) > budget:
            clocks = [clocks[round(k * (len(clocks) - 1) / max(1, budget - 1))] for k in range(budget)]
        self.regions_left_out = max(0, len(clocks) + len(others) - budget)
        return clocks + others[: budget - len(clocks)]

    def _motion_partners(self, samples: Sequence[Sample], refs: Iterable[FrameRef]) -> list[FrameRef]:
        """Two samples shortly after one another in each moving shot with texts, where none are visited anyway."""
        visited = {self._shot_at(ref) for ref in refs}
        partners: list[FrameRef] = []
        for position in {shot for track in self._tracks for shot in track.shots}:
            moving = not self._shots or self._shots[position].kind == "moving"
            if not moving:
                continue
            inside = [s for s in samples if self._shot_at(s.ref) == position]
            pairs = 4 if position in visited else 6
            for k in range(pairs):
                at = round((len(inside) - 2) * k / max(1, pairs - 1))
                if 0 <= at < len(inside) - 1:
                    partners.extend((inside[at].ref, inside[at + 1].ref))
        return partners

    def _read_regions(self, frame: Frame, shot: int, tracks: Sequence[TextTrack]) -> None:
        crops = [_cut(frame.bgr, track.box, 0.12) for track in tracks]
        usable = [(t, c) for t, c in zip(tracks, crops, strict=True) if min(c.shape[:2]) >= 4]
        self.regions_read += len(usable)
        for (track, _), (text, score) in zip(usable, self._engine.read_regions([c for _, c in usable]), strict=True):
            reading = TextReading(frame.ref, track.box, text_tracking.faithful_text(text), score)
            if score >= self._settings.min_confidence and _continues(track, reading):
                track.add(reading, shot)

    def _weigh_motion(self, before: View, after: View, ref: FrameRef, shot: int) -> None:
        tracks, boxes = [], []
        for track in self._tracks:
            near = min(track.readings, key=lambda r: abs(r.frame.time_s - ref.time_s))
            if shot in track.shots and (abs(near.frame.time_s - ref.time_s) < 0.6 or track.stays):
                tracks.append(track)
                boxes.append(near.box_xyxy_px)
        if tracks:
            text_kinds.weigh_motion(before, after, tracks, boxes)

    def finish(self) -> tuple[OverlayText, ...]:
        """Vote, decide kinds, and return the texts in order of time."""
        tracks = text_tracking.drop_fragments(self._tracks)
        if len(tracks) > self._settings.max_texts:
            tracks.sort(key=lambda t: -len(t.readings))
            self.texts_left_out = len(tracks) - self._settings.max_texts
            tracks = tracks[: self._settings.max_texts]
        tracks.sort(key=lambda t: (t.readings[0].frame.index, t.box[1], t.box[0]))
        source = self._clip.source
        pictures = [shot.index if shot.repeats is None else shot.repeats for shot in self._shots]
        kinds = text_kinds.decide_kinds(tracks, source.width_px, source.height_px, pictures)
        texts = []
        for number, (track, kind) in enumerate(zip(tracks, kinds, strict=True), start=1):
            readings = tuple(track.readings)
            running = text_tracking.runs(readings)
            if running:
                text = text_tracking.first_of_shape(readings)
                confidence = sum(r.confidence for r in readings) / len(readings)
            else:
                text, confidence = text_tracking.vote(readings)
            texts.append(
                OverlayText(
                    id=f"t{number}",
                    first=readings[0].frame,
                    last=readings[-1].frame,
                    box_xyxy_px=_rounded(track.box),
                    text_raw=max(readings, key=lambda r: r.confidence).text_raw,
                    text=text_tracking.safe_text(text),
                    confidence=round(confidence, 4),
                    kind=kind,
                    changes=running,
                    readings=readings,
                )
            )
        return tuple(texts)


def _clock_like(track: TextTrack) -> bool:
    return any(t.clock is not None and t.role != "range" for r in track.readings for t in find_times(r.text_raw))


def _continues(track: TextTrack, reading: TextReading) -> bool:
    """Whether a region read again still holds this text, and not what came to stand there since."""
    near = min(track.readings, key=lambda r: abs(r.frame.index - reading.frame.index))
    shape, new = text_tracking.masked(near.text_raw), text_tracking.masked(reading.text_raw)
    return text_tracking.likeness(shape, new) >= 0.6


def _every(samples: Sequence[Sample], step_s: float) -> list[Sample]:
    grid: list[Sample] = []
    for sample in samples:
        if not grid or sample.ref.time_s - grid[-1].ref.time_s >= step_s - 0.02:
            grid.append(sample)
    return grid


def _cut(picture: U8, box: Box, pad: float) -> U8:
    height, width = picture.shape[:2]
    grow = pad * (box[3] - box[1])
    x1, y1 = max(0, int(box[0] - grow)), max(0, int(box[1] - grow))
    x2, y2 = min(width, int(np.ceil(box[2] + grow))), min(height, int(np.ceil(box[3] + grow)))
    return picture[y1:y2, x1:x2]


def _line_picture(crop: U8) -> U8:
    """Scale a crop to the recogniser's height and pad its width, so that few shapes are ever compiled."""
    import cv2

    height, width = crop.shape[:2]
    scaled = max(8, min(48 * 60, round(width * _LINE_HEIGHT / height)))
    shape = (scaled, _LINE_HEIGHT)
    line = cv2.resize(crop, shape, interpolation=cv2.INTER_CUBIC if height < _LINE_HEIGHT else cv2.INTER_AREA)
    short = -scaled % _WIDTH_STEP
    padded = cv2.copyMakeBorder(line, 0, 0, 0, short, cv2.BORDER_REPLICATE) if short else line
    return np.asarray(padded, dtype=np.uint8)


def _rounded(box: Box) -> Box:
    return (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))


def _digest(*files: Path) -> str:
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as handle:
            whole.update(hashlib.file_digest(handle, "sha256").digest())
    return whole.hexdigest()


def _has_openvino() -> bool:
    try:
        import openvino  # noqa: F401
    except ImportError:
        return False
    return True


@contextmanager
def _no_downloads() -> Iterator[None]:
    """Turn RapidOCR's wish to download a model into an error while it starts."""
    from rapidocr.utils.download_file import DownloadFile

    def refuse(*_: object, **__: object) -> None:
        raise DependencyError("The text reader wants to download a model, which vidcheck never does.")

    downloader: Any = DownloadFile
    original = downloader.run
    downloader.run = refuse
    try:
        yield
    finally:
        downloader.run = original
