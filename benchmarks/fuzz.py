"""Thousands of damaged clips and photos through the analysis: every outcome must be a result or a clear error.

    python benchmarks/fuzz.py --work DIR [--seed 1] [--count 2000] [--first 0] [--full 50] [--json FILE]

Case number N of seed S is always the same file (:mod:`fuzz_seeds`, :mod:`fuzz_mutations`). Each goes through the real
entry points: :func:`vidcheck.analyze` with the steps that parse or decode (``shots``, ``clues``, ``time``,
``credentials``), single frames are read back, and the analysis is written as JSON and read again; every ``--full``-th
goes through all steps and becomes a case folder. The cases run in a process of their own, watched from outside: its
death is a crash, ``HANG_S`` without an end is a hang, an exception without a documented exit code is a fault. What is
at fault is kept under ``DIR/faults`` with what happened. Exit code 1 where there is any.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fuzz_mutations import mutate
from fuzz_seeds import make_seeds

HANG_S = 180.0
PARSING = ("shots", "clues", "time", "credentials")
FAULTS = ("crash", "hang", "fault")


@dataclass(frozen=True)
class Case:
    """One damaged file."""

    number: int
    origin: str
    damage: str
    path: str
    full: bool


@dataclass(frozen=True)
class Result:
    """What became of it."""

    case: Case
    outcome: str
    """``result``, ``partial`` (with failed steps), ``error``, or one of FAULTS."""
    said: str
    seconds: float
    contained: int
    """How often the decoder's own process died or was ended while the case ran."""


def make_case(seeds: list[Path], seed: int, number: int, folder: Path, full_every: int) -> Case:
    """Write damaged file ``number`` of random seed ``seed``."""
    chance = random.Random(f"{seed}/{number}")
    origin = seeds[number % len(seeds)]
    data, damage = mutate(origin.read_bytes(), chance)
    path = folder / f"{number:06d}-{origin.name}"
    path.write_bytes(data)
    return Case(number, origin.name, damage, str(path), bool(full_every) and number % full_every == 0)


def examine(path: Path, out: Path | None) -> tuple[str, str]:
    """Send one file through the analysis, in this process; return outcome and what was said."""
    import vidcheck
    from vidcheck import case, media, store
    from vidcheck.errors import EXIT_UNEXPECTED, VidcheckError

    try:
        settings = vidcheck.Settings() if out is not None else vidcheck.Settings(only=PARSING)
        analysis = vidcheck.analyze(path, settings)
        assert store.from_json(store.to_json(analysis)) == analysis, "JSON does not give the analysis back"
        source = analysis.source
        with media.open_clip(path) as clip:
            wanted = [frame.ref for frame in clip.frames()]
            assert len(wanted) == source.frames_decoded, "a second pass gives another number of frames"
            for frame in clip.read(wanted[:: max(1, len(wanted) // 3)]):
                assert frame.bgr.shape == (source.height_px, source.width_px, 3), "a frame of another size"
                assert frame.small_gray(32).shape[1] == 32 or frame.gray.size
        if out is not None:
            case.write_case(analysis, path, out, lang="en")
    except VidcheckError as error:
        bad = "\n" in str(error) or not error.remedy or error.exit_code == EXIT_UNEXPECTED
        return ("fault" if bad else "error"), f"{type(error).__name__} ({error.exit_code}): {error}"
    except Exception as error:
        import traceback

        return "fault", "".join(traceback.format_exception(error))[-3000:]
    failed = [f"{run.step} {run.error.en if run.error else ''}" for run in analysis.steps if run.status == "failed"]
    return ("partial", "; ".join(failed)) if failed else ("result", f"{source.frames_decoded} frames")


def worker() -> None:
    """Examine what stdin names, one JSON line each, and answer on stdout."""
    import os
    import tempfile

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            outcome, said = examine(Path(asked["path"]), Path(folder) if asked["full"] else None)
        print(json.dumps([outcome, said, deaths()]), file=answers, flush=True)


def deaths() -> int:
    """How often a decoder process died under this process so far."""
    try:
        from vidcheck import isolation
    except ImportError:
        return 0
    return isolation.deaths()


class Watched:
    """A worker process that is started again when a case ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._deaths = 0

    def run(self, case: Case) -> Result:
        """Examine one case."""
        import selectors

        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self._deaths = 0
        process = self._process
        assert process.stdin and process.stdout
        began = time.monotonic()
        process.stdin.write(json.dumps(asdict(case)) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            ready = selector.select(HANG_S * (5 if case.full else 1))
        line = process.stdout.readline() if ready else ""
        seconds = round(time.monotonic() - began, 2)
        if line:
            outcome, said, died = json.loads(line)
            contained, self._deaths = died - self._deaths, died
            return Result(case, outcome, said, seconds, contained)
        if not ready:
            process.kill()
        code = process.wait()
        self._process = None
        return Result(case, "crash" if ready else "hang", f"exit code {code}", seconds, 0)

    def close(self) -> None:
        """End the worker."""
        if self._process is not None and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()


def fuzz(work: Path, *, seed: int, count: int, first: int = 0, full_every: int = 0) -> list[Result]:
    """Run the cases; keep what is at fault."""
    seeds = make_seeds(work / "seeds")
    cases, faults = work / "cases", work / "faults"
    cases.mkdir(parents=True, exist_ok=True)
    results, watched = [], Watched()
    for number in range(first, first + count):
        case = make_case(seeds, seed, number, cases, full_every)
        result = watched.run(case)
        results.append(result)
        path = Path(case.path)
        if result.outcome in FAULTS or result.contained:
            faults.mkdir(exist_ok=True)
            path.replace(faults / path.name)
            (faults / f"{path.name}.txt").write_text(f"seed {seed}\n{case}\n{result.outcome}\n{result.said}\n", "utf-8")
            print(f"{number} {case.origin} {case.damage}: {result.outcome}, {result.said[-400:]}", flush=True)
        else:
            path.unlink()
        if (number - first + 1) % 200 == 0:
            print(f"{number - first + 1}/{count}: {dict(collections.Counter(r.outcome for r in results))}", flush=True)
    watched.close()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--full", type=int, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--worker", action="store_true")
    given = parser.parse_args()
    if given.worker:
        worker()
        return
    began = time.monotonic()
    results = fuzz(given.work, seed=given.seed, count=given.count, first=given.first, full_every=given.full)
    outcomes = collections.Counter(r.outcome for r in results)
    errors = collections.Counter(r.said.split(":")[0] for r in results if r.outcome == "error")
    steps = collections.Counter(r.said[:80] for r in results if r.outcome == "partial")
    slowest = sorted(results, key=lambda r: -r.seconds)[:5]
    summary = {
        "seed": given.seed,
        "cases": len(results),
        "outcomes": dict(outcomes),
        "errors": dict(errors),
        "failed_steps": dict(steps),
        "decoder_processes_ended": sum(r.contained for r in results),
        "slowest_s": [(r.seconds, r.case.origin, r.case.damage) for r in slowest],
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(summary, indent=2))
    if given.json:
        given.json.write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    sys.exit(any(outcomes[name] for name in FAULTS))


if __name__ == "__main__":
    main()
