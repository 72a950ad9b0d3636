"""Quantise the network that locates texts to 8-bit integers: twice as fast on a processor without a GPU.

What it does: runs NNCF's post-training quantisation on PP-OCRv6's small text detector, as the rapidocr wheel has it.
The ranges of the activations are read off frames of rendered clips (overlays, captions, signs over real footage, coded
as reposts are; other clips than those that the benchmarks measure on), training photos and frames of real clips. What
spreads the last map over the picture stays in floating point: it costs little and sets the edges of the boxes.

What it needs: the packages nncf, openvino and rapidocr, and `det/` and `clips/` as for training.

    python models/quantize_text_locator.py --out models/text_locator_openvino_model
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from calibration_photos import training_photos
from overlay_clips import render

FIRST_CLIP = 50_000
"""Numbers of the rendered clips; the benchmarks use those from 0."""
SIDE_PX = 1280
"""Long side at which clips are read."""
HEAD = r"ConvTranspose.*|Sigmoid.*"
"""Operations that stay in floating point."""


def pictures(data: Path, rendered: int, photos: int) -> list[Any]:
    """BGR uint8 pictures to calibrate on, always the same."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(FIRST_CLIP, FIRST_CLIP + rendered):
            path = Path(scratch) / f"{number}.mp4"
            render(number, path, length_s=1.0, data=data)
            found += _frames(path, (8,))
            path.unlink()
    found += [cv2.imread(str(path)) for path in training_photos(data, photos)]
    for path in sorted((data / "clips").iterdir()):
        if path.suffix in (".mp4", ".avi"):
            found += _frames(path, (5, 60, 150))
    return found


def _frames(path: Path, wanted: tuple[int, ...]) -> list[Any]:
    source, found = cv2.VideoCapture(str(path)), []
    for number in range(max(wanted) + 1):
        good, frame = source.read()
        if not good:
            break
        if number in wanted:
            found.append(frame)
    source.release()
    return found


def quantise(out: Path, data: Path, rendered: int, photos: int) -> None:
    """Write the 8-bit network to `out`."""
    import nncf
    import openvino as ov
    import rapidocr
    from rapidocr.ch_ppocr_det.utils import DetPreProcess

    model = ov.Core().read_model(Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_det_small.onnx")
    prepare = DetPreProcess(SIDE_PX, "max")
    samples = pictures(data, rendered, photos)
    made = nncf.quantize(
        model,
        nncf.Dataset(samples, prepare),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
        ignored_scope=nncf.IgnoredScope(patterns=[HEAD]),
    )
    out.mkdir(parents=True, exist_ok=True)
    ov.save_model(made, str(out / "text_locator.xml"), compress_to_fp16=True)


def main() -> None:
    """Read the options and quantise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "text_locator_openvino_model")
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("VIDCHECK_DATA"),
        help="folder with det/ and clips/ ($VIDCHECK_DATA)",
    )
    parser.add_argument("--rendered", type=int, default=80, help="rendered clips, a frame of each")
    parser.add_argument("--photos", type=int, default=60, help="training photos")
    args = parser.parse_args()
    if args.data is None:
        sys.exit("quantize_text_locator: pass --data or set VIDCHECK_DATA")
    quantise(args.out, Path(args.data), args.rendered, args.photos)


if __name__ == "__main__":
    main()
