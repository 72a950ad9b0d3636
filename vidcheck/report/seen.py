"""Sections on what is seen: people, clothing, texts, leads, shots, and the clip at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vidcheck.person_sheets import tracks_of
from vidcheck.report import counted, identify, judged
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.figures import ACCENT_PALE, CLOCK, CLOTHES, GRADE_FILL, MUTED, NIGHT, Lane, Span, clip_chart
from vidcheck.report.parts import (
    Bar,
    ClothingSection,
    ClothingView,
    CountRow,
    LeadSection,
    LeadView,
    PeopleSection,
    PersonView,
    ShotRow,
    ShotSection,
    TextSection,
    TextView,
)
from vidcheck.report.pictures import Picture
from vidcheck.types import (
    Analysis,
    ClothingObservation,
    FrameRef,
    Lead,
    OverlayText,
    PeopleCount,
    Person,
    Shot,
)

_SERVICE_CLOTHING = ("korpri_batik", "pdh_khaki", "pdh_white", "other_uniform")
_BEST_SHOTS, _CROPS = 3, 3
_MAX_PERSONS, _MAX_TEXTS, _MAX_SHOTS, _MAX_LEADS = 100, 200, 200, 100
_LANES_PERSONS, _LANES_TEXTS = 8, 6
_SHOT_FILL = {"moving": ACCENT_PALE, "still": "#e3d9bd", "black": NIGHT}
_LIGHT_FILL = {
    "outdoor_day": "#f3dd8a",
    "twilight": "#d9a679",
    "outdoor_night": NIGHT,
    "indoor_daylight": "#f6ecc4",
    "indoor_artificial": "#c9bedb",
    "unknown": "#e3e6ea",
}


def shot_picture(index: int) -> str:
    """Return where the best frame of a shot is saved, relative to the analysis folder."""
    return f"media/shot-{index}.jpg"


def count_picture(name: str) -> str:
    """Return where the frame of a minimum is saved: ``minimum`` for everyone, else the clothing label."""
    return f"media/count-{name}.jpg"


def text_picture(text_id: str) -> str:
    """Return where a text's surest reading is saved."""
    return f"media/{text_id}.jpg"


def people_section(draft: Draft) -> PeopleSection:
    """Build the section on people: bounds, the frame that proves the minimum, one card a figure."""
    analysis = draft.analysis
    count = analysis.people_count
    notices = draft.notices("people", "tracks", "persons", "counts", has_result=count is not None)
    basis = _basis_picture(draft, "minimum", count, draft.t("basis_caption"), 1200) if count else ()
    persons = tuple(_person(draft, person) for person in analysis.persons[:_MAX_PERSONS])
    row = _count_row(draft, draft.t("everyone"), count) if count else None
    more = max(len(analysis.persons) - _MAX_PERSONS, 0)
    unmarked = counted.unmarked_row(draft)
    sheets = counted.people_sheets(draft)
    return PeopleSection(notices, row, basis, persons, more, judged.people_row(draft), unmarked, sheets)


def _basis_picture(draft: Draft, name: str, count: PeopleCount, words: str, side_px: int) -> tuple[Picture, ...]:
    if not count.minimum or not count.basis_frames:
        return ()
    frame = draft.fmt.frame(count.basis_frames[0])
    media = count_picture(name)
    alt = f"{words}: {count.minimum}, {frame}"
    caption = f"{words}: {count.minimum} · {media}"
    return (draft.album.picture(media, max_side_px=side_px, alt=alt, caption=caption, frame=frame),)


def _count_row(draft: Draft, label: str, count: PeopleCount) -> CountRow:
    basis = draft.fmt.frames(count.basis_frames) if count.basis_frames else "–"
    return CountRow(label, count.minimum, count.best, count.maximum, basis)


def _person(draft: Draft, person: Person) -> PersonView:
    analysis, lang = draft.analysis, draft.lang
    spans = track_spans(analysis, person)
    boxes = sum(len(track.detections) for track in tracks_of(analysis, person))
    seen = [f"{track}: {draft.fmt.span(first, last)}" for track, first, last in spans[: identify.MAX_TRACKS]]
    observed = next((item for item in analysis.clothing if item.person == person.id), None)
    alt = f"{draft.t('person_code')} {person.id}"
    return PersonView(
        id=person.id,
        seen=(*seen, *identify.more_tracks(draft, len(spans))),
        boxes=draft.t("boxes", n=draft.fmt.number(boxes)),
        joined=person.joined_because.get(lang) if person.joined_because else draft.t("one_track"),
        clothing=say.label(say.CLOTHING, observed.label, lang) if observed else "",
        pictures=tuple(draft.crop(crop, max_side_px=340, alt=alt) for crop in person.best_shots[:_BEST_SHOTS]),
        judged=judged.beside(draft, ("person", person.id), ("clothing", person.id)),
        where=identify.where(draft, person),
        sheet=identify.sheet(draft, person),
        marks=counted.marks(draft, person),
    )


def track_spans(analysis: Analysis, person: Person) -> list[tuple[str, FrameRef, FrameRef]]:
    """Return ``(track id, first frame, last frame)`` of a person's tracks, by time of the first frame."""
    spans = []
    for track in tracks_of(analysis, person):
        if track.detections:
            frames = [analysis.detections[at].frame for at in track.detections]
            spans.append((track.id, min(frames, key=_index), max(frames, key=_index)))
    return sorted(spans, key=lambda span: span[1].index)


def _index(ref: FrameRef) -> int:
    return ref.index


def clothing_section(draft: Draft) -> ClothingSection:
    """Build the section on clothing: counts by label, then each observation with its alternatives."""
    analysis, lang = draft.analysis, draft.lang
    notices = draft.notices("clothing", has_result=bool(analysis.clothing))
    order = [*say.CLOTHING, *(label for label in analysis.clothing_counts if label not in say.CLOTHING)]
    counts = tuple(
        _count_row(draft, say.label(say.CLOTHING, label, lang), analysis.clothing_counts[label])
        for label in order
        if label in analysis.clothing_counts
    )
    basis = tuple(
        picture
        for label in _SERVICE_CLOTHING
        if label in analysis.clothing_counts
        for picture in _basis_picture(
            draft, label, analysis.clothing_counts[label], say.label(say.CLOTHING, label, lang), 640
        )
    )
    observed = {item.person for item in analysis.clothing}
    left = [person.id for person in analysis.persons if person.id not in observed]
    unobserved = (
        draft.t("not_observed", n=len(left), ids=draft.short(", ".join(left), 200)) if left and observed else ""
    )
    rows = tuple(_clothing(draft, item) for item in analysis.clothing[:_MAX_PERSONS])
    more = max(len(analysis.clothing) - _MAX_PERSONS, 0)
    sheets = counted.label_sheets(draft)
    return ClothingSection(notices, counts, basis, rows, unobserved, more, judged.clothing_rows(draft), sheets)


def _clothing(draft: Draft, item: ClothingObservation) -> ClothingView:
    lang, fmt = draft.lang, draft.fmt
    ranked = sorted(item.alternatives.items(), key=lambda pair: (-pair[1], pair[0]))
    leading = next((name for name, _ in ranked if name != "unclear"), item.label)
    probability = f"{draft.t('calibrated')} {fmt.percent(item.probability)}"
    if item.abstained:
        words = say.label(say.CLOTHING_SHORT, leading, lang)
        probability += f" ({draft.t('leading', label=words)})"
    label = say.label(say.CLOTHING, item.label, lang)
    alt = f"{draft.t('person_code')} {item.person}: {label}"
    return ClothingView(
        person=item.person,
        label=label,
        probability=probability,
        bars=tuple(
            Bar(
                say.label(say.CLOTHING_SHORT, name, lang),
                share,
                fmt.percent(share),
                name == item.label and not item.abstained,
            )
            for name, share in ranked
            if share >= 0.005
        ),
        abstained=item.abstained,
        reason=item.reason.get(lang) if item.reason else "",
        frames=fmt.frames(crop.frame for crop in item.crops) if item.crops else "–",
        pictures=tuple(draft.crop(crop, max_side_px=220, alt=alt) for crop in item.crops[:_CROPS]),
        judged=judged.beside(draft, ("clothing", item.person)),
    )


def text_section(draft: Draft) -> TextSection:
    """Build the section on texts: what was read, where, and how sure the engine was."""
    texts = draft.analysis.overlays
    notices = draft.notices("overlays", has_result=bool(texts))
    return TextSection(
        notices, tuple(_text(draft, item) for item in texts[:_MAX_TEXTS]), max(len(texts) - _MAX_TEXTS, 0)
    )


def _text(draft: Draft, item: OverlayText) -> TextView:
    score = f"{draft.t('engine_score')} {draft.fmt.number(item.confidence, 2)}"
    if item.readings:
        score += f" · {draft.t('readings', n=draft.fmt.number(len(item.readings)))}"
    return TextView(
        id=item.id,
        text=draft.short(item.text),
        raw=draft.short(item.text_raw) if item.text_raw != item.text else "",
        kind=say.label(say.OVERLAY_KIND, item.kind, draft.lang),
        span=draft.fmt.span(item.first, item.last),
        score=score,
        runs=item.changes,
        picture=draft.album.picture(
            text_picture(item.id),
            max_side_px=360,
            alt=f"{draft.t('text')} {item.id}",
            frame=draft.fmt.frame(max(item.readings, key=lambda r: r.confidence).frame) if item.readings else "",
        ),
        judged=judged.beside(draft, ("text", item.id)),
    )


def lead_section(draft: Draft) -> LeadSection:
    """Build the section on leads, strongest first as the analysis orders them."""
    leads = draft.analysis.leads
    rows = tuple(_lead(draft, lead) for lead in leads[:_MAX_LEADS])
    notices = draft.notices("leads", "wall_clocks", has_result=bool(leads))
    return LeadSection(notices, rows, max(len(leads) - _MAX_LEADS, 0), identify.fusions(draft))


def _lead(draft: Draft, lead: Lead) -> LeadView:
    kind = say.label(say.LEAD_KIND, lead.kind, draft.lang)
    picture = draft.crop(lead.crop, max_side_px=420, alt=f"{kind} {lead.id}") if lead.crop else None
    return LeadView(
        id=lead.id,
        kind=kind,
        text=draft.short(lead.text),
        grade=lead.grade,
        grade_label=say.label(say.GRADE, lead.grade, draft.lang),
        words=lead.words.get(draft.lang),
        frames=draft.fmt.frames(lead.frames) if lead.frames else draft.t("not_from_picture"),
        picture=picture,
        judged=judged.beside(draft, ("lead", lead.id)),
    )


def shot_section(draft: Draft) -> ShotSection:
    """Build the table of shots with the best frame of each."""
    shots = draft.analysis.shots
    rows = tuple(_shot(draft, shot) for shot in shots[:_MAX_SHOTS])
    return ShotSection(draft.notices("shots", has_result=bool(shots)), rows, max(len(shots) - _MAX_SHOTS, 0))


def _shot(draft: Draft, shot: Shot) -> ShotRow:
    fmt, name = draft.fmt, f"{draft.t('shot')} {shot.index}"
    picture = draft.album.picture(
        shot_picture(shot.index), max_side_px=320, alt=name, caption=name, frame=fmt.frame(shot.best)
    )
    return ShotRow(
        number=str(shot.index),
        kind=say.label(say.SHOT_KIND, shot.kind, draft.lang),
        start=fmt.frame(shot.start),
        end=fmt.frame(shot.end),
        length=fmt.seconds(shot.end.time_s - shot.start.time_s),
        score=fmt.number(shot.transition_score, 2),
        quality=draft.t("quality", sharpness=fmt.number(shot.sharpness), brightness=fmt.number(shot.brightness, 2)),
        repeats="" if shot.repeats is None else draft.t("repeats", n=shot.repeats),
        picture=picture,
    )


def clip_figure(draft: Draft) -> str:
    """Draw the clip at a glance; empty for a photo, which has no time to draw."""
    analysis = draft.analysis
    if analysis.source.kind == "image" or analysis.source.duration_s <= 0:
        return ""
    unseen = draft.t("not_looked").lower()
    lanes = [
        Lane(
            draft.t("lane_shots"),
            tuple(
                Span(
                    shot.start.time_s,
                    shot.end.time_s,
                    _SHOT_FILL.get(shot.kind, ACCENT_PALE),
                    str(shot.index),
                )
                for shot in analysis.shots
            ),
            unseen="" if analysis.shots else unseen,
        )
    ]
    people_seen = analysis.people_count is not None or bool(analysis.detections)
    lanes.append(Lane(draft.t("lane_people"), heights=_people_by_time(draft), unseen="" if people_seen else unseen))
    lanes += _limited(draft, (_person_lane(analysis, person) for person in analysis.persons), _LANES_PERSONS)
    lanes += _clothing_lanes(draft)
    light = {item.shot: item for item in analysis.lighting}
    spans = tuple(
        Span(
            shot.start.time_s,
            shot.end.time_s,
            _LIGHT_FILL.get(light[shot.index].label, "#e3e6ea"),
            say.label(say.LIGHTING, light[shot.index].label, draft.lang),
        )
        for shot in analysis.shots
        if shot.index in light
    )
    lanes.append(Lane(draft.t("lane_light"), spans, unseen="" if light else unseen))
    lanes += _clock_lane(draft)
    if analysis.overlays:
        lanes += _limited(draft, (_text_lane(item) for item in analysis.overlays), _LANES_TEXTS)
    else:
        run = draft.run_of("overlays")
        lanes.append(Lane(draft.t("lane_texts"), unseen="" if run and run.status == "ok" else unseen))
    return clip_chart(tuple(lanes), analysis.source.duration_s, draft.t("clip_figure"), draft.fmt)


def _people_by_time(draft: Draft) -> tuple[tuple[float, int], ...]:
    """Return ``(time_s, people)``, counted as the minimum is: followed boxes that reach the threshold."""
    analysis = draft.analysis
    run = draft.run_of("people")
    least = run.stats.get("confidence") if run else None
    threshold = float(least) if isinstance(least, int | float) else 0.0
    boxes = (analysis.detections[at] for track in analysis.tracks for at in track.detections)
    counted = Counter(box.frame.time_s for box in boxes if box.confidence >= threshold)
    return tuple(sorted(counted.items()))


def _limited(draft: Draft, lanes: Iterable[Lane], limit: int) -> list[Lane]:
    listed = list(lanes)
    if len(listed) <= limit:
        return listed
    return [*listed[:limit], Lane(draft.t("lane_more", n=len(listed) - limit))]


def _person_lane(analysis: Analysis, person: Person) -> Lane:
    spans = tuple(
        Span(first.time_s, last.time_s, GRADE_FILL["moderate"], track, of=person.id)
        for track, first, last in track_spans(analysis, person)
    )
    return Lane(person.id, spans)


def _clothing_lanes(draft: Draft) -> list[Lane]:
    """One lane for each kind of clothing: when somebody in it is in the picture."""
    analysis, lang = draft.analysis, draft.lang
    run = draft.run_of("clothing")
    if not analysis.clothing and (run is None or run.status != "ok"):
        return [Lane(draft.t("lane_clothing"), unseen=draft.t("not_looked").lower())]
    persons = {person.id: person for person in analysis.persons}
    lanes = []
    for kind in say.CLOTHING:
        wearers = [persons[o.person] for o in analysis.clothing if o.label == kind and o.person in persons]
        spans = tuple(
            Span(first.time_s, last.time_s, CLOTHES, person.id, of=person.id)
            for person in wearers
            for _, first, last in track_spans(analysis, person)
        )
        if spans:
            lanes.append(Lane(say.label(say.CLOTHING_SHORT, kind, lang), tuple(sorted(spans, key=lambda s: s.start_s))))
    return lanes


def _clock_lane(draft: Draft) -> list[Lane]:
    """A lane of the time clues that the picture shows; none where it shows none."""
    spans = tuple(
        Span(clue.frames[0].time_s, clue.frames[-1].time_s, CLOCK, clue.id, of=clue.id)
        for clue in draft.analysis.clues
        if clue.frames and clue.clock != "sun" and clue.source == "overlay"
    )
    return [Lane(draft.t("lane_clock"), spans)] if spans else []


def _text_lane(item: OverlayText) -> Lane:
    # A label whose letters a font may lack would be wider than its place.
    words = item.text if all(" " <= char < "\u0250" for char in item.text) else ""
    return Lane(f"{item.id} {words}".strip(), (Span(item.first.time_s, item.last.time_s, MUTED, of=item.id),))
