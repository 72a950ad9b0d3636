"""The facts tables: whole, consistent with each other, and found under the names people use."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from vidcheck.errors import UsageError
from vidcheck.facts import calendar, dress, hours, places, prayer, texts, wording
from vidcheck.facts._files import read_csv, read_text, read_yaml, tables_version

TABLES = (
    "hours.yaml",
    "exceptions.yaml",
    "dress.yaml",
    "uniforms.yaml",
    "discipline.yaml",
    "overlay_formats.yaml",
    "place_patterns.yaml",
    "plates_notes.yaml",
)


def source_keys() -> set[str]:
    return set(re.findall(r"^(S-\d+b?) ", read_text("sources.md"), re.MULTILINE))


@pytest.mark.parametrize("name", TABLES)
def test_every_source_key_is_explained(name: str) -> None:
    used = set(re.findall(r"\bS-\d+b?\b", read_text(name)))
    assert used <= source_keys(), sorted(used - source_keys())


def test_csv_sources_are_explained() -> None:
    used = set(re.findall(r"\bS-\d+b?\b", read_text("plates.csv") + read_text("area_codes.csv")))
    assert used and used <= source_keys()


def test_holidays_weekdays_agree_with_the_calendar() -> None:
    for row in read_csv("holidays.csv"):
        assert date.fromisoformat(row["date"]).strftime("%A") == row["weekday"], row
    assert calendar.holiday(date(2025, 8, 18)) is not None
    assert calendar.holiday(date(2025, 8, 19)) is None


def test_calendar_status_by_year() -> None:
    assert calendar.calendar_status(2025) == "confirmed"
    assert calendar.calendar_status(2027) == "library_only"
    assert calendar.calendar_status(2040) == "none"


def test_ramadan_ends_the_day_before_idul_fitri() -> None:
    for period in read_yaml("hours.yaml")["ramadan"]:
        after = date.fromisoformat(period["end"]) + timedelta(days=1)
        found = calendar.holiday(after)
        assert found is not None and "Idul Fitri" in found.name, after
    assert calendar.ramadan(date(2026, 3, 1)) is True
    assert calendar.ramadan(date(2026, 3, 21)) is False
    assert calendar.ramadan(date(2031, 1, 1)) is None


def test_there_are_38_provinces_and_514_kabupaten_and_kota() -> None:
    kinds = [place.kind for place in places.all_places()]
    assert (kinds.count("provinsi"), kinds.count("kota") + kinds.count("kabupaten")) == (38, 514)


def test_every_place_lies_in_indonesia_in_its_provinces_zone() -> None:
    provinces = {place.iso: place for place in places.all_places() if place.kind == "provinsi"}
    for place in places.all_places():
        assert -11.1 <= place.lat <= 6.1 and 95.0 <= place.lon <= 141.1, place
        assert place.tz == provinces[place.iso].tz and places.zone_label(place.tz) == place.zone
        # No kabupaten lies further from its provincial capital than Natuna from Tanjung Pinang or so.
        capital = provinces[place.iso]
        assert abs(place.lat - capital.lat) + abs(place.lon - capital.lon) < 9, place


@pytest.mark.parametrize(
    ("given", "full", "zone"),
    [
        ("Palembang", "Kota Palembang", "WIB"),
        ("  kota  palembang ", "Kota Palembang", "WIB"),
        ("Pemko Banjarmasin", "Kota Banjarmasin", "WITA"),
        ("KALSEL", "Provinsi Kalimantan Selatan", "WITA"),
        ("Pemprov Kalsel", "Provinsi Kalimantan Selatan", "WITA"),
        ("Kab. Banjar, Kalsel", "Kabupaten Banjar", "WITA"),
        ("Banjar, Jawa Barat", "Kota Banjar", "WIB"),
        ("Pontianak", "Kota Pontianak", "WIB"),
        ("Palangkaraya", "Kota Palangka Raya", "WIB"),
        ("Jogja", "Kota Yogyakarta", "WIB"),
        ("DKI", "Provinsi DKI Jakarta", "WIB"),
        ("Jakarta Selatan", "Kota Jakarta Selatan", "WIB"),
        ("Solo", "Kota Surakarta", "WIB"),
        ("Bengkulu", "Kota Bengkulu", "WIB"),
        ("Provinsi Bengkulu", "Provinsi Bengkulu", "WIB"),
        ("Bogor", "Kota Bogor", "WIB"),
        ("Kabupaten Bogor", "Kabupaten Bogor", "WIB"),
        ("Pangkalan Balai", "Kabupaten Banyuasin", "WIB"),
        ("Merauke", "Kabupaten Merauke", "WIT"),
        ("Deiyai", "Kabupaten Deiyai", "WIT"),
        ("Ambon", "Kota Ambon", "WIT"),
    ],
)
def test_places_under_the_names_people_use(given: str, full: str, zone: str) -> None:
    found = places.resolve(given)
    assert found is not None and (found.full_name, found.zone) == (full, zone)


def test_no_place_given_is_no_error() -> None:
    assert places.resolve(None) is None and places.resolve("  ") is None


def test_unknown_and_ambiguous_places() -> None:
    with pytest.raises(UsageError, match="Did you mean: Kota Banjarmasin"):
        places.resolve("Banjarmasim")
    with pytest.raises(UsageError, match="province after a comma"):
        places.resolve("Banjar")
    with pytest.raises(UsageError, match="No place called"):
        places.resolve("Palembang, Narnia")


@pytest.mark.parametrize("junk", ["x" * 5000, "\x00", "🙂", "'; DROP TABLE", "kota", ",", "مكة"])
def test_junk_places_are_a_usage_error(junk: str) -> None:
    with pytest.raises(UsageError):
        places.resolve(junk)


def test_every_rule_can_be_applied() -> None:
    for rule in read_yaml("hours.yaml")["rules"]:
        if rule["scope"] != "national":
            name = f"{rule['scope']} {rule['place']}" + (f", {rule['province']}" if "province" in rule else "")
            assert places.resolve(name) is not None, rule["id"]
        for spec in rule["days"].values():
            for text in (spec.get("hours"), spec.get("break")):
                if text and text != "none":
                    low, high = (time.fromisoformat(part) for part in text.split("-"))
                    assert low < high, rule["id"]
        assert rule["status"] in ("sourced", "computed", "unverified") and rule["sources"]


def rule(name: str, day: str, week: hours.Week = "five") -> hours.DayRule:
    place = places.resolve(name)
    assert place is not None
    found = hours.day_rule(place, date.fromisoformat(day), week=week)
    assert found is not None
    return found


def test_the_national_week_holds_37_and_a_half_hours() -> None:
    total = timedelta()
    for day in ("2025-10-13", "2025-10-14", "2025-10-15", "2025-10-16", "2025-10-17"):
        for low, high in rule("Semarang", day).periods:
            total += datetime.combine(date.min, high) - datetime.combine(date.min, low)
    assert total == timedelta(hours=37.5)


def test_the_national_week_of_ramadan_holds_32_and_a_half_hours() -> None:
    total = timedelta()
    for day in ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"):
        for low, high in rule("Semarang", day).periods:
            total += datetime.combine(date.min, high) - datetime.combine(date.min, low)
    assert total == timedelta(hours=32.5)


def test_the_fallback_says_that_it_is_one() -> None:
    found = rule("Semarang", "2025-10-14")
    assert found.id == "national_normal" and "fallback" in found.name.en and "pengganti" in found.name.id


def test_a_filled_part_is_named() -> None:
    found = rule("Banjarmasin", "2025-10-14")
    assert found.id == "kota_banjarmasin" and not found.break_is_local
    assert any("break" in note.en for note in found.notes)


def test_a_rule_with_a_filled_end_is_unverified() -> None:
    found = rule("Pontianak", "2025-10-14")
    assert found.hours.startswith("07:15-16:00") and found.status == "unverified"


def test_a_rule_counts_only_from_its_date() -> None:
    assert rule("Bontang", "2025-08-26").id == "national_normal"
    assert rule("Bontang", "2025-09-02").id == "kota_bontang"


def test_before_the_national_rule_the_hours_are_unverified() -> None:
    assert rule("Semarang", "2022-11-08").status == "unverified"


def test_a_provinces_rule_is_not_a_citys() -> None:
    denpasar = rule("Denpasar", "2025-10-17")
    assert denpasar.id == "national_normal"
    assert any("Provinsi Bali: 07:30-14:30" in note.en for note in denpasar.notes)
    assert rule("Bali", "2025-10-17").id == "prov_bali"


def test_the_kota_of_jakarta_follow_the_province() -> None:
    assert rule("Jakarta Selatan", "2023-03-28").id == "prov_dki_ramadan_2023"


def test_exceptions_have_both_languages_and_what_settles_them() -> None:
    found = hours.exceptions()
    assert {
        "makan_siang",
        "tamu",
        "dinas_luar",
        "cuti_izin",
        "shift_6hari",
        "ujian_sekolah",
        "klip_lama",
        "bukan_asn",
    } <= {entry.id for entry in found}
    for entry in found:
        assert entry.words.id and entry.words.en and entry.settled_by.id and entry.settled_by.en


def test_prayer_times_lie_where_they_must() -> None:
    palembang = places.resolve("Palembang")
    assert palembang is not None
    for month in range(1, 13):
        times = [
            prayer.prayer_time(name, palembang.lat, palembang.lon, date(2025, month, 9)) for name in prayer.PRAYERS
        ]
        local = [moment.astimezone(palembang.zoneinfo) for moment in times]
        assert local == sorted(local) and len({moment.date() for moment in local}) == 1
        clock = [moment.hour + moment.minute / 60 for moment in local]
        low, high = (4.2, 11.6, 14.8, 17.7, 18.9), (5.1, 12.4, 15.8, 18.5, 19.7)
        assert all(a <= c <= b for a, c, b in zip(low, clock, high, strict=True)), clock


def test_prayer_time_refuses_what_is_no_prayer() -> None:
    with pytest.raises(ValueError, match="no prayer"):
        prayer.prayer_time("tahajud", -3.0, 104.7, date(2025, 1, 1))  # type: ignore[arg-type]


def test_maghrib_is_sunset_plus_two_minutes() -> None:
    from vidcheck import sun

    found = prayer.prayer_time("maghrib", -3.0, 104.7, date(2025, 6, 6))
    sunset = sun.sun_times(date(2025, 6, 6), -3.0, 104.7, "WIB").sunset
    assert sunset is not None and abs(found - sunset - timedelta(minutes=2)) < timedelta(seconds=40)


def test_dress_days() -> None:
    korpri = dress.rules()["korpri_batik"]
    assert korpri.usual(date(2025, 9, 17)) is True and korpri.usual(date(2025, 11, 29)) is True
    assert korpri.usual(date(2025, 9, 18)) is False, "a Thursday before the circular"
    assert korpri.usual(date(2026, 2, 5)) is None, "a Thursday after it depends on the region"
    assert korpri.usual(date(2026, 2, 5), place="Banjarmasin") is False, "its government did not adopt it"
    assert dress.rules()["pdh_khaki"].usual(date(2025, 10, 13)) is True


def test_patterns_match_their_own_examples() -> None:
    data = read_yaml("place_patterns.yaml")
    by_id = {pattern.id: pattern for pattern in texts.patterns()}
    for group in ("agency", "health", "school", "address"):
        for entry in data[group]:
            examples = entry.get("ex", [])
            for example in [examples] if isinstance(examples, str) else examples:
                if entry["id"] in by_id:
                    assert by_id[entry["id"]].regex.search(example), (entry["id"], example)


def test_plates_and_area_codes() -> None:
    assert texts.plate_areas()["DA"].province == "Kalimantan Selatan"
    assert texts.plate_areas()["DA"].zone == "WITA"
    assert texts.area_codes()["0711"].status == "memory_unverified"
    names = {place.province for place in places.all_places()}
    for area in texts.plate_areas().values():
        assert area.province.replace("DKI/DK", "DKI") in names or area.status != "sourced", area


def test_wording_in_both_languages() -> None:
    moment = datetime(2023, 6, 6, 5, 0, 15, tzinfo=UTC)
    said = wording.moment(moment, ZoneInfo("Asia/Jakarta"))
    assert said.id == "Selasa, 6 Juni 2023 pukul 12.00.15 WIB" and said.en == "Tuesday, 6 June 2023 12:00:15 WIB"
    unknown = wording.moment(moment, None)
    assert "12.00.15 WIB / 13.00.15 WITA / 14.00.15 WIT" in unknown.id and "05:00:15 UTC" in unknown.en
    late = wording.moment(datetime(2021, 4, 11, 16, 30, tzinfo=UTC), None)
    assert "11 April 23:30 WIB / 12 April 00:30 WITA" in late.en, "the local date is not the UTC date"
    span = wording.span(moment, moment + timedelta(minutes=5), ZoneInfo("Asia/Makassar"))
    assert span.en == "Tuesday, 6 June 2023 13:00:15 to 13:05:15 WITA"
    with pytest.raises(ValueError, match="zone"):
        wording.moment(datetime(2023, 6, 6), None)
    assert wording.duration(timedelta(minutes=90)).id == "1,5 jam"


def test_the_tables_are_part_of_the_steps_versions() -> None:
    from vidcheck import leads, timing

    assert re.fullmatch(r"[0-9a-f]{8}", tables_version())
    for version in (timing.VERSION, timing.CLUES_VERSION, leads.VERSION):
        assert version.endswith(tables_version()), "a changed table must not meet an old cached answer"
