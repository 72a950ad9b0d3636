"""Measured error rates of the methods, those first whose conditions are this clip's.

The figures stand in ``models/figures.toml``, each with the command that reproduces it. One is quoted only where what
ran is what was measured.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from vidcheck import weights
from vidcheck.errors import VidcheckError
from vidcheck.report import wording as say
from vidcheck.report.draft import Draft
from vidcheck.report.parts import Fact, RateSection, RateView
from vidcheck.types import StepRun
from vidcheck.types import Words as W

SMALL_PX = 360
"""Shorter side up to which a clip counts as small."""
LOW_BITS_PER_PIXEL = 0.04
"""File size in bits over all pixels of all frames, under which a clip counts as strongly compressed."""
DIM = 0.25
"""Mean brightness of the shots, 0..1, under which a clip counts as dark."""
CONDITIONS = {
    "any": W("segala mutu", "any quality"),
    "clean": W("gambar baik", "good picture"),
    "small": W("resolusi kecil", "low resolution"),
    "compressed": W("kompresi kuat", "strong compression"),
    "dim": W("gelap", "dark"),
}
_NOT_MEASURED = W(
    "Belum ada angka galat terukur dalam versi ini",
    "No measured error rate in this version",
)
_OTHER_MODEL = W(
    "Yang dijalankan bukan model atau versi yang diukur, jadi angkanya tidak berlaku",
    "What ran is not the model or version that was measured, so its figures do not apply",
)


@cache
def figures() -> tuple[dict[str, Any], ...]:
    """Return the measured figures; empty where this installation has none."""
    try:
        with (weights.shipped_folder() / "figures.toml").open("rb") as file:
            return tuple(tomllib.load(file)["figure"])
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return ()


def quality_of(draft: Draft) -> tuple[tuple[Fact, ...], frozenset[str]]:
    """Return the clip's quality as facts, and the conditions that it meets."""
    source, shots, t, fmt = draft.analysis.source, draft.analysis.shots, draft.t, draft.fmt
    met = set()
    shorter = min(source.width_px, source.height_px)
    if shorter <= SMALL_PX:
        met.add("small")
    facts = [Fact(t("picture_size"), f"{source.width_px} × {source.height_px} px")]
    pixels = source.width_px * source.height_px * source.frames_decoded
    if source.kind == "video" and pixels:
        bits = source.size_bytes * 8 / pixels
        if bits < LOW_BITS_PER_PIXEL:
            met.add("compressed")
        facts.append(Fact(t("bits_per_pixel"), fmt.number(bits, 3)))
    length = sum(shot.end.time_s - shot.start.time_s for shot in shots)
    if length > 0:
        brightness = sum(s.brightness * (s.end.time_s - s.start.time_s) for s in shots) / length
        if brightness < DIM:
            met.add("dim")
        facts.append(Fact(t("mean_brightness"), fmt.number(brightness, 2)))
    met = met or {"clean"}
    words = ", ".join(CONDITIONS[name].get(draft.lang) for name in CONDITIONS if name in met)
    facts.append(Fact(t("conditions_met"), words))
    return tuple(facts), frozenset(met)


def rate_section(draft: Draft) -> RateSection:
    """Build the section on measured error rates."""
    quality, met = quality_of(draft)
    rows: list[RateView] = []
    unmeasured: dict[str, list[str]] = {}
    for run in draft.analysis.steps:
        if run.status != "ok":
            continue
        listed = [figure for figure in figures() if figure["step"] == run.step]
        name = say.label(say.STEP, run.step, draft.lang)
        if not listed:
            unmeasured.setdefault(_NOT_MEASURED.get(draft.lang), []).append(name)
            continue
        known = [figure for figure in listed if _is_of(figure, run)]
        if not known:
            unmeasured.setdefault(_OTHER_MODEL.get(draft.lang), []).append(name)
        for figure in sorted(known, key=lambda f: f["condition"] not in (*met, "any")):
            condition = figure["condition"]
            fits = condition in met or condition == "any"
            words = CONDITIONS[condition].get(draft.lang)
            if condition != "any":
                words += f" ({draft.t('rates_fit' if fits else 'rates_other')})"
            rows.append(RateView(name, figure[draft.lang], words, figure["command"], fits))
    facts = tuple(Fact(why, "; ".join(names), "missing") for why, names in unmeasured.items())
    return RateSection(quality, tuple(rows), facts)


def _is_of(figure: dict[str, Any], run: StepRun) -> bool:
    """Whether what ran is what was measured: the same model, or the same version of a step without one."""
    if "model" not in figure:
        return run.version.split("+")[0] == str(figure["version"])
    try:
        return weights.resolve(str(figure["model"])).sha256 == run.weights_sha256
    except VidcheckError:
        return False
