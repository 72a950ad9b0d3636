"""What the light says: a part of the day, with weights over the local hour. Wide by nature, never a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

from vidcheck import sun
from vidcheck.clues._make import make
from vidcheck.facts.places import Place
from vidcheck.types import Grade, LightingLabel, LightingObservation, TimeClue, Words

_SAYS: dict[str, tuple[str, str]] = {
    "outdoor_day": ("siang hari di luar ruangan", "daylight outdoors"),
    "twilight": ("senja atau fajar", "twilight"),
    "outdoor_night": ("malam di luar ruangan", "night outdoors"),
    "indoor_daylight": ("ruangan dengan cahaya siang", "a room with daylight coming in"),
    "indoor_artificial": ("ruangan dengan lampu saja", "a room with artificial light only"),
}
SURE = 0.9
"""Calibrated probability from which a clear label counts as moderate instead of weak; a judgement."""


def clues(
    lighting: Sequence[LightingObservation],
    *,
    zone: ZoneInfo | None,
    place: Place | None = None,
    day: date | None = None,
) -> tuple[TimeClue, ...]:
    """Return one clue for each kind of light that the shots show.

    Shots of one kind are not independent: they give one clue, with the weights of the likeliest shot.

    Parameters
    ----------
    lighting:
        One observation for each shot; ``unknown`` gives no clue.
    zone:
        Zone of the place, or None.
    place:
        The place, for sun times; else the envelope over the zone or all of Indonesia.
    day:
        The local date, where other clues fix it; else the envelope over the year.
    """
    by_label: dict[LightingLabel, list[LightingObservation]] = {}
    for observation in lighting:
        if observation.label != "unknown":
            by_label.setdefault(observation.label, []).append(observation)
    return tuple(_clue(label, shots, zone, place, day) for label, shots in by_label.items())


def _clue(
    label: LightingLabel,
    shots: list[LightingObservation],
    zone: ZoneInfo | None,
    place: Place | None,
    day: date | None,
) -> TimeClue:
    best = max(shots, key=lambda shot: shot.probability)
    lat, lon = (place.lat, place.lon) if place is not None else (None, None)
    name = place.tz if place is not None else zone.key if zone is not None else None
    probabilities = {key: p for key, p in best.alternatives.items() if key in get_args(LightingLabel) and p > 0}
    if not probabilities:
        probabilities = {label: best.probability, "unknown": max(0.0, 1.0 - best.probability)}
    tables = {
        key: sun.hour_weights_for(key, date=day, lat=lat, lon=lon, zone=name)  # type: ignore[arg-type]
        for key in probabilities
    }
    weights = sun.combine_hour_weights(probabilities, tables)
    factor = sun.odds_factor_working_hours(weights)
    grade: Grade = "weak"
    if label in ("outdoor_day", "outdoor_night") and best.probability >= SURE:
        grade = "moderate"
    elif label == "indoor_artificial":
        grade = "contextual"
    says_id, says_en = _SAYS[label]
    shot_list = ", ".join(str(shot.shot + 1) for shot in shots[:12])
    shown = f"{factor:.1f}"
    return make(
        "day_part", "lighting", "sun", grade,
        Words(
            id=f"Cahaya pada potongan {shot_list}: {says_id}. Mengubah peluang \u201cdalam "
            "07.30-16.00\u201d dengan "
            f"faktor {shown.replace('.', ',')}.",
            en=f"Light in shot {shot_list}: {says_en}. It shifts the odds of \u201cwithin 07:30-16:00\u201d "
            "by a "
            f"factor of {shown}.",
        ),
        basis=f"{label} p={best.probability:.2f}", hour_weights=weights,
        frames=tuple(frame for shot in shots for frame in shot.frames[:1]),
        caveats=(
            Words(
                id="Cahaya hanya menunjukkan bagian hari, bukan jam; lampu terang, tirai, dan penyuntingan "
                "warna menyesatkan.",
                en="Light tells a part of the day, not a time; bright lamps, curtains and colour editing "
                "mislead.",
            ),
        ),
    )  # fmt: skip
