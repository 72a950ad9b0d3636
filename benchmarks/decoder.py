"""What the decoder's own process costs: the same pass in this process, in another, and ffmpeg alone.

    python benchmarks/decoder.py CLIP [--every 3] [--passes 3]

A pass asks every frame for its small luma, as the search for cuts does, and every ``--every``-th for its full picture,
as the search for people does (0: none). Wall time is the best of the passes; processor time is that of all processes,
per frame, without the start of the process, which is given apart. The load average tells how quiet the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from vidcheck import isolation, media


def processor_s() -> float:
    """Processor time of this process and those under it that run, seconds."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total


def passes(path: Path, every: int, count: int) -> dict[str, float]:
    """Decode the clip so often; return wall and processor time of the best pass."""
    began = time.perf_counter()
    clip = media.open_clip(path)
    opening = time.perf_counter() - began
    found = []
    with clip:
        for _ in range(count):
            began, spent, frames = time.perf_counter(), processor_s(), 0
            for frame in clip.frames():
                assert frame.small_gray(160).size
                if every and frames % every == 0:
                    assert frame.bgr.size
                frames += 1
            found.append((time.perf_counter() - began, processor_s() - spent))
    wall, processor = min(found)
    return {
        "opened_s": round(opening, 2),
        "wall_ms_per_frame": round(wall / frames * 1000, 2),
        "processor_ms_per_frame": round(processor / frames * 1000, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--part", choices=["here", "apart"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(passes(given.clip, given.every, given.passes)))
        return
    found: dict[str, object] = {"load_average": os.getloadavg()[0]}
    for part in ("here", "apart"):
        command = [sys.executable, __file__, str(given.clip), "--every", str(given.every), "--part", part]
        env = {**os.environ, isolation.ENV_VAR: "here" if part == "here" else ""}
        run = subprocess.run([*command, "--passes", str(given.passes)], env=env, stdout=subprocess.PIPE, check=True)
        found[part] = json.loads(run.stdout)
    began = time.perf_counter()
    arguments = ["-nostdin", "-loglevel", "error", "-i", str(given.clip), "-map", "0:v:0", "-f", "null", "-"]
    subprocess.run([media.ffmpeg_binary(), *arguments], check=True)
    found["ffmpeg_wall_s"] = round(time.perf_counter() - began, 2)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
