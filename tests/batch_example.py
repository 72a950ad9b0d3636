"""A batch result as an investigator would see it, made up: for the page and the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2

from tests import media as rendered
from vidcheck.batch import BatchResult, CopyOf, Event, Findings, MatchedPair, Outcome, TextFound
from vidcheck.types import PeopleCount, TimeClue, Words

WITA = timezone(timedelta(hours=8), "WITA")
UPLOADED = datetime(2026, 1, 12, 21, 8, tzinfo=WITA)


def people(minimum: int, best: int, maximum: int) -> PeopleCount:
    return PeopleCount(minimum, best, maximum, ())


def clue(latest: datetime) -> TimeClue:
    words = Words("Diunggah.", "Uploaded.")
    return TimeClue("c1", "not_after", "platform", "platform", "strong", None, latest, None, "id", (), words)


def findings(**changes: object) -> Findings:
    plain = Findings(
        kind="video", duration_s=34.2, width_px=720, height_px=1280, size_bytes=4_200_000, has_audio=True,
        people=people(4, 6, 9), clothing={"korpri_batik": people(2, 3, 4), "civilian": people(1, 2, 3)},
        place="Banjarmasin", url=None, posted=None, earliest=UPLOADED - timedelta(days=1), latest=UPLOADED, best=None,
        working_hours="partly", not_after=(clue(UPLOADED),),
        texts=(TextFound("overlay", "VIRAL DI JAM KERJA", 0.0, 34.0),), picture="media/shot-0.jpg", failed_steps=(),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def outcome(name: str, folder: str | None, event: int | None, **changes: object) -> Outcome:
    plain = Outcome(
        name=name, line=None, status="done", reused=False, error="", exit_code=0, sha256="0" * 64, folder=folder,
        findings=findings() if folder else None, event=event, case_id="", notes="", seconds=41.0, attempts=1,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def example() -> BatchResult:
    """Five files: two copies of one recording, a photo, a hostile name, a failure."""
    later = UPLOADED + timedelta(hours=5)
    outcomes = (
        outcome("tiktok/kafe siang.mp4", "kafe siang", 1, case_id="INS-2026-014", notes="laporan warga"),
        outcome(
            "wa/VID-20260113-WA0003.mp4", "VID-20260113-WA0003", 1,
            findings=findings(width_px=352, height_px=640, people=people(3, 5, 7), not_after=(clue(later),)),
        ),
        outcome(
            "foto/meja.jpg", "meja", 2,
            findings=findings(
                kind="image", duration_s=0.0, people=people(2, 2, 2), clothing={"unclear": people(2, 2, 2)},
                place="Pontianak", working_hours="unknown", earliest=None, latest=None, not_after=(),
            ),
        ),
        outcome("<script>alert(1)</script>.mp4", "x", 3, notes='=HYPERLINK("http://example.invalid")',
                status="incomplete", error="Steps that failed: overlays.",
                findings=findings(people=None, clothing={}, place=None, failed_steps=("overlays",))),
        outcome("rusak.mp4", None, None, status="failed", exit_code=3, error="rusak.mp4 cannot be read as a clip."),
    )  # fmt: skip
    pairs = tuple(MatchedPair(float(t), t + 2.0, 0.93) for t in range(12))
    copies = (
        CopyOf("kafe siang", 1.0, False, 1.0, (), (), False, True, ()),
        CopyOf("VID-20260113-WA0003", 0.91, True, 0.41, ((14.0, 34.2),), (), True, False, pairs),
    )
    alone = [CopyOf(name, 1.0, False, 1.0, (), (), False, True, ()) for name in ("meja", "x")]
    events = (
        Event(1, "kafe siang", copies, people(4, 6, 9), UPLOADED, "kafe siang"),
        Event(2, "meja", (alone[0],), people(2, 2, 2), None, None),
        Event(3, "x", (alone[1],), None, UPLOADED, "x"),
    )
    return BatchResult(outcomes, events, 90.0, 1_400_000_000, 2)


def save_pictures(out: Path) -> None:
    """The pictures that the example's findings name."""
    for number, result in enumerate(example().outcomes):
        if result.folder is not None:
            path = out / result.folder / "media" / "shot-0.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            size = (360, 640) if number != 2 else (640, 480)
            cv2.imwrite(str(path), rendered.scene(number, size))
