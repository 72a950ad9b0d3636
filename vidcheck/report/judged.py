"""Human decisions in the report: their own section, and lines beside the machine's findings."""

from __future__ import annotations

from collections.abc import Iterable

from vidcheck.decisions import Decision, Outcome, without_rejected
from vidcheck.decisions.record import Target, TargetKind
from vidcheck.report import wording as say
from vidcheck.report import wording_judged as judged_words
from vidcheck.report.draft import Draft
from vidcheck.report.parts import CountRow, DecisionRow, DecisionSection, Fact, Notice
from vidcheck.types import PeopleCount


def decision_section(draft: Draft) -> DecisionSection:
    """Build the section on human decisions: who, when, what, why, and whether it was applied."""
    record, t = draft.record, draft.t
    notices = []
    if record.broken is not None:
        where = record.broken.get(draft.lang)
        notices.append(Notice("failed", t("chain_broken"), t("chain_broken_note", where=where)))
    if lost := [o.decision.id for o in draft.judged.outcomes if o.status == "not_applied"]:
        title = t("not_applied_title", n=f"{len(lost)} ({', '.join(lost)})")
        notices.append(Notice("warn", title, t("not_applied_note")))
    chain = ""
    if record.decisions and record.broken is None:
        chain = t("chain_ok", n=draft.fmt.number(len(record.decisions)), head=record.head)
    shown = draft.judged.outcomes or tuple(Outcome(d, "not_applied", None, ()) for d in record.decisions)
    return DecisionSection(tuple(notices), chain, tuple(_row(draft, outcome) for outcome in shown))


def _row(draft: Draft, outcome: Outcome) -> DecisionRow:
    decision, lang = outcome.decision, draft.lang
    origin = say.label(judged_words.EXAMINER_FROM, decision.examiner_from, lang)
    reason = say.label(judged_words.DROP_REASON, decision.reason, lang) if decision.reason else ""
    why = "; ".join(part for part in (reason, decision.note) if part)
    local = decision.local
    utc = decision.utc.strftime("%Y-%m-%d %H:%M:%S UTC")
    return DecisionRow(
        id=decision.id,
        when=f"{draft.fmt.date(local)}, {draft.fmt.clock(local)} {_offset(decision)}",
        utc=utc,
        who=decision.examiner,
        who_from=origin,
        what=what(draft, decision),
        why=draft.short(why) if why else draft.t("no_reason"),
        status=outcome.status,
        result=say.label(judged_words.DECISION_STATUS, outcome.status, lang),
        result_why=outcome.why.get(lang) if outcome.why else "",
    )


def _offset(decision: Decision) -> str:
    """Write the zone by its name where it has one in letters, and always by its offset."""
    offset = decision.local.strftime("%z")
    written = f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{decision.zone} ({written})" if decision.zone.isalpha() and decision.zone != "UTC" else written


def what(draft: Draft, decision: Decision) -> str:
    """Write what was decided, about what, in one line."""
    lang = draft.lang
    about = ", ".join(_target(draft, target) for target in decision.targets)
    words = say.label(judged_words.DECISION, decision.action, lang)
    if decision.at is not None:
        words += f" ({draft.fmt.frame(decision.at)})"
    if decision.value:
        value = decision.value
        if any(target.kind == "clothing" for target in decision.targets):
            value = say.label(say.CLOTHING_SHORT, value, lang)
        words += f": “{draft.short(value, 300)}”"
    return f"{about}: {words}"


def _target(draft: Draft, target: Target) -> str:
    name = say.label(judged_words.TARGET, target.kind, draft.lang)
    if target.kind == "frame" and target.view is not None:
        return f"{name} {draft.fmt.frame(target.view.frame)}"
    said = ""
    if target.kind == "clothing" and target.says:
        labels = [say.label(say.CLOTHING_SHORT, label, draft.lang) for label in target.says.split("+")]
        said = f" ({' / '.join(labels)})"
    elif target.kind in ("text", "lead"):
        said = f" (“{draft.short(target.says, 120)}”)"
    return f"{name} {target.id}{said}".strip()


def beside(draft: Draft, *findings: tuple[TargetKind, str]) -> tuple[str, ...]:
    """Return the lines that stand beside a machine finding: every decision in force about it."""
    found = [o for kind, name in findings for o in draft.judged.beside(kind, name)]
    return tuple(_line(draft, outcome) for outcome in dict.fromkeys(found))


def _line(draft: Draft, outcome: Outcome) -> str:
    decision = outcome.decision
    reason = say.label(judged_words.DROP_REASON, decision.reason, draft.lang) if decision.reason else ""
    why = "; ".join(part for part in (reason, draft.short(decision.note, 200)) if part)
    return f"{what(draft, decision)}{f' – {why}' if why else ''} ({decision.id}, {decision.examiner})"


def people_row(draft: Draft) -> CountRow | None:
    """Return everyone counted after the decisions; None where no decision changes who is counted."""
    count = draft.judged.people_count
    if count is None or not draft.judged.changes_persons:
        return None
    return _count(draft, draft.t("judged_everyone"), count)


def clothing_rows(draft: Draft) -> tuple[CountRow, ...]:
    """Return the counts by label after the decisions, where they differ from the machine's."""
    if not draft.judged.changes_counts:
        return ()
    machine, human = draft.analysis.clothing_counts, draft.judged.clothing_counts
    rows = []
    for label in _labels(machine.keys() | human.keys()):
        before, after = machine.get(label), human.get(label, PeopleCount(0, 0, 0, ()))
        if before is None or (before.minimum, before.best, before.maximum) != (
            after.minimum,
            after.best,
            after.maximum,
        ):
            words = draft.t("judged_label", label=say.label(say.CLOTHING_SHORT, label, draft.lang))
            rows.append(_count(draft, words[:1].upper() + words[1:], after))
    return tuple(rows)


def _labels(present: Iterable[str]) -> list[str]:
    there = set(present)
    return [*(label for label in say.CLOTHING if label in there), *sorted(there - set(say.CLOTHING))]


def _count(draft: Draft, label: str, count: PeopleCount) -> CountRow:
    basis = draft.fmt.frames(count.basis_frames) if count.basis_frames else "–"
    return CountRow(label, count.minimum, count.best, count.maximum, basis, human=True)


def people_summary(draft: Draft) -> str:
    """Return the sentence that stands beside the machine's count on the first page; empty without decisions."""
    row = people_row(draft)
    if row is None:
        return ""
    return draft.t("judged_summary", minimum=row.minimum, best=row.best, maximum=row.maximum)


def clothing_summary(draft: Draft) -> str:
    """Return the counts by label after the decisions in one sentence; empty where none differs."""
    rows = clothing_rows(draft)
    if not rows:
        return ""
    human = draft.judged.clothing_counts
    kinds = ", ".join(
        f"{say.label(say.CLOTHING_SHORT, label, draft.lang)}: {human[label].best}"
        for label in _labels(human)
        if human[label].maximum
    )
    return draft.t("judged_clothing", kinds=kinds or draft.t("judged_none"))


def time_summary(draft: Draft) -> str:
    """Say which clues the examiner rejected and what the time is without them; empty where none."""
    time = without_rejected(draft.analysis, draft.judged)
    if time is None:
        return ""
    ids = ", ".join(time.rejected)
    if time.estimate is None:
        return draft.t("judged_time", ids=ids)
    return draft.t("judged_time_without", ids=ids, words=time.estimate.words.get(draft.lang))


def time_facts(draft: Draft) -> tuple[Fact, ...]:
    """Return the time and the working-hours answer without the rejected clues, for the section on time."""
    time = without_rejected(draft.analysis, draft.judged)
    if time is None:
        return ()
    facts = [Fact(draft.t("judged_time_label"), time_summary(draft), "warn")]
    if time.hours is not None:
        answer = say.label(say.ANSWER, time.hours.answer, draft.lang)
        words = f"{answer}. {time.hours.words.get(draft.lang)}"
        facts.append(Fact(draft.t("judged_hours_label"), words, "warn"))
    return tuple(facts)
