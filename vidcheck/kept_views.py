"""Which boxes show a person best, chosen while the clip is decoded, and their pixels, so that it is not decoded again.

Colours and clothing are judged on a few good views of each person. Who is who is known only after the pass over the
clip, so boxes are strung together here by overlap alone, and the best view of every stretch of such a strand is kept.
Which views are chosen depends on the boxes alone, never on whether their pixels are still there: what is missing, since
memory is limited or the boxes came from the cache, is decoded again and gives the same. The pictures of a report show
the same views, and for tracks of weak boxes views chosen in the same way among those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.boxes import ious, shared_areas, whole_pixels
from vidcheck.media import U8, Clip, Frame
from vidcheck.spilling import SpilledRecords
from vidcheck.types import Analysis, Box, Detection, FrameRef, Source

F64 = npt.NDArray[np.float64]
Area = tuple[int, int, int, int]
"""Left, top, right and bottom of an area of a frame, whole pixels."""

MOST_BYTES = 128_000_000
"""Pixels kept in memory, at most; a street with twenty people at 1080p fills them in about a minute."""
MOST_FAINT_BYTES = 32_000_000
"""Pixels of weak boxes kept in memory, at most."""
MOST_FILE_BYTES = 8_000_000_000
"""Beyond that, in a temporary file, at most: more than two hours of that street."""
_IN_FILE = (  # PNG, which is lossless: of what is fast the smallest, 0.43 of the pixels
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
)  # fmt: skip
MARGIN = 0.04
"""What is kept around a box, of its size on each side: pictures show the edge of a sleeve too."""
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


Wanted: TypeAlias = "Callable[[Analysis, KeptViews], Iterable[tuple[FrameRef, Box | None]]]"


class KeptPixels:
    """Pixels under chosen boxes: the newest in memory, those before in a temporary file, as long as it takes them.

    Parameters
    ----------
    with_faint:
        Whether views of weak boxes are kept as well: only a report shows those.
    also:
        Says, of what was found so far, which other frames, or boxes in them, will be wanted; None wants no more.
    """

    def __init__(self, *, with_faint: bool = False, also: Wanted | None = None) -> None:
        self.with_faint, self.also = with_faint, also
        """See the parameters."""
        self.clip_sha256 = ""
        """Hash of the clip that they are of."""
        self._file: SpilledRecords | None = None
        self.forget()

    def __contains__(self, position: int) -> bool:
        """Whether the pixels of the detection at this position are kept."""
        return position in self._areas

    def put(self, position: int, frame: int, area: Area, pixels: U8, *, is_faint: bool) -> None:
        """Keep the pixels of a view.

        Parameters
        ----------
        position:
            Position of the box among the detections.
        frame:
            Index of its frame.
        area:
            Left, top, right, bottom of the pixels in the frame.
        pixels:
            uint8 of shape (bottom - top, right - left, 3).
        is_faint:
            Whether the box is a weak one.
        """
        self._areas[position] = (frame, area)
        self._in_frame.setdefault(frame, set()).add(position)
        held = self._in_memory[is_faint]
        held[position] = pixels
        self._bytes[is_faint] += pixels.nbytes
        while self._bytes[is_faint] > (MOST_FAINT_BYTES if is_faint else MOST_BYTES):
            oldest = next(iter(held))
            record = self._written(held[oldest])
            if record is None:
                self.drop(oldest)
            else:
                self._in_file[oldest] = record  # first, so that who asks meanwhile finds it in one of the two
                self._bytes[is_faint] -= held.pop(oldest).nbytes

    def put_more(self, frame: Frame, boxes: Sequence[Box | None]) -> None:
        """Keep what lies under these boxes of a frame; for None the whole frame."""
        if None in boxes:
            self._frames[frame.ref.index] = frame.bgr
            return
        height, width = frame.bgr.shape[:2]
        for box in dict.fromkeys(boxes):
            if box is not None:
                left, top, right, bottom = area = whole_pixels(box, width, height, MARGIN)
                self._more += 1  # counted down from -1: no box found in the pass has such a position
                self.put(-self._more, frame.ref.index, area, frame.bgr[top:bottom, left:right].copy(), is_faint=True)

    def frames_of(self, source: Source, refs: Iterable[FrameRef]) -> dict[int, U8]:
        """Return those of some frames that are kept whole, by index; none of another clip."""
        if source.sha256 != self.clip_sha256:
            return {}
        return {ref.index: self._frames[ref.index] for ref in refs if ref.index in self._frames}

    def _written(self, pixels: U8) -> int | None:
        if pixels.size == 0:
            return None
        if self._file is None:
            self._file = SpilledRecords(0, MOST_FILE_BYTES)
        _, encoded = cv2.imencode(".png", pixels, _IN_FILE)
        return self._file.write(encoded.tobytes())

    def drop(self, position: int) -> None:
        """Give up the pixels of a view, if they are kept."""
        if position in self._areas:
            frame, _ = self._areas.pop(position)
            self._in_frame[frame].discard(position)
            if not self._in_frame[frame]:
                del self._in_frame[frame]
            self._in_file.pop(position, None)  # what the file holds of it stays there, unread
            for is_faint, held in self._in_memory.items():
                if position in held:
                    self._bytes[is_faint] -= held.pop(position).nbytes

    def find(self, frame: int, area: Area) -> U8 | None:
        """Return the pixels of an area of a frame, uint8 of shape (h, w, 3), or None where they are not kept."""
        left, top, right, bottom = area
        if left >= right or top >= bottom:  # outside the picture
            return np.zeros((max(0, bottom - top), max(0, right - left), 3), dtype=np.uint8)
        if frame in self._frames:
            return self._frames[frame][top:bottom, left:right]
        for position, (x1, y1) in self._around(frame, area):
            pixels = self._pixels(position)
            if pixels is not None:
                return pixels[top - y1 : bottom - y1, left - x1 : right - x1]
        return None

    def has(self, frame: int, area: Area) -> bool:
        """Whether :meth:`find` is likely to find this area: nothing is read for the answer."""
        left, top, right, bottom = area
        return left >= right or top >= bottom or frame in self._frames or any(self._around(frame, area))

    def _around(self, frame: int, area: Area) -> Iterator[tuple[int, tuple[int, int]]]:
        """Positions of views that hold an area, with their left top corners."""
        left, top, right, bottom = area
        for position in tuple(self._in_frame.get(frame, ())):
            known = self._areas.get(position)
            if known is None:  # another thread has just dropped it
                continue
            x1, y1, x2, y2 = known[1]
            if x1 <= left < right <= x2 and y1 <= top < bottom <= y2:
                yield position, (x1, y1)

    def _pixels(self, position: int) -> U8 | None:
        for held in self._in_memory.values():
            if (pixels := held.get(position)) is not None:
                return pixels
        record = self._in_file.get(position)
        if record is None or self._file is None:
            return None
        try:
            encoded = self._file[record]
        except OSError:  # a disk that fails is no reason to fail: the view is decoded again
            self._areas.pop(position, None)
            return None
        return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)

    def begin(self, clip_sha256: str) -> None:
        """Forget what is kept, and go on with this clip."""
        self.forget()
        self.clip_sha256 = clip_sha256

    def forget(self) -> None:
        """Give memory and file back."""
        self._areas: dict[int, tuple[int, Area]] = {}
        self._in_frame: dict[int, set[int]] = {}
        self._more = 0
        self._frames: dict[int, U8] = {}
        """Whole frames by index."""
        self._in_memory: dict[bool, dict[int, U8]] = {True: {}, False: {}}
        """By whether the boxes are weak: pixels by position, the oldest first."""
        self._in_file: dict[int, int] = {}
        """Records by position."""
        self._bytes = {True: 0, False: 0}
        if self._file is not None:
            self._file.close()
        self._file = None


class KeptViews:
    """The views chosen so far, by position among the detections.

    Give every frame that was looked at to :meth:`add`, in order of time.

    Parameters
    ----------
    confidence:
        Score from which a box is a view; no person's track is without such a box.
    size_px:
        Width and height of the picture.
    pixels:
        Where the pixels of the views are kept; None keeps none.
    """

    def __init__(self, confidence: float, size_px: tuple[int, int], pixels: KeptPixels | None = None) -> None:
        self.confidence = confidence
        """See the parameter."""
        self._size = size_px
        self._sure, self._faint = _Choice(size_px), _Choice(size_px)
        self.pixels = KeptPixels() if pixels is None else pixels
        """The pixels of those that memory allows."""

    @property
    def chosen(self) -> set[int]:
        """Positions of the chosen views."""
        return self._sure.chosen

    @property
    def faint(self) -> set[int]:
        """Positions of the views chosen among boxes below the score, for tracks that have no surer boxes."""
        return self._faint.chosen

    @property
    def are_whole(self) -> bool:
        """Whether the pixels of every chosen view are kept."""
        return all(position in self.pixels for position in self.chosen)

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
        sure: list[int] = []
        faint: list[int] = []
        for n, detection in enumerate(detections):
            (sure if detection.confidence >= self.confidence else faint).append(n)
        new: list[tuple[int, bool]] = []
        for choice, among in ((self._sure, sure), (self._faint, faint)):
            if not among:
                continue
            taken, gone = choice.offer([detections[n] for n in among], [first + n for n in among])
            for position in gone:
                self.pixels.drop(position)
            new += [(position, choice is self._faint) for position in taken]
        if frame is None:
            return
        new = [(position, is_faint) for position, is_faint in new if self.pixels.with_faint or not is_faint]
        if not new:
            return
        wanted = [detections[position - first].box_xyxy_px for position, _ in new]
        for (position, is_faint), box, pixels in zip(new, wanted, frame.cuts(wanted, MARGIN), strict=True):
            area = whole_pixels(box, *self._size, MARGIN)
            self.pixels.put(position, frame.ref.index, area, pixels, is_faint=is_faint)

    def part(self, frame: FrameRef, box: Box, margin: float = 0.0) -> U8 | None:
        """Return the pixels under a box, with ``margin`` of its size on each side, or None where they are not kept."""
        return self.pixels.find(frame.index, whole_pixels(box, *self._size, margin))


class _Choice:
    """Strings boxes together and chooses the best of each stretch."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size = size_px
        self._alive: list[_Strand] = []
        self._last: F64 = np.zeros((0, 4))
        self.chosen: set[int] = set()

    def offer(self, detections: Sequence[Detection], positions: Sequence[int]) -> tuple[list[int], list[int]]:
        """Choose among the boxes of one frame: the positions of those taken, and of those that made room."""
        boxes = np.array([detection.box_xyxy_px for detection in detections], dtype=np.float64)
        scores = self._scores(boxes, np.array([detection.confidence for detection in detections]))
        new: list[int] = []
        left: list[int] = []
        for row, strand in enumerate(self._strands(boxes, detections[0].frame.time_s)):
            position = positions[row]
            taken, gone = strand.offer(detections[0].frame.time_s, _View(position, float(scores[row])))
            self.chosen.difference_update(gone)
            left += gone
            if taken:
                self.chosen.add(position)
                new.append(position)
        return new, left

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
        seen = detections[position]
        pixels = None if kept is None else kept.part(seen.frame, seen.box_xyxy_px)
        if pixels is None:
            missing.setdefault(detections[position].frame.index, []).append(position)
        else:
            yield position, pixels
    for frame in clip.read([detections[together[0]].frame for together in missing.values()]):
        together = missing[frame.ref.index]
        yield from zip(together, frame.cuts([detections[p].box_xyxy_px for p in together]), strict=True)
