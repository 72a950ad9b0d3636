"""The page over a batch: one HTML file that sorts and filters by itself and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import cv2

from vidcheck import store
from vidcheck.batch.index_words import STATUS, WORDS, WORKING_HOURS
from vidcheck.batch.records import BatchResult, CopyOf, Event, Outcome
from vidcheck.batch.tables import LABELS
from vidcheck.data_uri import jpeg_data_uri
from vidcheck.report.glyphs import map_strings, visible
from vidcheck.report.html import content_security_policy
from vidcheck.report.wording import CLOTHING_SHORT
from vidcheck.types import PeopleCount

INDEX = "index.html"
TEMPLATES = Path(__file__).parent / "templates"
MAX_PICTURES = 3000
"""Beyond so many clips the page goes without pictures: it would grow past 10 MB."""
_PICTURE_PX = 168


@dataclass(frozen=True, slots=True)
class Row:
    """One clip of the page; sort keys are plain numbers or text."""

    name: str
    href: str
    picture: str
    status: str
    status_word: str
    error: str
    people: str
    people_best: int
    clothing: tuple[str, ...]
    labels: str
    place: str
    when: str
    when_key: str
    hours: str
    hours_word: str
    event: int
    copies: int
    best_copy: bool
    detail: str
    duration: str
    duration_s: float
    case_id: str
    notes: str


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One copy of an event."""

    folder: str
    href: str
    best: bool
    facts: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with more than one copy."""

    number: int
    people: str
    posted_by: str
    copies: tuple[CopyRow, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template shows."""

    lang: str
    words: dict[str, str]
    figures: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, str], ...]
    hours: tuple[tuple[str, str], ...]
    places: tuple[str, ...]
    rows: tuple[Row, ...]
    events: tuple[EventRow, ...]
    with_pictures: bool


def write_index(result: BatchResult, out: Path, *, lang: str) -> None:
    """Write ``index.html``.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    store.write_atomic(out / INDEX, render(result, out, lang=lang).encode("utf-8"))


def render(result: BatchResult, out: Path, *, lang: str) -> str:
    """Return the page; pictures are taken from the case folders below ``out``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    css = (TEMPLATES / "batch.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "batch.js").read_text(encoding="utf-8")
    page = environment.get_template("batch.html.j2").render(
        p=map_strings(_page(result, out, lang), visible, keep=frozenset({"picture", "href"})),
        css=Markup(css),
        script=Markup(script),
        csp=content_security_policy(css, script),
    )
    return page.rstrip() + "\n"


def _page(result: BatchResult, out: Path, lang: str) -> Page:
    words = {key: value.get(lang) for key, value in WORDS.items()}
    by_number = {event.number: event for event in result.events}
    with_pictures = len(result.outcomes) <= MAX_PICTURES
    rows = tuple(_row(o, by_number, out, lang, words, with_pictures) for o in result.outcomes)
    counted = [event.people for event in result.events if event.people is not None]
    figures = [
        (words["clips"], str(len(result.outcomes))),
        (words["recordings"], str(len(result.events))),
        *((STATUS[s].get(lang), str(result.count(s))) for s in STATUS if result.count(s)),
    ]
    if counted:
        total = PeopleCount(sum(c.minimum for c in counted), sum(c.best for c in counted), 0, ())
        figures.append((words["people_over_events"], f"{total.minimum} – {total.best}"))
    present = {label for o in result.outcomes if o.findings for label, c in o.findings.clothing.items() if c.best}
    return Page(
        lang=lang,
        words=words,
        figures=tuple(figures),
        labels=tuple((label, CLOTHING_SHORT[label].get(lang)) for label in LABELS if label in present),
        statuses=tuple((s, w.get(lang)) for s, w in STATUS.items() if result.count(s)),
        hours=tuple((h, w.get(lang)) for h, w in WORKING_HOURS.items() if any(row.hours == h for row in rows)),
        places=tuple(sorted({row.place for row in rows if row.place})),
        rows=rows,
        events=tuple(_event(event, lang, words) for event in result.events if len(event.copies) > 1),
        with_pictures=with_pictures,
    )


def _row(
    outcome: Outcome, events: dict[int, Event], out: Path, lang: str, words: dict[str, str], with_pictures: bool
) -> Row:
    found = outcome.findings
    event = events.get(outcome.event or 0)
    labels = [label for label, count in (found.clothing if found else {}).items() if count.best]
    when, when_key = _when(outcome, lang, words)
    picture = ""
    if found and outcome.folder and found.picture and with_pictures:
        picture = _picture(out / outcome.folder / found.picture)
    size = f"{found.width_px} × {found.height_px}" if found else ""
    hours = (found.working_hours or "") if found else ""
    return Row(
        name=outcome.name,
        href=f"{quote(outcome.folder)}/report.html" if outcome.folder else "",
        picture=picture,
        status=outcome.status,
        status_word=STATUS[outcome.status].get(lang),
        error=outcome.error,
        people=_people(found.people) if found and found.people else (words["not_looked_at"] if found else ""),
        people_best=found.people.best if found and found.people else -1,
        clothing=tuple(f"{CLOTHING_SHORT[k].get(lang)} {found.clothing[k].best}" for k in labels) if found else (),
        labels=" ".join(labels),
        place=(found.place or "") if found else "",
        when=when,
        when_key=when_key,
        hours=hours,
        hours_word=WORKING_HOURS[hours].get(lang) if hours in WORKING_HOURS else "",
        event=outcome.event or 0,
        copies=len(event.copies) if event else 0,
        best_copy=bool(event and event.best == outcome.folder),
        detail=size,
        duration=_length(found.duration_s) if found and found.kind == "video" else (words["photo"] if found else ""),
        duration_s=found.duration_s if found else -1.0,
        case_id=outcome.case_id,
        notes=outcome.notes,
    )


def _people(count: PeopleCount) -> str:
    return f"{count.best} ({count.minimum}–{count.maximum})"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M ") + (value.tzname() or "")


def _when(outcome: Outcome, lang: str, words: dict[str, str]) -> tuple[str, str]:
    found = outcome.findings
    if found is None:
        return "", ""
    if found.best is not None:
        return _moment(found.best), found.best.isoformat()
    if found.earliest and found.latest:
        return f"{_moment(found.earliest)} – {_moment(found.latest)}", found.earliest.isoformat()
    if found.latest:
        return f"{words['no_later_than']} {_moment(found.latest)}", found.latest.isoformat()
    if found.earliest:
        return f"{words['no_earlier_than']} {_moment(found.earliest)}", found.earliest.isoformat()
    return words["not_known"], ""


def _picture(path: Path) -> str:
    """A small JPEG as a data address; empty where the picture cannot be read."""
    whole = cv2.imread(str(path))
    if whole is None:
        return ""
    scale = _PICTURE_PX / max(whole.shape[:2])
    size = (max(1, round(whole.shape[1] * scale)), max(1, round(whole.shape[0] * scale)))
    done, data = cv2.imencode(
        ".jpg", cv2.resize(whole, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 72]
    )
    return jpeg_data_uri(data.tobytes()) if done else ""


def _event(event: Event, lang: str, words: dict[str, str]) -> EventRow:
    bound = ""
    if event.posted_by is not None:
        bound = f"{words['no_later_than']} {_moment(event.posted_by)} ({event.posted_by_folder})"
    return EventRow(
        number=event.number,
        people=_people(event.people) if event.people else words["not_counted"],
        posted_by=bound,
        copies=tuple(_copy(copy, copy.folder == event.best, words) for copy in event.copies),
    )


def _copy(copy: CopyOf, best: bool, words: dict[str, str]) -> CopyRow:
    facts = []
    if best:
        facts.append(words["best_copy"])
    if copy.same_bytes and not best:
        facts.append(words["same_bytes"])
    if copy.score is None:
        facts.append(words["through_another"])
    elif not copy.same_bytes:
        facts.append(f"{words['score']} {copy.score:.2f}")
    if copy.mirrored:
        facts.append(words["mirrored"])
    if copy.area is not None and copy.area < 0.9:
        facts.append(f"{words['shows_part']} {copy.area:.0%}")
    for key, spans in (("lacks", copy.lacks), ("adds", copy.adds)):
        if spans:
            facts.append(f"{words[key]} {_spans(spans)}")
    if copy.lacks_audio:
        facts.append(words["no_sound"])
    evidence = tuple(f"{p.copy_s:.1f} s = {p.other_s:.1f} s ({p.agreement:.0%})" for p in copy.evidence)
    return CopyRow(copy.folder, f"{quote(copy.folder)}/report.html", best, tuple(facts), evidence)


def _spans(spans: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{low:.0f}–{high:.0f} s" for low, high in spans)
