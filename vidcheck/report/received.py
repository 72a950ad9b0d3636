"""The section on the case and on how the file came in, and what the file states about its own making."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from vidcheck.intake import LABELS, Intake
from vidcheck.report.draft import Draft
from vidcheck.report.parts import Fact, FactGroup, IntakeSection
from vidcheck.types import ContentCredential
from vidcheck.types import Words as W

_HASHES = frozenset({"sha256", "original_sha256"})
_AT_THE_HEAD = frozenset({"id", "requesting_authority", "question"})
_NO_HASH = W(
    "tidak dapat diperiksa: tidak ada SHA-256 saat diterima",
    "cannot be checked: there is no SHA-256 taken at receipt",
)
_ORIGINAL = W(
    "berkas asli sebagaimana diterima: SHA-256 sama",
    "the original as received: the SHA-256 is the same",
)
_COPY = W(
    "salinan kerja “{name}” yang tercatat, bukan berkas asli: SHA-256 sama dengan salinan itu",
    "the working copy “{name}” on record, not the original: the SHA-256 is that copy's",
)
_NEITHER = W(
    "BERBEDA: SHA-256 bukan milik berkas asli yang diterima dan bukan milik salinan kerja yang tercatat",
    "DIFFERENT: the SHA-256 is neither that of the original as received nor of a working copy on record",
)

_STATE = {
    "valid": W(
        "tanda tangan dan hash cocok dengan berkas; siapa penanda tangannya tidak dinilai",
        "signature and hashes fit the file; who signed is not judged",
    ),
    "invalid": W("TIDAK COCOK dengan berkas", "DOES NOT FIT the file"),
    "unknown": W("tidak dinilai", "not judged"),
}


def intake_section(draft: Draft, record: Intake | None) -> IntakeSection:
    """Build the section; every field that the examiner left empty is shown as missing."""
    record, t = record or Intake(), draft.t
    groups = [
        FactGroup(t("case_group"), _facts(draft, record.case)),
        FactGroup(t("receipt_group"), _facts(draft, record.receipt)),
    ]
    for number, copy in enumerate(record.working_copy, start=1):
        groups.append(FactGroup(f"{t('copy_group')} {number}", _facts(draft, copy)))
    if not record.working_copy:
        groups.append(FactGroup(t("copy_group"), (Fact(t("copies"), t("missing"), "missing"),)))
    stated = tuple(fact for fact in _facts(draft, record.case, _AT_THE_HEAD) if fact.tone != "missing")
    return IntakeSection(stated, tuple(groups), _relation(draft, record))


def _facts(draft: Draft, table: object, names: frozenset[str] | None = None) -> tuple[Fact, ...]:
    facts = []
    for item in fields(table):  # type: ignore[arg-type]
        if names is not None and item.name not in names:
            continue
        value = getattr(table, item.name)
        name = LABELS[item.name].get(draft.lang)
        name = name[:1].upper() + name[1:]
        # A time is shown in the zone in which it was written: it is a statement, not a measurement.
        written = _moment(draft, value) if isinstance(value, datetime) else value
        tone = ("mono" if item.name in _HASHES else "") if value else "missing"
        facts.append(Fact(name, written or draft.t("missing"), tone))
    return tuple(facts)


def _moment(draft: Draft, moment: datetime) -> str:
    return f"{draft.fmt.date(moment)}, {draft.fmt.clock(moment)} {draft.fmt.zone_name(moment)}"


def _relation(draft: Draft, record: Intake) -> Fact:
    """Say what the examined file is, by its hash."""
    found, lang, name = draft.analysis.source.sha256, draft.lang, draft.t("examined_is")
    copy = next((copy for copy in record.working_copy if copy.sha256 == found), None)
    stated = record.receipt.original_sha256
    if stated == found:
        return Fact(name, _ORIGINAL.get(lang))
    if copy is not None:
        return Fact(name, _COPY.get(lang).format(name=copy.name or "–"))
    if stated or any(copy.sha256 for copy in record.working_copy):
        return Fact(name, _NEITHER.get(lang), "warn")
    return Fact(name, _NO_HASH.get(lang), "missing")


def credential_groups(draft: Draft) -> tuple[FactGroup, ...]:
    """Return the file's content credentials as facts; one line where there are none or nobody looked."""
    run, t = draft.run_of("credentials"), draft.t
    if run is None or run.status != "ok":
        why = f" ({run.error.get(draft.lang)})" if run and run.error else ""
        return (FactGroup("", (Fact(t("credentials"), t("credentials_unseen") + why, "missing"),)),)
    if not draft.analysis.credentials:
        return (FactGroup("", (Fact(t("credentials"), t("credentials_none"), "missing"),)),)
    return tuple(_credential(draft, item) for item in draft.analysis.credentials)


def _credential(draft: Draft, item: ContentCredential) -> FactGroup:
    t = draft.t
    facts = [
        Fact(t("credential_state"), _STATE[item.state].get(draft.lang), "warn" if item.state == "invalid" else ""),
        Fact(t("credential_made_with"), item.made_with or t("none_stated"), "" if item.made_with else "missing"),
        Fact(t("credential_signer"), item.signer or t("none_stated"), "" if item.signer else "missing"),
        Fact(t("credential_signed_at"), item.signed_at or t("none_stated"), "" if item.signed_at else "missing"),
        Fact(t("credential_actions"), "; ".join(item.actions) or t("none_stated"), "" if item.actions else "missing"),
    ]
    if item.ingredients:
        facts.append(Fact(t("credential_ingredients"), "; ".join(item.ingredients)))
    facts += [Fact(t("credential_problem"), problem, "warn") for problem in item.problems]
    kind = t("credential_active" if item.is_active else "credential_earlier")
    return FactGroup(f"{kind}: {item.title or item.label}", tuple(facts))
