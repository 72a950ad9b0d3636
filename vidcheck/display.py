"""Findings as tables and pictures, for notebooks.

:func:`to_frame` gives one row per finding; :func:`summary` and :func:`gallery` give HTML that Jupyter shows by itself.
``Analysis`` offers all three as methods. Nothing here computes a finding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from markupsafe import Markup, escape

from vidcheck.data_uri import jpeg_data_uri
from vidcheck.errors import InputError
from vidcheck.types import Analysis, Crop, TablePart

if TYPE_CHECKING:
    import polars

_GALLERY_HEIGHT_PX = 180
_STYLE = (
    "<style>.vidcheck table{border-collapse:collapse}.vidcheck td{padding:.2em .8em .2em 0;text-align:left;"
    "vertical-align:top}.vidcheck figure{display:inline-block;margin:0 1em 1em 0;vertical-align:top}"
    ".vidcheck figcaption{font-size:smaller;max-width:16em}.vidcheck img{display:block}</style>"
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML that a notebook shows as it is; every text in it is escaped."""

    html: str
    """The markup."""

    def _repr_html_(self) -> str:
        return self.html


def to_frame(analysis: Analysis, part: TablePart = "persons", *, lang: str = "en") -> polars.DataFrame:
    """Return one part of an analysis as a table, one row per finding.

    Parameters
    ----------
    analysis:
        What was found.
    part:
        One of :data:`~vidcheck.types.TablePart`.
    lang:
        Language of sentences: ``id`` or ``en``.

    Returns
    -------
    polars.DataFrame
        Times in seconds from the first frame (``*_s``), boxes in pixels of the displayed picture, wall-clock times zone
        aware and as ISO 8601 text, since zones differ from row to row.

    Raises
    ------
    InputError
        Where there is no such part.
    """
    import polars

    if part not in _ROWS:
        raise InputError(f"There is no table called {part!r}.", f"Tables: {', '.join(get_args(TablePart))}.")
    rows = _ROWS[part](analysis, lang)
    return polars.DataFrame(rows, schema=_COLUMNS[part], orient="row", infer_schema_length=None)


def _persons(analysis: Analysis, lang: str) -> list[Row]:
    tracks = {track.id: track for track in analysis.tracks}
    wears = {found.person: found for found in analysis.clothing}
    rows = []
    for person in analysis.persons:
        boxes = [analysis.detections[p] for t in person.tracks for p in tracks[t].detections]
        times = sorted({box.frame.time_s for box in boxes})
        worn = wears.get(person.id)
        rows.append(
            {
                "person": person.id,
                "first_s": times[0],
                "last_s": times[-1],
                "frames": len(times),
                "tracks": " ".join(person.tracks),
                "tallest_px": max(box.box_xyxy_px[3] - box.box_xyxy_px[1] for box in boxes),
                "clothing": worn.label if worn else None,
                "probability": worn.probability if worn else None,
                "joined_because": person.joined_because.get(lang) if person.joined_because else None,
            }
        )
    return rows


def _detections(analysis: Analysis, lang: str) -> list[Row]:
    track_of = {position: track.id for track in analysis.tracks for position in track.detections}
    person_of = {track: person.id for person in analysis.persons for track in person.tracks}
    rows = []
    for position, box in enumerate(analysis.detections):
        track = track_of.get(position)
        x1, y1, x2, y2 = box.box_xyxy_px
        row: Row = {"frame": box.frame.index, "time_s": box.frame.time_s, "x1": x1, "y1": y1, "x2": x2, "y2": y2}
        rows.append(row | {"score": box.confidence, "track": track, "person": person_of.get(track or "")})
    return rows


def _clothing(analysis: Analysis, lang: str) -> list[Row]:
    rows = []
    for found in analysis.clothing:
        others = {k: v for k, v in found.alternatives.items() if k != found.label}
        nearest = max(others, key=lambda k: others[k], default=None)
        rows.append(
            {
                "person": found.person,
                "consistent_with": found.label,
                "probability": found.probability,
                "nearest": nearest,
                "nearest_probability": others[nearest] if nearest else None,
                "crops": len(found.crops),
                "why_unclear": found.reason.get(lang) if found.reason else None,
            }
        )
    return rows


def _texts(analysis: Analysis, lang: str) -> list[Row]:
    return [
        {
            "id": text.id,
            "first_s": text.first.time_s,
            "last_s": text.last.time_s,
            "kind": text.kind,
            "text": text.text,
            "changes": text.changes,
            "confidence": text.confidence,
            "readings": len(text.readings),
        }
        for text in analysis.overlays
    ]


def _lighting(analysis: Analysis, lang: str) -> list[Row]:
    return [
        {"shot": seen.shot, "light": seen.label, "probability": seen.probability, "frames": len(seen.frames)}
        for seen in analysis.lighting
    ]


def _clues(analysis: Analysis, lang: str) -> list[Row]:
    used = analysis.time_estimate.clues_used if analysis.time_estimate else ()
    return [
        {
            "id": clue.id,
            "kind": clue.kind,
            "source": clue.source,
            "clock": clue.clock,
            "grade": clue.grade,
            "earliest": clue.earliest.isoformat() if clue.earliest else None,
            "latest": clue.latest.isoformat() if clue.latest else None,
            "used": clue.id in used,
            "basis": clue.basis,
            "says": clue.words.get(lang),
            "caveats": " ".join(words.get(lang) for words in clue.caveats) or None,
        }
        for clue in analysis.clues
    ]


def _leads(analysis: Analysis, lang: str) -> list[Row]:
    return [
        {
            "id": lead.id,
            "kind": lead.kind,
            "text": lead.text,
            "grade": lead.grade,
            "time_s": lead.frames[0].time_s if lead.frames else None,
            "says": lead.words.get(lang),
        }
        for lead in analysis.leads
    ]


def _shots(analysis: Analysis, lang: str) -> list[Row]:
    return [
        {
            "shot": shot.index,
            "start_s": shot.start.time_s,
            "end_s": shot.end.time_s,
            "kind": shot.kind,
            "sharpest_s": shot.best.time_s,
            "brightness": shot.brightness,
            "repeats": shot.repeats,
        }
        for shot in analysis.shots
    ]


def _steps(analysis: Analysis, lang: str) -> list[Row]:
    return [
        {
            "step": run.step,
            "status": run.status,
            "method": run.method,
            "version": run.version,
            "weights_sha256": run.weights_sha256,
            "seconds": run.seconds,
            "why_not": run.error.get(lang) if run.error else None,
        }
        for run in analysis.steps
    ]


_ROWS: Mapping[str, Callable[[Analysis, str], list[Row]]] = {
    "persons": _persons,
    "detections": _detections,
    "clothing": _clothing,
    "texts": _texts,
    "lighting": _lighting,
    "clues": _clues,
    "leads": _leads,
    "shots": _shots,
    "steps": _steps,
}
# Stated, so that a clip in which nothing was found still gives a table with its columns.
_COLUMNS: Mapping[str, dict[str, type]] = {
    "persons": {
        "person": str, "first_s": float, "last_s": float, "frames": int, "tracks": str, "tallest_px": float,
        "clothing": str, "probability": float, "joined_because": str,
    },
    "detections": {
        "frame": int, "time_s": float, "x1": float, "y1": float, "x2": float, "y2": float, "score": float,
        "track": str, "person": str,
    },
    "clothing": {
        "person": str, "consistent_with": str, "probability": float, "nearest": str, "nearest_probability": float,
        "crops": int, "why_unclear": str,
    },
    "texts": {
        "id": str, "first_s": float, "last_s": float, "kind": str, "text": str, "changes": bool, "confidence": float,
        "readings": int,
    },
    "lighting": {"shot": int, "light": str, "probability": float, "frames": int},
    "clues": {
        "id": str, "kind": str, "source": str, "clock": str, "grade": str, "earliest": str, "latest": str, "used": bool,
        "basis": str, "says": str, "caveats": str,
    },
    "leads": {"id": str, "kind": str, "text": str, "grade": str, "time_s": float, "says": str},
    "shots": {
        "shot": int, "start_s": float, "end_s": float, "kind": str, "sharpest_s": float, "brightness": float,
        "repeats": int,
    },
    "steps": {
        "step": str, "status": str, "method": str, "version": str, "weights_sha256": str, "seconds": float,
        "why_not": str,
    },
}  # fmt: skip


def summary(analysis: Analysis, *, lang: str = "en") -> Html:
    """Return what a notebook shows for an analysis: the file, the counts, the time, and what was not looked at."""
    from vidcheck.report import wording
    from vidcheck.terminal import count_line, safe

    own = lang == "id"
    source = analysis.source
    rows: list[tuple[str, str]] = [
        ("Berkas" if own else "File", f"{safe(source.path)}, {source.width_px} × {source.height_px}"),
        ("SHA-256", source.sha256),
    ]
    if analysis.people_count is not None:
        rows.append(("Orang" if own else "People", count_line(analysis.people_count, lang)))
    for label, count in analysis.clothing_counts.items():
        rows.append((wording.label(wording.CLOTHING, label, lang), count_line(count, lang)))
    for name, part in (
        ("Waktu" if own else "Time", analysis.time_estimate),
        ("Jam kerja" if own else "Hours", analysis.working_hours),
    ):
        if part is not None:
            rows.append((name, part.words.get(lang)))
    for run in analysis.steps:
        if run.status != "ok":
            why = run.error.get(lang) if run.error else run.status
            rows.append(("Tidak diperiksa" if own else "Not looked at", f"{run.step}: {safe(why)}"))
    body = Markup("").join(Markup("<tr><td><b>{}</b></td><td>{}</td></tr>").format(name, value) for name, value in rows)
    return Html(f'{_STYLE}<div class="vidcheck"><table>{body}</table></div>')


def gallery(analysis: Analysis, clip: str | os.PathLike[str], *, lang: str = "en") -> Html:
    """Return the best views of every person, cut from the clip.

    Parameters
    ----------
    analysis:
        What was found.
    clip:
        The clip it was found in.
    lang:
        ``id`` or ``en``.

    Raises
    ------
    InputError
        Where the clip cannot be read, or is another one than was analysed.
    """
    from vidcheck import media

    crops = [crop for person in analysis.persons for crop in person.best_shots]
    with media.open_clip(clip) as opened:
        if opened.source.sha256 != analysis.source.sha256:
            raise InputError(
                f"{opened.source.path} is not the clip that was analysed.", "Give the file with the same SHA-256."
            )
        pictures = _cut_out(opened, crops)
    worn = {found.person: found for found in analysis.clothing}
    parts = []
    for person in analysis.persons:
        found = worn.get(person.id)
        label = ""
        if found is not None:
            from vidcheck.report import wording

            label = f"{wording.label(wording.CLOTHING, found.label, lang)} ({found.probability:.2f})"
        for crop in person.best_shots:
            if crop in pictures:
                caption = escape(f"{person.id}, {crop.frame.time_s:.2f} s. {label}")
                parts.append(f'<figure><img alt="" src="{pictures[crop]}"><figcaption>{caption}</figcaption></figure>')
    return Html(f'{_STYLE}<div class="vidcheck">{"".join(parts)}</div>')


def _cut_out(clip: Any, crops: Sequence[Crop]) -> dict[Crop, str]:
    """Data addresses of the crops as JPEG, scaled to the gallery's height; never enlarged."""
    import cv2

    from vidcheck.appearance import cut

    by_frame: dict[int, list[Crop]] = {}
    for crop in crops:
        by_frame.setdefault(crop.frame.index, []).append(crop)
    pictures: dict[Crop, str] = {}
    for frame in clip.read({crop.frame.index: crop.frame for crop in crops}.values()):
        for crop in by_frame[frame.ref.index]:
            picture: Any = cut(frame.bgr, crop.box_xyxy_px)
            if not picture.size:
                continue
            if picture.shape[0] > _GALLERY_HEIGHT_PX:
                width = max(1, round(picture.shape[1] * _GALLERY_HEIGHT_PX / picture.shape[0]))
                picture = cv2.resize(picture, (width, _GALLERY_HEIGHT_PX), interpolation=cv2.INTER_AREA)
            done, data = cv2.imencode(".jpg", picture)
            if done:
                pictures[crop] = jpeg_data_uri(data.tobytes())
    return pictures
