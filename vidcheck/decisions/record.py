"""Human decisions about a clip: the file ``decisions.jsonl`` of a case folder, and its chain of hashes.

One JSON object a line, only ever added to. Each line carries the SHA-256 of the line before it, the first one that
of the clip's hash and a constant, so that a line that was changed, removed or moved is noticed. What the chain alone
cannot show, a change or loss at its very end, shows in the manifest, which holds the hash of the whole file. A decision
is taken back by a later one, never erased.

Nothing here changes a machine finding: :mod:`vidcheck.judged` sets the decisions beside them.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from vidcheck.errors import InputError, UsageError
from vidcheck.store import MANIFEST, adapter, read_manifest
from vidcheck.types import Box, FrameRef, Words

FILE = "decisions.jsonl"
FIRST = "vidcheck decisions 1"
"""Hashed with the clip's SHA-256, this is what the first line follows from."""

LONGEST_TEXT = 4000
LONGEST_NAME = 200

Action = Literal["merge", "split", "drop", "confirm", "reject", "correct", "name", "note", "worn", "revoke"]
TargetKind = Literal["person", "clothing", "text", "lead", "clue", "light", "frame", "clip", "decision"]
DropReason = Literal["", "picture", "reflection", "double", "nobody"]
ExaminerFrom = Literal["option", "environment", "login"]

ENVIRONMENT = "VIDCHECK_EXAMINER"


@dataclass(frozen=True, slots=True)
class View:
    """One box in one frame: where the examiner can have seen what was decided on."""

    frame: FrameRef
    """The frame."""
    box_xyxy_px: Box | None
    """The box, pixels, display orientation; None where the whole frame is meant."""


@dataclass(frozen=True, slots=True)
class TrackAnchor:
    """A track as it was when the decision was made."""

    id: str
    """Its id then."""
    views: tuple[View, ...]
    """Boxes of it from its beginning, middle and end, by which it is found again after another analysis."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a decision is about, held fast by frames and boxes and not by its id alone."""

    kind: TargetKind
    """What sort of thing."""
    id: str
    """Its id then: ``p3``, ``t7``, ``l2``, ``c3``, the index of a shot, ``d4``; empty for a frame and the clip."""
    says: str = ""
    """What the machine said then: a label, a text, a clue."""
    tracks: tuple[TrackAnchor, ...] = ()
    """For a person and their clothing: all tracks of the person."""
    view: View | None = None
    """For other findings: where it is seen."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision before it is written down."""

    action: Action
    """What is done."""
    targets: tuple[Target, ...]
    """What it is done to."""
    at: FrameRef | None = None
    """For a split: the first frame of the second person."""
    value: str = ""
    """The right text, the clothing label, or the name that the examiner gives."""
    reason: DropReason = ""
    """For a drop: a picture or screen, a reflection, a second box on somebody, nobody at all."""
    note: str = ""
    """The examiner's words."""
    basis: str = ""
    """SHA-256 of the part of the analysis that it was made on."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Who decides."""

    name: str
    """As given."""
    source: ExaminerFrom
    """Where the name comes from: a login name is what the system calls the account, and no more."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the file."""

    id: str
    """``d1``, ``d2``, ..."""
    utc: datetime
    """When, in UTC, by the clock of the examiner's machine."""
    local: datetime
    """The same moment with the machine's offset from UTC."""
    zone: str
    """What the machine calls that zone."""
    examiner: str
    """Who."""
    examiner_from: ExaminerFrom
    """Where the name comes from."""
    action: Action
    """What was done."""
    targets: tuple[Target, ...]
    """What it was done to."""
    at: FrameRef | None
    """For a split: the first frame of the second person."""
    value: str
    """The right text, the clothing label, or the name that the examiner gave."""
    reason: DropReason
    """For a drop."""
    note: str
    """The examiner's words."""
    basis: str
    """SHA-256 of the part of the analysis that it was made on."""
    tool: str
    """Version of vidcheck that wrote it."""
    previous: str
    """SHA-256 of the line before, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Record:
    """All decisions of a case folder, and whether the chain holds."""

    decisions: tuple[Decision, ...] = ()
    """In order; where the chain is broken, those up to there that could be read."""
    head: str = ""
    """SHA-256 of the last line, or what the first line would follow from."""
    broken: Words | None = None
    """Where the chain is broken and what that means, or None where it holds."""
    data: bytes = field(default=b"", repr=False)
    """The file as it lies there."""


def first_link(sha256: str) -> str:
    """Return what the first line of a clip's decisions follows from, hexadecimal."""
    return hashlib.sha256(f"{FIRST}\n{sha256}".encode()).hexdigest()


def examiner(given: str | None) -> Examiner:
    """Return who decides: the name given, else ``$VIDCHECK_EXAMINER``, else the login name, marked as such.

    Raises
    ------
    UsageError
        Where the name given is empty or too long, or there is none at all.
    """
    if given is not None:
        return Examiner(_name(given), "option")
    if named := os.environ.get(ENVIRONMENT, "").strip():
        return Examiner(_name(named), "environment")
    try:
        return Examiner(_name(getpass.getuser()), "login")
    except (OSError, KeyError, ImportError) as error:
        raise UsageError("There is no name for the examiner.", "Give one with --examiner NAME.") from error


def _name(text: str) -> str:
    name = " ".join(_clean(text).split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"An examiner's name has 1 to {LONGEST_NAME} characters.", "Give one with --examiner NAME.")
    return name


def _clean(text: str) -> str:
    """Return ``text`` as it can be stored: half a character, as a broken argument holds it, becomes ``?``."""
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def read(folder: Path, sha256: str) -> Record:
    """Read the decisions of a case folder and follow their chain.

    Parameters
    ----------
    folder:
        The case folder; without the file there are no decisions.
    sha256:
        Hash of the clip, with which the chain begins.

    Raises
    ------
    InputError
        Where the file is there and cannot be read.
    """
    try:
        data = (folder / FILE).read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise InputError(f"{folder / FILE} cannot be read ({error.strerror}).", "Check its permissions.") from error
    return follow(data, sha256)


def intact(folder: Path, sha256: str) -> Record:
    """Read the decisions of a case folder, and refuse them where they are not what vidcheck wrote there.

    Raises
    ------
    InputError
        Where the chain is broken, or the file is not the one in the manifest.
    """
    record = read(folder, sha256)
    if (broken := tampered(folder, record)) is not None:
        raise InputError(f"{folder}: {broken.en}", "Go back to an untouched copy, or move the folder away.")
    return record


def tampered(folder: Path, record: Record) -> Words | None:
    """Say where the chain is broken or the decisions are not those that the manifest lists; None where all is well."""
    if record.broken is not None:
        return record.broken
    listed = None
    if record.data or (folder / MANIFEST).exists():
        files = read_manifest(folder)["files"]
        listed = next((item["sha256"] for item in files if item["path"] == FILE), None)
    found = hashlib.sha256(record.data).hexdigest() if record.data else None
    if listed == found:
        return None
    return Words(
        f"{FILE} bukan yang tercatat dalam manifes: baris telah diubah, ditambah atau dihapus.",
        f"{FILE} is not what the manifest says: lines were changed, added or removed.",
    )


def follow(data: bytes, sha256: str) -> Record:
    """Follow the chain through the bytes of a file."""
    link = first_link(sha256)
    found: list[Decision] = []
    lines = data.split(b"\n")
    whole, rest = lines[:-1], lines[-1]
    for number, line in enumerate(whole, start=1):
        try:
            decision: Decision = adapter(Decision).validate_json(line)
        except ValidationError:
            return Record(tuple(found), link, _unreadable(number), data)
        if decision.previous != link:
            return Record(tuple(found), link, _unlinked(number), data)
        if decision.id != f"d{number}":
            return Record(tuple(found), link, _unlinked(number), data)
        found.append(decision)
        link = hashlib.sha256(line).hexdigest()
    if rest:
        return Record(tuple(found), link, _unreadable(len(whole) + 1), data)
    return Record(tuple(found), link, None, data)


def _unlinked(number: int) -> Words:
    if number == 1:
        return Words(
            f"Baris 1 dari {FILE} bukan awal rantai klip ini: baris pertama telah diubah atau dihapus, atau berkas "
            "ini milik klip lain.",
            f"Line 1 of {FILE} does not begin this clip's chain: the first line was changed or removed, or the file "
            "belongs to another clip.",
        )
    return Words(
        f"Baris {number} dari {FILE} tidak menyambung baris {number - 1}: sebuah baris telah diubah, dihapus atau "
        "dipindahkan.",
        f"Line {number} of {FILE} does not follow from line {number - 1}: a line was changed, removed or moved.",
    )


def _unreadable(number: int) -> Words:
    return Words(
        f"Baris {number} dari {FILE} terpotong atau bukan keputusan: berkas telah diubah.",
        f"Line {number} of {FILE} is cut off or is no decision: the file was changed.",
    )


def extend(record: Record, drafts: Sequence[Draft], who: Examiner, tool: str, now: datetime | None = None) -> Record:
    """Return the record with decisions added; nothing is written.

    Parameters
    ----------
    record:
        What is there; its chain must hold.
    drafts:
        What is decided, in order.
    who:
        The examiner.
    tool:
        Version of vidcheck.
    now:
        The moment, zone aware; None takes the clock.

    Raises
    ------
    InputError
        Where the chain is broken.
    UsageError
        Where a text is too long.
    """
    if record.broken is not None:
        raise InputError(record.broken.en, "Go back to an untouched copy of the case folder.")
    local = (now or datetime.now().astimezone()).replace(microsecond=0)
    decisions, link, data = list(record.decisions), record.head, record.data
    for draft in drafts:
        if len(draft.note) > LONGEST_TEXT or len(draft.value) > LONGEST_TEXT:
            raise UsageError(f"A note has at most {LONGEST_TEXT} characters.", "Shorten it.")
        decision = Decision(
            id=f"d{len(decisions) + 1}",
            utc=local.astimezone(UTC),
            local=local,
            zone=local.tzname() or "",
            examiner=who.name,
            examiner_from=who.source,
            action=draft.action,
            targets=draft.targets,
            at=draft.at,
            value=_clean(draft.value),
            reason=draft.reason,
            note=_clean(draft.note),
            basis=draft.basis,
            tool=tool,
            previous=link,
        )
        line = adapter(Decision).dump_json(decision, ensure_ascii=False)
        decisions.append(decision)
        data += line + b"\n"
        link = hashlib.sha256(line).hexdigest()
    return Record(tuple(decisions), link, None, data)
