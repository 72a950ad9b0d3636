"""Time stamps (RFC 3161) over a case folder's manifest, through the library ``rfc3161-client``.

A time stamp authority sees the hash of the manifest and nothing else, and states that it existed at its time. The
answer is kept as it came and can be checked without vidcheck::

    openssl ts -verify -data manifest.json -in manifest.json.tsr -CAfile authority.pem
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vidcheck.errors import DependencyError, InputError, UsageError
from vidcheck.store import MANIFEST, read_manifest, write_atomic

TIME_STAMP = f"{MANIFEST}.tsr"
_TIMEOUT_S = 30.0
_MAX_ANSWER_BYTES = 1_000_000


class TimeStampError(InputError):
    """The authority could not be reached, refused, or answered something else."""

    remedy = "The report is whole without it; ask again, or another authority."


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What a time stamp says."""

    time: datetime
    """When the manifest existed, by the authority's clock, zone aware (UTC)."""
    serial: int
    """Serial number that the authority gave it."""
    covers: bool
    """Whether it is over the manifest as it is now."""
    trusted: bool | None
    """Whether the signature leads to a root that was given; None where none was given."""
    why: str = ""
    """Why it is not trusted."""


def stamp(folder: Path, url: str, *, timeout_s: float = _TIMEOUT_S) -> TimeStamp:
    """Ask an authority for a time stamp over the manifest and keep its answer as ``manifest.json.tsr``.

    Parameters
    ----------
    folder:
        The case folder.
    url:
        Address of the authority, ``http`` or ``https``.
    timeout_s:
        How long to wait for it, seconds.

    Raises
    ------
    UsageError
        Where the address is none.
    TimeStampError
        Where the authority cannot be reached, refuses, or stamps something else.
    InputError, OutputError
        Where there is no manifest, or the folder cannot be written.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"{url} is no address of a time stamp authority.", "It begins with http:// or https://.")
    tsp = _library()
    read_manifest(folder)
    data = (folder / MANIFEST).read_bytes()
    request = tsp.TimestampRequestBuilder().data(data).hash_algorithm(tsp.HashAlgorithm.SHA256).build()
    answer = _ask(url, request.as_bytes(), timeout_s)
    response = _decode(tsp, answer)
    if response.tst_info.nonce != request.nonce:
        raise TimeStampError(f"{url} answered another request.")
    if not _covers(response, data):
        raise TimeStampError(f"{url} stamped something else.")
    write_atomic(folder / TIME_STAMP, answer)
    return TimeStamp(response.tst_info.gen_time, response.tst_info.serial_number, True, None)


def is_stamped(folder: Path) -> bool:
    """Whether a time stamp lies in the folder."""
    return (folder / TIME_STAMP).is_file()


def check(folder: Path, root: Path | None = None) -> TimeStamp:
    """Read the folder's time stamp and compare it with the manifest.

    Parameters
    ----------
    folder:
        The case folder.
    root:
        PEM file with the root certificates to trust, or None to leave the signature unchecked.

    Raises
    ------
    InputError
        Where there is no time stamp or manifest, or they or the roots cannot be read.
    """
    tsp = _library()
    try:
        answer, data = (folder / TIME_STAMP).read_bytes(), (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder} holds no time stamp ({error.strerror}).", "Make one: vidcheck sign --tsa."
        ) from error
    response = _decode(tsp, answer)
    covers = _covers(response, data)
    trusted, why = (None, "") if root is None else _trusted(tsp, response, data, root)
    return TimeStamp(response.tst_info.gen_time, response.tst_info.serial_number, covers, trusted, why)


def _trusted(tsp: Any, response: Any, data: bytes, root: Path) -> tuple[bool, str]:
    from cryptography import x509

    try:
        roots = x509.load_pem_x509_certificates(root.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{root} holds no certificates ({error}).", "Give the authority's root as PEM.") from error
    try:
        tsp.VerifierBuilder(roots=roots).build().verify_message(response, data)
    except tsp.VerificationError as error:
        return False, str(error)
    return True, ""


def _covers(response: Any, data: bytes) -> bool:
    imprint = response.tst_info.message_imprint
    algorithm = {
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
    }
    name = algorithm.get(imprint.hash_algorithm.dotted_string)
    return name is not None and hashlib.new(name, data).digest() == imprint.message


def _decode(tsp: Any, answer: bytes) -> Any:
    try:
        response = tsp.decode_timestamp_response(answer)
    except ValueError as error:
        raise TimeStampError(f"This is no time stamp ({error}).") from error
    if response.status not in (tsp.PKIStatus.GRANTED, tsp.PKIStatus.GRANTED_WITH_MODS):
        said = "; ".join(getattr(response, "status_string", None) or []) or f"status {response.status}"
        raise TimeStampError(f"The authority refused ({said}).")
    return response


def _ask(url: str, request: bytes, timeout_s: float) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        question = urllib.request.Request(url, data=request, headers=headers)
        with urllib.request.urlopen(question, timeout=timeout_s) as response:
            answer: bytes = response.read(_MAX_ANSWER_BYTES)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise TimeStampError(f"{url} did not answer ({getattr(error, 'reason', error)}).") from error
    return answer


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise DependencyError("The library for time stamps (rfc3161-client) is missing.") from error
    return rfc3161_client
