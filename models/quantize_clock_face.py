"""Quantise the clock-face verifier to 8-bit integers: twice as fast on a processor without a GPU.

What it does: runs NNCF's post-training quantisation on the OpenVINO model that `export_clock_face.py` wrote. The ranges
of the activations are read off what the network is asked about: squares around rings found in training photos, every
second photo with a drawn clock in it.

What it needs: the packages nncf and openvino, vidcheck itself, and `det/` as for training.

    python models/quantize_clock_face.py --model FLOAT_FOLDER --out models/clock_face_openvino_model
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from calibration_photos import training_photos
from wall_clocks import hang

from vidcheck.wall_clocks import WallClockSettings, find_rings, to_input

MOST_RINGS = 4
"""Squares of one photo."""


def squares(data: Path, photos: int) -> list[Any]:
    """The network's inputs for rings in photos, float32 (1, 3, 224, 224), always the same."""
    found = []
    for number, path in enumerate(training_photos(data, photos)):
        rng = np.random.default_rng(number)
        picture = np.asarray(cv2.imread(str(path)), np.uint8)
        picture = np.asarray(cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
        if number % 2:
            picture, _ = hang(picture, float(rng.uniform(40, 160)), rng)
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.2))), np.uint8)
        coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))])[1]
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        found += [to_input(picture, box)[None] for box in find_rings(picture, WallClockSettings())[:MOST_RINGS]]
    return found


def quantise(model: Path, out: Path, data: Path, photos: int) -> None:
    """Write the 8-bit form of `model` to `out`."""
    import nncf
    import openvino as ov

    samples = squares(data, photos)
    made = nncf.quantize(
        ov.Core().read_model(str(model / "clock_face.xml")),
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
        fast_bias_correction=False,
    )
    out.mkdir(parents=True, exist_ok=True)
    ov.save_model(made, str(out / "clock_face.xml"), compress_to_fp16=True)


def main() -> None:
    """Read the options and quantise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the 16-bit OpenVINO model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the 8-bit model")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("VIDCHECK_DATA"), help="folder with det/ ($VIDCHECK_DATA)"
    )
    parser.add_argument("--photos", type=int, default=120, help="training photos to calibrate on")
    args = parser.parse_args()
    if args.data is None:
        sys.exit("quantize_clock_face: pass --data or set VIDCHECK_DATA")
    quantise(args.model, args.out, Path(args.data), args.photos)


if __name__ == "__main__":
    main()
