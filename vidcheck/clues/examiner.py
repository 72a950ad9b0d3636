"""What the examiner heard, measured or knows: theirs, recorded as theirs; the machine computes from it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from vidcheck import sun
from vidcheck.clues._make import ZONES_WEST_TO_EAST, make, parse_offset
from vidcheck.errors import UsageError
from vidcheck.facts import wording
from vidcheck.facts.places import Place
from vidcheck.facts.prayer import PRAYERS, Prayer, prayer_time
from vidcheck.types import TimeClue, Words

ADZAN_BEFORE = timedelta(minutes=5)
"""How long before the computed time a call may be heard: clocks of mosques and coordinates differ; a
judgement.
"""
ADZAN_AFTER = timedelta(minutes=15)
"""How long after it a call may still be heard; a judgement."""

FAR_SEAT = timedelta(minutes=12)
"""Added on both sides where only the provincial capital's coordinates are known: 3 degrees of longitude."""

_SPELLINGS: dict[Prayer, str] = {
    "subuh": "subuh shubuh fajr",
    "dzuhur": "dzuhur zuhur dhuhur lohor dhuhr jumat",
    "ashar": "ashar asar asr",
    "maghrib": "maghrib magrib",
    "isya": "isya isya' isha",
}
_ALIASES: dict[str, Prayer] = {name: prayer for prayer, names in _SPELLINGS.items() for name in names.split()}
_THEIRS = Words(
    id="Keterangan pemeriksa, bukan temuan alat.", en="The examiner's statement, not a finding of the tool."
)
_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?\s*"
    r"(Z|UTC|WIB|WITA|WIT|[+-]\d{2}:?\d{2})?\s*$",
    re.I,
)


def parse_time(text: str, *, zone: ZoneInfo | None, option: str) -> tuple[datetime, datetime]:
    """Parse a time that the examiner gave and return the span of moments that it can mean.

    Accepts ISO (``2023-06-08 09:14``, with or without seconds, ``Z``, an offset, WIB, WITA or WIT), a date
    alone, and the forms that people write (``8 Juni 2023 pukul 09.14 WIB``).

    Parameters
    ----------
    text:
        What was given.
    zone:
        Zone of the place, for times without one; None reads them in all three zones of Indonesia.
    option:
        Name of the option, for the error.

    Returns
    -------
    tuple[datetime, datetime]
        First moment, and the moment after the last.

    Raises
    ------
    UsageError
        If it cannot be understood, or its day and month can be swapped.
    """
    match = _ISO.match(text)
    stated: datetime
    tz: timezone | ZoneInfo | None = None
    try:
        if match is not None:
            year, month, day, hour, minute, second, mark = match.groups()
            stated = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
            step = 86400 if hour is None else 60 if second is None else 1
            tz = _zone_mark(mark)
        else:
            stated, step, tz = _written(text, option)
    except ValueError as error:
        raise UsageError(f"{option}: {text[:60]!r} is no date.", "Example: 2023-06-08 09:14 WIB") from error
    zones = (tz or zone,) if tz or zone else (ZONES_WEST_TO_EAST[-1], ZONES_WEST_TO_EAST[0])
    return stated.replace(tzinfo=zones[0]), stated.replace(tzinfo=zones[-1]) + timedelta(seconds=step)


def _zone_mark(mark: str | None) -> timezone | ZoneInfo | None:
    if mark is None:
        return None
    named = {"WIB": 0, "WITA": 1, "WIT": 2}
    if mark.upper() in named:
        return ZONES_WEST_TO_EAST[named[mark.upper()]]
    return UTC if mark.upper() in ("Z", "UTC") else parse_offset(mark)


def _written(text: str, option: str) -> tuple[datetime, int, timezone | None]:
    from vidcheck.timestamps import find_times

    readings = [reading for reading in find_times(text) if reading.dates]
    if len(readings) != 1:
        raise UsageError(f"{option}: {text[:60]!r} is no date and time.", "Example: 2023-06-08 09:14 WIB")
    reading = readings[0]
    if reading.ambiguous:
        options = " or ".join(str(day) for day in reading.dates)
        raise UsageError(f"{option}: {text[:60]!r} can be {options}.", "Write it as YYYY-MM-DD.")
    moments = reading.moments() or (datetime.combine(reading.dates[0], datetime.min.time()),)
    offset = reading.utc_offset_min
    return (
        moments[0],
        reading.precision_s,
        timezone(timedelta(minutes=offset)) if offset is not None else None,
    )


def posted(text: str, *, zone: ZoneInfo | None) -> TimeClue:
    """Return the bound of a posting time that the examiner read off.

    Raises
    ------
    UsageError
        See :func:`parse_time`.
    """
    start, end = parse_time(text, zone=zone, option="--posted")
    said = wording.moment(start, zone or start.tzinfo)
    return make(
        "not_after", "examiner", "examiner", "moderate",
        Words(
            id=f"Diunggah {said.id} menurut pemeriksa. Direkam paling lambat saat itu.",
            en=f"Posted {said.en} according to the examiner. Recorded no later than that.",
        ),
        basis=f"--posted {text}", latest=end, caveats=(_THEIRS,),
    )  # fmt: skip


def known_not_before(text: str, *, zone: ZoneInfo | None) -> TimeClue:
    """Return the lower bound that the examiner knows.

    Raises
    ------
    UsageError
        See :func:`parse_time`.
    """
    start, _ = parse_time(text, zone=zone, option="--known-not-before")
    said = wording.moment(start, zone or start.tzinfo)
    return make(
        "not_before", "examiner", "examiner", "moderate",
        Words(
            id=f"Tidak mungkin direkam sebelum {said.id} menurut pemeriksa.",
            en=f"Cannot have been recorded before {said.en} according to the examiner.",
        ),
        basis=f"--known-not-before {text}", earliest=start, caveats=(_THEIRS,),
    )  # fmt: skip


def heard_adzan(names: str, *, place: Place | None, day: date | None) -> tuple[TimeClue, ...]:
    """Return the part of the day in which a call to prayer was heard.

    Parameters
    ----------
    names:
        Names of prayers, separated by commas; usual spellings are understood.
    place:
        The place; without one no time can be computed and the clue only records what was heard.
    day:
        The local date where other clues fix it; else the envelope over the year is taken.

    Raises
    ------
    UsageError
        If a name is none of the five prayers.
    """
    found = []
    for name in filter(None, (part.strip().casefold() for part in names.split(","))):
        prayer = _ALIASES.get(name)
        if prayer is None:
            raise UsageError(f"--heard-adzan: no prayer called {name[:30]!r}.", f"One of: {', '.join(PRAYERS)}.")
        found.append(_adzan(prayer, place, day))
    return tuple(found)


def _adzan(prayer: Prayer, place: Place | None, day: date | None) -> TimeClue:
    heard = Words(id=f"Pemeriksa mendengar azan {prayer}", en=f"The examiner heard the call to {prayer} prayer")
    caveats = [
        _THEIRS,
        Words(
            id="Suara dapat berasal dari rekaman, televisi, atau penyuntingan.",
            en="The sound can come from a recording, a television or editing.",
        ),
    ]
    if place is None:
        return make(
            "day_part", "examiner", "examiner", "contextual",
            Words(
                id=f"{heard.id}. Berikan --place agar waktunya dapat dihitung.",
                en=f"{heard.en}. Give --place so that its time can be computed.",
            ),
            basis=f"--heard-adzan {prayer}", caveats=tuple(caveats),
        )  # fmt: skip
    if place.coordinates != "own_seat":
        caveats.append(
            Words(
                id="Dihitung dengan koordinat ibu kota provinsi; dapat meleset beberapa menit.",
                en="Computed with the coordinates of the provincial capital; it can be some minutes off.",
            )
        )
    days = (day,) if day is not None else tuple(date(2025, month, mid) for month in range(1, 13) for mid in (3, 18))
    times = [prayer_time(prayer, place.lat, place.lon, one).astimezone(place.zoneinfo) for one in days]
    minutes = [(time.hour * 60 + time.minute + time.second / 60) for time in times]
    margin = timedelta(0) if place.coordinates == "own_seat" else FAR_SEAT
    before, after = ADZAN_BEFORE + margin, ADZAN_AFTER + margin
    low = min(minutes) - before.total_seconds() / 60
    high = max(minutes) + after.total_seconds() / 60
    said = f"{int(min(minutes)) // 60:02d}.{int(min(minutes)) % 60:02d}"
    if int(max(minutes)) != int(min(minutes)):
        said += f"-{int(max(minutes)) // 60:02d}.{int(max(minutes)) % 60:02d}"
    when_id = wording.day(day).id if day else "sepanjang tahun"
    when_en = wording.day(day).en if day else "over the year"
    return make(
        "day_part", "examiner", "sun", "moderate",
        Words(
            id=f"{heard.id}: di {place.full_name} masuk waktu pukul {said} {place.zone} ({when_id}).",
            en=f"{heard.en}: in {place.full_name} it falls at {said.replace('.', ':')} {place.zone} "
            f"({when_en}).",
        ),
        basis=f"--heard-adzan {prayer}", hour_weights=_hours(low, high), caveats=tuple(caveats),
        earliest=(times[0] - before).replace(second=0, microsecond=0) if day else None,
        latest=(times[0] + after).replace(second=0, microsecond=0) + timedelta(minutes=1) if day else None,
    )  # fmt: skip


def shadow(height: float, length: float, *, place: Place | None, day: date | None) -> TimeClue:
    """Return what the shadow of an upright object says.

    Parameters
    ----------
    height, length:
        Of the object and of its shadow, in the same unit, corrected for perspective.
    place:
        The place, or None: then only the sun's elevation is known.
    day:
        The local date where other clues fix it; else every date of the year counts.

    Raises
    ------
    UsageError
        If a length is not greater than 0.
    """
    lat, lon = (place.lat, place.lon) if place is not None else (None, None)
    zone = place.tz if place is not None else None
    days = (day,) if day is not None else tuple(date(2025, month, mid) for month in range(1, 13) for mid in (6, 21))
    results = [sun.shadow_times(height, length, date=one, lat=lat, lon=lon, zone=zone) for one in days]
    first = results[0]
    measured = Words(
        id=f"Bayangan yang ditandai pemeriksa: matahari setinggi {first.elevation_deg:.0f}\u00b0 "
        f"(\u00b1{first.elevation_error_deg:.0f}\u00b0)",
        en=f"The shadow that the examiner marked: the sun stood {first.elevation_deg:.0f}\u00b0 high "
        f"(\u00b1{first.elevation_error_deg:.0f}\u00b0)",
    )
    basis = f"--shadow {height:g} {length:g}"
    windows = [window for result in results for window in result.windows]
    if place is None or not windows:
        impossible = place is not None
        why_id = ", tidak mungkin di tempat dan tanggal itu" if impossible else "; berikan --place untuk jamnya"
        why_en = ", which is impossible at that place and date" if impossible else "; give --place for the hours"
        return make(
            "day_part", "examiner", "examiner", "contextual",
            Words(id=f"{measured.id}{why_id}.", en=f"{measured.en}{why_en}."),
            basis=basis, caveats=(_THEIRS,),
        )  # fmt: skip
    weights = [0.0] * 24
    for start, end in windows:
        low, high = (t.hour * 60 + t.minute for t in (start, end))
        weights = [max(a, b) for a, b in zip(weights, _hours(low - 1, high + 1), strict=True)]
    if day is not None:
        spans = [f"{a:%H.%M}-{b:%H.%M}" for a, b in windows]
        said_id = f": pukul {' atau '.join(spans)} {place.zone}, {wording.day(day).id}"
        said_en = f": {' or '.join(spans).replace('.', ':')} {place.zone}, {wording.day(day).en}"
    else:
        said_id, said_en = (
            "; tanggal tidak diketahui, dipakai semua tanggal",
            "; the date is not known, every date counts",
        )
    return make(
        "day_part", "examiner", "sun", "moderate",
        Words(id=f"{measured.id}{said_id}.", en=f"{measured.en}{said_en}."),
        basis=basis, hour_weights=tuple(weights),
        caveats=(
            _THEIRS,
            Words(
                id="Panjang bayangan pada gambar harus dikoreksi perspektif; tanah miring mengubah hasil.",
                en="The shadow's length in the picture must be corrected for perspective; sloping ground "
                "changes the result.",
            ),
        ),
    )  # fmt: skip


def _hours(low_min: float, high_min: float) -> tuple[float, ...]:
    """Return weight 1 for every local hour that overlaps the span in minutes of the day, else 0."""
    return tuple(1.0 if hour * 60 < high_min and (hour + 1) * 60 > low_min else 0.0 for hour in range(24))
