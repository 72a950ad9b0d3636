"""The run of a batch: plan, work, group, write the tables."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import psutil

from vidcheck import store, threads
from vidcheck.batch import inputs, work
from vidcheck.batch.cluster import ClusterPool
from vidcheck.batch.events import find_events
from vidcheck.batch.index import write_index
from vidcheck.batch.planning import Plan, make_plan
from vidcheck.batch.pool import LocalPool
from vidcheck.batch.records import BatchResult, Entry, Job, Outcome, Worked
from vidcheck.batch.tables import write_tables
from vidcheck.errors import UsageError, VidcheckError
from vidcheck.steps import Settings

_MEMORY_SHARE = 0.9  # of what is free at the start, shared among the workers
_STALE_S = 3600.0  # a report takes seconds to write


class Watcher(Protocol):
    """Told while a batch runs; every method may do nothing."""

    def reading(self, done: int, total: int) -> None:
        """So many files have been read for their hash."""

    def planned(self, jobs: int, finished: int) -> None:
        """So many analyses there are, so many of them finished earlier."""

    def started(self, job: Job) -> None:
        """A worker takes up a clip."""

    def ended(self, job: Job, worked: Worked) -> None:
        """A clip has ended."""

    def grouping(self) -> None:
        """All clips have ended; copies are looked for."""


class Silent:
    """A watcher that does nothing."""

    def reading(self, done: int, total: int) -> None:
        """Do nothing."""

    def planned(self, jobs: int, finished: int) -> None:
        """Do nothing."""

    def started(self, job: Job) -> None:
        """Do nothing."""

    def ended(self, job: Job, worked: Worked) -> None:
        """Do nothing."""

    def grouping(self) -> None:
        """Do nothing."""


class BatchStopped(VidcheckError):
    """Something that every clip would meet: the run ended early, what was finished is kept."""

    def __init__(self, worked: Worked) -> None:
        super().__init__(worked.error, "What was finished is kept; run the same command again to go on.")
        self.exit_code = worked.exit_code


@dataclass(frozen=True, slots=True)
class _Ended:
    worked: Worked
    attempts: int
    reused: bool


def run(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    lang: str = "en",
    workers: int | None = None,
    scheduler: str | None = None,
    memory_bytes: int | None = None,
    workdir: str | os.PathLike[str] | None = None,
    reposts: bool = True,
    watcher: Watcher | None = None,
) -> BatchResult:
    """Analyse every clip and photo of a folder or list; see docs/run-a-batch.md.

    Writes a case folder for each clip, and ``index.html``, ``results.csv``, ``results.parquet``, ``results.sqlite`` and
    ``failures.csv`` over all. Running it again goes on where it was: a finished clip is analysed again only where
    the clip, its options, the settings, a model or the version of a step changed.

    Parameters
    ----------
    source:
        A folder, taken with its subfolders, or a list (CSV).
    out:
        Folder for everything that is written.
    settings:
        What to do and how; a list overrides place and time for its clips.
    lang:
        Language of the reports, ``id`` or ``en``.
    workers:
        Processes on this machine; None takes as many as half the processors.
    scheduler:
        Address of a Dask scheduler; its workers are used instead.
    memory_bytes:
        Most memory of one local worker; None shares out what is free.
    workdir:
        Folder of the step cache; None keeps nothing.
    reposts:
        Whether to look for copies of one recording.
    watcher:
        Told while it runs.

    Raises
    ------
    InputError
        Where the folder or list cannot be read.
    ListError
        Where the list cannot be meant; nothing was started.
    UsageError
        Where another batch writes to ``out``, or the scheduler cannot be used.
    BatchStopped
        Where every clip would meet the same: no space, no detector, a broken library.
    """
    began = time.perf_counter()
    base, target, watch = settings or Settings(), Path(out).resolve(), watcher or Silent()
    entries = inputs.entries(Path(source), base, not_in=target)
    with _alone(target):
        plan = make_plan(
            entries,
            target,
            lang=lang,
            workdir=None if workdir is None else Path(workdir).resolve(),
            fingerprint=reposts,
            tell=lambda done: watch.reading(done, len(entries)),
        )
        watch.planned(len(plan.jobs), len(plan.finished))
        ended = {n: _Ended(worked, 1, True) for n, worked in plan.finished.items()}
        count = workers or max(1, threads.usable() // 2)
        if todo := [n for n in range(len(plan.jobs)) if n not in ended]:
            with _pool(scheduler, target, count, memory_bytes) as pool:
                pool.started = watch.started
                position = {plan.jobs[n].folder: n for n in todo}
                for finished in pool.run(plan.jobs[n] for n in todo):
                    ended[position[finished.job.folder]] = _Ended(finished.worked, finished.attempts, False)
                    watch.ended(finished.job, finished.worked)
                    if finished.worked.ends_batch:
                        raise BatchStopped(finished.worked)
        watch.grouping()
        kept = {n: e for n, e in sorted(ended.items()) if e.worked.findings is not None}
        events, number_of = find_events([(plan.jobs[n], e.worked) for n, e in kept.items()], compare=reposts)
        outcomes = _outcomes(entries, plan, ended, number_of)
        peak = max((e.worked.peak_bytes for e in ended.values() if not e.reused), default=0)
        result = BatchResult(outcomes, events, round(time.perf_counter() - began, 3), peak, count)
        write_tables(result, target)
        write_index(result, target, lang=lang)
    return result


def _pool(scheduler: str | None, out: Path, workers: int, memory_bytes: int | None) -> ClusterPool | LocalPool:
    if scheduler is not None:
        return ClusterPool(scheduler, out)
    memory = memory_bytes or int(psutil.virtual_memory().available * _MEMORY_SHARE / workers)
    return LocalPool(workers, memory, work.analyse)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other batches out of the folder, and remove what workers that died have left half-written."""
    from filelock import FileLock, Timeout

    state = out / work.STATE
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state / "lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"Another batch is writing to {out}.", "Wait for it, or choose another folder with -o."
        ) from error
    except OSError as error:
        raise store.output_error(out, error) from error
    try:
        _sweep(out)
        yield
    finally:
        _sweep(out)
        lock.release()


def _sweep(out: Path) -> None:
    """Remove what processes that are gone have left: folders that were being built, and locks of other machines."""
    for lock in out.glob(".*.vidcheck-lock"):
        with suppress(OSError):
            if time.time() - lock.stat().st_mtime > _STALE_S:
                lock.unlink()
    for stage in out.glob(".vidcheck-*-*"):
        pid = stage.name.split("-")[1]
        try:
            old = time.time() - stage.stat().st_mtime > _STALE_S
        except OSError:
            continue
        if pid.isdigit() and (old or not psutil.pid_exists(int(pid))):
            shutil.rmtree(stage, ignore_errors=True)


def _outcomes(
    entries: list[Entry], plan: Plan, ended: dict[int, _Ended], number_of: dict[str, int]
) -> tuple[Outcome, ...]:
    found = []
    for position, entry in enumerate(entries):
        number = plan.job_of[position]
        job = None if number is None else plan.jobs[number]
        end = _Ended(plan.problems[position], 1, False) if number is None else ended[number]
        worked = end.worked
        if worked.status == "skipped" and entry.line is not None:
            worked = replace(worked, status="failed")  # whoever lists a file means it
        has_case = job is not None and worked.findings is not None
        found.append(
            Outcome(
                name=entry.name,
                line=entry.line,
                status=worked.status,
                reused=end.reused,
                error=worked.error,
                exit_code=worked.exit_code,
                sha256=None if job is None else job.sha256,
                folder=job.folder if job is not None and has_case else None,
                findings=worked.findings,
                event=number_of.get(job.folder) if job is not None and has_case else None,
                case_id=entry.case_id,
                notes=entry.notes,
                seconds=worked.seconds,
                attempts=end.attempts,
            )
        )
    return tuple(found)
