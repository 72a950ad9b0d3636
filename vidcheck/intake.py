"""The intake record of a case: who asked what, and how the file came in. Written by the examiner as TOML.

The record goes into the report and beside it, never into a step of the analysis: what a human states about a
file must not change what is measured in it. Fields follow what SWGDE (Best Practices for Digital Forensic Video
Analysis), ISO/IEC 27037 (chain of custody) and the Berkeley Protocol ask to be on record.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Strict, StringConstraints, TypeAdapter, ValidationError

from vidcheck.errors import InputError, UsageError
from vidcheck.types import Words

CASE_FILE = "case.toml"
"""Name of the record in a case folder: a copy of the examiner's file, byte for byte."""
_MAX_BYTES = 256_000


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs an offset from UTC, for example 2026-01-13T09:20:00+08:00")
    return moment


def _hex(text: str) -> str:
    if text and not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError("is no SHA-256 (64 hexadecimal digits)")
    return text.lower()


Text = Annotated[str, Strict(), StringConstraints(strip_whitespace=True, max_length=4000)]
Sha256 = Annotated[str, Strict(), StringConstraints(strip_whitespace=True), AfterValidator(_hex)]
Moment = Annotated[datetime, Strict(), AfterValidator(_with_offset)]
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The case: ``[case]``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: Text = ""
    """Case number."""
    requesting_authority: Text = ""
    """Who asked for the examination."""
    request_reference: Text = ""
    """Number and date of the letter of request."""
    question: Text = ""
    """The question put, in the words of whoever asked."""
    examiner: Text = ""
    """Name of the examiner."""
    examiner_role: Text = ""
    """Position and unit of the examiner."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the file came in: ``[receipt]``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    received_at: Moment | None = None
    """When, zone aware."""
    received_from: Text = ""
    """From whom."""
    received_how: Text = ""
    """By which way, for example on a USB stick, or through a messenger as a document."""
    original_name: Text = ""
    """File name as received."""
    original_sha256: Sha256 = ""
    """SHA-256 taken when it was received, lower case."""
    original_kept_at: Text = ""
    """Where the untouched original is kept."""
    legal_basis: Text = ""
    """On what basis the file is processed."""
    notes: Text = ""
    """Anything else about the way it took."""


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A copy that is worked on: ``[[working_copy]]``."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: Text = ""
    """File name of the copy."""
    sha256: Sha256 = ""
    """SHA-256 of the copy, lower case; another one than the original's where it was converted."""
    made_at: Moment | None = None
    """When it was made, zone aware."""
    made_by: Text = ""
    """By whom."""
    how: Text = ""
    """Copied byte for byte, exported, converted: with what."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the examiner recorded. Every field may be missing, and the report shows that it is."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    case: CaseFacts = CaseFacts()
    """The case."""
    receipt: Receipt = Receipt()
    """How the file came in."""
    working_copy: tuple[WorkingCopy, ...] = ()
    """Copies that are worked on."""


def parse(data: bytes, name: str = CASE_FILE) -> Intake:
    """Read an intake record strictly.

    Parameters
    ----------
    data:
        The TOML file's bytes.
    name:
        What to call the file in messages.

    Raises
    ------
    UsageError
        Where it is no TOML, holds an unknown field or a value that cannot be meant; names the line.
    """
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{name} is too large for a case file ({len(data)} bytes).", _REMEDY)
    try:
        text = data.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text (byte {error.start}).", _REMEDY) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: {error}.", _REMEDY) from error
    try:
        return TypeAdapter(Intake).validate_python(tables)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        line = _line_of(text, path)
        where = f"{name}, line {line}" if line else name
        raise UsageError(
            f"{where}: {'.'.join(path) or 'the file'} {_why(first['type'], first['msg'])}.", _REMEDY
        ) from None


_REMEDY = "See: vidcheck case template"


def read(path: Path) -> tuple[Intake, bytes]:
    """Read an intake record from a file; return it and the file's bytes.

    Raises
    ------
    InputError
        Where the file cannot be read.
    UsageError
        See :func:`parse`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.", "Check the path given with --case.") from error
    return parse(data, path.name), data


def in_folder(folder: Path) -> Intake | None:
    """Return the record kept in a case folder, or None where there is none.

    Raises
    ------
    UsageError
        Where it was altered into something that is none.
    """
    path = folder / CASE_FILE
    return read(path)[0] if path.is_file() else None


def _why(kind: str, message: str) -> str:
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return "is not a field of a case file"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return {
        "string_type": "must be text in quotes",
        "datetime_type": "must be a date and time without quotes, for example 2026-01-13T09:20:00+08:00",
        "string_too_long": "is longer than 4000 letters",
        "dataclass_type": "must be a table",
        "tuple_type": "must be written as [[working_copy]]",
    }.get(kind, message)


def _line_of(text: str, path: list[str]) -> int | None:
    """Return the line, from 1, on which the field at ``path`` is written, or None where it is not found."""
    table, count, found = "", -1, None
    wanted = next((int(part) for part in path if part.isdigit()), 0)
    names = [part for part in path if not part.isdigit()]
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = head[1].strip("\"'")
            count = count + 1 if table == "working_copy" else count
            if names and table == names[0] and (table != "working_copy" or count == wanted):
                found = number
        elif key := re.match(r"\s*([\w\"'.-]+)\s*=", line):
            written = [*([table] if table else []), *key[1].strip("\"'").split(".")]
            if written == names and (table != "working_copy" or count == wanted):
                return number
    return found


LABELS: Mapping[str, Words] = {
    "id": Words("nomor perkara", "case number"),
    "requesting_authority": Words("instansi peminta", "requesting authority"),
    "request_reference": Words("nomor dan tanggal surat permintaan", "number and date of the request"),
    "question": Words("pertanyaan yang diajukan", "the question put"),
    "examiner": Words("pemeriksa", "examiner"),
    "examiner_role": Words("jabatan dan unit pemeriksa", "position and unit of the examiner"),
    "received_at": Words("diterima pada", "received on"),
    "received_from": Words("diterima dari", "received from"),
    "received_how": Words("cara diterima", "received by which way"),
    "original_name": Words("nama berkas saat diterima", "file name as received"),
    "original_sha256": Words("SHA-256 saat diterima", "SHA-256 when received"),
    "original_kept_at": Words("tempat berkas asli disimpan", "where the original is kept"),
    "legal_basis": Words("dasar pemrosesan", "basis of processing"),
    "notes": Words("catatan penerimaan", "notes on receipt"),
    "name": Words("nama salinan", "name of the copy"),
    "sha256": Words("SHA-256 salinan", "SHA-256 of the copy"),
    "made_at": Words("dibuat pada", "made on"),
    "made_by": Words("dibuat oleh", "made by"),
    "how": Words("cara dibuat", "how it was made"),
}
"""What each field is called."""
_TEMPLATE_NOTES = (
    Words("Berkas perkara untuk", "Case file for"),
    Words(
        "Yang dibiarkan kosong ditulis “belum diisi” dalam laporan.",
        "What is left empty is written as “not filled in” in the report.",
    ),
    Words(
        "Waktu ditulis tanpa tanda petik, dengan selisih terhadap UTC:", "Times have no quotes and an offset from UTC:"
    ),
)


def template(lang: str) -> str:
    """Return an empty case file with a note at every field, in ``id`` or English."""
    use, empty, times = (note.get(lang) for note in _TEMPLATE_NOTES)
    lines = [f"# {use}: vidcheck analyze CLIP -o DIR --case FILE", f"# {empty}"]
    lines.append(f"# {times} WIB +07:00, WITA +08:00, WIT +09:00.")
    tables: tuple[tuple[str, type, str], ...] = (
        ("[case]", CaseFacts, ""),
        ("[receipt]", Receipt, ""),
        ("[[working_copy]]", WorkingCopy, "# "),
    )
    for head, kind, off in tables:
        lines += ["", off + head]
        for item in fields(kind):
            written = f"# {item.name} = 2026-01-13T09:20:00+08:00" if item.default is None else f'{off}{item.name} = ""'
            lines.append(f"{written:<46}  # {LABELS[item.name].get(lang)}")
    return "\n".join(lines) + "\n"
