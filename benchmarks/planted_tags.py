"""Name tags with known text, planted on real moving footage, then made as bad as phones and messengers make them.

A tag is drawn large, laid on a patch of cloth, moved like a chest (sway, steps, slight turns, a hand's shake), averaged
over the exposure, blurred by an optical point spread, sampled on the clip's pixels, given sensor noise, and encoded as
H.264; a repost is encoded once more within a platform's bit rate. Names and agencies are made of random syllables:
nobody's. Everything about a clip follows from its number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vidcheck import media
from vidcheck.types import Box

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

SIZE = (320, 240)
FPS = 30
FRAMES = 45
_FINE = 4  # the scene is drawn this much finer than the clip, then averaged over each pixel
_CAP = 72  # height of a capital in the drawn tag, pixels
_ONSETS = ("b", "d", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "w", "y", "ny", "ng", "pr", "tr", "")
_VOWELS = ("a", "a", "a", "i", "u", "e", "o")
_CODAS = ("", "", "", "n", "r", "s", "h", "t", "ng", "m")
_OFFICES = ("DINAS", "BADAN", "BAGIAN", "KEC.", "KEL.", "UPTD", "BIRO")


@dataclass(frozen=True)
class Grade:
    """How bad the clip is made."""

    name: str
    noise: float
    """Standard deviation of the sensor's noise, 8-bit steps."""
    crf: tuple[int, ...]
    """Constant rate factors of the H.264 encodings, one after the other: phone, then messenger or platform."""
    exposure: float
    """Share of the frame's time in which the shutter is open."""
    blur_px: tuple[float, float]
    """Range of the lens blur's standard deviation, pixels of the clip."""
    light: float
    """Share of full exposure; what is missing is missing against the noise."""
    repost_bits: float | None = None
    """Bits per pixel and frame of one more encoding, a platform's; None for a clip that was not posted."""


REPOST_BITS = 300_000 / (360 * 640 * 30)
"""Bits per pixel and frame of 300 kbit/s at 360 x 640 and 30 frames a second: a platform's low rendition."""

GRADES = (
    Grade("clean", 2.0, (23,), 0.3, (0.45, 0.7), 1.0),
    Grade("messenger", 5.0, (26, 31), 0.4, (0.5, 0.9), 0.9),
    Grade("dim", 14.0, (24,), 0.6, (0.5, 0.9), 0.45),
    Grade("dark", 22.0, (24,), 0.6, (0.5, 0.9), 0.3),
    Grade("repost-room", 6.0, (23,), 0.5, (0.5, 0.9), 0.6, REPOST_BITS),
    Grade("repost-dark", 10.0, (23,), 0.8, (0.5, 0.9), 0.35, REPOST_BITS),
)


@dataclass(frozen=True)
class Planted:
    """One clip with a tag, and the truth."""

    path: Path
    text: str
    letter_px: float
    """Height of a capital in the clip, pixels."""
    grade: str
    box_at: tuple[Box, ...]
    """Box around the text in every frame, pixels."""
    contrast: float


@cache
def _fonts() -> tuple[Path, ...]:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = ("DejaVuSans-Bold", "DejaVuSans", "DejaVuSerif-Bold", "DejaVuSansMono-Bold")
    return tuple(folder / f"{name}.ttf" for name in names)


def invent(rng: np.random.Generator) -> str:
    """Make up a name or an agency, capitals."""

    def word(syllables: int) -> str:
        parts = [_ONSETS[rng.integers(len(_ONSETS))] + _VOWELS[rng.integers(len(_VOWELS))] for _ in range(syllables)]
        return ("".join(parts) + _CODAS[rng.integers(len(_CODAS))]).upper()

    if rng.random() < 0.3:
        return f"{_OFFICES[rng.integers(len(_OFFICES))]} {word(int(rng.integers(3, 5)))}"
    return " ".join(word(int(rng.integers(2, 4))) for _ in range(int(rng.integers(1, 3))))


def _draw(text: str, rng: np.random.Generator) -> tuple[U8, Box, float]:
    """Draw cloth and tag at ``_CAP``; return the picture, the box around the text, and the contrast."""
    font_path = _fonts()[rng.integers(len(_fonts()))]
    font = ImageFont.truetype(str(font_path), _CAP)
    cap = font.getbbox("H")
    font = ImageFont.truetype(str(font_path), round(_CAP * _CAP / (cap[3] - cap[1])))
    left, top, right, bottom = font.getbbox(text)
    width, height = right - left, bottom - top
    pad = int(0.7 * _CAP)
    cloth = int(2.2 * _CAP)
    dark, light = int(rng.integers(20, 90)), int(rng.integers(130, 245))  # engraved brass to white on black
    plate, ink = (dark, light) if rng.random() < 0.6 else (light, dark)
    tone = rng.integers(60, 190, 3).astype(np.float64)
    size = (int(height + 2 * (pad + cloth)), int(width + 2 * (pad + cloth)))
    weave = cv2.GaussianBlur(rng.normal(0, 40, size), (0, 0), 9) + cv2.resize(
        rng.normal(0, 14, (size[0] // 90 + 2, size[1] // 90 + 2)), (size[1], size[0]), interpolation=cv2.INTER_CUBIC
    )
    picture = Image.fromarray(np.clip(tone + weave[..., None] * 2, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    frame = (cloth, cloth, cloth + width + 2 * pad, cloth + height + 2 * pad)
    pen.rounded_rectangle(frame, radius=_CAP // 4, fill=(plate,) * 3, outline=(ink,) * 3, width=_CAP // 14)
    pen.text((cloth + pad - left, cloth + pad - top), text, font=font, fill=(ink,) * 3)
    box = (float(cloth + pad), float(cloth + pad), float(cloth + pad + width), float(cloth + pad + height))
    return np.asarray(picture)[..., ::-1].copy(), box, abs(light - dark) / 255


def _smooth(rng: np.random.Generator, count: int, amplitude: float, period: float) -> F64:
    """A band-limited random movement of the given amplitude, one value a sub-frame."""
    steps = max(4, int(count / period) + 4)
    knots = rng.normal(0, amplitude, steps)
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(np.arange(steps), knots)(np.linspace(1, steps - 3, count)), dtype=np.float64)


def _motion(rng: np.random.Generator, count: int, scale: float, text_box: Box, sheet: U8) -> list[F64]:
    """Maps from the drawn sheet to the clip's pixels (centres), one for each sub-frame."""
    sway_x = _smooth(rng, count, 5.0, count / 4) + _smooth(rng, count, 0.8, count / 24)
    sway_y = _smooth(rng, count, 3.0, count / 4) + _smooth(rng, count, 0.7, count / 24)
    turn = np.radians(rng.uniform(-4, 4) + _smooth(rng, count, 1.2, count / 4))
    size = 1 + _smooth(rng, count, 0.015, count / 3)
    lean = _smooth(rng, count, 0.03, count / 3)
    centre = np.array([(text_box[0] + text_box[2]) / 2, (text_box[1] + text_box[3]) / 2])
    at = np.array([SIZE[0] / 2 + rng.uniform(-25, 25), SIZE[1] / 2 + rng.uniform(-20, 20)])
    maps = []
    for k in range(count):
        c, s = np.cos(turn[k]), np.sin(turn[k])
        zoom = scale * size[k]
        linear = zoom * np.array([[c * (1 - abs(lean[k])), -s], [s, c]])
        place = at + np.array((sway_x[k], sway_y[k]))
        shift = place - linear @ centre
        tilt = lean[k] * 0.12 / max(sheet.shape[1], 1)
        forward = np.vstack((np.column_stack((linear, shift)), (0.0, 0.0, 1.0)))
        perspective = np.array([[1.0, 0, 0], [0, 1, 0], [tilt, 0, 1 - tilt * centre[0]]])
        maps.append(forward @ perspective)
    return maps


def backgrounds(rng: np.random.Generator) -> Iterator[U8]:
    """Real moving footage where ``VIDCHECK_DATA`` is, cropped to the clip's size; drawn texture where it is not."""
    folder = os.environ.get("VIDCHECK_DATA")
    width, height = SIZE
    if folder is None:
        noise = rng.integers(0, 255, (height, 3 * width, 3), dtype=np.uint8)
        wide = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), dtype=np.uint8)
        for k in range(FRAMES):
            yield wide[:, 2 * k : 2 * k + width].copy()
        return
    if rng.random() < 0.5:
        clip_path = Path(folder) / "clips" / ("people.mp4", "walking.mp4", "vtest.avi")[rng.integers(3)]
        with media.open_clip(clip_path) as clip:
            source = clip.source
            x = int(rng.integers(0, max(1, source.width_px - width)))
            y = int(rng.integers(0, max(1, source.height_px - height)))
            skip = int(rng.integers(0, 120))
            for number, frame in enumerate(clip.frames()):
                if skip <= number < skip + FRAMES:
                    yield frame.bgr[y : y + height, x : x + width].copy()
                if number >= skip + FRAMES:
                    break
        return
    photos = (Path(folder) / "det" / "val.txt").read_text("utf-8").split()
    photo = cv2.imread(str(Path(folder) / "det" / "images" / Path(photos[rng.integers(len(photos))]).name))
    assert photo is not None
    zoom = max((width + 60) / photo.shape[1], (height + 60) / photo.shape[0])
    photo = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    pan_x = 30 + np.clip(_smooth(rng, FRAMES, 8, FRAMES / 3), -28, 28)
    pan_y = 30 + np.clip(_smooth(rng, FRAMES, 6, FRAMES / 3), -28, 28)
    for dx, dy in zip(pan_x, pan_y, strict=True):
        yield np.asarray(cv2.getRectSubPix(photo, SIZE, (dx + width / 2, dy + height / 2)), dtype=np.uint8)


def _extent(onto: F64, sheet: U8) -> tuple[int, int, int, int]:
    """Whole pixels of the clip that the sheet covers."""
    height, width = sheet.shape[:2]
    corners = np.array([[[0.0, 0.0]], [[width, 0.0]], [[width, height]], [[0.0, height]]])
    seen = cv2.perspectiveTransform(corners, onto)[:, 0]
    low = np.clip(np.floor(seen.min(axis=0)) - 2, 0, (SIZE[0] - 1, SIZE[1] - 1)).astype(int)
    high = np.clip(np.ceil(seen.max(axis=0)) + 2, 1, SIZE).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def plant(folder: Path, number: int, letter_px: float, grade: Grade) -> Planted:
    """Render one clip."""
    rng = np.random.default_rng([number, round(letter_px * 10), sum(map(ord, grade.name))])
    text = invent(rng)
    sheet, text_box, contrast = _draw(text, rng)
    # Long names are set narrow.
    squeeze = float(rng.uniform(0.65, 1.0))
    sheet = np.asarray(cv2.resize(sheet, None, fx=squeeze, fy=1.0, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    text_box = (text_box[0] * squeeze, text_box[1], text_box[2] * squeeze, text_box[3])
    scale = letter_px / _CAP
    sub = 3
    every = 6  # movement is drawn at sixths of a frame: the shutter is open for some of them
    maps = _motion(rng, FRAMES * every, scale, text_box, sheet)
    blur = float(rng.uniform(*grade.blur_px))
    alpha_sheet = np.zeros(sheet.shape[:2], dtype=np.float32)
    cv2.rectangle(alpha_sheet, (20, 20), (sheet.shape[1] - 20, sheet.shape[0] - 20), 1.0, -1)
    soft = cv2.GaussianBlur(alpha_sheet, (0, 0), 16)
    # The sheet is reduced in steps first, so that drawing it on the fine grid does not alias.
    reduce = scale * _FINE
    small = cv2.resize(sheet, None, fx=reduce, fy=reduce, interpolation=cv2.INTER_AREA).astype(np.float32)
    small_alpha = cv2.resize(soft, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    unreduce = np.diag([sheet.shape[1] / small.shape[1], sheet.shape[0] / small.shape[0], 1.0])
    fine = np.diag([_FINE, _FINE, 1.0])
    boxes: list[Box] = []

    def frames() -> Iterator[U8]:
        for number_of_frame, background in enumerate(backgrounds(rng)):
            total = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.float32)
            cover = np.zeros((SIZE[1], SIZE[0], 1), dtype=np.float32)
            for part in range(sub):
                k = min(number_of_frame * every + round(part * grade.exposure * every / max(1, sub - 1)), len(maps) - 1)
                x1, y1, x2, y2 = _extent(maps[k], sheet)
                onto = fine @ np.array([[1, 0, -x1], [0, 1, -y1], [0, 0, 1.0]]) @ maps[k] @ unreduce
                fine_size = ((x2 - x1) * _FINE, (y2 - y1) * _FINE)
                drawn = cv2.warpPerspective(small, onto, fine_size, flags=cv2.INTER_LINEAR)
                mask = cv2.warpPerspective(small_alpha, onto, fine_size, flags=cv2.INTER_LINEAR)
                drawn = cv2.GaussianBlur(drawn * mask[..., None], (0, 0), blur * _FINE)
                mask = cv2.GaussianBlur(mask, (0, 0), blur * _FINE)
                place = np.s_[y1:y2, x1:x2]
                total[place] += cv2.resize(drawn, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA) / sub
                cover[place] += cv2.resize(mask, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)[..., None] / sub
            middle = maps[min(number_of_frame * every + round(grade.exposure * every / 2), len(maps) - 1)]
            corners = np.array([[[text_box[i], text_box[j]]] for i, j in ((0, 1), (2, 1), (2, 3), (0, 3))])
            seen = cv2.perspectiveTransform(corners, middle)[:, 0] + 0.5
            boxes.append((*seen.min(axis=0).tolist(), *seen.max(axis=0).tolist()))
            picture = grade.light * (total + background * (1 - cover))
            picture += rng.normal(0, grade.noise, picture.shape)
            yield np.asarray(np.clip(np.rint(picture), 0, 255), dtype=np.uint8)

    path = folder / f"tag-{number}-{letter_px:g}-{grade.name}.mp4"
    media.write_video(path, frames(), fps=FPS, crf=grade.crf[0])
    for crf in grade.crf[1:]:
        _encode_again(path, crf).replace(path)
    if grade.repost_bits is not None:
        _repost(path, grade.repost_bits)
    return Planted(path, text, letter_px, grade.name, tuple(boxes), contrast)


def _encode_again(path: Path, crf: int) -> Path:
    onto = path.with_suffix(f".{crf}.mp4")
    with media.open_clip(path) as clip:
        media.write_video(onto, (frame.bgr for frame in clip.frames()), fps=FPS, crf=crf)
    return onto


def _repost(path: Path, bits: float) -> None:
    """Encode once more with the lowest constant rate factor that keeps within these bits per pixel and frame."""
    most = bits * SIZE[0] * SIZE[1] * FRAMES / 8
    low, high = 18, 51  # too large and small enough, or as small as it gets
    while high - low > 1:
        middle = (low + high) // 2
        trial = _encode_again(path, middle)
        low, high = (low, middle) if trial.stat().st_size <= most else (middle, high)
        trial.unlink()
    _encode_again(path, high).replace(path)
