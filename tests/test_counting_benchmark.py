"""The counting benchmark's own arithmetic: truth by geometry, identities, ratios."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not beside an installed package", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))

import counting as benchmark  # noqa: E402
import counting_clips as clips  # noqa: E402

A, B = (0.0, 0.0, 50.0, 100.0), (200.0, 0.0, 250.0, 100.0)


def seen(who: str, box: tuple[float, float, float, float], counts: bool = True) -> clips.Seen:
    return clips.Seen(who, box, counts)


def test_identities_that_change_half_way_are_half_right() -> None:
    truth = clips.Truth([[seen("a", A), seen("b", B)] for _ in range(10)])
    steady = {i: [("1", A), ("2", B)] for i in range(10)}
    swapped = {i: [("1", A if i < 5 else B), ("2", B if i < 5 else A)] for i in range(10)}
    assert benchmark.identities(truth, steady, range(10)) == (20, 20, 20)
    assert benchmark.identities(truth, swapped, range(10)) == (10, 20, 20)


def test_who_does_not_count_is_neither_asked_for_nor_wrong_and_a_box_on_nobody_is() -> None:
    truth = clips.Truth([[seen("a", A), seen("far", B, counts=False)]])
    assert benchmark.identities(truth, {0: [("1", A), ("2", B)]}, [0]) == (1, 1, 1)
    assert benchmark.identities(truth, {0: [("1", A), ("2", (500.0, 0.0, 550.0, 99.0))]}, [0]) == (1, 2, 1)


def outcome(people: int, best: int, plain: int, bounds: tuple[int, int], shown: int) -> benchmark.Outcome:
    names = dict.fromkeys(benchmark.PLAIN, plain)
    return benchmark.Outcome("clip", "pan", "held", people, shown, shown, bounds[0], best, bounds[1], names)


def test_the_summary_compares_errors_and_bounds() -> None:
    figures = benchmark.summarise([outcome(4, 4, 8, (3, 5), 3), outcome(6, 5, 8, (4, 5), 4)])
    assert figures["vidcheck"]["mean_absolute_error"] == 0.5
    assert figures["vidcheck"]["exact"] == 0.5 and figures["vidcheck"]["within_one"] == 1.0
    assert figures["bytetrack"]["mean_absolute_error"] == 3.0
    assert figures["bytetrack"]["error_ratio"] == pytest.approx(1 / 6)
    assert figures["bounds_hold"] == 0.5  # six people, at most five
    assert figures["minimum_holds"] == 1.0


def test_truth_follows_the_window() -> None:
    box, size = np.array([100.0, 50.0, 140.0, 150.0]), (640, 480)
    doubled = np.array([[2.0, 0.0, -100.0], [0.0, 2.0, 0.0]])
    found = clips._seen("a", box, doubled, size)
    assert found is not None and found.box == (100.0, 100.0, 180.0, 300.0) and found.counts
    half_out = clips._seen("a", box, np.array([[2.0, 0.0, -250.0], [0.0, 2.0, 0.0]]), size)
    assert half_out is not None and half_out.box[0] == 0.0 and not half_out.counts
    assert clips._seen("a", box, np.array([[2.0, 0.0, -900.0], [0.0, 2.0, 0.0]]), size) is None


def test_there_are_enough_clips_of_both_halves_and_no_photo_is_in_both() -> None:
    specs = clips.specs()
    plain = [spec for spec in specs if spec.kind not in benchmark.TRAPS]
    assert len(plain) >= 30 and len({spec.name for spec in specs}) == len(specs)
    numbers = {
        half: {n for spec in specs if spec.half == half for n in spec.name.replace("+", "-").split("-") if n.isdigit()}
        for half in clips.HALVES
    }
    photos = {half: {n for n in found if len(n) == 4} for half, found in numbers.items()}
    assert photos["tune"] and photos["held"] and not photos["tune"] & photos["held"]
