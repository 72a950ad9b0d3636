"""Add human decisions to a case folder: the file, the report and the manifest change together, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidcheck import __version__, case_uco, decisions, report, store
from vidcheck.case import read_case
from vidcheck.errors import InputError, OutputError, UsageError
from vidcheck.staging import locked, staged
from vidcheck.types import Analysis

_POINTER = "case-folder.json"

Proposal = Callable[[Analysis, decisions.Judged], decisions.Draft]
"""Makes a decision from the findings as they stand, or raises UsageError."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A case folder after decisions were added."""

    analysis: Analysis
    """What the machine found."""
    record: decisions.Record
    """All decisions."""
    judged: decisions.Judged
    """What the findings are after them."""


def read(folder: Path) -> Decided:
    """Return findings and decisions of a case folder.

    Raises
    ------
    InputError
        Where it is no case folder, or the decisions were tampered with.
    """
    analysis = read_case(folder)
    record = decisions.intact(folder, analysis.source.sha256)
    return Decided(analysis, record, decisions.apply(analysis, record.decisions))


def decide(
    folder: Path,
    proposals: Sequence[Proposal],
    who: decisions.Examiner,
    *,
    lang: str | None = None,
    clip_path: Path | None = None,
    with_report: bool = True,
    head: str | None = None,
) -> Decided:
    """Add human decisions to a case folder: all of them, or none.

    Parameters
    ----------
    folder:
        The case folder.
    proposals:
        Each is given the findings after the decisions before it. With none, the report is written anew.
    who:
        The examiner.
    lang:
        Language of the report; None keeps the one it has.
    clip_path:
        The original, whose hash is compared again for the report; None says there that this was not done.
    with_report:
        Whether the report is written anew too.
    head:
        Where given: what the chain must end in, so that nobody decides on what they have not seen.

    Raises
    ------
    UsageError
        Where a decision does not fit the findings, or others have been added meanwhile.
    InputError
        Where it is no case folder, or not what its manifest says.
    OutputError
        Where it cannot be written.
    """
    folder = folder.resolve()
    with locked(folder):
        _check_untouched(folder)
        now = read(folder)
        analysis, record, judged = now.analysis, now.record, now.judged
        if head is not None and head != record.head:
            raise UsageError("Another decision was added meanwhile.", "Look at it first, then decide again.")
        for propose in proposals:
            record = decisions.extend(record, [propose(analysis, judged)], who, __version__)
            judged = decisions.check(analysis, record.decisions)
        with staged(folder) as stage:
            shutil.copytree(folder, stage, copy_function=_link, symlinks=True, dirs_exist_ok=True)
            if record.data:
                store.write_atomic(stage / decisions.FILE, record.data)
            if with_report:
                report.write_report(analysis, stage, lang=lang or report.language_of(folder), clip_path=clip_path)
            case_uco.write_export(analysis, stage)  # it holds the hashes of decisions and report
            store.renew_manifest(stage)
    return Decided(analysis, record, judged)


def _check_untouched(folder: Path) -> None:
    """Refuse a case folder that is not what its manifest says: a new manifest would hide that."""
    if differences := store.verify(folder):
        first = differences[0]
        raise InputError(
            f"{folder} is not what its manifest says ({first.what}: {first.path}).",
            "Go back to an untouched copy, and keep your own files elsewhere.",
        )


def _link(source: str, target: str) -> None:
    """Put a file into the stage without copying it where the disk can do that; files are replaced, never changed."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def remember(workdir: Path, sha256: str, folder: Path) -> None:
    """Note in the step cache of a clip where its last case folder was written; no reason to fail."""
    try:
        store.write_atomic(workdir / sha256 / _POINTER, json.dumps({"folder": str(folder.resolve())}).encode())
    except OutputError:
        return


def last_folder(workdir: Path, sha256: str) -> Path | None:
    """Return the last case folder that was written for a clip, or None where none is known or it is gone."""
    try:
        folder = Path(json.loads((workdir / sha256 / _POINTER).read_bytes())["folder"])
        return folder if read_case(folder).source.sha256 == sha256 else None
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
