"""The scoring of benchmarks/detection.py on cases small enough to work out by hand."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def _load() -> Any:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "detection.py"
    spec = importlib.util.spec_from_file_location("detection_benchmark", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


bench = _load()
HIT, FALSE_ALARM, IGNORED = bench.HIT, bench.FALSE_ALARM, bench.IGNORED


def _box(left: float, top: float, height: float = 100.0, width: float = 50.0) -> list[float]:
    return [left, top, left + width, top + height]


def _found(*pairs: tuple[list[float], float]) -> Any:
    boxes = np.array([box for box, _ in pairs], float).reshape(-1, 4)
    return bench.Detections(boxes, np.array([score for _, score in pairs], float))


def _boxes(*boxes: list[float]) -> np.ndarray:
    return np.array(boxes, float).reshape(-1, 4)


def test_iou_of_equal_half_and_distant_boxes() -> None:
    iou = bench.iou_matrix(_boxes([0, 0, 10, 10]), _boxes([0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]))
    assert iou[0] == pytest.approx([1.0, 1 / 3, 0.0])


def test_a_second_detection_of_the_same_person_is_a_false_alarm() -> None:
    found = _found((_box(0, 0), 0.6), (_box(1, 0), 0.9))
    assert bench.match(found, _boxes(_box(0, 0))).tolist() == [FALSE_ALARM, HIT]


def test_each_detection_takes_the_person_it_overlaps_most() -> None:
    truth = _boxes(_box(0, 0), _box(20, 0))
    found = _found((_box(18, 0), 0.9), (_box(2, 0), 0.8))
    assert bench.match(found, truth).tolist() == [HIT, HIT]


def test_overlap_below_half_is_a_miss() -> None:
    # 50 px wide boxes 20 px apart share 30 of 70 px: IoU 0.43.
    assert bench.match(_found((_box(20, 0), 0.9)), _boxes(_box(0, 0))).tolist() == [FALSE_ALARM]


def test_small_people_are_neither_hits_nor_false_alarms() -> None:
    truth = _boxes(_box(0, 0, height=60))
    tall_on_small = (_box(0, 0, height=70), 0.9)
    small_on_nothing = (_box(300, 300, height=63), 0.8)
    tall_on_nothing = (_box(300, 300, height=64), 0.7)
    found = _found(tall_on_small, small_on_nothing, tall_on_nothing)
    assert bench.match(found, truth).tolist() == [IGNORED, IGNORED, FALSE_ALARM]


def test_a_counted_person_is_preferred_to_a_small_one_that_overlaps_more() -> None:
    truth = _boxes(_box(0, 0, height=63), _box(0, 0, height=80))
    assert bench.match(_found((_box(0, 0, height=65), 0.9)), truth).tolist() == [HIT]


def test_photo_without_people_or_without_detections() -> None:
    assert bench.match(_found((_box(0, 0), 0.9)), _boxes()).tolist() == [FALSE_ALARM]
    assert bench.match(_found(), _boxes(_box(0, 0))).tolist() == []


def test_perfect_ranking_has_average_precision_one() -> None:
    assert bench.average_precision(np.array([0.9, 0.8, 0.1]), np.array([HIT, HIT, FALSE_ALARM]), 2) == pytest.approx(1)


def test_average_precision_is_the_mean_over_101_recalls() -> None:
    # Precision 1 up to recall 1/2 (51 points: 0 ... 0.50), then 2/3 up to recall 1 (50 points).
    scores, outcomes = np.array([0.9, 0.8, 0.7]), np.array([HIT, FALSE_ALARM, HIT])
    assert bench.average_precision(scores, outcomes, 2) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_recalls_never_reached_count_as_zero() -> None:
    # One of four found: recall 0.25, so 26 of the 101 points have precision 1.
    assert bench.average_precision(np.array([0.9]), np.array([HIT]), 4) == pytest.approx(26 / 101)


def test_order_of_the_input_does_not_matter_and_ignored_ones_do_not_count() -> None:
    scores = np.array([0.7, 0.95, 0.9, 0.8])
    outcomes = np.array([HIT, IGNORED, HIT, FALSE_ALARM])
    assert bench.average_precision(scores, outcomes, 2) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_average_precision_without_people_does_not_exist_and_without_hits_is_zero() -> None:
    assert math.isnan(bench.average_precision(np.array([0.9]), np.array([FALSE_ALARM]), 0))
    assert bench.average_precision(np.array([0.9]), np.array([FALSE_ALARM]), 3) == 0
    assert bench.average_precision(np.zeros(0), np.zeros(0, int), 3) == 0


def test_curve_gives_recall_at_a_precision_and_the_best_threshold() -> None:
    scores, outcomes = np.array([0.9, 0.8, 0.7, 0.6]), np.array([HIT, FALSE_ALARM, HIT, FALSE_ALARM])
    curve = bench.precision_recall(scores, outcomes, 2)
    assert curve.recall_at(0.85) == pytest.approx(0.5)
    assert curve.recall_at(0.6) == pytest.approx(1.0)
    assert curve.scores[curve.best()] == pytest.approx(0.7)  # F1 0.8, against 0.67 for the other cuts
    assert curve.at_threshold(0.65) == pytest.approx((2 / 3, 1.0))
    assert curve.at_threshold(0.95) == (1.0, 0.0)


def test_model_option() -> None:
    assert bench.parse_model("a=some/folder@512") == ("a", ("some/folder", 512))
    assert bench.parse_model("a=some/folder") == ("a", ("some/folder", 640))
    with pytest.raises(bench.argparse.ArgumentTypeError):
        bench.parse_model("some/folder")


def test_without_data_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDCHECK_DATA", raising=False)
    with pytest.raises(SystemExit, match="VIDCHECK_DATA"):
        bench.main(["--model", "a=b"])
