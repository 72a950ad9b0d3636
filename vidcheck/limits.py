"""What is refused, or left out and said, before a file from a stranger costs memory or time.

Every limit can be raised by name, on the command line with ``--limit NAME=VALUE``; the messages say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from vidcheck.errors import UsageError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "s": 1, "min": 60, "h": 3600, "mb": 10**6, "gb": 10**9}
_VALUE = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)")


def _limit(default: float, name: str) -> float:
    made: float = field(default=default, metadata={"name": name})
    return made


@dataclass(frozen=True, slots=True)
class Limits:
    """Each has a name of one word under which it is raised."""

    max_side_px: float = _limit(16384, "side")
    """``side``: longest side of a clip's picture, pixels; a photo may be four times as long."""
    max_pixels: float = _limit(200_000_000, "pixels")
    """``pixels``: largest picture, pixels."""
    max_duration_s: float = _limit(12 * 3600.0, "duration")
    """``duration``: a clip that states more is refused; frames that lie later are left out, and that is said."""
    max_frames: float = _limit(2_000_000, "frames")
    """``frames``: decoding stops there, and that is said."""
    max_memory_bytes: float = _limit(4e9, "memory")
    """``memory``: of the process that decodes, bytes."""
    max_wall_s: float = _limit(24 * 3600.0, "time")
    """``time``: how long one clip may be in work, seconds."""
    max_stall_s: float = _limit(120.0, "stall")
    """``stall``: how long the decoder may be silent over one frame until it counts as hung, seconds."""

    def raised(self, given: Iterable[str]) -> Limits:
        """Return these limits with those of the form ``NAME=VALUE`` set; values may carry k, M, G, s, min, h, MB, GB.

        >>> Limits().raised(["duration=30h", "memory=8GB"]).max_duration_s
        108000.0

        Raises
        ------
        UsageError
            Where there is no such limit, or the value is no positive number.
        """
        by_name = {str(item.metadata["name"]): item.name for item in fields(self)}
        changed: dict[str, float] = {}
        for text in given:
            name, _, value = text.partition("=")
            if name not in by_name:
                raise UsageError(f"There is no limit {name!r}.", f"Limits: {', '.join(by_name)}.")
            match = _VALUE.fullmatch(value.strip().lower())
            if match is None or match[2] not in _UNITS or not float(match[1]):
                raise UsageError(f"--limit {text}: the value is no number.", "Write it like duration=30h.")
            changed[by_name[name]] = float(match[1]) * _UNITS[match[2]]
        return replace(self, **changed)


_in_force = Limits()


def in_force() -> Limits:
    """Return the limits of this process: the defaults, or those that :func:`use` has set."""
    return _in_force


def use(limits: Limits) -> None:
    """Set the limits of this process: the command line does with ``--limit``, a worker with those of its job."""
    global _in_force
    _in_force = limits


def remedy(name: str, value: object) -> str:
    """Return what to do about a limit that was met."""
    return f"Raise it with --limit {name}={value} if you trust the file."
