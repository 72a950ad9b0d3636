"""Sections on time: the ledger of clues, the interval, light, and working hours."""

from __future__ import annotations

import re
from datetime import datetime

from vidcheck.report import judged
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.figures import ACCENT, GRADE_FILL, ClueBar, DayLane, clue_chart, day_chart
from vidcheck.report.legal import describe_source
from vidcheck.report.parts import ClueView, Fact, HoursSection, LightRow, TimeSection
from vidcheck.report.ticking import tick_rows
from vidcheck.types import LightingObservation, TimeClue, TimeEstimate

_HOURS = re.compile(r"(break|istirahat)?\s*(\d{1,2})[:.](\d\d)\s*[-–]\s*(\d{1,2})[:.](\d\d)", re.IGNORECASE)
_MAX_CLUES, _MAX_BARS, _MAX_DAY_PARTS = 100, 24, 12
_TIME_STEPS = ("clues", "time")


def time_section(draft: Draft) -> TimeSection:
    """Build the section on the time of recording."""
    analysis = draft.analysis
    estimate = analysis.time_estimate
    notices = draft.notices(*_TIME_STEPS, has_result=estimate is not None or bool(analysis.clues))
    # Clues come from other steps: where those did not run, such clues were not sought.
    upstream = [run for name in ("overlays", "lighting", "clothing") if (run := analysis.step(name))]
    notices += tuple(draft.notice(run, for_clues=True) for run in upstream if run.status != "ok")
    used = set(estimate.clues_used) if estimate else set()
    return TimeSection(
        notices=notices,
        sentence=estimate.words.get(draft.lang) if estimate else "",
        facts=(*_estimate_facts(draft, estimate), *judged.time_facts(draft)) if estimate else (),
        ledger_svg=_ledger(draft, used),
        day_svg=_day(draft),
        clues=tuple(_clue(draft, clue, clue.id in used) for clue in analysis.clues[:_MAX_CLUES]),
        more=max(len(analysis.clues) - _MAX_CLUES, 0),
        ticks=tick_rows(draft),
        conflicts=tuple(
            Fact(", ".join(conflict.clues), conflict.words.get(draft.lang), "warn")
            for conflict in (estimate.conflicts if estimate else ())
        ),
        light_notices=draft.notices("lighting", has_result=bool(analysis.lighting)),
        light=tuple(_light(draft, item) for item in analysis.lighting),
    )


def _estimate_facts(draft: Draft, estimate: TimeEstimate) -> tuple[Fact, ...]:
    fmt, t = draft.fmt, draft.t
    coverage = (
        Fact(t("coverage"), t("coverage_text", p=fmt.percent(estimate.coverage)))
        if estimate.coverage is not None
        else Fact(t("coverage"), t("coverage_none"), "missing")
    )
    by_id = {clue.id: clue for clue in draft.analysis.clues}
    used = ", ".join(
        f"{name} ({say.label(say.GRADE, by_id[name].grade, draft.lang)})" if name in by_id else name
        for name in estimate.clues_used
    )
    zone = f"{estimate.zone} ({say.ZONES[estimate.zone]})" if estimate.zone in say.ZONES else estimate.zone
    return (
        Fact(t("earliest"), fmt.moment(estimate.earliest), "" if estimate.earliest else "missing"),
        Fact(t("latest"), fmt.moment(estimate.latest), "" if estimate.latest else "missing"),
        Fact(
            t("best_time"),
            fmt.moment(estimate.best) if estimate.best else t("no_best_time"),
            "" if estimate.best else "missing",
        ),
        coverage,
        Fact(t("clues_used"), used or "–", "" if used else "missing"),
        Fact(t("zone"), zone or t("zone_unknown"), "" if zone else "missing"),
    )


def _clue(draft: Draft, clue: TimeClue, used: bool) -> ClueView:
    fmt, lang = draft.fmt, draft.lang
    dated = clue.earliest is not None or clue.latest is not None
    return ClueView(
        id=clue.id,
        kind=say.label(say.CLUE_KIND, clue.kind, lang),
        source=say.label(say.CLUE_SOURCE, clue.source, lang),
        clock=say.label(say.CLOCK, clue.clock, lang),
        grade=clue.grade,
        grade_label=say.label(say.GRADE, clue.grade, lang),
        interval=fmt.interval(clue.earliest, clue.latest) if dated else "",
        basis=draft.short(clue.basis),
        frames=fmt.frames(clue.frames) if clue.frames else draft.t("not_from_picture"),
        words=clue.words.get(lang),
        caveats=tuple(caveat.get(lang) for caveat in clue.caveats),
        alternatives=tuple(fmt.moment(moment) for moment in clue.alternatives),
        used=used,
        judged=judged.beside(draft, ("clue", clue.id)),
    )


def _ledger(draft: Draft, used: set[str]) -> str:
    estimate = draft.analysis.time_estimate
    dated = [clue for clue in draft.analysis.clues if clue.earliest or clue.latest]
    # A chart has to fit a page: the clues that count come first into it, in the order of the ledger.
    chosen = sorted(sorted(range(len(dated)), key=lambda at: dated[at].id not in used)[:_MAX_BARS])
    bars = tuple(
        ClueBar(
            clue.id,
            say.label(say.CLUE_SOURCE, clue.source, draft.lang),
            clue.grade,
            _aware(clue.earliest),
            _aware(clue.latest),
            clue.id in used,
        )
        for clue in (dated[at] for at in chosen)
    )
    earliest, latest = (_aware(estimate.earliest), _aware(estimate.latest)) if estimate else (None, None)
    return clue_chart(bars, earliest, latest, draft.t("estimate"), draft.t("ledger_figure"), draft.fmt)


def _aware(moment: datetime | None) -> datetime | None:
    """Return ``moment`` where it can be placed on an axis: with a zone, in a year a clip can have."""
    placed = moment is not None and moment.tzinfo is not None and 1970 <= moment.year < 2200
    return moment if placed else None


def _day(draft: Draft) -> str:
    """Draw what speaks of the hour of the day; without weights the ledger says it all."""
    analysis, t = draft.analysis, draft.t
    estimate, verdict = analysis.time_estimate, analysis.working_hours
    parts = tuple(
        DayLane(
            f"{clue.id} {say.label(say.CLUE_SOURCE, clue.source, draft.lang)}",
            weights=clue.hour_weights,
            fill=GRADE_FILL["weak"] if clue.grade == "contextual" else GRADE_FILL.get(clue.grade, ACCENT),
        )
        for clue in analysis.clues
        if clue.hour_weights
    )
    lanes: list[DayLane] = []
    if estimate and estimate.hour_weights:
        lanes.append(DayLane(t("estimate"), weights=estimate.hour_weights))
    elif estimate and (span := _within_day(draft, estimate)):
        lanes.append(DayLane(t("estimate"), spans=(span,)))
    lanes.extend(parts[:_MAX_DAY_PARTS])
    if lanes and verdict and verdict.rule and (hours := working_spans(verdict.rule.hours)):
        lanes.append(DayLane(t("hours"), spans=hours, fill="#8a98a6"))
    return day_chart(tuple(lanes), t("day_figure"), draft.fmt)


def _within_day(draft: Draft, estimate: TimeEstimate) -> tuple[float, float] | None:
    if not estimate.earliest or not estimate.latest or not estimate.zone:
        return None
    first, last = draft.fmt.local(estimate.earliest), draft.fmt.local(estimate.latest)
    if first.date() != last.date():
        return None
    return _hours(first), _hours(last)


def _hours(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600


def working_spans(hours: str) -> tuple[tuple[float, float], ...]:
    """Return the stretches of work, in hours of the day, of a rule such as ``07:30-16:00 break 12:00-13:00``.

    Empty where the rule cannot be read that way: then it stands in the report as text only.
    """
    spans: list[tuple[float, float]] = []
    pauses: list[tuple[float, float]] = []
    for mark, h1, m1, h2, m2 in _HOURS.findall(hours):
        span = (int(h1) + int(m1) / 60, int(h2) + int(m2) / 60)
        if span[0] < span[1] <= 24:
            (pauses if mark else spans).append(span)
    for pause_start, pause_end in pauses:
        spans = [
            piece
            for start, end in spans
            for piece in ((start, min(end, pause_start)), (max(start, pause_end), end))
            if piece[0] < piece[1]
        ]
    return tuple(spans)


def _written_hours(draft: Draft, hours: str) -> str:
    """Write ``07:30-16:00 break 12:00-13:00`` as the language does; other words stay as they are."""
    separator = "." if draft.lang == "id" else ":"
    written = re.sub(r"(\d{1,2})[:.](\d\d)", rf"\1{separator}\2", hours)
    written = re.sub(r"(?<=\d)\s*-\s*(?=\d)", "–", written)
    return re.sub(r"\s+break\b", f", {draft.t('break')}", written)


def _light(draft: Draft, item: LightingObservation) -> LightRow:
    ranked = sorted(item.alternatives.items(), key=lambda pair: (-pair[1], pair[0]))
    probability = f"{draft.t('calibrated')} {draft.fmt.percent(item.probability)}"
    if item.label == "unknown" and ranked:
        leading = next((name for name, _ in ranked if name != "unknown"), ranked[0][0])
        probability += f" ({draft.t('leading', label=say.label(say.LIGHTING, leading, draft.lang))})"
    return LightRow(
        shot=str(item.shot),
        label=say.label(say.LIGHTING, item.label, draft.lang),
        probability=probability,
        frames=draft.fmt.frames(item.frames) if item.frames else "–",
        judged=judged.beside(draft, ("light", str(item.shot))),
    )


def hours_section(draft: Draft) -> HoursSection:
    """Build the section on working hours: the verdict, its rule, and what has to be ruled out first."""
    verdict = draft.analysis.working_hours
    notices = draft.notices(*_TIME_STEPS, has_result=verdict is not None)
    if verdict is None:
        return HoursSection(notices, "", "", "", (), ())
    t, lang, rule = draft.t, draft.lang, verdict.rule
    overlap = t("overlap_unknown") if verdict.overlap is None else draft.fmt.percent(verdict.overlap)
    facts = [
        Fact(t("rule"), rule.name.get(lang) if rule else t("rule_none"), "" if rule else "missing"),
        Fact(t("rule_place"), verdict.place or t("overlap_unknown"), "" if verdict.place else "missing"),
    ]
    if rule:
        facts += [
            Fact(t("rule_hours"), _written_hours(draft, rule.hours) or "–"),
            Fact(
                t("rule_status"),
                say.label(say.RULE_STATUS, rule.status, lang),
                "warn" if rule.status == "unverified" else "",
            ),
            Fact(t("sources"), "; ".join(describe_source(key, lang) for key in rule.sources) or "–"),
        ]
    facts.append(Fact(t("overlap"), overlap, "" if verdict.overlap is not None else "missing"))
    return HoursSection(
        notices=notices,
        answer=say.label(say.ANSWER, verdict.answer, lang),
        code=verdict.answer,
        sentence=verdict.words.get(lang),
        facts=tuple(facts),
        exceptions=tuple(Fact(item.words.get(lang), item.settled_by.get(lang)) for item in verdict.exceptions),
    )
