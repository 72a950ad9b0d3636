"""Which tracks are one person: links between pairs of tracks, from place, time and colours.

A link is ``certain`` where nothing but a mistake of the detector could make it wrong: the camera came back to a place
it had left and somebody dressed alike is still there, or a track was lost for a moment. Every other link is a likeness.
The thresholds are those that ``benchmarks/counting.py`` was tuned with, on its tuning half.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Literal

import numpy as np

from vidcheck.appearance import TrackLook, similarity
from vidcheck.boxes import area, covered, iou, steps_apart
from vidcheck.camera import View
from vidcheck.types import Box, Detection, Shot, Track

_ROUNDING = 1e-4  # single precision, where the likeness of many pairs is looked at at once
LinkKind = Literal["still", "stayed", "resumed", "elsewhere"]


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """When two tracks are taken to be one person. Likeness is that of colours, 0..1."""

    stayed: float = 0.55
    """Least likeness where the camera left a place and came back to it."""
    stayed_cut: float = 0.80
    """The same across a cut: meanwhile anything may have happened."""
    resumed: float = 0.72
    """Least likeness where a track starts soon after another ended, near the same place."""
    elsewhere: float = 0.90
    """Least likeness everywhere else: dark clothes of two strangers reach 0.8 and more."""
    margin: float = 0.02
    """By how much a likeness elsewhere must exceed that of people seen side by side in this clip."""
    floor: float = 0.45
    """Least likeness of any two tracks of one person, however the chain between them runs."""
    certain: float = 0.72
    """Least likeness of a certain link."""
    certain_s: float = 1.0
    """Longest time in which a lost track certainly resumes, or a place in view may have been empty, seconds."""
    place_iou: float = 0.35
    """Least overlap of two boxes in the scene at one place."""
    resume_s: float = 3.0
    """How soon is soon, seconds."""
    resume_heights: float = 1.0
    """How near is near, in heights of the person's box."""
    heights_per_s: float = 2.0
    """Faster than this nobody walks, in heights of the person's box a second."""


@dataclass(frozen=True, slots=True)
class Link:
    """Why two tracks may be one person."""

    a: str
    """Track id."""
    b: str
    """Track id."""
    kind: LinkKind
    """``still`` one place of one still, ``stayed`` one place of the scene, ``resumed`` soon and near, ``elsewhere``."""
    alike: float
    """Likeness of colours, 0..1; 1 for ``still``."""
    certain: bool
    """Nearly certain."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Tracks in groups."""

    groups: tuple[tuple[str, ...], ...]
    """Each a person."""
    certain: tuple[tuple[str, ...], ...]
    """Each nearly certainly one person; finer than ``groups``."""
    links: tuple[Link, ...]
    """The links that were used."""
    side_by_side: float | None
    """Likeness that one in ten pairs of people seen at once exceeds; None where nobody is seen beside another."""


@dataclass(frozen=True, slots=True)
class _End:
    """Where and when a track begins or ends."""

    end: Detection
    scene: int | None
    box: Box
    """In scene coordinates; in the picture's where the camera was not followed."""


def join(
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    shots: Sequence[Shot],
    looks: Mapping[str, TrackLook],
    settings: JoinSettings,
    views: Sequence[View] = (),
    size_px: tuple[int, int] = (0, 0),
) -> Joining:
    """Join tracks into persons.

    Parameters
    ----------
    tracks, detections, shots:
        As found.
    looks:
        Colours by track id; a track without is joined only by the place on a still.
    settings:
        Thresholds.
    views, size_px:
        Where the frames lie in their scenes, and the picture's size; without, no place outlasts a cut.
    """
    judge = _Judge(tracks, detections, shots, looks, settings, views, size_px)
    pairs = judge.candidates()
    links = [link for a, b in pairs if (link := judge.link(tracks[a], tracks[b])) is not None]
    # The surest first, so that a likeness never takes a place that belongs to better evidence.
    order = {"still": 0, "stayed": 1, "resumed": 1, "elsewhere": 2}
    links.sort(key=lambda link: (not link.certain, order[link.kind], -link.alike, link.a, link.b))
    certain, used_certain = _merge([t.id for t in tracks], [link for link in links if link.certain], judge)
    groups, used = _merge([t.id for t in tracks], links, judge)
    kept = tuple(dict.fromkeys((*used_certain, *used)))
    return Joining(groups, certain, kept, judge.side_by_side)


def _merge(ids: Sequence[str], links: Sequence[Link], judge: _Judge) -> tuple[tuple[tuple[str, ...], ...], list[Link]]:
    group = {i: [i] for i in ids}
    used = []
    for link in links:
        a, b = group[link.a], group[link.b]
        if a is b:
            used.append(link)
        elif all(judge.can_be_one(x, y) for x in a for y in b):
            used.append(link)
            a += b
            for member in b:
                group[member] = a
    unique = {id(members): members for members in group.values()}
    order = {i: n for n, i in enumerate(ids)}
    return tuple(tuple(sorted(members, key=order.__getitem__)) for members in unique.values()), used


class _Judge:
    """Knows what speaks for and against two tracks being one person."""

    def __init__(
        self,
        tracks: Sequence[Track],
        detections: Sequence[Detection],
        shots: Sequence[Shot],
        looks: Mapping[str, TrackLook],
        settings: JoinSettings,
        views: Sequence[View],
        size_px: tuple[int, int],
    ) -> None:
        self.settings, self.looks, self.size = settings, looks, size_px
        self.detections = detections
        self.pictures = {shot.index: shot.index if shot.repeats is None else shot.repeats for shot in shots}
        self.views = {view.frame: view for view in views}
        self.ordered = sorted(views, key=lambda view: view.frame)
        self.indices = [view.frame for view in self.ordered]
        self.tracks = {t.id: t for t in tracks}
        self.frames = {t.id: frozenset(detections[p].frame.index for p in t.detections) for t in tracks}
        self._alike: dict[tuple[str, str], float | None] = {}
        self._ends: dict[tuple[str, int], _End] = {}
        in_frame: dict[int, list[str]] = {}
        for track in tracks:
            for index in self.frames[track.id]:
                in_frame.setdefault(index, []).append(track.id)
        at_once = {(a, b) if a < b else (b, a) for ids in in_frame.values() for a, b in combinations(ids, 2)}
        beside = [value for a, b in at_once if (value := self.alike(a, b)) is not None]
        self.side_by_side = float(np.quantile(beside, 0.9)) if beside else None

    def candidates(self) -> Iterator[tuple[int, int]]:
        """Yield positions of all pairs of tracks that :meth:`link` may link, and few others.

        A long clip of a crowd has thousands of tracks. What every kind of link needs at least is looked at for all
        pairs of one track at a time; only the pairs that have it are judged one by one.
        """
        s, tracks = self.settings, list(self.tracks.values())
        if len(tracks) < 2:
            return
        ends = [[self._end(t, self.detections[p]) for p in (t.detections[0], t.detections[-1])] for t in tracks]
        boxes = np.array([[end.box for end in pair] for pair in ends], dtype=np.float32)
        times = np.array([[end.end.frame.time_s for end in pair] for pair in ends])
        picture = np.array([self.pictures.get(t.shot, -1) for t in tracks])
        shot = np.array([t.shot for t in tracks])
        # Likeness is a sum of roots of products: a scalar product of roots. The torso counts double.
        some = next(iter(self.looks.values()), None)
        bins = 1 if some is None else some.colours.shape[1]
        roots = np.zeros((len(tracks), 2, bins), dtype=np.float32)
        for n, track in enumerate(tracks):
            if track.id in self.looks:
                roots[n] = np.sqrt(self.looks[track.id].colours)
        roots[:, 0] *= np.sqrt(2.0)
        flat = roots.reshape(len(tracks), -1) / np.sqrt(3.0)
        anywhere = s.elsewhere - _ROUNDING
        there = min(s.stayed, s.stayed_cut, s.resumed) - _ROUNDING
        for n in range(len(tracks) - 1):
            later = slice(n + 1, None)
            alike = flat[later] @ flat[n]
            low = np.maximum(boxes[later, None, :, :2], boxes[n, :, None, :2][None])
            high = np.minimum(boxes[later, None, :, 2:], boxes[n, :, None, 2:][None])
            meet = (high > low).all(axis=-1).reshape(len(high), -1).any(axis=1)
            gap = np.abs(times[later, None, :] - times[n][None, :, None]).min(axis=(1, 2))
            same_still = (picture[later] == picture[n]) & (shot[later] != shot[n])
            wanted = same_still | (alike >= anywhere) | ((alike >= there) & (meet | (gap <= s.resume_s)))
            for offset in np.flatnonzero(wanted).tolist():
                yield n, n + 1 + offset

    def alike(self, a: str, b: str) -> float | None:
        """Likeness of colours; None where one was not described."""
        key = (a, b) if a < b else (b, a)
        if key not in self._alike:
            both = a in self.looks and b in self.looks
            self._alike[key] = similarity(self.looks[a], self.looks[b]) if both else None
        return self._alike[key]

    def can_be_one(self, a: str, b: str) -> bool:
        """Whether nothing forbids that two tracks are one person."""
        if self.frames[a] & self.frames[b]:
            return False
        one, other = self.tracks[a], self.tracks[b]
        if one.shot != other.shot and self.pictures.get(one.shot) == self.pictures.get(other.shot):
            return self._same_spot(one, other)
        alike = self.alike(a, b)
        if alike is None or alike < self.settings.floor:
            return False
        return not self._too_far(one, other)

    def link(self, a: Track, b: Track) -> Link | None:
        """The best reason to take two tracks for one person; None where there is none."""
        if not self.can_be_one(a.id, b.id):
            return None
        s, alike = self.settings, self.alike(a.id, b.id)
        if a.shot != b.shot and self.pictures.get(a.shot) == self.pictures.get(b.shot):
            return Link(a.id, b.id, "still", 1.0, True)
        if alike is None:
            return None
        lost, found = self._meeting(a, b)
        gap = found.end.frame.time_s - lost.end.frame.time_s
        near = steps_apart(lost.box, found.box)
        if lost.scene is not None and lost.scene == found.scene:
            at_once = max(iou(lost.box, found.box), 0.8 * covered(lost.box, found.box)) >= s.place_iou
            need = s.stayed if a.shot == b.shot else s.stayed_cut
            if at_once and alike >= need and not self._seen_empty(lost, found):
                return Link(a.id, b.id, "stayed", alike, a.shot == b.shot and alike >= s.certain)
        beside = self.side_by_side or 0.0
        reach = min(s.resume_heights, s.resume_heights / 4 + s.heights_per_s / 2 * gap)
        if a.shot == b.shot and gap <= s.resume_s and near <= reach and alike >= max(s.resumed, beside):
            return Link(a.id, b.id, "resumed", alike, False)
        need = max(s.elsewhere, beside + s.margin)
        return Link(a.id, b.id, "elsewhere", alike, False) if alike >= need else None

    def _meeting(self, a: Track, b: Track) -> tuple[_End, _End]:
        """The ends of two tracks that are nearest in time, the earlier first."""
        ends = [[(t, self.detections[t.detections[0]]), (t, self.detections[t.detections[-1]])] for t in (a, b)]
        pairs = [(x, y) for x in ends[0] for y in ends[1]]
        one, other = min(pairs, key=lambda p: abs(p[0][1].frame.index - p[1][1].frame.index))
        first, second = sorted((one, other), key=lambda item: item[1].frame.index)
        return self._end(*first), self._end(*second)

    def _end(self, track: Track, end: Detection) -> _End:
        key = (track.id, end.frame.index)
        if key not in self._ends:
            self._ends[key] = self._found_end(track, end)
        return self._ends[key]

    def _found_end(self, track: Track, end: Detection) -> _End:
        view = self.views.get(end.frame.index)
        scene = None if view is None else view.scene
        # The largest box within half a second: at the picture's edge boxes are cut.
        near = [d for p in track.detections if abs((d := self.detections[p]).frame.time_s - end.frame.time_s) <= 0.5]
        boxes = [
            d.box_xyxy_px if (v := self.views.get(d.frame.index)) is None else v.place(d.box_xyxy_px)
            for d in near
            if scene is None or ((v := self.views.get(d.frame.index)) is not None and v.scene == scene)
        ]
        return _End(end, scene, max(boxes, key=area))

    def _seen_empty(self, lost: _End, found: _End) -> bool:
        """Whether the place of the first of two ends was in view for long while nobody of them was there."""
        low = bisect_right(self.indices, lost.end.frame.index)
        high = bisect_left(self.indices, found.end.frame.index)
        gap = found.end.frame.time_s - lost.end.frame.time_s
        if high <= low or gap <= 0:
            return False
        # Each view stands for its share of the time between.
        most = self.settings.certain_s * (high - low + 1) / gap
        shown = 0
        for view in islice(self.ordered, low, high):
            shown += view.scene == lost.scene and view.shows(lost.box, self.size) >= 0.8
            if shown > most:
                return True
        return False

    def _too_far(self, a: Track, b: Track) -> bool:
        """Whether nobody walks from one to the other in the time between: same shot, one scene."""
        if a.shot != b.shot:
            return False
        lost, found = self._meeting(a, b)
        if lost.scene is None or lost.scene != found.scene:
            return False
        reach = self.settings.heights_per_s * (found.end.frame.time_s - lost.end.frame.time_s)
        return steps_apart(lost.box, found.box) > self.settings.resume_heights + reach

    def _same_spot(self, a: Track, b: Track) -> bool:
        """The same still again: only the same place in the picture is the same person."""
        first, second = self.detections[a.detections[0]], self.detections[b.detections[0]]
        return iou(first.box_xyxy_px, second.box_xyxy_px) >= 0.5
