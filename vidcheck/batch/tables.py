"""The results as tables: results.csv, results.parquet, failures.csv and results.sqlite.

Parquet is written with polars, which ultralytics brings along; SQLite comes with Python, needs no server, and is read
by DuckDB too.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from vidcheck import store
from vidcheck.batch.records import BatchResult, Outcome
from vidcheck.types import ClothingLabel

RESULTS_CSV, RESULTS_PARQUET, RESULTS_SQLITE, FAILURES_CSV = (
    "results.csv",
    "results.parquet",
    "results.sqlite",
    "failures.csv",
)

LABELS: tuple[ClothingLabel, ...] = get_args(ClothingLabel)
COLUMNS: dict[str, type] = {
    "name": str, "line": int, "status": str, "reused": bool, "error": str, "case_id": str, "notes": str,
    "folder": str, "report": str, "event": int, "copies": int, "best_copy": bool, "sha256": str, "kind": str,
    "duration_s": float, "width_px": int, "height_px": int, "size_bytes": int,
    "people_minimum": int, "people_best": int, "people_maximum": int,
    **{f"{label}_best": int for label in LABELS},
    "place": str, "url": str, "posted": str,
    "earliest_utc": datetime, "latest_utc": datetime, "recorded_utc": datetime, "working_hours": str,
    "failed_steps": str, "seconds": float, "attempts": int,
}  # fmt: skip
"""Columns of the results, by type. Times are UTC; counts are empty where nobody looked."""


def rows(result: BatchResult) -> list[dict[str, Any]]:
    """Return one row for each entry, with the columns of :data:`COLUMNS`."""
    by_number = {event.number: event for event in result.events}
    found = []
    for outcome in result.outcomes:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {
            "name": outcome.name,
            "line": outcome.line,
            "status": outcome.status,
            "reused": outcome.reused,
            "error": outcome.error or None,
            "case_id": outcome.case_id or None,
            "notes": outcome.notes or None,
            "sha256": outcome.sha256,
            "seconds": outcome.seconds,
            "attempts": outcome.attempts,
        }
        if outcome.findings is not None and outcome.folder is not None:
            row |= _found(outcome)
        if outcome.event is not None:
            event = by_number[outcome.event]
            row |= {"event": outcome.event, "copies": len(event.copies), "best_copy": outcome.folder == event.best}
        found.append(row)
    return found


def _found(outcome: Outcome) -> dict[str, Any]:
    found = outcome.findings
    assert found is not None
    people = found.people
    # A label without anybody is 0 only where clothing was looked at.
    counts = {f"{label}_best": count.best for label, count in found.clothing.items()}
    if found.clothing:
        counts = dict.fromkeys((f"{label}_best" for label in LABELS), 0) | counts
    return {
        "folder": outcome.folder,
        "report": f"{outcome.folder}/report.html",
        "kind": found.kind,
        "duration_s": found.duration_s,
        "width_px": found.width_px,
        "height_px": found.height_px,
        "size_bytes": found.size_bytes,
        "people_minimum": people.minimum if people else None,
        "people_best": people.best if people else None,
        "people_maximum": people.maximum if people else None,
        **counts,
        "place": found.place,
        "url": found.url,
        "posted": found.posted,
        "earliest_utc": _utc(found.earliest),
        "latest_utc": _utc(found.latest),
        "recorded_utc": _utc(found.best),
        "working_hours": found.working_hours,
        "failed_steps": " ".join(found.failed_steps) or None,
    }


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def write_tables(result: BatchResult, out: Path) -> None:
    """Write all four tables, each whole or not at all.

    Raises
    ------
    OutputError
        Where one cannot be written.
    """
    found = rows(result)
    store.write_atomic(out / RESULTS_CSV, to_csv(tuple(COLUMNS), found))
    failures = [row for row in found if row["status"] in ("failed", "skipped")]
    store.write_atomic(
        out / FAILURES_CSV, to_csv(("name", "line", "status", "error", "attempts", "case_id", "notes"), failures)
    )
    store.write_atomic(out / RESULTS_PARQUET, _parquet(found))
    store.write_atomic(out / RESULTS_SQLITE, _sqlite(found, result))


def to_csv(columns: Sequence[str], found: Iterable[dict[str, Any]]) -> bytes:
    """Encode rows as CSV for spreadsheets: UTF-8 with its mark, and no text that a spreadsheet would calculate."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in found:
        writer.writerow([_cell(row[column]) for column in columns])
    return buffer.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """One cell. Text that begins like a formula gets an apostrophe (OWASP, *CSV Injection*)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def _parquet(found: Sequence[dict[str, Any]]) -> bytes:
    import polars as pl

    kinds: dict[type, Any] = {
        str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean, datetime: pl.Datetime("us", "UTC"),
    }  # fmt: skip
    schema = {name: kinds[kind] for name, kind in COLUMNS.items()}
    buffer = io.BytesIO()
    pl.DataFrame(list(found), schema=schema, orient="row").write_parquet(buffer)
    return buffer.getvalue()


_SCHEMA = """
CREATE TABLE clothing (folder TEXT, label TEXT, minimum INTEGER, best INTEGER, maximum INTEGER);
CREATE TABLE texts (folder TEXT, kind TEXT, text TEXT, first_s REAL, last_s REAL);
CREATE TABLE events (event INTEGER PRIMARY KEY, best_folder TEXT, copies INTEGER, people_minimum INTEGER,
  people_best INTEGER, people_maximum INTEGER, posted_by_utc TEXT, posted_by_folder TEXT);
CREATE TABLE copies (event INTEGER, folder TEXT, score REAL, mirrored INTEGER, area REAL, same_bytes INTEGER,
  lacks_s REAL, adds_s REAL, lacks_audio INTEGER);
CREATE INDEX texts_folder ON texts (folder);
CREATE INDEX copies_folder ON copies (folder);
"""


def _sqlite(found: Sequence[dict[str, Any]], result: BatchResult) -> bytes:
    names = {str: "TEXT", int: "INTEGER", float: "REAL", bool: "INTEGER", datetime: "TEXT"}
    columns = ", ".join(f"{name} {names[kind]}" for name, kind in COLUMNS.items())
    with tempfile.TemporaryDirectory(prefix="vidcheck-batch-") as folder:
        path = Path(folder) / RESULTS_SQLITE
        base = sqlite3.connect(path)
        try:
            base.execute(f"CREATE TABLE clips ({columns})")
            base.executescript(_SCHEMA)
            _fill(base, "clips", ([_plain(row[name]) for name in COLUMNS] for row in found))
            seen: set[str] = set()
            for outcome in result.outcomes:
                if outcome.findings is None or outcome.folder is None or outcome.folder in seen:
                    continue
                seen.add(outcome.folder)
                where, clip = outcome.folder, outcome.findings
                _fill(base, "clothing", ((where, k, c.minimum, c.best, c.maximum) for k, c in clip.clothing.items()))
                _fill(base, "texts", ((where, t.kind, t.text, t.first_s, t.last_s) for t in clip.texts))
            for event in result.events:
                people = event.people
                counts = (people.minimum, people.best, people.maximum) if people else (None, None, None)
                bound = (_plain(_utc(event.posted_by)), event.posted_by_folder)
                _fill(base, "events", [(event.number, event.best, len(event.copies), *counts, *bound)])
                for copy in event.copies:
                    spans = [round(sum(high - low for low, high in part), 2) for part in (copy.lacks, copy.adds)]
                    facts = (copy.score, copy.mirrored, copy.area, copy.same_bytes, *spans, copy.lacks_audio)
                    _fill(base, "copies", [(event.number, copy.folder, *facts)])
            base.commit()
        finally:
            base.close()
        return path.read_bytes()


def _fill(base: sqlite3.Connection, table: str, values: Iterable[Sequence[Any]]) -> None:
    ready = list(values)
    if ready:
        places = ", ".join("?" * len(ready[0]))
        base.executemany(f"INSERT INTO {table} VALUES ({places})", ready)  # the table's name is ours


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
