"""Printed dates and times: every layout of the facts table, ambiguity, OCR repair, and hostile text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidcheck.timestamps import (
    PrintedTime,
    find_times,
    join_readings,
    month_of,
    settle_order,
    weekday_of,
)

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def one(text: str) -> PrintedTime:
    found = find_times(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "moment", "zone", "step"),
    [
        ("Selasa, 23 Desember 2025 10.15 WITA", datetime(2025, 12, 23, 10, 15), "WITA", 60),
        ("23-12-2025 10:15:22", datetime(2025, 12, 23, 10, 15, 22), None, 1),
        ("12/23/2025 10:15 AM", datetime(2025, 12, 23, 10, 15), None, 60),
        ("2015-05-07 8:08:31 AM", datetime(2015, 5, 7, 8, 8, 31), None, 1),
        ("2018-10-19 10:35:09 PMM 2/3", datetime(2018, 10, 19, 22, 35, 9), None, 1),
        ("09/14/2024 11:25 AM GMT+02:00", datetime(2024, 9, 14, 11, 25), "GMT+02:00", 60),
        ("Jumat, 18/09/2026 00:35 AM GMT+08.00", datetime(2026, 9, 18, 0, 35), "GMT+08:00", 60),
        ("2025-12-2310:15:22", datetime(2025, 12, 23, 10, 15, 22), None, 1),
        ("23Desember202510.15.22WIB", datetime(2025, 12, 23, 10, 15, 22), "WIB", 1),
        ("23-12-2025 Tue 10:15:22", datetime(2025, 12, 23, 10, 15, 22), None, 1),
        ("Dec 23, 2025 10:15 PM", datetime(2025, 12, 23, 22, 15), None, 60),
        ("20251223_101522", datetime(2025, 12, 23, 10, 15, 22), None, 1),
        ("22/03/2210:24AM", datetime(2022, 3, 22, 10, 24), None, 60),
        ("19 Nopember 2024 pukul 07.05 WIT", datetime(2024, 11, 19, 7, 5), "WIT", 60),
        ("23.12.2025 10.15.22", datetime(2025, 12, 23, 10, 15, 22), None, 1),
        ("23 Des 2025 12:05 AM", datetime(2025, 12, 23, 0, 5), None, 60),
        ("23 Des 2025 12:05 PM", datetime(2025, 12, 23, 12, 5), None, 60),
        ("23 Des 2025 24:00", datetime(2025, 12, 23, 0, 0), None, 60),
    ],
)
def test_a_printed_moment_is_read(text: str, moment: datetime, zone: str | None, step: int) -> None:
    reading = one(text)
    assert reading.moments() == (moment,)
    assert reading.zone == zone
    assert reading.precision_s == step
    assert reading.repairs == 0


def test_zones_carry_their_offset() -> None:
    assert [one(f"10.15 {z}").utc_offset_min for z in ("WIB", "WITA", "WIT")] == [420, 480, 540]
    assert one("10.15 W1TA").zone == "WITA"
    assert one("10:15 GMT-03:30").utc_offset_min == -210


def test_day_and_month_stay_ambiguous_until_something_decides() -> None:
    open_reading = one("09/10/2025 08:00")
    assert open_reading.dates == (date(2025, 10, 9), date(2025, 9, 10))
    assert one("13/10/2025 08:00").dates == (date(2025, 10, 13),)
    assert one("Kamis, 09/10/2025 08:00").dates == (date(2025, 10, 9),)
    assert one("Rabu, 09/10/2025 08:00").dates == (date(2025, 9, 10),)
    settled = settle_order([open_reading, one("10/13/2025 08:00")])
    assert settled[0].dates == (date(2025, 9, 10),)
    contradicting = settle_order([open_reading, one("10/13/2025 08:00"), one("13/10/2025 08:00")])
    assert contradicting[0].dates == open_reading.dates


def test_short_years_keep_every_order() -> None:
    assert set(one("25/12/23 10:15").dates) == {date(2023, 12, 25), date(2025, 12, 23)}


@pytest.mark.parametrize("text", ["Rabu (15/1/2026)", "Selasa 28 Januari 2026", "Rabu 18 Februari 2023"])
def test_a_weekday_that_does_not_fit_is_stated(text: str) -> None:
    reading = one(text)
    assert reading.weekday_agrees is False
    assert reading.dates


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2O25-I2-23 1O:I5:22", datetime(2025, 12, 23, 10, 15, 22)),
        ("23-l2-2025 1B:15:Z2", datetime(2025, 12, 23, 18, 15, 22)),
        ("12 0ktober 2025 10.15.22", datetime(2025, 10, 12, 10, 15, 22)),
        ("23 Desernber 2025 10.15.22", None),
        ("23 Desembor 2025 10.15.22", datetime(2025, 12, 23, 10, 15, 22)),
        ("23-12-2025 10:1522", datetime(2025, 12, 23, 10, 15, 22)),
        ("23-12-2025 10 15:22", datetime(2025, 12, 23, 10, 15, 22)),
    ],
)
def test_what_the_recogniser_confused_is_repaired_and_counted(text: str, moment: datetime | None) -> None:
    readings = find_times(text)
    if moment is None:
        assert not any(r.dates for r in readings)
    else:
        assert readings[0].moments() == (moment,)
        assert readings[0].repairs > 0


def test_twelve_hour_clocks_without_am_or_pm_keep_both_halves() -> None:
    assert one("10:15").clock_12h == time(22, 15)
    assert one("12:15").clock_12h == time(0, 15)
    assert one("10:15 AM").clock_12h is None
    assert one("13:15").clock_12h is None
    assert len(one("23 Des 2025 10:15").moments(twelve_hour=True)) == 2


@pytest.mark.parametrize(
    ("text", "clock"),
    [("jam 3 sore", time(15)), ("pukul 10 malam", time(22)), ("pukul 11.30 siang", time(11, 30)),
     ("pukul 7 pagi", time(7)), ("jam 2 dini hari", time(2)), ("pukul 1 siang", time(13))],
)  # fmt: skip
def test_parts_of_the_day_choose_the_half(text: str, clock: time) -> None:
    assert one(text).clock == clock


def test_opening_hours_and_counters_are_no_moments() -> None:
    assert [r.role for r in find_times("Buka 07.30-16.00 WIB")] == ["range", "range"]
    assert [r.role for r in find_times("08:00 s/d 17:00")] == ["range", "range"]
    assert [r.role for r in find_times("00:12 / 01:30")] == ["duration", "duration"]
    assert one("REC 00:01:22").role == "duration"


@pytest.mark.parametrize("text", ["Rp 10.15", "Lat 10.15", "10.15%", "v 2.10", "99:99", "32/13/2025", "10.150"])
def test_other_numbers_are_no_times(text: str) -> None:
    assert find_times(text) == ()


def test_bare_numbers_are_marked_as_bare() -> None:
    assert not one("10.15").labelled
    assert one("pukul 10.15").labelled


def test_a_glued_day_that_can_be_split_twice_is_not_clean() -> None:
    assert one("2025-12-110:15:22").repairs > 0
    assert one("2025-12-0110:15:22").repairs == 0


def test_date_and_time_of_two_lines_are_joined() -> None:
    joined = join_readings(one("Selasa, 23 Desember 2025"), one("10.15.22 WITA"))
    assert joined.moments() == (datetime(2025, 12, 23, 10, 15, 22),)
    assert joined.zone == "WITA"


def test_a_day_without_a_year_is_kept_as_such() -> None:
    reading = one("Sel, 23 Des")
    assert (reading.day_month, reading.dates, reading.weekday) == ((23, 12), (), 1)


FORMATS = {
    "dmy": lambda m: f"{m:%d-%m-%Y %H:%M:%S}",
    "ymd": lambda m: f"{m:%Y/%m/%d %H:%M:%S}",
    "named": lambda m: f"{DAYS[m.weekday()]}, {m.day} {MONTHS[m.month - 1]} {m.year} {m:%H.%M.%S} WITA",
    "english": lambda m: f"{m:%b %d, %Y %I:%M:%S %p}",
    "glued": lambda m: f"{m:%Y-%m-%d%H:%M:%S}",
    "weekday": lambda m: f"{m:%d/%m/%Y} {DAYS[m.weekday()][:3]} {m:%H:%M:%S}",
}
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 12, 31)).map(lambda m: m.replace(microsecond=0))


@given(moment=MOMENTS, layout=st.sampled_from(sorted(FORMATS)))
@settings(max_examples=300, deadline=None)
def test_every_moment_comes_back_from_every_layout(moment: datetime, layout: str) -> None:
    reading = one(FORMATS[layout](moment))
    assert moment in reading.moments()
    if layout in ("ymd", "named", "english", "glued"):
        assert reading.moments() == (moment,)


@given(moment=MOMENTS, swaps=st.lists(st.integers(0, 18), min_size=1, max_size=2))
@settings(max_examples=200, deadline=None)
def test_a_repaired_reading_is_right_or_says_that_it_is_repaired(moment: datetime, swaps: list[int]) -> None:
    letters = {"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z"}
    text = list(f"{moment:%Y-%m-%d %H:%M:%S}")
    changed = False
    for place in swaps:
        if text[place] in letters:
            text[place], changed = letters[text[place]], True
    for reading in find_times("".join(text)):
        if reading.moments() != (moment,):
            assert reading.repairs > 0 or not (reading.dates and reading.clock)
        elif changed:
            assert reading.repairs > 0


@given(st.text(max_size=600))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    for reading in find_times(text):
        assert reading.dates or reading.clock is not None or reading.day_month is not None
        assert reading.text.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "1:" * 5000,
        "9" * 100_000,
        "23-" * 2000,
        "\x1b[31m10:15\x07",
        "١٢:٣٤ ٢٠٢٥",
        "<script>10:15</script>",
        " ".join(["1/1/2025"] * 500),
    ],
)
def test_hostile_text_is_read_quickly(text: str) -> None:
    began = datetime.now()
    find_times(text)
    assert datetime.now() - began < timedelta(seconds=2)


def test_names_follow_the_facts_table() -> None:
    yaml = pytest.importorskip("yaml")
    folder = Path(__file__).parent.parent / "vidcheck" / "facts"
    table = next(iter(folder.rglob("overlay_formats.yaml")), None)
    if table is None:
        pytest.skip("the facts table is not in this checkout")
    names = yaml.safe_load(table.read_text(encoding="utf-8"))["locale_id"]
    for key in ("months_wide", "months_abbr_cldr"):
        assert [month_of(name) for name in names[key]] == list(range(1, 13))
    for key in ("days_wide", "days_abbr"):
        assert [weekday_of(name) for name in names[key]] == list(range(7))
    for name, extra in names["months_extra"].items():
        assert {month_of(other) for other in extra} == {month_of(name)}
    for name, extra in names["days_extra"].items():
        assert {weekday_of(other) for other in extra} == {weekday_of(name)}
