"""Whether a text is burned in, part of the scene, or an app's interface.

The physical test comes first: between two frames, does the text go along with the scene around it or stand
still while the scene moves? Where the camera stands still that test is silent, and the decision rests on what
the text says, where it stands, whether it outlives a cut, and how flat its strokes are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.boxes import iou
from vidcheck.text_tracking import TextTrack
from vidcheck.timestamps import find_times
from vidcheck.types import Box, OverlayKind

U8 = npt.NDArray[np.uint8]

# Words of live-stream and messenger interfaces (facts table overlay_formats, social_ui).
_INTERFACE = re.compile(
    r"(?i)^\W*(?:live|siaran langsung|\d[\d.,]*\s?(?:rb|k|jt|m)?\s?(?:penonton|viewers?|watching|menonton)"
    r"|tambahkan komentar|add a? ?comment|ketik(?: pesan)?|komentar|balas|reply|kirim|hadiah|gifts?|bagikan|share"
    r"|mengikuti|ikuti|follow(?:ing|ers)?|suka|likes?|bergabung|joined|sedang menonton|status saya|my status"
    r"|.{0,24}\b(?:bergabung|joined|menit yang lalu|jam yang lalu))\b.{0,24}$"
)
_HANDLE = re.compile(r"^\W{0,2}@[\w.]{2,30}\W{0,2}$")
_STATUS_COMPANION = re.compile(
    r"(?i)^(?:[345]g\+?(?:\s?\d{1,3}\s?%)?|lte|h\+|volte|vowifi|wifi|\d{1,3}\s?%|\d+([.,]\d+)?\s?[km]b/s"
    r"|telkomsel|indosat|xl|axis|tri|smartfren|im3|by\.?u|ioh)\W*$"
)
_BARE_TIME = re.compile(r"^\W{0,2}[0-2]?\d[.:][0-5]\d(?:\s?[ap]m)?(?:\W.{0,14})?$", re.IGNORECASE)
_STAMP_WORDS = re.compile(
    r"(?i)gps map camera|timestamp|time ?mark|solocator|\blat(?:itude)?\b|\blong?(?:itude)?\b|hikvision|dahua|ezviz"
    r"|\bcam(?:era)?\s?\d|\bch\s?\d|\bipc\b|\brec\b|°c\b|capcut|inshot|kinemaster|tiktok|@\w"
)


_MIN_MOTION_PX = 2.5
"""Motion of the scene, full-size pixels, from which standing and going can be told apart."""


@dataclass(frozen=True, slots=True)
class View:
    """One frame as the motion test needs it."""

    small: U8
    """Luma at scan scale, shape (h, w)."""
    full: U8
    """Luma at full size."""


def weigh_motion(before: View, after: View, tracks: Sequence[TextTrack], boxes: Sequence[Box]) -> None:
    """Compare each text between two frames: does it stand, or go where the scene goes?

    The scene's motion is a similarity transform fitted (RANSAC) to points outside the texts, followed by
    pyramidal Lucas-Kanade. The text's edge picture is then correlated with the later frame at its own place and
    at the place the scene would have carried it to. What is found is counted in the tracks.

    Parameters
    ----------
    before, after:
        The frames, in order of time.
    tracks:
        The texts.
    boxes:
        Where they stand in ``before``, full-size pixels.
    """
    scale = before.small.shape[1] / before.full.shape[1]
    model = _scene_motion(
        before.small, after.small, [(b[0] * scale, b[1] * scale, b[2] * scale, b[3] * scale) for b in boxes]
    )
    if model is None:
        return
    for track, box in zip(tracks, boxes, strict=True):
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]) * scale
        carried = (model[:, :2] @ centre + model[:, 2] - centre) / scale
        if np.linalg.norm(carried) < _MIN_MOTION_PX:
            continue  # the scene stands still here: no evidence either way
        stands = _found_at(before.full, after.full, box, (0, 0))
        goes = _found_at(before.full, after.full, box, (round(float(carried[0])), round(float(carried[1]))))
        if stands is None or goes is None:
            continue
        if stands > goes + 0.1 and stands > 0.3:
            track.fixed += 1
        elif goes > stands + 0.1 and goes > 0.3:
            track.moves += 1


def _scene_motion(before: U8, after: U8, boxes: Sequence[Box]) -> npt.NDArray[np.float64] | None:
    """Similarity transform of the scene, shape (2, 3), scan pixels, or None where it cannot be told."""
    import cv2

    mask = np.full(before.shape, 255, dtype=np.uint8)
    for x1, y1, x2, y2 in boxes:
        mask[max(0, int(y1) - 2) : int(y2) + 3, max(0, int(x1) - 2) : int(x2) + 3] = 0
    found = cv2.goodFeaturesToTrack(before, maxCorners=240, qualityLevel=0.005, minDistance=9, mask=mask)
    if found is None or len(found) < 12:
        return None
    old = np.asarray(found, dtype=np.float32).reshape(-1, 1, 2)
    flow: Any = cv2.calcOpticalFlowPyrLK  # its stub does not know that the points to fill in may be None
    new, ok, _ = flow(before, after, old, None, winSize=(15, 15), maxLevel=3)
    back, ok_back, _ = flow(after, before, new, None, winSize=(15, 15), maxLevel=3)
    good = (ok.ravel() == 1) & (ok_back.ravel() == 1) & (np.linalg.norm((back - old).reshape(-1, 2), axis=1) < 0.7)
    if good.sum() < 12:
        return None
    model, inliers = cv2.estimateAffinePartial2D(old[good], new[good], ransacReprojThreshold=1.5)
    if model is None or inliers is None or inliers.sum() < max(10, 0.35 * good.sum()):
        return None
    return np.asarray(model, dtype=np.float64)


def _edges(luma: U8) -> npt.NDArray[np.float32]:
    import cv2

    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=3)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float32)


def _found_at(before: U8, after: U8, box: Box, shift: tuple[int, int]) -> float | None:
    """Correlation of the text's edges with the later frame at a shift, one pixel of play; None off the frame."""
    import cv2

    x1, y1, x2, y2 = int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3]))
    height, width = before.shape
    x1, y1, x2, y2 = max(2, x1), max(2, y1), min(width - 2, x2), min(height - 2, y2)
    # only the part that is still on the frame after the shift can be compared
    x1, x2 = max(x1, 2 - shift[0]), min(x2, width - 2 - shift[0])
    y1, y2 = max(y1, 2 - shift[1]), min(y2, height - 2 - shift[1])
    if x2 - x1 < 12 or y2 - y1 < 6:
        return None
    ours = _edges(before[y1:y2, x1:x2])
    theirs = _edges(after[y1 + shift[1] - 1 : y2 + shift[1] + 1, x1 + shift[0] - 1 : x2 + shift[0] + 1])
    return float(cv2.matchTemplate(theirs, ours, cv2.TM_CCOEFF_NORMED).max())


def tone_reach(picture: U8) -> float:
    """Return how near a crop's brightest print comes to a pure colour, 0..1.

    Parameters
    ----------
    picture:
        uint8 of shape (h, w, 3), blue first: burned-in print is drawn at full value, scenery seldom reaches it.
    """
    if picture.size == 0:
        return 0.0
    return float(np.percentile(picture.max(axis=2), 97)) / 255


def jumps_about(track: TextTrack) -> bool:
    """Whether one wording stands in two or more far places and nowhere between: a watermark that jumps."""
    centres = np.array([[(b[0] + b[2]) / 2, (b[1] + b[3]) / 2] for b in (r.box_xyxy_px for r in track.readings)])
    heights = [r.box_xyxy_px[3] - r.box_xyxy_px[1] for r in track.readings]
    near = 0.75 * float(np.median(heights))
    places: list[npt.NDArray[np.float64]] = []
    for centre in centres:
        if not any(np.linalg.norm(centre - place) < near for place in places):
            places.append(centre)
    far = [p for p in places if np.linalg.norm(p - places[0]) > 8 * near]
    return 2 <= len(places) <= 4 and bool(far) and len(track.readings) > len(places)


def outlives_cut(track: TextTrack, pictures: Sequence[int]) -> bool:
    """Whether it stands in one place in shots that show different pictures.

    Parameters
    ----------
    track:
        The text.
    pictures:
        For each shot position, an ordinal of the picture it shows; repeats of a still share one.
    """
    return track.stays and len({pictures[s] for s in track.shots if 0 <= s < len(pictures)}) > 1


def decide_kinds(tracks: Sequence[TextTrack], width: int, height: int, pictures: Sequence[int]) -> list[OverlayKind]:
    """Return the kind of every text; see the module's words for the order of evidence.

    Parameters
    ----------
    tracks:
        All texts of the clip.
    width, height:
        Displayed size, pixels.
    pictures:
        See :func:`outlives_cut`.
    """
    top = [t for t in tracks if t.box[3] < 0.09 * max(height, width)]
    bar = [t for t in top if _BARE_TIME.match(_text(t)) and (height > 1.2 * width or _has_companion(t, top))]
    kinds: list[OverlayKind] = []
    for track in tracks:
        text = _text(track)
        if track.moves >= 2 and track.moves > 2 * track.fixed:
            kinds.append("scene")
        elif (
            _INTERFACE.match(text)
            or _HANDLE.match(text)
            or jumps_about(track)
            or any(track is clock or _same_row(track, clock) for clock in bar)
        ):
            kinds.append("interface")
        elif (
            (track.fixed >= 2 and track.fixed >= 2 * track.moves)
            or outlives_cut(track, pictures)
            or _burned_in_score(track, width, height) >= 2.0
        ):
            kinds.append("overlay")
        else:
            kinds.append("scene")
    return _same_block(tracks, kinds)


def _text(track: TextTrack) -> str:
    return max(track.readings, key=lambda r: r.confidence).text_raw.strip()


def _same_row(a: TextTrack, b: TextTrack) -> bool:
    middle = (a.box[1] + a.box[3]) / 2
    return b.box[1] < middle < b.box[3] and bool(a.shots & b.shots)


def _has_companion(track: TextTrack, top: Sequence[TextTrack]) -> bool:
    """Whether signal, battery or carrier stand in the row of a bare time, as in a phone's status bar."""
    return any(t is not track and _same_row(t, track) and _STATUS_COMPANION.match(_text(t)) for t in top)


def _burned_in_score(track: TextTrack, width: int, height: int) -> float:
    """Weigh what is left where nothing moves: wording, place, size, slant and tone. From 2 it counts as burned in."""
    box, text, side = track.box, _text(track), min(width, height)
    score = 0.0
    stamped = [
        any(t.role == "moment" and t.labelled and (t.dates or t.precision_s == 1) for t in find_times(r.text_raw))
        for r in track.readings[:12]
    ]
    if 2 * sum(stamped) >= len(stamped):
        score += 1.5
    if _STAMP_WORDS.search(text):
        score += 1.5
    if min(box[0], width - box[2], box[1], height - box[3]) < 0.1 * side:
        score += 0.75
    if (box[3] - box[1]) < 0.07 * side:
        score += 0.5
    slant = float(np.median(np.abs(track.angle_deg))) if track.angle_deg else 0.0
    score += 0.5 if slant < 1.0 else -1.5 if slant > 2.5 else 0.0
    if track.tone and float(np.median(track.tone)) > 0.93:
        score += 0.5
    if track.fixed != track.moves:
        score += 1.0 if track.fixed > track.moves else -1.0
    return score


def _same_block(tracks: Sequence[TextTrack], kinds: list[OverlayKind]) -> list[OverlayKind]:
    """Lines of one block share their kind: an undecided line goes with its overlay neighbours."""
    result = list(kinds)
    boxes = [track.box for track in tracks]
    burned_in = [j for j, kind in enumerate(kinds) if kind == "overlay"]
    for i, track in enumerate(tracks):
        if kinds[i] != "scene" or track.moves > track.fixed:
            continue
        box = boxes[i]
        tall = max(box[3] - box[1], 1e-6)
        grown = (box[0] - tall, box[1] - 1.2 * tall, box[2] + tall, box[3] + 1.2 * tall)
        for j in burned_in:
            theirs = boxes[j]
            aligned = abs(theirs[0] - box[0]) < tall or abs(theirs[2] - box[2]) < tall
            alike = 0.6 < (theirs[3] - theirs[1]) / tall < 1.7
            if aligned and alike and iou(grown, theirs) > 0 and track.shots & tracks[j].shots:
                result[i] = "overlay"
                break
    return result
