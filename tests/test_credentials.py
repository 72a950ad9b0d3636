"""Content credentials: read where they are, "none" where there are none, "not looked" where nobody could look."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as how
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests import media as make
from tests.report_example import HOSTILE, example_analysis
from vidcheck import credentials, pipeline
from vidcheck.errors import NotPossible
from vidcheck.report.html import render_html
from vidcheck.report.view import build
from vidcheck.types import ContentCredential, StepRun

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def certificate() -> tuple[bytes, bytes]:
    """A made-up signer: certificate chain and key as PEM."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def name(common: str) -> x509.Name:
        words = ((NameOID.ORGANIZATION_NAME, "Contoh"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(oid, word) for oid, word in words])

    def begin(common: str, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(name(common)).issuer_name(name("Akar")).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(datetime(2025, 1, 1)).not_valid_after(datetime(2055, 1, 1))
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)

    def usage(signs_certificates: bool) -> x509.KeyUsage:
        signs = not signs_certificates
        return x509.KeyUsage(signs, False, False, False, False, signs_certificates, signs_certificates, False, False)

    root = (
        begin("Akar", root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage(True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        begin("Kamera", key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    chain = b"".join(item.public_bytes(how.Encoding.PEM) for item in (leaf, root))
    return chain, key.private_bytes(how.Encoding.PEM, how.PrivateFormat.PKCS8, how.NoEncryption())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", (25,))


@pytest.fixture(scope="module")
def signed(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    c2pa = pytest.importorskip("c2pa", reason="c2pa-python is not installed")
    chain, key = certificate()
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": GENERATED}, {"action": "c2pa.edited"}]}
    manifest = {
        "claim_generator_info": [{"name": "contoh_kamera", "version": "1.0"}],
        "title": f"klip {HOSTILE}",
        "assertions": [{"label": "c2pa.actions", "data": actions}],
    }
    out = io.BytesIO()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
    c2pa.Builder(json.dumps(manifest)).sign(signer, "video/mp4", io.BytesIO(clip.read_bytes()), out)
    path = tmp_path_factory.mktemp("signed") / "signed.mp4"
    path.write_bytes(out.getvalue())
    return path


def test_credentials_are_read_with_what_they_say_was_done(signed: Path) -> None:
    (found,) = credentials.read_credentials(signed).value
    assert (found.state, found.is_active, found.problems) == ("valid", True, ())
    assert found.made_with == "contoh_kamera 1.0"
    assert found.signer == "Kamera, Contoh"
    assert found.actions == ("c2pa.created trainedAlgorithmicMedia", "c2pa.edited")


def test_a_changed_file_does_not_fit_its_credentials(signed: Path, tmp_path: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[-3000] ^= 1
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(data)
    (found,) = credentials.read_credentials(changed).value
    assert found.state == "invalid"
    assert any("mismatch" in problem for problem in found.problems)


def test_none_found_differs_from_not_looked(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("c2pa", reason="c2pa-python is not installed")
    only = pipeline.Settings(only=("credentials",))
    none = pipeline.analyze(clip, only)
    assert (none.step("credentials").status, none.credentials) == ("ok", ())  # type: ignore[union-attr]
    other = pipeline.analyze(make.moving_clip(tmp_path / "clip.mkv", (10,)), only)
    assert other.step("credentials").status == "skipped"  # type: ignore[union-attr]
    monkeypatch.setitem(sys.modules, "c2pa", None)
    monkeypatch.setenv("VIDCHECK_DECODER", "here")  # the library is hidden from this process alone
    with pytest.raises(NotPossible, match="not installed"):
        credentials.read_credentials(clip)
    run = pipeline.analyze(clip, only).step("credentials")
    assert run is not None
    assert (run.status, "not installed" in str(run.error)) == ("skipped", True)


def test_the_report_tells_the_three_apart(tmp_path: Path) -> None:
    full = example_analysis()
    ran = StepRun("credentials", "ok", "c2pa", "1", None, {}, {}, 0.0)

    def shown(*found: ContentCredential, run: StepRun | None = ran) -> str:
        steps = (*full.steps, *((run,) if run else ()))
        analysis = replace(full, steps=steps, credentials=found)
        return render_html(*build(analysis, tmp_path, "en", rechecked=False))

    assert "none found. Almost no clip carries any" in shown()
    assert "none found. Almost" not in shown(run=None)
    bad = ContentCredential(
        "urn:c2pa:1", True, "invalid", HOSTILE, "x", "", None, ("c2pa.created",), (), ("assertion.mismatch: no",)
    )
    page = shown(bad)
    assert "DOES NOT FIT the file" in page
    assert "assertion.mismatch: no" in page
    assert "<script>alert" not in page
