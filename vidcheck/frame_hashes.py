"""Hashes of decoded frames: they tell whether another decoder, years later, sees the same pixels.

A file's hash says that the bytes are the same; only the hash of its frames says that they were decoded alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from vidcheck.media import U8, Clip
from vidcheck.types import Analysis, FrameRef, PeopleCount, Shot

MAX_FRAMES = 48
"""How many frames of a clip are hashed at most, spread over it evenly."""


@dataclass(frozen=True, slots=True)
class FrameHash:
    """One decoded frame and its hash."""

    index: int
    """Decode ordinal from 0."""
    pts: int
    """Presentation timestamp in ticks."""
    time_s: float
    """Seconds from the first frame."""
    sha256: str
    """SHA-256 over the pixels as displayed: rows from the top, 8-bit blue, green, red, without padding."""


def key_frames_of(analysis: Analysis) -> tuple[FrameRef, ...]:
    """Return the :func:`key_frames` of an analysis."""
    counts = [*([analysis.people_count] if analysis.people_count else []), *analysis.clothing_counts.values()]
    return key_frames(analysis.shots, counts)


def key_frames(shots: Iterable[Shot], counts: Iterable[PeopleCount]) -> tuple[FrameRef, ...]:
    """Return the frames on which the report rests most: the best of each shot, and those that show the counts."""
    refs = {shot.best.index: shot.best for shot in shots}
    refs |= {ref.index: ref for count in counts for ref in count.basis_frames[:1]}
    listed = sorted(refs.values(), key=lambda ref: ref.index)
    if len(listed) <= MAX_FRAMES:
        return tuple(listed)
    return tuple(listed[i] for i in np.linspace(0, len(listed) - 1, MAX_FRAMES).round().astype(int))


def hash_frames(clip: Clip, refs: Iterable[FrameRef], decoded: Mapping[int, U8] | None = None) -> tuple[FrameHash, ...]:
    """Hash the pixels of frames, in order of time.

    Parameters
    ----------
    clip:
        The open clip.
    refs:
        Which frames.
    decoded:
        Frames that were decoded already, by index: uint8 of shape (h, w, 3). The others are decoded.
    """
    refs, known = list(refs), decoded or {}
    found = {ref.index: _hash(ref, known[ref.index]) for ref in refs if ref.index in known}
    found |= {
        frame.ref.index: _hash(frame.ref, frame.bgr) for frame in clip.read(r for r in refs if r.index not in known)
    }
    return tuple(found[index] for index in sorted(found))


def _hash(ref: FrameRef, bgr: U8) -> FrameHash:
    return FrameHash(ref.index, ref.pts, ref.time_s, hashlib.sha256(np.ascontiguousarray(bgr).tobytes()).hexdigest())
