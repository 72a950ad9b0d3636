"""Texts of a clip into stamps: which lines belong together, what they print in each frame, how they tick.

A stamp is a block of texts on the frame that prints a date, a time of day, or both, in one line or several. Its
readings along time are voted on, and its clock is put to the tick test.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from vidcheck.ticks import Tick, TickTest, seconds_of, tick_test
from vidcheck.timestamps import PrintedTime, find_times, join_readings, settle_order
from vidcheck.types import Box, FrameRef, OverlayKind, OverlayText, Shot, TextReading

TICK_ORIGIN = datetime(2000, 1, 1)
"""Origin of :attr:`Stamp.ticks`' seconds where a date is printed; midnight of no day otherwise."""


@dataclass(frozen=True, slots=True)
class StampReading:
    """What a stamp printed in one frame."""

    frame: FrameRef
    """The frame."""
    printed: PrintedTime
    """Date and time with their alternatives; the date is the one voted for over the whole stamp."""
    confidence: float
    """The engine's score for the text that holds the clock, 0..1."""
    raw: str
    """The text as read."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A block that prints a date, a time, or both."""

    texts: tuple[OverlayText, ...]
    """The texts it is read from: the one with the clock first."""
    block: tuple[OverlayText, ...]
    """All texts that stand with it: address, coordinates, camera name."""
    kind: OverlayKind
    """Kind of the text with the clock, or of the date where there is no clock."""
    readings: tuple[StampReading, ...]
    """What it printed, in order of time; only readings of the voted shape."""
    dates: tuple[date, ...]
    """Dates it can mean, after voting and after the field order was settled; empty where none is printed."""
    date_share: float
    """Share of the readings with a date that agree on it; 1 where none is printed."""
    has_clock: bool
    """Whether a time of day is printed."""
    ticks: TickTest | None
    """The tick test, or None without a clock."""
    still: bool = False
    """Whether all its readings lie in still shots: slides, freezes, photos."""

    @property
    def stands_in_still(self) -> bool:
        """Whether the clock stands because the picture does: a stamped photo shown for a while."""
        return self.still and self.ticks is not None and self.ticks.verdict in ("frozen", "too_short")

    @property
    def used(self) -> tuple[StampReading, ...]:
        """The readings that lie on the clock's course; all of them without a clock."""
        if self.ticks is None:
            return self.readings
        return tuple(self.readings[i] for i in self.ticks.used)


def find_stamps(overlays: Sequence[OverlayText], shots: Sequence[Shot] = ()) -> tuple[Stamp, ...]:
    """Group texts into stamps and read them; texts without date or time are left out.

    Parameters
    ----------
    overlays:
        The texts of the clip.
    shots:
        Its shots, where they are known: a clock that stands in a still picture is no frozen clock.
    """
    printed = [(text, _readings(text)) for text in overlays]
    timed = [(text, readings) for text, readings in printed if readings]
    done: set[str] = set()
    drafts: list[tuple[list[OverlayText], list[OverlayText], list[StampReading]]] = []
    # lines with a clock lead; a line with a date alone then joins the clock it stands with
    for text, readings in sorted(timed, key=lambda item: -_weight(item[1])):
        if text.id in done:
            continue
        done.add(text.id)
        block = [other for other in overlays if other.id != text.id and _stand_together(text, other)]
        texts = [text]
        if not _majority_has(readings, "dates"):
            for other, theirs in timed:
                if other.id in done or other not in block or not _majority_has(theirs, "dates"):
                    continue
                if _majority_has(theirs, "clock") and _majority_has(readings, "clock"):
                    continue
                readings = _join_lines(theirs, readings)
                texts.append(other)
                done.add(other.id)
                break
        drafts.extend((texts, block, part) for part in _by_picture(readings))
    settled: dict[int, list[StampReading]] = {}
    shapes = [_date_shape(part) for _, _, part in drafts]
    for shape in set(shapes):
        alike = [k for k, other in enumerate(shapes) if other == shape]
        settled.update(zip(alike, _settled([drafts[k][2] for k in alike]), strict=True))
    stamps = [_stamp(texts, block, settled[k]) for k, (texts, block, _) in enumerate(drafts)]
    stamps = [replace(s, still=_in_stills(s.readings, shots)) for s in stamps]
    return tuple(sorted(stamps, key=lambda s: (s.readings[0].frame.index, s.texts[0].id)))


def _date_shape(part: Sequence[StampReading]) -> str:
    """The form of a numeric date, such as ``00/00/0000``: stamps of one form come from one setting."""
    found = re.search(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", part[0].raw)
    return re.sub(r"\d", "0", found.group()) if found else ""


def _in_stills(readings: Sequence[StampReading], shots: Sequence[Shot]) -> bool:
    stills = [shot for shot in shots if shot.kind == "still"]
    return bool(stills) and all(any(s.start.index <= r.frame.index < s.end.index for s in stills) for r in readings)


def _weight(readings: Sequence[StampReading]) -> float:
    clock = _majority_has(readings, "clock")
    return 1000.0 * clock + len(readings)


def _majority_has(readings: Sequence[StampReading], part: str) -> bool:
    have = sum(bool(r.printed.dates) if part == "dates" else r.printed.clock is not None for r in readings)
    return 2 * have > len(readings)


def _readings(text: OverlayText) -> list[StampReading]:
    """Read every reading; one that lost its date keeps the clock, the vote gives the date back."""
    source: Iterable[TextReading] = text.readings
    found = []
    for reading in source:
        moments = [t for t in find_times(reading.text_raw) if t.role == "moment"]
        if not moments:
            continue
        best = max(moments, key=lambda t: (t.clock is not None) + 2 * bool(t.dates))
        if best.clock is None and not best.dates:
            continue
        found.append(StampReading(reading.frame, best, reading.confidence, reading.text_raw))
    if len(found) * 3 < len(text.readings):
        return []  # a text that only now and then resembles a time is none
    return found


def _stand_together(a: OverlayText, b: OverlayText) -> bool:
    """Whether two texts stand in one block: overlapping in time, close in place, of like height."""
    if a.first.index > b.last.index or b.first.index > a.last.index:
        return False
    ax, bx = a.box_xyxy_px, b.box_xyxy_px
    tall = max(ax[3] - ax[1], bx[3] - bx[1], 1.0)
    return _gap(ax[0], ax[2], bx[0], bx[2]) < 3.0 * tall and _gap(ax[1], ax[3], bx[1], bx[3]) < 4.0 * tall


def _gap(a1: float, a2: float, b1: float, b2: float) -> float:
    return max(0.0, max(a1, b1) - min(a2, b2))


def _join_lines(days: Sequence[StampReading], clocks: Sequence[StampReading]) -> list[StampReading]:
    """Give every clock reading the date line read nearest to it in time."""
    joined = []
    for clock in clocks:
        day = min(days, key=lambda d: abs(d.frame.time_s - clock.frame.time_s))
        if clock.printed.dates:
            joined.append(clock)
        else:
            joined.append(
                replace(
                    clock,
                    printed=join_readings(day.printed, clock.printed),
                    raw=f"{day.raw} {clock.raw}",
                    confidence=min(day.confidence, clock.confidence),
                )
            )
    return joined


def _by_picture(readings: list[StampReading]) -> list[list[StampReading]]:
    """Part the readings of stamps that follow one another in one place, as in a slideshow of stamped photos.

    A new stamp begins where another date stays for two readings or more and its time of day does not go on from
    the one before; a misread date does neither.
    """
    runs: list[list[StampReading]] = []
    for reading in readings:
        if runs and (not reading.printed.dates or _goes_on(runs[-1], reading)):
            runs[-1].append(reading)
        else:
            runs.append([reading])
    merged: list[list[StampReading]] = []
    for k, run in enumerate(runs):
        back = k + 1 < len(runs) and bool(merged) and _dates_of(runs[k + 1]) == _dates_of(merged[-1])
        if merged and (len(run) < 2 or back or _dates_of(run) == _dates_of(merged[-1])):
            merged[-1].extend(run)
        else:
            merged.append(list(run))
    if len(merged) > 1 and len(merged[0]) < 2:
        merged[1] = merged[0] + merged[1]
        merged = merged[1:]
    return merged


def _settled(parts: list[list[StampReading]]) -> list[list[StampReading]]:
    """Let a stamp whose date fixes the order of day and month decide for the others of its print.

    What each part is voted to mean decides, never a single reading: one misread digit can look decisive.
    """
    voted = []
    for part in parts:
        dates, _ = _vote_date(part)
        voted.append(next((r.printed for r in part if r.printed.dates == dates), part[0].printed))
    result = []
    for part, before, after in zip(parts, voted, settle_order(voted), strict=True):
        if before.dates == after.dates:
            result.append(part)
        else:
            result.append(
                [
                    replace(r, printed=replace(r.printed, dates=after.dates, orders=after.orders))
                    if r.printed.dates == before.dates
                    else r
                    for r in part
                ]
            )
    return result


def _dates_of(run: Sequence[StampReading]) -> tuple[date, ...]:
    return next((r.printed.dates for r in run if r.printed.dates), ())


def _goes_on(run: Sequence[StampReading], reading: StampReading) -> bool:
    """Whether a reading has the date of the run, or a time of day that goes on from it as presentation time does."""
    dates = _dates_of(run)
    if not dates or reading.printed.dates == dates:
        return True
    if set(dates) & set(reading.printed.dates):
        return True
    last = run[-1]
    if last.printed.clock is None or reading.printed.clock is None:
        return False
    apart = (_of_day(reading.printed) - _of_day(last.printed)) % 86400
    passed = reading.frame.time_s - last.frame.time_s
    return abs(apart - passed) <= max(2.0, reading.printed.precision_s + 1.0) and passed < 120


def _of_day(printed: PrintedTime) -> float:
    clock = printed.clock or time()
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _stamp(texts: Sequence[OverlayText], block: Sequence[OverlayText], readings: list[StampReading]) -> Stamp:
    has_clock = _majority_has(readings, "clock")
    dates, share = _vote_date(readings)
    if has_clock:
        readings = [r for r in readings if r.printed.clock is not None]
    precision = Counter(r.printed.precision_s for r in readings).most_common(1)[0][0]
    readings = [r for r in readings if r.printed.precision_s == precision]
    if dates:
        readings = [replace(r, printed=_give_date(r.printed, dates)) for r in readings]
    test = None
    if has_clock:
        test = tick_test([Tick(r.frame, clock_seconds(r.printed)) for r in readings], precision)
    return Stamp(tuple(texts), tuple(block), texts[0].kind, tuple(readings), dates, share, has_clock, test)


def _vote_date(readings: Sequence[StampReading]) -> tuple[tuple[date, ...], float]:
    votes: dict[tuple[date, ...], float] = defaultdict(float)
    for reading in readings:
        if reading.printed.dates:
            clean = 1.0 if reading.printed.repairs == 0 else 0.5
            votes[reading.printed.dates] += clean * max(0.05, reading.confidence) ** 2
    if not votes:
        return (), 1.0
    dates, weight = max(votes.items(), key=lambda item: item[1])
    # the day after, at midnight, is the same stamp going on
    near = sum(
        w
        for d, w in votes.items()
        if len(d) == len(dates) and abs((d[0] - dates[0]).days) == 1 and _crosses_midnight(readings)
    )
    return dates, (weight + near) / sum(votes.values())


def _crosses_midnight(readings: Sequence[StampReading]) -> bool:
    hours = {r.printed.clock.hour for r in readings if r.printed.clock is not None}
    return {0, 23} <= hours


def _give_date(printed: PrintedTime, dates: tuple[date, ...]) -> PrintedTime:
    if printed.dates == dates:
        return printed
    if (
        len(printed.dates) == len(dates) == 1
        and abs((printed.dates[0] - dates[0]).days) == 1
        and (printed.clock is not None and printed.clock.hour in (0, 23))
    ):
        return printed
    return replace(printed, dates=dates, orders=tuple(printed.orders[:1] or ("dmy",)) * len(dates))


def clock_seconds(printed: PrintedTime) -> float:
    """Return the printed clock in seconds for the tick test: from :data:`TICK_ORIGIN`, or from midnight."""
    if printed.dates:
        return seconds_of(datetime.combine(printed.dates[0], printed.clock or time()))
    return _of_day(printed)


def box_of(stamp: Stamp) -> Box:
    """Return the box of the text that holds the clock, pixels."""
    return stamp.texts[0].box_xyxy_px


_BRAND = re.compile(
    r"(?i)gps\s?map|map\s?camera|timestamp|time\s?mark|solocator|geo\s?foto|\blat(?:itude)?\b\s?[:.]?\s?-?\d"
    r"|\blong?(?:itude)?\b\s?[:.]?\s?-?\d"
)
_CHANNEL = re.compile(
    r"(?i)hikvision|dahua|ezviz|\bcam(?:era)?[\s_-]?\d{1,3}\b|\bch(?:annel)?[\s_-]?\d{1,3}\b|\bip\s?cam|\bipc\b|\bcctv\b"
    r"|\bnvr\b|\bdvr\b"
)


def has_brand(texts: Iterable[OverlayText]) -> bool:
    """Whether a timestamp camera's name or coordinates stand among the texts."""
    return any(_BRAND.search(text.text) for text in texts)


def has_channel(texts: Iterable[OverlayText]) -> bool:
    """Whether a recorder's maker or camera channel stands among the texts."""
    return any(_CHANNEL.search(text.text) for text in texts)
