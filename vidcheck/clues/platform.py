"""Upload times hidden in platform identifiers. All are bounds on the recording, never its time.

TikTok post ids hold seconds (``id >> 32``), Instagram media ids milliseconds since 2011-08-24 (``id >> 23``),
X post ids milliseconds since 2010-11-04 (``id >> 22``); sources S-110 to S-114. TikTok's files carry
``comment=vid:v...``, whose last 20 characters are a base-32 identifier with the upload second in its top 32
of 100 bits. YouTube and Facebook identifiers hold no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from vidcheck.clues._make import make
from vidcheck.facts.wording import moment
from vidcheck.types import Context, Grade, Source, TimeClue, Words

INSTAGRAM_EPOCH_MS = 1_314_220_021_721
X_EPOCH_MS = 1_288_834_974_657
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STARTED = {
    "tiktok": datetime(2014, 1, 1, tzinfo=UTC),
    "instagram": datetime(2011, 8, 24, tzinfo=UTC),
    "x": datetime(2010, 11, 4, tzinfo=UTC),
}
_END = datetime(2038, 1, 1, tzinfo=UTC)

_TIKTOK_PATH = re.compile(r"/(?:video|photo|v)/(\d{18,20})(?:\D|$)")
_TIKTOK_NAME = re.compile(r"(?<!\d)([67]\d{18})(?!\d)")
_VID = re.compile(r"\bvid:(v[0-9a-z]{11}[0-9a-v]{20})(?![0-9a-z])")
_X_NAME = re.compile(r"(?<!\d)([12]\d{18})(?!\d)")
_X_NAMED = re.compile(r"(?i)twitter|tweet|(?<![a-z0-9])x\.com")
_INSTAGRAM_PATH = re.compile(r"/(?:p|reels?|tv)/([A-Za-z0-9_-]{10,60})(?:/|$)")
_INSTAGRAM_NAME = re.compile(r"\b(?:Video|Photo|Post|Reel) by .{1,60}\[([A-Za-z0-9_-]{11})\]")
_X_PATH = re.compile(r"/status(?:es)?/(\d{10,20})(?:\D|$)")


def tiktok_post_time(post_id: int) -> datetime | None:
    """Return the second in a TikTok post id, UTC, or None where it lies outside TikTok's time."""
    return _checked("tiktok", (post_id >> 32) * 1000)


def tiktok_vid_time(vid: str) -> datetime | None:
    """Return the upload second in a TikTok video id (``v0f025gc0000cdf0cpbc77u9dod0h9hg``), UTC, or None.

    The last 20 characters are digits of base 32 (0-9, a-v): 100 bits, the top 32 of which count seconds.
    """
    tail = vid[-20:]
    if len(tail) < 20 or re.fullmatch(r"[0-9a-v]{20}", tail) is None:
        return None
    return _checked("tiktok", (int(tail, 32) >> 68) * 1000)


def instagram_shortcode_time(shortcode: str) -> datetime | None:
    """Return the time in an Instagram shortcode, UTC, or None.

    Shortcodes of private accounts are longer; their first 11 characters hold the media id.
    """
    code = shortcode[:11]
    if not code or any(character not in _ALPHABET for character in code):
        return None
    media_id = 0
    for character in code:
        media_id = media_id * 64 + _ALPHABET.index(character)
    return _checked("instagram", (media_id >> 23) + INSTAGRAM_EPOCH_MS)


def x_post_time(post_id: int) -> datetime | None:
    """Return the time in an X post id, UTC, or None; ids before November 2010 hold none."""
    return _checked("x", (post_id >> 22) + X_EPOCH_MS)


def _checked(platform: str, epoch_ms: int) -> datetime | None:
    try:
        found = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if _STARTED[platform] <= found < _END else None


def clues(source: Source, context: Context, *, zone: ZoneInfo | None) -> tuple[TimeClue, ...]:
    """Return upload bounds from the address, the file name and TikTok's own tag.

    Parameters
    ----------
    source:
        File name and tags.
    context:
        The address, where one was given.
    zone:
        Zone in which to say the times, or None.
    """
    found: dict[tuple[str, str], TimeClue] = {}

    def add(name: str, identifier: str, uploaded: datetime | None, basis: str, *, grade: Grade = "strong") -> None:
        if uploaded is not None and (name, identifier) not in found:
            found[name, identifier] = _bound(name, uploaded, basis, zone, grade)

    if context.url and (named := _of_url(context.url)) is not None:
        add(*named, context.url)
    for tags in source.tags.values():
        for key, value in tags.items():
            for match in _VID.finditer(value):
                add("TikTok", match.group(1), tiktok_vid_time(match.group(1)), f"{key}=vid:{match.group(1)}")
    for match in _VID.finditer("vid:" + re.sub(r"\.\w+$", "", source.path)):
        add("TikTok", match.group(1), tiktok_vid_time(match.group(1)), source.path)
    for match in _TIKTOK_NAME.finditer(source.path):
        # Nineteen digits can be something else: a name alone is a weaker basis than an address.
        add("TikTok", match.group(1), tiktok_post_time(int(match.group(1))), source.path, grade="moderate")
    if (code := _INSTAGRAM_NAME.search(source.path)) is not None:
        add("Instagram", code.group(1), instagram_shortcode_time(code.group(1)), source.path, grade="moderate")
    for match in _X_NAME.finditer(source.path):
        # Nineteen digits that begin with 1 can be nanoseconds, too: without X's name they are only shown.
        named_so = _X_NAMED.search(source.path) is not None
        uploaded = x_post_time(int(match.group(1)))
        add("X", match.group(1), uploaded, source.path, grade="moderate" if named_so else "contextual")
    return tuple(found.values())


def _of_url(url: str) -> tuple[str, str, datetime | None] | None:
    """Return platform, identifier and upload time of an address; None where it holds no known identifier."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host = parts.hostname or ""
    except ValueError:  # brackets that are no address
        return None

    def belongs(*names: str) -> bool:
        return any(host == name or host.endswith(f".{name}") for name in names)

    if belongs("tiktok.com") and (match := _TIKTOK_PATH.search(parts.path)):
        return "TikTok", match.group(1), tiktok_post_time(int(match.group(1)))
    if belongs("instagram.com", "instagr.am") and (match := _INSTAGRAM_PATH.search(parts.path)):
        return "Instagram", match.group(1), instagram_shortcode_time(match.group(1))
    if belongs("x.com", "twitter.com") and (match := _X_PATH.search(parts.path)):
        return "X", match.group(1), x_post_time(int(match.group(1)))
    return None


def _bound(name: str, uploaded: datetime, basis: str, zone: ZoneInfo | None, grade: Grade) -> TimeClue:
    said = moment(uploaded.replace(microsecond=0), zone)
    caveats = [
        Words(
            id="Rekaman bisa jauh lebih lama daripada unggahan: klip lama sering diunggah ulang.",
            en="The recording can be much older than the upload: old clips are often posted again.",
        )
    ]
    if grade != "strong":
        caveats.append(
            Words(
                id="Angka ini dibaca dari nama berkas, yang dapat diubah dan dapat berarti lain.",
                en="The number was read from the file name, which can be changed and can mean something else.",
            )
        )
    return make(
        "not_after", "platform", "platform", grade,
        Words(
            id=f"{name}: pengenal berisi waktu unggah {said.id}. Direkam paling lambat saat itu.",
            en=f"{name}: the identifier holds the upload time {said.en}. Recorded no later than that.",
        ),
        basis=basis, latest=uploaded.replace(microsecond=0) + timedelta(seconds=1), caveats=tuple(caveats),
    )  # fmt: skip
