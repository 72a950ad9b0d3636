"""Times in tags: containers, streams, EXIF, GPS and XMP.

``creation_time`` of MP4 and MOV is UTC by their specification and often means the end of the file, an export
or an upload; some recorders write local time into it. So it speaks about the recording only where tags name a
camera and nothing shows a copy; otherwise it is a bound. Sources S-116 and S-118.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from vidcheck.clues._make import (
    latest_reading,
    local_readings,
    make,
    parse_offset,
    parse_tag_time,
    plausible,
    say_local,
)
from vidcheck.clues.provenance import Provenance
from vidcheck.facts.places import zones_at
from vidcheck.facts.wording import moment, zone_of
from vidcheck.types import Clock, Source, TimeClue, Words

_CLOCK = Words(
    id="Jam perangkat dapat salah dan tag dapat diubah.",
    en="A device's clock can be wrong and tags can be changed.",
)
_BOTH = Words(
    id="Tag ini menurut spesifikasi UTC, tetapi sebagian perangkat menulis waktu setempat; kedua bacaan ditunjukkan.",
    en="By its specification this tag is UTC, but some devices write local time; both readings are shown.",
)
_FILMED = Words(
    id="Jika gambar merekam layar atau foto lain, ini waktu perekaman ulang.",
    en="If the picture films a screen or another photo, this is the time of that filming.",
)
_CREATION_KEYS = ("creation_time", "date", "creation_date", "com.android.creation_time", "date-eng")
_LOCATION = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
_XMP = re.compile(
    r"(?P<key>\w+:(?:CreateDate|DateTimeOriginal|DateCreated|ModifyDate|MetadataDate))"
    r"(?:\s*=\s*[\"']|\s*>\s*)(?P<value>\d{4}[^\"'<]{3,30})"
)


def _elsewhere(stated: datetime, zone: ZoneInfo | None) -> tuple[Words, ...]:
    """Say so where a device's own offset is not that of the place."""
    if zone is None or stated.tzinfo is None or stated.utcoffset() == stated.astimezone(zone).utcoffset():
        return ()
    own, here = zone_of(stated), zone_of(stated.astimezone(zone))
    return (
        Words(
            id=f"Perangkat disetel ke {own}, tempat yang dinyatakan memakai {here}: periksa tempat atau jam.",
            en=f"The device was set to {own}, the stated place uses {here}: check the place or the clock.",
        ),
    )


def location(source: Source) -> tuple[float, float] | None:
    """Return latitude and longitude in degrees where tags hold them, else None.

    The empty position 0, 0 counts as none.
    """
    gps = source.tags.get("gps", {})
    candidates: list[tuple[str, str]] = []
    if gps.get("GPSLatitude") and gps.get("GPSLongitude"):
        candidates.append((gps["GPSLatitude"], gps["GPSLongitude"]))
    for key, value in source.tags.get("container", {}).items():
        if "location" in key.lower() and (match := _LOCATION.match(value)):
            candidates.append((match.group(1), match.group(2)))
    for lat_text, lon_text in candidates:
        try:
            lat, lon = float(lat_text), float(lon_text)
        except ValueError:
            continue
        if -90 <= lat <= 90 and -180 <= lon <= 180 and (abs(lat) > 1e-6 or abs(lon) > 1e-6):
            return lat, lon
    return None


def position_zones(source: Source) -> tuple[tzinfo, ...]:
    """Return the zones that the position in the file's tags leaves; empty where there is no position."""
    found = location(source)
    return zones_at(*found) if found is not None else ()


def clues(source: Source, provenance: Provenance, *, zone: ZoneInfo | None) -> tuple[TimeClue, ...]:
    """Return what the tags say.

    Parameters
    ----------
    source:
        The file with its tags.
    provenance:
        Signs that it is a copy.
    zone:
        Zone of the place, or None.
    """
    found = [*_container(source, provenance, zone), *_exif(source, provenance, zone)]
    found += [*_gps(source, provenance, zone), *_xmp(source, zone)]
    if provenance.signs:
        found.append(_copy(provenance))
    return tuple(found)


def _copy(provenance: Provenance) -> TimeClue:
    parts_id, parts_en = [], []
    for signs, word_id, word_en in (
        (provenance.screen, "rekaman atau tangkapan layar", "a recorded or captured screen"),
        (provenance.editor, "keluaran aplikasi penyunting", "an editor's export"),
        (provenance.reencoded, "hasil pengodean ulang", "encoded again"),
        (provenance.platform, "salinan dari platform", "a copy from a platform"),
        (provenance.messenger, "kiriman aplikasi pesan", "sent through a messenger"),
    ):
        if signs:
            parts_id.append(word_id)
            parts_en.append(word_en)
    return make(
        "date_hint", "metadata", "unknown", "contextual",
        Words(
            id=f"Berkas ini menunjukkan tanda salinan: {', '.join(parts_id)}. Waktu pada tag dan nama berkas "
            "dapat berasal dari penyalinan; mintalah berkas asli.",
            en=f"The file shows signs of a copy: {', '.join(parts_en)}. Times in tags and name can come "
            "from the copying; ask for the original file.",
        ),
        basis="; ".join(provenance.signs),
    )  # fmt: skip


def _container(source: Source, provenance: Provenance, zone: ZoneInfo | None) -> Iterator[TimeClue]:
    seen: set[str] = set()
    utc_offset = _utc_offset(source)
    for origin, tags in source.tags.items():
        if origin in ("exif", "gps", "xmp"):
            continue
        for key, value in tags.items():
            lower = key.lower()
            parsed = parse_tag_time(value)
            if parsed is None or value.strip() in seen:
                continue
            if lower == "com.apple.quicktime.creationdate":
                seen.add(value.strip())
                yield _apple(key, value, parsed[0], source, provenance, zone)
            elif lower in _CREATION_KEYS:
                seen.add(value.strip())
                yield _creation(key, value, parsed, utc_offset, source, provenance, zone)


def _utc_offset(source: Source) -> timedelta | None:
    for tags in source.tags.values():
        for key, value in tags.items():
            if key.lower().endswith("utc_offset") and (offset := parse_offset(value)) is not None:
                return offset.utcoffset(None)
    return None


def _copy_clock(provenance: Provenance) -> Clock:
    if provenance.platform:
        return "platform"
    return "editor" if provenance.editor or provenance.reencoded else "device"


def _creation(
    key: str, value: str, parsed: tuple[datetime, int], utc_offset: timedelta | None, source: Source,
    provenance: Provenance, zone: ZoneInfo | None,
) -> TimeClue:  # fmt: skip
    stated, step = parsed
    if step == 86400:
        latest = latest_reading(stated.replace(tzinfo=None)) + timedelta(days=1)
        return _bound(key, value, latest, say_local(stated).id.split(" pukul ")[0], _date_en(stated), provenance, ())
    as_utc = stated if stated.tzinfo is not None else stated.replace(tzinfo=UTC)
    naive = as_utc.astimezone(UTC).replace(tzinfo=None)
    local = local_readings(naive, zone, position_zones(source))
    said, other = moment(as_utc, zone), say_local(naive)
    if not provenance.original:
        # Read as UTC the bound is the later of the two readings: the one that cannot cut off the truth.
        return _bound(key, value, as_utc + timedelta(seconds=step), said.id, said.en, provenance, local)
    # The tag can be the start or the end of the recording, written seconds late.
    margin = timedelta(seconds=source.duration_s + 10)
    certain = utc_offset is not None or (zone is not None and (provenance.apple or provenance.android))
    or_id = "" if certain else f", atau {other.id} jika ditulis waktu setempat"
    or_en = "" if certain else f", or {other.en} if written as local time"
    return make(
        "exact", "metadata", "device", "moderate",
        Words(
            id=f"Tag {key} perekam: {said.id}{or_id}.",
            en=f"The recorder's tag {key}: {said.en}{or_en}.",
        ),
        basis=f"{key}={value}", earliest=as_utc - margin, latest=as_utc + margin,
        caveats=(_CLOCK, _FILMED) if certain else (_BOTH, _CLOCK, _FILMED),
        alternatives=() if certain else tuple(reading - margin for reading in local),
    )  # fmt: skip


def _bound(
    key: str, value: str, latest: datetime, said_id: str, said_en: str, provenance: Provenance,
    local: tuple[datetime, ...],
) -> TimeClue:  # fmt: skip
    caveats = (_CLOCK, _BOTH) if local else (_CLOCK,)
    return make(
        "not_after", "metadata", _copy_clock(provenance), "moderate",
        Words(
            id=f"Tag {key}: berkas ditulis {said_id}. Direkam paling lambat saat itu.",
            en=f"Tag {key}: the file was written {said_en}. Recorded no later than that.",
        ),
        basis=f"{key}={value}", latest=latest, caveats=caveats, alternatives=local,
    )  # fmt: skip


def _date_en(value: datetime) -> str:
    return " ".join(say_local(value).en.split()[:4])


def _apple(
    key: str, value: str, stated: datetime, source: Source, provenance: Provenance, zone: ZoneInfo | None
) -> TimeClue:
    readings = (stated,) if stated.tzinfo is not None else local_readings(stated, zone, position_zones(source))
    said = moment(stated, stated.tzinfo) if stated.tzinfo is not None else say_local(stated)
    length = timedelta(seconds=max(1.0, source.duration_s) + 5)
    if not provenance.original:
        return _bound(key, value, readings[-1] + length, said.id, said.en, provenance, ())
    return make(
        "exact", "metadata", "device", "moderate",
        Words(
            id=f"Tag perekaman Apple menurut jam perangkat: {said.id}.",
            en=f"Apple's recording tag by the device's clock: {said.en}.",
        ),
        basis=f"{key}={value}", earliest=readings[0] - timedelta(seconds=2), latest=readings[-1] + length,
        caveats=(*_elsewhere(stated, zone), _CLOCK, _FILMED),
        alternatives=readings if len(readings) > 1 else (),
    )  # fmt: skip


def _exif(source: Source, provenance: Provenance, zone: ZoneInfo | None) -> Iterator[TimeClue]:
    exif = source.tags.get("exif", {})
    seen: set[datetime] = set()
    for key, offset_key, taken in (
        ("DateTimeOriginal", "OffsetTimeOriginal", True),
        ("DateTimeDigitized", "OffsetTimeDigitized", True),
        ("DateTime", "OffsetTime", False),
    ):
        parsed = parse_tag_time(exif.get(key, ""))
        if parsed is None or parsed[1] != 1:
            continue
        stated = parsed[0].replace(tzinfo=None)
        if stated in seen:
            continue
        seen.add(stated)
        offset = parse_offset(exif.get(offset_key, "") or exif.get("OffsetTime", ""))
        readings = (
            (stated.replace(tzinfo=offset),)
            if offset is not None
            else local_readings(stated, zone, position_zones(source))
        )
        said = moment(readings[0], offset or zone) if len(readings) == 1 else say_local(stated)
        basis = f"{key}={exif[key]}" + (f" {offset_key}={exif.get(offset_key, '')}" if offset else "")
        if taken and provenance.original:
            yield make(
                "exact", "metadata", "device", "moderate",
                Words(
                    id=f"EXIF {key}: diambil {said.id} menurut jam kamera.",
                    en=f"EXIF {key}: taken {said.en} by the camera's clock.",
                ),
                basis=basis, earliest=readings[0], latest=readings[-1] + timedelta(seconds=1),
                caveats=(*(_elsewhere(readings[0], zone) if offset else ()), _CLOCK, _FILMED),
                alternatives=readings if len(readings) > 1 else (),
            )  # fmt: skip
        else:
            latest = readings[0] if offset is not None else latest_reading(stated)
            yield _bound(key, basis.split("=", 1)[1], latest + timedelta(seconds=1), said.id, said.en, provenance, ())


def _gps(source: Source, provenance: Provenance, zone: ZoneInfo | None) -> Iterator[TimeClue]:
    gps = source.tags.get("gps", {})
    parsed = parse_tag_time(f"{gps.get('GPSDateStamp', '')} {gps.get('GPSTimeStamp', '').split('.')[0]}")
    if parsed is None or parsed[1] != 1 or not plausible(parsed[0]):
        return
    fixed = parsed[0].replace(tzinfo=UTC)
    said = moment(fixed, zone)
    stale = Words(
        id="Waktu satelit milik posisi terakhir, yang dapat lebih tua daripada gambar; sebagian kamera salah tanggal.",
        en="Satellite time belongs to the last position, which can be older than the picture; some cameras misdate it.",
    )
    basis = f"GPSDateStamp={gps['GPSDateStamp']} GPSTimeStamp={gps['GPSTimeStamp']}"
    if provenance.original:
        yield make(
            "exact", "metadata", "device", "moderate",
            Words(id=f"Waktu satelit GPS: {said.id}.", en=f"GPS satellite time: {said.en}."),
            basis=basis, earliest=fixed - timedelta(minutes=1), latest=fixed + timedelta(minutes=15),
            caveats=(stale,),
        )  # fmt: skip
    else:
        yield _bound("GPSTimeStamp", basis, fixed + timedelta(minutes=15), said.id, said.en, provenance, ())


def _xmp(source: Source, zone: ZoneInfo | None) -> Iterator[TimeClue]:
    exif = source.tags.get("exif", {})
    known = {exif.get(key, "").replace(":", "-", 2).replace(" ", "T") for key in ("DateTimeOriginal", "DateTime")}
    tags = source.tags.get("xmp", {})
    pairs = [(key, value) for key, value in tags.items() if key != "packet"]
    pairs += [(match["key"], match["value"]) for match in _XMP.finditer(tags.get("packet", ""))]
    seen: set[str] = set()
    for key, value in pairs:
        parsed = parse_tag_time(value)
        if parsed is None or value in seen or value[:19] in known:
            continue
        seen.add(value)
        stated, step = parsed
        latest = stated if stated.tzinfo is not None else latest_reading(stated)
        said = moment(stated, zone or stated.tzinfo) if stated.tzinfo is not None else say_local(stated)
        yield make(
            "not_after", "metadata", "editor", "moderate",
            Words(
                id=f"XMP {key}: {said.id}. Direkam paling lambat saat itu.",
                en=f"XMP {key}: {said.en}. Recorded no later than that.",
            ),
            basis=f"{key}={value}", latest=latest + timedelta(seconds=step), caveats=(_CLOCK,),
        )  # fmt: skip
