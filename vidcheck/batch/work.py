"""One clip, from the file to its case folder: the same function for every kind of worker."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from vidcheck import __version__, case, case_decisions, kept_views, limits, pictures, pipeline, reposts, store
from vidcheck.batch.inputs import MEDIA_SUFFIXES
from vidcheck.batch.records import Findings, Job, Record, TextFound, Worked
from vidcheck.errors import (
    EXIT_INCOMPLETE,
    EXIT_OK,
    EXIT_UNEXPECTED,
    DependencyError,
    InputError,
    ModelError,
    NoPicture,
    NotMedia,
    OutputError,
    VidcheckError,
)
from vidcheck.types import Analysis, PeopleCount

log = logging.getLogger(__name__)

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM)
STATE = ".batch"
"""Folder below the output folder: records and fingerprints. It can be deleted; the clips are then analysed again, from
the step cache."""


def record_path(out: Path, folder: str) -> Path:
    """Return where the record of a case folder lies."""
    return out / STATE / "records" / f"{folder}.json"


def fingerprint_path(out: Path, sha256: str) -> Path:
    """Return where the fingerprint of a clip lies."""
    return out / STATE / "fingerprints" / f"{sha256}.npz"


def analyse(job: Job) -> Worked:
    """Analyse one clip, write its case folder, and say how it went. Nothing is raised: a bad clip is an outcome."""
    began = time.perf_counter()
    limits.use(job.settings.limits)
    try:
        findings = _analyse(job)
    except MemoryError:
        return _failed(job, InputError(f"{job.path.name} needs more memory than there is."), began)
    except Exception as error:
        return _failed(job, error, began)
    incomplete = bool(findings.failed_steps)
    worked = Worked(
        status="incomplete" if incomplete else "done",
        findings=findings,
        error=f"Steps that failed: {', '.join(findings.failed_steps)}." if incomplete else "",
        exit_code=EXIT_INCOMPLETE if incomplete else EXIT_OK,
        seconds=round(time.perf_counter() - began, 3),
        peak_bytes=peak_bytes(),
    )
    record = Record(job.key, job.sha256, job.names, worked)
    try:
        store.write_atomic(record_path(job.out, job.folder), store.to_json(record, Record))
    except OutputError as error:
        return _failed(job, error, began)
    return worked


def _analyse(job: Job) -> Findings:
    pixels = kept_views.KeptPixels(with_faint=True, also=pictures.missing)
    analysis = pipeline.analyze(job.path, job.settings, workdir=job.workdir, pixels=pixels)
    if analysis.source.sha256 != job.sha256:
        raise InputError(f"{job.path.name} has changed while the batch ran.", "Run the batch again.")
    folder = case.write_case(
        analysis, job.path, job.out, lang=job.lang, named_after=f"{job.folder}.clip", pixels=pixels
    )
    if job.workdir is not None:
        case_decisions.remember(job.workdir, job.sha256, folder)
    kept = fingerprint_path(job.out, job.sha256)
    if job.fingerprint and reposts.load(kept) is None:
        reposts.save(kept, reposts.fingerprint(job.path, job.settings.limits))
    return findings_of(analysis, folder)


def _failed(job: Job, error: Exception, began: float) -> Worked:
    known = isinstance(error, VidcheckError)
    if not known:
        log.warning("%s failed", job.path.name, exc_info=error)
    said = str(error) if known else f"Unexpected error ({type(error).__name__}: {' '.join(str(error).split())[:300]})."
    other = isinstance(error, NotMedia | NoPicture) and job.path.suffix.lower() not in MEDIA_SUFFIXES
    return Worked(
        status="skipped" if other else "failed",
        findings=None,
        error=said,
        exit_code=error.exit_code if isinstance(error, VidcheckError) else EXIT_UNEXPECTED,
        seconds=round(time.perf_counter() - began, 3),
        peak_bytes=peak_bytes(),
        ends_batch=_meets_all(error),
    )


def _meets_all(error: Exception) -> bool:
    """Whether every other clip would meet the same: no detector, a broken library, no space, no permission."""
    cause = error.__cause__
    disk = isinstance(error, OutputError) and isinstance(cause, OSError)
    return isinstance(error, ModelError | DependencyError) or (disk and getattr(cause, "errno", None) in _DISK)


def findings_of(analysis: Analysis, folder: Path) -> Findings:
    """Return the few figures that tables need.

    Parameters
    ----------
    analysis:
        The whole.
    folder:
        Its case folder: a picture is named only if it is there.
    """
    estimate, source = analysis.time_estimate, analysis.source
    texts = [TextFound(t.kind, t.text, t.first.time_s, t.last.time_s) for t in analysis.overlays]
    texts += [
        TextFound(lead.kind, lead.text, lead.frames[0].time_s, lead.frames[-1].time_s)
        for lead in analysis.leads
        if lead.frames
    ]
    return Findings(
        kind=source.kind,
        duration_s=source.duration_s,
        width_px=source.width_px,
        height_px=source.height_px,
        size_bytes=source.size_bytes,
        has_audio=source.has_audio,
        people=None if analysis.people_count is None else _bare(analysis.people_count),
        clothing={label: _bare(count) for label, count in analysis.clothing_counts.items()},
        place=analysis.context.place,
        url=analysis.context.url,
        posted=analysis.context.posted,
        earliest=estimate.earliest if estimate else None,
        latest=estimate.latest if estimate else None,
        best=estimate.best if estimate else None,
        working_hours=analysis.working_hours.answer if analysis.working_hours else None,
        not_after=tuple(replace(c, frames=()) for c in analysis.clues if c.kind == "not_after" and c.latest),
        texts=tuple(texts),
        picture=_picture(analysis, folder),
        failed_steps=tuple(run.step for run in analysis.steps if run.status == "failed"),
    )


def _bare(count: PeopleCount) -> PeopleCount:
    return replace(count, basis_frames=())


def _picture(analysis: Analysis, folder: Path) -> str | None:
    """The sharpest shot that is not black."""
    shots = sorted((s for s in analysis.shots if s.kind != "black"), key=lambda s: (-s.sharpness, s.index))
    names = (f"media/shot-{shot.index}.jpg" for shot in shots)
    return next((name for name in names if (folder / name).is_file()), None)


def peak_bytes() -> int:
    """Return the most memory that this process, or a program it started, has used."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))
    unit = 1 if sys.platform == "darwin" else 1024
    own, helpers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(own, helpers) * unit


def greet(out: Path) -> tuple[str, str, bool]:
    """Say who this worker is: machine, version of vidcheck, and whether it sees the output folder."""
    return socket.gethostname(), __version__, (out / STATE).is_dir()
