"""Many clips: one case folder each, one table over all, copies of one recording grouped into events.

>>> from vidcheck import batch
>>> result = batch.run("clips", "out", workers=2)  # doctest: +SKIP
>>> [(o.name, o.status) for o in result.outcomes]  # doctest: +SKIP

Workers are fresh processes: a script that calls :func:`run` needs the usual ``if __name__ == "__main__":``.
"""

from __future__ import annotations

from vidcheck.batch.inputs import COLUMNS, ListError
from vidcheck.batch.records import (
    BatchResult,
    CopyOf,
    Entry,
    Event,
    Findings,
    Job,
    MatchedPair,
    Outcome,
    Status,
    TextFound,
    Worked,
)
from vidcheck.batch.running import BatchStopped, Watcher, run

__all__ = [
    "COLUMNS",
    "BatchResult",
    "BatchStopped",
    "CopyOf",
    "Entry",
    "Event",
    "Findings",
    "Job",
    "ListError",
    "MatchedPair",
    "Outcome",
    "Status",
    "TextFound",
    "Watcher",
    "Worked",
    "run",
]
