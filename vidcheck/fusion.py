"""Many registered frames to one picture on a finer grid. Nothing is invented: every value is an average of pixels.

Each pixel of every frame is laid down at its sub-pixel place and weighed by its distance to the points of the finer
grid (normalised convolution: Knutsson and Westin, CVPR 1993; for super-resolution: Pham, van Vliet and Schutte,
EURASIP JASP 2006). Frames are brought to one brightness; what disagrees with the others is weighed down (Huber
1964). Then a few steps of Richardson-Lucy deconvolution (Richardson 1972, Lucy 1974) undo part of the blur of a
stated Gaussian; it is linear-shift-invariant sharpening with that blur and knows nothing of letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.registration import Aligned, Patch

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FusionSettings:
    """How frames are fused."""

    scale: int = 4
    """Enlargement of the fused picture."""
    kernel_px: float = 0.45
    """Standard deviation of the kernel around each point of the finer grid, in pixels of the clip."""
    huber: float = 1.5
    """Residual, in robust standard deviations, from which a value is weighed down."""
    rounds: int = 3
    """Rounds of re-weighing."""
    blur_px: float = 0.6
    """Standard deviation of the Gaussian that the deconvolution takes for the blur, in pixels of the clip."""
    deblur_steps: int = 8
    """Richardson-Lucy steps; 0 leaves the average as it is."""


def weights_of(frames: Sequence[Aligned]) -> list[float]:
    """Return the weight of each frame: sharpness against the median, at most twofold, times squared correlation."""
    if not frames:
        return []
    middle = max(float(np.median([frame.sharpness for frame in frames])), 1e-6)
    return [round(min(2.0, f.sharpness / middle) * max(0.05, f.correlation) ** 2, 4) for f in frames]


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames laid on the finer grid, before they are averaged."""

    values: F32
    """Shape (frames, height, width, 3), 0..255."""
    certainty: F32
    """Shape (frames, height, width): how near each point lies to pixels of that frame."""

    def every_other(self, first: int) -> Stack:
        """Return every other frame, beginning with 0 or 1."""
        return Stack(self.values[first::2], self.certainty[first::2])


def lay(patches: Sequence[Patch], grid: F64, size: tuple[int, int], settings: FusionSettings) -> Stack:
    """Lay frames on the finer grid.

    Parameters
    ----------
    patches:
        Frames with exact warps.
    grid:
        Shape (3, 3): pixel centres of the finer grid to pixel centres of the marked frame.
    size:
        Width and height of the finer grid.
    settings:
        The kernel.
    """
    laid = [_sample(patch, grid, size, settings.kernel_px) for patch in patches]
    return Stack(np.stack([value for value, _ in laid]), np.stack([sure for _, sure in laid]))


def fuse(stack: Stack, weights: Sequence[float], settings: FusionSettings) -> F32:
    """Average a stack, without deconvolution.

    Parameters
    ----------
    stack:
        What :func:`lay` gave.
    weights:
        Weight of each frame.
    settings:
        How.

    Returns
    -------
    float32 of shape (height, width, 3), 0..255.
    """
    sure = stack.certainty * np.asarray(weights, dtype=np.float32)[:, None, None]
    values = _one_brightness(stack.values, _mean(stack.values, sure))
    result = _mean(values, sure)
    for _ in range(settings.rounds if len(values) > 2 else 0):
        residual = _over_channels(np.abs(values - result))
        spread = max(1.0, 1.4826 * float(np.median(residual[:, ::2, ::2])))
        result = _mean(values, sure * np.minimum(1.0, settings.huber * spread / np.maximum(residual, 1e-3)))
    return result


def _over_channels(values: F32) -> F32:
    """Mean over the last axis, which has three: to the last bit what ``mean`` gives, in a fifth of its time."""
    mean: F32 = (values[..., 0] + values[..., 1] + values[..., 2]) / np.float32(3)
    return mean


def _mean(values: F32, sure: F32) -> F32:
    total = np.einsum("nyxc,nyx->yxc", values, sure)
    return np.asarray(total / np.maximum(sure.sum(axis=0), 1e-9)[..., None], dtype=np.float32)


def _sample(patch: Patch, grid: F64, size: tuple[int, int], kernel_px: float) -> tuple[F32, F32]:
    """Kernel-weighted mean of a frame's own pixels around every point of the grid, and the sum of the weights."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    m = patch.warp @ grid
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    px = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / depth - patch.origin[0]
    py = (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / depth - patch.origin[1]
    near_x, near_y = np.rint(px).astype(np.float32), np.rint(py).astype(np.float32)
    off_x, off_y = (px - near_x).astype(np.float32), (py - near_y).astype(np.float32)
    fall = -0.5 / kernel_px**2
    by_x = [np.exp(fall * (off_x - step) ** 2).astype(np.float32) for step in (-1, 0, 1)]
    by_y = [np.exp(fall * (off_y - step) ** 2).astype(np.float32) for step in (-1, 0, 1)]
    source = patch.bgr.astype(np.float32)
    there = np.ones(source.shape[:2], dtype=np.float32)
    total = np.zeros((height, width, 3), dtype=np.float32)
    weight = np.zeros((height, width), dtype=np.float32)
    for row, wy in zip((-1, 0, 1), by_y, strict=True):
        for column, wx in zip((-1, 0, 1), by_x, strict=True):
            at = (near_x + column, near_y + row)
            w = wx * wy * cv2.remap(there, *at, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
            total += w[..., None] * cv2.remap(source, *at, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            weight += w
    return (total / np.maximum(weight, 1e-9)[..., None]).astype(np.float32), weight


def _one_brightness(values: F32, middle: F32) -> F32:
    """Bring every frame to the brightness and contrast of the mean: cameras re-expose while they run."""
    target = _over_channels(middle).ravel()
    spread = float(target.std())
    brought = []
    for value in values:
        own = _over_channels(value).ravel()
        gain = 1.0
        if spread > 1 and own.std() > 1:
            gain = float(np.clip(np.cov(own, target)[0, 1] / own.var(), 0.7, 1.4))
        brought.append(value * np.float32(gain) + np.float32(target.mean() - gain * own.mean()))
    return np.stack(brought)


def as_picture(average: F32) -> U8:
    """Return an average as it is, uint8 of the same shape."""
    return np.asarray(np.rint(np.clip(average, 0.0, 255.0)), dtype=np.uint8)


def deblur(picture: F32, settings: FusionSettings) -> U8:
    """Richardson-Lucy deconvolution with the stated Gaussian; uint8 of the same shape."""
    result: F32 = np.asarray(np.clip(picture, 1.0, 255.0), dtype=np.float32)
    observed = result.copy()
    sigma = settings.blur_px * settings.scale
    for _ in range(settings.deblur_steps):
        ratio: F32 = np.asarray(observed / np.maximum(_blurred(result, sigma), 1.0), dtype=np.float32)
        result = np.asarray(np.clip(result * _blurred(ratio, sigma), 0.0, 255.0), dtype=np.float32)
    return as_picture(result)


def _blurred(picture: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), dtype=np.float32)
