"""Sun positions, hour weights and shadows against known astronomy."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidcheck import sun
from vidcheck.errors import UsageError
from vidcheck.types import LightingLabel

JAKARTA = {"lat": -6.2, "lon": 106.8, "zone": "Asia/Jakarta"}
NOWHERE = {"date": None, "lat": None, "lon": None, "zone": None}


def test_elevation_at_the_zenith_and_at_midnight():
    # On 5 March and 8 October the sun passes over Jakarta's latitude: close to 90 degrees at solar noon.
    noon = sun.sun_times(date(2025, 10, 8), -6.2, 106.8, "WIB").noon
    assert sun.sun_elevation_deg(noon, -6.2, 106.8) > 89
    assert sun.sun_elevation_deg(noon + timedelta(hours=12), -6.2, 106.8) < -75


def test_elevation_at_an_equinox_on_the_equator_is_the_hour_angle():
    noon = sun.sun_times(date(2025, 3, 20), 0.0, 109.33, "Asia/Pontianak").noon
    for hours in (1, 2, 3, 4, 5):
        elevation = sun.sun_elevation_deg(noon + timedelta(hours=hours), 0.0, 109.33)
        assert elevation == pytest.approx(90 - 15 * hours, abs=0.4)


def test_elevation_refuses_naive_times_and_impossible_places():
    with pytest.raises(ValueError, match="zone-aware"):
        sun.sun_elevation_deg(datetime(2025, 1, 1, 12), 0, 100)
    with pytest.raises(UsageError):
        sun.sun_elevation_deg(datetime(2025, 1, 1, 12, tzinfo=UTC), 91, 100)


def test_sun_times_match_published_ones():
    # Jakarta, 21 June: sunrise 06:01, sunset 17:47 WIB (almanac figures, minute precision).
    times = sun.sun_times(date(2025, 6, 21), -6.2, 106.8, "Asia/Jakarta")
    assert times.sunrise is not None and times.sunset is not None
    assert abs(times.sunrise - datetime(2025, 6, 21, 6, 1, tzinfo=ZoneInfo("Asia/Jakarta"))) < timedelta(minutes=3)
    assert abs(times.sunset - datetime(2025, 6, 21, 17, 47, tzinfo=ZoneInfo("Asia/Jakarta"))) < timedelta(minutes=3)
    assert times.dawn < times.sunrise < times.noon < times.sunset < times.dusk


def test_sun_times_in_polar_night_are_missing():
    times = sun.sun_times(date(2025, 12, 21), 78.2, 15.6, "Arctic/Longyearbyen")
    assert times.sunrise is None and times.dusk is None


@pytest.mark.parametrize("label", get_args(LightingLabel))
def test_weights_are_24_never_zero_with_largest_one(label):
    for where in (NOWHERE, {"date": date(2025, 5, 14), **JAKARTA}):
        weights = sun.hour_weights_for(label, **where)
        assert len(weights) == 24 and max(weights) == 1.0 and min(weights) > 0


def test_daylight_excludes_midnight_and_a_dark_street_excludes_office_hours():
    for where in (NOWHERE, {"date": date(2025, 5, 14), **JAKARTA}):
        day = sun.hour_weights_for("outdoor_day", **where)
        night = sun.hour_weights_for("outdoor_night", **where)
        assert max(day[h] for h in (21, 22, 23, 0, 1, 2, 3)) < sun.EXCLUDED_BELOW < min(day[7:17])
        assert max(night[8:16]) < sun.EXCLUDED_BELOW < min(night[20:24])


def test_lamps_indoors_exclude_no_hour():
    weights = sun.hour_weights_for("indoor_artificial", **NOWHERE)
    assert min(weights) >= 0.4
    assert sun.odds_factor_working_hours(weights) < 1


def test_unknown_says_nothing():
    weights = sun.hour_weights_for("unknown", **NOWHERE)
    assert set(weights) == {1.0}
    assert sun.odds_factor_working_hours(weights) == pytest.approx(1)


def test_without_place_or_date_nothing_is_excluded_that_a_place_or_date_allows():
    wide = sun.hour_weights_for("outdoor_day", **NOWHERE)
    for day in (date(2025, 1, 10), date(2025, 6, 1), date(2025, 11, 20)):
        for lat, lon, zone in (
            (5.5, 95.3, "WIB"),
            (-8.6, 115.2, "WITA"),
            (-2.5, 140.7, "WIT"),
            (-7.5, 112.7, "WIB"),
        ):
            narrow = sun.hour_weights_for("outdoor_day", date=day, lat=lat, lon=lon, zone=zone)
            assert all(w >= n - 0.06 for w, n in zip(wide, narrow, strict=True))


def test_envelope_holds_the_extremes_of_indonesia():
    # Miangas is dark at 18:00 WITA in December; Sabang sees the sun until almost 19:00 WIB in July.
    assert sun.hour_weights_for("outdoor_night", date=None, lat=None, lon=None, zone="WITA")[18] > 0.5
    assert sun.hour_weights_for("outdoor_day", date=date(2025, 7, 15), lat=5.9, lon=95.3, zone="WIB")[18] > 0.3


def test_zone_names_are_interchangeable_and_bad_ones_refused():
    kwargs = {"date": date(2025, 5, 14), "lat": -6.2, "lon": 106.8}
    assert sun.hour_weights_for("twilight", zone="WIB", **kwargs) == sun.hour_weights_for(
        "twilight", zone="Asia/Jakarta", **kwargs
    )
    with pytest.raises(UsageError):
        sun.hour_weights_for("twilight", zone="Asia/Nowhere", **kwargs)


def test_place_without_zone_uses_every_zone_possible_there():
    # Longitude 115 is WIB in Kalimantan Tengah and WITA in Bali: both readings of the clock stay open.
    args = {"date": date(2025, 5, 14), "lat": -2.0, "lon": 115.0}
    both = sun.hour_weights_for("outdoor_day", zone=None, **args)
    for zone in ("WIB", "WITA"):
        one = sun.hour_weights_for("outdoor_day", zone=zone, **args)
        assert all(b >= o - 1e-6 for b, o in zip(both, one, strict=True))


def test_zone_outside_indonesia_without_place():
    weights = sun.hour_weights_for("outdoor_day", date=None, lat=None, lon=None, zone="Asia/Kuala_Lumpur")
    assert weights[13] == 1.0 and weights[1] < 0.1


def test_combined_weights_follow_the_probabilities():
    weights = {label: sun.hour_weights_for(label, **NOWHERE) for label in ("outdoor_day", "outdoor_night")}
    assert sun.combine_hour_weights({"outdoor_day": 1.0, "outdoor_night": 0.0}, weights) == weights["outdoor_day"]
    half = sun.combine_hour_weights({"outdoor_day": 0.5, "outdoor_night": 0.5}, weights)
    assert half[12] > 0.4 and half[0] > 0.4  # neither noon nor midnight is excluded any more
    with pytest.raises(ValueError, match="twilight"):
        sun.combine_hour_weights({"twilight": 1.0}, weights)


def test_odds_factor_by_hand():
    weights = tuple(1.0 if 8 <= h < 16 else 0.25 for h in range(24))
    assert sun.odds_factor_working_hours(weights, start_hour=8, end_hour=16, awake=(0, 24)) == pytest.approx(4)
    assert sun.odds_factor_working_hours((1.0,) * 24) == pytest.approx(1)
    with pytest.raises(ValueError, match="24"):
        sun.odds_factor_working_hours((1.0,) * 23)


def test_shadow_without_date_gives_elevation_only():
    result = sun.shadow_times(1.7, 1.7, date=None, lat=None, lon=None, zone=None)
    assert result.elevation_deg == pytest.approx(45)
    assert 2 < result.elevation_error_deg < 5
    assert (result.morning, result.afternoon, result.error_minutes, result.possible) == (
        None,
        None,
        None,
        None,
    )


@settings(max_examples=25, deadline=None)
@given(
    minute=st.integers(7 * 60, 16 * 60),
    lat=st.floats(-10.5, 5.5),
    lon=st.floats(95.5, 113.5),
    day=st.dates(date(2019, 1, 1), date(2027, 12, 31)),
)
def test_shadow_finds_the_time_it_was_made(minute, lat, lon, day):
    true = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo("Asia/Jakarta"))
    elevation = math.radians(sun.sun_elevation_deg(true, lat, lon))
    if elevation < math.radians(5) or elevation > math.radians(85):
        return
    result = sun.shadow_times(math.tan(elevation), 1.0, date=day, lat=lat, lon=lon, zone="WIB")
    assert result.possible
    assert any(a <= true <= b for a, b in result.windows)
    nearest = min(abs(t - true) for t in (result.morning, result.afternoon) if t is not None)
    assert nearest <= timedelta(minutes=2 if elevation < math.radians(75) else 15)


def test_shadow_that_the_sun_cannot_throw_there():
    # The sun does not climb over 61 degrees in Jakarta in June: a shadow a tenth of the height is impossible.
    result = sun.shadow_times(10, 1, date=date(2025, 6, 21), **JAKARTA)
    assert result.possible is False and result.windows == () and result.morning is None
    assert result.highest_deg == pytest.approx(60.4, abs=0.5)


def test_shadow_errors_grow_towards_noon():
    # In June the sun culminates at 60.4 degrees in Jakarta and hangs there for an hour.
    early = sun.shadow_times(1, 2, date=date(2025, 6, 21), **JAKARTA)
    late = sun.shadow_times(math.tan(math.radians(59.5)), 1, date=date(2025, 6, 21), **JAKARTA)
    assert early.error_minutes * 2 < late.error_minutes
    assert len(early.windows) == 2 and len(late.windows) == 1


@pytest.mark.parametrize(("height", "length"), [(0, 1), (1, 0), (-1, 1), (float("nan"), 1), (float("inf"), 1)])
def test_shadow_refuses_lengths_that_cannot_be(height, length):
    with pytest.raises(UsageError):
        sun.shadow_times(height, length, date=None, lat=None, lon=None, zone=None)
