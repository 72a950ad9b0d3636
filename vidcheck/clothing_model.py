"""The clothing network: torso crops in, calibrated probabilities out, and which regions of a crop carried
them.

How it was trained and what it reaches is written in ``models/clothing.md``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck import weights
from vidcheck.networks import compile_for_cpu
from vidcheck.types import Box

CLASSES = ("korpri_batik", "pdh_khaki", "pdh_white", "batik_other", "other_uniform", "civilian")
"""Order of the network's outputs."""
SIDE_PX = 160
"""Side of the square input of the network's frozen part, pixels."""
FINE_SIDE_PX = 192
"""Side of the square input of its fine-tuned part, pixels."""

BATCH = 3
"""Crops that the network sees at a time; a smaller rest is filled up."""

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

_one_at_a_time = threading.Lock()
_GRID = 7
_WINDOW = 0.28
"""Side of the region that is blurred away, as a share of the crop's side: about one emblem of the cloth."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which regions of a crop the network's answer rests on."""

    label: str
    """The class that is explained."""
    drop: F32
    """(height, width) of the crop: by how much the log odds of ``label`` fall when the design there is
    blurred away."""
    regions: tuple[tuple[Box, float], ...]
    """Decisive regions: box in crop pixels and its drop, largest first. Empty where no single region
    decides."""


def to_input(crop: U8, side_px: int = SIDE_PX) -> U8:
    """Scale a crop (height, width, 3) to a square of ``side_px``."""
    import cv2

    shrink = min(crop.shape[:2]) > side_px
    size = (side_px, side_px)
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_CUBIC), np.uint8)


class ClothingModel:
    """The network under OpenVINO. Build it with :func:`load`."""

    def __init__(self, path: str, sha256: str) -> None:
        self._run: Any = compile_for_cpu(Path(path), sha256, BATCH)
        self.sha256 = sha256
        """Hash of the weights."""

    def probabilities(self, crops: Sequence[U8]) -> F32:
        """Return calibrated probabilities (n, 6) in the order of :data:`CLASSES` for BGR crops of any
        size.
        """
        return self._softmax(crops)

    def explain(self, crop: U8, label: str | None = None) -> Explanation:
        """Blur the design away, one region after another, and see where the answer suffers (occlusion map).

        After Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014; blurred
        instead of grey, so that the cloth keeps its colour and only the design is taken.

        Parameters
        ----------
        crop:
            BGR crop of any size.
        label:
            The class to explain; None takes the leading one.
        """
        import cv2

        whole = to_input(crop, FINE_SIDE_PX)
        whole_p = self._softmax([whole])[0]
        index = int(whole_p.argmax()) if label is None else CLASSES.index(label)
        blurred = cv2.GaussianBlur(whole, (0, 0), FINE_SIDE_PX / 8)
        side = round(_WINDOW * FINE_SIDE_PX)
        starts = np.linspace(0, FINE_SIDE_PX - side, _GRID).round().astype(int)
        corners = [(int(y), int(x)) for y in starts for x in starts]
        hidden = []
        for y, x in corners:
            view = whole.copy()
            view[y : y + side, x : x + side] = blurred[y : y + side, x : x + side]
            hidden.append(view)
        drops = _log_odds(whole_p[None])[0, index] - _log_odds(self._softmax(hidden))[:, index]
        total, count = np.zeros(whole.shape[:2], np.float32), np.zeros(whole.shape[:2], np.float32)
        for (y, x), drop in zip(corners, drops, strict=True):
            total[y : y + side, x : x + side] += drop
            count[y : y + side, x : x + side] += 1
        height, width = crop.shape[:2]
        heat = cv2.resize(total / count, (width, height), interpolation=cv2.INTER_LINEAR)
        return Explanation(CLASSES[index], np.asarray(heat, np.float32), _peaks(corners, drops, side, width, height))

    def _softmax(self, crops: Sequence[U8]) -> F32:
        """Run the network over crops of any size, :data:`BATCH` at a time."""
        out = []
        for start in range(0, len(crops), BATCH):
            part = crops[start : start + BATCH]
            inputs = [_batch([to_input(crop, side) for crop in part]) for side in (SIDE_PX, FINE_SIDE_PX)]
            out.append(np.array(self._run(inputs)[0], np.float32)[: len(part)])
        return np.concatenate(out) if out else np.zeros((0, len(CLASSES)), np.float32)


def _batch(squares: Sequence[U8]) -> F32:
    """Up to :data:`BATCH` BGR squares to the network's input: float RGB (BATCH, 3, side, side), 0..255."""
    full = [*squares, *[squares[-1]] * (BATCH - len(squares))]
    return np.ascontiguousarray(np.stack(full)[..., ::-1].transpose(0, 3, 1, 2), np.float32)


def pool(probabilities: F32, view_weights: Sequence[float]) -> F32:
    """Join the views of one person: weighted geometric mean, so that many like views do not pile up
    certainty.

    Parameters
    ----------
    probabilities:
        (n, 6), one row for each view.
    view_weights:
        n weights, at least one above 0.

    Returns
    -------
    (6,) probabilities that sum to 1.
    """
    w = np.asarray(view_weights, np.float64)
    mean = (np.log(probabilities.astype(np.float64) + 1e-6) * w[:, None]).sum(0) / w.sum()
    e = np.exp(mean - mean.max())
    return np.asarray(e / e.sum(), np.float32)


def load(name: str = "clothing") -> ClothingModel:
    """Return the network called ``name``, or at that path, loaded once per process.

    Raises
    ------
    ModelError
        Where it is missing or not the file that the registry names.
    """
    resolved = weights.resolve(name)
    with _one_at_a_time:  # who comes while another loads waits for that
        return _load(str(resolved.path), resolved.sha256)


def warm_up(name: str) -> None:
    """Load the network for later; where that fails, whoever needs it is told."""
    with suppress(Exception):  # whatever it is, the step meets it again
        load(name)


@cache
def _load(path: str, sha256: str) -> ClothingModel:
    return ClothingModel(path, sha256)


def _log_odds(p: F32) -> F32:
    q = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(q / (1 - q)), np.float32)


def _peaks(
    corners: Sequence[tuple[int, int]],
    drops: F32,
    side: int,
    width: int,
    height: int,
    most: int = 3,
    least: float = 0.1,
) -> tuple[tuple[Box, float], ...]:
    """Return the regions with the largest drops that do not overlap by more than half a side."""
    kept: list[tuple[int, int, float]] = []
    for i in np.argsort(-drops):
        y, x = corners[i]
        if drops[i] < max(least, 0.35 * float(drops.max())) or len(kept) == most:
            break
        if all(max(abs(y - ky), abs(x - kx)) >= side * 0.6 for ky, kx, _ in kept):
            kept.append((y, x, float(drops[i])))
    sx, sy = width / FINE_SIDE_PX, height / FINE_SIDE_PX
    return tuple(((x * sx, y * sy, (x + side) * sx, (y + side) * sy), drop) for y, x, drop in kept)
