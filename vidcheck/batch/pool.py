"""Workers of this machine: one process each, started afresh, with a pipe of its own.

The executors of the standard library end all work when one worker dies, and a queue that workers share keeps its lock
when the one that holds it is killed. Here a worker that dies, for want of memory or by a crash in a decoder, costs the
clip it had in hand a second try, and nobody else anything.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import psutil

from vidcheck import threads
from vidcheck.batch.records import Job, Worked
from vidcheck.errors import EXIT_UNEXPECTED

ATTEMPTS = 2
_LOOK_S = 0.5
_STOP_S = 5.0
_GROWN = 1.3  # times the memory after the first clip: one that stays at that is as good as a fresh one

Work = Callable[[Job], Worked]


@dataclass
class _Worker:
    """One process and what it has in hand."""

    number: int
    process: BaseProcess
    pipe: Connection
    job: Job | None = None
    attempt: int = 0
    over_memory: bool = False
    settled: int = 0
    """Memory after its first clip, bytes: what the models take in any worker."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One job that ended."""

    job: Job
    """The job."""
    worked: Worked
    """How."""
    attempts: int
    """How often it was taken up."""


class LocalPool:
    """Workers on this machine. Use as a context manager: leaving it ends them.

    Parameters
    ----------
    workers:
        How many.
    memory_bytes:
        Most memory of one worker; one that needs more is ended, and its clip has failed.
    work:
        What a worker does; a function that can be imported.
    """

    def __init__(self, workers: int, memory_bytes: int, work: Work) -> None:
        self._context: Any = multiprocessing.get_context("spawn")
        self._memory = memory_bytes
        self._work = work
        self._count = workers
        self._workers: dict[int, _Worker] = {}
        self.started: Callable[[Job], None] = lambda job: None
        """Called when a job is handed to a worker."""

    def __enter__(self) -> LocalPool:
        """Return the pool itself; workers start with the first job."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End every worker, whatever it does."""
        for worker in self._workers.values():
            worker.process.terminate()  # all at once: each may need a moment to clean up
        for worker in list(self._workers.values()):
            self._end(worker)

    def run(self, jobs: Iterable[Job]) -> Iterator[Finished]:
        """Work on the jobs and yield them as they end, each once."""
        waiting = iter(jobs)
        again: deque[tuple[Job, int]] = deque()
        more = True
        while True:
            while (more or again) and (free := self._free()) is not None:
                if again:
                    job, attempt = again.popleft()
                else:
                    following = next(waiting, None)
                    if following is None:
                        more = False
                        continue
                    job, attempt = following, 1
                if not self._hand(free, job, attempt):
                    again.append((job, attempt))
            busy = [w for w in self._workers.values() if w.job is not None]
            if not busy:
                return
            ready = set(wait([w.pipe for w in busy] + [w.process.sentinel for w in busy], _LOOK_S))
            for worker in busy:
                if worker.pipe in ready or worker.process.sentinel in ready:
                    ended = self._collect(worker)
                    if isinstance(ended, Finished):
                        yield ended
                    else:
                        again.append(ended)
                else:
                    self._watch(worker)

    def _free(self) -> int | None:
        """Number of a worker that has nothing to do."""
        for number in range(self._count):
            worker = self._workers.get(number)
            if worker is None or worker.job is None:
                return number
        return None

    def _hand(self, number: int, job: Job, attempt: int) -> bool:
        worker = self._workers.get(number)
        if worker is not None and (not worker.process.is_alive() or self._has_grown(worker)):
            self._end(worker)
            worker = None
        if worker is None:
            worker = self._workers[number] = self._start(number)
        try:
            worker.pipe.send(job)
        except OSError:  # it died while idle: the job was never begun
            self._end(worker)
            return False
        worker.job, worker.attempt = job, attempt
        self.started(job)
        return True

    def _start(self, number: int) -> _Worker:
        ours, theirs = self._context.Pipe()
        share = threads.share(number, self._count)
        each = max(1, threads.usable() // self._count)
        process = self._context.Process(
            target=_serve, args=(theirs, self._work, share, each), name=f"vidcheck-{number}", daemon=False
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours)

    def _end(self, worker: _Worker) -> None:
        self._workers.pop(worker.number, None)
        worker.pipe.close()
        worker.process.terminate()
        worker.process.join(_STOP_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def _collect(self, worker: _Worker) -> Finished | tuple[Job, int]:
        """Take what a worker has to say, or the job back from one that died."""
        job, attempt = worker.job, worker.attempt
        assert job is not None
        try:
            worked: Worked = worker.pipe.recv()
        except (EOFError, OSError):
            self._end(worker)
            if worker.over_memory:
                limit = f"It needs more than {self._memory / 1e6:.0f} MB of memory."
                return Finished(job, _died(f"{limit} Give it more with --memory, or analyse it alone."), attempt)
            if attempt < ATTEMPTS:
                return job, attempt + 1
            code = worker.process.exitcode or 0
            cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            return Finished(
                job, _died(f"Its worker died {attempt} times ({cause}). Analyse it alone to see why."), attempt
            )
        worker.job = None
        worker.settled = worker.settled or self._memory_of(worker)
        return Finished(job, worked, attempt)

    def _has_grown(self, worker: _Worker) -> bool:
        """Whether a fresh one would leave more room for the next clip."""
        return self._memory_of(worker) > max(self._memory / 2, worker.settled * _GROWN)

    def _watch(self, worker: _Worker) -> None:
        if self._memory_of(worker) > self._memory:
            worker.over_memory = True
            worker.process.kill()

    def _memory_of(self, worker: _Worker) -> int:
        try:
            return int(psutil.Process(worker.process.pid).memory_info().rss)
        except psutil.Error:
            return 0


def _died(why: str) -> Worked:
    return Worked("failed", None, why, EXIT_UNEXPECTED, 0.0, 0)


def _serve(pipe: Connection, work: Work, share: frozenset[int] | None, each: int) -> None:
    """The life of a worker: take a job, do it, say how it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    # Ending in order lets the case folder in hand be cleaned up; a second signal does not wait for that.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_follow_parent, daemon=True).start()
    threads.restrict(share, each)
    if not os.environ.get("VIDCHECK_DEBUG"):
        # Decoders write warnings past Python; they would run into the progress of the parent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(work(job))


def _follow_parent() -> None:
    """End with the parent, also where it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
