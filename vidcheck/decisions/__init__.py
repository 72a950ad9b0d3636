"""Human judgement: the decisions of an examiner, chained by hash, and what the findings are after them.

``record`` is the file and its chain, ``anchors`` what a decision holds on to, ``drafts`` makes decisions, and
``judged`` and ``timed`` set them beside the machine's findings, which never change.
"""

from vidcheck.decisions.drafts import check, draft
from vidcheck.decisions.judged import Figure, Judged, Outcome, apply
from vidcheck.decisions.record import (
    FILE,
    Decision,
    Draft,
    Examiner,
    Record,
    examiner,
    extend,
    follow,
    intact,
    read,
    tampered,
)
from vidcheck.decisions.timed import JudgedTime, without_rejected

__all__ = [
    "FILE",
    "Decision",
    "Draft",
    "Examiner",
    "Figure",
    "Judged",
    "JudgedTime",
    "Outcome",
    "Record",
    "apply",
    "check",
    "draft",
    "examiner",
    "extend",
    "follow",
    "intact",
    "read",
    "tampered",
    "without_rejected",
]
