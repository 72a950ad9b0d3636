"""Small whole clips and photos of every kind that is fuzzed: what a mutation starts from.

Everything is rendered by ffmpeg and Pillow; each seed is a fraction of a second at 96 x 64 or so, so that thousands of
mutants can be decoded in minutes.
"""

from __future__ import annotations

import io
import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from vidcheck import media

PICTURE = "testsrc2=size=96x64:rate=25:duration=0.6"
STAMP = ("-metadata", "creation_time=2026-01-12T02:15:00Z", "-metadata", "title=rapat \U0001f399")


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(
        [media.ffmpeg_binary(), "-nostdin", "-y", "-loglevel", "error", "-bitexact", *arguments],
        check=True,
        timeout=120,
    )


def _lavfi(source: str = PICTURE) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source)


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

# name -> ffmpeg arguments between the program and the file that it writes
CLIPS: dict[str, tuple[str, ...]] = {
    "h264.mp4": (*_lavfi(), *H264, *STAMP),
    "h264-faststart.mp4": (*_lavfi(), *H264, "-movflags", "+faststart", *STAMP),
    "fragmented.mp4": (*_lavfi(), *H264, "-movflags", "frag_keyframe+empty_moov", "-g", "5"),
    "b-frames.mov": (*_lavfi(), "-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p", *STAMP),
    "sound.mp4": (*_lavfi(), *_lavfi("sine=duration=0.6"), *H264, "-c:a", "aac", "-shortest"),
    "hevc.mp4": (*_lavfi(), "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"),
    "hevc-10-bit.mp4": (*_lavfi(), "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none"),
    "h264-10-bit.mkv": (*_lavfi(), "-c:v", "libx264", "-pix_fmt", "yuv422p10le"),
    "h264-444.mkv": (*_lavfi(), "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "interlaced.mp4": (*_lavfi(), "-vf", "interlace", "-flags", "+ildct+ilme", *H264),
    "interlaced.mpg": (*_lavfi(), "-c:v", "mpeg2video", "-flags", "+ildct+ilme"),
    "odd-size.mkv": (*_lavfi(), "-vf", "scale=97:61,setsar=1", "-c:v", "ffv1"),
    "odd-size.webm": (*_lavfi(), "-vf", "scale=97:61,setsar=1", "-c:v", "libvpx", "-b:v", "200k"),
    "one-pixel.mkv": (*_lavfi("color=red:size=1x1:rate=25:duration=0.2"), "-c:v", "ffv1"),
    "strip.mkv": (*_lavfi("testsrc2=size=700x2:rate=25:duration=0.2"), "-c:v", "ffv1"),
    "alpha.webm": (*_lavfi(), "-vf", "format=yuva420p", "-c:v", "libvpx-vp9", "-b:v", "200k"),
    "alpha.mov": (*_lavfi(), "-c:v", "qtrle", "-pix_fmt", "argb"),
    "prores.mov": (*_lavfi(), "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"),
    "vp9.webm": (*_lavfi(), "-c:v", "libvpx-vp9", "-b:v", "200k"),
    "av1.mp4": (*_lavfi("testsrc2=size=96x64:rate=25:duration=0.3"), "-c:v", "libaom-av1", "-cpu-used", "8"),
    "mpeg4.avi": (*_lavfi(), "-c:v", "mpeg4"),
    "mjpeg.avi": (*_lavfi(), "-c:v", "mjpeg"),
    "h263.3gp": (*_lavfi("testsrc2=size=176x144:rate=15:duration=0.5"), "-c:v", "h263"),
    "flv1.flv": (*_lavfi(), "-c:v", "flv1"),
    "wmv.wmv": (*_lavfi(), "-c:v", "wmv2"),
    "mpeg2.ts": (*_lavfi(), "-c:v", "mpeg2video"),
    "h264.ts": (*_lavfi(), *H264),
    "theora.ogv": (*_lavfi(), "-c:v", "libtheora"),
    "moving.gif": (*_lavfi(), "-pix_fmt", "rgb8"),
    "raw.h264": (*_lavfi(), *H264),
    "dv.mxf": (*_lavfi("testsrc2=size=720x576:rate=25:duration=0.12"), "-c:v", "mpeg2video"),
    "one-fps.mp4": (*_lavfi("testsrc2=size=96x64:rate=1:duration=6"), *H264),
    "240-fps.mp4": (*_lavfi("testsrc2=size=96x64:rate=240:duration=0.3"), *H264),
    "late-start.mp4": (*_lavfi(), *H264, "-output_ts_offset", "37000"),
    "timecode.mov": (*_lavfi(), *H264, "-timecode", "10:00:00:00"),
    "wide-pixels.mp4": (*_lavfi(), "-vf", "setsar=16/11", *H264),
    "two-pictures.mkv": (*_lavfi(), *_lavfi("testsrc=size=64x48:rate=10:duration=0.5"), "-map", "0", "-map", "1",
                         *H264),
    "subtitles.mkv": (*_lavfi(), "-f", "srt", "-i", "{srt}", *H264, "-c:s", "srt"),
    "tagged.mp4": (*_lavfi(), *H264, "-movflags", "use_metadata_tags", "-metadata",
                   "location=-3.3194+114.5908/", "-metadata", "comment=<script>\x1b[31m"),
}  # fmt: skip


# A SimpleBlock of Matroska on track 1: id, size, track, time relative to its cluster (signed), flags
_BLOCK = re.compile(rb"(\xa3(?:[\x81-\xfe]|[\x40-\x7f].|[\x20-\x3f]..)\x81)(..)([\x00\x80])", re.DOTALL)


def _earlier(block: re.Match[bytes]) -> bytes:
    time_ms = max(-32768, struct.unpack(">h", block[2])[0] - 400)
    return block[1] + struct.pack(">h", time_ms) + block[3]


def _derived(folder: Path) -> Iterator[Path]:
    """What needs another seed to be made from."""
    plain = folder / "h264.mp4"
    for name, options in {
        "rotated-90.mp4": ("-display_rotation", "90"),
        "rotated-270-flipped.mp4": ("-display_rotation", "270", "-display_hflip"),
        "flipped.mp4": ("-display_vflip",),
    }.items():
        _ffmpeg(*options, "-i", str(plain), "-c", "copy", str(folder / name))
        yield folder / name
    cut = folder / "edit-list.mp4"  # copying from between key frames leaves an edit list
    _ffmpeg("-ss", "0.2", "-i", str(folder / "sound.mp4"), "-c", "copy", str(cut))
    yield cut
    cover, song = folder / "cover.jpg", folder / "cover-art.m4a"
    _ffmpeg(*_lavfi("testsrc2=size=96x64:duration=0.04"), "-frames:v", "1", str(cover))
    yield cover
    _ffmpeg(*_lavfi("sine=duration=0.5"), "-i", str(cover), "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "mjpeg",
            "-disposition:v:0", "attached_pic", str(song))  # fmt: skip
    yield song
    covered = folder / "clip-with-cover.mp4"
    _ffmpeg("-i", str(plain), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1",
            "attached_pic", str(covered))  # fmt: skip
    yield covered
    early = folder / "negative-times.mkv"
    _ffmpeg("-i", str(plain), "-c", "copy", str(early))
    early.write_bytes(_BLOCK.sub(_earlier, early.read_bytes()))
    yield early
    other = folder / "other-size.ts"
    _ffmpeg(*_lavfi("testsrc2=size=160x90:rate=25:duration=0.4"), *H264, str(other))
    for name in ("size-changes.ts", "size-changes-again.ts"):
        parts = [folder / "h264.ts", other] + ([folder / "h264.ts"] if "again" in name else [])
        (folder / name).write_bytes(b"".join(part.read_bytes() for part in parts))
        yield folder / name
    bare = folder / "joined.h264"
    _ffmpeg(*_lavfi("testsrc2=size=128x96:rate=25:duration=0.3"), *H264, str(bare))
    bare.write_bytes((folder / "raw.h264").read_bytes() + bare.read_bytes())
    yield bare


def _picture(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    width, height = size
    rng = np.random.default_rng(7)
    small = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[274], exif[306], exif[271] = 7, "2026:01:12 10:15:00", "Kamera"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:12 10:14:59"
    exif.get_ifd(0x8825).update({1: "S", 2: (3.0, 19.0, 30.0), 3: "E", 4: (114.0, 35.0, 0.0), 7: (2.0, 15.0, 0.0)})
    return exif


def _photos() -> dict[str, Callable[[], bytes]]:
    from pillow_heif import register_heif_opener

    register_heif_opener()

    def saved(image: Image.Image, kind: str, **options: object) -> bytes:
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    frames = [_picture().rotate(20 * turn) for turn in range(4)]
    deep = Image.fromarray(np.asarray(_picture(mode="L")).astype(np.uint16) * 257)
    return {
        "exif.jpg": lambda: saved(_picture(), "JPEG", exif=_exif()),
        "progressive.jpg": lambda: saved(_picture((97, 61)), "JPEG", progressive=True, quality=60),
        "cmyk.jpg": lambda: saved(_picture(mode="CMYK"), "JPEG"),
        "grey.jpg": lambda: saved(_picture(mode="L"), "JPEG"),
        "mpo.jpg": lambda: saved(_picture(), "MPO", save_all=True, append_images=[_picture((48, 32))]),
        "plain.png": lambda: saved(_picture(), "PNG", exif=_exif()),
        "alpha.png": lambda: saved(_picture(mode="RGBA"), "PNG"),
        "palette.png": lambda: saved(_picture(mode="P"), "PNG", transparency=3),
        "16-bit.png": lambda: saved(deep, "PNG"),
        "moving.png": lambda: saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=120),
        "lossy.webp": lambda: saved(_picture(), "WEBP", exif=_exif()),
        "alpha.webp": lambda: saved(_picture(mode="RGBA"), "WEBP", lossless=True),
        "moving.webp": lambda: saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80),
        "photo.heic": lambda: saved(_picture(), "HEIF", exif=_exif()),
        "photo.avif": lambda: saved(_picture(), "AVIF"),
        "lzw.tiff": lambda: saved(_picture(), "TIFF", compression="tiff_lzw"),
        "float.tiff": lambda: saved(_picture(mode="F"), "TIFF"),
        "jpeg.tiff": lambda: saved(_picture(), "TIFF", compression="jpeg"),
        "plain.bmp": lambda: saved(_picture(), "BMP"),
        "still.gif": lambda: saved(_picture(mode="P"), "GIF"),
    }


def make_seeds(folder: Path) -> list[Path]:
    """Write every seed that this ffmpeg and this Pillow can make, once, and return their paths in a fixed order."""
    done = folder / "complete.txt"
    if not done.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subtitles = folder / "lines.srt"
        subtitles.write_text("1\n00:00:00,000 --> 00:00:00,400\n{\\an8}<b>12 Januari 2026</b>\n", "utf-8")
        made: list[Path] = []
        for name, arguments in CLIPS.items():
            _ffmpeg(*(part.replace("{srt}", str(subtitles)) for part in arguments), str(folder / name))
            made.append(folder / name)
        made += _derived(folder)
        for name, photo in _photos().items():
            (folder / name).write_bytes(photo())
            made.append(folder / name)
        done.write_text("\n".join(path.name for path in made), "utf-8")
    return [folder / name for name in done.read_text("utf-8").splitlines()]
