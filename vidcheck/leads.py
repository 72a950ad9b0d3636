"""What helps a human find out who, where and whose: handles, captions, agencies, signs, badges and plates.

Leads come from texts that were read, with the frame that shows them best, and each words its own limits.
Nothing here identifies anybody: a name board says what is written on it, a plate where a vehicle is
registered, a handle which account. Whether that is the person in the picture is for people to find out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vidcheck.boxes import area
from vidcheck.facts._files import tables_version
from vidcheck.lead_texts import (
    Find,
    caption,
    clock_face,
    find_in_file,
    find_in_text,
    is_caption,
    is_sign,
    name_tag,
    scene_clock,
    sign,
)
from vidcheck.types import (
    Box,
    Crop,
    Detection,
    FrameRef,
    Grade,
    Lead,
    LeadKind,
    OverlayText,
    Source,
    StepResult,
    TextReading,
)
from vidcheck.wall_clocks import ClockFace

VERSION = f"3+{tables_version()}"
METHOD = "patterns for handles, agencies, schools, addresses, plates and places over the texts read; clock faces"

MAX_TEXT = 200
"""Longest text of a lead, in characters."""
MAX_FRAMES = 12
MAX_SIGNS = 20
MAX_LEADS = 200


def find_leads(
    overlays: Sequence[OverlayText],
    source: Source | None = None,
    *,
    detections: Sequence[Detection] = (),
    clock_faces: Sequence[ClockFace] = (),
) -> StepResult[tuple[Lead, ...]]:
    """Return leads from texts, and from the tags and the name of the file where ``source`` is given.

    Parameters
    ----------
    overlays:
        The texts of the clip, of every kind.
    source:
        The file, for its position tag and a handle in its name; None leaves them out.
    detections:
        People, so that a short text on a chest can be named as a possible name tag; empty leaves that out.
    clock_faces:
        Things that look like a clock face, for a person to read.

    Returns
    -------
    StepResult[tuple[Lead, ...]]
        Leads numbered ``l1`` and so on: accounts and agencies first, plain signs last.
    """
    photo = source is not None and source.kind == "image"
    by_frame: dict[int, list[Box]] = {}
    for detection in detections:
        by_frame.setdefault(detection.frame.index, []).append(detection.box_xyxy_px)
    found: dict[tuple[LeadKind, str], tuple[Find, OverlayText | None, Grade]] = {}
    signs: list[OverlayText] = []
    for text in overlays:
        finds = list(find_in_text(text))
        if not finds and (tag := name_tag(text, by_frame)):
            finds = [tag]
        if not finds:
            if is_caption(text):
                finds = [caption(text)]
            elif (clock := scene_clock(text)) is not None:
                finds = [clock]
            elif is_sign(text):
                signs.append(text)
        for find in finds:
            _keep(found, find, text, photo)
    signs.sort(key=lambda text: -(text.box_xyxy_px[3] - text.box_xyxy_px[1]))
    for text in signs[:MAX_SIGNS]:
        _keep(found, sign(text), text, photo)
    if source is not None:
        for find in find_in_file(source):
            found.setdefault((find.kind, _key(find.text)), (find, None, "moderate"))
    order = ("handle", "name_tag", "badge", "agency", "plate", "place", "wall_clock", "hashtag", "caption", "sign")
    unranked = [*(_lead(*item) for item in found.values()), *(_face_lead(face) for face in clock_faces)]
    ranked = sorted(unranked, key=lambda lead: order.index(lead.kind))[:MAX_LEADS]
    leads = tuple(replace(lead, id=f"l{number}") for number, lead in enumerate(ranked, start=1))
    kinds = {kind: sum(lead.kind == kind for lead in leads) for kind in order}
    return StepResult(leads, METHOD, {"texts": len(overlays), "leads": len(leads), "by_kind": dict(kinds)})


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _keep(
    found: dict[tuple[LeadKind, str], tuple[Find, OverlayText | None, Grade]],
    find: Find,
    text: OverlayText,
    photo: bool,
) -> None:
    key = (find.kind, _key(find.text))
    grade = _grade(text, find, photo)
    known = found.get(key)
    order = ("strong", "moderate", "weak", "contextual")
    if known is None or order.index(grade) < order.index(known[2]):
        found[key] = (find, text, grade)


def _agreeing(text: OverlayText) -> list[TextReading]:
    voted = _key(text.text)
    return [reading for reading in text.readings if _key(reading.text_raw) == voted] or list(text.readings)


def _grade(text: OverlayText, find: Find, photo: bool) -> Grade:
    """Grade a reading by how many frames agree on it; one frame alone is weak, a photo at most moderate."""
    voted = _key(text.text)
    agreeing = sum(_key(reading.text_raw) == voted for reading in text.readings)
    grade: Grade = "weak"
    if photo:
        grade = "moderate" if text.confidence >= 0.9 else "weak"
    elif agreeing >= 3 and text.confidence >= 0.9:
        grade = "strong"
    elif agreeing >= 2:
        grade = "moderate"
    order = ("strong", "moderate", "weak", "contextual")
    return max(grade, find.cap, key=order.index)


def _lead(find: Find, text: OverlayText | None, grade: Grade) -> Lead:
    if text is None:
        return Lead("", find.kind, find.text[:MAX_TEXT], None, (), grade, find.words)
    readings = _agreeing(text)
    if readings:
        best = max(readings, key=lambda reading: (reading.confidence, area(reading.box_xyxy_px)))
        crop = Crop(best.frame, best.box_xyxy_px)
        frames: dict[int, FrameRef] = {reading.frame.index: reading.frame for reading in readings}
    else:
        crop = Crop(text.first, text.box_xyxy_px)
        frames = {text.first.index: text.first}
    shown = tuple(frame for _, frame in sorted(frames.items()))[:MAX_FRAMES]
    return Lead("", find.kind, find.text[:MAX_TEXT], crop, shown, grade, find.words)


def _face_lead(face: ClockFace) -> Lead:
    find = clock_face(face.score)
    return Lead("", find.kind, find.text, face.crop, face.frames[:MAX_FRAMES], find.cap, find.words)
