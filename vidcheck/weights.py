"""Model name to verified local path.

Looked for, in this order: an explicit path, ``$VIDCHECK_MODELS``, ``models/`` of the checkout or the copy in the
wheel, and the user's cache, where ``vidcheck models fetch`` puts what it downloads. The hash of every file is
compared with ``models/registry.toml`` before anything is loaded; a single file with an unknown hash, which may be a
pickle, is never loaded at all.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vidcheck.errors import ModelError
from vidcheck.hashing import sha256_of

ENV_VAR = "VIDCHECK_MODELS"


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model whose files are present and whose hashes were verified."""

    name: str
    """Name in the registry, or the file name of a model given by path."""
    path: Path
    """The file or folder to load."""
    sha256: str
    """Hash of the file; for several files the hash over their sorted hash list."""
    entry: Mapping[str, Any]
    """The registry's entry; empty for a model given by path."""


def shipped_folder() -> Path:
    """Return the folder of the models that come with vidcheck."""
    wheel = Path(__file__).parent / "_models"
    return wheel if wheel.is_dir() else Path(__file__).parent.parent / "models"


def user_folder() -> Path:
    """Return the folder that ``vidcheck models fetch`` downloads to."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("vidcheck")) / "models"


@cache
def registry() -> Mapping[str, Mapping[str, Any]]:
    """Return the registry: name to entry.

    Raises
    ------
    ModelError
        Where the registry is missing or damaged.
    """
    path = shipped_folder() / "registry.toml"
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"The model registry cannot be read ({error}).", "Install vidcheck again.") from error


def folders() -> Iterator[Path]:
    """Yield the folders in which models are looked for, in order."""
    if chosen := os.environ.get(ENV_VAR):
        yield Path(chosen).expanduser()
    yield shipped_folder()
    yield user_folder()


def find(name: str) -> Path | None:
    """Return where the model ``name`` lies, unverified, or None where it is in none of the folders."""
    target = str(entry(name)["path"])
    return next((folder / target for folder in folders() if (folder / target).exists()), None)


def entry(name: str) -> Mapping[str, Any]:
    """Return the registry's entry for ``name``.

    Raises
    ------
    ModelError
        Where there is none.
    """
    known = registry()
    if name not in known:
        raise ModelError(f"There is no model called {name!r}.", f"Known models: {', '.join(sorted(known))}.")
    return known[name]


def resolve(name: str) -> ResolvedModel:
    """Find a model by name or path and verify it.

    Parameters
    ----------
    name:
        A name of the registry, or a path. An OpenVINO folder given by path is taken as it is and recorded with its
        hash; a single file given by path must have a hash that the registry knows.

    Raises
    ------
    ModelError
        Where it is unknown, missing or altered.
    """
    given = Path(name).expanduser()
    if given.exists() and (os.sep in name or given.suffix):
        return _by_path(given)
    described = entry(name)
    path = find(name)
    if path is None:
        fetchable = "url" in described
        remedy = "Install vidcheck again, or set VIDCHECK_MODELS."
        if fetchable:
            remedy = f"Run: vidcheck models fetch {name}"
        raise ModelError(f"The model {name!r} is not on this machine.", remedy)
    return ResolvedModel(name, path, _verified(name, path, described), described)


def _by_path(path: Path) -> ResolvedModel:
    digest = hash_of(path)
    for name, described in registry().items():
        if digest in {file["sha256"] for file in described["files"]} and path.is_file():
            return ResolvedModel(name, path, digest, described)
    if path.is_file():  # whatever its ending: loaders look into a file and run what they find
        raise ModelError(
            f"{path}: unknown weights (SHA-256 {digest[:16]}…); a pickle can run code, so it is not loaded.",
            "Export it to OpenVINO on a machine you trust and name the folder.",
        )
    return ResolvedModel(path.name, path, digest, {})


def _verified(name: str, path: Path, described: Mapping[str, Any]) -> str:
    """Return the model's hash, or raise :class:`ModelError` where a file is missing or altered."""
    for file in described["files"]:
        part = path / file["name"] if path.is_dir() else path
        if not part.is_file():
            raise ModelError(f"The model {name!r} lacks {file['name']} in {path}.")
        found = _hash_once(part, part.stat().st_mtime_ns, part.stat().st_size)
        if found != file["sha256"]:
            raise ModelError(
                f"{part} is not the file that the registry names (SHA-256 {found[:16]}…, "
                f"expected {file['sha256'][:16]}…)."
            )
    return _over([str(file["sha256"]) for file in described["files"]])


def hash_of(path: Path) -> str:
    """Return the hash of a model: of the file, or over the sorted hashes of a folder's files."""
    if path.is_file():
        return sha256_of(path)
    return _over([sha256_of(file) for file in sorted(path.rglob("*")) if file.is_file()])


def _over(hashes: list[str]) -> str:
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


@cache
def _hash_once(path: Path, _mtime_ns: int, _size_bytes: int) -> str:
    """Hash a file once per process, as long as it does not change."""
    return sha256_of(path)


def fetch(name: str) -> Path:
    """Download a model that the registry gives an address for, verify it, and return its path.

    Raises
    ------
    ModelError
        Where there is no address, no network, or the download is not the file that the registry names.
    """
    import tempfile
    import urllib.error
    import urllib.request

    described = entry(name)
    if "url" not in described:
        raise ModelError(f"The model {name!r} comes with vidcheck and is not fetched.", "Nothing to do.")
    target = user_folder() / str(described["path"])
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".fetch-")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(str(described["url"]), timeout=60) as response,
        ):
            while block := response.read(1 << 20):
                file.write(block)
        _verified(name, Path(temporary), described)
        Path(temporary).replace(target)
    except (urllib.error.URLError, OSError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise ModelError(
            f"{name} could not be downloaded ({reason}).",
            f"Fetch {described['url']} on another machine and put it into a folder named by VIDCHECK_MODELS.",
        ) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target
