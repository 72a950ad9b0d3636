"""Every data type of vidcheck: frozen facts that analysers add and nobody changes.

This module imports nothing of ours, but for the methods that show an analysis in a notebook, which load
:mod:`vidcheck.display` when called. Conversion to and from JSON lives in :mod:`vidcheck.store`.

Conventions
-----------
* Boxes are ``(x1, y1, x2, y2)`` in pixels of the *displayed* picture (rotation applied), origin top left.
* Frame times are presentation times: ``time_s = (pts - start_pts) * time_base``, never frame number over
  frame rate, because phone clips have a variable frame rate.
* Wall-clock times are zone aware. Every one says whose clock it came from.
* Sentences meant for people are :class:`Words`, in Bahasa Indonesia and English, written where the numbers
  in them are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import polars

    from vidcheck.display import Html

SCHEMA_VERSION = "1.1"

T = TypeVar("T")

Box = tuple[float, float, float, float]
"""``(x1, y1, x2, y2)`` in pixels, display orientation, origin top left."""

JsonScalar = str | int | float | bool | None
JsonObject = dict[str, JsonScalar | list[JsonScalar] | dict[str, JsonScalar]]
"""A settings or statistics record: flat, or one level of nesting."""

ClothingLabel = Literal["korpri_batik", "pdh_khaki", "pdh_white", "batik_other", "other_uniform", "civilian", "unclear"]
LightingLabel = Literal["outdoor_day", "twilight", "outdoor_night", "indoor_daylight", "indoor_artificial", "unknown"]
ShotKind = Literal["moving", "still", "black"]
OverlayKind = Literal["overlay", "scene", "interface"]
ClueKind = Literal["exact", "not_before", "not_after", "day_part", "date_hint"]
ClueSource = Literal["overlay", "metadata", "filename", "platform", "sidecar", "lighting", "clothing", "examiner"]
Clock = Literal[
    "device",
    "cctv",
    "timestamp_app",
    "wall_clock",
    "screen",
    "platform",
    "editor",
    "sun",
    "dress_calendar",
    "examiner",
    "unknown",
]
Grade = Literal["strong", "moderate", "weak", "contextual"]
LeadKind = Literal[
    "name_tag", "badge", "sign", "plate", "handle", "hashtag", "place", "agency", "caption", "wall_clock"
]  # fmt: skip
Answer = Literal["inside", "outside", "partly", "unknown"]
StepStatus = Literal["ok", "skipped", "failed"]
CredentialState = Literal["valid", "invalid", "unknown"]
TablePart = Literal["persons", "detections", "clothing", "texts", "lighting", "clues", "leads", "shots", "steps"]
Aside = Literal["double", "weak", "faint"]
TrapKind = Literal["mirror", "inset", "framed", "still_picture"]
RejectReason = Literal["lost", "edge", "unaligned", "unlike", "blurred", "repeat", "surplus"]


@dataclass(frozen=True, slots=True)
class Words:
    """One statement for people, in both languages of the report.

    >>> Words("tidak jelas", "unclear").get("id")
    'tidak jelas'
    """

    id: str
    """Bahasa Indonesia."""
    en: str
    """English."""

    def get(self, lang: str) -> str:
        """Return the text for ``lang`` (``"id"`` or anything else for English)."""
        return self.id if lang == "id" else self.en


@dataclass(frozen=True, slots=True)
class DecodeError:
    """A part of the file that could not be decoded."""

    time_s: float | None
    """Presentation time after which the part was lost, or None where it is not known."""
    message: str
    """What the decoder said."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file under examination, as it was found."""

    path: str
    """File name as handed in, without its folder."""
    sha256: str
    """SHA-256 of the bytes, hexadecimal."""
    size_bytes: int
    """Size of the file in bytes."""
    kind: Literal["video", "image"]
    """A photo has one frame at time 0."""
    container: str
    """Container format, for example ``mov,mp4,m4a,3gp,3g2,mj2`` or ``JPEG``."""
    codec: str
    """Codec of the picture stream, for example ``h264``."""
    width_px: int
    """Width of the displayed picture in pixels, rotation applied."""
    height_px: int
    """Height of the displayed picture in pixels, rotation applied."""
    rotation_deg: int
    """Clockwise rotation applied for display: 0, 90, 180 or 270."""
    time_base: str
    """Seconds per tick as a fraction, for example ``1/15360``."""
    start_pts: int
    """Presentation timestamp of the first decoded frame, in ticks."""
    duration_s: float
    """Time from the first to the end of the last decoded frame, in seconds; 0 for a photo."""
    duration_declared_s: float | None
    """Duration that the file header states, in seconds; None where it states none."""
    frames_decoded: int
    """Number of frames that were decoded."""
    pts_origin: Literal["container", "assumed_rate", "photo"]
    """Where frame times come from; ``assumed_rate`` where the file has none and the rate had to be assumed."""
    has_audio: bool
    """Whether an audio stream is present. vidcheck does not listen to it."""
    decode_errors: tuple[DecodeError, ...] = ()
    """Parts that were lost. What was not decoded was not looked at."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """All tags, raw, by origin: ``container``, ``stream:0``, ``exif``, ``gps``, ``xmp``."""


@dataclass(frozen=True, slots=True)
class FrameRef:
    """Which frame, and when it is shown."""

    index: int
    """Decode ordinal from 0, in presentation order."""
    pts: int
    """Presentation timestamp in ticks of ``Source.time_base``."""
    time_s: float
    """``(pts - start_pts) * time_base`` in seconds."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of one frame, the smallest unit of evidence."""

    frame: FrameRef
    """The frame that holds it."""
    box_xyxy_px: Box
    """The rectangle, pixels, display orientation."""
    media: str | None = None
    """Path of the saved picture relative to the analysis folder, or None where none was saved."""
    sharpness: float | None = None
    """Variance of the Laplacian of the crop's luma (8-bit scale), a relative figure; None if not measured."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of frames without a cut; a slide and a freeze are ``still`` shots."""

    index: int
    """Ordinal from 0."""
    start: FrameRef
    """First frame."""
    end: FrameRef
    """One past the last frame (exclusive): where the next shot starts, or the end of the clip."""
    kind: ShotKind
    """``still`` where nothing but coding noise changes, ``black`` where there is no picture."""
    transition_score: float
    """How strongly the first frame differs from the one before it, 0..1; 0 for the first shot."""
    best: FrameRef
    """The sharpest well-exposed frame of the shot."""
    sharpness: float
    """Variance of the Laplacian of ``best`` at 320 px width (8-bit luma), a relative figure."""
    brightness: float
    """Mean luma over the shot, 0 (black) to 1 (white)."""
    repeats: int | None = None
    """Index of an earlier shot that shows the same picture, or None."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One box that a detector measured in one frame."""

    frame: FrameRef
    """The frame."""
    box_xyxy_px: Box
    """The measured box, pixels, display orientation."""
    label: str
    """Class name, ``person``."""
    confidence: float
    """The detector's raw score, 0..1; not a probability."""


@dataclass(frozen=True, slots=True)
class Track:
    """One person followed within one shot."""

    id: str
    """``s3-t2``: second track of shot 3."""
    shot: int
    """Index of the shot."""
    detections: tuple[int, ...]
    """Positions in ``Analysis.detections``: measured boxes, not a filter's predictions."""
    aside: Aside | None = None
    """Why it makes no person and widens only the maximum: ``double`` a second box on somebody who has a longer track,
    ``weak`` hardly over the detector's threshold, ``faint`` under it in every frame; None where it makes one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Tracks taken to be one person. A hypothesis about pictures, not an identity."""

    id: str
    """``p4``."""
    tracks: tuple[str, ...]
    """Track ids."""
    best_shots: tuple[Crop, ...]
    """Sharp, large views of the whole person, best first."""
    joined_because: Words | None
    """Why the tracks were joined; None where there is one track."""
    certain: tuple[tuple[str, ...], ...] = ()
    """Track ids in groups that are nearly certainly one person each; a track in no group stands alone."""


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """How many people, with bounds."""

    minimum: int
    """Most people seen at once in one frame: provable from that frame alone."""
    best: int
    """The best estimate."""
    maximum: int
    """If only those tracks are one person that nearly certainly are, and what was set aside counts."""
    basis_frames: tuple[FrameRef, ...]
    """The frames that show ``minimum``."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A mark on a figure that may be no further person in the room. It lowers no count; the reader decides."""

    kind: TrapKind
    """``mirror`` image of another figure, ``inset`` picture in the picture, ``framed`` within a rectangle in the room
    (a screen, a poster, a mirror, a window), ``still_picture`` without any movement while others move."""
    track: str
    """Track id of the figure."""
    twin: str | None
    """For ``mirror``, the track it may be the image of; which of the two is the image is not known. None otherwise."""
    score: float
    """How well it fits, 0..1; not a probability."""
    frames: tuple[FrameRef, ...]
    """Frames that show it."""
    words: Words
    """What was seen."""


@dataclass(frozen=True, slots=True)
class ClothingObservation:
    """What one person's clothing is consistent with. Never a statement about who they are."""

    person: str
    """Person id."""
    label: ClothingLabel
    """The class, ``unclear`` where the evidence does not support one."""
    probability: float
    """Calibrated probability of ``label``; of the leading class where it abstained."""
    alternatives: dict[str, float]
    """Calibrated probability of every class."""
    crops: tuple[Crop, ...]
    """The torso crops that were used."""
    abstained: bool
    """True where ``label`` is ``unclear``."""
    reason: Words | None = None
    """Why it abstained, or None."""


@dataclass(frozen=True, slots=True)
class TextReading:
    """One reading of one text in one frame."""

    frame: FrameRef
    """The frame."""
    box_xyxy_px: Box
    """Where it was read, pixels, display orientation."""
    text_raw: str
    """What the OCR engine returned."""
    confidence: float
    """The engine's score, 0..1; not a probability."""


@dataclass(frozen=True, slots=True)
class OverlayText:
    """A text followed along time."""

    id: str
    """``t7``."""
    first: FrameRef
    """First frame in which it was read."""
    last: FrameRef
    """Last frame in which it was read."""
    box_xyxy_px: Box
    """Median box over the readings, pixels, display orientation."""
    text_raw: str
    """The most confident single reading."""
    text: str
    """The text after voting over readings; for a running clock, the first reading."""
    confidence: float
    """Mean engine score of the readings that agree with ``text``, 0..1."""
    kind: OverlayKind
    """``overlay`` burned in, ``scene`` part of the scene, ``interface`` of an app."""
    changes: bool
    """True where the text runs (a clock, a counter) instead of standing."""
    readings: tuple[TextReading, ...] = ()
    """Every reading, in order of time."""


@dataclass(frozen=True, slots=True)
class LightingObservation:
    """What light one shot shows."""

    shot: int
    """Index of the shot."""
    label: LightingLabel
    """The class, ``unknown`` where the picture does not tell."""
    probability: float
    """Calibrated probability of ``label``, or of the leading class where it is ``unknown``."""
    alternatives: dict[str, float] = field(default_factory=dict)
    """Calibrated probability of every class."""
    frames: tuple[FrameRef, ...] = ()
    """The frames that were looked at."""


@dataclass(frozen=True, slots=True)
class TimeClue:
    """One statement about when the clip was recorded, and what it is worth."""

    id: str
    """``c3``."""
    kind: ClueKind
    """What it says about the time of recording."""
    source: ClueSource
    """Where it comes from."""
    clock: Clock
    """Whose clock it is."""
    grade: Grade
    """How far it carries; ``contextual`` clues are shown and never used to narrow the time."""
    earliest: datetime | None
    """Start of the interval for the recording, zone aware, or None where open."""
    latest: datetime | None
    """End of the interval for the recording, zone aware, or None where open."""
    hour_weights: tuple[float, ...] | None
    """For a day part: 24 weights, one for each local hour of the day, largest 1; None otherwise."""
    basis: str
    """The raw text, tag or identifier it rests on."""
    frames: tuple[FrameRef, ...]
    """Frames that show it; empty where it does not come from the picture."""
    words: Words
    """What it says, for the report."""
    caveats: tuple[Words, ...] = ()
    """What could make it wrong."""
    alternatives: tuple[datetime, ...] = ()
    """Other readings that were not excluded (day and month, zone, 12-hour clock)."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Clues that cannot all be true."""

    clues: tuple[str, ...]
    """Clue ids."""
    words: Words
    """What contradicts what."""


@dataclass(frozen=True, slots=True)
class TimeEstimate:
    """When the clip was recorded, as an interval."""

    earliest: datetime | None
    """Zone aware, or None where nothing bounds it."""
    latest: datetime | None
    """Zone aware, or None where nothing bounds it."""
    best: datetime | None
    """Only where a clue states a time of recording; never the middle of a wide interval."""
    zone: str | None
    """IANA zone in which local times are shown, or None where the place is not known."""
    coverage: float | None
    """Share of generated cases in which an interval of this kind held the true time, one clock in ten being wrong;
    None where not measured. See :mod:`vidcheck.coverage`."""
    hour_weights: tuple[float, ...] | None
    """24 weights over the local hour where only a day part is known; None otherwise."""
    clues_used: tuple[str, ...]
    """Ids of the clues that set the interval."""
    conflicts: tuple[Conflict, ...]
    """Clues that cannot all be true."""
    words: Words
    """One sentence that says what follows."""
    condition: Words | None = None
    """What has to hold for the interval beside the clues; None where nothing more."""


@dataclass(frozen=True, slots=True)
class HoursRule:
    """The working-hours rule that was applied."""

    id: str
    """For example ``national_normal`` or ``kota_pontianak``."""
    name: Words
    """What rule it is; says so where it is the national fallback."""
    hours: str
    """The hours of that day as written in the rule, for example ``07:30-16:00 break 12:00-13:00``."""
    sources: tuple[str, ...]
    """Source keys of the facts tables."""
    status: str
    """``sourced``, ``computed`` or ``unverified``."""


@dataclass(frozen=True, slots=True)
class OpenException:
    """An innocent explanation that has to be ruled out by documents, not by this tool."""

    id: str
    """For example ``makan_siang``."""
    words: Words
    """The explanation."""
    settled_by: Words
    """The document or record that would settle it."""


@dataclass(frozen=True, slots=True)
class WorkingHoursVerdict:
    """Whether the stated interval lies within working hours."""

    answer: Answer
    """``unknown`` where the date, the place or the hours are not known well enough."""
    overlap: float | None
    """Share of the interval that lies within working hours, 0..1; None where unknown."""
    place: str | None
    """The place whose rule was applied."""
    rule: HoursRule | None
    """The rule, or None where none could be applied."""
    exceptions: tuple[OpenException, ...]
    """What has to be ruled out first."""
    words: Words
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Something that may help a human identify people, place or origin."""

    id: str
    """``l2``."""
    kind: LeadKind
    """What it is."""
    text: str
    """What is read."""
    crop: Crop | None
    """Where it is seen best."""
    frames: tuple[FrameRef, ...]
    """Frames in which it was read."""
    grade: Grade
    """How far the reading carries."""
    words: Words
    """What it is and what its limits are."""


@dataclass(frozen=True, slots=True)
class FusedFrame:
    """One frame that went into a fused picture."""

    frame: FrameRef
    """The frame."""
    warp: tuple[float, ...]
    """Row by row, the 3 x 3 map from pixel centres of the marked frame to pixel centres of this frame."""
    correlation: float
    """Correlation with the reference after registration, -1..1."""
    weight: float
    """Weight in the average: sharpness against the median, times squared correlation."""


@dataclass(frozen=True, slots=True)
class RejectedFrame:
    """One frame that was left out of a fused picture."""

    frame: FrameRef
    """The frame."""
    reason: RejectReason
    """``lost`` not found, ``edge`` cut by the picture's edge, ``unaligned`` no registration, ``unlike`` covered or
    turned away, ``blurred``, ``repeat`` the same pixels as the frame before, ``surplus`` over the largest number."""


@dataclass(frozen=True, slots=True)
class RegionReading:
    """What the text reader made of a picture of the region."""

    text: str
    """What it read; empty where nothing."""
    confidence: float
    """The reader's score, 0..1; not a probability."""


@dataclass(frozen=True, slots=True)
class Enhancement:
    """A small region of many frames fused into one picture. An average of what is there; nothing is invented."""

    id: str
    """``e1``."""
    text: str | None
    """Id of the text that it enlarges, or None where a person marked the region."""
    crop: Crop
    """The region in the marked frame, as it is."""
    corners_px: tuple[tuple[float, float], ...] | None
    """Corners made a rectangle: top left, top right, bottom right, bottom left, pixels; None where as seen."""
    frames: tuple[FusedFrame, ...]
    """The frames that were fused, in order of time."""
    rejected: tuple[RejectedFrame, ...]
    """The frames that were left out, and why."""
    settings: JsonObject
    """Every parameter of registration and fusion."""
    width_px: int
    """Width of the fused picture, pixels."""
    height_px: int
    """Height of the fused picture, pixels."""
    pixels_sha256: str
    """SHA-256 over the fused picture's pixels (BGR, 8 bit, row by row): the same record gives the same pixels."""
    fused: RegionReading | None
    """Reading of the fused picture; None where no reader was at hand."""
    halves: tuple[RegionReading, ...]
    """Readings of two pictures fused from every other frame each: what both show is no accident of one frame."""
    single: RegionReading | None
    """The surest reading of any single frame at the same enlargement."""
    grade: Grade
    """How far the fused reading carries; ``contextual`` where nothing was read."""
    words: Words
    """What was done, what is read, and what limits it."""
    command: str
    """Command line that makes the same picture."""
    media: str | None = None
    """Path of the fused picture relative to the analysis folder, or None where none was saved."""
    plain: RegionReading | None = None
    """Reading of the same average before it is sharpened: what only sharpening shows does not count as sure."""


@dataclass(frozen=True, slots=True)
class ContentCredential:
    """One C2PA manifest in the file: signed statements about how it was made. Statements, not findings."""

    label: str
    """Its identifier."""
    is_active: bool
    """Whether it speaks of this file; the others speak of what it was made from."""
    state: CredentialState
    """``valid`` where signature and hashes fit the file, ``invalid`` where one does not; who signed is not judged."""
    title: str
    """Title that it gives."""
    made_with: str
    """Program or device that made it."""
    signer: str
    """Name in the signer's certificate, which anybody can have made."""
    signed_at: str | None
    """Time of signing by a time stamp authority, as written, or None."""
    actions: tuple[str, ...]
    """What it says was done, with the kind of source where stated (``digitalCapture``, ``trainedAlgorithmicMedia``)."""
    ingredients: tuple[str, ...]
    """Titles of what the file was made from."""
    problems: tuple[str, ...]
    """What did not fit."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one step of the analysis went. A step that did not run stays in the report."""

    step: str
    """Name of the step."""
    status: StepStatus
    """``skipped`` and ``failed`` mean: not looked at."""
    method: str
    """Method, in one line."""
    version: str
    """Version of the step's code."""
    weights_sha256: str | None
    """Hash over the model that ran, or None where there is none."""
    settings: JsonObject
    """Every setting that changes the result."""
    stats: JsonObject
    """What was looked at, for example frames read out of how many."""
    seconds: float
    """Run time in seconds; of the run that made the cached result where it was cached."""
    error: Words | None = None
    """Why it was skipped or failed."""


@dataclass(frozen=True, slots=True)
class StepResult(Generic[T]):
    """What an analyser hands to the pipeline: its findings, and how they came about."""

    value: T
    """The findings."""
    method: str
    """Method, in one line."""
    stats: JsonObject = field(default_factory=dict)
    """What was looked at, for example frames read out of how many."""
    weights_sha256: str | None = None
    """Hash over the model that ran, or None."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the examiner said about the clip. Theirs, not the machine's."""

    place: str | None = None
    """Place as given."""
    url: str | None = None
    """Address the clip was taken from."""
    posted: str | None = None
    """Time of posting as given."""
    sidecar: str | None = None
    """Name of the downloader's info file, or None."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything vidcheck found in one clip."""

    schema_version: str
    """Version of this layout."""
    tool: dict[str, str]
    """vidcheck and the libraries that matter, with versions."""
    source: Source
    """The file."""
    context: Context
    """What the examiner said."""
    shots: tuple[Shot, ...]
    """Shots, slides and freezes."""
    detections: tuple[Detection, ...]
    """Every box, in order of frame."""
    tracks: tuple[Track, ...]
    """People followed within a shot."""
    persons: tuple[Person, ...]
    """Tracks joined into persons."""
    people_count: PeopleCount | None
    """None where the people step did not run."""
    clothing: tuple[ClothingObservation, ...]
    """One per person that was looked at."""
    clothing_counts: dict[str, PeopleCount]
    """Counts by clothing label."""
    overlays: tuple[OverlayText, ...]
    """Texts."""
    lighting: tuple[LightingObservation, ...]
    """Light by shot."""
    clues: tuple[TimeClue, ...]
    """The ledger of time clues."""
    time_estimate: TimeEstimate | None
    """None where the time step did not run."""
    working_hours: WorkingHoursVerdict | None
    """None where the time step did not run."""
    leads: tuple[Lead, ...]
    """Leads for a human."""
    steps: tuple[StepRun, ...]
    """How each step went."""
    credentials: tuple[ContentCredential, ...] = ()
    """Content credentials (C2PA), the active one first."""
    enhancements: tuple[Enhancement, ...] = ()
    """Small texts fused from many frames."""
    heads_covered: bool = False
    """Whether heads are covered in the pictures beside this analysis."""
    traps: tuple[Trap, ...] = ()
    """Figures that may be no further person in the room; they count in ``people_count`` all the same."""
    people_count_unmarked: PeopleCount | None = None
    """The count without the figures marked in ``traps``; None where none is marked, or nothing was counted."""

    def step(self, name: str) -> StepRun | None:
        """Return the run of the step called ``name``, or None."""
        return next((run for run in self.steps if run.step == name), None)

    def to_frame(self, part: TablePart = "persons", *, lang: str = "en") -> polars.DataFrame:
        """Return one part as a table; see :func:`vidcheck.display.to_frame`."""
        from vidcheck import display

        return display.to_frame(self, part, lang=lang)

    def show(self, clip: str | PathLike[str], *, lang: str = "en") -> Html:
        """Return the best views of every person for a notebook; see :func:`vidcheck.display.gallery`."""
        from vidcheck import display

        return display.gallery(self, clip, lang=lang)

    def _repr_html_(self) -> str:
        from vidcheck import display

        return display.summary(self).html
