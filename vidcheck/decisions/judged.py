"""What the findings are after the human decisions, beside what the machine found.

:func:`apply` walks through the decisions in order and sets them on a copy of the persons, tracks and clothing; the
:class:`~vidcheck.types.Analysis` stays as it is. A decision holds on to frames and boxes. Where another analysis gave
other persons it is applied only if the same boxes are found again without doubt; otherwise it is listed as not applied,
with the reason, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from vidcheck import counting
from vidcheck.decisions import anchors
from vidcheck.decisions.record import Decision, Target, TargetKind
from vidcheck.types import (
    Analysis,
    ClothingObservation,
    Crop,
    FrameRef,
    PeopleCount,
    Person,
    Track,
    Words,
)

Status = Literal["applied", "matched", "not_applied", "withdrawn"]
By = Literal["machine", "examiner", "none"]

LABELS = ("korpri_batik", "pdh_khaki", "pdh_white", "batik_other", "other_uniform", "civilian", "unclear")


@dataclass(frozen=True, slots=True)
class Figure:
    """A person after the decisions so far."""

    id: str
    """The machine's id, ``p3+p5`` after a merge, ``p2.1`` and ``p2.2`` after a split."""
    tracks: tuple[Track, ...]
    """Its tracks; after a split within a track, parts of it."""
    person: Person
    """As the machine would state it: id, tracks, best shots, why joined."""
    origins: tuple[str, ...]
    """Ids of the machine's persons in it."""
    one: bool
    """True where the examiner says that all its tracks are one person."""
    findings: tuple[ClothingObservation, ...]
    """What the machine found of the clothing, of every part."""
    label: str | None
    """Clothing label that counts; None where clothing was not looked at."""
    label_by: By
    """Whose label that is; ``none`` where parts differ, or the examiner rejected it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision in this analysis."""

    decision: Decision
    """The decision."""
    status: Status
    """``matched``: applied to another analysis than it was made on, by the same frames and boxes."""
    why: Words | None
    """Why it was not applied, or by what it was withdrawn."""
    bears_on: tuple[tuple[TargetKind, str], ...]
    """The machine's findings that it stands beside, by kind and present id."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings after the human decisions."""

    figures: tuple[Figure, ...]
    """Persons, in the machine's order."""
    dropped: tuple[Figure, ...]
    """Persons that the examiner took out."""
    people_count: PeopleCount | None
    """None where the machine did not count."""
    clothing_counts: dict[str, PeopleCount]
    """By label; empty where clothing was not looked at."""
    outcomes: tuple[Outcome, ...]
    """One for each decision, in order."""
    comparable: bool
    """False where the machine's count was made by another version of the counting, and a new one would mix both."""

    @property
    def changes_persons(self) -> bool:
        """Whether a decision that changes who is counted was applied."""
        return self._applied("person", ("merge", "split", "drop", "confirm"))

    @property
    def changes_counts(self) -> bool:
        """Whether a decision that changes persons or their clothing was applied."""
        return self.changes_persons or self._applied("clothing", ("confirm", "reject", "correct"))

    def _applied(self, kind: TargetKind, actions: Sequence[str]) -> bool:
        return any(
            o.status in ("applied", "matched")
            and o.decision.action in actions
            and any(target.kind == kind for target in o.decision.targets)
            for o in self.outcomes
        )

    def beside(self, kind: TargetKind, finding: str) -> tuple[Outcome, ...]:
        """Return the decisions that stand beside one of the machine's findings."""
        return tuple(o for o in self.outcomes if (kind, finding) in o.bears_on)

    def figure(self, name: str) -> Figure | None:
        """Return a person by id."""
        return next((figure for figure in self.figures if figure.id == name), None)


def apply(analysis: Analysis, decisions: Sequence[Decision]) -> Judged:
    """Set the decisions beside the findings.

    Parameters
    ----------
    analysis:
        What the machine found; it is not changed.
    decisions:
        In the order in which they were made.
    """
    state = _State(analysis)
    withdrawn = _withdrawn(decisions)
    outcomes = [_outcome(state, decision, withdrawn) for decision in decisions]
    judged = Judged(
        figures=tuple(state.figures.values()),
        dropped=tuple(state.dropped),
        people_count=analysis.people_count,
        clothing_counts=analysis.clothing_counts,
        outcomes=tuple(outcomes),
        comparable=True,
    )
    if not judged.changes_counts:
        return judged
    return replace(
        judged,
        people_count=state.people_count(),
        clothing_counts=state.clothing_counts(),
        comparable=_bounds(_State(analysis).people_count()) == _bounds(analysis.people_count),
    )


def _bounds(count: PeopleCount | None) -> tuple[int, int, int] | None:
    return None if count is None else (count.minimum, count.best, count.maximum)


def _withdrawn(decisions: Sequence[Decision]) -> dict[str, str]:
    """Ids of the decisions that were taken back, and by which; a revocation can itself be taken back."""
    by: dict[str, str] = {}
    for decision in reversed(decisions):
        if decision.action == "revoke" and decision.id not in by:
            by.update((target.id, decision.id) for target in decision.targets)
    return by


def _outcome(state: _State, decision: Decision, withdrawn: dict[str, str]) -> Outcome:
    if by := withdrawn.get(decision.id):
        return Outcome(decision, "withdrawn", Words(f"dicabut dengan {by}", f"withdrawn by {by}"), ())
    try:
        found = [state.find(target, decision.basis) for target in decision.targets]
        matched = any(item.matched for item in found)
        beside = state.act(decision, found)
    except _Unfit as unfit:
        return Outcome(decision, "not_applied", unfit.words, ())
    return Outcome(decision, "matched" if matched else "applied", None, tuple(dict.fromkeys(beside)))


class _Unfit(Exception):
    """A decision does not fit the findings."""

    def __init__(self, id: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(id, en)
        """Why, in both languages."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a target is in this analysis."""

    kind: TargetKind
    id: str
    """Present id."""
    figure: Figure | None
    """For persons and clothing."""
    matched: bool
    """True where it had to be found again by frames and boxes."""


@dataclass(slots=True)
class _State:
    """Persons and clothing while the decisions are applied."""

    analysis: Analysis
    figures: dict[str, Figure] = field(default_factory=dict)
    dropped: list[Figure] = field(default_factory=list)
    basis: str = ""
    finder: anchors.Finder = field(init=False)

    def __post_init__(self) -> None:
        analysis = self.analysis
        tracks = {track.id: track for track in analysis.tracks}
        worn = {item.person: item for item in analysis.clothing}
        for person in analysis.persons:
            seen = (worn[person.id],) if person.id in worn else ()
            own = tuple(tracks[name] for name in person.tracks if name in tracks)
            label, by = _label_of(seen)
            self.figures[person.id] = Figure(person.id, own, person, (person.id,), False, seen, label, by)
        self.basis = anchors.basis_of(analysis)
        self.finder = anchors.Finder(analysis)

    # -------------------------------------------------------- finding what a decision is about

    def find(self, target: Target, basis: str) -> _Found:
        """Return what a target is now.

        Raises
        ------
        _Unfit
            Where it is not there any more, or not without doubt.
        """
        if target.kind in ("clip", "frame", "decision"):
            return _Found(target.kind, target.id, None, False)
        if target.kind in ("person", "clothing"):
            return self._find_figure(target, basis)
        name = self.finder.finding(target, basis)
        if name is None:
            raise _Unfit(
                f"temuan {target.id} tidak ada lagi atau berbunyi lain",
                f"finding {target.id} is not there any more or says something else",
            )
        return _Found(target.kind, name, None, name != target.id)

    def _find_figure(self, target: Target, basis: str) -> _Found:
        if basis == self.basis:
            figure = self.figures.get(target.id)
            if figure is None or {t.id for t in figure.tracks} != {t.id for t in target.tracks}:
                raise _Unfit(
                    f"{target.id} tidak ada lagi setelah keputusan lain",
                    f"{target.id} is no longer there after other decisions",
                )
        else:
            name = self.finder.person(target.tracks, {f.id: f.tracks for f in self.figures.values()})
            if name is None:
                raise _Unfit(
                    f"orang-orang telah berubah: {target.id} tidak ditemukan lagi tanpa keraguan",
                    f"the persons have changed: {target.id} is not found again without doubt",
                )
            figure = self.figures[name]
        if target.kind == "clothing" and says_of(figure) != target.says:
            raise _Unfit(
                f"temuan mesin tentang pakaian {figure.id} telah berubah",
                f"the machine's finding on the clothing of {figure.id} has changed",
            )
        return _Found(target.kind, figure.id, figure, basis != self.basis)

    # -------------------------------------------------------- applying one decision

    def act(self, decision: Decision, found: list[_Found]) -> list[tuple[TargetKind, str]]:
        """Apply a decision; return the machine's findings that it stands beside."""
        figures = [item.figure for item in found if item.figure is not None]
        beside: list[tuple[TargetKind, str]] = [
            (item.kind, origin)
            for item in found
            for origin in (item.figure.origins if item.figure is not None else (item.id,))
        ]
        kind = found[0].kind
        if decision.action == "merge":
            self._merge(figures, decision)
        elif decision.action == "split":
            self._split(figures[0], decision)
        elif decision.action == "drop":
            for figure in figures:
                self.dropped.append(self.figures.pop(figure.id))
        elif decision.action == "confirm" and kind == "person":
            self._put(_as_one(figures[0]))
        elif kind == "clothing" and decision.action != "note":
            self._judge_clothing(figures[0], decision)
        return beside

    def _put(self, figure: Figure) -> None:
        self.figures[figure.id] = figure

    def _replace(self, old: Sequence[Figure], new: Sequence[Figure]) -> None:
        """Put new figures where the first old one stood."""
        gone = {figure.id for figure in old}
        kept: dict[str, Figure] = {}
        for name, figure in self.figures.items():
            if name == old[0].id:
                kept.update({item.id: item for item in new})
            if name not in gone:
                kept[name] = figure
        self.figures = kept

    def _merge(self, figures: Sequence[Figure], decision: Decision) -> None:
        if len({figure.id for figure in figures}) < 2:
            raise _Unfit("yang digabung harus dua orang atau lebih", "a merge needs two persons or more")
        self._check_apart(figures)
        ids = [figure.id for figure in figures]
        name = "+".join(ids)
        why = Words(
            f"{', '.join(ids)} digabung oleh pemeriksa ({decision.id}).",
            f"{', '.join(ids)} were merged by the examiner ({decision.id}).",
        )
        tracks = tuple(track for figure in figures for track in figure.tracks)
        shots = tuple(shot for figure in figures for shot in figure.person.best_shots)
        label, by = _label_of_parts(figures)
        self._replace(
            figures,
            [
                _as_one(
                    Figure(
                        id=name,
                        tracks=tracks,
                        person=Person(name, tuple(track.id for track in tracks), shots, why),
                        origins=tuple(dict.fromkeys(origin for figure in figures for origin in figure.origins)),
                        one=True,
                        findings=tuple(item for figure in figures for item in figure.findings),
                        label=label,
                        label_by=by,
                    )
                )
            ],
        )

    def _check_apart(self, figures: Sequence[Figure]) -> None:
        """Refuse to make one person of two that are seen in the same frame."""
        owner: dict[int, str] = {}
        for figure in figures:
            for track in figure.tracks:
                for position in track.detections:
                    ref = self.analysis.detections[position].frame
                    other = owner.setdefault(ref.index, figure.id)
                    if other != figure.id:
                        raise _Unfit(
                            f"{other} dan {figure.id} terlihat bersamaan pada bingkai {ref.index} "
                            f"({ref.time_s:.2f} s): bukan satu orang",
                            f"{other} and {figure.id} are both seen in frame {ref.index} ({ref.time_s:.2f} s): "
                            "not one person",
                        )

    def _split(self, figure: Figure, decision: Decision) -> None:
        at = decision.at
        assert at is not None
        detections = self.analysis.detections
        halves: tuple[list[Track], list[Track]] = ([], [])
        for track in figure.tracks:
            before = tuple(p for p in track.detections if detections[p].frame.pts < at.pts)
            after = track.detections[len(before) :]
            cut = bool(before and after)
            for side, (half, part) in enumerate(zip(halves, (before, after), strict=True), start=1):
                if part:
                    half.append(Track(f"{track.id}.{side}" if cut else track.id, track.shot, part))
        if not halves[0] or not halves[1]:
            times = [detections[p].frame.time_s for track in figure.tracks for p in track.detections]
            raise _Unfit(
                f"{figure.id} terlihat dari {min(times):.2f} s sampai {max(times):.2f} s; {at.time_s:.2f} s tidak "
                "berada di antaranya",
                f"{figure.id} is seen from {min(times):.2f} s to {max(times):.2f} s; {at.time_s:.2f} s does not lie "
                "between",
            )
        self._replace([figure], [_part(figure, side, half, at, decision.id) for side, half in enumerate(halves)])

    def _judge_clothing(self, figure: Figure, decision: Decision) -> None:
        if decision.action == "reject":
            self._put(replace(figure, label="unclear", label_by="none"))
            return
        labels = {item.label for item in figure.findings}
        label = decision.value or (next(iter(labels)) if len(labels) == 1 else "")
        if not label or (decision.action == "confirm" and label not in labels) or label not in LABELS:
            raise _Unfit(
                f"label pakaian mana yang dimaksud untuk {figure.id} tidak jelas",
                f"it is not clear which clothing label is meant for {figure.id}",
            )
        self._put(replace(figure, label=label, label_by="examiner"))

    # -------------------------------------------------------- counting again

    def _for_counting(self) -> tuple[list[Person], list[Track]]:
        """Persons and tracks as the counting functions take them."""
        followed = {t for p in self.analysis.persons for t in p.tracks}
        left = [track for track in self.analysis.tracks if track.id not in followed]
        figures = self.figures.values()
        return [figure.person for figure in figures], [t for figure in figures for t in figure.tracks] + left

    def _settings(self) -> counting.CountSettings:
        """Return what proved a person when the machine counted."""
        run = self.analysis.step("counts")
        known = {field.name for field in fields(counting.CountSettings)}
        plain: dict[str, Any] = {
            k: v for k, v in (run.settings if run else {}).items() if k in known and isinstance(v, int | float)
        }
        return replace(counting.CountSettings(), **plain)

    def _confidence(self) -> float:
        run = self.analysis.step("people")
        value = run.stats.get("confidence") if run else None
        return float(value) if isinstance(value, int | float) else 0.0

    def people_count(self) -> PeopleCount | None:
        """Count again; None where the machine did not count."""
        if self.analysis.people_count is None:
            return None
        persons, tracks = self._for_counting()
        shots, detections = self.analysis.shots, self.analysis.detections
        return counting.count_people(persons, tracks, detections, shots, self._confidence(), settings=self._settings())

    def clothing_counts(self) -> dict[str, PeopleCount]:
        """Count again by label; empty where the machine did not look at clothing."""
        if not self.analysis.clothing:
            return {}
        persons, tracks = self._for_counting()
        worn = [
            ClothingObservation(figure.id, label, 1.0, {}, (), label == "unclear")  # type: ignore[arg-type]
            for figure in self.figures.values()
            if (label := figure.label) is not None
        ]
        shots, detections = self.analysis.shots, self.analysis.detections
        return counting.count_clothing(
            persons, tracks, detections, shots, self._confidence(), worn, settings=self._settings()
        )


def _as_one(figure: Figure) -> Figure:
    """Say that all tracks of a person are one person for certain."""
    return replace(figure, one=True, person=replace(figure.person, certain=(figure.person.tracks,)))


def _part(figure: Figure, side: int, tracks: list[Track], at: FrameRef, decision: str) -> Figure:
    """One of the two persons of a split: 0 before ``at``, 1 from there on."""
    why = Words(
        f"{figure.id} dipisah oleh pemeriksa ({decision}).", f"{figure.id} was split by the examiner ({decision})."
    )

    def own(crop: Crop) -> bool:
        return (crop.frame.pts >= at.pts) == bool(side)

    # A finding that rests on pictures of this part alone still holds; one that mixed both people does not.
    used = [(item, [own(crop) for crop in item.crops]) for item in figure.findings]
    kept = tuple(item for item, mine in used if mine and all(mine))
    mixed = any(any(mine) and not all(mine) for _, mine in used)
    label, by = ("unclear", "none") if mixed else _label_of(kept)
    name = f"{figure.id}.{side + 1}"
    shots = tuple(crop for crop in figure.person.best_shots if own(crop))
    ids = tuple(track.id for track in tracks)
    whole = {track.id for track in figure.tracks}
    # What was nearly certainly one person before stays so on either side of the cut.
    of = {name: name if name in whole else name.rpartition(".")[0] for name in ids}
    groups = (tuple(name for name in ids if of[name] in group) for group in figure.person.certain)
    certain = tuple(group for group in groups if len(group) > 1)
    person = Person(name, ids, shots, why, certain)
    return Figure(name, tuple(tracks), person, figure.origins, False, kept, label, by)


def _label_of(findings: Sequence[ClothingObservation]) -> tuple[str | None, By]:
    labels = {item.label for item in findings}
    if not labels:
        return None, "none"
    return (labels.pop(), "machine") if len(labels) == 1 else ("unclear", "none")


def _label_of_parts(figures: Sequence[Figure]) -> tuple[str | None, By]:
    """One label for a merged person: that on which all parts agree, or the one that the examiner confirmed."""
    stated = {figure.label for figure in figures if figure.label_by == "examiner"}
    if len(stated) == 1:
        return stated.pop(), "examiner"
    labels = {figure.label for figure in figures if figure.label is not None}
    if len(labels) > 1:
        return "unclear", "none"
    by: By = "machine" if any(figure.label_by == "machine" for figure in figures) else "none"
    return (labels.pop() if labels else None), by


def says_of(figure: Figure) -> str:
    """Return what the machine found of a person's clothing, as a decision keeps it."""
    return "+".join(sorted({item.label for item in figure.findings}))
