"""What the printed clocks say about when the clip was recorded, whose clocks they are, and what that is worth.

An overlay is a claim: a device's clock can be set wrong, and any text can be typed in by an editor. What the
tick test adds is whether the clock went along with the picture, which a caption does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from vidcheck.clues._make import local_readings, make, plausible
from vidcheck.clues._stamps import Stamp, StampReading, box_of, find_stamps, has_brand, has_channel
from vidcheck.facts.places import ZONES
from vidcheck.facts.wording import DAYS_EN, DAYS_ID
from vidcheck.facts.wording import clock as say_clock
from vidcheck.facts.wording import day as say_day
from vidcheck.types import Clock, FrameRef, Grade, OverlayText, Shot, Source, TimeClue, Words

SURE_CONFIDENCE = 0.93
"""Engine score from which a stamp that was read only once or twice may be called sure."""
SURE_SHARE = 0.8
"""Share of readings that must agree for a stamp to be called sure."""

_SET = Words(id="Jam perangkat dapat salah setel.", en="The device's clock can be set wrong.")
_TYPED = Words(id="Teks pada gambar dapat diketik siapa saja.", en="Anybody can type text into a picture.")
_ZONE = Words(
    id="Zona waktu tidak tertulis dan tempat tidak diketahui; rentang mencakup WIB, WITA, dan WIT.",
    en="No zone is printed and the place is not known; the interval covers WIB, WITA and WIT.",
)
_UNSURE = Words(
    id="Pembacaan tidak pasti; periksa potongan gambar.", en="The reading is not certain; look at the crop."
)
_SCREEN = Words(
    id="Jam pada bilah status menunjukkan kapan layar direkam, bukan kapan peristiwa terjadi.",
    en="A clock in a status bar tells when the screen was recorded, not when the event happened.",
)
_HALF = Words(
    id="Jam 12-jam tanpa AM/PM: pagi dan malam sama-sama mungkin.",
    en="A 12-hour clock without AM or PM: morning and evening are both possible.",
)
_ORDER = Words(
    id="Urutan hari dan bulan tidak pasti; kedua bacaan disimpan.",
    en="The order of day and month is not certain; both readings are kept.",
)
_WALL = Words(
    id="Jam atau tanggal ini bagian dari tempat kejadian; dapat salah, mati, atau lama terpasang.",
    en="This clock or date is part of the scene; it can be wrong, stopped, or long since put up.",
)

_TICKS: dict[str, Words] = {
    "true": Words(id="Jam berjalan sesuai waktu putar klip.", en="The clock runs with the clip's own time."),
    "frozen": Words(
        id="Jam tidak bergerak meskipun klip berjalan: gambar diam atau teks tempelan.",
        en="The clock stands although the clip runs: a still picture or a caption.",
    ),
    "too_short": Words(
        id="Klip terlalu pendek untuk menguji jalannya jam.",
        en="The clip is too short to test the clock's run.",
    ),
    "unreadable": Words(id="Pembacaan jam saling bertentangan.", en="The readings of the clock contradict each other."),
}


def clues(
    overlays: Sequence[OverlayText], source: Source, *, zone: ZoneInfo | None, shots: Sequence[Shot] = ()
) -> tuple[TimeClue, ...]:
    """Return what the texts say about the time of recording.

    Parameters
    ----------
    overlays:
        The texts of the clip.
    source:
        The file; a photo has no tick test.
    zone:
        Zone of the place, or None: a time without printed zone is then read in all three zones of Indonesia.
    shots:
        The shots, where they are known: a stamp that stands in a slide is a stamped photo, not a frozen clock.
    """
    found: list[TimeClue] = []
    for stamp in find_stamps(overlays, shots):
        found.extend(_clues_of(stamp, overlays, source, zone))
    return tuple(found)


def clocks(overlays: Sequence[OverlayText], shots: Sequence[Shot] = ()) -> tuple[Stamp, ...]:
    """Return every stamp with a clock and its tick test; the first of its texts holds the clock.

    A bare time of day that was read once only, or that stands in the scene, is left out: it may be no clock.
    """
    return tuple(
        stamp
        for stamp in find_stamps(overlays, shots)
        if stamp.ticks is not None
        and (stamp.dates or stamp.readings[0].printed.labelled or len(stamp.readings) > 1)
        and (stamp.kind != "scene" or _scene_counts(stamp, is_sure(stamp)))
    )


def whose_clock(stamp: Stamp, overlays: Sequence[OverlayText], source: Source) -> Clock:
    """Return whose clock a stamp shows, as far as its place, its company and its run tell."""
    if stamp.kind == "interface":
        return "screen"
    if stamp.kind == "scene":
        return "wall_clock" if stamp.has_clock else "unknown"
    if has_brand([*stamp.texts, *stamp.block]) or (stamp.block and has_brand(overlays)):
        return "timestamp_app"
    if has_channel(overlays):
        return "cctv"
    seconds = any(r.printed.precision_s == 1 for r in stamp.readings)
    if source.kind == "image" or stamp.stands_in_still:
        return "device"
    runs = stamp.ticks is not None and stamp.ticks.verdict in ("true", "jumps", "wrong_speed")
    if runs and seconds and stamp.dates:
        # recorders print digits; month names and zones are what timestamp cameras print
        named = any(r.printed.zone or r.printed.orders[:1] == ("named",) for r in stamp.used)
        return "timestamp_app" if named else "cctv"
    if runs:
        return "device"
    if stamp.ticks is not None and stamp.ticks.verdict == "frozen":
        return "editor"
    return "unknown" if stamp.has_clock else "editor"


def is_sure(stamp: Stamp) -> bool:
    """Whether the reading itself may be called sure: enough of it, agreeing, unrepaired, well read."""
    used = stamp.used
    if not used or stamp.date_share < SURE_SHARE:
        return False
    if any(r.printed.weekday_agrees is False for r in used):
        return False
    clean = [r for r in used if r.printed.repairs == 0]
    if stamp.ticks is not None and stamp.ticks.verdict == "unreadable":
        return False
    if len(used) >= 3:
        share = len(used) / len(stamp.readings)
        if stamp.has_clock and stamp.ticks is not None and stamp.ticks.verdict in ("too_short", "frozen"):
            values = [(r.printed.clock, r.printed.dates) for r in used]
            share *= max(values.count(v) for v in set(values)) / len(values)
            good = max(r.confidence for r in clean) if clean else 0.0
            return share >= SURE_SHARE and good >= SURE_CONFIDENCE and 2 * len(clean) > len(used)
        return share >= SURE_SHARE and 2 * len(clean) > len(used)
    return len(clean) == len(used) and min(r.confidence for r in clean) >= SURE_CONFIDENCE


def _clues_of(stamp: Stamp, overlays: Sequence[OverlayText], source: Source, zone: ZoneInfo | None) -> list[TimeClue]:
    dates = tuple(d for d in stamp.dates if plausible(datetime.combine(d, time())))
    whose = whose_clock(stamp, overlays, source)
    sure = is_sure(stamp)
    if stamp.kind == "scene" and not _scene_counts(stamp, sure):
        return []
    if not stamp.has_clock:
        return [_date_clue(stamp, dates, whose, sure, zone)] if dates else []
    if not dates:
        return _hour_clue(stamp, whose, sure, source)
    found = [_moment_clue(stamp, dates, whose, sure, source, zone)]
    if len(dates) > 1:
        found.extend(_hour_clue(stamp, whose, sure, source))
    return found


def _scene_counts(stamp: Stamp, sure: bool) -> bool:
    """A clock on a wall counts only where it is plainly read; dates on banners count as they are."""
    if not stamp.has_clock or stamp.dates:
        return True
    bare = not stamp.readings[0].printed.labelled
    return sure and len(stamp.used) >= (3 if bare else 2)


def _moment_clue(
    stamp: Stamp, dates: tuple[date, ...], whose: Clock, sure: bool, source: Source, zone: ZoneInfo | None
) -> TimeClue:
    used = stamp.used or stamp.readings
    step = timedelta(seconds=used[0].printed.precision_s)
    halves = _both_halves(stamp, whose)
    moments = [_moments(r, dates, halves) for r in used]
    firsts = min(moments, key=lambda options: options[0])
    lasts = max(moments, key=lambda options: options[0])
    begin, begin_known = _place(firsts, used, zone)
    finish, _ = _place([m + step for m in lasts], used, zone)
    caveats = [_SET if whose in ("cctv", "device", "timestamp_app") else _TYPED]
    caveats += [
        c
        for c, holds in (
            (_ORDER, len(dates) > 1),
            (_HALF, halves),
            (_ZONE, not begin_known),
            (_UNSURE, not sure),
            (_SCREEN, whose == "screen"),
            (_WALL, stamp.kind == "scene"),
        )
        if holds
    ]
    caveats.extend(_weekday_caveat(used))
    words = _moment_words(stamp, firsts, lasts, begin, begin_known, whose)
    if whose == "screen":
        return make(
            "not_after",
            "overlay",
            whose,
            "weak" if sure and len(dates) == 1 else "contextual",
            words,
            basis=used[0].raw,
            latest=max(finish),
            frames=_frames(stamp),
            caveats=tuple(caveats),
            alternatives=tuple(begin) if len(begin) > 1 else (),
        )
    grade = _grade(stamp, whose, sure, source, ambiguous=len(dates) > 1 or halves)
    return make(
        "date_hint" if grade == "contextual" else "exact",
        "overlay",
        whose,
        grade,
        words,
        basis=used[0].raw,
        earliest=min(begin),
        latest=max(finish),
        frames=_frames(stamp),
        caveats=tuple(caveats),
        alternatives=tuple(begin) if len(begin) > 1 else (),
    )


def _grade(stamp: Stamp, whose: Clock, sure: bool, source: Source, *, ambiguous: bool) -> Grade:
    if stamp.kind == "scene":
        return "contextual"
    if not sure or ambiguous or whose in ("editor", "unknown"):
        return "weak"
    verdict = stamp.ticks.verdict if stamp.ticks is not None else "too_short"
    if source.kind == "image" or stamp.stands_in_still:
        return "moderate"
    if verdict == "true":
        return "strong"
    if verdict == "too_short" or (
        verdict == "jumps" and stamp.ticks is not None and all(j.clock_advance_s > 0 for j in stamp.ticks.jumps)
    ):
        return "moderate"
    return "weak"


def _both_halves(stamp: Stamp, whose: Clock) -> bool:
    """Whether the clock could be a 12-hour clock without AM or PM.

    A leading zero, a dot as Indonesian print uses, or a zone mark a 24-hour clock; so does any hour over 12.
    """
    used = stamp.used or stamp.readings
    if any(r.printed.clock_12h is None for r in used):
        return False
    if whose == "screen":
        return True
    printed = used[0].printed
    padded = (
        re.search(r"(?<!\d)0\d\s?[:.;]", printed.text) is not None or printed.clock is None or printed.clock.hour >= 10
    )
    return not padded and printed.zone is None and not re.search(r"\d\.\d\d", printed.text)


def _moments(reading: StampReading, dates: tuple[date, ...], halves: bool) -> list[datetime]:
    own = reading.printed.dates or dates
    clock = reading.printed.clock or time()
    clocks = [clock, reading.printed.clock_12h] if halves and reading.printed.clock_12h else [clock]
    return [datetime.combine(d, c) for d in own for c in clocks]


def _place(
    moments: Sequence[datetime], used: Sequence[StampReading], zone: ZoneInfo | None
) -> tuple[list[datetime], bool]:
    """Give local moments their zone: the printed one, the place's, or all three; earliest first."""
    printed = [r.printed for r in used if r.printed.zone is not None]
    if 2 * len(printed) > len(used):
        offset = max({p.utc_offset_min for p in printed}, key=[p.utc_offset_min for p in printed].count)
        tz: tzinfo = timezone(timedelta(minutes=offset or 0))
        names = {420: ZONES.get("WIB"), 480: ZONES.get("WITA"), 540: ZONES.get("WIT")}
        name = names.get(offset or 0)
        return [m.replace(tzinfo=ZoneInfo(name) if name else tz) for m in moments], True
    return [placed for m in moments for placed in local_readings(m, zone)], zone is not None


def _frames(stamp: Stamp) -> tuple[FrameRef, ...]:
    used = stamp.used or stamp.readings
    frames = {used[0].frame.index: used[0].frame, used[-1].frame.index: used[-1].frame}
    if stamp.ticks is not None:
        for before, after in [*((j.before, j.after) for j in stamp.ticks.jumps), *stamp.ticks.flips]:
            frames[before.index], frames[after.index] = before, after
    return tuple(frames[i] for i in sorted(frames)[:24])


def _weekday_caveat(used: Sequence[StampReading]) -> list[Words]:
    wrong = [r.printed for r in used if r.printed.weekday_agrees is False and r.printed.weekday is not None]
    if 2 * len(wrong) <= len(used) or not wrong:
        return []
    day = wrong[0].weekday or 0
    return [
        Words(
            id=f"Hari yang tertulis ({DAYS_ID[day]}) tidak cocok dengan kalender; itu dapat salah tulis, salah setel, "
            "atau salah baca.",
            en=f"The printed weekday ({DAYS_EN[day]}) does not fit the calendar; it can be a slip, a wrong "
            "setting or a misreading.",
        )
    ]


_OWNER: dict[Clock, tuple[str, str]] = {
    "cctv": ("Jam perekam CCTV pada gambar", "The CCTV recorder's clock in the picture"),
    "timestamp_app": ("Cap aplikasi kamera waktu", "The stamp of a timestamp camera app"),
    "device": ("Cap waktu perangkat pada gambar", "The device's time stamp in the picture"),
    "wall_clock": ("Jam di tempat kejadian", "A clock in the scene"),
    "screen": ("Jam pada bilah status layar", "The clock in the screen's status bar"),
    "editor": ("Teks tempelan pada gambar", "A caption put on the picture"),
    "unknown": ("Tulisan waktu pada gambar", "A time written in the picture"),
}


def _moment_words(
    stamp: Stamp,
    firsts: Sequence[datetime],
    lasts: Sequence[datetime],
    placed: Sequence[datetime],
    known: bool,
    whose: Clock,
) -> Words:
    owner_id, owner_en = (
        ("Tulisan di tempat kejadian", "A writing in the scene")
        if stamp.kind == "scene"
        else (_OWNER.get(whose, _OWNER["unknown"]))
    )
    said = [_say(m) for m in dict.fromkeys(firsts)]
    ids, ens = " atau ".join(w.id for w in said), " or ".join(w.en for w in said)
    if len(said) == 1 and lasts[0] != firsts[0]:
        end = say_clock(lasts[0]) if lasts[0].date() == firsts[0].date() else _say(lasts[0])
        ids, ens = f"{ids} sampai {end.id}", f"{ens} to {end.en}"
    label = f" {_label(placed[0])}" if known else ""
    ticks = _tick_words(stamp)
    return Words(
        id=f"{owner_id}: {ids}{label}.{' ' + ticks.id if ticks else ''}",
        en=f"{owner_en}: {ens}{label}.{' ' + ticks.en if ticks else ''}",
    )


def _say(value: datetime) -> Words:
    day, at = say_day(value.date()), say_clock(value)
    return Words(id=f"{day.id} pukul {at.id}", en=f"{day.en} {at.en}")


def _label(value: datetime) -> str:
    from vidcheck.facts.wording import zone_of

    return zone_of(value)


def _tick_words(stamp: Stamp) -> Words | None:
    test = stamp.ticks
    if test is None or len(stamp.readings) < 2 or stamp.stands_in_still:
        return None
    if test.verdict == "wrong_speed" and test.rate is not None:
        rate_id = f"{test.rate:.2f}".replace(".", ",")
        return Words(
            id=f"Jam berjalan {rate_id} kali waktu putar klip: klip diperlambat atau dipercepat.",
            en=f"The clock runs at {test.rate:.2f} times the clip's own time: the clip was slowed down or sped up.",
        )
    if test.verdict == "jumps":
        jump = max(test.jumps, key=lambda j: abs(j.clock_advance_s - j.pts_advance_s))
        gap = round(jump.clock_advance_s - jump.pts_advance_s)
        return Words(
            id=f"Jam melompat {gap:+d} detik pada detik ke-{jump.after.time_s:.1f} klip: ".replace(".", ",")
            + "ada bagian yang dipotong, dibekukan, atau disambung.",
            en=f"The clock jumps by {gap:+d} seconds at second {jump.after.time_s:.1f} of the clip: a part was cut, "
            "frozen or joined.",
        )
    return _TICKS.get(test.verdict)


def _date_clue(stamp: Stamp, dates: tuple[date, ...], whose: Clock, sure: bool, zone: ZoneInfo | None) -> TimeClue:
    used = stamp.readings
    starts = [datetime.combine(d, time()) for d in dates]
    begin, known = _place(starts, used, zone)
    finish, _ = _place([s + timedelta(days=1) for s in starts], used, zone)
    said = [say_day(d) for d in dates]
    owner_id, owner_en = (
        ("Tanggal di tempat kejadian", "A date in the scene")
        if stamp.kind == "scene"
        else ("Tanggal pada gambar", "A date in the picture")
    )
    firm = stamp.kind == "overlay" and whose == "timestamp_app" and sure and len(dates) == 1
    caveats = [_WALL if stamp.kind == "scene" else _TYPED]
    caveats += [c for c, holds in ((_ORDER, len(dates) > 1), (_ZONE, not known), (_UNSURE, not sure)) if holds]
    caveats.extend(_weekday_caveat(used))
    return make(
        "exact" if firm else "date_hint",
        "overlay",
        whose,
        "moderate" if firm else "contextual" if stamp.kind == "scene" else "weak",
        Words(
            id=f"{owner_id}: {' atau '.join(w.id for w in said)}.",
            en=f"{owner_en}: {' or '.join(w.en for w in said)}.",
        ),
        basis=used[0].raw,
        earliest=min(begin),
        latest=max(finish),
        frames=_frames(stamp),
        caveats=tuple(caveats),
        alternatives=tuple(begin) if len(dates) > 1 else (),
    )


def _hour_clue(stamp: Stamp, whose: Clock, sure: bool, source: Source) -> list[TimeClue]:
    """A time of day without a date that can be fixed: which hours it allows."""
    used = stamp.used or stamp.readings
    clocks = [r.printed.clock for r in used if r.printed.clock is not None]
    if not clocks:
        return []
    bare = not any(r.printed.labelled for r in used)
    if (
        bare
        and stamp.kind != "interface"
        and (stamp.ticks is None or stamp.ticks.verdict not in ("true", "jumps"))
        and not (stamp.kind == "overlay" and sure)
    ):
        return []  # two numbers and a dot are not yet a clock
    halves = _both_halves(stamp, whose)
    hours = {c.hour for c in clocks} | (
        {r.printed.clock_12h.hour for r in used if r.printed.clock_12h} if halves else set()
    )
    weights = tuple(1.0 if hour in hours else 0.0 for hour in range(24))
    owner_id, owner_en = (
        ("Jam di tempat kejadian", "A clock in the scene")
        if stamp.kind == "scene"
        else (_OWNER.get(whose, _OWNER["unknown"]))
    )
    first = say_clock(datetime.combine(date(2000, 1, 1), clocks[0]))
    contextual = stamp.kind != "overlay" or whose in ("screen", "editor") or not sure
    ticks = _tick_words(stamp)
    caveats = [_SCREEN if whose == "screen" else _WALL if stamp.kind == "scene" else _SET]
    caveats += [c for c, holds in ((_HALF, halves), (_UNSURE, not sure)) if holds]
    running = stamp.ticks is not None and stamp.ticks.verdict == "true"
    return [
        make(
            "day_part",
            "overlay",
            whose,
            "contextual" if contextual else "moderate" if running or box_of(stamp) else "weak",
            Words(
                id=f"{owner_id}: pukul {first.id}.{' ' + ticks.id if ticks else ''}",
                en=f"{owner_en}: {first.en}.{' ' + ticks.en if ticks else ''}",
            ),
            basis=used[0].raw,
            hour_weights=weights,
            frames=_frames(stamp),
            caveats=tuple(caveats),
        )
    ]
