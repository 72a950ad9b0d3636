"""Frames to things that look like a clock face. Nothing here reads the hands: a person does, on the crop.

Rings are looked for with the gradient form of the Hough transform, in the picture as it is and stretched either way,
because a clock seen from the side is an ellipse. What lies in each ring is then judged by a network that knows analog
and wall clocks from ImageNet. A find says "look here": the clock may be wrong, dead, a picture of a clock, or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck import weights
from vidcheck.errors import ModelError
from vidcheck.media import Clip
from vidcheck.networks import compile_for_cpu
from vidcheck.types import Box, Crop, FrameRef, JsonObject, Shot, StepResult

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

VERSION = "5"
METHOD = "rings (Hough gradient), each judged by EfficientNet-Lite0's classes analog clock and wall clock"

INPUT_SIZE_PX = 224
_BATCH = 2  # rings judged together; sixteen at a time, or as many as there are, take no less time and 130 MB more
_CONTEXT = 1.3  # half a side of the judged square over the ring's radius: some wall around the rim
_LARGE_PX = 80  # largest radius looked for at full size: edges vote along every radius, so larger ones at half of it
_STRETCHES = ((1.0, 1.0), (1.25, 1.0), (1.0, 1.25))  # across, down: circles, and faces seen from the side or from below


@dataclass(frozen=True, slots=True)
class WallClockSettings:
    """Where clock faces are looked for, and from when on something is shown."""

    model: str = "clock_face"
    """Name in the model registry, or a path to an OpenVINO folder with the same input and output."""
    max_frames: int = 12
    """Frames that are looked at: the best of every shot, then one every ``every_s`` of moving shots."""
    every_s: float = 5.0
    """In moving shots, seconds between frames looked at, as far as ``max_frames`` reaches."""
    full_pass_frames: int = 9000
    """Frames from which on moving shots are judged by their best frame alone: finding others decodes up to them."""
    side_px: int = 960
    """Long side at which rings are looked for, pixels, large ones at half of it; smaller pictures are enlarged, at most
    twofold."""
    min_diameter_px: float = 28.0
    """Smallest face, pixels of the clip: below it nobody could read the hands."""
    max_rings: int = 40
    """Rings of one frame that are judged, the clearest first; a quarter of them may be large ones."""
    min_probability: float = 0.3
    """The network's softmax share for the two classes from which a ring is shown; not a calibrated probability."""


@dataclass(frozen=True, slots=True)
class ClockFace:
    """Something like a clock face in one shot."""

    shot: int
    """Index of the shot."""
    crop: Crop
    """Where it is seen best."""
    score: float
    """The network's softmax share for analog and wall clock, 0..1; not a probability."""
    frames: tuple[FrameRef, ...]
    """The frames looked at in which it was found."""


def find_clock_faces(
    clip: Clip, shots: tuple[Shot, ...], settings: WallClockSettings
) -> StepResult[tuple[ClockFace, ...]]:
    """Look for clock faces in a few frames of the clip.

    Parameters
    ----------
    clip:
        The open clip or photo.
    shots:
        Its shots; black ones and repeated stills are not looked at.
    settings:
        See :class:`WallClockSettings`.

    Returns
    -------
    StepResult
        At most one face for each shot, the clearest; ``stats`` says how many frames were looked at.

    Raises
    ------
    ModelError
        The model is missing, altered, or not one of this kind.
    DependencyError
        OpenVINO is missing.
    """
    resolved = weights.resolve(settings.model)
    network = load_network(str(resolved.path), resolved.sha256)
    wanted, missed = _plan(clip, shots, settings)
    best: dict[int, ClockFace] = {}
    looked_at = rings = 0
    for frame in clip.read(wanted):
        shot = next((s.index for s in shots if s.start.index <= frame.ref.index < s.end.index), 0)
        looked_at += 1
        candidates = find_rings(frame.bgr, settings)
        rings += len(candidates)
        found = [
            (score, box)
            for score, box in zip(judge(frame.bgr, candidates, network), candidates, strict=True)
            if score >= settings.min_probability
        ]
        if found:
            score, box = _clearest(found)
            best[shot] = _joined(best.get(shot), ClockFace(shot, Crop(frame.ref, box), round(score, 4), (frame.ref,)))
    stats: JsonObject = {
        "frames_looked_at": looked_at,
        "frames_total": clip.source.frames_decoded,
        "shots_not_looked_at": missed,
        "rings": rings,
        "faces": len(best),
        "smallest_face_px": settings.min_diameter_px,
    }
    return StepResult(tuple(best[shot] for shot in sorted(best)), METHOD, stats, resolved.sha256)


def _clearest(found: Sequence[tuple[float, Box]]) -> tuple[float, Box]:
    """Return the best score and the box around every ring that overlaps its own: one face gives several rings."""
    score, core = max(found)
    on_it = [b for _, b in found if b[0] < core[2] and core[0] < b[2] and b[1] < core[3] and core[1] < b[3]]
    left, top, right, bottom = zip(*on_it, strict=True)
    return score, (min(left), min(top), max(right), max(bottom))


def _joined(known: ClockFace | None, face: ClockFace) -> ClockFace:
    if known is None:
        return face
    clearest = max(known, face, key=lambda one: one.score)
    return ClockFace(face.shot, clearest.crop, clearest.score, (*known.frames, *face.frames))


def _plan(clip: Clip, shots: Sequence[Shot], settings: WallClockSettings) -> tuple[list[FrameRef], int]:
    """Return the frames to look at, and how many shots worth it the budget leaves out."""
    if not shots:
        first = clip.timeline().from_time(0.0)
        return ([first] if first is not None else []), 0
    worth = [shot for shot in shots if shot.kind != "black" and shot.repeats is None]
    chosen = {shot.best.index: shot.best for shot in worth[: settings.max_frames]}
    spare = settings.max_frames - len(chosen)
    if spare > 0:
        times = [
            (shot, shot.start.time_s + step * settings.every_s)
            for shot in worth
            if shot.kind == "moving"
            for step in range(1, 1 + int((shot.end.time_s - shot.start.time_s) / settings.every_s))
        ]
        extra = _near(clip, times[:: max(1, -(-len(times) // spare))][:spare], settings)
        chosen.update({ref.index: ref for ref in extra})
    return [chosen[index] for index in sorted(chosen)], max(0, len(worth) - settings.max_frames)


def _near(clip: Clip, times_s: Sequence[tuple[Shot, float]], settings: WallClockSettings) -> list[FrameRef]:
    """Return a frame for each time in its shot: a key frame, which costs little, where one is near."""
    if not times_s:
        return []
    timeline = clip.timeline()
    found: dict[int, FrameRef] = {}
    for shot, time_s in times_s:
        ref = timeline.key_near(time_s, settings.every_s / 4)
        if ref is None or not shot.start.index <= ref.index < shot.end.index:
            ref = timeline.from_time(time_s)
        if ref is not None:
            found[ref.index] = ref
    return [found[index] for index in sorted(found) if index < settings.full_pass_frames]


def find_rings(bgr: U8, settings: WallClockSettings) -> list[Box]:
    """Return the boxes of rings, pixels of the picture: large ones, then small ones, of each size the clearest first.

    Parameters
    ----------
    bgr:
        uint8 of shape (h, w, 3), blue first.
    settings:
        Sizes and how many.
    """
    import cv2

    height, width = bgr.shape[:2]
    scale = min(2.0, settings.side_px / max(height, width))
    whole = _scaled(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8), scale)
    smallest = max(8, round(0.5 * settings.min_diameter_px * scale))
    found: list[Box] = []
    # Large rings are few. Whatever number there is of them, most of the places are left to small ones.
    for zoom, clear, places in ((0.5, 0.8, settings.max_rings // 4), (1.0, 0.72, settings.max_rings)):
        picture = cv2.GaussianBlur(whole if zoom == 1 else _scaled(whole, zoom), (0, 0), 1.2)
        for across, down in _STRETCHES:
            luma = cv2.resize(picture, None, fx=across, fy=down)
            least, most = (smallest, _LARGE_PX) if zoom == 1 else (_LARGE_PX // 2 - 4, int(0.3 * max(luma.shape)))
            least = max(least, round(zoom * smallest))
            if least > most:
                continue
            rings = cv2.HoughCircles(
                luma, cv2.HOUGH_GRADIENT_ALT, 1.5, 20 * zoom, param1=220, param2=clear, minRadius=least, maxRadius=most
            )
            if rings is not None:
                clearest = np.asarray(rings, np.float64).reshape(-1, rings.shape[-1])[: settings.max_rings, :3]
                found += _boxes(clearest, across * zoom * scale, down * zoom * scale, (width, height))
        found = found[:places]
    return found


def _scaled(luma: U8, scale: float) -> U8:
    """Scale by area; at least one pixel is left each way."""
    import cv2

    height, width = luma.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def _boxes(circles: npt.NDArray[np.float64], x_scale: float, y_scale: float, size_px: tuple[int, int]) -> list[Box]:
    """Boxes, inside the picture, of circles (x, y, radius) found in one that was scaled."""
    found: list[Box] = []
    for x, y, r in circles.tolist():
        left, right = max(0.0, (x - r) / x_scale), min(float(size_px[0]), (x + r) / x_scale)
        top, bottom = max(0.0, (y - r) / y_scale), min(float(size_px[1]), (y + r) / y_scale)
        if right - left > 8 and bottom - top > 8:
            found.append((round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)))
    return found


def judge(bgr: U8, boxes: Sequence[Box], network: Any) -> list[float]:
    """Return the network's share for a clock face in each box, 0..1."""
    shares: list[float] = []
    batch = np.zeros((_BATCH, 3, INPUT_SIZE_PX, INPUT_SIZE_PX), np.float32)
    for start in range(0, len(boxes), _BATCH):
        some = boxes[start : start + _BATCH]
        for place, box in enumerate(some):
            batch[place] = to_input(bgr, box)
        shares += [float(share) for share in np.asarray(network(batch)[0]).reshape(-1)[: len(some)]]
    return shares


def to_input(bgr: U8, box: Box) -> F32:
    """Return the network's input for a box: the square around it, RGB from -1 to 1, float32 (3, 224, 224)."""
    import cv2

    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    reach = _CONTEXT * max(box[2] - box[0], box[3] - box[1]) / 2
    half = INPUT_SIZE_PX / 2
    zoom = half / reach
    shift = np.array([[zoom, 0, half - cx * zoom], [0, zoom, half - cy * zoom]])
    # Only the square's neighbourhood is blurred against aliasing where it has to be made smaller.
    x1, y1 = max(0, int(cx - 1.2 * reach)), max(0, int(cy - 1.2 * reach))
    part = bgr[y1 : int(cy + 1.2 * reach) + 2, x1 : int(cx + 1.2 * reach) + 2]
    if zoom < 0.67:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.5 / zoom), np.uint8)
    shift[:, 2] += zoom * np.array([x1, y1])
    cut = cv2.warpAffine(
        part, shift, (INPUT_SIZE_PX, INPUT_SIZE_PX),
        flags=cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.ascontiguousarray((cut[..., ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


@cache
def load_network(path: str, sha256: str) -> Any:
    """Compile the model for the CPU, once per process.

    Parameters
    ----------
    path:
        The OpenVINO folder.
    sha256:
        Its verified hash; part of the key, so that a replaced model is loaded anew.

    Raises
    ------
    ModelError
        It cannot be read, or answers with more than one figure a picture.
    DependencyError
        OpenVINO is missing.
    """
    file = next(iter(sorted(Path(path).glob("*.xml"))), None)
    if file is None:
        raise ModelError(f"{path} (SHA-256 {sha256[:16]}…) cannot be loaded: it holds no OpenVINO model.")
    compiled = compile_for_cpu(file, sha256, _BATCH)
    shape = compiled.output(0).get_partial_shape()
    if shape.rank.get_length() != 1:
        raise ModelError(f"{path} is no clock-face model: its output has the shape {shape}.")
    return compiled
