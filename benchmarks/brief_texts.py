"""Measure whether captions that are shown for a moment are read, and what looking for them costs.

    python benchmarks/brief_texts.py [--clips 8] [--json FILE]

For each duration, clips of six seconds over real footage (``VIDCHECK_DATA``; drawn texture where it is absent), coded
at 500 kbit/s, with one caption at a drawn time and place. Found means that a text is at least eight tenths like it.
Each clip is read twice: as vidcheck reads, and without looking for flashes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from overlay_clips import data_folder, draw_text, encode, fonts, footage

from vidcheck import media, text_schedule
from vidcheck.overlays import OverlaySettings, read_overlays
from vidcheck.text_tracking import likeness

CAPTIONS = ("UJIAN SUDAH SELESAI", "TUNGGU SAMPAI HABIS", "JAM KANTOR PAK", "INI BUKAN KEMARIN", "LIHAT YANG DI POJOK")
DURATIONS_S = (0.25, 0.5, 0.75, 1.0)
RATE, LENGTH_S = 15, 6.0


def run(number: int, shown_s: float, folder: Path) -> list[tuple[bool, int]]:
    """Render and read one clip: whether its caption was found and full reads, with flashes looked for and without."""
    rng = np.random.default_rng(20260311 + number)
    width, height = ((854, 480), (480, 854), (1280, 720))[int(rng.integers(3))]
    caption = CAPTIONS[number % len(CAPTIONS)]
    motion = ("pan", "clip", "still", "pan")[number % 4]
    begin = float(rng.uniform(1.5, 4.0))
    x, y = int(rng.uniform(0.05, 0.2) * width), int(rng.uniform(0.1, 0.8) * height)
    font, digit = sorted(fonts())[int(rng.integers(len(fonts())))], max(16, min(width, height) // 24)
    pictures = []
    for k, picture in enumerate(footage(motion, width, height, RATE, LENGTH_S, rng, "WARUNG KOPI", data_folder())):
        if shown_s and begin <= k / RATE < begin + shown_s:
            picture = draw_text(picture, (y, x), caption, font, digit, "outline")
        pictures.append(picture)
    path = folder / f"{number}-{shown_s}.mp4"
    encode(path, pictures, RATE, 500)
    outcomes = []
    for looking in (True, False):
        finder = text_schedule._flashes if looking else lambda inside: []
        with patch.object(text_schedule, "_flashes", finder), media.open_clip(path) as clip:
            result = read_overlays(clip, (), OverlaySettings())
        found = any(likeness(text.text.upper(), caption) >= 0.8 for text in result.value)
        outcomes.append((found, int(str(result.stats["frames_read"]))))
    path.unlink()
    return outcomes


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=8, help="clips for each duration")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"footage": "data folder" if data_folder() else "drawn texture"}
    with tempfile.TemporaryDirectory() as folder:
        for shown_s in (0.0, *DURATIONS_S):
            rows = [run(number, shown_s, Path(folder)) for number in range(arguments.clips)]
            for name, outcomes in zip(("as it is", "without flashes"), zip(*rows, strict=True), strict=True):
                found = f"{sum(one[0] for one in outcomes)}/{len(rows)}"
                reads = sum(one[1] for one in outcomes) / len(rows)
                figures[f"{shown_s} s, {name}"] = {"found": found, "full_reads_per_clip": round(reads, 1)}
                print(f"shown for {shown_s} s, {name}: found {found}, {reads:.1f} full reads a clip", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
