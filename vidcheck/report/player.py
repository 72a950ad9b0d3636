"""The clip in the page: what the page's script needs to play it, to seek, and to draw the boxes that were measured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vidcheck.clip_copy import find_clip
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.glyphs import visible
from vidcheck.report.parts import PlayerView
from vidcheck.types import Box, Crop, FrameRef

MAX_BOXES = 120_000
"""Most boxes of people in a page; of more, every second, third, … frame is kept, and the page says so."""
_SCRIPT_WORDS = (
    "play", "pause", "clip_other", "clip_same", "clip_checking", "clip_large", "clip_broken", "clip_no_hash",
    "no_still", "still_shown", "go_to",
)  # fmt: skip

Mark = dict[str, Any]


def player(draft: Draft, folder: Path, sha256_of_copy: str | None) -> PlayerView | None:
    """Build the player's data; None for a photo, which does not play.

    Parameters
    ----------
    draft:
        The analysis and its language.
    folder:
        The case folder, where a copy of the clip may lie.
    sha256_of_copy:
        Hash of that copy, or None where there is none.
    """
    source, t = draft.analysis.source, draft.t
    copy = find_clip(folder)
    if source.kind == "image" or source.duration_s <= 0:
        return None
    marks, every = _people(draft)
    words = {key: t(key) for key in _SCRIPT_WORDS}
    data = {
        "width": source.width_px,
        "height": source.height_px,
        "duration": source.duration_s,
        "frame": round(source.duration_s / max(source.frames_decoded, 1), 6),
        "sha256": source.sha256,
        "comma": draft.lang == "id",
        "cuts": [round(shot.start.time_s * 1000) for shot in draft.analysis.shots],
        "words": words,
        "marks": [*marks, *_texts(draft), *_leads(draft)],
    }
    note = ""
    if copy is not None:
        note = t("copy_same" if sha256_of_copy == source.sha256 else "copy_converted")
    src = copy.relative_to(folder).as_posix() if copy else ""
    # Only ASCII, and no character that could end the element or begin markup.
    text = json.dumps(data, separators=(",", ":")).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"})
    return PlayerView(text, src, note, every if every > 1 else 0)


def _row(frame: FrameRef, box: Box) -> list[int]:
    return [round(frame.time_s * 1000), *(round(edge) for edge in box)]


def _people(draft: Draft) -> tuple[list[Mark], int]:
    analysis = draft.analysis
    tracks = {track.id: track for track in analysis.tracks}
    observed = {item.person: item.label for item in analysis.clothing}
    total = sum(len(track.detections) for track in analysis.tracks)
    every = -(-total // MAX_BOXES)
    marks = []
    for person in analysis.persons:
        boxes = [analysis.detections[at] for name in person.tracks if name in tracks for at in tracks[name].detections]
        label = person.id
        if person.id in observed:
            label += f": {say.label(say.CLOTHING_SHORT, observed[person.id], draft.lang)}"
        rows = sorted(_row(box.frame, box.box_xyxy_px) for box in boxes)[:: max(every, 1)]
        marks.append({"id": person.id, "kind": "person", "label": label, "boxes": rows})
    return marks, every


def _texts(draft: Draft) -> Iterable[Mark]:
    for text in draft.analysis.overlays:
        rows = sorted(_row(reading.frame, reading.box_xyxy_px) for reading in text.readings)
        rows = rows or [_row(text.first, text.box_xyxy_px)]
        span = [round(text.first.time_s * 1000), round(text.last.time_s * 1000)]
        label = f"{text.id}: {visible(text.text)[:60]}"
        yield {"id": text.id, "kind": "text", "label": label, "boxes": rows, "span": span}


def _leads(draft: Draft) -> Iterable[Mark]:
    for lead in draft.analysis.leads:
        if isinstance(lead.crop, Crop):
            row = _row(lead.crop.frame, lead.crop.box_xyxy_px)
            yield {"id": lead.id, "kind": "lead", "label": lead.id, "boxes": [row]}
