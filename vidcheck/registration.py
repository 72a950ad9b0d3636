"""Sub-pixel registration of a region in many frames, and which of them are fit to be fused.

Each frame is aligned with the marked one by the enhanced correlation coefficient (Evangelidis and Psarakis, PAMI
2008; OpenCV's ``findTransformECC``) on a finer grid, a shift first and an affine map after it. Frames whose
correlation or sharpness falls short are left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.types import Box, FrameRef, RejectReason

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

DECIMALS = 5
"""Decimals kept of a warp: a hundred-thousandth of a pixel, so that a record gives the same picture again."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The surroundings of the region in one frame, at native resolution."""

    ref: FrameRef
    """The frame."""
    bgr: U8
    """uint8 of shape (h, w, 3)."""
    origin: tuple[int, int]
    """Column and row of its first pixel in the frame."""
    warp: F64
    """Shape (3, 3): pixel centres of the marked frame to pixel centres of this frame."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """One frame after registration."""

    patch: Patch
    """The frame, with its refined warp."""
    correlation: float
    """Enhanced correlation coefficient with the reference, -1..1."""
    sharpness: float
    """Variance of the Laplacian of the region's luma, as seen in the marked frame's geometry."""


@dataclass(frozen=True, slots=True)
class AlignSettings:
    """How frames are registered and judged."""

    scale: int = 2
    """Enlargement of the grid on which frames are registered."""
    iterations: int = 60
    """Most iterations of each alignment."""
    min_correlation: float = 0.5
    """Correlation under which a frame is left out."""
    below_median: float = 0.15
    """A frame is also left out where its correlation is this far below the median."""
    min_sharpness: float = 0.4
    """Share of the median sharpness under which a frame is left out."""


def scaling(scale: float) -> F64:
    """Map of pixel centres from a grid enlarged ``scale`` times to the original grid, shape (3, 3)."""
    shift = 0.5 / scale - 0.5
    return np.array([[1 / scale, 0, shift], [0, 1 / scale, shift], [0, 0, 1.0]])


def moving(x: float, y: float) -> F64:
    """Map that adds ``(x, y)`` to a point, shape (3, 3)."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def align(reference: F32, box: Box, patches: Sequence[Patch], settings: AlignSettings) -> list[Aligned | None]:
    """Refine the warp of every patch.

    Parameters
    ----------
    reference:
        Luma of the region ``box`` of the marked frame on the grid enlarged ``settings.scale`` times, float32 of
        shape (scale * height, scale * width), 0..255.
    box:
        The region, whole pixels of the marked frame.
    patches:
        Frames with rough warps.
    settings:
        How.

    Returns
    -------
    list
        One entry for each patch; None where no alignment was found.
    """
    return [_align_one(reference, box, patch, settings) for patch in patches]


def _align_one(reference: F32, box: Box, patch: Patch, settings: AlignSettings) -> Aligned | None:
    luma = cv2.cvtColor(patch.bgr, cv2.COLOR_BGR2GRAY)
    scale = settings.scale
    size = (luma.shape[1] * scale, luma.shape[0] * scale)
    large = cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    to_reference = moving(box[0], box[1]) @ scaling(scale)  # enlarged region -> marked frame
    to_patch = moving(*patch.origin) @ scaling(scale)  # enlarged patch -> this frame
    start = np.linalg.inv(to_patch) @ patch.warp @ to_reference
    start /= start[2, 2]
    warp = start[:2].astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, settings.iterations, 1e-4)
    try:
        shifted = _shift(reference, large, warp, stop)
        correlation, found = cv2.findTransformECC(reference, large, shifted, cv2.MOTION_AFFINE, stop, _all(large), 7)
    except cv2.error:  # it raises where the iteration does not converge
        return None
    warp = np.asarray(found, dtype=np.float32)
    turn = warp[:, :2] @ np.linalg.inv(start[:2, :2])
    if not 0.75 < float(np.linalg.det(turn)) < 1.33 or float(np.abs(turn - np.eye(2)).max()) > 0.3:
        return None  # no tag changes its shape like that within a second or two: the alignment ran away
    full = np.vstack((warp.astype(np.float64), (0.0, 0.0, 1.0)))
    refined = to_patch @ full @ np.linalg.inv(to_reference)
    refined = np.round(refined / refined[2, 2], DECIMALS)
    seen = cv2.warpAffine(
        large, full[:2], (reference.shape[1], reference.shape[0]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    sharpness = float(cv2.Laplacian(seen, cv2.CV_32F, ksize=3).var())
    return Aligned(Patch(patch.ref, patch.bgr, patch.origin, refined), float(correlation), sharpness)


def _shift(reference: F32, large: F32, warp: F32, stop: tuple[int, int, float]) -> F32:
    """Correct the shift alone: few unknowns find their way from further off."""
    turned = warp.copy()
    # ECC's translation model fixes the linear part to the identity: the patch is turned upright for it.
    upright = cv2.warpAffine(
        large, turned, (reference.shape[1], reference.shape[0]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(reference, upright, start, cv2.MOTION_TRANSLATION, stop, _all(upright), 9)
    except cv2.error:
        return warp
    step = np.asarray(found, dtype=np.float32)[:, 2]
    if float(np.abs(step).max()) <= 12:
        turned[:, 2] += turned[:, :2] @ step
    return turned


def _all(picture: npt.NDArray[Any]) -> U8:
    """A mask that leaves nothing out, which OpenCV wants where the size of its smoothing is chosen."""
    return np.full(picture.shape[:2], 255, dtype=np.uint8)


def judge(
    aligned: Sequence[Aligned | None], patches: Sequence[Patch], settings: AlignSettings
) -> tuple[list[Aligned], list[tuple[FrameRef, RejectReason]]]:
    """Split frames into those to fuse and those to leave out, with the reason.

    ``unaligned``: no alignment was found. ``unlike``: it looks unlike the reference (covered, turned away, damaged).
    ``blurred``: it is much less sharp than most. ``repeat``: the very pixels of the frame before, which add nothing.
    """
    found = [item for item in aligned if item is not None]
    rejected: list[tuple[FrameRef, RejectReason]] = []
    if not found:
        return [], [(patch.ref, "unaligned") for patch in patches]
    floor = max(settings.min_correlation, float(np.median([a.correlation for a in found])) - settings.below_median)
    alike = [a.sharpness for a in found if a.correlation >= floor]
    least = settings.min_sharpness * float(np.median(alike)) if alike else 0.0
    kept: list[Aligned] = []
    for item, patch in zip(aligned, patches, strict=True):
        if item is None:
            rejected.append((patch.ref, "unaligned"))
        elif item.correlation < floor:
            rejected.append((patch.ref, "unlike"))
        elif item.sharpness < least:
            rejected.append((patch.ref, "blurred"))
        elif kept and _same_pixels(kept[-1].patch, item.patch):
            rejected.append((patch.ref, "repeat"))
        else:
            kept.append(item)
    return kept, rejected


def _same_pixels(a: Patch, b: Patch) -> bool:
    return a.origin == b.origin and a.bgr.shape == b.bgr.shape and bool(np.array_equal(a.bgr, b.bgr))
