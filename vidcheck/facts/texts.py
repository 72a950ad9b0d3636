"""Patterns for texts that name agencies, schools, addresses, plates and places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from vidcheck.facts._files import read_csv, read_yaml

TextClass = Literal["agency", "health", "school", "address"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of text worth a human's look."""

    id: str
    """For example ``dinas`` or ``sd``."""
    group: TextClass
    """What it points at."""
    regex: re.Pattern[str]
    """Case-insensitive."""


@dataclass(frozen=True, slots=True)
class PlateArea:
    """Where plates with one prefix are registered."""

    prefix: str
    """One or two letters."""
    province: str
    """Province of registration."""
    area: str
    """Area within it."""
    zone: str
    """WIB, WITA or WIT."""
    note: str
    """Limits, or blank."""
    status: str
    """``sourced`` or ``memory_unverified``."""


@dataclass(frozen=True, slots=True)
class AreaCode:
    """Where a fixed-line area code belongs."""

    code: str
    """With its leading zero."""
    area: str
    """Towns."""
    province: str
    """Province."""
    status: str
    """``sourced`` or ``memory_unverified``."""


_UNUSED = frozenset({"postcode"})  # five digits alone are met everywhere; they say nothing without an address line


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """Return the patterns for agencies, health posts, schools and addresses."""
    data = read_yaml("place_patterns.yaml")
    return tuple(
        Pattern(entry["id"], group, re.compile(entry["re"], re.IGNORECASE))
        for group in ("agency", "health", "school", "address")
        for entry in data[group]
        if entry["id"] not in _UNUSED
    )


@lru_cache(maxsize=1)
def plate_areas() -> dict[str, PlateArea]:
    """Return plate areas by prefix."""
    return {
        row["prefix"]: PlateArea(row["prefix"], row["province"], row["area"], row["zone"], row["note"], row["status"])
        for row in read_csv("plates.csv")
        if row["prefix"]
    }


@lru_cache(maxsize=1)
def area_codes() -> dict[str, AreaCode]:
    """Return fixed-line area codes by their digits."""
    return {
        row["code"]: AreaCode(row["code"], row["area"], row["province"], row["status"])
        for row in read_csv("area_codes.csv")
    }


@lru_cache(maxsize=1)
def common_place_words() -> frozenset[str]:
    """Return names of places that are everyday words, lower case; alone they name no place."""
    return frozenset(read_yaml("place_patterns.yaml")["common_place_words"])
