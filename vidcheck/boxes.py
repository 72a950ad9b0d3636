"""Geometry of upright boxes ``(x1, y1, x2, y2)``."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vidcheck.types import Box


def area(box: Box) -> float:
    """Area of a box."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def shared(a: Box, b: Box) -> float:
    """Area that two boxes have in common."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0..1.

    >>> iou((0, 0, 10, 10), (0, 5, 10, 15))
    0.3333333333333333
    """
    common = shared(a, b)
    return common / (area(a) + area(b) - common) if common else 0.0


def covered(a: Box, b: Box) -> float:
    """Share of the smaller of two boxes that lies in the other, 0..1."""
    smaller = min(area(a), area(b))
    return shared(a, b) / smaller if smaller > 0 else 0.0


def shared_areas(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Area that every box of ``a``, shape (n, 4), has in common with every box of ``b``, (m, 4): shape (n, m)."""
    return each_shared(a[:, None], b[None])


def ious(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of every box of ``a``, shape (n, 4), with every box of ``b``, (m, 4): shape (n, m)."""
    common = shared_areas(a, b)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b)]
    found: npt.NDArray[np.float64] = common / np.maximum(areas[0][:, None] + areas[1][None, :] - common, 1e-6)
    return found


def whole_pixels(box: Box, width_px: int, height_px: int, margin: float = 0.0) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels under a box and ``margin`` of its size on each side, in the picture."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * margin, (y2 - y1) * margin
    left, right = max(0, math.floor(x1 - dx)), min(width_px, math.ceil(x2 + dx))
    top, bottom = max(0, math.floor(y1 - dy)), min(height_px, math.ceil(y2 + dy))
    return left, top, right, bottom


def each_area(a: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """:func:`area` of every box, shape (n, 4)."""
    found: npt.NDArray[np.float64] = np.prod(np.maximum(a[:, 2:] - a[:, :2], 0.0), axis=1)
    return found


def each_shared(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """:func:`shared` of pairs of boxes, both of shape (n, 4), or of shapes (..., 4) that broadcast."""
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    found: npt.NDArray[np.float64] = np.prod(np.maximum(sides, 0.0), axis=-1)
    return found


def each_iou(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """:func:`iou` of pairs of boxes, both of shape (n, 4)."""
    common = each_shared(a, b)
    return _ratio(common, each_area(a) + each_area(b) - common)


def each_covered(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """:func:`covered` of pairs of boxes, both of shape (n, 4)."""
    return _ratio(each_shared(a, b), np.minimum(each_area(a), each_area(b)))


def _ratio(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """``a / b``, and 0 where ``a`` is."""
    found: npt.NDArray[np.float64] = np.divide(a, b, out=np.zeros_like(a), where=a > 0)
    return found


def each_steps_apart(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of the centres of pairs of boxes, both of shape (n, 4), in heights of the taller of each pair."""
    apart = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    taller = np.maximum(a[:, 3] - a[:, 1], b[:, 3] - b[:, 1])
    found: npt.NDArray[np.float64] = np.hypot(apart[:, 0], apart[:, 1]) / np.maximum(taller, 1e-6)
    return found
