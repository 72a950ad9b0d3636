"""What a decision holds on to: frames and boxes, so that it is found again, or found missing, in another analysis."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from vidcheck.boxes import iou
from vidcheck.decisions.record import Target, TargetKind, TrackAnchor, View
from vidcheck.errors import UsageError
from vidcheck.types import (
    Analysis,
    Detection,
    FrameRef,
    Lead,
    LightingObservation,
    OverlayText,
    TimeClue,
    Track,
)

SAME_BOX_IOU = 0.7
"""From which overlap on two boxes in one frame are taken to be the same."""

Finding = OverlayText | Lead | TimeClue | LightingObservation


def basis_of(analysis: Analysis) -> str:
    """Return the SHA-256 over persons, tracks and boxes: what decisions on persons are made on."""
    boxes = [(d.frame.pts, *d.box_xyxy_px) for d in analysis.detections]
    tracks = [(t.id, t.shot, t.detections) for t in analysis.tracks]
    persons = [(p.id, p.tracks) for p in analysis.persons]
    return _hash([analysis.source.sha256, boxes, tracks, persons])


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _findings(analysis: Analysis, kind: str) -> dict[str, Finding]:
    """Findings of a kind by id; light by the index of its shot."""
    if kind == "text":
        return {item.id: item for item in analysis.overlays}
    if kind == "lead":
        return {item.id: item for item in analysis.leads}
    if kind == "clue":
        return {item.id: item for item in analysis.clues}
    return {str(item.shot): item for item in analysis.lighting}


def says(item: Finding) -> str:
    """Return what a finding says, as a decision keeps it."""
    if isinstance(item, OverlayText):
        return item.text
    if isinstance(item, Lead):
        return f"{item.kind}: {item.text}"
    if isinstance(item, TimeClue):
        return f"{item.source}, {item.kind}: {item.basis}"
    return item.label


def _view(analysis: Analysis, item: Finding) -> View | None:
    """Return where a finding is seen, or None where it does not come from the picture."""
    if isinstance(item, OverlayText):
        return View(item.first, item.box_xyxy_px)
    if isinstance(item, Lead):
        return View(item.crop.frame, item.crop.box_xyxy_px) if item.crop else None
    if isinstance(item, LightingObservation):
        start = next((shot.start for shot in analysis.shots if shot.index == item.shot), None)
        return View(start, None) if start else None
    return View(item.frames[0], None) if item.frames else None


def fingerprint(analysis: Analysis, item: Finding) -> str:
    """Return the SHA-256 over what a finding says and where it is seen; its id and pictures do not count."""
    view = _view(analysis, item)
    place = None if view is None else (view.frame.pts, view.box_xyxy_px)
    more: list[object] = []
    if isinstance(item, OverlayText):
        more = [item.last.pts, item.kind]
    elif isinstance(item, TimeClue):
        more = [item.clock, item.grade, _iso(item.earliest), _iso(item.latest), item.hour_weights]
    return _hash([says(item), place, more])


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


class Maker:
    """Makes the targets of decisions on one analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def person(self, kind: TargetKind, name: str, tracks: Sequence[Track], said: str) -> Target:
        """Return a person, or their clothing, with three boxes of each track."""
        return Target(kind, name, said, tuple(TrackAnchor(t.id, self._views(t)) for t in tracks))

    def _views(self, track: Track) -> tuple[View, ...]:
        count = len(track.detections)
        # Not the very ends: there a box is half out of the picture, and detectors differ.
        places = sorted({count // 10, count // 2, count - 1 - count // 10})
        chosen = [self._analysis.detections[track.detections[at]] for at in places]
        return tuple(View(d.frame, d.box_xyxy_px) for d in chosen)

    def finding(self, kind: TargetKind, name: str, at_s: float | None) -> tuple[tuple[Target, ...], str]:
        """Return a finding, a frame or the clip, and what the decision rests on.

        Raises
        ------
        UsageError
            Where there is no such finding, or no such time.
        """
        if kind == "clip":
            return (Target("clip", ""),), ""
        if kind == "frame":
            return (Target("frame", "", "", (), View(self._frame(at_s), None)),), ""
        item = _findings(self._analysis, kind).get(name)
        if item is None:
            raise UsageError(f"There is no finding {name!r} of that kind.", "The report lists them.")
        view = _view(self._analysis, item)
        return (Target(kind, name, says(item), (), view),), fingerprint(self._analysis, item)

    def _frame(self, at_s: float | None) -> FrameRef:
        """Return the frame known to the analysis that is shown nearest to a time."""
        analysis = self._analysis
        if at_s is None or not 0 <= at_s <= max(analysis.source.duration_s, 0.0):
            raise UsageError(f"The clip has no time {at_s}.", f"It runs from 0 to {analysis.source.duration_s:.2f} s.")
        known = [d.frame for d in analysis.detections] + [s.start for s in analysis.shots]
        known += [s.best for s in analysis.shots]
        if not known:
            raise UsageError("The analysis knows no frame to hold a note on.", "Make the note on the clip.")
        return min(known, key=lambda ref: abs(ref.time_s - at_s))


class Finder:
    """Finds the targets of decisions again in one analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._by_pts: dict[int, list[int]] = defaultdict(list)
        for position, detection in enumerate(analysis.detections):
            self._by_pts[detection.frame.pts].append(position)

    def person(self, anchors: Sequence[TrackAnchor], figures: Mapping[str, Sequence[Track]]) -> str | None:
        """Return the one person that is made of the same boxes, or None where there is doubt.

        Every box of the decision must be found in that person and in nobody else, and every track of the
        person must hold one of them: a person with parts that the examiner did not see is another one.
        """
        owner = {p: (name, t.id) for name, tracks in figures.items() for t in tracks for p in t.detections}
        people: set[str] = set()
        seen: set[str] = set()
        for view in (view for anchor in anchors for view in anchor.views):
            position = self._same_box(view, owner)
            if position is None:
                return None
            name, track = owner[position]
            people.add(name)
            seen.add(track)
        if len(people) != 1:
            return None
        name = people.pop()
        return name if {track.id for track in figures[name]} == seen else None

    def _same_box(self, view: View, owner: Mapping[int, object]) -> int | None:
        if view.box_xyxy_px is None:
            return None
        detections: Sequence[Detection] = self._analysis.detections
        here = [p for p in self._by_pts.get(view.frame.pts, ()) if p in owner]
        same = [p for p in here if detections[p].box_xyxy_px == view.box_xyxy_px]
        near = same or [p for p in here if iou(detections[p].box_xyxy_px, view.box_xyxy_px) >= SAME_BOX_IOU]
        return near[0] if len(near) == 1 else None

    def finding(self, target: Target, basis: str) -> str | None:
        """Return the present id of a finding that still says the same in the same place, or None."""
        there = _findings(self._analysis, target.kind)
        same = [name for name, item in there.items() if fingerprint(self._analysis, item) == basis]
        if target.id in same:
            return target.id
        alike = same or [name for name, item in there.items() if self._alike(item, target)]
        return alike[0] if len(alike) == 1 else None

    def _alike(self, item: Finding, target: Target) -> bool:
        if says(item) != target.says or isinstance(item, TimeClue):
            return False  # a clue whose interval or grade changed is another clue
        view = _view(self._analysis, item)
        if target.view is None or view is None:
            return target.view is view
        if target.view.box_xyxy_px is None or view.box_xyxy_px is None:
            return target.view.frame.pts == view.frame.pts
        if iou(view.box_xyxy_px, target.view.box_xyxy_px) < SAME_BOX_IOU:
            return False
        return not isinstance(item, OverlayText) or item.first.pts <= target.view.frame.pts <= item.last.pts
