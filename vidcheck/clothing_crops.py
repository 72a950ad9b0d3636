"""Which crops of a person's clothing are worth looking at: framing, occlusion, sharpness, choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vidcheck import media
from vidcheck.boxes import whole_pixels
from vidcheck.kept_views import KeptViews, preferred, view_pixels
from vidcheck.types import Box, Detection, FrameRef, Person, Track

U8 = npt.NDArray[np.uint8]

# Height over width of the person box -> where the torso begins and ends, in box heights. Measured on
# 15 labelled torso crops of the training data that could be matched to a person box: standing people, people
# cut at the hip, heads and shoulders. The network knows torsos framed like this.
_ASPECTS = (1.25, 1.70, 2.30)
_TOPS = (0.50, 0.29, 0.185)
_BOTTOMS = (0.99, 0.785, 0.54)
_SIDE = 0.12
_FLAT_PX = 96  # sharpness is measured at this height, so that it does not depend on how near the person stands


@dataclass(frozen=True, slots=True)
class Torso:
    """One view of a person's clothing, and what speaks for and against it."""

    frame: FrameRef
    """The frame."""
    box_xyxy_px: Box
    """The torso, pixels, display orientation, inside the picture."""
    free: float
    """Share of the torso that no other person's box covers from the front, 0..1."""
    position: int
    """Position of the person's box among the detections."""
    sharpness: float = 0.0
    """Variance of the Laplacian of the luma, the torso scaled to 96 px height; 0 before it was decoded."""

    @property
    def short_side_px(self) -> float:
        """Shorter side of the torso, pixels."""
        x1, y1, x2, y2 = self.box_xyxy_px
        return min(x2 - x1, y2 - y1)

    def weight(self, sharpest: float) -> float:
        """Return what this view counts beside the person's others, 0..1: its size, how free it is, how sharp.

        ``sharpest`` is the sharpness of the sharpest view of the same person: plain cloth is never sharp,
        so sharpness only compares views of one garment.
        """
        size = min(1.0, self.short_side_px / 96)
        return size * self.free**2 * min(1.0, (self.sharpness + 1.0) / (sharpest + 1.0))


def torso_box(box: Box, width_px: int, height_px: int) -> Box:
    """Return the torso below the chin of the person in ``box``, clipped to the picture.

    The box's height over width tells how much of the body it shows: a standing person's torso lies between
    about 0.19 and 0.54 of the height, that of a head-and-shoulders view in the lower half; in between it is
    interpolated.

    Parameters
    ----------
    box:
        The person, pixels.
    width_px, height_px:
        Size of the picture.

    Returns
    -------
    ``(x1, y1, x2, y2)`` in pixels; with x2 <= x1 or y2 <= y1 where the torso lies outside the picture.
    """
    x1, y1, x2, y2 = box
    w, h = x2 - x1, y2 - y1
    aspect = h / max(w, 1e-6)
    top, bottom = np.interp(aspect, _ASPECTS, _TOPS), np.interp(aspect, _ASPECTS, _BOTTOMS)
    return (
        max(0.0, x1 + _SIDE * w),
        max(0.0, y1 + float(top) * h),
        min(float(width_px), x2 - _SIDE * w),
        min(float(height_px), y1 + float(bottom) * h),
    )


def cut(picture: U8, box: Box, corner: tuple[int, int] = (0, 0)) -> U8:
    """Return the pixels of ``box``, at least one: uint8 of shape (height, width, 3).

    ``corner`` is where the left top pixel of ``picture`` lies, x and y, in the frame that ``box`` refers to.
    """
    height, width = picture.shape[:2]
    x1, y1 = min(max(int(box[0]) - corner[0], 0), width - 1), min(max(int(box[1]) - corner[1], 0), height - 1)
    x2, y2 = max(x1 + 1, round(box[2]) - corner[0]), max(y1 + 1, round(box[3]) - corner[1])
    return picture[y1:y2, x1:x2]


def sharpness(crop: U8) -> float:
    """Return the variance of the Laplacian of a crop's luma at 96 px height (smaller ones as they are)."""
    import cv2

    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    if gray.shape[0] > _FLAT_PX:
        width = max(8, round(gray.shape[1] * _FLAT_PX / gray.shape[0]))
        gray = cv2.resize(gray, (width, _FLAT_PX), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())


def candidates(
    person: Person,
    tracks: dict[str, Track],
    detections: Sequence[Detection],
    in_frame: dict[int, list[int]],
    size_px: tuple[int, int],
    count: int,
    kept: KeptViews | None = None,
) -> list[Torso]:
    """Return up to ``count`` views of a person, spread over time, the large and free ones of each stretch.

    Parameters
    ----------
    tracks:
        Track id -> track.
    detections:
        All detections of the clip.
    in_frame:
        Frame index -> positions of its detections, to see who stands in front of whom.
    size_px:
        Width and height of the picture.
    kept:
        Views to prefer; None chooses among all boxes.
    """
    views = []
    for name in person.tracks:
        for position in preferred(tracks[name].detections, kept):
            seen = detections[position]
            box = torso_box(seen.box_xyxy_px, *size_px)
            if box[2] - box[0] < 1 or box[3] - box[1] < 1:
                continue
            others = [detections[i].box_xyxy_px for i in in_frame[seen.frame.index] if i != position]
            views.append(Torso(seen.frame, box, _free(box, seen.box_xyxy_px, others), position))
    views.sort(key=lambda view: view.frame.index)
    if len(views) <= count:
        return views
    stretches = [views[len(views) * i // count : len(views) * (i + 1) // count] for i in range(count)]
    return [max(stretch, key=lambda view: min(view.short_side_px, 160) * view.free**2) for stretch in stretches]


def _free(torso: Box, person: Box, others: Iterable[Box]) -> float:
    """Share of the torso not covered by people whose box reaches lower: they stand nearer (8 x 8 grid)."""
    xs = torso[0] + (np.arange(8) + 0.5) / 8 * (torso[2] - torso[0])
    ys = torso[1] + (np.arange(8) + 0.5) / 8 * (torso[3] - torso[1])
    covered = np.zeros((8, 8), bool)
    for x1, y1, x2, y2 in others:
        if y2 > person[3]:
            covered |= ((ys >= y1) & (ys <= y2))[:, None] & ((xs >= x1) & (xs <= x2))[None, :]
    return float(1 - covered.mean())


def read_views(
    clip: media.Clip,
    views: Sequence[tuple[str, Torso]],
    detections: Sequence[Detection],
    kept: KeptViews | None = None,
) -> dict[str, list[tuple[Torso, U8]]]:
    """Return, by person, each view with its pixels and sharpness; what is not kept is decoded, every frame once."""
    size_px = (clip.source.width_px, clip.source.height_px)
    pictures = dict(view_pixels(clip, detections, [view.position for _, view in views], kept))
    out: dict[str, list[tuple[Torso, U8]]] = {}
    for person, view in views:
        if (picture := pictures.get(view.position)) is None or not picture.size:
            continue
        corner = whole_pixels(detections[view.position].box_xyxy_px, *size_px)[:2]
        pixels = cut(picture, view.box_xyxy_px, corner).copy()
        out.setdefault(person, []).append((replace(view, sharpness=sharpness(pixels)), pixels))
    return out
