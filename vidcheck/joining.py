"""Which tracks are one person: links between pairs of tracks, from place, time and colours.

A link is ``certain`` where nothing but a mistake of the detector could make it wrong: the camera came back to a place
it had left and somebody dressed alike is still there, or a track was lost for a moment. Every other link is a likeness.
The thresholds are those that ``benchmarks/counting.py`` was tuned with, on its tuning half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidcheck.appearance import TrackLook, similarities, similarity_factors
from vidcheck.boxes import each_covered, each_iou, each_steps_apart
from vidcheck.camera import View
from vidcheck.track_ends import TrackEnds
from vidcheck.track_links import KINDS, LINK, LinkKind, Links, LinkTable
from vidcheck.types import Detection, Shot, Track

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
_ROUNDING = 1e-4  # single precision, where the likeness of many pairs is looked at at once
_ROWS = 128  # tracks compared at a time; a multiple of 8, for sets of bits
_SAME_SPOT = 0.5  # overlap (IoU) of two boxes at one place of one still
_PAIRS = 4096  # taken at a time
_NO_LINK = -1


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
class Grounds:
    """Why the tracks of a group are taken for one person: what is true of all links between them."""

    kinds: frozenset[LinkKind]
    """``still`` one place of one still, ``stayed`` one place of the scene, ``resumed`` soon and near, ``elsewhere``."""
    lowest: float
    """Lowest likeness of colours of a link, 0..1; that of a ``still`` is 1."""
    certain: bool
    """Whether every link is nearly certain."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Tracks in groups."""

    groups: tuple[tuple[str, ...], ...]
    """Each a person."""
    grounds: tuple[Grounds | None, ...]
    """Why, one for each group; None for a single track."""
    certain: tuple[tuple[str, ...], ...]
    """Each nearly certainly one person; finer than ``groups``."""
    side_by_side: float | None
    """Likeness that one in ten pairs of people seen at once exceeds; None where nobody is seen beside another."""


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
    if not tracks:
        return Joining((), (), (), None)
    judge = _Judge(tracks, detections, shots, looks, settings, views, size_px)
    names = np.argsort(np.argsort([track.id for track in tracks], kind="stable")).astype(np.int32)
    links = LinkTable(names)
    allowed = judge.judge(links)
    # The surest first, so that a likeness never takes a place that belongs to better evidence.
    merging, certain = _Merging(allowed), None
    for part in links.in_order():
        sure = int(np.count_nonzero(part["certain"]))
        merging.take(part[:sure])
        if certain is None and sure < len(part):
            certain = merging.groups()
        merging.take(part[sure:])
    groups = merging.groups()
    ids = [[tuple(tracks[n].id for n in members) for members in found] for found in (groups, certain or groups)]
    return Joining(tuple(ids[0]), _grounds(groups, links, len(tracks)), tuple(ids[1]), judge.side_by_side)


class _Merging:
    """Tracks in groups: a link holds where all of both sides may be one person.

    Parameters
    ----------
    allowed:
        By row of a track, as a set of bits, the rows of those it may be one person with.
    """

    def __init__(self, allowed: Sequence[int]) -> None:
        self._group = list(range(len(allowed)))
        self._members = [[n] for n in self._group]
        self._masks = [1 << n for n in self._group]
        # What every member of a group allows: a group of hundreds is compared as fast as one track.
        self._common = list(allowed)

    def take(self, links: Links) -> None:
        """Follow links, in their order."""
        group, members, masks, common = self._group, self._members, self._masks, self._common
        for a, b in _pairs(links):
            one, other = group[a], group[b]
            if one == other or masks[other] & common[one] != masks[other]:
                continue
            if len(members[one]) < len(members[other]):
                one, other = other, one
            for n in members[other]:
                group[n] = one
            members[one] += members[other]
            members[other] = []
            masks[one] |= masks[other]
            common[one] &= common[other]

    def groups(self) -> list[list[int]]:
        """Return the rows of each group, in order of their first."""
        return sorted(sorted(rows) for rows in self._members if rows)


def _pairs(links: Links) -> Iterator[tuple[int, int]]:
    """Yield both rows of each, a part at a time: as Python's numbers they take more than all else."""
    for start in range(0, len(links), _PAIRS):
        part = links[start : start + _PAIRS]
        yield from zip(part["a"].tolist(), part["b"].tolist(), strict=True)


def _grounds(groups: Sequence[Sequence[int]], links: LinkTable, count: int) -> tuple[Grounds | None, ...]:
    """What is true of the links within each group."""
    of = np.zeros(count, dtype=np.int64)
    for number, rows in enumerate(groups):
        of[list(rows)] = number
    lowest, certain = np.ones(len(groups)), np.ones(len(groups), dtype=bool)
    has = np.zeros((len(groups), len(KINDS)), dtype=bool)
    for part in links.parts():
        inside = part[of[part["a"]] == of[part["b"]]]
        group = of[inside["a"]]
        np.minimum.at(lowest, group, inside["alike"])
        np.logical_and.at(certain, group, inside["certain"])
        has[group, inside["kind"]] = True
    found: list[Grounds | None] = []
    for number, rows in enumerate(groups):
        kinds = frozenset(kind for kind, used in zip(KINDS, has[number].tolist(), strict=True) if used)
        found.append(Grounds(kinds, float(lowest[number]), bool(certain[number])) if len(rows) > 1 else None)
    return tuple(found)


class _Judge:
    """Knows what speaks for and against two tracks being one person.

    A long clip of a crowd has thousands of tracks and millions of pairs: one track is compared with all later ones at
    a time.
    """

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
        self.settings, self.size = settings, size_px
        count = len(tracks)
        pictures = {shot.index: shot.index if shot.repeats is None else shot.repeats for shot in shots}
        self.picture = np.array([pictures.get(t.shot, -1) for t in tracks])
        self.shot = np.array([t.shot for t in tracks])
        self.ends = TrackEnds(tracks, detections, views)
        self.first_px = np.array([detections[t.detections[0]].box_xyxy_px for t in tracks]).reshape(-1, 4)
        self.seen = np.array([t.id in looks for t in tracks], dtype=bool)
        bins = next((look.colours.shape[1] for look in looks.values()), 1)
        self.colours = np.zeros((count, 2, bins), dtype=np.float32)
        for n, track in enumerate(tracks):
            if track.id in looks:
                self.colours[n] = looks[track.id].colours
        self.beside = _seen_at_once(tracks, detections)
        pairs = np.array([(n, m) for n, others in enumerate(self.beside) for m in others], np.int64).reshape(-1, 2)
        pairs = pairs[self.seen[pairs].all(axis=1)]
        self.side_by_side: float | None = None
        if len(pairs):
            parts = np.array_split(pairs, len(pairs) // _PAIRS + 1)
            alike = [similarities(self.colours[part[:, 0]], self.colours[part[:, 1]]) for part in parts]
            self.side_by_side = float(np.quantile(np.concatenate(alike), 0.9))

    def judge(self, links: LinkTable) -> list[int]:
        """Compare all tracks and add their links to a table.

        Returns, by row of a track, as a set of bits, the rows of those it may be one with.
        """
        count = len(self.shot)
        factors = similarity_factors(self.colours)
        bits = np.zeros((count, (count + 7) // 8), dtype=np.uint8)
        for start in range(0, count, _ROWS):
            # Products of many rows at once: far faster than row by row.
            block = factors[start : start + _ROWS] @ factors[start:].T
            for n in range(start, min(start + _ROWS, count)):
                may, new = self._compare(n, block[n - start, n - start + 1 :])
                row = np.zeros(count, dtype=bool)
                row[n + 1 :] = may
                bits[n] = np.packbits(row, bitorder="little")
                links.add(new)
        for left in range(0, count, _ROWS):  # who may be who goes both ways
            columns = np.unpackbits(bits[:, left // 8 : (left + _ROWS) // 8], axis=1, bitorder="little")
            mirrored = np.packbits(columns.T, axis=1, bitorder="little")
            bits[left : left + _ROWS] |= mirrored[: count - left]
        return [int.from_bytes(row.tobytes(), "little") for row in bits]

    def _compare(self, n: int, alike32: F32) -> tuple[Bools, Links]:
        """Compare a track with all later ones: which may be the same person, and the links to them.

        Parameters
        ----------
        n:
            Row of the track.
        alike32:
            Likeness of its colours to those of all later tracks, rounded.
        """
        s, later = self.settings, np.arange(n + 1, len(self.shot))
        described = self.seen[n] & self.seen[later]
        one_shot = self.shot[later] == self.shot[n]
        still = ~one_shot & (self.picture[later] == self.picture[n])
        meeting = self.ends.meetings(n, later)
        lost, found = self.ends.boxes[meeting.lost], self.ends.boxes[meeting.found]
        near = each_steps_apart(lost, found)
        one_place = np.maximum(each_iou(lost, found), 0.8 * each_covered(lost, found)) >= s.place_iou
        stayed = described & meeting.one_scene & one_place
        reach = np.minimum(s.resume_heights, s.resume_heights / 4 + s.heights_per_s / 2 * meeting.gap_s)
        resumed = described & one_shot & (meeting.gap_s <= s.resume_s) & (near <= reach)
        beside = self.side_by_side or 0.0
        elsewhere = max(s.elsewhere, beside + s.margin)

        # Products are rounded: what may decide, or is told, is computed as it is defined.
        alike = alike32.astype(np.float64)
        decides = (stayed | resumed | (alike >= elsewhere - _ROUNDING)) & (alike >= s.floor - _ROUNDING)
        exact = np.flatnonzero(described & (decides | (np.abs(alike - s.floor) <= _ROUNDING)))
        alike[exact] = similarities(self.colours[n], self.colours[later[exact]])

        too_far = one_shot & meeting.one_scene & (near > s.resume_heights + s.heights_per_s * meeting.gap_s)
        may = described & (alike >= s.floor) & ~too_far
        # The same still again: only the same place in the picture is the same person.
        may[still] = each_iou(self.first_px[later[still]], self.first_px[n][None]) >= _SAME_SPOT
        may[[m - n - 1 for m in self.beside[n]]] = False

        stayed &= may & ~still & (alike >= np.where(one_shot, s.stayed, s.stayed_cut))
        places = np.flatnonzero(stayed)
        stayed[places] = ~self.ends.seen_empty(meeting.lost[places], meeting.found[places], self.size, s.certain_s)
        kind = np.full(len(later), _NO_LINK, dtype=np.int8)
        kind[alike >= elsewhere] = KINDS.index("elsewhere")
        kind[resumed & (alike >= max(s.resumed, beside))] = KINDS.index("resumed")
        kind[stayed] = KINDS.index("stayed")
        kind[still] = KINDS.index("still")
        linked = np.flatnonzero(may & (kind != _NO_LINK))
        certain = still | (stayed & one_shot & (alike >= s.certain))
        links = np.empty(len(linked), dtype=LINK)
        links["a"], links["b"] = n, later[linked]
        links["kind"], links["certain"] = kind[linked], certain[linked]
        links["alike"] = np.where(still, 1.0, alike)[linked]
        return may, links


def _seen_at_once(tracks: Sequence[Track], detections: Sequence[Detection]) -> list[list[int]]:
    """By row of a track, the rows of later ones of which a frame shows both."""
    frames = [frozenset(detections[p].frame.index for p in track.detections) for track in tracks]
    found: list[list[int]] = [[] for _ in tracks]
    running: list[int] = []
    for n in sorted(range(len(tracks)), key=lambda n: min(frames[n])):
        began = min(frames[n])
        running = [m for m in running if max(frames[m]) >= began]
        for m in running:
            if not frames[n].isdisjoint(frames[m]):
                found[min(n, m)].append(max(n, m))
        running.append(n)
    return found
