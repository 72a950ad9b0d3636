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
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

Order = Literal["dmy", "mdy", "ymd", "named"]
Role = Literal["moment", "range", "duration"]

MAX_TEXT = 400
"""Characters of one text that are searched; no printed clock is longer, and hostile text is."""

ZONE_OFFSETS_MIN = {"WIB": 420, "WITA": 480, "WIT": 540}
"""Minutes ahead of UTC of the three Indonesian zones (facts table ``provinces_tz``)."""

_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "januari jan january",
        "februari feb pebruari peb february",
        "maret mar march",
        "april apr",
        "mei may",
        "juni jun june",
        "juli jul july",
        "agustus agu agt agus ags aug august",
        "september sep sept",
        "oktober okt october oct",
        "november nov nopember nop",
        "desember des december dec",
    ),
    start=1,
):
    _MONTHS.update(dict.fromkeys(_names.split(), _number))

_WEEKDAYS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "senin sen monday mon",
        "selasa sel tuesday tue tues",
        "rabu rab wednesday wed",
        "kamis kam kms thursday thu thur thurs",
        "jumat jum'at jum friday fri",
        "sabtu sab saturday sat",
        "minggu min ahad sunday sun",
    )
):
    _WEEKDAYS.update(dict.fromkeys(_names.split(), _number))

# Letters that the recogniser prints for digits in clock fonts. One character for one, so spans survive.
_FOLD = str.maketrans("OoQDIil|!ZzSsBGbqg", "000011111225586699"[:18])
_FOLD.update({ord(letter): ord(digit) for letter, digit in {"B": "8", "G": "6", "b": "6", "q": "9", "g": "9"}.items()})
_CONFUSABLE_RUN = re.compile(r"[0-9OoQDIil|!ZzSsBGbqg]+")
_UNFOLD_NAME = str.maketrans({"0": "o", "1": "i", "|": "l", "5": "s", "8": "b", "’": "'", "`": "'"})

_SEP = r"\s?[-/.–—_·年月]\s?"
_DAY = r"(?:0[1-9]|[12]\d|3[01]|[1-9])"
_MONTH = r"(?:0[1-9]|1[0-2]|[1-9])"
_YEAR = r"(?:19[7-9]\d|20\d\d)"
_GLUED_TIME = r"\d{1,2}\s?[:;.]\s?\d\d"
_YMD = re.compile(rf"(?<!\d)(?P<y>{_YEAR}){_SEP}(?P<a>{_MONTH}){_SEP}(?P<b>{_DAY})(?:日)?(?:(?!\d)|(?={_GLUED_TIME}))")
_XXY = re.compile(rf"(?<!\d)(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}}){_SEP}(?P<y>{_YEAR})(?:(?!\d)|(?={_GLUED_TIME}))")
_SHORT = re.compile(r"(?<![\d/.:-])(?P<a>\d\d)(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d\d)(?![\d/:-])")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[ _T-]?([01]\d|2[0-3])([0-5]\d)([0-5]\d)(?!\d)")
_NAME = r"[A-Za-z0158|]{3,10}"
_DAY_NAME_YEAR = re.compile(
    rf"(?<!\d)(?P<d>{_DAY})(?:st|nd|rd|th)?[\s.,/-]{{0,3}}(?P<mon>{_NAME})(?:[\s.,/'’-]{{0,3}}(?P<y>{_YEAR}|(?<=['’/-])\d\d))?"
    rf"(?:(?!\d)|(?={_GLUED_TIME}))"
)
_NAME_DAY_YEAR = re.compile(
    rf"(?<![A-Za-z])(?P<mon>{_NAME})[\s.,/-]{{0,3}}(?P<d>{_DAY})(?:st|nd|rd|th)?[\s.,/-]{{1,3}}(?P<y>{_YEAR})"
    rf"(?:(?!\d)|(?={_GLUED_TIME}))"
)
_TIME = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-4])(?P<sep>\s?[:;∶]\s?|\s?\.\s?)(?P<m>[0-5]\d)"
    r"(?:\s?[:;∶.]\s?(?P<s>[0-5]\d)(?:[.,:]\d{1,3})?)?(?!\d|\s?[:;.]\d)"
)
_TIME_LOST_COLON = re.compile(r"(?<![\d:])(?:(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)[:;.](?P<s>[0-5]\d)|"
                              r"(?P<h2>[01]\d|2[0-3])[:;.](?P<m2>[0-5]\d)(?P<s2>[0-5]\d))(?![\d:])")
_HOUR_WORD = re.compile(r"(?i)\b(?:jam|pukul|pkl\.?)\s{0,2}(?P<h>[01]?\d|2[0-4])(?![\d:.;])")
_LABEL = re.compile(r"(?i)(?:pukul|pkl|jam|at|tgl|tanggal|time|waktu)\s?[.:]?\s{0,2}$")
_MERIDIEM = re.compile(r"(?i)^\s{0,2}([ap])\s?\.?\s?m")
_PERIOD = re.compile(r"(?i)^\s{0,2}(?:wib|wita|wit)?\s{0,2}(dini\s?hari|pagi|siang|sore|petang|malam)")
_PERIOD_HOURS = {"dinihari": range(0, 5), "pagi": range(0, 12), "siang": range(10, 16), "sore": range(14, 19),
                 "petang": range(15, 20), "malam": (*range(18, 24), 0, 1, 2, 3)}
_ZONE = re.compile(
    r"(?i)^[\s(,|-]{0,3}(?:(?P<name>W[I1l|]TA|W[I1l|][B8]|W[I1l|]T)(?![A-Za-z])"
    r"|(?:GMT|UTC)\s?(?P<sign>[+-−])\s?(?P<oh>[01]?\d)(?:[:.]?(?P<om>[0-5]\d))?)"
)
_RANGE_LINK = re.compile(r"(?i)^\s?(?:wib|wita|wit)?\s?(?:-|–|—|~|s\s?/\s?d\.?|s\.d\.?|sd|sampai|hingga|to|until)\s?$")
_TIMER_BEFORE = re.compile(r"(?i)(?:\brec\b|●|timer|durasi|[-/])\s?$")
_NOT_A_TIME_BEFORE = re.compile(r"(?i)(?:rp\.?|idr|\$|lat|long?|lon|v|ver\.?|no\.?|ayat)\s?[:.]?\s?-?$")
_NOT_A_TIME_AFTER = re.compile(r"(?i)^\s?(?:%|°|º|['\"]|km|kg|gb|mb|rb|ribu|jt|juta|k\b|m\b|fps|mbps|usd|persen)")
_JOIN = re.compile(r"(?i)^[\s,;|@()\[\]•·T/-]{0,4}(?:[a-z'’.]{2,10}[\s,.]{0,3})?(?:pukul|pkl|jam|at|wib|wita|wit)?[\s.:,@()|-]{0,3}$")


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
    first :data:`MAX_TEXT` characters are searched.
    """
    plain = _normalise(text)
    folded, repaired = _fold_digits(plain)
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
        day, text=joined, clock=clock.clock, clock_12h=clock.clock_12h, precision_s=clock.precision_s,
        zone=clock.zone or day.zone,
        utc_offset_min=clock.utc_offset_min if clock.zone else day.utc_offset_min,
        labelled=True, role=clock.role, repairs=day.repairs + clock.repairs,
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
    return _lookup(name, _WEEKDAYS)[0]


def month_of(name: str) -> int | None:
    """Return the month (1 to 12) that ``name`` stands for, or None."""
    return _lookup(name, _MONTHS)[0]


def _keep_order(reading: PrintedTime, order: Order) -> PrintedTime:
    kept = [(o, d) for o, d in zip(reading.orders, reading.dates, strict=True) if o == order]
    if not kept or len(reading.dates) < 2:
        return reading
    return replace(reading, orders=tuple(o for o, _ in kept), dates=tuple(d for _, d in kept))


def _normalise(text: str) -> str:
    clean = unicodedata.normalize("NFKC", text[:MAX_TEXT])[: 2 * MAX_TEXT]
    return "".join(char if char.isprintable() else " " for char in clean)


def _fold_digits(text: str) -> tuple[str, tuple[bool, ...]]:
    """Turn letters that stand for digits into digits, only inside number-like runs; same length."""
    chars = list(text)
    changed = [False] * len(text)
    for match in _CONFUSABLE_RUN.finditer(text):
        run, start, end = match.group(), match.start(), match.end()
        if run.isdigit():
            continue
        before, after = text[start - 1 : start], text[end : end + 1]
        if (before.isalpha()) or (after.isalpha() and not text[end : end + 3].upper().startswith(("WI", "AM", "PM"))):
            continue
        in_number = any(char.isdigit() for char in run) and len(run) <= 8
        by_colon = len(run) == 2 and (
            re.match(r"[:;]\d", text[end : end + 2]) or re.search(r"\d[:;]$", text[max(0, start - 2) : start])
        )
        if in_number or by_colon:
            for index in range(start, end):
                if not text[index].isdigit():
                    chars[index] = text[index].translate(_FOLD)
                    changed[index] = True
    return "".join(chars), tuple(changed)


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

    def add(match: re.Match[str], options: tuple[tuple[Order, date], ...], *, extra: int = 0,
            day_month: tuple[int, int] | None = None, clock: time | None = None) -> None:
        if (options or day_month) and free(match.start(), match.end()):
            taken.append(match.span())
            repairs = sum(repaired[match.start() : match.end()]) + extra
            parts.append(_DatePart(match.start(), match.end(), options, day_month, repairs, clock))

    for match in _COMPACT.finditer(text):
        y, mo, d, h, mi, s = map(int, match.groups())
        add(match, _options([("ymd", y, mo, d)]), clock=time(h, mi, s))
    for match in _YMD.finditer(text):
        y, a, b = (int(match[key]) for key in ("y", "a", "b"))
        glued = text[match.end() : match.end() + 1].isdigit() and len(match["b"]) == 1
        add(match, _options([("ymd", y, a, b)]), extra=int(glued or _two_splits(text, match)))
    for match in _XXY.finditer(text):
        y, a, b = (int(match[key]) for key in ("y", "a", "b"))
        add(match, _options([("dmy", y, b, a), ("mdy", y, a, b)]))
    for pattern in (_DAY_NAME_YEAR, _NAME_DAY_YEAR):
        for match in pattern.finditer(text):
            month, fixes = _lookup(match["mon"], _MONTHS)
            if month is None:
                continue
            d = int(match["d"])
            if match["y"] is None:
                usable = _valid(2024, month, d) is not None and (len(match["mon"]) > 3 or fixes == 0)
                add(match, (), extra=fixes, day_month=(d, month) if usable else None)
                continue
            year = int(match["y"]) if len(match["y"]) == 4 else 2000 + int(match["y"])
            add(match, _options([("named", year, month, d)]), extra=fixes)
    for match in _SHORT.finditer(text):
        a, b, y = (int(match[key]) for key in ("a", "b", "y"))
        if match["sep"] == "." and not re.match(rf"\s{{0,2}}{_GLUED_TIME}", text[match.end() :]):
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
    for pattern, guessed in ((_TIME, 0), (_TIME_LOST_COLON, 1)):
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
    for match in _HOUR_WORD.finditer(body):
        if any(match.start() < b and match.end() > a for a, b in used):
            continue
        part = _time_part(body, match, int(match["h"]), 0, None, 0, repaired, hour_only=True)
        if part is not None:
            yield part


def _time_part(body: str, match: re.Match[str], hour: int, minute: int, second: str | None, guessed: int,
               repaired: Sequence[bool], *, hour_only: bool = False) -> _TimePart | None:
    before, after, end = body[: match.start()], body[match.end() :], match.end()
    if _NOT_A_TIME_BEFORE.search(before[-8:]) or _NOT_A_TIME_AFTER.match(after):
        return None
    repairs = guessed + sum(repaired[match.start() : match.end()])
    strong = hour_only or second is not None or _LABEL.search(before[-10:]) is not None
    other_half: time | None = None
    meridiem = _MERIDIEM.match(after)
    period = _PERIOD.match(after)
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
        wanted = _PERIOD_HOURS[period[1].lower().replace(" ", "")]
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
    role: Role = "duration" if _TIMER_BEFORE.search(before) and not strong else "moment"
    if re.search(r"(?i)\brec\b\s?[●•]?\s?$", before):
        role = "duration"
    return _TimePart(match.start(), end + zone_end, clock, other_half, precision, strong, repairs, zone, offset, role)


def _zone(after: str) -> tuple[str | None, int | None, int]:
    match = _ZONE.match(after)
    if match is None:
        return None, None, 0
    if match["name"]:
        name = match["name"].upper()
        name = "WITA" if len(name) == 4 else "WIB" if name[2] in "B8" else "WIT"
        return name, ZONE_OFFSETS_MIN[name], match.end()
    minutes = int(match["oh"]) * 60 + int(match["om"] or 0)
    if minutes > 14 * 60:
        return None, None, 0
    sign = -1 if match["sign"] in "-−" else 1
    return f"GMT{'-' if sign < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}", sign * minutes, match.end()


def _mark_ranges(text: str, parts: list[_TimePart]) -> list[_TimePart]:
    """Two times joined by a dash are opening hours; two joined by a slash are a player's counter."""
    parts.sort(key=lambda part: part.start)
    for index in range(len(parts) - 1):
        left, right = parts[index], parts[index + 1]
        between = text[left.end : right.start]
        if _RANGE_LINK.match(between):
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
    if _JOIN.match(between):
        return True
    words = re.findall(r"[A-Za-z'’]{3,10}", between)
    return len(words) == 1 and _lookup(words[0], _WEEKDAYS)[0] is not None


def _reading(plain: str, text: str, day: _DatePart | None, clock: _TimePart | None) -> PrintedTime:
    pieces = [part for part in (day, clock) if part is not None]
    start, end = min(part.start for part in pieces), max(part.end for part in pieces)
    weekday, fixes = (None, 0) if day is None else _weekday_near(text, day)
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
        zone=zone, utc_offset_min=offset, weekday=weekday, weekday_agrees=agrees,
        labelled=clock.strong if alone and clock is not None else True,
        role=clock.role if clock is not None else "moment",
        repairs=sum(part.repairs for part in pieces) + (fixes if weekday is not None else 0),
    )


def _weekday_near(text: str, day: _DatePart) -> tuple[int | None, int]:
    before = re.search(r"([A-Za-z0158'’]{3,9})[\s.,/()|-]{0,4}$", text[max(0, day.start - 14) : day.start])
    after = re.match(r"[\s.,/()|-]{0,4}([A-Za-z0158'’]{3,9})", text[day.end : day.end + 16])
    for match in (before, after):
        if match is not None:
            number, fixes = _lookup(match[1], _WEEKDAYS)
            if number is not None:
                return number, fixes
    return None, 0


def _lookup(name: str, table: dict[str, int]) -> tuple[int | None, int]:
    """Return the number for a name and how many characters had to be repaired to find it."""
    word = name.strip(" .,").lower()
    if word in table:
        return table[word], 0
    unfolded = word.translate(_UNFOLD_NAME)
    if unfolded in table:
        return table[unfolded], sum(a != b for a, b in zip(word, unfolded, strict=True))
    if len(unfolded) < 5:
        return None, 0
    near = {number for known, number in table.items() if len(known) >= 5 and _one_edit_apart(unfolded, known)}
    return (near.pop(), 1) if len(near) == 1 else (None, 0)


def _one_edit_apart(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    prefix = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[prefix:], b[prefix:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]
