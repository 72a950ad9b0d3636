"""Kill the analysis at random moments and run it again: the same result, nothing half-written, the original untouched.

    python benchmarks/kill.py --work DIR --command analyze [--kills 50] [--seed 1] [--json FILE]
    python benchmarks/kill.py --work DIR --command case    [--kills 50] [--seed 1] [--json FILE]
    python benchmarks/kill.py --work DIR --command batch   [--kills 50] [--seed 1] [--json FILE]

One undisturbed run gives the result to compare with and its length. Then, ``--kills`` times: SIGKILL to the command
and all its processes at a moment drawn from that length, half of the times in the folders that the last one left, half
of them in fresh ones; what lies there is examined; and after every fifth (``--every``) the command runs to its end and
its result is compared. ``analyze`` is the whole analysis; ``case`` runs its cheap steps and writes the case folder;
``batch`` runs the step ``shots`` over several clips with two workers. Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from vidcheck import demo, media, store

END_S = 900
_CASE = """
import sys
from pathlib import Path
from vidcheck import case, pipeline
clip, out, cache = map(Path, sys.argv[1:])
settings = pipeline.Settings(only=("shots", "lighting", "clues", "time", "credentials"))
case.write_case(pipeline.analyze(clip, settings, workdir=cache), clip, out, lang="en")
"""


@dataclass
class Ground:
    """Folders of one series of runs."""

    work: Path
    command: str
    seconds: float = 3.0
    faults: list[str] = field(default_factory=list)

    @property
    def clips(self) -> Path:
        """The originals."""
        return self.work / "clips"

    @property
    def out(self) -> Path:
        """Where case folders are written."""
        return self.work / "out"

    @property
    def cache(self) -> Path:
        """The step cache."""
        return self.work / "cache"

    def prepare(self) -> None:
        """Make the clips, which nobody may write to."""
        self.clips.mkdir(parents=True, exist_ok=True)
        master = self.work / "demo.mp4"
        if not master.is_file():
            demo.make_demo_clip(master)
        with media.open_clip(master) as clip:
            frames = [frame.bgr for frame in clip.frames() if frame.ref.time_s < self.seconds]
        for number in range(4 if self.command == "batch" else 1):
            path = self.clips / f"clip{number}.mp4"
            if not path.is_file():
                media.write_video(path, frames[number:], fps=25)
                path.chmod(stat.S_IRUSR)

    def originals(self) -> dict[str, tuple[str, int, int]]:
        """Hash, permissions and time of change of every clip."""
        return {
            path.name: (media.sha256_of(path), path.stat().st_mode, path.stat().st_mtime_ns)
            for path in sorted(self.clips.iterdir())
        }

    def start(self) -> subprocess.Popen[bytes]:
        """Start the command in a process group of its own."""
        if self.command == "analyze":
            arguments = ["analyze", str(self.clips / "clip0.mp4"), "-o", str(self.out), "--place", "Banjarmasin"]
        elif self.command == "case":
            return self._started(["-c", _CASE, str(self.clips / "clip0.mp4"), str(self.out), str(self.cache)])
        else:
            arguments = ["batch", str(self.clips), "-o", str(self.out), "--only", "shots", "--workers", "2"]
        return self._started(["-m", "vidcheck.cli", *arguments, "-q"])

    def _started(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, "VIDCHECK_WORKDIR": str(self.cache), "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def fresh(self) -> None:
        """Forget what earlier runs have left."""
        for folder in (self.out, self.cache):
            shutil.rmtree(folder, ignore_errors=True)

    def finish(self) -> str:
        """Run the command to its end and return a hash over its results."""
        process = self.start()
        _, said = process.communicate(timeout=END_S)
        if process.returncode != 0:
            self.faults.append(f"running again ends with exit code {process.returncode}: {said.decode()[-300:]}")
        self.examine(complete=True)
        return self.result()

    def kill(self, after_s: float) -> None:
        """Start the command and kill it, and all that it started, after so many seconds."""
        process = self.start()
        assert process.stderr is not None
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            for member in family:
                try:
                    member.send_signal(signal.SIGKILL)
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(family[1:], timeout=10)
        process.stderr.close()
        process.wait()
        self.examine(complete=False)

    def examine(self, *, complete: bool) -> None:
        """Note what is taken for whole and is not."""
        for analysis in self.out.glob(f"[!.]*/{store.ANALYSIS}"):
            try:
                differences = store.verify(analysis.parent)
                store.from_json(analysis.read_bytes())
            except Exception as error:
                self.faults.append(f"{analysis.parent.name} cannot be read: {error}")
                continue
            if differences:
                self.faults.append(f"{analysis.parent.name} is not what its manifest says: {differences[0]}")
        for kept in self.cache.rglob("[!.]*.json"):
            try:
                json.loads(kept.read_bytes())
            except ValueError:
                self.faults.append(f"a step in the cache is half-written: {kept.name}")
        if complete and (left := [p.name for p in self.out.glob(".vidcheck-*")]):
            self.faults.append(f"left beside the result: {left}")

    def result(self) -> str:
        """Hash over every analysis, without what differs between two runs by nature: how long steps took."""
        found: dict[str, Any] = {}
        for path in sorted(self.out.glob(f"[!.]*/{store.ANALYSIS}")):
            analysis = json.loads(path.read_bytes())
            for run in analysis["steps"]:
                del run["seconds"]
            found[path.parent.name] = analysis
        if not found:
            self.faults.append("there is no result")
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def kill_often(ground: Ground, *, kills: int, seed: int, every: int = 5) -> dict[str, Any]:
    """Run the series and say what happened."""
    chance = random.Random(seed)
    ground.prepare()
    before = ground.originals()
    ground.fresh()
    began = time.monotonic()
    expected = ground.finish()
    length = time.monotonic() - began
    moments, finished = [], 0
    for number in range(kills):
        if chance.random() < 0.5:
            ground.fresh()
        moments.append(round(chance.uniform(0.0, length), 2))
        ground.kill(moments[-1])
        if (number + 1) % every == 0 or number + 1 == kills:
            finished += 1
            if ground.finish() != expected:
                ground.faults.append(f"after kill {number + 1} the result differs")
            print(f"{number + 1}/{kills}: {len(ground.faults)} faults", flush=True)
    if ground.originals() != before:
        ground.faults.append("an original has changed")
    return {
        "command": ground.command,
        "seed": seed,
        "undisturbed_s": round(length, 1),
        "kills": kills,
        "runs_to_the_end": finished,
        "faults": ground.faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--command", choices=["analyze", "case", "batch"], required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clip-seconds", type=float, default=3.0)
    parser.add_argument("--every", type=int, default=5, help="run to the end after so many kills")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    ground = Ground(given.work / given.command, given.command, seconds=given.clip_seconds)
    summary = kill_often(ground, kills=given.kills, seed=given.seed, every=given.every)
    print(json.dumps(summary, indent=2))
    if given.json:
        given.json.write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    sys.exit(bool(summary["faults"]))


if __name__ == "__main__":
    main()
