"""Printed clocks into time clues: whose clock, what grade, what stays open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from vidcheck.clues.overlay import clocks, clues
from vidcheck.types import Box, FrameRef, OverlayKind, OverlayText, Shot, Source, TextReading, TimeClue

WITA = ZoneInfo("Asia/Makassar")
START = datetime(2025, 12, 23, 10, 15, 22)
BOX: Box = (10.0, 10.0, 260.0, 30.0)


def source(kind: str = "video", duration_s: float = 10.0) -> Source:
    return Source(
        path="clip.mp4", sha256="0" * 64, size_bytes=1, kind=kind, container="mp4", codec="h264",  # type: ignore[arg-type]
        width_px=1280, height_px=720, rotation_deg=0, time_base="1/1000", start_pts=0, duration_s=duration_s,
        duration_declared_s=duration_s, frames_decoded=100, pts_origin="container", has_audio=False,
    )  # fmt: skip


def text(
    prints: Callable[[float], str] | str, *, name: str = "t1", kind: OverlayKind = "overlay", seconds: float = 10.0,
    box: Box = BOX, confidence: float = 0.98, step: float = 0.5,
) -> OverlayText:  # fmt: skip
    readings, t = [], 0.0
    while t <= seconds:
        said = prints if isinstance(prints, str) else prints(t)
        readings.append(TextReading(FrameRef(round(t * 10), round(t * 1000), t), box, said, confidence))
        t += step
    changing = len({r.text_raw for r in readings}) > 1
    return OverlayText(
        id=name, first=readings[0].frame, last=readings[-1].frame, box_xyxy_px=box, text_raw=readings[0].text_raw,
        text=readings[0].text_raw, confidence=confidence, kind=kind, changes=changing, readings=tuple(readings),
    )  # fmt: skip


def clock(layout: str, run: Callable[[float], float] = lambda t: t) -> Callable[[float], str]:
    return lambda t: (START + timedelta(seconds=0.4 + run(t))).strftime(layout)


def only(texts: Sequence[OverlayText], zone: ZoneInfo | None = WITA, **kind: str) -> TimeClue:
    found = clues(texts, source(**kind), zone=zone)
    assert len(found) == 1, [c.words.en for c in found]
    return found[0]


def test_a_running_cctv_clock_is_a_strong_exact_clue() -> None:
    clue = only([text(clock("%d-%m-%Y %H:%M:%S")), text("Camera 01", name="t2", box=(1100, 680, 1250, 700))])
    assert (clue.kind, clue.clock, clue.grade) == ("exact", "cctv", "strong")
    assert clue.earliest == START.replace(tzinfo=WITA)
    assert clue.latest == (START + timedelta(seconds=11)).replace(tzinfo=WITA)
    assert clue.basis == "23-12-2025 10:15:22"
    assert clue.frames[0].index == 0
    assert "WITA" in clue.words.id and "waktu putar" in clue.words.id
    assert any("salah setel" in c.id for c in clue.caveats)


def test_a_printed_zone_beats_the_place() -> None:
    clue = only([text(clock("%d-%m-%Y %H:%M:%S WIB"))])
    assert clue.earliest is not None and clue.earliest.utcoffset() == timedelta(hours=7)
    other = only([text(clock("%d-%m-%Y %H:%M:%S GMT+02:00"))])
    assert other.earliest == START.replace(tzinfo=timezone(timedelta(hours=2)))


def test_without_zone_and_place_all_three_zones_are_covered() -> None:
    clue = only([text(clock("%Y-%m-%d %H:%M:%S"))], zone=None)
    assert clue.earliest is not None and clue.latest is not None
    assert clue.earliest.utcoffset() == timedelta(hours=9)
    assert clue.latest.utcoffset() == timedelta(hours=7)
    assert len(clue.alternatives) == 3
    assert any("WIB, WITA" in c.id for c in clue.caveats)


@pytest.mark.parametrize(
    ("run", "grade", "said"),
    [
        (lambda t: 0.0, "weak", "stands"),
        (lambda t: 0.5 * t, "weak", "0.50 times"),
        (lambda t: 2.0 * t, "weak", "2.00 times"),
        (lambda t: t + (90 if t > 5 else 0), "moderate", "jumps by +90 seconds"),
        (lambda t: t - (30 if t > 5 else 0), "weak", "jumps by -30 seconds"),
    ],
)
def test_the_tick_test_sets_the_grade_and_is_told(run: Callable[[float], float], grade: str, said: str) -> None:
    clue = only([text(clock("%Y-%m-%d %H:%M:%S", run)), text("Camera 01", name="t2", box=(1100, 680, 1250, 700))])
    assert clue.grade == grade
    assert said in clue.words.en


def test_slow_clocks_are_worded_in_both_languages() -> None:
    clue = only([text(clock("%Y-%m-%d %H:%M:%S", lambda t: 0.5 * t))])
    assert "0,50 kali" in clue.words.id and "0.50 times" in clue.words.en


def test_a_jump_names_the_frames_that_show_it() -> None:
    clue = only([text(clock("%Y-%m-%d %H:%M:%S", lambda t: t + (90 if t > 5 else 0)))])
    assert {50, 55} <= {f.index for f in clue.frames}


def test_an_ambiguous_date_keeps_both_and_is_weak() -> None:
    texts = [text(lambda t: f"09/10/2025 08:00:{round(t):02d}")]
    found = clues(texts, source(), zone=WITA)
    exact = next(c for c in found if c.kind == "exact")
    assert exact.grade == "weak"
    assert {a.date().isoformat() for a in exact.alternatives} == {"2025-10-09", "2025-09-10"}
    assert exact.earliest is not None and exact.earliest.month == 9
    assert exact.latest is not None and exact.latest.month == 10
    hours = next(c for c in found if c.kind == "day_part")
    assert hours.hour_weights is not None and hours.hour_weights[8] == 1 and sum(hours.hour_weights) == 1


def test_a_weekday_that_does_not_fit_lowers_the_grade_and_is_said() -> None:
    right = only([text(lambda t: f"Selasa, 23 Desember 2025 10.15.{22 + int(t):02d} WITA")])
    wrong = only([text(lambda t: f"Senin, 23 Desember 2025 10.15.{22 + int(t):02d} WITA")])
    assert right.grade == "strong"
    assert wrong.grade == "weak"
    assert any("Senin" in c.id and "kalender" in c.id for c in wrong.caveats)


def test_lines_of_one_block_make_one_stamp() -> None:
    block = [
        text("Selasa, 23 Desember 2025", name="t1", box=(10, 600, 260, 620)),
        text(clock("%H.%M.%S WITA"), name="t2", box=(10, 624, 160, 644)),
        text("Jl. Ahmad Yani, Pontianak", name="t3", box=(10, 648, 260, 668)),
        text("Lat -0.026330 Long 109.342504", name="t4", box=(10, 672, 300, 692)),
    ]
    clue = only(block)
    assert (clue.kind, clue.clock, clue.grade) == ("exact", "timestamp_app", "strong")
    assert clue.earliest == START.replace(tzinfo=WITA)


def test_a_status_bar_dates_the_recording_of_the_screen_alone() -> None:
    clue = only([text("10.15", kind="interface", box=(10, 4, 60, 20))])
    assert (clue.kind, clue.clock, clue.grade) == ("day_part", "screen", "contextual")
    assert clue.hour_weights is not None
    assert [h for h, w in enumerate(clue.hour_weights) if w] == [10, 22]
    assert any("bilah status" in c.id for c in clue.caveats)


def test_a_dated_screen_clock_is_only_an_upper_bound() -> None:
    clue = only([text("Selasa, 23 Desember 2025 10.15", kind="interface")])
    assert clue.kind == "not_after" and clue.grade in ("weak", "contextual")
    assert clue.earliest is None and clue.latest is not None


def test_a_caption_is_an_editors_word() -> None:
    clue = only([text("23 Desember 2025 pukul 10.15", seconds=70)])
    assert clue.clock == "editor"
    assert clue.grade == "weak"


def test_a_stamped_photo_is_moderate_and_a_poorly_read_one_weak() -> None:
    good = only([text("2018-10-19 10:35:09 PM", seconds=0.2)], kind="image", duration_s=0.0)
    poor = only([text("2018-10-19 10:35:09 PM", seconds=0.2, confidence=0.8)], kind="image", duration_s=0.0)
    repaired = only([text("2018-1O-19 10:35:09 PM", seconds=0.2)], kind="image", duration_s=0.0)
    assert (good.kind, good.grade, good.clock) == ("exact", "moderate", "device")
    assert poor.grade == "weak" and repaired.grade == "weak"
    assert any("tidak pasti" in c.id for c in poor.caveats)


def test_one_misread_frame_does_not_decide() -> None:
    running = clock("%Y-%m-%d %H:%M:%S")
    clue = only([text(lambda t: "2026-12-23 19:15:27" if t == 5 else running(t))])
    assert clue.grade == "strong"
    assert clue.earliest == START.replace(tzinfo=WITA)
    assert clue.latest is not None and clue.latest < (START + timedelta(minutes=1)).replace(tzinfo=WITA)


def test_midnight_is_crossed() -> None:
    late = datetime(2025, 12, 31, 23, 59, 55)
    clue = only([text(lambda t: (late + timedelta(seconds=t)).strftime("%Y-%m-%d %H:%M:%S"))])
    assert clue.grade == "strong"
    assert clue.earliest == late.replace(tzinfo=WITA)
    assert clue.latest is not None and clue.latest.year == 2026


def test_a_date_on_a_banner_is_context_and_a_shop_sign_is_nothing() -> None:
    banner = only([text("Rapat Kerja 23 Desember 2025", kind="scene")])
    assert (banner.kind, banner.grade) == ("date_hint", "contextual")
    assert clues([text("WARUNG KOPI SENJA", kind="scene")], source(), zone=WITA) == ()
    assert clues([text("Buka 07.30-16.00", kind="scene")], source(), zone=WITA) == ()
    assert clues([text("Rp 10.15", kind="overlay")], source(), zone=WITA) == ()


def test_a_reset_clock_says_nothing() -> None:
    assert clues([text("1970-01-01 00:00:12")], source(), zone=WITA) == () or all(
        c.earliest is None for c in clues([text("1970-01-01 00:00:12")], source(), zone=WITA)
    )


def test_minute_clocks_tell_where_they_flip() -> None:
    flipping = text(lambda t: "23/12/2025 10:15 AM" if t < 6 else "23/12/2025 10:16 AM")
    (stamp,) = clocks([flipping])
    test = stamp.ticks
    assert test is not None and stamp.texts[0].id == "t1" and test.verdict == "too_short"
    assert [(a.time_s, b.time_s) for a, b in test.flips] == [(5.5, 6.0)]


def test_slides_with_stamps_are_not_one_clock() -> None:
    slides = ["12/03/2025 09:10 AM", "14/03/2025 01:25 PM", "20/05/2025 10:40 AM"]
    shown = text(lambda t: slides[min(2, int(t // 4))], seconds=11)
    shots = [
        Shot(k, FrameRef(40 * k, 0, 4.0 * k), FrameRef(40 * (k + 1), 0, 4.0 * (k + 1)), "still", 0.5,
             FrameRef(40 * k, 0, 4.0 * k), 1.0, 0.5)
        for k in range(3)
    ]  # fmt: skip
    found = clues([shown], source(), zone=WITA, shots=shots)
    assert [c.earliest.date().isoformat() for c in found if c.earliest] == ["2025-03-12", "2025-03-14", "2025-05-20"]
    assert {(c.kind, c.clock, c.grade) for c in found} == {("exact", "device", "moderate")}


def test_stamps_of_one_print_settle_each_others_day_and_month() -> None:
    first = text("12/03/2025 09:10 AM", seconds=3)
    second = text("14/03/2025 01:25 PM", name="t2", seconds=3, box=(10, 400, 260, 420))
    found = clues([first, second], source(kind="image"), zone=WITA)
    assert sorted(str(c.earliest.date()) for c in found if c.earliest) == ["2025-03-12", "2025-03-14"]
    assert {c.grade for c in found} == {"moderate"}


def test_one_misread_digit_does_not_settle_day_and_month() -> None:
    exact = clues([text(lambda t: f"09/1{8 if t == 3 else 0}/2025 08:00:{round(t):02d}")], source(), zone=WITA)[0]
    assert exact.grade == "weak"
    assert {a.date().isoformat() for a in exact.alternatives} == {"2025-10-09", "2025-09-10"}


def test_a_date_misread_twice_running_starts_no_stamp_of_its_own() -> None:
    running = clock("%Y-%m-%d %H:%M:%S")
    clue = only([text(lambda t: running(t).replace("2025", "2026") if t > 9 else running(t))])
    assert clue.earliest is not None and clue.earliest.year == 2025
    assert clue.latest is not None and clue.latest.year == 2025


def test_a_stamp_in_a_moving_shot_that_stands_is_frozen_and_in_a_slide_is_not() -> None:
    stamp = text("Selasa, 23 Desember 2025 10.15.22 WITA")
    slide = Shot(0, FrameRef(0, 0, 0.0), FrameRef(200, 0, 20.0), "still", 0.0, FrameRef(0, 0, 0.0), 1.0, 0.5)
    assert only([stamp]).grade == "weak"
    told = clues([stamp], source(), zone=WITA, shots=[slide])
    assert [c.grade for c in told] == ["moderate"]
    assert "tidak bergerak" not in told[0].words.id


def test_texts_without_time_give_no_clue() -> None:
    assert clues([text("@kopi.senja_id", kind="interface")], source(), zone=WITA) == ()
    assert clues([], source(), zone=None) == ()


def test_a_digital_clock_in_the_scene_is_named_as_such_and_never_narrows() -> None:
    running = replace(text(lambda t: f"10:15:{int(t):02d}", seconds=12), kind="scene")
    (clue,) = clues([running], source(), zone=WITA)
    assert (clue.kind, clue.clock, clue.grade) == ("day_part", "wall_clock", "contextual")
    assert "A clock in the scene" in clue.words.en and "runs with the clip" in clue.words.en
    assert "stopped" in clue.caveats[0].en
    dead = replace(text(lambda t: "07:15", seconds=12), kind="scene")
    assert clues([dead], source(), zone=WITA) == ()
    (stamp,) = clocks([dead])
    assert stamp.ticks is not None and stamp.ticks.verdict == "too_short"
