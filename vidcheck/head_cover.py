"""Where heads may be, and how they are made unrecognisable for good.

No face is looked for: the head region is a generous share of a person's box, carried through frames in which the
detector missed them, widened with the time since they were seen, and held before the first and after the last box.
Covering too much costs a viewer little; covering too little exposes a bystander.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.boxes import area, iou
from vidcheck.types import Box, FrameRef

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CoverSettings:
    """How far heads are covered beyond what was detected."""

    hold_s: float = 0.6
    """A head is covered this long before its first and after its last box, seconds."""
    gap_s: float = 2.0
    """Longest time without a box that is bridged by interpolation, seconds; a longer one is held from both ends."""
    spread_per_s: float = 0.6
    """Growth of a bridged or held region, in shares of its size for each second away from the next box."""
    join_iou: float = 0.1
    """Overlap from which a box continues a path; small, because joining two people only covers more."""
    cells: int = 4
    """Cells of the mosaic along the shorter side of a head."""
    colours_s: float = 1.0
    """How long the colours of a mosaic stay, seconds: fresh colours in every frame would let somebody fuse them."""


@dataclass(frozen=True, slots=True)
class Cover:
    """One region to cover in one frame."""

    path: int
    """Number of the path it belongs to."""
    box_xyxy_px: Box
    """The region, pixels."""
    how: str
    """``seen``, ``bridged`` between two boxes, or ``held`` before the first or after the last."""


@dataclass(slots=True)
class Path:
    """Boxes of one body along time."""

    refs: list[FrameRef] = field(default_factory=list)
    """Frames with a box."""
    boxes: list[Box] = field(default_factory=list)
    """Their boxes."""


def head_region(person: Box) -> Box:
    """Return the region of a person's box that may hold the head, generously.

    A standing body is about seven and a half heads tall, a bust about two: the lower border goes by the width of the
    shoulders, at most to 60% of the height. A body that lies is taken whole, since its head may be at either end.
    """
    x1, y1, x2, y2 = person
    width, height = x2 - x1, y2 - y1
    if width > 1.15 * height:
        return (x1 - 0.08 * width, y1 - 0.1 * height, x2 + 0.08 * width, y2)
    down = max(0.28 * height, min(0.9 * width, 0.6 * height))
    side = 0.1 * width
    return (x1 - side, y1 - max(0.08 * height, 0.1 * width), x2 + side, y1 + down)


def follow_boxes(frames: Sequence[tuple[FrameRef, Sequence[Box]]], settings: CoverSettings) -> list[Path]:
    """Join boxes of one shot into paths, greedily by overlap with where each path was last seen."""
    paths: list[Path] = []
    for ref, boxes in frames:
        open_paths = [p for p in paths if ref.time_s - p.refs[-1].time_s <= settings.gap_s]
        pairs = sorted(
            ((-iou(_ahead(path, ref), box), n, k) for n, path in enumerate(open_paths) for k, box in enumerate(boxes)),
        )
        used_paths: set[int] = set()
        used_boxes: set[int] = set()
        for score, n, k in pairs:
            if -score < settings.join_iou:
                break
            if n in used_paths or k in used_boxes:
                continue
            used_paths.add(n)
            used_boxes.add(k)
            open_paths[n].refs.append(ref)
            open_paths[n].boxes.append(boxes[k])
        paths += [Path([ref], [box]) for k, box in enumerate(boxes) if k not in used_boxes]
    return paths


def _ahead(path: Path, ref: FrameRef) -> Box:
    """Where a path's box should be by now: moved on at its last speed for up to half a second."""
    last = path.boxes[-1]
    speed = _speed(path, -1)
    time_s = min(0.5, ref.time_s - path.refs[-1].time_s)
    dx, dy = speed[0] * time_s, speed[1] * time_s
    return (last[0] + dx, last[1] + dy, last[2] + dx, last[3] + dy)


def _speed(path: Path, end: int) -> tuple[float, float]:
    """Speed of a path's box at its first (0) or last (-1) box, pixels a second, over about a fifth of a second."""
    if len(path.refs) < 2:
        return (0.0, 0.0)
    here = path.refs[end].time_s
    near = [k for k, ref in enumerate(path.refs) if 0 < abs(ref.time_s - here) <= 0.25]
    other = (near[0] if end else near[-1]) if near else (len(path.refs) - 2 if end else 1)
    a, b = path.boxes[other], path.boxes[end]
    time_s = here - path.refs[other].time_s
    return ((b[0] + b[2] - a[0] - a[2]) / 2 / time_s, (b[1] + b[3] - a[1] - a[3]) / 2 / time_s)


def covers_of(
    paths: Sequence[Path], refs: Sequence[FrameRef], settings: CoverSettings, *, first_number: int = 0
) -> dict[int, list[Cover]]:
    """Return what to cover in each frame of a shot, by frame index.

    Parameters
    ----------
    paths:
        Bodies of the shot.
    refs:
        Every frame of the shot, in order of time.
    settings:
        How far.
    first_number:
        Number of the first path.
    """
    covers: dict[int, list[Cover]] = {ref.index: [] for ref in refs}
    for number, path in enumerate(paths, start=first_number):
        times = np.array([ref.time_s for ref in path.refs])
        heads = np.array([head_region(box) for box in path.boxes])
        seen = {ref.index: k for k, ref in enumerate(path.refs)}
        for ref in refs:
            if ref.time_s < times[0] - settings.hold_s or ref.time_s > times[-1] + settings.hold_s:
                continue
            found = _region(path, times, heads, seen, ref, settings)
            if found is not None:
                covers[ref.index].append(Cover(number, found[0], found[1]))
    return covers


def _region(
    path: Path, times: F64, heads: F64, seen: Mapping[int, int], ref: FrameRef, settings: CoverSettings
) -> tuple[Box, str] | None:
    if (at := seen.get(ref.index)) is not None:
        # The neighbours' regions are covered too: a box that jumps for one frame must not bare a head.
        around = heads[max(0, at - 1) : at + 2][np.abs(times[max(0, at - 1) : at + 2] - ref.time_s) <= 0.15]
        return _union(around), "seen"
    after = int(np.searchsorted(times, ref.time_s))
    if 0 < after < len(times):
        before_s, after_s = ref.time_s - times[after - 1], times[after] - ref.time_s
        if before_s + after_s > settings.gap_s:
            if min(before_s, after_s) > settings.hold_s:
                return None
            near = after - 1 if before_s <= after_s else after
            return _grown(heads[near], settings.spread_per_s * min(before_s, after_s)), "held"
        share = before_s / (before_s + after_s)
        middle = (1 - share) * heads[after - 1] + share * heads[after]
        # Up to a tenth of a second the straight way is right; nobody keeps to it for much longer.
        growth = settings.spread_per_s * min(before_s, after_s)
        return _grown(middle, growth), "bridged"
    end = 0 if after == 0 else -1
    away_s = abs(ref.time_s - times[end])
    dx, dy = (v * (ref.time_s - times[end]) for v in _speed(path, end))
    region = heads[end]
    moved = region + np.array([dx, dy, dx, dy])
    return _grown(np.array(_union(np.stack((region, moved)))), settings.spread_per_s * away_s), "held"


def _union(regions: F64) -> Box:
    low, high = regions[:, :2].min(axis=0), regions[:, 2:].max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _grown(region: F64, share: float) -> Box:
    x1, y1, x2, y2 = (float(v) for v in region)
    dx, dy = (x2 - x1) * share / 2, (y2 - y1) * share / 2
    return (x1 - dx, y1 - dy, x2 + dx, y2 + dy)


class Painter:
    """Covers regions for good: a few coarse, roughened colours, or one flat grey.

    A mosaic of fresh colours in every frame can be undone where the head moves across its cells, by the same fusion
    that :mod:`vidcheck.enhance` does. So there are few cells, their colours are drawn half-way to their mean and
    roughened by noise that is kept nowhere, and they stay for a second.
    """

    def __init__(self, settings: CoverSettings, *, fill: bool = False) -> None:
        self._settings = settings
        self._fill = fill
        self._noise = np.random.default_rng()  # seeded by the system: it must not be possible to repeat it
        self._colours: dict[tuple[int, int], U8] = {}

    def paint(self, picture: U8, ref: FrameRef, covers: Sequence[Cover]) -> U8:
        """Return a copy of a BGR picture with these regions covered."""
        canvas = picture.copy()
        height, width = canvas.shape[:2]
        # A small cover over a large one would show finer cells there: the large one has the last word.
        for cover in sorted(covers, key=lambda item: area(item.box_xyxy_px)):
            x1, y1 = (max(0, int(np.floor(v))) for v in cover.box_xyxy_px[:2])
            x2, y2 = min(width, int(np.ceil(cover.box_xyxy_px[2]))), min(height, int(np.ceil(cover.box_xyxy_px[3])))
            if x2 <= x1 or y2 <= y1:
                continue
            if self._fill:
                canvas[y1:y2, x1:x2] = 128
                continue
            key = (cover.path, int(ref.time_s / self._settings.colours_s))
            if key not in self._colours:
                self._colours[key] = self._mosaic(picture[y1:y2, x1:x2])
            canvas[y1:y2, x1:x2] = cv2.resize(self._colours[key], (x2 - x1, y2 - y1), interpolation=cv2.INTER_NEAREST)
        return canvas

    def _mosaic(self, region: U8) -> U8:
        height, width = region.shape[:2]
        cells = self._settings.cells
        shorter = min(height, width)
        size = (max(1, round(cells * width / shorter)), max(1, round(cells * height / shorter)))
        size = (min(size[0], 2 * cells, width), min(size[1], 2 * cells, height))
        colours = cv2.resize(region, size, interpolation=cv2.INTER_AREA).astype(np.float64)
        mixed = 0.5 * colours + 0.5 * colours.mean(axis=(0, 1)) + self._noise.normal(0, 10, colours.shape)
        return np.asarray(np.clip(mixed, 0, 255), dtype=np.uint8)
