"""Texts in the scene whose letters are small, fused from many frames: name tags, badges, boards, plates, signs.

Which of the texts that were read are worth it, and how much work is spent. Letters that no single frame let the reader
find are not found here either: a person marks those with ``vidcheck enhance``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vidcheck import enhance
from vidcheck.enhance import EnhanceSettings, Region
from vidcheck.fusion import FusionSettings
from vidcheck.media import Clip
from vidcheck.region_reading import Reader
from vidcheck.registration import AlignSettings
from vidcheck.types import Box, Enhancement, JsonObject, Lead, OverlayText, Shot, StepResult, TextReading

VERSION = "4"

_KINDS = ("name_tag", "badge", "plate", "agency", "sign", "place")


@dataclass(frozen=True, slots=True)
class SmallTextSettings:
    """Which texts are fused, and the most work that is spent on them."""

    max_height_px: float = 30.0
    """Height of a line from which its letters are large enough to be read as they are, pixels."""
    max_regions: int = 6
    """Most texts that are fused."""
    budget_s: float = 60.0
    """After this many seconds no further text is begun."""
    span_s: float = 1.0
    """A text is followed this long before and after the frame in which it was read best, seconds, within its shot."""
    max_frames: int = 60
    """Most frames that are fused for a text."""
    singles_read: int = 8
    """Single frames of a text that are read to compare with the fusion, those of the most weight; 0 for all."""
    align: AlignSettings = field(default_factory=AlignSettings)
    """Registration."""
    fusion: FusionSettings = field(default_factory=FusionSettings)
    """Fusion."""


def fuse_small_texts(
    clip: Clip,
    texts: Sequence[OverlayText],
    leads: Sequence[Lead],
    shots: Sequence[Shot],
    reader: Callable[[], Reader],
    settings: SmallTextSettings | None = None,
) -> StepResult[tuple[Enhancement, ...]]:
    """Fuse the small texts of a clip.

    Parameters
    ----------
    clip:
        The open clip.
    texts:
        The texts that were read.
    leads:
        Leads from them: their texts come first.
    shots:
        The shots; a region is followed within one, and only in a moving one.
    reader:
        Gives the text reader; called only where there is something to read.
    settings:
        How much.

    Returns
    -------
    StepResult[tuple[Enhancement, ...]]
        With what was wanted, fused and left out in its figures.
    """
    chosen = settings or SmallTextSettings()
    wanted = _wanted(clip, texts, leads, shots, chosen)
    taken = wanted[: chosen.max_regions]
    began = time.monotonic()
    found: list[Enhancement] = []
    if taken:
        how = EnhanceSettings(
            max_frames=chosen.max_frames,
            singles_read=chosen.singles_read,
            align=chosen.align,
            fusion=chosen.fusion,
        )
        for fused in enhance.enhance_each(clip, taken, how, reader=reader()):
            found.append(fused.record)
            if time.monotonic() - began > chosen.budget_s:
                break
    stats: JsonObject = {
        "small_texts": len(wanted),
        "fused": len(found),
        "left_out_number": len(wanted) - len(taken),
        "left_out_time": len(taken) - len(found),
        "frames_fused": sum(len(item.frames) for item in found),
        "frames_left_out": sum(len(item.rejected) for item in found),
    }
    return StepResult(tuple(found), enhance.METHOD, stats)


def _wanted(
    clip: Clip, texts: Sequence[OverlayText], leads: Sequence[Lead], shots: Sequence[Shot], settings: SmallTextSettings
) -> list[Region]:
    """Small texts of the scene in moving shots: those of leads first, by kind, then the least surely read."""
    if clip.source.kind == "image":
        return []
    rank: dict[tuple[int, Box], int] = {}
    for lead in leads:
        if lead.crop is not None and lead.kind in _KINDS:
            key = (lead.crop.frame.index, lead.crop.box_xyxy_px)
            rank[key] = min(rank.get(key, len(_KINDS)), _KINDS.index(lead.kind))
    ranked: list[tuple[int, float, int, Region]] = []
    for order, text in enumerate(texts):
        if text.kind != "scene" or text.changes or not text.readings:
            continue
        best = max(text.readings, key=lambda reading: reading.confidence)
        shot = next((s for s in shots if s.start.index <= best.frame.index < s.end.index), None)
        box = _grown(best.box_xyxy_px, clip.source.width_px, clip.source.height_px)
        height = best.box_xyxy_px[3] - best.box_xyxy_px[1]
        if shot is None or shot.kind != "moving" or height > settings.max_height_px:
            continue
        if min(box[2] - box[0], box[3] - box[1]) < 4:
            continue
        region = Region(
            best.frame.time_s,
            box,
            max(shot.start.time_s, round(best.frame.time_s - settings.span_s, 6)),
            # The end of a shot is the first frame of the next.
            min(round(shot.end.time_s - 0.001, 6), round(best.frame.time_s + settings.span_s, 6)),
            text=text.id,
        )
        ranked.append((_rank_of(text.readings, rank), text.confidence, order, region))
    return [region for *_, region in sorted(ranked, key=lambda item: item[:3])]


def _rank_of(readings: Sequence[TextReading], rank: dict[tuple[int, Box], int]) -> int:
    return min((rank.get((r.frame.index, r.box_xyxy_px), len(_KINDS)) for r in readings), default=len(_KINDS))


def _grown(box: Box, width: int, height: int) -> Box:
    """Whole pixels around a line, with an eighth of its height on each side: descenders and the plate's edge."""
    pad = 0.125 * (box[3] - box[1])
    return (
        float(max(0, int(box[0] - pad))),
        float(max(0, int(box[1] - pad))),
        float(min(width, int(box[2] + pad) + 1)),
        float(min(height, int(box[3] + pad) + 1)),
    )
