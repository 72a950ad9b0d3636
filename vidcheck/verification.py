"""Check a case folder: every file against its manifest, and, with the clip, every finding against a new analysis.

The clip is decoded and analysed again with the settings that the case recorded. Where nothing changed, everything has
to come out the same: results of the same versions on the same machine are equal but for run times. Where versions
differ, differences are expected, so both are said.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vidcheck import decisions, frame_hashes, media, pipeline, signing, store, timestamping
from vidcheck.errors import InputError
from vidcheck.frame_hashes import FrameHash
from vidcheck.steps import STEPS, Settings
from vidcheck.types import Analysis, FrameRef

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of the check."""

    point: str
    """``files``, ``clip``, ``frames``, ``versions``, ``steps`` or the name of a part of the analysis."""
    agrees: bool
    """Whether it is as recorded."""
    detail: str
    """What was compared, or what differs."""


def settings_of(analysis: Analysis) -> Settings:
    """Rebuild the settings of an analysis from the records of its steps.

    Limits are not recorded: they are those in force here.

    Raises
    ------
    InputError
        Where a record does not fit this version.
    """
    plain = Settings()
    chosen: dict[str, Any] = {}
    for step in STEPS:
        run, part = analysis.step(step.name), step.settings(plain)
        name = next((item.name for item in fields(plain) if getattr(plain, item.name) is part), None)
        if run is None or name is None or name in chosen or not run.settings:
            continue
        try:
            chosen[name] = TypeAdapter(type(part)).validate_python(run.settings)
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                f"The settings of step {step.name} are not of this version ({first['msg']}).",
                f"Use vidcheck {analysis.tool.get('vidcheck', '')}, which wrote them.",
            ) from error
    asked = tuple(step.name for step in STEPS if (run := analysis.step(step.name)) and not _not_asked(run.error))
    return replace(plain, **chosen, only=() if len(asked) == len(STEPS) else asked)


def _not_asked(error: Any) -> bool:
    return error is not None and error.en == pipeline.NOT_ASKED.en


def check_files(folder: Path) -> list[Finding]:
    """Compare every file of a case folder with its manifest.

    Raises
    ------
    InputError
        Where there is no readable manifest.
    """
    differences = store.verify(folder)
    if not differences:
        count = len(store.read_manifest(folder)["files"])
        return [Finding("files", True, f"all {count} files are what the manifest says")]
    return [Finding("files", False, f"{difference.what}: {difference.path}") for difference in differences]


def check_seals(folder: Path, key: Path | None = None, tsa_root: Path | None = None) -> list[Finding]:
    """Check the signature and the time stamp over the manifest, as far as keys and roots were given.

    Parameters
    ----------
    folder:
        The case folder.
    key:
        Public key of whoever must have signed; None leaves a signature unchecked, and says so.
    tsa_root:
        Root certificates for the time stamp; None compares it with the manifest only.

    Raises
    ------
    InputError
        Where a key or the roots cannot be read.
    """
    findings = []
    if key is not None:
        public = signing.read_public_key(key)
        who = signing.fingerprint(public)
        if not signing.is_signed(folder):
            findings.append(Finding("signature", False, f"there is none; expected one by {who}"))
        elif signing.verify(folder, public):
            findings.append(Finding("signature", True, f"by {who}"))
        else:
            findings.append(Finding("signature", False, f"not by {who}, or the manifest was altered"))
    elif signing.is_signed(folder):
        findings.append(Finding("signature", True, "there is one; not checked, since no --key was given"))
    if timestamping.is_stamped(folder):
        stamp = timestamping.check(folder, tsa_root)
        words = f"{stamp.time.isoformat()}, serial {stamp.serial}"
        if not stamp.covers:
            words += "; not over this manifest"
        elif stamp.trusted is None:
            words += "; over this manifest; signature not checked, since no --tsa-root was given"
        else:
            words += "; over this manifest, trusted" if stamp.trusted else f"; not trusted: {stamp.why}"
        findings.append(Finding("time stamp", stamp.covers and stamp.trusted is not False, words))
    elif tsa_root is not None:
        findings.append(Finding("time stamp", False, "there is none"))
    return findings


def check_decisions(folder: Path) -> list[Finding]:
    """Check the chain of the examiner's decisions; nothing where there are none."""
    record = decisions.read(folder, store.read_manifest(folder)["original"]["sha256"])
    if broken := decisions.tampered(folder, record):
        return [Finding("decisions", False, broken.en)]
    return [Finding("decisions", True, f"{len(record.decisions)}, chain whole")] if record.decisions else []


def check_results(folder: Path, clip: Path, *, progress: Callable[[str, float], None] | None = None) -> list[Finding]:
    """Decode and analyse the clip again and compare frames and results with the record."""
    return [check_frames(folder, clip), *compare(*run_again(folder, clip, progress=progress))]


def check_clip(folder: Path, clip: Path) -> Finding:
    """Compare a clip with the hash of the original in the manifest.

    Raises
    ------
    InputError
        Where there is no readable manifest, or the clip cannot be read.
    """
    media.check_file(clip)
    expected, found = store.read_manifest(folder)["original"]["sha256"], media.sha256_of(clip)
    if expected == found:
        return Finding("clip", True, f"SHA-256 {found}")
    return Finding("clip", False, f"SHA-256 {found}; the case was made from {expected}")


def check_frames(folder: Path, clip: Path) -> Finding:
    """Decode the key frames again and compare their pixels with the hashes in the manifest."""
    recorded = [TypeAdapter(FrameHash).validate_python(frame) for frame in store.read_manifest(folder)["frames"]]
    if not recorded:
        return Finding("frames", True, "the manifest holds no frame hashes")
    refs = [FrameRef(frame.index, frame.pts, frame.time_s) for frame in recorded]
    with media.open_clip(clip) as opened:
        found = {frame.index: frame for frame in frame_hashes.hash_frames(opened, refs)}
    other = [frame for frame in recorded if found.get(frame.index) != frame]
    if not other:
        return Finding("frames", True, f"all {len(recorded)} key frames decode to the same pixels")
    named = ", ".join(f"{frame.time_s:.3f} s (frame {frame.index})" for frame in other[:_NAMED])
    return Finding("frames", False, f"{len(other)} of {len(recorded)} key frames decode to other pixels: {named}")


def run_again(
    folder: Path, clip: Path, *, progress: Callable[[str, float], None] | None = None
) -> tuple[Analysis, Analysis]:
    """Analyse the clip again with the recorded settings and no cache; return the recorded and the new analysis.

    Raises
    ------
    InputError
        Where the analysis cannot be read or its settings are of another version.
    """
    try:
        recorded: Analysis = store.from_json((folder / store.ANALYSIS).read_bytes())
    except OSError as error:
        raise InputError(
            f"{folder / store.ANALYSIS} cannot be read ({error.strerror}).", "Check the folder."
        ) from error
    with tempfile.TemporaryDirectory(prefix="vidcheck-verify-") as place:
        # A file's name can carry a time, so the clip has to bear the one it had.
        named = Path(place) / (Path(recorded.source.path).name or "clip")
        try:
            named.symlink_to(clip.resolve())
        except OSError:  # a system that has no links for everybody
            shutil.copyfile(clip, named)
        again = pipeline.analyze(named, settings_of(recorded), progress=progress)
    return recorded, again


def compare(recorded: Analysis, again: Analysis) -> list[Finding]:
    """Compare two analyses of one clip part by part; run times and paths of saved pictures do not count."""
    old, new = comparable(recorded), comparable(again)
    findings = []
    versions = [
        f"{name} {recorded.tool.get(name, '–')} then, {again.tool.get(name, '–')} now"
        for name in sorted({*recorded.tool, *again.tool})
        if recorded.tool.get(name) != again.tool.get(name)
    ]
    findings.append(Finding("versions", not versions, "; ".join(versions) or "the same"))
    for part in old:
        if part == "tool":
            continue
        places = list(_differences(old[part], new.get(part), ""))
        if places:
            more = f", and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
            findings.append(Finding(part, False, "; ".join(places[:_NAMED]) + more))
        else:
            findings.append(Finding(part, True, _size(old[part])))
    return findings


def comparable(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as plain data, without run times and without the paths of saved pictures."""
    plain = json.loads(store.to_json(analysis))
    plain["heads_covered"] = False  # of the saved pictures, as their paths are
    for run in plain["steps"]:
        run["seconds"] = 0.0

    def drop(value: Any) -> None:
        if isinstance(value, dict):
            if "media" in value:
                value["media"] = None
            for inner in value.values():
                drop(inner)
        elif isinstance(value, list):
            for inner in value:
                drop(inner)

    drop(plain)
    return plain  # type: ignore[no-any-return]


def _differences(old: Any, new: Any, where: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{where}.{key}" if where else key)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{where or 'number'}: {len(old)} then, {len(new)} now"
            return
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{where}[{number}]")
    elif old != new:
        yield f"{where or 'value'}: {_short(old)} then, {_short(new)} now"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _size(value: Any) -> str:
    return f"{len(value)} the same" if isinstance(value, list) else "the same"
