"""Analysis in, report out: everything the reader will see, decided once for HTML and PDF alike.

The templates only lay out what stands here. Nothing is left out silently: what is missing is written as
missing.
"""

from __future__ import annotations

from pathlib import Path

from vidcheck import clip_copy, decisions, intake
from vidcheck.media import sha256_of
from vidcheck.report import judged
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.format import Formatter
from vidcheck.report.legal import basis_in_law
from vidcheck.report.moments import hours_section, time_section
from vidcheck.report.parts import (
    Fact,
    FactGroup,
    FileSection,
    HoursSection,
    Notice,
    ReportView,
    StepView,
    SummaryItem,
    TimeSection,
)
from vidcheck.report.pictures import Album
from vidcheck.report.player import player
from vidcheck.report.rates import rate_section
from vidcheck.report.received import credential_groups, intake_section
from vidcheck.report.seen import (
    clip_figure,
    clothing_section,
    lead_section,
    people_section,
    shot_section,
    text_section,
)
from vidcheck.report.statements import CAUTION, LIMITS, TERMS
from vidcheck.types import Analysis, StepRun

_MAX_LOSSES, _MAX_TAGS = 40, 150
_MAX_FIGURE = 600  # characters of one figure of a step: lists of tracks may be long


def build(analysis: Analysis, out_dir: Path, lang: str, *, rechecked: bool) -> tuple[ReportView, Album]:
    """Build the report's view model.

    Parameters
    ----------
    analysis:
        What was found.
    out_dir:
        Analysis folder with the saved pictures.
    lang:
        ``"id"``; anything else is English.
    rechecked:
        Whether the original file was read again and had the same hash.

    Returns
    -------
    view, album
        The view and the pictures it shows.
    """
    lang = "id" if lang == "id" else "en"
    zone = analysis.time_estimate.zone if analysis.time_estimate else None
    album = Album(out_dir, lang)
    record = decisions.read(out_dir, analysis.source.sha256)
    # Where the chain is broken, nobody can say which line is genuine.
    in_force = () if record.broken else record.decisions
    draft = Draft(analysis, Formatter(lang, zone), album, decisions.apply(analysis, in_force), record)
    people, clothing, leads = people_section(draft), clothing_section(draft), lead_section(draft)
    shots, time, hours = shot_section(draft), time_section(draft), hours_section(draft)
    view = ReportView(
        lang=lang,
        words=say.all_text(lang),
        file_name=analysis.source.path,
        sha256=analysis.source.sha256,
        tool=" ".join(("vidcheck", analysis.tool.get("vidcheck", ""))).strip(),
        caution=CAUTION.get(lang),
        incomplete=(*_redacted(draft), *_incomplete(draft)),
        summary=_summary(draft, time, hours),
        clip_svg=clip_figure(draft),
        player=player(draft, out_dir, _copy_hash(out_dir)),
        intake=intake_section(draft, intake.in_folder(out_dir)),
        file=_file(draft, rechecked),
        people=people,
        clothing=clothing,
        texts=text_section(draft),
        time=time,
        hours=hours,
        leads=leads,
        shots=shots,
        tools=tuple(Fact(name, version) for name, version in sorted(analysis.tool.items())),
        steps=tuple(_step(draft, run) for run in analysis.steps),
        rates=rate_section(draft),
        limits=tuple(Fact(name.get(lang), words.get(lang)) for name, words in LIMITS),
        terms=tuple(Fact(name.get(lang), words.get(lang)) for name, words in TERMS),
        law=basis_in_law(lang),
        decisions=judged.decision_section(draft),
    )
    return view, album


def _copy_hash(folder: Path) -> str | None:
    copy = clip_copy.find_clip(folder)
    return sha256_of(copy) if copy else None


def _redacted(draft: Draft) -> tuple[Notice, ...]:
    """Say that heads are covered where they are."""
    if not draft.analysis.heads_covered:
        return ()
    return (Notice("info", draft.t("redacted"), draft.t("redacted_note")),)


def _incomplete(draft: Draft) -> tuple[Notice, ...]:
    """Collect everything that was not looked at, for the first page."""
    analysis = draft.analysis
    notices = [draft.notice(run) for run in analysis.steps if run.status != "ok"]
    if analysis.source.decode_errors:
        places = ", ".join(
            draft.t("after", t=draft.fmt.clip_time(error.time_s))
            if error.time_s is not None
            else draft.t("position_unknown")
            for error in analysis.source.decode_errors[:5]
        )
        count = len(analysis.source.decode_errors)
        more = f", {draft.t('lane_more', n=count - 5)}" if count > 5 else ""
        notices.append(Notice("warn", f"{draft.t('losses')}: {count}", f"{places}{more}. {draft.t('losses_note')}"))
    if analysis.source.pts_origin == "assumed_rate":
        words = say.label(say.PTS_ORIGIN, "assumed_rate", draft.lang)
        notices.append(Notice("warn", draft.t("pts_origin"), words))
    return tuple(notices)


def _summary(draft: Draft, time: TimeSection, hours: HoursSection) -> tuple[SummaryItem, ...]:
    items = [
        _file_item(draft),
        _people_item(draft),
        _clothing_item(draft),
        _texts_item(draft),
        _time_item(draft, time),
        _hours_item(draft, hours),
        _leads_item(draft),
    ]
    return tuple(items)


def _unseen(draft: Draft, section: str) -> SummaryItem:
    detail = "“Tidak diperiksa” bukan “tidak ada”." if draft.lang == "id" else "“Not looked at” is not “not there”."
    return SummaryItem(section, draft.t(section), draft.t("not_looked"), detail, "missing")


def _ran(draft: Draft, *names: str) -> bool:
    run = draft.run_of(*names)
    return run is not None and run.status == "ok"


def _file_item(draft: Draft) -> SummaryItem:
    source, fmt, t = draft.analysis.source, draft.fmt, draft.t
    value = f"{t(source.kind).capitalize()}, {source.width_px} × {source.height_px} px"
    if source.kind == "video":
        value += f", {fmt.seconds(source.duration_s)}"
    detail = f"{fmt.size(source.size_bytes)}; {t('frames').lower()}: {fmt.number(source.frames_decoded)}"
    return SummaryItem("file", t("file"), value, detail, "warn" if source.decode_errors else "")


def _people_item(draft: Draft) -> SummaryItem:
    count, t = draft.analysis.people_count, draft.t
    if count is None:
        return _unseen(draft, "people")
    if count.maximum == 0:
        words = f"{t('nobody')} {_people_frames(draft)}".strip()
        return SummaryItem("people", t("people"), t("none_found"), words)
    value = (
        f"{t('minimum').lower()} {count.minimum}, {t('best').lower()} {count.best}, "
        f"{t('maximum').lower()} {count.maximum}"
    )
    basis = t("minimum_basis", n=count.minimum, frames=draft.fmt.frames(count.basis_frames[:2]) or "–")
    detail = f"{basis} {_people_frames(draft)} {judged.people_summary(draft)}".strip()
    return SummaryItem("people", t("people"), value[0].upper() + value[1:], detail)


def _people_frames(draft: Draft) -> str:
    return _frames_looked_at(draft, "people", "frames_looked_at", "looked_at")


def _frames_looked_at(draft: Draft, step: str, figure: str, words: str) -> str:
    """Say in ``words`` how many frames a step looked at, where it kept count under ``figure``."""
    run = draft.run_of(step)
    stats = run.stats if run else {}
    looked, total = stats.get(figure), stats.get("frames_total")
    if not isinstance(looked, int) or not isinstance(total, int):
        return ""
    return draft.t(words, n=draft.fmt.number(looked), total=draft.fmt.number(total))


def _clothing_item(draft: Draft) -> SummaryItem:
    analysis, t = draft.analysis, draft.t
    if not analysis.clothing and not _ran(draft, "clothing"):
        return _unseen(draft, "clothing")
    kinds = {}
    for label in say.CLOTHING:
        count = analysis.clothing_counts.get(label)
        if count and count.maximum:
            bounds = (
                str(count.best)
                if count.minimum == count.maximum
                else (f"{count.best} ({count.minimum}–{count.maximum})")
            )
            kinds[label] = f"{say.label(say.CLOTHING_SHORT, label, draft.lang)}: {bounds}"
    unclear = kinds.pop("unclear", "")
    consistent = t("consistent", kinds=", ".join(kinds.values())) if kinds else ""
    value = "; ".join(part for part in (consistent, unclear) if part) or "–"
    detail = f"{judged.clothing_summary(draft)} {t('clothing_note')}".strip()
    return SummaryItem("clothing", t("clothing"), value[0].upper() + value[1:], detail)


def _texts_item(draft: Draft) -> SummaryItem:
    texts, t = draft.analysis.overlays, draft.t
    if not texts and not _ran(draft, "overlays"):
        return _unseen(draft, "texts")
    running = sum(item.changes for item in texts)
    value = f"{len(texts)} {t('text').lower()}" if draft.lang == "id" or len(texts) == 1 else f"{len(texts)} texts"
    detail = f"{t('runs').capitalize()}: {running}." if texts else t("no_texts")
    detail = f"{detail} {_frames_looked_at(draft, 'overlays', 'frames_read', 'read_in')}".strip()
    return SummaryItem("texts", t("texts"), value if texts else t("none_found"), detail)


def _time_item(draft: Draft, time: TimeSection) -> SummaryItem:
    estimate, t = draft.analysis.time_estimate, draft.t
    if estimate is None:
        return _unseen(draft, "time")
    conflicts = f"{t('conflicts')}: {len(time.conflicts)}." if time.conflicts else t("no_conflicts")
    used = f"{t('clues_used')}: {', '.join(estimate.clues_used) or '–'}."
    detail = f"{used} {conflicts} {judged.time_summary(draft)}".strip()
    return SummaryItem("time", t("time"), time.sentence, detail, "warn" if time.conflicts else "")


def _hours_item(draft: Draft, hours: HoursSection) -> SummaryItem:
    if not hours.answer:
        return _unseen(draft, "hours")
    count = len(hours.exceptions)
    open_ones = f" {draft.t('exceptions')}: {count}." if count else ""
    return SummaryItem("hours", draft.t("hours"), hours.answer, hours.sentence + open_ones)


def _leads_item(draft: Draft) -> SummaryItem:
    leads, t = draft.analysis.leads, draft.t
    if not leads and not _ran(draft, "leads"):
        return _unseen(draft, "leads")
    kinds = dict.fromkeys(lead.kind for lead in leads)
    value = ", ".join(
        f"{say.label(say.LEAD_KIND, kind, draft.lang)}: {sum(lead.kind == kind for lead in leads)}" for kind in kinds
    )
    value = value[:1].upper() + value[1:]
    return SummaryItem("leads", t("leads"), value or t("no_leads"), t("leads_note"))


def _file(draft: Draft, rechecked: bool) -> FileSection:
    analysis, fmt, t = draft.analysis, draft.fmt, draft.t
    source, context = analysis.source, analysis.context
    picture = f"{source.width_px} × {source.height_px} px"
    if source.rotation_deg:
        picture += f", {t('rotated', deg=source.rotation_deg)}"
    facts = [
        Fact(t("name"), source.path, "mono"),
        Fact(t("sha256"), source.sha256, "mono"),
        Fact(t("rechecked"), t("rechecked_ok" if rechecked else "rechecked_no"), "" if rechecked else "missing"),
        Fact(t("size"), fmt.size(source.size_bytes)),
        Fact(t("file_kind"), t(source.kind)),
        Fact(t("container"), f"{source.container} / {source.codec}"),
        Fact(t("picture_size"), picture),
        Fact(t("frames"), fmt.number(source.frames_decoded)),
    ]
    if source.kind == "video":
        facts += [Fact(t("duration"), fmt.seconds(source.duration_s)), _declared(draft)]
    origin = say.label(say.PTS_ORIGIN, source.pts_origin, draft.lang)
    facts += [
        Fact(t("pts_origin"), origin, "warn" if source.pts_origin == "assumed_rate" else ""),
        Fact(t("time_base"), f"{source.time_base} s; {t('start_pts')} {source.start_pts}"),
        Fact(t("audio"), t("audio_yes" if source.has_audio else "audio_no")),
    ]
    given = tuple(
        Fact(t(key), value or t("none_stated"), "" if value else "missing")
        for key, value in (
            ("url", context.url),
            ("posted", context.posted),
            ("place_given", context.place),
            ("sidecar", context.sidecar),
        )
    )
    errors = source.decode_errors
    losses = [
        Fact(
            t("after", t=fmt.clip_time(error.time_s)) if error.time_s is not None else t("position_unknown"),
            draft.short(error.message),
            "warn",
        )
        for error in errors[:_MAX_LOSSES]
    ]
    if len(errors) > _MAX_LOSSES:
        losses.append(Fact("…", t("not_listed", n=len(errors) - _MAX_LOSSES)))
    tags = tuple(
        FactGroup(draft.short(origin, 100), _tags(draft, values))
        for origin, values in sorted(source.tags.items())
        if values
    )
    return FileSection(tuple(facts), given, tuple(losses), credential_groups(draft), tags)


def _tags(draft: Draft, values: dict[str, str]) -> tuple[Fact, ...]:
    listed = sorted(values.items())
    facts = [Fact(draft.short(name, 100), draft.short(value, 1500), "mono") for name, value in listed[:_MAX_TAGS]]
    if len(listed) > _MAX_TAGS:
        facts.append(Fact("…", draft.t("not_listed", n=len(listed) - _MAX_TAGS)))
    return tuple(facts)


def _declared(draft: Draft) -> Fact:
    source, t = draft.analysis.source, draft.t
    if source.duration_declared_s is None:
        return Fact(t("duration_declared"), t("none_stated"), "missing")
    words = draft.fmt.seconds(source.duration_declared_s)
    # A tenth of a second is within what the last frame's length can account for.
    differs = abs(source.duration_declared_s - source.duration_s) > max(0.1, 0.02 * source.duration_s)
    return Fact(
        t("duration_declared"),
        f"{words}; {t('duration_differs')}" if differs else words,
        "warn" if differs else "",
    )


def _step(draft: Draft, run: StepRun) -> StepView:
    value = draft.fmt.value
    return StepView(
        step=say.label(say.STEP, run.step, draft.lang),
        code=run.step,
        status=run.status,
        status_label=say.label(say.STATUS, run.status, draft.lang),
        method=run.method,
        version=run.version,
        weights=run.weights_sha256 or "",
        settings=tuple(Fact(name, value(setting)) for name, setting in run.settings.items()),
        stats=tuple(Fact(name, draft.short(value(figure), _MAX_FIGURE)) for name, figure in run.stats.items()),
        error=run.error.get(draft.lang) if run.error else "",
    )
