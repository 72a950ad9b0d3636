"""Sign a case folder's manifest with Ed25519 (RFC 8032), through the library ``cryptography``.

The signature is over the bytes of ``manifest.json`` as they lie in the folder, and the manifest holds the hash of every
other file. It is kept raw, so that it can be checked without vidcheck::

    openssl pkeyutl -verify -pubin -inkey manifest.json.pub -rawin -in manifest.json -sigfile manifest.json.sig

The public key beside it says only which key signed. Whoever checks uses a copy of the key that came another way.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidcheck.errors import DependencyError, InputError, UsageError
from vidcheck.store import MANIFEST, read_manifest, write_atomic

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = f"{MANIFEST}.sig"
PUBLIC_KEY = f"{MANIFEST}.pub"
_MAKE_A_KEY = "Make one: openssl genpkey -algorithm ed25519 -out key.pem"


class KeyLocked(InputError):
    """The key is protected by a passphrase, and none or a wrong one was given."""

    remedy = "Give its passphrase in VIDCHECK_KEY_PASSPHRASE."


def read_private_key(path: Path, passphrase: str | None = None) -> Ed25519PrivateKey:
    """Read a private key: PEM (PKCS #8) or OpenSSH.

    Raises
    ------
    KeyLocked
        Where it needs another passphrase.
    InputError, UsageError
        Where it cannot be read or is no Ed25519 key.
    """
    serialization = _serialization()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    data = _bytes(path)
    load = serialization.load_ssh_private_key if b"OPENSSH" in data[:60] else serialization.load_pem_private_key
    try:
        key = load(data, passphrase.encode() if passphrase else None)
    except TypeError as error:
        if passphrase:  # a key without one was given one
            return read_private_key(path)
        raise KeyLocked(f"{path.name} is protected by a passphrase.") from error
    except ValueError as error:
        if passphrase:
            raise KeyLocked(f"{path.name} cannot be opened with this passphrase.") from error
        raise UsageError(f"{path.name} is no private key in PEM or OpenSSH form.", _MAKE_A_KEY) from error
    except Exception as error:  # the library has its own errors for algorithms that it does not know
        raise UsageError(f"{path.name} cannot be used as a key ({error}).", _MAKE_A_KEY) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path.name} is no Ed25519 key.", _MAKE_A_KEY)
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key: PEM or one line of OpenSSH.

    Raises
    ------
    InputError, UsageError
        Where it cannot be read or is no Ed25519 key.
    """
    serialization = _serialization()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    data = _bytes(path)
    load = serialization.load_ssh_public_key if data.startswith(b"ssh-") else serialization.load_pem_public_key
    try:
        key = load(data)
    except Exception as error:
        raise UsageError(f"{path.name} is no public key in PEM or OpenSSH form.", _REMEDY) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path.name} is no Ed25519 key.", _REMEDY)
    return key


_REMEDY = "Give the public key of whoever signed: openssl pkey -in key.pem -pubout -out key.pub"


def sign(folder: Path, key: Ed25519PrivateKey) -> str:
    """Sign the manifest of a case folder and return the fingerprint of the key.

    Writes ``manifest.json.sig`` (64 bytes) and ``manifest.json.pub`` (PEM).

    Raises
    ------
    InputError
        Where there is no readable manifest.
    OutputError
        Where the folder cannot be written.
    """
    read_manifest(folder)
    serialization = _serialization()
    public = key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_atomic(folder / SIGNATURE, key.sign((folder / MANIFEST).read_bytes()))
    write_atomic(folder / PUBLIC_KEY, pem)
    return fingerprint(public)


def is_signed(folder: Path) -> bool:
    """Whether a signature lies in the folder."""
    return (folder / SIGNATURE).is_file()


def verify(folder: Path, key: Ed25519PublicKey) -> bool:
    """Whether the folder's signature is that of ``key`` over the manifest as it is now.

    Raises
    ------
    InputError
        Where there is no signature or no manifest.
    """
    from cryptography.exceptions import InvalidSignature

    signature, manifest = _bytes(folder / SIGNATURE), _bytes(folder / MANIFEST)
    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        return False
    return True


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the fingerprint of a key as ``ssh-keygen -l`` prints it: ``SHA256:`` and base64 without padding."""
    serialization = _serialization()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.", "Check the path.") from error


def _serialization() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise DependencyError("The library for signatures (cryptography) is missing.") from error
    return serialization
