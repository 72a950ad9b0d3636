"""Hand-made light features: the baseline that the lighting network has to beat."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
SHARE_DARK = 8
"""Position of the share of pixels darker than luma 40 among the features."""
_LUMA = np.array([0.0722, 0.7152, 0.2126], np.float32)


def hand_features(bgr: U8) -> F32:
    """Return 49 features of a picture, uint8 (height, width, 3): exposure, colour of light, layout, lamps, noise."""
    small = cv2.resize(bgr, (160, 120), interpolation=cv2.INTER_AREA)
    linear = (small.astype(np.float32) / 255) ** 2.2
    light = linear @ _LUMA
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    hue, saturation, value = (c.astype(np.float32) for c in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV)))
    edges = np.abs(cv2.Laplacian(gray, cv2.CV_32F))
    exposure = [
        *np.log(np.percentile(light, (1, 5, 25, 50, 75, 95, 99)) + 1e-3),
        (gray < 16).mean(),
        (gray < 40).mean(),
        (gray > 250).mean(),
        (gray > 220).mean(),
        saturation.mean() / 255,
        np.percentile(saturation, 90) / 255,
    ]
    highlights = (light >= np.percentile(light, 92)) & (gray < 252)
    shadows = light <= np.percentile(light, 30)
    colour = [
        number
        for mask in (highlights, saturation < 50, light > 0, shadows)
        for number in _colour_temperature(linear, mask)
    ]
    thirds: list[float] = []
    for part in (slice(0, 40), slice(40, 80), slice(80, 120)):
        thirds += [
            np.log(light[part].mean() + 1e-3),
            saturation[part].mean() / 255,
            (linear[part, :, 0] - linear[part, :, 2]).mean(),
            np.log1p(edges[part].mean()),
            np.log(light[part].std() + 1e-3),
        ]
    upper = np.zeros_like(gray, bool)
    upper[:60] = True
    flat = cv2.blur(edges, (7, 7)) < 6
    regions = [
        (upper & (hue > 90) & (hue < 128) & (saturation > 45) & (value > 90)).mean(),  # blue sky
        (upper & (saturation < 40) & (value > 190) & flat).mean(),  # white sky, ceiling
        ((hue > 30) & (hue < 85) & (saturation > 60)).mean(),  # leaves
        (upper & flat & (value < 40)).mean(),  # black sky
        ((hue < 18) & (saturation > 120)).mean(),  # sodium and candle light
        ((hue > 128) & (hue < 172) & (saturation > 80)).mean(),  # stage light
    ]
    count, _, stats, _ = cv2.connectedComponentsWithStats((gray > 238).astype(np.uint8))
    areas = np.sort(stats[1:, 4])[::-1] / gray.size if count > 1 else np.zeros(1)
    lamps = [np.log1p(count - 1), areas[0], areas.sum(), (areas < 0.003).sum() / 20]
    coloured = saturation > 40
    rest = [
        np.log1p(np.percentile(edges, 20)),
        np.log1p(np.median(edges)),
        np.std(hue[coloured]) / 60 if coloured.sum() > 20 else 0.0,
    ]
    return np.array([*exposure, *colour, *thirds, *regions, *lamps, *rest], np.float32)


def _colour_temperature(linear: F32, mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Log ratios of red and of blue to green of the light in ``mask``; 0 where too little of it is there."""
    if mask.sum() < 20:
        return 0.0, 0.0
    blue, green, red = linear[mask].mean(axis=0) + 1e-3
    return float(np.log(red / green)), float(np.log(blue / green))
