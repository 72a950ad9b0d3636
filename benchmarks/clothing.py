"""How well clothing is told apart, on crops whose source was never trained on.

    VIDCHECK_DATA=DATA python benchmarks/clothing.py --work WORK [--json FILE]

WORK is the folder of ``models/train_clothing.py``, which leaves there, for every labelled crop, the answer
of a network that saw neither the crop nor anything else of its source (``held_out.npz``); where the file is
missing the recipe is run. Temperatures are fitted anew for each fold without that fold. Conditions: clean;
a 240-line repost; real H.264 at 300 kbit/s; a dim room. Crops are judged one by one; in a clip several
views of a person are averaged.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.clothing import ClothingSettings, floor_of
from vidcheck.clothing_model import CLASSES

Array = npt.NDArray[Any]
KORPRI = CLASSES.index("korpri_batik")
BATIK = CLASSES.index("batik_other")
SHORT = ("korpri", "khaki", "white", "batik", "other", "civil")


def softmax(logits: Array) -> Array:
    """Row-wise softmax."""
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def best_temperature(logits: Array, y: Array) -> float:
    """Return the temperature with the least negative log likelihood."""
    rows = np.arange(len(y))
    grid = np.exp(np.linspace(np.log(0.4), np.log(4), 60))
    return float(min(grid, key=lambda t: -np.log(softmax(logits / t)[rows, y] + 1e-12).mean()))


def calibrated(logits: dict[str, Array], y: Array, fold: Array) -> dict[str, Array]:
    """Return probabilities per condition; the temperature of a fold is fitted on the others."""
    out = {name: np.zeros_like(z) for name, z in logits.items()}
    for k in np.unique(fold):
        rest = fold != k
        t = best_temperature(np.concatenate([z[rest] for z in logits.values()]), np.tile(y[rest], len(logits)))
        for name, z in logits.items():
            out[name][~rest] = softmax(z[~rest] / t)
    return out


def confusion(y: Array, guess: Array) -> Array:
    """Return counts, truth in rows, answers in columns; the last column counts ``unclear`` (-1)."""
    table = np.zeros((len(CLASSES), len(CLASSES) + 1), int)
    np.add.at(table, (y, guess), 1)
    return table


def precision_recall(table: Array) -> tuple[Array, Array, Array]:
    """Return precision, recall and F1 per class among the answers given."""
    answered = table[:, : len(CLASSES)]
    right = np.diag(answered)
    precision = right / np.maximum(answered.sum(0), 1)
    recall = right / np.maximum(answered.sum(1), 1)
    return precision, recall, 2 * precision * recall / np.maximum(precision + recall, 1e-9)


def calibration_error(p: Array, y: Array, bins: int = 10) -> float:
    """Return the expected calibration error of the leading class (equal-width bins)."""
    top, right = p.max(1), p.argmax(1) == y
    which = np.minimum((top * bins).astype(int), bins - 1)
    return float(
        sum(abs(top[which == b].mean() - right[which == b].mean()) * (which == b).mean() for b in np.unique(which))
    )


def answers(p: Array, floors: Array) -> Array:
    """Return the answered class, or -1 where the step would abstain; ``floors`` holds one probability a
    class.
    """
    guess = p.argmax(1)
    return np.where(p.max(1) >= floors[guess], guess, -1)


def floors_of(settings: ClothingSettings) -> Array:
    """Return the step's floors in the order of the classes."""
    return np.array([floor_of(name, settings) for name in CLASSES])


def blue_share(bgr: Array) -> float:
    """Return the share of a crop's coloured pixels that are blue or teal (hue 85 to 130 of 180)."""
    import cv2

    hsv = cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV)
    coloured = (hsv[..., 1] > 50) & (hsv[..., 2] > 30)
    return float(
        ((hsv[..., 0] >= 85) & (hsv[..., 0] <= 130) & coloured).sum() / max(coloured.sum(), 1) * coloured.mean()
    )


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the 95% Wilson interval of k out of n."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.96, k / n
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    return float(centre - half), float(centre + half)


def condition_report(name: str, p: Array, y: Array, blue: Array, settings: ClothingSettings) -> dict[str, Any]:
    """Print and return the figures of one condition."""
    print(f"\n== {name}")
    everything = confusion(y, p.argmax(1))
    guess = answers(p, floors_of(settings))
    table = confusion(y, guess)
    precision, recall, f1 = precision_recall(table)
    forced = precision_recall(everything)
    unclear = float((guess == -1).mean())
    accuracy = float(np.diag(everything).sum() / len(y))
    error = calibration_error(p, y)
    print(f"answering always: macro F1 {forced[2].mean():.3f}, accuracy {accuracy:.3f}")
    print(f"abstaining: {unclear:.1%} unclear, macro F1 of the rest {f1.mean():.3f}, calibration error {error:.3f}")
    print(f"{'truth / answer':15s}" + "".join(f"{s:>8s}" for s in (*SHORT, "unclear", "prec", "rec", "rec all")))
    for i, label in enumerate(CLASSES):
        whole = table[i, i] / max(table[i].sum(), 1)
        print(
            f"{label:15s}" + "".join(f"{n:8d}" for n in table[i]) + f"{precision[i]:8.3f}{recall[i]:8.3f}{whole:8.3f}"
        )
    wrong, n = int(((guess == KORPRI) & blue).sum()), int(blue.sum())
    low, high = wilson(wrong, n)
    print(f"blue or teal batik called Korpri: {wrong} of {n} ({wrong / max(n, 1):.1%}, 95% {low:.1%}-{high:.1%})")
    curve = []
    for floor in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        kept = answers(p, np.full(len(CLASSES), floor))
        f = precision_recall(confusion(y, kept))
        curve.append((floor, float((kept == -1).mean()), float(f[2].mean()), float(f[0][KORPRI]), float(f[1][KORPRI])))
    print("floor  unclear  macro F1  korpri precision  recall of the answered")
    for row in curve:
        print(f"{row[0]:5.1f} {row[1]:8.1%} {row[2]:9.3f} {row[3]:17.3f} {row[4]:7.3f}")
    return {
        "unclear": unclear, "macro_f1": float(f1.mean()), "macro_f1_always": float(forced[2].mean()),
        "accuracy_always": accuracy, "calibration_error": error,
        "precision": dict(zip(CLASSES, precision.round(3).tolist(), strict=True)),
        "recall": dict(zip(CLASSES, recall.round(3).tolist(), strict=True)),
        "confusion": table.tolist(), "blue_called_korpri": [wrong, n], "curve": curve,
    }  # fmt: skip


def source_report(p: Array, y: Array, source: Array, settings: ClothingSettings) -> None:
    """Print how each source fared, clean."""
    guess = answers(p, floors_of(settings))
    print("\n== by source, clean: crops, unclear, right of the answered; Korpri found, false")
    for name in sorted(set(source), key=lambda s: -(source == s).sum()):
        mine = source == name
        said = mine & (guess != -1)
        korpri = mine & (y == KORPRI)
        false = int((mine & (y != KORPRI) & (guess == KORPRI)).sum())
        right = float((guess == y)[said].mean()) if said.any() else float("nan")
        print(
            f"{name[:44]:44s} {mine.sum():4d} {(mine & (guess == -1)).sum():4d} {right:6.2f}"
            f"   {int((korpri & (guess == KORPRI)).sum()):3d}/{int(korpri.sum()):<3d} {false:3d}"
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("VIDCHECK_DATA", "data")))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    stored = args.work / "held_out.npz"
    if not stored.exists():
        recipe = Path(__file__).parent.parent / "models/train_clothing.py"
        command = [
            sys.executable,
            str(recipe),
            "--data",
            str(args.data),
            "--work",
            str(args.work),
            "--figures-only",
        ]
        subprocess.run(command, check=True)
    import cv2

    rows = list(csv.DictReader((args.data / "uniform/labels.tsv").open(), delimiter="\t"))
    source = np.array([r["source"] for r in rows])
    shares = np.array([blue_share(cv2.imread(str(args.data / "uniform/crops" / r["crop"]))) for r in rows])
    with np.load(stored) as held:
        y, fold = held["y"], held["fold"]
        logits = {name: held[name] for name in ("clean", "240p", "h264_300k", "dim")}
    settings = ClothingSettings()
    p = calibrated(logits, y, fold)
    patterned = np.array([r["label"] == "batik" for r in rows])
    figures = {name: condition_report(name, p[name], y, patterned & (shares > 0.3), settings) for name in p}
    source_report(p["clean"], y, source, settings)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
