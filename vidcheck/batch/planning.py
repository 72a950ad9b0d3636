"""From entries to jobs: what is the same file, where its case folder lies, and whether that is finished already."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vidcheck import __version__, case, media, store
from vidcheck.batch.inputs import MEDIA_SUFFIXES
from vidcheck.batch.records import Entry, Job, Record, Worked
from vidcheck.batch.work import record_path
from vidcheck.clues import filename
from vidcheck.errors import EXIT_INPUT, InputError, NotMedia, VidcheckError
from vidcheck.pipeline import settings_key
from vidcheck.steps import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done."""

    jobs: tuple[Job, ...]
    """One for each clip and set of options, in order of their first entry."""
    job_of: tuple[int | None, ...]
    """For each entry the position of its job; None where there is none."""
    problems: dict[int, Worked]
    """By position of the entry: why it has no job."""
    finished: dict[int, Worked]
    """By position of the job: how it ended, where nothing has changed since."""


def make_plan(
    entries: Sequence[Entry],
    out: Path,
    *,
    lang: str,
    workdir: Path | None,
    fingerprint: bool,
    tell: Callable[[int], None],
) -> Plan:
    """Read every file's hash and decide what has to be done.

    Files of the same bytes with the same options are one analysis. The same bytes with other options, another address
    say, are a case of their own; what does not depend on the options comes from the step cache.

    Parameters
    ----------
    entries:
        What is asked for.
    out, lang, workdir, fingerprint:
        See :class:`Job`.
    tell:
        Called with the number of files read so far.
    """
    problems: dict[int, Worked] = {}
    groups: dict[tuple[str, Settings], list[int]] = {}
    for position, entry in enumerate(entries):
        tell(position)
        try:
            if entry.problem:
                raise InputError(entry.problem, " ")
            media.check_file(entry.path)
            sha256 = media.sha256_of(entry.path)
        except (VidcheckError, OSError) as error:
            problems[position] = _problem(entry, error)
            continue
        groups.setdefault((sha256, entry.settings), []).append(position)
    tell(len(entries))
    keys = {settings: settings_key(settings) for _, settings in groups}
    places = _Places(out, frozenset(entry.name for entry in entries))
    jobs: list[Job] = []
    job_of: list[int | None] = [None] * len(entries)
    finished: dict[int, Worked] = {}
    for (sha256, settings), members in groups.items():
        # File names carry times: of several names the one that says most is analysed.
        leading = next((p for p in members if filename.decode(entries[p].path.name)), members[0])
        path = entries[leading].path
        names = tuple(entries[p].name for p in members)
        key = store.key_of(version=__version__, settings=keys[settings], name=path.name, lang=lang)
        files = [path.name, *(entries[p].path.name for p in members if p != leading)]
        folder, record = places.take(files, sha256, names, key)
        for position in members:
            job_of[position] = len(jobs)
        if record is not None:
            finished[len(jobs)] = record.worked
        jobs.append(Job(path, sha256, names, out, folder, key, settings, lang, workdir, fingerprint))
    return Plan(tuple(jobs), tuple(job_of), problems, finished)


def _problem(entry: Entry, error: VidcheckError | OSError) -> Worked:
    said = str(error) if isinstance(error, VidcheckError) else f"{entry.path}: {error.strerror or error}."
    # an empty file that claims to be no clip is no failure
    other = isinstance(error, NotMedia) and entry.line is None and entry.path.suffix.lower() not in MEDIA_SUFFIXES
    return Worked("skipped" if other else "failed", None, said.strip(), EXIT_INPUT, 0.0, 0)


class _Places:
    """Hands out case folders: never one that belongs to another clip, and the old one to a clip that has one."""

    def __init__(self, out: Path, present: frozenset[str]) -> None:
        self._out = out
        self._present = present  # names of all entries: a folder whose clip was renamed or moved is free to take
        self._taken: set[str] = set()

    def take(
        self, file_names: Sequence[str], sha256: str, names: tuple[str, ...], key: str
    ) -> tuple[str, Record | None]:
        """Return the name of the folder, and its record where it is finished.

        Parameters
        ----------
        file_names:
            Names of the file; a new folder is named after the first.
        sha256, names, key:
            See :class:`Job`.
        """
        known = [name for file_name in file_names for name in _tries(file_name, sha256, 2)]
        for name in known:  # the folder that it has, whichever of its names that was made from
            record = _record(self._out, name)
            if name.casefold() in self._taken or record is None or not set(record.names) & set(names):
                continue
            if record.sha256 == sha256 == _clip_of(self._out / name):
                self._taken.add(name.casefold())
                return name, record if _is_current(self._out / name, record, sha256, key) else None
        for name in _tries(file_names[0], sha256, 1000):
            folder = self._out / name
            if name.casefold() in self._taken:  # some file systems do not tell upper from lower case
                continue
            record = _record(self._out, name)
            others = record is not None and bool(set(record.names) & (self._present - set(names)))
            if _occupied(folder) and (_clip_of(folder) != sha256 or others):
                continue
            self._taken.add(name.casefold())
            return name, record if record is not None and _is_current(folder, record, sha256, key) else None
        raise InputError(f"There are too many clips called {file_names[0]}.", "Give them names of their own.")


def _tries(file_name: str, sha256: str, most: int) -> list[str]:
    """Names for a case folder: the stem, then with the beginning of the hash, then numbered."""
    stem = case.folder_name(file_name)
    return [stem, f"{stem}-{sha256[:8]}", *(f"{stem}-{sha256[:8]}-{n}" for n in range(2, most))][:most]


def _occupied(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _record(out: Path, name: str) -> Record | None:
    try:
        record: Record = store.from_json(record_path(out, name).read_bytes(), Record)
    except (OSError, InputError):
        return None
    return record


def _clip_of(folder: Path) -> str | None:
    try:
        return str(store.read_manifest(folder)["original"]["sha256"])
    except InputError:
        return None


def _is_current(folder: Path, record: Record, sha256: str, key: str) -> bool:
    """Whether a folder is whole and what would be made again; incomplete ones are worth another try."""
    if record.key != key or record.sha256 != sha256 or record.worked.status != "done":
        return False
    try:
        listed = json.loads((folder / store.MANIFEST).read_bytes())
        return bool(
            listed["original"]["sha256"] == sha256
            and all((folder / f["path"]).stat().st_size == f["size_bytes"] for f in listed["files"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
