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

from vidcheck.text_tracking import TextTrack, likeness, overlap
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
_STATUS_COMPANION = re.compile(r"(?i)^(?:[345]g\+?|lte|h\+|volte|vowifi|wifi|\d{1,3}\s?%|\d+([.,]\d+)?\s?[km]b/s"
                               r"|telkomsel|indosat|xl|axis|tri|smartfren|im3|by\.?u|ioh)\W*$")
_BARE_TIME = re.compile(r"^\W{0,2}[0-2]?\d[.:][0-5]\d(?:\s?[ap]m)?(?:\W.{0,14})?$", re.IGNORECASE)
_STAMP_WORDS = re.compile(
    r"(?i)gps map camera|timestamp|time ?mark|solocator|\blat(?:itude)?\b|\blong?(?:itude)?\b|hikvision|dahua|ezviz"
    r"|\bcam(?:era)?\s?\d|\bch\s?\d|\bipc\b|\brec\b|°c\b|capcut|inshot|kinemaster|tiktok|@\w"
)


@dataclass(frozen=True, slots=True)
class Step:
    """Motion between two frames at scan scale."""

    points: npt.NDArray[np.float32]
    """Where points stood in the earlier frame, shape (n, 2), scan pixels."""
    shift: npt.NDArray[np.float32]
    """How they moved, shape (n, 2), scan pixels."""


def motion_between(before: U8, after: U8, boxes: Sequence[Box]) -> Step | None:
    """Follow points from one scanned luma frame to the next (pyramidal Lucas-Kanade).

    Parameters
    ----------
    before, after:
        uint8 of shape (h, w), the same scale.
    boxes:
        Text boxes at that scale; points are sought inside them as well as over the whole frame.
    """
    import cv2

    points: list[npt.NDArray[np.float32]] = []
    whole = cv2.goodFeaturesToTrack(before, maxCorners=260, qualityLevel=0.005, minDistance=9)
    if whole is not None:
        points.append(np.asarray(whole, dtype=np.float32).reshape(-1, 2))
    height, width = before.shape
    for box in boxes:
        x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
        x2, y2 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
        if x2 - x1 < 6 or y2 - y1 < 4:
            continue
        inside = cv2.goodFeaturesToTrack(before[y1:y2, x1:x2], maxCorners=16, qualityLevel=0.05, minDistance=3)
        if inside is not None:
            points.append(np.asarray(inside, dtype=np.float32).reshape(-1, 2) + np.array([x1, y1], dtype=np.float32))
    if not points:
        return None
    old = np.concatenate(points).reshape(-1, 1, 2)
    flow: Any = cv2.calcOpticalFlowPyrLK  # its stub does not know that the points to fill in may be None
    new, ok, _ = flow(before, after, old, None, winSize=(15, 15), maxLevel=3)
    back, ok_back, _ = flow(after, before, new, None, winSize=(15, 15), maxLevel=3)
    good = (ok.ravel() == 1) & (ok_back.ravel() == 1) & (np.linalg.norm((back - old).reshape(-1, 2), axis=1) < 0.7)
    if good.sum() < 8:
        return None
    start = old.reshape(-1, 2)[good]
    return Step(start, np.asarray(new, dtype=np.float32).reshape(-1, 2)[good] - start)


def weigh_motion(step: Step, tracks: Sequence[TextTrack], boxes: Sequence[Box]) -> None:
    """Add what one step says to the tracks whose boxes (at scan scale) are given."""
    import cv2

    x, y = step.points[:, 0], step.points[:, 1]
    in_text = np.zeros(len(x), dtype=bool)
    members: list[npt.NDArray[np.bool_]] = []
    for box in boxes:
        inside = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
        members.append(inside)
        in_text |= inside
    scene = ~in_text
    if scene.sum() < 12:
        return
    model, inliers = cv2.estimateAffinePartial2D(
        step.points[scene], step.points[scene] + step.shift[scene], ransacReprojThreshold=1.5
    )
    if model is None or inliers is None or inliers.sum() < max(10, 0.35 * scene.sum()):
        return
    for track, box, inside in zip(tracks, boxes, members, strict=True):
        if inside.sum() < 3:
            continue
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
        expected = model[:, :2] @ centre + model[:, 2] - centre
        size = float(np.linalg.norm(expected))
        if size < 0.8:
            continue  # the scene stands still here: no evidence either way
        seen = np.median(step.shift[inside], axis=0)
        if np.linalg.norm(seen) < 0.3 * size:
            track.fixed += 1
        elif np.linalg.norm(seen - expected) < 0.35 * size + 0.2:
            track.moves += 1


def ink_spread(luma: U8) -> float:
    """Return the luma spread of the text's strokes: small where the print is one flat tone.

    Otsu's threshold splits the crop in two; the strokes are the smaller class. Luma 0..255.
    """
    import cv2

    if min(luma.shape) < 4:
        return 99.0
    threshold, _ = cv2.threshold(luma, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright, dark = luma[luma > threshold], luma[luma <= threshold]
    if bright.size < 8 or dark.size < 8:
        return 99.0
    ink = bright if bright.size <= dark.size else dark
    # anti-aliased and coded edges lie between the classes: judge the half nearest to the stroke's own tone
    tone = np.percentile(ink, 80 if ink is bright else 20)
    spread = np.abs(ink.astype(np.float32) - tone)
    return float(np.median(spread))


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
    companions = sum(bool(_STATUS_COMPANION.match(t.readings[0].text_raw.strip())) for t in top)
    kinds: list[OverlayKind] = []
    scores: list[float] = []
    for track in tracks:
        text = track.readings[0].text_raw.strip()
        moves = track.moves >= 2 and track.moves > 2 * track.fixed
        scores.append(_burned_in_score(track, text, width, height))
        if moves:
            kinds.append("scene")
        elif (
            _INTERFACE.match(text) or _HANDLE.match(text) or jumps_about(track)
            or (track in top and height > 1.2 * width and _BARE_TIME.match(text))
            or (track in top and companions and (_BARE_TIME.match(text) or _STATUS_COMPANION.match(text)))
        ):
            kinds.append("interface")
        elif track.fixed >= 2 and track.fixed >= 2 * track.moves:
            kinds.append("overlay")
        elif outlives_cut(track, pictures) or scores[-1] >= 2.0:
            kinds.append("overlay")
        else:
            kinds.append("scene")
    return _same_block(tracks, kinds)


def _burned_in_score(track: TextTrack, text: str, width: int, height: int) -> float:
    box = track.box
    score = 0.0
    times = find_times(text)
    if any(t.role == "moment" and t.labelled and (t.dates or t.precision_s == 1) for t in times):
        score += 1.5
    if _STAMP_WORDS.search(text):
        score += 1.5
    margin = min(box[0], width - box[2], box[1], height - box[3])
    if margin < 0.04 * min(width, height):
        score += 0.5
    spread = float(np.median(track.ink_spread)) if track.ink_spread else 99.0
    slant = float(np.median(np.abs(track.angle_deg))) if track.angle_deg else 0.0
    if spread <= 6:
        score += 1.5
    elif spread <= 12:
        score += 0.75
    if slant > 2.5:
        score -= 1.5
    if track.fixed > track.moves:
        score += 1.0
    elif track.moves > track.fixed:
        score -= 1.0
    return score


def _same_block(tracks: Sequence[TextTrack], kinds: list[OverlayKind]) -> list[OverlayKind]:
    """Lines of one block share their kind: an undecided line goes with its overlay neighbours."""
    result = list(kinds)
    for i, track in enumerate(tracks):
        if kinds[i] != "scene" or track.moves > track.fixed:
            continue
        box = track.box
        tall = box[3] - box[1]
        grown = (box[0] - tall, box[1] - 1.2 * tall, box[2] + tall, box[3] + 1.2 * tall)
        for j, other in enumerate(tracks):
            theirs = other.box
            if (
                kinds[j] == "overlay" and track.shots & other.shots and overlap(grown, theirs) > 0
                and 0.6 < (theirs[3] - theirs[1]) / max(tall, 1e-6) < 1.7
                and (abs(theirs[0] - box[0]) < tall or abs(theirs[2] - box[2]) < tall)
                and likeness(track.readings[0].text_raw, other.readings[0].text_raw) < 1
            ):
                result[i] = "overlay"
                break
    return result
