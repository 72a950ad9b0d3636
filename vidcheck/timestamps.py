"""Printed dates and times, as Indonesia and its cameras write them, into typed readings. Text only, no pixels.

A reading keeps every meaning that the print leaves open: ``09/10/2025`` is the ninth of October and the tenth
of September until a weekday, a field over 12 or another reading of the same stamp decides. What the OCR engine
confused (``O`` for ``0``, ``I`` for ``1``, ``B`` for ``8``) is repaired and counted, because a repaired
reading must not be called sure on its own.

Names and formats follow the ``overlay_formats`` facts table: month and day names of Bahasa Indonesia as in
CLDR 45 (locale ``id``), the older spellings ``Nopember`` and ``Pebruari``, and the English names that camera
firmware prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from vidcheck import timestamp_grammar as grammar

Order = Literal["dmy", "mdy", "ymd", "named"]
Role = Literal["moment", "range", "duration"]


@dataclass(frozen=True, slots=True)
class PrintedTime:
    """One date, time, or both, as found in a text, with every meaning that the print leaves open."""

    text: str
    """The stretch of text it was read from."""
    dates: tuple[date, ...]
    """Dates it can mean, the Indonesian day-month order first; empty where no full date is printed."""
    orders: tuple[Order, ...]
    """Field order behind each of ``dates``."""
    day_month: tuple[int, int] | None
    """Day and month where they are printed without a year."""
    clock: time | None
    """Time of day on a 24-hour clock, or None where none is printed."""
    clock_12h: time | None
    """The other half of the day, where the print could come from a 12-hour clock without AM or PM."""
    precision_s: int
    """Size of the printed step in seconds: 1, 60, 3600, or 86400 for a date alone."""
    zone: str | None
    """Zone as printed (``WITA``, ``GMT+08:00``), or None."""
    utc_offset_min: int | None
    """Minutes ahead of UTC of ``zone``, or None."""
    weekday: int | None
    """Printed day of the week, Monday 0, or None."""
    weekday_agrees: bool | None
    """Whether the printed weekday fits one of ``dates``; None where there is nothing to compare."""
    labelled: bool
    """True where a date, a zone, AM or PM, seconds, or a word such as *pukul* shows that it is a time."""
    role: Role
    """``range`` for opening hours and the like, ``duration`` for a player's or recorder's counter."""
    repairs: int
    """Characters that had to be repaired or guessed; a reading with repairs is not sure on its own."""

    @property
    def ambiguous(self) -> bool:
        """True where more than one date fits the print."""
        return len(self.dates) > 1

    def moments(self, *, twelve_hour: bool = False) -> tuple[datetime, ...]:
        """Return the local moments it can mean, without zone, preferred first; empty without date and time.

        Parameters
        ----------
        twelve_hour:
            Also count the reading twelve hours later where the print does not exclude it.
        """
        if self.clock is None:
            return ()
        clocks = [self.clock]
        if twelve_hour and self.clock_12h is not None:
            clocks.append(self.clock_12h)
        return tuple(datetime.combine(day, clock) for day in self.dates for clock in clocks)


@dataclass(frozen=True, slots=True)
class _DatePart:
    start: int
    end: int
    options: tuple[tuple[Order, date], ...]
    day_month: tuple[int, int] | None
    repairs: int
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class _TimePart:
    start: int
    end: int
    clock: time
    other_half: time | None
    precision_s: int
    strong: bool
    repairs: int
    zone: str | None
    offset_min: int | None
    role: Role


def find_times(text: str) -> tuple[PrintedTime, ...]:
    """Return every date and time printed in ``text``, in order of place.

    Anything may be passed: text that holds no date or time gives an empty tuple, never an error. Only the
    first :data:`vidcheck.timestamp_grammar.MAX_TEXT` characters are searched.
    """
    plain = grammar.normalise(text)
    folded, repaired = grammar.fold_digits(plain)
    days = list(_dates(folded, repaired))
    clocks = _mark_ranges(folded, list(_times(folded, repaired, days)))
    found: list[tuple[int, PrintedTime]] = []
    free = list(clocks)
    for day in days:
        clock = next((part for part in free if _joined(folded, day, part)), None)
        if clock is not None:
            free.remove(clock)
        found.append((day.start, _reading(plain, folded, day, clock)))
    found.extend((part.start, _reading(plain, folded, None, part)) for part in free)
    return tuple(reading for _, reading in sorted(found, key=lambda item: item[0]))


def join_readings(day: PrintedTime, clock: PrintedTime) -> PrintedTime:
    """Join a date and a time that stand in separate texts of one stamp, such as two lines of one block."""
    joined = f"{day.text} {clock.text}"
    return replace(
        day,
        text=joined,
        clock=clock.clock,
        clock_12h=clock.clock_12h,
        precision_s=clock.precision_s,
        zone=clock.zone or day.zone,
        utc_offset_min=clock.utc_offset_min if clock.zone else day.utc_offset_min,
        labelled=True,
        role=clock.role,
        repairs=day.repairs + clock.repairs,
    )


def settle_order(readings: Sequence[PrintedTime]) -> tuple[PrintedTime, ...]:
    """Let readings of one stamp that fix the order of day and month decide for those that do not.

    Where the deciding readings contradict each other nothing is settled.
    """
    decided = {reading.orders[0] for reading in readings if len(reading.dates) == 1 and reading.orders[0] != "named"}
    if len(decided) != 1:
        return tuple(readings)
    order = decided.pop()
    return tuple(_keep_order(reading, order) for reading in readings)


def weekday_of(name: str) -> int | None:
    """Return the day of the week that ``name`` stands for, Monday 0, or None."""
    return grammar.lookup(name, grammar.WEEKDAYS)[0]


def month_of(name: str) -> int | None:
    """Return the month (1 to 12) that ``name`` stands for, or None."""
    return grammar.lookup(name, grammar.MONTHS)[0]


def _keep_order(reading: PrintedTime, order: Order) -> PrintedTime:
    kept = [(o, d) for o, d in zip(reading.orders, reading.dates, strict=True) if o == order]
    if not kept or len(reading.dates) < 2:
        return reading
    return replace(reading, orders=tuple(o for o, _ in kept), dates=tuple(d for _, d in kept))


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _options(fields: Iterable[tuple[Order, int, int, int]]) -> tuple[tuple[Order, date], ...]:
    options: dict[date, Order] = {}
    for order, year, month, day in fields:
        value = _valid(year, month, day)
        if value is not None:
            options.setdefault(value, order)
    return tuple((order, value) for value, order in options.items())


def _dates(text: str, repaired: Sequence[bool]) -> Iterator[_DatePart]:
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        return all(end <= a or start >= b for a, b in taken)

    parts: list[_DatePart] = []

    def add(
        match: re.Match[str],
        options: tuple[tuple[Order, date], ...],
        *,
        extra: int = 0,
        day_month: tuple[int, int] | None = None,
        clock: time | None = None,
    ) -> None:
        if (options or day_month) and free(match.start(), match.end()):
            taken.append(match.span())
            repairs = sum(repaired[match.start() : match.end()]) + extra
            parts.append(_DatePart(match.start(), match.end(), options, day_month, repairs, clock))

    for match in grammar.COMPACT.finditer(text):
        y, mo, d, h, mi, s = map(int, match.groups())
        add(match, _options([("ymd", y, mo, d)]), clock=time(h, mi, s))
    for match in grammar.YMD.finditer(text):
        y, a, b = (int(match[key]) for key in ("y", "a", "b"))
        glued = text[match.end() : match.end() + 1].isdigit() and len(match["b"]) == 1
        add(match, _options([("ymd", y, a, b)]), extra=int(glued or _two_splits(text, match)))
    for match in grammar.XXY.finditer(text):
        y, a, b = (int(match[key]) for key in ("y", "a", "b"))
        add(match, _options([("dmy", y, b, a), ("mdy", y, a, b)]))
    for pattern in (grammar.DAY_NAME_YEAR, grammar.NAME_DAY_YEAR):
        for match in pattern.finditer(text):
            month, fixes = grammar.lookup(match["mon"], grammar.MONTHS)
            if month is None:
                continue
            d = int(match["d"])
            if match["y"] is None:
                usable = _valid(2024, month, d) is not None and (len(match["mon"]) > 3 or fixes == 0)
                add(match, (), extra=fixes, day_month=(d, month) if usable else None)
                continue
            year = int(match["y"]) if len(match["y"]) == 4 else 2000 + int(match["y"])
            add(match, _options([("named", year, month, d)]), extra=fixes)
    for match in grammar.SHORT.finditer(text):
        a, b, y = (int(match[key]) for key in ("a", "b", "y"))
        if match["sep"] == "." and not re.match(rf"\s{{0,2}}{grammar.GLUED_TIME}", text[match.end() :]):
            continue  # 10.15.22 is a time in Indonesian print, unless a time follows it
        add(match, _options([("dmy", 2000 + y, b, a), ("mdy", 2000 + y, a, b), ("ymd", 2000 + a, b, y)]))
    yield from sorted(parts, key=lambda part: part.start)


def _two_splits(text: str, match: re.Match[str]) -> bool:
    """``2025-12-110:15`` can be the 11th at 0:15 or the 1st at 10:15."""
    follow = re.match(r"\d(?=[:;.]\d\d)", text[match.end() :])
    return follow is not None and len(match["b"]) == 2 and match["b"][0] != "0" and match["b"][1] in "12"


def _times(text: str, repaired: Sequence[bool], days: Sequence[_DatePart]) -> Iterator[_TimePart]:
    taken = [(day.start, day.end) for day in days]
    blanked = list(text)
    for start, end in taken:  # a date's digits must not lend themselves to a time, and glued times must start
        blanked[start:end] = "\x00" * (end - start)
    body = "".join(blanked)
    used: list[tuple[int, int]] = []
    patterns = ((grammar.TIME_LOST_SPACE, 1), (grammar.TIME, 0), (grammar.TIME_LOST_COLON, 1))
    for pattern, guessed in patterns:
        for match in pattern.finditer(body):
            groups = match.groupdict()
            hour = groups["h"] or groups.get("h2")
            minute = groups["m"] or groups.get("m2")
            second = groups["s"] or groups.get("s2")
            if hour is None or minute is None or any(match.start() < b and match.end() > a for a, b in used):
                continue
            part = _time_part(body, match, int(hour), int(minute), second, guessed, repaired)
            if part is not None:
                used.append((part.start, part.end))
                yield part
    for match in grammar.HOUR_WORD.finditer(body):
        if any(match.start() < b and match.end() > a for a, b in used):
            continue
        part = _time_part(body, match, int(match["h"]), 0, None, 0, repaired, hour_only=True)
        if part is not None:
            yield part


def _time_part(
    body: str,
    match: re.Match[str],
    hour: int,
    minute: int,
    second: str | None,
    guessed: int,
    repaired: Sequence[bool],
    *,
    hour_only: bool = False,
) -> _TimePart | None:
    before, after, end = body[: match.start()], body[match.end() :], match.end()
    if grammar.NOT_A_TIME_BEFORE.search(before[-8:]) or grammar.NOT_A_TIME_AFTER.match(after):
        return None
    repairs = guessed + sum(repaired[match.start() : match.end()])
    strong = hour_only or second is not None or grammar.LABEL.search(before[-10:]) is not None
    other_half: time | None = None
    meridiem = grammar.MERIDIEM.match(after)
    period = grammar.PERIOD.match(after)
    if meridiem is not None:
        afternoon = meridiem[1].lower() == "p"
        if hour > 12 and not afternoon:
            repairs += 1  # 13:15 AM contradicts itself
        elif hour == 12 and not afternoon:
            hour = 0
        elif hour < 12 and afternoon:
            hour += 12
        end, strong = match.end() + meridiem.end(), True
    elif period is not None:
        wanted = grammar.PERIOD_HOURS[period[1].lower().replace(" ", "")]
        candidates = [h % 24 for h in (hour, hour + 12) if h % 24 in wanted and (h == hour or hour <= 12)]
        hour = candidates[0] if candidates else hour
        end, strong = match.end() + period.end(), True
    elif 1 <= hour <= 12:
        other_half = time((hour + 12) % 24 if hour < 12 else 0, minute, int(second or 0))
    if hour == 24:
        if minute or int(second or 0):
            return None
        hour = 0
    zone, offset, zone_end = _zone(body[end:])
    strong = strong or zone is not None
    clock = time(hour, minute, int(second or 0))
    precision = 3600 if hour_only else 1 if second is not None else 60
    role: Role = "duration" if grammar.TIMER_BEFORE.search(before) and not strong else "moment"
    if re.search(r"(?i)\brec\b\s?[●•]?\s?$", before):
        role = "duration"
    return _TimePart(match.start(), end + zone_end, clock, other_half, precision, strong, repairs, zone, offset, role)


def _zone(after: str) -> tuple[str | None, int | None, int]:
    match = grammar.ZONE.match(after)
    if match is None:
        return None, None, 0
    if match["name"]:
        name = match["name"].upper()
        name = "WITA" if len(name) == 4 else "WIB" if name[2] in "B8" else "WIT"
        return name, grammar.ZONE_OFFSETS_MIN[name], match.end()
    minutes = int(match["oh"]) * 60 + int(match["om"] or 0)
    if minutes > 14 * 60:
        return None, None, 0
    sign = -1 if match["sign"] in "-\u2212" else 1
    return f"GMT{'-' if sign < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}", sign * minutes, match.end()


def _mark_ranges(text: str, parts: list[_TimePart]) -> list[_TimePart]:
    """Two times joined by a dash are opening hours; two joined by a slash are a player's counter."""
    parts.sort(key=lambda part: part.start)
    for index in range(len(parts) - 1):
        left, right = parts[index], parts[index + 1]
        between = text[left.end : right.start]
        if grammar.RANGE_LINK.match(between):
            parts[index], parts[index + 1] = replace(left, role="range"), replace(right, role="range")
        elif re.fullmatch(r"\s?/\s?", between):
            parts[index], parts[index + 1] = replace(left, role="duration"), replace(right, role="duration")
    return parts


def _joined(text: str, day: _DatePart, clock: _TimePart) -> bool:
    if day.clock is not None or clock.role != "moment":
        return False
    between = text[day.end : clock.start] if clock.start >= day.end else text[clock.end : day.start]
    if len(between) > 24:
        return False
    if grammar.JOIN.match(between):
        return True
    words = re.findall(r"[A-Za-z'\u2019]{3,10}", between)
    return len(words) == 1 and grammar.lookup(words[0], grammar.WEEKDAYS)[0] is not None


def _reading(plain: str, text: str, day: _DatePart | None, clock: _TimePart | None) -> PrintedTime:
    pieces = [part for part in (day, clock) if part is not None]
    start, end = min(part.start for part in pieces), max(part.end for part in pieces)
    weekday, fixes, named = (None, 0, None) if day is None else _weekday_near(text, day)
    if named is not None:
        start, end = min(start, named[0]), max(end, named[1])
    options = () if day is None else day.options
    agrees: bool | None = None
    if weekday is not None and options:
        fitting = tuple((order, value) for order, value in options if value.weekday() == weekday)
        agrees = bool(fitting)
        options = fitting or options
    at = clock.clock if clock is not None else day.clock if day is not None else None
    zone, offset = (clock.zone, clock.offset_min) if clock is not None else (None, None)
    alone = clock is not None and day is None
    return PrintedTime(
        text=plain[start:end].strip(),
        dates=tuple(value for _, value in options),
        orders=tuple(order for order, _ in options),
        day_month=day.day_month if day is not None else None,
        clock=at,
        clock_12h=clock.other_half if clock is not None else None,
        precision_s=clock.precision_s if clock is not None else 1 if at is not None else 86400,
        zone=zone,
        utc_offset_min=offset,
        weekday=weekday,
        weekday_agrees=agrees,
        labelled=clock.strong if alone and clock is not None else True,
        role=clock.role if clock is not None else "moment",
        repairs=sum(part.repairs for part in pieces) + (fixes if weekday is not None else 0),
    )


def _weekday_near(text: str, day: _DatePart) -> tuple[int | None, int, tuple[int, int] | None]:
    """Return the weekday printed beside a date, what had to be repaired to read it, and where it stands."""
    begin = max(0, day.start - 14)
    before = re.search(r"([A-Za-z0158'\u2019]{3,9})[\s.,/()|-]{0,4}$", text[begin : day.start])
    after = re.match(r"[\s.,/()|-]{0,4}([A-Za-z0158'\u2019]{3,9})", text[day.end : day.end + 16])
    for match, offset in ((before, begin), (after, day.end)):
        if match is not None:
            number, fixes = grammar.lookup(match[1], grammar.WEEKDAYS)
            if number is not None:
                return number, fixes, (offset + match.start(1), offset + match.end(1))
    return None, 0, None
