"""What each track looks like: its best views, and the colours of body and clothing.

Nothing here looks at faces: the descriptor is a colour histogram of the torso and of the legs, which tells a red
shirt from a white one and cannot tell two people in the same uniform apart. It exists only while one clip is analysed
and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.boxes import whole_pixels
from vidcheck.kept_views import KeptViews, preferred, view_pixels
from vidcheck.media import U8, Clip
from vidcheck.types import Box, Crop, Detection, Source, Track

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

_CANDIDATES = 8  # views decoded per track: enough to find a sharp one, few enough for a crowd
_BEST = 3
# Torso and legs as shares of a standing person's box (x1, y1, x2, y2). The head is left out.
_PARTS: tuple[Box, ...] = ((0.2, 0.2, 0.8, 0.5), (0.25, 0.55, 0.75, 0.9))
_BINS = (12, 4, 4)  # hue, saturation, value: coarse, so that a change of exposure does not make a stranger


@dataclass(frozen=True, slots=True)
class TrackLook:
    """Best views and colours of one track."""

    track: str
    """Track id."""
    best: tuple[Crop, ...]
    """The best views, best first."""
    colours: F32
    """Shape (2, 192): colour histograms of torso and legs, each summing to 1."""


def look_at_tracks(
    clip: Clip, tracks: Sequence[Track], detections: Sequence[Detection], kept: KeptViews | None = None
) -> dict[str, TrackLook]:
    """Describe a few views of every track.

    Parameters
    ----------
    clip:
        The open clip.
    tracks, detections:
        As found; track members are positions in ``detections``.
    kept:
        Views to prefer, whose pixels need no decoding; None chooses among all boxes.
    """
    chosen = {track.id: _candidates(track, detections, clip.source, kept) for track in tracks}
    wanted = sorted({position for positions in chosen.values() for position in positions})
    views: dict[int, tuple[float, Crop, F32]] = {}
    for position, picture in view_pixels(clip, detections, wanted, kept):
        detection = detections[position]
        if picture.size == 0:
            continue
        sharpness = sharpness_of(picture)
        score = _view_score(detection, sharpness, clip.source)
        crop = Crop(detection.frame, detection.box_xyxy_px, None, round(sharpness, 2))
        views[position] = (score, crop, describe_colours(picture))
    looks: dict[str, TrackLook] = {}
    for track in tracks:
        seen = [views[position] for position in chosen[track.id] if position in views]
        if seen:
            best = _spread([(score, crop) for score, crop, _ in seen])
            looks[track.id] = TrackLook(track.id, best, _mean([colours for _, _, colours in seen]))
    return looks


def cut(picture: U8, box: Box, margin: float = 0.0) -> U8:
    """Cut ``box`` (plus ``margin`` of its size on each side) out of a BGR picture, clamped to it."""
    left, top, right, bottom = whole_pixels(box, picture.shape[1], picture.shape[0], margin)
    return picture[top:bottom, left:right]


def sharpness_of(picture: U8) -> float:
    """Variance of the Laplacian of the luma at 128 px height, so that size does not decide."""
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    if luma.shape[0] > 128:
        luma = cv2.resize(luma, (max(3, luma.shape[1] * 128 // luma.shape[0]), 128), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(luma, cv2.CV_64F).var())


def describe_colours(picture: U8) -> F32:
    """Return colour histograms of torso and legs, shape (2, 192), each summing to 1."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    height, width = hsv.shape[:2]
    rows = []
    for x1, y1, x2, y2 in _PARTS:
        part = hsv[int(y1 * height) : max(int(y2 * height), 1), int(x1 * width) : max(int(x2 * width), 1)]
        histogram = cv2.calcHist([part], [0, 1, 2], None, list(_BINS), [0, 180, 0, 256, 0, 256]).ravel()
        rows.append(histogram / max(float(histogram.sum()), 1.0))
    return np.asarray(rows, dtype=np.float32)


def similarities(a: F32, b: F32) -> F64:
    """Likeness of colours of many pairs: Bhattacharyya coefficient, 0 (nothing shared) to 1; the torso counts double.

    Parameters
    ----------
    a, b:
        Shape (n, 2, 192) or what broadcasts to it: :attr:`TrackLook.colours` of both sides of each pair.
    """
    parts = np.sqrt(a * b).sum(axis=-1).astype(np.float64)
    found: F64 = np.minimum(1.0, (2 * parts[..., 0] + parts[..., 1]) / 3)
    return found


def similarity_factors(colours: F32) -> F32:
    """Shape (n, 384): rows whose scalar products are :func:`similarities`, but for rounding in single precision.

    Parameters
    ----------
    colours:
        Shape (n, 2, 192): :attr:`TrackLook.colours`.
    """
    roots = np.sqrt(colours)
    roots[:, 0] *= np.sqrt(2.0)
    factors: F32 = (roots / np.sqrt(3.0)).astype(np.float32).reshape(len(colours), -1)
    return factors


def _candidates(
    track: Track, detections: Sequence[Detection], source: Source, kept: KeptViews | None = None
) -> list[int]:
    """The largest, surest, unclipped boxes, spread over the track's time; of those kept, where there are any."""
    members = preferred(track.detections, kept)
    if len(members) <= _CANDIDATES:
        return members
    chosen = []
    for part in np.array_split(np.array(members), _CANDIDATES):
        chosen.append(max(part.tolist(), key=lambda p: _box_score(detections[p], source)))
    return chosen


def _box_score(detection: Detection, source: Source) -> float:
    x1, y1, x2, y2 = detection.box_xyxy_px
    area = max(x2 - x1, 0) * max(y2 - y1, 0) / (source.width_px * source.height_px)
    clipped = (x1 <= 2) + (x2 >= source.width_px - 2) + (y1 <= 2)
    return detection.confidence * float(np.sqrt(area)) * float(0.7**clipped)


def _view_score(detection: Detection, sharpness: float, source: Source) -> float:
    return _box_score(detection, source) * float(np.log1p(sharpness))


def _spread(scored: list[tuple[float, Crop]]) -> tuple[Crop, ...]:
    """The best views, no two within a second where others are to be had: different moments show different sides."""
    ordered = [crop for _, crop in sorted(scored, key=lambda item: (-item[0], item[1].frame.index))]
    best: list[Crop] = []
    for crop in ordered:
        if all(abs(crop.frame.time_s - other.frame.time_s) >= 1.0 for other in best):
            best.append(crop)
        if len(best) == _BEST:
            break
    return tuple(best)


def _mean(histograms: Sequence[F32]) -> F32:
    # The median view would drop the colours of a person seen half the time from the side.
    return np.asarray(np.mean(np.stack(histograms), axis=0), dtype=np.float32)


def by_id(looks: Mapping[str, TrackLook], ids: Sequence[str]) -> list[TrackLook]:
    """Return the looks of these tracks, leaving out tracks of which no view could be decoded."""
    return [looks[i] for i in ids if i in looks]
