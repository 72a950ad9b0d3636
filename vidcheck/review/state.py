"""What the review page shows: findings, what the decisions made of them, and the decisions, as plain JSON."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vidcheck.case_decisions import Decided
from vidcheck.decisions import Examiner, Figure
from vidcheck.decisions.judged import LABELS
from vidcheck.report import judged as judged_report
from vidcheck.report import wording as say
from vidcheck.report import wording_judged
from vidcheck.report.draft import Draft
from vidcheck.report.format import Formatter
from vidcheck.report.glyphs import map_strings, visible
from vidcheck.report.pictures import Album
from vidcheck.report.seen import shot_picture, text_picture
from vidcheck.review.wording import TEXT
from vidcheck.types import Analysis, Crop, FrameRef, PeopleCount

State = dict[str, Any]


def page_state(
    decided: Decided, folder: Path, lang: str, who: Examiner, *, clip: str | None, not_in_report: int
) -> State:
    """Return everything that the page shows.

    Parameters
    ----------
    decided:
        Findings and decisions.
    folder:
        The case folder, for its pictures.
    lang:
        ``id`` or ``en``.
    who:
        The examiner.
    clip:
        Address of the playable clip, or None where none was given.
    not_in_report:
        How many decisions the report does not hold yet.
    """
    analysis = decided.analysis
    zone = analysis.time_estimate.zone if analysis.time_estimate else None
    draft = Draft(analysis, Formatter(lang, zone), Album(folder, lang), decided.judged, decided.record)
    page = _Page(draft)
    source = analysis.source
    state = {
        "lang": lang,
        "file": source.path,
        "sha256": source.sha256,
        "width": source.width_px,
        "height": source.height_px,
        "duration": source.duration_s,
        "kind": source.kind,
        "frame": source.duration_s / max(source.frames_decoded, 1),
        "clip": clip,
        "examiner": {"name": who.name, "from": say.label(wording_judged.EXAMINER_FROM, who.source, lang)},
        "head": decided.record.head,
        "not_in_report": not_in_report,
        "counts": page.counts(),
        "figures": [page.figure(figure) for figure in decided.judged.figures],
        "dropped": [page.figure(figure) for figure in decided.judged.dropped],
        "findings": [*page.texts(), *page.leads(), *page.clues(), *page.light()],
        "shots": [
            {
                "index": s.index,
                "from": s.start.time_s,
                "to": s.end.time_s,
                "best": s.best.time_s,
                "picture": page.saved(shot_picture(s.index)),
            }
            for s in analysis.shots
        ],
        "not_looked": [n.title for n in page.not_looked()],
        "decisions": page.decisions(),
        "labels": {label: say.label(say.CLOTHING_SHORT, label, lang) for label in LABELS},
        "words": {key: words.get(lang) for key, words in TEXT.items()},
    }
    shown: State = map_strings(state, visible)
    return shown


class _Page:
    """Writes the parts of the page."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._lang = draft.lang
        self._analysis: Analysis = draft.analysis
        self._in_force = {o.decision.id for o in draft.judged.outcomes if o.status in ("applied", "matched")}

    def counts(self) -> list[State]:
        """The machine's counts and the examiner's, everyone first, then by label."""
        machine, human = self._analysis, self._draft.judged
        rows = [self._count(self._draft.t("everyone"), machine.people_count, human.people_count)]
        for label in [label for label in LABELS if label in {**machine.clothing_counts, **human.clothing_counts}]:
            words = say.label(say.CLOTHING_SHORT, label, self._lang)
            rows.append(self._count(words, machine.clothing_counts.get(label), human.clothing_counts.get(label)))
        return rows

    @staticmethod
    def _count(label: str, machine: PeopleCount | None, human: PeopleCount | None) -> State:
        def plain(count: PeopleCount | None) -> list[int] | None:
            return None if count is None else [count.minimum, count.best, count.maximum]

        basis = human.basis_frames[0].time_s if human and human.basis_frames else None
        return {"label": label, "machine": plain(machine), "human": plain(human), "at": basis}

    def figure(self, figure: Figure) -> State:
        """A person with tracks, boxes, pictures and clothing."""
        detections = self._analysis.detections
        tracks = []
        boxes = []
        for track in figure.tracks:
            own = [detections[p] for p in track.detections]
            tracks.append({"id": track.id, "from": own[0].frame.time_s, "to": own[-1].frame.time_s})
            boxes += [[round(d.frame.time_s, 3), *(round(edge, 1) for edge in d.box_xyxy_px)] for d in own]
        boxes.sort()
        origins = [("person", name) for name in figure.origins] + [("clothing", name) for name in figure.origins]
        return {
            "kind": "person",
            "id": figure.id,
            "tracks": sorted(tracks, key=lambda t: t["from"]),
            "boxes": boxes,
            "one": figure.one,
            "origins": len(figure.origins),
            "pictures": self._pictures(figure.person.best_shots[:4]),
            "joined": figure.person.joined_because.get(self._lang) if figure.person.joined_because else "",
            "label": figure.label,
            "label_words": say.label(say.CLOTHING, figure.label, self._lang) if figure.label else "",
            "label_by": figure.label_by,
            "findings": [
                {
                    "label": item.label,
                    "words": say.label(say.CLOTHING, item.label, self._lang),
                    "probability": self._draft.fmt.percent(item.probability),
                    "reason": item.reason.get(self._lang) if item.reason else "",
                    "pictures": self._pictures(item.crops[:3]),
                }
                for item in figure.findings
            ],
            "lines": judged_report.beside(self._draft, *origins),  # type: ignore[arg-type]
        }

    def _pictures(self, crops: Iterable[Crop]) -> list[State]:
        return [
            {"src": crop.media, "at": crop.frame.time_s, "frame": self._draft.fmt.frame(crop.frame)}
            for crop in crops
            if self.saved(crop.media)
        ]

    def saved(self, picture: str | None) -> str | None:
        """Return the path of a picture that lies in the case folder, or None."""
        return picture if picture and (self._draft.album.root / picture).is_file() else None

    def texts(self) -> list[State]:
        """Texts."""
        return [
            self._finding(
                "text",
                text.id,
                text.text,
                say.label(say.OVERLAY_KIND, text.kind, self._lang),
                (text.first, text.last),
                picture=text_picture(text.id),
                box=text.box_xyxy_px,
            )
            for text in self._analysis.overlays
        ]

    def leads(self) -> list[State]:
        """Leads."""
        return [
            self._finding(
                "lead",
                lead.id,
                lead.text,
                f"{say.label(say.LEAD_KIND, lead.kind, self._lang)}. {lead.words.get(self._lang)}",
                lead.frames,
                picture=lead.crop.media if lead.crop else None,
                box=lead.crop.box_xyxy_px if lead.crop else None,
                at=lead.crop.frame if lead.crop else None,
            )
            for lead in self._analysis.leads
        ]

    def clues(self) -> list[State]:
        """Clues about the time."""
        used = self._analysis.time_estimate.clues_used if self._analysis.time_estimate else ()
        marks = {True: self._draft.t("used"), False: self._draft.t("not_used")}
        return [
            self._finding(
                "clue",
                clue.id,
                clue.words.get(self._lang),
                f"{say.label(say.CLUE_SOURCE, clue.source, self._lang)}, {marks[clue.id in used]}. "
                + " ".join(caveat.get(self._lang) for caveat in clue.caveats),
                clue.frames,
            )
            for clue in self._analysis.clues
        ]

    def light(self) -> list[State]:
        """Light by shot."""
        shots = {shot.index: shot for shot in self._analysis.shots}
        return [
            self._finding(
                "light",
                str(item.shot),
                say.label(say.LIGHTING, item.label, self._lang),
                f"{self._draft.t('shot')} {item.shot}, {self._draft.fmt.percent(item.probability)}",
                item.frames or ((shots[item.shot].start,) if item.shot in shots else ()),
                picture=shot_picture(item.shot),
            )
            for item in self._analysis.lighting
        ]

    def _finding(
        self,
        kind: str,
        name: str,
        words: str,
        about: str,
        frames: Iterable[FrameRef],
        *,
        picture: str | None = None,
        box: Iterable[float] | None = None,
        at: FrameRef | None = None,
    ) -> State:
        refs = list(frames)
        times = [ref.time_s for ref in refs]
        first = at.time_s if at else (min(times) if times else None)
        return {
            "kind": kind,
            "id": name,
            "words": self._draft.short(words),
            "about": self._draft.short(about),
            "at": first,
            "from": min(times) if times else None,
            "to": max(times) if times else None,
            "frame": self._draft.fmt.frame(at or min(refs, key=lambda ref: ref.index)) if refs or at else "",
            "picture": self.saved(picture),
            "box": [round(edge, 1) for edge in box] if box else None,
            "lines": judged_report.beside(self._draft, (kind, name)),  # type: ignore[arg-type]
            "verdict": self._verdict(kind, name),
        }

    def _verdict(self, kind: str, name: str) -> str:
        """The latest confirmation, rejection or correction in force."""
        found = self._draft.judged.beside(kind, name)  # type: ignore[arg-type]
        actions = [o.decision.action for o in found if o.decision.action in ("confirm", "reject", "correct")]
        return actions[-1] if actions else ""

    def decisions(self) -> list[State]:
        """Decisions, newest first."""
        section = judged_report.decision_section(self._draft)
        rows = [
            {
                "id": row.id,
                "when": row.when,
                "who": row.who,
                "what": row.what,
                "why": row.why,
                "status": row.status,
                "result": row.result,
                "result_why": row.result_why,
                "open": row.status != "withdrawn",
            }
            for row in section.rows
        ]
        return list(reversed(rows))

    def not_looked(self) -> Iterable[Any]:
        """Notices on steps that did not run."""
        runs = (run for run in self._analysis.steps if run.status != "ok")
        return itertools.starmap(self._draft.notice, ((run,) for run in runs))
