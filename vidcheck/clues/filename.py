"""Times in file names: one decoder for phone cameras, recorders, messengers, downloaders and editors.

A name tells a chain: recorded, edited, posted, sent, saved, screenshotted. Only a camera's own name speaks
about the recording; every other time is a bound. Pattern sources: S-96, S-115 to S-117; those without one are
marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from vidcheck.clues._make import latest_reading, local_readings, make, plausible, say_local
from vidcheck.clues.metadata import position_zones
from vidcheck.clues.provenance import Provenance
from vidcheck.facts.wording import moment
from vidcheck.types import Clock, Source, TimeClue, Words

EventKind = Literal["recorded", "recorded_bare", "cctv", "edited", "screen", "screenshot", "sent", "saved", "unknown"]

_D = r"(?P<Y>20\d\d)[-_.]?(?P<M>0[1-9]|1[0-2])[-_.]?(?P<D>0[1-9]|[12]\d|3[01])"
_T = r"(?P<h>[01]\d|2[0-3])[-_.:]?(?P<m>[0-5]\d)[-_.:]?(?P<s>[0-5]\d)(?:\d{3}(?!\d)|(?!\d)|(?=_))"
_DT = _D + r"[-_. ]{0,3}" + _T
_SPOKEN = (
    r"(?P<Y>20\d\d)-(?P<M>\d\d)-(?P<D>\d\d)\s+(?:at|pukul|jam|um|à)\s+"
    r"(?P<h>\d{1,2})[.:](?P<m>\d\d)[.:](?P<s>\d\d)(?:[\s\u202f\u00a0]*(?P<ap>[AaPp])\.?[Mm])?"
)

_YMD = r"(?P<Y>20\d\d)-(?P<M>\d\d)-(?P<D>\d\d)"
_SOLID = r"(?P<Y>20\d\d)(?P<M>\d\d)(?P<D>\d\d)"
_HMS = r"(?P<h>\d\d)-?(?P<m>\d\d)-?(?P<s>\d\d)"
_AB = r"(?P<A>\d\d)-?(?P<B>\d\d)-?(?P<Y>20\d\d)[ _]"
_SHOT = r"(?:screenshot|smartselect|tangkapan[ _-]?layar)[ _-]*"
_RECORDER = (
    r"(?:screen[ _-]?recorder|screen[ _-]?recording|screen[ _-]?record|screenrecord|^screen|XRecorder|"
    r"AZ_?Recorder|mobizen|rekaman[ _-]?layar|^Record)[ _-]*"
)
_WHATSAPP = r"(?:WhatsApp[ _](?:Video|Image|Ptt|Audio)|(?:Video|Gambar|Foto)[ _]WhatsApp)\s+"
_DOWNLOADER = (
    r"(?:snaptik|ssstik|musicallydown|tikmate|savetik|ttdownloader|tikdown|snapinsta|saveinsta|fdown|fastdl)"
    r"\D.*?(?<!\d)(?P<epoch>1[0-9]{9}(?:\d{3})?)(?!\d)"
)

_PATTERNS: tuple[tuple[EventKind, str, str], ...] = (
    ("screenshot", "screenshot", _SHOT + _SPOKEN),
    ("screenshot", "screenshot", _SHOT + _DT),
    ("screen", "screen recorder", r"ScreenRecording_" + _AB + _HMS),
    ("screen", "screen recorder", r"XRecorder_(?:Video_)?" + _AB + _HMS),
    ("screen", "iOS screen recorder", r"RPReplay_?Final(?P<epoch>\d{10})(?!\d)"),
    ("screen", "screen recorder", _RECORDER + _DT),
    ("sent", "WhatsApp", _WHATSAPP + _SPOKEN),
    ("sent", "WhatsApp", r"(?:VID|IMG|AUD|DOC|STK|PTT)-" + _SOLID + r"-WA\d{4,}"),
    ("saved", "Telegram", r"^(?:video|photo|document)_" + _YMD + "_" + _HMS),
    ("sent", "Signal", r"^signal-" + _YMD + "-" + _HMS),
    ("saved", "Facebook", r"FB_(?:IMG|VID)_(?P<epoch>\d{13})(?!\d)"),
    ("saved", "TikTok downloader", _DOWNLOADER),
    ("edited", "editor", r"(?:InShot|YouCut|CapCut|KineMaster|VN|lv_0|VideoShow|PicsArt)[ _-]?" + _DT),
    ("cctv", "CCTV recorder", r"(?:ch|cam|channel|nvr|dvr)\w*?[_-].*?" + _SOLID + _HMS + r"(?!\d)"),
    ("recorded", "Google Camera", r"(?P<utc>PXL)_" + _DT),
    ("recorded", "Timestamp Camera", r"TimePhoto_" + _DT),
    ("recorded", "Windows camera", r"WIN_" + _DT),
    ("recorded", "phone camera", r"(?<![a-z])(?:VID|MVIMG|IMG|MOV|PANO|BURST|CAM|DJI|PIC|VIDEO)_?" + _DT),
    ("recorded_bare", "Samsung camera", "^" + _DT),
    ("unknown", "unknown", r"(?<!\d)" + _DT),
)
_COMPILED = tuple((kind, app, re.compile(pattern, re.IGNORECASE)) for kind, app, pattern in _PATTERNS)


@dataclass(frozen=True, slots=True)
class NameEvent:
    """One time in a file name."""

    kind: EventKind
    """What happened then, as far as the name's form tells."""
    app: str
    """What kind of program writes such names."""
    when: datetime
    """Naive local time, or zone aware where the form is known to be UTC."""
    precision_s: int
    """1, or 86400 for a date."""
    text: str
    """The stretch of the name."""
    other: datetime | None = None
    """The other reading where day and month can be swapped."""


def decode(name: str) -> tuple[NameEvent, ...]:
    """Return the times in a file name, in the order in which they stand in it.

    Parameters
    ----------
    name:
        File name without its folder; anything may be passed.
    """
    name = name[:300]
    taken: list[tuple[int, int]] = []
    events: list[tuple[int, NameEvent]] = []
    for kind, app, pattern in _COMPILED:
        for match in pattern.finditer(name):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            event = _event(kind, app, match)
            if event is not None:
                taken.append(match.span())
                events.append((match.start(), event))
    return tuple(event for _, event in sorted(events, key=lambda item: item[0]))


def _event(kind: EventKind, app: str, match: re.Match[str]) -> NameEvent | None:
    groups = match.groupdict()
    text = match.group(0)
    if epoch := groups.get("epoch"):
        when = datetime.fromtimestamp(int(epoch[:10]), UTC)
        return NameEvent(kind, app, when, 1, text) if plausible(when) else None
    try:
        clock = (int(groups.get("h") or 0), int(groups.get("m") or 0), int(groups.get("s") or 0))
        if ap := groups.get("ap"):
            if not 1 <= clock[0] <= 12:
                return None
            clock = (clock[0] % 12 + (12 if ap in "Pp" else 0), clock[1], clock[2])
        year = int(groups["Y"])
        if groups.get("A"):
            first, second = int(groups["A"]), int(groups["B"])
            options = [(m, d) for m, d in ((first, second), (second, first)) if 1 <= m <= 12 and 1 <= d <= 31]
            found = sorted({datetime(year, m, d, *clock) for m, d in options})
            if not found:
                return None
            return NameEvent(kind, app, found[-1], 1, text, other=found[0] if len(found) > 1 else None)
        when = datetime(year, int(groups["M"]), int(groups["D"]), *clock)
    except ValueError:
        return None
    if groups.get("utc"):
        when = when.replace(tzinfo=UTC)
    return NameEvent(kind, app, when, 1 if groups.get("h") else 86400, text)


_BOUND_WORDS: dict[EventKind, tuple[str, str, Clock]] = {
    "edited": ("disunting", "edited", "editor"),
    "screen": ("layar direkam", "screen recorded", "device"),
    "screenshot": ("tangkapan layar dibuat", "screenshot taken", "device"),
    "sent": ("dikirim atau diterima", "sent or received", "device"),
    "saved": ("disimpan", "saved", "device"),
}

_EDITABLE = Words(id="Nama berkas dapat diubah siapa saja.", en="Anybody can change a file name.")
_CLOCK = Words(id="Jam perangkat dapat salah.", en="The device's clock can be wrong.")
_ZONE = Words(
    id="Zona waktu perangkat tidak diketahui; dipakai bacaan paling akhir di Indonesia (WIB).",
    en="The device's zone is not known; the latest reading in Indonesia (WIB) is used.",
)


def clues(source: Source, provenance: Provenance, *, zone: ZoneInfo | None) -> tuple[TimeClue, ...]:
    """Return what the file name says.

    A camera's name gives an ``exact`` clue, moderate where nothing shows a copy and weak otherwise; every
    other time is a bound on the recording.

    Parameters
    ----------
    source:
        The file.
    provenance:
        Signs that it is a copy.
    zone:
        Zone of the place, or None: then a local time is read in all three zones.
    """
    return tuple(_clue(event, source, provenance, zone) for event in decode(source.path))


def _clue(event: NameEvent, source: Source, provenance: Provenance, zone: ZoneInfo | None) -> TimeClue:
    if provenance.screen and event.kind in ("recorded", "recorded_bare"):
        event = replace(event, kind="screen")  # a picture of a screen: the name dates the capture
    if event.kind in ("recorded", "recorded_bare", "cctv"):
        return _recorded(event, source, provenance, zone)
    if event.kind == "unknown":
        said = say_local(event.when)
        return make(
            "date_hint", "filename", "unknown", "contextual",
            Words(
                id=f"Nama berkas memuat {said.id}; bentuknya tidak dikenal.",
                en=f"The file name holds {said.en}; its form is not known.",
            ),
            basis=event.text, caveats=(_EDITABLE,),
        )  # fmt: skip
    verb_id, verb_en, whose = _BOUND_WORDS[event.kind]
    step = timedelta(seconds=event.precision_s)
    if event.when.tzinfo is not None:
        latest = event.when + step
        said = moment(event.when, zone)
        caveats: tuple[Words, ...] = (_EDITABLE, _CLOCK)
    else:
        latest = latest_reading(event.when) + step
        said = say_local(event.when)
        if event.precision_s == 86400:
            day_id, day_en = said.id.split(" pukul ")[0], " ".join(said.en.split()[:4])
            said = Words(id=day_id, en=day_en)
        caveats = (_EDITABLE, _CLOCK, _ZONE)
    alternatives = () if event.other is None else (latest_reading(event.other),)
    return make(
        "not_after", "filename", whose, "moderate",
        Words(
            id=f"Nama berkas ({event.app}): {verb_id} {said.id}. Direkam paling lambat saat itu.",
            en=f"File name ({event.app}): {verb_en} {said.en}. Recorded no later than that.",
        ),
        basis=event.text, latest=latest, caveats=caveats, alternatives=alternatives,
    )  # fmt: skip


def _recorded(event: NameEvent, source: Source, provenance: Provenance, zone: ZoneInfo | None) -> TimeClue:
    readings = (
        (event.when,) if event.when.tzinfo is not None else local_readings(event.when, zone, position_zones(source))
    )
    said = moment(event.when, zone) if event.when.tzinfo is not None else say_local(event.when)
    length = timedelta(seconds=max(1.0, source.duration_s) + 1)
    supported = provenance.original or (event.kind == "recorded" and not provenance.signs)
    caveats = [_EDITABLE, _CLOCK]
    if provenance.signs:
        caveats.append(
            Words(
                id="Berkas ini menunjukkan tanda salinan, sehingga namanya mungkin bukan dari kamera.",
                en="The file shows signs of a copy, so the name may not be the camera's.",
            )
        )
    if event.kind == "recorded_bare" and not provenance.original:
        caveats.append(
            Words(
                id="Nama tanpa awalan juga dipakai program lain selain kamera.",
                en="Programs other than cameras use names without a prefix, too.",
            )
        )
    whose: Clock = "cctv" if event.kind == "cctv" else "device"
    return make(
        "exact", "filename", whose, "moderate" if supported else "weak",
        Words(
            id=f"Nama berkas berbentuk nama {event.app}: perekaman mulai {said.id}.",
            en=f"The file name has the form of a {event.app} name: recording began {said.en}.",
        ),
        basis=event.text, earliest=readings[0], latest=readings[-1] + length, caveats=tuple(caveats),
        alternatives=readings if len(readings) > 1 else (),
    )  # fmt: skip
