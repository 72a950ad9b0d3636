"""Error rates in the report are those of the model cards, of the model that ran, at this clip's quality."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.report_example import example_analysis
from vidcheck import weights
from vidcheck.report.draft import Draft
from vidcheck.report.rates import CONDITIONS, figures, quality_of, rate_section
from vidcheck.report.view import build
from vidcheck.types import Analysis, StepRun

ROOT = Path(__file__).parent.parent


def drafted(analysis: Analysis, tmp_path: Path) -> Draft:
    from vidcheck import decisions
    from vidcheck.report.format import Formatter
    from vidcheck.report.pictures import Album

    record = decisions.read(tmp_path, analysis.source.sha256)
    applied = decisions.apply(analysis, record.decisions)
    return Draft(analysis, Formatter("en"), Album(tmp_path, "en"), applied, record)


def test_every_figure_is_what_the_card_says() -> None:
    folder = weights.shipped_folder()
    assert figures()
    for figure in figures():
        page = folder / str(weights.entry(figure["model"])["card"]) if "model" in figure else ROOT / figure["page"]
        if not page.is_file():
            pytest.skip("the docs are not beside an installed package")
        card = page.read_text(encoding="utf-8")
        assert " ".join(figure["quoted"].split()) in " ".join(card.split()), figure["quoted"]
        assert figure["condition"] in CONDITIONS
        assert figure["command"].startswith("python ")
        for number in ("0.83", "0.706", "92.2", "96.4"):  # a figure is quoted, not rounded anew
            if number in figure["en"]:
                assert number in figure["quoted"]


def test_figures_are_quoted_for_the_model_that_was_measured_only(tmp_path: Path) -> None:
    full = example_analysis()
    measured = weights.resolve("clothing").sha256

    def with_model(sha256: str) -> Analysis:
        return replace(full, steps=(StepRun("clothing", "ok", "x", "1", sha256, {}, {}, 0.0),))

    section = rate_section(drafted(with_model(measured), tmp_path))
    assert len(section.rows) == sum(figure["step"] == "clothing" for figure in figures())
    assert [row.fits for row in section.rows] == sorted((row.fits for row in section.rows), reverse=True)
    assert not section.unmeasured
    other = rate_section(drafted(with_model("0" * 64), tmp_path))
    assert not other.rows
    assert "not the model or version that was measured" in other.unmeasured[0].name


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"width_px": 1280, "height_px": 720, "size_bytes": 10**8}, "good picture"),
        ({"width_px": 426, "height_px": 240, "size_bytes": 10**8}, "low resolution"),
        ({"width_px": 1280, "height_px": 720, "size_bytes": 10**5}, "strong compression"),
    ],
)
def test_quality_is_told_from_the_file(tmp_path: Path, change: dict[str, int], expected: str) -> None:
    full = example_analysis()
    shots = tuple(replace(shot, brightness=0.5) for shot in full.shots)
    facts, _ = quality_of(drafted(replace(full, source=replace(full.source, **change), shots=shots), tmp_path))
    assert facts[-1].value == expected
    dark = tuple(replace(shot, brightness=0.1) for shot in full.shots)
    facts, met = quality_of(drafted(replace(full, source=replace(full.source, **change), shots=dark), tmp_path))
    assert "dark" in facts[-1].value
    assert "clean" not in met


def test_steps_without_a_figure_are_named(tmp_path: Path) -> None:
    view, _ = build(example_analysis(), tmp_path, "id", rechecked=False)
    named = {name for fact in view.rates.unmeasured for name in fact.value.split("; ")}
    assert "penghitungan orang" in named
    assert len(view.rates.rows) + len(named) >= len({figure["step"] for figure in figures()})
