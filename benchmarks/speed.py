"""What an analysis costs on this machine, beside the pipeline that people write first and the cost of decoding alone.

    python -m benchmarks.speed compare CLIP... [--reference FOLDER] [--rounds 1] [--json FILE]
    python -m benchmarks.speed growth --from CLIP --work DIR [--seconds 10 60] [--heights 360 720 1080] [--json FILE]
    python -m benchmarks.speed start CLIP [--json FILE]

``compare`` runs, in turn and each in a process of its own: ``floor`` (``ffmpeg -f null``), ``frames`` (``vidcheck
frames``), ``analyze`` (``vidcheck analyze`` with everything on, nothing cached, report written), ``stock``
(``benchmarks/speed_stock.py``: ultralytics' ``track`` on every frame in torch, a text reader once a second) and, where
``--reference`` names YOLO11n exported with COCO weights, ``stock_openvino`` with it. Where no official weights are at
hand, ``stock`` runs the bare network: its time counts, its findings do not.

``growth`` cuts and scales one clip, repeats it where it is too short, and analyses each. ``start`` measures ``--help``
and a second run over a clip that was analysed before.

Wall time depends on what else the machine does; processor time hardly does. Both are printed, ratios come from runs of
the same round, and the load before each round is kept. Peak memory is the largest resident size of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from vidcheck import media, threads, weights

Json = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall_s: float
    processor_s: float
    peak_mb: int


def measured(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it took; its output is not kept."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read().decode("utf-8", "replace")
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {said.strip()[-800:]}")
    seconds = round(time.perf_counter() - began, 2)
    return Cost(seconds, round(used.ru_utime + used.ru_stime, 2), round(used.ru_maxrss / 1024))


def floor(clip: Path) -> Cost:
    """Decode the picture and throw it away."""
    return measured([media.ffmpeg_binary(), "-v", "error", "-i", str(clip), "-map", "0:v:0", "-f", "null", "-"])


def analyze(clip: Path, work: Path, *, cached: bool = False) -> tuple[Cost, Json]:
    """Analyse with everything on and return the cost and the analysis."""
    command = [sys.executable, "-m", "vidcheck.cli", "analyze", str(clip), "-o", str(work / "out"), "--quiet"]
    environment = {"XDG_CACHE_HOME": str(work / "cache")}
    cost = measured([*command, *([] if cached else ["--no-cache"])], environment)
    folder = next(path for path in (work / "out").iterdir() if path.is_dir())
    return cost, json.loads((folder / "analysis.json").read_bytes())


def stock(clip: Path, work: Path, network: str) -> tuple[Cost, Json]:
    """Run the stock pipeline and return the cost and what it found."""
    answer = work / "stock.json"
    command = [sys.executable, "-m", "benchmarks.speed_stock", str(clip), "--weights", network, "--json", str(answer)]
    cost = measured(command)
    return cost, json.loads(answer.read_bytes())


def texts_found(wanted: Sequence[str], found: Sequence[str]) -> int:
    """How many of ``wanted`` have a like text (0.8 of their letters) among ``found`` or within one of them."""

    def plain(text: str) -> str:
        return "".join(text.split()).casefold()

    pool = [plain(text) for text in found]

    def has(text: str) -> bool:
        return any(text in other or SequenceMatcher(None, text, other).ratio() >= 0.8 for other in pool)

    return sum(has(plain(text)) for text in wanted)


def compared(clip: Path, work: Path, reference: Path | None) -> Json:
    """One round over one clip."""
    load = round(os.getloadavg()[0], 2)
    official = weights.find("yolo11n")
    costs = {"floor": floor(clip)}
    costs["frames"] = measured(
        [sys.executable, "-m", "vidcheck.cli", "frames", str(clip), "-o", str(work / "frames"), "--quiet", "--no-cache"]
    )
    costs["analyze"], analysis = analyze(clip, work)
    costs["stock"], bare = stock(clip, work, str(official) if official else "yolo11n.yaml")
    judged = bare if official else None
    if reference is not None:
        costs["stock_openvino"], judged = stock(clip, work, str(reference))
    source, count = analysis["source"], analysis["people_count"]
    texts = [reading["text_raw"] for text in analysis["overlays"] for reading in text["readings"]]
    found: Json = {"people": count and {key: count[key] for key in ("minimum", "best", "maximum")}}
    found["texts"] = len(analysis["overlays"])
    if judged is not None:
        found["stock_people_at_once"] = judged["people_at_once"]
        found["stock_track_ids"] = judged["track_ids"]
    of_stock = bare["texts"]
    found["stock_texts"] = len(of_stock)
    found["stock_texts_that_vidcheck_has"] = texts_found(of_stock, texts)
    ratios = {
        "stock_over_analyze": costs["stock"].wall_s / costs["analyze"].wall_s,
        "stock_over_analyze_processor": costs["stock"].processor_s / costs["analyze"].processor_s,
        "clip_over_analyze": source["duration_s"] / costs["analyze"].wall_s,
        "frames_over_floor": costs["frames"].wall_s / costs["floor"].wall_s,
        "frames_over_floor_processor": costs["frames"].processor_s / costs["floor"].processor_s,
    }
    if reference is not None:
        ratios["stock_openvino_over_analyze"] = costs["stock_openvino"].wall_s / costs["analyze"].wall_s
    return {
        "clip": clip.name,
        "seconds": source["duration_s"],
        "size_px": [source["width_px"], source["height_px"]],
        "frames": source["frames_decoded"],
        "stock_network": "official weights" if official else "bare, for time only",
        "load_before": load,
        "costs": {name: asdict(cost) for name, cost in costs.items()},
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "steps_s": {step["step"]: step["seconds"] for step in analysis["steps"]},
        "stock_s": bare["seconds"],
        "found": found,
    }


def started(clip: Path, work: Path) -> Json:
    """``--help``, and an analysis whose steps are all in the cache."""
    helps = [measured([sys.executable, "-m", "vidcheck.cli", "--help"]) for _ in range(5)]
    first, _ = analyze(clip, work, cached=True)
    second, _ = analyze(clip, work, cached=True)
    return {
        "help": asdict(min(helps, key=lambda cost: cost.wall_s)),
        "first_run": asdict(first),
        "second_run": asdict(second),
    }


def cut(clip: Path, path: Path, seconds: float, height: int) -> Path:
    """Make a clip of this length and height out of another, repeated where it is too short."""
    if not path.is_file():
        command = [
            media.ffmpeg_binary(),
            "-v",
            "error",
            "-y",
            "-stream_loop",
            "-1",
            "-i",
            str(clip),
            "-t",
            f"{seconds:g}",
        ]
        command += [
            "-vf",
            f"scale=-2:{height}",
            "-an",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "23",
            str(path),
        ]
        subprocess.run(command, check=True)
    return path


def grown(clip: Path, work: Path, lengths: Sequence[float], heights: Sequence[int]) -> list[Json]:
    """Analyse the clip at each length and height."""
    rows = []
    for height in heights:
        for seconds in lengths:
            path = cut(clip, work / f"{clip.stem}-{height}-{seconds:g}.mp4", seconds, height)
            decoding = floor(path)
            with tempfile.TemporaryDirectory(dir=work) as folder:
                cost, analysis = analyze(path, Path(folder))
            rows.append(
                {
                    "clip": path.name,
                    "height_px": height,
                    "seconds": seconds,
                    "people": analysis["people_count"]["best"],
                    "floor": asdict(decoding),
                    "analyze": asdict(cost),
                    "processor_s_per_s": round(cost.processor_s / seconds, 2),
                    "steps_s": {step["step"]: step["seconds"] for step in analysis["steps"]},
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["compare", "growth", "start"])
    parser.add_argument("clips", type=Path, nargs="*", metavar="CLIP")
    parser.add_argument("--from", dest="master", type=Path, help="growth: the clip that is cut and scaled")
    parser.add_argument("--work", type=Path, help="growth: folder for the clips made")
    parser.add_argument("--reference", type=Path, help="compare: folder of YOLO11n exported with COCO weights")
    parser.add_argument("--rounds", type=int, default=1, help="compare: how often each clip is run")
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 60])
    parser.add_argument("--heights", type=int, nargs="+", default=[360, 720, 1080])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: Json = {"processors": threads.usable(), "python": sys.version.split()[0]}
    with tempfile.TemporaryDirectory(prefix="vidcheck-speed-") as scratch:
        if options.part == "growth":
            if not options.master or not options.work:
                parser.error("growth needs --from CLIP and --work DIR")
            options.work.mkdir(parents=True, exist_ok=True)
            result["growth"] = grown(options.master, options.work, options.seconds, options.heights)
        elif options.part == "start":
            result["start"] = [started(clip, Path(scratch) / str(n)) for n, clip in enumerate(options.clips)]
        else:
            rows = result["compare"] = []
            for number in range(options.rounds):
                for n, clip in enumerate(options.clips):
                    work = Path(scratch) / f"{number}-{n}"
                    work.mkdir()
                    rows.append(compared(clip, work, options.reference))
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
