"""Copies of one recording among many clips: found, proved frame by frame, and grouped into events."""

from __future__ import annotations

from vidcheck.reposts.fingerprints import VERSION, Fingerprint, fingerprint, load, save
from vidcheck.reposts.grouping import group
from vidcheck.reposts.matching import ClipMatch, FrameMatch, find_matches
from vidcheck.reposts.settings import MatchSettings

__all__ = [
    "VERSION",
    "ClipMatch",
    "Fingerprint",
    "FrameMatch",
    "MatchSettings",
    "find_matches",
    "fingerprint",
    "group",
    "load",
    "save",
]
