"""Hand-made light features: the baseline that the lighting network has to beat."""

from __future__ import annotations

import cv2
import numpy as np


def hand_features(bgr):

    p = cv2.resize(bgr, (160, 120), interpolation=cv2.INTER_AREA)
    f = p.astype(np.float32) / 255
    lin = f**2.2
    y = lin @ np.array([0.0722, 0.7152, 0.2126], np.float32)
    hsv = cv2.cvtColor(p, cv2.COLOR_BGR2HSV)
    hue, sat, val = (hsv[..., i].astype(np.float32) for i in range(3))
    g = cv2.cvtColor(p, cv2.COLOR_BGR2GRAY)
    out = list(np.log(np.percentile(y, (1, 5, 25, 50, 75, 95, 99)) + 1e-3)) + [
        (g < 16).mean(),
        (g < 40).mean(),
        (g > 250).mean(),
        (g > 220).mean(),
        sat.mean() / 255,
        np.percentile(sat, 90) / 255,
    ]

    def ratio(m):
        if m.sum() < 20:
            return [0.0, 0.0]
        b, gg, r = lin[m].mean(0) + 1e-3
        return [np.log(r / gg), np.log(b / gg)]

    hi = (y >= np.percentile(y, 92)) & (g < 252)
    out += ratio(hi) + ratio(sat < 50) + ratio(y > 0) + ratio(y <= np.percentile(y, 30))
    lap = np.abs(cv2.Laplacian(g, cv2.CV_32F))
    for a, b in ((0, 40), (40, 80), (80, 120)):
        s = slice(a, b)
        out += [
            np.log(y[s].mean() + 1e-3),
            sat[s].mean() / 255,
            float((lin[s, :, 0] - lin[s, :, 2]).mean()),
            np.log1p(lap[s].mean()),
            np.log(y[s].std() + 1e-3),
        ]
    top = np.zeros_like(g, bool)
    top[:60] = True
    flat = cv2.blur(lap, (7, 7)) < 6
    out += [
        (top & (hue > 90) & (hue < 128) & (sat > 45) & (val > 90)).mean(),
        (top & (sat < 40) & (val > 190) & flat).mean(),
        ((hue > 30) & (hue < 85) & (sat > 60)).mean(),
        (top & flat & (val < 40)).mean(),
        ((hue < 18) & (sat > 120)).mean(),
        ((hue > 128) & (hue < 172) & (sat > 80)).mean(),
    ]
    n, _, st, _ = cv2.connectedComponentsWithStats((g > 238).astype(np.uint8))
    ar = np.sort(st[1:, 4])[::-1] / g.size if n > 1 else np.zeros(1)
    out += [np.log1p(n - 1), float(ar[0]), float(ar.sum()), float((ar < 0.003).sum()) / 20]
    out += [
        np.log1p(float(np.percentile(lap, 20))),
        np.log1p(float(np.median(lap))),
        float(np.std(hue[sat > 40])) / 60 if (sat > 40).sum() > 20 else 0.0,
    ]
    return np.array(out, np.float32)
