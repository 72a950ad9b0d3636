"""When two frames, and two clips, are taken to show the same recording."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """When two frames, and two clips, are taken to show the same recording."""

    tables: int = 16
    """Bucket tables over features; more find weaker copies and cost more."""
    bits: int = 32
    """Bits of a feature's bucket."""
    crowded: int = 64
    """Buckets that hold more clips than this name nothing in particular, or a clip with very many copies: each of their
    clips gets but ``neighbours`` pairs, which chain all copies together."""
    neighbours: int = 6
    """Pairs of each clip in a crowded bucket."""
    votes: int = 5
    """Votes of one pair of frames that make it a candidate."""
    candidates: int = 12
    """Most clips that one clip is compared with, best voted first; other moments of its fixed camera not counted."""
    moments: int = 60
    """Most clips of its fixed camera that one clip is told apart from."""
    tries: int = 4
    """Pairs of frames, best voted first, that are laid over each other before two clips are taken to be strangers."""
    min_inliers: int = 8
    """Features that must agree on one transformation."""
    max_scale: float = 3.0
    """Largest change of scale between two copies."""
    max_turn_deg: float = 20.0
    """Largest rotation between two copies, degrees."""
    phash_distance: int = 60
    """Bits of 256 in which two whole-picture hashes may differ to be laid over each other."""
    phash_quality: int = 50
    """Hashes of a lower quality (0..100) are not used."""
    agreement: float = 0.45
    """Share of the textured shared blocks that must agree."""
    min_area: float = 0.15
    """Share of each picture without borders that must be shared."""
    share: float = 0.34
    """Share of the keyframes of the clip with fewer of them that must match."""
    still: tuple[float, float] = (0.2, 0.4)
    """Share of the textured picture that agrees from keyframe to keyframe where a camera stands still: at least so much
    in either of two clips that match, and so much in one of them."""
    moving_cells: float = 0.45
    """Share of the cells with movement that must move alike where the camera stands still."""
    moving_still: float = 0.5
    """Correlation that a still picture must have with a moment of the clip, where things move in the clip."""
