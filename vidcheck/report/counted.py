"""Contact sheets by which a human checks each figure of the count at a glance, and the marks on doubtful figures."""

from __future__ import annotations

from vidcheck import person_sheets
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.parts import CountRow, SheetView
from vidcheck.report.pictures import Picture
from vidcheck.types import Person, Track, Words

MAX_CELLS = 120
_SIDE_PX = 130

_ASIDE = {
    "double": Words("kotak kedua pada orang lain?", "a second box on somebody?"),
    "weak": Words("nilai detektor rendah", "low detector score"),
    "faint": Words("di bawah ambang detektor", "under the detector's threshold"),
}
_TITLES = {
    "best": Words("Lembar periksa perkiraan terbaik: {n} sosok", "Check sheet of the best estimate: {n} figures"),
    "maximum": Words("Lembar periksa batas paling banyak: {n} jejak", "Check sheet of the most: {n} tracks"),
    "label": Words("Lembar periksa: {label}, {n} sosok", "Check sheet: {label}, {n} figures"),
}
_NOTES = {
    "best": Words(
        "Satu gambar untuk setiap sosok. Dua gambar orang yang sama berarti perkiraan terlalu besar.",
        "One picture of each figure. Two pictures of one person mean that the estimate is too large.",
    ),
    "maximum": Words(
        "Setiap jejak, menurut sosok; [tanda kurung] menandai jejak yang hampir pasti satu orang. Jejak yang "
        "disisihkan hanya melebarkan batas paling banyak; alasannya tertulis.",
        "Every track, by figure; [brackets] hold tracks that are nearly certainly one person. Tracks set aside "
        "only widen the most; the reason is given.",
    ),
    "label": Words(
        "Satu gambar pakaian untuk setiap sosok dengan label ini.",
        "One picture of the clothing of each figure so labelled.",
    ),
}
_NO_FIGURE = Words("bukan sosok", "no figure")
_UNMARKED = Words("Tanpa sosok yang ditandai", "Without marked figures")


def people_sheets(draft: Draft) -> tuple[SheetView, ...]:
    """Return the sheets of the best estimate and of the maximum; the minimum has its own frame."""
    analysis = draft.analysis
    best = tuple(_person(draft, person) for person in analysis.persons[:MAX_CELLS])
    tracks = person_sheets.tracks_by_figure(analysis)
    cells: list[Picture] = []
    for track, person, group in tracks[: person_sheets.MAX_TRACKS]:
        if person is not None:
            cells.append(_track(draft, track, person.id, f"[{'+'.join(group)}]" if len(group) > 1 else ""))
        else:
            why = say.label(_ASIDE, track.aside, draft.lang) if track.aside else ""
            cells.append(_track(draft, track, _NO_FIGURE.get(draft.lang), why))
    sheets = []
    for key, found in (("best", best), ("maximum", tuple(cells))):
        if found:
            total = len(analysis.persons) if key == "best" else len(tracks)
            title = _TITLES[key].get(draft.lang).format(n=draft.fmt.number(total))
            sheets.append(SheetView(title, _NOTES[key].get(draft.lang), found, max(total - len(found), 0)))
    return tuple(sheets)


def label_sheets(draft: Draft) -> tuple[SheetView, ...]:
    """Return one sheet for each clothing label that was found."""
    analysis, lang = draft.analysis, draft.lang
    sheets = []
    for label in say.CLOTHING:
        worn = [item for item in analysis.clothing if item.label == label and item.crops]
        if label == "unclear" or not worn:
            continue
        cells = tuple(
            draft.crop(item.crops[0], max_side_px=_SIDE_PX, alt=f"{label} {item.person}", caption=item.person)
            for item in worn[:MAX_CELLS]
        )
        title = _TITLES["label"].get(lang).format(label=say.label(say.CLOTHING, label, lang), n=len(worn))
        sheets.append(SheetView(title, _NOTES["label"].get(lang), cells, len(worn) - len(cells)))
    return tuple(sheets)


def unmarked_row(draft: Draft) -> tuple[CountRow, ...]:
    """Return the count without marked figures, or nothing where none is marked."""
    count = draft.analysis.people_count_unmarked
    if count is None:
        return ()
    basis = draft.fmt.frames(count.basis_frames) if count.basis_frames else "–"
    return (CountRow(_UNMARKED.get(draft.lang), count.minimum, count.best, count.maximum, basis),)


def marks(draft: Draft, person: Person) -> tuple[str, ...]:
    """Say why a figure may be no further person in the room."""
    own = set(person.tracks)
    found = [trap for trap in draft.analysis.traps if trap.track in own]
    return tuple(f"{trap.track}: {trap.words.get(draft.lang)} ({draft.fmt.number(trap.score, 2)})" for trap in found)


def _person(draft: Draft, person: Person) -> Picture:
    alt = f"{draft.t('person_code')} {person.id}"
    if not person.best_shots:
        return draft.album.picture(None, max_side_px=_SIDE_PX, alt=alt, caption=person.id)
    return draft.crop(person.best_shots[0], max_side_px=_SIDE_PX, alt=alt, caption=person.id)


def _track(draft: Draft, track: Track, figure: str, why: str) -> Picture:
    refs = [draft.analysis.detections[p].frame for p in track.detections]
    caption = " · ".join(part for part in (track.id, figure, why) if part)
    span = draft.fmt.span(min(refs, key=lambda r: r.index), max(refs, key=lambda r: r.index)) if refs else ""
    media = f"media/track-{track.id}.jpg"
    return draft.album.picture(media, max_side_px=_SIDE_PX, alt=caption, caption=caption, frame=span)
