"""Case folders: whole or not at all, and never over another clip's."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import media as make
from vidcheck import case, media, pipeline, report, store
from vidcheck.errors import OutputError
from vidcheck.kept_views import KeptPixels
from vidcheck.types import Analysis, FrameRef


def test_the_case_folder_is_complete_and_verifies(demo_analysis: Analysis, demo_clip: Path, tmp_path: Path) -> None:
    folder = case.write_case(demo_analysis, demo_clip, tmp_path, lang="id")
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"analysis.json", "report.html", "report.pdf", "manifest.json"} <= names
    assert store.verify(folder) == ()
    whole = json.loads((folder / "analysis.json").read_bytes())
    jsonschema.validate(whole, store.schema())
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["original"]["sha256"] == media.sha256_of(demo_clip)
    assert {item["path"] for item in manifest["files"]} == names - {"manifest.json"}
    for person in whole["persons"]:
        assert person["best_shots"]
        for crop in person["best_shots"]:
            assert (folder / crop["media"]).stat().st_size > 500
    assert (folder / "media" / "count-minimum.jpg").is_file()
    assert list(tmp_path.iterdir()) == [folder]  # no staging folder stays behind


def test_writing_again_replaces_the_folder_of_the_same_clip(
    demo_analysis: Analysis, demo_clip: Path, tmp_path: Path
) -> None:
    folder = case.write_case(demo_analysis, demo_clip, tmp_path, lang="en")
    first = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    (folder / "leftover.txt").write_text("old")
    case.write_case(demo_analysis, demo_clip, tmp_path, lang="en")
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == first


def test_the_folder_of_another_clip_is_left_alone(tmp_path: Path) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (10,))
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    target = tmp_path / "out" / "clip"
    target.mkdir(parents=True)
    (target / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="does not belong to this clip"):
        case.write_case(analysis, clip, tmp_path / "out", lang="en")
    assert [p.name for p in target.iterdir()] == ["notes.txt"]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["clip"]


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make.moving_clip(tmp_path / "clip.mp4", (10,))
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_report", full)
    with pytest.raises(OutputError, match="No space left"):
        case.write_case(analysis, clip, tmp_path / "out", lang="en")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clip.mp4", "clip"),
        ("../../etc/passwd", "passwd"),
        (".hidden.mp4", "hidden"),
        ("two\nlines\x1b[31m.mp4", "two_lines_[31m"),
        ("what?<b>.mp4", "what__b_"),
        ("…🎤 karaoke.mov", "…🎤 karaoke"),
        ("   .mp4", "clip"),
    ],
)
def test_folder_names_are_safe(name: str, expected: str) -> None:
    assert case.folder_name(name) == expected


def test_long_names_are_cut() -> None:
    assert len(case.folder_name("ü" * 255 + ".mp4").encode()) <= 120


def test_pictures_are_cut_from_the_right_frames(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    from vidcheck import pictures

    clip_path = make.moving_clip(tmp_path / "clip.mp4", (30, 30))
    analysis = pipeline.analyze(clip_path, pipeline.Settings(only=("shots",)))
    with media.open_clip(clip_path) as clip:
        pictures.save_pictures(clip, analysis, tmp_path / "case")
        frames = {f.ref.index: f.bgr.copy() for f in clip.frames()}
    for shot in analysis.shots:
        saved = cv2.imread(str(tmp_path / "case" / "media" / f"shot-{shot.index}.jpg"))
        difference = np.abs(saved.astype(int) - frames[shot.best.index].astype(int)).mean()
        assert difference < 4  # JPEG at quality 92


def test_pictures_from_kept_pixels_are_those_that_decoding_gives(
    demo_analysis: Analysis,
    demo_clip: Path,
    demo_pixels: KeptPixels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vidcheck import pictures

    decoded: dict[str, int] = {}
    saved: dict[str, dict[str, bytes]] = {}
    for name, pixels in (("kept", demo_pixels), ("decoded", None)):
        with media.open_clip(demo_clip) as clip:
            read = clip.read

            def noted(refs: Iterable[FrameRef], read: Any = read, name: str = name) -> Iterator[media.Frame]:
                for frame in read(refs):
                    decoded[name] = decoded.get(name, 0) + 1
                    yield frame

            monkeypatch.setattr(clip, "read", noted)
            pictures.save_pictures(clip, demo_analysis, tmp_path / name, pixels=pixels)
        saved[name] = {path.name: path.read_bytes() for path in (tmp_path / name / "media").iterdir()}
    assert saved["kept"] == saved["decoded"]
    assert any(name.endswith("-sheet.jpg") for name in saved["kept"])
    assert decoded.get("kept", 0) == 0 < decoded["decoded"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_picture_that_cannot_be_written_is_told(
    demo_analysis: Analysis,
    demo_clip: Path,
    demo_pixels: KeptPixels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: bool,
) -> None:
    from vidcheck import pictures

    write = pictures.write_jpeg

    def refuse_one(path: Path, picture: Any) -> None:
        if path.name.startswith("p1-"):
            raise OutputError(f"No space left while writing {path.name}.")
        write(path, picture)

    monkeypatch.setattr(pictures, "write_jpeg", refuse_one)
    with media.open_clip(demo_clip) as clip, pytest.raises(OutputError, match="No space left while writing p1-"):
        pictures.save_pictures(clip, demo_analysis, tmp_path / "case", pixels=demo_pixels if kept else None)


def test_kept_pixels_of_another_clip_are_not_shown(
    demo_analysis: Analysis, demo_clip: Path, demo_pixels: KeptPixels, tmp_path: Path
) -> None:
    import numpy as np

    from vidcheck import boxes, kept_views, pictures

    assert demo_pixels.clip_sha256 == demo_analysis.source.sha256
    alien = KeptPixels()
    alien.begin("0" * 64)
    size = (demo_analysis.source.width_px, demo_analysis.source.height_px)
    for position, seen in enumerate(demo_analysis.detections):
        area = boxes.whole_pixels(seen.box_xyxy_px, *size, kept_views.MARGIN)
        black = np.zeros((area[3] - area[1], area[2] - area[0], 3), np.uint8)
        alien.put(position, seen.frame.index, area, black, is_faint=False)
    saved = []
    for name, pixels in (("alien", alien), ("decoded", None)):
        with media.open_clip(demo_clip) as clip:
            pictures.save_pictures(clip, demo_analysis, tmp_path / name, pixels=pixels)
        saved.append({path.name: path.read_bytes() for path in (tmp_path / name / "media").iterdir()})
    assert saved[0] == saved[1]


def test_an_analysis_begins_with_no_pixels_of_the_one_before(
    demo_analysis: Analysis, demo_pixels: KeptPixels, tmp_path: Path
) -> None:
    used = copy.deepcopy(demo_pixels)
    position = next(p for p in range(len(demo_analysis.detections)) if p in used)
    other = make.moving_clip(tmp_path / "other.mp4", (10,))
    analysis = pipeline.analyze(other, pipeline.Settings(only=("shots",)), pixels=used)
    assert used.clip_sha256 == analysis.source.sha256
    assert position not in used
