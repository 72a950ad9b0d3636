"""Links between pairs of tracks, millions of them in a long clip of a crowd, and the order in which they are taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Links = npt.NDArray[np.void]
LinkKind = Literal["still", "stayed", "resumed", "elsewhere"]
RANKS: dict[LinkKind, int] = {"still": 0, "stayed": 1, "resumed": 1, "elsewhere": 2}
"""Which kind is taken before which, the lowest first."""
KINDS = tuple(RANKS)
"""Kinds of links; in :data:`LINK` they are named by their place here."""
LINK = np.dtype([("a", "i4"), ("b", "i4"), ("kind", "i1"), ("certain", "?"), ("alike", "f8")])
"""Rows of two tracks that may be one person, the lower first, the best reason, and the likeness of their colours."""
_RANK_OF = np.array(list(RANKS.values()), dtype=np.int8)
_PART = 1 << 18  # links sorted together, about: 5 MB
_MARKS = 32  # samples of so many, for cutting sorted parts in like places


class LinkTable:
    """Links, added in any order and taken the surest first, without a second copy of them all.

    Parameters
    ----------
    names:
        Place of each track's id among the ids in order, by row: decides between links that are equal otherwise.
    """

    def __init__(self, names: I32) -> None:
        self._names = names
        self._new: list[Links] = []
        self._held = 0
        self._parts: list[Links] = []

    def __len__(self) -> int:
        return self._held + sum(map(len, self._parts))

    def add(self, links: Links) -> None:
        """Add links, an array of :data:`LINK`."""
        self._new.append(links)
        self._held += len(links)
        if self._held >= _PART:
            self._settle()

    def parts(self) -> list[Links]:
        """Return all links, in parts and in no order."""
        self._settle()
        return self._parts

    def in_order(self) -> Iterator[Links]:
        """Yield all links in parts, the surest first.

        Certain ones come before others, then the kind decides, then the likeness, then the tracks' ids.
        """
        parts = self.parts()
        marks = np.sort(np.concatenate([_key(part[:: _PART // _MARKS]) for part in parts] or [np.empty(0)]))
        cuts = np.concatenate((np.unique(marks[_MARKS::_MARKS]), [np.inf]))  # about as many links between two
        ends = [np.searchsorted(_key(part), cuts, side="right") for part in parts]
        begun = [0] * len(parts)
        for number in range(len(cuts)):
            until = [int(end[number]) for end in ends]
            together = np.concatenate([part[s:e] for part, s, e in zip(parts, begun, until, strict=True)] or [_NONE])
            yield self._sorted(together)
            begun = until

    def _settle(self) -> None:
        if self._held:
            self._parts.append(self._sorted(np.concatenate(self._new)))
        self._new, self._held = [], 0

    def _sorted(self, links: Links) -> Links:
        keys = (
            self._names[links["b"]],
            self._names[links["a"]],
            -links["alike"],
            _RANK_OF[links["kind"]],
            ~links["certain"],
        )
        return links[np.lexsort(keys)]


_NONE: Links = np.empty(0, dtype=LINK)


def _key(links: Links) -> F64:
    """A number that never falls along sorted links; close likenesses may share one."""
    classes = _RANK_OF[links["kind"]] + len(RANKS) * ~links["certain"]
    key: F64 = 2.0 * classes - links["alike"]
    return key
