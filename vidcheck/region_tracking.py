"""Follow one small region through the frames of a shot, both ways from the frame in which it was marked.

Feature points on the region and a rim around it are followed by pyramidal Lucas-Kanade flow (Bouguet 2000), checked
forth and back; what they say is corrected against the marked frame itself by normalised cross-correlation, so that
errors do not add up. All of it works on smoothed pictures: in a dark clip noise is what two frames do not share. The
result is a rough place for every frame; :mod:`vidcheck.registration` makes it exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.types import Box, FrameRef

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

_RIM = 0.6  # of the region's height: what a tag is pinned to moves with it and has texture of its own
_MIN_POINTS = 6
_SURE = 0.6  # correlation with the marked frame from which the corrected place is believed
_LOST = 0.35  # correlation under which the region is not there
_DROP = 0.75  # nor is it where the correlation falls to this share of what it was in the frames before
_MEMORY = 9  # frames that this is judged by
_REACH = 5  # px searched around the flow's prediction; ten times that after the region was lost
_LEVELS = 3  # of the pyramid, beside the picture itself
_COARSEST = 1 << _LEVELS  # pixels of the picture to one of the coarsest level
_FLOW_RIM_PX = (
    112  # a region moves less from frame to frame: twice the reach of the flow's window on the coarsest level
)
_SMOOTH_PX = 1.25  # standard deviation
_PATIENCE = 8  # frames a region may be hidden before following it is given up


@dataclass(frozen=True, slots=True)
class View:
    """Luma of one frame, for following."""

    ref: FrameRef
    """The frame."""
    luma: U8
    """uint8 of shape (h, w); all views of one call have the same shape."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the region is in one frame."""

    ref: FrameRef
    """The frame."""
    warp: F64
    """Shape (3, 3): pixel centres of the marked frame to pixel centres of this frame."""
    correlation: float
    """Normalised cross-correlation with the marked frame, -1..1."""
    lost: bool
    """Whether the region could not be found here; ``warp`` is then the last place at which it was."""


def follow(views: Sequence[View], start: int, box: Box) -> tuple[Place, ...]:
    """Follow a region from ``views[start]`` to both ends.

    Parameters
    ----------
    views:
        Frames of one shot in order of time, luma uint8 of one shape (h, w).
    start:
        Position of the marked frame.
    box:
        The region in it, pixels of ``luma``.

    Returns
    -------
    tuple of Place
        In order of time, the marked frame included; it ends where the region was lost for good.
    """
    smooth = [View(v.ref, np.asarray(cv2.GaussianBlur(v.luma, (0, 0), _SMOOTH_PX), dtype=np.uint8)) for v in views]
    marked = Place(smooth[start].ref, np.eye(3), 1.0, False)
    later = _one_way(smooth[start:], box)
    earlier = _one_way(smooth[start::-1], box)
    return (*reversed(earlier), marked, *later)


def _one_way(views: Sequence[View], box: Box) -> list[Place]:
    reference = views[0].luma
    patch_box = _grown(box, reference.shape)
    places: list[Place] = []
    warp: F64 = np.eye(3)
    missed = 0
    found_so_far: list[float] = []
    for before, now in pairwise(views):
        predicted = _step(before.luma, now.luma, box, warp) @ warp
        found, correlation = _corrected(reference, now.luma, patch_box, predicted, _REACH * (10 if missed else 1))
        usual = float(np.median(found_so_far[-_MEMORY:])) if found_so_far else 0.0
        if correlation < max(_LOST, _DROP * usual):
            missed += 1
            if missed > _PATIENCE:
                return places[: len(places) - _PATIENCE]
        else:
            missed = 0
            warp = found
            found_so_far.append(correlation)
        places.append(Place(now.ref, warp, correlation, missed > 0))
    return places


def _grown(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    rim = max(4.0, _RIM * (box[3] - box[1]))
    height, width = shape[:2]
    return (
        max(0, int(box[0] - rim)),
        max(0, int(box[1] - rim)),
        min(width, int(np.ceil(box[2] + rim))),
        min(height, int(np.ceil(box[3] + rim))),
    )


def _step(before: U8, now: U8, box: Box, warp: F64) -> F64:
    """Movement of the region from one frame to the next, shape (3, 3); the identity where nothing can be said."""
    corners = np.array([[[box[0], box[1]]], [[box[2], box[1]]], [[box[2], box[3]]], [[box[0], box[3]]]])
    moved = cv2.perspectiveTransform(corners, warp)[:, 0]
    x1, y1, x2, y2 = _grown((*moved.min(axis=0), *moved.max(axis=0)), before.shape)
    if x2 - x1 < 8 or y2 - y1 < 8:
        return np.eye(3)
    # Flow is computed around the region alone. Its window begins on whole pixels of the coarsest level, so that every
    # level of the pyramid holds the pixels that it would hold of the whole picture.
    left, top = (max(0, v - _FLOW_RIM_PX) // _COARSEST * _COARSEST for v in (x1, y1))
    window = np.s_[top : y2 + _FLOW_RIM_PX, left : x2 + _FLOW_RIM_PX]
    before, now = np.ascontiguousarray(before[window]), np.ascontiguousarray(now[window])
    mask = np.zeros_like(before)
    mask[y1 - top : y2 - top, x1 - left : x2 - left] = 255
    points = cv2.goodFeaturesToTrack(before, 80, 0.01, 2, mask=mask, blockSize=5)
    if points is None or len(points) < _MIN_POINTS:
        return np.eye(3)
    there, ok = _flow(before, now, points)
    back, ok_back = _flow(now, before, there)
    good = (ok & ok_back).ravel().astype(bool) & (np.linalg.norm((back - points).reshape(-1, 2), axis=1) < 0.7)
    if good.sum() < _MIN_POINTS:
        return np.eye(3)
    corner = np.array([left, top], dtype=np.float32)
    points, there = points + corner, there + corner
    cv2.setRNGSeed(0)
    model, _ = cv2.estimateAffinePartial2D(points[good], there[good], method=cv2.RANSAC, ransacReprojThreshold=1.0)
    if model is None or not 0.8 < float(np.hypot(model[0, 0], model[1, 0])) < 1.25:
        shift = np.median((there - points)[good].reshape(-1, 2), axis=0)
        return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]], [0.0, 0.0, 1.0]])
    return np.vstack((model, (0.0, 0.0, 1.0)))


def _flow(before: U8, now: U8, points: Any) -> tuple[Any, Any]:
    there, ok, _ = cv2.calcOpticalFlowPyrLK(
        before, now, points, np.empty_like(points), winSize=(15, 15), maxLevel=_LEVELS
    )
    return there, ok


def _corrected(
    reference: U8, now: U8, patch_box: tuple[int, int, int, int], predicted: F64, reach: int
) -> tuple[F64, float]:
    """Shift the prediction to where the frame is most like the marked one; return it with the correlation."""
    x1, y1, x2, y2 = patch_box
    patch = reference[y1:y2, x1:x2]
    size = (x2 - x1 + 2 * reach, y2 - y1 + 2 * reach)
    origin = np.array([[1.0, 0.0, x1 - reach], [0.0, 1.0, y1 - reach], [0.0, 0.0, 1.0]])
    field = cv2.warpPerspective(
        now, predicted @ origin, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    surface = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED)
    _, peak, _, (px, py) = cv2.minMaxLoc(surface)
    if not np.isfinite(peak):
        return predicted, 0.0
    shift = np.array([[1.0, 0.0, px - reach], [0.0, 1.0, py - reach], [0.0, 0.0, 1.0]])
    return (predicted @ shift if peak >= _SURE else predicted), float(peak)
