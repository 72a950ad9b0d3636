"""The same command again: a case folder that is what would be written is recognised before anything heavy is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidcheck import limits, weights
from vidcheck.errors import ModelError
from vidcheck.hashing import sha256_of

if TYPE_CHECKING:
    from vidcheck.types import Analysis


def key(clip: Path, out: Path, case_file: bytes | None, options: dict[str, Any]) -> tuple[str, str] | None:
    """Return the clip's hash, and a hash over all that decides what ``vidcheck analyze`` writes for it.

    None where a file cannot be read, or the detector is one given by path: then the usual way finds out.
    """
    if options.get("model", "auto") != "auto":
        return None
    try:
        sha256, models = sha256_of(clip), _models()
        sidecar = options.get("sidecar")
        beside = None if sidecar is None else sha256_of(sidecar)
    except (OSError, ModelError):
        return None
    from vidcheck import store, versions

    return sha256, store.key_of(
        name=clip.name,
        out=str(out.resolve()),
        case_file=case_file,
        sidecar=beside,
        options=sorted((name, repr(value)) for name, value in options.items()),
        limits=limits.in_force(),
        models=models,
        versions=versions.tool_versions(),
    )


def _models() -> list[tuple[str, str, int, int]]:
    """Where each model lies, and when its files were last changed: another one, or an altered one, is another key."""
    found = []
    for name in sorted(weights.registry()):
        path = weights.find(name)
        for file in sorted(path.rglob("*")) if path is not None and path.is_dir() else [path]:
            if file is not None:
                about = file.stat()
                found.append((name, str(file), about.st_mtime_ns, about.st_size))
    return found


def find(workdir: Path, sha256: str, key: str) -> tuple[Analysis, Path] | None:
    """Return the analysis and the folder that were written for this key, if every file is as it was then."""
    from vidcheck import case_reuse, store

    folder = case_reuse.current_folder(workdir, sha256, key)
    if folder is None:
        return None
    return store.from_json((folder / store.ANALYSIS).read_bytes()), folder


def remember(workdir: Path, sha256: str, key: str, folder: Path) -> None:
    """Note that ``folder`` was written for this key."""
    from vidcheck import case_reuse

    case_reuse.remember(workdir, sha256, key, folder)
