"""The working-hours question: does the interval of recording lie within the hours of the place?

The answer rests on the interval alone. It is ``unknown`` where the date, the place or the hours are not known
well enough, and it never says what a person did: the exceptions that officials raise stay open until a
document settles them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from vidcheck.facts import calendar, hours, places, wording
from vidcheck.facts.places import Place
from vidcheck.time_settings import TimeSettings
from vidcheck.types import Answer, HoursRule, OpenException, TimeEstimate, Words, WorkingHoursVerdict

_MAX_DAYS = 40


def working_hours(
    estimate: TimeEstimate | None, *, place: Place | str | None = None, settings: TimeSettings | None = None
) -> WorkingHoursVerdict:
    """Return whether the interval of recording lies within working hours.

    Parameters
    ----------
    estimate:
        The time estimate, or None where the time step did not run.
    place:
        The place, or its name; None takes that of the settings, and where there is none the answer is
        ``unknown``.
    settings:
        See :class:`vidcheck.time_settings.TimeSettings`.

    Raises
    ------
    UsageError
        If the name of the place cannot be understood.
    """
    settings = settings or TimeSettings()
    given = place if place is not None else settings.place
    where = places.resolve(given) if isinstance(given, str) else given
    if where is None:
        return _unknown(
            None,
            "Tempat tidak diketahui, sehingga jam kerja setempat tidak dapat ditentukan; berikan --place.",
            "The place is not known, so the local hours cannot be determined; give --place.",
        )
    if estimate is None or estimate.earliest is None or estimate.latest is None:
        return _unknown(
            where,
            "Waktu perekaman tidak terbatas di kedua sisi, sehingga pertanyaan jam kerja tidak terjawab.",
            "The time of recording is not bounded on both sides, so the working-hours question has no answer.",
        )
    low = estimate.earliest.astimezone(where.zoneinfo)
    high = max(estimate.latest, estimate.earliest + timedelta(seconds=1)).astimezone(where.zoneinfo)
    days = (high.date() - low.date()).days + 1
    if days > _MAX_DAYS:
        width = wording.duration(high - low)
        return _unknown(
            where,
            f"Rentang waktu {width.id} terlalu lebar untuk menjawab pertanyaan jam kerja.",
            f"A span of {width.en} is too wide to answer the working-hours question.",
        )
    all_days = [low.date() + timedelta(days=step) for step in range(days)]
    rules = {day: hours.day_rule(where, day, week="six" if settings.six_day_week else "five") for day in all_days}
    if missing := [day for day, rule in rules.items() if rule is None]:
        said = wording.day(missing[0])
        return _unknown(
            where,
            f"Jam kerja {where.full_name} untuk {said.id} tidak ada dalam tabel.",
            f"The hours of {where.full_name} for {said.en} are not in the tables.",
        )
    inside = sum(_overlap(low, high, day, rule) for day, rule in rules.items() if rule is not None)
    share = inside / (high - low).total_seconds()
    if share > 0 and any(calendar.calendar_status(day.year) == "none" for day in all_days):
        return _unknown(
            where,
            f"Kalender hari libur tahun {low.year} tidak ada dalam tabel; hari itu mungkin libur.",
            f"The holiday calendar of {low.year} is not in the tables; it may have been a day off.",
        )
    rule = _main_rule(low, high, rules)
    wide = high - low > timedelta(hours=settings.decide_within_h)
    if wide and share > 0:
        width = wording.duration(high - low)
        verdict = _unknown(
            where,
            f"Rentang {width.id} mencakup jam kerja dan waktu di luarnya; tidak dapat diputuskan.",
            f"A span of {width.en} holds working hours and other hours; it cannot be decided.",
        )
        return WorkingHoursVerdict(
            answer="unknown",
            overlap=None,
            place=where.full_name,
            rule=_hours_rule(rule),
            exceptions=hours.exceptions(),
            words=verdict.words,
        )
    answer: Answer = "inside" if share > 0.999 else "outside" if share < 0.001 else "partly"
    return WorkingHoursVerdict(
        answer=answer,
        overlap=round(min(1.0, share), 4),
        place=where.full_name,
        rule=_hours_rule(rule),
        exceptions=_open(answer, estimate, rule),
        words=_words(answer, share, low, high, where, rule, all_days, estimate.condition),
    )


def _unknown(place: Place | None, text_id: str, text_en: str) -> WorkingHoursVerdict:
    return WorkingHoursVerdict(
        answer="unknown",
        overlap=None,
        place=place.full_name if place else None,
        rule=None,
        exceptions=hours.exceptions(),
        words=Words(id=text_id, en=text_en),
    )


def _overlap(low: datetime, high: datetime, day: date, rule: hours.DayRule) -> float:
    seconds = 0.0
    for start, end in rule.periods:
        a = max(low, datetime.combine(day, start, low.tzinfo)).astimezone(UTC)
        b = min(high, datetime.combine(day, end, low.tzinfo)).astimezone(UTC)
        seconds += max(0.0, (b - a).total_seconds())
    return seconds


def _main_rule(low: datetime, high: datetime, rules: dict[date, hours.DayRule | None]) -> hours.DayRule:
    """Return the rule of the day that holds most of the interval."""

    def held(day: date) -> float:
        start = datetime.combine(day, time.min, low.tzinfo)
        return (min(high, start + timedelta(days=1)) - max(low, start)).total_seconds()

    found = rules[max(rules, key=held)]
    assert found is not None  # days without a rule were answered before
    return found


def _hours_rule(rule: hours.DayRule) -> HoursRule:
    return HoursRule(id=rule.id, name=rule.name, hours=rule.hours, sources=rule.sources, status=rule.status)


def _open(answer: Answer, estimate: TimeEstimate, rule: hours.DayRule) -> tuple[OpenException, ...]:
    """Return the exceptions that this interval does not settle by itself."""
    filmed = {"merekam_layar"} if estimate.condition is not None else set()
    if answer == "outside":
        return tuple(entry for entry in hours.exceptions() if entry.id in {"shift_6hari", *filmed})
    settled = {"merekam_layar"} - filmed
    if answer == "inside" and rule.break_is_local and rule.status == "sourced":
        settled.add("makan_siang")  # wholly outside the break that the local rule states
    if estimate.earliest is not None and not estimate.conflicts:
        settled.add("klip_lama")
    return tuple(entry for entry in hours.exceptions() if entry.id not in settled)


def _words(
    answer: Answer,
    share: float,
    low: datetime,
    high: datetime,
    place: Place,
    rule: hours.DayRule,
    days: list[date],
    condition: Words | None,
) -> Words:
    span = wording.span(low, high, place.zoneinfo)
    hours_id = rule.hours.replace(":", ".").replace("break", "istirahat")
    if rule.kind != "workday" and answer == "outside":
        text_id = f"{span.id}: di luar jam kerja. {rule.name.id}."
        text_en = f"{span.en}: outside working hours. {rule.name.en}."
    else:
        in_break = answer == "outside" and rule.break_ is not None and _within_break(low, high, rule)
        said_id = {
            "inside": "seluruhnya dalam jam kerja",
            "outside": "di luar jam kerja",
            "partly": f"sebagian dalam jam kerja ({share:.0%} rentang)",
        }[answer] + (" (jam istirahat)" if in_break else "")
        said_en = {
            "inside": "wholly within working hours",
            "outside": "outside working hours",
            "partly": f"partly within working hours ({share:.0%} of the span)",
        }[answer] + (" (in the break)" if in_break else "")
        text_id = f"{span.id}: {said_id}. {rule.name.id}: {hours_id} {place.zone}."
        text_en = f"{span.en}: {said_en}. {rule.name.en}: {rule.hours} {place.zone}."
    notes = [*((condition,) if condition is not None else ()), *rule.notes]
    for day in days:
        if (window := calendar.flexible_day(day)) is not None and answer != "outside":
            notes.append(
                Words(
                    id=f"Pada {wording.day(day).id} {window.kind} dimungkinkan ({window.basis}).",
                    en=f"On {wording.day(day).en} {window.kind} was possible ({window.basis}).",
                )
            )
    if rule.status == "unverified" and rule.kind == "workday":
        notes.append(
            Words(
                id="Jam ini belum diverifikasi; periksa peraturan setempat.",
                en="These hours are unverified; check the local regulation.",
            )
        )
    return Words(id=" ".join([text_id, *(n.id for n in notes)]), en=" ".join([text_en, *(n.en for n in notes)]))


def _within_break(low: datetime, high: datetime, rule: hours.DayRule) -> bool:
    if rule.break_ is None or low.date() != high.date():
        return False
    return rule.break_[0] <= low.time() and high.time() <= rule.break_[1]
