"""Clues to the time of recording: one module per source, each a function of facts that returns ``TimeClue``
records.

:func:`gather` calls them all and numbers the clues. Rules that hold for every source: an upload, a sending, a
saving or a capture of a screen bounds the recording and never dates it; a time without zone is read in every
zone that it can mean; each clue says whose clock it is and what could make it wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from vidcheck.clues import clothing as clothing_clues
from vidcheck.clues import examiner, filename, metadata, outage, overlay, platform, provenance, sidecar
from vidcheck.clues import lighting as lighting_clues
from vidcheck.facts import places
from vidcheck.time_settings import TimeSettings
from vidcheck.types import (
    ClothingObservation,
    Context,
    LightingObservation,
    OverlayText,
    Shot,
    Source,
    TimeClue,
)


def gather(
    source: Source,
    context: Context,
    overlays: Sequence[OverlayText] = (),
    lighting: Sequence[LightingObservation] = (),
    clothing: Sequence[ClothingObservation] = (),
    settings: TimeSettings | None = None,
    shots: Sequence[Shot] = (),
) -> tuple[TimeClue, ...]:
    """Return the ledger of clues, numbered ``c1``, ``c2`` and so on.

    Parameters
    ----------
    source:
        The file, with its name and raw tags.
    context:
        What the examiner said: place, address, posting time.
    overlays, lighting, clothing:
        What the analysers found; empty where a step did not run.
    settings:
        Further statements of the examiner; ``context`` counts for place, address and posting time.
    shots:
        The shots: a stamp that stands in a slide is a stamped photo, not a frozen clock.

    Raises
    ------
    UsageError
        If the place, a time, a prayer or a shadow cannot be understood.
    """
    settings = settings or TimeSettings()
    place = places.resolve(context.place)
    zone = place.zoneinfo if place is not None else None
    overlay_clues = overlay.clues(overlays, source, zone=zone, shots=shots) if overlays else ()
    signs = provenance.examine(source, overlays, overlay_clues, shows_screen=settings.shows_screen)
    found = [
        *overlay_clues,
        *metadata.clues(source, signs, zone=zone),
        *filename.clues(source, signs, zone=zone),
        *platform.clues(source, context, zone=zone),
    ]
    if settings.sidecar_info:
        found += sidecar.clues(json.loads(settings.sidecar_info), zone=zone)
    if context.posted:
        found.append(examiner.posted(context.posted, zone=zone))
    if settings.known_not_before:
        found.append(examiner.known_not_before(settings.known_not_before, zone=zone))
    found += outage.clues(overlays, source, context, found, zone)
    day = fixed_day(found, zone)
    light = lighting_clues.clues(lighting, zone=zone, place=place, day=day)
    found += [replace(clue, grade="contextual") for clue in light] if signs.filmed else light
    found += clothing_clues.clues(clothing, zone=zone, day=day, place=place.name if place else None)
    if settings.heard_adzan:
        found += examiner.heard_adzan(settings.heard_adzan, place=place, day=day)
    if settings.shadow_height is not None and settings.shadow_length is not None:
        found.append(examiner.shadow(settings.shadow_height, settings.shadow_length, place=place, day=day))
    return tuple(replace(clue, id=f"c{number}") for number, clue in enumerate(found, start=1))


def fixed_day(clues: Sequence[TimeClue], zone: ZoneInfo | None) -> date | None:
    """Return the local date on which all clues that state a time agree, or that bounds leave alone, or None.

    Only clues of at least moderate grade count; one that can be read as another date fixes none.
    """
    if zone is None:
        return None
    counted = [clue for clue in clues if clue.grade in ("strong", "moderate")]
    days: set[date] = set()
    for clue in counted:
        if clue.kind == "exact" and clue.earliest and clue.latest:
            days.add(clue.earliest.astimezone(zone).date())
            days.add((clue.latest - timedelta(seconds=1)).astimezone(zone).date())
            days.update(other.astimezone(zone).date() for other in clue.alternatives)
    if days:
        return days.pop() if len(days) == 1 else None
    starts = [clue.earliest for clue in counted if clue.kind == "not_before" and clue.earliest]
    ends = [
        max(clue.latest, *clue.alternatives) if clue.alternatives else clue.latest
        for clue in counted
        if clue.kind == "not_after" and clue.latest
    ]
    if not starts or not ends:
        return None
    first = max(starts).astimezone(zone).date()
    last = (min(ends) - timedelta(seconds=1)).astimezone(zone).date()
    return first if first == last else None
