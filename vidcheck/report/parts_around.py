"""The pieces around the findings: named values, notices, the file, the case, the player, error rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One named value."""

    name: str
    """Its name."""
    value: str
    """Its value, written for people."""
    tone: str = ""
    """``mono`` for hashes and raw text, ``missing`` where there is none, ``warn`` where care is needed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must not miss."""

    tone: str
    """``failed``, ``skipped``, ``warn`` or ``info``."""
    title: str
    """What is the matter."""
    text: str
    """Why, and what follows."""


@dataclass(frozen=True, slots=True)
class SummaryItem:
    """One answer on the first page."""

    section: str
    """Id of the section that carries the detail."""
    title: str
    """The question."""
    value: str
    """The answer in a few words."""
    detail: str
    """What it rests on and what limits it."""
    tone: str = ""
    """``missing`` where it was not looked at, ``warn`` where clues contradict each other."""


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one heading."""

    title: str
    """Heading."""
    facts: tuple[Fact, ...]
    """The facts."""


@dataclass(frozen=True, slots=True)
class IntakeSection:
    """The case, and how the file came in, as the examiner recorded it."""

    head: tuple[Fact, ...]
    """What of it stands at the head of the report: case number, authority, question, as far as stated."""
    groups: tuple[FactGroup, ...]
    """Case, receipt and working copies."""
    relation: Fact
    """What the examined file is: the original as received, a working copy, or neither."""


@dataclass(frozen=True, slots=True)
class PlayerView:
    """The clip in the page."""

    data: str
    """JSON for the page's script: boxes, words, hash."""
    src: str
    """Address of the copy of the clip beside the report; empty where there is none."""
    note: str
    """How that copy relates to the original."""
    thinned: int
    """Every how many boxes of people one is kept; 0 where all are."""


@dataclass(frozen=True, slots=True)
class RateView:
    """One measured figure of a method."""

    step: str
    """Which step."""
    figure: str
    """What was measured on how much, and what came out."""
    condition: str
    """On what kind of material."""
    command: str
    """What reproduces it."""
    fits: bool
    """Whether the condition is this clip's."""


@dataclass(frozen=True, slots=True)
class RateSection:
    """Measured error rates of the methods."""

    quality: tuple[Fact, ...]
    """This clip's quality, as far as it decides which figures apply."""
    rows: tuple[RateView, ...]
    """Figures, those of this clip's condition first."""
    unmeasured: tuple[Fact, ...]
    """Why there is no figure, and for which steps."""


@dataclass(frozen=True, slots=True)
class FileSection:
    """The file as it was found."""

    facts: tuple[Fact, ...]
    """Name, hash, size, times."""
    given: tuple[Fact, ...]
    """What the examiner stated."""
    losses: tuple[Fact, ...]
    """What could not be decoded, by place."""
    credentials: tuple[FactGroup, ...]
    """Content credentials, or that there are none, or that nobody looked."""
    tags: tuple[FactGroup, ...]
    """Metadata by origin."""
