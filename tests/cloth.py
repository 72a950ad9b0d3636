"""Drawn cloth for tests: no photograph of anybody."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]


def plain(bgr: tuple[int, int, int], seed: int, size: int = 160) -> U8:
    """A shirt front of one colour with folds, a collar opening and a button row."""
    rng = np.random.default_rng(seed)
    folds = cv2.GaussianBlur(rng.normal(0, 1, (size, size)).astype(np.float32), (0, 0), size / 14)
    folds = 1 + 0.12 * folds / folds.std()
    out = np.clip(np.array(bgr, np.float32) * folds[..., None] + rng.normal(0, 2, (size, size, 3)), 0, 255).astype(
        np.uint8
    )
    skin = (125, 155, 200)
    cv2.fillPoly(out, [np.array([[size * 2 // 5, 0], [size * 3 // 5, 0], [size // 2, size // 5]])], skin)
    dark = tuple(int(c * 0.6) for c in bgr)
    cv2.line(out, (size // 2, size // 5), (size // 2, size), dark, 1)
    for y in range(size // 4, size, size // 6):
        cv2.circle(out, (size // 2 + 2, y), 2, dark, -1)
    return out


def korpri_like(seed: int, size: int = 160) -> U8:
    """Navy cloth with gold emblems (a fan over a hall over sweeping wings) between light blue scrolls."""
    out = plain((110, 60, 25), seed, size)
    gold, light, pitch = (110, 185, 225), (190, 145, 85), size // 4
    for row in range(-1, 6):
        for column in range(-1, 6):
            x, y = column * pitch + pitch // 2, row * pitch + pitch // 2
            r = pitch * 0.26
            cv2.ellipse(out, (x, y), (int(r), int(r * 0.8)), 0, 0, 180, gold, -1)
            cv2.ellipse(out, (x, int(y - r * 0.25)), (int(r * 0.6), int(r * 0.45)), 0, 0, 180, (110, 60, 25), -1)
            cv2.ellipse(out, (x, int(y - r * 0.3)), (int(r * 0.5), int(r * 0.7)), 0, 180, 360, gold, -1)
            cx, cy = x + pitch // 2, y + pitch // 4
            for turn in (0, 90, 180, 270):
                cv2.ellipse(out, (cx, cy), (int(r * 0.8), int(r * 0.35)), turn + 30, 0, 250, light, 1, cv2.LINE_AA)
            cv2.circle(out, (cx, cy), 2, (235, 235, 235), -1)
    return out
