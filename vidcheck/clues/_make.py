"""Helpers shared by the sources of time clues. Nothing here decides what a clue means."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from vidcheck.facts.places import ZONES
from vidcheck.facts.wording import clock, day
from vidcheck.types import Clock, ClueKind, ClueSource, FrameRef, Grade, TimeClue, Words

EARLIEST_YEAR = 1995
"""Times before it are empty or reset clocks (1904, 1970, 1980), not recordings of the digital age."""

ZONES_WEST_TO_EAST = tuple(ZoneInfo(name) for name in ZONES.values())


def make(
    kind: ClueKind,
    source: ClueSource,
    whose: Clock,
    grade: Grade,
    words: Words,
    *,
    basis: str,
    earliest: datetime | None = None,
    latest: datetime | None = None,
    hour_weights: tuple[float, ...] | None = None,
    frames: tuple[FrameRef, ...] = (),
    caveats: tuple[Words, ...] = (),
    alternatives: tuple[datetime, ...] = (),
) -> TimeClue:
    """Return a clue without its id; :func:`vidcheck.clues.gather` numbers them."""
    return TimeClue(
        id="", kind=kind, source=source, clock=whose, grade=grade, earliest=earliest, latest=latest,
        hour_weights=hour_weights, basis=basis[:300], frames=frames, words=words, caveats=caveats,
        alternatives=alternatives,
    )  # fmt: skip


def local_readings(local: datetime, zone: ZoneInfo | None, zones: tuple[tzinfo, ...] = ()) -> tuple[datetime, ...]:
    """Return what a local time without zone can be: one reading, or one for each zone of Indonesia, earliest
    first.

    Parameters
    ----------
    local:
        Naive local time.
    zone:
        The zone of the clock, or None where it is not known.
    zones:
        Zones that a position in the file leaves, latest clock first; empty takes all three of Indonesia.
    """
    possible = (zone,) if zone is not None else zones or tuple(reversed(ZONES_WEST_TO_EAST))
    return tuple(local.replace(tzinfo=one) for one in possible)


def latest_reading(local: datetime) -> datetime:
    """Return the latest moment that a local time can mean in Indonesia (WIB), for bounds that must not be too
    early.
    """
    return local.replace(tzinfo=ZONES_WEST_TO_EAST[0])


def plausible(moment_: datetime) -> bool:
    """Say whether a time can be a recording's: neither an empty tag nor beyond any clock in use."""
    return EARLIEST_YEAR <= moment_.year <= 2100


_TAG_TIME = re.compile(
    r"^\s*(\d{4})[:\-/](\d{1,2})[:\-/](\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?\s*$"
)


def parse_tag_time(text: str) -> tuple[datetime, int] | None:
    """Parse a time as EXIF, XMP, QuickTime and containers write it.

    Returns
    -------
    tuple[datetime, int] | None
        The time, naive where it states no zone, and its step in seconds (1, 60 or 86400); None where it is no
        time, or an empty one.
    """
    match = _TAG_TIME.match(text)
    if match is None:
        return None
    year, month, date_, hour, minute, second, zone = match.groups()
    try:
        value = datetime(int(year), int(month), int(date_), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    if not plausible(value):
        return None
    step = 86400 if hour is None else 60 if second is None else 1
    if zone in ("Z", "UTC"):
        return value.replace(tzinfo=UTC), step
    if zone:
        offset = parse_offset(zone)
        return (value.replace(tzinfo=offset), step) if offset is not None else None
    return value, step


def parse_offset(text: str) -> timezone | None:
    """Return the zone of an offset such as ``+0700`` or ``+07:00``, or None where it is none."""
    match = re.fullmatch(r"\s*([+-])(\d{2}):?(\d{2})\s*", text)
    if match is None:
        return None
    minutes = (1 if match.group(1) == "+" else -1) * (int(match.group(2)) * 60 + int(match.group(3)))
    return timezone(timedelta(minutes=minutes)) if abs(minutes) <= 14 * 60 else None


def say_local(local: datetime) -> Words:
    """Say a local time without claiming a zone."""
    date_, time = day(local.date()), clock(local)
    return Words(id=f"{date_.id} pukul {time.id} waktu setempat", en=f"{date_.en} {time.en} local time")
