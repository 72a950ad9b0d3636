"""The time estimate and the working-hours answer: regression scenarios as data, rules, and properties."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import timing as generated
from tests import timecases
from vidcheck import coverage, timing
from vidcheck._spans import Spans
from vidcheck.clues._make import make
from vidcheck.errors import UsageError
from vidcheck.facts._files import read_yaml
from vidcheck.types import TimeClue, Words

SCENARIOS = [
    pytest.param(entry, id=f"{path.stem}: {entry['name']}")
    for path in sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
]
WIB = ZoneInfo("Asia/Jakarta")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: dict[str, Any]) -> None:
    given_ = timing.TimeSettings(**scenario.get("settings", {}))
    clues = timing.gather_clues(**timecases.scenario_facts(scenario), settings=given_).value
    result = timing.estimate(clues, settings=given_)
    verdict = timing.working_hours(result, settings=given_)
    expect = scenario["expect"]
    by_id = {clue.id: clue for clue in clues}
    if truth := scenario.get("truth"):
        assert result.earliest is None or result.earliest <= at(truth) + timedelta(seconds=1)
        assert result.latest is None or at(truth) <= result.latest
    for name in ("earliest", "latest", "best"):
        if name in expect:
            wanted = at(expect[name]) if expect[name] else None
            assert getattr(result, name) == wanted, name
    if "latest_before" in expect:
        assert result.latest is not None and result.latest < at(expect["latest_before"])
    for moment in expect.get("holds", ()):
        assert result.earliest and result.latest and result.earliest <= at(moment) <= result.latest
    if "answer" in expect:
        assert verdict.answer == expect["answer"], verdict.words.en
    if "rule" in expect:
        assert verdict.rule is not None and verdict.rule.id == expect["rule"]
    open_ = {entry.id for entry in verdict.exceptions}
    assert set(expect.get("exceptions", ())) <= open_
    assert not set(expect.get("not_exceptions", ())) & open_
    for origin, kinds in expect.get("kinds", {}).items():
        assert {clue.kind for clue in clues if clue.source == origin} == set(kinds), origin
    for origin in expect.get("not_used", ()):
        assert origin not in {by_id[id_].source for id_ in result.clues_used}
    clashes = [{by_id[id_].source for id_ in conflict.clues} for conflict in result.conflicts]
    for wanted in expect.get("conflicts", ()):
        assert set(wanted) in clashes, clashes
    if "conflicts" not in expect:
        assert not clashes
    for text in expect.get("says", ()):
        assert text in result.words.en
    for text in expect.get("never_says", ()):
        assert text not in result.words.en
    for text in expect.get("says_hours", ()):
        assert text in verdict.words.en
    for text in expect.get("clue_says", ()):
        assert any(text in clue.words.en for clue in clues), text
    assert (result.hour_weights is not None) == expect.get("day_part", result.hour_weights is not None)


def clue(kind: str, grade: str, low: str | None, high: str | None, id_: str, **more: Any) -> TimeClue:
    from dataclasses import replace

    made = make(
        kind,
        more.pop("source", "metadata"),
        more.pop("clock", "device"),
        grade,
        Words("x", "x"),
        basis="x",  # type: ignore[arg-type]
        earliest=at(low) if low else None,
        latest=at(high) if high else None,
        **more,
    )
    return replace(made, id=id_)


def test_weak_clues_never_narrow_however_many() -> None:
    many = [
        clue("exact", "weak", f"2025-06-10T10:0{i}:00+07:00", f"2025-06-10T10:3{i}:00+07:00", f"c{i}") for i in range(9)
    ]
    result = timing.estimate(many, zone=WIB)
    assert (result.earliest, result.latest, result.best, result.clues_used) == (None, None, None, ())
    assert "not known" in result.words.en


def test_light_is_never_multiplied_into_certainty() -> None:
    weights = tuple(1.0 if 6 <= hour < 18 else 0.2 for hour in range(24))
    part = {"source": "lighting", "clock": "sun", "hour_weights": weights}
    one = timing.estimate([clue("day_part", "weak", None, None, "c1", **part)], zone=WIB)
    many = timing.estimate([clue("day_part", "weak", None, None, f"c{i}", **part) for i in range(20)], zone=WIB)
    assert one.hour_weights == many.hour_weights == weights
    assert many.earliest is None and many.latest is None


def test_better_grade_wins_and_the_conflict_stays_visible() -> None:
    strong = clue("exact", "strong", "2025-06-10T10:00:00+07:00", "2025-06-10T10:01:00+07:00", "c1")
    other = clue("exact", "moderate", "2025-07-10T10:00:00+07:00", "2025-07-10T10:01:00+07:00", "c2")
    result = timing.estimate([other, strong], zone=WIB)
    assert result.earliest == strong.earliest and result.clues_used == ("c1",)
    assert [set(conflict.clues) for conflict in result.conflicts] == [{"c1", "c2"}]
    assert result.best is None, "a disputed time is no best time"


def test_clues_of_one_grade_that_clash_span_both() -> None:
    a = clue("exact", "moderate", "2025-06-10T10:00:00+07:00", "2025-06-10T10:01:00+07:00", "c1")
    b = clue("exact", "moderate", "2025-06-12T10:00:00+07:00", "2025-06-12T10:01:00+07:00", "c2")
    bound = clue("not_after", "moderate", None, "2025-06-20T00:00:00+07:00", "c3")
    result = timing.estimate([a, b, bound], zone=WIB)
    assert (result.earliest, result.latest, result.best) == (a.earliest, b.latest, None)
    assert [set(conflict.clues) for conflict in result.conflicts] == [{"c1", "c2"}]


def test_a_platforms_second_beats_a_clock_in_the_picture() -> None:
    upload = clue("not_after", "strong", None, "2024-01-01T00:00:00+00:00", "c1", source="platform", clock="platform")
    stamp = clue("exact", "strong", "2025-06-10T10:00:00+07:00", "2025-06-10T10:01:00+07:00", "c2", clock="cctv")
    result = timing.estimate([stamp, upload], zone=WIB)
    assert result.latest == upload.latest and result.earliest is None and result.best is None
    assert result.conflicts


def test_alternatives_widen_and_a_bound_can_exclude_one() -> None:
    read = clue(
        "exact",
        "moderate",
        "2025-10-09T11:25:00+07:00",
        "2025-10-09T11:26:00+07:00",
        "c1",
        alternatives=(at("2025-09-10T11:25:00+07:00"),),
    )
    both = timing.estimate([read], zone=WIB)
    assert both.earliest == at("2025-09-10T11:25:00+07:00") and both.latest == read.latest and both.best is None
    posted = clue("not_after", "strong", None, "2025-09-20T00:00:00+07:00", "c2", clock="platform")
    settled = timing.estimate([read, posted], zone=WIB)
    assert settled.latest == at("2025-09-10T11:26:00+07:00") and settled.best is not None
    assert not settled.conflicts


def test_what_the_examiner_heard_and_measured_can_contradict_each_other() -> None:
    day = clue("exact", "moderate", "2025-06-10T00:00:00+07:00", "2025-06-11T00:00:00+07:00", "c1")
    noon = tuple(1.0 if hour == 12 else 0.0 for hour in range(24))
    dusk = tuple(1.0 if hour == 17 else 0.0 for hour in range(24))
    told = {"source": "examiner", "clock": "sun"}
    a = clue("day_part", "moderate", None, None, "c2", hour_weights=noon, **told)
    b = clue("day_part", "moderate", None, None, "c3", hour_weights=dusk, **told)
    one = timing.estimate([day, a], zone=WIB)
    assert (one.earliest, one.latest) == (at("2025-06-10T12:00:00+07:00"), at("2025-06-10T13:00:00+07:00"))
    for order in ([day, a, b], [day, b, a]):
        both = timing.estimate(order, zone=WIB)
        assert (both.earliest, both.latest) == (at("2025-06-10T12:00:00+07:00"), at("2025-06-10T18:00:00+07:00"))
        assert [set(conflict.clues) for conflict in both.conflicts] == [{"c2", "c3"}]


def test_no_best_time_in_a_wide_interval() -> None:
    wide = clue("exact", "moderate", "2025-06-10T00:00:00+07:00", "2025-06-11T00:00:00+07:00", "c1")
    assert timing.estimate([wide], zone=WIB).best is None


def test_coverage_is_looked_up_by_what_the_interval_rests_on() -> None:
    tag = clue("exact", "moderate", "2025-06-10T02:00:00+00:00", "2025-06-10T02:00:10+00:00", "c1")
    printed = clue(
        "exact",
        "strong",
        "2025-06-10T02:00:00+00:00",
        "2025-06-10T02:00:10+00:00",
        "c2",
        source="overlay",
        clock="cctv",
    )
    upload = clue("not_after", "strong", None, "2025-06-12T00:00:00+00:00", "c3", source="platform", clock="platform")
    heard = clue("day_part", "moderate", None, None, "c4", source="examiner", clock="examiner")
    assert coverage.kind_of([tag, upload], ()) == "tags"
    assert coverage.kind_of([printed, tag], ()) == "picture_and_tags"
    assert coverage.kind_of([upload], ()) == "bounds"
    assert coverage.kind_of([], ()) is None and coverage.kind_of([tag, heard], ()) is None
    assert timing.estimate([tag]).coverage == coverage.measured("tags")
    later = clue("exact", "moderate", "2025-07-10T02:00:00+00:00", "2025-07-10T02:00:10+00:00", "c5")
    assert timing.estimate([tag, later]).coverage == coverage.measured("conflict")
    assert coverage.measured("never met") is None


def test_the_table_of_coverage_is_what_the_benchmark_counts() -> None:
    table = read_yaml("coverage.yaml")["kinds"]
    rng = random.Random(11)
    rows = [generated.judge(generated.make_case(rng, wrong_clocks=True)) for _ in range(80)]
    for kind in ("tags", "bounds"):
        of = [row for row in rows if row["kind"] == kind]
        share, stated = sum(bool(row["held"]) for row in of) / len(of), coverage.measured(kind)
        assert stated is not None and stated == round(table[kind]["held"] / table[kind]["cases"], 3)
        assert abs(share - stated) < 0.2, kind


def test_no_clues_no_time_no_answer() -> None:
    result = timing.estimate((), zone=WIB)
    assert result.earliest is None and result.latest is None and result.conflicts == ()
    assert timing.working_hours(result, place="Palembang").answer == "unknown"
    assert timing.working_hours(None, place="Palembang").answer == "unknown"


def test_without_a_place_there_is_no_answer_but_all_exceptions() -> None:
    read = clue("exact", "strong", "2025-06-10T10:00:00+07:00", "2025-06-10T10:01:00+07:00", "c1")
    verdict = timing.working_hours(timing.estimate([read], zone=WIB), place=None)
    assert verdict.answer == "unknown" and verdict.rule is None and len(verdict.exceptions) >= 9


def test_partly_states_the_share() -> None:
    read = clue("exact", "strong", "2025-06-10T15:00:00+07:00", "2025-06-10T17:00:00+07:00", "c1")
    verdict = timing.working_hours(timing.estimate([read], zone=WIB), place="Semarang")
    assert verdict.answer == "partly" and verdict.overlap == pytest.approx(0.5)


def test_an_unknown_place_names_likely_ones() -> None:
    with pytest.raises(UsageError, match="Kota Palembang"):
        timing.check(timing.TimeSettings(place="Palembnag"))


@pytest.mark.parametrize(
    "bad",
    [
        {"posted": "kemarin"},
        {"posted": "2023-13-40"},
        {"posted": "06/07/2023"},
        {"known_not_before": "?"},
        {"heard_adzan": "tahajud"},
        {"shadow_height": 0.0, "shadow_length": 1.0},
    ],
)
def test_bad_statements_are_refused_before_any_work(bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        timing.check(timing.TimeSettings(**bad))


def test_the_ledger_fits_eighty_columns_and_holds_no_control_characters() -> None:
    hostile = clue("not_after", "moderate", None, "2025-06-10T10:00:00+07:00", "c1")
    from dataclasses import replace

    hostile = replace(hostile, words=Words("\x1b[2J<script>" * 40, "\x1b[2J<script>" * 40))
    table = timing.ledger([hostile], timing.estimate([hostile], zone=WIB), lang="id")
    assert all(len(line) <= 80 for line in table.splitlines())
    assert "\x1b" not in table and "c1*" in table


moments = st.datetimes(datetime(2018, 1, 1), datetime(2026, 12, 1)).map(lambda m: m.replace(tzinfo=UTC))
lengths = st.integers(0, 10**7).map(lambda s: timedelta(seconds=s))


@st.composite
def true_clues(draw: st.DrawFn) -> tuple[datetime, list[TimeClue]]:
    """Draw a time and clues that are all true of it, of every kind and grade, with wrong readings beside."""
    truth = draw(moments)
    found = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["exact", "not_before", "not_after", "day_part", "date_hint"]))
        low, high = truth - draw(lengths), truth + draw(lengths)
        wrong = tuple(draw(st.lists(moments, max_size=2)))
        hour = truth.astimezone(WIB).hour
        weights = None
        if kind == "day_part":
            weights = tuple(1.0 if h == hour else draw(st.floats(0, 1)) for h in range(24))
        built = make(
            kind,
            draw(st.sampled_from(["overlay", "metadata", "filename", "platform", "examiner", "lighting"])),
            draw(st.sampled_from(["device", "platform", "cctv", "examiner"])),
            draw(st.sampled_from(["strong", "moderate", "weak", "contextual"])),
            Words("x", "x"),
            basis="x",
            earliest=low if kind in ("exact", "not_before") else None,
            latest=high if kind in ("exact", "not_after") else None,
            hour_weights=weights,
            alternatives=wrong if kind == "exact" else (),
        )
        from dataclasses import replace

        found.append(replace(built, id=f"c{number + 1}"))
    return truth, found


@settings(max_examples=150, deadline=None)
@given(true_clues(), st.sampled_from([WIB, None]))
def test_property_the_true_time_lies_in_the_interval_when_all_clues_are_true(
    case: tuple[datetime, list[TimeClue]], zone: ZoneInfo | None
) -> None:
    truth, clues = case
    result = timing.estimate(clues, zone=zone)
    assert result.earliest is None or result.earliest <= truth
    assert result.latest is None or truth <= result.latest
    hard = [c for c in clues if c.kind in ("exact", "not_before", "not_after")]
    for conflict in result.conflicts:
        involved = [c for c in hard if c.id in conflict.clues and not c.hour_weights]
        assert len(involved) < len(conflict.clues), "true intervals cannot contradict each other"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(moments, lengths, st.sampled_from(["strong", "moderate", "weak"])), max_size=8))
def test_property_any_clues_give_an_ordered_interval_and_never_an_error(
    raw: list[tuple[datetime, timedelta, str]],
) -> None:
    clues = [
        clue("exact", grade, low.isoformat(), (low + step).isoformat(), f"c{n}")
        for n, (low, step, grade) in enumerate(raw, start=1)
    ]
    result = timing.estimate(clues, zone=WIB)
    if result.earliest and result.latest:
        assert result.earliest <= result.latest
    if result.best:
        assert result.earliest and result.latest and result.earliest <= result.best <= result.latest
    timing.working_hours(result, place="Banjarmasin")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_property_generated_files_hold_the_truth_and_never_date_it_by_a_copy(seed: int) -> None:
    case = generated.make_case(random.Random(seed), wrong_clocks=False)
    case.lighting.clear()
    row = generated.judge(case)
    assert row["held"] and not row["copy_as_recording"] and not row["answer_wrong"], (case, row)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_property_platform_clues_are_bounds_even_with_wrong_clocks(seed: int) -> None:
    case = generated.make_case(random.Random(seed), wrong_clocks=True)
    given_ = timing.TimeSettings(**case.settings)  # type: ignore[arg-type]
    for found in timing.gather_clues(case.source(), case.overlays, (), (), given_).value:
        if found.source in ("platform", "sidecar") or found.clock in ("platform", "screen", "editor"):
            assert found.kind in ("not_after", "date_hint", "day_part") and found.earliest is None
    assert not generated.judge(case)["copy_as_recording"]


spans = st.lists(st.tuples(st.one_of(st.none(), moments), st.one_of(st.none(), moments)), max_size=5).map(Spans.of)


@settings(max_examples=100, deadline=None)
@given(spans, spans, moments)
def test_property_spans_are_sets(a: Spans, b: Spans, moment: datetime) -> None:
    def holds(s: Spans) -> bool:
        return any((low is None or low <= moment) and (high is None or moment <= high) for low, high in s.parts)

    assert holds(a & b) == (holds(a) and holds(b))
    assert holds(a | b) == (holds(a) or holds(b))
