"""Dates and times as people in Indonesia write them, and in plain English."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from vidcheck.facts.places import ZONES, zone_label
from vidcheck.types import Words

DAYS_ID = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_ID = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_OFFSETS = {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}


def zone_of(moment: datetime) -> str:
    """Return WIB, WITA or WIT, ``UTC``, or an offset such as ``UTC+05:30``."""
    key = getattr(moment.tzinfo, "key", None)
    label = zone_label(key) if isinstance(key, str) else None
    offset = moment.utcoffset() or timedelta(0)
    if label or offset in _OFFSETS:
        return label or _OFFSETS[offset]
    if not offset:
        return "UTC"
    minutes = int(offset.total_seconds() // 60)
    return f"UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def day(value: date) -> Words:
    """Say a date with its weekday."""
    return Words(
        id=f"{DAYS_ID[value.weekday()]}, {value.day} {MONTHS_ID[value.month - 1]} {value.year}",
        en=f"{DAYS_EN[value.weekday()]}, {value.day} {MONTHS_EN[value.month - 1]} {value.year}",
    )


def clock(moment: datetime) -> Words:
    """Say a time of day, with seconds only where they are not zero."""
    seconds = moment.second != 0
    return Words(
        id=f"{moment:%H.%M.%S}" if seconds else f"{moment:%H.%M}",
        en=f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}",
    )


def _short(value: datetime) -> Words:
    """Say day, month and time, where the local date is not the UTC date."""
    time = clock(value)
    return Words(
        id=f"{value.day} {MONTHS_ID[value.month - 1]} {time.id}",
        en=f"{value.day} {MONTHS_EN[value.month - 1]} {time.en}",
    )


def moment(value: datetime, zone: tzinfo | None) -> Words:
    """Say a moment in ``zone``; in UTC and the three zones of Indonesia where the zone is not known.

    Raises
    ------
    ValueError
        If ``value`` has no zone.
    """
    if value.tzinfo is None:
        raise ValueError("a moment needs a zone")
    if zone is None:
        utc = value.astimezone(UTC)
        local = [value.astimezone(ZoneInfo(name)) for name in ZONES.values()]
        dates = day(utc.date())
        away = any(t.date() != utc.date() for t in local)
        parts_id = " / ".join(f"{_short(t).id if away else clock(t).id} {zone_of(t)}" for t in local)
        parts_en = " / ".join(f"{_short(t).en if away else clock(t).en} {zone_of(t)}" for t in local)
        return Words(
            id=f"{dates.id} pukul {clock(utc).id} UTC ({parts_id})",
            en=f"{dates.en} {clock(utc).en} UTC ({parts_en})",
        )
    local_value = value.astimezone(zone)
    dates, time = day(local_value.date()), clock(local_value)
    label = zone_of(local_value)
    return Words(id=f"{dates.id} pukul {time.id} {label}", en=f"{dates.en} {time.en} {label}")


def span(start: datetime, end: datetime, zone: tzinfo | None) -> Words:
    """Say an interval, the date once where both ends share it and the zone is known."""
    if zone is not None:
        first, last = start.astimezone(zone), end.astimezone(zone)
        if first.date() == last.date():
            dates, label = day(first.date()), zone_of(last)
            return Words(
                id=f"{dates.id} pukul {clock(first).id} sampai {clock(last).id} {label}",
                en=f"{dates.en} {clock(first).en} to {clock(last).en} {label}",
            )
    first_words, last_words = moment(start, zone), moment(end, zone)
    return Words(id=f"{first_words.id} sampai {last_words.id}", en=f"{first_words.en} to {last_words.en}")


def duration(value: timedelta) -> Words:
    """Say a length of time roughly, for widths of intervals."""
    seconds = value.total_seconds()
    for unit_s, unit_id, unit_en in (
        (365.25 * 86400, "tahun", "year"),
        (86400.0, "hari", "day"),
        (3600.0, "jam", "hour"),
        (60.0, "menit", "minute"),
    ):
        if seconds >= 1.5 * unit_s or (unit_s == 60.0 and seconds >= 60):
            number = round(seconds / unit_s, 1) if seconds < 10 * unit_s else round(seconds / unit_s)
            shown = f"{number:g}"
            plural = "" if shown == "1" else "s"
            return Words(id=f"{shown.replace('.', ',')} {unit_id}", en=f"{shown} {unit_en}{plural}")
    return Words(id=f"{seconds:.0f} detik", en=f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}")
