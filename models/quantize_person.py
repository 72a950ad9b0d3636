"""Quantise the person detector to 8-bit integers: about twice as fast on a processor without a GPU.

What it does: runs NNCF's post-training quantisation on the OpenVINO model that `train_person.py --export` wrote.
The ranges of the activations are read off training photos, every other one degraded like the frames of a repost, so
that dark and compressed clips lie within them. What the head does after its last convolutions, turning
distributions over distances into boxes in pixels, stays in floating point: 256 steps are too coarse for positions.

What it needs: the packages nncf and openvino, and `det/` as for training.

    python models/quantize_person.py --model RUN/float_openvino_model --out models/person_openvino_model
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import person_augment
from calibration_photos import training_photos

HEAD = 18
"""Number of the Detect module in the architecture of `train_person.py`."""
STRIDE = 32


def letterbox(picture: Any, size: int) -> Any:
    """BGR uint8 (H, W, 3) to the network's input: float32 (1, 3, h, w), RGB, 0..1, long side `size`, grey borders."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)))
    below, right = -small.shape[0] % STRIDE, -small.shape[1] % STRIDE
    top, left = below // 2, right // 2
    grey = (114, 114, 114)
    full = cv2.copyMakeBorder(small, top, below - top, left, right - left, cv2.BORDER_CONSTANT, value=grey)
    return np.ascontiguousarray(full[None, :, :, ::-1].transpose(0, 3, 1, 2), dtype=np.float32) / 255


def quantise(model: Path, out: Path, data: Path, photos: int, size: int) -> None:
    """Write the 8-bit form of `model` to `out`, calibrated on the first `photos` of a fixed shuffle."""
    import nncf
    import openvino as ov

    chosen = training_photos(data, photos)

    def prepare(item: tuple[int, Path]) -> Any:
        number, path = item
        picture = cv2.imread(str(path))
        if number % 2:
            picture = np.ascontiguousarray(person_augment.degrade(picture, np.random.default_rng(number)))
        return letterbox(picture, size)

    made = nncf.quantize(
        ov.Core().read_model(str(model / "person.xml")),
        nncf.Dataset(list(enumerate(chosen)), prepare),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=photos,
        # Operations of the Detect module itself and of its `dfl`, not of the convolutions inside it.
        ignored_scope=nncf.IgnoredScope(patterns=[rf"__module\.model\.{HEAD}(\.dfl|\.dfl\.conv)?/.*"]),
    )
    out.mkdir(parents=True, exist_ok=True)
    ov.save_model(made, str(out / "person.xml"), compress_to_fp16=True)
    shutil.copyfile(model / "metadata.yaml", out / "metadata.yaml")


def main() -> None:
    """Read the options and quantise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the 16-bit OpenVINO model")
    parser.add_argument("--out", type=Path, required=True, help="folder for the 8-bit model")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("VIDCHECK_DATA"), help="folder that holds det/ ($VIDCHECK_DATA)"
    )
    parser.add_argument("--photos", type=int, default=300, help="training photos to calibrate on")
    parser.add_argument("--imgsz", type=int, default=512, help="long side of the input in pixels")
    args = parser.parse_args()
    if args.data is None:
        sys.exit("quantize_person: pass --data or set VIDCHECK_DATA")
    quantise(args.model, args.out, Path(args.data), args.photos, args.imgsz)


if __name__ == "__main__":
    main()
