"""A live interface in the picture against the days on which that service was switched off in Indonesia."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from vidcheck.clues._make import make
from vidcheck.facts._files import read_yaml
from vidcheck.facts.wording import moment
from vidcheck.types import Context, OverlayText, Source, TimeClue, Words

_LIVE = re.compile(r"(?i)^\W*(?:live|siaran langsung)\b")
_TIKTOK = re.compile(r"(?i)tiktok|\bvid:v[0-9a-z]{20,}|bytedance|bytevc")


def clues(
    overlays: Sequence[OverlayText], source: Source, context: Context, dated: Sequence[TimeClue], zone: ZoneInfo | None
) -> tuple[TimeClue, ...]:
    """Return a clue where the picture shows TikTok's live interface and another clue dates it to an outage.

    Parameters
    ----------
    overlays:
        The texts.
    source, context:
        File name, tags and address: TikTok has to be named somewhere, because other platforms have live badges, too.
    dated:
        The other clues.
    zone:
        Zone in which to say times, or None.
    """
    badge = next((text for text in overlays if text.kind == "interface" and _LIVE.match(text.text)), None)
    words = [source.path, context.url or "", *(text.text for text in overlays)]
    words += [value for tags in source.tags.values() for value in tags.values()]
    if badge is None or not any(_TIKTOK.search(one) for one in words):
        return ()
    found = []
    for outage in read_yaml("outages.yaml"):
        begin, end = datetime.fromisoformat(outage["from"]), datetime.fromisoformat(outage["to"])
        if not any(
            clue.kind == "exact" and reading is not None and begin <= reading < end
            for clue in dated
            for reading in (clue.alternatives or (clue.earliest,))
        ):
            continue
        said_from, said_to = moment(begin, zone or begin.tzinfo), moment(end, zone or end.tzinfo)
        found.append(
            make(
                "date_hint", "overlay", "platform", "contextual",
                Words(
                    id=f"Gambar menampilkan antarmuka {outage['name']}, yang dimatikan di Indonesia dari "
                    f"{said_from.id} sampai {said_to.id}; siaran dari Indonesia pada masa itu tidak mungkin.",
                    en=f"The picture shows the interface of {outage['name']}, which was switched off in Indonesia "
                    f"from {said_from.en} to {said_to.en}; a broadcast from there at that time is not possible.",
                ),
                basis=badge.text, earliest=begin, latest=end, frames=(badge.first,),
                caveats=(
                    Words(
                        id="Siaran dari luar negeri, tampilan ulang, atau antarmuka platform lain tidak terbantah.",
                        en="A broadcast from abroad, a replay, or another platform's interface is not ruled out.",
                    ),
                ),
            )
        )  # fmt: skip
    return tuple(found)
