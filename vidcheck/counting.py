"""Tracks to persons, and how many there are, with bounds that say what is proven.

``minimum`` is what one frame shows at once. ``maximum`` takes every track for another person. ``best`` joins tracks
that never appear together and wear the same colours, by complete linkage: a track joins only if it matches
every member, so a chain of likenesses joins nobody. In uniform, colours tell little; the bounds stay wide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from vidcheck.appearance import TrackLook, by_id, similarity
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
    Words,
)

VERSION = "2"
METHOD = "tracks joined by colours of torso and legs, place and time; complete linkage; never two seen at once"
_APART = 10.0  # a distance that no threshold reaches


@dataclass(frozen=True, slots=True)
class CountSettings:
    """When two tracks are taken to be one person."""

    resumed: float = 0.72
    """Least colour similarity, 0..1, where a track starts soon after another ended, near the same place."""
    elsewhere: float = 0.90
    """Least colour similarity, 0..1, everywhere else: dark clothes of two strangers reach 0.8 and more."""
    resume_s: float = 3.0
    """How soon is soon, seconds."""
    resume_heights: float = 1.0
    """How near is near, in heights of the person's box."""
    same_place_iou: float = 0.5
    """Least overlap of boxes on the same still shown twice."""
    double_covered: float = 0.7
    """Share of the smaller of two boxes inside the other, from which both may be on one person."""
    double_share: float = 0.8
    """In what share of the frames that two tracks have in common that must hold, to make the shorter a double."""


def find_persons(
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    looks: Mapping[str, TrackLook],
    settings: CountSettings,
) -> StepResult[tuple[Person, ...]]:
    """Join tracks into persons, ordered by first appearance.

    Parameters
    ----------
    tracks, detections, shots:
        As found.
    looks:
        Colours and best views by track id; a track without is joined to nobody.
    settings:
        Thresholds.
    """
    doubled = find_doubles(tracks, detections, settings)
    groups = _cluster([t for t in tracks if t.id not in doubled], detections, shots, looks, settings)
    groups.sort(key=lambda group: (detections[group[0].detections[0]].frame.index, group[0].id))
    persons = []
    for number, group in enumerate(groups, start=1):
        ids = tuple(track.id for track in group)
        views = [crop for look in by_id(looks, ids) for crop in look.best]
        persons.append(Person(f"p{number}", ids, _best(views), _why(group, looks)))
    stats: JsonObject = {"tracks": len(tracks), "persons": len(persons), "doubles": [*sorted(doubled)]}
    return StepResult(tuple(persons), METHOD, stats)


def find_doubles(tracks: Sequence[Track], detections: Sequence[Detection], settings: CountSettings) -> set[str]:
    """Return the ids of tracks that are a second box on somebody who has a longer track.

    A detector sometimes draws a part of a person, or two people at once, beside the right box. Such a box comes and
    goes, and nearly always covers, or is covered by, one longer track. Somebody who is briefly seen right
    behind another person looks the same: a double makes no person, and it still counts in ``maximum``.

    Parameters
    ----------
    tracks, detections:
        As found.
    settings:
        ``double_covered`` and ``double_share``.
    """
    boxes = {t.id: {detections[p].frame.index: detections[p].box_xyxy_px for p in t.detections} for t in tracks}
    doubled: set[str] = set()
    for short in tracks:
        mine = boxes[short.id]
        for long in tracks:
            theirs = boxes[long.id]
            if long.shot != short.shot or len(theirs) < 2 * len(mine):
                continue
            common = mine.keys() & theirs.keys()
            covered = sum(_covered(mine[i], theirs[i]) >= settings.double_covered for i in common)
            # In a frame in which the longer track is missing, the double has taken its place.
            if 2 * len(common) >= len(mine) and covered >= settings.double_share * len(common):
                doubled.add(short.id)
                break
    return doubled


def _covered(a: Box, b: Box) -> float:
    """Share of the smaller of two boxes that lies in the other."""
    smaller = min(_area(a), _area(b))
    return _shared(a, b) / smaller if smaller > 0 else 0.0


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _shared(a: Box, b: Box) -> float:
    """Area that two boxes have in common, square pixels."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def _cluster(
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    looks: Mapping[str, TrackLook],
    settings: CountSettings,
) -> list[list[Track]]:
    count = len(tracks)
    if count < 2:
        return [[track] for track in tracks]
    frames = [{detections[p].frame.index for p in track.detections} for track in tracks]
    pictures = {shot.index: shot.index if shot.repeats is None else shot.repeats for shot in shots}
    distance = np.full((count, count), _APART)
    np.fill_diagonal(distance, 0.0)
    for i in range(count):
        for j in range(i + 1, count):
            if frames[i] & frames[j]:
                continue
            a, b = tracks[i], tracks[j]
            value = _APART
            same_picture = a.shot != b.shot and pictures[a.shot] == pictures[b.shot]
            if same_picture:
                # The same still again: only the same place in the picture is the same person.
                overlap = _iou(detections[a.detections[0]].box_xyxy_px, detections[b.detections[0]].box_xyxy_px)
                value = 0.0 if overlap >= settings.same_place_iou else _APART
            elif a.id in looks and b.id in looks:
                need = settings.resumed if _resumes(a, b, detections, settings) else settings.elsewhere
                alike = similarity(looks[a.id], looks[b.id])
                # Scaled so that 1 is the threshold, whichever applies.
                value = (1 - alike) / (1 - need)
            distance[i, j] = distance[j, i] = value
    labels = fcluster(linkage(squareform(distance), method="complete"), t=1.0, criterion="distance")
    groups: dict[int, list[Track]] = {}
    for label, track in zip(labels.tolist(), tracks, strict=True):
        groups.setdefault(label, []).append(track)
    return list(groups.values())


def _resumes(a: Track, b: Track, detections: Sequence[Detection], settings: CountSettings) -> bool:
    """Whether one track may be the other going on: same shot, soon after, near where it was lost."""
    if a.shot != b.shot:
        return False
    if detections[a.detections[0]].frame.index > detections[b.detections[0]].frame.index:
        a, b = b, a
    lost, found = detections[a.detections[-1]], detections[b.detections[0]]
    if not 0 < found.frame.time_s - lost.frame.time_s <= settings.resume_s:
        return False
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = lost.box_xyxy_px, found.box_xyxy_px
    distance = float(np.hypot((ax1 + ax2 - bx1 - bx2) / 2, (ay1 + ay2 - by1 - by2) / 2))
    return distance <= settings.resume_heights * max(ay2 - ay1, by2 - by1)


def _iou(a: Box, b: Box) -> float:
    shared = _shared(a, b)
    return shared / (_area(a) + _area(b) - shared) if shared else 0.0


def _best(views: Sequence[Crop]) -> tuple[Crop, ...]:
    def score(crop: Crop) -> float:
        x1, y1, x2, y2 = crop.box_xyxy_px
        return float(np.sqrt((x2 - x1) * (y2 - y1)) * np.log1p(crop.sharpness or 0.0))

    return tuple(sorted(views, key=lambda crop: (-score(crop), crop.frame.index))[:4])


def _why(group: Sequence[Track], looks: Mapping[str, TrackLook]) -> Words | None:
    if len(group) < 2:
        return None
    known = by_id(looks, [track.id for track in group])
    pairs = [similarity(a, b) for i, a in enumerate(known) for b in known[i + 1 :]]
    low = f"{min(pairs):.2f}" if pairs else "?"
    ids = ", ".join(track.id for track in group)
    return Words(
        id=f"Jejak {ids} digabung: tidak pernah terlihat bersamaan, warna tubuh dan pakaian serupa "
        f"(kesamaan terendah {low}). Orang berseragam sama dapat tertukar; periksa gambarnya.",
        en=f"Tracks {ids} were joined: never seen together, similar colours of body and clothing "
        f"(lowest similarity {low}). People in the same uniform can be confused; check the pictures.",
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
    """
    chosen = [p for p in persons if among is None or p.id in among]
    by_track = {track.id: track for track in tracks}
    pictures = {shot.index: shot.repeats for shot in shots}
    seen: dict[int, int] = {}
    refs: dict[int, FrameRef] = {}
    for person in chosen:
        for track_id in person.tracks:
            for position in by_track[track_id].detections:
                detection = detections[position]
                if detection.confidence >= confidence:
                    seen[detection.frame.index] = seen.get(detection.frame.index, 0) + 1
                    refs[detection.frame.index] = detection.frame
    minimum = max(seen.values(), default=0)
    # Everybody: all tracks, those that were taken for doubles included.
    widest = [t for p in persons if p in chosen or p.id in perhaps for t in p.tracks]
    counted = list(by_track) if among is None else widest
    # The same still shown again adds nobody, whatever the tracks say.
    maximum = sum(pictures.get(by_track[t].shot) is None for t in counted)
    best = max(len(chosen), minimum)
    basis = tuple(refs[i] for i in sorted(i for i, n in seen.items() if n == minimum)[:3]) if minimum else ()
    return PeopleCount(minimum, best, max(maximum, best), basis)


def count_clothing(
    persons: Sequence[Person],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    confidence: float,
    clothing: Sequence[ClothingObservation],
) -> dict[str, PeopleCount]:
    """Count persons by clothing label; persons whose clothing is unclear widen every ``maximum``."""
    labels = {observation.person: observation.label for observation in clothing}
    looked_at = set(labels)
    unclear = {p for p, label in labels.items() if label == "unclear"} | {
        p.id for p in persons if p.id not in looked_at
    }
    counts: dict[str, PeopleCount] = {}
    for label in sorted(set(labels.values())):
        among = {p for p, found in labels.items() if found == label}
        perhaps = unclear if label != "unclear" else set()
        counts[label] = count_people(persons, tracks, detections, shots, confidence, among=among, perhaps=perhaps)
    return counts
