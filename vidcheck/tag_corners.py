"""Find the four corners of a flat thing (a tag, a card, a plate) around a marked box, to see it from the front."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.enhance import Corners
from vidcheck.types import Box

U8 = npt.NDArray[np.uint8]

_ENLARGE = 4
_RIM = 0.8  # of the box's height, looked at around it
_LARGEST = 3.5  # the thing's area over the box's: a shirt is no tag


def find_corners(picture: U8, box: Box) -> Corners | None:
    """Return the corners of the largest plausible quadrilateral outline around the box, or None where there is none.

    Parameters
    ----------
    picture:
        Frame, uint8 of shape (h, w, 3), blue first.
    box:
        The marked region, pixels.

    Returns
    -------
    Top left, top right, bottom right, bottom left, pixels of the frame; None where no outline is clear.
    """
    height, width = picture.shape[:2]
    rim = _RIM * (box[3] - box[1])
    x1, y1 = max(0, int(box[0] - rim)), max(0, int(box[1] - rim))
    x2, y2 = min(width, int(box[2] + rim) + 1), min(height, int(box[3] + rim) + 1)
    luma = cv2.cvtColor(picture[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    large = cv2.resize(luma, None, fx=_ENLARGE, fy=_ENLARGE, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(large, (0, 0), _ENLARGE / 2)
    inner = np.array([[box[0] - x1, box[1] - y1], [box[2] - x1, box[3] - y1]]) * _ENLARGE
    inner_area = float(np.prod(inner[1] - inner[0]))
    middle = tuple(float(v) for v in inner.mean(axis=0))
    found: list[tuple[float, npt.NDArray[np.float64]]] = []
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    closing = np.ones((2 * _ENLARGE + 1, 2 * _ENLARGE + 1), dtype=np.uint8)
    for mask in (smooth > threshold, smooth <= threshold):
        # Letters are holes in the plate; closing them leaves its outline.
        closed = cv2.morphologyEx(mask.astype(np.uint8) * 255, cv2.MORPH_CLOSE, closing)
        outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for outline in outlines:
            hull = cv2.convexHull(outline)
            length = cv2.arcLength(hull, True)
            # The finest approximation that leaves four corners: rounded corners want a coarser one.
            tried = (cv2.approxPolyDP(hull, share * length, True) for share in (0.01, 0.015, 0.02, 0.03, 0.04))
            quad = next((q for q in tried if len(q) == 4), hull)
            area = cv2.contourArea(quad)
            if len(quad) != 4 or not 0.7 * inner_area <= area <= _LARGEST * inner_area:
                continue
            touches = (quad.reshape(-1, 2) <= 1).any() or (
                quad.reshape(-1, 2) >= np.array([large.shape[1] - 2, large.shape[0] - 2])
            ).any()
            if not touches and cv2.pointPolygonTest(quad, middle, False) > 0:
                found.append((area, quad.reshape(4, 2).astype(np.float64)))
    if not found:
        return None
    corners = _clockwise(max(found, key=lambda item: item[0])[1]) / _ENLARGE + (x1, y1)
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in corners)


def _clockwise(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Order four points clockwise on the screen, the one nearest the top left first."""
    middle = points.mean(axis=0)
    order = np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]))
    turned = points[order]
    return np.roll(turned, -int(np.argmin(turned.sum(axis=1))), axis=0)
