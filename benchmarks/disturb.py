"""One clip analysed many times while the order of everything is disturbed: the results have to be the same.

    python benchmarks/disturb.py CLIP [--runs 40] [--seed 1]

Steps of an analysis run side by side and share frames, so a mistake there shows only where threads meet in an order
that they seldom meet in. Each run is a process of its own that gets one processor or all, switches between threads
after a microsecond or a thousand times that, and has up to three threads that spin and sleep at random. Results
are compared in full, without times and versions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

_NOT_COMPARED = ("tool", "seconds", "started")


def _spin(chance: random.Random, done: threading.Event) -> None:
    while not done.is_set():
        until = time.perf_counter() + 0.01 * chance.random()
        while time.perf_counter() < until:
            pass
        time.sleep(0.02 * chance.random())


def _timeless(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _timeless(value) for key, value in found.items() if key not in _NOT_COMPARED}
    return [_timeless(item) for item in found] if isinstance(found, list) else found


def analyse(clip: Path, seed: int) -> None:
    """Analyse under disturbance, and print the states of the steps and the hash of each part of the result."""
    chance = random.Random(seed)
    sys.setswitchinterval(chance.choice([1e-6, 1e-5, 1e-4, 5e-3]))
    if chance.random() < 0.5 and sys.platform == "linux":
        os.sched_setaffinity(0, {chance.choice(sorted(os.sched_getaffinity(0)))})
    from vidcheck import store
    from vidcheck.pipeline import Settings, analyze
    from vidcheck.types import Analysis

    done = threading.Event()
    for number in range(chance.choice([0, 1, 3])):
        threading.Thread(target=_spin, args=(random.Random(seed + number), done), daemon=True).start()
    analysis = analyze(clip, Settings())
    done.set()
    parts = _timeless(json.loads(store.to_json(analysis, Analysis)))
    hashes = {
        name: hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest() for name, part in parts.items()
    }
    print(json.dumps({"steps": {run.step: run.status for run in analysis.steps}, "parts": hashes}))


def main() -> int:
    """Run, compare, and print what differed; 1 where anything did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        analyse(args.clip, args.seed)
        return 0
    first: dict[str, Any] | None = None
    outcomes: Counter[str] = Counter()
    for seed in range(args.seed, args.seed + args.runs):
        command = [sys.executable, __file__, str(args.clip), "--one", "--seed", str(seed)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            outcome = f"ended with {run.returncode}: {run.stderr.strip().splitlines()[-1:]}"
        else:
            result = json.loads(run.stdout.strip().splitlines()[-1])
            first = first or result
            failed = sorted(step for step, status in result["steps"].items() if status == "failed")
            other = sorted(name for name in first["parts"] if first["parts"][name] != result["parts"].get(name))
            outcome = (
                f"failed: {', '.join(failed)}" if failed else f"differs: {', '.join(other)}" if other else "the same"
            )
        outcomes[outcome] += 1
        print(f"seed {seed}: {outcome}", flush=True)
    print("; ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))
    return int(set(outcomes) != {"the same"})


if __name__ == "__main__":
    raise SystemExit(main())
