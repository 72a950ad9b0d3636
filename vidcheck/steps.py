"""The settings of an analysis and the steps it is made of, in order.

A new analyser is one line in :data:`STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vidcheck import (
    appearance,
    camera,
    clothing,
    clothing_model,
    counting,
    credentials,
    kept_views,
    leads,
    lighting,
    media,
    overlays,
    people,
    shots,
    small_texts,
    timing,
    traps,
    wall_clocks,
)
from vidcheck.types import (
    ClothingObservation,
    ContentCredential,
    Enhancement,
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
    Trap,
    WorkingHoursVerdict,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can change a result. Defaults are what ``vidcheck analyze`` uses."""

    shots: shots.ShotSettings = field(default_factory=shots.ShotSettings)
    """Cuts, slides, freezes."""
    detect: people.DetectSettings = field(default_factory=people.DetectSettings)
    """Where and how people are looked for."""
    camera: camera.CameraSettings = field(default_factory=camera.CameraSettings)
    """When two frames show one scene."""
    track: people.TrackSettings = field(default_factory=people.TrackSettings)
    """How boxes become tracks; its confidence is taken from the detector."""
    count: counting.CountSettings = field(default_factory=counting.CountSettings)
    """How tracks become persons."""
    traps: traps.TrapSettings = field(default_factory=traps.TrapSettings)
    """Which figures may be no further person."""
    clothing: clothing.ClothingSettings = field(default_factory=clothing.ClothingSettings)
    """Clothing."""
    overlays: overlays.OverlaySettings = field(default_factory=overlays.OverlaySettings)
    """Text."""
    lighting: lighting.LightingSettings = field(default_factory=lighting.LightingSettings)
    """Light."""
    small_texts: small_texts.SmallTextSettings = field(default_factory=small_texts.SmallTextSettings)
    """Fusion of small texts."""
    wall_clocks: wall_clocks.WallClockSettings = field(default_factory=wall_clocks.WallClockSettings)
    """Clock faces."""
    time: timing.TimeSettings = field(default_factory=timing.TimeSettings)
    """Clues, place and working hours, with what the examiner said about the clip."""
    limits: media.Limits = field(default_factory=media.in_force)
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
    unmarked: PeopleCount | None = None
    """All people without those marked as traps; None where none is marked."""


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
    scouted: overlays.Scout | None = None
    """What the text reader needs of every frame, where the frames were decoded in this run."""
    described: camera.Describer | None = None
    """What following the camera needs, likewise."""
    views: kept_views.KeptViews | None = None
    """The best views of people, likewise, with their pixels."""

    @property
    def wants_views(self) -> bool:
        """Whether views of people have to be decoded."""
        return self.views is None or not self.views.are_whole

    def __getitem__(self, step: str) -> Any:
        """Return the findings of a step that ran."""
        return self.values[step]

    def chosen_views(self) -> kept_views.KeptViews:
        """Return the views of people on which colours and clothing are judged; without pixels if from the cache."""
        if self.views is None:
            sightings = self["people"]
            size = (self.source.width_px, self.source.height_px)
            self.views = kept_views.choose(sightings.detections, sightings.confidence, size)
        return self.views

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
    reads: Callable[[Found], bool] = lambda found: True
    """Whether it may want frames, so that others wait for it with their decoding pass."""
    after: tuple[str, ...] = ()
    """Steps that go first where they have to run, although it takes nothing from them: more waits for those."""
    prepare: Callable[[Found], None] | None = None
    """What can be loaded for it after a pass over all frames, while what it builds on is made; it must not raise."""


def _count(found: Found) -> StepResult[Counts]:
    sightings = found["people"]
    common = (found["persons"], found["tracks"], sightings.detections, found["shots"], sightings.confidence)
    settings = found.settings.count
    everyone = counting.count_people(*common, settings=settings)
    by_label = (
        counting.count_clothing(*common, found["clothing"], settings=settings) if "clothing" in found.values else {}
    )
    unmarked = counting.count_unmarked(*common, found.get("traps", ()), settings=settings)
    counts = Counts(everyone, by_label, unmarked)
    return StepResult(counts, "most in one frame; persons; tracks", {"persons": len(common[0])})


def _persons(found: Found) -> StepResult[tuple[Person, ...]]:
    detections = found["people"].detections
    whole = [track for track in found["tracks"] if track.aside is None]  # others make no person
    looks = appearance.look_at_tracks(found.clip, whole, detections, found.chosen_views())
    size = (found.source.width_px, found.source.height_px)
    return counting.find_persons(
        found["tracks"], detections, found["shots"], looks, found.settings.count, found["camera"], size
    )


def _traps(found: Found) -> StepResult[tuple[Trap, ...]]:
    detections = found["people"].detections
    return traps.find_traps(
        found.clip, found["tracks"], detections, found["shots"], found["camera"], found.settings.traps
    )


def _camera(found: Found) -> StepResult[tuple[camera.View, ...]]:
    sightings = found["people"]
    return camera.follow_camera(
        found.clip,
        sightings.frames,
        found["shots"],
        sightings.detections,
        found.settings.camera,
        found.described,
    )


def _tracks(found: Found) -> StepResult[tuple[Track, ...]]:
    sightings = found["people"]
    settings = replace(found.settings.track, confidence=sightings.confidence)
    return people.track_people(sightings, found["shots"], settings, found["camera"])


def _prepare_clothing(found: Found) -> None:
    sightings = found.get("people", None)
    if sightings is not None and sightings.detections:
        clothing_model.warm_up(found.settings.clothing.model)


def _clothing(found: Found) -> StepResult[tuple[ClothingObservation, ...]]:
    detections = found["people"].detections
    return clothing.classify_clothing(
        found.clip, found["persons"], found["tracks"], detections, found.settings.clothing, found.chosen_views()
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
    return leads.find_leads(
        found["overlays"],
        found.source,
        detections=sightings.detections if sightings else (),
        clock_faces=found.get("wall_clocks", ()),
    )


def _enhanced(found: Found) -> StepResult[tuple[Enhancement, ...]]:
    return small_texts.fuse_small_texts(
        found.clip,
        found["overlays"],
        found.get("leads", ()),
        found["shots"],
        lambda: overlays.engine(found.settings.overlays),
        found.settings.small_texts,
    )


STEPS: tuple[Step, ...] = (
    Step("shots", shots.VERSION, tuple[Shot, ...], lambda s: s.shots, (), (), None),
    Step("people", people.DETECT_VERSION, people.Sightings, lambda s: s.detect, (), (), None),
    Step(
        "camera",
        camera.VERSION,
        tuple[camera.View, ...],
        lambda s: s.camera,
        ("shots", "people"),
        (),
        _camera,
        lambda f: f.described is None or f.described.points_of(f["people"].frames) is None,
    ),
    Step(
        "tracks",
        people.TRACK_VERSION,
        tuple[Track, ...],
        lambda s: s.track,
        ("camera",),
        (),
        _tracks,
        lambda f: False,
    ),
    Step(
        "persons",
        counting.VERSION,
        tuple[Person, ...],
        lambda s: s.count,
        ("tracks",),
        (),
        _persons,
        lambda f: f.wants_views,
    ),
    Step(
        "clothing",
        clothing.VERSION,
        tuple[ClothingObservation, ...],
        lambda s: s.clothing,
        ("persons",),
        (),
        _clothing,
        lambda f: f.wants_views,
        after=("overlays",),  # behind which small texts are fused: that and clothing then run side by side
        prepare=_prepare_clothing,
    ),
    Step("traps", traps.VERSION, tuple[Trap, ...], lambda s: s.traps, ("tracks",), (), _traps),
    Step("counts", counting.VERSION, Counts, lambda s: s.count, ("persons",), ("clothing", "traps"), _count),
    Step(
        "overlays",
        overlays.VERSION,
        tuple[OverlayText, ...],
        lambda s: s.overlays,
        ("shots",),
        (),
        lambda f: overlays.read_overlays(f.clip, f["shots"], f.settings.overlays, f.scouted),
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
        "wall_clocks",
        wall_clocks.VERSION,
        tuple[wall_clocks.ClockFace, ...],
        lambda s: s.wall_clocks,
        ("shots",),
        (),
        lambda f: wall_clocks.find_clock_faces(f.clip, f["shots"], f.settings.wall_clocks),
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
        ("people", "wall_clocks"),
        _leads,
    ),
    Step(
        "enhanced",
        small_texts.VERSION,
        tuple[Enhancement, ...],
        lambda s: s.small_texts,
        ("overlays", "shots"),
        ("leads",),
        _enhanced,
    ),
    Step(
        "credentials",
        credentials.VERSION,
        tuple[ContentCredential, ...],
        lambda s: None,
        (),
        (),
        lambda f: credentials.read_from_clip(f.clip),
    ),
)
