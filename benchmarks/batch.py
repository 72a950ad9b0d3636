"""What a batch costs: clips per hour with one and two workers, overhead, memory, and whether it grows.

    python -m benchmarks.batch --work DIR --part speed  [--clips 6] [--seconds 3] [--json FILE]
    python -m benchmarks.batch --work DIR --part growth [--clips 200] [--json FILE]

``speed`` runs the whole analysis over rendered clips, each another picture, with one and with two workers in fresh
folders, then again over what is finished. The ratio counts the time between the first and the last clip that ended, so
that loading the models, once for each worker, is not taken for the cost of a clip; the whole time is printed too.
``growth`` runs the cheap steps over many tiny clips with one worker that is never replaced and prints its memory as it
goes. Other work on the machine falsifies both: the load average is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from pathlib import Path

import psutil

from tests import media as rendered
from vidcheck import batch, demo, media, threads
from vidcheck.batch.records import Job, Worked
from vidcheck.batch.running import Silent
from vidcheck.steps import Settings


class Clock(Silent):
    """Notes when clips ended and how much memory the worker had."""

    def __init__(self) -> None:
        self.ended_at: list[float] = []
        self.resident: list[int] = []

    def ended(self, job: Job, worked: Worked) -> None:
        """Take note."""
        self.ended_at.append(time.perf_counter())
        workers = psutil.Process().children()
        self.resident.append(max((child.memory_info().rss for child in workers), default=0))


def clips_for_speed(folder: Path, count: int, seconds: float) -> None:
    """Clips that carry everything the analysis looks at: the demonstration's scene, each a little different."""
    folder.mkdir(parents=True, exist_ok=True)
    master = folder.parent / "demo.mp4"
    if not master.is_file():
        demo.make_demo_clip(master)
    with media.open_clip(master) as clip:
        frames = [frame.bgr for frame in clip.frames() if frame.ref.time_s < seconds]
    for n in range(count):
        path = folder / f"clip{n:03d}.mp4"
        if not path.is_file():
            media.write_video(path, (frame[:, ::-1] if n % 2 else frame for frame in frames), fps=25, crf=20 + n)


def timed_run(source: Path, out: Path, settings: Settings, workers: int) -> tuple[batch.BatchResult, Clock]:
    clock = Clock()
    steps = out.with_name(out.name + "-steps")
    result = batch.run(source, out, settings=settings, workers=workers, workdir=steps, reposts=False, watcher=clock)
    return result, clock


def speed(work: Path, count: int, seconds: float) -> dict[str, object]:
    source = work / "speed"
    clips_for_speed(source, count, seconds)
    found: dict[str, object] = {"clips": count, "seconds_of_each": seconds}
    rate = {}
    for workers in (1, 2):
        out = work / f"out{workers}"
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(out.with_name(out.name + "-steps"), ignore_errors=True)
        result, clock = timed_run(source, out, Settings(), workers)
        assert result.count("done") == count, [o.error for o in result.outcomes]
        # the first clip of each worker pays for loading
        counted = clock.ended_at[workers - 1 :]
        rate[workers] = (len(counted) - 1) / (counted[-1] - counted[0]) * 3600
        found[f"workers_{workers}"] = {
            "clips_per_hour": round(rate[workers], 1),
            "whole_run_s": result.seconds,
            "processor_s_per_clip": round(sum(o.seconds for o in result.outcomes) / count, 2),
            "peak_mb_of_one_worker": round(result.peak_bytes / 1e6),
        }
    again, _ = timed_run(source, work / "out2", Settings(), 2)
    assert all(outcome.reused for outcome in again.outcomes)
    found["ratio"] = round(rate[2] / rate[1], 2)
    found["ms_per_clip_that_needs_nothing"] = round(again.seconds / count * 1000, 1)
    return found


def growth(work: Path, count: int) -> dict[str, object]:
    source, out = work / "growth", work / "growth-out"
    source.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        path = source / f"clip{n:04d}.mp4"
        if not path.is_file():
            rendered.slideshow(path, (n,), hold=6)
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(out.with_name(out.name + "-steps"), ignore_errors=True)
    result, clock = timed_run(source, out, Settings(only=("shots", "clues", "time")), 1)
    assert result.count("done") == count
    marks = [count // 10, count // 4, count // 2, count - 1]
    again, _ = timed_run(source, out, Settings(only=("shots", "clues", "time")), 1)
    assert all(outcome.reused for outcome in again.outcomes)
    return {
        "clips": count,
        "steps": "shots, clues, time; report written",
        "worker_mb_after_clips": {mark + 1: round(clock.resident[mark] / 1e6) for mark in marks},
        "growth_mb_per_clip_in_second_half": round(
            (clock.resident[marks[-1]] - clock.resident[marks[-2]]) / 1e6 / (marks[-1] - marks[-2]), 3
        ),
        "peak_mb_of_the_batch_itself": round(psutil.Process().memory_info().rss / 1e6),
        "seconds_per_clip": round(result.seconds / count, 3),
        "ms_per_clip_that_needs_nothing": round(again.seconds / count * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for clips and results")
    parser.add_argument("--part", choices=["speed", "growth"], required=True)
    parser.add_argument("--clips", type=int)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a clip")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if options.part == "speed":
        found = speed(options.work, options.clips or 6, options.seconds)
    else:
        found = growth(options.work, options.clips or 200)
    found |= {"processors": threads.usable(), "load_average_before": round(load, 2)}
    text = json.dumps(found, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
