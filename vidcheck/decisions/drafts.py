"""Making a decision: what is meant is looked up, held fast by frames and boxes, and refused where it cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from vidcheck.decisions import anchors
from vidcheck.decisions.judged import LABELS, Figure, Judged, apply, says_of
from vidcheck.decisions.record import Action, Decision, Draft, DropReason, Target, TargetKind
from vidcheck.errors import UsageError
from vidcheck.types import Analysis, FrameRef

_ALLOWED: dict[str, frozenset[str]] = {
    "merge": frozenset({"person"}),
    "split": frozenset({"person"}),
    "drop": frozenset({"person"}),
    "confirm": frozenset({"person", "clothing", "text", "lead", "clue", "light"}),
    "reject": frozenset({"clothing", "text", "lead", "clue", "light"}),
    "correct": frozenset({"clothing", "text"}),
    "name": frozenset({"lead"}),
    "worn": frozenset({"person"}),
    "note": frozenset({"person", "clothing", "text", "lead", "clue", "light", "frame", "clip"}),
    "revoke": frozenset({"decision"}),
}


def draft(
    analysis: Analysis,
    judged: Judged,
    action: Action,
    kind: TargetKind,
    ids: Sequence[str],
    *,
    at_s: float | None = None,
    at_track: str | None = None,
    value: str = "",
    reason: DropReason = "",
    note: str = "",
) -> Draft:
    """Make a decision ready to be written down, with its frames and boxes.

    Parameters
    ----------
    analysis, judged:
        What the examiner looked at: the findings and what earlier decisions made of them.
    action, kind:
        What is done, and to what sort of thing.
    ids:
        Which of them, by present id; none for the clip.
    at_s:
        For a split, and for a note on a frame: the time in the clip, seconds.
    at_track:
        For a split: the track with which the second person begins, instead of a time.
    value, reason, note:
        See :class:`~vidcheck.decisions.Draft`.

    Raises
    ------
    UsageError
        Where there is no such thing, or the action cannot be meant for it.
    """
    if kind not in _ALLOWED.get(action, frozenset()):
        raise UsageError(f"A decision {action!r} cannot be made on {kind!r}.", "See: vidcheck people --help")
    if action == "merge" and (len(ids) < 2 or len(set(ids)) < len(ids)):
        raise UsageError(f"A merge names two persons or more, each once, not {', '.join(ids) or 'none'}.")
    if action != "merge" and len(ids) != 1 and not (not ids and kind in ("frame", "clip")):
        raise UsageError(f"A decision {action!r} names exactly one thing, not {', '.join(ids) or 'none'}.")
    if action in ("note", "worn") and not note.strip():
        raise UsageError("A note without words is none.", "Write something.")
    if action in ("correct", "name") and not value.strip():
        raise UsageError(f"A decision {action!r} needs the right text.", "Write it.")
    if kind == "clothing" and action in ("confirm", "correct") and value and value not in LABELS:
        raise UsageError(f"There is no clothing label {value!r}.", f"Labels: {', '.join(LABELS)}.")
    maker = anchors.Maker(analysis)
    targets: tuple[Target, ...]
    at: FrameRef | None = None
    if kind in ("person", "clothing"):
        figures = [_named(judged, name) for name in ids]
        targets = tuple(maker.person(kind, f.id, f.tracks, says_of(f) if kind == "clothing" else "") for f in figures)
        basis = anchors.basis_of(analysis)
        if action == "split":
            at = _split_frame(analysis, figures[0], at_s, at_track)
    elif kind == "decision":
        targets, basis = (_open_decision(judged, ids[0]),), ""
    else:
        targets, basis = maker.finding(kind, ids[0] if ids else "", at_s)
    return Draft(action, targets, at, value, reason, note, basis)


def _named(judged: Judged, name: str) -> Figure:
    figure = judged.figure(name)
    if figure is None:
        gone = next((f for f in judged.dropped if f.id == name), None)
        there = ", ".join(f.id for f in judged.figures) or "none"
        what = "was taken out by a decision" if gone else "is not among the persons"
        raise UsageError(f"{name} {what}.", f"Persons now: {there}.")
    return figure


def _open_decision(judged: Judged, name: str) -> Target:
    found = next((o for o in judged.outcomes if o.decision.id == name), None)
    if found is None:
        raise UsageError(f"There is no decision {name}.", "The report lists them.")
    if found.status == "withdrawn":
        raise UsageError(f"{name} is withdrawn already.")
    return Target("decision", name, found.decision.action)


def _split_frame(analysis: Analysis, figure: Figure, at_s: float | None, at_track: str | None) -> FrameRef:
    """First frame of the second person."""
    if at_track is not None:
        track = next((t for t in figure.tracks if t.id == at_track), None)
        if track is None:
            own = ", ".join(t.id for t in figure.tracks)
            raise UsageError(f"{at_track} is no track of {figure.id}.", f"Its tracks: {own}.")
        return analysis.detections[track.detections[0]].frame
    if at_s is None:
        raise UsageError(f"A split of {figure.id} needs a time.", f"For example: --split {figure.id}@0:07")
    frames = [analysis.detections[p].frame for track in figure.tracks for p in track.detections]
    later = [ref for ref in frames if ref.time_s >= at_s]
    first, last = min(ref.time_s for ref in frames), max(ref.time_s for ref in frames)
    if not later or len(later) == len(frames):
        raise UsageError(
            f"{figure.id} is seen from {first:.2f} s to {last:.2f} s; {at_s:.2f} s does not lie between.",
            "Give a time at which the second person is already there.",
        )
    return min(later, key=lambda ref: ref.pts)


def check(analysis: Analysis, decisions: Sequence[Decision]) -> Judged:
    """Apply decisions of which the last has just been made, and refuse it where it does not fit.

    Raises
    ------
    UsageError
        With the reason.
    """
    judged = apply(analysis, decisions)
    last = judged.outcomes[-1]
    if last.status == "not_applied" and last.why is not None:
        raise UsageError(f"This does not fit: {last.why.en}.", "Nothing was written.")
    if judged.changes_counts and not judged.comparable:
        raise UsageError(
            "The machine's count was made by another version of vidcheck; correcting it here would mix both.",
            "Run vidcheck analyze again with the same -o: decisions are kept.",
        )
    return judged
