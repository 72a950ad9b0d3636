"""What workers do in the tests of the pool: behave, die, grow. Importable by a fresh process."""

from __future__ import annotations

import os
import signal
import time

from vidcheck.batch.records import Job, Worked

_KEPT: list[bytearray] = []


def work(job: Job) -> Worked:
    """Act as the name of the clip says."""
    tried = job.out / f"{job.folder}.tried"
    count = len(tried.read_text()) if tried.exists() else 0
    tried.write_text("x" * (count + 1))
    if job.folder.startswith("dies-once") and count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if job.folder.startswith("dies-always"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.folder.startswith("grows"):
        hoard = [bytearray(os.urandom(1 << 20)) for _ in range(600)]
        time.sleep(30)
        del hoard
    if job.folder.startswith("leaks") or (job.folder.startswith("loads") and not _KEPT):
        _KEPT.append(bytearray(os.urandom(1 << 20)) * 250)  # made in place: a copy beside it could pass the limit
    if job.folder.startswith("slow"):
        time.sleep(60)
    return Worked("done", None, f"pid {os.getpid()} threads {os.environ.get('OMP_NUM_THREADS')}", 0, 0.0, 0)
