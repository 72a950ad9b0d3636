"""Following the texts of one clip: full reads, region reads, motion evidence, and the finished texts.

The engine and the settings come from :mod:`vidcheck.overlays`, which is the step; this is what it does with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vidcheck import text_kinds, text_schedule, text_tracking
from vidcheck.media import Clip, Frame
from vidcheck.text_kinds import View
from vidcheck.text_schedule import Plan, Sample
from vidcheck.text_tracking import TextTrack
from vidcheck.timestamps import find_times
from vidcheck.types import Box, FrameRef, OverlayText, Shot, TextReading

if TYPE_CHECKING:
    from vidcheck.overlays import Line, OcrEngine, OverlaySettings

U8 = npt.NDArray[np.uint8]


def small_luma(frame: Frame, clip: Clip, side_px: int) -> U8:
    """Return a frame's luma with its long side at ``side_px``, uint8 of shape (h, w)."""
    width, height = clip.source.width_px, clip.source.height_px
    scale = min(1.0, side_px / max(width, height))
    return frame.small_gray(max(16, round(width * scale)))


class TextReader:
    """The state of one run: texts so far and what was spent."""

    def __init__(self, clip: Clip, shots: tuple[Shot, ...], settings: OverlaySettings, reader: OcrEngine) -> None:
        self._clip, self._shots, self._settings, self._engine = clip, shots, settings, reader
        self._tracks: list[TextTrack] = []
        self.frames_read = 0
        self.frames_read_fine = 0
        self.located_in_8_bit = False
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
        chosen = self._settings
        large = max(self._clip.source.width_px, self._clip.source.height_px) > chosen.detect_side_px
        video = self._clip.source.kind == "video"  # beside whose texts other steps keep frames and networks in memory
        fine: set[int] = set()
        if video and plan.reads:  # while other steps prepare for the pass that they share
            side = chosen.fine_side_px if large and chosen.fine_reads else chosen.detect_side_px
            size_px = (self._clip.source.width_px, self._clip.source.height_px)
            self.located_in_8_bit = self._engine.prepare(size_px, side)
        for frame in self._clip.read(plan.reads):
            self.frames_read += 1
            shot = self._shot_at(frame.ref)
            side = chosen.detect_side_px
            if large and shot not in fine and len(fine) < chosen.fine_reads:
                fine.add(shot)
                side = chosen.fine_side_px
                self.frames_read_fine += 1
            lines = [line for line in self._engine.read(frame.bgr, side, lean=video) if self._keeps(line)]
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
            view = View(small_luma(frame, self._clip, self._settings.scan_side_px), frame.gray)
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
            spacing = (len(inside) - 2) / max(1, pairs - 1)
            for k in range(pairs):
                at = text_schedule.after_key(inside, round(spacing * k), int(spacing / 3), self._clip.timeline())
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


def _rounded(box: Box) -> Box:
    return (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))
