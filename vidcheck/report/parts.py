"""The pieces a report is made of: plain, frozen, already in one language, shared by HTML and PDF."""

from __future__ import annotations

from dataclasses import dataclass

from vidcheck.report.legal import LawView
from vidcheck.report.parts_around import Fact as Fact
from vidcheck.report.parts_around import FactGroup as FactGroup
from vidcheck.report.parts_around import FileSection as FileSection
from vidcheck.report.parts_around import IntakeSection as IntakeSection
from vidcheck.report.parts_around import Notice as Notice
from vidcheck.report.parts_around import PlayerView as PlayerView
from vidcheck.report.parts_around import RateSection as RateSection
from vidcheck.report.parts_around import RateView as RateView
from vidcheck.report.parts_around import SummaryItem as SummaryItem
from vidcheck.report.pictures import Picture
from vidcheck.report.ticking import TickRow


@dataclass(frozen=True, slots=True)
class CountRow:
    """One count with its bounds."""

    label: str
    """What was counted."""
    minimum: int
    """Provable from one frame."""
    best: int
    """Best estimate."""
    maximum: int
    """Upper bound."""
    basis: str
    """Frames that show the minimum."""
    human: bool = False
    """Whether it is the count after the examiner's decisions, not the machine's."""


@dataclass(frozen=True, slots=True)
class PersonView:
    """One figure in the picture."""

    id: str
    """``p1``."""
    seen: tuple[str, ...]
    """Stretches in which it was seen."""
    boxes: str
    """How many boxes were measured."""
    joined: str
    """Why tracks were joined."""
    clothing: str
    """What the clothing is consistent with; empty where it was not observed."""
    pictures: tuple[Picture, ...]
    """Best shots."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about this person and their clothing."""
    where: tuple[str, ...] = ()
    """When, where in the picture and how large, track by track."""
    sheet: tuple[Picture, ...] = ()
    """The contact sheet; empty where none was saved."""
    marks: tuple[str, ...] = ()
    """Why it may be no further person in the room."""


@dataclass(frozen=True, slots=True)
class SheetView:
    """A contact sheet: small pictures by which one figure of the count is checked."""

    title: str
    """Which figure, and how many cells it has."""
    note: str
    """How to read it."""
    cells: tuple[Picture, ...]
    """The pictures."""
    more: int
    """How many more are in analysis.json."""


@dataclass(frozen=True, slots=True)
class PeopleSection:
    """People seen."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    count: CountRow | None
    """None where nothing was counted."""
    basis: tuple[Picture, ...]
    """Pictures of the frames that show the minimum."""
    persons: tuple[PersonView, ...]
    """Figures."""
    more: int
    """How many more are in analysis.json."""
    judged: CountRow | None = None
    """The count after the examiner's decisions; None where none changes it."""
    unmarked: tuple[CountRow, ...] = ()
    """The count without the figures that are marked; empty where none is."""
    sheets: tuple[SheetView, ...] = ()
    """Contact sheets of the best estimate and of the maximum."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One alternative with its share."""

    label: str
    """What it is."""
    share: float
    """0..1."""
    value: str
    """The share, written."""
    chosen: bool
    """Whether this is the label that was given."""


@dataclass(frozen=True, slots=True)
class ClothingView:
    """One figure's clothing."""

    person: str
    """Person id."""
    label: str
    """In the words of the report."""
    probability: str
    """What the probability is and says."""
    bars: tuple[Bar, ...]
    """Every class with its calibrated probability, largest first."""
    abstained: bool
    """Whether the machine abstained."""
    reason: str
    """Why."""
    frames: str
    """Frames of the crops."""
    pictures: tuple[Picture, ...]
    """The torso crops."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about it."""


@dataclass(frozen=True, slots=True)
class ClothingSection:
    """Clothing."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    counts: tuple[CountRow, ...]
    """Counts by label."""
    basis: tuple[Picture, ...]
    """Frames that show the minimum of each kind of service clothing."""
    rows: tuple[ClothingView, ...]
    """By figure."""
    unobserved: str
    """Figures without an observation."""
    more: int
    """How many more observations are in analysis.json."""
    judged: tuple[CountRow, ...] = ()
    """Counts that the examiner's decisions change."""
    sheets: tuple[SheetView, ...] = ()
    """One contact sheet for each label."""


@dataclass(frozen=True, slots=True)
class TextView:
    """One text."""

    id: str
    """``t1``."""
    text: str
    """After voting over readings."""
    raw: str
    """The best single reading where it differs; else empty."""
    kind: str
    """Burned in, scene or interface."""
    span: str
    """First and last frame."""
    score: str
    """Engine score and number of readings."""
    runs: bool
    """Whether it changes like a clock."""
    picture: Picture
    """The reading that the engine was surest of."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about it."""


@dataclass(frozen=True, slots=True)
class TextSection:
    """Text in the picture."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    rows: tuple[TextView, ...]
    """Texts."""
    more: int
    """How many more are in analysis.json."""


@dataclass(frozen=True, slots=True)
class ClueView:
    """One line of the ledger."""

    id: str
    """``c1``."""
    kind: str
    """What it says about the time."""
    source: str
    """Where it comes from."""
    clock: str
    """Whose clock."""
    grade: str
    """Grade code."""
    grade_label: str
    """Grade in words."""
    interval: str
    """Interval, or empty for a part of the day."""
    basis: str
    """Raw text it rests on."""
    frames: str
    """Frames that show it."""
    words: str
    """What it says."""
    caveats: tuple[str, ...]
    """What could make it wrong."""
    alternatives: tuple[str, ...]
    """Other readings."""
    used: bool
    """Whether it set the interval."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about it."""


@dataclass(frozen=True, slots=True)
class LightRow:
    """The light of one shot."""

    shot: str
    """Shot number."""
    label: str
    """In words."""
    probability: str
    """Calibrated probability."""
    frames: str
    """Frames looked at."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about it."""


@dataclass(frozen=True, slots=True)
class TimeSection:
    """Time of recording."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    sentence: str
    """The one-sentence result; empty where there is none."""
    facts: tuple[Fact, ...]
    """The interval and what it rests on."""
    ledger_svg: str
    """Chart of the clues; empty where none has a date."""
    day_svg: str
    """Chart of the hours of a day; empty where nothing speaks of hours."""
    clues: tuple[ClueView, ...]
    """The ledger."""
    more: int
    """How many more clues are in analysis.json."""
    ticks: tuple[TickRow, ...]
    """Whether the clocks in the picture run with the clip."""
    conflicts: tuple[Fact, ...]
    """Contradictions: clue ids and words."""
    light_notices: tuple[Notice, ...]
    """Whether light was looked at."""
    light: tuple[LightRow, ...]
    """Light by shot."""


@dataclass(frozen=True, slots=True)
class HoursSection:
    """Working hours."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    answer: str
    """Answer in words; empty where there is none."""
    code: str
    """Answer code."""
    sentence: str
    """One sentence."""
    facts: tuple[Fact, ...]
    """Rule, hours, sources."""
    exceptions: tuple[Fact, ...]
    """Explanations still open, and what settles them."""


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead."""

    id: str
    """``l1``."""
    kind: str
    """What it is."""
    text: str
    """What is read."""
    grade: str
    """Grade code."""
    grade_label: str
    """Grade in words."""
    words: str
    """What it is and its limits."""
    frames: str
    """Frames."""
    picture: Picture | None
    """Where it is seen best; None where the lead has no crop."""
    judged: tuple[str, ...] = ()
    """What the examiner decided about it."""


@dataclass(frozen=True, slots=True)
class FusionView:
    """A small text fused from many frames."""

    id: str
    """``e1``."""
    of: str
    """Which text it enlarges; empty where none."""
    pictures: tuple[Picture, ...]
    """Original crop, the same enlarged, and fused."""
    fused: str
    """What is read in the fused picture."""
    single: str
    """The surest reading of a single frame."""
    grade: str
    """Grade code."""
    grade_label: str
    """Grade in words."""
    words: str
    """What was done and its limits."""
    frames: str
    """Frames used and left out, with reasons."""
    sha256: str
    """Hash over the fused pixels."""
    command: str
    """Command line that repeats it."""


@dataclass(frozen=True, slots=True)
class LeadSection:
    """Leads."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    rows: tuple[LeadView, ...]
    """Leads."""
    more: int
    """How many more are in analysis.json."""
    fusions: tuple[FusionView, ...] = ()
    """Small texts fused from many frames."""


@dataclass(frozen=True, slots=True)
class ShotRow:
    """One shot."""

    number: str
    """Index of the shot, from 0, as in the ids of its tracks."""
    kind: str
    """Moving, still or black."""
    start: str
    """First frame."""
    end: str
    """One past the last frame."""
    length: str
    """Seconds."""
    score: str
    """Transition score."""
    quality: str
    """Sharpness and brightness, relative figures."""
    repeats: str
    """Which earlier shot shows the same picture; empty where none does."""
    picture: Picture
    """Best frame."""


@dataclass(frozen=True, slots=True)
class ShotSection:
    """Make-up of the clip."""

    notices: tuple[Notice, ...]
    """What was not looked at."""
    rows: tuple[ShotRow, ...]
    """Shots."""
    more: int
    """How many more are in analysis.json."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One human decision."""

    id: str
    """``d1``."""
    when: str
    """Local time with its zone."""
    utc: str
    """The same moment in UTC."""
    who: str
    """The examiner."""
    who_from: str
    """Where the name comes from."""
    what: str
    """What was decided, about what."""
    why: str
    """Reason and note."""
    status: str
    """Status code."""
    result: str
    """Status in words."""
    result_why: str
    """Why it was not applied, or by what it was withdrawn."""


@dataclass(frozen=True, slots=True)
class DecisionSection:
    """Human decisions."""

    notices: tuple[Notice, ...]
    """A broken chain, decisions not applied."""
    chain: str
    """That the chain is intact, with its last hash; empty where there is none or it is broken."""
    rows: tuple[DecisionRow, ...]
    """Decisions in order."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the analysis."""

    step: str
    """Name in words."""
    code: str
    """Name in the analysis."""
    status: str
    """Status code."""
    status_label: str
    """Status in words."""
    method: str
    """Method."""
    version: str
    """Version of the step's code."""
    weights: str
    """Hash of the model; empty where there is none."""
    settings: tuple[Fact, ...]
    """Settings."""
    stats: tuple[Fact, ...]
    """What was looked at."""
    error: str
    """Why it was skipped or failed."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole report, in one language, ready for a template."""

    lang: str
    """``"id"`` or ``"en"``."""
    words: dict[str, str]
    """Fixed words for headings and columns."""
    file_name: str
    """Name of the file."""
    sha256: str
    """Hash of the file."""
    tool: str
    """vidcheck and its version."""
    caution: str
    """The sentence that stands over everything."""
    incomplete: tuple[Notice, ...]
    """Steps not run and parts not decoded."""
    summary: tuple[SummaryItem, ...]
    """The answers."""
    clip_svg: str
    """The clip at a glance."""
    player: PlayerView | None
    """The clip in the page; None for a photo."""
    intake: IntakeSection
    """Case and receipt."""
    file: FileSection
    """The file."""
    people: PeopleSection
    """People."""
    clothing: ClothingSection
    """Clothing."""
    texts: TextSection
    """Texts."""
    time: TimeSection
    """Time."""
    hours: HoursSection
    """Working hours."""
    leads: LeadSection
    """Leads."""
    shots: ShotSection
    """Shots."""
    tools: tuple[Fact, ...]
    """Libraries and versions."""
    steps: tuple[StepView, ...]
    """Steps."""
    rates: RateSection
    """Measured error rates."""
    limits: tuple[Fact, ...]
    """What the report does not show."""
    terms: tuple[Fact, ...]
    """Definitions."""
    law: tuple[LawView, ...]
    """Basis in law."""
    decisions: DecisionSection
    """Human decisions."""
