"""Which clips are one recording, from pairs that match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from vidcheck.reposts.matching import ClipMatch

MUTUAL = 0.25
"""Share of the longer clip's keyframes that must match for the two to be copies as a whole."""


def group(count: int, matches: Sequence[ClipMatch]) -> list[int]:
    """Return the number of the group of each clip.

    Clips of which most match are one group. A clip that lies within a longer one joins it, unless the longer one holds
    clips of several groups one after another: a compilation joins none of them, or all its parts would become one.

    Parameters
    ----------
    count:
        Number of clips.
    matches:
        Pairs that match.
    """
    parent = list(range(count))

    def root(clip: int) -> int:
        while parent[clip] != clip:
            parent[clip] = parent[parent[clip]]
            clip = parent[clip]
        return clip

    def unite(a: int, b: int) -> None:
        low, high = sorted((root(a), root(b)))
        parent[high] = low

    within: dict[int, list[tuple[int, ClipMatch]]] = defaultdict(list)
    for match in sorted(matches, key=lambda m: -m.score):
        if match.longer_share >= MUTUAL:
            unite(match.a, match.b)
        else:
            longer, part = (match.a, match.b) if match.a_is_longer else (match.b, match.a)
            within[longer].append((part, match))
    for longer, parts in sorted(within.items()):
        spans: dict[int, tuple[float, float]] = {}
        for part, match in parts:
            times = [f.a_time_s if match.a_is_longer else f.b_time_s for f in match.frames]
            low, high = spans.get(root(part), (min(times), max(times)))
            spans[root(part)] = (min(low, *times), max(high, *times))
        ordered = sorted(spans.values())
        apart = any(first[1] < second[0] for first, second in pairwise(ordered))
        if not apart:
            for part, _ in parts:
                unite(longer, part)
    return [root(clip) for clip in range(count)]
