"""Tracks to persons, and how many there are, with bounds that say what is proven.

``minimum`` is what one frame shows at once. ``best`` joins tracks by place, time and the colours of the clothing.
``maximum`` keeps only the joins that are nearly certain and counts what was set aside. Two tracks seen in one
frame are never joined, nor a chain of likenesses whose ends are unlike. In uniform, colours tell little: what people
seen side by side have in common is measured in the same clip, and nothing is joined on less than that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vidcheck.appearance import TrackLook, by_id
from vidcheck.boxes import area, covered
from vidcheck.camera import View
from vidcheck.joining import Grounds, JoinSettings, join
from vidcheck.track_links import LinkKind
from vidcheck.types import (
    Box,
    ClothingObservation,
    Crop,
    Detection,
    FrameRef,
    JsonObject,
    PeopleCount,
    Person,
    Shot,
    StepResult,
    Track,
    Trap,
    Words,
)

VERSION = "5"
METHOD = "tracks joined by place in the scene, time, and colours of torso and legs; never two seen at once"


@dataclass(frozen=True, slots=True)
class CountSettings:
    """When two tracks are taken to be one person, and what proves a person."""

    join: JoinSettings = field(default_factory=JoinSettings)
    """Joining of tracks."""
    proof_boxes: int = 3
    """A track with fewer boxes proves nobody, unless its shot was looked at less often."""
    proof_confidence: float = 0.33
    """Least mean score of a track that proves somebody."""
    proof_long_boxes: int = 12
    """A track of so many boxes proves somebody from ``proof_long_confidence`` on."""
    proof_long_confidence: float = 0.3
    """See ``proof_long_boxes``."""
    proof_covered: float = 0.75
    """Share of the smaller of two boxes inside the other, from which one frame does not prove two people."""


def find_persons(
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    looks: Mapping[str, TrackLook],
    settings: CountSettings,
    views: Sequence[View] = (),
    size_px: tuple[int, int] = (0, 0),
) -> StepResult[tuple[Person, ...]]:
    """Join tracks into persons, ordered by first appearance; tracks set aside make none.

    Parameters
    ----------
    tracks, detections, shots:
        As found.
    looks:
        Colours and best views by track id; a track without is joined to nobody.
    settings:
        Thresholds.
    views, size_px:
        Where each frame lies in its scene, and the picture's width and height.
    """
    whole = [track for track in tracks if track.aside is None]
    joining = join(whole, detections, shots, looks, settings.join, views, size_px)
    starts = {t.id: (detections[t.detections[0]].frame.index, n) for n, t in enumerate(whole)}
    joined = list(zip(joining.groups, joining.grounds, strict=True))
    joined.sort(key=lambda group: min(starts[i] for i in group[0]))
    person_of = {i: n for n, (ids, _) in enumerate(joined) for i in ids}
    certain: list[list[tuple[str, ...]]] = [[] for _ in joined]
    for group in joining.certain:
        certain[person_of[group[0]]].append(group)
    persons = []
    for number, (ids, grounds) in enumerate(joined):
        crops = [crop for look in by_id(looks, ids) for crop in look.best]
        why = None if grounds is None else _why(ids, grounds, joining.side_by_side)
        persons.append(Person(f"p{number + 1}", ids, _best(crops), why, tuple(certain[number])))
    stats: JsonObject = {
        "tracks": len(tracks),
        "persons": len(persons),
        "certain": len(joining.certain),
        "alike_side_by_side": None if joining.side_by_side is None else round(joining.side_by_side, 3),
        "doubles": [t.id for t in tracks if t.aside == "double"],
        "faint": [t.id for t in tracks if t.aside == "faint"],
    }
    return StepResult(tuple(persons), METHOD, stats)


def _best(views: Sequence[Crop]) -> tuple[Crop, ...]:
    def score(crop: Crop) -> float:
        x1, y1, x2, y2 = crop.box_xyxy_px
        return float(np.sqrt((x2 - x1) * (y2 - y1)) * np.log1p(crop.sharpness or 0.0))

    return tuple(sorted(views, key=lambda crop: (-score(crop), crop.frame.index))[:4])


_KINDS: dict[LinkKind, Words] = {
    "still": Words("tempat yang sama pada gambar diam yang sama", "the same place on the same still"),
    "stayed": Words("tempat yang sama setelah kamera kembali", "the same place after the camera came back"),
    "resumed": Words("terputus sebentar di tempat yang berdekatan", "lost for a moment, near the same place"),
    "elsewhere": Words("warna pakaian serupa di tempat lain", "similar colours of clothing elsewhere"),
}
_ALIKE_IN_UNIFORM = 0.8
_TRACKS_NAMED = 12  # of a person; all of them are in its list


def _why(ids: Sequence[str], grounds: Grounds, beside: float | None) -> Words:
    kinds = [kind for kind in _KINDS if kind in grounds.kinds]
    sure, low = grounds.certain, grounds.lowest
    grade = Words("kuat", "strong") if sure else Words("lemah: dugaan", "weak: a likeness")
    if not sure and "elsewhere" not in kinds:
        grade = Words("sedang", "moderate")
    id_, en = "", ""
    if beside is not None and beside >= _ALIKE_IN_UNIFORM and not sure:
        id_ = f" Orang yang terlihat bersamaan pun serupa sampai {beside:.2f}: pakaian di sini hampir tidak membedakan."
        en = f" Even people seen side by side are alike up to {beside:.2f}: clothing hardly tells people apart here."
    listed, more = ", ".join(ids[:_TRACKS_NAMED]), len(ids) - _TRACKS_NAMED
    lain, others = (f" dan {more} lainnya", f" and {more} other{'s' if more > 1 else ''}") if more > 0 else ("", "")
    return Words(
        f"Jejak {listed}{lain} digabung, dasar {grade.id}: {'; '.join(_KINDS[k].id for k in kinds)} "
        f"(kesamaan warna terendah {low:.2f}); tidak pernah terlihat bersamaan.{id_} Periksa gambarnya.",
        f"Tracks {listed}{others} were joined, grounds {grade.en}: {'; '.join(_KINDS[k].en for k in kinds)} "
        f"(lowest likeness of colours {low:.2f}); never seen together.{en} Check the pictures.",
    )


def count_people(
    persons: Sequence[Person],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    confidence: float,
    *,
    among: Collection[str] | None = None,
    perhaps: Collection[str] = (),
    settings: CountSettings | None = None,
) -> PeopleCount:
    """Count persons, with bounds.

    Parameters
    ----------
    persons, tracks, detections, shots:
        As found.
    confidence:
        Score from which a box counts for ``minimum``.
    among:
        Ids of the persons that count; None counts all.
    perhaps:
        Ids of persons that may belong to the class; they widen ``maximum`` only.
    settings:
        What proves a person; None takes the defaults.
    """
    settings = settings or CountSettings()
    chosen = [p for p in persons if among is None or p.id in among]
    by_track = {track.id: track for track in tracks}
    longest: dict[int, int] = {}
    for track in tracks:
        longest[track.shot] = max(longest.get(track.shot, 0), len(track.detections))
    seen: dict[int, list[Box]] = {}
    refs: dict[int, FrameRef] = {}
    for track in (by_track[t] for p in chosen for t in p.tracks):
        if not _proves(track, detections, longest[track.shot], settings):
            continue
        for detection in (detections[position] for position in track.detections):
            if detection.confidence >= confidence:
                seen.setdefault(detection.frame.index, []).append(detection.box_xyxy_px)
                refs[detection.frame.index] = detection.frame
    proven = {index: _apart(boxes, settings.proof_covered) for index, boxes in seen.items()}
    minimum = max(proven.values(), default=0)
    best = max(len(chosen), minimum)
    repeats = {shot.index: shot.repeats for shot in shots}
    widest = 0
    counted = {person.id for person in chosen} | set(perhaps)
    for person in persons:
        if person.id in counted:
            widest += _at_most(person, by_track, repeats)
    if among is None:
        followed = {t for p in persons for t in p.tracks}
        widest += sum(t.id not in followed and repeats.get(t.shot) is None for t in tracks)
    basis = tuple(refs[i] for i in sorted(i for i, n in proven.items() if n == minimum)[:3]) if minimum else ()
    return PeopleCount(minimum, best, max(widest, best), basis)


def _proves(track: Track, detections: Sequence[Detection], longest: int, settings: CountSettings) -> bool:
    """Whether a track is long and sure enough that its boxes prove somebody; ``longest`` is the shot's longest."""
    scores = [detections[p].confidence for p in track.detections]
    long = len(scores) >= settings.proof_long_boxes
    need = settings.proof_long_confidence if long else settings.proof_confidence
    return len(scores) >= min(settings.proof_boxes, longest) and float(np.mean(scores)) >= need


def _apart(boxes: Sequence[Box], most: float) -> int:
    """Number of boxes of which none lies mostly in another that counts."""
    kept: list[Box] = []
    for box in sorted(boxes, key=area, reverse=True):
        if all(covered(box, other) < most for other in kept):
            kept.append(box)
    return len(kept)


def _at_most(person: Person, by_track: Mapping[str, Track], repeats: Mapping[int, int | None]) -> int:
    """How many people a person's tracks may be. The same still shown again adds nobody, whatever the tracks say."""
    own = set(person.tracks)
    groups = [[t for t in group if t in own] for group in person.certain]
    grouped = {t for group in groups for t in group}
    groups += [[t] for t in person.tracks if t not in grouped]
    return sum(any(repeats.get(by_track[t].shot) is None for t in group) for group in groups if group)


def count_clothing(
    persons: Sequence[Person],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    confidence: float,
    clothing: Sequence[ClothingObservation],
    *,
    settings: CountSettings | None = None,
) -> dict[str, PeopleCount]:
    """Count persons by clothing label; persons whose clothing is unclear widen every ``maximum``."""
    labels = {observation.person: observation.label for observation in clothing}
    looked_at = set(labels)
    unclear = {p for p, label in labels.items() if label == "unclear"} | {
        p.id for p in persons if p.id not in looked_at
    }
    common = (persons, tracks, detections, shots, confidence)
    counts: dict[str, PeopleCount] = {}
    for label in sorted(set(labels.values())):
        among = {p for p, found in labels.items() if found == label}
        perhaps = unclear if label != "unclear" else set()
        counts[label] = count_people(*common, among=among, perhaps=perhaps, settings=settings)
    return counts


def count_unmarked(
    persons: Sequence[Person],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    confidence: float,
    traps: Sequence[Trap],
    *,
    settings: CountSettings | None = None,
) -> PeopleCount | None:
    """Count again without the figures of which every track is marked; None where there is no such figure."""
    marked = {trap.track for trap in traps}
    gone = [p for p in persons if set(p.tracks) <= marked]
    if not gone:
        return None
    without = {t for p in gone for t in p.tracks}
    out = {p.id for p in gone}
    left, rest = [p for p in persons if p.id not in out], [t for t in tracks if t.id not in without]
    return count_people(left, rest, detections, shots, confidence, settings=settings)
