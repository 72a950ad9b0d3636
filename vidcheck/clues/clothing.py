"""Clothing against the dress calendar: a hint at the date, for the reader. It never narrows the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from vidcheck.clues._make import make
from vidcheck.facts import dress, wording
from vidcheck.types import ClothingObservation, FrameRef, TimeClue, Words


def clues(
    clothing: Sequence[ClothingObservation],
    *,
    zone: ZoneInfo | None = None,
    day: date | None = None,
    place: str | None = None,
) -> tuple[TimeClue, ...]:
    """Return one contextual clue for each class of clothing that has usual days.

    Parameters
    ----------
    clothing:
        Observations; those that abstained are passed over.
    zone:
        Not used; every source of clues takes it.
    day:
        The local date, where other clues fix it: then the clue says whether the class is usual on it.
    place:
        Name of the place, where known: some governments said that they do not follow a rule.
    """
    found = []
    for label, rule in dress.rules().items():
        seen = [one for one in clothing if one.label == label and not one.abstained]
        if not seen:
            continue
        match_id, match_en = _on(rule, day, place) if day is not None else ("", "")
        frames: dict[int, FrameRef] = {}
        for one in seen:
            for crop in one.crops[:1]:
                frames.setdefault(crop.frame.index, crop.frame)
        found.append(
            make(
                "date_hint", "clothing", "dress_calendar", "contextual",
                Words(
                    id=f"Pakaian {len(seen)} orang sesuai dengan {_NAMES[label][0]}. "
                    f"{rule.words.id}{match_id}",
                    en=f"Clothing of {len(seen)} {'person' if len(seen) == 1 else 'people'} is consistent "
                    "with "
                    f"{_NAMES[label][1]}. {rule.words.en}{match_en}",
                ),
                basis=f"{label} x{len(seen)} {' '.join(rule.sources)}", frames=tuple(frames.values()),
                caveats=(
                    Words(
                        id="Aturan pakaian berbeda menurut daerah; pakaian bukan bukti tanggal dan bukan "
                        "bukti status.",
                        en="Dress rules differ by region; clothing proves neither a date nor a status.",
                    ),
                ),
            )
        )  # fmt: skip
    return tuple(found)


_NAMES = {
    "korpri_batik": ("batik Korpri", "Korpri batik"),
    "pdh_khaki": ("PDH khaki", "khaki office dress"),
    "pdh_white": ("PDH kemeja putih", "a white office shirt"),
    "batik_other": ("batik lain", "other batik"),
}


def _on(rule: dress.DressRule, day: date, place: str | None) -> tuple[str, str]:
    said = wording.day(day)
    usual = rule.usual(day, place=place)
    if usual is None:
        return f" {said.id}: lazim hanya di sebagian daerah.", f" {said.en}: usual in some regions only."
    if usual:
        return f" {said.id}: lazim.", f" {said.en}: usual."
    return f" {said.id}: tidak lazim.", f" {said.en}: not usual."
