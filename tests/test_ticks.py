"""The tick test against clocks that run, stand, crawl, race and jump, with misreadings mixed in."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidcheck.ticks import Tick, tick_test
from vidcheck.types import FrameRef

START = 1000.37


def ticks(
    clock: Callable[[float], float],
    *,
    length: float = 20,
    step: float = 0.5,
    print_step: int = 1,
    misread: float = 0.0,
    seed: int = 0,
) -> list[Tick]:
    dice = random.Random(seed)
    found, t, k = [], 0.1, 0
    while t < length:
        value = math.floor(clock(t) / print_step) * print_step
        if dice.random() < misread:
            value += dice.choice([7, -30, 600, 5, 3])
        found.append(Tick(FrameRef(k, round(t * 1000), t), float(value)))
        t += step * dice.uniform(0.8, 1.2)
        k += 1
    return found


CLOCKS: dict[str, tuple[Callable[[float], float], str]] = {
    "true": (lambda t: START + t, "true"),
    "frozen": (lambda t: START, "frozen"),
    "half speed": (lambda t: START + 0.5 * t, "wrong_speed"),
    "double speed": (lambda t: START + 2 * t, "wrong_speed"),
    "a fifth slow": (lambda t: START + 0.8 * t, "wrong_speed"),
    "cut forward": (lambda t: START + t + (40 if t > 9 else 0), "jumps"),
    "cut backward": (lambda t: START + t - (5 if t > 12 else 0), "jumps"),
    "freeze": (lambda t: START + min(t, 10), "jumps"),
}


@pytest.mark.parametrize("misread", [0.0, 0.05, 0.15])
@pytest.mark.parametrize("name", sorted(CLOCKS))
def test_each_clock_gets_its_verdict(name: str, misread: float) -> None:
    clock, verdict = CLOCKS[name]
    for seed in range(4):
        assert tick_test(ticks(clock, misread=misread, seed=seed), 1).verdict == verdict


def test_the_rate_is_measured() -> None:
    test = tick_test(ticks(lambda t: START + 0.5 * t), 1)
    assert test.rate == pytest.approx(0.5, abs=0.03)
    assert test.rate_low is not None and test.rate_high is not None
    assert test.rate_low < 0.5 < test.rate_high < 1


def test_a_jump_names_its_frames_and_its_size() -> None:
    test = tick_test(ticks(CLOCKS["cut forward"][0]), 1)
    assert len(test.jumps) == 1
    jump = test.jumps[0]
    assert jump.before.time_s <= 9 < jump.after.time_s
    assert jump.clock_advance_s - jump.pts_advance_s == pytest.approx(40, abs=1)
    assert [s.rate for s in test.stretches] == [1.0, 1.0]


def test_a_freeze_is_a_running_and_a_standing_stretch() -> None:
    assert [s.rate for s in tick_test(ticks(CLOCKS["freeze"][0]), 1).stretches] == [1.0, 0.0]


def test_misreadings_are_named_and_do_not_decide() -> None:
    series = ticks(CLOCKS["true"][0])
    series[7] = Tick(series[7].frame, series[7].clock_s + 600)
    series[20] = Tick(series[20].frame, series[20].clock_s - 40)
    test = tick_test(series, 1)
    assert test.verdict == "true"
    assert test.rejected == (7, 20)
    assert not test.jumps


def test_a_true_clock_is_aligned_to_a_fraction_of_a_second() -> None:
    low, high = tick_test(ticks(CLOCKS["true"][0]), 1).clock_at_zero_s or (0.0, 0.0)
    assert low <= START <= high
    assert high - low < 0.5


def test_a_minute_clock_is_aligned_at_its_flip() -> None:
    short = tick_test(ticks(lambda t: START + t, print_step=60), 60)
    assert short.verdict == "too_short" and not short.flips
    flip = tick_test(ticks(lambda t: START + t, length=40, print_step=60), 60)
    assert flip.verdict == "too_short"
    assert len(flip.flips) == 1
    low, high = flip.clock_at_zero_s or (0.0, 0.0)
    assert low <= START <= high and high - low < 1.0
    long = tick_test(ticks(lambda t: START + t, length=200, print_step=60), 60)
    assert long.verdict == "true" and len(long.flips) == 4
    assert tick_test(ticks(lambda t: START, length=80, print_step=60), 60).verdict == "frozen"


def test_too_little_is_called_too_little() -> None:
    assert tick_test(ticks(CLOCKS["true"][0], length=1.2), 1).verdict == "too_short"
    assert tick_test(ticks(CLOCKS["frozen"][0], length=1.2), 1).verdict == "too_short"
    assert tick_test(ticks(CLOCKS["true"][0], length=0.3), 1).verdict == "too_short"
    assert tick_test([], 1).verdict == "unreadable"


def test_readings_without_any_course_are_unreadable() -> None:
    dice = random.Random(3)
    series = [Tick(FrameRef(k, k, k / 2), float(dice.randrange(86400))) for k in range(30)]
    assert tick_test(series, 1).verdict == "unreadable"


def test_the_order_of_readings_does_not_matter() -> None:
    series = ticks(CLOCKS["cut forward"][0], misread=0.1)
    backward = tick_test(series[::-1], 1)
    forward = tick_test(series, 1)
    assert backward.verdict == forward.verdict
    assert backward.jumps == forward.jumps
    assert sorted(len(series) - 1 - i for i in backward.used) == list(forward.used)


@given(
    rate=st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, 4.0]),
    start=st.floats(0, 86400),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_the_bounds_hold_the_true_rate(rate: float, start: float, seed: int) -> None:
    test = tick_test(ticks(lambda t: start + rate * t, seed=seed), 1)
    assert test.verdict == ("true" if rate == 1.0 else "wrong_speed")
    assert test.rate_low is not None and test.rate_high is not None
    assert test.rate_low - 1e-9 <= rate <= test.rate_high + 1e-9


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-1e7, 1e7)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_readings_break_it(pairs: list[tuple[float, float]]) -> None:
    series = [Tick(FrameRef(k, k, t), c) for k, (t, c) in enumerate(pairs)]
    test = tick_test(series, 1)
    assert sorted((*test.used, *test.rejected)) == list(range(len(series)))
