"""Pictures for training the lighting classifier: which there are, and honest degradations of them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.types import LightingLabel

HERE = Path(__file__).parent
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
SCENES = {
    "outdoor_day": "outdoor_day",
    "outdoor_twilight": "twilight",
    "outdoor_night": "outdoor_night",
    "indoor_daylit": "indoor_daylight",
    "indoor_artificial": "indoor_artificial",
    "indoor_mixed": "mixed",
    "unclear": "unclear",
}
HALVES: dict[str, tuple[LightingLabel, LightingLabel]] = {
    "mixed": ("indoor_daylight", "indoor_artificial"),
    "stage": ("outdoor_night", "indoor_artificial"),
}
VARIANTS = 6
"""Rows for each picture: itself and five degraded ones."""


@dataclass(frozen=True)
class Item:
    """One labelled picture."""

    key: str
    path: Path
    label: str
    source: str
    elevation_deg: float | None
    clock_ok: bool
    stamped: bool
    over_cap: bool
    when: str = ""
    offset: str = ""
    lat: float | None = None
    lon: float | None = None
    relit: bool = False
    """A daylight photo rendered as if at night, for training alone."""


def items(data: Path) -> list[Item]:
    """Every labelled picture of ``light/`` and the pictures of ``det/`` that were labelled by looking."""
    found = []
    with (data / "light" / "index.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            number = {name: float(row[name]) if row[name] else None for name in ("sun_elev", "lat", "lon")}
            found.append(
                Item(
                    "light/" + row["file"], data / "light" / "images" / row["file"], SCENES[row["scene"]],
                    row["source"].replace("+", "/"), number["sun_elev"], not row["clock_note"],
                    row["overlay"] == "1", row["over_cap"] == "1", row["local_time"], row["utc_offset"],
                    number["lat"], number["lon"],
                )
            )  # fmt: skip
    with (data / "det" / "index.tsv").open(newline="") as file:
        repos = {row["id"]: row["repo"] for row in csv.DictReader(file, delimiter="\t")}
    with (HERE / "lighting_labels.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            path = data / "det" / "images" / f"{row['id']}.jpg"
            found.append(Item("det/" + row["id"], path, row["label"], repos[row["id"]], None, False, False, False))
    by_day = [item for item in found if item.label == "outdoor_day" and not item.over_cap]
    for item in by_day[::2]:
        found.append(replace(item, key="night/" + item.key, label="outdoor_night", clock_ok=False, relit=True))
    # The same lamps over rooms, so that it is the place that tells a dark room from a dark street, not the rendering.
    rooms = [item for item in found if item.label in ("indoor_daylight", "indoor_artificial") and not item.over_cap]
    for item in rooms[::2]:
        found.append(replace(item, key="lamp/" + item.key, label="indoor_artificial", clock_ok=False, relit=True))
    return found


def load(item: Item) -> U8:
    """Read a picture; a burned-in stamp (always in the lower third here) is cut away."""
    picture = cv2.imread(os.fspath(item.path))
    if picture is None:
        raise FileNotFoundError(item.path)
    return picture[: int(picture.shape[0] * 0.6)] if item.stamped else picture


def variants(picture: U8, label: str, seed: int) -> Iterator[U8]:
    """Yield the picture and degraded ones, as phones, messengers and dim rooms make them; never changing its
    label.
    """
    rng = np.random.default_rng(seed)
    yield picture
    for number in range(1, VARIANTS):
        out = _crop_and_flip(picture, rng)
        linear = (out.astype(np.float32) / 255) ** 2.2
        warm = np.exp(rng.normal(0, 0.12))  # colour temperature: red up, blue down, or the other way round
        linear *= np.array([1 / warm, 1, warm], np.float32) * np.exp(rng.normal(0, 0.15))
        if label in ("indoor_artificial", "mixed", "indoor_daylight", "outdoor_night", "stage") and number >= 3:
            # A dim room or street: less light, more gain, so more noise. Outdoor daylight is left as bright
            # as it is: darkened it would be a lie.
            linear *= rng.uniform(0.08, 0.6)
            linear += rng.normal(0, 1, linear.shape).astype(np.float32) * np.sqrt(np.maximum(linear, 1e-4) * 4e-3)
        if label == "indoor_artificial" and number >= 4:
            linear = _stage_light(linear, rng)
        out = (np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
        side = int(rng.uniform(160, 320))
        out = cv2.resize(
            out,
            None,
            fx=side / max(out.shape[:2]),
            fy=side / max(out.shape[:2]),
            interpolation=cv2.INTER_AREA,
        )
        if rng.random() < 0.35:
            _caption(out, rng)
        out = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(25, 80))])[1], 1)
        yield out


def as_if_at_night(picture: U8, seed: int, *, room: bool) -> U8:
    """Render a daylight photo under a dark sky with a few street lamps and lit signs, or a room by a few lamps.

    Nights outdoors are scarce. This keeps what makes a place outdoors and changes its light: the sky goes dark, lamps
    throw pools of light that fall off with distance, the camera turns up its gain. For training, never for figures.
    """
    rng = np.random.default_rng(seed)
    picture = _crop_and_flip(picture, rng)
    picture = cv2.resize(picture, (320, int(320 * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    linear = (picture.astype(np.float32) / 255) ** 2.2
    luma = linear.mean(axis=2)
    # Sky: bright and smooth, joined to the upper border.
    smooth = cv2.blur(np.abs(cv2.Laplacian(picture[..., 1], cv2.CV_32F)), (9, 9)) < 8
    blue = linear[..., 0] >= 0.9 * linear[..., 2]
    count, regions = cv2.connectedComponents((smooth & (luma > 0.18) & blue).astype(np.uint8))
    top = set(np.unique(regions[: max(2, height // 20)])) - {0} if count > 1 else set()
    if room:  # no sky, but windows: what is burnt out goes dark
        regions, top = (luma > 0.8).astype(np.int32), {1}
    found = cv2.dilate(np.isin(regions, list(top)).astype(np.uint8), np.ones((13, 13), np.uint8))
    sky = cv2.GaussianBlur(((found > 0) & (luma > 0.12)).astype(np.float32), (0, 0), 1.2)[..., None]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = np.full((height, width, 3), rng.uniform(0.005, 0.05), np.float32) * np.array([1.3, 1, 0.8], np.float32)
    spots = np.zeros_like(light)
    for _ in range(int(rng.integers(1, 9))):
        where = (rng.uniform(0, width), rng.uniform(0.1, 0.75) * height)
        colour = np.array([(0.35, 0.7, 1), (0.8, 0.95, 1), (1, 0.97, 0.9), (0.5, 0.8, 1)], np.float32)[rng.integers(4)]
        reach = rng.uniform(0.06, 0.3) * width
        distance = ((x - where[0]) ** 2 + ((y - where[1]) * rng.uniform(0.6, 1.2)) ** 2) / reach**2
        light += rng.uniform(0.3, 1.5) * colour / (1 + distance[..., None]) ** 2
        size = rng.uniform(0.8, 5)
        spots += colour * np.exp(-distance * (reach / size) ** 2)[..., None] * rng.uniform(1, 4)
        spots += colour * np.exp(-distance * 2)[..., None] * rng.uniform(0, 0.08)  # glow in haze and lens
    night = linear * light * (1 - sky) + sky * np.array([0.02, 0.012, 0.01], np.float32) * rng.uniform(0, 1) + spots
    night = night * rng.uniform(0.4, 1.5)
    night = night + rng.normal(0, 1, night.shape) * np.sqrt(np.maximum(night, 1e-4) * rng.uniform(0, 3e-3))
    out = (np.clip(night, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(30, 85))])[1], 1)


def _crop_and_flip(picture: U8, rng: np.random.Generator) -> U8:
    height, width = picture.shape[:2]
    h, w = int(height * rng.uniform(0.7, 1)), int(width * rng.uniform(0.7, 1))
    y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    out = picture[y : y + h, x : x + w]
    return np.ascontiguousarray(out[:, ::-1] if rng.random() < 0.5 else out)


def _stage_light(linear: F32, rng: np.random.Generator) -> F32:
    """Coloured lamps of karaoke rooms: two colours, fading into one another across the picture."""
    height, width = linear.shape[:2]
    colours = np.array([(1, 0.15, 0.6), (0.9, 0.1, 0.15), (0.15, 0.1, 1), (0.15, 0.8, 0.3), (0.6, 0.1, 1)], np.float32)
    first, second = colours[rng.choice(len(colours), 2, replace=False)][:, ::-1]
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * np.linspace(-1, 1, width)[None, :] + np.sin(angle) * np.linspace(-1, 1, height)[:, None]
    ramp = ((ramp + 1.42) / 2.84).astype(np.float32)[..., None]
    strength = rng.uniform(0.3, 0.95)
    tint = (1 - strength) + strength * (ramp * first + (1 - ramp) * second)
    lit: F32 = linear * tint * 1.6
    return lit


def _caption(picture: U8, rng: np.random.Generator) -> None:
    """Burned-in words, as reposts carry them."""
    height, width = picture.shape[:2]
    text = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTU 0123456789"), rng.integers(8, 22)))
    where = (int(rng.uniform(0, width * 0.3)), int(rng.uniform(0.1, 0.98) * height))
    size = float(rng.uniform(0.3, 0.8))
    if rng.random() < 0.5:
        cv2.rectangle(picture, (0, where[1] - int(26 * size)), (width, where[1] + int(10 * size)), (20, 20, 20), -1)
    colour = (255, 255, 255) if rng.random() < 0.7 else (60, 220, 255)
    cv2.putText(picture, text, where, cv2.FONT_HERSHEY_DUPLEX, size, colour, 1, cv2.LINE_AA)
