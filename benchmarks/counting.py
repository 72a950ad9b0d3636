"""Measure the counting of people: bounds and identities, beside plain ultralytics tracking on the same boxes.

    python benchmarks/counting.py [--work FOLDER] [--model NAME] [--oracle] [--half held] [--json FILE]

Clips are made by `counting_clips.py` (what counts as a person is said there). The detector runs once over each clip
and its raw boxes are kept under `--work`, so that joining can be measured again in seconds. *Plain* is what
`YOLO.track` does with the same network: every box over 0.1 after suppression at 0.7, its own `bytetrack.yaml` or
`botsort.yaml`, and the count of different ids. `--oracle` replaces the detector by the labelled boxes with
noise, so that what is left is the error of tracking and joining.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).parent))

import counting_clips
from counting_clips import Spec, Truth

from vidcheck import media, people, person_detectors, shots
from vidcheck.boxes import iou
from vidcheck.media import U8
from vidcheck.steps import STEPS, Found, Settings
from vidcheck.types import Detection, FrameRef, Person, Shot, Track

F32 = npt.NDArray[np.float32]
PLAIN = ("bytetrack", "botsort")
TRAPS = ("mirror", "inset", "poster")
Ids = dict[int, list[tuple[str, tuple[float, float, float, float]]]]
"""Frame index to (identity, box)."""


@dataclass
class Prepared:
    """What does not change while joining is tuned."""

    path: Path
    truth: Truth
    shots: tuple[Shot, ...]
    sightings: people.Sightings
    raw: list[tuple[F32, F32]] = field(default_factory=list)
    """Boxes and scores of every frame, as plain tracking gets them."""


class RecordingDetector(people.PersonDetector):
    """The product's detector, which also keeps what the network said before the product's own suppression."""

    def __init__(self, model: str) -> None:
        super().__init__(people.DetectSettings(model=model))
        self.nms_iou = 0.7  # plain tracking's own; without_doubles() suppresses at 0.6 after it
        self.raw: list[tuple[F32, F32]] = []
        self._is_new = False
        self._latest: tuple[F32, F32] = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def process_frame(self, frame: media.Frame) -> None:
        """Look at the frame, and keep what the network said of it."""
        self._is_new = False
        super().process_frame(frame)
        self._collect(0)
        if not self._is_new:  # plain tracking looks at every frame
            self._look(frame)
        self.raw.append(self._latest)

    def _predict(self, picture: U8, size_px: tuple[int, int] | None = None) -> tuple[F32, F32]:
        self._latest = super()._predict(picture, size_px)
        self._is_new = True
        return self._latest


def prepare(spec: Spec, data: Path, work: Path, model: str) -> Prepared:
    """Render the clip and run the detector, or take both from an earlier run."""
    resolved = person_detectors.choose(model)
    kept = work / f"{spec.name}.{resolved.sha256[:8]}.pickle"
    path = work / f"{spec.name}.mp4"
    if kept.exists() and path.exists():
        return Prepared(path, *pickle.loads(kept.read_bytes()))
    truth = counting_clips.write(spec, data, path)
    finder, detector = shots.ShotFinder(), RecordingDetector(model)
    with media.open_clip(path) as clip:
        for frame in clip.frames():
            finder.process_frame(frame)
            detector.process_frame(frame)
        source = clip.source
        end_pts = source.start_pts + round(source.duration_s / Fraction(source.time_base))
        found = finder.finish(source.duration_s, end_pts)
    ready = Prepared(path, truth, found.value, detector.finish().value, detector.raw)
    kept.write_bytes(pickle.dumps((ready.truth, ready.shots, ready.sightings, ready.raw)))
    return ready


class _Boxes:
    """The view of boxes that ultralytics' trackers take: numpy arrays that can be indexed together."""

    def __init__(self, xyxy: F32, conf: F32) -> None:
        self.xyxy, self.conf = xyxy, conf
        self.cls = np.zeros(len(conf), dtype=np.float32)

    @property
    def xywh(self) -> F32:
        size = self.xyxy[:, 2:] - self.xyxy[:, :2]
        return np.concatenate((self.xyxy[:, :2] + size / 2, size), axis=1)

    def __len__(self) -> int:
        return len(self.conf)

    def __getitem__(self, index: Any) -> _Boxes:
        return _Boxes(self.xyxy[index], self.conf[index])


def plain_tracking(path: Path, raw: Sequence[tuple[F32, F32]], name: str) -> Ids:
    """What ultralytics' `track` mode gives for these boxes with its own settings file; no cut is known to it."""
    person_detectors.prepare_ultralytics()
    from ultralytics.trackers import BOTSORT, BYTETracker
    from ultralytics.utils import YAML
    from ultralytics.utils.checks import check_yaml

    settings = SimpleNamespace(**YAML.load(check_yaml(f"{name}.yaml")))
    tracker = {"bytetrack": BYTETracker, "botsort": BOTSORT}[name](settings)
    found: Ids = {}
    with media.open_clip(path) as clip:
        for frame, (boxes, scores) in zip(clip.frames(), raw, strict=True):
            picture = frame.bgr if name == "botsort" else None  # it follows the camera in the picture
            rows = tracker.update(_Boxes(boxes, scores), picture) if len(boxes) else np.zeros((0, 8))
            found[frame.ref.index] = [(str(int(row[4])), tuple(row[:4].tolist())) for row in rows]
    return found


def plain_kept(ready: Prepared, name: str, kept: Path | None) -> Ids:
    """The same, from an earlier run where there is one."""
    if kept is not None and kept.exists():
        done: Ids = pickle.loads(kept.read_bytes())
        return done
    found = plain_tracking(ready.path, ready.raw, name)
    if kept is not None:
        kept.write_bytes(pickle.dumps(found))
    return found


def oracle(ready: Prepared) -> Prepared:
    """The same clip with the labelled boxes as detections: jitter of 2 % of the size, one box in 25 missing."""
    rng = np.random.default_rng(0)
    detections: list[Detection] = []
    raw: list[tuple[F32, F32]] = []
    frames = all_frames(ready.path)
    for ref, seen in zip(frames, ready.truth.frames, strict=True):
        boxes = []
        for s in seen:
            if not s.counts or rng.random() < 0.04:
                continue
            size = np.array([s.box[2] - s.box[0], s.box[3] - s.box[1]] * 2)
            boxes.append(np.array(s.box) + rng.normal(0, 0.02, 4) * size)
            detections.append(Detection(ref, tuple(round(float(v), 1) for v in boxes[-1]), "person", 0.8))  # type: ignore[arg-type]
        raw.append((np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.8, np.float32)))
    sightings = people.Sightings(tuple(detections), tuple(frames), ready.sightings.confidence)
    return replace(ready, sightings=sightings, raw=raw)


def all_frames(path: Path) -> list[FrameRef]:
    with media.open_clip(path) as clip:
        return [frame.ref for frame in clip.frames()]


def shown_at_once(truth: Truth) -> int:
    """Most labelled people of whom any part is in one frame: somebody cut by the edge is a person all the same."""
    return max((len(frame) for frame in truth.frames), default=0) if truth.at_once is None else truth.at_once


@dataclass
class Outcome:
    """One clip, counted."""

    name: str
    kind: str
    half: str
    people: int
    most: int
    shown: int
    minimum: int
    best: int
    maximum: int
    plain: dict[str, int]
    identity: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By method: boxes with the right identity, boxes found, boxes labelled."""
    planted: int = 0
    planted_marked: int = 0
    real: int = 0
    real_marked: int = 0

    def error(self, method: str) -> int:
        """How many people a method is off."""
        return abs((self.best if method == "vidcheck" else self.plain[method]) - self.people)


def count(ready: Prepared, spec: Spec, settings: Settings, keep: Path | None = None) -> Outcome:
    """Run the product from the boxes on, and plain tracking beside it."""
    with media.open_clip(ready.path) as clip:
        found = Found(clip, settings, clip.source)
        found.values |= {"shots": ready.shots, "people": ready.sightings}
        for step in STEPS:
            if step.name in ("camera", "tracks", "persons", "traps", "counts"):
                assert step.run is not None
                found.values[step.name] = step.run(found).value
    counted = found["counts"].people
    ids: Ids = defaultdict(list)
    for person in found["persons"]:
        for track in found["tracks"]:
            if track.id in person.tracks:
                for position in track.detections:
                    detection = ready.sightings.detections[position]
                    ids[detection.frame.index].append((person.id, detection.box_xyxy_px))
    marked = {trap.track for trap in found["traps"]}
    plain = {name: plain_kept(ready, name, keep and keep.with_name(f"{keep.name}.{name}.pickle")) for name in PLAIN}
    outcome = Outcome(
        spec.name,
        spec.kind,
        spec.half,
        ready.truth.people(),
        ready.truth.most(),
        shown_at_once(ready.truth),
        counted.minimum,
        counted.best,
        counted.maximum,
        {name: len({i for frame in ids_.values() for i, _ in frame}) for name, ids_ in plain.items()},
    )
    outcome.planted = len(ready.truth.planted & {s.who for f in ready.truth.frames for s in f if s.counts})
    for person in found["persons"]:
        is_marked = bool(marked & set(person.tracks))
        if ready.truth.planted and is_planted(person, found["tracks"], ready):
            outcome.planted_marked += is_marked
        elif spec.kind != "mirror":
            outcome.real += 1
            outcome.real_marked += is_marked
    if spec.kind == "mirror":
        outcome.planted_marked = len({trap.track for trap in found["traps"] if trap.kind == "mirror"})
    if ready.truth.frames and not ready.truth.planted:
        looked = [ref.index for ref in ready.sightings.frames]
        for name, given in (("vidcheck", ids), *plain.items()):
            outcome.identity[name] = identities(ready.truth, given, looked)
    return outcome


def is_planted(person: Person, tracks: Sequence[Track], ready: Prepared) -> bool:
    """Whether most boxes of a person lie on somebody planted."""
    on = total = 0
    for track in tracks:
        for position in track.detections if track.id in person.tracks else ():
            detection = ready.sightings.detections[position]
            seen = ready.truth.frames[detection.frame.index]
            best = max(seen, key=lambda s: iou(s.box, detection.box_xyxy_px), default=None)
            total += 1
            on += best is not None and iou(best.box, detection.box_xyxy_px) >= 0.4 and best.who in ready.truth.planted
    return 2 * on > total


def identities(truth: Truth, given: Ids, looked: Iterable[int]) -> tuple[int, int, int]:
    """Right, found and labelled boxes under the best one-to-one match of identities (IDF1: Ristani et al., 2016)."""
    right: dict[tuple[str, str], int] = defaultdict(int)
    labelled = found = 0
    for index in looked:
        seen, boxes = truth.frames[index], given.get(index, [])
        overlap = np.array([[iou(s.box, box) for _, box in boxes] for s in seen]).reshape(len(seen), len(boxes))
        rows, columns = linear_sum_assignment(-overlap)
        pairs = {int(c): seen[r] for r, c in zip(rows, columns, strict=True) if overlap[r, c] >= 0.5}
        labelled += sum(bool(s.counts) for s in seen)
        for column, (who, _) in enumerate(boxes):
            matched = pairs.get(column)
            if matched is not None and not matched.counts:
                continue  # too small, or cut by the edge: neither asked for nor wrong
            found += 1
            if matched is not None:
                right[who, matched.who] += 1
    machine, labels = sorted({k[0] for k in right}), sorted({k[1] for k in right})
    table = np.array([[right.get((m, t), 0) for t in labels] for m in machine]).reshape(len(machine), len(labels))
    rows, columns = linear_sum_assignment(-table)
    return int(table[rows, columns].sum()), found, labelled


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Figures over some clips, for vidcheck and for plain tracking."""
    report: dict[str, Any] = {"clips": len(outcomes)}
    for method in ("vidcheck", *PLAIN):
        errors = np.array([o.error(method) for o in outcomes])
        right, found, labelled = np.sum([o.identity[method] for o in outcomes if o.identity] or [(0, 0, 0)], axis=0)
        report[method] = {
            "mean_absolute_error": float(errors.mean()),
            "exact": float((errors == 0).mean()),
            "within_one": float((errors <= 1).mean()),
            "idf1": float(2 * right / (found + labelled)) if found + labelled else None,
        }
    inside = [o.minimum <= o.shown and o.people <= o.maximum for o in outcomes]
    report["bounds_hold"] = float(np.mean(inside))
    report["minimum_holds"] = float(np.mean([o.minimum <= o.shown for o in outcomes]))
    report["maximum_holds"] = float(np.mean([o.people <= o.maximum for o in outcomes]))
    report["width"] = float(np.mean([o.maximum - o.minimum for o in outcomes]))
    report["true_width"] = float(np.mean([o.people - o.most for o in outcomes]))
    for method in PLAIN:
        theirs = report[method]["mean_absolute_error"]
        report[method]["error_ratio"] = report["vidcheck"]["mean_absolute_error"] / theirs if theirs else None
    return report


def show(outcomes: Sequence[Outcome], *, clips: bool) -> None:
    """Print one row a clip where asked, then the figures of each group."""
    if clips:
        print(f"{'clip':48} truth  min best max | " + " ".join(PLAIN))
        for o in outcomes:
            bad = "" if o.minimum <= o.shown and o.people <= o.maximum else "  outside"
            plain = " ".join(f"{o.plain[name]:9}" for name in PLAIN)
            print(f"{o.name:48} {o.most:2}/{o.people:2}  {o.minimum:3} {o.best:4} {o.maximum:3} | {plain}{bad}")
    groups: dict[str, list[Outcome]] = {}
    for o in outcomes:
        if o.kind not in TRAPS:
            groups.setdefault(f"{o.half}: all", []).append(o)
            groups.setdefault("both: all", []).append(o)
            groups.setdefault(f"{o.half}: {o.kind}", []).append(o)
    print(f"\n{'group':16}{'clips':>6} {'method':10}{'MAE':>6}{'exact':>7}{'in 1':>7}{'IDF1':>7}{'ratio':>7}", end="")
    print(f"{'bounds':>8}{'width':>7}{'true':>6}")
    for name, members in sorted(groups.items(), key=lambda g: (g[0].split()[1] != "all", g[0])):
        figures = summarise(members)
        for method in ("vidcheck", *PLAIN):
            f = figures[method]
            cells = f"{f['mean_absolute_error']:6.2f}{f['exact']:7.2f}{f['within_one']:7.2f}"
            cells += f"{f['idf1']:7.3f}" if f["idf1"] is not None else f"{'-':>7}"
            ratio = f.get("error_ratio")
            cells += f"{ratio:7.2f}" if ratio is not None else f"{'-':>7}"
            if method == "vidcheck":
                cells += f"{figures['bounds_hold']:8.2f}{figures['width']:7.1f}{figures['true_width']:6.1f}"
            print(f"{name:16}{len(members):6} {method:10}{cells}")


def show_traps(outcomes: Sequence[Outcome]) -> None:
    """Print how many planted figures were marked, and how many real people wrongly."""
    for half in ("tune", "held"):
        for kind in TRAPS:
            members = [o for o in outcomes if o.kind == kind and o.half == half]
            if members:
                marked, planted = sum(o.planted_marked for o in members), sum(o.planted for o in members)
                print(f"{half}: {kind}: {marked} marked of {planted} planted")
        others = [o for o in outcomes if o.half == half]
        if others:
            print(f"{half}: {sum(o.real_marked for o in others)} of {sum(o.real for o in others)} real figures marked")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("VIDCHECK_DATA"), help="default: $VIDCHECK_DATA")
    parser.add_argument("--work", type=Path, help="folder for clips and boxes; default: a temporary one")
    parser.add_argument("--model", default="person", help="detector: a name in the registry, or a path")
    parser.add_argument("--oracle", action="store_true", help="labelled boxes with noise instead of the detector's")
    parser.add_argument("--half", choices=("tune", "held"), help="only this half")
    parser.add_argument("--only", default="", help="only clips whose name contains this")
    parser.add_argument("--clips", action="store_true", help="print every clip")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all outcomes here")
    args = parser.parse_args(argv)
    if args.data is None or not (Path(args.data) / "det" / "val.txt").exists():
        sys.exit("counting: no photos; pass --data or set VIDCHECK_DATA to the folder that holds det/")
    with tempfile.TemporaryDirectory(prefix="vidcheck-counting-") as temporary:
        work = args.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        outcomes = []
        for spec in counting_clips.specs():
            if (args.half and spec.half != args.half) or args.only not in spec.name:
                continue
            ready = prepare(spec, Path(args.data), work, args.model)
            if args.oracle:
                if not ready.truth.frames or ready.truth.planted:
                    continue
                ready = oracle(ready)
            keep = work / f"{spec.name}.{'oracle' if args.oracle else person_detectors.choose(args.model).sha256[:8]}"
            outcomes.append(count(ready, spec, Settings(), keep))
    show(outcomes, clips=args.clips)
    show_traps(outcomes)
    if args.json:
        args.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
