"""Frames to shots: cuts, slides, freezes and black, and the sharpest frame of each.

One cheap pass over the luma of every frame at 320 px width. A cut is a frame whose difference from the one before
stands out of its neighbourhood, so that a shaking camera makes none; this is the adaptive-ratio idea of PySceneDetect's
``AdaptiveDetector``, computed here on the luma thumbnails that the pass needs anyway for stillness and
sharpness, and extended to slide shows, whose swipes and fades last several frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.media import Frame
from vidcheck.spilling import SpilledRecords
from vidcheck.types import FrameRef, JsonObject, Shot, ShotKind, StepResult

METHOD = "luma difference, adaptive ratio; stillness by run; sharpness by variance of the Laplacian"
VERSION = "2"

_PASS_WIDTH_PX = 320
_THUMB_PX = (64, 36)
_THUMBS_IN_MEMORY = 46_000_000  # bytes: eleven minutes at 30 frames a second
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ShotSettings:
    """What counts as a cut, a still and black. Differences are on 8-bit luma, averaged over a 64 x 36 thumbnail."""

    cut_difference: float = 9.0
    """Smallest mean absolute difference of a cut."""
    cut_ratio: float = 3.0
    """How many times a cut exceeds the mean difference of its neighbours."""
    window: int = 3
    """Neighbours on each side."""
    min_shot_s: float = 0.2
    """Shots shorter than this are joined to the next, seconds."""
    still_difference: float = 0.35
    """Largest mean difference between frames that counts as coding noise."""
    still_drift: float = 2.0
    """Largest mean difference from the first frame of a still run."""
    transition_s: float = 0.8
    """Longest swipe or fade between two stills, seconds; it belongs to the still it leads to."""
    min_still_s: float = 0.6
    """Shortest slide or freeze, seconds."""
    freeze_motion: float = 1.5
    """Mean difference that the frames beside a freeze must show, to tell it from a quiet scene."""
    black_luma: float = 20.0
    """Mean luma at or under which a picture without contrast is black, 0..255."""
    same_picture: float = 4.0
    """Largest mean difference between two stills that show the same picture."""


@dataclass(slots=True)
class _Measure:
    ref: FrameRef
    difference: float
    mean: float
    contrast: float
    sharpness: float


class ShotFinder:
    """Takes every frame in order, then gives the shots.

    Usage: :meth:`process_frame` for each frame, :meth:`finish` once.
    """

    def __init__(self, settings: ShotSettings | None = None) -> None:
        self.settings = settings or ShotSettings()
        self._measures: list[_Measure] = []
        self._thumbs = SpilledRecords(_THUMBS_IN_MEMORY)
        self._previous: F32 | None = None

    def process_frame(self, frame: Frame) -> None:
        """Measure one frame."""
        luma = frame.small_gray(_PASS_WIDTH_PX)
        thumb = np.asarray(cv2.resize(luma, _THUMB_PX, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        values = thumb.astype(np.float32)
        difference = 0.0 if self._previous is None else float(np.mean(np.abs(values - self._previous)))
        sharpness = _sharpness(luma) if min(luma.shape) > 2 else 0.0
        self._measures.append(_Measure(frame.ref, difference, float(values.mean()), float(values.std()), sharpness))
        self._thumbs.append(thumb.tobytes())
        self._previous = values

    def finish(self, end_s: float, end_pts: int) -> StepResult[tuple[Shot, ...]]:
        """Return the shots.

        Parameters
        ----------
        end_s:
            Time of the end of the last frame, seconds.
        end_pts:
            The same in ticks.
        """
        measures = self._measures
        if not measures:
            return StepResult((), METHOD, {"frames": 0, "cuts": 0})
        starts = self._starts()
        end = FrameRef(len(measures), end_pts, end_s)
        shots: list[Shot] = []
        for position, start in enumerate(starts):
            stop = starts[position + 1] if position + 1 < len(starts) else len(measures)
            stop_ref = measures[stop].ref if stop < len(measures) else end
            shots.append(self._shot(position, start, stop, stop_ref))
        shots = self._mark_repeats(shots)
        self._thumbs.close()
        stats: JsonObject = {
            "frames": len(measures),
            "cuts": len(shots) - 1,
            "stills": sum(s.kind == "still" for s in shots),
        }
        return StepResult(tuple(shots), METHOD, stats)

    def _starts(self) -> list[int]:
        """Indices at which shots start: cuts, and the borders of stills and of black."""
        cfg = self.settings
        times = [m.ref.time_s for m in self._measures]
        count = len(times)
        starts = {0, *self._cuts()}
        stills: list[tuple[int, int]] = []
        for first, stop in self._still_runs():
            long_enough = (times[stop] if stop < count else times[-1]) - times[first] >= cfg.min_still_s
            if long_enough and self._stands_out(first, stop, starts):
                stills.append((first, stop))
                starts |= {first, stop} - {count}
        for (_, stop), (first, _) in pairwise(stills):
            if times[first] - times[stop] <= cfg.transition_s:
                starts -= set(range(stop + 1, first + 1))
        black = [self._is_black(m) for m in self._measures]
        starts |= {i for i in range(1, count) if black[i] != black[i - 1]}
        return self._without_short(sorted(starts), times)

    def _cuts(self) -> set[int]:
        cfg = self.settings
        difference = np.array([m.difference for m in self._measures])
        cuts: set[int] = set()
        for i in range(1, len(difference)):
            if difference[i] < cfg.cut_difference:
                continue
            near = np.concatenate((difference[max(1, i - cfg.window) : i], difference[i + 1 : i + 1 + cfg.window]))
            # The mean of the neighbours would be pulled up by a second cut or a flash close by.
            around = float(np.median(near)) if near.size else 0.0
            if difference[i] >= cfg.cut_ratio * max(around, 1.0):
                cuts.add(i)
        return cuts

    def _still_runs(self) -> list[tuple[int, int]]:
        """Half-open runs in which each frame equals the last but for coding noise, without slow drift."""
        cfg = self.settings
        runs: list[tuple[int, int]] = []
        first = 0
        for i in range(1, len(self._measures) + 1):
            moving = i == len(self._measures) or self._measures[i].difference > cfg.still_difference
            if moving or self._apart(first, i) > cfg.still_drift:
                if i - first > 1:
                    runs.append((first, i))
                first = i
        return runs

    def _stands_out(self, first: int, stop: int, cuts: set[int]) -> bool:
        """Tell a slide or a freeze from a quiet moment in front of a fixed camera.

        A slide is bounded by cuts, transitions or the ends of the clip; a freeze by plain movement.
        """

        def edge(at: int, inner: int, step: int) -> bool:
            if at in cuts or at in (0, len(self._measures)):
                return True
            beside = [self._measures[i].difference for i in range(at, at + 6 * step, step) if self._inside(i)]
            return bool(beside) and float(np.mean(beside)) >= self.settings.freeze_motion

        return edge(first, first, -1) and edge(stop, stop - 1, 1)

    def _apart(self, first: int, second: int) -> float:
        """Mean difference between the thumbnails of two frames."""
        a, b = (np.frombuffer(self._thumbs[index], np.uint8) for index in (first, second))
        return float(np.mean(cv2.absdiff(a, b)))

    def _inside(self, index: int) -> bool:
        return 0 < index < len(self._measures)

    def _without_short(self, starts: list[int], times: list[float]) -> list[int]:
        """Drop starts that would leave a shot under the shortest length: transitions join the shot they lead to."""
        kept = [starts[-1]]
        for start in reversed(starts[:-1]):
            if times[kept[-1]] - times[start] >= self.settings.min_shot_s:
                kept.append(start)
            elif start == 0:
                kept[-1] = 0
        kept.reverse()
        return kept if kept[0] == 0 else [0, *kept]

    def _is_black(self, measure: _Measure) -> bool:
        return measure.mean <= self.settings.black_luma and measure.contrast < 4.0

    def _shot(self, index: int, start: int, stop: int, end: FrameRef) -> Shot:
        inside = self._measures[start:stop]
        kind: ShotKind = "moving"
        if all(self._is_black(m) for m in inside):
            kind = "black"
        elif len(inside) == 1 or self._is_still(start, stop):
            kind = "still"
        # The frames beside a cut are often blends of two pictures.
        margin = 2 if len(inside) > 8 else 0
        candidates = inside[margin : len(inside) - margin]
        if kind == "still" and len(inside) > 1:
            # not a frame of the swipe that leads in
            candidates = [m for m in candidates if m.difference <= self.settings.still_difference] or candidates
        best = max(candidates, key=lambda m: (_exposed(m), m.sharpness))
        return Shot(
            index=index,
            start=inside[0].ref,
            end=end,
            kind=kind,
            transition_score=round(min(1.0, inside[0].difference / 255 * 4), 4) if start else 0.0,
            best=best.ref,
            sharpness=round(best.sharpness, 2),
            brightness=round(float(np.mean([m.mean for m in inside])) / 255, 4),
        )

    def _is_still(self, start: int, stop: int) -> bool:
        """Most frames equal their predecessor, and the end of the shot its middle: a transition-in is allowed."""
        cfg = self.settings
        differences = [m.difference for m in self._measures[start + 1 : stop]]
        quiet = float(np.mean([d <= cfg.still_difference for d in differences]))
        middle = (start + stop) // 2
        return quiet >= 0.6 and self._apart(middle, stop - 1) <= cfg.still_drift

    def _mark_repeats(self, shots: list[Shot]) -> list[Shot]:
        """A slide show often runs twice; the same still again is marked, so that nobody counts it twice."""
        from dataclasses import replace

        marked: list[Shot] = []
        for shot in shots:
            first = None
            if shot.kind == "still":
                for earlier in marked:
                    if earlier.kind != "still" or earlier.repeats is not None:
                        continue
                    difference = self._apart(shot.best.index, earlier.best.index)
                    if difference <= self.settings.same_picture:
                        first = earlier.index
                        break
            marked.append(replace(shot, repeats=first))
        return marked


def _sharpness(luma: npt.NDArray[np.uint8]) -> float:
    """Variance of the Laplacian; in whole numbers, which is exact and several times as fast."""
    _, deviation = cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))
    return float(deviation[0, 0]) ** 2


def _exposed(measure: _Measure) -> bool:
    return 25.0 <= measure.mean <= 235.0
