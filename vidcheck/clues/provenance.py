"""What a file went through, as far as its tags, its name and its picture show.

A tag or a name may speak about the recording only where nothing shows that the file is a copy: in a screen
recording, an export of an editor or a download, the same tag dates the copying. Absence of signs proves
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vidcheck.types import OverlayText, Source, TimeClue

_REENCODED = re.compile(r"\b(Lavf|Lavc|FFmpeg|HandBrake|x264|libx265|MPlayer|GPAC|Bento4|mkvmerge|VLC)", re.I)
_EDITOR = re.compile(
    r"(CapCut|InShot|KineMaster|VivaVideo|YouCut|VideoShow|FilmoraGo|Filmora|PowerDirector|Mainconcept|Adobe|"
    r"Premiere|Photoshop|Lightroom|Snapseed|PicsArt|Canva|VSCO|GIMP|DaVinci|Final Cut|iMovie|Meitu|Remini|"
    r"FaceApp|Lensa|AVC Coding)",
    re.I,
)
_PLATFORM = re.compile(
    r"(\bvid:v[0-9a-z]{20,}|bytedance|ByteVC|vid_md5|\baigc|Created by Google|produced by Google|"
    r"\bsnap video|facebook|instagram|tiktok|whatsapp|telegram)",
    re.I,
)
_SCREEN = re.compile(r"(screen ?record|ReplayKit|RPReplay|XRecorder|AZ ?Recorder|Mobizen|\bOBS\b|Screenshot)", re.I)
_SCREEN_NAME = re.compile(
    r"(screen[ _-]?record|screenrec|^screen-\d{8}|^Record_\d{4}-|RPReplay|XRecorder|AZ_?Recorder|mobizen|"
    r"screenshot|tangkapan[ _-]?layar|smartselect|rekaman[ _-]?layar|perekam[ _-]?layar)",
    re.I,
)
_MESSENGER_NAME = re.compile(
    r"(-WA\d{4}|whatsapp|^received_|^signal-|telegram|^(?:video|photo)_\d{4}-\d\d-\d\d_|^FB_(?:IMG|VID)_|snapchat)",
    re.I,
)
_DOWNLOAD_NAME = re.compile(
    r"(snaptik|ssstik|musicallydown|tikmate|savetik|ttdownloader|tikdown|saveinsta|snapinsta|fastdl|savefrom|y2mate|"
    r"videoplayback|twitter|tiktok|instagram|facebook|youtube|reels?[_-]|fdown|getfvid)",
    re.I,
)
_EDITOR_NAME = re.compile(
    r"(^|_)(InShot|YouCut|CapCut|KineMaster|VN|lv_0|VideoShow|Picsart|PicsArt|Canva|trim)[._ -]", re.I
)
_APP_WORDS = re.compile(
    r"^\W*(?:tambahkan komentar|tulis komentar|add (?:a )?comment|siaran langsung|untuk anda|for you|"
    r"\d[\d.,]*\s?(?:rb|k|jt|m)?\s?(?:penonton|viewers?|menonton|watching|komentar|comments?)|"
    r"ikuti|mengikuti|follow(?:ing)?|balas ke|kirim pesan|send message)\b.{0,20}$",
    re.I,
)
"""What apps print around a clip. Met in the scene itself, it shows that a screen was filmed."""
_EXPOSURE = ("ExposureTime", "FNumber", "ISOSpeedRatings", "PhotographicSensitivity", "FocalLength")
"""Tags that a lens leaves; some phones write make and model into screenshots, too."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Signs of what a file went through; each is the raw text that shows it."""

    screen: tuple[str, ...] = ()
    """It records or pictures a screen."""
    editor: tuple[str, ...] = ()
    """An editor wrote it."""
    reencoded: tuple[str, ...] = ()
    """A tool such as FFmpeg wrote it again; phone cameras do not use it."""
    platform: tuple[str, ...] = ()
    """It came from a platform or a downloader, or shows an app's interface."""
    messenger: tuple[str, ...] = ()
    """It was passed on by a messenger."""
    filmed: bool = False
    """A camera filmed a screen or a photo: its light is not that of the recording."""
    camera: str | None = None
    """Make and model, where tags name them."""
    apple: bool = False
    """QuickTime tags of an Apple device are present."""
    android: bool = False
    """Tags of Android's recorder are present; its screen recorder writes them too."""

    @property
    def signs(self) -> tuple[str, ...]:
        """All signs that the file is a copy."""
        return self.screen + self.editor + self.reencoded + self.platform + self.messenger

    @property
    def original(self) -> bool:
        """True where tags name a camera and nothing shows a copy."""
        return self.camera is not None and not self.signs


def examine(
    source: Source,
    overlays: Sequence[OverlayText] = (),
    overlay_clues: Sequence[TimeClue] = (),
    *,
    shows_screen: bool = False,
) -> Provenance:
    """Collect the signs.

    Parameters
    ----------
    source:
        The file with its tags.
    overlays:
        Texts in the picture: an app's interface shows that it is a copy.
    overlay_clues:
        Clues read from them: a status-bar clock shows a screen.
    shows_screen:
        The examiner sees that a screen or another photo was filmed.
    """
    values = [(f"{key}={value}", value) for tags in source.tags.values() for key, value in tags.items()]
    own = [(text, value) for text, value in values if not text.startswith(("UserComment=", "MakerNote=", "packet="))]
    camera = _camera(source)

    def found(pattern: re.Pattern[str]) -> list[str]:
        return [text[:80] for text, value in own if pattern.search(value)]

    name = source.path

    def named(pattern: re.Pattern[str]) -> list[str]:
        return [name[:80]] if pattern.search(name) else []

    comment = source.tags.get("exif", {}).get("UserComment", "")
    screen = (
        found(_SCREEN) + named(_SCREEN_NAME) + (["UserComment=Screenshot"] if "screenshot" in comment.lower() else [])
    )
    screen += [clue.basis[:80] for clue in overlay_clues if clue.clock == "screen"]
    filmed = [text.text[:40] for text in overlays if text.kind == "scene" and _APP_WORDS.match(text.text)][:3]
    filmed += ["--shows-screen"] if shows_screen else []
    interface = [text.text[:40] for text in overlays if text.kind == "interface" and text.text.strip()]
    keys = " ".join(key for tags in source.tags.values() for key in tags).lower()
    return Provenance(
        screen=_unique(screen + filmed),
        filmed=bool(filmed),
        editor=_unique(found(_EDITOR) + named(_EDITOR_NAME)),
        reencoded=_unique(found(_REENCODED)),
        platform=_unique(found(_PLATFORM) + named(_DOWNLOAD_NAME) + interface[:3]),
        messenger=_unique(named(_MESSENGER_NAME)),
        camera=camera,
        apple="com.apple.quicktime" in keys,
        android="com.android" in keys or "com.samsung" in keys,
    )


def _camera(source: Source) -> str | None:
    exif, container = source.tags.get("exif", {}), source.tags.get("container", {})
    lower = {key.lower(): value for key, value in container.items()}
    candidates = [
        (lower.get(f"{prefix}{make}"), lower.get(f"{prefix}model"))
        for prefix, make in (("com.apple.quicktime.", "make"), ("com.android.", "manufacturer"), ("", "make"))
    ]
    if any(exif.get(key) for key in _EXPOSURE):
        candidates.append((exif.get("Make"), exif.get("Model")))
    for make, model in candidates:
        if make and model and make.strip() and model.strip():
            return f"{make} {model}"[:80]
    return None


def _unique(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
