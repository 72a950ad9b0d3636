"""Photos and animated pictures, behind the same interface as clips.

JPEG, PNG, WebP, HEIC, TIFF and BMP are read by Pillow (HEIC through pillow-heif), turned as their EXIF
orientation says. An animated GIF goes to the video decoder; animated WebP and PNG are read here, frame by frame,
with the times that the file gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidcheck import media
from vidcheck.errors import NotMedia, TooLarge
from vidcheck.types import DecodeError, FrameRef, Source

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

    from vidcheck.media import U8, Clip, Limits

_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")
# EXIF orientation -> clockwise degrees that bring the stored picture upright (TIFF 6.0, tag 274)
_ROTATION_DEG = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}


def open_picture(path: Path, limits: Limits) -> Clip | None:
    """Open ``path`` as a photo or animated picture; return None where it is none (a clip, or nothing at all).

    Raises
    ------
    NotMedia
        A picture that cannot be decoded at all.
    TooLarge
        A picture over the limits.
    """
    from PIL import Image, UnidentifiedImageError

    _register_heic()
    # Our own limit is checked below; Pillow's warns on sizes that phones reach.
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    try:
        image = Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, ImportError):
        return None
    width, height = image.size
    frame_count = int(getattr(image, "n_frames", 1) or 1)
    if image.format == "GIF" and frame_count > 1:
        image.close()
        return None
    if not width or not height:
        image.close()
        raise NotMedia(f"{path}: the picture has no size (0 x 0).")
    if max(width, height) > limits.max_side_px * 4 or width * height > limits.max_pixels:
        image.close()
        raise TooLarge(f"{path}: {width} x {height} pixels are over the limit.")
    # A Multi Picture Object holds one photo and its depth map or preview: the first frame is the photo.
    animated = frame_count > 1 and image.format in ("WEBP", "PNG")
    return PictureClip(path, image, frame_count if animated else 1)


def _register_heic() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:  # without the plug-in a HEIC photo is "not readable", everything else works
        return
    register_heif_opener()


class PictureClip(media.Clip):
    """A photo (one frame at time 0) or an animated picture (times in milliseconds)."""

    def __init__(self, path: Path, image: Image, frame_count: int) -> None:
        self._image = image
        self._frame_count = frame_count
        self._lost: list[DecodeError] = []
        self._first = self._load(0)
        exif = image.getexif()
        orientation = int(exif.get(274, 1) or 1)
        height, width = self._first.shape[:2]
        super().__init__(
            path,
            Source(
                path=path.name,
                sha256=media.sha256_of(path),
                size_bytes=path.stat().st_size,
                kind="image" if frame_count == 1 else "video",
                container=str(image.format),
                codec=str(image.format).lower(),
                width_px=width,
                height_px=height,
                rotation_deg=_ROTATION_DEG.get(orientation, 0),
                time_base="1/1000",
                start_pts=0,
                duration_s=0.0,
                duration_declared_s=None,
                frames_decoded=0,
                pts_origin="photo" if frame_count == 1 else "container",
                has_audio=False,
                tags=read_tags(image, exif),
            ),
        )

    def _load(self, index: int) -> U8:
        """Decode one frame upright as BGR, keeping what can be had of a damaged picture."""
        from PIL import ImageFile, ImageOps

        if self._frame_count > 1:
            self._image.seek(index)
        try:
            self._image.load()
        except (OSError, SyntaxError, ValueError, EOFError) as strict:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                self._image.load()
            except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
                name = getattr(self._image, "filename", "the photo")
                raise NotMedia(f"{name} cannot be decoded ({error}).") from error
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False
            self._lost.append(DecodeError(0.0, f"the picture is damaged, part of it is missing: {strict}"[:160]))
        rgb = np.asarray(_to_rgb(ImageOps.exif_transpose(self._image)))
        return np.ascontiguousarray(rgb[:, :, ::-1])

    def _frame(self, index: int, pts: int) -> media.Frame:
        picture = self._first if index == 0 else self._load(index)

        def gray(width: int | None) -> U8:
            import cv2

            luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            if width is not None:
                height = max(1, round(luma.shape[0] * width / luma.shape[1]))
                luma = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
            return np.asarray(luma, dtype=np.uint8)

        return media.Frame(FrameRef(index, pts, pts / 1000), lambda: picture, gray)

    def frames(self) -> Iterator[media.Frame]:
        """Decode every frame; see :meth:`vidcheck.media.Clip.frames`."""
        pts = 0
        for index in range(self._frame_count):
            try:
                frame = self._frame(index, pts)
            except NotMedia as error:
                self._lost.append(DecodeError(pts / 1000, error.message))
                break
            yield frame
            if self._frame_count > 1:
                pts += int(self._image.info.get("duration", 100) or 100)
            self.source = replace(self.source, frames_decoded=index + 1, duration_s=pts / 1000)
        self.source = replace(self.source, decode_errors=tuple(self._lost))

    def read(self, refs: Iterable[FrameRef]) -> Iterator[media.Frame]:
        """Decode just these frames; see :meth:`vidcheck.media.Clip.read`."""
        for ref in sorted({ref.index: ref for ref in refs}.values(), key=lambda ref: ref.index):
            yield self._frame(ref.index, ref.pts)

    def close(self) -> None:
        """Close the file."""
        self._image.close()


def _to_rgb(image: Image) -> Image:
    """Flatten transparency on white, as a viewer shows it, and bring 16-bit luma to 8 bits."""
    from PIL import Image as PillowImage

    if image.mode in ("I;16", "I;16B", "I", "F"):
        values = np.asarray(image, dtype=np.float64)
        span = 65535.0 if values.max() > 255 else 255.0
        return PillowImage.fromarray((values / span * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = PillowImage.new("RGBA", rgba.size, (255, 255, 255, 255))
        return PillowImage.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("RGB")


def read_tags(image: Image, exif: Exif) -> dict[str, dict[str, str]]:
    """Return EXIF, GPS and XMP tags as strings under their standard names.

    Coordinates become signed decimal degrees, GPS time ``HH:MM:SS``; everything else is kept as written.
    """
    from PIL import ExifTags

    tags: dict[str, dict[str, str]] = {}
    try:
        main = {ExifTags.TAGS.get(k, f"0x{k:04x}"): v for k, v in exif.items()}
        main |= {ExifTags.TAGS.get(k, f"0x{k:04x}"): v for k, v in exif.get_ifd(ExifTags.IFD.Exif).items()}
        gps = {ExifTags.GPSTAGS.get(k, f"0x{k:04x}"): v for k, v in exif.get_ifd(ExifTags.IFD.GPSInfo).items()}
    except (OSError, ValueError, KeyError, TypeError, SyntaxError) as error:
        return {"exif": {"unreadable": str(error)[:120]}}
    if texts := {name: _text(value) for name, value in main.items() if name not in ("ExifOffset", "GPSInfo")}:
        tags["exif"] = texts
    if gps:
        tags["gps"] = {name: _gps_text(name, value, gps) for name, value in gps.items()}
    xmp = image.info.get("xmp")
    if isinstance(xmp, bytes) and xmp:
        tags["xmp"] = {"packet": xmp.decode("utf-8", "replace")[:20_000]}
    return tags


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        text = value.strip(b"\0 ").decode("utf-8", "replace")
        return text if text.isprintable() and len(text) <= 500 else f"({len(value)} bytes)"
    return str(value).strip("\0 ")[:500]


def _gps_text(name: str, value: Any, gps: dict[str, Any]) -> str:
    try:
        if name in ("GPSLatitude", "GPSLongitude"):
            degrees, minutes, seconds = (float(part) for part in value)
            sign = -1 if str(gps.get(f"{name}Ref", "")).strip("\0 ").upper() in ("S", "W") else 1
            return f"{sign * (degrees + minutes / 60 + seconds / 3600):.6f}"
        if name == "GPSTimeStamp":
            hours, minutes, seconds = (float(part) for part in value)
            return f"{int(hours):02d}:{int(minutes):02d}:{int(seconds):02d}"
    except (TypeError, ValueError, ZeroDivisionError):
        pass
    return _text(value)
