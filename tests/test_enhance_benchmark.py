"""The fusion benchmark's own arithmetic: what counts as read and as sure, and clips that are what their grade says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not beside an installed package", allow_module_level=True)
pytest.importorskip("matplotlib", reason="its fonts draw the tags")
sys.path.insert(0, str(BENCHMARKS))

import enhance as benchmark  # noqa: E402
import planted_tags as tags  # noqa: E402

from vidcheck import media  # noqa: E402

TRUTH = "KEC. SUWARNA"


def outcome(best: tuple[str, bool], surest: tuple[str, bool], fused: tuple[str, bool]) -> benchmark.Outcome:
    return benchmark.Outcome(1, "dark", 8.0, TRUTH, *best, *surest, *fused, 45)


def test_read_means_every_letter_and_digit_and_nothing_else() -> None:
    assert benchmark.is_read(TRUTH, "kec suwarna")
    assert not benchmark.is_read(TRUTH, "KEC. SUWARHA")
    assert not benchmark.is_read(TRUTH, "KEC. SUWARN")


def test_a_row_counts_what_is_read_and_what_is_sure_and_wrong() -> None:
    right, wrong, nothing = (TRUTH, True), ("KEC. SUWARHA", True), ("?", False)
    told = benchmark.row(
        "all",
        [
            outcome(nothing, wrong, right),
            outcome(right, right, right),
            outcome(nothing, nothing, ("KEC. SUWARHA", False)),
        ],
    ).split()
    assert told[1] == "3"
    assert told[5:8] == ["1", "1", "2"]  # tags read
    assert told[8:10] == ["2.0", "2.0"]  # ratios of the fusion to either
    assert told[10:13] == ["1", "1", "2"]  # sure and right
    assert told[13:] == ["0", "1", "0"]  # sure and wrong


@pytest.mark.parametrize("name", ["dark", "repost-dark"])
def test_a_clip_is_the_same_each_time_and_a_repost_keeps_within_its_bits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "FRAMES", 12)
    monkeypatch.delenv("VIDCHECK_DATA", raising=False)
    grade = next(grade for grade in tags.GRADES if grade.name == name)
    pictures = []
    for _ in range(2):
        planted = tags.plant(tmp_path, 3, 12.0, grade)
        with media.open_clip(planted.path) as clip:
            pictures.append(np.stack([frame.bgr for frame in clip.frames()]))
    assert np.array_equal(pictures[0], pictures[1]) and len(pictures[0]) == len(planted.box_at) == 12
    if grade.repost_bits is not None:
        pixels = tags.SIZE[0] * tags.SIZE[1] * 12
        assert planted.path.stat().st_size * 8 <= grade.repost_bits * pixels
    _, y1, _, y2 = planted.box_at[6]
    assert 0.8 * 12 < y2 - y1 < 2.2 * 12  # capitals and what hangs below, turned a little
