"""Whether a case folder is what would be written now, so that the same command again leaves it as it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from vidcheck import store
from vidcheck.errors import InputError, OutputError
from vidcheck.hashing import sha256_of
from vidcheck.types import Analysis


def key(analysis: Analysis, *, lang: str, case_file: bytes | None, with_clip: bool, cover_heads: str | None) -> str:
    """Return a hash over all that a case folder is made from; the analysis carries the hash of the code."""
    found = hashlib.sha256()
    for part in store.json_parts(analysis):
        found.update(part)
    return store.key_of(
        analysis=found.hexdigest(),
        lang=lang,
        case_file=None if case_file is None else hashlib.sha256(case_file).hexdigest(),
        with_clip=with_clip,
        cover_heads=cover_heads,
    )


def remember(workdir: Path, sha256: str, key: str, folder: Path) -> None:
    """Note that ``folder`` was written for this key; no reason to fail."""
    try:
        made = {"folder": str(folder.resolve()), "manifest": sha256_of(folder / store.MANIFEST)}
        store.write_atomic(_note(workdir, sha256, key), json.dumps(made).encode())
    except (OSError, OutputError):
        return


def is_current(workdir: Path, sha256: str, key: str, folder: Path) -> bool:
    """Whether ``folder`` was written for this key, and its manifest and every file in it are as they were then."""
    try:
        made = json.loads(_note(workdir, sha256, key).read_bytes())
        same = made == {"folder": str(folder.resolve()), "manifest": sha256_of(folder / store.MANIFEST)}
        return same and not store.verify(folder)
    except (OSError, ValueError, InputError):
        return False


def current_folder(workdir: Path, sha256: str, key: str) -> Path | None:
    """Return the folder that was written for this key, if it is still as it was then."""
    try:
        folder = Path(json.loads(_note(workdir, sha256, key).read_bytes())["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder if is_current(workdir, sha256, key, folder) else None


def _note(workdir: Path, sha256: str, key: str) -> Path:
    return workdir / sha256 / f"written-{key}.json"
