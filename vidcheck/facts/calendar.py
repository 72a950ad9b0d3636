"""Public holidays, cuti bersama, Ramadan, and days on which flexible work was officially possible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from vidcheck.facts._files import read_csv, read_yaml

CalendarStatus = Literal["confirmed", "library_only", "none"]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off by national decision."""

    day: date
    """The day."""
    kind: Literal["libur_nasional", "cuti_bersama"]
    """Public holiday, or collective leave (on which public-service units may work)."""
    name: str
    """Name in Bahasa Indonesia."""
    status: Literal["confirmed", "library_only"]
    """Whether it was compared with the decree, or comes from a library alone."""


@dataclass(frozen=True, slots=True)
class FlexibleDay:
    """A day on which work from elsewhere was officially possible."""

    kind: str
    """WFH or WFA."""
    basis: str
    """The circular."""
    source: str
    """Source key."""


@lru_cache(maxsize=1)
def _holidays() -> dict[date, Holiday]:
    return {
        date.fromisoformat(row["date"]): Holiday(
            date.fromisoformat(row["date"]), row["kind"], row["name"], row["status"]  # type: ignore[arg-type]
        )
        for row in read_csv("holidays.csv")
    }  # fmt: skip


def holiday(day: date) -> Holiday | None:
    """Return the holiday on ``day``, or None. None means little in a year that ``calendar_status`` calls
    ``none``.
    """
    return _holidays().get(day)


@lru_cache(maxsize=1)
def _years() -> frozenset[int]:
    return frozenset(day.year for day in _holidays())


def calendar_status(year: int) -> CalendarStatus:
    """Say how far the holiday table carries for ``year``: ``none`` where there is no table."""
    if year not in _years():
        return "none"
    confirmed: list[int] = read_yaml("hours.yaml")["meta"]["confirmed_calendar"]
    return "confirmed" if year in confirmed else "library_only"


def ramadan(day: date) -> bool | None:
    """Say whether ``day`` is in Ramadan by the government's dates; None for a year without table."""
    periods: list[dict[str, Any]] = read_yaml("hours.yaml")["ramadan"]
    known = {date.fromisoformat(period["start"]).year for period in periods}
    if day.year not in known:
        return None
    return any(
        date.fromisoformat(period["start"]) <= day <= date.fromisoformat(period["end"]) for period in periods
    )  # fmt: skip


def flexible_day(day: date) -> FlexibleDay | None:
    """Return the flexible-work window that holds ``day``, or None."""
    for window in read_yaml("hours.yaml")["flexible_days"]:
        if date.fromisoformat(window["from"]) <= day <= date.fromisoformat(window["to"]):
            return FlexibleDay(window["kind"], window["basis"], window["source"])
    return None
