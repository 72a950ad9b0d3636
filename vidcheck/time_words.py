"""The sentence that follows from the clues."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from vidcheck._spans import Spans
from vidcheck.facts import wording
from vidcheck.ledger import clock_name
from vidcheck.types import Conflict, TimeClue, Words

_MOST_PARTS = 4
"""More separate stretches than this are not listed in the sentence."""


def _according(setters: list[str], by_id: dict[str, TimeClue]) -> Words:
    names = list(dict.fromkeys(by_id[id_].clock for id_ in setters))
    ids = ", ".join(setters)
    return Words(
        id=f"menurut {' dan '.join(clock_name(name).id for name in names)} ({ids})",
        en=f"according to {' and '.join(clock_name(name).en for name in names)} ({ids})",
    )


def say_estimate(
    current: Spans,
    best: datetime | None,
    setters: list[str],
    by_id: dict[str, TimeClue],
    conflicts: list[Conflict],
    weights: tuple[float, ...] | None,
    zone: ZoneInfo | None,
    condition: Words | None = None,
) -> Words:
    """Say in a sentence what the interval is and by whose clock, then what else there is to know."""
    low, high = current.hull
    if low is None and high is None:
        said = Words(
            id="Tidak ada petunjuk yang membatasi waktu perekaman; waktunya tidak diketahui.",
            en="No clue bounds the time of recording; it is not known.",
        )
    else:
        by = _according(setters, by_id)
        if low is None and high is not None:
            end = wording.moment(high, zone)
            said = Words(
                id=f"Direkam paling lambat {end.id} {by.id}; seberapa lama sebelumnya tidak diketahui.",
                en=f"Recorded no later than {end.en} {by.en}; how long before is not known.",
            )
        elif high is None and low is not None:
            start = wording.moment(low, zone)
            said = Words(
                id=f"Direkam paling awal {start.id} {by.id}; batas akhirnya tidak diketahui.",
                en=f"Recorded no earlier than {start.en} {by.en}; how long after is not known.",
            )
        else:
            assert low is not None and high is not None
            between = wording.span(low, high, zone)
            if best is not None:
                said = Words(id=f"Direkam {between.id} {by.id}.", en=f"Recorded {between.en} {by.en}.")
            else:
                width = wording.duration(high - low)
                said = Words(
                    id=f"Direkam antara {between.id} (rentang {width.id}) {by.id}.",
                    en=f"Recorded between {between.en} (a span of {width.en}) {by.en}.",
                )
    extra_id, extra_en = [said.id], [said.en]
    if condition is not None:
        extra_id.append(condition.id)
        extra_en.append(condition.en)
    if zone is not None and 1 < len(current.parts) <= _MOST_PARTS:
        stretches = [wording.span(a, b, zone) for a, b in current.parts if a is not None and b is not None]
        if len(stretches) == len(current.parts):
            extra_id.append(f"Di dalamnya hanya mungkin: {'; atau '.join(part.id for part in stretches)}.")
            extra_en.append(f"Within it only these are possible: {'; or '.join(part.en for part in stretches)}.")
    if weights is not None:
        likely = _hours_text(weights)
        extra_id.append(f"Bagian hari yang cocok: pukul {likely}; tanggalnya tidak ditentukan oleh ini.")
        extra_en.append(f"Hours of the day that fit: {likely}; this does not set a date.")
    unused = [clue.id for clue in by_id.values() if clue.grade == "weak" and clue.kind == "exact"]
    if unused:
        extra_id.append(f"Petunjuk lemah {', '.join(unused)} tidak dipakai.")
        extra_en.append(f"Weak clue{'s' if len(unused) > 1 else ''} {', '.join(unused)} not used.")
    if conflicts:
        pairs = "; ".join(" - ".join(conflict.clues) for conflict in conflicts)
        extra_id.append(f"Ada pertentangan: {pairs}.")
        extra_en.append(f"There are conflicts: {pairs}.")
    return Words(id=" ".join(extra_id), en=" ".join(extra_en))


def _hours_text(weights: tuple[float, ...]) -> str:
    fitting = [hour for hour, weight in enumerate(weights) if weight >= 0.5]
    runs: list[list[int]] = []
    for hour in fitting:
        if runs and runs[-1][1] == hour - 1:
            runs[-1][1] = hour
        else:
            runs.append([hour, hour])
    return ", ".join(f"{a:02d}-{b + 1:02d}" for a, b in runs)
