"""vidcheck: a viral clip goes in, an evidence report comes out.

>>> import vidcheck
>>> analysis = vidcheck.analyze("clip.mp4")  # doctest: +SKIP
>>> analysis.people_count  # doctest: +SKIP

The public names are loaded when first used, so that ``import vidcheck`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vidcheck.offline import keep_offline

if TYPE_CHECKING:
    from vidcheck.case import write_case as write_case
    from vidcheck.errors import VidcheckError as VidcheckError
    from vidcheck.pipeline import Settings as Settings
    from vidcheck.pipeline import analyze as analyze
    from vidcheck.types import *  # noqa: F403

__version__ = "0.1.0"

keep_offline()

_TYPES = (
    "Analysis",
    "ClothingObservation",
    "ContentCredential",
    "Conflict",
    "Context",
    "Crop",
    "DecodeError",
    "Detection",
    "Enhancement",
    "FrameRef",
    "FusedFrame",
    "HoursRule",
    "Lead",
    "LightingObservation",
    "OpenException",
    "OverlayText",
    "PeopleCount",
    "Person",
    "RegionReading",
    "RejectedFrame",
    "Shot",
    "Source",
    "StepRun",
    "TextReading",
    "TimeClue",
    "TimeEstimate",
    "Track",
    "Trap",
    "Words",
    "WorkingHoursVerdict",
)
_HOMES = {
    "analyze": "vidcheck.pipeline",
    "Settings": "vidcheck.pipeline",
    "write_case": "vidcheck.case",
    "VidcheckError": "vidcheck.errors",
    **dict.fromkeys(_TYPES, "vidcheck.types"),
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vidcheck' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
