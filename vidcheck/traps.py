"""Figures that may be no further person in the room: mirror images, insets, screens, posters and portraits.

Marks only: what is marked still counts, and the reader decides. A mirror image is found where the picture matches its
own mirror image and two boxes lie opposite each other; an inset, where a rectangle stays on the screen while the scene
moves; a still picture, where a box shows nothing but coding noise while other people move; a framed picture, where a
person never leaves a rectangle that is fixed in the scene and is cut off by its lower edge. Real mirrors at an angle,
and screens that fill the picture, are not found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.boxes import area, iou, shared
from vidcheck.camera import View
from vidcheck.media import U8, Clip
from vidcheck.timeline import SOON_S, Timeline
from vidcheck.types import Box, Detection, FrameRef, JsonObject, Shot, StepResult, Track, Trap, TrapKind, Words

VERSION = "3"
METHOD = "mirror match of the picture; rectangles that stay; boxes without movement of their own"
F32 = npt.NDArray[np.float32]

_WIDTH_PX = 480


@dataclass(frozen=True, slots=True)
class TrapSettings:
    """When a figure is marked."""

    frames: int = 10
    """Frames looked at in a shot, spread over it."""
    least_s: float = 1.5
    """Shortest stretch in which lack of movement says something, seconds."""
    mirror_points: int = 25
    """Points of the picture that must match the mirrored picture under one shift."""
    mirror_share: float = 0.3
    """Share of all matches that must agree."""
    still_noise: float = 1.6
    """Largest change within a still figure, as a multiple of the picture's own noise."""
    moves_noise: float = 3.0
    """Least change within somebody who moves, as a multiple of the picture's own noise."""
    rectangle_share: tuple[float, float] = (0.015, 0.5)
    """Smallest and largest area of a rectangle, as a share of the picture."""
    inside: float = 0.9
    """Share of a box that must lie in the rectangle."""


@dataclass(slots=True)
class _Look:
    """Some frames of one shot, small, with the boxes in them."""

    refs: list[FrameRef]
    luma: list[U8]
    scale: float
    boxes: dict[str, dict[int, Box]]
    """By track, by place in ``refs``: boxes in small pixels."""


def find_traps(
    clip: Clip,
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    views: Sequence[View],
    settings: TrapSettings,
) -> StepResult[tuple[Trap, ...]]:
    """Mark figures that may be no further person.

    Parameters
    ----------
    clip:
        The open clip.
    tracks, detections, shots, views:
        As found; tracks set aside are not looked at.
    settings:
        Thresholds.
    """
    by_frame = {view.frame: view for view in views}
    wanted: dict[int, list[FrameRef]] = {}
    members: dict[int, list[Track]] = {}
    for shot in shots:
        members[shot.index] = [t for t in tracks if t.shot == shot.index and t.aside is None]
        refs = {detections[p].frame.index: detections[p].frame for t in members[shot.index] for p in t.detections}
        if refs and shot.kind == "moving":
            wanted[shot.index] = _spread([refs[i] for i in sorted(refs)], settings.frames, clip.timeline())
    pictures = {
        frame.ref.index: frame.small_gray(_WIDTH_PX) for frame in clip.read(r for refs in wanted.values() for r in refs)
    }
    scale = _WIDTH_PX / clip.source.width_px
    traps: list[Trap] = []
    for index, asked in wanted.items():
        read = [ref for ref in asked if ref.index in pictures]
        boxes = {t.id: _small_boxes(t, detections, read, scale) for t in members[index]}
        look = _Look(read, [pictures[ref.index] for ref in read], scale, boxes)
        placed = [by_frame.get(ref.index) for ref in read]
        found = _mirrored(look, settings)
        found += _in_rectangles(look, placed, settings)
        found += _still(look, placed, settings, {t.track for t in found})
        traps += found
    stats: JsonObject = {"shots": len(wanted), "frames": len(pictures), "marks": len(traps)}
    return StepResult(tuple(traps), METHOD, stats)


def _spread(ordered: Sequence[FrameRef], count: int, timeline: Timeline) -> list[FrameRef]:
    """Frames spread evenly over those given, each the first after a key frame where one is near."""
    reach_s = (ordered[-1].time_s - ordered[0].time_s) / (2 * count)
    places = [ref.index for ref in ordered]
    chosen: dict[int, FrameRef] = {}
    for place in np.unique(np.linspace(0, len(ordered) - 1, count).round().astype(int)).tolist():
        ref = ordered[place]
        key = timeline.key_near(ref.time_s, reach_s)
        after = bisect_left(places, key.index) if key is not None else len(ordered)
        if after < len(ordered) and timeline.since_key_s(ordered[after]) <= SOON_S:
            ref = ordered[after]
        chosen[ref.index] = ref
    return [chosen[index] for index in sorted(chosen)]


def _small_boxes(
    track: Track, detections: Sequence[Detection], refs: Sequence[FrameRef], scale: float
) -> dict[int, Box]:
    at = {detections[p].frame.index: detections[p].box_xyxy_px for p in track.detections}
    return {
        n: (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
        for n, ref in enumerate(refs)
        if (box := at.get(ref.index)) is not None
    }


def _trap(kind: TrapKind, track: str, look: _Look, score: float, twin: str | None = None) -> Trap:
    words = _WORDS[kind]
    of = twin or ""
    frames = tuple(look.refs[n] for n in sorted(look.boxes[track]))[:3]
    return Trap(kind, track, twin, round(min(score, 1.0), 2), frames, Words(words.id.format(of), words.en.format(of)))


_WORDS: dict[TrapKind, Words] = {
    "mirror": Words(
        "Gambar memuat bayangan cerminnya sendiri; sosok ini dan jejak {} saling berhadapan seperti dalam cermin.",
        "The picture holds its own mirror image; this figure and track {} lie opposite each other as in a mirror.",
    ),
    "inset": Words(
        "Sosok ini berada dalam bidang persegi yang tetap di layar sementara pemandangan bergerak: gambar sisipan?",
        "This figure lies in a rectangle that stays on the screen while the scene moves: a picture in the picture?",
    ),
    "framed": Words(
        "Sosok ini tidak pernah keluar dari bidang persegi di dalam ruangan dan terpotong tepi bawahnya: layar, "
        "poster, cermin atau jendela?",
        "This figure never leaves a rectangle in the room and is cut off by its lower edge: a screen, a poster, a "
        "mirror or a window?",
    ),
    "still_picture": Words(
        "Sosok ini tidak bergerak sama sekali sementara orang lain bergerak: foto, poster atau patung?",
        "This figure does not move at all while other people do: a photograph, a poster or a statue?",
    ),
}


def _mirrored(look: _Look, settings: TrapSettings) -> list[Trap]:
    """Pairs of boxes that lie opposite each other in a picture that holds its own mirror image."""
    finder = cv2.ORB_create(nfeatures=800, fastThreshold=8)  # type: ignore[attr-defined]
    votes: dict[tuple[str, str], int] = {}
    seen: dict[tuple[str, str], int] = {}
    for n in range(0, len(look.refs), 3):
        shift = _mirror_shift(finder, look.luma[n], settings)
        here = [(track, boxes[n]) for track, boxes in look.boxes.items() if n in boxes]
        for i, (a, box) in enumerate(here):
            for b, other in here[i + 1 :]:
                seen[a, b] = seen.get((a, b), 0) + 1
                if shift is None:
                    continue
                opposite = (shift[0] - box[2], box[1] + shift[1], shift[0] - box[0], box[3] + shift[1])
                votes[a, b] = votes.get((a, b), 0) + (iou(opposite, other) >= 0.5)
    return [
        # Which of the two is the image cannot be told from this; the later track is marked.
        _trap("mirror", b, look, votes[a, b] / seen[a, b], twin=a)
        for a, b in votes
        if 2 * votes[a, b] >= seen[a, b] and votes[a, b]
    ]


def _mirror_shift(finder: cv2.ORB, luma: U8, settings: TrapSettings) -> tuple[float, float] | None:
    """``(sx, dy)`` such that a point (x, y) has its image at (sx - x, y + dy); None where there is no such image."""
    points, signs = finder.detectAndCompute(luma, None)
    flipped_points, flipped_signs = finder.detectAndCompute(np.ascontiguousarray(luma[:, ::-1]), None)
    if signs is None or flipped_signs is None:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(signs, flipped_signs)
    pairs = [pair for pair in pairs if pair.distance <= 50]
    if len(pairs) < settings.mirror_points:
        return None
    here = np.array([points[p.queryIdx].pt for p in pairs])
    there = np.array([flipped_points[p.trainIdx].pt for p in pairs])
    matrix, agree = cv2.estimateAffinePartial2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=3.0)
    if matrix is None:
        return None
    size, turn = float(np.hypot(matrix[0, 0], matrix[1, 0])), float(np.arctan2(matrix[1, 0], matrix[0, 0]))
    enough = int(agree.sum()) >= max(settings.mirror_points, settings.mirror_share * len(pairs))
    if not enough or abs(size - 1) > 0.05 or abs(turn) > 0.05:
        return None
    return luma.shape[1] - float(matrix[0, 2]), float(matrix[1, 2])


def _in_rectangles(look: _Look, views: Sequence[View | None], settings: TrapSettings) -> list[Trap]:
    """Tracks that never leave a rectangle of straight edges."""
    if len(look.refs) < 4:
        return []
    on_screen = _rectangles(look.luma, settings)
    moved = _camera_moved(views, look)
    traps = []
    for track, boxes in look.boxes.items():
        if len(boxes) < 3:
            continue
        for rectangle in on_screen:
            within = [shared(box, rectangle) / max(area(box), 1.0) for box in boxes.values()]
            if float(np.min(within)) < settings.inside:
                continue
            tall = rectangle[3] - rectangle[1]
            cut = float(np.median([rectangle[3] - box[3] for box in boxes.values()])) <= 0.08 * tall
            if moved or cut:
                traps.append(_trap("inset" if moved else "framed", track, look, float(np.mean(within)) * 0.8))
                break
    return traps


def _camera_moved(views: Sequence[View | None], look: _Look) -> bool:
    known = [view for view in views if view is not None]
    if len(known) < 4:
        return False
    spread = np.ptp([[v.x * look.scale, v.y * look.scale] for v in known], axis=0)
    return bool(spread.max() >= 0.05 * look.luma[0].shape[1] or np.ptp([v.scale for v in known]) >= 0.1)


def _rectangles(pictures: Sequence[U8], settings: TrapSettings) -> list[Box]:
    """Rectangles whose four sides are edges in nearly every picture, in pixels of the pictures."""
    edges = np.stack([_edges(picture) for picture in pictures])
    lasting = (edges.mean(axis=0) >= 0.8).astype(np.uint8) * 255
    closed = cv2.morphologyEx(lasting, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    height, width = lasting.shape
    low, high = (share * width * height for share in settings.rectangle_share)
    found: list[Box] = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if not low <= w * h <= high or cv2.contourArea(contour) < 0.85 * w * h:
            continue
        box = (float(x), float(y), float(x + w), float(y + h))
        if all(iou(box, other) < 0.8 for other in found):
            found.append(box)
    return sorted(found, key=area)


def _edges(picture: U8) -> npt.NDArray[np.bool_]:
    edges = cv2.Canny(cv2.GaussianBlur(picture, (3, 3), 0), 40, 100)
    return cv2.dilate(edges, np.ones((3, 3), np.uint8)) > 0


def _still(look: _Look, views: Sequence[View | None], settings: TrapSettings, marked: set[str]) -> list[Trap]:
    """Tracks in whose boxes nothing changes but noise, while others move."""
    if len(look.refs) < 4 or look.refs[-1].time_s - look.refs[0].time_s < settings.least_s:
        return []
    changes: dict[str, float] = {}
    ground = _noise(look, views)
    for track, boxes in look.boxes.items():
        places = sorted(boxes)
        if len(places) < 4 or look.refs[places[-1]].time_s - look.refs[places[0]].time_s < settings.least_s:
            continue
        changes[track] = _change(look, views, boxes)
    moving = [t for t, c in changes.items() if c >= settings.moves_noise * ground]
    if not moving:
        return []
    return [
        _trap("still_picture", track, look, 1 - change / (settings.moves_noise * ground))
        for track, change in changes.items()
        if change <= settings.still_noise * ground and track not in marked
    ]


def _change(look: _Look, views: Sequence[View | None], boxes: Mapping[int, Box]) -> float:
    """Median over pairs of moments of the mean luma difference inside a box that follows the camera, not the person."""
    places = sorted(boxes)
    first = places[0]
    values = [_difference(look, views, first, n, boxes[first]) for n in places[1:]]
    known = [v for v in values if v is not None]
    return float(np.median(known)) if known else float("inf")


def _noise(look: _Look, views: Sequence[View | None]) -> float:
    """The same measured on the whole picture: the quieter half of its cells."""
    height, width = look.luma[0].shape
    cells = [
        (x * width / 6, y * height / 6, (x + 1) * width / 6, (y + 1) * height / 6) for x in range(6) for y in range(6)
    ]
    middle = len(look.refs) // 2
    values = [v for cell in cells if (v := _difference(look, views, 0, middle, cell)) is not None]
    return max(float(np.median(values)) if values else 1.0, 0.6)


def _difference(look: _Look, views: Sequence[View | None], a: int, b: int, box: Box) -> float | None:
    """Mean luma difference of two moments inside ``box`` of the first, the camera's movement taken out."""
    one, other = views[a], views[b]
    matrix = np.eye(2, 3)
    if one is not None and other is not None:
        if one.scene != other.scene:
            return None
        onto = np.vstack((other.matrix(), (0, 0, 1)))
        whole = np.linalg.inv(onto) @ np.vstack((one.matrix(), (0, 0, 1)))
        matrix = whole[:2]
        matrix[:, 2] *= look.scale
    height, width = look.luma[a].shape
    warped = cv2.warpAffine(
        look.luma[b], matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0
    )
    inside = cv2.warpAffine(
        np.full_like(look.luma[b], 255), matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    x1, y1, x2, y2 = (max(0, round(v)) for v in box)
    part = inside[y1:y2, x1:x2] > 0
    if part.sum() < 0.5 * max(area(box), 1.0):
        return None
    blurred = [cv2.GaussianBlur(p, (3, 3), 0)[y1:y2, x1:x2].astype(np.float32) for p in (look.luma[a], warped)]
    return float(np.abs(blurred[0] - blurred[1])[part].mean())
