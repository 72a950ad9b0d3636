"""The tick test of every clock in the picture, with the frames that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidcheck.clues import overlay
from vidcheck.clues._stamps import Stamp, StampReading
from vidcheck.types import FrameRef
from vidcheck.types import Words as W

if TYPE_CHECKING:  # the draft is made of the parts, which hold these rows
    from vidcheck.report.draft import Draft

_MAX_ROWS, _MAX_PLACES = 24, 6

_VERDICT = {
    "true": W("berjalan sesuai waktu putar klip", "runs with the clip's own time"),
    "frozen": W(
        "tidak bergerak meskipun klip berjalan: jam mati, gambar diam, atau teks tempelan",
        "stands although the clip runs: a dead clock, a still picture, or a caption",
    ),
    "wrong_speed": W(
        "berjalan dengan laju lain: klip diperlambat atau dipercepat",
        "runs at another rate: the clip was slowed down or sped up",
    ),
    "jumps": W(
        "melompat: ada bagian yang dipotong, dibekukan, atau disambung",
        "jumps: a part was cut, frozen or joined",
    ),
    "too_short": W(
        "tidak dapat diuji: selama terlihat, jam belum harus bergerak",
        "cannot be tested: in the time it is seen it need not have moved",
    ),
    "unreadable": W(
        "tidak dapat diuji: pembacaannya saling bertentangan",
        "cannot be tested: its readings contradict each other",
    ),
    "still": W(
        "tidak dapat diuji: berdiri pada gambar diam (slide)",
        "cannot be tested: it stands on a still picture (a slide)",
    ),
}
_RATE = W("laju {rate} (antara {low} dan {high})", "rate {rate} (between {low} and {high})")
_READ = W("{used} dari {all} pembacaan", "{used} of {all} readings")
_JUMP = W(
    "jam {clock} detik sementara klip {clip} detik: {before} → {after}",
    "the clock {clock} s while the clip {clip} s: {before} → {after}",
)
_FLIP = W("pergantian menit: {before} → {after}", "the minute changes: {before} → {after}")
_MORE = W("dan {n} tempat lain", "and {n} more places")
_EDGE = W("terbaca “{raw}” pada {frame}", "read “{raw}” at {frame}")


@dataclass(frozen=True, slots=True)
class TickRow:
    """The tick test of one clock."""

    of: str
    """Id of the text that holds the clock."""
    verdict: str
    """In words."""
    tone: str
    """``warn`` where the clock does not run with the clip, else empty."""
    figures: str
    """Rate with its bounds, and readings used out of how many."""
    places: tuple[str, ...]
    """The frames that show it: first and last reading, jumps, changes of the minute."""


def tick_rows(draft: Draft) -> tuple[TickRow, ...]:
    """Return a row for every clock that was read in the picture."""
    stamps = overlay.clocks(draft.analysis.overlays, draft.analysis.shots)
    return tuple(_row(draft, stamp) for stamp in stamps[:_MAX_ROWS])


def _row(draft: Draft, stamp: Stamp) -> TickRow:
    test, lang = stamp.ticks, draft.lang
    assert test is not None  # `clocks` returns stamps with a clock
    name = "still" if stamp.stands_in_still else test.verdict
    figures = [_READ.get(lang).format(used=len(stamp.used), all=len(stamp.readings))]
    if name in ("true", "wrong_speed") and None not in (test.rate, test.rate_low, test.rate_high):
        low, high = sorted((test.rate_low or 0.0, test.rate_high or 0.0))
        numbers = {"rate": test.rate or 0.0, "low": low, "high": high}
        figures.append(_RATE.get(lang).format(**{key: _decimal(draft, value) for key, value in numbers.items()}))
    ends = stamp.used or stamp.readings
    places = [_edge(draft, ends[0])]
    if ends[-1].frame.index != ends[0].frame.index:
        places.append(_edge(draft, ends[-1]))
    marks = [
        _JUMP.get(lang).format(
            clock=_decimal(draft, jump.clock_advance_s, signed=True),
            clip=_decimal(draft, jump.pts_advance_s, signed=True),
            **_pair(draft, jump.before, jump.after),
        )
        for jump in test.jumps
    ]
    marks += [_FLIP.get(lang).format(**_pair(draft, before, after)) for before, after in test.flips]
    places += marks[:_MAX_PLACES]
    if len(marks) > _MAX_PLACES:
        places.append(_MORE.get(lang).format(n=len(marks) - _MAX_PLACES))
    warn = name in ("frozen", "wrong_speed", "jumps", "unreadable")
    return TickRow(
        stamp.texts[0].id, _VERDICT[name].get(lang), "warn" if warn else "", "; ".join(figures), tuple(places)
    )


def _edge(draft: Draft, reading: StampReading) -> str:
    return _EDGE.get(draft.lang).format(raw=draft.short(reading.raw, 60), frame=draft.fmt.frame(reading.frame))


def _pair(draft: Draft, before: FrameRef, after: FrameRef) -> dict[str, str]:
    return {"before": draft.fmt.frame(before), "after": draft.fmt.frame(after)}


def _decimal(draft: Draft, value: float, *, signed: bool = False) -> str:
    written = f"{value:+.1f}" if signed else f"{value:.2f}"
    return written.replace(".", ",") if draft.lang == "id" else written
