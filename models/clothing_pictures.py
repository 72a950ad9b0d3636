"""Pictures for training and testing the clothing classifier: what reposts do to a torso, and cloth laid on
one.

Every function takes and returns uint8 BGR pictures of shape (height, width, 3) and draws its chances from the
``numpy.random.Generator`` it is given, so a seed reproduces a data set. Three kinds of change:

* :func:`degrade` light, white balance, blur, occluders, scaling down to 24 px, JPEG: a new view of a real
  crop;
* :func:`retexture` and :func:`recolour` the garment of a plain crop is given another cloth or colour, its
  folds, collar, arms and background stay: more cloth on more people, without inventing people;
* :func:`draw_old_korpri` the old Korpri design drawn from its description (vines on pale to royal blue, dark
  emblems), because pictures of the cloth itself are not to be had.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator


# ---------------------------------------------------------------- views of a real crop


def _reframe(picture: U8, rng: Rng) -> U8:
    h, w = picture.shape[:2]
    keep = rng.uniform(0.7, 1.0, 2)
    ch, cw = max(12, int(h * keep[0])), max(12, int(w * keep[1]))
    y, x = rng.integers(0, h - ch + 1) if h > ch else 0, rng.integers(0, w - cw + 1) if w > cw else 0
    out = picture[y : y + ch, x : x + cw]
    if rng.random() < 0.5:
        out = out[:, ::-1]
    if rng.random() < 0.4:
        out = cv2.warpAffine(
            out,
            cv2.getRotationMatrix2D((out.shape[1] / 2, out.shape[0] / 2), rng.uniform(-12, 12), rng.uniform(1.0, 1.15)),
            (out.shape[1], out.shape[0]),
            borderMode=cv2.BORDER_REFLECT,
        )
    return np.ascontiguousarray(out)


def _fabric_colour(rng: Rng) -> npt.NDArray[np.float64]:
    hsv = np.uint8([[[rng.integers(0, 180), rng.integers(0, 200), rng.integers(10, 245)]]])
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0].astype(float)


def _occlude(picture: U8, rng: Rng) -> U8:
    """A headscarf over the shoulders, a lanyard with a card, a held sheet, an arm or somebody's shoulder."""
    out = picture.copy()
    h, w = out.shape[:2]
    kind = rng.choice(["scarf", "lanyard", "sheet", "blob", "arm"])
    layer = np.zeros((h, w), np.uint8)
    colour = _fabric_colour(rng)
    if kind == "scarf":
        drop, half = rng.uniform(0.2, 0.6) * h, rng.uniform(0.25, 0.55) * w
        middle = w / 2 + rng.normal(0, 0.06) * w
        points = np.array(
            [
                [middle - half, 0],
                [middle + half, 0],
                [middle + half * 0.7, drop * 0.6],
                [middle + rng.uniform(-0.2, 0.2) * w, drop],
                [middle - half * 0.7, drop * 0.6],
            ]
        )
        cv2.fillPoly(layer, [points.astype(np.int32)], 255)
    elif kind == "lanyard":
        width = max(1, int(w * rng.uniform(0.015, 0.04)))
        card = (int(w * rng.uniform(0.4, 0.65)), int(h * rng.uniform(0.4, 0.7)))
        for side in (0.3, 0.7):
            cv2.line(layer, (int(w * (side + rng.normal(0, 0.04))), 0), card, 255, width)
        size = (int(w * rng.uniform(0.07, 0.13)), int(w * rng.uniform(0.1, 0.19)))
        tone = (int(rng.integers(90, 255)),) * 3 if rng.random() < 0.7 else tuple(int(c) for c in _fabric_colour(rng))
        cv2.rectangle(out, card, (card[0] + size[0], card[1] + size[1]), tone, -1)
    elif kind == "sheet":
        box = cv2.boxPoints(
            (
                (w * rng.uniform(0.2, 0.8), h * rng.uniform(0.5, 0.95)),
                (w * rng.uniform(0.25, 0.6), h * rng.uniform(0.2, 0.5)),
                rng.uniform(-25, 25),
            )
        )
        cv2.fillPoly(layer, [box.astype(np.int32)], 255)
        colour = np.array([235.0, 235, 235]) - rng.uniform(0, 40)
    elif kind == "arm":
        colour = np.array([rng.uniform(50, 130), rng.uniform(80, 160), rng.uniform(120, 215)])
        start = (int(rng.choice([0, w])), int(h * rng.uniform(0.5, 1.0)))
        end = (int(w * rng.uniform(0.3, 0.7)), int(h * rng.uniform(0.4, 0.8)))
        cv2.line(layer, start, end, 255, max(2, int(w * rng.uniform(0.1, 0.2))))
    else:
        centre = (
            int(w * rng.choice([0.0, 1.0, rng.random()])),
            int(h * rng.choice([0.0, 1.0, rng.random()])),
        )
        axes = (int(w * rng.uniform(0.12, 0.4)), int(h * rng.uniform(0.12, 0.45)))
        cv2.ellipse(layer, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1)
    folds = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), max(1.0, w / 25))
    folds = 1 + 0.15 * folds / (folds.std() + 1e-6)
    alpha = cv2.GaussianBlur(layer, (0, 0), max(0.6, w / 150)).astype(np.float32)[..., None] / 255
    return to_u8(out * (1 - alpha) + np.clip(colour * folds[..., None], 0, 255) * alpha)


def _light(picture: U8, rng: Rng, strength: float = 1.0) -> U8:
    x = (picture.astype(np.float32) / 255) ** rng.uniform(1 - 0.3 * strength, 1 + 0.5 * strength)
    x *= rng.uniform(1 - 0.35 * strength, 1 + 0.3 * strength)
    x *= np.exp(rng.normal(0, 0.09 * strength, 3)).astype(np.float32)  # white balance
    if rng.random() < 0.12:  # coloured room light: karaoke rooms, neon
        tint = np.array([[1.0, 0.55, 0.9], [1.1, 0.7, 0.6], [0.6, 0.75, 1.1], [0.75, 1.0, 0.7]])[rng.integers(4)]
        x *= (1 + rng.uniform(0.2, 0.8) * (tint - 1)).astype(np.float32)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0.6, 1.35)
    if rng.random() < 0.3:  # light from one side
        h, w = x.shape[:2]
        ramp = np.linspace(-1, 1, w, dtype=np.float32)[None, :, None] * rng.normal(0, 0.3)
        x *= np.exp(ramp + np.linspace(-1, 1, h, dtype=np.float32)[:, None, None] * rng.normal(0, 0.2))
    if rng.random() < 0.12:  # a dim room, the gain turned up again by the phone
        x = x * rng.uniform(0.08, 0.35)
        x = np.round(x * 255) / 255 + rng.normal(0, rng.uniform(0.004, 0.02), x.shape)
        x = x * rng.uniform(1.0, 4.0)
    return to_u8(x * 255)


def _camera(picture: U8, rng: Rng, min_side_px: int = 24) -> U8:
    h, w = picture.shape[:2]
    if rng.random() < 0.6:
        side = float(np.exp(rng.uniform(np.log(min_side_px), np.log(170))))
        k = side / min(h, w)
        if k < 1:
            picture = cv2.resize(picture, (max(8, round(w * k)), max(8, round(h * k))), interpolation=cv2.INTER_AREA)
            h, w = picture.shape[:2]
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.02 * min(h, w) + 0.5))
    elif rng.random() < 0.2:  # motion
        length = max(2, int(rng.uniform(0.02, 0.07) * max(h, w)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        c = (length - 1) / 2
        for t in np.linspace(-c, c, length * 2):
            kernel[round(c + t * np.sin(angle)), round(c + t * np.cos(angle))] = 1
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if rng.random() < 0.3:
        picture = to_u8(picture + rng.normal(0, rng.uniform(1, 9), picture.shape))
    for _ in range(1 + (rng.random() < 0.3)):
        if rng.random() < 0.75:
            quality = int(np.exp(rng.uniform(np.log(12), np.log(92))))
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    if rng.random() < 0.08:  # over-sharpened by a phone or an app
        picture = to_u8(1.6 * picture - 0.6 * cv2.GaussianBlur(picture, (0, 0), 1.5).astype(np.float32))
    return picture


def degrade(picture: U8, rng: Rng) -> U8:
    """Return a new view of a crop, as another phone, room and repost would give it."""
    picture = _reframe(picture, rng)
    for _ in range(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])):
        picture = _occlude(picture, rng)
    return _camera(_light(picture, rng), rng)


# ---------------------------------------------------------------- other cloth on the same torso


def garment(picture: U8) -> F32 | None:
    """Return the mask (height, width), 0..1, of a plain garment, or None where there is none that covers
    the crop.
    """
    h, w = picture.shape[:2]
    lab = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), max(0.8, w / 120)), cv2.COLOR_BGR2LAB).astype(np.float32)
    middle = lab[int(h * 0.35) : int(h * 0.9), int(w * 0.25) : int(w * 0.75)].reshape(-1, 3)
    if len(middle) < 50:
        return None
    centre = np.median(middle, 0)
    away = np.sqrt(((lab[..., 1:] - centre[1:]) ** 2).sum(2) + ((lab[..., 0] - centre[0]) * 0.3) ** 2)
    mask = (away < 13).astype(np.uint8)
    kernel = np.ones((max(3, w // 25) | 1,) * 2, np.uint8)
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    if mask[int(h * 0.3) :, int(w * 0.2) : int(w * 0.8)].mean() < 0.72:
        return None
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.6, w / 160))


def _shading(picture: U8, mask: F32) -> F32:
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32) + 4
    return np.clip(luma / (np.median(luma[mask > 0.5]) + 1e-3), 0.25, 1.7)


def lay(cloth: U8, size: tuple[int, int], rng: Rng, repeat_px: float | None, across: tuple[float, float]) -> U8:
    """Lay cloth over ``size`` (height, width) with turn, slant, folds and a seam down the front.

    ``repeat_px`` is the width of one repeat of the design in the cloth's own pixels and ``across`` how many
    repeats lie across the torso; without a repeat, ``across`` is how much of the cloth's width is used.
    """
    h, w = size
    scale = w / (rng.uniform(*across) * (repeat_px or cloth.shape[1]))
    angle = np.deg2rad(rng.normal(0, 7))
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    centre = rng.uniform(0, 1, 2) * (cloth.shape[1], cloth.shape[0])
    waves = [
        cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), w * rng.uniform(0.06, 0.2)) for _ in "xy"
    ]
    dx, dy = (f / (f.std() + 1e-6) * w * rng.uniform(0.0, 0.025) for f in waves)
    x, y = xs - w / 2 + dx, ys - h / 2 + dy
    x = x + rng.normal(0, 0.08) * y * np.sign(xs - w / 2)  # the halves hang apart
    if rng.random() < 0.6:  # the two fronts do not match at the button row
        right = xs > w * (0.5 + rng.normal(0, 0.06))
        y = y + right * rng.uniform(-0.15, 0.15) * h
        x = x + right * rng.uniform(-0.15, 0.15) * w
    curve = 1 + rng.uniform(0.0, 0.5) * ((xs - w / 2) / w) ** 2  # round body: narrower repeats at the sides
    u = (np.cos(angle) * x * curve - np.sin(angle) * y) / scale + centre[0]
    v = (np.sin(angle) * x * curve + np.cos(angle) * y) / scale + centre[1]
    if scale < 0.7:
        cloth = cv2.GaussianBlur(cloth, (0, 0), 0.4 / scale)
    mode = cv2.BORDER_WRAP if repeat_px else cv2.BORDER_REFLECT
    return cv2.remap(cloth, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=mode)


def retexture(picture: U8, mask: F32, cloth: U8, rng: Rng, repeat_px: float | None, across: tuple[float, float]) -> U8:
    """Give the garment under ``mask`` (see :func:`garment`) another cloth; its folds and light stay."""
    new = lay(cloth, picture.shape[:2], rng, repeat_px, across).astype(np.float32)
    new *= np.exp(rng.normal(0, 0.05, 3)) * rng.uniform(0.75, 1.15)
    shaded = np.clip(new * _shading(picture, mask)[..., None] ** rng.uniform(0.7, 1.2), 0, 255)
    return to_u8(picture * (1 - mask[..., None]) + shaded * mask[..., None])


def recolour(picture: U8, mask: F32, bgr: tuple[float, float, float], rng: Rng) -> U8:
    """Dye a plain garment: its seams, pockets, tags and folds stay, its colour becomes about ``bgr``."""
    shade = _shading(picture, mask)[..., None] ** rng.uniform(0.8, 1.15)
    # Tags, pins and buttons differ from the cloth in colour: they keep theirs.
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.float32)
    own = np.median(lab[mask > 0.5], 0)
    apart = np.abs(lab[..., 1:] - own[1:]).sum(2, keepdims=True)
    keep = np.clip((apart - 14) / 16, 0, 1)
    alpha = mask[..., None] * (1 - keep)
    new = np.clip(np.array(bgr, np.float32) * np.exp(rng.normal(0, 0.06, 3)) * shade, 0, 255)
    return to_u8(picture * (1 - alpha) + new * alpha)


def turn_hue(picture: U8, rng: Rng, hue: float, saturation: float = 1.0) -> U8:
    """Turn the main hue of a cloth to ``hue`` (0..180, 110 is blue), the design staying as it is."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.float32)
    weights = hsv[..., 1] * hsv[..., 2]
    angle = np.angle((weights * np.exp(2j * np.pi * hsv[..., 0] / 180)).sum()) * 180 / (2 * np.pi)
    hsv[..., 0] = (hsv[..., 0] + hue - angle + rng.normal(0, 3)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)


# ---------------------------------------------------------------- the old Korpri design, drawn


def draw_emblem(
    layer: U8, centre: tuple[float, float], size: float, dark: tuple[int, ...], light: tuple[int, ...]
) -> None:
    """Draw the emblem's geometry: tree (a fan), hall with five pillars, two wings that sweep up. In place."""
    x, y = centre
    wing = int(size * 0.5)
    cv2.ellipse(layer, (int(x), int(y)), (wing, int(size * 0.36)), 0, 0, 180, dark, -1)
    gap = tuple(int(c) for c in light)
    cv2.ellipse(layer, (int(x), int(y - size * 0.12)), (int(size * 0.34), int(size * 0.24)), 0, 0, 180, gap, -1)
    cv2.ellipse(layer, (int(x), int(y - size * 0.12)), (int(size * 0.27), int(size * 0.30)), 0, 180, 360, dark, -1)
    top, foot = int(y - size * 0.06), int(y + size * 0.1)
    cv2.rectangle(layer, (int(x - size * 0.17), top - max(1, int(size * 0.03))), (int(x + size * 0.17), foot), dark, -1)
    for i in range(5):
        px = int(x + (i - 2) * size * 0.065)
        cv2.line(layer, (px, top), (px, foot), gap, max(1, int(size * 0.02)))


def draw_old_korpri(rng: Rng, repeat_px: int = 160) -> U8:
    """Draw a cloth of the old design, ``repeat_px`` per repeat and four by four repeats large."""
    pale = np.array([rng.uniform(215, 250), rng.uniform(170, 225), rng.uniform(120, 205)])
    royal = np.array([rng.uniform(130, 215), rng.uniform(60, 115), rng.uniform(10, 60)])
    ground, vine = (pale, royal) if rng.random() < 0.65 else (royal, pale)
    dark = np.array([rng.uniform(45, 95), rng.uniform(25, 60), rng.uniform(15, 55)])
    n, r = 2, repeat_px
    tile = np.full((n * r, n * r, 3), ground, np.uint8)
    colour = tuple(int(c) for c in vine)

    def leaf(at: npt.NDArray[np.float64], angle: float, length: float) -> None:
        for ox in (-n * r, 0, n * r):
            for oy in (-n * r, 0, n * r):
                p = (int(at[0] + ox), int(at[1] + oy))
                cv2.ellipse(
                    tile,
                    p,
                    (max(1, int(length)), max(1, int(length * 0.36))),
                    np.rad2deg(angle),
                    0,
                    360,
                    colour,
                    -1,
                )

    for _ in range(int(rng.integers(16, 26))):  # curling stems with leaves on both sides
        at, angle, bend = (
            rng.uniform(0, n * r, 2),
            rng.uniform(0, 2 * np.pi),
            rng.choice([-1, 1]) * rng.uniform(0.12, 0.3),
        )
        for k in range(int(rng.integers(9, 16))):
            step = r * 0.045
            at = at + step * np.array([np.cos(angle), np.sin(angle)])
            angle += bend * (0.5 + k / 12)
            leaf(at, angle + rng.choice([-1, 1]) * 0.9, r * rng.uniform(0.035, 0.075))
            leaf(at, angle, r * 0.04)
    for row in range(n):
        for column in range(n):
            shift = 0.5 if row % 2 else 0.0
            at = ((column + 0.3 + shift) % n * r, (row + 0.5) * r)
            size = r * rng.uniform(0.42, 0.55)
            cv2.ellipse(
                tile,
                (int(at[0]), int(at[1])),
                (int(size * 0.55), int(size * 0.45)),
                0,
                0,
                360,
                tuple(int(c) for c in ground),
                -1,
            )
            draw_emblem(tile, at, size, tuple(int(c) for c in dark), tuple(int(c) for c in ground))
    return cv2.GaussianBlur(np.tile(tile, (2, 2, 1)), (0, 0), 0.8)


def to_u8(x: npt.NDArray[np.floating]) -> U8:
    """Clip to 0..255 and cut to whole numbers."""
    return np.clip(x, 0, 255).astype(np.uint8)
