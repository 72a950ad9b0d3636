"""The pipeline that people write first: ultralytics' ``track`` on every frame, and a text reader once a second.

    python -m benchmarks.speed_stock CLIP [--weights PATH|yolo11n.yaml] [--json FILE]

Run by ``benchmarks.speed`` in a process of its own, so that time and memory are its own. Without weights the network is
built from ``yolo11n.yaml``: it costs what YOLO11n costs and finds nothing, so such a run is good for time only. The
text reader is vidcheck's own engine, on whole frames. No shots, no light, no clothing, no clocks, no report.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from vidcheck.overlays import OverlaySettings, engine
from vidcheck.person_detectors import prepare_ultralytics


def run(clip: Path, weights: str) -> dict[str, object]:
    """Track people and read texts; seconds by part, people and texts found."""
    began = time.perf_counter()
    prepare_ultralytics()
    import cv2
    import numpy as np
    from ultralytics import YOLO

    model = YOLO(weights, task="detect")
    settings = OverlaySettings()
    reader = engine(settings)
    loaded = time.perf_counter()
    capture = cv2.VideoCapture(str(clip))
    rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
    ids: set[int] = set()
    texts: set[str] = set()
    frames = most = 0
    spent = {"load": loaded - began, "detect_and_track": 0.0, "read_texts": 0.0}
    while True:
        more, read = capture.read()
        if not more:
            break
        picture = np.asarray(read, np.uint8)
        start = time.perf_counter()
        found = model.track(picture, persist=True, classes=[0], tracker="bytetrack.yaml", verbose=False, device="cpu")
        spent["detect_and_track"] += time.perf_counter() - start
        boxes = found[0].boxes
        most = max(most, len(boxes))
        if boxes.id is not None:
            ids |= {int(i) for i in boxes.id}
        if int(frames / rate) > int((frames - 1) / rate) or frames == 0:
            start = time.perf_counter()
            texts |= {line.text for line in reader.read(picture) if line.confidence >= settings.min_confidence}
            spent["read_texts"] += time.perf_counter() - start
        frames += 1
    spent["decode"] = time.perf_counter() - loaded - spent["detect_and_track"] - spent["read_texts"]
    return {
        "frames": frames,
        "seconds": {name: round(seconds, 2) for name, seconds in spent.items()},
        "people_at_once": most,
        "track_ids": len(ids),
        "texts": sorted(texts),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--weights", default="yolo11n.yaml", help="yolo11n.pt, an exported folder, or the bare network")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.clip, options.weights)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
