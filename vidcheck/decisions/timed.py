"""The time of recording without the clues that the examiner rejected, beside the machine's estimate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from vidcheck import timing
from vidcheck.decisions.judged import Judged
from vidcheck.errors import VidcheckError
from vidcheck.types import Analysis, TimeEstimate, WorkingHoursVerdict


@dataclass(frozen=True, slots=True)
class JudgedTime:
    """When the clip was recorded if the rejected clues do not count."""

    rejected: tuple[str, ...]
    """Ids of the clues that the examiner rejected."""
    estimate: TimeEstimate | None
    """The estimate without them; None where the machine's was made by another version and cannot be repeated."""
    hours: WorkingHoursVerdict | None
    """Whether that is within working hours; None where there is no estimate."""


def without_rejected(analysis: Analysis, judged: Judged) -> JudgedTime | None:
    """Return the time of recording without rejected clues; None where none was rejected or there is no estimate.

    Parameters
    ----------
    analysis:
        What the machine found.
    judged:
        What the decisions made of it.
    """
    rejected = tuple(clue.id for clue in analysis.clues if _is_rejected(judged, clue.id))
    run = analysis.step("time")
    if not rejected or analysis.time_estimate is None or run is None:
        return None
    known = {field.name for field in fields(timing.TimeSettings)}
    plain: dict[str, Any] = {name: value for name, value in run.settings.items() if name in known}
    settings = timing.TimeSettings(**plain)
    try:
        if _bounds(timing.estimate(analysis.clues, settings=settings)) != _bounds(analysis.time_estimate):
            return JudgedTime(rejected, None, None)
        left = [clue for clue in analysis.clues if clue.id not in rejected]
        estimate = timing.estimate(left, settings=settings)
        return JudgedTime(rejected, estimate, timing.working_hours(estimate, settings=settings))
    except VidcheckError:  # a place that these tables do not know
        return JudgedTime(rejected, None, None)


def _is_rejected(judged: Judged, clue: str) -> bool:
    """Whether the last verdict in force on a clue is a rejection."""
    actions = [o.decision.action for o in judged.beside("clue", clue)]
    verdicts = [action for action in actions if action in ("confirm", "reject")]
    return bool(verdicts) and verdicts[-1] == "reject"


def _bounds(estimate: TimeEstimate) -> tuple[object, ...]:
    return estimate.earliest, estimate.latest, estimate.best, estimate.clues_used
