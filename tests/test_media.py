"""Opening, probing and decoding, on files of every kind that investigators get."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from tests import media as make
from vidcheck import media
from vidcheck.errors import NoPicture, NotFound, NotMedia, TooLarge
from vidcheck.timeline import Timeline
from vidcheck.types import FrameRef


def refs_of(path: Path) -> tuple[media.Clip, list[FrameRef]]:
    clip = media.open_clip(path)
    return clip, [frame.ref for frame in clip.frames()]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi", "3gp", "gif"])
def test_every_container_is_decoded_frame_by_frame(tmp_path: Path, ending: str) -> None:
    options = {
        "webm": {"vcodec": "libvpx", "b:v": "1M"},
        "avi": {"vcodec": "mpeg4"},
        "gif": {"pix_fmt": "rgb8"},
    }
    path = make.moving_clip(tmp_path / f"clip.{ending}", (10, 10), options=options.get(ending))
    clip, refs = refs_of(path)
    with clip:
        assert clip.source.kind == "video"
        assert clip.source.frames_decoded == len(refs) == 20
        assert (clip.source.width_px, clip.source.height_px) == (320, 180)
        assert clip.source.duration_s == pytest.approx(0.8, abs=0.05)
        assert clip.source.decode_errors == ()
        assert [ref.index for ref in refs] == list(range(20))
        assert refs[5].time_s == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "heic"])
def test_every_photo_format_is_one_frame(tmp_path: Path, ending: str) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    path = tmp_path / f"photo.{ending}"
    Image.fromarray(make.scene(1, mark=True)[:, :, ::-1]).save(path, quality=95)
    clip, refs = refs_of(path)
    with clip:
        assert clip.source.kind == "image"
        assert refs == [FrameRef(0, 0, 0.0)]
        (frame,) = clip.read(refs)
        assert frame.bgr.shape == (180, 320, 3)
        assert frame.gray.shape == (180, 320)
        blue, green, red = frame.bgr[20, 20].astype(int)
        assert red > 200 and blue < 60 and green < 60


def test_times_are_presentation_times_not_frame_numbers(tmp_path: Path) -> None:
    times = (0, 33, 66, 400, 433, 1900, 1933)
    clip, refs = refs_of(make.variable_rate(tmp_path / "vfr.mp4", times))
    with clip:
        assert [round(ref.time_s * 1000) for ref in refs] == list(times)
        assert [f.ref for f in clip.read([refs[5], refs[3]])] == [refs[3], refs[5]]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied_and_stated(tmp_path: Path, degrees: int) -> None:
    plain = tmp_path / "plain.mp4"
    media.write_video(plain, [make.scene(3, mark=True)] * 5, fps=25)
    clip, refs = refs_of(make.rotated(tmp_path / "turned.mp4", plain, degrees))
    with clip:
        assert clip.source.rotation_deg == degrees
        (frame,) = clip.read(refs[:1])
        height, width = frame.bgr.shape[:2]
        assert (width, height) == ((180, 320) if degrees != 180 else (320, 180))
        assert frame.small_gray(90).shape[1] == 90
        # clockwise: the marked top left corner goes to the top right, the bottom right, the bottom left
        x, y = {90: (-10, 10), 180: (-10, -10), 270: (10, -10)}[degrees]
        blue, _, red = frame.bgr[y, x].astype(int)
        assert red > 180 and blue < 80


def test_mirrored_display_matrix(tmp_path: Path) -> None:
    import ffmpeg

    plain = tmp_path / "plain.mp4"
    media.write_video(plain, [make.scene(3, mark=True)] * 5, fps=25)
    flipped = tmp_path / "flipped.mp4"
    source = ffmpeg.input(str(plain), display_hflip=None)
    ffmpeg.output(source, str(flipped), c="copy").global_args("-loglevel", "error").run(cmd=media.ffmpeg_binary())
    clip, refs = refs_of(flipped)
    with clip:
        (frame,) = clip.read(refs[:1])
        blue, _, red = frame.bgr[10, -10].astype(int)
        assert red > 180 and blue < 80


def test_exif_orientation_and_tags(tmp_path: Path) -> None:
    image = Image.fromarray(make.scene(3, mark=True)[:, :, ::-1])
    exif = Image.Exif()
    exif[274] = 6  # show turned 90 degrees clockwise
    exif[306] = "2026:01:12 10:15:00"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:12 10:14:59"
    exif.get_ifd(0x8825).update({1: "S", 2: (3.0, 19.0, 30.0), 3: "E", 4: (114.0, 35.0, 0.0)})
    image.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    clip, refs = refs_of(tmp_path / "turned.jpg")
    with clip:
        assert (clip.source.width_px, clip.source.height_px, clip.source.rotation_deg) == (180, 320, 90)
        (frame,) = clip.read(refs)
        assert frame.bgr[10, -10, 2] > 200
        assert clip.source.tags["exif"]["DateTimeOriginal"] == "2026:01:12 10:14:59"
        assert float(clip.source.tags["gps"]["GPSLatitude"]) == pytest.approx(-3.325)


def test_reading_single_frames_gives_the_frames_of_the_full_pass(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "clip.mp4", (120, 120))
    with media.open_clip(path) as clip:
        whole = {frame.ref.index: (frame.ref, frame.bgr.copy()) for frame in clip.frames()}
        wanted = [whole[i][0] for i in (239, 3, 118, 121, 3)]
        read = list(clip.read(wanted))
        assert [frame.ref.index for frame in read] == [3, 118, 121, 239]
        for frame in read:
            assert np.array_equal(frame.bgr, whole[frame.ref.index][1])


@pytest.mark.parametrize(
    ("size", "width"), [((640, 480), 80), ((960, 540), 320), ((720, 1280), 320), ((642, 360), 640), ((96, 64), 320)]
)
def test_small_luma_is_the_luma_of_the_picture(tmp_path: Path, size: tuple[int, int], width: int) -> None:
    path = tmp_path / "clip.mp4"
    noise = np.random.default_rng(3).integers(0, 255, (30, 40), np.uint8)
    picture = np.repeat(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)[:, :, None], 3, axis=2)
    media.write_video(path, [picture] * 3, fps=10, crf=5)
    with media.open_clip(path) as clip:
        frame = list(clip.frames())[1]
        shape = (width, round(size[1] * width / size[0]))
        how = cv2.INTER_AREA if width < size[0] else cv2.INTER_LINEAR
        picture = cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY)  # full range, as the luma has to be
        assert np.abs(frame.gray.astype(int) - picture).mean() < 2.0
        expected = cv2.resize(frame.gray, shape, interpolation=how).astype(int)
        small = frame.small_gray(width).astype(int)
        assert small.shape == expected.shape
        assert np.abs(small - expected).mean() < 1.0
        assert abs(float((small - expected).mean())) < 0.5


def test_a_scaled_picture_is_that_of_the_whole_one(tmp_path: Path) -> None:
    with media.open_clip(make.moving_clip(tmp_path / "clip.mp4", (12,))) as clip:
        for frame in clip.frames():
            scaled = frame.scaled_bgr(100, 60)  # asked for before the whole: it comes scaled from the decoder
            assert np.array_equal(scaled, cv2.resize(frame.bgr, (100, 60), interpolation=cv2.INTER_LINEAR))


def test_the_timeline_is_that_of_the_frames(tmp_path: Path) -> None:
    with media.open_clip(make.moving_clip(tmp_path / "clip.mp4", (12,))) as clip:
        refs = [frame.ref for frame in clip.frames()]
        timeline = clip.timeline()
        assert list(timeline) == refs
        assert timeline.between(refs[2].time_s, refs[5].time_s) == refs[2:6]
        assert timeline.from_time(refs[3].time_s - 0.001) == refs[3]
        assert timeline.from_time(refs[-1].time_s + 1) is None
        with pytest.raises(ValueError, match="does not follow"):
            timeline.add(refs[0])


def test_frames_that_nothing_is_built_on_are_left_out_without_changing_the_others(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    noise = np.random.default_rng(5).integers(0, 255, (30, 40, 3), np.uint8)
    wide = np.asarray(cv2.resize(noise, (800, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    media.write_video(path, (wide[k : k + 240, 3 * k : 3 * k + 320] for k in range(60)), fps=25)
    with media.open_clip(path) as clip:
        every = {frame.ref.index: frame.bgr for frame in clip.frames()}
        refs = [ref for ref in clip.timeline() if ref.index % 7 == 3]
        some = {frame.ref.index: frame.bgr for frame in clip.read(refs)}
    assert list(some) == [ref.index for ref in refs]
    assert all(np.array_equal(some[index], every[index]) for index in some)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_a_seek_to_the_key_frame_before_gives_the_frames_of_the_full_pass(tmp_path: Path, ending: str) -> None:
    noise = np.random.default_rng(6).integers(0, 255, (30, 40, 3), np.uint8)
    wide = np.asarray(cv2.resize(noise, (900, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    path = tmp_path / f"clip.{ending}"
    with av.open(str(path), "w") as out:
        codec = "mpeg4" if ending == "avi" else "libx264"
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"  # type: ignore[attr-defined]
        stream.codec_context.gop_size = 20  # type: ignore[attr-defined]
        for k in range(130):
            picture = np.ascontiguousarray(wide[k : k + 240, 3 * k : 3 * k + 320])
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))  # type: ignore[attr-defined]
        out.mux(stream.encode(None))  # type: ignore[attr-defined]
    with media.open_clip(path) as clip:
        every = {frame.ref.index: frame.bgr for frame in clip.frames()}
        timeline = clip.timeline()
        keys = [ref.index for ref in timeline if timeline.since_key_s(ref) == 0.0]
        assert len(keys) >= 6 and keys[0] == 0
        for indices in ([0, 39, 41, 77, 78, 129], keys, [key + 1 for key in keys], [128], [20, 21, 59, 60, 61, 100]):
            wanted = [timeline[n] for n in indices]
            read = {frame.ref.index: frame.bgr for frame in clip.read(wanted)}
            assert list(read) == indices
            assert all(np.array_equal(read[n], every[n]) for n in indices)


def test_the_timeline_knows_key_frames() -> None:
    timeline = Timeline()
    for n in range(100):
        timeline.add(FrameRef(n, n, n / 10), is_key=n in (0, 40, 70))
    near = timeline.key_near(4.3, 1.0)
    assert near is not None and near.index == 40
    assert timeline.key_near(5.6, 1.0) is None
    last = timeline.key_near(50.0, 60.0)
    assert last is not None and last.index == 70
    assert timeline.since_key_s(timeline[45]) == pytest.approx(0.5)
    assert timeline.since_key_s(timeline[70]) == 0.0
    assert Timeline([FrameRef(0, 0, 0.0)]).since_key_s(FrameRef(0, 0, 0.0)) == float("inf")


def test_parts_of_a_picture_come_from_the_decoder_as_from_the_picture(tmp_path: Path) -> None:
    boxes = [(10.4, 5.2, 60.0, 90.9), (-5.0, -5.0, 20.0, 20.0), (0.0, 0.0, 5000.0, 5000.0), (30.0, 30.0, 30.0, 50.0)]
    with media.open_clip(make.moving_clip(tmp_path / "clip.mp4", (12,))) as clip:
        for frame in clip.frames():
            parts = frame.cuts(boxes)  # asked for before the whole: they come from the decoder's process
            whole = frame.bgr
            assert np.array_equal(parts[0], whole[5:91, 10:60])
            assert np.array_equal(parts[1], whole[:20, :20])
            assert np.array_equal(parts[2], whole)
            assert parts[3].size == 0
            assert all(np.array_equal(a, b) for a, b in zip(parts, frame.cuts(boxes), strict=True))


def test_tags_and_hash(tmp_path: Path) -> None:
    import hashlib

    path = make.moving_clip(tmp_path / "clip.mp4", (5,), metadata={"creation_time": "2026-01-12T02:15:00Z"})
    with media.open_clip(path) as clip:
        assert clip.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert clip.source.tags["container"]["creation_time"].startswith("2026-01-12T02:15:00")


def test_the_original_is_never_written(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "clip.mp4", (5,))
    path.chmod(stat.S_IRUSR)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    clip, _ = refs_of(path)
    clip.close()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_clip_cut_off_is_analysed_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "clip.mp4", (150,), options={"movflags": "faststart", "g": "25"})
    data = path.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    clip, refs = refs_of(cut)
    with clip:
        assert 5 < len(refs) < 150
        assert clip.source.duration_declared_s == pytest.approx(6.0, abs=0.1)
        assert any("header states" in error.message for error in clip.source.decode_errors)


def test_a_damaged_middle_costs_only_the_middle(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "clip.mp4", (200,), options={"g": "10"})
    data = bytearray(path.read_bytes())
    start = len(data) // 2
    data[start : start + 2000] = os.urandom(2000)
    path.write_bytes(bytes(data))
    clip, refs = refs_of(path)
    with clip:
        assert len(refs) > 150
        assert clip.source.decode_errors


def test_a_photo_cut_off_is_shown_in_part(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jpg"
    cv2.imwrite(str(whole), make.scene(5, (640, 480)))
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip, refs = refs_of(cut)
    with clip:
        assert len(refs) == 1
        assert "damaged" in clip.source.decode_errors[0].message


def test_one_frame_clip(tmp_path: Path) -> None:
    clip, refs = refs_of(make.moving_clip(tmp_path / "one.mp4", (1,)))
    with clip:
        assert len(refs) == 1
        assert clip.source.duration_s == pytest.approx(0.04, abs=0.01)


def test_animated_webp(tmp_path: Path) -> None:
    pictures = [Image.fromarray(make.scene(i)[:, :, ::-1]) for i in range(4)]
    path = tmp_path / "moving.webp"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200, lossless=True)
    clip, refs = refs_of(path)
    with clip:
        assert clip.source.kind == "video"
        assert [ref.time_s for ref in refs] == pytest.approx([0.0, 0.2, 0.4, 0.6])


def test_a_picture_with_wide_pixels_is_shown_in_its_true_shape(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "cctv.mp4", (5,), options={"vf": "setsar=2/1"})
    with media.open_clip(path) as clip:
        assert (clip.source.width_px, clip.source.height_px) == (640, 180)
        assert next(clip.frames()).bgr.shape == (180, 640, 3)


def bad_files(tmp_path: Path) -> dict[str, tuple[Path, type[Exception]]]:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    text = tmp_path / "text.mp4"
    text.write_text("this is no video\n" * 50)
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(os.urandom(5000))
    whole = make.moving_clip(tmp_path / "whole.mp4", (20,))
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(whole.read_bytes()[:-1500])
    return {
        "empty": (empty, NotMedia),
        "text": (text, NotMedia),
        "noise": (noise, NotMedia),
        "index cut off": (headless, NotMedia),
        "folder": (tmp_path, NotFound),
        "missing": (tmp_path / "absent.mp4", NotFound),
        "sound": (make.sound_only(tmp_path / "sound.m4a"), NoPicture),
    }


def test_bad_files_give_one_line_with_a_remedy(tmp_path: Path) -> None:
    for name, (path, expected) in bad_files(tmp_path).items():
        with pytest.raises(expected) as caught:
            media.open_clip(path)
        said = str(caught.value)
        assert "\n" not in said and len(said) > 20, name
        assert caught.value.exit_code == 3  # type: ignore[attr-defined]
        assert caught.value.remedy, name  # type: ignore[attr-defined]


def test_unreadable_file(tmp_path: Path) -> None:
    path = make.moving_clip(tmp_path / "clip.mp4", (2,))
    path.chmod(0)
    # root reads everything, so the reader steps down first where the tests run as root
    code = (
        "import os, sys\nfrom vidcheck import media, photo, video\n"
        "os.getuid() or os.seteuid(65534)\n"
        "try: media.open_clip(sys.argv[1])\n"
        "except media.Unreadable as error: print(error.exit_code, error)\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    result = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert result.stdout.startswith("3 ") and "Permission denied" in result.stdout, result.stderr


def test_absurd_dimensions_are_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (30000, 9000)).save(path)
    with pytest.raises(TooLarge):
        media.open_clip(path)
    with pytest.raises(TooLarge):
        media.open_clip(make.moving_clip(tmp_path / "clip.mp4", (2,)), media.Limits(max_side_px=100))


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    target = make.moving_clip(tmp_path / "target.mp4", (3,))
    for name, content in (
        ("list.m3u8", f"#EXTM3U\n#EXTINF:1,\n{target.name}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", f"ffconcat version 1.0\nfile '{target.name}'\n"),
        ("disguised.mp4", f"ffconcat version 1.0\nfile '{target.name}'\n"),
    ):
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(NotMedia):
            media.open_clip(path)


def test_pictures_without_a_size_are_refused(tmp_path: Path) -> None:
    png = tmp_path / "zero.png"
    cv2.imwrite(str(png), make.scene(1))
    data = bytearray(png.read_bytes())
    data[16:24] = bytes(8)  # width and height of the header chunk
    png.write_bytes(bytes(data))
    clip = make.moving_clip(tmp_path / "zero.avi", (5,), options={"vcodec": "mjpeg"})
    whole = bytearray(clip.read_bytes())
    header = whole.index(b"strf") + 8  # BITMAPINFOHEADER: size, width, height
    whole[header + 4 : header + 12] = bytes(8)
    frame = whole.index(b"\xff\xc0")  # the baseline JPEG frame header of the first picture: height, width
    while frame != -1:
        whole[frame + 5 : frame + 9] = bytes(4)
        frame = whole.find(b"\xff\xc0", frame + 9)
    clip.write_bytes(bytes(whole))
    for path in (png, clip):
        with pytest.raises(NotMedia) as caught:
            media.open_clip(path)
        assert "\n" not in str(caught.value)
