"""What a batch takes and gives: entries, jobs, findings of one clip, outcomes, events. Frozen, picklable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from vidcheck.steps import Settings
from vidcheck.types import PeopleCount, TimeClue

Status = Literal["done", "incomplete", "failed", "skipped"]
"""``incomplete``: a step failed, and the report says which part was not looked at. ``skipped``: no clip or photo."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a folder or one line of a list."""

    name: str
    """Name as listed, or relative to the folder."""
    path: Path
    """The file."""
    settings: Settings
    """Settings of this clip: those of the batch with what the list says of it."""
    line: int | None = None
    """Line of the list, from 1; None for a file of a folder."""
    case_id: str = ""
    """Case number from the list."""
    notes: str = ""
    """Notes from the list."""
    problem: str = ""
    """Why it cannot be analysed, where that is known already."""


@dataclass(frozen=True, slots=True)
class Job:
    """One analysis: what a worker needs to know, on this machine or another."""

    path: Path
    """The clip."""
    sha256: str
    """Its hash when the batch was planned."""
    names: tuple[str, ...]
    """All entries that this is the analysis of: the same bytes with the same options."""
    out: Path
    """Folder of the case folders."""
    folder: str
    """Name of the case folder."""
    key: str
    """Hash over all that decides the result; see :func:`vidcheck.pipeline.settings_key`."""
    settings: Settings
    """Settings of the analysis."""
    lang: str
    """Language of the report."""
    workdir: Path | None
    """Folder of the step cache."""
    fingerprint: bool
    """Whether to compute what finds copies."""


@dataclass(frozen=True, slots=True)
class TextFound:
    """One text of a clip, for questions over many clips."""

    kind: str
    """``overlay``, ``scene`` or ``interface``; or the kind of a lead."""
    text: str
    """The text."""
    first_s: float
    """First time at which it was read, seconds."""
    last_s: float
    """Last time at which it was read, seconds."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The analysis of one clip in the few figures that tables need. The case folder holds the rest."""

    kind: str
    """``video`` or ``image``."""
    duration_s: float
    """Length, seconds."""
    width_px: int
    """Width of the displayed picture, pixels."""
    height_px: int
    """Height of the displayed picture, pixels."""
    size_bytes: int
    """Size of the file."""
    has_audio: bool
    """Whether there is sound."""
    people: PeopleCount | None
    """None where people were not looked for; without its frames."""
    clothing: dict[str, PeopleCount]
    """By label, without frames."""
    place: str | None
    """Place as the examiner gave it."""
    url: str | None
    """Address as the examiner gave it."""
    posted: str | None
    """Time of posting as the examiner gave it."""
    earliest: datetime | None
    """Start of the interval of the recording."""
    latest: datetime | None
    """End of the interval of the recording."""
    best: datetime | None
    """Time of recording, where a clue states one."""
    working_hours: str | None
    """``inside``, ``outside``, ``partly`` or ``unknown``; None where it was not looked at."""
    not_after: tuple[TimeClue, ...]
    """Clues that the recording is no younger than: uploads, copies."""
    texts: tuple[TextFound, ...]
    """Texts and leads."""
    picture: str | None
    """Picture that stands for the clip, relative to the case folder."""
    failed_steps: tuple[str, ...]
    """Steps that failed."""


@dataclass(frozen=True, slots=True)
class Worked:
    """How one job ended; what a worker sends back."""

    status: Status
    """See :data:`Status`."""
    findings: Findings | None
    """None where it failed or was skipped."""
    error: str
    """What went wrong and what to do; empty where nothing did."""
    exit_code: int
    """Exit code that ``vidcheck analyze`` would have ended with."""
    seconds: float
    """Time it took."""
    peak_bytes: int
    """Most memory that the worker and its helpers had used by then."""
    ends_batch: bool = False
    """True where every other clip would meet the same: no space, no detector, a broken library."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept beside the case folders to know that a clip is finished."""

    key: str
    """Key of the job."""
    sha256: str
    """Hash of the clip."""
    names: tuple[str, ...]
    """Entries it was made for."""
    worked: Worked
    """How it ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry."""

    name: str
    """Name as listed, or relative to the folder."""
    line: int | None
    """Line of the list."""
    status: Status
    """See :data:`Status`."""
    reused: bool
    """True where the case folder was there already and nothing had changed."""
    error: str
    """What went wrong, or empty."""
    exit_code: int
    """Exit code that ``vidcheck analyze`` would have ended with."""
    sha256: str | None
    """Hash of the file, None where it could not be read."""
    folder: str | None
    """Case folder, relative to the output folder; None where there is none."""
    findings: Findings | None
    """None where there is no case folder."""
    event: int | None
    """Number of the event it shows, from 1; None where there is no case folder."""
    case_id: str
    """Case number from the list."""
    notes: str
    """Notes from the list."""
    seconds: float
    """Time of the analysis, also of an earlier run."""
    attempts: int
    """How often a worker took it up; 2 where the first one died."""


@dataclass(frozen=True, slots=True)
class MatchedPair:
    """Two moments that show the same view: the evidence for a copy."""

    copy_s: float
    """Time in the copy, seconds."""
    other_s: float
    """Time in the clip it is compared with, seconds."""
    agreement: float
    """Share of the shared picture that agrees, 0..1."""


@dataclass(frozen=True, slots=True)
class CopyOf:
    """How one clip of an event relates to the best copy."""

    folder: str
    """Its case folder."""
    score: float | None
    """Score of the match, 0..1; 1 for the best copy itself; None where it is joined through another copy only."""
    mirrored: bool
    """Mirrored left to right, against the best copy."""
    area: float | None
    """Share of the best copy's picture that it shows, 0..1."""
    lacks: tuple[tuple[float, float], ...]
    """Stretches of the best copy that were not found in it, seconds from and to."""
    adds: tuple[tuple[float, float], ...]
    """Its own stretches that were not found in the best copy, seconds from and to."""
    lacks_audio: bool
    """The best copy or another has sound and this one none."""
    same_bytes: bool
    """The very same file as the best copy."""
    evidence: tuple[MatchedPair, ...]
    """The moments that match."""


@dataclass(frozen=True, slots=True)
class Event:
    """One recording and all its copies."""

    number: int
    """From 1."""
    best: str
    """Case folder of the copy of the best quality."""
    copies: tuple[CopyOf, ...]
    """All of them, the best first."""
    people: PeopleCount | None
    """Of the event, so that nobody is counted once for each copy; None where no copy was counted."""
    posted_by: datetime | None
    """Earliest upper bound on the time of recording over all copies."""
    posted_by_folder: str | None
    """The copy that gives it."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The table of outcomes and what was grouped."""

    outcomes: tuple[Outcome, ...]
    """One for each entry, in order."""
    events: tuple[Event, ...]
    """One for each recording."""
    seconds: float
    """Run time of this run."""
    peak_bytes: int
    """Most memory that one worker used, bytes."""
    workers: int
    """Number of workers."""

    def count(self, status: Status) -> int:
        """Return how many entries ended so."""
        return sum(outcome.status == status for outcome in self.outcomes)
