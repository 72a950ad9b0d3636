"""From clues to the time of recording: an interval, the conflicts, and the working-hours question. No pixels
here.

Each clue allows a set of moments; the estimate is what the clues of at least moderate grade allow together.
Where clues cannot all be true the better grade wins and the conflict stays visible; between clues of one
grade neither wins: the estimate then spans what either allows. Weak clues never narrow, however many there
are, because their errors are not independent. Light and clothing never narrow either: they are reported as
what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from vidcheck import coverage
from vidcheck._spans import Spans
from vidcheck.clues import examiner as _examiner
from vidcheck.clues import gather
from vidcheck.facts import places
from vidcheck.facts._files import tables_version
from vidcheck.ledger import clock_name, ledger
from vidcheck.office_hours import working_hours
from vidcheck.time_settings import TimeSettings
from vidcheck.time_words import say_estimate
from vidcheck.types import (
    ClothingObservation,
    Conflict,
    JsonScalar,
    LightingObservation,
    OverlayText,
    Shot,
    Source,
    StepResult,
    TimeClue,
    TimeEstimate,
    Words,
)

__all__ = ["TimeSettings", "check", "clock_name", "estimate", "gather_clues", "ledger", "working_hours"]

VERSION = f"2+{tables_version()}"
CLUES_VERSION = f"2+{tables_version()}"
METHOD = "intersection of graded clues; conflicts kept, weak clues never narrow; dated working-hours tables"

EXCLUDED_BELOW = 0.05
"""An hour with a smaller weight counts as excluded by the light; the same figure as in ``vidcheck.sun``."""


def check(settings: TimeSettings) -> None:
    """Try what the examiner gave before any work is done.

    Raises
    ------
    UsageError
        If the place, a time, a prayer or a shadow cannot be understood.
    """
    place = places.resolve(settings.place)
    zone = place.zoneinfo if place is not None else None
    for text, option in ((settings.posted, "--posted"), (settings.known_not_before, "--known-not-before")):
        if text:
            _examiner.parse_time(text, zone=zone, option=option)
    _examiner.heard_adzan(settings.heard_adzan, place=None, day=None)
    if settings.shadow_height is not None and settings.shadow_length is not None:
        _examiner.shadow(settings.shadow_height, settings.shadow_length, place=None, day=None)


def gather_clues(
    source: Source,
    overlays: Sequence[OverlayText] = (),
    lighting: Sequence[LightingObservation] = (),
    clothing: Sequence[ClothingObservation] = (),
    settings: TimeSettings | None = None,
    shots: Sequence[Shot] = (),
) -> StepResult[tuple[TimeClue, ...]]:
    """Return the ledger of clues as a step's result; see :func:`vidcheck.clues.gather`.

    Raises
    ------
    UsageError
        See :func:`check`.
    """
    settings = settings or TimeSettings()
    found = gather(source, settings.context, overlays, lighting, clothing, settings, shots)
    counts: dict[str, JsonScalar] = {}
    for clue in found:
        counts[clue.source] = sum(other.source == clue.source for other in found)
    return StepResult(
        found,
        "clues from texts, tags, file name, identifiers, light, clothing and the examiner",
        {"by_source": counts},
    )


def estimate(
    clues: Sequence[TimeClue], *, zone: ZoneInfo | None = None, settings: TimeSettings | None = None
) -> TimeEstimate:
    """Return the interval in which the clip was recorded, as far as the clues carry.

    Parameters
    ----------
    clues:
        The ledger; times zone aware.
    zone:
        Zone of the place in which to say local times; None takes that of the place in the settings, if any.
    settings:
        See :class:`TimeSettings`.
    """
    settings = settings or TimeSettings()
    if zone is None and (where := places.resolve(settings.place)) is not None:
        zone = where.zoneinfo
    allowed = {clue.id: _allowed(clue) for clue in clues if clue.kind in ("exact", "not_before", "not_after")}
    current, used, conflicts = Spans.everything(), list[str](), list[Conflict]()
    by_id = {clue.id: clue for clue in clues}
    for rank in range(3):
        tier = [id_ for id_ in allowed if _rank(by_id[id_]) == rank]
        current, kept, clashes = _narrow(current, used, tier, allowed, by_id)
        used += kept
        conflicts += clashes
    conflicts += _weak_clashes(current, used, allowed, by_id)
    setters = _setters(current, used, allowed, by_id)
    current, heard, clashes = _listen(current, clues, setters, zone, settings)
    setters += heard
    conflicts += clashes
    conflicts += _light_clashes(current, clues, used, zone)
    conflicts += _outage_clashes(current, clues, setters)
    disputed = {id_ for conflict in conflicts for id_ in conflict.clues}
    exact = [by_id[id_] for id_ in used if by_id[id_].kind == "exact"]
    weights = _day_weights(clues, conflicts)
    earliest, latest = current.hull
    width = current.width
    best = None
    if (
        exact and not any(clue.id in disputed for clue in exact) and len(current.parts) == 1
        and earliest and width is not None and width <= timedelta(minutes=settings.best_within_min)
    ):  # fmt: skip
        best = max(earliest, (earliest + width / 2).replace(microsecond=0))
    condition = _condition([by_id[id_] for id_ in setters])
    show_weights = weights if width is None or width > timedelta(hours=settings.day_part_beyond_h) else None
    return TimeEstimate(
        earliest=_in(earliest, zone), latest=_in(latest, zone), best=_in(best, zone),
        zone=zone.key if zone else None,
        coverage=coverage.measured(coverage.kind_of([by_id[id_] for id_ in setters], conflicts)),
        hour_weights=show_weights, clues_used=tuple(setters), conflicts=tuple(conflicts),
        words=say_estimate(current, best, setters, by_id, conflicts, show_weights, zone, condition),
        condition=condition,
    )  # fmt: skip


def _condition(setters: Sequence[TimeClue]) -> Words | None:
    """Return what a time from tags or a name rests on: they date the camera's work, whatever it was pointed at."""
    exact = [clue for clue in setters if clue.kind == "exact"]
    if not exact or any(clue.source == "overlay" for clue in exact):
        return None
    return Words(
        id="Ini berlaku bila klip tidak merekam layar atau gambar lain; bila ya, pakai --shows-screen.",
        en="This holds if the clip does not film a screen or another picture; if it does, use --shows-screen.",
    )


def _outage_clashes(current: Spans, clues: Sequence[TimeClue], setters: list[str]) -> list[Conflict]:
    """Find an interval that lies wholly in a time at which the platform shown was switched off."""
    low, high = current.hull
    by_id = {clue.id: clue for clue in clues}
    return [
        _conflict((clue.id, *setters), by_id)
        for clue in clues
        if clue.kind == "date_hint" and clue.source == "overlay" and clue.clock == "platform"
        and clue.earliest and clue.latest
        and low is not None and high is not None and clue.earliest <= low and high <= clue.latest
    ]  # fmt: skip


def _rank(clue: TimeClue) -> int:
    """Order clues that count: a platform's own clock first, then strong, then moderate; 3 for the rest."""
    if clue.grade == "strong":
        return 0 if clue.clock == "platform" else 1
    return 2 if clue.grade == "moderate" else 3


def _in(moment: datetime | None, zone: ZoneInfo | None) -> datetime | None:
    return moment.astimezone(zone) if moment is not None and zone is not None else moment


def _allowed(clue: TimeClue) -> Spans:
    """Return the moments that a clue allows, all its readings together."""
    if clue.kind == "not_after":
        ends = [end for end in (clue.latest, *clue.alternatives) if end is not None]
        return Spans.of([(None, max(ends))]) if ends else Spans.everything()
    if clue.kind == "not_before":
        starts = [start for start in (clue.earliest, *clue.alternatives) if start is not None]
        return Spans.of([(min(starts), None)]) if starts else Spans.everything()
    parts = [(clue.earliest, clue.latest)]
    others = clue.alternatives
    if clue.earliest is None or clue.latest is None:
        return Spans.of(parts)
    if others and min(others) == clue.earliest and max(others) <= clue.latest:
        # The alternatives list every reading and the interval is their hull: only the readings are possible.
        length = clue.latest - max(others)
        return Spans.of((other, other + length) for other in others)
    length = clue.latest - clue.earliest
    parts += [(other, other + length) for other in others if not clue.earliest <= other <= clue.latest]
    return Spans.of(parts)


def _narrow(
    current: Spans, used: list[str], tier: list[str], allowed: dict[str, Spans], by_id: dict[str, TimeClue]
) -> tuple[Spans, list[str], list[Conflict]]:
    """Intersect one grade into ``current``; return it, the clues that count, and the conflicts."""
    conflicts = []
    fitting = []
    for id_ in tier:
        if current & allowed[id_]:
            fitting.append(id_)
            continue
        against = [other for other in used if not allowed[other] & allowed[id_]] or list(used)
        conflicts.append(_conflict((id_, *against), by_id))
    together = current
    for id_ in fitting:
        together = together & allowed[id_]
    if together:
        return together, fitting, conflicts
    clashing = {id_ for a, b in combinations(fitting, 2) if not current & allowed[a] & allowed[b] for id_ in (a, b)}
    clashing = clashing or set(fitting)
    agreed = current
    for id_ in fitting:
        if id_ not in clashing:
            agreed = agreed & allowed[id_]
    either = Spans(())
    for id_ in fitting:
        if id_ in clashing:
            either = either | allowed[id_]
    conflicts.append(_conflict(tuple(id_ for id_ in fitting if id_ in clashing), by_id))
    return (agreed & either) or agreed, fitting, conflicts


def _conflict(ids: tuple[str, ...], by_id: dict[str, TimeClue]) -> Conflict:
    parts_id = "; ".join(f"{id_}: {by_id[id_].words.id.rstrip('.')}" for id_ in ids)
    parts_en = "; ".join(f"{id_}: {by_id[id_].words.en.rstrip('.')}" for id_ in ids)
    return Conflict(
        clues=ids,
        words=Words(
            id=f"Petunjuk ini tidak mungkin semuanya benar. {parts_id}.",
            en=f"These clues cannot all be true. {parts_en}.",
        ),
    )


def _weak_clashes(
    current: Spans, used: list[str], allowed: dict[str, Spans], by_id: dict[str, TimeClue]
) -> list[Conflict]:
    found = []
    for id_, spans in allowed.items():
        if by_id[id_].grade == "weak" and not current & spans:
            against = [other for other in used if not allowed[other] & spans] or used
            found.append(_conflict((id_, *against), by_id))
    return found


def _local_hours(current: Spans, zone: ZoneInfo, weights: tuple[float, ...]) -> Spans:
    """Return the hours of the days in ``current`` whose weight is not 0."""
    low, high = current.hull
    assert low is not None and high is not None
    day, last = low.astimezone(zone).date(), high.astimezone(zone).date()
    parts = []
    while day <= last:
        for hour, weight in enumerate(weights):
            if weight > 0:
                start = datetime.combine(day, time(hour), zone)
                parts.append((start, start + timedelta(hours=1)))
        day += timedelta(days=1)
    return Spans.of(parts)


def _listen(
    current: Spans, clues: Sequence[TimeClue], against: list[str], zone: ZoneInfo | None, settings: TimeSettings
) -> tuple[Spans, list[str], list[Conflict]]:
    """Let a call heard, a shadow marked or a running clock without date narrow an interval of a day or so."""
    kept, conflicts = list[str](), list[Conflict]()
    by_id = {clue.id: clue for clue in clues}
    width = current.width
    if zone is None or width is None or width > timedelta(hours=settings.decide_within_h):
        return current, kept, conflicts
    heard: dict[str, Spans] = {}
    for clue in clues:
        told = clue.source in ("examiner", "overlay") and clue.grade in ("strong", "moderate")
        if clue.kind == "day_part" and told and clue.hour_weights:
            hours = _local_hours(current, zone, clue.hour_weights)
            heard[clue.id] = current & hours & Spans.of([(clue.earliest, clue.latest)])
    for id_ in [id_ for id_, spans in heard.items() if not spans]:
        del heard[id_]
        conflicts.append(_conflict((id_, *against), by_id))
    together, either = current, Spans(())
    for spans in heard.values():
        together, either = together & spans, either | spans
    if heard and not together:  # each fits, not all of them: neither wins
        conflicts.append(_conflict(tuple(heard), by_id))
        return either, [], conflicts
    current, kept = together, list(heard)
    return current, kept, conflicts


def _light_clashes(current: Spans, clues: Sequence[TimeClue], used: list[str], zone: ZoneInfo | None) -> list[Conflict]:
    """Find light that does not fit the hours of a narrow interval, and shots in daylight beside shots at
    night.
    """
    by_id = {clue.id: clue for clue in clues}
    light = [clue for clue in clues if clue.source == "lighting" and clue.hour_weights and clue.grade != "contextual"]
    found = []
    for a, b in combinations(light, 2):
        assert a.hour_weights and b.hour_weights
        if max(min(x, y) for x, y in zip(a.hour_weights, b.hour_weights, strict=True)) < EXCLUDED_BELOW:
            found.append(_conflict((a.id, b.id), by_id))
    exact = [id_ for id_ in used if by_id[id_].kind == "exact"]
    low, high = current.hull
    if not exact or zone is None or low is None or high is None or high - low > timedelta(hours=3):
        return found
    first = low.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    span_hours = {
        (first + timedelta(hours=step)).hour
        for step in range(5)
        if first + timedelta(hours=step) <= high.astimezone(zone)
    }
    for clue in light:
        assert clue.hour_weights
        if max(clue.hour_weights[hour] for hour in span_hours) < EXCLUDED_BELOW:
            found.append(_conflict((clue.id, *exact), by_id))
    return found


def _day_weights(clues: Sequence[TimeClue], conflicts: list[Conflict]) -> tuple[float, ...] | None:
    """Combine day parts hour by hour by the smallest weight; never multiplied, since they are not
    independent.
    """
    parts = [
        clue.hour_weights for clue in clues
        if clue.kind == "day_part" and clue.hour_weights and clue.grade in ("strong", "moderate", "weak")
    ]  # fmt: skip
    if not parts:
        return None
    smallest = [min(column) for column in zip(*parts, strict=True)]
    if max(smallest) < EXCLUDED_BELOW:
        smallest = [max(column) for column in zip(*parts, strict=True)]
    top = max(smallest)
    return tuple(round(weight / top, 4) for weight in smallest) if top > 0 else None


def _setters(current: Spans, used: list[str], allowed: dict[str, Spans], by_id: dict[str, TimeClue]) -> list[str]:
    """Return the clues that set an end of ``current`` or state a time within it; the others only agree."""
    low, high = current.hull
    found = []
    for id_ in used:
        start, end = allowed[id_].hull
        sets_an_end = (low is not None and start == low) or (high is not None and end == high)
        if by_id[id_].kind == "exact" or sets_an_end:
            found.append(id_)
    return found
