"""How many processors one process may use, so that several workers on one machine do not fight over them.

Restricting the process to its processors is what all libraries heed: OpenVINO, also where ultralytics compiles the
model and takes no number of threads, OpenCV, torch and the video decoders count the processors they may run on. Where a
system has no such call, the environment names the number.
"""

from __future__ import annotations

import os
import sys

_NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VIDCHECK_THREADS")


def usable() -> int:
    """Return how many processors this process may use; ``VIDCHECK_THREADS`` lowers it."""
    if sys.platform == "linux":
        here = len(os.sched_getaffinity(0))
    else:
        here = os.cpu_count() or 1
    said = os.environ.get("VIDCHECK_THREADS", "")
    return max(1, min(here, int(said))) if said.isdigit() else here


def count(most: int) -> int:
    """Return how many threads a model should use, at most ``most``."""
    return min(most, usable())


def share(worker: int, workers: int) -> frozenset[int] | None:
    """Return the processors of one worker out of several, None where this system cannot restrict a process.

    Parameters
    ----------
    worker:
        From 0.
    workers:
        How many there are; more than processors share them in turn.
    """
    if sys.platform != "linux":
        return None
    processors = sorted(os.sched_getaffinity(0))
    if workers >= len(processors):
        return frozenset({processors[worker % len(processors)]})
    return frozenset(processors[worker * len(processors) // workers : (worker + 1) * len(processors) // workers])


def restrict(processors: frozenset[int] | None, number: int) -> None:
    """Keep this process on ``processors``, or to ``number`` threads; call it before the libraries are loaded."""
    if processors is not None and sys.platform == "linux":
        os.sched_setaffinity(0, processors)
        number = len(processors)
    for name in _NAMES:
        os.environ[name] = str(number)
