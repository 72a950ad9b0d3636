"""Frames to lighting: daylight, twilight or night outdoors, and daylight or lamps only indoors.

A small network looks at a few frames of each shot; mains flicker, where it shows, speaks for lamps. What the
light means for the time of day is no matter of this module: that is :mod:`vidcheck.sun` and the clues.

Only ``outdoor_night`` speaks of night. A dim room is ``indoor_artificial`` or ``unknown`` at any hour:
curtains make night at noon, and tubes make a hall look daylit at night.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from vidcheck import weights
from vidcheck.errors import ModelError
from vidcheck.flicker import Flicker, detect_flicker
from vidcheck.networks import compile_for_cpu
from vidcheck.timeline import Timeline
from vidcheck.types import FrameRef, JsonScalar, LightingLabel, LightingObservation, Shot, StepResult

if TYPE_CHECKING:
    from vidcheck.media import Clip, Frame

VERSION = "4"
METHOD = "EfficientNet-Lite0 with a linear layer, calibrated; mains flicker at the true frame times"
CLASSES: tuple[LightingLabel, ...] = (
    "outdoor_day",
    "twilight",
    "outdoor_night",
    "indoor_daylight",
    "indoor_artificial",
)
"""Order of the network's outputs."""
INPUT_SIZE_PX = 224
FLICKER_FACTORS: Mapping[LightingLabel, float] = {
    "outdoor_day": 0.1,
    "twilight": 0.7,
    "outdoor_night": 1.5,
    "indoor_daylight": 0.7,
    "indoor_artificial": 3.0,
}
"""By how much found flicker multiplies the odds of each class. A judgement, set low: not measured, because no
filmed clips with known light and flicker were at hand. Flicker that was not found multiplies nothing."""

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LightingSettings:
    """What is looked at and when an answer is given."""

    model: str = "lighting"
    """Name in the model registry, or a path to an ONNX file with the same inputs and outputs."""
    frames_per_shot: int = 5
    """Frames of each shot that the network looks at: the sharpest, and others spread evenly."""
    min_probability: float = 0.65
    """Calibrated probability from which a class is named; below it the answer is ``unknown``."""
    min_probability_dark: float = 0.85
    """The same for ``outdoor_night`` and ``twilight``, which clear or accuse, and are rare."""
    max_lamps_at_night: float = 0.05
    """``outdoor_night`` is not named where lamps indoors are likelier than this: a dim room is no night."""
    min_lit_share_at_night: float = 0.25
    """``outdoor_night`` is not named where less than this share of the picture is lighter than luma 40 of 255: in the
    dark nobody can tell a street from a room."""
    flicker_frames: int = 96
    """Consecutive frames at the start of each shot that are tested for mains flicker; 0 switches it off."""
    mains_hz: float = 50.0
    """Mains frequency: 50 in Indonesia."""
    full_pass_frames: int = 9000
    """Of longer clips, shots after this many frames are judged by their sharpest frame alone."""


@dataclass(slots=True)
class _Gathered:
    """What one pass over the clip collects of a shot."""

    probabilities: list[F64] = field(default_factory=list)
    refs: list[FrameRef] = field(default_factory=list)
    lit_shares: list[float] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    rows: list[F64] = field(default_factory=list)
    columns: list[F64] = field(default_factory=list)


def observe_lighting(
    clip: Clip, shots: tuple[Shot, ...], settings: LightingSettings
) -> StepResult[tuple[LightingObservation, ...]]:
    """Say what light each shot shows.

    Parameters
    ----------
    clip:
        The open clip or photo.
    shots:
        Its shots. Black ones get ``unknown`` without having been looked at.
    settings:
        See :class:`LightingSettings`.

    Returns
    -------
    StepResult
        One observation for each shot, in order. ``stats`` holds, by shot, the test for flicker and the
        light's warmth.

    Raises
    ------
    ModelError
        The model is missing, altered, or not one of this kind.
    DependencyError
        OpenVINO is missing.
    """
    resolved = weights.resolve(settings.model)
    network = load_network(str(resolved.path), resolved.sha256)
    wanted, windows = _plan(shots, settings)
    gathered: dict[int, _Gathered] = defaultdict(_Gathered)
    due = sorted({*wanted, *windows})
    if due:
        timeline = clip.timeline()
        wanted = _at_key_frames(wanted, shots, timeline, settings)
        due = sorted({*wanted, *windows})
        for frame in clip.read(timeline[index] for index in due if index < len(timeline)):
            index = frame.ref.index
            if index in windows:
                _take_profile(gathered[windows[index]], frame)
            if index in wanted:
                _classify(gathered[wanted[index]], frame, network)
    missed = [s for s in shots if s.kind != "black" and not gathered[s.index].refs]
    by_frame: dict[int, list[int]] = defaultdict(list)
    for shot in missed:
        by_frame[shot.best.index].append(shot.index)
    for frame in clip.read(shot.best for shot in missed):
        for owner in by_frame[frame.ref.index]:
            _classify(gathered[owner], frame, network)

    observations, flicker_stats = [], {}
    looked_at = 0
    for shot in shots:
        seen = gathered[shot.index]
        looked_at += len(seen.refs)
        flicker = _flicker(seen, settings) if len(seen.times_s) > 1 else None
        if flicker is not None:
            flicker_stats[str(shot.index)] = _describe(flicker)
        observations.append(_observation(shot.index, seen, flicker, settings))
    stats: dict[str, Any] = {
        "shots": len(shots),
        "shots_black": sum(shot.kind == "black" for shot in shots),
        "frames_looked_at": looked_at,
        "unknown": sum(o.label == "unknown" for o in observations),
        "flicker_tested": sum(not text.startswith("not testable") for text in flicker_stats.values()),
        "flicker_found": sum(text.startswith("found") for text in flicker_stats.values()),
        "flicker": cast(dict[str, JsonScalar], flicker_stats),
    }
    return StepResult(tuple(observations), METHOD, stats, resolved.sha256)


def _plan(shots: Iterable[Shot], settings: LightingSettings) -> tuple[dict[int, int], dict[int, int]]:
    """Return frames to classify and frames to test for flicker (index to shot)."""
    wanted: dict[int, int] = {}
    windows: dict[int, int] = {}
    for shot in shots:
        first, stop = shot.start.index, shot.end.index
        if shot.kind == "black" or stop <= first:
            continue
        picks: list[int] = []
        if shot.kind == "moving" and (parts := settings.frames_per_shot - 1) > 0:
            # The middles of equal parts: away from the cuts, where fades and coding leftovers are.
            picks = [first + int((k + 0.5) * (stop - first) / parts) for k in range(parts)]
        for index in (shot.best.index, *picks):
            wanted[index] = shot.index
        if shot.kind == "moving":
            for index in range(first, min(stop, first + settings.flicker_frames)):
                windows[index] = shot.index
    wanted = {i: s for i, s in wanted.items() if i < settings.full_pass_frames}
    windows = {i: s for i, s in windows.items() if i < settings.full_pass_frames}
    return wanted, windows


def _at_key_frames(
    wanted: dict[int, int], shots: Sequence[Shot], timeline: Timeline, settings: LightingSettings
) -> dict[int, int]:
    """Move each frame that is due to the key frame near it, in its own shot, where there is one."""
    by_index = {shot.index: shot for shot in shots}
    moved: dict[int, int] = {}
    for index, owner in wanted.items():
        shot = by_index[owner]
        key = None
        if index != shot.best.index and index < len(timeline):
            quarter_s = (shot.end.time_s - shot.start.time_s) / max(1, settings.frames_per_shot - 1) / 4
            key = timeline.key_near(timeline[index].time_s, quarter_s)
        inside = key is not None and shot.start.index < key.index < min(shot.end.index, settings.full_pass_frames)
        moved[key.index if key is not None and inside else index] = owner
    return moved


def _take_profile(seen: _Gathered, frame: Frame) -> None:
    """Keep the mean luma of each line and column of a small copy."""
    if seen.times_s and frame.ref.time_s <= seen.times_s[-1]:
        return  # doubled timestamps: the wave is fitted at true times, so the second is of no use
    luma = frame.small_gray(64).astype(np.float64)
    seen.times_s.append(frame.ref.time_s)
    seen.rows.append(luma.mean(axis=1))
    seen.columns.append(luma.mean(axis=0))


def _classify(seen: _Gathered, frame: Frame, network: Any) -> None:
    seen.refs.append(frame.ref)
    picture = without_borders(frame.bgr)
    seen.probabilities.append(classify(picture, network))
    seen.lit_shares.append(lit_share(picture))


def _flicker(seen: _Gathered, settings: LightingSettings) -> Flicker:
    times, rows, columns = np.array(seen.times_s), np.stack(seen.rows), np.stack(seen.columns)
    return detect_flicker(times, rows, columns, mains_hz=settings.mains_hz)


def _describe(flicker: Flicker) -> str:
    """One line for the statistics of the step."""
    if not flicker.testable:
        return f"not testable: {flicker.reason} at {flicker.frame_rate_hz:.2f} frames/s"
    return (
        f"{'found' if flicker.detected else 'not found'}: beat {flicker.beat_hz:.1f} Hz, "
        f"{flicker.bands:.1f} bands over {flicker.axis}, amplitude {100 * (flicker.modulation or 0):.1f}%, "
        f"{flicker.score:.0f} times its neighbours"
    )


def _observation(
    shot: int, seen: _Gathered, flicker: Flicker | None, settings: LightingSettings
) -> LightingObservation:
    """Average the frames of a shot, let flicker speak, and decide whether to answer."""
    if not seen.probabilities:
        return LightingObservation(shot, "unknown", 0.0)
    # Frames of one shot are no independent witnesses: their mean is no surer than they are.
    mean = np.mean(seen.probabilities, axis=0)
    if flicker is not None and flicker.detected:
        mean = mean * np.array([FLICKER_FACTORS[name] for name in CLASSES])
        mean = mean / mean.sum()
    label = decide(mean, settings, float(np.mean(seen.lit_shares)))
    alternatives: dict[str, float] = {name: round(float(p), 4) for name, p in zip(CLASSES, mean, strict=True)}
    refs = tuple(sorted(seen.refs, key=lambda ref: ref.index))
    return LightingObservation(shot, label, round(float(mean.max()), 4), alternatives, refs)


def decide(probabilities: F64, settings: LightingSettings, lit: float = 1.0) -> LightingLabel:
    """Return the class to name for calibrated probabilities of shape (5,), or ``unknown``.

    ``lit`` is the share of the picture that is not dark, see :func:`lit_share`.
    """
    best = CLASSES[int(np.argmax(probabilities))]
    dark = best in ("outdoor_night", "twilight")
    if float(np.max(probabilities)) < (settings.min_probability_dark if dark else settings.min_probability):
        return "unknown"
    lamps = float(probabilities[CLASSES.index("indoor_artificial")])
    dim = lamps > settings.max_lamps_at_night or lit < settings.min_lit_share_at_night
    return "unknown" if best == "outdoor_night" and dim else best


def lit_share(bgr: U8) -> float:
    """Return the share of the picture that is lighter than luma 40 of 255."""
    import cv2

    small = cv2.resize(bgr, (160, 120), interpolation=cv2.INTER_AREA)
    return float((cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) > 40).mean())


def classify(bgr: U8, network: Any) -> F64:
    """Return the calibrated probabilities of :data:`CLASSES` for one picture without borders, shape (5,)."""
    logits = np.asarray(network(to_input(bgr)[None])[0], np.float64)[0]
    exponents = np.exp(logits - logits.max())
    probabilities: F64 = exponents / exponents.sum()
    return probabilities


def without_borders(bgr: U8) -> U8:
    """Cut off black bars, which reposts add; a dark scene, which is noisy, stays whole.

    Parameters
    ----------
    bgr:
        uint8 of shape (height, width, 3).
    """
    import cv2

    blue, green, red = cv2.split(bgr)  # numpy's own maximum over the last axis takes several times as long
    brightest = cv2.max(cv2.max(blue, green), red)
    out = bgr
    for axis in (0, 1):
        lines = cv2.reduce(brightest, 1 - axis, cv2.REDUCE_MAX).ravel()
        lit = np.flatnonzero(lines > 20)
        if len(lit) and lit[-1] - lit[0] + 1 >= 0.25 * len(lines):
            out = out[lit[0] : lit[-1] + 1] if axis == 0 else out[:, lit[0] : lit[-1] + 1]
    return out


def to_input(bgr: U8) -> F32:
    """Return the network's input for a picture: RGB from -1 to 1, float32 of shape (3, 224, 224), squeezed to
    a square.
    """
    import cv2

    small = cv2.resize(bgr, (INPUT_SIZE_PX, INPUT_SIZE_PX), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray((small[..., ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


@cache
def load_network(path: str, sha256: str) -> Any:
    """Compile the model for the CPU, once per process.

    Parameters
    ----------
    path:
        The ONNX file.
    sha256:
        Its verified hash; part of the key, so that a replaced file is loaded anew.

    Raises
    ------
    ModelError
        It cannot be read, or has not five outputs.
    DependencyError
        OpenVINO is missing.
    """
    compiled = compile_for_cpu(Path(path), sha256, 1)
    outputs = compiled.output(0).get_partial_shape()
    if outputs.rank.get_length() != 2 or outputs[1].get_length() != len(CLASSES):
        raise ModelError(f"{path} is no lighting model: its output has the shape {outputs}.")
    return compiled
