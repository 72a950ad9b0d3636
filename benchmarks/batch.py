"""What a batch costs: clips per hour with one and two workers, overhead, memory, and whether it grows.

    python -m benchmarks.batch --work DIR --part speed  [--clips 4] [--seconds 2] [--rounds 1] [--json FILE]
    python -m benchmarks.batch --work DIR --part growth [--clips 200] [--json FILE]

``speed`` runs the whole analysis over rendered clips, each another file, in fresh folders: with two workers, with one
worker on all processors, and with one worker on one processor, as often as there are rounds and in turn, so that a
machine that grows slower does so for all. Each worker gets ``--clips`` clips and one before them that is not counted:
it pays for loading the libraries and models. ``ratio`` compares two workers with one worker as ``--workers 1`` runs it,
which uses the second processor where a library can; ``ratio_to_one_processor`` compares them with one worker that has
one processor. Processor time is that of the workers between the first and the last clip counted; where it is much less
than the wall time times the processors, something else ran, and the rates mean little.

``growth`` runs the cheap steps over many tiny clips with one worker that is never replaced and prints its memory as it
goes. The load average before and after is printed with both.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import psutil

from tests import media as rendered
from vidcheck import batch, demo, media, threads
from vidcheck.batch.records import Job, Worked
from vidcheck.batch.running import Silent
from vidcheck.steps import Settings


class Clock(Silent):
    """Notes when clips ended, and how much processor time and memory the workers had used by then."""

    def __init__(self) -> None:
        self.began_at = 0.0
        self.ended_at: list[float] = []
        self.processor_s: list[float] = []
        self.resident: list[int] = []

    def planned(self, jobs: int, finished: int) -> None:
        """Take note: the files have been read."""
        self.began_at = time.perf_counter()

    def ended(self, job: Job, worked: Worked) -> None:
        """Take note."""
        self.ended_at.append(time.perf_counter())
        spent, most = 0.0, 0
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent += times.user + times.system + times.children_user + times.children_system
                most = max(most, process.memory_info().rss)
        self.processor_s.append(spent)
        self.resident.append(most)


def clips_for_speed(folder: Path, count: int, seconds: float) -> None:
    """Clips that carry everything the analysis looks at: the demonstration's scene, each file another one."""
    folder.mkdir(parents=True, exist_ok=True)
    master = folder.parent / "demo.mp4"
    if not master.is_file():
        demo.make_demo_clip(master)
    with media.open_clip(master) as clip:
        frames = [frame.bgr for frame in clip.frames() if frame.ref.time_s < seconds]
    for n in range(count):
        path = folder / f"clip{n:03d}.mp4"
        if not path.is_file():
            media.write_video(path, frames, fps=25, metadata={"comment": str(n)})


def timed_run(source: Path, out: Path, settings: Settings, workers: int) -> tuple[batch.BatchResult, Clock]:
    """Run over the clips of a folder; what is finished in ``out`` is not run again."""
    clock = Clock()
    steps = out.with_name(out.name + "-steps")
    result = batch.run(source, out, settings=settings, workers=workers, workdir=steps, watcher=clock)
    return result, clock


def fresh(out: Path) -> Path:
    """Return the folder, empty, and its step cache too."""
    for folder in (out, out.with_name(out.name + "-steps")):
        shutil.rmtree(folder, ignore_errors=True)
    return out


@contextmanager
def only(processors: int) -> Iterator[None]:
    """Restrict this process, and the workers that it starts, to so many processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:processors]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


CONFIGURATIONS = {
    # name: workers, processors
    "two_workers": (2, 2),
    "one_worker": (1, 2),
    "one_worker_on_one_processor": (1, 1),
}


def speed(work: Path, clips: int, seconds: float, rounds: int) -> dict[str, object]:
    """Measure clips per hour."""
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in CONFIGURATIONS}
    for n in range(rounds):
        order = list(CONFIGURATIONS.items())
        for name, (workers, processors) in reversed(order) if n % 2 else order:
            count = workers * (clips + 1)
            source = work / f"speed-{count}-{seconds:g}"
            clips_for_speed(source, count, seconds)
            with only(processors):
                result, clock = timed_run(source, fresh(work / name), Settings(), workers)
            assert result.count("done") == count, [o.error for o in result.outcomes]
            first = workers - 1  # by then every worker has loaded what it needs
            counted, wall = count - workers, clock.ended_at[-1] - clock.ended_at[first]
            seen[name].append({
                "clips_per_hour": counted / wall * 3600,
                "processor_s_per_clip": (clock.processor_s[-1] - clock.processor_s[first]) / counted,
                "processors_kept_busy": (clock.processor_s[-1] - clock.processor_s[first]) / wall,
                "seconds_to_first_clip": clock.ended_at[0] - clock.began_at,
                "whole_run_s": result.seconds,
                "peak_mb_of_one_worker": result.peak_bytes / 1e6,
            })  # fmt: skip
    again, _ = timed_run(work / f"speed-{2 * (clips + 1)}-{seconds:g}", work / "two_workers", Settings(), 2)
    assert all(outcome.reused for outcome in again.outcomes)
    found: dict[str, object] = {"clips_counted_for_each_worker": clips, "seconds_of_each": seconds, "rounds": rounds}
    middle = {name: {key: round(median(run[key] for run in runs), 2) for key in runs[0]} for name, runs in seen.items()}
    rate = {name: values["clips_per_hour"] for name, values in middle.items()}
    return found | middle | {
        "clips_per_hour_of_each_round": {n: [round(run["clips_per_hour"]) for run in runs] for n, runs in seen.items()},
        "ratio": round(rate["two_workers"] / rate["one_worker"], 2),
        "ratio_to_one_processor": round(rate["two_workers"] / rate["one_worker_on_one_processor"], 2),
        "ms_per_clip_that_needs_nothing": round(again.seconds / len(again.outcomes) * 1000, 1),
    }  # fmt: skip


def growth(work: Path, count: int) -> dict[str, object]:
    """Measure the memory of a worker over many clips."""
    source, out = work / "growth", work / "growth-out"
    source.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        path = source / f"clip{n:04d}.mp4"
        if not path.is_file():
            rendered.slideshow(path, (n,), hold=6)
    settings = Settings(only=("shots", "clues", "time"))
    result, clock = timed_run(source, fresh(out), settings, 1)
    assert result.count("done") == count
    marks = [count // 10, count // 4, count // 2, count - 1]
    again, _ = timed_run(source, out, settings, 1)
    assert all(outcome.reused for outcome in again.outcomes)
    return {
        "clips": count,
        "steps": "shots, clues, time; report and fingerprint written",
        "worker_mb_after_clips": {mark + 1: round(clock.resident[mark] / 1e6) for mark in marks},
        "growth_mb_per_clip_in_second_half": round(
            (clock.resident[marks[-1]] - clock.resident[marks[-2]]) / 1e6 / (marks[-1] - marks[-2]), 3
        ),
        "peak_mb_of_the_batch_itself": round(psutil.Process().memory_info().rss / 1e6),
        "processor_s_per_clip": round((clock.processor_s[-1] - clock.processor_s[0]) / (count - 1), 3),
        "seconds_per_clip": round(result.seconds / count, 3),
        "ms_per_clip_that_needs_nothing": round(again.seconds / count * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for clips and results")
    parser.add_argument("--part", choices=["speed", "growth"], required=True)
    parser.add_argument("--clips", type=int)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a clip")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if options.part == "speed":
        found = speed(options.work, options.clips or 4, options.seconds, options.rounds)
    else:
        found = growth(options.work, options.clips or 200)
    found |= {
        "processors": threads.usable(),
        "load_average_before_and_after": [round(load, 2), round(os.getloadavg()[0], 2)],
    }
    text = json.dumps(found, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
