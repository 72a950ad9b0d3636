"""Records that outgrow memory come back as they were."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from vidcheck.spilling import SpilledRecords

RECORDS = [bytes([k]) * (3 * k) for k in range(40)]  # of different sizes, one of them empty


@pytest.mark.parametrize("in_memory", [1, 200, 10**6])
def test_what_is_in_the_file_is_what_was_added(in_memory: int) -> None:
    kept = SpilledRecords(in_memory)
    assert [kept.append(record) for record in RECORDS] == list(range(40))
    assert len(kept) == 40
    for position in (0, 39, 7, 8, 20, 1):
        assert kept[position] == RECORDS[position]
    assert kept.append(b"after reading") == 40
    assert kept[40] == b"after reading"
    assert kept[39] == RECORDS[39]
    kept.close()


def test_a_full_disk_leaves_them_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    kept = SpilledRecords(10)
    for record in RECORDS:
        kept.append(record)
    assert [kept[position] for position in range(40)] == RECORDS


def test_a_disk_that_fills_up_costs_nothing(tmp_path: Path) -> None:
    code = """
import resource, signal
from vidcheck.spilling import SpilledRecords
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, 25_000))
records = [bytes([k]) * 700 for k in range(100)]
kept = SpilledRecords(10_000)
for record in records:
    kept.append(record)
assert [kept[k] for k in range(100)] == records
kept.close()
print("whole")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "whole"


def test_a_file_takes_no_more_than_it_may() -> None:
    kept = SpilledRecords(0, most=3000)
    assert [kept.write(bytes([k]) * 900) for k in range(5)] == [0, 1, 2, None, None]  # each a little longer, sealed
    assert [kept[k][:1] for k in range(3)] == [b"\0", b"\1", b"\2"]
    assert len(kept) == 3


def test_a_disk_that_is_nearly_full_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4000))
    kept = SpilledRecords(0)
    assert [kept.write(bytes(300)) for _ in range(5)] == [0, 1, 2, None, None]


def test_what_was_altered_in_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    made = tempfile.TemporaryFile
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **how: files.append(made(**how)) or files[-1])
    kept = SpilledRecords(0)
    for record in RECORDS:
        kept.append(record)
    (file,) = files
    file.seek(0)
    assert RECORDS[39] not in file.read()  # encrypted
    file.seek(-1, 2)
    file.write(b"!")
    assert kept[38] == RECORDS[38]
    with pytest.raises(OSError, match="something else"):
        kept[39]


def test_a_position_beyond_the_end_is_refused() -> None:
    with pytest.raises(IndexError):
        SpilledRecords(10)[0]
