"""Measure person detectors side by side on the validation photos: accuracy, thresholds, time per photo.

    python benchmarks/detection.py --model coco=FOLDER@640 --model own=models/person_openvino_model@512

The photos are `det/val.txt` under `--data` or `$VIDCHECK_DATA`. Those with COCO's own boxes (`gt`) and those
with boxes from teacher models (`teacher`) are scored apart. A person counts when it is at least 64 px tall
with the photo's long side at 640 px; smaller ones are neither hits nor misses, as in COCO's size ranges. The
photos carry no scene labels, so the breakdown is by number of people and by brightness. The ratios refer to
the first model.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

MIN_HEIGHT_PX = 64
LONG_SIDE_PX = 640
MATCH_IOU = 0.5
PERSON_CLASS = 0
DARK_BELOW, BRIGHT_FROM = 85, 140
"""Mean grey level (0..255) that parts dark from medium and medium from bright photos."""

GROUPS = (
    "all",
    "gt",
    "teacher",
    "no people",
    "1-2 people",
    "3-9 people",
    "10+ people",
    "dark",
    "medium light",
    "bright",
)

HIT, FALSE_ALARM, IGNORED = 1, 0, -1
KINDS_OF_TIME = ("the clock", "processor time")


@dataclass(frozen=True)
class Photo:
    """One validation photo; boxes (n, 4) are x1, y1, x2, y2 in pixels, with a long side of 640 px."""

    name: str
    image: np.ndarray
    boxes: np.ndarray
    truth: str

    @property
    def scale(self) -> float:
        """Factor from the photo's own pixels to a long side of 640 px."""
        return float(LONG_SIDE_PX / max(self.image.shape[:2]))

    @property
    def groups(self) -> list[str]:
        """Names of the groups the photo is counted in, out of `GROUPS`."""
        people, grey = len(self.boxes), float(self.image.mean())
        crowds = {0: "no people", 1: "1-2 people", 3: "3-9 people", 10: "10+ people"}
        crowd = crowds[max(least for least in crowds if people >= least)]
        light = "dark" if grey < DARK_BELOW else "medium light" if grey < BRIGHT_FROM else "bright"
        return [self.truth, crowd, light]


@dataclass(frozen=True)
class Detections:
    """What one model says about one photo, in the photo's 640 px coordinates; scores are 0..1."""

    boxes: np.ndarray
    scores: np.ndarray


def iou_matrix(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `first` (n, 4) with every box of `second` (m, 4)."""
    left_top = np.maximum(first[:, None, :2], second[None, :, :2])
    right_bottom = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = (right_bottom - left_top).clip(0).prod(2)
    areas = [(b[:, 2:] - b[:, :2]).clip(0).prod(1) for b in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - common
    return np.asarray(common / np.maximum(union, 1e-9))


def match(
    found: Detections, truth: np.ndarray, min_height: float = MIN_HEIGHT_PX, min_iou: float = MATCH_IOU
) -> np.ndarray:
    """Judge each detection of one photo: HIT, FALSE_ALARM or IGNORED, in the order of `found`.

    As COCO does it: detections in falling order of score; each takes the free true box it overlaps most (at
    least `min_iou`), a counted one if it can, else one too small to count, which makes it IGNORED. Without a
    true box it is a FALSE_ALARM, unless it is itself lower than `min_height` (pixels): then it is IGNORED.
    """
    outcome = np.full(len(found.scores), FALSE_ALARM)
    counted = truth[:, 3] - truth[:, 1] >= min_height
    overlap = iou_matrix(found.boxes, truth)
    free = np.ones(len(truth), bool)
    for index in np.argsort(-found.scores, kind="stable"):
        for wanted, verdict in ((counted, HIT), (~counted, IGNORED)):
            candidates = np.where(free & wanted, overlap[index], 0)
            if len(candidates) and candidates.max() >= min_iou:
                free[candidates.argmax()] = False
                outcome[index] = verdict
                break
        else:
            if found.boxes[index, 3] - found.boxes[index, 1] < min_height:
                outcome[index] = IGNORED
    return outcome


@dataclass(frozen=True)
class Curve:
    """Precision and recall after each detection that counts, in falling order of score."""

    scores: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall at each point."""
        return np.asarray(2 * self.precision * self.recall / np.maximum(self.precision + self.recall, 1e-9))

    def recall_at(self, precision: float) -> float:
        """Highest recall with at least this precision."""
        good = self.precision >= precision
        return float(self.recall[good].max()) if good.any() else 0.0

    def best(self) -> int:
        """Index of the point with the highest F1."""
        return int(self.f1.argmax())

    def at_threshold(self, threshold: float) -> tuple[float, float]:
        """Precision and recall when detections below `threshold` are dropped."""
        kept = int((self.scores >= threshold).sum())
        return (float(self.precision[kept - 1]), float(self.recall[kept - 1])) if kept else (1.0, 0.0)


def precision_recall(scores: np.ndarray, outcomes: np.ndarray, positives: int) -> Curve:
    """The curve over pooled detections of many photos; `positives` is the number of true boxes that count."""
    counts = outcomes != IGNORED
    scores, outcomes = scores[counts], outcomes[counts]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(outcomes[order] == HIT)
    return Curve(scores[order], hits / np.arange(1, len(order) + 1), hits / max(positives, 1))


def average_precision(scores: np.ndarray, outcomes: np.ndarray, positives: int) -> float:
    """COCO's average precision at one IoU: the falling precision, averaged at the recalls 0, 0.01 ... 1.

    `scores` (0..1) and `outcomes` (HIT, FALSE_ALARM, IGNORED) belong to pooled detections, in any order. The
    precision at a recall is the highest reached there or at a higher one; recalls never reached count as 0.
    Without true boxes the figure does not exist (NaN).
    """
    if positives == 0:
        return float("nan")
    curve = precision_recall(scores, outcomes, positives)
    envelope = np.maximum.accumulate(curve.precision[::-1])[::-1]
    # The margin keeps 0.3 from being missed by a recall that came out as 0.29999999999999999.
    index = np.searchsorted(curve.recall, np.linspace(0, 1, 101) - 1e-9, side="left")
    return float(np.where(index < len(envelope), np.append(envelope, 0.0)[np.minimum(index, len(envelope))], 0).mean())


def read_photos(data: Path) -> list[Photo]:
    """Read the validation photos with their boxes and the kind of truth they carry."""
    import cv2

    det = data / "det"
    with (det / "index.tsv").open(encoding="utf-8") as lines:
        header = next(lines).rstrip("\n").split("\t")
        number, kind = header.index("id"), header.index("labels")
        truth = {row[number]: row[kind] for row in (line.rstrip("\n").split("\t") for line in lines)}
    photos = []
    for line in (det / "val.txt").read_text().split():
        path = det / line
        image = cv2.imread(str(path))
        rows = (det / "labels" / f"{path.stem}.txt").read_text().split("\n")
        values = np.array([[float(v) for v in row.split()[1:5]] for row in rows if row.strip()]).reshape(-1, 4)
        if image is None:
            raise OSError(f"{path} cannot be read")
        height, width = image.shape[:2]
        size = np.array([width, height], float) * LONG_SIDE_PX / max(height, width)
        corners = np.concatenate([values[:, :2] - values[:, 2:] / 2, values[:, :2] + values[:, 2:] / 2], 1)
        photos.append(Photo(path.stem, image, corners * np.tile(size, 2), truth[path.stem]))
    return photos


Detector = Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]
"""Takes a BGR image and the lowest score to return, gives boxes (n, 4) in its pixels and scores (n,)."""


def load_detector(folder: str, size: int, nms_iou: float) -> Detector:
    """An ultralytics model as a function; `size` is the long side in pixels it sees.

    Of two boxes that overlap by more than `nms_iou` (IoU, 0..1) only the one with the higher score is kept.
    """
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    from ultralytics import YOLO

    model = YOLO(folder, task="detect")

    def detect(image: np.ndarray, lowest: float) -> tuple[np.ndarray, np.ndarray]:
        boxes = model.predict(
            image,
            imgsz=size,
            conf=lowest,
            iou=nms_iou,
            max_det=300,
            classes=[PERSON_CLASS],
            device="cpu",
            verbose=False,
        )[0].boxes
        return boxes.xyxy.numpy().astype(float), boxes.conf.numpy().astype(float)

    return detect


def degraded(photo: Photo, seed: int) -> Photo:
    """The photo as a poor video shows it: block compression always, low light and motion blur often."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
    import person_augment

    rng, image = np.random.default_rng(seed), photo.image
    if rng.random() < 0.5:
        image = person_augment.low_light(image, rng)
    if rng.random() < 0.4:
        image = person_augment.motion_blur(image, rng)
    return replace(photo, image=np.ascontiguousarray(person_augment.video_compression(image, rng)))


def summarise(photos: Sequence[Photo], found: Sequence[Detections], members: Sequence[int]) -> dict[str, Any]:
    """Figures of one model on the photos with the indices `members`."""
    outcomes = [match(found[i], photos[i].boxes) for i in members]
    positives = sum(int((photos[i].boxes[:, 3] - photos[i].boxes[:, 1] >= MIN_HEIGHT_PX).sum()) for i in members)
    scores = np.concatenate([found[i].scores for i in members] + [np.zeros(0)])
    judged = np.concatenate([*outcomes, np.zeros(0, int)])
    curve = precision_recall(scores, judged, positives)
    figures: dict[str, Any] = {
        "photos": len(members),
        "people": positives,
        "ap50": average_precision(scores, judged, positives),
    }
    if not len(curve.scores):
        return figures
    best = curve.best()
    half = curve.scores[curve.precision >= 0.5]
    figures |= {
        "recall_at_precision_0.85": curve.recall_at(0.85),
        "best_f1": {
            "f1": float(curve.f1[best]),
            "threshold": float(curve.scores[best]),
            "precision": float(curve.precision[best]),
            "recall": float(curve.recall[best]),
        },
        "threshold_at_precision_0.5": float(half.min()) if len(half) else 1.0,
        "curve": [
            dict(zip(("threshold", "precision", "recall"), (round(t, 2), *curve.at_threshold(t)), strict=True))
            for t in np.arange(0.05, 1.0, 0.05).tolist()
        ],
        "_curve": curve,
    }
    return figures


def time_models(
    detectors: dict[str, Detector], pictures: Sequence[np.ndarray], lowest: float
) -> dict[str, tuple[float, float]]:
    """Median milliseconds per picture at batch 1, by the clock and of processor time over all threads.

    Preparation and suppression are included. The models take turns, so that other work on the machine hits
    all of them; where there is much of it, processor time is the better measure.
    """
    for detect in detectors.values():  # shapes seen for the first time cost a compilation
        for picture in pictures:
            detect(picture, lowest)
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in detectors}
    for picture in pictures:
        for name, detect in detectors.items():
            clock, processor = time.perf_counter(), time.process_time()
            detect(picture, lowest)
            spent[name].append((time.perf_counter() - clock, time.process_time() - processor))
    return {
        name: (1000 * statistics.median(t[0] for t in times), 1000 * statistics.median(t[1] for t in times))
        for name, times in spent.items()
    }


def first_frames(clip: Path, count: int) -> list[np.ndarray]:
    """The first `count` frames of a clip, BGR."""
    from vidcheck import media

    with media.open_clip(clip) as opened:
        return [frame.bgr for frame, _ in zip(opened.frames(), range(count), strict=False)]


def run(
    models: dict[str, tuple[str, int]],
    photos: Sequence[Photo],
    timed_photos: int,
    nms_iou: float,
    timed_frames: Sequence[np.ndarray] = (),
) -> dict[str, Any]:
    """Detect on all photos with every model and gather the figures."""
    detectors = {name: load_detector(path, size, nms_iou) for name, (path, size) in models.items()}
    groups: dict[str, list[int]] = {name: [] for name in GROUPS}
    groups["all"] = list(range(len(photos)))
    for index, photo in enumerate(photos):
        for group in photo.groups:
            groups[group].append(index)
    timed = [p.image for p in photos[:: max(1, len(photos) // timed_photos)]] if timed_photos else []
    times = {
        what: time_models(detectors, pictures, 0.1)
        for what, pictures in (("photo", timed), ("frame", timed_frames))
        if len(pictures)
    }
    report: dict[str, Any] = {}
    for name, detect in detectors.items():
        found = []
        for photo in photos:
            boxes, scores = detect(photo.image, 0.001)
            found.append(Detections(boxes * photo.scale, scores))
        report[name] = {
            "size": models[name][1],
            "nms_iou": nms_iou,
            "ms": {f"{kind}_{what}": of[name][i] for what, of in times.items() for i, kind in enumerate(KINDS_OF_TIME)},
            "groups": {g: summarise(photos, found, members) for g, members in groups.items()},
        }
    compare(report)
    return report


def compare(report: dict[str, Any]) -> None:
    """Add to each model its recall at the first model's precision, and its ratios to the first model."""
    reference = next(iter(report.values()))
    for model in report.values():
        for group, figures in model["groups"].items():
            theirs = reference["groups"][group]
            if "_curve" in figures and "best_f1" in theirs:
                figures["reference_precision"] = theirs["best_f1"]["precision"]
                figures["recall_at_reference_precision"] = figures["_curve"].recall_at(theirs["best_f1"]["precision"])
                figures["ap50_ratio"] = figures["ap50"] / theirs["ap50"] if theirs["ap50"] else float("nan")
        model["ms_ratio"] = {key: ms / reference["ms"][key] for key, ms in model["ms"].items()}
    for model in report.values():
        for figures in model["groups"].values():
            figures.pop("_curve", None)


def show(report: dict[str, Any]) -> None:
    """Print the report as tables."""
    width = max(len(name) for name in report) + 2
    titles = ("AP50", "ratio", "R@P.85", "R@refP", "bestF1")
    print(f"{'group':14}{'model':{width}}{'photos':>7}{'people':>7}" + "".join(f"{t:>8}" for t in titles))
    for group in GROUPS:
        for name, model in report.items():
            f = model["groups"][group]
            keys = ("ap50", "ap50_ratio", "recall_at_precision_0.85", "recall_at_reference_precision")
            cells = [*(f.get(k) for k in keys), f.get("best_f1", {}).get("f1")]
            texts = ["-" if not f["people"] or c is None else f"{c:.3f}" for c in cells]
            print(f"{group:14}{name:{width}}{f['photos']:7}{f['people']:7}" + "".join(f"{t:>8}" for t in texts))
    for name, model in report.items():
        best = model["groups"]["all"].get("best_f1")
        print(f"\n{name} at {model['size']} px", end="")
        for key, ms in model["ms"].items():
            print(f"; {ms:.1f} ms by {key.replace('_', ', a ')} (ratio {model['ms_ratio'][key]:.2f})", end="")
        print()
        if best:
            half = model["groups"]["all"]["threshold_at_precision_0.5"]
            print(f"  best F1 {best['f1']:.3f} at confidence {best['threshold']:.3f}; ", end="")
            print(f"precision falls to 0.5 at confidence {half:.3f}\n  confidence  precision  recall")
            for point in model["groups"]["all"]["curve"][:16]:
                print("  {threshold:10.2f}  {precision:9.3f}  {recall:6.3f}".format(**point))


def parse_model(text: str) -> tuple[str, tuple[str, int]]:
    """`NAME=PATH[@SIZE]` -> (name, (path, size in pixels)); the size is 640 where it is not given."""
    name, equals, rest = text.partition("=")
    path, _, size = rest.rpartition("@") if rest.rpartition("@")[2].isdigit() else (rest, "", "640")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH[@SIZE]")
    return name, (path, int(size))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model",
        type=parse_model,
        action="append",
        required=True,
        metavar="NAME=PATH[@SIZE]",
        help="a model folder and its picture size in pixels; repeat to compare",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("VIDCHECK_DATA"),
        help="folder that holds det/ (default: $VIDCHECK_DATA)",
    )
    parser.add_argument("--timed-photos", type=int, default=60, help="photos used for timing; 0 for none")
    parser.add_argument(
        "--timed-clip",
        type=Path,
        metavar="FILE",
        help="time on 60 frames of this clip too: frames have one shape, as the step meets them",
    )
    parser.add_argument("--nms-iou", type=float, default=0.6, help="overlap above which the lower box is dropped, 0..1")
    parser.add_argument("--degraded", action="store_true", help="make the photos look like poor video first")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and curves here")
    args = parser.parse_args(argv)
    if args.data is None or not (Path(args.data) / "det" / "val.txt").exists():
        sys.exit("detection: no validation photos; pass --data or set VIDCHECK_DATA to the folder that holds det/")
    photos = read_photos(Path(args.data))
    if args.degraded:
        photos = [degraded(photo, seed) for seed, photo in enumerate(photos)]
    frames = first_frames(args.timed_clip, 60) if args.timed_clip else []
    report = run(dict(args.model), photos, args.timed_photos, args.nms_iou, frames)
    show(report)
    if args.json:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
