"""Covering heads: geometry, gaps, what a cover keeps, and copies of a clip with the people of the detector's wheel."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from vidcheck import boxes, case, encode, media, pipeline, redact
from vidcheck.cli import cli
from vidcheck.errors import OutputError, UsageError
from vidcheck.head_cover import Cover, CoverSettings, Painter, covers_of, follow_boxes, head_region
from vidcheck.kept_views import KeptPixels
from vidcheck.types import Analysis, Box, Detection, FrameRef

SETTINGS = CoverSettings()


def ref(index: int, time_s: float) -> FrameRef:
    return FrameRef(index, round(time_s * 1000), time_s)


def refs(count: int, rate: float = 25.0) -> list[FrameRef]:
    return [ref(n, n / rate) for n in range(count)]


def holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


@pytest.mark.parametrize(
    ("person", "head"),
    [
        ((100, 100, 170, 310), (118, 98, 152, 132)),  # standing, seven heads tall
        ((100, 100, 220, 260), (125, 100, 195, 190)),  # sitting, seen to the waist
        ((100, 100, 200, 210), (110, 95, 190, 165)),  # a bust
        ((100, 100, 300, 180), (262, 110, 300, 160)),  # lying
    ],
)
def test_the_head_of_any_posture_lies_in_the_region(person: Box, head: Box) -> None:
    assert holds(head_region(person), head)


def test_a_gap_is_bridged_and_both_ends_are_held() -> None:
    frames = refs(100)

    def body(n: int) -> Box:
        return (50 + 2 * n, 60, 90 + 2 * n, 180)

    seen = [
        (frame, [body(frame.index)] if 30 <= frame.index < 40 or 60 <= frame.index < 70 else []) for frame in frames
    ]
    paths = follow_boxes(seen, SETTINGS)
    assert len(paths) == 1
    covers = covers_of(paths, frames, SETTINGS)
    for n in range(20, 80):  # 0.4 s before the first box to 0.4 s after the last
        x = 50 + 2 * n
        assert any(holds(c.box_xyxy_px, (x + 10, 62, x + 30, 82)) for c in covers[n]), n
    assert {c.how for c in covers[50]} == {"bridged"}
    assert {c.how for c in covers[25]} == {"held"}
    assert not covers[5] and not covers[95]


def test_a_gap_too_long_to_bridge_is_held_from_both_ends() -> None:
    frames = refs(200)
    seen = [(f, [(10.0, 10.0, 50.0, 120.0)] if f.index < 10 or f.index >= 120 else []) for f in frames]
    covers = covers_of(follow_boxes(seen, SETTINGS), frames, SETTINGS)
    assert covers[20] and covers[110]
    assert not covers[65]


def test_two_people_stay_two_paths_and_a_jump_of_one_box_bares_nobody() -> None:
    frames = refs(10)
    left, right = (10.0, 10.0, 40.0, 100.0), (200.0, 10.0, 230.0, 100.0)
    seen = [(f, [left, right]) for f in frames]
    seen[5] = (frames[5], [left, (200.0, 40.0, 230.0, 100.0)])  # the detector cuts off the head once
    covers = covers_of(follow_boxes(seen, SETTINGS), frames, SETTINGS)
    assert len(covers[5]) == 2
    assert any(holds(c.box_xyxy_px, (205, 10, 225, 30)) for c in covers[5])


@pytest.mark.parametrize("fill", [False, True])
def test_a_cover_keeps_nothing_that_could_be_fused(fill: bool) -> None:
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 255, (120, 120, 3), dtype=np.uint8)
    painter = Painter(SETTINGS, fill=fill)
    region = (20.0, 20.0, 100.0, 100.0)
    shown = []
    for n in range(20):
        moved = np.roll(picture, n, axis=1)
        shown.append(painter.paint(moved, ref(n, n / 25), [Cover(0, region, "seen")])[20:100, 20:100])
        assert np.array_equal(painter.paint(moved, ref(n, n / 25), [])[:20], moved[:20])
    # Within a second the same few colours are shown, whatever moves below them.
    assert all(np.array_equal(shown[0], other) for other in shown[1:])
    assert len(np.unique(shown[0].reshape(-1, 3), axis=0)) <= 4 * SETTINGS.cells**2
    assert not np.array_equal(
        shown[0], Painter(SETTINGS, fill=False).paint(picture, ref(0, 0), [Cover(0, region, "seen")])[20:100, 20:100]
    )


def street(path: Path, times_ms: tuple[int, ...]) -> Path:
    """A pan over the photograph of people that the detector's wheel ships, at uneven times, with a tag and sound."""
    spec = importlib.util.find_spec("ultralytics")
    assert spec is not None and spec.origin is not None
    photo = cv2.imread(str(Path(spec.origin).parent / "assets" / "bus.jpg"))
    assert photo is not None
    frames = (
        encode.TimedFrame(np.ascontiguousarray(photo[230:950, 20 + 4 * n : 741 + 4 * n]), time_ms)
        for n, time_ms in enumerate(times_ms)
    )
    silent = path.with_name("silent.mp4")
    encode.write_timed_video(silent, frames, time_base=Fraction(1, 1000))
    import ffmpeg

    tone = ffmpeg.input("sine=frequency=440:duration=1", f="lavfi")
    video = ffmpeg.input(str(silent))
    ffmpeg.output(
        video["v"], tone, str(path), vcodec="copy", acodec="aac",
        **{"metadata:g:0": "title=secret", "metadata:g:1": "location=-3.31+114.59/"},
        **{"metadata:s:v": "handler_name=secret"},
    ).overwrite_output().global_args("-loglevel", "error").run(cmd=media.ffmpeg_binary())  # fmt: skip
    return path


PLAIN_TAGS = ("major_brand=", "minor_version=", "compatible_brands=", "handler_name=", "vendor_id=", "language=")


def tags(path: Path) -> str:
    """Every tag of a file and its streams, as ffmpeg lists them."""
    command = [media.ffmpeg_binary(), "-loglevel", "error", "-i", str(path), "-map", "0", "-c", "copy", "-bitexact"]
    told = subprocess.run([*command, "-f", "ffmetadata", "-"], capture_output=True, text=True, check=True).stdout
    with av.open(str(path)) as container:
        streams = [f"{name}={value}" for stream in container.streams for name, value in stream.metadata.items()]
    return "\n".join([told, *streams])


TIMES = (0, 40, 110, 150, 300, 340, 420, 500)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return street(tmp_path_factory.mktemp("street") / "street.mp4", TIMES)


@pytest.fixture(scope="module")
def pixels() -> KeptPixels:
    return KeptPixels(with_faint=True)


@pytest.fixture(scope="module")
def analysis(clip: Path, pixels: KeptPixels) -> Analysis:
    return pipeline.analyze(clip, pipeline.Settings(only=("shots", "persons")), pixels=pixels)


def test_a_copy_covers_heads_keeps_times_and_drops_tags(clip: Path, analysis: Analysis, tmp_path: Path) -> None:
    out = tmp_path / "share.mp4"
    note = redact.redact(clip, out, analysis)
    with media.open_clip(clip) as before, media.open_clip(out) as after:
        first, copies = list(before.frames()), list(after.frames())
        assert [round(f.ref.time_s * 1000) for f in copies] == list(TIMES)
        people = [d for d in analysis.detections if d.frame.index == 0 and d.confidence >= 0.5]
        assert len(people) >= 2
        for person in people:
            x1, y1, x2, y2 = person.box_xyxy_px
            # The head of somebody who stands: the middle of the top seventh.
            head = np.s_[
                int(max(y1, 0)) : int(y1 + (y2 - y1) / 7), int(x1 + 0.3 * (x2 - x1)) : int(x2 - 0.3 * (x2 - x1))
            ]
            sharp = [
                cv2.Laplacian(cv2.cvtColor(f.bgr[head], cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()
                for f in (first[0], copies[0])
            ]
            assert sharp[1] < 0.4 * sharp[0]
        assert after.source.has_audio
    assert "secret" in tags(clip) and "location" in tags(clip)
    assert "secret" not in tags(out)
    assert not [line for line in tags(out).splitlines() if "=" in line and not line.startswith(PLAIN_TAGS)]
    assert note.original_sha256 == analysis.source.sha256
    assert note.copy_sha256 == media.sha256_of(out)
    assert note.coverage.frames == note.coverage.frames_looked_at == len(TIMES)
    assert note.coverage.frames_uncovered == 0 and note.coverage.heads_seen > 0
    told = json.loads((tmp_path / "share.mp4.json").read_text("utf-8"))
    assert told["copy_sha256"] == note.copy_sha256
    text = (tmp_path / "share.mp4.txt").read_text("utf-8")
    assert note.copy_sha256 in text and "menonton" in text and "watch this copy" in text
    with pytest.raises(OutputError, match="exists already"):
        redact.redact(clip, out, analysis)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["share.mp4", "share.mp4.json", "share.mp4.txt"]


def test_what_the_detector_missed_is_bridged_held_and_reported(analysis: Analysis) -> None:
    frames = refs(100)
    found = tuple(
        Detection(frame, (50.0 + frame.index, 60.0, 90.0 + frame.index, 180.0), "person", 0.9)
        for frame in frames
        if 10 <= frame.index < 20 or 40 <= frame.index < 50
    )
    looked = {frame.index for frame in frames}
    chosen = redact.RedactSettings()
    covers, alone, kept = redact.plan_covers(frames, found, looked, replace(analysis, shots=()), chosen)
    told = redact._coverage(frames, covers, looked, found, (alone, kept), 0)
    assert all(covers[n] for n in range(65)), "0.8 s without a box is bridged, 0.6 s after the last one is held"
    assert told.frames_without_people == 80 and told.heads_seen == 20 and told.heads_bridged == 20
    assert told.heads_held == 10 + 15
    assert told.frames_uncovered == 35 and told.uncovered_spans == ((2.6, 3.96),)
    width = [covers[n][0].box_xyxy_px[2] - covers[n][0].box_xyxy_px[0] for n in (19, 25, 30)]
    assert width[0] < width[1] < width[2], "it grows with the time since somebody was seen"
    assert told.boxes_alone == told.kept_boxes == 0


def test_a_kept_person_stays_bare_and_the_sound_goes(clip: Path, analysis: Analysis, tmp_path: Path) -> None:
    kept = max(analysis.persons, key=lambda p: sum(len(t.detections) for t in analysis.tracks if t.id in p.tracks))
    note = redact.redact(clip, tmp_path / "a.mp4", analysis, redact.RedactSettings(keep=(kept.id,), mute=True))
    assert note.coverage.kept_boxes >= len(TIMES) // 2
    assert note.sound == "dropped"
    with media.open_clip(tmp_path / "a.mp4") as copy:
        assert not copy.source.has_audio
    with pytest.raises(UsageError, match="p99"):
        redact.redact(clip, tmp_path / "b.mp4", analysis, redact.RedactSettings(keep=("p99",)))
    with pytest.raises(UsageError, match=r"\.mp4"):
        redact.redact(clip, tmp_path / "b.avi", analysis)
    assert not (tmp_path / "b.mp4").exists()


def test_a_report_can_be_made_without_recognisable_people(
    clip: Path, analysis: Analysis, pixels: KeptPixels, tmp_path: Path
) -> None:
    bare = case.write_case(analysis, clip, tmp_path / "bare", lang="en")
    # Pixels that the analysis kept show heads: with covers none of them may be used.
    shown = analysis.persons[0].best_shots[0]
    edges = boxes.whole_pixels(shown.box_xyxy_px, analysis.source.width_px, analysis.source.height_px)
    assert pixels.find(shown.frame.index, edges) is not None
    folder = case.write_case(analysis, clip, tmp_path / "covered", lang="en", cover_heads="auto", pixels=pixels)
    assert pixels.find(shown.frame.index, edges) is None  # given back
    assert case.read_case(folder).heads_covered and not case.read_case(bare).heads_covered
    for person in case.read_case(folder).persons:
        for crop in person.best_shots:
            assert crop.media is not None
            pictures = [cv2.imread(str(root / crop.media), cv2.IMREAD_GRAYSCALE) for root in (bare, folder)]
            assert pictures[0] is not None and pictures[1] is not None
            height, width = pictures[0].shape
            head = np.s_[: height // 7, width // 3 : 2 * width // 3]
            before, after = (cv2.Laplacian(picture[head], cv2.CV_64F).var() for picture in pictures)
            assert after < 0.5 * before
    assert "Report without faces" in (folder / "report.html").read_text("utf-8")
    sheet = cv2.imread(str(bare / "media" / f"{analysis.persons[0].id}-sheet.jpg"))
    assert sheet is not None and sheet.shape[1] > 2 * 104
    page = (bare / "report.html").read_text("utf-8")
    assert "Where in the picture" in page and "Contact sheet" in page


def test_an_analysis_makes_a_report_with_covered_heads_from_the_command_line(tmp_path: Path) -> None:
    clip = street(tmp_path / "short.mp4", TIMES[:2])
    call = ["analyze", str(clip), "-o", str(tmp_path), "--redact", "--lang", "en", "-q"]
    result = CliRunner().invoke(cli, call, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    folder = tmp_path / case.folder_name(clip.name)
    saved = case.read_case(folder)
    assert saved.heads_covered and saved.persons
    assert not list(folder.rglob("*.mp4"))
    page = (folder / "report.html").read_text("utf-8")
    assert "Report without faces" in page and "a human must check every picture" in page
    manifest = (folder / "manifest.json").read_text("utf-8")
    assert media.sha256_of(folder / "report.html") in manifest and saved.source.sha256 in manifest


def test_the_command_line_says_what_the_copy_rests_on(clip: Path, tmp_path: Path) -> None:
    call = ["redact", str(clip), "-o", str(tmp_path / "x.mp4"), "--fill", "--mute", "--lang", "en", "-q"]
    result = CliRunner().invoke(cli, call, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "nobody detected in 0" in result.output and "watch this copy" in " ".join(result.output.split())
    result = CliRunner().invoke(cli, ["analyze", str(clip), "-o", str(tmp_path), "--redact", "--with-clip"])
    assert isinstance(result.exception, UsageError)
