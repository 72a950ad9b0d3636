"""Keeping results: the JSON codec, the step cache, atomic writes, and the manifest of hashes.

The only module that turns facts into JSON and back.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from vidcheck.errors import InputError, OutputError
from vidcheck.hashing import sha256_of
from vidcheck.types import Analysis, StepRun

T = TypeVar("T")
_PART = 4000  # rows of a long list encoded at a time

MANIFEST = "manifest.json"
ANALYSIS = "analysis.json"
SEALS = (f"{MANIFEST}.sig", f"{MANIFEST}.pub", f"{MANIFEST}.tsr")
"""Signature, public key and time stamp of the manifest: made over it, so they cannot stand in it."""


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the (costly, so shared) JSON adapter of a type."""
    return TypeAdapter(kind)


def to_json(value: Any, kind: Any = Analysis) -> bytes:
    """Encode a fact as UTF-8 JSON, two spaces of indent, fields in the order of the type."""
    return adapter(kind).dump_json(value, indent=2, ensure_ascii=False) + b"\n"


def json_parts(analysis: Analysis) -> Iterator[bytes]:
    """Yield :func:`to_json` of an analysis in parts: of an hour of a crowd the whole takes a hundred megabytes."""
    kinds = get_type_hints(Analysis)
    for number, item in enumerate(fields(Analysis)):
        yield b"{\n" if number == 0 else b",\n"
        yield b'  "%b": ' % item.name.encode()
        value = getattr(analysis, item.name)
        if not isinstance(value, tuple) or len(value) <= _PART:
            yield _indented(value, kinds[item.name])
            continue
        for start in range(0, len(value), _PART):
            rows = _indented(value[start : start + _PART], kinds[item.name])
            yield rows.removesuffix(b"\n  ]") if start == 0 else b"," + rows[1:].removesuffix(b"\n  ]")
        yield b"\n  ]"
    yield b"\n}\n"


def _indented(value: Any, kind: Any) -> bytes:
    # A line break within a string is written as an escape: every one in the data is between values.
    data: bytes = adapter(kind).dump_json(value, indent=2, ensure_ascii=False)
    return data.replace(b"\n", b"\n  ")


def from_json(data: bytes | str, kind: Any = Analysis) -> Any:
    """Decode a fact.

    Raises
    ------
    InputError
        Where the data does not fit the type.
    """
    try:
        return adapter(kind).validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"This is no analysis of this version of vidcheck ({where}: {first['msg']}).",
            "Analyse the clip again.",
        ) from error


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``analysis.json``."""
    described = adapter(Analysis).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def key_of(**parts: Any) -> str:
    """Return a short hash over settings, versions and upstream keys."""

    def plain(value: Any) -> Any:
        return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)

    text = json.dumps(parts, sort_keys=True, default=plain, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:20]


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file, given whole or in parts, so that it is either whole or not there.

    Raises
    ------
    OutputError
        Where the disk is full or the folder cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp gives 0600; a report is meant to be handed on
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise output_error(path, error) from error
    except BaseException:  # interrupted, or what was to be written could not be made
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise


def output_error(path: Path, error: OSError) -> OutputError:
    """Turn what the system said about writing ``path`` into an error for people."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"No space left while writing {path}.", "Free some space, or choose another disk with -o.")
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return OutputError(f"{path} cannot be written (no permission).")
    return OutputError(f"{path} cannot be written ({error.strerror or error}).")


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A step's result as the cache keeps it."""

    value: T
    """The findings."""
    run: StepRun
    """How it went; only ``ok`` is ever stored."""


class StepCache:
    """One folder per clip, one file per step and key. A damaged or foreign file is a miss, never an error."""

    def __init__(self, workdir: Path | None, sha256: str) -> None:
        self._folder = None if workdir is None else workdir / sha256

    def load(self, step: str, key: str, kind: Any) -> Stored[Any] | None:
        """Return what is stored, or None."""
        if self._folder is None:
            return None
        try:
            data = (self._folder / f"{step}-{key}.json").read_bytes()
            found: Stored[Any] = adapter(Stored[kind]).validate_json(data)
        except (OSError, ValidationError):
            return None
        return found

    def save(self, step: str, key: str, kind: Any, stored: Stored[Any]) -> None:
        """Store a result; a cache that cannot be written is no reason to fail."""
        if self._folder is None:
            return
        try:
            write_atomic(self._folder / f"{step}-{key}.json", adapter(Stored[kind]).dump_json(stored))
        except OutputError:
            return


def manifest_of(folder: Path, original: Mapping[str, Any], frames: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the manifest: the original, frames by hash of their pixels, and every file in ``folder`` by hash."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (MANIFEST, *SEALS))
    return {
        "manifest_version": "1.1",
        "original": dict(original),
        "frames": [dict(frame) for frame in frames],
        "files": [
            {"path": p.relative_to(folder).as_posix(), "size_bytes": p.stat().st_size, "sha256": sha256_of(p)}
            for p in files
        ],
    }


def write_manifest(folder: Path, original: Mapping[str, Any], frames: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write ``manifest.json`` over everything that lies in ``folder``; what sealed an earlier one is removed."""
    data = json.dumps(manifest_of(folder, original, frames), indent=2, ensure_ascii=False)
    for name in SEALS:
        (folder / name).unlink(missing_ok=True)
    write_atomic(folder / MANIFEST, data.encode() + b"\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a case folder.

    Raises
    ------
    InputError
        Where there is no readable manifest.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        _ = [(str(item["path"]), str(item["sha256"])) for item in manifest["files"]], manifest["original"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder} has no readable {MANIFEST}.", "Name a folder that vidcheck analyze has written."
        ) from error
    return manifest


def renew_manifest(folder: Path) -> None:
    """Write the manifest again after a file of the folder was added or rewritten; original and frames stay.

    Raises
    ------
    InputError
        Where there is no readable manifest.
    """
    manifest = read_manifest(folder)
    write_manifest(folder, manifest["original"], manifest.get("frames", ()))


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a folder is not what its manifest says."""

    path: str
    """The file."""
    what: str
    """``missing``, ``altered``, ``added``, or ``outside`` where the manifest names a file beyond the folder."""


def verify(folder: Path) -> tuple[Difference, ...]:
    """Compare a case folder with its manifest.

    Raises
    ------
    InputError
        Where there is no readable manifest.
    """
    listed = {str(item["path"]): str(item["sha256"]) for item in read_manifest(folder)["files"]}
    differences = []
    for name, expected in listed.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            differences.append(Difference(name, "outside"))
        elif not path.is_file():
            differences.append(Difference(name, "missing"))
        elif sha256_of(path) != expected:
            differences.append(Difference(name, "altered"))
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    differences += [Difference(name, "added") for name in sorted(present - set(listed) - {MANIFEST, *SEALS})]
    return tuple(differences)
