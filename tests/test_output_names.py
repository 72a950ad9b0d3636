"""File names that nobody would choose: the case stays in its folder, and its text stays text."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import media as make
from vidcheck import case, pipeline, store
from vidcheck.pipeline import Settings

QUICK = Settings(only=("shots", "clues"))
NAMES = {
    "line break": b"first\nsecond\r\n12 Januari.mp4",
    "quotes and markup": b"'\"><script>alert(1)</script>&amp;.mp4".replace(b"/", b"\xe2\x81\x84"),
    "emoji": "\U0001f3a4\U0001f468\u200d\U0001f469\u200d\U0001f467 karaoke \U0001f1ee\U0001f1e9.mp4".encode(),
    "255 bytes": ("é" * 125 + "x.mp4").encode(),
    "dots": b"...mp4",
    "dots and nothing else": b"..%2f..%2f.mp4",
    "an option": b"--help.mp4",
    "right to left": "rapat \u202e4pm.exe.mp4".encode(),
    "terminal": b"\x1b]0;owned\x07\x1b[2Jred.mp4",
    "no UTF-8": b"\xff\xfe caf\xe9.mp4",
    "formula": b"=HYPERLINK(\"http:x\",\"y\").mp4",
    "device": b"CON.mp4",
    "template": b"{{ 7*7 }} #let x = read(\"a\") $x^2$.mp4",
}  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", (8,))


def named(clip: Path, folder: Path, name: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / os.fsdecode(name)
    shutil.copyfile(clip, path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_a_case_of_any_name(clip: Path, tmp_path: Path, name: str) -> None:
    path, out = named(clip, tmp_path / "in", NAMES[name]), tmp_path / "out"
    folder = case.write_case(pipeline.analyze(path, QUICK), path, out, lang="id")
    assert folder.parent == out and [p.name for p in out.iterdir() if not p.name.startswith(".")] == [folder.name]
    assert store.verify(folder) == ()
    written = json.loads((folder / store.ANALYSIS).read_bytes())
    assert "\x1b" not in (folder / store.ANALYSIS).read_text("utf-8")
    assert written["source"]["path"].endswith(".mp4")
    page = (folder / "report.html").read_text("utf-8")
    assert "<script>alert(1)" not in page and "\x1b" not in page and "\u202e" not in page
    assert (folder / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert case.read_case(folder).source.sha256 == written["source"]["sha256"]


def test_a_batch_of_all_names(clip: Path, tmp_path: Path) -> None:
    clips, out = tmp_path / "in", tmp_path / "out"
    for number, name in enumerate(NAMES.values()):
        path = named(clip, clips, name)
        with path.open("ab") as file:  # other bytes, or they would be one analysis
            file.write(bytes([number]))
    command = [sys.executable, "-m", "vidcheck.cli", "batch", str(clips), "-o", str(out), "--only", "shots"]
    run = subprocess.run([*command, "--workers", "1"], capture_output=True, check=False)
    said = (run.stdout + run.stderr).decode("utf-8", "surrogateescape")
    assert run.returncode == 0, said
    assert "\x1b]0" not in said and "\x07" not in said and "Traceback" not in said
    cases = list(out.glob("*/analysis.json"))
    shown = [name for name in NAMES.values() if not name.startswith(b".")]  # a hidden file is no upload
    assert len(cases) == len(shown)
    assert all(store.verify(path.parent) == () for path in cases)
    assert {p.parent for p in out.rglob("analysis.json")} == {p.parent for p in cases}
    table = (out / "results.csv").read_text("utf-8-sig")
    assert not [line for line in table.splitlines() if line.startswith(("=", '"='))]
    page = (out / "index.html").read_text("utf-8")
    assert "<script>alert(1)" not in page and "\x1b" not in page and "\u202e" not in page
    with sqlite3.connect(out / "results.sqlite") as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        assert tables
    database.close()


def test_an_error_about_any_name_is_one_line(tmp_path: Path) -> None:
    paths = [tmp_path / os.fsdecode(name) for name in NAMES.values()]
    for path in paths:
        path.write_bytes(b"no clip")
    options = ["-q", "-o", str(tmp_path / "out"), "--", *map(str, paths)]
    run = subprocess.run([sys.executable, "-m", "vidcheck.cli", "analyze", *options], capture_output=True, check=False)
    said = run.stderr.decode("utf-8", "surrogateescape")
    assert run.returncode == 3, said
    assert said.count("\n") == len(paths) and "\x1b" not in said and "Traceback" not in said
    assert all(line.startswith("vidcheck: ") for line in said.splitlines())


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "media/../../secret.txt"])
def test_a_manifest_that_leads_out_of_the_folder(clip: Path, tmp_path: Path, path: str) -> None:
    folder = case.write_case(pipeline.analyze(clip, QUICK), clip, tmp_path, lang="en")
    (tmp_path / "secret.txt").write_text("secret")
    manifest = store.read_manifest(folder)
    manifest["files"].append({"path": path, "size_bytes": 6, "sha256": "0" * 64})
    (folder / store.MANIFEST).write_text(json.dumps(manifest))
    assert store.Difference(path, "outside") in store.verify(folder)
