"""The tick test: a printed clock's advance against presentation time. No pixels, no text.

A clock that prints steps of ``q`` seconds and runs at rate ``r`` obeys ``c <= a + r t < c + q`` for every
reading ``c`` at presentation time ``t``. Explaining the readings by as few straight stretches as possible, with
misreadings left out at a price, tells a true clock (one stretch, ``r = 1``) from a frozen one (``r = 0``), from
a clip that was slowed or sped up (another ``r``), and from one that was cut (several stretches). The stretches
are found by dynamic programming (Viterbi) over the rates and offsets that the readings themselves propose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from vidcheck.types import FrameRef

Verdict = Literal["true", "frozen", "wrong_speed", "jumps", "too_short", "unreadable"]

_MISREAD_COST = 1.0
_BREAK_COST = 2.5  # a jump has to be carried by three readings before it beats calling them misread
_ODD_RATE_COST = 1.5
_MAX_OFFSETS = 400
_SETTLED_RATES = (0.5, 2.0)  # a course whose possible rates reach beyond these says nothing about the speed


@dataclass(frozen=True, slots=True)
class Tick:
    """One reading of the clock."""

    frame: FrameRef
    """The frame."""
    clock_s: float
    """What the clock printed, in seconds from any fixed origin."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where the clock does not go on as presentation time does."""

    before: FrameRef
    """Last frame on the old course."""
    after: FrameRef
    """First frame on the new course."""
    clock_advance_s: float
    """Seconds that the printed clock moved between the two."""
    pts_advance_s: float
    """Seconds of presentation time between the two."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Readings on one course."""

    first: FrameRef
    """First frame."""
    last: FrameRef
    """Last frame."""
    rate: float
    """Clock seconds per second of presentation time: 1 true, 0 frozen."""
    readings: int
    """Readings that lie on it."""


@dataclass(frozen=True, slots=True)
class TickTest:
    """What the clock's advance says about the clip."""

    verdict: Verdict
    """``true``: runs with presentation time; ``frozen``: stands although it should have moved; ``wrong_speed``;
    ``jumps``; ``too_short``: it need not have moved in the time that was seen; ``unreadable``: the readings
    contradict each other."""
    rate: float | None
    """Clock seconds per second of presentation time over the longest stretch; None where nothing was measured."""
    rate_low: float | None
    """Lowest rate that fits the readings of that stretch."""
    rate_high: float | None
    """Highest rate that fits the readings of that stretch."""
    clock_at_zero_s: tuple[float, float] | None
    """Where the clock runs true: the interval, in the clock's seconds, of its time at presentation time 0."""
    stretches: tuple[Stretch, ...]
    """The courses, in order of time."""
    jumps: tuple[Jump, ...]
    """The places between them."""
    flips: tuple[tuple[FrameRef, FrameRef], ...]
    """Pairs of frames between which a minute-only clock changed: second-level alignment."""
    used: tuple[int, ...]
    """Positions of the readings that lie on a course."""
    rejected: tuple[int, ...]
    """Positions of the readings taken for misread."""
    span_s: float
    """Presentation time from the first to the last used reading, in seconds."""


def seconds_of(moment: datetime) -> float:
    """Return a naive local moment as seconds, for :class:`Tick`."""
    return (moment - datetime(2000, 1, 1)).total_seconds()


def tick_test(ticks: Sequence[Tick], precision_s: int, *, tolerance_s: float = 0.35) -> TickTest:
    """Compare the clock's advance with presentation time.

    Parameters
    ----------
    ticks:
        Readings; any order, at least one.
    precision_s:
        Step that the clock prints, in seconds: 1 or 60.
    tolerance_s:
        How far a true clock's display may lag or lead; overlays are drawn up to a few frames late.
    """
    if not ticks:
        return TickTest("unreadable", None, None, None, None, (), (), (), (), (), 0.0)
    order = sorted(range(len(ticks)), key=lambda i: (ticks[i].frame.time_s, ticks[i].frame.index))
    t = np.array([ticks[i].frame.time_s for i in order])
    c = np.array([ticks[i].clock_s for i in order])
    q = float(precision_s)
    rates, offsets = _courses(t, c, q, tolerance_s)
    path = _best_path(t, c, q, tolerance_s, rates, offsets)
    return _judge([ticks[i] for i in order], order, t, c, q, tolerance_s, rates, path)


def _courses(
    t: npt.NDArray[np.float64], c: npt.NDArray[np.float64], q: float, tol: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Propose (rate, offset) courses: true and frozen ones, and odd rates that many pairs agree on."""
    pairs: list[tuple[float, float]] = []
    for rate in (1.0, 0.0, *_odd_rates(t, c, q)):
        residual = c - rate * t
        # a course a fits reading i where a - q - tol < residual_i <= a + tol: candidates end at a reading
        candidates = np.unique(np.round(np.concatenate([residual, residual + q - tol]), 3))
        if candidates.size > _MAX_OFFSETS:
            support = (
                (residual[None, :] <= candidates[:, None] + tol) & (residual[None, :] > candidates[:, None] - q - tol)
            ).sum(axis=1)
            candidates = candidates[np.argsort(-support, kind="stable")[:_MAX_OFFSETS]]
        pairs.extend((rate, float(a)) for a in candidates)
    table = np.array(pairs)
    return table[:, 0], table[:, 1]


def _odd_rates(t: npt.NDArray[np.float64], c: npt.NDArray[np.float64], q: float) -> list[float]:
    n = len(t)
    if n < 5 or np.ptp(c) <= q:
        return []
    i, j = np.triu_indices(n, k=max(3, n // 4))
    dt = t[j] - t[i]
    keep = dt > 2 * q if np.ptp(t) > 4 * q else dt > 0.5 * np.ptp(t)
    if not keep.any():
        return []
    slopes = (c[j] - c[i])[keep] / dt[keep]
    slopes = slopes[(np.abs(slopes) < 64) & (np.abs(slopes - 1) > 0.02) & (np.abs(slopes) > 0.02)]
    found: list[float] = []
    for _ in range(3):
        if slopes.size < 3:
            break
        width = np.maximum(0.05, 0.08 * np.abs(slopes))
        votes = (np.abs(slopes[None, :] - slopes[:, None]) < width[:, None]).sum(axis=1)
        centre = slopes[int(np.argmax(votes))]
        near = np.abs(slopes - centre) < max(0.05, 0.08 * abs(centre))
        found.append(round(float(np.median(slopes[near])), 3))
        slopes = slopes[~near]
    simple = [round(1 / k, 4) for k in (2, 3, 4)] + [0.75, 1.25, 1.5, 2.0, 3.0, 4.0]
    return list(dict.fromkeys(found + [s for s in simple if any(abs(s - f) < 0.12 * s for f in found)]))


def _best_path(
    t: npt.NDArray[np.float64],
    c: npt.NDArray[np.float64],
    q: float,
    tol: float,
    rates: npt.NDArray[np.float64],
    offsets: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Viterbi: state of every reading, -1 where it lies on no course."""
    n, k = len(t), len(rates)
    predicted = offsets[None, :] + rates[None, :] * t[:, None]
    gap = predicted - c[:, None]
    fits = (gap >= -tol) & (gap < q + tol)
    strict = (gap >= 0) & (gap < q)
    emission = np.where(fits, np.where(strict, 0.0, 0.02), _MISREAD_COST)
    start = np.where((rates == 1.0) | (rates == 0.0), 0.0, _ODD_RATE_COST) + np.where(rates == 0.0, 0.01, 0.0)
    cost = start + emission[0]
    back = np.zeros((n, k), dtype=np.int64)
    for i in range(1, n):
        cheapest = int(np.argmin(cost))
        switch = cost[cheapest] + _BREAK_COST + start
        stay = cost
        back[i] = np.where(stay <= switch, np.arange(k), cheapest)
        cost = np.minimum(stay, switch) + emission[i]
    path = np.empty(n, dtype=np.int64)
    path[-1] = int(np.argmin(cost))
    for i in range(n - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    states = path.copy()
    for i in range(n):
        if not fits[i, path[i]]:
            states[i] = -1
    return states


def _one_course(
    t: npt.NDArray[np.float64],
    c: npt.NDArray[np.float64],
    members: list[int],
    rate: float,
    q: float,
    tol: float,
) -> bool:
    """Whether one offset at this rate fits all of these readings."""
    residual = c[members] - rate * t[members]
    return bool(np.ptp(residual) < q + 2 * tol)


def _rate_bounds(t: npt.NDArray[np.float64], c: npt.NDArray[np.float64], q: float, tol: float) -> tuple[float, float]:
    """Range of rates for which one course fits all readings: pairwise bounds, exact for two unknowns."""
    dt = t[None, :] - t[:, None]
    dc = c[None, :] - c[:, None]
    ahead = dt > 1e-9
    if not ahead.any():
        return float("-inf"), float("inf")
    slack = q + 2 * tol
    return float(((dc - slack)[ahead] / dt[ahead]).max()), float(((dc + slack)[ahead] / dt[ahead]).min())


def _judge(
    ticks: Sequence[Tick],
    order: Sequence[int],
    t: npt.NDArray[np.float64],
    c: npt.NDArray[np.float64],
    q: float,
    tol: float,
    rates: npt.NDArray[np.float64],
    path: npt.NDArray[np.int64],
) -> TickTest:
    used = [i for i in range(len(ticks)) if path[i] >= 0]
    rejected = [i for i in range(len(ticks)) if path[i] < 0]
    groups: list[list[int]] = []
    for i in used:
        last = path[groups[-1][-1]] if groups else -1
        rate_i = float(rates[path[i]])
        same = last == path[i] or (
            last >= 0 and rates[last] == rate_i and _one_course(t, c, [*groups[-1], i], rate_i, q, tol)
        )
        if same:
            groups[-1].append(i)
        else:
            groups.append([i])
    stretches = tuple(Stretch(ticks[g[0]].frame, ticks[g[-1]].frame, float(rates[path[g[0]]]), len(g)) for g in groups)
    jumps = tuple(
        Jump(ticks[a[-1]].frame, ticks[b[0]].frame, float(c[b[0]] - c[a[-1]]), float(t[b[0]] - t[a[-1]]))
        for a, b in pairwise(groups)
    )
    longest = max(groups, key=len) if groups else []
    span = float(t[used[-1]] - t[used[0]]) if used else 0.0
    low = high = None
    if len(longest) > 1:
        low, high = _rate_bounds(t[longest], c[longest], q, tol)
        low, high = max(low, -1000.0), min(high, 1000.0)
    rate = float(rates[path[longest[0]]]) if longest else None
    verdict = _verdict(len(ticks), used, len(groups), low, high, span, q, tol, c)
    zero: tuple[float, float] | None = None
    if longest and verdict in ("true", "too_short", "jumps") and (rate == 1.0 or verdict == "too_short"):
        base = c[longest] - t[longest]
        first, last = float(base.max()), float((base + q).min())
        zero = (first, last) if first < last else ((first + last) / 2 - tol, (first + last) / 2 + tol)
    flips = tuple(
        (ticks[a].frame, ticks[b].frame) for a, b in pairwise(used) if q >= 60 and c[b] - c[a] == q and t[b] - t[a] < q
    )
    return TickTest(
        verdict,
        rate,
        low,
        high,
        zero,
        stretches,
        jumps,
        flips,
        tuple(sorted(order[i] for i in used)),
        tuple(sorted(order[i] for i in rejected)),
        round(span, 6),
    )


def _verdict(
    n: int,
    used: Sequence[int],
    courses: int,
    low: float | None,
    high: float | None,
    span: float,
    q: float,
    tol: float,
    c: npt.NDArray[np.float64],
) -> Verdict:
    if len(used) < max(1, 0.6 * n):
        return "unreadable"
    if courses > 1:
        return "jumps"
    if low is None or high is None or span <= 0:
        return "too_short"
    if np.ptp(c[list(used)]) == 0:
        return "frozen" if span > q + 2 * tol else "too_short"
    if not low <= 1.0 <= high:
        return "wrong_speed"
    return "true" if low > _SETTLED_RATES[0] and high < _SETTLED_RATES[1] else "too_short"
