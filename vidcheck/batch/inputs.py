"""What to analyse: the files of a folder, or the lines of a list with options for each clip."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vidcheck.batch.records import Entry
from vidcheck.clues import sidecar as sidecars
from vidcheck.errors import InputError, UsageError, VidcheckError
from vidcheck.media import shown_name
from vidcheck.steps import Settings
from vidcheck.time_settings import TimeSettings
from vidcheck.timing import check

MEDIA_SUFFIXES = frozenset(
    f".{ending}"
    for endings in (
        ("mp4", "mov", "m4v", "webm", "mkv", "avi", "3gp", "3g2", "mpg", "mpeg", "ts", "mts", "flv", "wmv", "gif"),
        ("jpg", "jpeg", "png", "webp", "heic", "heif", "avif", "bmp", "tif", "tiff"),
    )
    for ending in endings
)
"""Endings by which a file claims to be a clip or photo: one that cannot be opened has then failed. Others that cannot
be opened are skipped. The ending decides nothing else."""
SIDECAR = ".info.json"
"""What yt-dlp writes beside a clip."""
_PASSED_OVER = (".part", ".crdownload", ".download", ".tmp", ".partial", SIDECAR)
_PASSED_NAMES = {"thumbs.db", "desktop.ini"}
_MAX_LIST_BYTES = 500_000_000

_CLIP_COLUMNS = ("clip", "file", "path")
_TEXTS = ("place", "url", "posted", "known_not_before", "heard_adzan")
_FLAGS = ("shows_screen", "six_day_week")
_NUMBERS = ("shadow_height", "shadow_length")
COLUMNS = (*_CLIP_COLUMNS, *_TEXTS, "sidecar", *_FLAGS, *_NUMBERS, "case_id", "notes")
"""Columns that a list may have; the first three are names for the same."""
_YES = {"1", "yes", "y", "true", "x", "ya"}
_NO = {"", "0", "no", "n", "false", "-", "tidak"}


class ListError(UsageError):
    """A list with lines that cannot be meant."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        super().__init__(
            f"{path.name}: {'; '.join(problems[:3])}{more}.",
            "Nothing was analysed. Mend the list and run again.",
        )
        self.problems = tuple(problems)
        """Every problem with its line."""


def entries(source: Path, settings: Settings, *, not_in: Path) -> list[Entry]:
    """Return what a folder or a list names.

    Parameters
    ----------
    source:
        A folder, taken with its subfolders, or a list (CSV; comma, semicolon or tab; UTF-8).
    settings:
        Settings of the batch; a list's columns override what is said about place and time.
    not_in:
        The output folder: not searched.

    Raises
    ------
    InputError
        Where it cannot be read.
    ListError
        Where the list has unknown columns or values that cannot be meant; all are named.
    """
    if not source.exists():
        raise InputError(f"{source}: no such folder or list.", "Check the path.")
    if source.is_dir() and source.resolve() == not_in.resolve():
        raise UsageError("The results cannot be written into the folder of the clips.", "Choose another one with -o.")
    found = list(_of_folder(source, settings, not_in)) if source.is_dir() else _of_list(source, settings)
    if not found:
        raise InputError(f"{source} names no clips.", "Name a folder or list with clips in it.")
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the longer ending makes the name too long
        return False


def _of_folder(folder: Path, settings: Settings, not_in: Path) -> Iterator[Entry]:
    for path in _walk(folder, not_in.resolve()):
        sidecar = path.with_suffix(SIDECAR)
        chosen, problem = settings, ""
        if _is_file(sidecar):
            try:
                info = sidecars.read(sidecar)
                chosen = replace(settings, time=replace(settings.time, sidecar=sidecar.name, sidecar_info=info))
            except VidcheckError as error:
                problem = str(error)
        yield Entry(shown_name(path.relative_to(folder).as_posix()), path, chosen, problem=problem)


def _walk(folder: Path, not_in: Path) -> Iterator[Path]:
    """Regular files below a folder in order of name, each folder once: links may lead in circles."""
    seen: set[tuple[int, int]] = set()

    def complain(error: OSError) -> None:
        raise InputError(f"{error.filename}: {error.strerror}.", "Check the permissions.")

    for root, folders, files in os.walk(folder, followlinks=True, onerror=complain):
        here = Path(root)
        state = here.stat()
        if (state.st_dev, state.st_ino) in seen or here.resolve() == not_in:
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            low = name.lower()
            if name.startswith((".", "~$")) or low.endswith(_PASSED_OVER) or low in _PASSED_NAMES:
                continue
            if (here / name).is_file():
                yield here / name


def _of_list(path: Path, settings: Settings) -> list[Entry]:
    rows = _rows(path)
    header_line, header = next(rows, (0, []))
    names = [name.strip().lower().replace(" ", "_") for name in header]
    problems = [
        f"line {header_line}: unknown column {name!r} (known: {', '.join(COLUMNS)})"
        for name in names
        if name not in COLUMNS
    ]
    problems += [f"line {header_line}: column {name!r} stands twice" for name in sorted(_twice(names))]
    if sum(name in _CLIP_COLUMNS for name in names) != 1:
        problems.append(f"line {header_line}: one column must be called clip")
    if problems:
        raise ListError(path, problems)
    found = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            problems.append(f"line {line}: {len(cells)} cells under {len(names)} columns")
            continue
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
        try:
            found.append(_entry(row, line, path.parent, settings))
        except VidcheckError as error:
            problems.append(f"line {line}: {error.message}")
    if problems:
        raise ListError(path, problems)
    return found


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells; the separator is the one that the first line has most of."""
    try:
        if path.stat().st_size > _MAX_LIST_BYTES:
            raise InputError(f"{path.name} is larger than {_MAX_LIST_BYTES} bytes.", "Split the list.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is no list: it is not UTF-8 text (byte {error.start}).",
            "Save it as CSV UTF-8, or name a folder. For one clip use: vidcheck analyze",
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began = 1
    try:
        for cells in reader:
            yield began, cells
            began = reader.line_num + 1
    except csv.Error as error:
        raise ListError(path, [f"line {began}: {error}"]) from error


def _entry(row: Mapping[str, str], line: int, base: Path, settings: Settings) -> Entry:
    name = next(row[column] for column in _CLIP_COLUMNS if column in row)
    if not name:
        raise UsageError("names no clip")
    said: dict[str, Any] = {column: row[column] for column in _TEXTS if row.get(column)}
    if "heard_adzan" in said:
        said["heard_adzan"] = ",".join(said["heard_adzan"].replace(",", " ").split())
    said |= {column: _flag(row[column], column) for column in _FLAGS if row.get(column)}
    said |= {column: _number(row[column], column) for column in _NUMBERS if row.get(column)}
    if ("shadow_height" in said) != ("shadow_length" in said):
        raise UsageError("shadow_height and shadow_length belong together")
    if row.get("sidecar"):
        sidecar = base / row["sidecar"]
        said |= {"sidecar": sidecar.name, "sidecar_info": sidecars.read(sidecar)}
    time = replace(settings.time, **said)
    check(time)
    return Entry(name, base / name, replace(settings, time=time), line, row.get("case_id", ""), row.get("notes", ""))


def _flag(text: str, column: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise UsageError(f"{column} is {text!r}, not yes or no")
    return text.lower() in _YES


def _number(text: str, column: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise UsageError(f"{column} is {text!r}, not a number") from None


assert {*_TEXTS, *_FLAGS, *_NUMBERS} <= {field.name for field in fields(TimeSettings)}
