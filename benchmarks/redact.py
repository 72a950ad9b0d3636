"""Measure covering: the share of heads in real photos, made to move and made bad, that ``vidcheck redact`` covers.

    python benchmarks/redact.py [--photos 12] [--json FILE]

Validation photos with people's boxes (``VIDCHECK_DATA``) move under a window with a hand's shake for 24 frames, are
made worse as named, encoded as H.264, and opened again. The true head is taken from the labelled box: the upper 15% of
its height and the middle 40% of its width, where the box is 1.6 to 4 times as tall as wide (people upright and whole
enough) and at least 40 px tall in the clip. A head is covered where nine tenths of it are. The labels leave out people
(about one in ten; the data's README says so) and some boxes start under the head: figures are of what was labelled, and
no proof for a clip.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck import media, pipeline, redact
from vidcheck.types import Box

U8 = npt.NDArray[np.uint8]
FRAMES, FPS, WINDOW = 24, 24, 0.8
LEAST_PX = 40


@dataclass(frozen=True)
class Condition:
    """How bad the clip is made."""

    name: str
    scale: float = 1.0
    light: float = 1.0
    noise: float = 1.0
    blur_px: float = 0.0
    crf: int = 23


CONDITIONS = (
    Condition("plain"),
    Condition("messenger", scale=0.6, noise=2.0, crf=32),
    Condition("dim", light=0.35, noise=9.0, crf=26),
    Condition("blurred", blur_px=9.0, crf=28),
)


@dataclass
class Tally:
    """What was covered in the clips of one condition."""

    condition: str
    heads: int = 0
    """True heads, counted in every frame."""
    covered: int = 0
    """Of these, covered."""
    people: int = 0
    """Labelled people."""
    always: int = 0
    """Of these, covered in every frame in which their head is in the picture."""
    area: float = 0.0
    """Sum over clips of the share of the picture that is covered."""
    clips: int = 0


def labelled(folder: Path, count: int) -> Iterator[tuple[U8, list[Box]]]:
    """Yield validation photos with at least two upright people, and the people's boxes in pixels."""
    found = 0
    for line in (folder / "val.txt").read_text("utf-8").split():
        name = Path(line).stem
        photo = cv2.imread(str(folder / "images" / f"{name}.jpg"))
        if photo is None:
            continue
        height, width = photo.shape[:2]
        boxes: list[Box] = []
        for row in (folder / "labels" / f"{name}.txt").read_text("utf-8").splitlines():
            _, x, y, w, h = map(float, row.split()[:5])
            boxes.append(((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height))
        upright = [b for b in boxes if 1.6 <= (b[3] - b[1]) / max(b[2] - b[0], 1) <= 4 and b[3] - b[1] >= 70]
        if 2 <= len(upright) <= 15 and b_inside(upright, width, height):
            yield np.asarray(photo, dtype=np.uint8), upright
            found += 1
        if found == count:
            return


def b_inside(boxes: list[Box], width: int, height: int) -> bool:
    """Whether some of the boxes keep clear of the picture's edge, so that their heads are whole."""
    return sum(b[1] > 2 and b[0] > 2 and b[2] < width - 2 for b in boxes) >= 2


def head_of(box: Box) -> Box:
    """The true head in a labelled box: see the module's first lines."""
    width, height = box[2] - box[0], box[3] - box[1]
    return (box[0] + 0.3 * width, box[1], box[2] - 0.3 * width, box[1] + 0.15 * height)


def animate(
    photo: U8, rng: np.random.Generator, condition: Condition
) -> tuple[list[U8], list[tuple[float, float, float]]]:
    """Move a window over the photo; return the frames, and scale and shift from photo to frame of each."""
    height, width = photo.shape[:2]
    size = (int(width * WINDOW * 2 * condition.scale) // 2 * 2, int(height * WINDOW * 2 * condition.scale) // 2 * 2)
    room = np.array([width, height]) * (1 - WINDOW)
    start, end = rng.uniform(0, 1, 2) * room, rng.uniform(0, 1, 2) * room
    frames, maps = [], []
    for n in range(FRAMES):
        x, y = np.clip(start + (end - start) * n / (FRAMES - 1) + rng.normal(0, 1.0, 2), 0, room)
        scale = size[0] / (width * WINDOW)
        onto = np.array([[scale, 0, -scale * x], [0, scale, -scale * y]])
        picture = cv2.warpAffine(photo, onto, size, flags=cv2.INTER_AREA)
        if condition.blur_px:
            picture = cv2.blur(picture, (int(condition.blur_px), 1))
        noisy = picture * condition.light + rng.normal(0, condition.noise, picture.shape)
        frames.append(np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8))
        maps.append((scale, x, y))
    return frames, maps


def measure(photo: U8, people: list[Box], condition: Condition, seed: int, folder: Path, tally: Tally) -> None:
    """Cover one clip and add to the tally."""
    frames, maps = animate(photo, np.random.default_rng(seed), condition)
    path = folder / "clip.mp4"
    media.write_video(path, iter(frames), fps=FPS, crf=condition.crf)
    analysis = pipeline.analyze(path, pipeline.Settings(only=("shots",)))
    with media.open_clip(path) as clip:
        refs, detections, looked = redact.look(clip, redact.RedactSettings(), lambda step, share: None)
    covers, _, _ = redact.plan_covers(refs, detections, looked, analysis, redact.RedactSettings())
    height, width = frames[0].shape[:2]
    missed: set[int] = set()
    seen: set[int] = set()
    share = 0.0
    for ref, (scale, x, y) in zip(refs, maps, strict=True):
        mask = np.zeros((height, width), dtype=bool)
        for cover in covers[ref.index]:
            x1, y1, x2, y2 = (round(v) for v in cover.box_xyxy_px)
            mask[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = True
        share += float(mask.mean()) / len(refs)
        for number, person in enumerate(people):
            head = tuple(scale * (v - (x, y)[k % 2]) for k, v in enumerate(head_of(person)))
            whole = head[0] >= 0 and head[1] >= 0 and head[2] <= width and head[3] <= height
            if not whole or scale * (person[3] - person[1]) < LEAST_PX:
                continue
            part = mask[int(head[1]) : int(head[3]) + 1, int(head[0]) : int(head[2]) + 1]
            seen.add(number)
            tally.heads += 1
            if part.mean() >= 0.9:
                tally.covered += 1
            else:
                missed.add(number)
    tally.people += len(seen)
    tally.always += len(seen - missed)
    tally.area += share
    tally.clips += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    data = os.environ.get("VIDCHECK_DATA")
    if data is None:
        sys.exit("VIDCHECK_DATA is not set: there are no photos with labelled people.")
    tallies = [Tally(condition.name) for condition in CONDITIONS]
    with tempfile.TemporaryDirectory(prefix="redact-") as folder:
        for seed, (photo, people) in enumerate(labelled(Path(data) / "det", chosen.photos)):
            for condition, tally in zip(CONDITIONS, tallies, strict=True):
                measure(photo, people, condition, seed, Path(folder), tally)
    print(
        f"{'':12s}{'clips':>6s}{'heads':>8s}{'covered':>9s}{'people':>8s}{'always covered':>16s}{'area covered':>14s}"
    )
    for t in tallies:
        print(
            f"{t.condition:12s}{t.clips:6d}{t.heads:8d}{t.covered / max(t.heads, 1):9.1%}{t.people:8d}"
            f"{t.always / max(t.people, 1):16.1%}{t.area / max(t.clips, 1):14.1%}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(t) for t in tallies], indent=1))


if __name__ == "__main__":
    main()
