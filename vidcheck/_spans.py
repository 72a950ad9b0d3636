"""Sets of moments as unions of closed intervals, open-ended where a bound is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Span = tuple[datetime | None, datetime | None]

_LOW = datetime.min.replace(tzinfo=UTC)
_HIGH = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Spans:
    """A union of closed intervals in order of time; None is an open end."""

    parts: tuple[Span, ...]
    """Disjoint, in order."""

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Spans:
        """Return the union of ``spans``; one that ends before it starts counts as empty."""
        ordered = sorted(((a or _LOW, b or _HIGH) for a, b in spans if (a or _LOW) <= (b or _HIGH)), key=lambda s: s[0])
        merged: list[tuple[datetime, datetime]] = []
        for low, high in ordered:
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple((None if a == _LOW else a, None if b == _HIGH else b) for a, b in merged))

    @classmethod
    def everything(cls) -> Spans:
        """Return the whole line of time."""
        return cls(((None, None),))

    def __bool__(self) -> bool:
        """Say whether it holds any moment."""
        return bool(self.parts)

    def __and__(self, other: Spans) -> Spans:
        """Return what both hold."""
        found: list[Span] = []
        for a, b in self.parts:
            for c, d in other.parts:
                low, high = max(a or _LOW, c or _LOW), min(b or _HIGH, d or _HIGH)
                if low <= high:
                    found.append((None if low == _LOW else low, None if high == _HIGH else high))
        return Spans.of(found)

    def __or__(self, other: Spans) -> Spans:
        """Return what either holds."""
        return Spans.of((*self.parts, *other.parts))

    @property
    def hull(self) -> Span:
        """First and last moment; both None where it is empty or open."""
        return (self.parts[0][0], self.parts[-1][1]) if self.parts else (None, None)

    @property
    def width(self) -> timedelta | None:
        """Length of the hull, or None where an end is open."""
        low, high = self.hull
        return high - low if low is not None and high is not None else None
