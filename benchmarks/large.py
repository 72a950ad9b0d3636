"""What is long or large: peak memory of all processes together, and time.

    python benchmarks/large.py --work DIR --part long   [--hours 2] [--fps 25] [--json FILE]
    python benchmarks/large.py --work DIR --part photo  [--megapixels 100]
    python benchmarks/large.py --work DIR --part 4k60   [--seconds 10]
    python benchmarks/large.py --work DIR --part folder [--photos 1000]
    python benchmarks/large.py --work DIR --part clip   --clip FILE

``long`` loops a rendered 1080p clip and runs ``vidcheck frames``; ``photo`` and ``4k60`` run the whole analysis and
write the case; ``folder`` runs ``vidcheck batch --only shots`` with two workers; ``clip`` runs the whole analysis of a
clip of your own. The memory of the command and all its processes is sampled once a second and summed as unique memory
(USS) plus the memory they share once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

from vidcheck import media

_EVERY_S = 1.0


def textured(width: int, height: int, seed: int) -> media.U8:
    """A picture of blocks that a codec can neither skip nor choke on."""
    small = np.random.default_rng(seed).integers(0, 255, (height // 60 + 1, width // 60 + 1, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def panned(width: int, height: int, count: int) -> Any:
    """Frames of a slow pan with a cut in the middle."""
    wide = [textured(width + count * 2, height, seed) for seed in range(2)]
    for number in range(count):
        yield wide[number * 2 // count][:, number * 2 : number * 2 + width]


def long_clip(work: Path, hours: float, fps: int) -> Path:
    """A minute of 1080p, looped."""
    minute, path = work / f"minute-{fps}.mp4", work / f"{hours:g}-hours-{fps}.mp4"
    if not path.is_file():
        media.write_video(minute, panned(1920, 1080, 60 * fps), fps=fps, crf=30)
        loops = ["-stream_loop", str(round(hours * 60) - 1), "-i", str(minute), "-c", "copy", str(path)]
        subprocess.run([media.ffmpeg_binary(), "-nostdin", "-y", "-loglevel", "error", *loops], check=True)
        minute.unlink()
    return path


def photo(work: Path, megapixels: float) -> Path:
    """A JPEG of that size, four by three."""
    path = work / f"{megapixels:g}-megapixels.jpg"
    if not path.is_file():
        width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
        cv2.imwrite(str(path), textured(width, width * 3 // 4, 1))
    return path


def clip_4k60(work: Path, seconds: float) -> Path:
    """A clip of 3840 x 2160 at 60 frames a second."""
    path = work / f"4k60-{seconds:g}.mp4"
    if not path.is_file():
        media.write_video(path, panned(3840, 2160, round(60 * seconds)), fps=60, crf=28)
    return path


def folder_of(work: Path, count: int) -> Path:
    """Photos of 3 megapixels, each another picture."""
    folder = work / f"photos-{count}"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"IMG_{number:04d}.jpg"
        if not path.is_file():
            cv2.imwrite(str(path), textured(2048, 1536, number))
    return folder


def measure(arguments: list[str], cache: Path) -> dict[str, Any]:
    """Run a command and return exit code, seconds and the peak memory of all its processes, bytes."""
    env = {**os.environ, "VIDCHECK_WORKDIR": str(cache), "LC_ALL": "C.UTF-8"}
    began, peak, most = time.monotonic(), 0, 0
    command = [sys.executable, "-m", "vidcheck.cli", *arguments, "-q"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as run:
        main = psutil.Process(run.pid)
        while run.poll() is None:
            sizes, shared = [], 0
            for process in [main, *main.children(recursive=True)]:
                try:
                    info = process.memory_full_info()
                except psutil.Error:
                    continue
                sizes.append(info.uss)
                shared = max(shared, info.rss - info.uss)
            peak, most = max(peak, sum(sizes) + shared), max(most, len(sizes))
            time.sleep(_EVERY_S)
    return {
        "command": " ".join(arguments[:1] + [Path(a).name if os.sep in a else a for a in arguments[1:]]),
        "exit_code": run.returncode,
        "seconds": round(time.monotonic() - began, 1),
        "peak_mb": round(peak / 1e6),
        "processes": most,
        "load_average": os.getloadavg()[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--part", choices=["long", "photo", "4k60", "folder", "clip"], required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--megapixels", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    work, out = given.work, given.work / f"out-{given.part}"
    work.mkdir(parents=True, exist_ok=True)
    if given.part == "long":
        arguments = ["frames", str(long_clip(work, given.hours, given.fps)), "--json"]
    elif given.part == "photo":
        arguments = ["analyze", str(photo(work, given.megapixels)), "-o", str(out)]
    elif given.part == "4k60":
        arguments = ["analyze", str(clip_4k60(work, given.seconds)), "-o", str(out)]
    elif given.part == "clip":
        if given.clip is None:
            parser.error("clip needs --clip FILE")
        arguments = ["analyze", str(given.clip), "-o", str(out)]
    else:
        folder = str(folder_of(work, given.photos))
        arguments = ["batch", folder, "-o", str(out), "--only", "shots", "--workers", "2", "--no-reposts"]
    found = measure(arguments, work / f"steps-{given.part}")
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
