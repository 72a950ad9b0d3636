"""Signature and time stamp over the manifest: genuine ones hold, others do not, and OpenSSL agrees."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as how
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vidcheck import signing, store, timestamping, verification
from vidcheck.errors import InputError, UsageError

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    case = tmp_path / "case"
    case.mkdir()
    (case / "report.html").write_text("the report")
    store.write_manifest(case, {"path": "clip.mp4", "sha256": "00" * 32, "size_bytes": 1})
    return case


def write_keys(where: Path, *, passphrase: bytes | None = None, openssh: bool = False) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    lock = how.BestAvailableEncryption(passphrase) if passphrase else how.NoEncryption()
    form = how.PrivateFormat.OpenSSH if openssh else how.PrivateFormat.PKCS8
    private, public = where / "key", where / "key.pub"
    private.write_bytes(key.private_bytes(how.Encoding.PEM, form, lock))
    if openssh:
        public.write_bytes(key.public_key().public_bytes(how.Encoding.OpenSSH, how.PublicFormat.OpenSSH))
    else:
        form_public = how.PublicFormat.SubjectPublicKeyInfo
        public.write_bytes(key.public_key().public_bytes(how.Encoding.PEM, form_public))
    return private, public


@pytest.mark.parametrize("openssh", [False, True])
def test_a_signature_holds_for_its_key_and_this_manifest_only(folder: Path, tmp_path: Path, openssh: bool) -> None:
    private, public = write_keys(tmp_path, openssh=openssh)
    who = signing.sign(folder, signing.read_private_key(private))
    assert who.startswith("SHA256:")
    assert store.verify(folder) == ()  # seals are no foreign files
    assert signing.verify(folder, signing.read_public_key(public))
    (tmp_path / "other").mkdir()
    _, stranger = write_keys(tmp_path / "other")
    assert not signing.verify(folder, signing.read_public_key(stranger))
    manifest = folder / store.MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"clip.mp4", b"clap.mp4"))
    findings = verification.check_seals(folder, public)
    assert [(f.point, f.agrees) for f in findings] == [("signature", False)]


@needs_openssl
def test_openssl_accepts_the_signature(folder: Path, tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path)
    signing.sign(folder, signing.read_private_key(private))
    command = [str(OPENSSL), "pkeyutl", "-verify", "-pubin", "-inkey", "manifest.json.pub", "-rawin"]
    command += ["-in", "manifest.json", "-sigfile", "manifest.json.sig"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_report_written_again_is_no_longer_sealed(folder: Path, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path)
    signing.sign(folder, signing.read_private_key(private))
    (folder / "report.html").write_text("with a decision")
    store.renew_manifest(folder)
    assert not signing.is_signed(folder)
    assert not (folder / signing.PUBLIC_KEY).exists()
    assert verification.check_seals(folder, public)[0].detail.startswith("there is none")


def test_keys_that_cannot_be_used(tmp_path: Path) -> None:
    locked, _ = write_keys(tmp_path, passphrase=b"secret")
    with pytest.raises(signing.KeyLocked, match="VIDCHECK_KEY_PASSPHRASE"):
        signing.read_private_key(locked)
    with pytest.raises(signing.KeyLocked):
        signing.read_private_key(locked, "wrong")
    assert signing.read_private_key(locked, "secret")
    curve = ec.generate_private_key(ec.SECP256R1())
    other = tmp_path / "p256.pem"
    other.write_bytes(curve.private_bytes(how.Encoding.PEM, how.PrivateFormat.PKCS8, how.NoEncryption()))
    with pytest.raises(UsageError, match="no Ed25519 key"):
        signing.read_private_key(other)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(UsageError):
        signing.read_private_key(tmp_path / "text")
    with pytest.raises(UsageError):
        signing.read_public_key(tmp_path / "text")
    with pytest.raises(InputError, match="Check the path"):
        signing.read_public_key(tmp_path / "gone")


# ---------------------------------------------------------------- time stamps

_CONFIG = """
[tsa]
dir = {here}
serial = {here}/serial
crypto_device = builtin
signer_cert = {here}/tsa.pem
certs = {here}/tsa.pem
signer_key = {here}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def make_authority(here: Path) -> None:
    """Make a root and a time stamp certificate with openssl."""
    (here / "openssl.cnf").write_text(_CONFIG.format(here=here))
    (here / "serial").write_text("01\n")

    def openssl(*words: str) -> None:
        subprocess.run([str(OPENSSL), *words], cwd=here, check=True, capture_output=True)

    for name in ("root", "tsa"):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/O=Contoh/CN=Contoh {name}", "-out", f"{name}.csr")
    common = ("-days", "3650", "-extfile", "openssl.cnf")
    openssl("x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-extensions", "ca", "-out", "root.pem", *common)
    signer = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial")
    openssl("x509", "-req", "-in", "tsa.csr", *signer, "-extensions", "leaf", "-out", "tsa.pem", *common)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A time stamp authority on this machine: openssl signs, a small server hands it on."""
    here = tmp_path_factory.mktemp("tsa")
    make_authority(here)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = here / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            command = [
                str(OPENSSL),
                "ts",
                "-reply",
                "-config",
                "openssl.cnf",
                "-section",
                "tsa",
                "-queryfile",
                query.name,
            ]
            reply = subprocess.run(command, cwd=here, capture_output=True, check=True).stdout
            if self.path == "/other":
                reply = (here / "first.tsr").read_bytes()
            if self.path == "/nonsense":
                reply = b"<html>hello</html>"
            (here / "first.tsr").write_bytes(reply)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", here / "root.pem"
    server.shutdown()
    thread.join()
    server.server_close()


@needs_openssl
def test_a_time_stamp_covers_this_manifest_and_leads_to_its_root(
    folder: Path, authority: tuple[str, Path], tmp_path: Path
) -> None:
    url, root = authority
    made = timestamping.stamp(folder, url)
    assert made.covers
    assert store.verify(folder) == ()
    checked = timestamping.check(folder, root)
    assert (checked.trusted, checked.covers, checked.time) == (True, True, made.time)
    assert timestamping.check(folder).trusted is None
    other = tmp_path / "other"
    other.mkdir()
    make_authority(other)
    stranger = timestamping.check(folder, other / "root.pem")
    assert stranger.trusted is False
    assert stranger.why
    command = [
        str(OPENSSL),
        "ts",
        "-verify",
        "-data",
        "manifest.json",
        "-in",
        "manifest.json.tsr",
        "-CAfile",
        str(root),
    ]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    manifest = folder / store.MANIFEST
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert [f.agrees for f in verification.check_seals(folder, None, root)] == [False]


@needs_openssl
def test_answers_that_are_no_stamp_of_this_manifest(folder: Path, authority: tuple[str, Path]) -> None:
    url, _ = authority
    timestamping.stamp(folder, url)
    (folder / timestamping.TIME_STAMP).unlink()
    for path, says in (("other", "answered another request"), ("nonsense", "no time stamp")):
        with pytest.raises(timestamping.TimeStampError, match=says):
            timestamping.stamp(folder, url + path)
        assert not timestamping.is_stamped(folder)


def test_an_authority_that_is_not_there(folder: Path) -> None:
    with pytest.raises(timestamping.TimeStampError, match="did not answer"):
        timestamping.stamp(folder, "http://127.0.0.1:9/", timeout_s=2)
    with pytest.raises(UsageError, match="begins with http"):
        timestamping.stamp(folder, "file:///etc/passwd")
    with pytest.raises(InputError, match="holds no time stamp"):
        timestamping.check(folder)
