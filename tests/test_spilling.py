"""Records that outgrow memory come back as they were."""

from __future__ import annotations

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


def test_a_position_beyond_the_end_is_refused() -> None:
    with pytest.raises(IndexError):
        SpilledRecords(10)[0]
