"""Which boxes show a person best, chosen while the clip is decoded, and their pixels, so that it is not decoded again.

Colours and clothing are judged on a few good views of each person. Who is who is known only after the pass over the
clip, so boxes are strung together here by overlap alone, and the best view of every stretch of such a strand is kept.
Which views are chosen depends on the boxes alone, never on whether their pixels are still there: what is missing, since
memory is limited or the boxes came from the cache, is decoded again and gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt

from vidcheck.boxes import ious, shared_areas
from vidcheck.media import U8, Clip, Frame
from vidcheck.types import Detection

F64 = npt.NDArray[np.float64]

MOST_BYTES = 192_000_000
"""Pixels kept, at most; a street with twenty people at 1080p fills them in about five minutes."""
_STRETCH_S = 0.5
_MOST_STRETCHES = 12  # as many views as clothing is judged on
_PATIENCE_S = 1.0
_SAME = 0.3  # overlap (IoU) with the strand's last box


@dataclass(slots=True)
class _View:
    position: int
    score: float


@dataclass(slots=True)
class _Strand:
    """Boxes that follow each other in place, and the best of each stretch of time."""

    began_s: float
    last_s: float
    stretch_s: float = _STRETCH_S
    best: dict[int, _View] = field(default_factory=dict)
    """By ordinal of the stretch."""

    def offer(self, time_s: float, view: _View) -> tuple[bool, list[int]]:
        """Take a view where it is the best of its stretch: whether it is, and the positions that make room."""
        gone: list[int] = []
        number = int((time_s - self.began_s) / self.stretch_s)
        known = self.best.get(number)
        if known is not None:
            if known.score >= view.score:
                return False, gone
            gone.append(known.position)
        self.best[number] = view
        while len(self.best) > _MOST_STRETCHES:  # a long strand keeps as many views, further apart
            self.stretch_s *= 2
            joined: dict[int, _View] = {}
            for number, kept in sorted(self.best.items()):
                rival = joined.get(number // 2)
                if rival is None or kept.score > rival.score:
                    joined[number // 2] = kept
                if rival is not None:
                    gone.append(rival.position if kept.score > rival.score else kept.position)
            self.best = joined
        return view.position not in gone, [position for position in gone if position != view.position]


class KeptViews:
    """The views chosen so far, by position among the detections, and the pixels of those that memory allows.

    Give every frame that was looked at to :meth:`add`, in order of time.

    Parameters
    ----------
    confidence:
        Score from which a box is a view; no person's track is without such a box.
    size_px:
        Width and height of the picture.
    """

    def __init__(self, confidence: float, size_px: tuple[int, int]) -> None:
        self._confidence, self._size = confidence, size_px
        self._alive: list[_Strand] = []
        self._last: F64 = np.zeros((0, 4))
        self._pixels: dict[int, U8] = {}
        self._bytes = 0
        self.chosen: set[int] = set()
        """Positions of the chosen views."""

    def add(self, detections: Sequence[Detection], first: int, frame: Frame | None = None) -> None:
        """Choose among the boxes of one frame.

        Parameters
        ----------
        detections:
            Its boxes.
        first:
            Position of the first of them among all detections; the others follow.
        frame:
            The frame, whose pixels are kept; None keeps none.
        """
        sure = [n for n, detection in enumerate(detections) if detection.confidence >= self._confidence]
        if not sure:
            return
        time_s = detections[0].frame.time_s
        boxes = np.array([detections[n].box_xyxy_px for n in sure], dtype=np.float64)
        scores = self._scores(boxes, np.array([detections[n].confidence for n in sure]))
        new: list[int] = []
        for row, strand in enumerate(self._strands(boxes, time_s)):
            position = first + sure[row]
            taken, gone = strand.offer(time_s, _View(position, float(scores[row])))
            for other in gone:
                self.chosen.discard(other)
                self._drop(other)
            if taken:
                self.chosen.add(position)
                new.append(position)
        if frame is not None and new:
            wanted = [detections[position - first].box_xyxy_px for position in new]
            for position, pixels in zip(new, frame.cuts(wanted), strict=True):
                self._pixels[position] = pixels
                self._bytes += pixels.nbytes
            while self._bytes > MOST_BYTES:
                self._drop(next(iter(self._pixels)))

    def pixels(self, position: int) -> U8 | None:
        """Return what :meth:`vidcheck.media.Frame.cuts` gives for the box, or None where it is not kept."""
        return self._pixels.get(position)

    def forget(self) -> None:
        """Give the memory back."""
        self._pixels.clear()
        self._bytes = 0

    def _drop(self, position: int) -> None:
        pixels = self._pixels.pop(position, None)
        self._bytes -= 0 if pixels is None else pixels.nbytes

    def _scores(self, boxes: F64, confidences: F64) -> F64:
        """Large, sure, inside the picture, and not behind somebody whose box reaches lower."""
        sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
        clipped = (boxes[:, 0] <= 2).astype(int) + (boxes[:, 2] >= self._size[0] - 2) + (boxes[:, 1] <= 2)
        hidden = shared_areas(boxes, boxes) / np.maximum(np.prod(sides, axis=1), 1e-6)[:, None]
        hidden[boxes[None, :, 3] <= boxes[:, None, 3]] = 0.0
        free = 1.0 - np.minimum(hidden.max(axis=1), 1.0)
        scores: F64 = confidences * np.sqrt(np.prod(sides, axis=1)) * 0.7**clipped * (0.1 + free**2)
        return scores

    def _strands(self, boxes: F64, time_s: float) -> list[_Strand]:
        """The strand of each box: the one whose last box it overlaps most, or a new one."""
        living = [n for n, strand in enumerate(self._alive) if time_s - strand.last_s <= _PATIENCE_S]
        alive, last = [self._alive[n] for n in living], self._last[living]
        same = ious(boxes, last)
        given: dict[int, int] = {}
        taken: set[int] = set()
        rows, columns = np.nonzero(same >= _SAME)
        for pair in np.argsort(-same[rows, columns], kind="stable"):
            row, column = int(rows[pair]), int(columns[pair])
            if row not in given and column not in taken:
                given[row] = column
                taken.add(column)
        found: list[_Strand] = []
        for row, box in enumerate(boxes):
            if row not in given:
                alive.append(_Strand(time_s, time_s))
                last = np.vstack((last, box))
                given[row] = len(alive) - 1
            strand = alive[given[row]]
            strand.last_s, last[given[row]] = time_s, box
            found.append(strand)
        self._alive, self._last = alive, last
        return found


def choose(detections: Sequence[Detection], confidence: float, size_px: tuple[int, int]) -> KeptViews:
    """Return the views that would have been chosen in the pass, without pixels."""
    kept = KeptViews(confidence, size_px)
    at = 0
    for _, group in groupby(detections, key=lambda detection: detection.frame.index):
        together = list(group)
        kept.add(together, at)
        at += len(together)
    return kept


def preferred(positions: Sequence[int], kept: KeptViews | None) -> list[int]:
    """Return those of a track's boxes that are chosen views, or all where none is."""
    chosen = [position for position in positions if kept is not None and position in kept.chosen]
    return chosen or list(positions)


def view_pixels(
    clip: Clip, detections: Sequence[Detection], positions: Iterable[int], kept: KeptViews | None
) -> Iterator[tuple[int, U8]]:
    """Yield positions with the pixels under their boxes: those that are kept, then the others, which are decoded."""
    missing: dict[int, list[int]] = {}
    for position in positions:
        pixels = None if kept is None else kept.pixels(position)
        if pixels is None:
            missing.setdefault(detections[position].frame.index, []).append(position)
        else:
            yield position, pixels
    for frame in clip.read([detections[together[0]].frame for together in missing.values()]):
        together = missing[frame.ref.index]
        yield from zip(together, frame.cuts([detections[p].box_xyxy_px for p in together]), strict=True)
