"""Measure the reading of overlays: clocks exact to the second, wrong while sure, kinds, tick test, time per clip.

    python benchmarks/overlays.py [--clips 64] [--keep FOLDER] [--locator-photos 300] [--json FILE]

Rendered clips over the footage that ``VIDCHECK_DATA`` points to (drawn texture where it is absent), and the
stamped photos of the data folder, whose stamps were read by eye or agree with the camera's own time. *Sure*
means that the clue is ``exact`` and graded strong or moderate; *exact* means that every reading the clue rests
on equals what was printed. Run time on two free cores: about six minutes for 64 clips.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import pickle
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from overlay_clips import RUN_VERDICT, Truth, data_folder, render

from vidcheck import media
from vidcheck.clues import overlay as overlay_clues
from vidcheck.clues._stamps import Stamp, find_stamps
from vidcheck.overlays import OverlaySettings, engine, read_overlays
from vidcheck.text_tracking import likeness, masked
from vidcheck.types import Box, OverlayText, TimeClue

ZONE = ZoneInfo("Asia/Makassar")

STAMPS_BY_EYE = {
    "stamp-camtrap.jpg": datetime(2018, 10, 19, 22, 35, 9),
    "stamp-reconyx-hc500.jpg": datetime(2015, 5, 7, 8, 8, 31),
}
"""What a person reads on the stamped photos; their files carry no capture time of their own."""


@dataclass
class Outcome:
    """What came out for one clip or photo."""

    name: str
    truth: Truth | None
    found: bool = False
    exact: bool = False
    sure: bool = False
    readings: int = 0
    wrong_readings: int = 0
    verdict: str | None = None
    verdict_wanted: str | None = None
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    frames_read: int = 0
    regions_read: int = 0
    note: str = ""


def run(path: Path) -> tuple[tuple[OverlayText, ...], tuple[TimeClue, ...], dict[str, Any], float, float]:
    """Read one file and take its clues; returns texts, clues, statistics, wall and CPU seconds."""
    began, cpu = time.perf_counter(), time.process_time()
    with media.open_clip(path) as clip:
        result = read_overlays(clip, (), OverlaySettings())
        found = overlay_clues.clues(result.value, clip.source, zone=ZONE)
    return result.value, found, dict(result.stats), time.perf_counter() - began, time.process_time() - cpu


def dated(texts: tuple[OverlayText, ...]) -> Stamp | None:
    """The stamp with a date and a clock that has the most readings."""
    stamps = [s for s in find_stamps(texts) if s.has_clock and s.dates]
    return max(stamps, key=lambda s: len(s.used), default=None)


def is_sure(clues: tuple[TimeClue, ...], stamp: Stamp) -> bool:
    """Whether a clue resting on this stamp states a time as sure."""
    frames = {r.frame.index for r in stamp.readings}
    return any(c.kind == "exact" and c.grade in ("strong", "moderate") and c.frames[0].index in frames for c in clues)


def score_clip(number: int, path: Path, truth: Truth) -> Outcome:
    """Run one rendered clip and compare."""
    texts, clues, stats, wall, cpu = run(path)
    out = Outcome(
        f"{number:03d}",
        truth,
        wall_s=wall,
        cpu_s=cpu,
        frames_read=stats["frames_read"],
        regions_read=stats["regions_read"],
    )
    if truth.clock:
        stamp = dated(texts)
        out.verdict_wanted = RUN_VERDICT[truth.run] if truth.step_s == 1 else "too_short"
        if stamp is not None:
            used = stamp.used
            out.found = True
            out.verdict = stamp.ticks.verdict if stamp.ticks else None
            out.readings = len(used)
            printed = [datetime.combine(r.printed.dates[0], r.printed.clock) for r in used if r.printed.clock]
            wrong = [
                (r.raw, said)
                for r, said in zip(used, printed, strict=True)
                if truth.clock[r.frame.index] not in (said, *r.printed.moments())
            ]
            out.wrong_readings = len(wrong)
            ambiguous = len(stamp.dates) > 1
            out.exact = (
                bool(used) and not wrong and (not ambiguous or truth.clock[used[0].frame.index].date() in stamp.dates)
            )
            out.sure = is_sure(clues, stamp)
            out.note = f"{wrong[:2]}" if wrong else ""
        else:
            out.note = str([t.text for t in texts][:5])
    elif any(c.kind == "exact" and c.grade in ("strong", "moderate") for c in clues):
        out.sure, out.note = True, str([c.basis for c in clues])
    for label in truth.labels:
        shape = masked(label.text)
        best = max(texts, key=lambda t: likeness(masked(t.text), shape), default=None)
        if best is None or likeness(masked(best.text), shape) < 0.6:
            out.kinds[(label.kind, "not found")] += 1
        else:
            out.kinds[(label.kind, best.kind)] += 1
    return out


def score_photo(path: Path, wanted: datetime | None) -> Outcome:
    """Run one photo; ``wanted`` is its own tag, to the minute where it has no seconds, None where it has no stamp."""
    texts, clues, stats, wall, cpu = run(path)
    out = Outcome(path.name, None, wall_s=wall, cpu_s=cpu, frames_read=stats["frames_read"])
    stamp = dated(texts)
    if stamp is None:
        return out
    out.found = True
    said = [
        m.replace(second=0) if wanted is not None and wanted.second == 0 else m
        for r in stamp.used
        for m in r.printed.moments()
    ]
    out.exact = wanted is not None and wanted in said
    out.sure = is_sure(clues, stamp)
    out.note = stamp.readings[0].raw if not out.exact else ""
    return out


def rendered(count: int, first: int, keep: Path | None, data: Path | None) -> list[Outcome]:
    """Render and score clips ``first`` to ``first + count``."""
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            path, note = folder / f"{number:03d}.mp4", folder / f"{number:03d}.pkl"
            if keep is None or not note.is_file():
                truth = render(number, path, data=data)
                note.write_bytes(pickle.dumps(truth))
            else:
                truth = pickle.loads(note.read_bytes())
            outcomes.append(score_clip(number, path, truth))
            show(outcomes[-1])
            if keep is None:
                path.unlink()
    return outcomes


def show(out: Outcome) -> None:
    """One line on stderr as it goes."""
    t = out.truth
    what = f"{t.layout} {t.motion} {t.run} {t.digit_px}px {t.bitrate_k}k {t.size[0]}x{t.size[1]} {t.font}" if t else ""
    state = "exact" if out.exact else "wrong" if out.found else "none"
    kinds = {f"{a}>{b}": n for (a, b), n in out.kinds.items() if a != b}
    print(
        f"{out.name} {what}: {state}{' sure' if out.sure else ''} {out.readings} readings, {out.wrong_readings} wrong, "
        f"tick {out.verdict} (want {out.verdict_wanted}), {out.frames_read}+{out.regions_read} read, "
        f"{out.wall_s:.1f} s ({out.cpu_s:.1f} cpu) {kinds or ''} {out.note}",
        file=sys.stderr,
        flush=True,
    )


def locators(photos: list[Path]) -> dict[str, Any]:
    """Lines that the reader finds with its 8-bit locator and with the network it was made from, in enlarged photos."""
    reader = engine()
    counts: Counter[str] = Counter()
    for path in photos:
        small = np.asarray(cv2.imread(str(path)), np.uint8)
        # Only large pictures are left to the 8-bit network.
        picture = np.asarray(cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
        a, b = ([line for line in reader.read(picture, lean=lean) if line.confidence >= 0.55] for lean in (True, False))
        counts["8-bit"] += len(a)
        counts["float"] += len(b)
        counts["both"] += sum(any(_meet(x.box, y.box) for y in b) for x in a)
        counts["both, the same text"] += sum(any(x.text == y.text and _meet(x.box, y.box) for y in b) for x in a)
    return {"photos": len(photos), **counts}


def _meet(a: Box, b: Box) -> bool:
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return across > 0 and down > 0 and 2 * across * down > min((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The figures of the rendered clips."""
    clocks = [o for o in outcomes if o.truth is not None and o.truth.clock]
    ticks = [o for o in clocks if o.truth is not None and o.truth.step_s == 1]
    kinds: Counter[tuple[str, str]] = Counter()
    for o in outcomes:
        kinds.update(o.kinds)
    seen = {k: n for k, n in kinds.items() if k[1] != "not found"}
    sizes: dict[str, list[bool]] = {}
    for o in clocks:
        if o.truth is not None:
            sizes.setdefault(f"{o.truth.digit_px} px", []).append(o.exact)
    sure_readings = sum(o.readings for o in clocks if o.sure)
    return {
        "clips": len(outcomes),
        "clips_with_clock": len(clocks),
        "exact": share(sum(o.exact for o in clocks), len(clocks)),
        "sure": share(sum(o.sure for o in clocks), len(clocks)),
        "wrong_while_sure_clips": share(sum(o.sure and not o.exact for o in outcomes), len(outcomes)),
        "wrong_while_sure_readings": share(sum(o.wrong_readings for o in clocks if o.sure), sure_readings),
        "exact_by_digit_height": {k: share(sum(v), len(v)) for k, v in sorted(sizes.items())},
        "tick_right": share(sum(o.verdict == o.verdict_wanted for o in ticks), len(ticks)),
        "kinds_right": share(sum(n for k, n in seen.items() if k[0] == k[1]), sum(seen.values())),
        "kinds": {f"{a} as {b}": n for (a, b), n in sorted(kinds.items())},
        "wall_s_per_clip": round(sum(o.wall_s for o in outcomes) / max(1, len(outcomes)), 2),
        "cpu_s_per_clip": round(sum(o.cpu_s for o in outcomes) / max(1, len(outcomes)), 2),
        "full_reads_per_clip": round(sum(o.frames_read for o in outcomes) / max(1, len(outcomes)), 2),
    }


def share(part: int, whole: int) -> str:
    """A share with its numbers, so that nobody takes 1 of 2 for half of many."""
    return f"{part}/{whole}" + (f" = {100 * part / whole:.1f} %" if whole else "")


def real_media(data: Path) -> dict[str, Any]:
    """The stamped and unstamped media of the data folder."""
    big = []
    for name, said in STAMPS_BY_EYE.items():
        path = data / "media" / name
        if path.is_file():
            big.append(score_photo(path, said))
            show(big[-1])
    small = []
    index = data / "light" / "index.tsv"
    if index.is_file():
        for row in csv.DictReader(index.open(encoding="utf-8"), delimiter="\t"):
            if row["overlay"] == "1":
                small.append(score_photo(find(data / "light", row["file"]), datetime.fromisoformat(row["local_time"])))
                show(small[-1])
    bare, looked_at = [], 0
    for path in [*sorted((data / "media").glob("*")), *sorted((data / "clips").glob("*"))]:
        if not path.name.startswith("stamp-") and path.suffix != ".tsv":
            looked_at += 1
            texts, clues, _, _, _ = run(path)
            if any(c.kind == "exact" for c in clues):
                bare.append(f"{path.name}: {[t.text for t in texts]}")
    return {
        "stamped_photos": {
            "exact": share(sum(o.exact for o in big), len(big)),
            "wrong_while_sure": share(sum(o.sure and not o.exact for o in big), len(big)),
        },
        "stamps_of_6_px_digits": {
            "exact": share(sum(o.exact for o in small), len(small)),
            "found": share(sum(o.found for o in small), len(small)),
            "wrong_while_sure": share(sum(o.sure and not o.exact for o in small), len(small)),
        },
        "files_without_a_clock": looked_at,
        "clocks_claimed_there": bare,
    }


def find(folder: Path, name: str) -> Path:
    """A file somewhere under a folder."""
    direct = folder / name
    return direct if direct.is_file() else next(folder.rglob(name))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=64, help="rendered clips")
    parser.add_argument("--first", type=int, default=0, help="number of the first clip")
    parser.add_argument("--keep", type=Path, help="folder in which rendered clips are kept and found again")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--no-media", action="store_true", help="leave out the stamped photos")
    parser.add_argument("--locator-photos", type=int, default=0, help="photos on which the 8-bit locator is compared")
    args = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    data = data_folder()
    began = time.perf_counter()
    figures: dict[str, Any] = {
        "date": datetime.now().astimezone().isoformat(timespec="minutes"),
        "footage": "data folder" if data else "drawn texture",
        "runtime": engine().runtime,
    }
    figures["rendered"] = summary(rendered(args.clips, args.first, args.keep, data))
    if data is not None and not args.no_media:
        figures["media"] = real_media(data)
    if data is not None and args.locator_photos:
        listed = (data / "det" / "val.txt").read_text("utf-8").split()
        figures["locator"] = locators([data / "det" / name for name in listed[: args.locator_photos]])
    figures["seconds"] = round(time.perf_counter() - began)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
