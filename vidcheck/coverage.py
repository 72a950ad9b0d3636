"""How often intervals of a kind held the true time: looked up, never guessed.

The shares come from generated cases in which one clock in ten is wrong (``python -m benchmarks.timing --coverage``
writes the table): they measure the reasoning under a rate of wrong clocks that was counted on photographs, not the
world. A kind that was not measured on enough cases has no share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vidcheck.facts._files import read_yaml
from vidcheck.types import Conflict, TimeClue

FEWEST_CASES = 100
"""Fewer cases than this give no share."""


def kind_of(setters: Sequence[TimeClue], conflicts: Sequence[Conflict]) -> str | None:
    """Return what an interval rests on: ``picture``, ``tags``, ``picture_and_tags``, ``bounds`` or ``conflict``.

    Parameters
    ----------
    setters:
        The clues that set the interval.
    conflicts:
        The conflicts that were found.

    Returns
    -------
    str | None
        None where nothing bounds the time, or where a call heard or a shadow narrows it: that was not measured.
    """
    if not setters or any(clue.kind == "day_part" for clue in setters):
        return None
    if conflicts:
        return "conflict"
    stated = {"picture" if clue.source == "overlay" else "tags" for clue in setters if clue.kind == "exact"}
    return "_and_".join(sorted(stated)) or "bounds"


def measured(kind: str | None) -> float | None:
    """Return the share of generated cases of this kind whose interval held the true time, 0..1, or None."""
    table: dict[str, dict[str, Any]] = read_yaml("coverage.yaml")["kinds"]
    counted = table.get(kind or "")
    if counted is None or counted["cases"] < FEWEST_CASES:
        return None
    return round(int(counted["held"]) / int(counted["cases"]), 3)
