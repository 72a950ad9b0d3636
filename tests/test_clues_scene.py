"""Light, clothing and the examiner's statements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.timecases import garment, light, source
from vidcheck.clues import clothing, examiner, gather, lighting
from vidcheck.errors import UsageError
from vidcheck.facts import places
from vidcheck.time_settings import TimeSettings
from vidcheck.types import Context

WIB = ZoneInfo("Asia/Jakarta")
PALEMBANG = places.resolve("Palembang")
assert PALEMBANG is not None


def test_daylight_excludes_the_night_and_nothing_by_day() -> None:
    (found,) = lighting.clues([light("outdoor_day", 0.97)], zone=WIB, place=PALEMBANG)
    assert found.kind == "day_part" and found.hour_weights is not None and found.earliest is None
    assert min(found.hour_weights[7:17]) > 0.9 and max(found.hour_weights[21:24]) < 0.1
    assert "factor" in found.words.en


def test_shots_of_one_kind_are_one_clue_and_unknown_is_none() -> None:
    found = lighting.clues(
        [
            light("outdoor_day", 0.8, 0),
            light("outdoor_day", 0.95, 1),
            light("unknown", 0.5, 2),
            light("outdoor_night", 0.9, 3),
        ],
        zone=None,
    )
    assert [clue.basis.split()[0] for clue in found] == ["outdoor_day", "outdoor_night"]


def test_lamps_say_nothing_about_the_hour() -> None:
    (found,) = lighting.clues([light("indoor_artificial", 0.95)], zone=WIB)
    assert found.grade == "contextual"


def test_clothing_is_a_hint_and_never_an_interval() -> None:
    found = clothing.clues(
        [garment("korpri_batik", 0.9), garment("civilian", 0.9, "p2")], zone=WIB, day=date(2025, 9, 17)
    )
    assert len(found) == 1
    assert (found[0].kind, found[0].grade, found[0].earliest, found[0].latest, found[0].hour_weights) == (
        "date_hint",
        "contextual",
        None,
        None,
        None,
    )
    assert "consistent with" in found[0].words.en and "17 September 2025: usual" in found[0].words.en
    assert found[0].frames


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ("2023-06-08T02:14:00Z", "2023-06-08T02:14:00+00:00", "2023-06-08T02:14:01+00:00"),
        ("2023-06-08 09:14", "2023-06-08T09:14:00+07:00", "2023-06-08T09:15:00+07:00"),
        ("2023-06-08 09.14 WITA", "2023-06-08T09:14:00+08:00", "2023-06-08T09:15:00+08:00"),
        ("2023-06-08", "2023-06-08T00:00:00+07:00", "2023-06-09T00:00:00+07:00"),
        ("8 Juni 2023 pukul 09.14 WIB", "2023-06-08T09:14:00+07:00", "2023-06-08T09:15:00+07:00"),
        ("Kamis, 8 Juni 2023", "2023-06-08T00:00:00+07:00", "2023-06-09T00:00:00+07:00"),
    ],
)
def test_times_that_an_examiner_writes(given: str, low: str, high: str) -> None:
    assert examiner.parse_time(given, zone=WIB, option="--posted") == (
        datetime.fromisoformat(low),
        datetime.fromisoformat(high),
    )


def test_a_time_without_zone_spans_the_zones_where_the_place_is_not_known() -> None:
    low, high = examiner.parse_time("2023-06-08 09:14", zone=None, option="--posted")
    assert high - low == timedelta(hours=2, minutes=1)


def test_a_call_to_prayer_on_a_known_day() -> None:
    (found,) = examiner.heard_adzan("Zuhur", place=PALEMBANG, day=date(2023, 6, 6))
    assert found.earliest and found.latest
    noon = datetime(2023, 6, 6, 12, 1, 35, tzinfo=WIB)
    assert found.earliest < noon < found.latest and found.latest - found.earliest < timedelta(minutes=23)
    assert found.source == "examiner" and any("examiner" in caveat.en for caveat in found.caveats)


def test_a_call_to_prayer_without_day_or_place() -> None:
    (year,) = examiner.heard_adzan("maghrib", place=PALEMBANG, day=None)
    assert year.earliest is None and year.hour_weights is not None
    assert [hour for hour, weight in enumerate(year.hour_weights) if weight] == [17, 18]
    (nowhere,) = examiner.heard_adzan("maghrib", place=None, day=None)
    assert nowhere.grade == "contextual" and nowhere.hour_weights is None


def test_a_seat_that_is_not_known_widens_the_window() -> None:
    far = next(
        place for place in places.all_places() if place.kind == "kabupaten" and place.coordinates == "province_capital"
    )
    (wide,) = examiner.heard_adzan("ashar", place=far, day=date(2025, 5, 5))
    (narrow,) = examiner.heard_adzan("ashar", place=PALEMBANG, day=date(2025, 5, 5))
    assert wide.latest and wide.earliest and narrow.latest and narrow.earliest
    assert wide.latest - wide.earliest > narrow.latest - narrow.earliest


def test_a_shadow_gives_a_morning_and_an_afternoon() -> None:
    found = examiner.shadow(170, 170, place=PALEMBANG, day=date(2023, 6, 6))
    assert found.hour_weights is not None
    hours = [hour for hour, weight in enumerate(found.hour_weights) if weight]
    assert min(hours) < 10 and max(hours) > 13 and 12 not in hours
    assert "or" in found.words.en


def test_an_impossible_shadow_says_so() -> None:
    found = examiner.shadow(500, 1, place=PALEMBANG, day=date(2023, 6, 21))
    assert found.grade == "contextual" and "impossible" in found.words.en


def test_bad_shadows_and_prayers() -> None:
    with pytest.raises(UsageError):
        examiner.shadow(-1, 1, place=PALEMBANG, day=None)
    with pytest.raises(UsageError, match="subuh, dzuhur"):
        examiner.heard_adzan("tahajud", place=PALEMBANG, day=None)


def test_gather_numbers_clues_and_knows_the_day() -> None:
    clip = source("VID_20250917_091500.mp4")
    found = gather(
        clip,
        Context(place="Palembang", posted="2025-09-18"),
        (),
        [light("outdoor_day", 0.95)],
        [garment("korpri_batik", 0.9)],
        TimeSettings(heard_adzan="ashar"),
    )
    assert [clue.id for clue in found] == [f"c{number}" for number in range(1, len(found) + 1)]
    assert {clue.source for clue in found} == {"filename", "examiner", "lighting", "clothing"}
    assert any("17 September 2025: usual" in clue.words.en for clue in found)
    assert all(clue.earliest is None or clue.earliest.tzinfo for clue in found)


def test_every_clue_speaks_both_languages() -> None:
    clip = source(
        "ssstik.io_@akun.contoh_1686190440123.mp4",
        tags={
            "container": {"creation_time": "2023-06-08T02:10:00Z", "encoder": "Lavf60"},
            "stream:0": {"creation_time": "2023-06-08T02:11:00Z"},
        },
    )
    info = '{"timestamp":1686190440,"extractor_key":"TikTok"}'
    settings = TimeSettings(
        sidecar_info=info,
        heard_adzan="subuh,isya",
        known_not_before="2023-06-01",
        shadow_height=1.7,
        shadow_length=1.0,
    )
    found = gather(clip, Context(place="Bangkalan", posted="2023-06-08"), (), [light("twilight", 0.7)], [], settings)
    assert len(found) >= 9
    for clue in found:
        assert clue.words.id and clue.words.en and clue.words.id != clue.words.en
        assert clue.earliest is None or clue.earliest <= datetime.now(UTC) + timedelta(days=36500)


def test_the_light_on_a_filmed_screen_counts_for_nothing() -> None:
    clip, context = source("IMG_0042.MOV"), Context(place="Palembang")
    (seen,) = gather(clip, context, (), [light("outdoor_day", 0.97)], (), TimeSettings(place="Palembang"))
    assert seen.grade == "moderate"
    filmed = gather(clip, context, (), [light("outdoor_day", 0.97)], (), TimeSettings(shows_screen=True))
    assert {clue.grade for clue in filmed} == {"contextual"}
