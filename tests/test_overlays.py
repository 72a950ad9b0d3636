"""Texts of a clip: the schedule, following, voting, kinds, the engine's manners, and real reading end to end.

The clips are rendered: drawn texture, printed clocks. Nothing here needs the data folder or the network.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from vidcheck import media, overlays, text_kinds, text_schedule, text_tracking
from vidcheck.clues._stamps import find_stamps
from vidcheck.errors import DependencyError
from vidcheck.overlays import Line, OcrEngine, OverlaySettings, engine, read_overlays
from vidcheck.spilling import SpilledRecords
from vidcheck.text_tracking import TextTrack
from vidcheck.types import Box, FrameRef, Shot, TextReading

U8 = npt.NDArray[np.uint8]
RATE = 12
START = datetime(2025, 12, 23, 10, 15, 22)


def frame(index: int) -> FrameRef:
    return FrameRef(index, index * 100, index / 10)


def reading(index: int, text: str, box: Box = (10, 10, 200, 30), confidence: float = 0.95) -> TextReading:
    return TextReading(frame(index), box, text, confidence)


def shot(start: int, end: int, index: int = 0, kind: str = "moving", repeats: int | None = None) -> Shot:
    return Shot(index, frame(start), frame(end), kind, 0.0, frame(start), 1.0, 0.5, repeats)  # type: ignore[arg-type]


def texture(width: int, height: int, seed: int = 1) -> U8:
    rough = np.random.default_rng(seed).integers(30, 160, (height // 12 + 1, width // 12 + 1, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def put(picture: U8, at: tuple[int, int], text: str, size: int = 20) -> U8:
    """Print as a recorder does: white with a dark edge."""
    image = Image.fromarray(picture[:, :, ::-1])
    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text(at, text, font=font, fill=(255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0))
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


# --- safe text ---------------------------------------------------------------------------------------------


@given(st.text(max_size=1200))
@settings(max_examples=200, deadline=None)
def test_shown_text_holds_nothing_that_acts(text: str) -> None:
    for shown in (text_tracking.safe_text(text), text_tracking.faithful_text(text)):
        assert all(
            unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or c in "\u200c\u200d"
            for c in shown
        )
        shown.encode("utf-8")


def test_shown_text_keeps_its_letters_and_states_what_was_cut() -> None:
    assert text_tracking.safe_text("مقهى ꦏꦥꦺ 喫茶") == "مقهى ꦏꦥꦺ 喫茶"
    assert text_tracking.safe_text("a\x1b[31mb\u202ec") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c"
    assert text_tracking.faithful_text("a\x1b[31mb\u202e") == "a\\x1b[31mb\\u202e"
    assert text_tracking.safe_text("<script>alert(1)</script>") == "<script>alert(1)</script>"
    assert text_tracking.safe_text("x" * 5000) == "x" * 500 + "… [+4500]"


# --- following and voting ----------------------------------------------------------------------------------


def test_one_blurred_frame_does_not_decide() -> None:
    right = "Dinas Perhubungan"
    readings = [reading(0, "Dinas Porhubungan", confidence=0.99), reading(1, right), reading(2, right),
                reading(3, "Dlnas Perhubungan"), reading(4, "Dinas Perhubunqan", confidence=0.97)]  # fmt: skip
    assert text_tracking.vote(readings)[0] == right


def test_no_two_frames_need_to_agree_on_the_whole_line() -> None:
    readings = [reading(0, "KANT0R CAMAT"), reading(1, "KANTOR CAHAT"), reading(2, "KANTOR CAMAI")]
    assert text_tracking.vote(readings)[0] == "KANTOR CAMAT"
    lost = [
        reading(0, "WARUNG KOPI"),
        reading(1, "WARUNG KOP"),
        reading(2, "WARUNG KOPI SENJA"),
        reading(3, "WARUNG KOPI"),
    ]
    assert text_tracking.vote(lost)[0] == "WARUNG KOPI"


def test_a_clock_runs_and_a_misread_digit_does_not() -> None:
    assert text_tracking.runs([reading(k, f"10:15:{22 + k // 2:02d}") for k in range(10)])
    assert text_tracking.runs([reading(k, "10:15" if k < 7 else "10:16") for k in range(10)])
    assert not text_tracking.runs([reading(k, "Blok 51" if k == 4 else "Blok 57") for k in range(10)])
    assert not text_tracking.runs([reading(k, "WARUNG") for k in range(10)])


def test_a_clock_keeps_its_place_and_a_sign_its_words() -> None:
    tracks: list[TextTrack] = []
    for k in range(6):
        x = 300.0 + 25 * k
        text_tracking.join(tracks, [
            (reading(k, f"23-12-2025 10:15:{22 + k}"), 0),
            (reading(k, "WARUNG KOPI", (x, 200, x + 150, 230)), 0),
            (reading(k, "Camera 01", (10, 400, 90, 420)), 0),
        ])  # fmt: skip
    assert sorted(len(t.readings) for t in tracks) == [6, 6, 6]
    assert [t.stays for t in tracks] == [True, False, True]


def test_the_same_words_with_other_numbers_on_the_next_slide_are_another_text() -> None:
    tracks: list[TextTrack] = []
    for k, (room, stamp) in enumerate([("Ruang 306", "22/03/22 10:24 AM"), ("Ruang 110", "14/03/22 12:02 PM")]):
        text_tracking.join(tracks, [(reading(k, room), k), (reading(k, stamp, (10, 40, 200, 60)), k)])
    assert len(tracks) == 4
    going_on: list[TextTrack] = []
    for k in range(4):
        text_tracking.join(
            going_on, [(reading(k, f"23-12-2025 10:15:{22 + k}"), k), (reading(k, "@kopi", (10, 40, 90, 60)), k)]
        )
    assert len(going_on) == 2


def test_parts_of_a_line_that_was_split_once_are_left_out() -> None:
    whole, part = TextTrack(), TextTrack()
    for k in range(4):
        whole.add(reading(k, "2015-05-07 8:08:31 AM", (10, 10, 300, 30)), 0)
    part.add(reading(4, "8:08:31 AM", (180, 10, 300, 30)), 0)
    assert text_tracking.drop_fragments([whole, part]) == [whole]


# --- the schedule --------------------------------------------------------------------------------------------


def scanned(pictures: list[U8]) -> list[text_schedule.Sample]:
    scanner = text_schedule.Scanner()
    return [
        scanner.add(FrameRef(k * 3, k * 300, k * 0.25), cv2.cvtColor(p, cv2.COLOR_BGR2GRAY))  # type: ignore[arg-type]
        for k, p in enumerate(pictures)
    ]


def plan(samples: list[text_schedule.Sample], shots: list[Shot], max_reads: int = 40) -> text_schedule.Plan:
    return text_schedule.plan_reads(samples, shots, max_reads=max_reads, every_s=5.0, min_gap_s=0.8)


def test_a_still_is_read_once_and_again_where_print_arrives() -> None:
    base = texture(640, 360)
    captioned = put(base, (200, 300), "23 Desember 2025 pukul 10.15", 24)
    still = [shot(0, 90, kind="still")]
    assert len(plan(scanned([base] * 24), still).reads) == 1
    arrived = plan(scanned([base] * 12 + [captioned] * 12), still)
    assert len(arrived.reads) == 2
    assert arrived.reads[1].index >= 12 * 3


def test_print_that_flashes_up_is_read_while_it_is_there() -> None:
    base = texture(640, 360)
    captioned = put(base, (200, 100), "UJIAN SUDAH SELESAI", 24)
    flash = plan(scanned([base] * 12 + [captioned] * 2 + [base] * 12), [shot(0, 90, kind="still")])
    assert any(12 * 3 <= ref.index < 14 * 3 for ref in flash.reads) and len(flash.reads) <= 3
    single = plan(scanned([base] * 12 + [captioned] + [base] * 12), [shot(0, 90, kind="still")])
    assert len(single.reads) == 1  # one sample alone is a quarter of a second: that is missed, and said to be


def test_moving_scenery_is_no_arrival() -> None:
    wide = texture(900, 360)
    moving = scanned([wide[:, 9 * k : 9 * k + 640].copy() for k in range(24)])
    assert len(plan(moving, [shot(0, 90)]).reads) <= 3


def test_black_is_not_read_and_a_budget_is_owned_up_to() -> None:
    samples = scanned([texture(320, 180, seed=k // 4) for k in range(40)])
    shots = [shot(12 * k, 12 * (k + 1), k, "still", repeats=0 if k == 9 else None) for k in range(10)]
    shots[3] = shot(36, 48, 3, "black")
    full = plan(samples, shots)
    assert full.cut == 0 and full.unread_shots == ()
    assert not any(36 <= ref.index < 48 for ref in full.reads)
    short = plan(samples, shots, max_reads=4)
    assert len(short.reads) == 4
    assert short.cut == full.wanted - 4
    assert len(short.unread_shots) == 5
    assert 9 in short.unread_shots  # a repeated picture waits behind new ones


def test_a_long_shot_is_sampled_all_along() -> None:
    bare, kept = np.zeros((4, 4), np.uint16), SpilledRecords(10_000)  # some of the samples lie in a file
    samples = [text_schedule.Sample.of(FrameRef(k, k, k * 0.25), 1.0, bare, bare, bare, kept) for k in range(2400)]
    chosen = plan(samples, [shot(0, 2400)], max_reads=9)
    gaps = np.diff([ref.time_s for ref in chosen.reads])
    assert len(chosen.reads) == 9
    assert gaps.max() <= 0.25 * 600


def test_edges_by_cell_are_those_of_scaling_by_area() -> None:
    luma = np.random.default_rng(5).integers(0, 256, (450, 800), dtype=np.uint8)
    scanner = text_schedule.Scanner()
    for k in range(4):
        sample = scanner.add(FrameRef(k, k, k * 0.25), luma)
    steps = (np.abs(np.diff(luma.astype(int), axis=1)) > 24).astype(np.float32)
    share = cv2.resize(steps, (49, 56), interpolation=cv2.INTER_AREA)
    assert sample.texture.shape == (56, 49)
    assert np.abs(sample.texture - share).max() < 1e-5
    assert np.array_equal(sample.standing, sample.texture)  # the fourth look at a picture that stands
    assert 0 < sample.flashed.sum() < sample.texture.sum()  # bold edges only


# --- kinds ---------------------------------------------------------------------------------------------------


def test_what_stands_while_the_scene_moves_is_burned_in() -> None:
    wide = put(texture(1100, 360), (420, 180), "WARUNG KOPI SENJA", 26)
    views = []
    for k in range(6):
        picture = put(wide[:, 12 * k : 12 * k + 640].copy(), (20, 20), "23-12-2025 10:15:22", 20)
        gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        views.append(text_kinds.View(gray, gray))
    stamp, sign = TextTrack(), TextTrack()
    for k in range(5):
        boxes: list[Box] = [(18, 20, 235, 46), (418 - 12 * k, 182, 700 - 12 * k, 212)]
        text_kinds.weigh_motion(views[k], views[k + 1], [stamp, sign], boxes)
    assert stamp.fixed >= 4 and stamp.moves == 0
    assert sign.moves >= 4 and sign.fixed == 0


def test_a_camera_that_stands_gives_no_evidence_of_motion() -> None:
    gray = np.asarray(cv2.cvtColor(put(texture(640, 360), (20, 20), "Camera 01"), cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    track = TextTrack()
    text_kinds.weigh_motion(text_kinds.View(gray, gray), text_kinds.View(gray, gray), [track], [(18, 20, 130, 46)])
    assert (track.fixed, track.moves) == (0, 0)


def kind_of(text: str, box: Box, *, size: tuple[int, int] = (480, 854), angle: float = 0.0, moves: int = 0) -> str:
    track = TextTrack(angle_deg=[angle], tone=[0.98], moves=moves)
    track.add(reading(0, text, box), 0)
    return text_kinds.decide_kinds([track], *size, [])[0]


@pytest.mark.parametrize(
    "text",
    [
        "LIVE",
        "1.234 penonton",
        "@kopi.senja_id",
        "Tambahkan komentar...",
        "Siaran langsung",
        "12,5 rb penonton",
    ],
)
def test_interface_words_are_interface(text: str) -> None:
    assert kind_of(text, (20, 400, 180, 420)) == "interface"


def test_a_handle_on_a_wall_that_moves_with_it_is_scene() -> None:
    assert kind_of("@kopi.senja_id", (120, 400, 280, 420), moves=5) == "scene"


def test_a_bare_time_at_the_top_of_a_phone_screen_is_interface() -> None:
    assert kind_of("10.15", (14, 6, 60, 24)) == "interface"
    assert kind_of("2025-12-23 10:15:22", (14, 6, 200, 24), size=(1280, 720)) == "overlay"


def test_a_slanted_line_in_the_middle_is_scene() -> None:
    assert kind_of("RUMAH MAKAN PADANG", (100, 300, 380, 380), angle=5.0) == "scene"


def test_what_outlives_a_cut_is_burned_in() -> None:
    track = TextTrack(angle_deg=[0, 0], tone=[0.5, 0.5])
    track.add(reading(0, "arsip keluarga", (150, 300, 330, 380)), 0)
    track.add(reading(50, "arsip keluarga", (150, 300, 330, 380)), 1)
    assert text_kinds.decide_kinds([track], 480, 854, [0, 1]) == ["overlay"]
    assert text_kinds.decide_kinds([track], 480, 854, [0, 0]) == ["scene"]


def test_a_watermark_that_jumps_between_corners_is_interface() -> None:
    track = TextTrack(angle_deg=[0.0] * 4, tone=[0.9] * 4)
    for k in range(4):
        y = 100.0 if k % 2 == 0 else 700.0
        track.add(reading(10 * k, "kopisenja", (20, y, 140, y + 18)), 0)
    assert text_kinds.decide_kinds([track], 480, 854, []) == ["interface"]


# --- the engine ------------------------------------------------------------------------------------------------


def test_a_missing_model_is_a_dependency_error_and_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "RECOGNISER", "PP-OCRv9_rec_none.onnx")
    with pytest.raises(DependencyError, match="missing from its package") as raised:
        OcrEngine(640, 1)
    assert "pip install" in raised.value.remedy


def test_a_wish_to_download_is_refused() -> None:
    from rapidocr.utils.download_file import DownloadFile

    original = DownloadFile.run
    with overlays._no_downloads(), pytest.raises(DependencyError, match="never"):
        DownloadFile.run(None)
    assert DownloadFile.run == original


def test_the_engine_is_silent_and_names_its_models(capfd: pytest.CaptureFixture[str]) -> None:
    reader = OcrEngine(overlays.OverlaySettings().detect_side_px, 2)
    assert reader.read(np.full((90, 160, 3), 128, dtype=np.uint8)) == []
    assert reader.read_regions([]) == []
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("RapidOCR").level == logging.CRITICAL
    assert len(reader.sha256) == 64 and reader.sha256 == overlays.engine().sha256


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc")
def test_a_lean_read_finds_the_same_with_far_less_memory(tmp_path: Path) -> None:
    code = """
import json, sys
from pathlib import Path
import numpy as np
from vidcheck.overlays import engine
picture = np.load(sys.argv[1])
found = []
for lean in (True, False):  # the lean one first: the figure is the most so far
    lines = engine().read(picture, 1920, lean)
    # Not ru_maxrss, which a process on Linux inherits from the one that started it.
    peak = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM"))
    most = int(peak.split()[1]) / 1024
    found.append([most, [[line.box, line.text, line.confidence] for line in lines]])
print(json.dumps(found))
"""
    picture = texture(1920, 1080)
    for row, text in enumerate(("WARUNG KOPI SENJA", "12-05-2025 10:31:07", "Jl. Anggrek No. 7")):
        picture = put(picture, (100 + 300 * row, 200 + 250 * row), text, 40)
    np.save(tmp_path / "picture.npy", picture)
    command = [sys.executable, "-c", code, str(tmp_path / "picture.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (lean_mib, lean), (plain_mib, plain) = json.loads(done.stdout)
    assert len(plain) >= 3
    assert [line[1] for line in lean] == [line[1] for line in plain]  # in 8 bits the boxes are a little different
    for ours, other in zip(lean, plain, strict=True):
        assert ours[0] == pytest.approx(other[0], abs=5)
        assert ours[2] == pytest.approx(other[2], abs=0.03)
    assert plain_mib - lean_mib > 150


@pytest.mark.parametrize("size_px", [(1920, 1080), (640, 360), (77, 50), (720, 1280)])
def test_a_picture_is_prepared_as_rapidocr_prepares_it(size_px: tuple[int, int]) -> None:
    from rapidocr.ch_ppocr_det.utils import DetPreProcess

    locator = engine()._locator
    picture = np.random.default_rng(1).integers(0, 256, (size_px[1], size_px[0], 3), dtype=np.uint8)
    own = DetPreProcess(locator.limit_side_len, locator.limit_type, locator.mean, locator.std)
    ours, theirs = locator.get_preprocess()(picture), own(picture)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)


# --- end to end --------------------------------------------------------------------------------------------------


def panning(seconds: float, run: float = 1.0) -> Iterator[U8]:
    wide = put(texture(1000, 270), (300, 140), "WARUNG KOPI", 30)
    for k in range(round(seconds * RATE)):
        t = k / RATE
        x, y = int(60 + 18 * t + 6 * np.sin(6 * t)), int(8 + 4 * np.sin(5 * t))
        picture = wide[y : y + 250, x : x + 480].copy()
        yield put(picture, (10, 8), f"{START + timedelta(seconds=0.3 + run * t):%d-%m-%Y %H:%M:%S}", 18)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "running.mp4"
    media.write_video(path, panning(5), fps=RATE)
    return path


def test_a_clip_is_read_with_few_frames_and_its_clock_exactly(running: Path) -> None:
    with media.open_clip(running) as clip:
        result = read_overlays(clip, ())
    clock = next(t for t in result.value if t.text.startswith("23-12-2025"))
    assert clock.text.replace(" ", "") == "23-12-202510:15:22"  # the engine may drop the space
    assert clock.kind == "overlay" and clock.changes
    stamp = next(s for s in find_stamps(result.value) if s.dates)
    assert stamp.ticks is not None and stamp.ticks.verdict == "true"
    for used in stamp.used:
        truth = (START + timedelta(seconds=0.3 + used.frame.time_s)).replace(microsecond=0)
        assert used.printed.moments() == (truth,)
    sign = next(t for t in result.value if "WARUNG" in t.text)
    assert sign.kind == "scene"
    assert result.stats["frames_total"] == 60
    assert 1 <= int(str(result.stats["frames_read"])) <= 6
    assert int(str(result.stats["regions_read"])) >= 6
    assert result.stats["frames_left_out"] == 0
    assert result.weights_sha256 is not None and len(result.weights_sha256) == 64


def test_a_budget_that_cuts_is_stated(running: Path) -> None:
    with media.open_clip(running) as clip:
        result = read_overlays(clip, (), OverlaySettings(max_full_reads=1, max_region_reads=3, every_s=1.0))
    assert result.stats["frames_read"] == 1
    assert int(str(result.stats["frames_left_out"])) >= 1
    assert int(str(result.stats["regions_read"])) <= 3
    assert int(str(result.stats["regions_left_out"])) >= 1


def test_a_photo_is_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "stamp.jpg"
    cv2.imwrite(str(path), put(texture(640, 360), (20, 320), "2025/12/23 10:15:22", 22))
    with media.open_clip(path) as clip:
        result = read_overlays(clip, ())
    assert [t.text for t in result.value] == ["2025/12/23 10:15:22"]
    assert result.stats["frames_read"] == result.stats["frames_total"] == 1


def test_small_print_on_a_large_picture_is_found(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), put(texture(1920, 1080), (40, 1000), "14-05-2025 02:44:26", 15))
    with media.open_clip(path) as clip:
        result = read_overlays(clip, ())
    assert [t.text.replace(" ", "") for t in result.value] == ["14-05-202502:44:26"]
    assert result.stats["frames_read_fine"] == 1


def test_a_picture_without_text_gives_none_and_says_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    cv2.imwrite(str(path), np.full((180, 320, 3), 90, dtype=np.uint8))
    with media.open_clip(path) as clip:
        result = read_overlays(clip, ())
    assert result.value == () and result.stats["frames_read"] == 1


def test_hostile_output_of_the_engine_is_stored_as_text(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attacks = ["<script>alert(1)</script>", "\x1b]0;title\x07\x1b[2J", "\u202emoc.live", "ꦲꦏꦱꦫ مقهى", "9" * 20_000,
               "=cmd|' /C calc'!A0", "a\x00b\r\nc"]  # fmt: skip

    def lines(self: OcrEngine, picture: U8, side_px: int | None = None, lean: bool = False) -> list[Line]:
        few = [Line((10, 30 * k + 5, 200, 30 * k + 25), 0.0, text, 0.99) for k, text in enumerate(attacks)]
        return few + [
            Line((k % 40 * 10, k // 40 * 9, k % 40 * 10 + 9, k // 40 * 9 + 8), 0.0, f"g{k}", 0.9) for k in range(500)
        ]

    monkeypatch.setattr(OcrEngine, "read", lines)
    monkeypatch.setattr(OcrEngine, "read_regions", lambda self, crops: [(attacks[1], 0.9)] * len(crops))
    with media.open_clip(running) as clip:
        result = read_overlays(clip, (), OverlaySettings(max_full_reads=1, max_region_reads=20))
    assert len(result.value) <= OverlaySettings().max_texts
    assert int(str(result.stats["texts_left_out"])) > 0
    for text in result.value:
        for shown in (text.text, text.text_raw, *(r.text_raw for r in text.readings)):
            assert len(shown) <= 1100
            assert shown.replace("\u200c", "").replace("\u200d", "").isprintable()


def test_the_engine_computes_alike_on_every_processor() -> None:
    engine = overlays.engine()
    if engine.runtime != "openvino":
        pytest.skip("the engine runs in ONNX Runtime, which keeps to full precision")
    locator = engine._locator.session
    for compiled in (
        engine._recogniser.session.session.get_compiled_model(),
        locator._session.session.get_compiled_model(),
        locator._compiled((1, 3, 64, 64)).get_compiled_model(),
    ):
        assert compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "f32"
