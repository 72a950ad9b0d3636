"""What the analysis costs, where it can be counted: passes over the clip, and libraries that are not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vidcheck import case_reuse, media, overlays, pipeline, store
from vidcheck.cli import again
from vidcheck.media import Clip
from vidcheck.shared_reading import SharedReading
from vidcheck.types import Analysis

SHA256 = "a" * 64
HEAVY = ("torch", "torchvision", "ultralytics", "cv2", "numpy", "av", "openvino", "rapidocr", "pydantic", "scipy")


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert result.returncode == 0, result.stderr
    return result.stdout


def moving(path: Path, seconds: int = 3) -> Path:
    """A textured picture that is shifted a little in every frame."""
    noise = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    whole = np.asarray(cv2.resize(noise, (900, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    media.write_video(path, (whole[k : k + 240, 2 * k : 2 * k + 320] for k in range(25 * seconds)), fps=25)
    return path


def test_help_loads_nothing_heavy() -> None:
    loaded = run(f"import sys, vidcheck.cli\nprint([name for name in {HEAVY!r} if name in sys.modules])")
    assert loaded.strip() == "[]"


def test_people_are_counted_without_torch(tmp_path: Path) -> None:
    clip = moving(tmp_path / "clip.mp4", 1)
    code = (
        "import sys\n"
        "from vidcheck import Settings, analyze\n"
        f"analysis = analyze({str(clip)!r}, Settings(only=('counts',)))\n"
        "assert analysis.people_count is not None\n"
        "print([name for name in ('torch', 'torchvision', 'ultralytics') if name in sys.modules])\n"
    )
    assert run(code).strip() == "[]"


def test_steps_share_decoding_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SharedReading] = []
    waited_for: list[str] = []

    class Watched(SharedReading):
        def __init__(self, clip: Clip) -> None:
            super().__init__(clip)
            made.append(self)

        def enter(self, thread: threading.Thread) -> None:
            super().enter(thread)
            waited_for.append(thread.name)

    monkeypatch.setattr(pipeline, "SharedReading", Watched)
    wanted = ("camera", "overlays", "lighting", "wall_clocks", "traps", "counts", "clothing")
    analysis = pipeline.analyze(moving(tmp_path / "clip.mp4"), pipeline.Settings(only=wanted))
    assert all(run.status == "ok" for run in analysis.steps if run.step in wanted)
    (reading,) = made
    # Light, text and clocks read at once, in one pass; then text and traps read what they chose.
    assert reading.passes <= 3
    assert reading.decoded <= 2 * analysis.source.frames_decoded
    # Nobody waits with a pass for steps whose views or points were kept, or that read nothing.
    assert {"overlays", "lighting"} <= set(waited_for)
    assert not {"persons", "clothing", "camera", "tracks"} & set(waited_for)


def test_what_a_caller_loads_ahead_is_loaded_once_whether_or_not_the_steps_are_cached(tmp_path: Path) -> None:
    clip, called = moving(tmp_path / "clip.mp4"), []
    settings = pipeline.Settings(only=("shots", "people"))
    for _ in range(2):  # the second time from the cache
        done = threading.Event()

        def meanwhile(done: threading.Event = done) -> None:
            called.append(threading.current_thread())
            done.set()

        pipeline.analyze(clip, settings, workdir=tmp_path / "steps", meanwhile=meanwhile)
        assert done.wait(60)
    assert len(called) == 2 and threading.main_thread() not in called


def test_what_a_caller_cannot_load_ahead_costs_it_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def meanwhile() -> None:
        raise RuntimeError("no such module")

    found = pipeline.analyze(
        moving(tmp_path / "clip.mp4"), pipeline.Settings(only=("shots", "people")), meanwhile=meanwhile
    )
    assert found.shots
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join(60)
    assert "could not be loaded ahead" in caplog.text


def test_clothing_waits_for_the_texts_behind_which_small_texts_are_fused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    persons = threading.Event()
    read = overlays.read_overlays

    def watched(*args: Any) -> Any:
        texts = read(*args)
        assert persons.wait(60)
        time.sleep(0.5)  # clothing could begin now
        events.append("texts read")
        return texts

    monkeypatch.setattr(overlays, "read_overlays", watched)
    clip = moving(tmp_path / "clip.mp4")

    def begun(step: str, share: float) -> None:
        events.append(step)
        if step == "persons":
            persons.set()

    found = pipeline.analyze(clip, pipeline.Settings(only=("clothing", "overlays")), progress=begun)
    assert all(run.status == "ok" for run in found.steps if run.step in ("clothing", "overlays"))
    assert events.index("persons") < events.index("texts read") < events.index("clothing")  # not side by side
    # Where no texts are read, it waits for nothing.
    events.clear()
    found = pipeline.analyze(clip, pipeline.Settings(only=("clothing",)), progress=begun)
    run = found.step("clothing")
    assert run is not None and run.status == "ok" and "texts read" not in events


def test_a_case_folder_is_left_alone_only_while_it_is_what_would_be_written(
    tmp_path: Path, demo_analysis: Analysis
) -> None:
    def key(lang: str, case_file: bytes | None = None) -> str:
        return case_reuse.key(demo_analysis, lang=lang, case_file=case_file, with_clip=False, cover_heads=None)

    folder, notes = tmp_path / "case", tmp_path / "notes"
    folder.mkdir()
    (folder / "report.html").write_text("report")
    store.write_manifest(folder, {"sha256": SHA256})
    assert not case_reuse.is_current(notes, SHA256, key("id"), folder)
    case_reuse.remember(notes, SHA256, key("id"), folder)
    assert case_reuse.is_current(notes, SHA256, key("id"), folder)
    assert not case_reuse.is_current(notes, SHA256, key("en"), folder)
    assert not case_reuse.is_current(notes, SHA256, key("id", b"record"), folder)
    assert not case_reuse.is_current(notes, SHA256, key("id"), tmp_path / "elsewhere")
    (folder / "report.html").write_text("altered")
    assert not case_reuse.is_current(notes, SHA256, key("id"), folder)
    store.renew_manifest(folder)  # a decision was added: another manifest
    assert not case_reuse.is_current(notes, SHA256, key("id"), folder)


def test_the_same_command_again_loads_nothing_heavy_and_notices_every_change(
    tmp_path: Path, demo_analysis: Analysis, demo_clip: Path
) -> None:
    out, workdir = tmp_path / "out", tmp_path / "steps"
    folder = out / "demo"
    asked = {"model": "auto", "only": (), "place": None, "sidecar": None, "lang": "en"}
    known = again.key(demo_clip, out, None, asked)
    assert known is not None
    assert again.find(workdir, *known) is None
    folder.mkdir(parents=True)
    store.write_atomic(folder / store.ANALYSIS, store.to_json(demo_analysis))
    store.write_manifest(folder, {"sha256": demo_analysis.source.sha256})
    again.remember(workdir, *known, folder)
    assert again.find(workdir, *known) == (demo_analysis, folder)
    code = (
        "import sys\nfrom pathlib import Path\nfrom vidcheck.cli import again\n"
        f"found = again.find(Path({str(workdir)!r}), *{known!r})\nassert found is not None\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules and name != 'pydantic'])"
    )
    assert run(code).strip() == "[]"

    copy = tmp_path / "other name.mp4"
    copy.write_bytes(demo_clip.read_bytes())
    others = [
        again.key(copy, out, None, asked),
        again.key(demo_clip, tmp_path / "elsewhere", None, asked),
        again.key(demo_clip, out, b"record", asked),
        again.key(demo_clip, out, None, asked | {"place": "Bandung"}),
        again.key(demo_clip, out, None, asked | {"lang": "id"}),
    ]
    assert None not in others
    assert known not in others
    assert again.key(demo_clip, out, None, asked | {"model": "/some/folder"}) is None
    assert again.key(tmp_path / "missing.mp4", out, None, asked) is None
    (folder / store.ANALYSIS).write_bytes(b"{}")
    assert again.find(workdir, *known) is None


def test_a_pass_that_is_broken_off_leaves_no_thread_behind(tmp_path: Path) -> None:
    def tell(step: str, share: float) -> None:
        if step == "frames" and share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.analyze(moving(tmp_path / "clip.mp4"), pipeline.Settings(only=("counts",)), progress=tell)
    assert "people" not in {thread.name for thread in threading.enumerate()}
