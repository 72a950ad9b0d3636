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
    """A shirt of pale cloth with royal blue leaves and dark emblems: a tree over a hall over wings that sweep up."""
    rng = np.random.default_rng(seed)
    pale, royal, dark = (235, 195, 150), (175, 95, 35), (70, 42, 35)
    out, pitch = plain(pale, seed, size), size // 4
    for _ in range(260):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        leaf = int(pitch * 0.13), int(pitch * 0.05)
        cv2.ellipse(out, (x, y), leaf, float(rng.uniform(0, 180)), 0, 360, royal, -1, cv2.LINE_AA)
    for row in range(-1, 5):
        for column in range(-1, 5):
            x, y = column * pitch + (pitch // 2) * (row % 2) + pitch // 2, row * pitch + pitch // 2
            r = pitch * 0.57
            cv2.ellipse(out, (x, y), (int(r * 0.58), int(r * 0.47)), 0, 0, 360, pale, -1)
            cv2.ellipse(out, (x, y), (int(r * 0.5), int(r * 0.36)), 0, 0, 180, dark, -1)
            cv2.ellipse(out, (x, int(y - r * 0.12)), (int(r * 0.34), int(r * 0.24)), 0, 0, 180, pale, -1)
            cv2.ellipse(out, (x, int(y - r * 0.12)), (int(r * 0.27), int(r * 0.3)), 0, 180, 360, dark, -1)
            cv2.rectangle(out, (int(x - r * 0.17), int(y - r * 0.08)), (int(x + r * 0.17), int(y + r * 0.1)), dark, -1)
    return out
