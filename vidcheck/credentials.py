"""Content credentials (C2PA) that a file carries: who says it was made, with what, and what was done to it.

They are statements signed by a device or a program, bound to the file by hashes. Read by the optional library
``c2pa-python`` (``pip install vidcheck[credentials]``); without it the step is recorded as skipped. Nothing is fetched:
credentials that lie elsewhere are not followed, certificates are not looked up, and no list of trusted signers is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vidcheck.errors import NotPossible
from vidcheck.types import ContentCredential, CredentialState, StepResult, Words

if TYPE_CHECKING:
    from vidcheck.media import Clip

VERSION = "1"
METHOD = "c2pa: manifests in the file; signature and hashes checked; signer not compared with any list of trust"
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
_MAX_MANIFESTS, _MAX_LISTED, _MAX_TEXT = 20, 40, 300
_STATES: dict[str, CredentialState] = {"Valid": "valid", "Trusted": "valid", "Invalid": "invalid"}
_NO_LIBRARY = Words(
    "pustaka pembaca kredensial konten tidak terpasang (pip install vidcheck[credentials])",
    "the library that reads content credentials is not installed (pip install vidcheck[credentials])",
)
_OTHER_FORMAT = Words(
    "pustaka pembaca kredensial konten tidak membaca format berkas ini",
    "the library that reads content credentials does not read this file format",
)
_DAMAGED = Words(
    "berkas rusak sehingga kredensial konten tidak dapat dibaca",
    "the file is damaged, so that content credentials in it cannot be read",
)


def read_credentials(path: Path) -> StepResult[tuple[ContentCredential, ...]]:
    """Read the content credentials of a file, the active one first; empty where it carries none.

    Parameters
    ----------
    path:
        The file; it is only read.

    Raises
    ------
    NotPossible
        Where the library is not installed or does not read the format.
    """
    with path.open("rb") as file:
        return parse(file)


def read_from_clip(clip: Clip) -> StepResult[tuple[ContentCredential, ...]]:
    """Read the content credentials of an open clip, in the decoder's process where there is one.

    Raises as :func:`read_credentials`.
    """
    from vidcheck.isolation import IsolatedClip
    from vidcheck.shared_reading import SharedClip
    from vidcheck.store import adapter

    opened = clip.original if isinstance(clip, SharedClip) else clip
    if not isinstance(opened, IsolatedClip):
        return read_credentials(clip.path)
    found: StepResult[tuple[ContentCredential, ...]] = opened.apart(
        "credentials", adapter(StepResult[tuple[ContentCredential, ...]]).validate_python
    )
    return found


def parse(file: BinaryIO) -> StepResult[tuple[ContentCredential, ...]]:
    """Read the content credentials in an open file; raises as :func:`read_credentials`."""
    try:
        import c2pa
    except ImportError as error:
        raise NotPossible(_NO_LIBRARY) from error
    try:
        with c2pa.Context(c2pa.Settings.from_dict(_OFFLINE)) as context:
            reader = c2pa.Reader.try_create(None, file, context=context)
            if reader is None:
                return StepResult((), METHOD, _stats(c2pa, 0))
            with reader:
                store = json.loads(reader.json())
    except c2pa.C2paError.NotSupported as error:
        raise NotPossible(_OTHER_FORMAT) from error
    except c2pa.C2paError as error:
        if isinstance(error, c2pa.C2paError.Io) or "could not be parsed" in str(error):
            raise NotPossible(_DAMAGED) from error
        raise
    found = tuple(_credentials(store))
    return StepResult(found, METHOD, _stats(c2pa, len(store.get("manifests", {}))))


def _stats(library: Any, manifests: int) -> dict[str, Any]:
    return {"manifests": manifests, "library": library.sdk_version()}


def _credentials(store: dict[str, Any]) -> Iterator[ContentCredential]:
    active = store.get("active_manifest")
    manifests = store.get("manifests", {})
    state = _STATES.get(store.get("validation_state", ""), "unknown")
    problems = tuple(
        _text(f"{item.get('code', '')}: {item.get('explanation', '')}")
        for item in store.get("validation_status", [])[:_MAX_LISTED]
    )
    ordered = sorted(manifests.items(), key=lambda pair: pair[0] != active)
    for label, manifest in ordered[:_MAX_MANIFESTS]:
        is_active = label == active
        signature = manifest.get("signature_info") or {}
        makers = [*manifest.get("claim_generator_info", []), {"name": manifest.get("claim_generator", "")}]
        maker: dict[str, Any] = next((m for m in makers if m.get("name")), {})
        yield ContentCredential(
            label=_text(label),
            is_active=is_active,
            state=state if is_active else "unknown",
            title=_text(manifest.get("title")),
            made_with=_text(" ".join(filter(None, (maker.get("name"), maker.get("version"))))),
            signer=_text(", ".join(filter(None, (signature.get("common_name"), signature.get("issuer"))))),
            signed_at=_text(signature.get("time")) or None,
            actions=tuple(_actions(manifest))[:_MAX_LISTED],
            ingredients=tuple(_text(item.get("title")) for item in manifest.get("ingredients", [])[:_MAX_LISTED]),
            problems=problems if is_active else (),
        )


def _actions(manifest: dict[str, Any]) -> Iterator[str]:
    for assertion in manifest.get("assertions", []):
        if not str(assertion.get("label", "")).startswith("c2pa.actions"):
            continue
        for action in (assertion.get("data") or {}).get("actions", []):
            # The kind of source says whether it was captured or generated: its name is the last part of an address.
            kind = str(action.get("digitalSourceType") or "").rsplit("/", 1)[-1]
            yield _text(" ".join(filter(None, (str(action.get("action", "")), kind, str(action.get("when") or "")))))


def _text(value: object) -> str:
    return " ".join(str(value or "").split())[:_MAX_TEXT]
