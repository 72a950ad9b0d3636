"""The demonstration clip, made on the spot from the two photographs that the ultralytics wheel ships.

Camera movement over a street and over an indoor picture (two shots), one still slide, a burned-in clock that ticks
in Indonesian, a caption and a handle. Date, place and handle are invented; the analysis of it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from vidcheck import media
from vidcheck.errors import DependencyError
from vidcheck.facts.wording import DAYS_ID, MONTHS_ID

FPS = 25
SIZE_PX = (1280, 720)
START = datetime(2025, 12, 23, 10, 15, 7, tzinfo=timezone(timedelta(hours=8), "WITA"))
SHOTS_S = (6.0, 5.0, 3.0)
"""Length of the street shot, the indoor shot and the slide, seconds."""


def indonesian_clock(when: datetime) -> str:
    """Return ``Selasa, 23 Desember 2025 10.15.07 WITA``: the long Indonesian form with seconds."""
    return (
        f"{DAYS_ID[when.weekday()]}, {when.day} {MONTHS_ID[when.month - 1]} {when.year} {when:%H.%M.%S} {when.tzname()}"
    )


def make_demo_clip(path: Path) -> Path:
    """Write the demonstration clip (H.264, 1280 x 720, 25 fps, 14 s) and return its path.

    Raises
    ------
    DependencyError
        Where the ultralytics wheel came without its photographs.
    """
    end = START + timedelta(seconds=sum(SHOTS_S))
    stamp = end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    media.write_video(path, _frames(), fps=FPS, metadata={"creation_time": stamp})
    return path


def _photographs() -> tuple[media.U8, media.U8]:
    import importlib.util

    # find_spec does not import ultralytics, which would take seconds
    spec = importlib.util.find_spec("ultralytics")
    folder = Path(spec.origin).parent / "assets" if spec and spec.origin else Path()
    pictures = [cv2.imread(str(folder / name)) for name in ("bus.jpg", "zidane.jpg")]
    if any(picture is None for picture in pictures):
        raise DependencyError("The ultralytics package lacks the photographs of the demonstration clip.")
    return np.asarray(pictures[0], dtype=np.uint8), np.asarray(pictures[1], dtype=np.uint8)


def _frames() -> Iterator[media.U8]:
    street, room = _photographs()
    shake = np.random.default_rng(7).normal(0, 1.2, size=(FPS * 20, 2)).cumsum(axis=0)
    shake -= cv2.blur(shake, (1, 25))  # a hand wanders and comes back
    number = 0
    for seconds, picture, start, stop in (
        (SHOTS_S[0], street, (0.50, 0.62, 0.98), (0.50, 0.56, 0.98)),
        (SHOTS_S[1], room, (0.44, 0.50, 0.86), (0.56, 0.50, 0.92)),
    ):
        total = round(seconds * FPS)
        for i in range(total):
            t = i / (total - 1)
            x, y, width = (a + (b - a) * t for a, b in zip(start, stop, strict=True))
            view = _view(picture, x, y, width, shake[number])
            clock = START + timedelta(seconds=number / FPS)
            yield _stamp(view, indonesian_clock(clock), "@contoh.demo", "Suasana siang ini #contoh")
            number += 1
    slide = _stamp(_view(street, 0.5, 0.55, 0.9, np.zeros(2)), None, "@contoh.demo", "Tangkapan layar, bukan video")
    for _ in range(round(SHOTS_S[2] * FPS)):
        yield slide


def _view(picture: media.U8, x: float, y: float, width: float, shake_px: np.ndarray) -> media.U8:
    """Cut a 16:9 window of relative ``width`` centred at (x, y), clamped to the picture, scaled to the clip's size."""
    height_px, width_px = picture.shape[:2]
    w = width * width_px
    h = w * SIZE_PX[1] / SIZE_PX[0]
    left = float(np.clip(x * width_px - w / 2 + shake_px[0], 0, max(0.0, width_px - w)))
    top = float(np.clip(y * height_px - h / 2 + shake_px[1], 0, max(0.0, height_px - h)))
    scale = SIZE_PX[0] / w
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    view = cv2.warpAffine(picture, matrix, SIZE_PX, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(view, dtype=np.uint8)


def _stamp(view: media.U8, clock: str | None, handle: str, caption: str) -> media.U8:
    """Burn the texts in, white on a thin black outline."""
    picture = view.copy()
    for ink, mask, (x, y) in _texts(clock, handle, caption):
        part = picture[y : y + mask.shape[0], x : x + mask.shape[1]]
        part[:] = np.where(mask[:, :, None] > 0, ink, part)
    return picture


@lru_cache(maxsize=4)
def _texts(clock: str | None, handle: str, caption: str) -> list[tuple[media.U8, media.U8, tuple[int, int]]]:
    """Render each text once: (pixels, mask, top left corner)."""
    from PIL import Image, ImageDraw, ImageFont

    big, small = ImageFont.load_default(34), ImageFont.load_default(28)
    placed = [(handle, small, "right", 20), (caption, big, "centre", SIZE_PX[1] - 60)]
    if clock:
        placed.insert(0, (clock, big, "left", 20))
    rendered = []
    for text, font, side, y in placed:
        width, height = (round(v) + 6 for v in font.getbbox(text, stroke_width=2)[2:])
        image = Image.new("LA", (width, height), (0, 0))
        ImageDraw.Draw(image).text((2, 2), text, font=font, fill=(255, 255), stroke_fill=(0, 255), stroke_width=2)
        luma, mask = np.asarray(image)[:, :, 0], np.asarray(image)[:, :, 1]
        x = {"left": 24, "right": SIZE_PX[0] - 24 - width, "centre": (SIZE_PX[0] - width) // 2}[side]
        rendered.append((np.repeat(luma[:, :, None], 3, axis=2), mask, (x, y)))
    return rendered
