"""From light and shadow to time: where the sun stands, and what a kind of light says about the hour.

Three questions are answered here, all without pixels:

* how high the sun stands at a time and place (:func:`sun_elevation_deg`, :func:`sun_times`);
* which local hours fit a kind of light (:func:`hour_weights_for`), and how far that shifts the odds of
  "inside working hours" (:func:`odds_factor_working_hours`);
* at which two times of a day an upright object throws a shadow of a given length (:func:`shadow_times`).

Near the equator the length of the day hardly changes and twilight is short, so light tells a part of the day
and no more. The weights are likelihoods, not probabilities: how often this kind of light is seen with the sun
at that height, against the other kinds of light of the same setting (indoors or outdoors). To be indoors says
nothing about time. Solar positions are those of the ``astral`` library (NOAA's equations, better than 0.1
degree for our centuries), geometric, without refraction.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from datetime import date as Date
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from vidcheck.errors import UsageError
from vidcheck.types import LightingLabel

F64 = npt.NDArray[np.float64]

EXCLUDED_BELOW = 0.05
"""An hour whose weight is below this counts as excluded by the light; weights are never zero."""

ANCHORS_DEG: tuple[float, ...] = (-18.0, -12.0, -9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 10.0, 20.0)
"""Sun elevations in degrees at which :data:`LIKELIHOODS` is given; linear between them, constant outside."""

LIKELIHOODS: dict[str, tuple[float, ...]] = {
    #                      -18    -12     -9     -6     -3      0      3      6     10     20
    "outdoor_day":       (0.010, 0.040, 0.139, 0.256, 0.373, 0.546, 0.723, 0.869, 0.969, 1.000),
    "twilight":          (0.092, 0.413, 0.762, 0.987, 1.000, 0.822, 0.523, 0.250, 0.059, 0.010),
    "outdoor_night":     (1.000, 0.794, 0.502, 0.256, 0.125, 0.039, 0.012, 0.010, 0.010, 0.010),
    "indoor_daylight":   (0.103, 0.100, 0.118, 0.240, 0.411, 0.526, 0.642, 0.789, 0.868, 1.000),
    "indoor_artificial": (0.991, 1.000, 0.980, 0.883, 0.747, 0.656, 0.565, 0.500, 0.500, 0.500),
}  # fmt: skip
"""How often a scene is given this label with the sun at each of :data:`ANCHORS_DEG`, relative to the most.

Among outdoor labels for the outdoor ones, among indoor labels for the indoor ones. Counted on 264 photos with a trusted
clock and place, labelled by a network that had not seen their source, and added to a prior of six photos at each
elevation (``python -m benchmarks.lighting --table``). Under the horizon photos are few and the prior rules.
``indoor_daylight`` never falls under a tenth, because tubes make halls look daylit at night, and ``indoor_artificial``
never under one half: rooms without windows are lit by lamps at noon too, and how many of the rooms in question have
none is not known.
"""

_ZONES: dict[str, tuple[str, ...]] = {
    "WIB": ("Asia/Jakarta", "Asia/Pontianak"),
    "WITA": ("Asia/Makassar", "Asia/Ujung_Pandang"),
    "WIT": ("Asia/Jayapura",),
}
_ENVELOPE: dict[str, tuple[tuple[float, float], ...]] = {
    # Corners of each zone, latitude and longitude in degrees: sunrise and sunset in between lie between
    # theirs.
    "WIB": (
        (5.9, 95.2),
        (-5.4, 102.3),
        (-6.9, 105.2),
        (3.9, 108.4),
        (-8.8, 114.6),
        (0.3, 114.2),
        (-2.0, 115.8),
    ),
    "WITA": ((-8.3, 114.4), (-3.3, 114.3), (4.3, 114.7), (-11.0, 122.9), (5.6, 126.6), (-8.2, 125.2)),
    "WIT": ((-1.9, 124.3), (-8.0, 125.8), (2.6, 128.6), (-2.6, 141.0), (-9.1, 141.0)),
}
# Solstices, equinoxes, the extremes of the equation of time (11 February, 3 November) and days between them.
_YEAR: tuple[tuple[int, int], ...] = (
    (1, 5), (1, 21), (2, 11), (3, 20), (4, 20), (5, 14), (6, 21), (7, 26), (8, 25), (9, 22), (10, 15), (11,
    3), (12, 21),
)  # fmt: skip
_MINUTES = (0, 15, 30, 45, 59)


@dataclass(frozen=True, slots=True)
class SunTimes:
    """The sun's day at one place; None where the sun does not reach that height that day."""

    dawn: datetime | None
    """Civil dawn, the sun 6 degrees under the horizon."""
    sunrise: datetime | None
    """Upper limb on the horizon, refraction included."""
    noon: datetime
    """The sun at its highest."""
    sunset: datetime | None
    """Upper limb on the horizon, refraction included."""
    dusk: datetime | None
    """Civil dusk, the sun 6 degrees under the horizon."""


@dataclass(frozen=True, slots=True)
class ShadowResult:
    """What the shadow of an upright object says."""

    elevation_deg: float
    """Elevation of the sun, degrees."""
    elevation_error_deg: float
    """Its error, degrees: measurement of the picture and slope of the ground, as handed in."""
    morning: datetime | None
    """Time before solar noon at which the sun stands there; None where date or place is missing, or never."""
    afternoon: datetime | None
    """Time after solar noon; None as for ``morning``."""
    error_minutes: float | None
    """Largest distance of the ends of ``windows`` from the nearest of the two times, minutes."""
    windows: tuple[tuple[datetime, datetime], ...] = ()
    """The stretches of that day in which the elevation lies within its error: one or two."""
    possible: bool | None = None
    """False where the sun does not reach that height on that date at that place: date, place or marks are
    wrong."""
    highest_deg: float | None = None
    """Elevation of the sun at solar noon of that day, degrees."""


def _check_place(lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        remedy = "Latitude goes from -90 to 90, longitude from -180 to 180."
        raise UsageError(f"{lat}, {lon} is no place on earth.", remedy)


def _zone_name(zone: str) -> str | None:
    """``WIB``, ``WITA`` or ``WIT`` for an Indonesian zone, None for another."""
    return next((name for name, iana in _ZONES.items() if zone == name or zone in iana), None)


def _tzinfo(zone: str) -> tzinfo:
    name = zone if zone not in _ZONES else _ZONES[zone][0]
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise UsageError(f"{zone} is no time zone.", "Use WIB, WITA, WIT or a name such as Asia/Jakarta.") from exc


def sun_elevation_deg(when: datetime, lat: float, lon: float) -> float:
    """Return the geometric elevation of the sun's centre over the horizon in degrees.

    Parameters
    ----------
    when:
        Zone-aware time.
    lat, lon:
        Degrees, north and east positive.

    Raises
    ------
    ValueError
        ``when`` has no zone.
    UsageError
        Latitude or longitude out of range.
    """
    from astral import Observer
    from astral.sun import elevation

    if when.tzinfo is None:
        raise ValueError("sun_elevation_deg needs a zone-aware time")
    _check_place(lat, lon)
    return float(elevation(Observer(lat, lon), when.astimezone(UTC), with_refraction=False))


def sun_times(date: Date, lat: float, lon: float, zone: str) -> SunTimes:
    """Return dawn, sunrise, noon, sunset and dusk of ``date`` in ``zone``, zone aware.

    Raises
    ------
    UsageError
        Unknown zone, or latitude or longitude out of range.
    """
    from astral import Observer
    from astral import sun as astral_sun

    _check_place(lat, lon)
    tz, observer = _tzinfo(zone), Observer(lat, lon)
    local: dict[str, datetime | None] = {}
    for name in ("dawn", "sunrise", "sunset", "dusk"):
        try:
            local[name] = getattr(astral_sun, name)(observer, date=date, tzinfo=tz)
        except ValueError:  # polar day or night
            local[name] = None
    noon = astral_sun.noon(observer, date=date, tzinfo=tz)
    return SunTimes(local["dawn"], local["sunrise"], noon, local["sunset"], local["dusk"])


def label_likelihood(label: LightingLabel, elevation_deg: float) -> float:
    """Return how often ``label`` is seen with the sun at ``elevation_deg``, relative to its most; 1 for
    ``unknown``.
    """
    if label == "unknown":
        return 1.0
    values = LIKELIHOODS[label]
    if elevation_deg <= ANCHORS_DEG[0]:
        return values[0]
    for (low, high), (a, b) in zip(pairwise(ANCHORS_DEG), pairwise(values), strict=True):
        if elevation_deg <= high:
            return a + (b - a) * (elevation_deg - low) / (high - low)
    return values[-1]


def _sites(lat: float | None, lon: float | None, zone: str | None) -> tuple[tuple[float, float, tzinfo], ...]:
    """Places with their zone over which to take the envelope."""
    if lat is not None and lon is not None:
        _check_place(lat, lon)
        if zone is not None:
            return ((lat, lon, _tzinfo(zone)),)
        return tuple((lat, lon, tz) for tz in _zones_at(lat, lon))
    name = None if zone is None else _zone_name(zone)
    if zone is not None and name is None:  # a zone outside Indonesia without a place: the tropics along its meridian
        tz = _tzinfo(zone)
        offset = datetime(2025, 1, 1, tzinfo=tz).utcoffset() or timedelta(0)
        meridian = offset.total_seconds() / 240
        return tuple((la, max(-180.0, min(180.0, meridian + d)), tz) for la in (-11.0, 6.0) for d in (-12.0, 0.0, 12.0))
    names = (name,) if name else tuple(_ENVELOPE)
    return tuple((la, lo, ZoneInfo(_ZONES[n][0])) for n in names for la, lo in _ENVELOPE[n])


def _zones_at(lat: float, lon: float) -> tuple[tzinfo, ...]:
    """Zones that are possible at a place: Indonesia's by longitude, else the nautical one and its
    neighbours.
    """
    if -11.2 <= lat <= 6.2 and 94.5 <= lon <= 141.2:
        ranges = {"WIB": (94.5, 115.9), "WITA": (113.8, 127.3), "WIT": (124.2, 141.2)}
        return tuple(ZoneInfo(_ZONES[n][0]) for n, (west, east) in ranges.items() if west <= lon <= east)
    nautical = round(lon / 15)
    return tuple(timezone(timedelta(hours=nautical + d)) for d in (-1, 0, 1) if -12 <= nautical + d <= 14)


@lru_cache(maxsize=256)
def _sun_at(tz: tzinfo, day: Date) -> tuple[F64, F64]:
    """Declination, and true solar time at longitude 0, at a few minutes of each of the 24 local hours of ``day``.

    Both in radians, of shape (24, minutes): they do not depend on the place, so that an envelope of many places costs
    no more than one.
    """
    from astral.julian import julianday, julianday_to_juliancentury
    from astral.sun import eq_of_time, sun_declination

    declination, solar = np.empty((2, 24, len(_MINUTES)))
    for hour in range(24):
        for n, minute in enumerate(_MINUTES):
            when = datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz).astimezone(UTC)
            century = julianday_to_juliancentury(julianday(when))
            declination[hour, n] = math.radians(sun_declination(century))
            solar[hour, n] = math.radians((60 * when.hour + when.minute + eq_of_time(century)) / 4)
    return declination, solar


def _hour_elevations(lat: float, lon: float, tz: tzinfo, day: Date) -> F64:
    """Elevations in degrees at a few minutes of each of the 24 local hours of ``day``, shape (24, minutes)."""
    declination, solar = _sun_at(tz, day)
    lat_rad, angle = math.radians(lat), solar + math.radians(lon) - math.pi
    sine = math.cos(lat_rad) * np.cos(declination) * np.cos(angle) + math.sin(lat_rad) * np.sin(declination)
    elevations: F64 = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    return elevations


def hour_weights_for(
    label: LightingLabel,
    *,
    date: Date | None,
    lat: float | None,
    lon: float | None,
    zone: str | None,
) -> tuple[float, ...]:
    """Return 24 weights, one for each local hour, largest 1, never 0: how well the hour fits the light.

    The weight of an hour is the mean over its minutes of :func:`label_likelihood` at the sun's elevation.
    Where the date is missing the largest over the year is taken, where the place is missing the largest over
    the corners of Indonesia's zones (or of ``zone``), so that nothing is excluded that is possible on some
    day or at some place.

    Parameters
    ----------
    label:
        The light; ``unknown`` gives 1 everywhere.
    date:
        Local date, or None.
    lat, lon:
        Degrees, north and east positive, or None.
    zone:
        IANA name or ``WIB``, ``WITA``, ``WIT``, or None.

    Raises
    ------
    UsageError
        Unknown zone, or latitude or longitude out of range.
    """
    if label == "unknown":
        return (1.0,) * 24
    sites = _sites(lat, lon, zone)
    days = (date,) if date is not None else tuple(Date(2025, month, day) for month, day in _YEAR)
    elevations = np.stack([_hour_elevations(la, lo, tz, day) for la, lo, tz in sites for day in days])
    best = np.interp(elevations, ANCHORS_DEG, LIKELIHOODS[label]).mean(axis=2).max(axis=0)
    return tuple(round(float(weight), 4) for weight in best / best.max())


def combine_hour_weights(probabilities: dict[str, float], weights: dict[str, tuple[float, ...]]) -> tuple[float, ...]:
    """Return hour weights of an uncertain label: the mean over labels by probability, largest 1.

    ``probabilities`` are calibrated class probabilities (``LightingObservation.alternatives``), ``weights``
    the result of :func:`hour_weights_for` by label. Raises ValueError where a label with probability has no
    weights.
    """
    missing = [label for label, p in probabilities.items() if p > 0 and label not in weights]
    if missing:
        raise ValueError(f"no hour weights for {', '.join(sorted(missing))}")
    mixed = [sum(p * weights[label][hour] for label, p in probabilities.items() if p > 0) for hour in range(24)]
    top = max(mixed)
    return tuple(round(weight / top, 4) for weight in mixed) if top > 0 else (1.0,) * 24


def odds_factor_working_hours(
    hour_weights: tuple[float, ...],
    *,
    start_hour: float = 7.5,
    end_hour: float = 16.0,
    awake: tuple[float, float] = (5.0, 24.0),
) -> float:
    """Return the factor by which the weights multiply the odds of "inside working hours".

    It is the mean weight inside divided by the mean weight outside. Outside counts only waking hours, every
    hour alike: with the small hours in, where hardly anything is recorded, daylight would seem to say more
    than it does. 1 means that the light says nothing about it.

    Parameters
    ----------
    hour_weights:
        24 weights.
    start_hour, end_hour:
        Working hours as local clock hours; 07:30 to 16:00 unless the rule of the place says otherwise.
    awake:
        First and last hour that count as outside.

    Raises
    ------
    ValueError
        Not 24 weights, a negative one, or hours that leave nothing inside or outside.
    """
    if len(hour_weights) != 24 or min(hour_weights) < 0:
        raise ValueError("odds_factor_working_hours needs 24 weights that are not negative")

    def overlap(hour: int, low: float, high: float) -> float:
        return max(0.0, min(hour + 1.0, high) - max(float(hour), low))

    inside = [overlap(h, start_hour, end_hour) for h in range(24)]
    outside = [max(0.0, overlap(h, *awake) - inside[h]) for h in range(24)]
    if sum(inside) <= 0 or sum(outside) <= 0:
        raise ValueError("working hours must lie within the waking hours and leave some of them outside")
    mean_in = _weighted(hour_weights, inside)
    mean_out = _weighted(hour_weights, outside)
    return mean_in / mean_out if mean_out > 0 else math.inf


def _weighted(values: Iterable[float], shares: list[float]) -> float:
    return sum(v * s for v, s in zip(values, shares, strict=True)) / sum(shares)


def shadow_times(
    height: float,
    length: float,
    *,
    date: Date | None,
    lat: float | None,
    lon: float | None,
    zone: str | None,
    relative_error: float = 0.10,
    slope_deg: float = 2.0,
) -> ShadowResult:
    """Return the sun's elevation from an upright object and its shadow on level ground, and the two times it
    fits.

    ``tan(elevation) = height / length``. Height and length must be true lengths in the same unit, or lengths
    in the picture that were corrected for perspective: a shadow towards or away from the camera looks shorter
    than it is.

    Parameters
    ----------
    height, length:
        Of the object and of its shadow, same unit, greater than 0.
    date, lat, lon, zone:
        When and where, as for :func:`hour_weights_for`; without all of date, lat and lon only the elevation
        is given.
    relative_error:
        Standard error of ``height / length``, as a share. The default is a judgement, not a measurement.
    slope_deg:
        Standard error for ground that is not level and objects that lean, degrees. A judgement as well.

    Raises
    ------
    UsageError
        A length that is not greater than 0, an unknown zone, or a place out of range.
    """
    if not (height > 0 and length > 0 and math.isfinite(height) and math.isfinite(length)):
        raise UsageError("Height and shadow length must be greater than 0.", "Example: --shadow 170 95")
    angle = math.atan2(height, length)
    elevation = math.degrees(angle)
    # d(atan r) = dr / (1 + r^2) = (dr / r) * sin(2 angle) / 2; the sun's disc blurs the tip by a quarter
    # degree.
    error = math.hypot(math.degrees(math.sin(2 * angle) / 2 * relative_error), slope_deg, 0.27)
    if date is None or lat is None or lon is None:
        return ShadowResult(elevation, error, None, None, None)
    _check_place(lat, lon)
    tz = _tzinfo(zone) if zone is not None else _zones_at(lat, lon)[0]
    midnight = datetime(date.year, date.month, date.day, tzinfo=tz).astimezone(UTC)
    track = [sun_elevation_deg(midnight + timedelta(minutes=m), lat, lon) for m in range(24 * 60 + 1)]
    noon = max(range(len(track)), key=track.__getitem__)

    def local(minute: float) -> datetime:
        return (midnight + timedelta(minutes=minute)).astimezone(tz).replace(microsecond=0)

    def crossing(minutes: range) -> float | None:
        for a, b in pairwise(minutes):
            low, high = sorted((track[a], track[b]))
            if low <= elevation <= high and track[a] != track[b]:
                return a + (elevation - track[a]) / (track[b] - track[a]) * (b - a)
        return None

    morning, afternoon = crossing(range(noon, -1, -1)), crossing(range(noon, len(track)))
    spans: list[list[int]] = []
    for minute, value in enumerate(track):
        if abs(value - elevation) <= error:
            if spans and spans[-1][1] == minute - 1:
                spans[-1][1] = minute
            else:
                spans.append([minute, minute])
    marks = [m for m in (morning, afternoon) if m is not None] or ([float(noon)] if spans else [])
    error_minutes = max((min(abs(end - m) for m in marks) for span in spans for end in span), default=None)
    return ShadowResult(
        elevation,
        error,
        local(morning) if morning is not None else None,
        local(afternoon) if afternoon is not None else None,
        error_minutes,
        tuple((local(a), local(b)) for a, b in spans),
        bool(spans),
        track[noon],
    )
