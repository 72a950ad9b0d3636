"""Do two recordings of one fixed view show the same moments?

A camera that stands still, CCTV or a phone on a table, shows the same background at any time, so that pictures of other
days agree with each other. A copy is told by what moves: the same things move in the same way at the same time. The
small pictures of one clip are laid over those of the other, the time line on which their changes agree best is looked
for, and along it the change of each part of the picture is compared with that of the same part in the other clip.

Nothing is computed of a face or a person: at this size a person is a few pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.reposts.fingerprints import Fingerprint
from vidcheck.reposts.settings import MatchSettings

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_CELL_PX = 8  # of a picture of 96: at the size of a person in the background
_MOVES = 4.0  # standard deviation of luma (8 bit) over time above which something moves in a cell and not only coding
_LEAST_CELLS = 4  # fewer are a curtain or a blinking lamp
_CELL_AGREES = 0.7  # correlation of the changes of a cell in both clips
_CHUNK_S = 12.0  # long enough for a pattern
_CHUNK_PICTURES = 16
_APART_S = 0.25  # in which a walking person moves by less than their own width
_COARSE_S = 0.5  # between pictures of both clips, beyond which nobody can be followed
_LOCAL_S = 4.0  # changes against the mean of so long a stretch: who sits there all the time is background
_SLOWEST, _FASTEST = 0.5, 2.0
_LEAST_OVERLAP = 0.6  # of a chunk
_COVERED = 0.7  # of a cell


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Which moments of two clips are the same: time in ``b`` = time in ``a`` times ``speed`` plus ``offset_s``."""

    speed: float
    """Seconds of ``b`` for each second of ``a``."""
    offset_s: float
    """Time in ``b`` at which ``a`` begins, seconds; negative where it begins earlier."""

    def in_b(self, time_s: float) -> float:
        """Return the time in ``b`` of a time in ``a``, seconds."""
        return time_s * self.speed + self.offset_s

    def in_a(self, time_s: float) -> float:
        """Return the time in ``a`` of a time in ``b``, seconds."""
        return (time_s - self.offset_s) / self.speed


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two clips of one fixed view show the same moments."""

    answer: Literal["same", "other", "nothing moves"]
    """``nothing moves`` where the pictures cannot tell."""
    agreeing: float
    """Share of the cells with movement in which the movement agrees, 0..1; over all stretches that can tell. Of a still
    picture the correlation with the best moment."""
    line: TimeLine | None
    """The best time line of a clip with a clip where the answer is ``same``."""


UNKNOWN = Verdict("nothing moves", 0.0, None)


def compare_moments(a: Fingerprint, b: Fingerprint, move: F64, settings: MatchSettings) -> Verdict:
    """Decide whether two recordings of one view show the same moments.

    Parameters
    ----------
    a, b:
        The clips, each with a keyframe at least; one of them may be a photo.
    move:
        Transformation (2, 3) from pixels of ``a``'s keyframes to pixels of ``b``'s.
    settings:
        See :class:`MatchSettings`.
    """
    if a.is_photo:
        return _turned(compare_moments(b, a, np.linalg.inv(np.vstack([move, [0, 0, 1]]))[:2], settings))
    to_b = np.vstack([move, [0, 0, 1]]) @ _to_keyframe(a)
    to_b_film = np.linalg.inv(_to_keyframe(b)) @ to_b
    if b.is_photo or np.linalg.det(to_b_film[:2, :2]) ** 2 < 1:
        # compare where the shared part has more pixels; a photo is one picture, but that is not tiny
        still = b.keyframes[0].luma[None] if b.is_photo else b.film.pictures()
        back = np.asarray(np.linalg.inv(to_b if b.is_photo else to_b_film), dtype=np.float64)
        there, mask = _laid(still, back, a.film.shape)
        here = a.film.pictures().astype(np.float32)
    else:
        here, mask = _laid(a.film.pictures(), to_b_film, b.film.shape)
        there = b.film.pictures().astype(np.float32)
    return _compare(here, a.film.times_s, there, b.film.times_s, mask, settings)


def _compare(a: F32, a_s: F64, b: F32, b_s: F64, mask: Mask, settings: MatchSettings) -> Verdict:
    """Compare pictures that lie over each other."""
    moving = [int((_deviation(pictures, mask) > _MOVES).sum()) for pictures in (a, b)]
    if max(moving) < _LEAST_CELLS:
        return UNKNOWN
    if min(moving) < _LEAST_CELLS:
        film, still = (a, b) if moving[0] >= moving[1] else (b, a)
        return _within(film, np.asarray(np.median(still, axis=0), np.float32), mask, settings)
    if a_s[-1] <= b_s[-1]:
        return _along(a, a_s, b, b_s, mask, settings)
    return _turned(_along(b, b_s, a, a_s, mask, settings))


def _turned(verdict: Verdict) -> Verdict:
    """The same of the clips in the other order."""
    line = verdict.line
    return verdict if line is None else replace(verdict, line=TimeLine(1 / line.speed, -line.offset_s / line.speed))


def _to_keyframe(clip: Fingerprint) -> F64:
    """From pixels of the tiny pictures to pixels of the keyframes, (3, 3); positions are those of pixel centres."""
    scale = np.array(clip.keyframes[0].luma.shape[::-1]) / clip.film.shape[::-1]
    return np.array([[scale[0], 0, (scale[0] - 1) / 2], [0, scale[1], (scale[1] - 1) / 2], [0, 0, 1]])


def _laid(pictures: U8, matrix: F64, shape: tuple[int, int]) -> tuple[F32, Mask]:
    """Pictures laid over those of the other clip, and what they cover of them without a margin."""
    size = (shape[1], shape[0])
    shrunk = abs(np.linalg.det(matrix[:2, :2])) ** 0.5
    if shrunk < 0.7:  # each pixel stands for several
        pictures = np.stack([cv2.GaussianBlur(p, (0, 0), 0.4 / shrunk) for p in pictures])
    laid = np.stack([cv2.warpAffine(p, matrix[:2], size, flags=cv2.INTER_LINEAR) for p in pictures])
    whole = cv2.warpAffine(np.full(pictures.shape[1:], 255, np.uint8), matrix[:2], size, flags=cv2.INTER_LINEAR)
    inner = cv2.erode(whole, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE) > 250
    return laid.astype(np.float32), inner


def _cells(values: F32, mask: Mask) -> F64:
    """Sums over the covered part of each cell that is mostly covered, and over all pictures: shape (cells,)."""
    summed = np.where(mask, values.sum(axis=0) if values.ndim == 3 else values, 0.0)
    covered = _blocks(mask.astype(np.float64)) >= _COVERED * _CELL_PX**2
    return _blocks(summed)[covered]


def _blocks(values: npt.NDArray[np.floating]) -> F64:
    down, across = (size // _CELL_PX for size in values.shape)
    part = values[: down * _CELL_PX, : across * _CELL_PX].reshape(down, _CELL_PX, across, _CELL_PX)
    return np.asarray(part.sum(axis=(1, 3)), dtype=np.float64)


def _changes(pictures: F32, mask: Mask) -> F32:
    """Difference to the mean over time, without what the whole picture does: a camera that sets its exposure."""
    change = pictures - pictures.mean(axis=0)
    if mask.any():
        change -= np.median(change[:, mask], axis=1)[:, None, None]
    return np.asarray(change, dtype=np.float32)


def _deviation(pictures: F32, mask: Mask) -> F64:
    """Standard deviation over time of each covered cell."""
    change = _changes(pictures, mask)
    size = np.maximum(_cells(mask.astype(np.float32), mask), 1.0)
    return np.asarray(np.sqrt(_cells(change**2, mask) / (size * len(pictures))))


def _agreeing(one: F32, two: F32, mask: Mask) -> tuple[int, int]:
    """Of changes in pairs: in how many cells something moves, and in how many of these the same."""
    both, first, second = (_cells(v, mask) for v in (one * two, one * one, two * two))
    size = np.maximum(_cells(mask.astype(np.float32), mask), 1.0) * len(one)
    moves = np.maximum(first, second) > _MOVES**2 * size
    correlation = both[moves] / np.sqrt(np.maximum(first[moves] * second[moves], 1e-6))
    return int(moves.sum()), int((correlation > _CELL_AGREES).sum())


def _within(film: F32, still: F32, mask: Mask, settings: MatchSettings) -> Verdict:
    """Whether a still picture of the view, a screenshot say, shows one moment of a clip."""
    change = film - film.mean(axis=0)
    # Only where things move in the clip: elsewhere the picture may carry buttons and captions.
    moving = mask & np.asarray((change**2).mean(axis=0) > _MOVES**2)
    if moving.sum() < _LEAST_CELLS * _CELL_PX**2:
        return UNKNOWN
    quiet = mask & ~moving
    ground = film.mean(axis=0)
    gain, lift = np.polyfit(still[quiet], ground[quiet], 1) if quiet.sum() > _CELL_PX**2 else (1.0, 0.0)
    # A button before the moving part says nothing about it: what the clip never shows there counts as little as it can.
    odd = np.clip(gain * still + lift - ground, change.min(axis=0) - _MOVES, change.max(axis=0) + _MOVES)[moving]
    seen = change[:, moving]
    agreement = float(((seen @ odd) / np.sqrt((seen**2).sum(axis=1) * (odd**2).sum() + 1e-6)).max())
    return Verdict("same" if agreement >= settings.moving_still else "other", max(0.0, agreement), None)


def _along(few: F32, few_s: F64, many: F32, many_s: F64, mask: Mask, settings: MatchSettings) -> Verdict:
    """Compare the shorter clip, stretch by stretch, with the longer one along the best time line of each stretch."""
    pace = _pace(few_s), _pace(many_s)
    if min(pace) > _COARSE_S:
        return UNKNOWN
    one, two = (_local(p, t, mask)[:, mask] for p, t in ((few, few_s), (many, many_s)))
    products = one @ two.T
    energy = (np.einsum("ij,ij->i", one, one), np.einsum("ij,ij->i", two, two))
    asked = agreed = 0
    cells_all = agree_all = 0
    lines: list[tuple[float, TimeLine]] = []
    for chunk in _chunks(few_s, max(_CHUNK_S, _CHUNK_PICTURES * max(pace))):
        line, left, right = _best_line(chunk, few_s, many_s, products, energy)
        if line is None:
            asked += 1
            continue
        cells, agree = _agreeing(_changes(few[left], mask), _changes(many[right], mask), mask)
        if cells < _LEAST_CELLS:
            continue
        asked += 1
        cells_all, agree_all = cells_all + cells, agree_all + agree
        if agree >= settings.moving_cells * cells:
            agreed += 1
            lines.append((agree / cells, line))
    if not asked:
        return UNKNOWN
    share = agree_all / cells_all if cells_all else 0.0
    if agreed < settings.share * asked or not lines:
        return Verdict("other", share, None)
    return Verdict("same", share, max(lines, key=lambda item: item[0])[1])


def _local(pictures: F32, times_s: F64, mask: Mask) -> F32:
    """Difference of each picture to the mean of the seconds around it."""
    change = _changes(pictures, mask)
    sums = np.concatenate([np.zeros((1, *change.shape[1:]), np.float64), np.cumsum(change, axis=0, dtype=np.float64)])
    low = np.searchsorted(times_s, times_s - _LOCAL_S / 2, side="left")
    high = np.searchsorted(times_s, times_s + _LOCAL_S / 2, side="right")
    mean = (sums[high] - sums[low]) / (high - low)[:, None, None]
    return np.asarray(change - mean, dtype=np.float32)


def _pace(times_s: F64) -> float:
    """Seconds between pictures."""
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0


def _chunks(times_s: F64, chunk_s: float) -> Iterator[I64]:
    """Positions of the pictures of stretches of about the same length."""
    length = times_s[-1] - times_s[0]
    count = max(1, round(length / chunk_s))
    number = np.minimum(((times_s - times_s[0]) / max(length, 1e-9) * count).astype(int), count - 1)
    for n in range(count):
        yield np.flatnonzero(number == n)


def _best_line(
    chunk: I64, few_s: F64, many_s: F64, products: F32, energy: tuple[F32, F32]
) -> tuple[TimeLine | None, I64, I64]:
    """Time line on which the changes of a stretch agree best with the other clip, and the pictures that it pairs."""
    none = np.zeros(0, dtype=np.int64)
    if len(chunk) < 2 or len(many_s) < 2:
        return None, none, none
    pace_few, pace_many = _pace(few_s), _pace(many_s)
    length = float(few_s[chunk[-1]] - few_s[chunk[0]])
    finer = 1 + min(0.04, 2 * _APART_S / max(length, 1.0))  # a wrong speed leads astray at the ends of the stretch
    best: tuple[float, TimeLine, I64, I64] | None = None
    for speed in np.geomspace(_SLOWEST, _FASTEST, 1 + round(np.log(_FASTEST / _SLOWEST) / np.log(finer))):
        times = few_s[chunk] * speed
        finest = min(pace_few * speed, pace_many)
        tolerance, expected = 0.6 * finest, len(chunk) * finest / pace_many
        offsets = np.arange(many_s[0] - times[-1], many_s[-1] - times[0] + finest / 2, finest / 2)
        at = times[None] + offsets[:, None]
        nearest = np.clip(np.searchsorted(many_s, at), 1, len(many_s) - 1)
        nearest -= at - many_s[nearest - 1] < many_s[nearest] - at
        use = np.abs(many_s[nearest] - at) <= tolerance
        enough = use.sum(axis=1) >= max(2.0, _LEAST_OVERLAP * expected)
        if not enough.any():
            continue
        both = (products[chunk[None], nearest] * use).sum(axis=1)
        first = (energy[0][chunk][None] * use).sum(axis=1)
        second = (energy[1][nearest] * use).sum(axis=1)
        moving = first > 0.5 * _LEAST_OVERLAP * energy[0][chunk].sum() * finest / pace_many
        score = np.where(enough & moving, both / np.sqrt(first * second + 1e-6), -1.0)
        top = int(score.argmax())
        if score[top] > 0 and (best is None or score[top] > best[0]):
            paired = use[top]
            best = (float(score[top]), TimeLine(float(speed), float(offsets[top])), chunk[paired], nearest[top][paired])
    return (None, none, none) if best is None else best[1:]
