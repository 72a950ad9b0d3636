"""Measure fusion of small name tags: characters and whole tags read from single frames and from the fused picture.

    python benchmarks/enhance.py [--tags 10] [--first 1000] [--letters 6,8,10,12,14] [--grades ...] [--json FILE]

Each clip is rendered (:mod:`planted_tags`), encoded, opened again and given to :func:`vidcheck.enhance.enhance` with
the box around the tag in its middle frame, moved and grown at random as a hand would draw it. The fusion has two
opponents. *Best* is the best single frame, the one that weighs most in the fusion for its sharpness and its match,
enlarged in the same way and read by the same reader. *Surest* reads every frame that was fused, and the surest reading
counts: forty tries instead of one.
*Read* means that all letters and digits are right. *Sure* means a score of 0.9 for a single frame, and the grade
``strong`` for a fusion. Parameters were looked at on clips 0 to 99 alone; the conditions were set before they were
measured. Processor time: about 11 s a tag.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from planted_tags import FPS, GRADES, Grade, Planted, plant

from vidcheck import enhance, media, overlays
from vidcheck.text_tracking import likeness
from vidcheck.types import Box

SURE = 0.9


@dataclass(frozen=True)
class Outcome:
    """One tag."""

    number: int
    grade: str
    letter_px: float
    truth: str
    best: str
    best_sure: bool
    surest: str
    surest_sure: bool
    fused: str
    fused_sure: bool
    frames: int


def letters(text: str) -> str:
    """Letters and digits alone, folded."""
    return "".join(char for char in text.casefold() if char.isalnum())


def is_read(truth: str, text: str) -> bool:
    """Whether a reading gives the whole tag."""
    return letters(truth) == letters(text)


def by_hand(planted: Planted, number: int) -> tuple[float, Box]:
    """Time and box as a hand would mark the tag in the middle frame."""
    rng = np.random.default_rng([7, number])
    middle = len(planted.box_at) // 2
    x1, y1, x2, y2 = planted.box_at[middle]
    grow = planted.letter_px * (0.25 + rng.uniform(-0.08, 0.08, 4))
    return middle / FPS + 0.001, (x1 - grow[0], y1 - grow[1], x2 + grow[2], y2 + grow[3])


def measure(folder: Path, number: int, letter_px: float, grade: Grade) -> Outcome:
    planted = plant(folder, number, letter_px, grade)
    time_s, box = by_hand(planted, number)
    with media.open_clip(planted.path) as clip:
        region = enhance.Region(time_s, box, 0.0, len(planted.box_at) / FPS)
        (fused,) = enhance.enhance(clip, [region], reader=overlays.engine())
        (one,) = enhance.enhance(clip, [region], enhance.EnhanceSettings(singles_read=1), reader=overlays.engine())
    planted.path.unlink()
    record, best = fused.record, one.record.single
    assert record.single is not None and record.fused is not None and best is not None
    return Outcome(
        number,
        grade.name,
        letter_px,
        planted.text,
        best.text,
        best.confidence >= SURE,
        record.single.text,
        record.single.confidence >= SURE,
        record.fused.text,
        record.grade == "strong",
        len(record.frames),
    )


def row(name: str, outcomes: list[Outcome]) -> str:
    """One line of the table: best frame, surest frame and fusion, and how often the fusion reads what they read."""
    answers = [
        [(o, o.best, o.best_sure) for o in outcomes],
        [(o, o.surest, o.surest_sure) for o in outcomes],
        [(o, o.fused, o.fused_sure) for o in outcomes],
    ]
    right = [np.mean([likeness(letters(o.truth), letters(text)) for o, text, _ in answer]) for answer in answers]
    whole = [[is_read(o.truth, text) for o, text, _ in answer] for answer in answers]
    read = [sum(answer) for answer in whole]
    sure = [[sure for _, _, sure in answer] for answer in answers]
    sure_right = [sum(a and b for a, b in zip(*pair, strict=True)) for pair in zip(whole, sure, strict=True)]
    sure_wrong = [sum(b and not a for a, b in zip(*pair, strict=True)) for pair in zip(whole, sure, strict=True)]
    ratios = [read[2] / value if value else float("nan") for value in read[:2]]
    return (
        f"{name:18s}{len(outcomes):5d}  "
        + "".join(f"{value:7.0%}" for value in right)
        + "  "
        + "".join(f"{value:7d}" for value in read)
        + "".join(f"{value:6.1f}" for value in ratios)
        + "  "
        + "".join(f"{value:7d}" for value in sure_right)
        + "  "
        + "".join(f"{value:7d}" for value in sure_wrong)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tags", type=int, default=10, help="tags for each letter height and condition")
    parser.add_argument("--first", type=int, default=1000, help="number of the first clip")
    parser.add_argument("--letters", default="6,8,10,12,14", help="letter heights, pixels")
    parser.add_argument("--grades", default=",".join(grade.name for grade in GRADES))
    parser.add_argument("--json", type=Path, help="outcomes; a run that was cut off goes on from there")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no tag after this long")
    chosen = parser.parse_args()
    outcomes: list[Outcome] = []
    if chosen.json and chosen.json.is_file():
        outcomes = [Outcome(**item) for item in json.loads(chosen.json.read_text("utf-8"))]
    done = {(o.number, o.grade, o.letter_px) for o in outcomes}
    grades = [grade for grade in GRADES if grade.name in chosen.grades.split(",")]
    numbers = range(chosen.first, chosen.first + chosen.tags)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="planted-tags-") as folder:
        for number, grade, letter_px in product(numbers, grades, map(float, chosen.letters.split(","))):
            if (number, grade.name, letter_px) in done or time.monotonic() - began > chosen.seconds:
                continue
            outcomes.append(measure(Path(folder), number, letter_px, grade))
            if chosen.json:
                chosen.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1))
    outcomes.sort(key=lambda o: (o.grade, o.letter_px, o.number))
    three = f"{'best':>7s}{'surest':>7s}{'fused':>7s}"
    print(
        f"{'':18s}{'tags':>5s}  {'letters right':>21s}  {'tags read':>21s}{'ratios':>12s}  "
        f"{'sure and right':>21s}  {'sure and wrong':>21s}"
    )
    print(f"{'':25s}{three}  {three}{'':12s}  {three}  {three}")
    for name in dict.fromkeys(o.grade for o in outcomes):
        for letter_px in dict.fromkeys(o.letter_px for o in outcomes):
            part = [o for o in outcomes if o.grade == name and o.letter_px == letter_px]
            print(row(f"{name} {letter_px:g} px", part))
        print(row(name, [o for o in outcomes if o.grade == name]))
    for letter_px in dict.fromkeys(o.letter_px for o in outcomes):
        print(row(f"all {letter_px:g} px", [o for o in outcomes if o.letter_px == letter_px]))
    print(row("all", outcomes))


if __name__ == "__main__":
    main()
