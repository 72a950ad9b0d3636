"""What is installed: locked with hashes, within the stated bounds, its licences listed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "requirements.lock").is_file():
    pytest.skip("the project's files are not beside an installed package", allow_module_level=True)


def pinned(name: str) -> dict[str, Version]:
    lines = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in lines}


def test_the_lock_is_the_set_that_the_tests_ran_with() -> None:
    lock, constraints = pinned("requirements.lock"), pinned("constraints.txt")
    assert {name: lock[name] for name in lock.keys() & constraints.keys()} == {
        name: constraints[name] for name in lock.keys() & constraints.keys()
    }


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text("utf-8"))[1:]
    assert len(entries) == len(pinned("requirements.lock")) > 50
    assert all("--hash=sha256:" in entry for entry in entries)


def test_every_requirement_is_locked_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = pinned("requirements.lock")
    for item in project["dependencies"] + project["optional-dependencies"]["credentials"]:
        requirement = Requirement(item)
        assert requirement.specifier, item
        assert lock[canonicalize_name(requirement.name)] in requirement.specifier, item


def test_licences_are_listed_as_the_libraries_state_them() -> None:
    command = [sys.executable, str(ROOT / "docs" / "make_licences.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
