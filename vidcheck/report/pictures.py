"""The report's pictures: read from the analysis folder, scaled down, the same for HTML and PDF.

Pictures come from a folder that may have been edited, so nothing outside it is read, and a picture that is
not there or cannot be read becomes a sentence in the report instead of an error.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

from vidcheck.data_uri import jpeg_data_uri
from vidcheck.report.wording import text

_MAX_PIXELS = 200_000_000
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One picture made ready for the report."""

    jpeg: bytes
    """JPEG, RGB, without metadata."""
    width_px: int
    """Width in pixels."""
    height_px: int
    """Height in pixels."""

    @property
    def data_uri(self) -> str:
        """The picture as a ``data:`` address."""
        return jpeg_data_uri(self.jpeg)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the report shows it, or the reason why it cannot."""

    key: str
    """Key into the :class:`Album`; empty where there is no picture."""
    alt: str
    """What it shows, for those who cannot see it."""
    caption: str
    """What stands under it."""
    frame: str
    """The frame it was taken from, by time and index."""
    missing: str
    """Why it is not shown; empty where it is."""
    width_px: int = 0
    """Width in pixels as embedded."""
    height_px: int = 0
    """Height in pixels as embedded."""


@dataclass(slots=True)
class Album:
    """Loads pictures once and keeps the report's size within a budget.

    Pictures are asked for in the order of the report, so the same analysis always keeps the same pictures.
    """

    root: Path
    """The analysis folder; nothing outside it is read."""
    lang: str
    """Language of the reasons."""
    budget_bytes: int = 9_000_000
    """Largest sum of JPEG bytes; base64 makes a third more of it."""
    thumbnails: dict[str, Thumbnail] = field(default_factory=dict)
    """What was loaded, by key."""
    spent_bytes: int = 0
    """Sum of JPEG bytes as often as they are shown."""

    def picture(self, media: str | None, *, max_side_px: int, alt: str, caption: str = "", frame: str = "") -> Picture:
        """Return the picture at ``media`` scaled to ``max_side_px`` on its longer side.

        Parameters
        ----------
        media:
            Path relative to the analysis folder, or None where no picture was saved.
        max_side_px:
            Longest side in the report, pixels; a smaller picture is not enlarged.
        alt, caption, frame:
            See :class:`Picture`.
        """
        if not media:
            return Picture("", alt, caption, frame, text("picture_unsaved", self.lang))
        key = f"{media}@{max_side_px}"
        if key not in self.thumbnails:
            path = self._inside(media)
            if path is None or not path.is_file():
                return Picture("", alt, caption, frame, text("picture_absent", self.lang, file=media))
            loaded = _load(path, max_side_px)
            if loaded is None:
                return Picture("", alt, caption, frame, text("picture_unreadable", self.lang, file=media))
            self.thumbnails[key] = loaded
        thumbnail = self.thumbnails[key]
        if self.spent_bytes + len(thumbnail.jpeg) > self.budget_bytes:
            return Picture("", alt, caption, frame, text("picture_budget", self.lang, file=media))
        self.spent_bytes += len(thumbnail.jpeg)
        return Picture(key, alt, caption, frame, "", thumbnail.width_px, thumbnail.height_px)

    def _inside(self, media: str) -> Path | None:
        try:
            path = (self.root / media).resolve()
            return path if path.is_relative_to(self.root.resolve()) else None
        except (OSError, ValueError):
            return None


def _load(path: Path, max_side_px: int) -> Thumbnail | None:
    """Read, orient, scale and re-encode a picture; None where it cannot be read."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Pillow warns of sizes that phones reach; the limit that counts is below
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                return None
            opened.draft("RGB", (max_side_px * 2, max_side_px * 2))
            image = ImageOps.exif_transpose(opened).convert("RGB")
        image.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    except (OSError, ValueError, SyntaxError):
        return None
    return Thumbnail(buffer.getvalue(), image.width, image.height)
