"""Persons to what their clothing is consistent with: Korpri batik, khaki, white uniform, other batik.

A person is judged, not a crop: the large, free and sharp views along the tracks are chosen, the network's
calibrated answers are averaged with their quality as weight, and where that does not support a class the
answer is ``unclear``.
A finding says what cloth is seen. It never says who somebody is or where they work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidcheck import clothing_crops, clothing_model, media
from vidcheck.clothing_crops import Torso
from vidcheck.clothing_model import CLASSES, ClothingModel
from vidcheck.kept_views import KeptViews
from vidcheck.types import (
    ClothingLabel,
    ClothingObservation,
    Crop,
    Detection,
    JsonObject,
    Person,
    StepResult,
    Track,
    Words,
)

VERSION = "3"
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

_LABELS: tuple[ClothingLabel, ...] = (
    "korpri_batik", "pdh_khaki", "pdh_white", "batik_other", "other_uniform", "civilian",
)  # fmt: skip

_HARD = ("pdh_white", "other_uniform")

WORDS: dict[ClothingLabel, Words] = {
    "korpri_batik": Words("pakaian sesuai dengan batik Korpri", "clothing consistent with Korpri batik"),
    "pdh_khaki": Words("pakaian sesuai dengan PDH khaki", "clothing consistent with the khaki service uniform (PDH)"),
    "pdh_white": Words("pakaian sesuai dengan PDH putih", "clothing consistent with the white service uniform (PDH)"),
    "batik_other": Words("pakaian sesuai dengan batik lain", "clothing consistent with another batik"),
    "other_uniform": Words("pakaian sesuai dengan seragam lain", "clothing consistent with another uniform"),
    "civilian": Words("pakaian sesuai dengan pakaian biasa", "clothing consistent with everyday clothes"),
    "unclear": Words("pakaian tidak dapat ditentukan", "clothing that cannot be determined"),
}
"""How each label is worded for people."""


@dataclass(frozen=True, slots=True)
class ClothingSettings:
    """How clothing is looked at and when the answer is ``unclear``."""

    model: str = "clothing"
    """Name in the registry, or a path."""
    views_read: int = 12
    """Views of each person that are decoded to measure their sharpness, at most."""
    views_used: int = 6
    """Views of each person that the network sees, at most: the best of those decoded."""
    views_first: int = 3
    """Views that it sees first; the others follow unless these leave no doubt about everyday clothes."""
    plainly_civilian: float = 0.75
    """Calibrated probability of everyday clothes in the first views from which there is no doubt, ..."""
    hardly_korpri: float = 0.02
    """... provided that Korpri batik is no likelier than this. A finding of a uniform always rests on all views."""
    min_torso_px: float = 20.0
    """Shorter side of the largest torso, pixels, under which nothing is answered."""
    min_free: float = 0.4
    """Share of a torso that must be free of nearer people for the view to be used."""
    min_probability: float = 0.45
    """Calibrated probability under which the answer is ``unclear``."""
    min_probability_korpri: float = 0.80
    """The same for Korpri batik, the finding with the gravest consequence."""
    min_probability_uniform: float = 0.60
    """The same for white and other uniforms, which are hard to tell from shirts and jackets."""
    explain_views: int = 1
    """Views of each Korpri finding whose decisive regions are worked out; 0 for none."""


def classify_clothing(
    clip: media.Clip,
    persons: Sequence[Person],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    settings: ClothingSettings | None = None,
    kept: KeptViews | None = None,
) -> StepResult[tuple[ClothingObservation, ...]]:
    """Say what each person's clothing is consistent with.

    Every person gets an observation. Its ``crops`` are the torsos that were used, best first; for a Korpri
    finding they are followed by the regions of the first torso that carried the answer (see
    :func:`split_crops`).

    Parameters
    ----------
    clip:
        The open clip; only frames of chosen views that are not kept are decoded.
    persons, tracks, detections:
        What the people step found.
    kept:
        Views to prefer, whose pixels need no decoding; None chooses among all boxes.

    Raises
    ------
    ModelError, DependencyError
        Where the network cannot be loaded.
    """
    settings = settings or ClothingSettings()
    model = clothing_model.load(settings.model)
    size_px = (clip.source.width_px, clip.source.height_px)
    by_id = {track.id: track for track in tracks}
    in_frame: dict[int, list[int]] = {}
    for position, detection in enumerate(detections):
        in_frame.setdefault(detection.frame.index, []).append(position)
    offered: list[tuple[str, Torso]] = []
    largest: dict[str, float] = {}
    for person in persons:
        views = clothing_crops.candidates(person, by_id, detections, in_frame, size_px, settings.views_read, kept)
        largest[person.id] = max((view.short_side_px for view in views), default=0.0)
        usable = [v for v in views if v.free >= settings.min_free and v.short_side_px >= settings.min_torso_px]
        offered += [(person.id, view) for view in usable]
    read = clothing_crops.read_views(clip, offered, detections, kept)
    observations = tuple(
        _observe(person.id, read.get(person.id, []), largest[person.id], model, settings) for person in persons
    )
    stats: JsonObject = {
        "persons": len(persons),
        "frames_read": len({view.frame.index for _, view in offered}),
        "views_read": sum(len(found) for found in read.values()),
        "views_judged": sum(len(split_crops(o)[0]) for o in observations),
        "labels": dict(Counter(str(o.label) for o in observations)),
    }
    method = (
        f"EfficientNet-Lite0 features with a trained head and a fine-tuned EfficientNet-Lite2 on up to "
        f"{settings.views_used} torso crops a person ({settings.views_first} where these leave no doubt about everyday "
        "clothes), averaged with quality as weight; temperature calibrated on sources not trained on"
    )
    return StepResult(observations, method, stats, model.sha256)


def _observe(
    person: str,
    views: list[tuple[Torso, U8]],
    largest_px: float,
    model: ClothingModel,
    settings: ClothingSettings,
) -> ClothingObservation:
    """Judge one person from decoded views."""
    if not views:
        return ClothingObservation(person, "unclear", 0.0, {}, (), True, _why_none(largest_px, settings))
    sharpest = max(view.sharpness for view, _ in views)
    views = sorted(views, key=lambda item: -item[0].weight(sharpest))[: settings.views_used]
    weights = [max(view.weight(sharpest), 1e-3) for view, _ in views]
    pictures = [pixels for _, pixels in views]
    judged = model.probabilities(pictures[: settings.views_first])
    pooled = clothing_model.pool(judged, weights[: settings.views_first])
    if len(pictures) > settings.views_first and not _plainly_civilian(pooled, settings):
        judged = np.concatenate([judged, model.probabilities(pictures[settings.views_first :])])
        pooled = clothing_model.pool(judged, weights)
    views = views[: len(judged)]
    best = int(pooled.argmax())
    label, probability = _LABELS[best], float(pooled[best])
    alternatives = {name: round(float(p), 4) for name, p in zip(CLASSES, pooled, strict=True)}
    crops = [Crop(view.frame, view.box_xyxy_px, sharpness=round(view.sharpness, 1)) for view, _ in views]
    needed = floor_of(label, settings)
    if probability < needed:
        reason = _why_unsure(label, probability, needed, pooled)
        return ClothingObservation(person, "unclear", round(probability, 4), alternatives, tuple(crops), True, reason)
    if label == "korpri_batik":
        for view, pixels in views[: settings.explain_views]:
            crops += _regions(view, pixels, model)
    return ClothingObservation(person, label, round(probability, 4), alternatives, tuple(crops), False)


def _plainly_civilian(pooled: F32, settings: ClothingSettings) -> bool:
    """Whether further views would only cost time."""
    civilian, korpri = float(pooled[CLASSES.index("civilian")]), float(pooled[CLASSES.index("korpri_batik")])
    return civilian >= settings.plainly_civilian and korpri <= settings.hardly_korpri


def floor_of(label: str, settings: ClothingSettings) -> float:
    """Return the calibrated probability from which ``label`` is answered."""
    if label == "korpri_batik":
        return settings.min_probability_korpri
    return settings.min_probability_uniform if label in _HARD else settings.min_probability


def _regions(view: Torso, pixels: U8, model: ClothingModel) -> list[Crop]:
    """Return the regions of a view that carried the Korpri answer, strongest first."""
    left, top = int(view.box_xyxy_px[0]), int(view.box_xyxy_px[1])
    found = model.explain(pixels, "korpri_batik").regions
    return [Crop(view.frame, (x1 + left, y1 + top, x2 + left, y2 + top)) for (x1, y1, x2, y2), _ in found]


def split_crops(observation: ClothingObservation) -> tuple[tuple[Crop, ...], tuple[Crop, ...]]:
    """Return an observation's torsos and the decisive regions that follow them.

    A region lies within a torso of the same frame and carries no sharpness; a torso always carries one.
    """
    torsos = tuple(crop for crop in observation.crops if crop.sharpness is not None)
    return torsos, tuple(crop for crop in observation.crops if crop.sharpness is None)


def nearest_alternative(observation: ClothingObservation) -> tuple[str, float] | None:
    """Return the class next to the leading one and its probability, or None where no view was judged."""
    ranked = sorted(observation.alternatives.items(), key=lambda item: -item[1])
    return ranked[1] if len(ranked) > 1 else None


def _why_none(largest_px: float, settings: ClothingSettings) -> Words:
    if largest_px < settings.min_torso_px:
        return Words(
            f"Bagian badan terlalu kecil: sisi terpendek {largest_px:.0f} piksel, diperlukan sedikitnya "
            f"{settings.min_torso_px:.0f} piksel.",
            f"The torso is too small: its shorter side is {largest_px:.0f} pixels, at least "
            f"{settings.min_torso_px:.0f} are needed.",
        )
    return Words(
        "Badan selalu tertutup orang lain, atau bingkainya tidak dapat dibaca.",
        "The torso is always hidden by other people, or its frames could not be read.",
    )


def _why_unsure(label: ClothingLabel, probability: float, needed: float, pooled: F32) -> Words:
    order = np.argsort(-pooled)
    second, runner_up = _LABELS[int(order[1])], _percent(float(pooled[order[1]]))
    p, floor = _percent(probability), _percent(needed)
    return Words(
        f"Bukti tidak cukup: kemungkinan terbesar {WORDS[label].id} ({p} %, diperlukan {floor} %), "
        f"berikutnya {WORDS[second].id} ({runner_up} %).",
        f"The evidence does not suffice: most likely {WORDS[label].en} ({p}%, {floor}% needed), "
        f"next {WORDS[second].en} ({runner_up}%).",
    )


def _percent(p: float) -> str:
    return f"{100 * p:.0f}"
