"""How the report writes numbers, times and frames, in Bahasa Indonesia and English.

Indonesian writes 1.234,5 and 10.12.05; English writes 1,234.5 and 10:12:05.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vidcheck.report.wording import MONTHS, MONTHS_SHORT, WEEKDAYS, ZONES, text
from vidcheck.types import FrameRef, JsonScalar

_MAX_FRAMES_LISTED = 6


@dataclass(frozen=True, slots=True)
class Formatter:
    """Writes values for people in one language and, for wall-clock times, one zone."""

    lang: str
    """``"id"`` or ``"en"``."""
    zone: str | None = None
    """IANA zone in which wall-clock times are shown; None leaves each in its own zone."""

    def number(self, value: float, decimals: int = 0) -> str:
        """Write ``value`` with grouped thousands and ``decimals`` decimal places."""
        english = f"{value:,.{decimals}f}"
        return english.translate(str.maketrans(",.", ".,")) if self.lang == "id" else english

    def percent(self, share: float) -> str:
        """Write a share of 0..1 in whole percent, never rounding to certainty."""
        if 0.0 < share < 0.01:
            return "<1%"
        if 0.99 < share < 1.0:
            return ">99%"
        return f"{share * 100:.0f}%"

    def size(self, size_bytes: int) -> str:
        """Write a size in the unit that fits and in bytes."""
        exact = f"{self.number(size_bytes)} {text('bytes', self.lang)}"
        for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
            if size_bytes >= factor:
                return f"{self.number(size_bytes / factor, 1)} {unit} ({exact})"
        return exact

    def seconds(self, value: float) -> str:
        """Write a length of time in seconds."""
        return f"{self.number(value, 3)} s"

    def clip_time(self, time_s: float) -> str:
        """Write a time within the clip as ``m:ss.mmm`` or ``h:mm:ss.mmm``."""
        thousandths = round(abs(time_s) * 1000)
        minutes, rest = divmod(thousandths, 60_000)
        hours, minutes = divmod(minutes, 60)
        seconds = f"{rest / 1000:06.3f}"
        written = f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"
        sign = "-" if time_s < 0 and thousandths else ""
        return sign + (written.replace(".", ",") if self.lang == "id" else written)

    def frame(self, ref: FrameRef) -> str:
        """Write a frame by time and index."""
        return f"{self.clip_time(ref.time_s)} ({text('frame', self.lang)} {ref.index})"

    def frames(self, refs: Iterable[FrameRef]) -> str:
        """Write frames by time and index; a long list is cut, saying how many follow."""
        listed = tuple(refs)
        shown = "; ".join(self.frame(ref) for ref in listed[:_MAX_FRAMES_LISTED])
        more = len(listed) - _MAX_FRAMES_LISTED
        return f"{shown}; {text('lane_more', self.lang, n=more)}" if more > 0 else shown

    def span(self, first: FrameRef, last: FrameRef) -> str:
        """Write a stretch of frames, or the one frame where both are the same."""
        return self.frame(first) if first.index == last.index else f"{self.frame(first)} – {self.frame(last)}"

    def local(self, moment: datetime) -> datetime:
        """Return ``moment`` in the report's zone; unchanged where no zone is known."""
        zone = self.tz()
        try:
            return moment.astimezone(zone) if zone and moment.tzinfo else moment
        except OverflowError:  # a tag may state the first day of the calendar
            return moment

    def tz(self) -> tzinfo | None:
        """Return the report's zone, or None where it is not known."""
        if not self.zone:
            return None
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return None

    def zone_name(self, moment: datetime) -> str:
        """Write the zone of ``moment``: WIB, WITA, WIT, or the offset from UTC."""
        key = getattr(moment.tzinfo, "key", None)
        if key in ZONES:
            return ZONES[key]
        offset = moment.utcoffset()
        if offset is None:
            return "?"
        minutes = int(offset.total_seconds() // 60)
        sign = "-" if minutes < 0 else "+"
        return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "UTC"

    def clock(self, moment: datetime, *, seconds: bool = True) -> str:
        """Write the time of day, without its zone."""
        written = moment.strftime("%H:%M:%S" if seconds else "%H:%M")
        return written.replace(":", ".") if self.lang == "id" else written

    def date(self, moment: datetime) -> str:
        """Write weekday and date in full."""
        separator = ", " if self.lang == "id" else " "
        day = WEEKDAYS[self.lang][moment.weekday()]
        return f"{day}{separator}{moment.day} {MONTHS[self.lang][moment.month - 1]} {moment.year}"

    def short_date(self, moment: datetime, *, year: bool = False) -> str:
        """Write day and abbreviated month, with the year on request."""
        short = f"{moment.day} {MONTHS_SHORT[self.lang][moment.month - 1]}"
        return f"{short} {moment.year}" if year else short

    def moment(self, moment: datetime | None) -> str:
        """Write a wall-clock time in full with its zone; an open end as such."""
        if moment is None:
            return text("open", self.lang)
        local = self.local(moment)
        return f"{self.date(local)}, {self.clock(local)} {self.zone_name(local)}"

    def interval(self, earliest: datetime | None, latest: datetime | None) -> str:
        """Write an interval of wall-clock times, repeating no more than needed."""
        if earliest is None and latest is None:
            return text("open", self.lang)
        if earliest is None or latest is None:
            key = "not_before" if latest is None else "not_after"
            return text(key, self.lang, t=self.moment(earliest or latest))
        first, last = self.local(earliest), self.local(latest)
        if first == last:
            return self.moment(earliest)
        if first.date() != last.date() or first.utcoffset() != last.utcoffset():
            return f"{self.moment(earliest)} – {self.moment(latest)}"
        if (first.hour, first.minute, first.second) == (0, 0, 0) and (last.hour, last.minute) == (23, 59):
            return f"{self.date(first)} ({text('whole_day', self.lang)}, {self.zone_name(first)})"
        return f"{self.date(first)}, {self.clock(first)}–{self.clock(last)} {self.zone_name(first)}"

    def value(self, value: object) -> str:
        """Write one setting or statistic as a machine would read it back, without rounding it away."""
        if isinstance(value, dict):
            return ", ".join(f"{key}={self.value(inner)}" for key, inner in value.items())
        if isinstance(value, list | tuple):
            return ", ".join(self.value(inner) for inner in value)
        return scalar(value) if isinstance(value, str | int | float | bool | None) else str(value)


def scalar(value: JsonScalar) -> str:
    """Write a JSON scalar; floats in the shortest form that reads back the same."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(round(value, 10)) if isinstance(value, float) else str(value)
