"""The settings of an analysis and the steps it is made of, in order.

A new analyser is one line in :data:`STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vidcheck import appearance, clothing, counting, leads, lighting, media, overlays, people, shots, timing
from vidcheck.types import (
    ClothingObservation,
    Lead,
    LightingObservation,
    OverlayText,
    PeopleCount,
    Person,
    Shot,
    Source,
    StepResult,
    TimeClue,
    TimeEstimate,
    Track,
    WorkingHoursVerdict,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can change a result. Defaults are what ``vidcheck analyze`` uses."""

    shots: shots.ShotSettings = field(default_factory=shots.ShotSettings)
    """Cuts, slides, freezes."""
    detect: people.DetectSettings = field(default_factory=people.DetectSettings)
    """Where and how people are looked for."""
    track: people.TrackSettings = field(default_factory=people.TrackSettings)
    """How boxes become tracks; its confidence is taken from the detector."""
    count: counting.CountSettings = field(default_factory=counting.CountSettings)
    """How tracks become persons."""
    clothing: clothing.ClothingSettings = field(default_factory=clothing.ClothingSettings)
    """Clothing."""
    overlays: overlays.OverlaySettings = field(default_factory=overlays.OverlaySettings)
    """Text."""
    lighting: lighting.LightingSettings = field(default_factory=lighting.LightingSettings)
    """Light."""
    time: timing.TimeSettings = field(default_factory=timing.TimeSettings)
    """Clues, place and working hours, with what the examiner said about the clip."""
    limits: media.Limits = field(default_factory=media.Limits)
    """What is refused."""
    only: tuple[str, ...] = ()
    """Names of the steps to run, with what they build on; empty runs all."""


@dataclass(frozen=True, slots=True)
class Counts:
    """People and clothing counts."""

    people: PeopleCount
    """All people."""
    clothing: dict[str, PeopleCount]
    """By clothing label; empty where clothing was not looked at."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The estimate and what follows from it."""

    estimate: TimeEstimate
    """When the clip was recorded."""
    hours: WorkingHoursVerdict
    """Whether that is within working hours."""


@dataclass(slots=True)
class Found:
    """What the steps have found so far; steps read from it."""

    clip: media.Clip
    settings: Settings
    source: Source
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, step: str) -> Any:
        """Return the findings of a step that ran."""
        return self.values[step]

    def get(self, step: str, default: Any) -> Any:
        """Return the findings of a step, or ``default`` where it did not run."""
        return self.values.get(step, default)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the analysis."""

    name: str
    """Name in the report, the cache and ``Settings.only``."""
    version: str
    """Raised whenever the code would give another result."""
    kind: Any
    """Type of the findings, for the cache."""
    settings: Callable[[Settings], object]
    """The settings that change its result."""
    needs: tuple[str, ...]
    """Steps without which it cannot run."""
    uses: tuple[str, ...]
    """Steps whose findings it takes into account where they are there."""
    run: Callable[[Found], StepResult[Any]] | None
    """The analyser; None for the steps that share the decoding pass."""


def _count(found: Found) -> StepResult[Counts]:
    sightings = found["people"]
    common = (found["persons"], found["tracks"], sightings.detections, found["shots"], sightings.confidence)
    everyone = counting.count_people(*common)
    by_label = counting.count_clothing(*common, found["clothing"]) if "clothing" in found.values else {}
    return StepResult(Counts(everyone, by_label), "most in one frame; persons; tracks", {"persons": len(common[0])})


def _persons(found: Found) -> StepResult[tuple[Person, ...]]:
    detections = found["people"].detections
    looks = appearance.look_at_tracks(found.clip, found["tracks"], detections)
    return counting.find_persons(found["tracks"], detections, found["shots"], looks, found.settings.count)


def _tracks(found: Found) -> StepResult[tuple[Track, ...]]:
    sightings = found["people"]
    settings = replace(found.settings.track, confidence=sightings.confidence)
    return people.track_people(sightings, found["shots"], settings)


def _clothing(found: Found) -> StepResult[tuple[ClothingObservation, ...]]:
    detections = found["people"].detections
    return clothing.classify_clothing(
        found.clip, found["persons"], found["tracks"], detections, found.settings.clothing
    )


def _clues(found: Found) -> StepResult[tuple[TimeClue, ...]]:
    return timing.gather_clues(
        found.source,
        found.get("overlays", ()),
        found.get("lighting", ()),
        found.get("clothing", ()),
        found.settings.time,
        found.get("shots", ()),
    )


def _time(found: Found) -> StepResult[Timing]:
    estimate = timing.estimate(found["clues"], settings=found.settings.time)
    hours = timing.working_hours(estimate, settings=found.settings.time)
    return StepResult(Timing(estimate, hours), timing.METHOD, {"clues": len(found["clues"])})


def _leads(found: Found) -> StepResult[tuple[Lead, ...]]:
    sightings = found.get("people", None)
    return leads.find_leads(found["overlays"], found.source, detections=sightings.detections if sightings else ())


STEPS: tuple[Step, ...] = (
    Step("shots", shots.VERSION, tuple[Shot, ...], lambda s: s.shots, (), (), None),
    Step("people", people.DETECT_VERSION, people.Sightings, lambda s: s.detect, (), (), None),
    Step("tracks", people.TRACK_VERSION, tuple[Track, ...], lambda s: s.track, ("shots", "people"), (), _tracks),
    Step("persons", counting.VERSION, tuple[Person, ...], lambda s: s.count, ("tracks",), (), _persons),
    Step(
        "clothing",
        clothing.VERSION,
        tuple[ClothingObservation, ...],
        lambda s: s.clothing,
        ("persons",),
        (),
        _clothing,
    ),
    Step("counts", counting.VERSION, Counts, lambda s: s.count, ("persons",), ("clothing",), _count),
    Step(
        "overlays",
        overlays.VERSION,
        tuple[OverlayText, ...],
        lambda s: s.overlays,
        ("shots",),
        (),
        lambda f: overlays.read_overlays(f.clip, f["shots"], f.settings.overlays),
    ),
    Step(
        "lighting",
        lighting.VERSION,
        tuple[LightingObservation, ...],
        lambda s: s.lighting,
        ("shots",),
        (),
        lambda f: lighting.observe_lighting(f.clip, f["shots"], f.settings.lighting),
    ),
    Step(
        "clues",
        timing.CLUES_VERSION,
        tuple[TimeClue, ...],
        lambda s: s.time,
        (),
        ("overlays", "lighting", "clothing", "shots"),
        _clues,
    ),
    Step("time", timing.VERSION, Timing, lambda s: s.time, ("clues",), (), _time),
    Step(
        "leads",
        leads.VERSION,
        tuple[Lead, ...],
        lambda s: None,
        ("overlays",),
        ("people",),
        _leads,
    ),
)
