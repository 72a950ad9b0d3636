"""Workers of many machines: the same function, handed to Dask distributed.

Every worker must see clips, output folder and step cache under the same paths.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from vidcheck import __version__
from vidcheck.batch import work
from vidcheck.batch.pool import Finished
from vidcheck.batch.records import Job, Worked
from vidcheck.errors import EXIT_UNEXPECTED, DependencyError, UsageError

_WAIT_S = 30
_AHEAD = 2  # jobs at the scheduler for each worker: none waits for us, and no million of them is kept in memory


class ClusterPool:
    """Workers of a Dask scheduler. Use as a context manager: leaving it gives back what was not begun.

    Parameters
    ----------
    address:
        Address of the scheduler, for example ``tcp://10.0.0.5:8786``.
    out:
        The output folder, which every worker must see.

    Raises
    ------
    DependencyError
        Where Dask is not installed.
    UsageError
        Where no scheduler answers, it has no workers, or a worker is of another version or sees other folders.
    """

    def __init__(self, address: str, out: Path) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise DependencyError(
                "--scheduler needs Dask distributed, which is not installed.", "Run: pip install 'vidcheck[dask]'"
            ) from error
        try:
            connect: Any = Client
            self._client: Any = connect(address, timeout=_WAIT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(f"No Dask scheduler answers at {address}.", "Start one with: dask scheduler") from error
        try:
            self.workers = self._check(address, out)
            """How many workers there were at the start."""
        except BaseException:
            self._client.close()
            raise
        self.started: Callable[[Job], None] = lambda job: None
        """Called when a job is handed over."""

    def _check(self, address: str, out: Path) -> int:
        known = self._client.scheduler_info(n_workers=-1)["workers"]
        if not known:
            raise UsageError(
                f"The scheduler at {address} has no workers.", f"Start some with: dask worker {address} --nthreads 1"
            )
        if many := [name for name, worker in known.items() if worker["nthreads"] != 1]:
            raise UsageError(
                f"The worker {many[0]} runs several clips in one process.", "Start workers with --nthreads 1."
            )
        for name, (host, version, sees) in self._client.run(work.greet, out).items():
            if version != __version__:
                raise UsageError(f"The worker {name} on {host} has vidcheck {version}, this is {__version__}.")
            if not sees:
                raise UsageError(
                    f"The worker {name} on {host} does not see {out}.", "Name a folder that all machines share."
                )
        return len(known)

    def __enter__(self) -> ClusterPool:
        """Return the pool itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the scheduler; it drops what was not begun."""
        self._client.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[Finished]:
        """Work on the jobs and yield them as they end, each once.

        A job whose worker dies is given to another by the scheduler; after so many deaths as the scheduler allows
        (``distributed.scheduler.allowed-failures``), it has failed.
        """
        waiting = iter(jobs)
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        pending: dict[str, tuple[Job, Any]] = {}
        more = True
        while True:
            while more and len(pending) < _AHEAD * self.workers:
                job = next(waiting, None)
                if job is None:
                    more = False
                    break
                future = self._client.submit(work.analyse, job, key=f"vidcheck-{job.folder}-{job.key}", pure=False)
                pending[future.key] = (job, future)
                future.add_done_callback(ended.put)
                self.started(job)
            if not pending:
                return
            future = ended.get()
            if future.key not in pending:
                continue
            job, _ = pending.pop(future.key)
            yield Finished(job, self._result(future), 1)

    def _result(self, future: Any) -> Worked:
        try:
            worked: Worked = future.result()
        except Exception as error:  # whatever ended the worker
            said = " ".join(str(error).split())[:300]
            return Worked(
                "failed", None, f"Its workers died ({type(error).__name__}: {said}).", EXIT_UNEXPECTED, 0.0, 0
            )
        return worked
