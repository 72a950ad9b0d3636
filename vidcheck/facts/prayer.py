"""Prayer times, for what an examiner heard in the clip.

The criteria are those of the timetable of the Indonesian Ministry of Religious Affairs as a copy states them
(source S-154, unverified against the official text; the dawn angle also S-155): dawn at -20 degrees, dhuhr at
transit, asr when a shadow is as long as the object plus its noon shadow, maghrib at sunset, isha at -18
degrees, and two minutes added to each for safety. Solar positions come from the ``astral`` library.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

Prayer = Literal["subuh", "dzuhur", "ashar", "maghrib", "isya"]
PRAYERS: tuple[Prayer, ...] = ("subuh", "dzuhur", "ashar", "maghrib", "isya")

IHTIYATI = timedelta(minutes=2)
"""Added to each prayer time for safety (source S-154)."""
SUBUH_ELEVATION_DEG = -20.0
ISYA_ELEVATION_DEG = -18.0
HORIZON_DEG = -0.8333
"""Sun's centre at rise and set: refraction of 34 arc minutes plus the disc's radius of 16."""


@lru_cache(maxsize=4096)
def _noon(lat: float, lon: float, day: date) -> datetime:
    """Transit on the local ``day``: noon in Indonesia is at 02:30 to 06:00 UTC, so the dates agree."""
    from astral import Observer
    from astral.sun import noon

    found: datetime = noon(Observer(lat, lon), day, tzinfo=UTC)
    return found


def _elevation(lat: float, lon: float, moment: datetime) -> float:
    from astral import Observer
    from astral.sun import elevation

    return float(elevation(Observer(lat, lon), moment, with_refraction=False))


def _time_at(lat: float, lon: float, day: date, elevation_deg: float, *, rising: bool) -> datetime | None:
    middle = _noon(lat, lon, day)
    high, low = middle, middle + timedelta(hours=-11.9 if rising else 11.9)
    if not _elevation(lat, lon, low) < elevation_deg <= _elevation(lat, lon, high):
        return None
    for _ in range(18):  # 11.9 h / 2^18 is a sixth of a second
        between = low + (high - low) / 2
        if _elevation(lat, lon, between) < elevation_deg:
            low = between
        else:
            high = between
    return high


@lru_cache(maxsize=4096)
def prayer_time(prayer: Prayer, lat: float, lon: float, day: date) -> datetime:
    """Return the beginning of a prayer's time on the local ``day``, UTC.

    Parameters
    ----------
    prayer:
        One of :data:`PRAYERS`.
    lat, lon:
        Degrees, north and east positive, in Indonesia.
    day:
        Local date.

    Raises
    ------
    ValueError
        If ``prayer`` is none of the five, or the sun does not reach the angle there that day.
    """
    found: datetime | None
    if prayer == "dzuhur":
        found = _noon(lat, lon, day)
    elif prayer == "ashar":
        zenith_deg = 90.0 - _elevation(lat, lon, _noon(lat, lon, day))
        angle = math.degrees(math.atan(1.0 / (1.0 + math.tan(math.radians(zenith_deg)))))
        found = _time_at(lat, lon, day, angle, rising=False)
    elif prayer == "maghrib":
        found = _time_at(lat, lon, day, HORIZON_DEG, rising=False)
    elif prayer == "isya":
        found = _time_at(lat, lon, day, ISYA_ELEVATION_DEG, rising=False)
    elif prayer == "subuh":
        found = _time_at(lat, lon, day, SUBUH_ELEVATION_DEG, rising=True)
    else:
        raise ValueError(f"no prayer called {prayer!r}")
    if found is None:
        raise ValueError(f"no {prayer} there that day")
    return found + IHTIYATI
