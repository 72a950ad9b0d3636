"""vidcheck doctor: what is there, and what to do about what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vidcheck import doctor, errors, weights


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidcheck.cli", "doctor", *args]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, check=False)


def test_a_sound_installation_is_ready_and_fits_80_columns() -> None:
    result = run("--lang", "en", COLUMNS="80")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "Ready."
    assert all(
        len(line) <= 80 for line in result.stdout.splitlines() if ": pip " not in line and "models fetch" not in line
    )


def test_every_model_and_device_is_named() -> None:
    checks = json.loads(run("--json").stdout)["checks"]
    names = {check["name"] for check in checks}
    assert {f"model {name}" for name in weights.registry()} <= names
    assert "device CPU" in names


def test_an_altered_model_is_a_problem_with_its_exit_code(tmp_path: Path) -> None:
    shutil.copyfile(weights.shipped_folder() / "lighting.onnx", tmp_path / "lighting.onnx")
    with (tmp_path / "lighting.onnx").open("ab") as file:
        file.write(b"\0")
    result = run("--json", VIDCHECK_MODELS=str(tmp_path))
    assert result.returncode == errors.EXIT_MODEL
    (bad,) = [c for c in json.loads(result.stdout)["checks"] if c["state"] == "bad"]
    assert bad["name"] == "model lighting" and bad["remedy"]["en"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    check = next(c for c in doctor.examine(tmp_path / "steps") if c.name == "cache")
    assert check.state == "bad" and check.exit_code == errors.EXIT_INPUT


def test_a_model_comes_before_a_library_in_the_exit_code() -> None:
    model = doctor.Check("m", "bad", "", None, errors.EXIT_MODEL)
    library = doctor.Check("l", "bad", "", None, errors.EXIT_DEPENDENCY)
    note = doctor.Check("n", "note", "", None)
    assert doctor.exit_code((library, model, note)) == errors.EXIT_MODEL
    assert doctor.exit_code((library, note)) == errors.EXIT_DEPENDENCY
    assert doctor.exit_code((note,)) == 0
