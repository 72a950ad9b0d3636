"""The info file that a downloader wrote beside the clip (yt-dlp's ``.info.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from vidcheck.clues._make import make
from vidcheck.errors import NotFound, UsageError
from vidcheck.facts.wording import day, moment
from vidcheck.types import TimeClue, Words

KEYS = (
    *("extractor_key", "extractor", "id", "webpage_url", "uploader", "uploader_id", "channel"),
    *(
        "timestamp",
        "upload_date",
        "release_timestamp",
        "modified_timestamp",
        "epoch",
        "live_status",
        "was_live",
    ),
)
"""What is kept of an info file; the rest (formats, cookies, descriptions) is not needed."""

MAX_BYTES = 50_000_000


def read(path: str | Path) -> str:
    """Return the useful part of an info file as compact JSON, for ``TimeSettings.sidecar_info``.

    Raises
    ------
    NotFound
        If it cannot be opened.
    UsageError
        If it is too large, no JSON, or no object.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"The info file {file.name} is larger than {MAX_BYTES} bytes.")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"Cannot open the info file {file.name}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The info file {file.name} is not JSON.", "Give the .info.json that yt-dlp wrote.") from error
    if not isinstance(data, dict):
        raise UsageError(f"The info file {file.name} holds no object.", "Give the .info.json that yt-dlp wrote.")
    kept = {key: data[key] for key in KEYS if isinstance(data.get(key), str | int | float | bool)}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def clues(info: Mapping[str, Any], *, zone: ZoneInfo | None) -> tuple[TimeClue, ...]:
    """Return bounds from an info file: time of posting, and time of download.

    Parameters
    ----------
    info:
        The object in the file; unusable values are passed over.
    zone:
        Zone in which to say the times, or None.
    """
    name = str(info.get("extractor_key") or info.get("extractor") or "platform")[:40]
    found = []
    posted = _epoch(info.get("timestamp"))
    if posted is not None:
        said = moment(posted, zone)
        found.append(
            make(
                "not_after", "sidecar", "platform", "strong",
                Words(
                    id=f"{name} mencatat unggahan {said.id}. Direkam paling lambat saat itu.",
                    en=f"{name} states the posting time {said.en}. Recorded no later than that.",
                ),
                basis=f"timestamp={info['timestamp']}", latest=posted + timedelta(seconds=1), caveats=(_OLD,),
            )
        )  # fmt: skip
    elif (date_ := _upload_date(info.get("upload_date"))) is not None:
        said = day(date_.date())
        found.append(
            make(
                "not_after", "sidecar", "platform", "strong",
                Words(
                    id=f"{name} mencatat tanggal unggah {said.id} (UTC). Direkam paling lambat akhir hari "
                    "itu.",
                    en=f"{name} states the posting date {said.en} (UTC). Recorded no later than the end of "
                    "that day.",
                ),
                basis=f"upload_date={info['upload_date']}", latest=date_ + timedelta(days=1), caveats=(_OLD,),
            )
        )  # fmt: skip
    fetched = _epoch(info.get("epoch"))
    if fetched is not None:
        said = moment(fetched, zone)
        found.append(
            make(
                "not_after", "sidecar", "device", "moderate",
                Words(
                    id=f"Diunduh {said.id} menurut komputer pengunduh. Direkam paling lambat saat itu.",
                    en=f"Downloaded {said.en} by the clock of the downloading computer. Recorded no later "
                    "than that.",
                ),
                basis=f"epoch={info['epoch']}", latest=fetched + timedelta(seconds=1),
            )
        )  # fmt: skip
    if info.get("was_live") is True or info.get("live_status") in ("was_live", "is_live", "post_live"):
        started = _epoch(info.get("release_timestamp"))
        said = moment(started, zone) if started else Words(id="waktu tidak disebut", en="no time stated")
        found.append(
            make(
                "date_hint", "sidecar", "platform", "contextual",
                Words(
                    id=f"{name} menandai klip ini sebagai siaran langsung ({said.id}).",
                    en=f"{name} marks the clip as a live broadcast ({said.en}).",
                ),
                basis=f"live_status={info.get('live_status')} "
                f"release_timestamp={info.get('release_timestamp')}",
                caveats=(
                    Words(
                        id="Siaran langsung pun dapat memutar rekaman lama.",
                        en="A live broadcast, too, can play an old recording.",
                    ),
                ),
            )
        )  # fmt: skip
    return tuple(found)


_OLD = Words(
    id="Rekaman bisa jauh lebih lama daripada unggahan: klip lama sering diunggah ulang.",
    en="The recording can be much older than the upload: old clips are often posted again.",
)


def _epoch(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 8e8 < value < 4e9:
        return None
    return datetime.fromtimestamp(int(value), UTC)


def _upload_date(value: object) -> datetime | None:
    try:
        return datetime.strptime(str(value), "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
