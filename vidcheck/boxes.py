"""Geometry of upright boxes ``(x1, y1, x2, y2)``."""

from __future__ import annotations

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


def steps_apart(a: Box, b: Box) -> float:
    """Distance of the centres in heights of the taller box."""
    dx, dy = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    return float((dx * dx + dy * dy) ** 0.5) / max(a[3] - a[1], b[3] - b[1], 1e-6)
