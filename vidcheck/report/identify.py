"""Parts of the report that help a human identify: where each person appears, and small texts that were fused."""

from __future__ import annotations

from collections import Counter

from vidcheck.person_sheets import tracks_of
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.parts import FusionView
from vidcheck.report.pictures import Picture
from vidcheck.report.wording_identify import REJECTED, SIDES
from vidcheck.types import Box, Enhancement, Person, RegionReading

_MAX_FUSIONS = 40
MAX_TRACKS = 12
"""Tracks of one person listed, at most: somebody who comes and goes for an hour has hundreds."""


def where(draft: Draft, person: Person) -> tuple[str, ...]:
    """Say, track by track, where in the picture a person appears and how large.

    The place is that of the middle of the box at the first and at the last moment, in thirds of the picture; the height
    is the tallest box's share of the picture. Of many tracks the first :data:`MAX_TRACKS` are told, and how many more
    there are.
    """
    analysis, source = draft.analysis, draft.analysis.source
    told = []
    tracks = [track for track in tracks_of(analysis, person) if track.detections]
    tracks.sort(key=lambda track: min(analysis.detections[at].frame.index for at in track.detections))
    for track in tracks[:MAX_TRACKS]:
        boxes = sorted((analysis.detections[at] for at in track.detections), key=lambda d: d.frame.index)
        first, last = (_place(draft, boxes[n].box_xyxy_px) for n in (0, -1))
        way = first if first == last else f"{first} → {last}"
        tallest = max(box.box_xyxy_px[3] - box.box_xyxy_px[1] for box in boxes) / max(source.height_px, 1)
        span = draft.fmt.span(boxes[0].frame, boxes[-1].frame)
        told.append(f"{span}: {way} ({draft.fmt.percent(min(1.0, tallest))})")
    return (*told, *more_tracks(draft, len(tracks)))


def more_tracks(draft: Draft, count: int) -> tuple[str, ...]:
    """Say how many of a person's tracks are not listed, if any."""
    more = count - MAX_TRACKS
    return (draft.t("more_tracks", n=draft.fmt.number(more)),) if more > 0 else ()


def _place(draft: Draft, box: Box) -> str:
    source = draft.analysis.source
    across = ("left", "centre", "right")[min(2, int(1.5 * (box[0] + box[2]) / max(source.width_px, 1)))]
    down = ("upper", "middle", "lower")[min(2, int(1.5 * (box[1] + box[3]) / max(source.height_px, 1)))]
    return f"{say.label(SIDES, across, draft.lang)}/{say.label(SIDES, down, draft.lang)}"


def sheet(draft: Draft, person: Person) -> tuple[Picture, ...]:
    """Return the person's contact sheet, or nothing where none was saved."""
    words = draft.t("sheet")
    name = f"media/{person.id}-sheet.jpg"
    picture = draft.album.picture(name, max_side_px=1100, alt=f"{words} ({person.id})", caption=words)
    return (picture,) if picture.key else ()


def fusions(draft: Draft) -> tuple[FusionView, ...]:
    """Return the fused texts, each beside its original crop."""
    return tuple(_fusion(draft, item) for item in draft.analysis.enhancements[:_MAX_FUSIONS])


def _fusion(draft: Draft, item: Enhancement) -> FusionView:
    frame = draft.fmt.frame(item.crop.frame)
    shown = (
        (item.crop.media, "fusion_original"),
        (None if item.crop.media is None else item.crop.media.replace("-original", "-enlarged"), "fusion_enlarged"),
        (item.media, "fusion_fused"),
    )
    pictures = tuple(
        draft.album.picture(media, max_side_px=480, alt=f"{draft.t(key)} {item.id}", caption=draft.t(key), frame=frame)
        for media, key in shown
    )
    reasons = Counter(rejected.reason for rejected in item.rejected)
    counted = draft.t("fusion_frames", used=len(item.frames), out=len(item.rejected))
    if reasons:
        counted += ": " + ", ".join(
            f"{say.label(REJECTED, why, draft.lang)} {n}"
            for why, n in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))
        )
    return FusionView(
        id=item.id,
        of=draft.t("fusion_of", text=item.text) if item.text else "",
        pictures=pictures,
        fused=_reading(draft, item.fused),
        single=_reading(draft, item.single),
        grade=item.grade,
        grade_label=say.label(say.GRADE, item.grade, draft.lang),
        words=item.words.get(draft.lang),
        frames=counted,
        sha256=item.pixels_sha256,
        command=item.command,
    )


def _reading(draft: Draft, reading: RegionReading | None) -> str:
    if reading is None or not reading.text:
        return draft.t("fusion_nothing")
    return f"{draft.short(reading.text, 200)} ({draft.t('engine_score')} {draft.fmt.number(reading.confidence, 2)})"
