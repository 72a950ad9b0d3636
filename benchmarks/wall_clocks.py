"""Measure the finding of clock faces: rendered clocks in panned footage, the same footage bare, and real photos.

    python benchmarks/wall_clocks.py [--clips 48] [--photos 300] [--against FOLDER] [--json FILE]

Needs ``VIDCHECK_DATA``. A clock (drawn: rims, faces, numerals or ticks, hands, seen from aside, in any light) hangs in
a photo under a moving window, coded at 300 to 1500 kbit/s; every second clip has none. A find counts where the box
holds the clock. Photos are those of ``det/val.txt``, files all of ``clips/`` and ``media/``; what is claimed on them is
listed, to be judged by eye. ``--against`` names another network (an OpenVINO folder, as before it was quantised):
both then judge the same rings of photos, every second with a clock drawn into it. Photos with drawn clocks of up to 450
pixels across show what the search for rings misses.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parent))

from overlay_clips import encode, font_of, fonts

from vidcheck import media, weights
from vidcheck.shots import ShotFinder, ShotSettings
from vidcheck.types import Shot
from vidcheck.wall_clocks import WallClockSettings, find_clock_faces, find_rings, judge, load_network

U8 = npt.NDArray[np.uint8]
SIZES = ((854, 480), (1280, 720), (480, 854), (720, 1280))
DIAMETERS = (28, 36, 48, 64, 90, 130)
PHOTO_DIAMETERS = (28, 40, 60, 90, 130, 200, 300, 450)
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6)
ROMAN = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")


def draw_clock(rng: np.random.Generator, side: int = 600) -> npt.NDArray[np.float32]:
    """A clock as it comes from the shop: blue first, opacity last, float32 of shape (side, side, 4)."""
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    c, outer = side / 2, side / 3
    dark = rng.random() < 0.15
    faces = ((250, 250, 248), (240, 235, 220), (225, 228, 232), (250, 245, 225))
    rims = ((20, 20, 20), (120, 80, 40), (190, 190, 195), (235, 235, 235), (150, 20, 20), (200, 170, 60), (30, 60, 120))
    face = (25, 25, 30) if dark else faces[int(rng.integers(len(faces)))]
    ink = (240, 240, 240) if dark else ((15, 15, 15), (40, 30, 30), (20, 20, 70))[int(rng.integers(3))]

    def disc(x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, 255))

    def hand(turn: float, back: float, reach: float, width: float, colour: tuple[int, ...]) -> None:
        x, y = math.sin(turn), -math.cos(turn)
        ends = (c - back * r * x, c - back * r * y, c + reach * r * x, c + reach * r * y)
        pen.line(ends, fill=(*colour, 255), width=max(2, int(width * r)))

    disc(c, c, outer, rims[int(rng.integers(len(rims)))])
    r = outer * (1 - rng.uniform(0.05, 0.16))
    disc(c, c, r, face)
    style = ("arabic", "roman", "quarters", "ticks")[int(rng.integers(4))]
    font = font_of(sorted(fonts())[int(rng.integers(len(fonts())))], int(0.17 * r))
    for k in range(12):
        turn = math.radians(30 * k)
        x, y = c + 0.77 * r * math.sin(turn), c - 0.77 * r * math.cos(turn)
        if style == "ticks":
            hand(turn, -0.78, 0.93, 0.05, ink)
        elif style == "quarters" and k % 3:
            disc(x, y, 0.04 * r, ink)
        else:
            pen.text((x, y), ROMAN[k] if style == "roman" else str(k or 12), font=font, fill=(*ink, 255), anchor="mm")
    if rng.random() < 0.7:
        for k in range(60):
            hand(math.radians(6 * k), -0.93, 0.98, 0.015, ink)
    hand(rng.uniform(0, 2 * math.pi), 0.1, 0.5, 0.06, ink)
    hand(rng.uniform(0, 2 * math.pi), 0.12, 0.75, 0.045, ink)
    if rng.random() < 0.6:
        hand(rng.uniform(0, 2 * math.pi), 0.2, 0.85, 0.02, (200, 20, 20))
    disc(c, c, 0.05 * r, ink)
    return np.asarray(image, np.float32)[..., [2, 1, 0, 3]]


def hang(wall: U8, diameter: float, rng: np.random.Generator) -> tuple[U8, tuple[float, float]]:
    """Hang a clock into a picture; returns it and the clock's centre."""
    clock = draw_clock(rng)
    side = clock.shape[0]
    scale = diameter / (side * 2 / 3)
    squeeze, axis, roll = rng.uniform(0.72, 1.0), math.radians(float(rng.choice([0, 90, 45]))), rng.normal(0, 0.07)

    def turn(angle: float) -> npt.NDArray[np.float64]:
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    shape = turn(axis) @ np.diag([squeeze, 1.0]) @ turn(roll - axis) * scale
    height, width = wall.shape[:2]
    centre = np.array([rng.uniform(0.3, 0.7) * width, rng.uniform(0.25, 0.6) * height])
    move = np.column_stack([shape, centre - shape @ np.array([side / 2, side / 2])])
    soft = cv2.GaussianBlur(clock, (0, 0), 0.3 / scale)
    laid = cv2.warpAffine(soft, move, (width, height), flags=cv2.INTER_LINEAR)
    opacity = laid[..., 3:] / 255
    light = rng.uniform(0.45, 1.0) * np.array([rng.uniform(0.8, 1.05), rng.uniform(0.9, 1.0), rng.uniform(0.9, 1.1)])
    mixed = wall * (1 - opacity) + np.clip(laid[..., :3] * light, 0, 255) * opacity
    return np.asarray(np.clip(mixed, 0, 255), np.uint8), (float(centre[0]), float(centre[1]))


def render(number: int, path: Path, photos: list[Path]) -> tuple[float | None, list[tuple[float, float]]]:
    """Render clip ``number``; returns the clock's diameter, None without one, and its centre in every frame."""
    rng = np.random.default_rng(20260206 + number)
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    diameter = DIAMETERS[(number // 2) % len(DIAMETERS)] if number % 2 == 0 else None
    picture = np.asarray(cv2.imread(str(photos[int(rng.integers(len(photos)))])), np.uint8)
    scale = 1.25 * max(width / picture.shape[1], height / picture.shape[0])
    wall = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    top, left = (wall.shape[0] - round(1.25 * height)) // 2, (wall.shape[1] - round(1.25 * width)) // 2
    wall = wall[max(0, top) :, max(0, left) :][: round(1.25 * height), : round(1.25 * width)]
    centre = (0.0, 0.0)
    if diameter is not None:
        wall, centre = hang(wall, diameter, rng)
    blur, phase, frames, centres = rng.uniform(0.4, 1.2), rng.uniform(0, 6.28, 2), [], []
    wall = np.asarray(cv2.GaussianBlur(wall, (0, 0), blur), np.uint8)
    for k in range(60):
        t = k / 15
        dx = 0.12 * width * (1 + math.sin(0.5 * t + phase[0]))
        dy = 0.12 * height * (1 + math.sin(0.4 * t + phase[1]))
        moved = cv2.warpAffine(wall, np.array([[1, 0, -dx], [0, 1, -dy]]), (width, height))
        frames.append(np.asarray(np.clip(moved + rng.normal(0, 3, moved.shape), 0, 255), np.uint8))
        centres.append((centre[0] - dx, centre[1] - dy))
    encode(path, frames, 15, int((300, 500, 800, 1500)[int(rng.integers(4))]))
    return diameter, centres


def shots_of(clip: media.Clip) -> tuple[Shot, ...]:
    """The shots, as an analysis finds them."""
    finder = ShotFinder(ShotSettings())
    for frame in clip.frames():
        finder.process_frame(frame)
    return finder.finish(clip.source.duration_s, clip.source.start_pts).value


def clips(count: int, photos: list[Path]) -> list[dict[str, Any]]:
    """Render and search; one row a clip, the best score on the clock and elsewhere."""
    rows = []
    settings = WallClockSettings(min_probability=min(THRESHOLDS))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = Path(folder) / f"{number:03d}.mp4"
            diameter, centres = render(number, path, photos)
            with media.open_clip(path) as clip:
                shots = shots_of(clip)
                began = time.perf_counter()
                found = find_clock_faces(clip, shots, settings)
                spent = time.perf_counter() - began
            on = off = 0.0
            for face in found.value:
                x1, y1, x2, y2 = face.crop.box_xyxy_px
                x, y = centres[face.crop.frame.index]
                near = diameter is not None and x1 < x < x2 and y1 < y < y2 and max(x2 - x1, y2 - y1) < 2 * diameter
                on, off = (max(on, face.score), off) if near else (on, max(off, face.score))
            rows.append({"diameter": diameter, "on": on, "off": off, "s": spent, **found.stats})
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def claimed_on(paths: list[Path]) -> list[tuple[str, float]]:
    """Photos with a claim at the lowest threshold, with its score."""
    settings = replace(WallClockSettings(), min_probability=min(THRESHOLDS))
    resolved = weights.resolve(settings.model)
    network = load_network(str(resolved.path), resolved.sha256)
    found = []
    for path in paths:
        picture = np.asarray(cv2.imread(str(path)), np.uint8)
        score = max(judge(picture, find_rings(picture, settings), network), default=0.0)
        if score >= settings.min_probability:
            found.append((path.name, round(score, 2)))
    return found


def claimed_in(paths: list[Path]) -> list[tuple[str, float]]:
    """Clips and photos with a claim at the lowest threshold, with the best score."""
    settings = replace(WallClockSettings(), min_probability=min(THRESHOLDS))
    found = []
    for path in paths:
        with media.open_clip(path) as clip:
            faces = find_clock_faces(clip, shots_of(clip), settings).value
        found += [(path.name, max(face.score for face in faces))] if faces else []
    return found


def drawn_on(photos: list[Path]) -> dict[str, Any]:
    """Clocks of all sizes in enlarged photos, saved as JPEG: how many are shown, and claims on the same without."""
    settings = WallClockSettings()
    resolved = weights.resolve(settings.model)
    network = load_network(str(resolved.path), resolved.sha256)
    hits: dict[int, list[bool]] = {diameter: [] for diameter in PHOTO_DIAMETERS}
    claims = rings = 0
    spent_s = 0.0
    for number, path in enumerate(photos):
        rng = np.random.default_rng(90_000 + number)
        diameter = PHOTO_DIAMETERS[number % len(PHOTO_DIAMETERS)]
        bare = np.asarray(
            cv2.resize(cv2.imread(str(path)), None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC), np.uint8
        )
        hung, (x, y) = hang(bare, diameter, rng)
        jpeg = cv2.imencode(".jpg", hung, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
        picture = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
        began = time.process_time()
        boxes = find_rings(picture, settings)
        spent_s += time.process_time() - began
        rings += len(boxes)
        shown = [b for s, b in zip(judge(picture, boxes, network), boxes, strict=True) if s >= settings.min_probability]
        near = [max(b[2] - b[0], b[3] - b[1]) < 2 * diameter for b in shown if b[0] < x < b[2] and b[1] < y < b[3]]
        hits[diameter].append(any(near))
        shares = judge(bare, find_rings(bare, settings), network)
        claims += max(shares, default=0.0) >= settings.min_probability
    return {
        "photos": len(photos),
        "found": f"{sum(map(sum, hits.values()))}/{len(photos)}",
        "found_by_diameter_px": {str(d): f"{sum(v)}/{len(v)}" for d, v in hits.items()},
        "claims_without_a_clock": claims,
        "rings": rings,
        "looking_for_rings_cpu_s": round(spent_s, 1),
    }


def agreement(folder: Path, photos: list[Path]) -> dict[str, Any]:
    """How two networks judge the same rings: their shares, and decisions at the threshold in use."""
    settings = WallClockSettings()
    resolved = weights.resolve(settings.model)
    ours = load_network(str(resolved.path), resolved.sha256)
    other = load_network(str(folder), weights.hash_of(folder))
    pairs: list[tuple[float, float, bool]] = []
    for number, path in enumerate(photos):
        rng = np.random.default_rng(70_000 + number)
        picture = np.asarray(cv2.resize(cv2.imread(str(path)), None, fx=2, fy=2), np.uint8)
        centre, diameter = (-1.0, -1.0), float(rng.uniform(40, 160))
        if number % 2:
            picture, centre = hang(picture, diameter, rng)
        boxes = find_rings(picture, settings)
        on = [b[0] < centre[0] < b[2] and b[1] < centre[1] < b[3] and b[2] - b[0] < 2 * diameter for b in boxes]
        pairs += zip(judge(picture, boxes, ours), judge(picture, boxes, other), on, strict=True)
    least = settings.min_probability
    return {
        "rings": len(pairs),
        "on_a_clock": sum(on for *_, on in pairs),
        "mean_difference": round(float(np.mean([abs(a - b) for a, b, _ in pairs])), 4),
        "largest_difference": round(max(abs(a - b) for a, b, _ in pairs), 3),
        "decided_otherwise": sum((a >= least) != (b >= least) for a, b, _ in pairs),
        "shown_on_a_clock": {
            "ours": sum(a >= least and on for a, _, on in pairs),
            "other": sum(b >= least and on for _, b, on in pairs),
        },
        "shown_elsewhere": {
            "ours": sum(a >= least and not on for a, _, on in pairs),
            "other": sum(b >= least and not on for _, b, on in pairs),
        },
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=48, help="rendered clips, half of them with a clock")
    parser.add_argument("--photos", type=int, default=300, help="photos of det/val.txt")
    parser.add_argument("--against", type=Path, help="another network, to judge the same rings")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    data = Path(os.environ["VIDCHECK_DATA"])
    listed = [data / "det" / line.strip() for line in (data / "det" / "val.txt").read_text("utf-8").split("\n") if line]
    rows = clips(arguments.clips, listed)
    photos = listed[: arguments.photos]
    claims = claimed_on(photos)
    with_clock = [row for row in rows if row["diameter"]]
    files = [path for name in ("clips", "media") for path in sorted((data / name).iterdir())] if photos else []
    figures: dict[str, Any] = {
        "clips": len(rows),
        "photos": len(photos),
        "claims_on_photos": claims,
        "files": len(files),
        "claims_on_files": claimed_in(files),
        "drawn_on_photos": drawn_on(photos[:240]),
    }
    for threshold in THRESHOLDS:
        hits = {d: [row["on"] >= threshold for row in with_clock if row["diameter"] == d] for d in DIAMETERS}
        figures[f"from {threshold}"] = {
            "found": f"{sum(map(sum, hits.values()))}/{len(with_clock)}",
            "found_by_diameter_px": {str(d): f"{sum(v)}/{len(v)}" for d, v in hits.items()},
            "clips_with_a_false_claim": f"{sum(row['off'] >= threshold for row in rows)}/{len(rows)}",
            "photos_with_a_claim": f"{sum(s >= threshold for _, s in claims)}/{figures['photos']}",
        }
    figures["s_per_clip"] = round(sum(row["s"] for row in rows) / max(1, len(rows)), 2)
    if arguments.against:
        figures["against"] = agreement(arguments.against, photos)
    print(json.dumps(figures, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
