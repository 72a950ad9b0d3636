"""The ledger of clues as a table for a terminal, and the words for clocks and grades."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from vidcheck.types import Clock, TimeClue, TimeEstimate, Words

_CLOCKS: dict[Clock, Words] = {
    "device": Words(id="jam perangkat", en="a device's clock"),
    "cctv": Words(id="jam CCTV", en="a CCTV clock"),
    "timestamp_app": Words(id="aplikasi cap waktu", en="a timestamp app"),
    "wall_clock": Words(id="jam di tempat kejadian", en="a clock in the scene"),
    "screen": Words(id="jam layar", en="a screen's clock"),
    "platform": Words(id="platform", en="a platform"),
    "editor": Words(id="program penyunting", en="an editing program"),
    "sun": Words(id="matahari", en="the sun"),
    "dress_calendar": Words(id="kalender pakaian", en="the dress calendar"),
    "examiner": Words(id="pemeriksa", en="the examiner"),
    "unknown": Words(id="jam yang tidak diketahui", en="an unknown clock"),
}


def clock_name(clock: Clock) -> Words:
    """Say whose clock it is."""
    return _CLOCKS[clock]


_KINDS: dict[str, Words] = {
    "exact": Words(id="waktu", en="time"),
    "not_before": Words(id="paling awal", en="not before"),
    "not_after": Words(id="paling lambat", en="not after"),
    "day_part": Words(id="bagian hari", en="part of day"),
    "date_hint": Words(id="petunjuk", en="hint"),
}
_GRADES: dict[str, Words] = {
    "strong": Words(id="kuat", en="strong"),
    "moderate": Words(id="sedang", en="moderate"),
    "weak": Words(id="lemah", en="weak"),
    "contextual": Words(id="konteks", en="context"),
}


def ledger(clues: Sequence[TimeClue], result: TimeEstimate, *, lang: str = "en", width: int = 80) -> str:
    """Return the clues as a table for a terminal, and the sentence that follows from them.

    Control characters in what was read are replaced, so that a text in a picture cannot command the terminal.

    Parameters
    ----------
    clues:
        The ledger.
    result:
        The estimate made from it; clues that set it are marked with ``*``.
    lang:
        ``id`` for Bahasa Indonesia, else English.
    width:
        Columns; at least 40.
    """
    width = max(40, width)
    lines = []
    for clue in clues:
        mark = "*" if clue.id in result.clues_used else " "
        head = f"{clue.id:>4}{mark} {_KINDS[clue.kind].get(lang):<13} {_GRADES[clue.grade].get(lang):<9} "
        body = _printable(clue.words.get(lang))
        lines += textwrap.wrap(body, width, initial_indent=head, subsequent_indent=" " * 6)
    lines += ["", *textwrap.wrap(_printable(result.words.get(lang)), width)]
    for conflict in result.conflicts:
        lines += textwrap.wrap("! " + _printable(conflict.words.get(lang)), width, subsequent_indent="  ")
    return "\n".join(lines).strip("\n")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
