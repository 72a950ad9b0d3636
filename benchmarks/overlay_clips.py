"""Rendered clips with clocks, captions, interfaces and signs whose truth is known frame by frame.

Footage is real where ``VIDCHECK_DATA`` points to the data folder (clips as they are, photos under a moving
window), and drawn texture where it is not. The prints follow the layouts of the ``overlay_formats`` facts table.
Everything about a clip follows from its number.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

U8 = npt.NDArray[np.uint8]

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
DAYS_SHORT = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
MONTHS_SHORT = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
SIGNS = (
    "WARUNG KOPI SENJA",
    "KARAOKE KELUARGA",
    "DINAS PERHUBUNGAN",
    "RUMAH MAKAN PADANG",
    "TOKO BUKU AKSARA",
    "PUSKESMAS MEKAR",
)
RUNS = ("true", "true", "true", "frozen", "slow", "fast", "cut", "freeze")
RUN_VERDICT = {
    "true": "true",
    "frozen": "frozen",
    "slow": "wrong_speed",
    "fast": "wrong_speed",
    "cut": "jumps",
    "freeze": "jumps",
}


@dataclass(frozen=True)
class Label:
    """One text that is on the clip, and its true kind."""

    text: str
    kind: str


@dataclass(frozen=True)
class Truth:
    """What is true of one rendered clip."""

    layout: str
    motion: str
    run: str
    digit_px: float
    bitrate_k: int
    size: tuple[int, int]
    font: str
    step_s: int
    """Printed step of the clock in seconds; 0 where there is no dated clock."""
    clock: dict[int, datetime] = field(default_factory=dict)
    """What the clock prints in each frame, to its step."""
    labels: tuple[Label, ...] = ()


@cache
def fonts() -> dict[str, Path]:
    """Fonts that installed packages carry: DejaVu always, others where present."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = {
        name: folder / f"{name}.ttf"
        for name in (
            "DejaVuSans",
            "DejaVuSans-Bold",
            "DejaVuSansMono",
            "DejaVuSansMono-Bold",
            "DejaVuSerif",
            "STIXGeneral",
        )
    }
    for package, file in (
        ("fontpkg_roboto", "Roboto[wdth,wght].ttf"),
        ("fontpkg_open_sans", "OpenSans[wdth,wght].ttf"),
        ("font_source_sans_pro", "SourceSansPro-Semibold.ttf"),
    ):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            path = Path(spec.submodule_search_locations[0]) / "files" / file
            if path.is_file():
                found[path.stem] = path
    return {name: path for name, path in found.items() if path.is_file()}


@cache
def font_of(name: str, digit_px: int) -> ImageFont.FreeTypeFont:
    """The font at the size at which its digits are ``digit_px`` high."""
    path = str(fonts()[name])
    size = digit_px
    while True:
        font = ImageFont.truetype(path, size)
        box = font.getbbox("0")
        if box[3] - box[1] >= digit_px or size > 200:
            return font
        size += 1


@lru_cache(maxsize=4096)
def _patch(text: str, font: str, digit_px: int, style: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One printed text: colour (blue first) and opacity 0..1, shapes (h, w, 3) and (h, w, 1)."""
    if style == "dots":  # the dot-matrix letters of a recorder's on-screen display
        small = ImageFont.load_default_imagefont()
        tile = Image.new("L", (int(small.getlength(text)) + 2, 13))
        ImageDraw.Draw(tile).text((1, 1), text, fill=255, font=small)
        factor = max(1, round(digit_px / 7))
        mask = np.array(tile.resize((tile.width * factor, 13 * factor), Image.Resampling.NEAREST))
        grown = cv2.dilate(mask, np.ones((3, 3), np.uint8))
        return np.repeat(mask[:, :, None], 3, axis=2).astype(np.float32), (grown[:, :, None] > 0).astype(np.float32)
    face = font_of(font, digit_px)
    edge = 6
    left, top, right, bottom = (int(v) for v in face.getbbox(text))
    image = Image.new("RGBA", (right - left + 2 * edge, bottom - top + 2 * edge))
    pen = ImageDraw.Draw(image)
    at = (edge - left, edge - top)
    fill = {"yellow": (255, 230, 40, 255), "green": (90, 255, 90, 255)}.get(style, (255, 255, 255, 255))
    if style == "box":
        pen.rectangle((0, 0, image.width, image.height), fill=(0, 0, 0, 150))
    if style == "shadow":
        pen.text((at[0] + 2, at[1] + 2), text, font=face, fill=(0, 0, 0, 255))
    stroke = max(1, digit_px // 9) if style in ("outline", "yellow", "green") else 0
    pen.text(at, text, font=face, fill=fill, stroke_width=stroke, stroke_fill=(0, 0, 0, 255))
    pixels = np.asarray(image, dtype=np.float32)
    return np.ascontiguousarray(pixels[:, :, 2::-1]), pixels[:, :, 3:] / 255


def draw_text(picture: U8, at: tuple[int, int], text: str, font: str, digit_px: int, style: str) -> U8:
    """Print ``text`` at row and column ``at``; styles: plain, outline, box, shadow, yellow, green, dots."""
    colour, opacity = _patch(text, font, digit_px, style)
    y, x = at
    h, w = min(colour.shape[0], picture.shape[0] - y), min(colour.shape[1], picture.shape[1] - x)
    if h > 0 and w > 0:
        view = picture[y : y + h, x : x + w]
        mixed = view * (1 - opacity[:h, :w]) + colour[:h, :w] * opacity[:h, :w]
        view[:] = np.rint(mixed).astype(np.uint8)
    return picture


def long_date(day: datetime) -> str:
    """As Indonesia writes it in full."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


STAMPS: dict[str, tuple[int, Callable[[datetime], list[str]]]] = {
    "cctv_dmy": (1, lambda m: [f"{m:%d-%m-%Y} {DAYS_SHORT[m.weekday()]} {m:%H:%M:%S}"]),
    "cctv_ymd": (1, lambda m: [f"{m:%Y-%m-%d %H:%M:%S}"]),
    "cctv_slash": (1, lambda m: [f"{m:%Y/%m/%d %H:%M:%S}"]),
    "cctv_mdy12": (1, lambda m: [f"{m:%m/%d/%Y %I:%M:%S %p}"]),
    "one_line": (1, lambda m: [f"{long_date(m)} {m:%H.%M.%S} WITA"]),
    "app_block": (
        1,
        lambda m: [
            long_date(m),
            f"{m:%H.%M.%S} WITA",
            "Jl. Ahmad Yani, Pontianak",
            "Lat -0.026330 Long 109.342504",
        ],
    ),
    "app_short": (
        1,
        lambda m: [f"{m.day} {MONTHS_SHORT[m.month - 1]} {m.year} {m:%H:%M:%S}", "Timestamp Camera"],
    ),
    "gps_map": (
        60,
        lambda m: [
            "Pontianak, Kalimantan Barat, Indonesia",
            "Lat -0.026330° Long 109.342504°",
            f"{DAYS[m.weekday()]}, {m:%d/%m/%Y %I:%M %p} GMT+07:00",
            "GPS Map Camera",
        ],
    ),
}
LAYOUTS = (*STAMPS, "live", "caption")


def truth_of(number: int) -> tuple[Truth, np.random.Generator, datetime]:
    """Decide everything about clip ``number``."""
    rng = np.random.default_rng(20251223 + number)
    layout = LAYOUTS[number % len(LAYOUTS)]
    motion = ("pan", "clip", "pan", "still")[int(rng.integers(4))]
    run = RUNS[int(rng.integers(len(RUNS)))] if layout in STAMPS and STAMPS[layout][0] == 1 else "true"
    run = "frozen" if layout == "caption" else run
    size = ((640, 360), (854, 480), (1280, 720), (480, 854), (720, 1280))[int(rng.integers(5))]
    size = (480, 854) if layout == "live" else size
    digit = int((12, 13, 14, 16, 18, 22, 28)[int(rng.integers(7))])
    names = sorted(fonts())
    start = datetime(2024, 1, 8) + timedelta(
        days=int(rng.integers(900)),
        hours=int(rng.integers(6, 23)),
        minutes=int(rng.integers(60)),
        seconds=int(rng.integers(60)),
        milliseconds=int(rng.integers(1000)),
    )
    bitrate = int((300, 300, 500, 800, 1500)[int(rng.integers(5))])
    step = STAMPS[layout][0] if layout in STAMPS else 0
    font = names[int(rng.integers(len(names)))]
    return Truth(layout, motion, run, digit, bitrate, size, font, step), rng, start


def clock_at(run: str, start: datetime, t: float, length: float) -> datetime:
    """What a clock under ``run`` has come to after ``t`` seconds of the clip."""
    seconds = {
        "true": t,
        "frozen": 0.0,
        "slow": 0.5 * t,
        "fast": 2.0 * t,
        "cut": t + (45.0 if t > 0.5 * length else 0.0),
        "freeze": min(t, 0.5 * length),
    }[run]
    return start + timedelta(seconds=seconds)


def render(number: int, path: Path, *, length_s: float = 8.0, data: Path | None = None) -> Truth:
    """Render clip ``number`` to ``path`` and return its truth."""
    truth, rng, start = truth_of(number)
    rate = (12, 15, 20, 25)[int(rng.integers(4))]
    width, height = truth.size
    sign = SIGNS[int(rng.integers(len(SIGNS)))]
    style = ("outline", "outline", "box", "shadow", "yellow", "green", "dots")[int(rng.integers(7))]
    if truth.layout not in ("cctv_dmy", "cctv_ymd", "cctv_slash", "cctv_mdy12") and style == "dots":
        style = "outline"
    sticker = bool(rng.integers(2))
    corner = int(rng.integers(3))
    labels: list[Label] = []
    scene = footage(truth.motion, width, height, rate, length_s, rng, sign, data)
    clock: dict[int, datetime] = {}
    pictures: list[U8] = []
    for k, picture in enumerate(scene):
        t = k / rate
        frame = picture
        if sticker:
            cv2.circle(
                frame,
                (int(width * (0.5 + 0.3 * math.sin(t))), int(height * 0.45)),
                max(8, height // 18),
                (60, 180, 250),
                -1,
                cv2.LINE_AA,
            )
        if truth.layout in STAMPS:
            step, lines = STAMPS[truth.layout]
            moment = clock_at(truth.run, start, t, length_s)
            clock[k] = moment.replace(microsecond=0, second=moment.second if step == 1 else 0)
            frame = _print_block(frame, lines(moment), truth, style, corner)
            if not k:
                labels += [Label(line, "overlay") for line in lines(moment)]
            if truth.layout.startswith("cctv"):
                at = (height - 2 * int(truth.digit_px) - 8, width - int(truth.digit_px * 8) - 12)
                frame = draw_text(frame, at, "Camera 01", truth.font, int(truth.digit_px), style)
                if not k:
                    labels.append(Label("Camera 01", "overlay"))
        elif truth.layout == "live":
            frame = _print_live(frame, start + timedelta(seconds=t), truth, k, labels)
        else:
            caption = f"{start.day} {MONTHS[start.month - 1]} {start.year} pukul {start:%H.%M}"
            size = max(14, int(truth.digit_px))
            x = max(4, (width - int(font_of(truth.font, size).getlength(caption))) // 2)
            frame = draw_text(frame, (int(height * 0.7), x), caption, truth.font, size, "outline")
            if not k:
                labels.append(Label(caption, "overlay"))
        pictures.append(frame)
    if truth.motion != "clip":
        labels.append(Label(sign, "scene"))
    encode(path, pictures, rate, truth.bitrate_k)
    digit = truth.digit_px
    if truth.layout in STAMPS:
        digit = fit(STAMPS[truth.layout][1](start), truth.font, int(digit), width, style)[0]
    return Truth(
        truth.layout,
        truth.motion,
        truth.run,
        digit,
        truth.bitrate_k,
        truth.size,
        truth.font,
        truth.step_s,
        clock,
        tuple(labels),
    )


def _print_block(frame: U8, lines: list[str], truth: Truth, style: str, corner: int) -> U8:
    height, width = frame.shape[:2]
    digit, longest, style = fit(lines, truth.font, int(truth.digit_px), width, style)
    pitch = round(digit * 1.9)
    x = 10 if corner != 1 else max(4, int(width - longest - 12))
    y = 8 if corner < 2 and len(lines) == 1 else height - pitch * len(lines) - 40
    for k, line in enumerate(lines):
        frame = draw_text(frame, (max(2, y + k * pitch), x), line, truth.font, digit, style)
    return frame


def fit(lines: list[str], font: str, digit: int, width: int, style: str) -> tuple[int, float, str]:
    """Digit height, longest line in pixels and style with which a stamp stays within its frame."""
    longest = max(font_of(font, digit).getlength(line) for line in lines)
    if style == "dots":
        longest = max(6 * len(line) for line in lines) * max(1, round(digit / 7))
    while longest > width - 12 and digit > 8:
        digit -= 1
        longest = max(font_of(font, digit).getlength(line) for line in lines)
        style = "outline" if style == "dots" else style
    return digit, longest, style


def _print_live(frame: U8, moment: datetime, truth: Truth, k: int, labels: list[Label]) -> U8:
    height, width = frame.shape[:2]
    viewers = 1234 + k // 12
    handle = "@kopi.senja_id"
    at = (int(height * 0.12), 12) if (k // 48) % 2 == 0 else (int(height * 0.8), width - 190)
    items = [
        ((6, 14), f"{moment:%H.%M}"),
        ((6, width - 90), "4G 87%"),
        ((44, 14), "LIVE"),
        ((44, width - 190), f"{viewers} penonton"),
        (at, handle),
        ((height - 40, 14), "Tambahkan komentar..."),
    ]
    for place, text in items:
        frame = draw_text(frame, place, text, truth.font, 14, "outline")
        if not k:
            labels.append(Label(text, "interface"))
    return frame


def footage(
    motion: str,
    width: int,
    height: int,
    rate: int,
    length_s: float,
    rng: np.random.Generator,
    sign: str,
    data: Path | None,
) -> Iterator[U8]:
    """Frames of moving or standing scenery; a sign is painted into the scenery of photos."""
    count = round(rate * length_s)
    if motion == "clip" and data is not None:
        names = ("people.mp4", "walking.mp4", "vtest.avi")
        yield from _from_clip(data / "clips" / names[int(rng.integers(3))], width, height, rate, count)
        return
    room = 1.35
    base = _picture(data, round(width * room), round(height * room), rng)
    digit = max(18, height // 22)
    y, x = round(base.shape[0] * 0.45), round(base.shape[1] * 0.3)
    backing = base[max(0, y - digit) : y + round(2.2 * digit), x - digit : x + digit * len(sign)]
    backing[:] = (backing * 0.25 + np.array([40, 60, 120]) * 0.75).astype(np.uint8)
    base = draw_text(base, (y, x), sign, "DejaVuSans-Bold", digit, "plain")
    # a sign is seen from aside, through a lens: turned by a few degrees and not as crisp as what is drawn on top
    turn = cv2.getRotationMatrix2D(
        (base.shape[1] / 2, base.shape[0] / 2), float(rng.choice([-1, 1]) * rng.uniform(2, 6)), 1.03
    )
    base = cv2.warpAffine(base, turn, (base.shape[1], base.shape[0]), borderMode=cv2.BORDER_REFLECT)
    base = np.asarray(cv2.convertScaleAbs(cv2.GaussianBlur(base, (0, 0), 0.8), alpha=0.94), dtype=np.uint8)
    speed = float(rng.uniform(6, 30)) * width / 640
    phase = rng.uniform(0, 6.28, 4)
    noise = rng.integers(0, 7, base.shape, dtype=np.uint8)
    for k in range(count):
        t = k / rate
        if motion == "still":
            dx = dy = 0.0
        else:
            dx = (
                speed * t * (1 if phase[3] > 3 else 0.4)
                + 3 * math.sin(5 * t + phase[0])
                + 2 * math.sin(11 * t + phase[1])
            )
            dy = 0.3 * speed * math.sin(0.8 * t + phase[2]) + 2 * math.sin(7 * t + phase[1])
        x0 = min(max(0.0, width * 0.05 + dx), base.shape[1] - width - 1)
        y0 = min(max(0.0, height * 0.15 + dy), base.shape[0] - height - 1)
        shift = np.array([[1, 0, -x0], [0, 1, -y0]])
        moved = cv2.warpAffine(base, shift, (width, height), flags=cv2.INTER_LINEAR)
        left = (k * 37) % (base.shape[1] - width)
        grain = noise[:height, left : left + width]
        yield cv2.subtract(cv2.add(moved, grain), np.full_like(moved, 3))


def _from_clip(path: Path, width: int, height: int, rate: int, count: int) -> Iterator[U8]:
    """Frames of a real clip, cropped to shape; it runs back and forth where it is short."""
    kept: list[U8] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        step = max(1, round(float(stream.average_rate or rate) / rate))
        for k, raw in enumerate(container.decode(stream)):
            if k % step:
                continue
            scale = max(width / raw.width, height / raw.height)
            size = (math.ceil(raw.width * scale), math.ceil(raw.height * scale))
            picture = cv2.resize(raw.to_ndarray(format="bgr24"), size, interpolation=cv2.INTER_AREA)
            y, x = (size[1] - height) // 2, (size[0] - width) // 2
            kept.append(np.ascontiguousarray(picture[y : y + height, x : x + width]))
            if len(kept) >= count:
                break
    turn = [*kept, *kept[-2:0:-1]]
    for k in range(count):
        yield turn[k % len(turn)].copy()


@cache
def _photos(data: Path) -> tuple[Path, ...]:
    return tuple(sorted((data / "det").rglob("*.jpg")))


def _picture(data: Path | None, width: int, height: int, rng: np.random.Generator) -> U8:
    photos = _photos(data) if data is not None else ()
    if photos:
        picture = cv2.imread(str(photos[int(rng.integers(len(photos)))]))
        if picture is not None:
            return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    rough = rng.integers(0, 255, (height // 24 + 1, width // 24 + 1, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def encode(path: Path, pictures: list[U8], rate: int, bitrate_k: int) -> None:
    """Encode to H.264 at a bitrate, as messengers do."""
    with av.open(str(path), "w") as container:
        options: dict[str, Any] = {
            "preset": "superfast",
            "maxrate": f"{bitrate_k}k",
            "bufsize": f"{2 * bitrate_k}k",
        }
        stream = container.add_stream("libx264", rate=Fraction(rate), options=options)
        height, width = pictures[0].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = bitrate_k * 1000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def data_folder() -> Path | None:
    """The data folder, or None."""
    value = os.environ.get("VIDCHECK_DATA")
    return Path(value) if value and Path(value).is_dir() else None
