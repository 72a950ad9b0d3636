"""Tracks that are a second box on somebody who has a track already.

A detector sometimes draws a part of a person, or two people at once, beside the right box. Such a box comes and goes,
and nearly always covers, or is covered by, one longer track. Somebody who is briefly seen right behind another person
looks the same: a double makes no person, and it still counts in the maximum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vidcheck.boxes import covered
from vidcheck.types import Detection, Track


@dataclass(frozen=True, slots=True)
class AsideSettings:
    """What makes a track a double."""

    covered: float = 0.7
    """Share of the smaller of two boxes inside the other, from which both may be on one person."""
    share: float = 0.8
    """In what share of the frames that two tracks have in common that must hold, to make the shorter a double."""


def set_doubles_aside(
    tracks: Sequence[Track], detections: Sequence[Detection], settings: AsideSettings
) -> tuple[Track, ...]:
    """Return the tracks with second boxes marked, without faint tracks that are second boxes.

    Parameters
    ----------
    tracks, detections:
        As found.
    settings:
        Thresholds.
    """
    boxes = [{detections[p].frame.index: detections[p].box_xyxy_px for p in t.detections} for t in tracks]
    seen_in: dict[int, list[int]] = {}
    for number, found in enumerate(boxes):
        for frame in found:
            seen_in.setdefault(frame, []).append(number)
    kept: list[Track] = []
    for short, mine in zip(tracks, boxes, strict=True):
        double = False
        beside = Counter(number for frame in mine for number in seen_in[frame])
        for number, together in beside.items():
            long, theirs = tracks[number], boxes[number]
            if long is short or long.shot != short.shot or 2 * together < len(mine):
                continue
            # A track set aside is never the better one, but of two faint ones the longer is.
            both_faint = short.aside == long.aside == "faint" and (len(theirs), long.id) > (len(mine), short.id)
            if long.aside and not both_faint:
                continue
            if short.aside != "faint" and len(theirs) < 2 * len(mine):
                continue
            common = mine.keys() & theirs.keys()
            over = sum(covered(mine[i], theirs[i]) >= settings.covered for i in common)
            # In a frame in which the longer track is missing, the double has taken its place.
            if over >= settings.share * len(common):
                double = True
                break
        if not double:
            kept.append(short)
        elif short.aside != "faint":
            kept.append(replace(short, aside="double"))
    return tuple(kept)
