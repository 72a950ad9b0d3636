"""Photos and animated pictures, behind the same interface as clips.

JPEG, PNG, WebP, HEIC, TIFF and BMP are read by Pillow (HEIC through pillow-heif), turned as their EXIF
orientation says. An animated GIF goes to the video decoder; animated WebP and PNG are read here, frame by frame,
with the times that the file gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vidcheck import media
from vidcheck.errors import NotMedia, TooLarge
from vidcheck.limits import remedy
from vidcheck.types import DecodeError, FrameRef, Source

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

    from vidcheck.media import U8, Clip, Limits

_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")
# EXIF orientation -> clockwise degrees that bring the stored picture upright (TIFF 6.0, tag 274), and Pillow's word for
# all that has to be done, mirror images included
_ROTATION_DEG = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_UPRIGHT = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
            7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip
_STRIP_PX = 4_000_000  # converted at a time: a large photo is held once, not three times


def open_picture(path: Path, limits: Limits, sha256: str, descriptor: int | None = None) -> Clip | None:
    """Open a file as a photo or animated picture; return None where it is none (a clip, or nothing at all).

    Parameters as for :func:`vidcheck.media.open_here`.

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
    formats = [name for name in _FORMATS if name in Image.OPEN]

    def read() -> Image.Image:
        return Image.open(path if descriptor is None else media.reader(descriptor), formats=formats)

    try:
        image = read()
    except UnidentifiedImageError:
        return None
    except MemoryError:
        raise
    except Exception:  # a plug-in that stumbles over a header has not read it
        return None
    width, height = image.size
    frame_count = _frame_count(image)
    if image.format == "GIF" and frame_count > 1:
        image.close()
        return None
    if not width or not height:
        image.close()
        raise NotMedia(f"{path}: the picture has no size (0 x 0).")
    if max(width, height) > limits.max_side_px * 4 or width * height > limits.max_pixels:
        image.close()
        wide = width * height <= limits.max_pixels
        how = remedy("side", -(-max(width, height) // 4)) if wide else remedy("pixels", width * height)
        raise TooLarge(f"{path}: {width} x {height} pixels are over the limit.", how)
    # A Multi Picture Object holds one photo and its depth map or preview: the first frame is the photo.
    animated = frame_count > 1 and image.format in ("WEBP", "PNG")
    count = min(frame_count, int(limits.max_frames)) if animated else 1
    return PictureClip(path, image, count, sha256, read)


def _frame_count(image: Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1) or 1)
    except Exception:  # damaged behind the first frame
        return 1


def _register_heic() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:  # without the plug-in a HEIC photo is "not readable", everything else works
        return
    register_heif_opener()


class PictureClip(media.Clip):
    """A photo (one frame at time 0) or an animated picture (times in milliseconds)."""

    def __init__(self, path: Path, image: Image, frame_count: int, sha256: str, reopen: Callable[[], Image]) -> None:
        self._image, self._reopen = image, reopen
        self._frame_count = frame_count
        self._lost: list[DecodeError] = []
        self._name = path.name
        exif, tags = _read_exif(image)
        orientation = exif.get(274) if exif else None
        self._orientation = orientation if isinstance(orientation, int) else 1
        self._first = self._load(0)
        height, width = self._first.shape[:2]
        if frame_count == 1:
            image.close()  # its pixels are in `_first`
        super().__init__(
            path,
            Source(
                path=media.shown_name(path.name),
                sha256=sha256,
                size_bytes=path.stat().st_size,
                kind="image" if frame_count == 1 else "video",
                container=str(image.format),
                codec=str(image.format).lower(),
                width_px=width,
                height_px=height,
                rotation_deg=_ROTATION_DEG.get(self._orientation, 0),
                time_base="1/1000",
                start_pts=0,
                duration_s=0.0,
                duration_declared_s=None,
                frames_decoded=0,
                pts_origin="photo" if frame_count == 1 else "container",
                has_audio=False,
                tags=tags,
            ),
        )

    def _load(self, index: int) -> U8:
        """Decode one frame upright as BGR, keeping what can be had of a damaged picture."""
        from PIL import Image, ImageFile

        # Plug-ins raise whatever their parsers stumble over: OSError, SyntaxError, RuntimeError, struct.error ...
        if self._frame_count > 1:
            self._go_to(index)
        try:
            self._image.load()
        except MemoryError:
            raise
        except Exception as strict:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                self._image.load()
            except MemoryError:
                raise
            except Exception as error:
                raise NotMedia(f"{self._name} cannot be decoded ({_line(error)}).") from error
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False
            self._lost.append(DecodeError(0.0, f"the picture is damaged, part of it is missing: {strict}"[:160]))
        picture = self._image
        if self._orientation in _UPRIGHT:
            picture = picture.transpose(Image.Transpose[_UPRIGHT[self._orientation]])
        return _to_bgr(picture)

    def _go_to(self, index: int) -> None:
        """Go to a frame of an animation; after damage only a fresh start leads to the frames before it."""
        try:
            self._image.seek(index)
        except MemoryError:
            raise
        except Exception:
            self._image.close()
            self._image = self._reopen()
            try:
                self._image.seek(index)
            except Exception as error:
                raise NotMedia(f"{self._name}: frame {index} cannot be read ({_line(error)}).") from error

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
            try:
                frame = self._frame(ref.index, ref.pts)
            except NotMedia:  # damage that showed only now: a frame that cannot be had is left out
                continue
            yield frame

    def close(self) -> None:
        """Close the file."""
        self._image.close()


def _to_bgr(image: Image) -> U8:
    """Return the picture as uint8 of shape (height, width, 3), blue first, converted in strips."""
    width, height = image.size
    bgr = np.empty((height, width, 3), dtype=np.uint8)
    rows = max(1, _STRIP_PX // width)
    span = _luma_span(image)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        bgr[top : top + rows] = np.asarray(_to_rgb(strip, span))[:, :, ::-1]
    return bgr


def _luma_span(image: Image) -> float:
    """Largest value that luma of more than 8 bits is meant to have: 16 bits, unless no value needs more than 8."""
    if image.mode not in _DEEP:
        return 255.0
    _, most = image.getextrema()
    return 65535.0 if isinstance(most, int | float) and most > 255 else 255.0


def _to_rgb(image: Image, luma_span: float) -> Image:
    """Flatten transparency on white, as a viewer shows it, and bring 16-bit luma to 8 bits."""
    from PIL import Image as PillowImage

    if image.mode in _DEEP:
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        return PillowImage.fromarray((values / luma_span * 255).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = PillowImage.new("RGBA", rgba.size, (255, 255, 255, 255))
        return PillowImage.alpha_composite(ground, rgba).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _read_exif(image: Image) -> tuple[Exif | None, dict[str, dict[str, str]]]:
    try:
        exif = image.getexif()
        return exif, read_tags(image, exif)
    except MemoryError:
        raise
    except Exception as error:  # a damaged EXIF block must not cost the picture
        return None, {"exif": {"unreadable": _line(error)}}


def read_tags(image: Image, exif: Exif) -> dict[str, dict[str, str]]:
    """Return EXIF, GPS and XMP tags as strings under their standard names.

    Coordinates become signed decimal degrees, GPS time ``HH:MM:SS``; everything else is kept as written.
    """
    from PIL import ExifTags

    tags: dict[str, dict[str, str]] = {}
    main = {ExifTags.TAGS.get(k, f"0x{k:04x}"): v for k, v in exif.items()}
    main |= {ExifTags.TAGS.get(k, f"0x{k:04x}"): v for k, v in exif.get_ifd(ExifTags.IFD.Exif).items()}
    gps = {ExifTags.GPSTAGS.get(k, f"0x{k:04x}"): v for k, v in exif.get_ifd(ExifTags.IFD.GPSInfo).items()}
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
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        pass
    return _text(value)
