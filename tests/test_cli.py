"""The command line, in a process of its own where exit codes and streams matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests import media as make
from vidcheck import cli, errors


def vidcheck(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vidcheck.cli", *map(str, args)],
        capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "COLUMNS": "80", **env},
    )  # fmt: skip


def assert_one_clear_line(result: subprocess.CompletedProcess[str], code: int) -> None:
    assert result.returncode == code, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("vidcheck: "), result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.slideshow(tmp_path_factory.mktemp("cli") / "slides.mp4", (1, 2, 1))


def test_every_command_has_help_with_an_example_that_fits_80_columns() -> None:
    runner = CliRunner()

    def walk(command: object, path: list[str]) -> None:
        result = runner.invoke(cli.cli, [*path, "--help"], terminal_width=80)
        assert result.exit_code == 0
        assert all(len(line) <= 80 for line in result.output.splitlines()), result.output
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                walk(inner, [*path, name])
        elif path not in (["models", "list"], ["models", "verify"]):
            assert "xample" in result.output, path

    walk(cli.cli, [])


def test_the_documented_commands_exist() -> None:
    documented = {
        "analyze",
        "frames",
        "people",
        "clothing",
        "overlays",
        "time",
        "review",
        "verify",
        "models",
        "demo",
        "schema",
    }
    assert documented <= set(cli.cli.commands)


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "cv2", "torch", "openvino", "av", "rich", "pydantic")
    code = (
        "import atexit, sys; sys.argv = ['vidcheck', '--help']\n"
        f"atexit.register(lambda: print([m for m in {heavy!r} if m in sys.modules], flush=True))\n"
        "import vidcheck.cli as c; c.main()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_the_code_is_that_of_the_command_and_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "vidcheck.cli"]
    assert subprocess.run([*run, "schema"], stdout=subprocess.PIPE, check=True).stdout.endswith(b"}\n")  # to the end
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no clip")
    assert subprocess.run([*run, "people", str(bad)], capture_output=True, check=False).returncode == errors.EXIT_INPUT
    with subprocess.Popen([*run, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as closed:
        assert closed.stdout is not None and closed.stderr is not None
        closed.stdout.close()  # as head does
        assert closed.stderr.read() == b""
    if Path("/dev/full").exists():
        with Path("/dev/full").open("w") as full:
            refused = subprocess.run([*run, "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert refused.returncode == 1 and "No space left" in refused.stderr and "Traceback" not in refused.stderr


def test_frames_writes_each_slide_once(clip: Path, tmp_path: Path) -> None:
    result = vidcheck("frames", clip, "-o", tmp_path / "frames")
    assert result.returncode == 0, result.stderr
    written = sorted(p.name for p in (tmp_path / "frames").iterdir())
    assert len(written) == 2  # three slides, one of them twice
    assert all(name.endswith(".png") and "_f" in name for name in written)
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_frames_at_and_every(clip: Path, tmp_path: Path) -> None:
    result = vidcheck("frames", clip, "-o", tmp_path / "at", "--at", "0:01", "--at", "2.5", "--json")
    files = json.loads(result.stdout)["files"]
    assert [round(f["time_s"], 2) for f in files] == [1.0, 2.48]
    assert all(Path(f["path"]).is_file() for f in files)
    vidcheck("frames", clip, "-o", tmp_path / "every", "--every", "2")
    assert len(list((tmp_path / "every").iterdir())) == 4  # 0, 2, 4 and 6 s of 6.48 s
    assert_one_clear_line(vidcheck("frames", clip, "-o", tmp_path / "x", "--at", "99"), 2)
    assert_one_clear_line(vidcheck("frames", clip, "-o", tmp_path / "x", "--at", "soon"), 2)
    assert not (tmp_path / "x").exists()


def test_people_json_is_for_machines(clip: Path) -> None:
    result = vidcheck("people", clip, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["people_count"]["minimum"] == 0
    assert {step["step"] for step in found["steps"] if step["status"] == "ok"} >= {
        "shots",
        "people",
        "counts",
    }


def test_analyze_writes_a_case_and_verify_finds_tampering(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = vidcheck("analyze", clip, "-o", out, "--lang", "id", "--place", "Pontianak")
    assert result.returncode == 0, result.stderr
    folder = out / "slides"
    assert str(folder / "report.html") in result.stdout
    assert vidcheck("verify", folder).returncode == 0
    (folder / "report.html").write_text("changed")
    altered = vidcheck("verify", folder)
    assert_one_clear_line(altered, 3)
    assert "altered: report.html" in altered.stdout


def test_several_clips_one_of_them_bad(clip: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    result = vidcheck("analyze", bad, clip, "-o", tmp_path / "out")
    assert result.returncode == 3
    assert "bad.mp4" in result.stderr and (tmp_path / "out" / "slides" / "report.pdf").is_file()
    assert not (tmp_path / "out" / "bad").exists()


def test_bad_input_gives_one_line_and_its_code(clip: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    evil = tmp_path / "evil\n\x1b[31mname.mp4"
    evil.write_text("no video")
    for path in (empty, tmp_path, tmp_path / "absent.mp4", evil, make.sound_only(tmp_path / "sound.m4a")):
        result = vidcheck("analyze", path, "-o", tmp_path / "out")
        assert_one_clear_line(result, 3)
        assert "\x1b" not in result.stderr
    out = tmp_path / "out"
    assert not out.exists() or not any(out.iterdir())  # nothing half-written
    assert_one_clear_line(vidcheck("analyze", clip, "-o", tmp_path / "out", "--model", "none"), 4)
    assert_one_clear_line(vidcheck("analyze", clip, "-o", tmp_path / "out", "--place", "Atlantis"), 2)
    assert_one_clear_line(vidcheck("analyze", clip, "-o", empty), 3)
    assert_one_clear_line(vidcheck("analyze", clip), 2)
    assert_one_clear_line(vidcheck("nonsense"), 2)


def test_an_output_folder_of_another_clip_is_refused_before_the_work(clip: Path, tmp_path: Path) -> None:
    other = tmp_path / "out" / "slides"
    other.mkdir(parents=True)
    (other / "notes.txt").write_text("mine")
    began = time.monotonic()
    result = vidcheck("analyze", clip, "-o", tmp_path / "out", "--no-cache")
    assert_one_clear_line(result, 3)
    assert (other / "notes.txt").read_text() == "mine"
    assert time.monotonic() - began < 60


def test_schema_and_models(tmp_path: Path) -> None:
    assert json.loads(vidcheck("schema").stdout)["title"] == "Analysis"
    listed = vidcheck("models", "list")
    assert "person" in listed.stdout and "yolo11n" in listed.stdout
    assert vidcheck("models", "verify").returncode == 0


def test_a_full_disk_is_told_in_one_line(clip: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system needs root")
    try:
        result = vidcheck("analyze", clip, "-o", small / "out", TMPDIR="/tmp")
        assert_one_clear_line(result, 3)
        assert "No space left" in result.stderr
        assert not any((small / "out").iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_verbose_says_on_stderr_how_each_step_went(clip: Path) -> None:
    result = vidcheck("frames", clip, "--verbose", "--json")
    assert result.returncode == 0
    json.loads(result.stdout)  # results alone
    said = {line.split()[0]: line.split()[1] for line in result.stderr.splitlines()}
    assert said["shots"] == "ok" and said["clothing"] == "skipped"
