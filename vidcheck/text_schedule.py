"""Which frames are worth reading: a cheap pass over the luma plane finds where text-like texture appears or stays.

Reading a full frame costs hundreds of times more than looking at its luma at 640 pixels, so the whole clip is
looked at several times a second and only few frames are read: one in every shot, one wherever text-like texture
came to stay, one wherever it flashed up, and some in between, because text that moves with the scene never stays.
Where the budget does not reach, what was left out is counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.spilling import SpilledRecords
from vidcheck.timeline import SOON_S, Timeline
from vidcheck.types import FrameRef, Shot

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
F32 = npt.NDArray[np.float32]

_CELL_W, _CELL_H = 16, 8  # pixels of the scanned picture; a line of small print is one or two cells high
_STEP = 1 / 65535  # of a share that is kept
_EDGE = 24  # luma step between neighbours that counts as a stroke's edge; H.264 at 300 kbit/s keeps such steps
_DENSE = 0.08  # share of stroke edges in a cell that looks like print
_STAYED = 4  # samples in a row at one pixel after which an edge counts as standing
_FLASHED = 2  # samples in a row at one pixel after which a bold edge counts as flashed up
_BOLD = 60  # luma step of such an edge: what is meant to be read in half a second is printed boldly
_GONE = 6  # samples after which a flash must have left its cells again: what stays longer is an arrival
_AS_SHARP = 0.9  # share of the sharpest sample's sharpness that a cheaper one must have
_IN_MEMORY = 8_000_000  # bytes of packed maps; of more, those before lie in a temporary file
_LINE_CELLS = 4  # new cells in a line from which an arrival is worth a read


@dataclass(frozen=True, slots=True)
class Sample:
    """One scanned frame."""

    ref: FrameRef
    """The frame."""
    sharpness: float
    """Variance of the Laplacian of the scanned luma, a relative figure."""
    shape: tuple[int, int]
    """Rows and columns of cells."""
    records: SpilledRecords
    """Where the edges by cell are kept: three maps of uint16 one after the other, deflated."""
    number: int
    """Which record."""

    @staticmethod
    def of(
        ref: FrameRef, sharpness: float, texture: U16, standing: U16, flashed: U16, records: SpilledRecords
    ) -> Sample:
        """Pack three maps of shares by cell, uint16 of shape (rows, columns), in steps of :data:`_STEP`."""
        packed = zlib.compress(np.stack((texture, standing, flashed)).tobytes(), 1)
        return Sample(ref, sharpness, (texture.shape[0], texture.shape[1]), records, records.append(packed))

    @property
    def texture(self) -> F32:
        """Share of stroke-like edges by cell, shape (rows, columns), 0..1."""
        return self._map(0)

    @property
    def standing(self) -> F32:
        """The same, of edges that have stood in one place for a second: scenery that moves leaves none."""
        return self._map(1)

    @property
    def flashed(self) -> F32:
        """The same, of bold edges that have stood for a moment."""
        return self._map(2)

    def _map(self, which: int) -> F32:
        size = self.shape[0] * self.shape[1]
        shares = np.frombuffer(zlib.decompress(self.records[self.number]), np.uint16, size, 2 * which * size)
        return shares.reshape(self.shape).astype(np.float32) * np.float32(_STEP)


@dataclass(frozen=True, slots=True)
class Plan:
    """The frames to read in full, and what the budget left out."""

    reads: tuple[FrameRef, ...]
    """Frames to read, in order of time."""
    wanted: int
    """Frames that should have been read."""
    unread_shots: tuple[int, ...]
    """Shots in which no frame is read although they are not black."""

    @property
    def cut(self) -> int:
        """Frames that the budget left out."""
        return self.wanted - len(self.reads)


class Scanner:
    """Looks at frames in order of time and remembers how long every edge has stood."""

    def __init__(self) -> None:
        self._age: U8 | None = None
        self._bold_age: U8 | None = None
        self._records = SpilledRecords(_IN_MEMORY)  # an hour of a street takes 50 MB

    def add(self, ref: FrameRef, luma: U8) -> Sample:
        """Measure one frame.

        Parameters
        ----------
        ref:
            The frame.
        luma:
            Its luma, uint8 of shape (h, w), scaled so that the long side is about 800 pixels.
        """
        import cv2

        # In OpenCV throughout: the same in numpy takes three times as long, four times a second.
        spread = cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1]
        steps = cv2.absdiff(luma[:, 1:], luma[:, :-1])
        edges = cv2.threshold(steps, _EDGE, 1, cv2.THRESH_BINARY)[1]
        bold = cv2.threshold(steps, _BOLD, 1, cv2.THRESH_BINARY)[1]
        self._age = _aged(self._age, edges)
        self._bold_age = _aged(self._bold_age, bold)
        standing = cv2.bitwise_and(edges, cv2.threshold(self._age, _STAYED - 1, 1, cv2.THRESH_BINARY)[1])
        flashed = cv2.bitwise_and(bold, cv2.threshold(self._bold_age, _FLASHED - 1, 1, cv2.THRESH_BINARY)[1])
        texture, stood, flash = (_by_cell(mask) for mask in (edges, standing, flashed))
        return Sample.of(ref, float(spread[0, 0]) ** 2, texture, stood, flash, self._records)


def _aged(age: U8 | None, edges: npt.NDArray[Any]) -> U8:
    """Count for how many samples an edge has been at each pixel; coding moves an edge by a pixel."""
    import cv2

    known = np.zeros_like(edges) if age is None or age.shape != edges.shape else age
    near = cv2.dilate(edges, np.ones((3, 3), dtype=np.uint8))
    # Saturates at 255; what has no edge near it starts again from 0.
    return np.asarray(cv2.multiply(cv2.add(known, near), near), dtype=np.uint8)


def _by_cell(mask: npt.NDArray[Any]) -> U16:
    """Share of a mask's ones in every cell, in steps of :data:`_STEP`; cells are stretched to fill the picture.

    As ``cv2.resize`` by area gives it, but in whole numbers from an integral image: a quarter of the time.
    """
    import cv2

    height, width = mask.shape
    rows, columns = max(1, height // _CELL_H), max(1, width // _CELL_W)
    summed = cv2.integral(mask).astype(np.float64)
    by_row = _between(summed, height, rows)
    sums = np.diff(np.diff(_between(by_row.T, width, columns), axis=0).T, axis=0)
    return np.asarray(np.rint(sums * (rows * columns / (height * width) / _STEP)), np.uint16)


def _between(summed: npt.NDArray[Any], pixels: int, cells: int) -> npt.NDArray[Any]:
    """Rows of an integral image at the borders of cells, which lie between pixels."""
    borders = np.arange(cells + 1) * (pixels / cells)
    before = np.minimum(borders.astype(np.intp), pixels - 1)
    part = (borders - before)[:, None]
    return np.asarray(summed[before] * (1 - part) + summed[before + 1] * part)


def plan_reads(
    samples: Sequence[Sample],
    shots: Sequence[Shot],
    *,
    max_reads: int,
    every_s: float,
    min_gap_s: float,
    timeline: Timeline | None = None,
) -> Plan:
    """Choose the frames to read in full.

    Parameters
    ----------
    samples:
        Scanned frames in order of time.
    shots:
        The shots; black ones are not read. Without shots the clip counts as one.
    max_reads:
        Budget, frames.
    every_s:
        In moving shots, longest time without a read, seconds.
    min_gap_s:
        Shortest time between two reads of a shot, seconds.
    timeline:
        Says where key frames are, after which reads cost less; None does without.
    """
    first: list[tuple[Sample, Shot | None]] = []
    changes: list[tuple[float, Sample]] = []
    flashes: list[tuple[float, Sample]] = []
    between: list[Sample] = []
    readable = [shot for shot in shots if shot.kind != "black"]
    spans: list[tuple[Shot | None, list[Sample]]] = (
        [(shot, [s for s in samples if shot.start.index <= s.ref.index < shot.end.index]) for shot in readable]
        if shots
        else [(None, list(samples))]
    )
    for shot, inside in spans:
        if not inside:
            continue
        opening = [s for s in inside if s.ref.time_s <= inside[0].ref.time_s + 1.0]
        lead = max(opening, key=lambda s: s.sharpness)
        first.append((lead, shot))
        found = _arrivals(inside, lead, min_gap_s)
        changes.extend(found)
        brief = _flashes(inside)
        flashes.extend(brief)
        taken = sorted([lead.ref.time_s, *(s.ref.time_s for _, s in [*found, *brief])])
        if shot is None or shot.kind == "moving":
            between.extend(_fill(inside, taken, every_s, timeline))
    ranked = _rank(first, [*changes, *flashes], between)
    chosen = ranked[: max(1, max_reads)]
    read = {s.ref.index for s in chosen}
    unread = tuple(
        shot.index
        for shot, inside in spans
        if shot is not None and not any(shot.start.index <= index < shot.end.index for index in read)
    )
    return Plan(tuple(s.ref for s in sorted(chosen, key=lambda s: s.ref.index)), len(ranked), unread)


def _arrivals(inside: Sequence[Sample], lead: Sample, min_gap_s: float) -> list[tuple[float, Sample]]:
    """Places where print has come to stand in cells that were bare when a frame was last read."""
    found: list[tuple[float, Sample]] = []
    read = lead
    for now in inside:
        if now.ref.time_s - read.ref.time_s < min_gap_s:
            continue
        new = (now.standing > _DENSE) & (read.texture < 0.5 * now.standing)
        score = _in_lines(new)
        if score >= _LINE_CELLS:
            found.append((float(score), now))
            read = now
    return found


def _flashes(inside: Sequence[Sample]) -> list[tuple[float, Sample]]:
    """Places where bold print stands for a moment in cells that were bare shortly before and are bare shortly after."""
    found: list[tuple[float, Sample]] = []
    last = -_GONE
    for k in range(_FLASHED, len(inside) - 1):
        if k - last < _GONE // 2:
            continue  # one flash gives one read
        here = inside[k].flashed
        before = inside[k - _FLASHED].texture
        after = inside[min(len(inside) - 1, k + _GONE)].texture
        score = _in_lines((here > _DENSE) & (before < 0.3 * here) & (after < 0.3 * here))
        if score >= _LINE_CELLS:
            found.append((float(score), inside[k]))
            last = k
    return found


def _in_lines(cells: npt.NDArray[np.bool_]) -> int:
    """Cells that have a neighbour beside them, as print has: single cells are scenery."""
    beside = np.zeros_like(cells)
    beside[:, 1:] |= cells[:, :-1]
    beside[:, :-1] |= cells[:, 1:]
    return int((cells & beside).sum())


def _fill(
    inside: Sequence[Sample], taken: Sequence[float], every_s: float, timeline: Timeline | None = None
) -> list[Sample]:
    """The sharpest samples around evenly spaced times in gaps longer than ``every_s``, or one hardly less sharp that
    comes soon after a key frame.
    """
    edges = [*taken, inside[-1].ref.time_s]
    filled: list[Sample] = []
    for left, right in pairwise(edges):
        pieces = int((right - left) // every_s) if right != edges[-1] else int(np.ceil((right - left) / every_s - 0.25))
        for piece in range(1, pieces + 1):
            centre = left + (right - left) * piece / (pieces + (0 if right == edges[-1] else 1))
            near = [s for s in inside if abs(s.ref.time_s - centre) <= min(0.6, every_s / 4)]
            if near:
                sharpest = max(near, key=lambda s: s.sharpness)
                wide = [s for s in inside if abs(s.ref.time_s - centre) <= every_s / 4]
                cheap = [s for s in wide if s.sharpness >= _AS_SHARP * sharpest.sharpness and _is_cheap(s, timeline)]
                filled.append(min(cheap, key=lambda s: abs(s.ref.time_s - centre), default=sharpest))
    return filled


def _is_cheap(sample: Sample, timeline: Timeline | None) -> bool:
    return timeline is not None and timeline.since_key_s(sample.ref) <= SOON_S


def after_key(samples: Sequence[Sample], at: int, reach: int, timeline: Timeline) -> int:
    """Return the place of the sample nearest to ``at``, within ``reach``, that is soon after a key frame, or ``at``."""
    places = range(max(0, at - reach), min(len(samples) - 1, at + reach + 1))
    cheap = (place for place in places if _is_cheap(samples[place], timeline))
    return min(cheap, key=lambda place: abs(place - at), default=at)


def _rank(
    first: Sequence[tuple[Sample, Shot | None]],
    changes: Sequence[tuple[float, Sample]],
    between: Sequence[Sample],
) -> list[Sample]:
    """Order of worth: new pictures, then repeats of stills, then arrivals by size, then what lies between."""
    fresh = [s for s, shot in first if shot is None or shot.repeats is None]
    again = [s for s, shot in first if shot is not None and shot.repeats is not None]
    by_size = [s for _, s in sorted(changes, key=lambda item: -item[0])]
    ranked: dict[int, Sample] = {}
    for sample in [*_spread(fresh), *_spread(again), *by_size, *_spread(between)]:
        ranked.setdefault(sample.ref.index, sample)
    return list(ranked.values())


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """Reorder so that any prefix is spread evenly over the whole: ends, middle, quarters, eighths."""
    n = len(samples)
    order: dict[int, None] = dict.fromkeys([0, n - 1] if n > 1 else range(n))
    pieces = 2
    while len(order) < n:
        for k in range(1, pieces, 2):
            order.setdefault(round(k * (n - 1) / pieces))
        pieces *= 2
        if pieces > 4 * n:
            for k in range(n):
                order.setdefault(k)
    return [samples[k] for k in order]
