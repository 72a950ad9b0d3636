"""Which uniform is usual on which day: a weak hint, never proof of a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from vidcheck.facts._files import read_yaml
from vidcheck.types import Words


@dataclass(frozen=True, slots=True)
class DressRule:
    """When one class of clothing is usual."""

    label: str
    """Clothing label."""
    weekdays: tuple[int, ...]
    """Monday is 0."""
    days_of_month: tuple[int, ...]
    """For example 17."""
    dates: tuple[str, ...]
    """``MM-DD``."""
    words: Words
    """The rule, for the report."""
    sources: tuple[str, ...]
    """Source keys."""
    possible_weekday: int | None = None
    """A weekday on which it is usual only in some regions."""
    possible_from: date | None = None
    """Since when."""

    not_adopted: frozenset[str] = frozenset()
    """Names of places whose government said that it does not follow it."""

    def usual(self, day: date, *, place: str | None = None) -> bool | None:
        """Say whether the class is usual on ``day``; None where that depends on an unknown region."""
        if (
            day.weekday() in self.weekdays
            or day.day in self.days_of_month
            or f"{day.month:02d}-{day.day:02d}" in self.dates
        ):
            return True
        if self.possible_weekday == day.weekday() and self.possible_from is not None and day >= self.possible_from:
            return False if place in self.not_adopted else None
        return False


@lru_cache(maxsize=1)
def rules() -> dict[str, DressRule]:
    """Return the rules by clothing label."""
    found = {}
    for label, entry in read_yaml("dress.yaml")["classes"].items():
        extra = entry.get("extra")
        found[label] = DressRule(
            label=label,
            weekdays=tuple(entry["weekdays"]),
            days_of_month=tuple(entry.get("days_of_month", ())),
            dates=tuple(entry.get("dates", ())),
            words=Words(id=entry["id_text"], en=entry["en_text"]),
            sources=tuple(entry["sources"]),
            possible_weekday=extra["weekday"] if extra else None,
            possible_from=date.fromisoformat(extra["from"]) if extra else None,
            not_adopted=frozenset(extra["not_adopted"]) if extra else frozenset(),
        )
    return found
